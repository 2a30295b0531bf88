package day

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"causeway.example/functions/shipbob"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
)

// returnedToShop is the order of WooCommerce of which goods come back; the one of Shopify is returned.
const returnedToShop = "1004"

// goodsComeBack is a return of each store's order: expected by the warehouse, and received. Shopify has it as
// a return of its own, which it is asked twice to close; its first webhook comes twice. The last of
// WooCommerce's order never comes, and an answer to its note is lost.
func goodsComeBack(d *builder) {
	back := purchase(returned)
	d.does("shopify", "evening: a return is opened", Act{actReturn, strconv.FormatInt(back.ID, 10) + " " + back.Items[0].SKU}, Act{actBusy, "mutation closeReturn"})
	d.does("woocommerce", "evening: woocommerce loses an answer", Act{actLose, "post_wp_json_wc_v3_orders_order_id_notes"})
	for _, memo := range []string{purchaseMemo(returned), wooMemo(returnedToShop)} {
		o := d.shippedOf(memo)
		if o == nil {
			continue
		}
		step := Delivery{ID: "return of " + o.Reference, System: shipbob.Name, topic: "return.created", reference: o.Reference, Acts: []Act{{actExpect, o.Reference}}}
		twice, done := step, step
		twice.ID += again
		done.ID, done.topic, done.Acts = done.ID+" is received", "return.completed", []Act{{actReceive, o.Reference}}
		done.Lost = memo == wooMemo(returnedToShop)
		d.steps = append(d.steps, step, twice, done)
	}
}

// again ends the id of a step that sends a webhook of the warehouse once more.
const again = ", again"

// returnRequest returns the webhook of the step's return.
func returnRequest(warehouse *shipbobtest.Fake, id string, d Delivery) (request connector.Request, err error) {
	o, err := orderOf(warehouse, d.reference)
	if err != nil {
		return request, err
	}
	r := returnOf(warehouse, o.Shipments[0].ID)
	if r == nil {
		return request, fmt.Errorf("the warehouse has no return of %s", d.reference)
	}
	return warehouse.ReturnDelivery(id, d.topic, r.ID)
}

// shippedOf returns the warehouse's order of the memo that left, nil if there is none.
func (f fakes) shippedOf(memo string) *shipbobtest.Order {
	all := f.warehouse.Orders()
	i := slices.IndexFunc(all, func(o shipbobtest.Order) bool {
		of, _, ok := shipbob.ParseReference(o.Reference)
		return ok && memoOf(of) == memo && !o.Shipments[0].Shipped.IsZero()
	})
	if i < 0 {
		return nil
	}
	return &all[i]
}

// returnOf returns the return of the shipment, nil if there is none.
func returnOf(warehouse *shipbobtest.Fake, shipment int) *shipbobtest.Return {
	all := warehouse.Returns()
	i := slices.IndexFunc(all, func(r shipbobtest.Return) bool { return r.Shipment == shipment })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// comeBack does an act of the warehouse about the first parcel of the order: a piece of its first product
// is expected, or received.
func (a Act) comeBack(warehouse *shipbobtest.Fake, o *shipbobtest.Order) error {
	shipment, product := o.Shipments[0].ID, o.Products[0].Reference
	switch r := returnOf(warehouse, shipment); {
	case a.Name == actExpect && r == nil:
		warehouse.Expect(shipment, map[string]int{product: 1})
	case a.Name == actReceive && r == nil:
		return fmt.Errorf("the warehouse expects no return of %s", a.About)
	case a.Name == actReceive && r.Status == shipbobtest.AwaitingArrival:
		return warehouse.CompleteReturn(r.ID, map[string]map[string]int{product: {"Restock": 1}})
	}
	return nil
}

// open does the act of opening a return in the store: of one piece of an article.
func (a Act) open(store *shopifytest.Fake) {
	order, article, _ := strings.Cut(a.About, " ")
	if len(store.Returns(order)) == 0 {
		store.Return(order, "OPEN", map[string]int{article: 1})
	}
}

// returns looks for each return of the warehouse at the order's store and in the CRM, in its last state,
// once. One that the store itself has is closed, once.
func (b *books) returns() {
	orders := map[int]message.Key{}
	for _, o := range b.warehouse.Orders() {
		for _, s := range o.Shipments {
			orders[s.ID], _, _ = shipbob.ParseReference(o.Reference)
		}
	}
	for _, r := range b.warehouse.Returns() {
		order, state := orders[r.Shipment], "requested"
		if r.Status == shipbobtest.ReturnCompleted {
			state = "received"
		}
		what := "return " + strconv.Itoa(r.ID) + " of " + order.String() + ", " + state + ", in "
		b.count(what+"hubspot", b.returnInCRM(order, r.ID, state), 1)
		if order.System == "woocommerce" {
			b.count(what+"woocommerce", returnInNotes(b, order.ID, r.ID, state), 1)
			continue
		}
		b.returnInStore(order, what, r.ID, state)
	}
}

// returnInStore looks for the return at its order in Shopify. One that the store has itself shows that it is
// expected.
func (b *books) returnInStore(order message.Key, what string, id int, state string) {
	own := b.store.Returns(order.ID)
	if state != "received" && len(own) > 0 {
		return
	}
	b.count(what+"shopify", inLines(b.store.Metafield(order.ID, "causeway.returns"), id, state), 1)
	for _, one := range own {
		b.count("end of return "+one.Name+" in shopify", one.Closed, 1)
	}
}

// returnInCRM returns how often the CRM has the return in the state: once if it is no fake.
func (b *books) returnInCRM(order message.Key, id int, state string) (n int) {
	if b.crm == nil {
		return 1
	}
	for _, r := range b.crm.Records("orders") {
		if r.Properties["causeway_order"] == order.String() {
			n += inLines(r.Properties["causeway_returns"], id, state)
		}
	}
	return n
}

// inLines returns how many lines of the text have the return, all in the state; 0 if one has another.
func inLines(text string, id int, state string) (n int) {
	for line := range strings.Lines(text) {
		if rest, its := strings.CutPrefix(line, strconv.Itoa(id)+": "); its {
			if n++; !strings.Contains(rest, " "+state+" ") {
				return 0
			}
		}
	}
	return n
}

// returnInNotes returns how many notes of the order have the return in the state.
func returnInNotes(b *books, order string, id int, state string) (n int) {
	number, err := strconv.ParseInt(order, 10, 64)
	if err != nil {
		return 0
	}
	for _, note := range b.shop.Notes(number) {
		if strings.HasPrefix(note.Text, "Return "+strconv.Itoa(id)+": "+state+" ") {
			n++
		}
	}
	return n
}
