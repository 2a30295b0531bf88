package netsuitetest

import (
	"encoding/json"
	"maps"
	"math/big"
	"slices"
)

// Order is a sales order in the books.
type Order struct {
	ID, ExternalID string
	Entity         string // internal id of the customer
	Subsidiary     string
	Currency       string
	Name           string // otherRefNum
	Memo           string
	Date           string
	Status         string // "A", "B", "C" when it was cancelled, or "closed" when every line is
	Shipping       string // decimal text
	Total          string // decimal text: lines and shipping
	Warehouse      string // WarehouseField
	Lines          []Line
	Writes         int
}

// Line is a line of a sales order; numbers are decimal text.
type Line struct {
	Item      string // external id
	Quantity  string
	Amount    string
	Closed    bool
	Number    int // NetSuite's key of the line
	Text      string
	Fulfilled string // "" if nothing is
	Billed    string // "" if nothing is
}

// Customer is a customer in the books.
type Customer struct {
	ID, ExternalID      string
	Email, Phone        string
	FirstName, LastName string
	Company             string
	Person              bool
	Inactive            bool
	Subsidiary          string
	Currencies          []string // internal ids, the primary one first
	EntityID            string   // its name or number in NetSuite, "" while NetSuite numbers it
	Note                string
	Addresses           int
	Writes              int
}

// Deposit is a customer deposit in the books.
type Deposit struct {
	ID, ExternalID string
	Order          string // internal id of the sales order
	Customer       string
	Amount         string // decimal text
	Option         string // payment option
	Memo           string
	Date           string
	Unused         string // decimal text: what was neither applied nor refunded
	Writes         int
}

// Reversal is a credit memo or a cash refund in the books.
type Reversal struct {
	ID, ExternalID string
	From           string // internal id of the invoice or cash sale
	Entity         string
	Option         string // payment option, of a cash refund
	Memo           string
	Date           string
	Shipping       string // decimal text
	Total          string // decimal text
	Unused         string // decimal text: of a credit memo, what was not paid out
	Lines          []Line
	Writes         int
}

// Payout is a customer refund in the books.
type Payout struct {
	ID, ExternalID string
	Customer       string
	Option         string // payment option
	Memo           string
	Date           string
	Total          string            // decimal text
	Deposits       map[string]string // internal id -> decimal text
	Credits        map[string]string // the same, of credit memos
	Writes         int
}

// Books returns every record, items included, by type and internal id.
func (f *Fake) Books() []Record {
	return view(f, "", func(r *Record) Record { return *r })
}

// Orders returns the sales orders by internal id.
func (f *Fake) Orders() []Order { return view(f, orderRecord, orderView) }

// Customers returns the customers by internal id.
func (f *Fake) Customers() []Customer { return view(f, customerRecord, customerView) }

// Deposits returns the customer deposits by internal id.
func (f *Fake) Deposits() []Deposit { return view(f, depositRecord, f.depositView) }

// CreditMemos returns the credit memos by internal id.
func (f *Fake) CreditMemos() []Reversal { return view(f, creditMemoRecord, f.reversalView) }

// CashRefunds returns the cash refunds by internal id.
func (f *Fake) CashRefunds() []Reversal { return view(f, cashRefundRecord, f.reversalView) }

// Payouts returns the customer refunds by internal id.
func (f *Fake) Payouts() []Payout { return view(f, customerRefundRecord, f.payoutView) }

// Writes returns how often the record with the external id was written, 0 if it is not there.
func (f *Fake) Writes(record, externalID string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r := f.books.find(record, "eid:"+externalID); r != nil {
		return r.Writes
	}
	return 0
}

// Duplicates returns the memos that stand on more than one record of a type: the same
// thing of the store's, booked twice.
func (f *Fake) Duplicates() []string {
	seen := map[string]int{}
	for _, r := range view(f, "", func(r *Record) Record { return *r }) {
		if memo := text(r.state, "memo"); memo != "" {
			seen[r.Type+" "+memo]++
		}
	}
	maps.DeleteFunc(seen, func(_ string, n int) bool { return n == 1 })
	return slices.Sorted(maps.Keys(seen))
}

func view[T any](f *Fake, kind string, of func(*Record) T) []T {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []T
	for _, r := range f.books.sorted(kind) {
		all = append(all, of(r))
	}
	return all
}

