package vendors

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/test/sim"
)

// The states of a return.
const (
	requested = "requested"
	received  = "received"
)

// goodsBack draws returns of the order: each is requested, and some are received. A target that has one as
// received, or a return of its own, need not show that it was requested.
func goodsBack(random *rand.Rand) (all []sim.State) {
	for i := range 1 + random.IntN(2) {
		id := "r" + strconv.Itoa(i)
		all = append(all, sim.State{Type: canonical.ReturnRequested, Kind: "return", ID: id, Version: 1, Content: requested, Closed: true})
		if random.IntN(4) > 0 {
			all = append(all, sim.State{Type: canonical.ReturnReceived, Kind: "return", ID: id, Version: 2, Content: received})
		}
	}
	return all
}

// returnBody is the body of a return of one piece. The first one is of the article that the shop has a
// return of.
func returnBody(s sim.State) *canonical.Return {
	article := "TEE"
	if s.ID != "r0" {
		article = "CAP"
	}
	line := canonical.ReturnLine{SKU: article, Quantity: pieces(1)}
	if s.Type == canonical.ReturnReceived {
		restocked := pieces(1)
		line.Restocked = &restocked
	}
	return &canonical.Return{ID: s.ID, Order: strconv.Itoa(order), Lines: []canonical.ReturnLine{line}, At: noon.Add(time.Duration(s.Version) * time.Hour)}
}

// shownReturn is the content of a return in the books.
func shownReturn(text string) string {
	if strings.Contains(text, received+" ") {
		return received
	}
	return requested + ", closed"
}

// returnNote is how the notes of returns begin.
const returnNote = "Return "

func shopifyReturns() sim.Vendor {
	return sim.Vendor{
		Name:  "shopify-return",
		Trade: goodsBack,
		Open: func(_ func() time.Time, random *rand.Rand) sim.Stand {
			fake := shopifytest.New()
			fake.Put(shopifytest.Purchase{ID: order, Number: 1001, Items: []shopifytest.Item{
				{ID: 11, SKU: "TEE", Title: "Tee", Quantity: 1, Price: 1000}, {ID: 12, SKU: "CAP", Title: "Cap", Quantity: 1, Price: 1000},
			}}.Body())
			if random.IntN(2) == 0 {
				fake.Return(strconv.Itoa(order), "OPEN", map[string]int{"TEE": 1})
			}
			return returnDesk{account{fake, shopify.Open, fake.Settings(sim.VendorURL)}, fake}
		},
	}
}

// returnDesk is a Shopify shop with an order of which goods come back.
type returnDesk struct {
	account
	fake *shopifytest.Fake
}

// Body implements sim.Stand.
func (returnDesk) Body(s sim.State) any { return returnBody(s) }

// Hand implements sim.Stand.
func (returnDesk) Hand(d connector.Delivery) connector.Delivery {
	return handed(d, shopify.Name, shopifytest.Shop)
}

// Books implements sim.Stand. The return that the shop has itself is closed once the first one was
// received: until then that one is not what it ought to be.
func (r returnDesk) Books() map[string]sim.Holding {
	books, id := map[string]sim.Holding{}, strconv.Itoa(order)
	for line := range strings.Lines(r.fake.Metafield(id, "causeway.returns")) {
		id, text, _ := strings.Cut(line, ": ")
		hold(books, "return/"+id, shownReturn(text))
	}
	for _, own := range r.fake.Returns(id) {
		first := books["return/r0"]
		if first.Content == received && own.Status == "OPEN" {
			first.Content += ", and not closed"
			books["return/r0"] = first
		}
	}
	return books
}

func woocommerceReturns() sim.Vendor {
	return sim.Vendor{
		Name:  "woocommerce-return",
		Trade: goodsBack,
		Open: func(now func() time.Time, _ *rand.Rand) sim.Stand {
			fake := woocommercetest.New()
			fake.Now = now
			fake.Put(woocommercetest.NewOrder(order, 1))
			return returnNotes{account{fake, woocommerce.Open, fake.Settings(sim.VendorURL)}, fake}
		},
	}
}

// returnNotes are the notes of an order in WooCommerce of which goods come back.
type returnNotes struct {
	account
	fake *woocommercetest.Fake
}

// Body implements sim.Stand.
func (returnNotes) Body(s sim.State) any { return returnBody(s) }

// Hand implements sim.Stand.
func (returnNotes) Hand(d connector.Delivery) connector.Delivery {
	return handed(d, woocommerce.Name, "shop.example")
}

// Books implements sim.Stand. The newest note has the state; one that is there twice is a duplicate.
func (r returnNotes) Books() map[string]sim.Holding {
	books, seen := map[string]sim.Holding{}, map[string]int{}
	for _, n := range r.fake.Notes(order) {
		id, text, _ := strings.Cut(strings.TrimPrefix(n.Text, returnNote), ": ")
		seen[n.Text]++
		books["return/"+id] = sim.Holding{Records: max(seen[n.Text], books["return/"+id].Records), Content: shownReturn(text)}
	}
	return books
}

