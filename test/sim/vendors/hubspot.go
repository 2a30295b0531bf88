package vendors

import (
	"math/rand/v2"
	"time"

	"causeway.example/functions/hubspot"
	"causeway.example/functions/hubspot/hubspottest"
	"causeway.example/test/sim"
)

func hubspotVendor() sim.Vendor {
	return sim.Vendor{
		Name:  hubspot.Name,
		Trade: func(random *rand.Rand) []sim.State { return sales(random, true, false) },
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
func (crm) Body(s sim.State) any { return bodyOf(s) }

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
	for _, r := range c.fake.Records("line_items") { // each line once
		hold(books, "line "+named(r.Properties["causeway_line"]), r.Properties["hs_sku"])
	}
	return books
}
