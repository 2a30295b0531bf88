package test_test

import (
	"math/big"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/scripts/day"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
	"causeway.example/test/minierp"
)

// swapSetup is a world that is ready for the sample day, with an ERP that misbehaves as the day
// plans it. Both stores are of one subsidiary, so that they book alike.
func swapSetup(t *testing.T) setup {
	t.Helper()
	erp := netsuitetest.New(time.Now)
	extra, err := day.Prepare(erp)
	if err != nil {
		t.Fatal(err)
	}
	extra["NETSUITE_SUBSIDIARIES"] = "shopify/" + shopifytest.Shop + "=1,woocommerce/shop.example=1"
	return setup{settings: extra, erp: erp, memory: true, routes: routes.Shipments(dock)}
}

// swapDay plays the deliveries, ships one piece of an order of each store, polls the stores for what
// was lost, and returns the deliveries that were accepted.
func (w *world) swapDay(steps []day.Delivery, shipped map[string]string) (accepted []day.Delivery) {
	w.Helper()
	stores := map[string]http.Handler{shopify.Name: w.shop, woocommerce.Name: w.wooStore}
	polled := map[string]bool{}
	for _, d := range steps {
		if err := d.Hold(stores[d.System]); err != nil {
			w.Fatal(err)
		}
		polled[d.System] = true
		if d.Lost {
			continue
		}
		if status := w.post(d.System, d.Header, d.Body); (status == http.StatusOK) == d.Refuse {
			w.Fatalf("%s was answered with %d", d.ID, status)
		}
		if !d.Refuse {
			accepted = append(accepted, d)
		}
		w.pass(time.Second)
	}
	for store, order := range shipped {
		w.ships(store, parcel(order, "S-"+store, []string{"1Z1"}, "SKU-00001=1"))
	}
	w.pass(time.Hour)
	for store := range polled {
		w.poll(store)
	}
	w.pass(6 * time.Hour)
	return accepted
}

// swapShipped are orders of the day, by store, that are shipped.
var swapShipped = map[string]string{shopify.Name: "6000000000000", woocommerce.Name: "1000"}

// swapBook is what an ERP has of one order: amounts are decimal text.
type swapBook struct {
	orders         int // documents
	total          string
	closed         bool
	paid, returned []string
	shipped        int64 // pieces
}

// swapAmount returns the amount in one form: "20.000" for "20.00".
func swapAmount(w *world, text string) string {
	amount, ok := new(big.Rat).SetString(text)
	if !ok {
		w.Fatalf("%q is no amount", text)
	}
	return amount.FloatString(3)
}

// netsuiteBooks returns NetSuite's books by "system id" of the store's order.
func (w *world) netsuiteBooks() map[string]swapBook {
	w.Helper()
	books, refs := map[string]swapBook{}, map[string]string{}
	name := func(memo string) string { // "shopify example.myshopify.com order 42, …"
		parts := strings.Fields(strings.ReplaceAll(memo, ",", " "))
		return parts[0] + " " + parts[3]
	}
	change := func(of string, with func(*swapBook)) {
		b := books[of]
		with(&b)
		books[of] = b
	}
	for _, o := range w.erp.Orders() {
		refs[o.ID] = name(o.Memo)
		change(name(o.Memo), func(b *swapBook) {
			b.orders, b.total, b.closed = b.orders+1, swapAmount(w, o.Total), o.Status == "closed"
			for _, l := range o.Lines {
				pieces, _ := strconv.ParseInt(l.Fulfilled, 10, 64) // "" if nothing is
				b.shipped += pieces
			}
		})
	}
	for _, d := range w.erp.Deposits() {
		change(refs[d.Order], func(b *swapBook) { b.paid = append(b.paid, swapAmount(w, d.Amount)) })
	}
	for _, p := range w.erp.Payouts() {
		change(name(p.Memo), func(b *swapBook) { b.returned = append(b.returned, swapAmount(w, p.Total)) })
	}
	return books
}

