package shopify_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// parts is a memory that gathers.
type parts struct {
	all  map[string]map[string]connector.Portion
	puts int
}

func (p *parts) Bind(context.Context, message.Key, string, string) (string, error) {
	return "", fault.New(fault.Unknown, fault.Bug, "", "nothing is bound")
}

func (p *parts) Gather(_ context.Context, key message.Key, attribute string, portion connector.Portion) (map[string]string, error) {
	name := attribute + "|" + key.String()
	if p.all[name] == nil {
		p.all[name] = map[string]connector.Portion{}
	}
	if found, known := p.all[name][portion.Name]; !known || found.Version < portion.Version {
		p.all[name][portion.Name] = portion
		p.puts++
	}
	values := map[string]string{}
	for part, each := range p.all[name] {
		values[part] = each.Value
	}
	return values, nil
}

// master is a shop that is master of products and prices, with a clock.
type master struct {
	*shop
	t     *testing.T
	parts *parts
	now   time.Time
	notes []connector.Note // of the last delivery
}

func openMaster(t *testing.T, changed overrides) *master {
	t.Helper()
	m := &master{t: t, parts: &parts{all: map[string]map[string]connector.Portion{}}, now: now}
	fake := shopifytest.New()
	fake.Now = func() time.Time { return m.now }
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	settings := fake.Settings(server.URL)
	settings["SHOPIFY_MASTER_OF"] = "products,prices"
	maps.Copy(settings, changed)
	system, err := shopify.Open(settings, connector.Deps{HTTP: server.Client().Transport, Now: fake.Now, CrossRef: m.parts})
	if err != nil {
		t.Fatal(err)
	}
	m.shop = &shop{System: system, fake: fake}
	return m
}

// sends translates a webhook of the product, a minute later.
func (m *master) sends(topic string, p shopifytest.Product) (connector.Translation, error) {
	m.t.Helper()
	m.now = m.now.Add(time.Minute)
	raw, err := m.Source.Receive(m.t.Context(), m.fake.ProductDelivery(topic, p).Request(m.now))
	if err != nil {
		m.t.Fatal(err)
	}
	raw.ReceivedAt = m.now
	return m.Source.Translate(m.t.Context(), raw)
}

// sent returns what the events of a webhook say, one line each.
func (m *master) sent(topic string, p shopifytest.Product) (lines []string) {
	m.t.Helper()
	translation, err := m.sends(topic, p)
	if err != nil {
		m.t.Fatal(err)
	}
	if m.notes = nil; len(translation.Events) > 0 {
		m.notes = translation.Events[0].Notes
	}
	for _, e := range translation.Events {
		line := e.Type + " " + e.Entity.ID
		if list, is := e.Body.(*canonical.PriceList); is {
			for _, price := range list.Prices {
				line += fmt.Sprintf(" %s %s %s", price.Amount, price.Currency, price.CompareAt)
			}
			if len(e.Parents) != 1 || e.Parents[0].ID != list.SKU || e.Parents[0].Type != "product" {
				m.t.Errorf("%s waits for %v", line, e.Parents)
			}
		}
		if err := canonical.Validate(e.Body); err != nil {
			m.t.Errorf("%s: %v", line, err)
		}
		lines = append(lines, line)
	}
	return lines
}

func (m *master) wants(got []string, want ...string) {
	m.t.Helper()
	if !slices.Equal(got, want) {
		m.t.Errorf("got %q, want %q", got, want)
	}
}

// twoTees is a product with two variants.
func twoTees() shopifytest.Product {
	return shopifytest.Product{Title: "Merino Tee", Description: "<p>Warm &amp; light</p>\n<p>Washable</p>", Variants: []shopifytest.Variant{
		{Title: "Black / M", SKU: "TEE-BLK-M", Barcode: "4006381333931", Price: "39.00", CompareAt: "49.00", Weight: "0.18", Unit: "KILOGRAMS"},
		{Title: "Black / L", SKU: "TEE-BLK-L", Price: "41.50", CompareAt: "41.50"},
	}}
}

