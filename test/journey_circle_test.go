package test_test

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"causeway.example/functions/hubspot/hubspottest"
	"causeway.example/functions/shipbob"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/port"
)

// TestAllSystemsAgreeAfterAnyHistory plays random histories of orders through the whole circle: the
// store takes, changes, pays back and cancels orders, the warehouse picks and ships in parts, and
// the connectors write into ERP, CRM, warehouse and store. Webhooks are lost, late and doubled, and
// connections break before and after a request took effect. In the end, with the polls run, all
// systems agree on pieces owed, shipped and invoiced and on money, and nothing left after the
// warehouse had confirmed a cancellation.
//
// CAUSEWAY_CIRCLE_SEEDS=1000 plays so many histories, 20 by default; "17-17" plays one again.
func TestAllSystemsAgreeAfterAnyHistory(t *testing.T) {
	t.Parallel()
	first, last := 0, 19
	if given := os.Getenv("CAUSEWAY_CIRCLE_SEEDS"); given != "" {
		from, to, isRange := strings.Cut(given, "-")
		if !isRange {
			from, to = "1", from
		}
		var errFrom, errTo error
		first, errFrom = strconv.Atoi(from)
		last, errTo = strconv.Atoi(to)
		if errFrom != nil || errTo != nil {
			t.Fatalf("CAUSEWAY_CIRCLE_SEEDS is %q, want a number such as 1000 or a range such as 17-17", given)
		}
	}
	for seed := first; seed <= last; seed++ {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			t.Parallel()
			playCircle(t, uint64(seed))
		})
	}
}

func playCircle(t *testing.T, seed uint64) {
	t.Helper()
	breaks := &breakage{seed: seed, seen: map[uint64]uint64{}}
	s := setup{
		memory: true, idle: 10 * time.Second, warehouse: shipbobtest.New(time.Now), crm: hubspottest.New(time.Now), items: historyItems(),
		settings: map[string]string{"NETSUITE_TIMEOUT": "20s", "NETSUITE_LINGER": "1m"}, wrap: breaks.wrap,
	}
	if seed%2 == 0 {
		s.settings["NETSUITE_INVOICE"] = "shipped"
	}
	journey(t, s, func(w *world) {
		c := &circle{world: w, random: rand.New(rand.NewPCG(seed, 13)), invoices: seed%2 == 0, calm: seed%3 == 0, breaks: breaks}
		w.shop.Now = time.Now
		c.play()
		c.check()
	})
}

// breakage breaks connections, by chances that depend on the request alone.
type breakage struct {
	seed uint64
	on   atomic.Bool
	mu   sync.Mutex
	seen map[uint64]uint64
}

// wrap breaks one request in eleven before it has an effect, and one after.
func (b *breakage) wrap(address string, system http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !b.on.Load() {
			system.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		switch b.chance(address, r.Method, r.URL.Path, string(body)) {
		case 0:
			panic(http.ErrAbortHandler)
		case 1:
			system.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
		system.ServeHTTP(w, r)
	})
}

func (b *breakage) chance(request ...string) int {
	h := fnv.New64a()
	h.Write([]byte(strings.Join(request, "\n")))
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen[h.Sum64()]++
	return rand.New(rand.NewPCG(b.seed^h.Sum64(), b.seen[h.Sum64()])).IntN(11)
}

// circle is a world with one history of orders.
type circle struct {
	*world
	random   *rand.Rand
	breaks   *breakage
	invoices bool
	orders   []*shopifytest.History
	reported map[*shopifytest.History]int // transactions that the shop has
	late     []func()                     // deliveries that arrive later
	sent     int
	// calm histories have the warehouse begin only after everything arrived that happened in the
	// store. In others a change may come too late for it.
	calm    bool
	edited  map[*shopifytest.History]bool // what is owed has changed, in a calm history since the warehouse began
	touched map[*shopifytest.History]bool // the warehouse has picked or shipped
}

