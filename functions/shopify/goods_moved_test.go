package shopify_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// newest keeps, as a target does, the newest state of each entity.
type newest map[string]struct {
	version message.Sequence
	event   connector.Event
}

// take applies the events of a delivery.
func (n newest) take(m *master, translation connector.Translation, err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
	for _, e := range translation.Events {
		if name, version := e.Entity.String(), message.NewSequence(e.UpdatedAt, false, e.Hint); version > n[name].version {
			one := n[name]
			one.version, one.event = version, e
			n[name] = one
		}
	}
}

// wants compares the title and the price of the SKU, "" for one that is retired.
func (n newest) wants(m *master, when, sku, title, price string) {
	m.t.Helper()
	gotTitle, gotPrice := "", ""
	for _, one := range n {
		switch body := one.event.Body.(type) {
		case *canonical.Product:
			if body.SKU == sku && body.Active {
				gotTitle = body.Title
			}
		case *canonical.PriceList:
			if body.SKU == sku && !body.Retired {
				gotPrice = body.Prices[0].Amount.String()
			}
		}
	}
	if gotTitle != title || gotPrice != price {
		m.t.Errorf("%s: %s is %q for %s, want %q for %s", when, sku, gotTitle, gotPrice, title, price)
	}
}

// adds makes a product with the SKU CAP and one of its own, a minute later.
func (m *master) adds(title, price string) shopifytest.Product {
	m.now = m.now.Add(time.Minute)
	return m.fake.AddProduct(shopifytest.Product{Title: title, Variants: []shopifytest.Variant{{Title: "Red", SKU: "CAP", Price: price}, {Title: "Blue", SKU: title, Price: "1"}}})
}

// edits changes the product a minute later and returns it.
func (m *master) edits(p shopifytest.Product, edit func(*shopifytest.Product)) shopifytest.Product {
	m.now = m.now.Add(time.Minute)
	m.fake.EditProductByID(p.ID, edit)
	for _, now := range m.fake.Products() {
		if now.ID == p.ID {
			return now
		}
	}
	return p
}

// A product that takes over a SKU is published with the end of the one that had it, archived, renamed or deleted,
// and stays so when its own deliveries come late.
func TestTheProductThatTakesOverASKUIsPublished(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(m *master, first shopifytest.Product) (topic string, p shopifytest.Product){
		"archived": func(m *master, first shopifytest.Product) (string, shopifytest.Product) {
			return "products/update", m.edits(first, func(p *shopifytest.Product) { p.Status = "ARCHIVED" })
		},
		"renamed": func(m *master, first shopifytest.Product) (string, shopifytest.Product) {
			return "products/update", m.edits(first, func(p *shopifytest.Product) { p.Variants[0].SKU = "CAP-OLD" })
		},
		"deleted": func(m *master, _ shopifytest.Product) (string, shopifytest.Product) {
			return "products/delete", m.fake.DeleteProduct("Cap")
		},
	} {
		for _, late := range []bool{false, true} {
			m, shown := openMaster(t, nil), newest{}
			sends := func(topic string, p shopifytest.Product) {
				m.t.Helper()
				translation, err := m.sends(topic, p)
				shown.take(m, translation, err)
			}
			first := m.adds("Cap", "9")
			sends("products/create", first)
			second := m.adds("New cap", "12")
			if !late {
				sends("products/create", second)
			}
			first = m.edits(first, func(p *shopifytest.Product) { p.Variants[0].Price = "10" })
			sends("products/update", first)
			shown.wants(m, name, "CAP", "Cap - Red", "10")
			topic, ended := end(m, first)
			if late {
				sends("products/create", second)
			}
			if _, err := m.sends(topic, ended); err != nil { // and killed before its events are published
				t.Fatal(err)
			}
			sends(topic, ended)
			shown.wants(m, name+" at its end", "CAP", "New cap - Red", "12")
			sends(topic, ended)
			sends("products/update", second)
			m.now = m.now.Add(time.Minute)
			sends("products/update", m.edits(second, func(*shopifytest.Product) {})) // a sale
			shown.wants(m, name+" after a sale", "CAP", "New cap - Red", "12")
			sends("products/update", m.edits(second, func(p *shopifytest.Product) { p.Variants[0].Price = "13" }))
			shown.wants(m, name+" and dearer", "CAP", "New cap - Red", "13")
			sends("products/update", m.edits(second, func(p *shopifytest.Product) { p.Status = "DRAFT" }))
			shown.wants(m, name+" and not sold", "CAP", "", "")
		}
	}
}

