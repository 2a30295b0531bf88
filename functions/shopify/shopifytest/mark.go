package shopifytest

import (
	"slices"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// Tags returns the order's tags, sorted.
func (f *Fake) Tags(order string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	tags := texts(split(f.held[order]["tags"]))
	slices.Sort(tags)
	return tags
}

// Metafield returns the value of the order's metafield, such as "causeway.warehouse"; "" if there is none.
func (f *Fake) Metafield(order, name string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.metafields[order+" "+name]
}

// mostTag is the longest tag of an order, mostTags how many it has.
const mostTag, mostTags = 255, 250

// tag answers tagsAdd and tagsRemove. Tags are a set whose members are the same in any case.
func (f *Fake) tag(id string, tags []any, add bool) object {
	order := strings.TrimPrefix(id, "gid://shopify/Order/")
	held, known := f.held[order]
	if !known {
		return untagged("Resource does not exist")
	}
	all := texts(split(held["tags"]))
	for _, one := range texts(tags) {
		if one == "" || len([]rune(one)) > mostTag {
			return untagged("Tag is invalid")
		}
		i := slices.IndexFunc(all, func(t string) bool { return strings.EqualFold(t, one) })
		switch {
		case add && i < 0:
			all = append(all, one)
		case !add && i >= 0:
			all = slices.Delete(all, i, i+1)
		}
	}
	if len(all) > mostTags {
		return untagged("Too many tags")
	}
	held["tags"] = strings.Join(all, ", ")
	f.touch(held)
	return object{"node": object{"id": id}, "userErrors": []any{}}
}

// touch dates the order's last change now, as Shopify does.
func (f *Fake) touch(held object) {
	if f.Now == nil {
		return
	}
	if before, _ := utc(held["updated_at"]).(string); before < f.Now().UTC().Format(time.RFC3339) {
		held["updated_at"] = stamp(f.Now())
	}
}

func untagged(why string) object {
	return object{"node": nil, "userErrors": []any{object{"field": []any{"id"}, "message": why}}}
}

// setMetafields answers metafieldsSet: all of them or none.
func (f *Fake) setMetafields(all []any) object {
	refused := func(field, code string) object {
		return object{"metafields": nil, "userErrors": []any{object{"field": []any{"metafields", "0", field}, "message": "is not valid", "code": code}}}
	}
	for _, one := range all {
		m := one.(object)
		_, known := f.held[strings.TrimPrefix(toText(m["ownerId"]), "gid://shopify/Order/")]
		switch value := toText(m["value"]); {
		case !known:
			return refused("ownerId", "INVALID")
		case value == "":
			return refused("value", "BLANK")
		case toText(m["type"]) != "single_line_text_field":
			return refused("type", "INVALID_TYPE")
		case strings.Contains(value, "\n"):
			return refused("value", "INVALID_VALUE")
		}
	}
	shown := []any{}
	for _, one := range all {
		m := one.(object)
		order := strings.TrimPrefix(toText(m["ownerId"]), "gid://shopify/Order/")
		if f.metafields == nil {
			f.metafields = map[string]string{}
		}
		f.metafields[order+" "+toText(m["namespace"])+"."+toText(m["key"])] = toText(m["value"])
		shown = append(shown, object{"id": "gid://shopify/Metafield/" + order})
	}
	return object{"metafields": shown, "userErrors": []any{}}
}

// metafields are those of an order by namespace and key, such as "causeway.warehouse".
type metafields map[string]object

func (f *Fake) shownMetafields(order string) metafields {
	all := metafields{}
	for name, value := range f.metafields {
		if own, ours := strings.CutPrefix(name, order+" "); ours {
			namespace, key, _ := strings.Cut(own, ".")
			all[own] = object{"id": "gid://shopify/Metafield/" + order + key, "namespace": namespace, "key": key, "type": "single_line_text_field", "value": value}
		}
	}
	return all
}

// of returns the metafield that the field's arguments name, nil if there is none.
func (m metafields) of(field *ast.Field, variables map[string]any) any {
	if one, set := m[toText(argument(field, "namespace", variables))+"."+toText(argument(field, "key", variables))]; set {
		return one
	}
	return nil
}
