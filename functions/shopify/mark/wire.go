package mark

import (
	"context"
	"slices"
	"strings"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

// The metafield of an order that has the warehouse's state in words.
const (
	namespace = "causeway"
	fieldKey  = "warehouse"
	fieldType = "single_line_text_field"
)

// The query and the mutations of a mark.
const (
	queryMarks = `query marks($id: ID!) {
  order(id: $id) { tags metafield(namespace: "causeway", key: "warehouse") { value } }
}`
	mutationAdd = `mutation addTags($id: ID!, $input: [String!]!) {
  tagsAdd(id: $id, tags: $input) { node { id } userErrors { field message } }
}`
	mutationRemove = `mutation removeTags($id: ID!, $input: [String!]!) {
  tagsRemove(id: $id, tags: $input) { node { id } userErrors { field message } }
}`
	mutationSet = `mutation setWarehouse($input: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $input) { metafields { id } userErrors { field message code } }
}`
)

// marks are what the order shows.
type marks struct {
	tags  []string
	words string // of the metafield, "" if there is none
}

func (m *marking) id() admin.Variable {
	return admin.Variable{Name: "id", Value: m.gid()}
}

// read returns what the order shows.
func (m *marking) read(ctx context.Context) (has marks, err error) {
	err = m.readBy(ctx, queryMarks, func(r *strictjson.Reader) {
		for key := range r.Object() {
			has.read(key, r)
		}
	})
	return has, err
}

// readBy reads the order that the query selects. One that is not there is rejected.
func (m *marking) readBy(ctx context.Context, query string, read func(*strictjson.Reader)) error {
	found := false
	c := admin.Call{Shop: m.order.Tenant, Doing: m.doing, Query: query, Variables: []admin.Variable{m.id()}}
	c.Read = func(r *strictjson.Reader) {
		for key := range r.Object() {
			if key != "order" || r.Null() {
				continue
			}
			found = true
			read(r)
		}
	}
	if _, err := m.config.API.Query(ctx, c); err != nil {
		return err
	}
	if !found {
		return payload.UnknownOrder(m.order)
	}
	return nil
}

// read reads a member of the order.
func (has *marks) read(key string, r *strictjson.Reader) {
	switch {
	case key == "tags":
		for range r.Array() {
			has.tags = append(has.tags, r.String())
		}
	case key == "metafield" && !r.Null():
		has.words = readValue(r)
	}
}

// readValue reads a metafield.
func readValue(r *strictjson.Reader) (value string) {
	for key := range r.Object() {
		if key == "value" {
			value = r.String()
		}
	}
	return value
}

// tagged reports whether the order has the tag, in any case.
func (has *marks) tagged(tag string) bool {
	return slices.ContainsFunc(has.tags, func(t string) bool { return strings.EqualFold(t, tag) })
}

// tag adds the tag to the order, or removes it.
func (m *marking) tag(ctx context.Context, mutation, name, tag string) error {
	w := strictjson.NewWriter(nil)
	w.Arr()
	w.Str(tag)
	w.EndArr()
	return m.mutate(ctx, admin.Call{Query: mutation, Variables: []admin.Variable{m.id()}}, name, w)
}

// field is a metafield of the order.
type field struct{ key, words string }

// set writes the metafields in one request.
func (m *marking) set(ctx context.Context, fields ...field) error {
	w := strictjson.NewWriter(nil)
	w.Arr()
	for _, f := range fields {
		w.Obj()
		w.StrField("ownerId", m.gid())
		w.StrField("namespace", namespace)
		w.StrField("key", f.key)
		w.StrField("type", fieldType)
		w.StrField("value", f.words)
		w.EndObj()
	}
	w.EndArr()
	return m.mutate(ctx, admin.Call{Query: mutationSet}, "metafieldsSet", w)
}

// mutate sends the mutation with what was written as its input. The error is fault.Rejected if Shopify
// has a user error; its words are left out, because they may repeat the input.
func (m *marking) mutate(ctx context.Context, c admin.Call, name string, w *strictjson.Writer) error {
	input, err := admin.Encoded(w)
	if err != nil {
		return err
	}
	c.Shop, c.Doing, c.Input = m.order.Tenant, m.doing, input
	code, err := m.config.API.Mutate(ctx, c, name)
	if err != nil || code == "" {
		return err
	}
	return &fault.Error{Kind: fault.Rejected, Class: fault.Value, Code: code, Field: "status", Detail: "Shopify rejects " + name + " for the order"}
}

// mostWords is the length at which the words are cut, well below what a metafield holds, and mostNote
// that of a staff note of orderCancel.
const mostWords, mostNote = 500, 255

func cut(words string) string { return connector.Shorten(words, mostWords) }
