package day

import (
	"net/http"

	"causeway.example/functions/hubspot/hubspottest"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
)

// flow is something that begins at another system than a store: the steps of its source in each part of
// the day, and the comparison of its targets' books with the source's. Each may be nil.
type flow struct {
	morning, afternoon, evening func(*builder)
	compare                     func(*books)
}

// flows are those of the day. Another one takes a line here, and a file with its steps and its comparison.
func flows() []flow {
	return []flow{
		{morning: newProducts, afternoon: changedProduct, evening: retiredProduct, compare: (*books).products},
		{afternoon: soldComponent, compare: (*books).stock},
		{afternoon: endedBeforeItLeft, evening: endedAfterItLeft, compare: (*books).cancellations},
		{evening: goodsComeBack, compare: (*books).returns},
		{compare: (*books).receipts},
		{afternoon: movedStock, compare: (*books).movements},
		{morning: ownOrders, evening: ownParcels, compare: (*books).ownShipments},
		{evening: paidBackInERP, compare: (*books).refunds},
		{evening: changedInERP, compare: (*books).salesOrders},
		{compare: (*books).standings},
		{compare: (*books).levels},
	}
}

// fakes are the systems of the day that are fakes; the others are nil.
type fakes struct {
	store     *shopifytest.Fake
	shop      *woocommercetest.Fake
	erp       *netsuitetest.Fake
	crm       *hubspottest.Fake
	warehouse *shipbobtest.Fake
}

func among(all map[string]http.Handler) (f fakes) {
	f.store, _ = all["shopify"].(*shopifytest.Fake)
	f.shop, _ = all["woocommerce"].(*woocommercetest.Fake)
	f.erp, _ = all["netsuite"].(*netsuitetest.Fake)
	f.crm, _ = all["hubspot"].(*hubspottest.Fake)
	f.warehouse, _ = all["shipbob"].(*shipbobtest.Fake)
	return f
}

// playFlows reports whether the flows are played: among fakes alone, because a real store has other
// orders and articles than the day.
func (f fakes) playFlows() bool {
	return f.store != nil && f.shop != nil && f.erp != nil && f.warehouse != nil
}

// flows adds the steps that each flow has in a part of the day.
func (d *builder) flows(part func(flow) func(*builder)) {
	if !d.playFlows() {
		return
	}
	for _, f := range flows() {
		if steps := part(f); steps != nil {
			steps(d)
		}
	}
}

// does adds what a system does by itself and reports in no webhook: polling finds it.
func (d *builder) does(system, id string, acts ...Act) {
	d.steps = append(d.steps, Delivery{ID: id, System: system, Acts: acts, Lost: true})
}
