package payload

import (
	"cmp"
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/wire"
)

// Refund is an entry of an order's refunds, or the payload of refunds/create (REST reference,
// resource Refund). It is "independent from the movement of money": money moved only with its
// successful transactions.
type Refund struct {
	ID, Order, GID string // Order and GID are "" within an order
	Note           canonical.Text
	At             time.Time // processed_at, or else created_at
	Returned       bool      // linked to a return
	Lines          []RefundLine
	Adjustments    []Adjustment
	Shipping       []Adjustment // amounts are positive
	Duties         MoneyBag
	Transactions   []Transaction
}

// RefundLine is an entry of refund_line_items: pieces of the order line whose id is Line. Subtotal
// is after discounts.
type RefundLine struct {
	Line, SKU, Title string
	Quantity         int64
	Restock          string // cancel, return, no_restock, legacy_restock; "" if the payload has none
	Subtotal, Tax    Amount
}

// Adjustment is an entry of order_adjustments. A negative amount goes back beside the lines,
// a positive one is kept back: the amount is the change of what the order is worth.
type Adjustment struct {
	Kind, Reason string
	Amount, Tax  Amount
}

// ReadRefund reads the payload of refunds/create, which names its order.
func ReadRefund(r *Reader) (Refund, *strictjson.Error) {
	f := r.refund()
	r.require(f.Order != "", "order_id")
	return f, r.End()
}

func (r *Reader) refund() (f Refund) {
	var created time.Time
	for key := range r.Object() {
		switch key {
		case "id":
			f.ID = r.digits()
		case "order_id":
			f.Order = r.id()
		case "admin_graphql_api_id":
			f.GID = r.Word()
		case "note":
			f.Note = r.Text()
		case "created_at":
			created = r.Time()
		case "processed_at":
			f.At = r.Time()
		case "return":
			if f.Returned = !r.Null(); f.Returned {
				r.Skip()
			}
		default:
			f.readPart(r, key)
		}
	}
	f.At = FirstTime(f.At, created)
	r.require(f.ID != "", "id")
	return f
}

func (f *Refund) readPart(r *Reader, key string) {
	switch key {
	case "refund_line_items":
		f.Lines = list(r, (*Reader).refundLine)
	case "order_adjustments":
		f.Adjustments = list(r, (*Reader).adjustment)
	case "refund_shipping_lines":
		f.Shipping = list(r, (*Reader).adjustment)
	case "duties":
		f.Duties = r.sum((*Reader).amountSet)
	case "transactions":
		f.Transactions = list(r, (*Reader).transaction)
	}
}

func (r *Reader) refundLine() (l RefundLine) {
	for key := range r.Object() {
		switch key {
		case "line_item_id":
			l.Line = r.digits()
		case "quantity":
			l.Quantity = r.Int()
		case "restock_type":
			l.Restock = strings.ToLower(r.Word())
		case "subtotal":
			l.Subtotal.Plain = r.plain()
		case "subtotal_set":
			l.Subtotal.Bag = r.part()
		case "total_tax":
			l.Tax.Plain = r.plain()
		case "total_tax_set":
			l.Tax.Bag = r.part()
		case "line_item":
			l.readItem(r)
		}
	}
	r.require(l.Line != "", "line_item_id")
	return l
}

// readItem reads the order line that the refund line repeats.
func (l *RefundLine) readItem(r *Reader) {
	if r.Null() {
		return
	}
	for key := range r.Object() {
		switch key {
		case "id":
			l.Line = cmp.Or(l.Line, r.digits())
		case "sku":
			l.SKU = r.sku()
		case "name":
			l.Title = r.Word()
		}
	}
}

// adjustment reads an entry of order_adjustments or of refund_shipping_lines.
func (r *Reader) adjustment() (a Adjustment) {
	for key := range r.Object() {
		switch key {
		case "kind":
			a.Kind = r.Word()
		case "reason":
			a.Reason = r.Word()
		case "amount":
			a.Amount.Plain = r.plain()
		case "amount_set", "subtotal_amount_set":
			a.Amount.Bag = r.part()
		case "tax_amount":
			a.Tax.Plain = r.plain()
		case "tax_amount_set":
			a.Tax.Bag = r.part()
		}
	}
	return a
}

// Transaction is one transaction of an order, as webhooks and the Admin API have it.
type Transaction struct {
	ID, Parent         string // Parent is the id of the transaction that this one captures or pays back
	Kind, Status       string // in capitals: "SALE", "SUCCESS"
	Gateway, Reference string
	Amount             Amount
	Rounding           MoneyBag  // of cash
	At                 time.Time // processed_at, or else created_at
}

// ReadTransactions reads a list of transactions, or null, at the position of r. An error is kept in
// r.
func ReadTransactions(r *strictjson.Reader) []Transaction {
	return list(&Reader{wire.From(r)}, (*Reader).transaction)
}

func (r *Reader) transaction() (tx Transaction) {
	var created time.Time
	for key := range r.Object() {
		switch key {
		case "id":
			tx.ID = r.number()
		case "kind":
			tx.Kind = strings.ToUpper(r.String())
		case "status":
			tx.Status = strings.ToUpper(r.String())
		case "gateway":
			tx.Gateway = r.Word()
		case "payment_id":
			tx.Reference = r.Word()
		case "parent_id":
			tx.Parent = r.id()
		case "parent":
			tx.readParent(r)
		case "processed_at":
			tx.At = r.Time()
		case "created_at":
			created = r.Time()
		default:
			tx.readAmount(r, key)
		}
	}
	tx.At = FirstTime(tx.At, created)
	r.require(tx.ID != "", "id")
	return tx
}

func (tx *Transaction) readAmount(r *Reader, key string) {
	switch key {
	case "amount":
		tx.Amount.Plain = r.plain()
	case "currency":
		tx.Amount.Currency = r.Word()
	case "amount_set":
		tx.Amount.Bag = r.money()
	case "amount_rounding_set":
		tx.Rounding = r.money()
	}
}

func (tx *Transaction) readParent(r *Reader) {
	if r.Null() {
		return
	}
	for key := range r.Object() {
		if key == "id" {
			tx.Parent = r.number()
		}
	}
}

// Captured reports whether the transaction captured money.
func (tx *Transaction) Captured() bool {
	return tx.Succeeded() && (tx.Kind == "SALE" || tx.Kind == "CAPTURE")
}

// PaidBack reports whether the transaction pays money back, whether or not it succeeded.
func (tx *Transaction) PaidBack() bool { return tx.Kind == kindRefund }

// Succeeded reports whether the transaction has ended and moved its money.
func (tx *Transaction) Succeeded() bool { return tx.Status == success }

// Failed reports whether the transaction moved no money and will move none.
func (tx *Transaction) Failed() bool { return tx.Status == "FAILURE" || tx.Status == "ERROR" }

// The values of a transaction that are decided on (enums OrderTransactionKind and
// OrderTransactionStatus).
const (
	success    = "SUCCESS"
	kindRefund = "REFUND"
)