// miniBooks returns the same of the mini ERP.
func (w *world) miniBooks(erp *minierp.ERP) map[string]swapBook {
	w.Helper()
	books, refs := map[string]swapBook{}, map[string]string{}
	for _, o := range erp.Documents("order") {
		name := o.Key.System + " " + o.Key.ID
		refs[o.Ref] = name
		books[name] = swapBook{orders: books[name].orders + 1, total: swapAmount(w, o.Amount.Decimal().String()), closed: o.Status == canonical.OrderCancelled}
	}
	for kind, into := range map[string]func(*swapBook, minierp.Document){
		"payment": func(b *swapBook, d minierp.Document) {
			b.paid = append(b.paid, swapAmount(w, d.Amount.Decimal().String()))
		},
		"refund": func(b *swapBook, d minierp.Document) {
			b.returned = append(b.returned, swapAmount(w, d.Amount.Decimal().String()))
		},
		"shipment": func(b *swapBook, d minierp.Document) { b.shipped += d.Pieces },
	} {
		for _, d := range erp.Documents(kind) {
			b := books[refs[d.Order]]
			into(&b, d)
			books[refs[d.Order]] = b
		}
	}
	return books
}

// swapOnce fails unless the books have every accepted order once, but those that the ledger shows as
// skipped or dead.
func (w *world) swapOnce(books map[string]swapBook, accepted []day.Delivery) {
	w.Helper()
	explained := map[string]bool{}
	for _, e := range slices.Concat(w.entries(port.Skipped), w.entries(port.Dead)) {
		explained[e.Entity.System+" "+e.Entity.ID] = true
	}
	for _, d := range accepted {
		if d.Order == "" {
			continue
		}
		parts := strings.Fields(d.Order)
		name := parts[0] + " " + parts[3]
		if n := books[name].orders; n != 1 && !explained[name] {
			w.Errorf("order %s is %d times in the books", name, n)
		}
	}
	for name, b := range books {
		if b.orders != 1 || len(b.paid) > 1 || len(b.returned) > 1 {
			w.Errorf("the books have %+v of order %s, want each document once", b, name)
		}
	}
}

// swapSame fails unless both books are the same.
func swapSame(t *testing.T, what string, got, want map[string]swapBook) {
	t.Helper()
	if len(want) < 40 {
		t.Fatalf("%s: only %d orders were played", what, len(want))
	}
	var shipped int64
	for name, w := range want {
		g := got[name]
		shipped += w.shipped
		if g.orders != w.orders || g.shipped != w.shipped || g.total != w.total || g.closed != w.closed || !slices.Equal(g.paid, w.paid) || !slices.Equal(g.returned, w.returned) {
			t.Errorf("%s: order %s is %+v, want %+v", what, name, g, w)
		}
	}
	if len(got) != len(want) || shipped == 0 {
		t.Errorf("%s: %d orders, want %d, of which %d pieces were shipped", what, len(got), len(want), shipped)
	}
}

// TestSwapOfTheERPTakesRouteLinesOnly plays the sample day with NetSuite, and again with another ERP
// to which the lines of NetSuite lead. Both have the same books in the end.
func TestSwapOfTheERPTakesRouteLinesOnly(t *testing.T) {
	t.Parallel()
	var want, got map[string]swapBook
	journey(t, swapSetup(t), func(w *world) {
		accepted := w.swapDay(day.Sample(), swapShipped)
		want = w.netsuiteBooks()
		w.swapOnce(want, accepted)
	})
	other := minierp.New(time.Now, day.UnknownSKU)
	s := swapSetup(t)
	s.systems = map[string]connector.System{minierp.Name: other.System()}
	s.line = func(r routes.Route) (routes.Route, bool) {
		if r.To == netsuite.Name {
			r.To = minierp.Name
		}
		return r, r.From != netsuite.Name
	}
	journey(t, s, func(w *world) {
		accepted := w.swapDay(day.Sample(), swapShipped)
		got = w.miniBooks(other)
		w.swapOnce(got, accepted)
		if n := len(w.erp.Orders()) + len(w.erp.Deposits()); n > 0 {
			t.Errorf("NetSuite got %d documents, and no route leads there", n)
		}
	})
	swapSame(t, "the mini ERP", got, want)
}

