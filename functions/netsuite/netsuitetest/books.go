package netsuitetest

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The record types, as paths name them.
const (
	customerRecord = "customer"
	orderRecord    = "salesOrder"
	depositRecord  = "customerDeposit"
	itemRecord     = "inventoryItem"

	adjustmentRecord = "inventoryAdjustment"

	fulfillmentRecord    = "itemFulfillment"
	invoiceRecord        = "invoice"
	cashSaleRecord       = "cashSale"
	creditMemoRecord     = "creditMemo"
	cashRefundRecord     = "cashRefund"
	customerRefundRecord = "customerRefund"
)

// firstID is where internal ids begin: below it NetSuite keeps its own.
const firstID = 601

// Record is one record in the books.
type Record struct {
	Type       string            // "salesOrder"
	ID         string            // internal id
	ExternalID string            // "" if it has none
	Writes     int               // how often it was written; 1 means created and never touched again
	Bodies     []json.RawMessage // what was written, oldest first

	state   map[string]any
	changed time.Time // lastModifiedDate
}

// effect is one write. The books are the result of all effects, applied in order.
type effect struct {
	Type       string          `json:"type"`
	ID         string          `json:"id"`
	ExternalID string          `json:"externalid,omitempty"`
	Replace    []string        `json:"replace,omitempty"` // sublists
	Removed    bool            `json:"removed,omitempty"` // the record is deleted
	Inside     bool            `json:"inside,omitempty"`  // made in NetSuite, such as a fulfillment; does not count as a write
	Whole      bool            `json:"whole,omitempty"`   // the body is what the record has, made of another record
	At         time.Time       `json:"at,omitzero"`
	Body       json.RawMessage `json:"body"`
}

type books struct {
	now        func() time.Time
	records    map[string]*Record // by type and internal id
	byExternal map[string]*Record // by type and external id in lower case
	next       int

	ways   Way             // the answers that differ between accounts
	closed string          // last day of the closed periods, "" for none
	locked map[string]bool // internal ids of the records that a workflow locks
}

func newBooks(now func() time.Time) books {
	return books{now: now, records: map[string]*Record{}, byExternal: map[string]*Record{}, next: firstID, locked: map[string]bool{}}
}

// find returns the record named by an internal id or by "eid:" and an external id, nil
// if there is none. External ids do not tell case apart.
func (b *books) find(kind, id string) *Record {
	if external, ok := strings.CutPrefix(id, "eid:"); ok {
		return b.byExternal[kind+"/"+strings.ToLower(external)]
	}
	return b.records[kind+"/"+id]
}

// refer returns the record that a reference such as {"id":"5"} names, nil if there is none.
func (b *books) refer(kind string, reference any) *Record {
	ref, _ := reference.(map[string]any)
	if external, ok := ref["externalId"].(string); ok {
		if found := b.find(kind, "eid:"+external); found != nil {
			return found
		}
	}
	return b.find(kind, refID(reference))
}

// refID returns the internal id in a reference, which may be a string or a number. An
// enumeration may also be sent as its id alone.
func refID(reference any) string {
	if id, ok := reference.(string); ok {
		return id
	}
	ref, _ := reference.(map[string]any)
	switch id := ref["id"].(type) {
	case string:
		return id
	case json.Number:
		return id.String()
	}
	return ""
}

// newID returns the id that the next record gets.
func (b *books) newID() string { return strconv.Itoa(b.next) }

// apply writes the effect into the books; state is what the record then holds.
func (b *books) apply(e effect, state map[string]any) {
	key := e.Type + "/" + e.ID
	r := b.records[key]
	if e.Removed {
		delete(b.records, key)
		delete(b.byExternal, e.Type+"/"+strings.ToLower(e.ExternalID))
		return
	}
	if r == nil {
		r = &Record{Type: e.Type, ID: e.ID, ExternalID: e.ExternalID}
		b.records[key] = r
		if e.ExternalID != "" {
			b.byExternal[e.Type+"/"+strings.ToLower(e.ExternalID)] = r
		}
	}
	r.state = state
	if r.changed = e.At; e.At.IsZero() {
		r.changed = b.now()
	}
	b.deriveCustomer(e.Type, state)
	if e.ExternalID != r.ExternalID {
		delete(b.byExternal, e.Type+"/"+strings.ToLower(r.ExternalID))
		b.byExternal[e.Type+"/"+strings.ToLower(e.ExternalID)], r.ExternalID = r, e.ExternalID
	}
	if !e.Inside {
		r.Writes++
		r.Bodies = append(r.Bodies, e.Body)
	}
	if id, err := strconv.Atoi(e.ID); err == nil {
		b.next = max(b.next, id+1)
	}
}

// deriveCustomer gives a deposit without a customer that of its sales order, as NetSuite does,
// also after the journal was read again: it has the bodies as they were sent.
func (b *books) deriveCustomer(record string, state map[string]any) {
	if record != depositRecord || state["customer"] != nil {
		return
	}
	if order := b.refer(orderRecord, state["salesOrder"]); order != nil {
		state["customer"] = order.state["entity"]
	}
}

// items returns the lines of a sublist, nil if the value is none.
func items(value any) []any {
	sublist, _ := value.(map[string]any)
	lines, _ := sublist["items"].([]any)
	return lines
}

// decode reads a body; numbers keep their text, which a float would change.
func decode(body []byte) (map[string]any, error) {
	var fields map[string]any
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.UseNumber()
	err := d.Decode(&fields)
	return fields, err
}

// sorted returns the records of a type, of all types for "", by type and number.
func (b *books) sorted(kind string) []*Record {
	var all []*Record
	for _, r := range b.records {
		if kind == "" || r.Type == kind {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b *Record) int {
		return cmp.Or(strings.Compare(a.Type, b.Type), len(a.ID)-len(b.ID), strings.Compare(a.ID, b.ID))
	})
	return all
}
