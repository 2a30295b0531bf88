// Package day is the sample day of two stores that the demonstrations and the tests of
// whole installations play: signed deliveries as stores send them, what the ERP does
// badly meanwhile, and the audit of the ERP's books against what senders were told.
//
// Each event that begins elsewhere belongs to a flow (flows.go): products and stock of the ERP, orders that
// it ends or that people change in it, refunds that it pays, and holds, returns, stock and its movements at the
// warehouse. Each has its steps in
// the parts of the day, and a comparison of its targets' books with the source's.
package day

import (
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
)

//go:embed recorded/*.json
var recorded embed.FS

// Delivery is one request of the sample day.
type Delivery struct {
	ID     string // step of the day, such as "017 shopify orders/create"
	System string
	Header http.Header
	Body   []byte
	Order  string // memo by which the order must stand in the ERP's books; "" if none
	Refuse bool   // the door must turn it away
	Lost   bool   // it never arrives; only polling finds what it would have told
	Acts   []Act  // what the system does before it reports it

	topic, reference string // of a warehouse's delivery, whose body is what the warehouse has by then
}

// Hold has the store, if it is a fake, hold the delivery's order, as a store has an order before
// it reports it. The API shows it from then on, whether or not the delivery arrives.
func (d Delivery) Hold(store http.Handler) error {
	for _, act := range d.Acts {
		if err := act.Do(store); err != nil {
			return err
		}
	}
	return nil
}

// UnknownSKU is an article that the day's stores sell and the ERP does not know.
const UnknownSKU = "SKU-NOBODY-KNOWS"

// builder collects the deliveries in the order in which the stores send them.
type builder struct {
	fakes
	steps []Delivery
}

// Sample is a day of two stores alone: the morning, and a part of an order that comes back.
func Sample() []Delivery {
	d := &builder{}
	d.begin()
	d.comesBack(purchase(returned).Body())
	return d.steps
}

// Morning has the reports of the stores on a day with a warehouse, before anything leaves, and the steps
// of the flows. Without systems it has the reports alone.
func Morning(systems map[string]http.Handler) []Delivery {
	d := &builder{fakes: among(systems)}
	d.begin()
	d.flows(func(f flow) func(*builder) { return f.morning })
	return d.steps
}

// begin adds recorded and sampled deliveries, orders made up after them, and what goes wrong on every
// day.
func (d *builder) begin() {
	d.shopifySamples()
	d.wooRecorded()
	d.plain()
	d.mishaps()
}

// shopifySamples is the life of order #1001: placed, changed, paid, cancelled, with a
// repeated delivery and one that arrives late with an older payload.
func (d *builder) shopifySamples() {
	const order = "820982911946154508"
	d.shopify("customers/create", sample("shopify.customers-create"), "", "")
	d.shopify("orders/create", sample("shopify.orders-create"), order, "")
	d.shopify("orders/paid", sample("shopify.orders-create"), order, "")
	d.shopify("orders/create", sample("shopify.orders-create"), order, "") // the same delivery again
	d.shopify("orders/updated", sample("shopify.orders-updated"), order, "")
	d.shopify("orders/updated", sample("shopify.orders-create"), order, "late") // older than what was sent before
	d.shopify("orders/create", sample("shopify.orders-create.multicurrency"), "5312345678901", "")
	d.shopify("orders/cancelled", sample("shopify.orders-cancelled"), order, "")
}

// wooRecorded is the life of WooCommerce order 12 as a running store delivered it.
func (d *builder) wooRecorded() {
	d.steps = append(d.steps, Delivery{
		ID: d.id("woocommerce", "ping"), System: "woocommerce",
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: []byte("webhook_id=1"),
	})
	d.woo("customer.created", sample("woocommerce.customer.created"), "")
	d.woo("order.created", sample("woocommerce.order.created"), "12")
	d.woo("order.updated", sample("woocommerce.order.created"), "12") // at once, with the same body
	d.woo("order.updated", sample("woocommerce.order.updated.completed"), "12")
	d.woo("order.updated", sample("woocommerce.order.updated.refunded"), "12")
}