// swapStore returns the day's deliveries of Shopify as WooCommerce sends the same trade: what the
// connector of Shopify reads of a delivery is written as an order of WooCommerce.
func (w *world) swapStore(steps []day.Delivery) (swapped []day.Delivery) {
	w.Helper()
	trades := map[string]*woocommercetest.Order{}
	for _, d := range steps {
		topic, _ := strings.CutPrefix(d.Header.Get("X-Shopify-Topic"), "orders/")
		if d.System != shopify.Name || d.Refuse || topic == d.Header.Get("X-Shopify-Topic") {
			continue
		}
		order, isTest := w.swapOrder(trades, d)
		if isTest {
			continue // WooCommerce has no test orders
		}
		topic = map[bool]string{true: "order.created", false: "order.updated"}[topic == "create"]
		d.ID = strings.Replace(strings.Replace(d.ID, shopify.Name, woocommerce.Name, 1), "orders/", "order.", 1)
		d.System, d.Body = woocommerce.Name, order.Body()
		d.Acts = []day.Act{{Name: d.Acts[0].Name, About: string(d.Body)}}
		d.Header, d.Order = woocommercetest.Header(topic, d.Body), "woocommerce shop.example order "+strconv.FormatInt(order.ID, 10)
		swapped = append(swapped, d)
	}
	return swapped
}

// swapOrder returns the order of the delivery as WooCommerce has it. Money that the shop reported
// once stays received.
func (w *world) swapOrder(trades map[string]*woocommercetest.Order, d day.Delivery) (order woocommercetest.Order, isTest bool) {
	w.Helper()
	if err := d.Hold(w.shop); err != nil { // the connector asks for payments
		w.Fatal(err)
	}
	source := w.config.Systems[shopify.Name].Source
	raw, err := source.Receive(w.Context(), connector.Request{Method: http.MethodPost, Header: d.Header, Body: d.Body, At: time.Now()})
	if err != nil {
		w.Fatal(err)
	}
	raw.Body, raw.System, raw.ReceivedAt = d.Body, shopify.Name, time.Now()
	said, err := source.Translate(w.Context(), raw)
	if err != nil {
		w.Fatal(err)
	}
	var made *woocommercetest.Order
	for _, event := range said.Events {
		switch body := event.Body.(type) {
		case *canonical.Order:
			if made = trades[body.ID]; made == nil {
				made = &woocommercetest.Order{}
				trades[body.ID] = made
			}
			isTest = body.Test
			w.swapFields(made, body)
		case *canonical.Refund:
			made.Returned = []woocommercetest.Refund{swapRefund(body)}
		}
	}
	if made == nil {
		w.Fatalf("%s has no order", d.ID)
	}
	return *made, isTest
}

// swapID returns the last digits of an id, from which WooCommerce makes ids of lines.
func swapID(id string) string { return id[max(0, len(id)-13):] }

