package shopifytest

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"time"

	"causeway.example/shared/canonical"
)

// History is an order that lives: placed, paid in parts, edited, fulfilled, refunded, cancelled,
// in an order that the random numbers choose. It keeps the shop's own books, and reports each
// state as the body of an orders/… webhook, as Shopify does: total_price does not drop, and the
// current_… members do.
type History struct {
	ID int64

	random   *rand.Rand
	currency string
	included bool
	percent  int64
	shipping part
	lines    []*piece
	paid     []Transaction
	refunds  []object
	updated  time.Time
	canceled time.Time
	source   string

	shippingBack part            // refunded of shipping
	adjusted     int64           // goodwill that went back beside the lines
	back         int64           // money that went back
	paidBack     map[int64]int64 // by the transaction that had received it
	next         int64           // id

	made []Fulfillment // over the API; then the pieces of each line that left are theirs
}

// part is an amount before tax or with it, as the shop's prices are, and its tax.
type part struct{ net, tax int64 }

// piece is a line: the number of its pieces in each state. The pieces that are gone are the
// first of the line, in the order in which they went.
type piece struct {
	id, price, discount               int64
	quantity, left, removed, cameBack int64
	whole                             part
	gone                              int64      // removed or came back
	off                               [][2]int64 // ranges of the pieces that were removed
}

// removedPart returns the amounts of the pieces that were removed before they were fulfilled.
func (l *piece) removedPart() (sum part) {
	for _, r := range l.off {
		p := l.of(r[0], r[1])
		sum.net, sum.tax = sum.net+p.net, sum.tax+p.tax
	}
	return sum
}

// NewHistory returns an order that was placed by the customer of the sample.
func NewHistory(id int64, random *rand.Rand) *History {
	h := &History{
		ID: id, random: random, next: id * 1000, updated: Start, paidBack: map[int64]int64{}, included: random.IntN(2) == 0, percent: random.Int64N(26),
		currency: []string{"USD", "JPY", "KWD"}[random.IntN(3)], source: []string{"web", "pos", "shopify_draft_order"}[random.IntN(3)],
	}
	h.shipping = h.taxed(random.Int64N(900))
	for range 1 + random.IntN(3) {
		h.add()
	}
	switch random.IntN(4) {
	case 0: // paid at the checkout, which the online store takes once
		h.pay(h.due(), "shopify_payments")
	case 1:
		h.pay(1+random.Int64N(max(h.due(), 1)), "gift_card")
	}
	return h
}

func (h *History) id() int64 {
	h.next++
	return h.next
}

// taxed returns the amount with its tax, included or added.
func (h *History) taxed(amount int64) part {
	p := Purchase{TaxIncluded: h.included, TaxPercent: h.percent}
	return part{amount, p.taxOn(amount)}
}

func (h *History) add() {
	l := &piece{id: h.id(), price: 1 + h.random.Int64N(20_000), quantity: 1 + h.random.Int64N(5)}
	l.discount = h.random.Int64N(l.price * l.quantity / 2)
	l.whole = h.taxed(l.price*l.quantity - l.discount)
	h.lines = append(h.lines, l)
}

func (h *History) gross(p part) int64 {
	if h.included {
		return p.net
	}
	return p.net + p.tax
}

// of returns the amounts of the line's pieces from one to another, so that all of them together
// are the line's.
func (l *piece) of(from, to int64) part {
	cut := func(amount, n int64) int64 { return amount * n / l.quantity }
	return part{cut(l.whole.net, to) - cut(l.whole.net, from), cut(l.whole.tax, to) - cut(l.whole.tax, from)}
}

// current is the total less everything that was removed or refunded.
func (h *History) current() int64 {
	sum := h.gross(h.shipping) - h.gross(h.shippingBack) - h.adjusted
	for _, l := range h.lines {
		sum += h.gross(l.of(l.gone, l.quantity))
	}
	return sum
}

func (h *History) due() int64 { return h.current() - h.Received() + h.back }

