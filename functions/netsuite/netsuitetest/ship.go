package netsuitetest

import (
	"cmp"
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strconv"
)

// ItemFulfillment is an item fulfillment in the books.
type ItemFulfillment struct {
	ID, ExternalID string
	Order          string // internal id of the sales order
	Date           string
	Status         string // "C" for shipped
	Memo           string
	Tracking       []string
	Lines          []Line // with the number of the sales order's line
	Writes         int
}

// Invoice is an invoice in the books.
type Invoice struct {
	ID, ExternalID string
	Order          string // internal id of the sales order
	Date           string
	Memo           string
	Total          string // decimal text: lines and shipping
	Unpaid         string // decimal text
	Lines          []Line
	Writes         int
}

// ItemFulfillments returns the item fulfillments by internal id.
func (f *Fake) ItemFulfillments() []ItemFulfillment {
	return view(f, fulfillmentRecord, fulfillmentView)
}

// Invoices returns the invoices by internal id.
func (f *Fake) Invoices() []Invoice { return view(f, invoiceRecord, f.invoiceView) }

func fulfillmentView(r *Record) ItemFulfillment {
	v := ItemFulfillment{
		ID: r.ID, ExternalID: r.ExternalID, Order: refID(r.state["createdFrom"]), Date: text(r.state, "tranDate"),
		Status: refID(r.state["shipStatus"]), Memo: text(r.state, "memo"), Writes: r.Writes,
	}
	for _, entry := range items(r.state["package"]) {
		fields, _ := entry.(map[string]any)
		v.Tracking = append(v.Tracking, text(fields, "packageTrackingNumber"))
	}
	for _, entry := range items(r.state[itemSublist]) {
		v.Lines = append(v.Lines, lineView(entry))
	}
	return v
}

func (f *Fake) invoiceView(r *Record) Invoice {
	v := Invoice{
		ID: r.ID, ExternalID: r.ExternalID, Order: refID(r.state["createdFrom"]), Date: text(r.state, "tranDate"), Memo: text(r.state, "memo"),
		Total: decimal(totalOf(r.state)), Unpaid: decimal(f.books.unpaid(r)), Writes: r.Writes,
	}
	for _, entry := range items(r.state[itemSublist]) {
		v.Lines = append(v.Lines, lineView(entry))
	}
	return v
}

// goodsless reports whether a line's item is never fulfilled, as those of charges.
func (b *books) goodsless(line map[string]any) bool {
	item := b.refer(itemRecord, line["item"])
	return item != nil && flag(item.state, "goodsless")
}

// shippable returns the lines of a sales order that an item fulfillment lists, each with what is
// left of it.
func (b *books) shippable(order map[string]any) []any {
	var lines []any
	for _, entry := range items(order[itemSublist]) {
		l, _ := entry.(map[string]any)
		left := rational(l, "quantity")
		left.Sub(left, rational(l, "quantityFulfilled"))
		if flag(l, "isClosed") || b.goodsless(l) || left.Sign() <= 0 {
			continue
		}
		lines = append(lines, map[string]any{"line": l["line"], "item": l["item"], "quantity": json.Number(exact(left))})
	}
	return lines
}

// named returns a reference to an item with its internal id too, which it keeps without an external id.
func (b *books) named(reference any) any {
	item, ref := b.refer(itemRecord, reference), map[string]any{}
	if item == nil {
		return reference
	}
	if known, is := reference.(map[string]any); is {
		maps.Copy(ref, known)
	}
	ref["id"] = item.ID
	return ref
}

func exact(n *big.Rat) string {
	places, _ := n.FloatPrec()
	return n.FloatString(places)
}

func (b *books) cannotMake(kind, order string) *refusal {
	return b.linkedRefusal("INVALID_INITIALIZE_REF", "", "You can not initialize "+kind+": invalid reference "+order+".")
}