func TestAProductOfTheShopIsOnePairForEachSKU(t *testing.T) {
	t.Parallel()
	m := openMaster(t, nil)
	m.fake.SetCurrency("EUR")
	p := m.fake.AddProduct(twoTees())
	m.wants(m.sent("products/create", p),
		"product.upserted TEE-BLK-M", "price.changed TEE-BLK-M 39 EUR 49", "product.upserted TEE-BLK-L", "price.changed TEE-BLK-L 41.5 EUR 0")
	translation, err := m.sends("products/update", p)
	if err != nil {
		t.Fatal(err)
	}
	got := bodyOf[*canonical.Product](t, translation.Events, canonical.ProductUpserted)
	id := fmt.Sprint(p.ID)
	if got.Title != "Merino Tee - Black / M" || got.Description.String() != "Warm & light Washable" || got.Barcode.String() != "4006381333931" || got.Parent != id || !got.Active ||
		got.Weight == nil || got.Weight.Value.String() != "0.18" || got.Weight.Unit != canonical.Kilogram || !got.UpdatedAt.Equal(p.Updated) || got.Prices[0].List != shopifytest.Shop {
		t.Errorf("got %+v", got)
	}
}

// The body that Shopify published names the product, and nothing else of it counts.
func TestARecordedWebhookNamesItsProduct(t *testing.T) {
	t.Parallel()
	m := openMaster(t, nil)
	p := twoTees()
	p.ID = 632910392
	m.fake.AddProduct(p)
	request := recorded(t, "products-update", "orders-updated.sample")
	request.Body = mustRead(t, "products-update.json")
	raw, err := m.Source.Receive(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	translation, err := m.Source.Translate(t.Context(), raw)
	if err != nil || len(translation.Events) != 4 {
		t.Errorf("got %+v, %v", translation, err)
	}
}

func TestAProductWithoutOptionsHasNoParent(t *testing.T) {
	t.Parallel()
	m := openMaster(t, overrides{"SHOPIFY_MASTER_OF": "products"})
	p := m.fake.AddProduct(shopifytest.Product{Title: "Cap", Status: "UNLISTED", Variants: []shopifytest.Variant{{SKU: "CAP", Price: "9.00"}}})
	translation, err := m.sends("products/create", p)
	if err != nil || len(translation.Events) != 1 {
		t.Fatalf("got %+v, %v", translation, err)
	}
	if got := bodyOf[*canonical.Product](t, translation.Events, canonical.ProductUpserted); got.Title != "Cap" || got.Parent != "" || got.Prices != nil || got.Weight != nil {
		t.Errorf("got %+v", got)
	}
}

// A sale moves updated_at, and no content.
func TestTheTimeOfAProductIsThatOfItsContent(t *testing.T) {
	t.Parallel()
	m := openMaster(t, nil)
	p := m.fake.AddProduct(twoTees())
	first, err := m.sends("products/create", p)
	if err != nil {
		t.Fatal(err)
	}
	m.fake.Stock("TEE-BLK-M", "1", 7)
	puts := m.parts.puts
	again, err := m.sends("products/update", m.fake.ProductOf("TEE-BLK-M"))
	if err != nil || len(again.Events) != 4 || m.fake.ProductOf("TEE-BLK-M").Updated.Equal(p.Updated) {
		t.Fatalf("got %+v, %v", again, err)
	}
	for i, e := range again.Events {
		a, errA := canonical.Encode(first.Events[i].Body)
		b, errB := canonical.Encode(e.Body)
		if errA != nil || errB != nil || string(a) != string(b) || !e.Hint.After(first.Events[i].Hint) {
			t.Errorf("after a sale %s, before %s", b, a)
		}
	}
	if m.parts.puts != puts {
		t.Errorf("unchanged, and remembered %d times", m.parts.puts-puts)
	}
	m.fake.EditProduct("TEE-BLK-M", func(p *shopifytest.Product) { p.Variants[1].Price = "45.00" })
	edited := m.fake.ProductOf("TEE-BLK-M")
	after, err := m.sends("products/update", edited)
	if err != nil || !after.Events[0].UpdatedAt.Equal(p.Updated) || !after.Events[2].UpdatedAt.Equal(edited.Updated) {
		t.Errorf("got %+v, %v", after, err)
	}
}

func TestASKUThatIsGoneIsRetired(t *testing.T) {
	t.Parallel()
	m := openMaster(t, nil)
	p := m.fake.AddProduct(twoTees())
	m.sent("products/create", p)
	m.fake.EditProduct("TEE-BLK-M", func(p *shopifytest.Product) {
		p.Variants = []shopifytest.Variant{p.Variants[0]}
		p.Variants[0].SKU = "TEE-NEW"
	})
	want := []string{
		"product.upserted TEE-NEW", "price.changed TEE-NEW 39 USD 49", "product.retired TEE-BLK-L", "price.changed TEE-BLK-L", "product.retired TEE-BLK-M", "price.changed TEE-BLK-M",
	}
	p = m.fake.ProductOf("TEE-NEW")
	m.wants(m.sent("products/update", p), want...)
	m.wants(m.sent("products/update", p), want...)
	p = m.fake.DeleteProduct("TEE-NEW")
	m.wants(m.sent("products/update", p)) // late
	want = []string{"product.retired TEE-BLK-L", "price.changed TEE-BLK-L", "product.retired TEE-BLK-M", "price.changed TEE-BLK-M", "product.retired TEE-NEW", "price.changed TEE-NEW"}
	m.wants(m.sent("products/delete", p), want...)
	m.wants(m.sent("products/delete", p), want...)
	translation, err := m.sends("products/delete", shopifytest.Product{ID: 77})
	if err != nil || !strings.Contains(translation.Skip, "product 77") || len(translation.Events) > 0 {
		t.Errorf("a product that nobody knew: %+v, %v", translation, err)
	}
}

// A clock of ours that is late must not date the end of a product before its last change.
func TestADeletedProductIsRetiredAfterItsLastChange(t *testing.T) {
	t.Parallel()
	m := openMaster(t, nil)
	p := m.fake.AddProduct(twoTees())
	m.sent("products/create", p)
	m.fake.DeleteProduct("TEE-BLK-M")
	m.now = p.Updated.Add(-2 * time.Minute)
	translation, err := m.sends("products/delete", p)
	if err != nil || len(translation.Events) != 4 || !translation.Events[0].UpdatedAt.After(p.Updated) {
		t.Errorf("got %+v, %v", translation, err)
	}
}

func TestDraftAndArchivedProductsAreRetired(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"DRAFT", "ARCHIVED"} {
		m := openMaster(t, nil)
		p := twoTees()
		p.Status, p.Variants = status, p.Variants[:1]
		p = m.fake.AddProduct(p)
		translation, err := m.sends("products/update", p)
		if err != nil || len(translation.Events) != 2 || translation.Events[0].Type != canonical.ProductRetired || !translation.Events[1].Body.(*canonical.PriceList).Retired {
			t.Errorf("%s: got %+v, %v", status, translation, err)
		}
	}
	m := openMaster(t, nil)
	p := twoTees()
	p.Status = "DRAFT"
	p = m.fake.AddProduct(p)
	m.fake.AnswerTo("query goods", shopifytest.Answer{Status: http.StatusOK, Body: `{"data":{"shop":{"currencyCode":"USD"},"product":{"id":"1","title":"T","description":"","status":"FROZEN","updatedAt":"2026-11-22T21:00:00Z","hasOnlyDefaultVariant":true,"variants":{"nodes":[],"pageInfo":{"hasNextPage":false,"endCursor":null}}}}}`})
	_, err := m.sends("products/update", p)
	wantFault(t, err, fault.Invalid, fault.Value, "status")
}

