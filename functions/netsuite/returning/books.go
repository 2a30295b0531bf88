package returning

import (
	"context"
	"slices"
	"strings"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// The states of a return authorization that matter here.
const (
	pendingApproval = "A"
	pendingReceipt  = "B"
	cancelled       = "C"
)

// authorization is a return authorization in NetSuite.
type authorization struct {
	id, status, memo string
	lines            []line
}

// line is one of a sales order, or of a return authorization.
type line struct {
	number   string // NetSuite's key of the line
	item     string // internal id
	quantity canonical.Decimal
	done     canonical.Decimal // fulfilled, or received
	closed   bool
}

func (l *line) left() canonical.Decimal { return record.Minus(l.quantity, l.done) }

// linesOf reads the lines of a document, of which done is the field of what was fulfilled or received.
func linesOf(d *suitetalk.Document, done string) []line {
	lines := make([]line, len(d.Lists[record.ItemSublist]))
	for i, v := range d.Lists[record.ItemSublist] {
		lines[i] = line{v["line"], v.Ref("item"), v.Decimal("quantity"), v.Decimal(done), v["isClosed"] == "true"}
	}
	return lines
}

func newAuthorization(d *suitetalk.Document) *authorization {
	return &authorization{id: d.Values["id"], status: d.Values.Ref("status"), memo: d.Values["memo"], lines: linesOf(d, "quantityReceived")}
}

// begun reports whether something was received or closed.
func (a *authorization) begun() bool {
	return a.status == cancelled || slices.ContainsFunc(a.lines, func(l line) bool { return l.closed || l.done.Sign() > 0 })
}

func (a *authorization) closed() bool {
	return !slices.ContainsFunc(a.lines, func(l line) bool { return !l.closed })
}

// ended reports whether we closed it after its goods were received.
func (a *authorization) ended() bool { return strings.HasSuffix(a.memo, receivedNote) }

// sumOf adds up what of returns of the item's lines.
func sumOf(lines []line, item string, of func(*line) canonical.Decimal) (sum canonical.Decimal) {
	for i := range lines {
		if lines[i].item == item {
			sum = record.Plus(sum, of(&lines[i]))
		}
	}
	return sum
}

func quantityOf(l *line) canonical.Decimal { return l.quantity }

func doneOf(l *line) canonical.Decimal { return l.done }

// books are NetSuite's documents of the order, as far as they decide what may come back.
type books struct {
	lines []line                       // of the sales order
	taken map[string]canonical.Decimal // by item: what other returns have
}

// readBooks reads the sales order and its other return authorizations.
func (w *work) readBooks(ctx context.Context) (*books, error) {
	found, err := w.Read(ctx, suitetalk.Place{Record: suitetalk.SalesOrder, Doing: w.place.Doing}, w.order)
	switch {
	case err != nil:
		return nil, record.InOurTerms(err, suitetalk.SalesOrder, nil)
	case found == nil:
		return nil, &fault.Error{Kind: fault.NotReady, Class: fault.MissingRef, Field: "order", Detail: "sales order " + w.order + " is not in NetSuite"}
	case found.Cut:
		return nil, record.Rejected(fault.TooLarge, "lines", "sales order "+w.order+" has more lines than NetSuite shows at once; authorize the return by hand")
	}
	b := &books{lines: linesOf(found, "quantityFulfilled"), taken: map[string]canonical.Decimal{}}
	rows, err := w.transactions(ctx)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if row["type"] != suitetalk.ReturnAuthorizationType || w.auth != nil && row["id"] == w.auth.id {
			continue
		}
		other, err := w.Read(ctx, w.place, row["id"])
		if err != nil {
			return nil, record.InOurTerms(err, suitetalk.ReturnAuthorization, nil)
		}
		if other != nil {
			b.take(newAuthorization(other), strings.HasPrefix(row["memo"], record.ReturnMemo(w.orderKey)))
		}
	}
	return b, nil
}

// take counts the pieces of another return authorization. One that we closed has the quantities that came; of
// a line that a person closed only what was received counts.
func (b *books) take(other *authorization, ours bool) {
	if other.status == cancelled {
		return
	}
	for i := range other.lines {
		l := &other.lines[i]
		pieces := l.quantity
		if l.closed && !(ours && other.ended()) {
			pieces = l.done
		}
		b.taken[l.item] = record.Plus(b.taken[l.item], pieces)
	}
}

// allow fails unless the sales order has as many pieces of the article fulfilled as come back in all of
// its returns.
func (b *books) allow(order string, a *article) error {
	ordered, fulfilled := sumOf(b.lines, a.item, quantityOf), sumOf(b.lines, a.item, doneOf)
	if !slices.ContainsFunc(b.lines, func(l line) bool { return l.item == a.item }) {
		o := a.origin()
		return &fault.Error{
			Kind: fault.Rejected, Class: fault.MissingRef, Field: o.Field,
			Detail: o.Explained("comes back, and sales order "+order+" has no line of this item", "receive it in NetSuite by hand"),
		}
	}
	taken := b.taken[a.item]
	all := record.Plus(taken, a.pieces)
	if all.Cmp(fulfilled) <= 0 {
		return nil
	}
	o := record.Origin{Field: a.field + ".quantity", Value: a.sku}
	rule := a.pieces.Normal().String() + " come back, and sales order " + order + " has " + fulfilled.Normal().String() + " of " + ordered.Normal().String() + " fulfilled"
	if taken.Sign() > 0 {
		rule += ", of which " + taken.Normal().String() + " are in its other returns"
	}
	if all.Cmp(ordered) <= 0 {
		return &fault.Error{Kind: fault.NotReady, Class: fault.MissingRef, Field: o.Field, Detail: o.Explained(rule, "the delivery waits for the item fulfillment")}
	}
	return &fault.Error{Kind: fault.Rejected, Class: fault.Conflict, Field: o.Field, Detail: o.Explained(rule, "settle the difference in NetSuite by hand"+suitetalk.Redrive)}
}

// divide returns the lines of a new return authorization, each with the number of the sales order's line.
func (b *books) divide(articles []article) (lines []line, origins []record.Origin) {
	for i := range articles {
		a := &articles[i]
		taken, rest := b.taken[a.item], a.pieces
		for j := range b.lines {
			l := &b.lines[j]
			if l.item != a.item {
				continue
			}
			before := record.Least(taken, l.done)
			part := record.Least(rest, record.Minus(l.done, before))
			if taken, rest = record.Minus(taken, before), record.Minus(rest, part); part.Sign() > 0 {
				lines, origins = append(lines, line{number: l.number, item: l.item, quantity: part}), append(origins, a.origin())
			}
		}
	}
	return lines, origins
}

// transactions returns the order's transactions. They are read once.
func (w *work) transactions(ctx context.Context) ([]suitetalk.Values, error) {
	if w.rows != nil {
		return w.rows, nil
	}
	rows, err := w.TransactionsOf(ctx, w.order, record.MemoOf(w.orderKey)+" ", "", w.place.Doing)
	w.rows = rows
	return rows, err
}