func (w *world) swapFields(to *woocommercetest.Order, o *canonical.Order) {
	w.Helper()
	id, err := strconv.ParseInt(swapID(o.ID), 10, 64)
	if err != nil {
		w.Fatal(err)
	}
	buyer, _ := strconv.ParseInt(o.Buyer.Customer, 10, 64) // 0 for a guest
	to.ID, to.Number, to.Currency, to.Customer, to.Gateway = id, o.Name, o.Currency, buyer, "stripe"
	to.Created, to.Modified, to.Status = o.PlacedAt, o.UpdatedAt, "pending"
	to.Buyer = woocommercetest.NewAddress(1)
	to.Buyer.Email = o.Buyer.Email.String()
	if o.Financial != canonical.Pending {
		to.Paid, to.Status = o.PlacedAt, "processing"
	}
	if o.Status == canonical.OrderCancelled {
		to.Status = "cancelled"
	}
	to.Lines, to.Shipping, to.Fee, to.Tax = nil, 0, 0, 0
	net := func(amount, tax canonical.Money) int64 {
		if o.TaxIncluded {
			return amount.Sub(tax).Minor
		}
		return amount.Minor
	}
	for i, l := range o.Lines {
		amount, err := l.Amount(o.Currency)
		if err != nil {
			w.Fatal(err)
		}
		line, err := strconv.ParseInt(l.ID, 10, 64)
		quantity, errQuantity := strconv.ParseInt(l.Quantity.Value.String(), 10, 64)
		if err != nil || errQuantity != nil {
			w.Fatal(err, errQuantity)
		}
		to.Lines = append(to.Lines, woocommercetest.Line{
			ID: line, SKU: l.SKU, Name: l.Title, Product: int64(100 + i), Quantity: quantity,
			Subtotal: net(amount, l.Tax) + l.Discount.Minor, Discount: l.Discount.Minor, Tax: l.Tax.Minor,
		})
	}
	for _, l := range o.Deliveries {
		to.Shipping += net(l.Price.Sub(l.Discount), l.Tax)
		to.Tax += l.Tax.Minor
	}
	for _, c := range o.Charges {
		to.Fee += net(c.Amount, c.Tax)
		to.Tax += c.Tax.Minor
	}
	if got := to.Total(); got != o.Total.Minor {
		w.Fatalf("order %s is %d in WooCommerce, want %d", o.ID, got, o.Total.Minor)
	}
}

func swapRefund(r *canonical.Refund) woocommercetest.Refund {
	id, _ := strconv.ParseInt(r.ID, 10, 64)
	back := woocommercetest.Refund{ID: id, Created: r.At, Amount: r.Amount.Minor, PaidBack: true}
	for _, l := range r.Lines {
		line, _ := strconv.ParseInt(l.Line, 10, 64)
		quantity, _ := strconv.ParseInt(l.Quantity.Value.String(), 10, 64)
		net := l.Amount.Minor
		if r.TaxIncluded {
			net -= l.Tax.Minor
		}
		back.Lines = append(back.Lines, woocommercetest.RefundLine{Line: line, Quantity: quantity, Total: net, Tax: l.Tax.Minor})
	}
	return back
}

// TestSwapOfTheStoreTakesRouteLinesOnly plays the Shopify part of the sample day, and again as trade
// of WooCommerce, with a route table that does not name Shopify. The ERP's books are the same.
func TestSwapOfTheStoreTakesRouteLinesOnly(t *testing.T) {
	t.Parallel()
	want, got := map[string]swapBook{}, map[string]swapBook{}
	shopifyOnly := slices.DeleteFunc(day.Sample(), func(d day.Delivery) bool { return d.System != shopify.Name })
	journey(t, swapSetup(t), func(w *world) {
		accepted := w.swapDay(shopifyOnly, map[string]string{shopify.Name: swapShipped[shopify.Name]})
		books := w.netsuiteBooks()
		w.swapOnce(books, accepted)
		for name, b := range books {
			want[swapID(strings.TrimPrefix(name, shopify.Name+" "))] = b
		}
	})
	s := swapSetup(t)
	s.line = func(r routes.Route) (routes.Route, bool) { return r, r.From != shopify.Name && r.To != shopify.Name }
	journey(t, s, func(w *world) {
		steps := w.swapStore(shopifyOnly)
		accepted := w.swapDay(steps, map[string]string{woocommerce.Name: swapShipped[shopify.Name]})
		books := w.netsuiteBooks()
		w.swapOnce(books, accepted)
		if notes := w.wooStore.Notes(6000000000000); len(notes) != 1 {
			t.Errorf("the order that was shipped has the notes %+v", notes)
		}
		for name, b := range books {
			got[strings.TrimPrefix(name, woocommerce.Name+" ")] = b
		}
	})
	swapSame(t, "WooCommerce", got, want)
}