func TestVariantsWithoutOrWithOneSKU(t *testing.T) {
	t.Parallel()
	m := openMaster(t, nil)
	p := twoTees()
	p.Variants[1].SKU = ""
	p = m.fake.AddProduct(p)
	m.wants(m.sent("products/create", p), "product.upserted TEE-BLK-M", "price.changed TEE-BLK-M 39 USD 49")
	if len(m.notes) != 1 || m.notes[0].Field != "variants[1].sku" || !strings.Contains(m.notes[0].What, fmt.Sprint(p.Variants[1].ID)) {
		t.Errorf("noted %+v", m.notes)
	}
	m.fake.EditProduct("TEE-BLK-M", func(p *shopifytest.Product) { p.Variants[1].SKU = "TEE-BLK-M" })
	_, err := m.sends("products/update", p)
	wantFault(t, err, fault.Invalid, fault.Value, "variants[1].sku")
	for _, v := range p.Variants {
		if !strings.Contains(err.Error(), fmt.Sprint(v.ID)) {
			t.Errorf("%v does not name variant %d", err, v.ID)
		}
	}
}

// A copy of a product has its SKUs. The oldest product that is sold counts.
func TestASKUOfTwoProductsIsThatOfTheOldestThatIsSold(t *testing.T) {
	t.Parallel()
	m := openMaster(t, nil)
	one := func(title, status string) shopifytest.Product {
		return m.fake.AddProduct(shopifytest.Product{Title: title, Status: status, Variants: []shopifytest.Variant{{SKU: "CAP", Price: "9.00"}}})
	}
	first := one("Cap", "ACTIVE")
	copied := one("Copy of Cap", "DRAFT")
	m.wants(m.sent("products/create", copied))
	m.wants(m.sent("products/update", first), "product.upserted CAP", "price.changed CAP 9 USD 0")
	change := func(p shopifytest.Product, status string) shopifytest.Product {
		m.now = m.now.Add(time.Minute)
		m.fake.EditProductByID(p.ID, func(p *shopifytest.Product) { p.Status = status })
		return p
	}
	m.wants(m.sent("products/update", change(copied, "ACTIVE")))
	m.wants(m.sent("products/update", change(first, "ARCHIVED")), "product.upserted CAP", "price.changed CAP 9 USD 0") // of the copy
	last, err := m.sends("products/update", copied)
	if err != nil || len(last.Events) != 2 || last.Events[0].Type != canonical.ProductUpserted || !last.Events[0].UpdatedAt.After(first.Updated) {
		t.Errorf("the copy alone: %+v, %v", last, err)
	}
	m.wants(m.sent("products/update", change(copied, "DRAFT")), "product.retired CAP", "price.changed CAP 9 USD 0")
}

