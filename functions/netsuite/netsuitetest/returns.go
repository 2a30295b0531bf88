package netsuitetest

import (
	"cmp"
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strconv"
)

// The records of goods that come back.
const (
	returnRecord  = "returnAuthorization"
	receiptRecord = "itemReceipt"
)

// The states of a return authorization.
const (
	ReturnPendingApproval   = "A"
	ReturnPendingReceipt    = "B"
	ReturnCancelled         = "C"
	ReturnPartiallyReceived = "D"
	ReturnPendingRefund     = "F"
	ReturnClosed            = "H"
)

// ReturnAuthorization is a return authorization in the books.
type ReturnAuthorization struct {
	ID, ExternalID string
	Order          string // internal id of the sales order
	Status         string
	Date           string
	Memo           string
	Lines          []ReturnLine
	Writes         int
}

// ReturnLine is a line of a return authorization; quantities are decimal text.
type ReturnLine struct {
	Item      string // external id
	Number    int
	OrderLine int // number of the sales order's line
	Quantity  string
	Received  string // "" if nothing is
	Closed    bool
}

// ItemReceipt is an item receipt in the books.
type ItemReceipt struct {
	ID, ExternalID string
	Return         string // internal id of the return authorization
	Date           string
	Memo           string
	Lines          []ReceiptLine
}

// ReceiptLine is a line of an item receipt; its pieces are in stock.
type ReceiptLine struct {
	Item     string // external id
	Quantity string // decimal text
	Location string // internal id, "" for that of the order
}

// ReturnAuthorizations returns the return authorizations by internal id.
func (f *Fake) ReturnAuthorizations() []ReturnAuthorization {
	return view(f, returnRecord, func(r *Record) ReturnAuthorization {
		v := ReturnAuthorization{
			ID: r.ID, ExternalID: r.ExternalID, Order: refID(r.state["createdFrom"]), Status: returnStatus(r.state),
			Date: text(r.state, "tranDate"), Memo: text(r.state, "memo"), Writes: r.Writes,
		}
		for _, entry := range items(r.state[itemSublist]) {
			l, _ := entry.(map[string]any)
			of, _ := strconv.Atoi(number(l, "orderLine"))
			v.Lines = append(v.Lines, ReturnLine{
				Item: lineView(entry).Item, Number: lineNumber(entry), OrderLine: of, Quantity: number(l, "quantity"), Received: number(l, "quantityReceived"), Closed: flag(l, "isClosed"),
			})
		}
		return v
	})
}

// ItemReceipts returns the item receipts by internal id.
func (f *Fake) ItemReceipts() []ItemReceipt {
	return view(f, receiptRecord, func(r *Record) ItemReceipt {
		v := ItemReceipt{ID: r.ID, ExternalID: r.ExternalID, Return: refID(r.state["createdFrom"]), Date: text(r.state, "tranDate"), Memo: text(r.state, "memo")}
		for _, entry := range items(r.state[itemSublist]) {
			l, _ := entry.(map[string]any)
			v.Lines = append(v.Lines, ReceiptLine{Item: lineView(entry).Item, Quantity: number(l, "quantity"), Location: refID(l["location"])})
		}
		return v
	})
}

// BackInStock returns how many pieces of each item came back into stock, by its external id, in decimal
// text: by item receipts, and by the lines of credit memos and cash refunds whose items have stock.
func (f *Fake) BackInStock() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	sums := map[string]*big.Rat{}
	for _, kind := range []string{receiptRecord, creditMemoRecord, cashRefundRecord} {
		for _, r := range f.books.sorted(kind) {
			for _, entry := range items(r.state[itemSublist]) {
				l, _ := entry.(map[string]any)
				if item := f.books.refer(itemRecord, l["item"]); item != nil && !f.books.goodsless(l) {
					sums[item.ExternalID] = new(big.Rat).Add(cmp.Or(sums[item.ExternalID], new(big.Rat)), rational(l, "quantity"))
				}
			}
		}
	}
	all := map[string]string{}
	for item, sum := range sums {
		all[item] = exact(sum)
	}
	return all
}

