package day

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"causeway.example/functions/shipbob"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// Finder is the part of the ledger that the audit reads.
type Finder interface {
	// Find returns the entries that match every field set in the query, oldest first.
	Find(ctx context.Context, query port.Query) ([]port.Entry, error)
}

// Lost returns the memos of what ought to stand in the ERP's books and neither does nor is
// explained by the ledger: accepted orders, and published payments. twice has those that the
// ERP has more than one record of. A memo has the parts of a key: "system tenant type id".
func Lost(ctx context.Context, ledger Finder, erp connector.Auditor, accepted []string) (lost, twice []string, err error) {
	expected, err := payments(ctx, ledger)
	if err != nil {
		return nil, nil, err
	}
	expected = append(slices.Clone(accepted), expected...)
	slices.Sort(expected)
	expected = slices.Compact(expected)
	records, err := count(ctx, erp, expected)
	if err != nil {
		return nil, nil, err
	}
	for _, memo := range expected {
		if n := records[memo]; n > 0 {
			if n > 1 {
				twice = append(twice, memo)
			}
			continue
		}
		fine, err := explained(ctx, ledger, memo)
		if err != nil {
			return nil, nil, err
		}
		if !fine {
			lost = append(lost, memo)
		}
	}
	return lost, twice, nil
}

// count returns how many records the ERP has of each memo.
func count(ctx context.Context, erp connector.Auditor, memos []string) (map[string]int, error) {
	ids := map[connector.Book][]string{}
	for _, memo := range memos {
		key := keyOf(memo)
		book := connector.Book{System: key.System, Tenant: key.Tenant, Type: key.Type}
		ids[book] = append(ids[book], key.ID)
	}
	records := map[string]int{}
	for book, all := range ids {
		for some := range slices.Chunk(all, connector.MaxLookup) {
			found, err := erp.Lookup(ctx, book, some)
			if err != nil {
				return nil, err
			}
			for _, r := range found {
				records[strings.Join([]string{book.System, book.Tenant, book.Type, r.ID}, " ")]++
			}
		}
	}
	return records, nil
}

func keyOf(memo string) message.Key {
	parts := strings.SplitN(memo, " ", 4)
	return message.Key{System: parts[0], Tenant: parts[1], Type: parts[2], ID: parts[3]}
}

// payments returns the memos of the captured payments that were published.
func payments(ctx context.Context, ledger Finder) (memos []string, err error) {
	published, err := ledger.Find(ctx, port.Query{Stage: port.Published})
	for _, e := range published {
		if e.Entity.Type == "payment" {
			memos = append(memos, strings.Join([]string{e.Entity.System, e.Entity.Tenant, e.Entity.Type, e.Entity.ID}, " "))
		}
	}
	return memos, err
}

// explained reports whether the ledger says why the document is not in the ERP: it ended
// otherwise, or something of its delivery that it waits for is dead. A duplicate explains
// nothing: the ERP would have to have what it repeats.
func explained(ctx context.Context, ledger Finder, memo string) (bool, error) {
	entries, err := ledger.Find(ctx, port.Query{Entity: keyOf(memo)})
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Outcome, "duplicate: ") {
			continue
		}
		if e.Route != "" && e.Stage.Ends() && e.Stage != port.Confirmed && e.Stage != port.Superseded {
			return true, nil
		}
		beside, err := ledger.Find(ctx, port.Query{Trace: e.Trace})
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(beside, func(e port.Entry) bool { return e.Stage == port.Dead || e.Stage == port.Parked }) {
			return true, nil
		}
	}
	return false, nil
}

// Misplaced returns what the fakes' own books have too little or too often, beside the ERP's orders
// and payments: parcels that left and stand in the store, the ERP or the CRM otherwise than once,
// parcels that stand there although they did not leave, orders that the warehouse or the CRM has
// twice, and what the flows compare. pending reports whether the ledger says why an order's parcels are
// not at a target.
func Misplaced(systems map[string]http.Handler, pending func(target string, order message.Key) bool) (lost, twice []string) {
	b := books{fakes: among(systems), pending: pending}
	if b.warehouse != nil {
		b.parcels(b.warehouse.Orders())
	}
	b.contacts()
	if b.playFlows() {
		for _, f := range flows() {
			f.compare(&b)
		}
	}
	return b.lost, b.twice
}