// plain is plain trade: thirty orders of each store, some of a special kind.
func (d *builder) plain() {
	for i := range 30 {
		p := purchase(i)
		id := strconv.FormatInt(p.ID, 10)
		d.shopify("orders/create", p.Body(), id, "")
		if i%3 == 0 {
			p.UpdatedAt = p.UpdatedAt.Add(time.Minute)
			p.Change = func(order map[string]any) { order["note"] = "leave at the door" }
			d.shopify("orders/updated", p.Body(), id, "")
		}
		w := woocommercetest.NewOrder(int64(1000+i), 1+i%4)
		for line := range w.Lines {
			w.Lines[line].SKU = sku(i + line)
		}
		d.woo("order.created", w.Body(), strconv.Itoa(1000+i))
		d.woo("order.updated", w.Body(), strconv.Itoa(1000+i))
	}
}

// returned is the made-up Shopify order whose first line comes back, and is paid back.
const returned = 8

// comesBack adds the return of the first line of the order, which is given as its webhook shows it, an
// hour after its last change.
func (d *builder) comesBack(body []byte) {
	p := purchase(returned)
	var order map[string]any
	if err := json.Unmarshal(body, &order); err != nil {
		panic(err) // we made it
	}
	changed, err := time.Parse(time.RFC3339, order["updated_at"].(string))
	if err != nil {
		panic(err)
	}
	at := changed.Add(time.Hour).Format(time.RFC3339)
	first := p.Items[0]
	back := canonical.Money{Minor: first.Price*first.Quantity - first.Discount, Currency: "USD"}
	bag := func(m canonical.Money) map[string]any {
		money := map[string]any{"amount": m.Decimal().String(), "currency_code": m.Currency}
		return map[string]any{"shop_money": money, "presentment_money": money}
	}
	lines, _ := order["line_items"].([]any)
	line, _ := lines[0].(map[string]any)
	taxes, _ := line["tax_lines"].([]any)
	tax, _ := taxes[0].(map[string]any)
	line["current_quantity"], line["fulfillable_quantity"], line["fulfillment_status"] = 0, 0, "fulfilled"
	order["updated_at"], order["financial_status"] = at, "partially_refunded"
	order["refunds"] = []any{map[string]any{
		"id": p.ID + 1, "created_at": at, "order_adjustments": []any{},
		"refund_line_items": []any{map[string]any{
			"id": 1, "line_item_id": first.ID, "quantity": first.Quantity, "restock_type": "return", "subtotal_set": bag(back), "total_tax_set": tax["price_set"],
		}},
		"transactions": []any{map[string]any{
			"id": p.ID + 2, "kind": "refund", "status": "success", "gateway": "shopify_payments", "parent_id": p.ID, "amount": back.Decimal().String(), "currency": back.Currency,
		}},
	}}
	if body, err = json.Marshal(order); err != nil {
		panic(err)
	}
	d.shopify("orders/updated", body, strconv.FormatInt(p.ID, 10), "")
}

// purchase returns the i-th made-up Shopify order: registered buyers and guests, tax
// included and added, tips, duties, gift cards and custom lines.
func purchase(i int) shopifytest.Purchase {
	placed := shopifytest.Start.Add(time.Duration(i) * time.Minute)
	p := shopifytest.Purchase{
		ID: 6_000_000_000_000 + int64(i), Number: 3001 + i, Customer: 8000 + int64(i/2), Email: fmt.Sprintf("buyer%d@example.com", i/2),
		TaxPercent: 20, TaxIncluded: i%2 == 0, Shipping: 499, PlacedAt: placed, UpdatedAt: placed,
	}
	for line := range 1 + i%3 {
		p.Items = append(p.Items, shopifytest.Item{
			ID: p.ID*10 + int64(line), SKU: sku(i + line), Title: "Article", Quantity: int64(1 + line), Price: int64(1995 + 100*line), Discount: int64(i % 5 * 50),
		})
	}
	switch i % 10 {
	case 3:
		p.Guest = true
	case 4:
		p.Tip = 250
	case 5:
		p.Items[0].GiftCard = true
	case 6:
		p.Items[0].Custom = true
	case 7:
		p.Duty, p.Fee = 320, 100
	}
	return p
}