// A poll and a webhook read all pages, and a product that changes between two of them is read again.
func TestAProductOfManyVariantsIsReadWhole(t *testing.T) {
	t.Parallel()
	m := openMaster(t, nil)
	p := shopifytest.Product{Title: "Tee"}
	for i := range 230 {
		p.Variants = append(p.Variants, shopifytest.Variant{Title: fmt.Sprint("No ", i), SKU: fmt.Sprint("TEE-", i), Price: "5.00", Weight: "1", Unit: "POUNDS"})
	}
	p = m.fake.AddProduct(p)
	if got := m.sent("products/create", p); len(got) != 460 || got[459] != "price.changed TEE-229 5 USD 0" {
		t.Errorf("got %d events", len(got))
	}
	if len(m.notes) != 1 || m.notes[0].Field != "variants" {
		t.Errorf("noted %+v", m.notes)
	}
	raw, events := m.polled(t, "product", fmt.Sprint(p.ID))
	if len(events) != 460 || raw.Topic != "products/update" || raw.Trigger != message.Poll {
		t.Errorf("polled %d events, %+v", len(events), raw.Topic)
	}
	m.fake.AnswerTo(`query goods`, shopifytest.Answer{Status: http.StatusOK, Body: strings.Replace(goodsAnswer, "CURSOR", m.fake.CursorOf(p, 99), 1)})
	m.now = m.now.Add(time.Hour)
	_, err := m.sends("products/update", p)
	wantFault(t, err, fault.Unavailable, fault.Intermittent, "")
}

// goodsAnswer is a first page of an older state.
const goodsAnswer = `{"data":{"shop":{"currencyCode":"USD"},"product":{"id":"632910001","title":"Tee","description":"","status":"ACTIVE","updatedAt":"2026-11-01T00:00:00Z","hasOnlyDefaultVariant":false,` +
	`"variants":{"nodes":[],"pageInfo":{"hasNextPage":true,"endCursor":"CURSOR"}}}}}`

