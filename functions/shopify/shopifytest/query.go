package shopifytest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// The limits of the API: nodes of one page, and points of one query.
const (
	largestPage = 250
	mostPoints  = 1000
)

// points returns the requested cost of the query: one for each object, and for a connection its
// size times the cost of a node.
func points(selection ast.SelectionSet, variables map[string]any) (total int) {
	for _, field := range fields(selection) {
		if len(field.SelectionSet) == 0 {
			continue
		}
		inner := points(field.SelectionSet, variables)
		if first := argument(field, "first", variables); first != nil && isConnection(field) {
			n, _ := strconv.Atoi(toText(first))
			inner *= n
		}
		total += 1 + inner
	}
	return total
}

func fields(selection ast.SelectionSet) (all []*ast.Field) {
	for _, selected := range selection {
		switch s := selected.(type) {
		case *ast.Field:
			all = append(all, s)
		case *ast.FragmentSpread:
			all = append(all, fields(s.Definition.SelectionSet)...)
		case *ast.InlineFragment:
			all = append(all, fields(s.SelectionSet)...)
		}
	}
	return all
}

func isConnection(field *ast.Field) bool {
	return strings.HasSuffix(field.Definition.Type.Name(), "Connection")
}

func argument(field *ast.Field, name string, variables map[string]any) any {
	given := field.Arguments.ForName(name)
	if given == nil {
		return nil
	}
	value, err := given.Value.Value(variables)
	if err != nil {
		return nil // the validation has rejected it already
	}
	return value
}

func toText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

var errPage = errors.New("a page has 1 to 250 nodes")

var errCursor = errors.New("invalid cursor for current pagination sort")

// page returns the part of the list that a connection's arguments select. The cursor has the
// last node that was returned and its sort key.
func page(all []any, field *ast.Field, variables map[string]any) (object, error) {
	first, err := strconv.Atoi(toText(argument(field, "first", variables)))
	if err != nil || first < 1 || first > largestPage {
		return nil, errPage
	}
	after := toText(argument(field, "after", variables))
	if after != "" {
		from, err := beyond(all, after)
		if err != nil {
			return nil, err
		}
		all = all[from:]
	}
	shown := all[:min(first, len(all))]
	info := object{"hasNextPage": len(all) > len(shown), "hasPreviousPage": after != ""}
	if len(shown) > 0 {
		info["endCursor"] = cursorOf(shown[len(shown)-1])
	}
	return object{"nodes": shown, "pageInfo": info}, nil
}

// place is the content of a cursor.
type place struct {
	Value string `json:"last_value"`
	ID    string `json:"last_id"`
}

func placeOf(node any) place {
	o := node.(object)
	value, _ := o["updatedAt"].(string)
	id, _ := o["id"].(string)
	return place{value, id}
}

func cursorOf(node any) string {
	data, err := json.Marshal(placeOf(node))
	if err != nil {
		return ""
	}
	return base64.StdEncoding.EncodeToString(data)
}

// beyond returns the index after the cursor. The cursor's node may be missing from a list by
// time, but not from any other.
func beyond(all []any, cursor string) (int, error) {
	var last place
	data, err := base64.StdEncoding.DecodeString(cursor)
	if err != nil || json.Unmarshal(data, &last) != nil {
		return 0, errCursor
	}
	if i := slices.IndexFunc(all, func(node any) bool { return placeOf(node) == last }); i >= 0 {
		return i + 1, nil
	}
	for i, node := range all {
		p := placeOf(node)
		if last.Value != "" && (p.Value > last.Value || p.Value == last.Value && sortID(node.(object)) > number(last.ID)) {
			return i, nil
		}
	}
	if last.Value == "" {
		return 0, errCursor
	}
	return len(all), nil
}

func number(gid string) int64 {
	n, err := strconv.ParseInt(gid[strings.LastIndexByte(gid, '/')+1:], 10, 64)
	if err != nil {
		return 0 // no id of Shopify's
	}
	return n
}
