package record

import (
	"strings"

	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// ExternalID returns the external id under which the entity stands in NetSuite:
//
//	<system>__<tenant>__<type>__<id>
//	shopify__example-brand_myshopify_com__order__820982911946154508
//
// NetSuite allows letters, digits, hyphen and underscore in one and does not tell case
// apart (online help, "Using External IDs"). So a point is written as an underscore, and
// a part with anything else in it is replaced by a hyphen and its derived id. A guest's
// id holds an e-mail address and thus never stands in a URL. Two keys never share an id.
func ExternalID(key message.Key) string {
	return StorePrefix(key) + idPart(key, key.ID)
}

// StorePrefix is what the external ids of all entities of one type and store begin with.
func StorePrefix(key message.Key) string {
	return idPart(key, key.System) + "__" + idPart(key, key.Tenant) + "__" + idPart(key, key.Type) + "__"
}

func idPart(key message.Key, text string) string {
	if plain(text) {
		return strings.ReplaceAll(text, ".", "_")
	}
	return "-" + message.DeriveID(key.System, key.Tenant, key.Type, text)
}

// plain reports whether the text can stand in an external id as it is: at most 64 of
// a-z, 0-9, hyphen and single points, beginning and ending with a letter or digit.
func plain(text string) bool {
	const inner = "abcdefghijklmnopqrstuvwxyz0123456789-."
	return text != "" && len(text) <= 64 && strings.Trim(text, inner) == "" &&
		strings.Trim(text, "-.") == text && !strings.Contains(text, "..")
}

// MemoOf returns the memo by which an auditor finds the entity without our ids:
// "shopify example-brand.myshopify.com order 1001".
func MemoOf(key message.Key) string {
	return key.System + " " + key.Tenant + " " + key.Type + " " + key.ID
}

// ClosedNote ends the memo of a sales order that we closed, because the store cancelled the order or
// has nothing left of it. An order that an operator closed does not have it.
const ClosedNote = ", closed by the store"

// Parent returns the internal id of an entity of the message's store, by its type and id, among the
// parents of the delivery. One that is missing is on its way: the error is fault.NotReady at the
// canonical field.
func Parent(m *message.Message, sort, id, field string, parents map[string]string) (string, error) {
	key := message.Key{System: m.System(), Tenant: m.Tenant, Type: sort, ID: id}
	if ref := parents[key.String()]; ref != "" {
		return ref, nil
	}
	return "", &fault.Error{Kind: fault.NotReady, Class: fault.MissingRef, Field: field, Detail: "is not at netsuite yet"}
}