func (c *circle) play() {
	c.reported, c.edited, c.touched = map[*shopifytest.History]int{}, map[*shopifytest.History]bool{}, map[*shopifytest.History]bool{}
	for i := range 2 {
		h := shopifytest.NewHistory(int64(5001+i), c.random)
		c.orders = append(c.orders, h)
		c.store(h, shopifytest.Pay)
	}
	c.breaks.on.Store(true)
	for range 6 + c.random.IntN(10) {
		c.pass(c.pause())
		h := c.orders[c.random.IntN(len(c.orders))]
		switch c.random.IntN(10) {
		case 0, 1, 2:
			c.settle()
			c.warehouseShips(h)
		case 3:
			c.settle()
			c.warehousePicks(h)
		case 4:
			c.delayed()
		case 5:
			c.polls()
		default:
			acts := []shopifytest.Act{
				shopifytest.Extend, shopifytest.Pay, shopifytest.TakeOff, shopifytest.TakeOff, shopifytest.ComeBack,
				shopifytest.Goodwill, shopifytest.Settle, shopifytest.Settle, shopifytest.Cancel,
			}
			c.store(h, acts[c.random.IntN(len(acts))])
		}
	}
	c.breaks.on.Store(false)
	c.pass(time.Hour)
	c.delayed()
	for _, h := range c.orders {
		c.store(h, shopifytest.Pay) // an order that is not paid in full is not shipped, and not approved in the ERP
		c.store(h, shopifytest.Settle)
	}
	for range 2 { // the second finds what the first led to
		c.polls()
		c.pass(6 * time.Hour)
	}
}

// settle has everything arrive in a calm history.
func (c *circle) settle() {
	if c.calm {
		c.breaks.on.Store(false)
		c.delayed()
		c.pass(time.Hour) // a poll leaves fresh changes to the webhook that may still come
		c.polls()
		c.pass(3 * time.Hour)
		c.breaks.on.Store(true)
	}
}

// pause is a moment, minutes, or long enough for everything to settle.
func (c *circle) pause() time.Duration {
	most := []time.Duration{2 * time.Second, 2 * time.Minute, 2 * time.Hour}[c.random.IntN(3)]
	return time.Second + time.Duration(c.random.Int64N(int64(most))).Truncate(time.Millisecond)
}

func circleID(h *shopifytest.History) string { return strconv.FormatInt(h.ID, 10) }

// store lets an act happen in the store, which reports it.
func (c *circle) store(h *shopifytest.History, act shopifytest.Act) {
	id := circleID(h)
	if edits := slices.Contains([]shopifytest.Act{shopifytest.Extend, shopifytest.TakeOff, shopifytest.Cancel}, act); edits && (!c.calm || c.touched[h]) {
		c.edited[h] = true
	}
	h.Let(time.Now().Truncate(time.Second), act, c.shop.Fulfillments(id))
	known := h.Transactions()
	c.shop.Pay(id, known[c.reported[h]:]...)
	c.reported[h] = len(known)
	c.shop.Put(h.Body())
	c.sent++
	d := shopifytest.Delivery{Topic: "orders/updated", Body: c.shop.Webhook(id), WebhookID: "store-" + strconv.Itoa(c.sent), TriggeredAt: time.Now()}
	c.report(func() { c.ingestOK(c.post("shopify", d.Header(), d.Body)) })
}

// report delivers: now, twice, later, or never.
func (c *circle) report(deliver func()) {
	switch c.random.IntN(6) {
	case 0:
	case 1:
		c.late = append(c.late, deliver)
	case 2:
		deliver()
		c.late = append(c.late, deliver)
	case 3:
		deliver()
		deliver()
	default:
		deliver()
	}
}

// delayed delivers what is late, in any order.
func (c *circle) delayed() {
	c.random.Shuffle(len(c.late), func(i, j int) { c.late[i], c.late[j] = c.late[j], c.late[i] })
	for _, deliver := range c.late {
		deliver()
		c.pass(time.Second)
	}
	c.late = nil
}

// polls asks store and warehouse for what no webhook reported. A poll that breaks off goes on when
// it runs again.
func (c *circle) polls() {
	for _, system := range []string{"shopify", shipbob.Name} {
		err := c.poller(c.config.Systems[system], c.config.Runtime, nil).Run(c.Context())
		if err != nil && !c.breaks.on.Load() {
			c.Errorf("polling %s: %v", system, err)
		}
	}
}