// ship makes an item fulfillment of a sales order. A line that the body does not list is shipped
// whole, as NetSuite does, unless the body's lines replace the sublist.
func (f *Fake) ship(order *Record, fields map[string]any, replaced bool) (made map[string]any, changed []any, bad *refusal) {
	open := f.books.shippable(order.state)
	if refID(order.state["orderStatus"]) == "A" || len(open) == 0 {
		return nil, nil, f.books.cannotMake(fulfillmentRecord, order.ID)
	}
	if bad := f.books.acceptPeriod(nil, fields); bad != nil {
		return nil, nil, bad
	}
	if bad := acceptPackages(fields); bad != nil {
		return nil, nil, bad
	}
	listed := map[string]map[string]any{}
	for i, entry := range items(fields[itemSublist]) {
		l, _ := entry.(map[string]any)
		number := number(l, "orderLine")
		if !slices.ContainsFunc(open, func(o any) bool { return lineNumber(o) != 0 && strconv.Itoa(lineNumber(o)) == number }) {
			return nil, nil, f.books.unknownRef("item.items[" + strconv.Itoa(i) + "].orderLine")
		}
		listed[number] = l
	}
	var lines []any
	for _, entry := range open {
		o, _ := entry.(map[string]any)
		l, given := listed[strconv.Itoa(lineNumber(o))]
		if replaced && !given {
			continue
		}
		if receive, given := l["itemReceive"].(bool); given && !receive {
			continue
		}
		quantity := rational(o, "quantity")
		if given := rational(l, "quantity"); given.Sign() > 0 {
			if given.Cmp(quantity) > 0 {
				return nil, nil, f.books.linkedRefusal("OVER_FULFILL_DISALLWD", itemSublist, "You can not over-fulfill an item unless the Overage preference is set.")
			}
			quantity = given
		}
		shipped := maps.Clone(o)
		shipped["quantity"] = json.Number(exact(quantity))
		shipped["item"] = f.books.named(o["item"])
		if location := cmp.Or(refID(l["location"]), refID(order.state["location"])); location != "" {
			shipped["location"] = map[string]any{"id": location}
		}
		lines = append(lines, shipped)
		before := rational(lineOf(order.state, lineNumber(o)), "quantityFulfilled")
		changed = append(changed, map[string]any{"line": o["line"], "quantityFulfilled": json.Number(exact(before.Add(before, quantity)))})
	}
	if len(lines) == 0 {
		return nil, nil, invalid("USER_ERROR", itemSublist, "Error while accessing a resource. You must have at least one valid line item for this transaction.")
	}
	made = maps.Clone(fields)
	made[itemSublist] = sublist(lines)
	return made, changed, nil
}

// acceptPackages demands a weight of each package.
func acceptPackages(fields map[string]any) *refusal {
	for i, entry := range items(fields["package"]) {
		l, _ := entry.(map[string]any)
		if rational(l, "packageWeight").Sign() <= 0 {
			return mandatory("package.items["+strconv.Itoa(i)+"].packageWeight", "Package Weight")
		}
	}
	return nil
}

// acceptShipped applies the rules for a change of an item fulfillment.
func (b *books) acceptShipped(before, after map[string]any) *refusal {
	if bad := b.acceptPeriod(before, after); bad != nil {
		return bad
	}
	return acceptPackages(after)
}

// unship deletes an item fulfillment, whose pieces are then open in the sales order. Pieces that are
// billed keep theirs from being deleted. The caller holds the lock.
func (f *Fake) unship(id string) *refusal {
	r := f.books.find(fulfillmentRecord, id)
	switch {
	case r == nil:
		return f.books.missing(fulfillmentRecord, id)
	case f.books.locked[r.ID]:
		return lockedByWorkflow()
	}
	if bad := f.books.acceptPeriod(r.state, r.state); bad != nil {
		return bad
	}
	order := f.books.records[orderRecord+"/"+refID(r.state["createdFrom"])]
	var changed []any
	for _, entry := range items(r.state[itemSublist]) {
		l, _ := entry.(map[string]any)
		had := lineOf(order.state, lineNumber(entry))
		left := rational(had, "quantityFulfilled")
		if left.Sub(left, rational(l, "quantity")).Cmp(rational(had, "quantityBilled")) < 0 {
			return f.books.linkedRefusal("THIS_RECORD_CANNOT_BE_DELETED_BECAUSE_IT_HAS_DEPENDENT_RECORDS", "", "This record cannot be deleted because it has dependent records.")
		}
		changed = append(changed, map[string]any{"line": l["line"], "quantityFulfilled": json.Number(exact(left))})
	}
	e := effect{Type: fulfillmentRecord, ID: r.ID, ExternalID: r.ExternalID, Removed: true, Body: json.RawMessage("{}")}
	of := effect{Type: order.Type, ID: order.ID, ExternalID: order.ExternalID}
	if err := f.changeWith(&e, nil, of, order.state, map[string]any{itemSublist: sublist(changed)}); err != nil {
		return &refusal{500, "UNEXPECTED_ERROR", "", "An unexpected error occurred."}
	}
	f.gone = append(f.gone, goneRow{r.ID, f.now().UTC().Format(stockLayout)})
	return nil
}

