package netsuitetest

import (
	"encoding/json"
	"errors"
	"strconv"
)

// Way is a set of answers that differ between NetSuite accounts, or of which only a real
// account can show the right one. The zero Way is that of New. A connector has to work
// with every set.
type Way uint

// The answers.
const (
	// ContentCode answers INVALID_CONTENT to a reference that names nothing, not INVALID_VALUE.
	ContentCode Way = 1 << iota
	// WithoutPath leaves the field out of o:errorPath where it is not one of a line.
	WithoutPath
	// OwnCodes answers CANT_DELETE_TRAN_LINE and the like as o:errorCode, not USER_ERROR.
	OwnCodes
	// ApprovalIgnored ignores orderStatus A for an order with something fulfilled, instead of refusing it.
	ApprovalIgnored
	// BilledFrozen refuses to change the amount of a billed line.
	BilledFrozen
	// CustomerFrozen refuses to change the customer of an order with something fulfilled.
	CustomerFrozen
	// WrongType answers 400 to an external id that no transaction has, not 404.
	WrongType
	// NamedCustomers has no two customers of one name, because the account does not number them.
	NamedCustomers
	// PriceLevel rejects a rate without the price level "custom".
	PriceLevel

	ways = iota
)

// Seeds is the number of different sets of answers.
const Seeds = 1 << ways

// Vary makes the account answer as the seed says, a set of Ways.
func (f *Fake) Vary(seed Way) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.books.ways = seed
}

func (w Way) has(way Way) bool { return w&way != 0 }

// ClosePeriod closes the accounting periods up to the day, such as "2026-10-31"; "" opens
// them all. Customer deposits, refunds and adjustments of a closed period can be neither created nor changed.
// Periods are months, until the end of 2029.
func (f *Fake) ClosePeriod(through string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.books.closed = through
}

// Forbid takes the role's permission for the record type away, or gives it back.
func (f *Fake) Forbid(record string, forbidden bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forbidden[record] = forbidden
}

// LockByWorkflow locks a record as a workflow does: it can be neither read nor written.
func (f *Fake) LockByWorkflow(record, externalID string, locked bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r := f.books.find(record, "eid:"+externalID); r != nil {
		f.books.locked[r.ID] = locked
	}
}

// Fulfill ships a quantity of a sales order's line, Bill invoices it. Quantities are
// totals, in decimal text; the line is named by its number.
func (f *Fake) Fulfill(externalID string, line int, quantity string) error {
	return f.inside(externalID, line, "quantityFulfilled", json.Number(quantity))
}

// Bill invoices a quantity of a sales order's line; see Fulfill.
func (f *Fake) Bill(externalID string, line int, quantity string) error {
	return f.inside(externalID, line, "quantityBilled", json.Number(quantity))
}

// CloseLine closes or opens a line as an operator does in NetSuite.
func (f *Fake) CloseLine(externalID string, line int, closed bool) error {
	return f.inside(externalID, line, "isClosed", closed)
}

// Deactivate makes a customer inactive or active, as an operator does in NetSuite. No new
// transaction can name an inactive one.
func (f *Fake) Deactivate(id string, inactive bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.books.find(customerRecord, id)
	if r == nil {
		return errNoLine
	}
	return f.change(effect{Type: r.Type, ID: r.ID, ExternalID: r.ExternalID}, r.state, map[string]any{"isInactive": inactive})
}

// Rename gives a record another external id, as an operator can.
func (f *Fake) Rename(record, from, to string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.books.find(record, "eid:"+from)
	if r == nil {
		return errNoLine
	}
	return f.change(effect{Type: r.Type, ID: r.ID, ExternalID: to}, r.state, nil)
}

var errNoLine = errors.New("netsuitetest: no such record or line")

// inside changes a field of a line without a request.
func (f *Fake) inside(externalID string, line int, name string, value any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.books.find(orderRecord, "eid:"+externalID)
	if r == nil || lineOf(r.state, line) == nil {
		return errNoLine
	}
	change := map[string]any{itemSublist: sublist([]any{map[string]any{"line": json.Number(strconv.Itoa(line)), name: value}})}
	return f.change(effect{Type: r.Type, ID: r.ID, ExternalID: r.ExternalID}, r.state, change)
}

// change applies what was made in NetSuite. The caller holds the lock.
func (f *Fake) change(e effect, state, change map[string]any) error {
	return f.changeWith(nil, nil, e, state, change)
}

// changeWith applies what was made in NetSuite, and an effect before it that comes with it: a kill keeps
// both or neither. The caller holds the lock.
func (f *Fake) changeWith(first *effect, made map[string]any, e effect, state, change map[string]any) error {
	body, err := json.Marshal(change)
	if err != nil {
		return err
	}
	e.Inside, e.Body = true, body
	effects := []effect{e}
	if first != nil {
		effects = []effect{*first, e}
	}
	if err := f.write(effects...); err != nil {
		return err
	}
	if first != nil {
		f.books.apply(*first, made)
	}
	f.books.apply(e, merge(state, change, nil))
	return nil
}

// lineOf returns the order's line of the number, nil if there is none.
func lineOf(order map[string]any, number int) map[string]any {
	for _, entry := range items(order[itemSublist]) {
		if fields, ok := entry.(map[string]any); ok && lineNumber(entry) == number {
			return fields
		}
	}
	return nil
}
