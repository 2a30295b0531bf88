package goods

import (
	"context"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/message"
)

// The first variants cost four points each, because their weights have objects of their own, and the others
// one.
const (
	queryGoods = `query goods($id: ID!, $after: String) {
  shop { currencyCode }
  product(id: $id) {
    id: legacyResourceId title description status updatedAt hasOnlyDefaultVariant
    variants(first: 100, after: $after) {
      nodes {
        id: legacyResourceId sku title barcode price compareAtPrice
        inventoryItem { measurement { weight { unit value } } }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}`
	queryMore = `query moreGoods($id: ID!, $after: String) {
  shop { currencyCode }
  product(id: $id) {
    updatedAt
    variants(first: 250, after: $after) {
      nodes { id: legacyResourceId sku title barcode price compareAtPrice }
      pageInfo { hasNextPage endCursor }
    }
  }
}`
	queryHolders = `query holders($search: String!, $after: String) {
  productVariants(first: 100, after: $after, query: $search) {
    nodes { sku product { id status } }
    pageInfo { hasNextPage endCursor }
  }
}`
)

// The bounds of what is read: pages of a product's variants, of which Shopify allows 2,048, SKUs of one
// search, and pages of its answer.
const (
	mostPages     = 12
	searched      = 20
	mostFoundPage = 20
)

// page is a product with a part of its variants, as the Admin API answers.
type page struct {
	there             bool
	members           []member // of the product, without its variants
	variants          [][]byte
	currency, updated string
	cursor            string
}

// member is a member of the product as JSON.
type member struct {
	name  string
	value []byte
}

// fetch returns the product with all its variants and the shop's currency, as Translate reads it; nil if the
// shop does not have it. It fails if the product changed between two pages: they must be of one state.
func (s *Source) fetch(ctx context.Context, shop, id, doing string) ([]byte, error) {
	whole, after := &page{}, ""
	for n := range mostPages {
		next, err := s.page(ctx, shop, id, after, doing)
		switch {
		case err != nil || n == 0 && !next.there:
			return nil, err
		case n == 0:
			whole = next
		case !next.there || next.updated != whole.updated || next.currency != whole.currency || next.cursor == after:
			return nil, fault.New(fault.Unavailable, fault.Intermittent, doing, "the product changed while its variants were read")
		default:
			whole.variants = append(whole.variants, next.variants...)
		}
		if after = next.cursor; after == "" {
			return whole.encode(), nil
		}
	}
	return nil, &fault.Error{Kind: fault.Rejected, Class: fault.TooLarge, Field: "variants", Doing: doing, Detail: "the product has more than 2,800 variants"}
}

func (s *Source) page(ctx context.Context, shop, id, after, doing string) (*page, error) {
	p := &page{}
	c := admin.Call{Shop: shop, Doing: doing, Query: queryGoods, Variables: []admin.Variable{{Name: "id", Value: payload.GID("Product", id)}}, Read: p.read}
	if after != "" {
		c.Query, c.Variables = queryMore, append(c.Variables, admin.Variable{Name: "after", Value: after})
	}
	_, err := s.API.Query(ctx, c)
	return p, denied(err)
}

// Feeds returns the products of each shop.
func (s *Source) Feeds() []connector.Feed {
	feeds := make([]connector.Feed, len(s.Shops))
	for i, shop := range s.Shops {
		feeds[i] = connector.Feed{Tenant: shop, Topic: payload.TopicProductUpdate, Entity: payload.EntityProduct}
	}
	return feeds
}

// Fetch returns a product with all its variants, nil if it is gone.
func (s *Source) Fetch(ctx context.Context, feed connector.Feed, change connector.Change) (raw *message.Raw, err error) {
	body, doing := change.Body, "fetching product "+change.ID+" of "+feed.Tenant
	if body == nil {
		body, err = s.fetch(ctx, feed.Tenant, change.ID, doing)
	}
	if err != nil || body == nil {
		return nil, fault.Doing(doing, err)
	}
	return &message.Raw{Tenant: feed.Tenant, Topic: feed.Topic, Trigger: message.Poll, ContentType: "application/json", Body: body}, nil
}

// Changes lists the products of the feed's shop by the time of their last change.
func (s *Source) Changes(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	page, err := s.API.Changes(ctx, ask)
	return page, denied(err)
}

