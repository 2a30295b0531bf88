package goods

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/assortment/memory"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/moment"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/message"
	"causeway.example/shared/wire"
)

// weighed is how many variants a product has at most whose weights are read: those of the first page.
const weighed = 100

// Source reads and translates the products of all shops. It keeps nothing between calls.
type Source struct {
	API    *admin.Client
	Shops  []string
	Memory connector.CrossRef // the SKUs of each product, and since when each has its content
	Prices bool               // are published too
}

// Topics are those of the webhooks.
var Topics = [...]string{payload.TopicProductCreate, payload.TopicProductUpdate, payload.TopicProductDelete}

// Is reports whether the topic is one of a product.
func Is(topic string) bool { return slices.Contains(Topics[:], topic) }

// job is one product on its way into events.
type job struct {
	*Source
	raw     *message.Raw
	doing   string
	product string    // id
	at      time.Time // of the state, by Shopify's clock
	gone    bool
	notes   []connector.Note
	after   string                          // the product whose SKUs this one takes over, "" if it was reported itself
	left    map[string]time.Time            // by SKU that it takes over: when the other product left it
	heirs   map[string]map[string]time.Time // by product that takes SKUs of this one over: its left
}

// Translate turns a product into product.upserted or product.retired for each SKU, and into price.changed if
// prices are published. A delivery only names the product, which is fetched; a poll has it whole.
func (s *Source) Translate(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	j := &job{Source: s, raw: raw, doing: "translating shopify " + raw.Topic + " " + raw.ID}
	body, err := j.body(ctx)
	if err != nil {
		return connector.Translation{}, fault.Doing(j.doing, err)
	}
	var products []*canonical.Product
	switch j.gone = raw.Topic == payload.TopicProductDelete; {
	case j.gone && body != nil:
		return connector.Translation{}, fault.New(fault.NotReady, fault.MissingRef, j.doing, "the Admin API still has the product, which was reported as deleted")
	case j.gone:
		j.at = deletedAt(raw)
	case body == nil:
		return connector.Translation{Skip: "the shop has no product " + j.product + " any more, or not yet: " + payload.TopicProductDelete + " or the poll reports it"}, nil
	default:
		products, err = j.read(body)
	}
	if err != nil {
		return connector.Translation{}, fault.Doing(j.doing, err)
	}
	events, err := j.events(ctx, products)
	if err != nil {
		return connector.Translation{}, fault.Doing(j.doing, err)
	}
	if len(events) == 0 {
		return connector.Translation{Skip: j.skip()}, nil
	}
	events[0].Notes = j.notes
	return connector.Translation{Events: events}, nil
}

// skip says why there are no events.
func (j *job) skip() string {
	var why []string
	for _, n := range j.notes {
		why = append(why, n.What)
	}
	if len(why) == 0 {
		why = []string{"it is deleted, and nothing of it was published"}
	}
	return "nothing is published of product " + j.product + ": " + strings.Join(why, "; ")
}

// body returns the product as Fetch encodes it, nil if the shop does not have it.
func (j *job) body(ctx context.Context) ([]byte, error) {
	if j.raw.Trigger == message.Poll {
		return j.raw.Body, nil
	}
	r := payload.NewReader(j.raw.Body)
	id, gid, bad := payload.ReadProduct(r)
	if bad != nil {
		return nil, wire.Invalid(bad)
	}
	if gid != "" && gid != payload.GID("Product", id) {
		return nil, &fault.Error{
			Kind: fault.Invalid, Class: fault.Conflict, Field: "admin_graphql_api_id",
			Detail: "must name the Product " + id + ": the body is not of the topic that its header names",
		}
	}
	j.product = id
	return j.fetch(ctx, j.raw.Tenant, id, "fetching product "+id+" of "+j.raw.Tenant)
}

// read returns a product for each variant with a SKU. Two variants with one SKU are an error.
func (j *job) read(body []byte) ([]*canonical.Product, error) {
	r := wire.NewReader(body, strictjson.Limits{})
	l := read(r)
	if err := r.Finish(); err != nil {
		return nil, err
	}
	j.product, j.at, j.notes = l.id, l.updatedAt.UTC(), r.Notes()
	if len(l.variants) > weighed {
		j.note("variants", "weights are left out: the product has more than "+strconv.Itoa(weighed)+" variants")
	}
	products, of := []*canonical.Product{}, map[string]string{}
	for i := range l.variants {
		v := &l.variants[i]
		field := "variants[" + strconv.Itoa(i) + "].sku"
		switch other, twice := of[v.sku]; {
		case v.sku == "":
			j.note(field, "variant "+v.id+" is left out: it has no SKU")
			continue
		case twice:
			return nil, &fault.Error{
				Kind: fault.Invalid, Class: fault.Value, Field: field, Code: "ambiguous_sku",
				Detail: strconv.Quote(v.sku) + ": variants " + other + " and " + v.id + " of product " + l.id + " have this SKU; make it unique",
			}
		}
		of[v.sku] = v.id
		products = append(products, j.productOf(&l, v))
	}
	return products, nil
}

func (j *job) note(field, what string) {
	j.notes = append(j.notes, connector.Note{Field: field, What: what})
}