// issues returns what the warehouse has of the order.
func (c *circle) issues(h *shopifytest.History) []shipbobtest.Order {
	return slices.DeleteFunc(c.warehouse.Orders(), func(o shipbobtest.Order) bool {
		reference, _, _ := strings.Cut(o.Reference, "~")
		return reference != referenceOf(h.ID)
	})
}

// open returns the order at the warehouse that can be shipped.
func (c *circle) open(h *shopifytest.History) (o shipbobtest.Order, found bool) {
	all := c.issues(h)
	i := slices.IndexFunc(all, func(o shipbobtest.Order) bool {
		return o.Status() == shipbobtest.Processing || o.Status() == shipbobtest.Partially
	})
	if i < 0 {
		return o, false
	}
	return all[i], true
}

func (c *circle) warehousePicks(h *shopifytest.History) {
	if o, found := c.open(h); found && o.Status() == shipbobtest.Processing {
		c.touched[h] = true
		if err := c.warehouse.Pick(o.Reference); err != nil {
			c.Fatal(err)
		}
	}
}

// warehouseShips ships what is left of the order, or one piece of each product, and reports it.
func (c *circle) warehouseShips(h *shopifytest.History) {
	o, found := c.open(h)
	if !found {
		return
	}
	c.touched[h] = true
	var pieces map[string]int
	if c.random.IntN(2) == 0 {
		pieces = map[string]int{}
		for product := range o.Shipments[len(o.Shipments)-1].Pieces {
			pieces[product] = 1
		}
	}
	if _, err := c.warehouse.Ship(o.Reference, pieces); err != nil {
		c.Fatal(err)
	}
	c.sent++
	id := "msg_" + strconv.Itoa(c.sent)
	request, err := c.warehouse.Delivery(id, "order.shipped", o.Reference)
	if err != nil {
		c.Fatal(err)
	}
	c.report(func() { // signed when it is sent
		c.ingestOK(c.post(shipbob.Name, shipbobtest.Header(id, "order.shipped", request.Body, time.Now()), request.Body))
	})
}

// check fails unless all systems agree.
func (c *circle) check() {
	for _, h := range c.orders {
		letters := c.letters(h)
		for _, route := range slices.Sorted(maps.Keys(letters)) {
			if !c.edited[h] || !c.touched[h] {
				c.Errorf("order %d: %s: %s", h.ID, route, letters[route])
			}
		}
		c.checkPieces(h, letters)
		c.checkCancelled(h)
		c.checkMoney(h)
	}
	if twice := c.erp.Duplicates(); len(twice) > 0 {
		c.Errorf("the ERP has twice: %v", twice)
	}
	if c.Failed() {
		c.Log(c.story())
	}
}

// letters returns the errors of the order's messages, and of its shipments, that are dead, parked or
// still waiting in the end, by route.
func (c *circle) letters(h *shopifytest.History) map[string]string {
	ours := map[string]bool{circleID(h): true}
	for _, o := range c.issues(h) {
		for _, s := range o.Shipments {
			ours[strconv.Itoa(s.ID)] = true
		}
	}
	found := map[string]string{}
	waiting := slices.DeleteFunc(c.entries(port.Deferred), func(e port.Entry) bool { return time.Since(e.At) > time.Hour })
	for _, e := range slices.Concat(c.entries(port.Dead), c.entries(port.Parked), waiting) {
		if e.Error != nil && (ours[e.Entity.ID] || strings.HasPrefix(e.Entity.ID, circleID(h))) {
			found[e.Route] = fmt.Sprintf("%s %s %s", e.Error.Class, e.Error.Code, e.Outcome)
		}
	}
	return found
}

