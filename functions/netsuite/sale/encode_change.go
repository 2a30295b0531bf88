package sale

import (
	"slices"
	"strings"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

// change is the one request that makes a sales order what it is to be.
type change struct {
	body    []byte // nil if nothing differs
	replace string // sublist to replace, "" to merge
	lines   []record.Origin
	words   string // what changes, for an operator
}

// lineChange is a line of the sublist that is sent. Neither have nor want is written as
// such: have gives the key, want the content.
type lineChange struct {
	have *booked      // nil for a new line
	want *record.Line // nil for a line that is only retained, closed or opened
	shut string       // "true", "false", or "" to leave it
}

// diff returns the change from what NetSuite has. items has the internal ids of the items.
func (so *salesOrder) diff(found *suitetalk.Document, items map[string]string) (change, error) {
	if err := so.fixed(found); err != nil {
		return change{}, err
	}
	have := bookedLines(found)
	so.closedByUs = closedByUs(found)
	if so.keepsLines(found.Values["memo"]) && !so.reopens(have) {
		return so.encodeChange(so.changedHead(found), nil, false)
	}
	added := matchLines(so.lines, have, items, so.settings.TaxCode)
	for _, b := range have {
		if b.want != nil && b.item != items[strings.ToLower(b.want.Item)] {
			so.Note(b.want.Field, "has no product in the store any more, line "+b.number+" keeps item "+b.name)
		}
	}
	if err := so.allowed(found.Values["id"], have, added, items); err != nil {
		return change{}, err
	}
	lines, replace := so.changedLines(have, added)
	return so.encodeChange(so.changedHead(found), lines, replace)
}

// changedHead returns the body fields that differ. The status is changed only from pending approval to
// pending fulfillment.
func (so *salesOrder) changedHead(found *suitetalk.Document) []record.Field {
	fields := record.Changed(so.head(), found.Values)
	if found.Values.Ref("orderStatus") == pendingApproval && so.approval() == pendingFulfillment {
		fields = append(fields, record.EnumField("orderStatus", pendingFulfillment))
	}
	return fields
}

// fixed rejects what no sales order can change.
func (so *salesOrder) fixed(found *suitetalk.Document) error {
	for _, f := range []struct{ name, want, field string }{
		{"currency", so.currency, "currency"}, {"subsidiary", so.subsidiary, "NETSUITE_SUBSIDIARIES"},
	} {
		if has := found.Values.Ref(f.name); has != "" && has != f.want {
			return record.Conflict(f.field, "sales order "+found.Values["id"]+" has "+f.name+" "+has+" in NetSuite, the order needs "+f.want+
				"; a saved transaction keeps its "+f.name+", so close it and enter a new one by hand")
		}
	}
	return nil
}

// allowed rejects what an operator has to settle: a line that is fulfilled or billed and
// was removed or reduced in the store, and a new line for an order that is closed.
func (so *salesOrder) allowed(id string, have []booked, added []*record.Line, items map[string]string) error {
	for i := range have {
		b := &have[i]
		switch {
		case b.want == nil && b.linked:
			return record.Conflict(so.removedField(b, items), "line "+b.number+" of sales order "+id+" ("+b.name+") is fulfilled, billed or on a purchase order"+
				" in NetSuite and was removed in the store; return or bill it in NetSuite, or restore the line in the store"+suitetalk.Redrive)
		case b.want != nil && b.want.Quantity.Cmp(b.gone()) < 0:
			return record.Conflict(strings.TrimSuffix(b.want.Field, ".sku")+".quantity", "line "+b.number+" of sales order "+id+" has "+b.gone().String()+
				" fulfilled or billed in NetSuite, the order has only "+b.want.Quantity.String()+"; enter a return in NetSuite"+suitetalk.Redrive)
		}
	}
	if shut(have) && len(added) > 0 && !so.reopens(have) {
		return record.Conflict(added[0].Field, "sales order "+id+" is closed in NetSuite, and a new line would open it; open it or enter a new order by hand"+suitetalk.Redrive)
	}
	return nil
}

// removedField returns the canonical field of a line that the store took off the order.
// Some stores keep it with the quantity 0, others drop it.
func (so *salesOrder) removedField(b *booked, items map[string]string) string {
	for _, l := range so.removed {
		if items[strings.ToLower(l.Item)] == b.item {
			return l.Field
		}
	}
	return "lines"
}

// shut reports whether every line is closed.
func shut(have []booked) bool {
	return len(have) > 0 && !slices.ContainsFunc(have, func(b booked) bool { return !b.closed })
}

// closedByUs reports whether the memo says that the sales order was closed because of the store.
func closedByUs(found *suitetalk.Document) bool {
	return strings.HasSuffix(found.Values["memo"], record.ClosedNote)
}

func linked(have []booked) bool {
	return slices.ContainsFunc(have, func(b booked) bool { return b.linked })
}

// reopens reports whether the order was cancelled and is not any more in the store. An
// order with fulfilled or billed lines stays closed, and so does one that an operator closed, once
// the store has closed it too. With NETSUITE_ORDERS an operator's order stays closed at once, because
// the store is asked to cancel its own.
func (so *salesOrder) reopens(have []booked) bool {
	return (so.order.Status == canonical.OrderOpen && !so.settings.PublishesEnded() || so.closedByUs) && shut(have) && !linked(have)
}

// changedLines returns the lines to send, none if no line differs, and whether they
// replace the sublist. Lines can only be removed by listing all others. Listing them is
// also how lines are added to an order without links, because a request that takes effect
// twice then adds them once. An order with links is only ever added to.
func (so *salesOrder) changedLines(have []booked, added []*record.Line) (lines []lineChange, replace bool) {
	removed := slices.ContainsFunc(have, func(b booked) bool { return b.want == nil })
	replace = removed || len(added) > 0 && !linked(have)
	opens := ""
	if so.reopens(have) {
		opens = "false"
	}
	for i := range have {
		b := &have[i]
		if b.want == nil {
			continue
		}
		c := lineChange{have: b, shut: opens}
		if !b.same(b.want, so.settings.TaxCode) {
			c.want = b.want
		}
		if replace || c.want != nil || c.shut != "" {
			lines = append(lines, c)
		}
	}
	for _, l := range added {
		lines = append(lines, lineChange{want: l})
	}
	return lines, replace
}

func (so *salesOrder) encodeChange(fields []record.Field, lines []lineChange, replace bool) (change, error) {
	c := change{words: "is unchanged"}
	if len(fields) == 0 && len(lines) == 0 {
		return c, nil
	}
	w := strictjson.NewWriter(nil)
	w.Obj()
	record.WriteFields(w, fields)
	c.lines = so.writeLines(w, lines)
	w.EndObj()
	if replace {
		c.replace = record.ItemSublist
	}
	var names []string
	for _, f := range fields {
		names = append(names, f.Name)
	}
	if len(lines) > 0 {
		names = append(names, "lines")
	}
	c.words = "changed: " + strings.Join(names, ", ")
	body, err := suitetalk.Finish(w)
	c.body = body
	return c, err
}

// writeLines writes the sublist, unless no line is to be sent.
func (so *salesOrder) writeLines(w *strictjson.Writer, lines []lineChange) []record.Origin {
	if len(lines) == 0 {
		return nil
	}
	var origins []record.Origin
	w.Key(record.ItemSublist).Obj()
	w.Key("items").Arr()
	for _, c := range lines {
		w.Obj()
		switch {
		case c.have == nil:
			so.settings.WriteNewLine(w, c.want)
			origins = append(origins, c.want.Origin())
		case c.want != nil:
			w.NumField("line", c.have.number)
			so.settings.WriteLine(w, c.want)
			origins = append(origins, c.want.Origin())
		default:
			w.NumField("line", c.have.number)
			origins = append(origins, c.have.origin())
		}
		if c.shut != "" {
			w.BoolField("isClosed", c.shut == "true")
		}
		w.EndObj()
	}
	w.EndArr()
	w.EndObj()
	return origins
}

// origin is the origin of the line that the booked one was made from.
func (b *booked) origin() record.Origin {
	if b.want == nil {
		return record.Origin{Field: "lines", Value: b.name}
	}
	return b.want.Origin()
}

// goodsLeft is the code by which operators get their advice (package operate).
const goodsLeft = "GOODS_LEFT"

// left returns the conflict of a sales order of which something left or was billed, although its order is
// cancelled or has no lines left in the store. It is nil if an operator closed every line, or all of which
// something left: a line with something fulfilled and not billed is never closed by us.
func left(found *suitetalk.Document) error {
	have := bookedLines(found)
	if shut(have) && !closedByUs(found) {
		return nil
	}
	for i := range have {
		if b := &have[i]; b.gone().Sign() > 0 && !(b.closed && b.billed.Cmp(b.fulfilled) < 0) {
			return &fault.Error{
				Kind: fault.Rejected, Class: fault.Conflict, Code: goodsLeft, Field: "status",
				Detail: "line " + b.number + " of sales order " + found.Values["id"] + " (" + b.name + ") is fulfilled or billed in NetSuite, and the order is cancelled" +
					" or has no lines left in the store; stop the parcel, or enter in NetSuite what of the return and its credit is not booked yet, then resolve this message",
			}
		}
	}
	return nil
}

// encodeClose returns the body that closes the open lines and notes that in the memo, nil if none is
// open. A line with something fulfilled and not billed is left, because closing it would take it off
// NetSuite's billing queue.
func encodeClose(found *suitetalk.Document) (change, error) {
	var lines []lineChange
	have := bookedLines(found)
	for i := range have {
		if b := &have[i]; b.open() && b.billed.Cmp(b.fulfilled) >= 0 {
			lines = append(lines, lineChange{have: b, shut: "true"})
		}
	}
	c := change{words: "is closed"}
	if len(lines) == 0 {
		return c, nil
	}
	w := strictjson.NewWriter(nil)
	w.Obj()
	memo := connector.Shorten(strings.TrimSuffix(found.Values["memo"], record.ClosedNote), record.MaxMemo-len(record.ClosedNote)) + record.ClosedNote
	record.WriteFields(w, []record.Field{record.PlainField("memo", memo)})
	c.lines = (&salesOrder{}).writeLines(w, lines)
	w.EndObj()
	body, err := suitetalk.Finish(w)
	c.body = body
	return c, err
}