// mishaps are what goes wrong: a forged delivery, a test order, an unknown SKU, a
// payment that overtakes its order, webhooks that never arrive, and orders that the ERP
// treats badly.
func (d *builder) mishaps() {
	d.shopify("orders/create", purchase(40).Body(), "", "forged")
	test := purchase(41)
	test.Test = true
	d.shopify("orders/create", test.Body(), strconv.FormatInt(test.ID, 10), "")
	unknown := purchase(42)
	unknown.Items[0].SKU = UnknownSKU
	d.shopify("orders/create", unknown.Body(), strconv.FormatInt(unknown.ID, 10), "")
	early := purchase(43)
	d.shopify("orders/paid", early.Body(), strconv.FormatInt(early.ID, 10), "")
	d.shopify("orders/create", early.Body(), strconv.FormatInt(early.ID, 10), "")
	lost := purchase(44)
	d.shopify("orders/create", lost.Body(), strconv.FormatInt(lost.ID, 10), "")
	d.steps[len(d.steps)-1].Lost = true
	unheard := woocommercetest.NewOrder(1044, 2)
	for line := range unheard.Lines {
		unheard.Lines[line].SKU = sku(line)
	}
	d.woo("order.created", unheard.Body(), "1044")
	d.steps[len(d.steps)-1].Lost = true
	for i := range misbehaviors() {
		p := purchase(50 + i)
		d.shopify("orders/create", p.Body(), strconv.FormatInt(p.ID, 10), "")
	}
}

// misbehaviors are what the ERP does to the first write of order 50, 51, …
func misbehaviors() []netsuitetest.Act {
	return []netsuitetest.Act{
		netsuitetest.Throttle("1"), netsuitetest.HangAfter(), netsuitetest.Down(), netsuitetest.ResetAfter(),
		netsuitetest.FailAfter(), netsuitetest.HTML(),
	}
}

// Prepare makes the ERP know the day's articles and misbehave as planned, and
// returns the settings that it takes beside the fake's own.
func Prepare(erp *netsuitetest.Fake) (map[string]string, error) {
	known := []string{"TEE-BLK-M", "HOOD-M"}
	for i := range 20 {
		known = append(known, sku(i))
	}
	for i, act := range misbehaviors() {
		memo := shopifyMemo(strconv.FormatInt(purchase(50+i).ID, 10))
		erp.Plan(netsuitetest.Fault{Method: http.MethodPut, PathContains: "/salesOrder/", BodyContains: memo, Do: act})
	}
	if err := erp.AddItem(known...); err != nil {
		return nil, err
	}
	guest, err := webGuest(erp)
	return map[string]string{
		"NETSUITE_TIMEOUT":          "2s",
		"NETSUITE_LINGER":           "0s", // the stand-in is done with a request when it has answered
		"NETSUITE_DEFAULT_CUSTOMER": guest,
		"NETSUITE_SUBSIDIARIES":     "shopify/" + shopifytest.Shop + "=1,woocommerce/shop.example=2",
	}, err
}

// webGuest returns the id of the customer for orders that name nobody.
func webGuest(erp *netsuitetest.Fake) (string, error) {
	const external = "web-guest"
	for _, customer := range erp.Customers() {
		if customer.ExternalID == external {
			return customer.ID, nil
		}
	}
	return erp.AddCustomer(external, "", "Web guest")
}

func sku(i int) string { return fmt.Sprintf("SKU-%05d", 1+i%20) }

func sample(name string) []byte {
	body, err := recorded.ReadFile("recorded/" + name + ".json")
	if err != nil {
		panic(err) // the files are part of the program
	}
	return body
}

// shopify adds a delivery. A variant other than "" makes it a delivery of its own,
// although topic and body were sent before; "forged" signs it with another secret.
func (d *builder) shopify(topic string, body []byte, order, variant string) {
	made := shopifytest.Delivery{Topic: topic, Body: body}
	if variant != "" {
		made.WebhookID = "00000000-0000-4000-8000-" + fmt.Sprintf("%012d", len(d.steps))
	}
	if variant == "forged" {
		made.Secret = "not the shop's"
	}
	step := Delivery{ID: d.id("shopify", topic), System: "shopify", Header: made.Header(), Body: body, Refuse: variant == "forged"}
	if order != "" {
		step.Order = shopifyMemo(order)
	}
	if !step.Refuse && strings.HasPrefix(topic, "order") {
		step.Acts = []Act{{actHold, string(body)}}
	}
	d.steps = append(d.steps, step)
}

func (d *builder) woo(topic string, body []byte, order string) {
	step := Delivery{ID: d.id("woocommerce", topic), System: "woocommerce", Header: woocommercetest.Header(topic, body), Body: body}
	if order != "" {
		step.Order = "woocommerce shop.example order " + order
	}
	if strings.HasPrefix(topic, "order") {
		step.Acts = []Act{{actHold, string(body)}}
	}
	d.steps = append(d.steps, step)
}

func (d *builder) id(system, topic string) string {
	return fmt.Sprintf("%03d %s %s", len(d.steps)+1, system, topic)
}

func shopifyMemo(order string) string { return "shopify " + shopifytest.Shop + " order " + order }
