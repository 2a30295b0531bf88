package admin

import (
	"context"
	"net/http"
	"strings"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/webapi"
)

// Version is the version of the Admin API, and of the webhook payloads in whose form its entities
// are composed.
const Version = "2026-10"

const path = "/admin/api/" + Version + "/graphql.json"

// timeout bounds one query, which takes well below a second.
const timeout = 10 * time.Second

// Client is the client of the Admin API of each shop. It may be used by several goroutines.
type Client struct {
	shops   map[string]*webapi.Client
	buckets map[string]*bucket // by shop
	mayCall bool
}

// New returns a client for the shops, which are domains. In the address, such as "https://{shop}",
// {shop} is replaced by the domain: each shop has a host of its own, and a webapi.Client calls one
// host only. An address that is none is an error; without a token no query is sent.
func New(shops []string, address string, token connector.Secret, deps connector.Deps) (*Client, error) {
	a := &Client{shops: make(map[string]*webapi.Client, len(shops)), buckets: map[string]*bucket{}, mayCall: token != ""}
	for _, shop := range shops {
		client, err := webapi.New(webapi.Config{
			BaseURL: strings.ReplaceAll(address, "{shop}", shop), Transport: deps.HTTP, Now: deps.Now,
			Timeout: timeout, Authorize: authorize(token), Classify: classify,
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

// MayCall reports whether there is a token. Without one each query fails with a fault of class
// config.
func (a *Client) MayCall() bool { return a.mayCall }

// Call is one query with its variables and the reader of the answer's data.
type Call struct {
	Shop      string // its domain
	Doing     string // for errors: "listing the webhooks of example-brand.myshopify.com"
	Query     string // begins with query or mutation
	Variables []Variable
	Input     []byte                   // variable "input" of a mutation, as JSON; nil for a query
	Read      func(*strictjson.Reader) // reads the answer's data, unless that is null
}

// Variable is a variable of a query. Enum values are text too.
type Variable struct{ Name, Value string }

// Query sends the query and returns the answer's header. It is not sent, and fails as
// fault.Throttled with the time to wait, while the shop's bucket holds too few points. Errors of the
// answer are classified by their code, although its status is 200.
func (a *Client) Query(ctx context.Context, c Call) (http.Header, error) {
	client, known := a.shops[c.Shop]
	if !known || !a.mayCall {
		return nil, &fault.Error{
			Kind: fault.Rejected, Class: fault.Config, Field: "SHOPIFY_ADMIN_TOKEN", Doing: c.Doing,
			Detail: "is not set, and the shop's Admin API is needed",
		}
	}
	bucket := a.buckets[c.Shop]
	if err := bucket.take(c.Query); err != nil {
		return nil, fault.Doing(c.Doing, err)
	}
	reads := strings.HasPrefix(c.Query, "query")
	response, err := client.Do(ctx, webapi.Request{
		Method: http.MethodPost, Path: path, Header: http.Header{"Content-Type": {"application/json"}},
		Body: c.body(), Doing: c.Doing, WantJSON: true, Reads: reads,
	})
	if err != nil {
		bucket.learn(c.Query, cost{})
		if reads {
			return nil, onlyRead(err)
		}
		return nil, err
	}
	reported, err := readAnswer(response.Body, c.Read)
	bucket.learn(c.Query, reported)
	return response.Header, fault.Doing(c.Doing, err)
}

// Affords fails as fault.Throttled, with the time to wait, while the shop's bucket holds too few
// points for sending the query so many times, with half of the bucket left for what is more urgent. A
// query of unknown cost is affordable.
func (a *Client) Affords(shop, query string, times int) error {
	if bucket := a.buckets[shop]; bucket != nil {
		return bucket.affords(query, int64(times))
	}
	return nil
}

func (c Call) body() []byte {
	w := strictjson.NewWriter(nil)
	w.Obj()
	w.StrField("query", c.Query)
	if len(c.Variables) > 0 || c.Input != nil {
		w.Key("variables").Obj()
		for _, v := range c.Variables {
			w.StrField(v.Name, v.Value)
		}
		if c.Input != nil {
			w.Key("input").Raw(c.Input)
		}
		w.EndObj()
	}
	w.EndObj()
	return w.Bytes()
}

// onlyRead reclassifies an ambiguous failure: webapi treats every POST as a write, but a query
// changes nothing.
func onlyRead(err error) error {
	e := *fault.As(err)
	if e.Class == fault.Ambiguous {
		e.Class = fault.Intermittent
	}
	return &e
}