// bill makes an invoice of a sales order: what is fulfilled and not billed, with all charges and
// the shipping on the first, and the order's deposits applied.
func (f *Fake) bill(order *Record, fields map[string]any, _ bool) (made map[string]any, changed []any, bad *refusal) {
	if bad := f.books.acceptPeriod(nil, fields); bad != nil {
		return nil, nil, bad
	}
	var lines []any
	places := placesOf(order)
	for _, entry := range items(order.state[itemSublist]) {
		l, _ := entry.(map[string]any)
		due := rational(l, "quantityFulfilled")
		if f.books.goodsless(l) {
			due = rational(l, "quantity")
		}
		billed := rational(l, "quantityBilled")
		part := new(big.Rat).Sub(due, billed)
		if part.Sign() <= 0 {
			continue
		}
		lines = append(lines, map[string]any{
			"line": l["line"], "item": l["item"], "quantity": json.Number(exact(part)),
			"amount": json.Number(share(l, billed, due, places).FloatString(places)),
		})
		changed = append(changed, map[string]any{"line": l["line"], "quantityBilled": json.Number(exact(due))})
	}
	if !slices.ContainsFunc(lines, func(l any) bool { return !f.books.goodsless(l.(map[string]any)) }) {
		return nil, nil, f.books.cannotMake(invoiceRecord, order.ID)
	}
	made = maps.Clone(fields)
	made[itemSublist] = sublist(lines)
	if !f.books.shipped(order.ID) && order.state["shippingCost"] != nil {
		made["shippingCost"] = order.state["shippingCost"]
	}
	made["applied"] = f.books.depositsFor(order.ID, totalOf(made))
	return made, changed, nil
}

// placesOf returns the decimals of the record's currency.
func placesOf(r *Record) int {
	if places, others := map[string]int{"5": 0, "6": 3}[refID(r.state["currency"])]; others { // JPY, KWD
		return places
	}
	return 2
}

// share returns the line's amount for its pieces from one to another, so that all parts add up.
func share(line map[string]any, from, to *big.Rat, places int) *big.Rat {
	amount, quantity := rational(line, "amount"), rational(line, "quantity")
	if quantity.Sign() == 0 {
		return amount
	}
	upTo := func(n *big.Rat) *big.Rat {
		part := new(big.Rat).Mul(amount, n)
		rounded, _ := new(big.Rat).SetString(part.Quo(part, quantity).FloatString(places))
		return rounded
	}
	return new(big.Rat).Sub(upTo(to), upTo(from))
}

// ofOrder makes a record of a sales order or of a return authorization, and returns its internal id. The
// caller holds the lock.
func (f *Fake) ofOrder(source *Record, to, external string, fields map[string]any, replaced bool) (string, *refusal) {
	makers := map[string]func(*Record, map[string]any, bool) (map[string]any, []any, *refusal){
		fulfillmentRecord: f.ship, invoiceRecord: f.bill, returnRecord: f.authorize, receiptRecord: f.receive,
	}[to]
	made, changed, bad := makers(source, fields, replaced)
	if bad != nil {
		return "", bad
	}
	for _, name := range []string{"entity", "currency", "subsidiary"} {
		made[name] = source.state[name]
	}
	made["createdFrom"] = map[string]any{"id": source.ID}
	whole, err := json.Marshal(made)
	e := effect{Type: to, ID: f.books.newID(), ExternalID: external, Whole: true, Body: whole}
	switch of := (effect{Type: source.Type, ID: source.ID, ExternalID: source.ExternalID}); {
	case err != nil:
	case len(changed) > 0:
		err = f.changeWith(&e, made, of, source.state, map[string]any{itemSublist: sublist(changed)})
	default:
		if err = f.write(e); err == nil {
			f.books.apply(e, made)
		}
	}
	if err != nil {
		return "", &refusal{500, "UNEXPECTED_ERROR", "", "An unexpected error occurred."}
	}
	return e.ID, nil
}
