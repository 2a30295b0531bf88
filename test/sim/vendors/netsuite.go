package vendors

import (
	"math/rand/v2"
	"strings"
	"time"

	"causeway.example/functions/netsuite"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/shared/canonical"
	"causeway.example/test/sim"
)

func netsuiteVendor() sim.Vendor {
	return sim.Vendor{
		Name:  netsuite.Name,
		Trade: func(random *rand.Rand) []sim.State { return sales(random, true, true) },
		Open: func(now func() time.Time, _ *rand.Rand) sim.Stand {
			fake := netsuitetest.New(now)
			if err := fake.AddItem("TEE"); err != nil {
				panic(err) // a new account takes any item
			}
			settings := with(fake.Settings(sim.VendorURL), map[string]string{"NETSUITE_SUBSIDIARIES": store + "=1", "NETSUITE_WAREHOUSE_FIELD": netsuitetest.WarehouseField})
			return erp{account{fake, netsuite.Open, settings}, fake}
		},
	}
}

// netsuiteStanding is NetSuite with what a warehouse has of an order, which is held for one reason after another.
func netsuiteStanding() sim.Vendor {
	v := netsuiteVendor()
	v.Name = "netsuite-standing"
	v.Trade = func(random *rand.Rand) []sim.State {
		all := sales(random, true, false)
		for i := range 1 + random.IntN(4) {
			all = append(all, sim.State{Type: canonical.OrderHeld, Kind: "standing", ID: "o0", Parent: "order/o0", Version: i + 1})
		}
		return all
	}
	return v
}

// erp is a NetSuite account.
type erp struct {
	account
	fake *netsuitetest.Fake
}

// Body implements sim.Stand.
func (erp) Body(s sim.State) any {
	if s.Kind != "standing" {
		return bodyOf(s)
	}
	return &canonical.WarehouseOrder{ID: "w" + s.ID, Order: s.ID, Status: canonical.WarehouseHeld, Holds: []canonical.Hold{{Reason: s.Content}}, ReleasedAt: noon}
}

// Books implements sim.Stand. A sales order has its state in otherRefNum, a customer in the
// first name.
func (e erp) Books() map[string]sim.Holding {
	books := map[string]sim.Holding{}
	for _, c := range e.fake.Customers() {
		hold(books, named(c.ExternalID), c.FirstName)
	}
	for _, o := range e.fake.Orders() {
		content := o.Name
		if o.Status == "closed" {
			content = closed + ", closed"
		}
		hold(books, named(o.ExternalID), content)
		if reason, shown := strings.CutPrefix(o.Warehouse, "held: "); shown {
			hold(books, strings.Replace(named(o.ExternalID), "order/", "standing/", 1), reason)
		}
		if len(o.Lines) > 1 { // the article twice
			hold(books, named(o.ExternalID), content)
		}
	}
	for _, d := range e.fake.Deposits() {
		hold(books, named(d.ExternalID), "version 1")
	}
	return books
}

// named returns "order/o1" of an external id, which ends with it.
func named(external string) string {
	parts := strings.Split(strings.ReplaceAll(external, "__", "/"), "/")
	return strings.Join(parts[max(0, len(parts)-2):], "/")
}

// bodyOf returns the body of a customer, an order or a payment.
func bodyOf(s sim.State) any {
	at := noon.Add(time.Duration(s.Version) * time.Minute)
	switch s.Kind {
	case "customer":
		return &canonical.Customer{ID: s.ID, FirstName: canonical.NewText(s.Content), LastName: canonical.NewText("Byron"), UpdatedAt: at}
	case "payment":
		return &canonical.Payment{ID: s.ID, Order: s.ID, Name: "#" + s.ID, Method: canonical.Card, At: noon, Amount: dollars(1000)}
	}
	o := &canonical.Order{
		ID: s.ID, Name: s.Content, Status: canonical.OrderOpen, Financial: canonical.Paid, PlacedAt: noon, UpdatedAt: at, NeedsShipping: true,
		Currency: "USD", Total: dollars(1000), Tax: dollars(0), Rounding: dollars(0),
		Shipping: &canonical.Address{
			FirstName: canonical.NewText("Ada"), LastName: canonical.NewText("Byron"), Line1: canonical.NewText("12 Main St"), Line2: canonical.NewText(s.Content),
			City: canonical.NewText("New York"), Region: canonical.NewText("NY"), PostalCode: canonical.NewText("10001"), Country: "US",
		},
		Lines: []canonical.OrderLine{{
			ID: "1", Kind: canonical.ProductLine, SKU: "TEE", Title: "Merino Tee", Quantity: pieces(1), UnitPrice: canonical.NewDecimal(1000, 2),
			Discount: dollars(0), Tax: dollars(0), Ships: true,
		}},
		Buyer: canonical.Buyer{Email: canonical.NewText("ada@example.com")},
	}
	if _, customer, has := strings.Cut(s.Parent, "/"); has {
		o.Buyer.Customer = customer
	}
	if s.Closed {
		o.Status = canonical.OrderCancelled
	}
	return o
}

// noon is before every run.
var noon = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