// books compares the fakes' books with each other.
type books struct {
	fakes
	pending     func(target string, order message.Key) bool
	lost, twice []string
}

// count notes what is there n times and ought to be there want times.
func (b *books) count(what string, n, want int) {
	switch {
	case n < want:
		b.lost = append(b.lost, what)
	case n > want:
		b.twice = append(b.twice, what)
	}
}

// same notes what has a value other than the one that it ought to have.
func (b *books) same(what, has, want string) {
	if has != want {
		b.lost = append(b.lost, what+": it has "+has+" and not "+want)
	}
}

// parcels looks for each parcel of the warehouse at its store, in the ERP and in the CRM.
func (b *books) parcels(orders []shipbobtest.Order) {
	live := map[string]int{}
	for _, o := range orders {
		if o.Status() != shipbobtest.Cancelled {
			live[o.Reference]++
		}
		order, _, ok := shipbob.ParseReference(o.Reference)
		for _, s := range o.Shipments {
			if ok && !s.Shipped.IsZero() {
				b.parcel(order, s)
			}
		}
	}
	for reference, n := range live {
		b.count("order "+reference+" in shipbob", n, 1)
	}
}

// parcel looks for the tracking number of a parcel that left, or did not leave after all.
func (b *books) parcel(order message.Key, s *shipbobtest.Shipment) {
	want := 1
	if s.Status == shipbobtest.Cancelled {
		want = 0
	}
	for target, n := range map[string]int{order.System: b.inStore(order, s.Tracking, strconv.Itoa(s.ID), want), "netsuite": b.inERP(s.Tracking, want), "hubspot": b.inCRM(order, s.Tracking, want)} {
		if n < want && b.pending(target, order) {
			continue
		}
		b.count("parcel "+s.Tracking+" of "+order.String()+" in "+target, n, want)
	}
}

// inStore, inERP and inCRM return how often a target has the parcel with the tracking number: as often as it
// ought to if the target is no fake. The store's notes name the shipment's id too.
func (b *books) inStore(order message.Key, number, shipment string, want int) (n int) {
	switch {
	case order.System == "shopify" && b.store != nil:
		for _, f := range b.store.Fulfillments(order.ID) {
			if f.Status == "SUCCESS" && slices.Contains(f.Numbers, number) {
				n++
			}
		}
		return n
	case order.System == "woocommerce" && b.shop != nil:
		if id, err := strconv.ParseInt(order.ID, 10, 64); err == nil {
			return inNotes(b.shop.Notes(id), number, shipment)
		}
	}
	return want
}

func (b *books) inERP(number string, want int) (n int) {
	if b.erp == nil {
		return want
	}
	for _, f := range b.erp.ItemFulfillments() {
		if slices.Contains(f.Tracking, number) {
			n++
		}
	}
	return n
}

func (b *books) inCRM(order message.Key, number string, want int) (n int) {
	if b.crm == nil {
		return want
	}
	for _, r := range b.crm.Records("orders") {
		if r.Properties["causeway_order"] == order.String() {
			n += named(r.Properties["causeway_tracking"], number)
		}
	}
	return n
}

// inNotes returns how many notes of an order name the parcel, less those by which it did not leave.
func inNotes(notes []woocommercetest.Note, number, shipment string) (n int) {
	for _, note := range notes {
		switch {
		case strings.HasPrefix(note.Text, "Shipment "+shipment+" of shipbob, cancelled"):
			n--
		case named(note.Text, number) > 0: // as the number, and in its address
			n++
		}
	}
	return n
}

// named returns how often the text has the number as a word.
func named(text, number string) (n int) {
	for word := range strings.FieldsFuncSeq(text, func(c rune) bool { return c != '-' && !unicode.IsLetter(c) && !unicode.IsDigit(c) }) {
		if word == number {
			n++
		}
	}
	return n
}

// contacts looks for orders and contacts that the CRM has twice, by the keys that we write.
func (b *books) contacts() {
	if b.crm == nil {
		return
	}
	for object, key := range map[string]string{"orders": "causeway_order", "contacts": "causeway_customer"} {
		found := map[string]int{}
		for _, r := range b.crm.Records(object) {
			if value := r.Properties[key]; value != "" {
				found[value]++
			}
		}
		for value, n := range found {
			b.count(value+" in hubspot", n, 1)
		}
	}
}
