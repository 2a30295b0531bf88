package shopify

import (
	"cmp"
	"strings"
	"time"

	"causeway.example/shared/canonical"
)

// amount is an amount with a "_set", or only as a plain number. A plain one is in the shop's
// currency, or in the one that the payload names beside it.
type amount struct {
	bag      moneyBag
	plain    canonical.Decimal
	currency string // of plain; "" is the order's
}

// refund is an entry of an order's refunds, or the payload of refunds/create (REST reference,
// resource Refund). It is "independent from the movement of money": money moved only with its
// successful transactions.
type refund struct {
	id, order, gid string
	note           canonical.Text
	at             time.Time
	returned       bool // linked to a return
	lines          []refundLine
	adjustments    []adjustment
	shipping       []adjustment // amounts are positive
	duties         moneyBag
	transactions   []transaction
}

// refundLine is an entry of refund_line_items. Subtotal is after discounts.
type refundLine struct {
	line, sku, title string
	quantity         int64
	restock          string // cancel, return, no_restock, legacy_restock; "" if the payload has none
	subtotal, tax    amount
}

// adjustment is an entry of order_adjustments. A negative amount goes back beside the lines,
// a positive one is kept back: the amount is the change of what the order is worth.
type adjustment struct {
	kind, reason string
	amount, tax  amount
}

func (r *reader) refund() (f refund) {
	var created time.Time
	for key := range r.Object() {
		switch key {
		case "id":
			f.id = r.digits()
		case "order_id":
			f.order = r.id()
		case "admin_graphql_api_id":
			f.gid = r.Word()
		case "note":
			f.note = r.Text()
		case "created_at":
			created = r.Time()
		case "processed_at":
			f.at = r.Time()
		case "return":
			if f.returned = !r.Null(); f.returned {
				r.Skip()
			}
		default:
			f.readPart(r, key)
		}
	}
	f.at = firstTime(f.at, created)
	r.require(f.id != "", "id")
	return f
}

func (f *refund) readPart(r *reader, key string) {
	switch key {
	case "refund_line_items":
		f.lines = list(r, (*reader).refundLine)
	case "order_adjustments":
		f.adjustments = list(r, (*reader).adjustment)
	case "refund_shipping_lines":
		f.shipping = list(r, (*reader).adjustment)
	case "duties":
		f.duties = r.sum((*reader).amountSet)
	case "transactions":
		f.transactions = list(r, (*reader).transaction)
	}
}

// list reads an array or null.
func list[A any](r *reader, one func(*reader) A) (all []A) {
	if r.Null() {
		return nil
	}
	for range r.Array() {
		all = append(all, one(r))
	}
	return all
}

func (r *reader) refundLine() (l refundLine) {
	for key := range r.Object() {
		switch key {
		case "line_item_id":
			l.line = r.digits()
		case "quantity":
			l.quantity = r.Int()
		case "restock_type":
			l.restock = strings.ToLower(r.Word())
		case "subtotal":
			l.subtotal.plain = r.plain()
		case "subtotal_set":
			l.subtotal.bag = r.part()
		case "total_tax":
			l.tax.plain = r.plain()
		case "total_tax_set":
			l.tax.bag = r.part()
		case "line_item":
			l.readItem(r)
		}
	}
	r.require(l.line != "", "line_item_id")
	return l
}

// readItem reads the order line that the refund line repeats.
func (l *refundLine) readItem(r *reader) {
	if r.Null() {
		return
	}
	for key := range r.Object() {
		switch key {
		case "id":
			l.line = cmp.Or(l.line, r.digits())
		case "sku":
			l.sku = r.sku()
		case "name":
			l.title = r.Word()
		}
	}
}

// adjustment reads an entry of order_adjustments or of refund_shipping_lines.
func (r *reader) adjustment() (a adjustment) {
	for key := range r.Object() {
		switch key {
		case "kind":
			a.kind = r.Word()
		case "reason":
			a.reason = r.Word()
		case "amount":
			a.amount.plain = r.plain()
		case "amount_set", "subtotal_amount_set":
			a.amount.bag = r.part()
		case "tax_amount":
			a.tax.plain = r.plain()
		case "tax_amount_set":
			a.tax.bag = r.part()
		}
	}
	return a
}

// transaction is one transaction of an order, as webhooks and the Admin API have it.
type transaction struct {
	id, parent, kind, status, gateway, reference string
	amount                                       amount
	rounding                                     moneyBag        // of cash
	paid                                         canonical.Money // amount and rounding, in the order's currency
	at                                           time.Time
}

func (r *reader) transaction() (tx transaction) {
	var created time.Time
	for key := range r.Object() {
		switch key {
		case "id":
			tx.id = r.number()
		case "kind":
			tx.kind = strings.ToUpper(r.String())
		case "status":
			tx.status = strings.ToUpper(r.String())
		case "gateway":
			tx.gateway = r.Word()
		case "payment_id":
			tx.reference = r.Word()
		case "parent_id":
			tx.parent = r.id()
		case "parent":
			tx.readParent(r)
		case "processed_at":
			tx.at = r.Time()
		case "created_at":
			created = r.Time()
		default:
			tx.readAmount(r, key)
		}
	}
	tx.at = firstTime(tx.at, created)
	r.require(tx.id != "", "id")
	return tx
}

func (tx *transaction) readAmount(r *reader, key string) {
	switch key {
	case "amount":
		tx.amount.plain = r.plain()
	case "currency":
		tx.amount.currency = r.Word()
	case "amount_set":
		tx.amount.bag = r.money()
	case "amount_rounding_set":
		tx.rounding = r.money()
	}
}

func (tx *transaction) readParent(r *reader) {
	if r.Null() {
		return
	}
	for key := range r.Object() {
		if key == "id" {
			tx.parent = r.number()
		}
	}
}

// number reads an id, or the number at the end of a global one.
func (r *reader) number() string {
	id := lastPart(r.ID())
	r.onlyDigits(id)
	return id
}

// took reports whether the transaction captured money.
func (tx *transaction) took() bool {
	return tx.status == success && (tx.kind == "SALE" || tx.kind == "CAPTURE")
}

// failed reports whether the transaction moved no money and will move none.
func (tx *transaction) failed() bool { return tx.status == "FAILURE" || tx.status == "ERROR" }

// The values of a transaction that are decided on (enums OrderTransactionKind and
// OrderTransactionStatus).
const (
	success    = "SUCCESS"
	kindRefund = "REFUND"
)