// A delivery that comes late, or a clock of ours that is ahead, does not end a product that was made since.
func TestADeletedProductEndsWhenTheShopDeletedIt(t *testing.T) {
	t.Parallel()
	m, shown := openMaster(t, nil), newest{}
	first := m.adds("Cap", "9")
	translation, err := m.sends("products/create", first)
	shown.take(m, translation, err)
	m.fake.DeleteProduct("Cap")
	deleted := m.fake.ProductDelivery("products/delete", first).Request(m.now)
	raw, err := m.Source.Receive(t.Context(), deleted)
	if err != nil {
		t.Fatal(err)
	}
	raw.ReceivedAt = m.now.Add(time.Hour)
	translation, err = m.Source.Translate(t.Context(), raw)
	shown.take(m, translation, err)
	shown.wants(m, "deleted", "CAP", "", "")
	second := m.adds("New cap", "12")
	translation, err = m.sends("products/create", second)
	shown.take(m, translation, err)
	shown.wants(m, "made again", "CAP", "New cap - Red", "12")
}

// Of two products with two SKUs in common, the older one keeps the SKU that it did not give away.
func TestAProductTakesOverWhatIsLeftToIt(t *testing.T) {
	t.Parallel()
	m := openMaster(t, nil)
	first := m.adds("Cap", "9")
	m.sent("products/create", first)
	second := m.edits(m.adds("New cap", "12"), func(p *shopifytest.Product) { p.Variants[1].SKU = "Cap" })
	m.wants(m.sent("products/create", second))
	first = m.edits(first, func(p *shopifytest.Product) { p.Variants = p.Variants[1:] })
	m.wants(m.sent("products/update", first), "product.upserted Cap", "price.changed Cap 1 USD 0", "product.upserted CAP", "price.changed CAP 12 USD 0")
	m.wants(m.sent("products/update", second), "product.upserted CAP", "price.changed CAP 12 USD 0")
}

// One that takes over and cannot be read is noted, and keeps nothing else of the product back.
func TestAProductThatTakesOverAndIsWrongIsNoted(t *testing.T) {
	t.Parallel()
	m := openMaster(t, nil)
	first := m.adds("Cap", "9")
	m.sent("products/create", first)
	second := m.edits(m.adds("New cap", "12"), func(p *shopifytest.Product) { p.Variants[1].SKU = "CAP" })
	if _, err := m.sends("products/create", second); err == nil {
		t.Fatal("two variants of a product have one SKU")
	}
	m.wants(m.sent("products/update", m.edits(first, func(p *shopifytest.Product) { p.Status = "ARCHIVED" })), "product.retired Cap", "price.changed Cap 1 USD 0")
	if n := m.notes[len(m.notes)-1]; n.Field != "sku" || !strings.Contains(n.What, "product "+strconv.FormatInt(second.ID, 10)) || !strings.Contains(n.What, "make it unique") {
		t.Errorf("noted %+v", m.notes)
	}
}

// The search is late: it finds a product that is not sold any more, and then finds none.
func TestASearchThatIsLateIsMadeAgain(t *testing.T) {
	t.Parallel()
	m := openMaster(t, nil)
	first := m.adds("Cap", "9")
	m.sent("products/create", first)
	second := m.edits(m.adds("New cap", "12"), func(p *shopifytest.Product) { p.Status = "DRAFT" })
	first = m.edits(first, func(p *shopifytest.Product) { p.Status = "ARCHIVED" })
	m.fake.AnswerTo("query holders", shopifytest.Answer{Status: http.StatusOK, Body: `{"data":{"productVariants":{"nodes":[{"sku":"CAP","product":{"id":"gid://shopify/Product/` +
		strconv.FormatInt(second.ID, 10) + `","status":"ACTIVE"}}],"pageInfo":{"hasNextPage":false,"endCursor":null}}}}`})
	_, err := m.sends("products/update", first)
	wantFault(t, err, fault.Unavailable, fault.Intermittent, "")
	m.wants(m.sent("products/update", first), "product.retired CAP", "price.changed CAP 9 USD 0", "product.retired Cap", "price.changed Cap 1 USD 0")
}
