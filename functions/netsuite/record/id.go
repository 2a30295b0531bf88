package record

import (
	"slices"
	"strings"

	"causeway.example/shared/connector"
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

// IsExternalID reports whether the external id, in lower case, is one that ExternalID gives to an entity of
// the type: four parts, of which the third is the type. A part never has two underscores in a row.
func IsExternalID(external, sort string) bool {
	parts := strings.Split(external, "__")
	return len(parts) == 4 && parts[2] == sort && !slices.Contains(parts, "")
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

// MaxMemo is the number of characters that the memo of a transaction holds. NetSuite rejects longer ones.
const MaxMemo = 999

// MemoOf returns the memo by which an auditor finds the entity without our ids:
// "shopify example-brand.myshopify.com order 1001".
func MemoOf(key message.Key) string {
	return key.System + " " + key.Tenant + " " + key.Type + " " + key.ID
}

// ClosedNote ends the memo of a sales order that we closed, because the store cancelled the order or
// has nothing left of it. An order that an operator closed does not have it.
const ClosedNote = ", closed by the store"

// ReturnMemo is what the memos of all returns of the store's order begin with.
func ReturnMemo(order message.Key) string { return MemoOf(order) + " return " }

// StoreOrder returns the key of the store's order that a warehouse's event is about, by its id, and the
// internal id of its sales order. Errors are about the canonical field "order".
func StoreOrder(d connector.Delivery, id string) (key message.Key, ref string, err error) {
	i := slices.IndexFunc(d.Message.Parents, func(k message.Key) bool { return k.Type == "order" && k.ID == id })
	if i < 0 {
		return key, "", &fault.Error{Kind: fault.Invalid, Class: fault.MissingRef, Field: "order", Detail: "the event does not name the store of order " + id}
	}
	key = d.Message.Parents[i]
	if ref = d.Parents[key.String()]; ref == "" {
		return key, "", &fault.Error{Kind: fault.NotReady, Class: fault.MissingRef, Field: "order", Detail: "is not at netsuite yet"}
	}
	return key, ref, nil
}

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
