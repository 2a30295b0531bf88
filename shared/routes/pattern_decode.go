package routes

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// object is a JSON object in document order, so that errors come in the order
// in which a reader meets them.
type object []member

// member is one name of an object with its value: nil, bool, string,
// json.Number, []any or object.
type member struct {
	name  string
	value any
}

// decodePattern reads the pattern as an object and checks what can be said of
// the text as a whole.
func decodePattern(data []byte) (object, error) {
	if !utf8.Valid(data) {
		return nil, &PatternError{Rule: "is not valid UTF-8"}
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, data); err != nil {
		return nil, &PatternError{Rule: "is not valid JSON", Err: err}
	}
	if n := utf8.RuneCount(compact.Bytes()); n > MaxPatternLength {
		return nil, &PatternError{Rule: fmt.Sprintf("has %d characters, EventBridge takes %d", n, MaxPatternLength)}
	}
	decoder := json.NewDecoder(&compact)
	decoder.UseNumber()
	value, err := decodeValue(decoder, "")
	if err != nil {
		return nil, err
	}
	tree, ok := value.(object)
	if !ok {
		return nil, &PatternError{Rule: "wants an object"}
	}
	return tree, nil
}

func decodeValue(decoder *json.Decoder, path string) (any, error) {
	token, err := nextToken(decoder, path)
	switch {
	case err != nil:
		return nil, err
	case token == json.Delim('{'):
		return decodeObject(decoder, path)
	case token == json.Delim('['):
		return decodeList(decoder, path)
	}
	return token, nil
}

func nextToken(decoder *json.Decoder, path string) (json.Token, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, &PatternError{Path: path, Rule: "is not valid JSON", Err: err}
	}
	return token, nil
}

func decodeObject(decoder *json.Decoder, path string) (object, error) {
	members := object{}
	seen := map[string]bool{}
	for decoder.More() {
		token, err := nextToken(decoder, path)
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		inner := joinPath(path, name)
		if seen[name] {
			return nil, &PatternError{Path: inner, Rule: "is given twice"}
		}
		seen[name] = true
		value, err := decodeValue(decoder, inner)
		if err != nil {
			return nil, err
		}
		members = append(members, member{name, value})
	}
	_, err := nextToken(decoder, path)
	return members, err
}

func decodeList(decoder *json.Decoder, path string) ([]any, error) {
	list := []any{}
	for decoder.More() {
		value, err := decodeValue(decoder, path)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	_, err := nextToken(decoder, path)
	return list, err
}

// only returns the single member of an operator such as {"prefix": "x"}.
func (o object) only() (member, error) {
	if len(o) != 1 {
		return member{}, errors.New("an operator object wants exactly one name")
	}
	return o[0], nil
}

func joinPath(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