// denied adds the scope to the error of an app that lacks it, which is about products only: orders go on.
func denied(err error) error {
	f := fault.As(err)
	if f == nil || f.Code != "ACCESS_DENIED" {
		return err
	}
	e := *f
	e.Scope, e.Field, e.Detail = fault.OperationScope, "SHOPIFY_ADMIN_TOKEN", "needs the scope read_products, without which no product is published"
	return &e
}

func (p *page) read(r *strictjson.Reader) {
	for key := range r.Object() {
		switch {
		case key == "shop":
			for range r.Object() {
				p.currency = r.String()
			}
		case key == "product" && !r.Null():
			p.there = true
			p.readProduct(r)
		}
	}
}

func (p *page) readProduct(r *strictjson.Reader) {
	for key := range r.Object() {
		if key == "variants" {
			p.variants, p.cursor = connection(r)
			continue
		}
		value := r.Raw()
		p.members = append(p.members, member{key, value})
		if key == "updatedAt" {
			p.updated = string(value)
		}
	}
}

// connection reads the nodes of a list and the cursor of the next page.
func connection(r *strictjson.Reader) (nodes [][]byte, cursor string) {
	cursor = admin.Connection(r, func(r *strictjson.Reader) { nodes = append(nodes, r.Raw()) })
	return nodes, cursor
}

// encode writes the product as the body of a raw message.
func (p *page) encode() []byte {
	w := strictjson.NewWriter(nil)
	w.Obj()
	w.StrField("currency", p.currency)
	for _, m := range p.members {
		w.Key(m.name).Raw(m.value)
	}
	w.Key("variants").Arr()
	for _, v := range p.variants {
		w.Raw(v)
	}
	w.EndArr()
	w.EndObj()
	return w.Bytes()
}

// exception reports whether a product does not count for the SKU.
type exception func(sku, product string) bool

// holders returns, for each of the SKUs that an active product of the shop has, the id of the oldest such product.
// One that except reports does not count.
func (s *Source) holders(ctx context.Context, shop string, except exception, skus []string, doing string) (map[string]string, error) {
	found := map[string]string{}
	for len(skus) > 0 {
		some := skus[:min(searched, len(skus))]
		if err := s.search(ctx, shop, except, some, found, doing); err != nil {
			return nil, err
		}
		skus = skus[len(some):]
	}
	return found, nil
}

// search adds what a search by the SKUs finds. It finds what only resembles them too.
func (s *Source) search(ctx context.Context, shop string, except exception, skus []string, found map[string]string, doing string) error {
	c := admin.Call{Shop: shop, Doing: doing, Query: queryHolders}
	after := ""
	for range mostFoundPage {
		c.Variables = []admin.Variable{{Name: "search", Value: admin.BySKU(skus...)}}
		if after != "" {
			c.Variables = append(c.Variables, admin.Variable{Name: "after", Value: after})
		}
		next := ""
		c.Read = func(r *strictjson.Reader) { next = readHolders(r, except, found) }
		if _, err := s.API.Query(ctx, c); err != nil || next == "" {
			return denied(err)
		}
		after = next
	}
	return &fault.Error{Kind: fault.Rejected, Class: fault.TooLarge, Field: "sku", Doing: doing, Detail: "more than 2,000 variants of the shop match the search by SKU"}
}

func readHolders(r *strictjson.Reader, except exception, found map[string]string) (cursor string) {
	for key := range r.Object() {
		if key == "productVariants" {
			cursor = admin.Connection(r, func(r *strictjson.Reader) { note(r, except, found) })
		}
	}
	return cursor
}

// note reads a variant and notes its product, if that is active, no exception, and older than those found so
// far.
func note(r *strictjson.Reader, except exception, found map[string]string) {
	sku, of, status := "", "", ""
	for key := range r.Object() {
		switch key {
		case "sku":
			sku, _ = r.NullString()
		case "product":
			for key := range r.Object() {
				if text := r.String(); key == "id" {
					of = payload.ID(text)
				} else {
					status = text
				}
			}
		}
	}
	if active, _ := sold(status); !active || sku == "" || except(sku, of) {
		return
	}
	if other, known := found[sku]; !known || older(of, other) {
		found[sku] = of
	}
}

// older reports whether the product with the id a was made before that with the id b: Shopify's ids grow.
func older(a, b string) bool { return len(a) < len(b) || len(a) == len(b) && a < b }
