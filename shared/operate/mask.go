package operate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"causeway.example/shared/canonical"
	"causeway.example/shared/redact"
)

// Masked is shown in place of personal data.
const Masked = "***"

// MaskEvent returns the canonical body, as indented JSON, with every value masked that the
// model tags as personal. A body that does not have the event type's form is not shown.
func MaskEvent(eventType string, body []byte) string {
	entity, err := canonical.Decode(eventType, body)
	if err != nil {
		return "(the body is not one of " + eventType + ")"
	}
	tree, err := Tree(body)
	if err != nil {
		return "(the body cannot be read)"
	}
	maskTree(tree, reflect.TypeOf(entity))
	text, err := json.MarshalIndent(tree, "", "  ")
	if err != nil {
		return "(the body cannot be shown)"
	}
	return string(text)
}

// MaskChanges returns changes of a canonical body of the event type with every value masked that
// the model says is personal; all of them if there is no such type.
func MaskChanges(eventType string, changes []Change) []Change {
	changes = slices.Clone(changes)
	kind, known := canonical.TypeNamed(eventType)
	for i, c := range changes {
		if !known || canonical.PersonalAt(kind.New(), c.Field) {
			changes[i].Before, changes[i].After = Masked, Masked
		}
	}
	return changes
}

// Tree returns a JSON text as maps, slices and basic values; numbers keep all their digits
// (json.Number).
func Tree(text []byte) (tree any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	err = decoder.Decode(&tree)
	return tree, err
}

// maskTree masks the members of the tree whose field of the type has a tag.
func maskTree(tree any, kind reflect.Type) {
	for kind.Kind() == reflect.Pointer || kind.Kind() == reflect.Slice {
		kind = kind.Elem()
	}
	if list, ok := tree.([]any); ok {
		for _, member := range list {
			maskTree(member, kind)
		}
		return
	}
	object, ok := tree.(map[string]any)
	if !ok || kind.Kind() != reflect.Struct {
		return
	}
	for _, field := range reflect.VisibleFields(kind) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		value, has := object[name]
		switch {
		case !has || value == nil:
		case canonical.Personal(field):
			object[name] = Masked
		default:
			maskTree(value, field.Type)
		}
	}
}

// impersonal are the names of fields, in a sender's own payload, that hold no personal data.
// Every other text is masked: a payload has no tags.
var impersonal = []string{
	"id", "admin_graphql_api_id", "name", "number", "order_number", "order_id", "order_key", "sku", "status", "financial_status", "fulfillment_status",
	"currency", "created_at", "updated_at", "processed_at", "cancelled_at", "date_created_gmt", "date_modified_gmt", "date_paid_gmt", "price", "total",
	"total_price", "subtotal_price", "total_tax", "quantity", "amount", "currency_code", "country_code", "country", "test", "taxes_included", "kind",
	"gateway", "topic", "variant_id", "product_id", "customer_id", "shop_money", "presentment_money", "cancel_reason", "source_name", "tax_class", "rate",
}

// MaskPayload returns a sender's payload as indented JSON with every text masked but those
// of fields that are known to hold no personal data. Numbers, booleans and the names of
// fields are shown. A payload that is not JSON is described, not shown.
func MaskPayload(body []byte) string {
	tree, err := Tree(body)
	if err != nil {
		return fmt.Sprintf("(%d bytes that are not JSON: %v)", len(body), redact.Emails(err.Error()))
	}
	text, err := json.MarshalIndent(maskPayload(tree, "", false), "", "  ")
	if err != nil {
		return "(the payload cannot be shown)"
	}
	return string(text)
}

// maskPayload masks a value below the field. Names within a person or an address are
// personal.
func maskPayload(tree any, field string, inPerson bool) any {
	switch value := tree.(type) {
	case map[string]any:
		person := inPerson || slices.ContainsFunc([]string{"customer", "address", "billing", "shipping"}, func(part string) bool { return strings.Contains(field, part) })
		for name, member := range value {
			value[name] = maskPayload(member, name, person)
		}
	case []any:
		for i, member := range value {
			value[i] = maskPayload(member, field, inPerson)
		}
	case string:
		if value != "" && (!slices.Contains(impersonal, field) || inPerson && field == "name") {
			return Masked
		}
	case json.Number:
		if field == "phone" || field == "zip" || field == "postcode" || field == "latitude" || field == "longitude" {
			return Masked
		}
	}
	return tree
}

// ValueAt returns the value at a path such as "lines[2].sku" of the entity, a pointer to a
// canonical type, as text; "" if there is none, or if the model tags it, or a part of the
// path, as personal.
func ValueAt(entity any, path string) string {
	value := reflect.ValueOf(entity)
	for part := range strings.SplitSeq(path, ".") {
		name, index, indexed := strings.Cut(strings.TrimSuffix(part, "]"), "[")
		value = member(value, name)
		if indexed && value.IsValid() {
			n, err := strconv.Atoi(index)
			if err != nil || value.Kind() != reflect.Slice || n < 0 || n >= value.Len() {
				return ""
			}
			value = value.Index(n)
		}
		if !value.IsValid() {
			return ""
		}
	}
	switch value.Kind() {
	case reflect.String:
		return value.String()
	case reflect.Bool, reflect.Int, reflect.Int64:
		return fmt.Sprint(value.Interface())
	}
	if text, ok := value.Interface().(fmt.Stringer); ok && value.Kind() == reflect.Struct {
		return text.String()
	}
	return ""
}

// member returns the field of that JSON name; the zero Value if there is none that may be
// shown.
func member(value reflect.Value, name string) reflect.Value {
	for value.Kind() == reflect.Pointer {
		if value.IsNil() {
			return reflect.Value{}
		}
		value = value.Elem()
	}
	if value.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	if index := shownFields(value.Type())[name]; index != nil {
		return value.FieldByIndex(index)
	}
	return reflect.Value{}
}

// shown are the fields of types that may be shown, by type.
var shown sync.Map

// shownFields returns the indexes of the type's fields that may be shown, by JSON name.
func shownFields(of reflect.Type) map[string][]int {
	if known, ok := shown.Load(of); ok {
		return known.(map[string][]int)
	}
	fields, seen := map[string][]int{}, map[string]bool{}
	for _, field := range reflect.VisibleFields(of) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if !field.IsExported() || seen[name] {
			continue
		}
		seen[name] = true
		if !canonical.Personal(field) {
			fields[name] = field.Index
		}
	}
	shown.Store(of, fields)
	return fields
}
