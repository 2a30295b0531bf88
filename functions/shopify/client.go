package shopify

import (
	"context"
	"net/http"
	"strings"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/webapi"
	"causeway.example/shared/wire"
)

// The queries. A test validates each against the published schema.
const (
	queryShop         = `query shop { shop { name } }`
	queryTransactions = `query transactions($id: ID!) {
  order(id: $id) {
    transactions {
      ...tx
    }
  }
}` + fragmentTransaction + fragmentBag
	fragmentTransaction = `
fragment tx on OrderTransaction {
  id kind status gateway payment_id: paymentId processed_at: processedAt created_at: createdAt
  amount_set: amountSet { ...bag }
  amount_rounding_set: amountRoundingSet { ...bag }
  parent: parentTransaction { id }
}`
	fragmentBag = `
fragment bag on MoneyBag {
  shopMoney { amount currencyCode }
  presentmentMoney { amount currencyCode }
}`
)

const path = "/admin/api/" + APIVersion + "/graphql.json"

// admin is the client of the Admin API of each shop.
type admin struct {
	shops   map[string]*webapi.Client
	buckets map[string]*bucket // by shop
	mayCall bool
}

// newAdmin returns a client for each shop: each has a host of its own, and a webapi.Client
// calls one host only.
func newAdmin(s Settings, deps connector.Deps) (*admin, error) {
	a := &admin{shops: make(map[string]*webapi.Client, len(s.Shops)), buckets: map[string]*bucket{}, mayCall: s.AdminToken != ""}
	for _, shop := range s.Shops {
		client, err := webapi.New(webapi.Config{
			BaseURL: strings.ReplaceAll(s.APIURL, "{shop}", shop), Transport: deps.HTTP, Now: deps.Now,
			Timeout: timeout, Authorize: authorize(s.AdminToken), Classify: classify,
		})
		if err != nil {
			return nil, err
		}
		a.shops[shop], a.buckets[shop] = client, newBucket(deps.Now)
	}
	return a, nil
}

func authorize(token connector.Secret) func(*http.Request) error {
	return func(request *http.Request) error {
		request.Header.Set("X-Shopify-Access-Token", token.Reveal())
		return nil
	}
}

// call is one query with its variables and the reader of the answer's data.
type call struct {
	shop, doing, query string
	variables          []variable
	input              []byte // variable "input" of a mutation, as JSON; nil for a query
	read               func(*strictjson.Reader)
}

// variable is a variable of a query. Enum values are text too.
type variable struct{ name, value string }

// query sends the query and returns the answer's header.
func (a *admin) query(ctx context.Context, c call) (http.Header, error) {
	client, known := a.shops[c.shop]
	if !known || !a.mayCall {
		return nil, &fault.Error{
			Kind: fault.Rejected, Class: fault.Config, Field: "SHOPIFY_ADMIN_TOKEN", Doing: c.doing,
			Detail: "is not set, and the shop's Admin API is needed",
		}
	}
	bucket := a.buckets[c.shop]
	if err := bucket.take(c.query); err != nil {
		return nil, fault.Doing(c.doing, err)
	}
	response, err := client.Do(ctx, webapi.Request{
		Method: http.MethodPost, Path: path, Header: http.Header{"Content-Type": {"application/json"}},
		Body: c.body(), Doing: c.doing, WantJSON: true, Reads: strings.HasPrefix(c.query, "query"),
	})
	if err != nil {
		bucket.learn(c.query, cost{})
		if c.input != nil {
			return nil, err
		}
		return nil, onlyRead(err)
	}
	reported, err := readAnswer(response.Body, c.read)
	bucket.learn(c.query, reported)
	return response.Header, fault.Doing(c.doing, err)
}

func (c call) body() []byte {
	w := strictjson.NewWriter(nil)
	w.Obj()
	w.StrField("query", c.query)
	if len(c.variables) > 0 || c.input != nil {
		w.Key("variables").Obj()
		for _, v := range c.variables {
			w.StrField(v.name, v.value)
		}
		if c.input != nil {
			w.Key("input").Raw(c.input)
		}
		w.EndObj()
	}
	w.EndObj()
	return w.Bytes()
}

// onlyRead reclassifies an ambiguous failure: webapi treats every POST as a write, but a query
// changes nothing. A subscription that was created without an answer is found by the next
// list.
func onlyRead(err error) error {
	e := *fault.As(err)
	if e.Class == fault.Ambiguous {
		e.Class = fault.Intermittent
	}
	return &e
}

// transactions returns the order's transactions, failed ones included. The list is not paged:
// without "first" the API returns all of it.
func (a *admin) transactions(ctx context.Context, shop, order string) ([]transaction, error) {
	doing := "asking for the transactions of order " + order
	var all []transaction
	found := false
	_, err := a.query(ctx, call{
		shop: shop, doing: doing, query: queryTransactions, variables: []variable{{"id", gidOrder + order}},
		read: func(r *strictjson.Reader) { all, found = readTransactions(&reader{wire.From(r)}) },
	})
	if err == nil && !found {
		err = fault.New(fault.NotReady, fault.MissingRef, doing, "the Admin API does not know the order yet, or no longer")
	}
	return all, err
}

func readTransactions(r *reader) (all []transaction, found bool) {
	for key := range r.Object() {
		if key != "order" || r.Null() {
			continue
		}
		found = true
		for key := range r.Object() {
			if key == "transactions" {
				all = list(r, (*reader).transaction)
			}
		}
	}
	return all, found
}

// lastPart returns the number in "gid://shopify/OrderTransaction/389404469", which is the id in
// webhooks.
func lastPart(gid string) string { return gid[strings.LastIndexByte(gid, '/')+1:] }
