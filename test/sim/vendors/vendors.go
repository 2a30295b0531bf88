package vendors

import (
	_ "embed" // regressions.txt
	"maps"
	"math/rand/v2"
	"net/http"
	"strconv"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/test/sim"
)

// All returns the vendors.
func All() []sim.Vendor {
	return []sim.Vendor{
		netsuiteVendor(), hubspotVendor(), shipbobVendor(), stockVendor(), fulfillmentVendor(), woocommerceVendor(),
		shipbobProducts(), shopifyProducts(), woocommerceProducts(), shopifyReturns(), woocommerceReturns(), shopifyCancellations(), woocommerceCancellations(),
		netsuiteStanding(),
	}
}

//go:embed regressions.txt
var regressions string

// Cases returns the cases that once failed, and every fault and the mixes against each vendor.
func Cases(seeds, mixes int) []sim.Case {
	all := sim.CasesOf(regressions)
	for _, v := range All() {
		all = append(all, sim.VendorCases(v, seeds, mixes)...)
	}
	return all
}

// Run plays a case against its vendor, or against the model's ERP if it names none.
func Run(c sim.Case, trace bool) sim.Result {
	if c.Vendor == "" {
		return sim.Run(c, trace)
	}
	v, known := Named(c.Vendor)
	if !known {
		panic("there is no vendor " + strconv.Quote(c.Vendor)) // a mistake on the command line
	}
	return sim.RunAgainst(v, c, trace)
}

// Named returns the vendor of the name.
func Named(name string) (sim.Vendor, bool) {
	for _, v := range All() {
		if v.Name == name {
			return v, true
		}
	}
	return sim.Vendor{}, false
}

// account is a vendor's fake and its connector.
type account struct {
	http.Handler
	open     func(map[string]string, connector.Deps) (connector.System, error)
	settings map[string]string
}

// Connect implements sim.Stand.
func (a account) Connect(deps connector.Deps) (connector.System, error) {
	return a.open(a.settings, deps)
}

// Hand implements sim.Stand.
func (account) Hand(d connector.Delivery) connector.Delivery { return d }

// with returns the settings of a fake, changed.
func with(settings, changes map[string]string) map[string]string {
	maps.Copy(settings, changes)
	return settings
}

// store is the model's shop as settings name it.
const store = "shop/brand"

// closed is the content of an order that was cancelled: a target need not have its last state.
const closed = "order"

// sales draws customers with versions, and orders with changes, of which some are cancelled.
func sales(random *rand.Rand, customers bool, payments bool) (all []sim.State) {
	parent := ""
	if customers {
		parent = "customer/c"
		for v := range 1 + random.IntN(3) {
			all = append(all, sim.State{Type: canonical.CustomerUpserted, Kind: "customer", ID: "c", Version: v + 1})
		}
	}
	for o := range 1 + random.IntN(2) {
		id := "o" + strconv.Itoa(o)
		all = append(all, sim.State{Type: canonical.OrderPlaced, Kind: "order", ID: id, Parent: parent, Version: 1})
		changes := random.IntN(4)
		for v := range changes {
			s := sim.State{Type: canonical.OrderChanged, Kind: "order", ID: id, Parent: parent, Version: v + 2}
			if v == changes-1 && random.IntN(3) == 0 {
				s.Type, s.Closed, s.Content = canonical.OrderCancelledEvent, true, closed
			}
			all = append(all, s)
		}
		if payments {
			all = append(all, sim.State{Type: canonical.PaymentCaptured, Kind: "payment", ID: id, Parent: "order/" + id, Version: 1})
		}
	}
	return all
}

func dollars(minor int64) canonical.Money { return canonical.Money{Minor: minor, Currency: "USD"} }

func pieces(n int64) canonical.Quantity { return canonical.Pieces(canonical.NewDecimal(n, 0)) }

// hold adds a record to the holding of an entity.
func hold(books map[string]sim.Holding, entity, content string) {
	h := books[entity]
	books[entity] = sim.Holding{Records: h.Records + 1, Content: content}
}