// Received returns the money that was captured, and Returned what went back, in minor units.
func (h *History) Received() (sum int64) {
	for _, tx := range h.paid {
		if tx.Kind != "AUTHORIZATION" && tx.Status == "SUCCESS" {
			sum += tx.Amount.Minor
		}
	}
	return sum
}

// Returned is the money that went back.
func (h *History) Returned() int64 { return h.back }

// Credited is the worth of what came back, and of goodwill less what was kept of it. It is credited
// once, whether it was paid back at once, later or never.
func (h *History) Credited() int64 {
	sum := h.adjusted + h.gross(h.shippingBack)
	for _, l := range h.lines {
		sum += h.gross(l.of(0, l.gone)) - h.gross(l.removedPart())
	}
	return sum
}

// Owed returns the total of what the buyer is still owed or has got: pieces that were taken off
// before they were fulfilled do not count, pieces that came back do. A cancelled order of which
// everything was taken off is as it was sold.
func (h *History) Owed() int64 {
	sum, kept, sold := h.gross(h.shipping), int64(0), h.gross(h.shipping)
	for _, l := range h.lines {
		kept += l.quantity - l.removed
		sum += h.gross(l.whole) - h.gross(l.removedPart())
		sold += h.gross(l.whole)
	}
	if kept == 0 && !h.canceled.IsZero() {
		return sold
	}
	return sum
}

// Canceled reports whether the order was cancelled.
func (h *History) Canceled() bool { return !h.canceled.IsZero() }

// Currency returns the order's currency.
func (h *History) Currency() string { return h.currency }

// Transactions returns those that the shop has.
func (h *History) Transactions() []Transaction { return h.paid }

func (h *History) pay(minor int64, gateway string) {
	if minor <= 0 {
		return
	}
	at, money := h.updated, canonical.Money{Minor: minor, Currency: h.currency}
	if h.random.IntN(3) == 0 && h.source != "web" {
		auth := h.id()
		h.paid = append(h.paid, Transaction{ID: auth, Kind: "AUTHORIZATION", Status: "SUCCESS", Gateway: gateway, Amount: money, At: at})
		h.paid = append(h.paid, Transaction{ID: h.id(), Kind: "CAPTURE", Status: "FAILURE", Gateway: gateway, Amount: money, At: at, Parent: auth})
		h.paid = append(h.paid, Transaction{ID: h.id(), Kind: "CAPTURE", Status: "SUCCESS", Gateway: gateway, Amount: money, At: at, Parent: auth})
		return
	}
	h.paid = append(h.paid, Transaction{ID: h.id(), Kind: "SALE", Status: "SUCCESS", Gateway: gateway, Amount: money, At: at})
}

// Step lets something happen to the order, an hour later.
func (h *History) Step() {
	h.updated = h.updated.Add(time.Hour)
	l := h.lines[h.random.IntN(len(h.lines))]
	open := l.quantity - l.left - l.removed
	switch h.random.IntN(12) {
	case 0:
		h.pay(h.due(), []string{"shopify_payments", "gift_card", "cash"}[h.random.IntN(3)])
	case 1:
		h.pay(h.due()/2, "shopify_payments")
	case 2:
		if h.canceled.IsZero() {
			h.add()
		}
	case 3:
		l.left += h.upTo(open)
	case 4:
		h.takeOff(l, h.upTo(open), []string{"cancel", "no_restock", ""}[h.random.IntN(3)])
	case 5, 6:
		h.comeBack(l, h.upTo(l.left-l.cameBack))
	case 7:
		h.goodwill(h.upTo(min(h.Received()-h.back, h.current())))
	case 8:
		h.cancel()
	case 9, 10, 11:
		h.settle()
	}
}

// settle pays the money back that the buyer is owed, as a refund without goods.
func (h *History) settle() {
	if due := -h.due(); due > 0 && h.Received() > h.back {
		h.refund(nil, nil, due)
	}
}

func (h *History) upTo(n int64) int64 {
	if n <= 0 {
		return 0
	}
	return 1 + h.random.Int64N(n)
}