// AuthorizeReturn makes a return authorization of pieces of a sales order's line, as a person does, and returns
// its internal id. It has no external id.
func (f *Fake) AuthorizeReturn(externalID string, line int, quantity string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	order := f.books.find(orderRecord, "eid:"+externalID)
	if order == nil || lineOf(order.state, line) == nil {
		return "", errNoLine
	}
	of, id := lineOf(order.state, line), f.books.newID()
	return id, f.change(effect{Type: returnRecord, ID: id}, nil, map[string]any{
		"createdFrom": map[string]any{"id": order.ID}, "entity": order.state["entity"], "orderStatus": ReturnPendingReceipt,
		itemSublist: sublist([]any{returnLine(of, of["line"], json.Number(quantity), 1)}),
	})
}

// CancelReturn cancels a return authorization, and CloseReturn closes its lines, as a person does in NetSuite.
func (f *Fake) CancelReturn(id string) error {
	return f.changeReturn(id, map[string]any{"cancelled": true})
}

// CloseReturn closes the lines of a return authorization; see CancelReturn.
func (f *Fake) CloseReturn(id string) error {
	var lines []any
	for _, r := range f.ReturnAuthorizations() {
		for _, l := range r.Lines {
			if r.ID == id {
				lines = append(lines, map[string]any{"line": json.Number(strconv.Itoa(l.Number)), "isClosed": true})
			}
		}
	}
	return f.changeReturn(id, map[string]any{itemSublist: sublist(lines)})
}

// ApproveReturn sets the status of a return authorization, which is pending approval or pending receipt.
func (f *Fake) ApproveReturn(id, status string) error {
	return f.changeReturn(id, map[string]any{"orderStatus": status})
}

func (f *Fake) changeReturn(id string, change map[string]any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.books.find(returnRecord, id)
	if r == nil {
		return errNoLine
	}
	return f.change(effect{Type: r.Type, ID: r.ID, ExternalID: r.ExternalID}, r.state, change)
}

// returnStatus returns the state of a return authorization, which follows from its lines.
func returnStatus(state map[string]any) string {
	received, open := false, false
	for _, entry := range items(state[itemSublist]) {
		l, _ := entry.(map[string]any)
		done := rational(l, "quantityReceived")
		received = received || done.Sign() > 0
		open = open || !flag(l, "isClosed") && done.Cmp(rational(l, "quantity")) < 0
	}
	switch {
	case flag(state, "cancelled"):
		return ReturnCancelled
	case allClosed(state):
		return ReturnClosed
	case refID(state["orderStatus"]) != ReturnPendingReceipt:
		return ReturnPendingApproval
	case !received:
		return ReturnPendingReceipt
	case open:
		return ReturnPartiallyReceived
	}
	return ReturnPendingRefund
}

// authorize makes a return authorization of a sales order of which something is fulfilled. A line that the
// body does not list comes back whole, unless the body's lines replace the sublist. NetSuite does not
// compare it with the order's other return authorizations.
func (f *Fake) authorize(order *Record, fields map[string]any, replaced bool) (made map[string]any, changed []any, bad *refusal) {
	if !hasLinks(order.state) {
		return nil, nil, f.books.cannotMake(returnRecord, order.ID)
	}
	listed := map[string]bool{}
	var lines []any
	for i, entry := range items(fields[itemSublist]) {
		l, _ := entry.(map[string]any)
		path := "item.items[" + strconv.Itoa(i) + "]"
		of := lineOf(order.state, numberOf(l, "orderLine"))
		switch {
		case of == nil:
			return nil, nil, f.books.unknownRef(path + ".orderLine")
		case f.books.refer(itemRecord, l["item"]) == nil || f.books.refer(itemRecord, l["item"]) != f.books.refer(itemRecord, of["item"]):
			return nil, nil, f.books.unknownRef(path + ".item")
		case rational(l, "quantity").Sign() <= 0:
			return nil, nil, mandatory(path+".quantity", "Quantity")
		}
		listed[number(l, "orderLine")] = true
		lines = append(lines, returnLine(of, l["orderLine"], l["quantity"], len(lines)+1))
	}
	for _, entry := range items(order.state[itemSublist]) {
		if l, _ := entry.(map[string]any); !replaced && !listed[number(l, "line")] {
			lines = append(lines, returnLine(l, l["line"], l["quantity"], len(lines)+1))
		}
	}
	if len(lines) == 0 {
		return nil, nil, noLines()
	}
	made = maps.Clone(fields)
	made[itemSublist] = sublist(lines)
	return made, nil, nil
}