// ended draws requests of an ERP to cancel orders, of some of which something left.
func ended(random *rand.Rand) (all []sim.State) {
	for i := range 1 + random.IntN(3) {
		s := sim.State{Type: canonical.OrderCancelRequested, Kind: "cancellation", ID: strconv.Itoa(order + i), Version: 1, Content: cancelled}
		if random.IntN(3) == 0 {
			s.Content = left
		}
		all = append(all, s)
	}
	return all
}

// left is the content of an order that is not cancelled, because something of it left.
const left = "left"

func cancelBody(s sim.State) *canonical.CancelRequest {
	return &canonical.CancelRequest{ID: "7" + s.ID, Number: "SO-" + s.ID, Order: s.ID, Status: "closed", Fulfilled: s.Content == left, RequestedAt: noon}
}

// asked returns the delivery of a request to cancel an order of the store.
func asked(d connector.Delivery, system, tenant string) connector.Delivery {
	m := *d.Message
	m.Parents = []message.Key{{System: system, Tenant: tenant, Type: "order", ID: d.Message.Key().ID}}
	d.Message = &m
	return d
}

func shopifyCancellations() sim.Vendor {
	return sim.Vendor{
		Name:  "shopify-cancel",
		Trade: ended,
		Open: func(_ func() time.Time, random *rand.Rand) sim.Stand {
			fake := shopifytest.New()
			for i := range 3 {
				fake.Put(shopifytest.Purchase{ID: order + int64(i), Number: 1001 + i, Items: []shopifytest.Item{{ID: int64(11 + i), SKU: "TEE", Title: "Tee", Quantity: 1, Price: 1000}}}.Body())
			}
			if random.IntN(2) == 0 {
				fake.SlowCancel(slow, "")
			}
			return orderDesk{account{fake, shopify.Open, fake.Settings(sim.VendorURL)}, fake}
		},
	}
}

// slow is more often than a job is read.
const slow = 1000

// orderDesk is a Shopify shop with orders that are cancelled elsewhere.
type orderDesk struct {
	account
	fake *shopifytest.Fake
}

// ServeHTTP ends the jobs that cancel orders, unless the request reads one: a job takes its time, and not
// longer than until the next delivery.
func (o orderDesk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the simulator has the whole body
	}
	if !bytes.Contains(body, []byte("OrderCancelJobResult")) {
		o.fake.EndCancels()
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	o.fake.ServeHTTP(w, r)
}

// Body implements sim.Stand.
func (orderDesk) Body(s sim.State) any { return cancelBody(s) }

// Hand implements sim.Stand.
func (orderDesk) Hand(d connector.Delivery) connector.Delivery {
	return asked(d, shopify.Name, shopifytest.Shop)
}

// Books implements sim.Stand. Each cancellation that Shopify took is a record.
func (o orderDesk) Books() map[string]sim.Holding {
	books := map[string]sim.Holding{}
	for _, c := range o.fake.Cancellations() {
		hold(books, "cancellation/"+c.Order, cancelled)
	}
	for i := range 3 {
		if id := strconv.Itoa(order + i); o.fake.Metafield(id, "causeway.erp") != "" {
			hold(books, "cancellation/"+id, left)
		}
	}
	return books
}

func woocommerceCancellations() sim.Vendor {
	return sim.Vendor{
		Name:  "woocommerce-cancel",
		Trade: ended,
		Open: func(now func() time.Time, _ *rand.Rand) sim.Stand {
			fake := woocommercetest.New()
			fake.Now = now
			for i := range int64(3) {
				fake.Put(woocommercetest.NewOrder(order+i, 1))
			}
			return orderNotes{account{fake, woocommerce.Open, fake.Settings(sim.VendorURL)}, fake}
		},
	}
}

// orderNotes are orders in WooCommerce that are cancelled elsewhere, with their notes.
type orderNotes struct {
	account
	fake *woocommercetest.Fake
}

// Body implements sim.Stand.
func (orderNotes) Body(s sim.State) any { return cancelBody(s) }

// Hand implements sim.Stand.
func (orderNotes) Hand(d connector.Delivery) connector.Delivery {
	return asked(d, woocommerce.Name, "shop.example")
}

// Books implements sim.Stand. Each note is a record; the order is cancelled if its status says so.
func (o orderNotes) Books() map[string]sim.Holding {
	books := map[string]sim.Holding{}
	for i := range int64(3) {
		for range o.fake.Notes(order + i) {
			content := left
			if o.fake.Status(order+i) == cancelled {
				content = cancelled
			}
			hold(books, "cancellation/"+strconv.FormatInt(order+i, 10), content)
		}
	}
	return books
}
