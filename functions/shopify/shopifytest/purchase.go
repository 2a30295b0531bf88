package shopifytest

import (
	"strconv"
	"time"
)

// Start is when the sample order was placed. It is the default of every date here.
var Start = time.Date(2026, 11, 22, 16, 5, 44, 0, time.FixedZone("", -5*60*60))

// Purchase describes an order. The zero value of a field leaves the sample's value;
// amounts are in minor units of Currency.
type Purchase struct {
	ID       int64 // also the checkout's and, shifted, the lines' and the customer's
	Number   int   // 1001 becomes "#1001"
	Customer int64
	Guest    bool // customer is null, and the order has an e-mail address only
	Email    string
	Items    []Item

	Currency    string
	Presentment string // buyer's currency; every amount in it is Factor times the shop's
	Factor      int64
	TaxIncluded bool
	TaxPercent  int64 // of every line and of shipping; the sample's 8.875 is not kept
	Shipping    int64
	Tip         int64
	Fee         int64
	Duty        int64 // on the first line
	CashRounded int64
	OffBy       int64 // error of the total

	Financial   string // default "paid"
	Gateways    []string
	PlacedAt    time.Time
	UpdatedAt   time.Time
	CancelledAt time.Time
	Test        bool

	Change func(order map[string]any) // anything else, last
}

// Item is one line of a Purchase.
type Item struct {
	ID       int64
	SKU      string
	Title    string
	Quantity int64
	Price    int64 // of one piece
	Discount int64 // of the line
	GiftCard bool
	Custom   bool // no product behind it
	Digital  bool // nothing to ship
}

// Order returns the body of an order of n lines, always the same for the same n.
func Order(n int) []byte {
	p := Purchase{ID: 5_000_000_000_000 + int64(n), Number: 2000 + n, TaxPercent: 20, Shipping: 499, Customer: 7001}
	for i := range n {
		p.Items = append(p.Items, Item{
			ID: 10_000_000_000_000 + int64(n)*100_000 + int64(i), SKU: "SKU-" + strconv.Itoa(1000+i),
			Title: "Article " + strconv.Itoa(i), Quantity: int64(1 + i%3), Price: int64(995 + 10*i), Discount: int64(i % 7 * 10),
		})
	}
	return p.Body()
}

// totals are the sums of the parts of a purchase.
type totals struct {
	goods, discount, tax, total int64
}

func (p Purchase) totals() totals {
	var t totals
	for _, item := range p.Items {
		t.goods += item.Price * item.Quantity
		t.discount += item.Discount
		t.tax += p.taxOn(item.Price*item.Quantity - item.Discount)
	}
	t.tax += p.taxOn(p.Shipping)
	t.total = t.goods - t.discount + p.Shipping + p.Tip + p.Fee + p.Duty + p.OffBy
	if !p.TaxIncluded {
		t.total += t.tax
	}
	return t
}

// taxOn rounds half up, as the sample's shop does for each line.
func (p Purchase) taxOn(amount int64) int64 {
	base := int64(100)
	if p.TaxIncluded {
		base += p.TaxPercent
	}
	return (2*amount*p.TaxPercent + base) / (2 * base)
}
