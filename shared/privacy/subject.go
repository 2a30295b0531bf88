package privacy

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// concerns reports whether the message is about the person: about a named entity, about one
// that depends on the customer, or a delivery whose content is. A body in the vault is read; one
// that is gone is empty.
func (stores Stores) concerns(ctx context.Context, s Subject, in port.Incoming) (bool, error) {
	record := unwrapped(in.Body)
	if m, err := message.Decode(record); err == nil && m.Subject != "" {
		if slices.ContainsFunc(append(m.Parents, m.Key()), s.named) {
			return true, nil
		}
		body, err := stores.body(ctx, m.Body, m.Claim)
		return s.mentioned(body), err
	}
	raw, err := message.DecodeRaw(record)
	if err != nil {
		return s.mentioned(in.Body), nil //nolint:nilerr // no message of ours; it may name the person all the same
	}
	body, err := stores.body(ctx, raw.Body, raw.Claim)
	if err != nil {
		return false, err
	}
	store := s.store()
	if raw.System == store.System && raw.Tenant == store.Tenant && s.describes(body) {
		return true, nil
	}
	return s.mentioned(body) || s.mentioned(in.Body), nil
}

// unwrapped returns the message in an event as EventBridge writes it to the dead letters of a
// rule (user guide, "Dead-letter queues"); any other record as it is.
func unwrapped(record []byte) []byte {
	var rule struct {
		DetailType string          `json:"detail-type"`
		Detail     json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(record, &rule) == nil && rule.DetailType != "" && len(rule.Detail) > 0 {
		return rule.Detail
	}
	return record
}

func (stores Stores) body(ctx context.Context, inline []byte, claim *message.Claim) ([]byte, error) {
	body, err := port.CheckOut(ctx, stores.Vault, inline, claim)
	if f := fault.As(err); f != nil && f.Kind == fault.Rejected && f.Class == fault.MissingRef {
		return nil, nil
	}
	return body, err
}

// store returns system and tenant of the person.
func (s Subject) store() message.Key {
	key := s.Customer
	if key.ID == "" && len(s.Orders) > 0 {
		key = s.Orders[0]
	}
	return message.Key{System: key.System, Tenant: key.Tenant}
}

func (s Subject) named(key message.Key) bool {
	return key.ID != "" && (key == s.Customer || slices.Contains(s.Orders, key))
}

// uniqueID is the length from which an id is unique among all stores. A body in the vault
// does not name its store, so that a shorter id does not tell whose it is.
const uniqueID = 10

// concernsBody reports whether a body of the vault is about the person.
func (s Subject) concernsBody(data []byte) bool {
	unique := Subject{Customer: s.Customer}
	if len(s.Customer.ID) < uniqueID {
		unique.Customer = message.Key{}
	}
	for _, order := range s.Orders {
		if len(order.ID) >= uniqueID {
			unique.Orders = append(unique.Orders, order)
		}
	}
	return s.mentioned(data) || unique.describes(data)
}

// describes reports whether a document, canonical or a source's own, is the named customer
// or order, or an order of the customer.
func (s Subject) describes(data []byte) bool {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber() // ids are longer than a float is exact
	var document map[string]any
	if err := d.Decode(&document); err != nil {
		return false
	}
	id := textOf(document["id"])
	if document["line_items"] == nil && document["lines"] == nil {
		return id != "" && id == s.Customer.ID || s.customerIn(document)
	}
	return s.customerIn(document) || slices.ContainsFunc(s.Orders, func(key message.Key) bool { return key.ID == id })
}

// mentioned reports whether one of the person's addresses is in the text.
func (s Subject) mentioned(data []byte) bool {
	lower := bytes.ToLower(data)
	return slices.ContainsFunc(s.Emails, func(email string) bool {
		return email != "" && bytes.Contains(lower, bytes.ToLower([]byte(strings.TrimSpace(email))))
	})
}

// customerIn reports whether the document names the customer by id, as sources do: in
// "customer_id", or as "id" of the object "customer"; the canonical model has the id of an
// order's customer in "buyer".
func (s Subject) customerIn(document map[string]any) bool {
	if s.Customer.ID == "" {
		return false
	}
	ids := []any{document["customer_id"], document["customer"]}
	for _, member := range []string{"customer", "buyer"} {
		if object, ok := document[member].(map[string]any); ok {
			ids = append(ids, object["id"], object["customer"])
		}
	}
	return slices.ContainsFunc(ids, func(id any) bool { return textOf(id) == s.Customer.ID })
}

func textOf(id any) string {
	switch v := id.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}
