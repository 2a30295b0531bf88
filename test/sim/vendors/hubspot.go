package vendors

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"causeway.example/functions/hubspot"
	"causeway.example/functions/hubspot/hubspottest"
	"causeway.example/shared/canonical"
	"causeway.example/test/sim"
)

func hubspotVendor() sim.Vendor {
	return sim.Vendor{
		Name: hubspot.Name,
		Trade: func(random *rand.Rand) []sim.State {
			all := sales(random, true, false)
			for i := range random.IntN(4) { // of one order, in the same properties
				all = append(all, sim.State{Type: canonical.RefundSettled, Kind: "refund", ID: "r" + strconv.Itoa(i), Parent: "order/o0", Version: 1})
			}
			return all
		},
		Open: func(now func() time.Time, _ *rand.Rand) sim.Stand {
			fake := hubspottest.New(now)
			return crm{account{fake, hubspot.Open, fake.Settings(sim.VendorURL)}, fake}
		},
	}
}

// crm is a HubSpot account.
type crm struct {
	account
	fake *hubspottest.Fake
}

// Body implements sim.Stand.
func (crm) Body(s sim.State) any {
	if s.Kind != "refund" {
		return bodyOf(s)
	}
	return &canonical.Refund{
		ID: s.ID, Order: "o0", Amount: dollars(100), Tax: dollars(0), Rounding: dollars(0), Settled: true, At: noon,
		Parts:        []canonical.RefundPart{{Kind: canonical.RefundedAdjustment, Amount: dollars(100), Tax: dollars(0)}},
		Transactions: []canonical.RefundTransaction{{ID: s.ID, Method: canonical.Card, Amount: dollars(100), At: noon}},
	}
}

// Books implements sim.Stand. A contact without a key of ours is not counted: it is the guest's of
// an order.
func (c crm) Books() map[string]sim.Holding {
	books := map[string]sim.Holding{}
	for _, r := range c.fake.Records("contacts") {
		hold(books, named(r.Properties["causeway_customer"]), r.Properties["firstname"])
	}
	for _, r := range c.fake.Records("orders") {
		content := r.Properties["hs_order_name"]
		if r.Properties["causeway_state"] == "cancelled" {
			content = closed + ", closed"
		}
		hold(books, named(r.Properties["causeway_order"]), content)
	}
	for _, r := range c.fake.Records("orders") {
		for line := range strings.Lines(r.Properties["causeway_refunds"]) {
			id, _, _ := strings.Cut(line, ":")
			hold(books, "refund/"+id, "version 1")
		}
	}
	for _, r := range c.fake.Records("line_items") { // each line once
		hold(books, "line "+named(r.Properties["causeway_line"]), r.Properties["hs_sku"])
	}
	return books
}
