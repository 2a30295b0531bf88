package netsuitetest

import (
	"bytes"
	"crypto"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
)

// DefaultConcurrency is the number of requests that the smallest account may have under way.
const DefaultConcurrency = 5

const bodyLimit = 32 << 20

// Fake is a NetSuite account. It is an http.Handler and safe for concurrent use.
type Fake struct {
	now      func() time.Time
	contract *contract

	mu      sync.Mutex
	books   books
	journal *os.File // nil if the books need not outlive the process
	plans   []*plan
	calls   []string // "PUT /services/…", in the order of arrival
	limit   int
	active  int
	highest int
	nonces  map[string]bool
	keys    map[string]crypto.PublicKey // by certificate id
	tokens  map[string]time.Time        // access token -> its end

	forbidden map[string]bool // record types that the role has no permission for

	gone  []goneRow // item fulfillments that were deleted
	stock []*stockRow
	items map[string]Item // by internal id, as SetItem left them
	kits  map[string]Kit  // by internal id, as SetKit left them

	anyItem bool     // items are made when a sales order names them
	unknown []string // but not these
}

// New returns an empty account that is gone with the process.
func New(now func() time.Time) *Fake {
	return &Fake{
		now: now, contract: loadContract(), books: newBooks(now), limit: DefaultConcurrency,
		nonces: map[string]bool{}, keys: map[string]crypto.PublicKey{}, tokens: map[string]time.Time{},
		forbidden: map[string]bool{}, items: map[string]Item{}, kits: map[string]Kit{},
	}
}

// Settings returns the connector's settings for this account at the address, with
// token-based authentication and the ids that a Fake knows.
func (f *Fake) Settings(base string) map[string]string {
	return map[string]string{
		"NETSUITE_ACCOUNT": account, "NETSUITE_API_URL": base, "NETSUITE_AUTH": "token",
		"NETSUITE_CONSUMER_KEY": consumerKey, "NETSUITE_CONSUMER_SECRET": consumerSecret,
		"NETSUITE_TOKEN_ID": tokenID, "NETSUITE_TOKEN_SECRET": tokenSecret,
		"NETSUITE_CURRENCIES":      "USD=1,GBP=2,CAD=3,EUR=4,JPY=5,KWD=6",
		"NETSUITE_SUBSIDIARIES":    "shopify/example-brand.myshopify.com=1,woocommerce/shop.example.com=2",
		"NETSUITE_SHIP_METHODS":    "*=92",
		"NETSUITE_PAYMENT_METHODS": "card=1,gift_card=9,*=7",
		"NETSUITE_TAX_CODE":        "-7",
		"NETSUITE_ITEM_TAX":        "store-tax", "NETSUITE_ITEM_GIFT_CARD": "store-gift-card", "NETSUITE_ITEM_TIP": "store-tip",
		"NETSUITE_ITEM_DUTY": "store-duty", "NETSUITE_ITEM_FEE": "store-fee", "NETSUITE_ITEM_ROUNDING": "store-rounding",
		"NETSUITE_ITEM_CASH_ROUNDING": "store-cash-rounding", "NETSUITE_ITEM_CUSTOM": "store-custom",
		"NETSUITE_ITEM_ADJUSTMENT": "store-adjustment", "NETSUITE_ITEM_CHANNEL_TAX": "store-channel-tax",
	}
}

// Now returns the time of the account's clock.
func (f *Fake) Now() time.Time { return f.now() }

// LimitConcurrency sets how many requests the account may have under way.
func (f *Fake) LimitConcurrency(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.limit = n
}

// HighestConcurrency returns the most requests that were under way at once, refused
// ones included.
func (f *Fake) HighestConcurrency() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.highest
}

// Calls returns "METHOD path?query" of every request so far, in the order of arrival.
func (f *Fake) Calls() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.calls...)
}

// ServeHTTP answers one request, as planned or as NetSuite would.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", f.now().UTC().Format(http.TimeFormat)) // dates in an answer are by its own clock
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err != nil {
		return // the sender is gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	defer f.leave()
	if !f.enter(r) {
		refuse(w, http.StatusTooManyRequests, "CONCURRENCY_LIMIT_EXCEEDED", "", "Concurrent request limit exceeded. Request blocked.")
		return
	}
	serve := func(w http.ResponseWriter, r *http.Request) { f.serve(w, r, body) }
	if act := f.planned(r, body); act != nil {
		act(w, r, serve)
		return
	}
	serve(w, r)
}