// checkPieces compares what is owed, shipped and invoiced.
func (c *circle) checkPieces(h *shopifytest.History, letters map[string]string) {
	left, active := map[string]int64{}, map[string]int64{}
	for _, o := range c.issues(h) {
		for _, s := range o.Shipments {
			for product, n := range s.Pieces {
				switch s.Status {
				case shipbobtest.Completed:
					left[product] += int64(n)
				case shipbobtest.Processing:
					active[product] += int64(n)
				}
			}
		}
	}
	fulfilled, skus := map[string]int64{}, h.SKUs()
	for _, f := range c.shop.Fulfillments(circleID(h)) {
		for line, n := range f.Lines {
			fulfilled[skus[line]] += n
		}
	}
	if letters["shipbob-shipments-to-shopify"] == "" {
		c.same(h, "shipped by the warehouse, and fulfilled in the store", left, fulfilled)
	}
	booked := c.ordersOf("shopify", circleID(h))
	if len(booked) == 0 {
		if len(left) > 0 || h.Received() > 0 {
			c.Errorf("order %d is not in the ERP", h.ID)
		}
		return
	}
	owed, sent, billed := map[string]int64{}, map[string]int64{}, map[string]int64{}
	for _, l := range booked[0].Lines {
		if !strings.HasPrefix(l.Item, "SKU-") {
			continue
		}
		for text, into := range map[*string]map[string]int64{&l.Quantity: owed, &l.Fulfilled: sent, &l.Billed: billed} {
			n, _ := strconv.ParseInt(*text, 10, 64) // "" if there is nothing
			if n > 0 {
				into[l.Item] += n
			}
		}
	}
	if letters["shipbob-shipments-to-netsuite"] == "" {
		c.same(h, "shipped by the warehouse, and in the ERP", left, sent)
	}
	if c.invoices {
		c.same(h, "shipped and invoiced in the ERP", sent, billed)
	}
	if !h.Canceled() && letters["shopify-orders-to-netsuite"] == "" {
		c.same(h, "owed in the store, and in the ERP", h.OwedPieces(), owed)
	}
	if letters["shopify-orders-to-shipbob"] != "" {
		return // a person has to settle it
	}
	for product, n := range left {
		active[product] += n
	}
	switch financial := h.Financial(); {
	case h.Canceled():
		if !maps.Equal(active, left) {
			c.Errorf("order %d is cancelled, and the warehouse is to ship %v, of which %v left", h.ID, active, left)
		}
	case financial == "paid" || financial == "partially_refunded":
		c.same(h, "owed in the store, and at the warehouse", h.OwedPieces(), active)
	}
}

// checkCancelled fails if something left after the warehouse had confirmed the cancellation.
func (c *circle) checkCancelled(h *shopifytest.History) {
	for _, e := range c.entries(port.Confirmed) {
		if e.Route != "shopify-orders-to-shipbob" || e.Type != canonical.OrderCancelledEvent || e.Entity.ID != circleID(h) {
			continue
		}
		for _, o := range c.issues(h) {
			for _, s := range o.Shipments {
				if s.Shipped.After(e.At) || o.Created.After(e.At) {
					c.Errorf("order %d: shipment %d of %s, made at %s, left at %s, after the cancellation of %s", h.ID, s.ID, o.Reference, o.Created, s.Shipped, e.At)
				}
			}
		}
	}
}

func (c *circle) same(h *shopifytest.History, what string, want, got map[string]int64) {
	c.Helper()
	if !maps.Equal(want, got) {
		c.Errorf("order %d: %s: %v, %v", h.ID, what, want, got)
	}
}

// checkMoney compares what was received and what went back.
func (c *circle) checkMoney(h *shopifytest.History) {
	minor := func(text string) int64 {
		if text == "" {
			return 0
		}
		amount, err := canonical.ParseMoney(historyDecimal(text, h.Currency()), h.Currency())
		if err != nil {
			c.Fatal(err)
		}
		return amount.Minor
	}
	var received, returned int64
	booked := c.ordersOf("shopify", circleID(h))
	for _, d := range c.erp.Deposits() {
		if len(booked) > 0 && d.Order == booked[0].ID {
			received += minor(d.Amount)
		}
	}
	for _, p := range c.erp.Payouts() {
		if strings.HasPrefix(p.Memo, "shopify "+shopifytest.Shop+" order "+circleID(h)) {
			returned += minor(p.Total)
		}
	}
	if received != h.Received() || returned != h.Returned() {
		c.Errorf("order %d: the ERP has received %d and returned %d, the store %d and %d", h.ID, received, returned, h.Received(), h.Returned())
	}
	for _, o := range c.crm.Records("orders") {
		if strings.HasSuffix(o.Properties["causeway_order"], circleID(h)) {
			if got := minor(o.Properties["causeway_refunded"]); got != h.Returned() {
				c.Errorf("order %d: the CRM has refunded %d, the store %d", h.ID, got, h.Returned())
			}
		}
	}
}
