package shopifytest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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
	return f.metafields[order+" "+name].value
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

// setMetafields answers metafieldsSet: all of them or none. One that names a digest, or that it has none,
// is rejected if the stored value is another.
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
		case !slices.Contains([]string{typeLine, typeLines, typeJSON}, toText(m["type"])):
			return refused("type", "INVALID_TYPE")
		case m["type"] == typeLine && strings.Contains(value, "\n"), m["type"] == typeJSON && !json.Valid([]byte(value)):
			return refused("value", "INVALID_VALUE")
		case f.isStale(m):
			return refused("compareDigest", "STALE_OBJECT")
		}
	}
	shown := []any{}
	for _, one := range all {
		m := one.(object)
		if f.metafields == nil {
			f.metafields = map[string]metafield{}
		}
		name := metafieldName(m)
		f.metafields[name] = metafield{toText(m["type"]), toText(m["value"])}
		shown = append(shown, f.metafields[name].show(name))
	}
	return object{"metafields": shown, "userErrors": []any{}}
}

// The types of metafields that are known here.
const (
	typeLine  = "single_line_text_field"
	typeLines = "multi_line_text_field"
	typeJSON  = "json"
)

// metafield is one of an order.
type metafield struct{ kind, value string }

// digest is what a write names that replaces the value.
func (m metafield) digest() string {
	sum := sha256.Sum256([]byte(m.value))
	return hex.EncodeToString(sum[:])
}

// metafieldName is the key in Fake.metafields of an input.
func metafieldName(m object) string {
	return strings.TrimPrefix(toText(m["ownerId"]), "gid://shopify/Order/") + " " + toText(m["namespace"]) + "." + toText(m["key"])
}

// isStale reports whether the input names another value than the one that is stored.
func (f *Fake) isStale(m object) bool {
	named, given := m["compareDigest"]
	held, known := f.metafields[metafieldName(m)]
	switch {
	case !given:
		return false
	case named == nil:
		return known
	}
	return !known || named != held.digest()
}

func (m metafield) show(name string) object {
	order, full, _ := strings.Cut(name, " ")
	namespace, key, _ := strings.Cut(full, ".")
	return object{"id": "gid://shopify/Metafield/" + order, "namespace": namespace, "key": key, "type": m.kind, "value": m.value, "compareDigest": m.digest()}
}

// namedMetafields are those of an order, of which a query names one.
type namedMetafields map[string]object

// shownMetafields returns the metafields of the order.
func (f *Fake) shownMetafields(order string) namedMetafields {
	all := namedMetafields{}
	for name, m := range f.metafields {
		if full, its := strings.CutPrefix(name, order+" "); its {
			all[full] = m.show(name)
		}
	}
	return all
}

// of returns the metafield that the field of a query names, nil if there is none.
func (all namedMetafields) of(field *ast.Field, variables map[string]any) any {
	one, known := all[toText(argument(field, "namespace", variables))+"."+toText(argument(field, "key", variables))]
	if !known {
		return nil
	}
	return one
}
