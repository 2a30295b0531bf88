package mapping

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// leaf is a value of a JSON text that is neither an object nor a list.
type leaf struct {
	path string // "lines[0].sku"
	text string // as JSON
}

// empty reports whether the leaf has no content.
func (l leaf) empty() bool { return l.text == "" || l.text == "null" || l.text == `""` }

// document is a JSON text as the values in it, in their order.
type document struct {
	leaves []leaf
	text   map[string]string // by path
	large  bool
}

// read returns the values of a JSON text. Numbers keep all their digits.
func read(body []byte) (document, error) {
	d := document{text: map[string]string{}, large: len(body) > largeBody}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	return d, d.value(decoder, "")
}

// unescaped undoes what encoding/json does for HTML.
var unescaped = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&")

func (d *document) value(decoder *json.Decoder, path string) error {
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		for decoder.More() {
			name, err := decoder.Token()
			if err != nil {
				return err
			}
			if err := d.value(decoder, below(path, fmt.Sprint(name))); err != nil {
				return err
			}
		}
	case json.Delim('['):
		for i := 0; decoder.More(); i++ {
			if err := d.value(decoder, fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
	default:
		text, err := json.Marshal(token)
		if err != nil {
			return err
		}
		readable := unescaped.Replace(string(text))
		d.leaves, d.text[path] = append(d.leaves, leaf{path, readable}), readable
		return nil
	}
	_, err = decoder.Token() // the end of the object or list
	return err
}

func below(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// differing returns the paths whose values differ in two documents.
func (d document) differing(other document) map[string]bool {
	paths := map[string]bool{}
	for path, text := range d.text {
		if other.text[path] != text {
			paths[path] = true
		}
	}
	for path, text := range other.text {
		if d.text[path] != text {
			paths[path] = true
		}
	}
	return paths
}

// steps returns the names and indexes of a path.
func steps(path string) []string {
	return strings.Split(strings.NewReplacer("[", ".", "]", "").Replace(path), ".")
}

// put returns the tree with the value at the path, and whether there is a place for it. A nil
// value removes a member.
func put(tree any, path []string, value any) bool {
	last := len(path) == 1
	switch node := tree.(type) {
	case map[string]any:
		switch {
		case last && value == nil:
			delete(node, path[0])
			return true
		case last:
			node[path[0]] = value
			return true
		}
		return put(node[path[0]], path[1:], value)
	case []any:
		i, err := strconv.Atoi(path[0])
		switch {
		case err != nil || i < 0 || i >= len(node):
			return false
		case last:
			node[i] = value
			return true
		}
		return put(node[i], path[1:], value)
	}
	return false
}

// within reports whether the path is the field, or is below it.
func within(path, field string) bool {
	rest, ok := strings.CutPrefix(path, field)
	return ok && field != "" && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// outline returns a path without its indexes: "lines[].sku".
func outline(path string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(path, "[")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("[]")
		_, path, _ = strings.Cut(after, "]")
	}
}