func orderView(r *Record) Order {
	o := Order{
		ID: r.ID, ExternalID: r.ExternalID, Entity: refID(r.state["entity"]), Subsidiary: refID(r.state["subsidiary"]),
		Currency: refID(r.state["currency"]), Name: text(r.state, "otherRefNum"), Memo: text(r.state, "memo"),
		Date: text(r.state, "tranDate"), Status: refID(r.state["orderStatus"]), Shipping: number(r.state, "shippingCost"),
		Warehouse: text(r.state, WarehouseField), Writes: r.Writes,
	}
	total, open := newSum(), false
	total.add(o.Shipping)
	for _, entry := range items(r.state["item"]) {
		l := lineView(entry)
		total.add(l.Amount)
		open = open || !l.Closed
		o.Lines = append(o.Lines, l)
	}
	o.Total = total.String()
	if !open && o.Status != cancelledOrder {
		o.Status = "closed"
	}
	return o
}

func lineView(entry any) Line {
	fields, _ := entry.(map[string]any)
	item, _ := fields["item"].(map[string]any)
	closed, _ := fields["isClosed"].(bool)
	return Line{
		Item: text(item, "externalId"), Quantity: number(fields, "quantity"), Amount: number(fields, "amount"), Closed: closed,
		Number: lineNumber(entry), Text: text(fields, "description"),
		Fulfilled: number(fields, "quantityFulfilled"), Billed: number(fields, "quantityBilled"),
	}
}

func customerView(r *Record) Customer {
	person, _ := r.state["isPerson"].(bool)
	return Customer{
		ID: r.ID, ExternalID: r.ExternalID, Email: text(r.state, "email"), Phone: text(r.state, "phone"),
		FirstName: text(r.state, "firstName"), LastName: text(r.state, "lastName"), Company: text(r.state, "companyName"),
		Person: person, Inactive: flag(r.state, "isInactive"), Currencies: currenciesOf(r.state), EntityID: text(r.state, "entityId"),
		Note: text(r.state, "comments"), Subsidiary: refID(r.state["subsidiary"]), Addresses: len(items(r.state["addressBook"])), Writes: r.Writes,
	}
}

// reversalView is called while the lock is held, as the others are.
func (f *Fake) reversalView(r *Record) Reversal {
	v := Reversal{
		ID: r.ID, ExternalID: r.ExternalID, From: refID(r.state["createdFrom"]), Entity: refID(r.state["entity"]),
		Option: refID(r.state["paymentOption"]), Memo: text(r.state, "memo"), Date: text(r.state, "tranDate"),
		Shipping: number(r.state, "shippingCost"), Total: decimal(totalOf(r.state)), Writes: r.Writes,
	}
	if r.Type == creditMemoRecord {
		v.Unused = decimal(f.books.unused(r))
	}
	for _, entry := range items(r.state[itemSublist]) {
		v.Lines = append(v.Lines, lineView(entry))
	}
	return v
}

func (f *Fake) payoutView(r *Record) Payout {
	v := Payout{
		ID: r.ID, ExternalID: r.ExternalID, Customer: refID(r.state["customer"]), Option: refID(r.state["paymentOption"]),
		Memo: text(r.state, "memo"), Date: text(r.state, "tranDate"), Total: decimal(f.books.refunded(r)),
		Deposits: map[string]string{}, Credits: map[string]string{}, Writes: r.Writes,
	}
	for list, into := range map[string]map[string]string{"deposit": v.Deposits, "apply": v.Credits} {
		for _, entry := range items(r.state[list]) {
			line, _ := entry.(map[string]any)
			into[refID(line["doc"])] = decimal(rational(line, "amount"))
		}
	}
	return v
}

// decimal returns a sum with two decimals, or more if it has more.
func decimal(amount *big.Rat) string {
	decimals, _ := amount.FloatPrec()
	return amount.FloatString(max(decimals, 2))
}

func (f *Fake) depositView(r *Record) Deposit {
	return Deposit{
		ID: r.ID, ExternalID: r.ExternalID, Order: refID(r.state["salesOrder"]), Customer: refID(r.state["customer"]),
		Amount: number(r.state, "payment"), Option: refID(r.state["paymentOption"]), Memo: text(r.state, "memo"),
		Date: text(r.state, "tranDate"), Unused: decimal(f.books.unused(r)), Writes: r.Writes,
	}
}

func flag(fields map[string]any, name string) bool {
	value, _ := fields[name].(bool)
	return value
}

func text(fields map[string]any, name string) string {
	value, _ := fields[name].(string)
	return value
}

func number(fields map[string]any, name string) string {
	value, _ := fields[name].(json.Number)
	return value.String()
}