func (f *Fake) enter(r *http.Request) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, r.Method+" "+r.URL.RequestURI())
	f.active++
	f.highest = max(f.highest, f.active)
	return f.active <= f.limit
}

func (f *Fake) leave() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.active--
}

func (f *Fake) serve(w http.ResponseWriter, r *http.Request, body []byte) {
	if r.URL.Path == tokenPath {
		f.grant(w, r, body)
		return
	}
	if !f.authentic(r) {
		unauthorized(w)
		return
	}
	if bad := f.contract.check(r, body); bad != nil {
		bad.write(w)
		return
	}
	if r.URL.Path == queryPath {
		f.query(w, body)
		return
	}
	f.record(w, r, body)
}

// record reads or writes one record.
func (f *Fake) record(w http.ResponseWriter, r *http.Request, body []byte) {
	kind, id, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, recordPath), "/")
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.forbidden[kind] {
		refuse(w, http.StatusForbidden, "INSUFFICIENT_PERMISSION", "", "Permission Violation: You need a higher level of the permission to access this page.")
		return
	}
	if r.Method == http.MethodGet {
		f.read(w, kind, id, r.URL.Query())
		return
	}
	if r.Method == http.MethodDelete {
		if bad := f.unship(id); bad != nil {
			bad.write(w)
			return
		}
		w.WriteHeader(http.StatusNoContent)
		return
	}
	replace := strings.Split(r.URL.Query().Get("replace"), ",")
	id, action, _ := strings.Cut(id, "/")
	var internal string
	var bad *refusal
	if to, ok := strings.CutPrefix(action, "!transform/"); ok {
		internal, bad = f.transform(kind, id, to, replace, body)
		kind = to
	} else {
		internal, bad = f.put(r.Method, kind, id, replace, body)
	}
	if bad != nil {
		bad.write(w)
		return
	}
	w.Header().Set("Location", "http://"+r.Host+recordPath+kind+"/"+internal)
	w.WriteHeader(http.StatusNoContent)
}

// read answers with one record. Sublists and addresses are links unless they are asked for.
func (f *Fake) read(w http.ResponseWriter, kind, id string, query url.Values) {
	found := f.books.find(kind, id)
	switch {
	case found == nil:
		f.books.missing(kind, id).write(w)
		return
	case f.books.locked[found.ID]:
		lockedByWorkflow().write(w)
		return
	}
	answer, fields := map[string]any{"id": found.ID, "links": []any{}}, query.Get("fields")
	if kind == returnRecord && fields == "" {
		answer["status"] = map[string]any{"id": returnStatus(found.state)}
	}
	for name, value := range found.state {
		if fields == "" || strings.Contains(","+fields+",", ","+name+",") {
			answer[name] = f.books.shown(name, value, query.Get("expandSubResources") == "true")
		}
	}
	w.Header().Set("Content-Type", "application/vnd.oracle.resource+json; type=singular; charset=UTF-8")
	writeJSON(w, answer)
}

// shown returns a field as NetSuite shows it: items by their internal id and name.
func (b *books) shown(name string, value any, expand bool) any {
	isSub := items(value) != nil || name == "shippingAddress" || name == "billingAddress"
	switch {
	case isSub && !expand:
		return map[string]any{"links": []any{}}
	case name != itemSublist:
		return value
	}
	lines := []any{}
	for _, entry := range items(value) {
		fields, _ := entry.(map[string]any)
		fields = maps.Clone(fields)
		if item := b.refer(itemRecord, fields["item"]); item != nil {
			fields["item"] = map[string]any{"id": item.ID, "refName": "Shop : " + item.ExternalID, "links": []any{}}
		}
		lines = append(lines, fields)
	}
	return map[string]any{"items": lines, "count": len(lines), "hasMore": false, "offset": 0, "totalResults": len(lines), "links": []any{}}
}

func writeJSON(w io.Writer, value any) {
	// The values are maps of what came in as JSON, so they can be written; and a reader
	// that is gone is no one to report to.
	_ = json.NewEncoder(w).Encode(value)
}