// productOf returns the canonical product of a variant.
func (j *job) productOf(l *listing, v *variant) *canonical.Product {
	p := &canonical.Product{
		ID: v.sku, SKU: v.sku, Title: l.title, Description: l.description, Barcode: v.barcode, Weight: v.weight, Active: l.active,
	}
	if !l.single && v.title != "" {
		p.Title = strings.TrimPrefix(l.title+" - "+v.title, " - ")
	}
	if len(l.variants) > 1 {
		p.Parent = l.id
	}
	if len(l.variants) > weighed {
		p.Weight = nil
	}
	if j.Prices {
		price := canonical.Price{List: j.raw.Tenant, Currency: l.currency, Amount: v.price}
		if v.compareAt.Cmp(v.price) > 0 {
			price.CompareAt = v.compareAt
		}
		p.Prices = []canonical.Price{price}
	}
	return p
}

// events returns the events of the products, and of the SKUs that the product had and has no longer. What is
// unchanged keeps the time since which it is so, and by that its content.
func (j *job) events(ctx context.Context, products []*canonical.Product) ([]connector.Event, error) {
	book, err := memory.Open(ctx, j.Memory, payload.Key(j.raw.Tenant, payload.EntityProduct, j.product))
	if err != nil {
		return nil, err
	}
	products = j.withLost(products, book)
	now, open, err := j.compare(products, book)
	if err != nil {
		return nil, err
	}
	others, err := j.holders(ctx, j.raw.Tenant, j.isExcept, open, j.doing)
	if err != nil {
		return nil, err
	}
	var events []connector.Event
	for _, p := range products {
		one := j.settle(p, book.Mark(p.SKU, payload.EntityProduct), now[p.SKU], others[p.SKU])
		book.Set(p.SKU, payload.EntityProduct, one)
		if p.UpdatedAt = one.Since; !one.Left {
			events = append(events, j.eventsOf(p)...)
		}
	}
	taken, err := j.takenOver(ctx)
	if err != nil {
		return nil, err
	}
	return append(events, taken...), book.Keep(ctx)
}

// settle returns the mark of the product's SKU after the one that is known, which another product has too unless
// other is "".
func (j *job) settle(p *canonical.Product, known, one memory.Mark, other string) memory.Mark {
	switch {
	case other != "" && (!p.Active || older(other, j.product)):
		one.Left = true
		j.note("sku", "SKU "+p.SKU+" is left out: product "+other+" of the shop has it too, and its state counts")
		if one.Over = known.Over || known.Digest != "" && !known.Left; one.Over && !p.Active {
			j.leave(p.SKU, other, one.Since)
		}
		return one
	case one.Left && p.Active:
		one.Left, one.Over, one.Since = false, false, j.at // newer than the other product's state was
	}
	if since := j.left[p.SKU]; since.After(one.Since) {
		one.Since = since
	}
	return one
}

// withLost adds the SKUs that the product had and has no longer, as retired.
func (j *job) withLost(products []*canonical.Product, book *memory.Book) []*canonical.Product {
	has := map[string]bool{}
	for _, p := range products {
		has[p.SKU] = true
	}
	for _, sku := range book.Lost(func(sku string) bool { return has[sku] }) {
		gone := &canonical.Product{ID: sku, SKU: sku}
		if j.Prices {
			gone.Prices = []canonical.Price{}
		}
		products = append(products, gone)
	}
	return products
}

// compare returns the marks of the products, and the SKUs for which it is open whether another product has
// them: those whose content is new, and those that were left to another product.
func (j *job) compare(products []*canonical.Product, book *memory.Book) (now map[string]memory.Mark, open []string, err error) {
	now = map[string]memory.Mark{}
	for _, p := range products {
		digest, err := memory.Digest(p)
		if err != nil {
			return nil, nil, err
		}
		known, since := book.Mark(p.SKU, payload.EntityProduct), j.at
		if j.gone && !since.After(known.Since) {
			since = known.Since.Add(time.Second)
		}
		one := book.Date(p.SKU, payload.EntityProduct, memory.Mark{Digest: digest, Since: since})
		if known.Digest != digest || one.Left {
			open = append(open, p.SKU)
		}
		now[p.SKU] = one
	}
	return now, open, nil
}

// hint is when Shopify triggered the delivery, which orders those of one second. A poll and a product that is
// gone have none.
func (j *job) hint() time.Time {
	at, err := moment.Parse(j.raw.Header[payload.HeaderTriggered])
	if err != nil || j.gone || j.raw.Trigger == message.Poll {
		return time.Time{}
	}
	return at
}

// deletedAt is when the product was deleted, by Shopify's clock, or else when the delivery came: by ours, and perhaps
// hours later.
func deletedAt(raw *message.Raw) time.Time {
	if at, err := moment.Parse(raw.Header[payload.HeaderTriggered]); err == nil {
		return at.UTC()
	}
	return raw.ReceivedAt.UTC()
}

// eventsOf returns the event of the product, and that of its price, which waits for it.
func (j *job) eventsOf(p *canonical.Product) []connector.Event {
	product := connector.Event{
		Type: p.EventType(), Entity: payload.Key(j.raw.Tenant, payload.EntityProduct, p.SKU),
		At: p.UpdatedAt, UpdatedAt: p.UpdatedAt, Hint: j.hint(), Body: p,
	}
	if !j.Prices {
		return []connector.Event{product}
	}
	price := product
	price.Type, price.Entity, price.Parents = canonical.PriceChanged, payload.Key(j.raw.Tenant, payload.EntityPrice, p.SKU), []message.Key{product.Entity}
	price.Body = &canonical.PriceList{SKU: p.SKU, Prices: p.Prices, Retired: !p.Active, UpdatedAt: p.UpdatedAt}
	return []connector.Event{product, price}
}
