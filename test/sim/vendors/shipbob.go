package vendors

import (
	"math/rand/v2"
	"time"

	"causeway.example/functions/shipbob"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/test/sim"
)

func shipbobVendor() sim.Vendor {
	return sim.Vendor{
		Name:  shipbob.Name,
		Trade: func(random *rand.Rand) []sim.State { return sales(random, false, false) },
		Open: func(now func() time.Time, _ *rand.Rand) sim.Stand {
			fake := shipbobtest.New(now)
			settings := with(fake.Settings(sim.VendorURL), map[string]string{"SHIPBOB_CHANNELS": store + "=100001"})
			return warehouse{account{fake, shipbob.Open, settings}, fake}
		},
	}
}

// warehouse is a ShipBob account.
type warehouse struct {
	account
	fake *shipbobtest.Fake
}

// Body implements sim.Stand.
func (warehouse) Body(s sim.State) any { return bodyOf(s) }

// Books implements sim.Stand. Only what is not cancelled is shipped, and must be there once. The
// state is in the address.
func (w warehouse) Books() map[string]sim.Holding {
	books := map[string]sim.Holding{}
	for _, o := range w.fake.Orders() {
		key, _, _ := shipbob.ParseReference(o.Reference)
		id := "order/" + key.ID
		if o.Status() != shipbobtest.Cancelled {
			hold(books, id, o.Recipient.Address.Line2)
		} else if _, has := books[id]; !has {
			books[id] = sim.Holding{Content: closed + ", closed"}
		}
	}
	return books
}