func (h *History) takeOff(l *piece, n int64, restock string) {
	if n == 0 {
		return
	}
	line := h.refundLine(l, n, restock)
	l.removed += n
	l.off = append(l.off, [2]int64{l.gone - n, l.gone})
	h.refund([]any{line}, nil, max(-h.due(), 0))
}

func (h *History) comeBack(l *piece, n int64) {
	if n == 0 {
		return
	}
	line := h.refundLine(l, n, "return")
	l.cameBack += n
	if h.random.IntN(3) == 0 { // paid back later, or never
		h.refund([]any{line}, nil, 0)
		return
	}
	kept := h.upTo(3) - 1 // a restocking fee
	if -h.due() <= kept {
		kept = 0
	}
	h.adjusted -= kept
	var adjustments []any
	if kept > 0 {
		adjustments = []any{h.adjustment(kept)}
	}
	h.refund([]any{line}, adjustments, max(-h.due(), 0))
}

func (h *History) goodwill(minor int64) {
	if minor == 0 || h.due() != 0 {
		return
	}
	h.adjusted += minor
	h.refund(nil, []any{h.adjustment(-minor)}, minor)
}

func (h *History) adjustment(minor int64) object {
	return object{"id": h.id(), "kind": "refund_discrepancy", "amount": h.text(minor), "amount_set": h.bag(minor), "tax_amount": "0", "tax_amount_set": h.bag(0)}
}

// cancel takes off everything that has not left, with its money.
func (h *History) cancel() {
	if !h.canceled.IsZero() {
		return
	}
	h.canceled = h.updated
	var lines []any
	for _, l := range h.lines {
		if n := l.quantity - l.left - l.removed; n > 0 {
			lines = append(lines, h.refundLine(l, n, "cancel"))
			l.removed += n
			l.off = append(l.off, [2]int64{l.gone - n, l.gone})
		}
	}
	h.refund(lines, nil, max(-h.due(), 0))
}

func (h *History) refundLine(l *piece, n int64, restock string) object {
	p := l.of(l.gone, l.gone+n)
	l.gone += n
	line := object{
		"id": h.id(), "line_item_id": l.id, "quantity": n, "subtotal_set": h.bag(p.net), "total_tax_set": h.bag(p.tax),
		"subtotal": json.Number(h.text(p.net)), "total_tax": json.Number(h.text(p.tax)),
	}
	if restock != "" {
		line["restock_type"] = restock
	}
	return line
}

// refund pays the money back, as far as it was received, after an attempt that failed.
func (h *History) refund(lines, adjustments []any, minor int64) {
	transactions := []any{}
	if minor = min(minor, h.Received()-h.back); minor > 0 {
		transactions = append(transactions, h.transaction("failure", minor, h.paid[0]))
		h.back += minor
		for _, tx := range h.paid {
			part := min(minor, h.left(tx))
			if part <= 0 {
				continue
			}
			transactions = append(transactions, h.transaction("success", part, tx))
			minor, h.paidBack[tx.ID] = minor-part, h.paidBack[tx.ID]+part
		}
	}
	h.refunds = append(h.refunds, object{
		"id": h.id(), "created_at": stamp(h.updated), "processed_at": stamp(h.updated), "note": nil, "return": nil,
		"refund_line_items": lines, "order_adjustments": adjustments, "transactions": transactions,
	})
}

// left returns what the transaction received and was not paid back of it.
func (h *History) left(tx Transaction) int64 {
	if tx.Kind == "AUTHORIZATION" || tx.Status != "SUCCESS" {
		return 0
	}
	return tx.Amount.Minor - h.paidBack[tx.ID]
}

func (h *History) transaction(status string, minor int64, of Transaction) object {
	return object{
		"id": h.id(), "kind": "refund", "status": status, "gateway": of.Gateway, "parent_id": of.ID, "amount": h.text(minor), "currency": h.currency,
		"processed_at": stamp(h.updated), "created_at": stamp(h.updated),
	}
}