func numberOf(line map[string]any, name string) int {
	n, err := strconv.Atoi(number(line, name))
	if err != nil {
		return 0
	}
	return n
}

func returnLine(of map[string]any, orderLine, quantity any, line int) map[string]any {
	return map[string]any{"line": json.Number(strconv.Itoa(line)), "orderLine": orderLine, "item": of["item"], "quantity": quantity}
}

func noLines() *refusal {
	return invalid("USER_ERROR", itemSublist, "Error while accessing a resource. You must have at least one valid line item for this transaction.")
}

// acceptReturn applies the rules for a change of a return authorization: a line that was received can be neither
// removed nor reduced below that.
func (b *books) acceptReturn(before, after map[string]any) *refusal {
	lines := items(after[itemSublist])
	if len(lines) == 0 {
		return noLines()
	}
	for i, entry := range lines {
		l, _ := entry.(map[string]any)
		if lineOf(before, lineNumber(entry)) == nil {
			return b.unknownRef("item.items[" + strconv.Itoa(i) + "].line")
		}
		if rational(l, "quantity").Sign() <= 0 || rational(l, "quantity").Cmp(rational(l, "quantityReceived")) < 0 {
			return b.linkedRefusal("CANT_UPDATE_LINKED_TRANS_LINES", "item.items["+strconv.Itoa(i)+"]", "You cannot update linked transaction lines.")
		}
	}
	for _, entry := range items(before[itemSublist]) {
		if l, _ := entry.(map[string]any); rational(l, "quantityReceived").Sign() > 0 && lineOf(after, lineNumber(entry)) == nil {
			return b.linkedRefusal("CANT_DELETE_TRAN_LINE", itemSublist, "Failed to delete line "+number(l, "line")+". This line is linked to another transaction.")
		}
	}
	return nil
}

// receive makes an item receipt of a return authorization, whose pieces are in stock then: the account has the
// preference "Restock Returned Items". A line that the body does not list is received whole, unless the body's
// lines replace the sublist.
func (f *Fake) receive(from *Record, fields map[string]any, replaced bool) (made map[string]any, changed []any, bad *refusal) {
	if !slices.Contains([]string{ReturnPendingReceipt, ReturnPartiallyReceived}, returnStatus(from.state)) {
		return nil, nil, f.books.cannotMake(receiptRecord, from.ID)
	}
	if bad := f.books.acceptPeriod(nil, fields); bad != nil {
		return nil, nil, bad
	}
	listed := map[int]map[string]any{}
	for i, entry := range items(fields[itemSublist]) {
		l, _ := entry.(map[string]any)
		of := lineOf(from.state, numberOf(l, "orderLine"))
		if of == nil || flag(of, "isClosed") || leftToReceive(of).Sign() <= 0 {
			return nil, nil, f.books.unknownRef("item.items[" + strconv.Itoa(i) + "].orderLine")
		}
		if rational(l, "quantity").Cmp(leftToReceive(of)) > 0 {
			return nil, nil, f.books.linkedRefusal("USER_ERROR", "item.items["+strconv.Itoa(i)+"].quantity", "The quantity is more than what is left to receive.")
		}
		listed[lineNumber(of)] = l
	}
	var lines []any
	for _, entry := range items(from.state[itemSublist]) {
		of, _ := entry.(map[string]any)
		l, given := listed[lineNumber(entry)]
		if skip := given && !flag(l, "itemReceive"); skip || replaced && !given || flag(of, "isClosed") || leftToReceive(of).Sign() <= 0 {
			continue
		}
		quantity := leftToReceive(of)
		if n := rational(l, "quantity"); n.Sign() > 0 {
			quantity = n
		}
		line := map[string]any{"line": of["line"], "item": of["item"], "quantity": json.Number(exact(quantity))}
		if l["location"] != nil {
			line["location"] = l["location"]
		}
		lines = append(lines, line)
		after := new(big.Rat).Add(rational(of, "quantityReceived"), quantity)
		changed = append(changed, map[string]any{"line": of["line"], "quantityReceived": json.Number(exact(after))})
	}
	if len(lines) == 0 {
		return nil, nil, noLines()
	}
	made = maps.Clone(fields)
	made[itemSublist] = sublist(lines)
	return made, changed, nil
}

func leftToReceive(line map[string]any) *big.Rat {
	return new(big.Rat).Sub(rational(line, "quantity"), rational(line, "quantityReceived"))
}