func TestWhatADeliveryOfAProductMustBe(t *testing.T) {
	t.Parallel()
	m := openMaster(t, nil)
	p := m.fake.AddProduct(twoTees())
	_, err := m.sends("products/delete", p) // the shop has it still
	wantFault(t, err, fault.NotReady, fault.MissingRef, "")
	for body, field := range map[string]string{
		`{"title":"Tee"}`: "id", `{"id":"x"}`: "id", `{"id":5,"admin_graphql_api_id":"gid://shopify/Order/5"}`: "admin_graphql_api_id",
	} {
		if _, err := m.translate(t, "products/update", []byte(body)); fault.KindOf(err) != fault.Invalid || fault.As(err).Field != field {
			t.Errorf("%s: got %v", body, err)
		}
	}
	off := open(t, nil)
	if _, err := off.translate(t, "products/update", p.Body()); fault.KindOf(err) != fault.Invalid || fault.As(err).Field != "topic" {
		t.Errorf("without the setting: got %v", err)
	}
	if feed := off.feed("product"); feed.Topic != "" {
		t.Errorf("without the setting products are polled: %+v", feed)
	}
	blind := openMaster(t, overrides{"SHOPIFY_ADMIN_TOKEN": ""})
	_, err = blind.sends("products/update", p)
	wantFault(t, err, fault.Rejected, fault.Config, "SHOPIFY_ADMIN_TOKEN")
}

// Without the scope products wait under the token's name, and orders go on.
func TestAMissingScopeIsAboutProductsOnly(t *testing.T) {
	t.Parallel()
	m := openMaster(t, nil)
	p := m.fake.AddProduct(twoTees())
	for _, query := range []string{"query goods", "query holders", "query productsSince"} {
		m.fake.AnswerTo(query, shopifytest.Answer{Status: http.StatusOK, Body: `{"errors":[{"message":"x","extensions":{"code":"ACCESS_DENIED"}}]}`})
		var err error
		if query == "query productsSince" {
			_, err = m.Poller.Changes(t.Context(), connector.Ask{Feed: m.feed("product"), Since: now})
		} else {
			_, err = m.sends("products/update", p)
		}
		wantFault(t, err, fault.Unauthorized, fault.Auth, "SHOPIFY_ADMIN_TOKEN")
		if fault.As(err).Scope != fault.OperationScope || !strings.Contains(err.Error(), "read_products") {
			t.Errorf("%s: got %v", query, err)
		}
	}
}

func TestAShopIsMasterOrTarget(t *testing.T) {
	t.Parallel()
	for want, changed := range map[string]overrides{
		"a price waits for its product":                                            {"SHOPIFY_MASTER_OF": "prices"},
		"SHOPIFY_PRODUCT_SHOPS makes netsuite their master in " + shopifytest.Shop: {"SHOPIFY_MASTER_OF": "products", "SHOPIFY_PRODUCT_SHOPS": "netsuite=" + shopifytest.Shop},
		"SHOPIFY_PRICE_LISTS makes netsuite/5 their master in ":                    {"SHOPIFY_MASTER_OF": "products,prices", "SHOPIFY_PRICE_LISTS": "netsuite/5=" + shopifytest.Shop},
	} {
		settings := shopifytest.New().Settings("http://127.0.0.1:1")
		maps.Copy(settings, changed)
		_, err := shopify.Open(settings, connector.Deps{HTTP: http.DefaultTransport, Now: time.Now})
		wantFault(t, err, fault.Rejected, fault.Config, "SHOPIFY_MASTER_OF")
		if err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	openMaster(t, overrides{"SHOPIFY_MASTER_OF": "products", "SHOPIFY_PRODUCT_SHOPS": "netsuite=none", "SHOPIFY_PRICE_LISTS": "netsuite/5=" + shopifytest.Shop})
}

func TestAMasterSubscribesToProducts(t *testing.T) {
	t.Parallel()
	m := openMaster(t, overrides{"SHOPIFY_WEBHOOK_URL": ourDoor})
	all, err := m.Subscriber.Subscriptions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	feeds := map[string]string{}
	for _, one := range all {
		feeds[one.Topic] = one.Feed
		if err := m.Subscriber.Subscribe(t.Context(), one); err != nil {
			t.Errorf("%s: %v", one.Topic, err)
		}
	}
	want := map[string]string{"products/create": "products/update", "products/update": "products/update", "products/delete": ""}
	for topic, feed := range want {
		if got, there := feeds[topic]; !there || got != feed {
			t.Errorf("%s has the feed %q", topic, got)
		}
	}
	for topic, state := range m.states(t) {
		if state != connector.Active {
			t.Errorf("%s is %s", topic, state)
		}
	}
}