func (h *History) text(minor int64) string { return decimal(minor, h.currency) }

func (h *History) bag(minor int64) object {
	money := object{"amount": h.text(minor), "currency_code": h.currency}
	return object{"shop_money": money, "presentment_money": money}
}

// Body returns the state as the body of an orders/… webhook.
func (h *History) Body() []byte {
	order := decode(sample)
	order["id"], order["admin_graphql_api_id"] = h.ID, "gid://shopify/Order/"+strconv.FormatInt(h.ID, 10)
	order["created_at"], order["processed_at"], order["updated_at"] = stamp(Start), stamp(Start), stamp(h.updated)
	order["currency"], order["presentment_currency"], order["taxes_included"] = h.currency, h.currency, h.included
	order["source_name"], order["financial_status"] = h.source, h.financial()
	if !h.canceled.IsZero() {
		order["cancelled_at"] = stamp(h.canceled)
	}
	names, seen := []any{}, map[string]bool{}
	for _, tx := range h.paid {
		if !seen[tx.Gateway] {
			names, seen[tx.Gateway] = append(names, tx.Gateway), true
		}
	}
	order["payment_gateway_names"] = names
	total, tax, currentTax := h.gross(h.shipping), h.shipping.tax, h.shipping.tax-h.shippingBack.tax
	lines, fulfilled := []any{}, []any{}
	for _, l := range h.lines {
		total, tax, currentTax = total+h.gross(l.whole), tax+l.whole.tax, currentTax+l.of(l.gone, l.quantity).tax
		lines = append(lines, h.line(l))
		if l.left > 0 {
			fulfilled = append(fulfilled, object{"id": l.id, "quantity": l.left})
		}
	}
	order["line_items"], order["refunds"] = lines, h.refunds
	order["fulfillments"] = []any{object{"id": 1, "status": "success", "line_items": fulfilled}}
	h.showMade(order)
	order["total_price_set"], order["total_tax_set"], order["tax_lines"] = h.bag(total), h.bag(tax), h.taxLines(tax)
	order["current_total_price_set"], order["current_total_tax_set"] = h.bag(h.current()), h.bag(currentTax)
	order["total_outstanding"] = h.text(h.due())
	order["total_cash_rounding_payment_adjustment_set"], order["total_tip_received"] = h.bag(0), "0"
	order["shipping_lines"] = []any{object{"id": 1, "title": "Ground", "code": "Ground", "price_set": h.bag(h.shipping.net), "discount_allocations": []any{}, "tax_lines": h.taxLines(h.shipping.tax)}}
	body, err := json.Marshal(order)
	if err != nil {
		panic("shopifytest: " + err.Error())
	}
	return body
}

func (h *History) line(l *piece) object {
	return object{
		"id": l.id, "sku": l.sku(), "product_id": 1, "variant_id": 2, "title": "Article", "name": "Article",
		"quantity": l.quantity, "current_quantity": l.quantity - l.gone, "fulfillable_quantity": l.quantity - l.left - l.removed,
		"price_set": h.bag(l.price), "gift_card": false, "requires_shipping": true, "product_exists": true, "duties": []any{},
		"discount_allocations": []any{object{"amount_set": h.bag(l.discount / 3)}, object{"amount_set": h.bag(l.discount - l.discount/3)}},
		"tax_lines":            h.taxLines(l.whole.tax),
	}
}

// taxLines splits the tax between a state and a county.
func (h *History) taxLines(tax int64) []any {
	return []any{object{"title": "State", "price_set": h.bag(tax - tax/3), "channel_liable": false}, object{"title": "County", "price_set": h.bag(tax / 3), "channel_liable": false}}
}

func (h *History) financial() string {
	received := h.Received()
	switch {
	case received == 0:
		return "pending"
	case h.back >= received:
		return "refunded"
	case h.back > 0:
		return "partially_refunded"
	case h.due() > 0:
		return "partially_paid"
	}
	return "paid"
}
