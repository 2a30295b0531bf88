package main

import (
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/shared/connector"
	"causeway.example/shared/entity"
	"causeway.example/shared/fault"
	"causeway.example/shared/local"
	"causeway.example/shared/message"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// shop is the store of the audited orders, and memo how the ERP's books name one.
const shop = "example-brand.myshopify.com"

func memo(kind, id string) string { return "shopify " + shop + " " + kind + " " + id }

func keyOf(kind, id string) message.Key {
	return message.Key{System: "shopify", Tenant: shop, Type: kind, ID: id}
}

// record is a line of the fake ERP's journal: one record in its books.
func record(kind, id, memo string) string {
	return `{"type":"` + kind + `","id":"` + id + `","externalid":"x` + id + `","body":{"memo":"` + memo + `"}}` + "\n"
}

// stood is a program with an ERP that holds the journal, a ledger of the entries, and
// senders who were told the answers. Nothing runs.
func stood(t *testing.T, journal string, answers []told, entries ...port.Entry) *program {
	t.Helper()
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "books.jsonl"), journal)
	p := &program{senders: &senders{told: map[string]told{}}}
	for _, answer := range answers {
		p.senders.told[answer.ID] = answer
	}
	var err error
	p.erp, err = netsuitetest.Open(filepath.Join(folder, "books.jsonl"), time.Now)
	must(t, err)
	t.Cleanup(func() { must(t, p.erp.Close()) })
	server := httptest.NewServer(p.erp)
	t.Cleanup(server.Close)
	erp, err := netsuite.Open(p.erp.Settings(server.URL), connector.Deps{HTTP: &http.Transport{}, Now: time.Now, Random: rand.Reader})
	must(t, err)
	p.systems, p.table = map[string]connector.System{netsuite.Name: erp}, routes.Table
	p.store, err = local.Open(t.Context(), local.Config{
		Path: filepath.Join(folder, "causeway.db"), Now: time.Now, Routes: routes.Table,
		Systems: routes.Sources(routes.Table), Visibility: time.Minute, MaxReceives: 10,
	})
	must(t, err)
	t.Cleanup(func() { must(t, p.store.Close()) })
	must(t, p.store.Append(t.Context(), entries...))
	return p
}

// hop is a ledger entry about an entity on the orders' route.
func hop(stage port.Stage, key message.Key, code string) port.Entry {
	e := port.Entry{
		At: time.Now(), Trace: "t-" + key.ID, Event: "e-" + key.ID, Type: "order.placed", Entity: key,
		Route: "shopify-orders-to-netsuite", Stage: stage, Outcome: "as the test says",
	}
	if code != "" {
		e.Error = &port.EntryError{Code: code, Class: fault.MissingRef, Message: "as the test says"}
	}
	return e
}

// TestAudit shows that the zeros of a demo could be other numbers.
func TestAudit(t *testing.T) {
	t.Parallel()
	accepted := []told{{"1", http.StatusOK, memo("order", "1")}}
	order, again := record("salesOrder", "601", memo("order", "1")), record("salesOrder", "602", memo("order", "1"))
	published := hop(port.Published, keyOf("payment", "9"), "")
	published.Route = ""
	gap := hop(port.Reconciled, keyOf("order", "1"), "")
	gap.Route, gap.Type, gap.Function = "", port.TypeGap, "shopify-poll"
	audited := hop(port.Reconciled, keyOf("order", "1"), "")
	audited.Route, audited.Type, audited.Function = "", port.TypeGap, "shopify-audit"
	unread := hop(port.Reconciled, keyOf("order", "2"), "http_404")
	unread.Route, unread.Type, unread.Function = "", port.TypeGap, "shopify-poll"
	duplicate := hop(port.Skipped, keyOf("order", "1"), "")
	duplicate.Outcome = "duplicate: netsuite has this content already"
	beside := hop(port.Dead, keyOf("customer", "7"), "value")
	beside.Trace = "t-1" // of the order's own delivery
	for name, c := range map[string]struct {
		journal string
		answers []told
		entries []port.Entry
		want    result
		says    string
	}{
		"the order is there":                       {order, accepted, nil, result{Accepted: 1}, ""},
		"the order is not there":                   {"", accepted, nil, result{Accepted: 1, Lost: 1}, "lost: " + memo("order", "1")},
		"the order is there twice":                 {order + again, accepted, nil, result{Accepted: 1, Duplicated: 1}, "duplicated: " + memo("order", "1")},
		"confirmed, but not there":                 {"", accepted, []port.Entry{hop(port.Confirmed, keyOf("order", "1"), "")}, result{Accepted: 1, Confirmed: 1, Lost: 1}, "lost: "},
		"superseded by what is not there":          {"", accepted, []port.Entry{hop(port.Superseded, keyOf("order", "1"), "")}, result{Accepted: 1, Superseded: 1, Lost: 1}, "lost: "},
		"skipped with a reason":                    {"", accepted, []port.Entry{hop(port.Skipped, keyOf("order", "1"), "")}, result{Accepted: 1, Skipped: 1}, ""},
		"a duplicate of what is not there":         {"", accepted, []port.Entry{duplicate}, result{Accepted: 1, Skipped: 1, Lost: 1}, "lost: "},
		"dead with a reason":                       {"", accepted, []port.Entry{hop(port.Dead, keyOf("order", "1"), "missing_ref")}, result{Accepted: 1, Dead: 1}, ""},
		"another order is dead":                    {"", accepted, []port.Entry{hop(port.Dead, keyOf("order", "2"), "missing_ref")}, result{Accepted: 1, Dead: 1, Lost: 1}, "lost: "},
		"waits for what is dead":                   {"", accepted, []port.Entry{hop(port.Deferred, keyOf("order", "1"), pipeline.ParentDead), beside}, result{Accepted: 1, Dead: 1}, ""},
		"waits for something else":                 {"", accepted, []port.Entry{hop(port.Deferred, keyOf("order", "1"), "http_503")}, result{Accepted: 1, Lost: 1}, "lost: "},
		"refused at the door":                      {"", []told{{"1", http.StatusUnauthorized, memo("order", "1")}}, nil, result{}, ""},
		"the sender was told the same order twice": {"", []told{{"1", http.StatusOK, memo("order", "1")}, {"2", http.StatusOK, memo("order", "1")}}, nil, result{Accepted: 2, Lost: 1}, "lost: "},
		"got lost, and nobody found it":            {"", []told{{"1", 0, memo("order", "1")}}, nil, result{Lost: 1}, "lost: "},
		"got lost, and polling found it":           {order, []told{{"1", 0, memo("order", "1")}}, []port.Entry{gap, gap, unread, audited}, result{Found: 1}, ""},
		"a payment is not there":                   {"", nil, []port.Entry{published}, result{Lost: 1}, "lost: " + memo("payment", "9")},
		"a payment is there":                       {record("customerDeposit", "603", memo("payment", "9")), nil, []port.Entry{published}, result{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := stood(t, c.journal, c.answers, c.entries...)
			var out strings.Builder
			got, err := p.audit(t.Context(), &out)
			must(t, err)
			if got != c.want {
				t.Errorf("audited %s\nwant    %s", got.line(), c.want.line())
			}
			if !strings.Contains(out.String(), c.says) || c.says == "" && out.Len() > 0 {
				t.Errorf("said %q, want %q", out.String(), c.says)
			}
		})
	}
}

// TestAuditCountsWhatWaitsForTheDead has a payment wait for an order that waits for a dead
// customer, and another order that waits for one that is only late.
func TestAuditCountsWhatWaitsForTheDead(t *testing.T) {
	t.Parallel()
	p := stood(t, "", nil)
	dead, err := entity.Load(t.Context(), p.store, "netsuite", keyOf("customer", "7"), false)
	must(t, err)
	dead.Attempt("e").Letters = []entity.Letter{{Event: "e", At: time.Now()}}
	must(t, dead.Save(t.Context(), p.store, time.Now()))
	for queue, parents := range map[string]map[message.Key]message.Key{
		"shopify-orders-to-netsuite":   {keyOf("order", "1"): keyOf("customer", "7"), keyOf("order", "2"): keyOf("customer", "8")},
		"shopify-payments-to-netsuite": {keyOf("payment", "1-paid"): keyOf("order", "1")},
	} {
		for key, parent := range parents {
			m := message.Message{ID: "e-" + key.ID, Source: "causeway.shopify", Tenant: shop, Subject: key.Type + "/" + key.ID, Parents: []message.Key{parent}}
			body, err := m.Encode()
			must(t, err)
			must(t, p.store.Send(t.Context(), queue, []port.Outgoing{{Body: body}}))
		}
	}
	got, err := p.audit(t.Context(), io.Discard)
	must(t, err)
	if want := (result{Parked: 2}); got != want {
		t.Errorf("audited %s\nwant    %s", got.line(), want.line())
	}
}

func TestResultIsOneLineOfJSON(t *testing.T) {
	t.Parallel()
	const want = `{"accepted":1,"found":2,"confirmed":3,"superseded":4,"skipped":5,"parked":6,"dead":7,"lost":8,"duplicated":9}`
	if got := (result{1, 2, 3, 4, 5, 6, 7, 8, 9}).line(); got != want {
		t.Errorf("result is %s, want %s", got, want)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	dead := hop(port.Dead, keyOf("order", "1"), "missing_ref")
	dead.Error.Fingerprint, dead.Attempt, dead.TargetRef = "5651ab00", 2, "77"
	received := hop(port.Received, message.Key{System: "shopify", Tenant: shop}, "")
	received.Trace, received.Event, received.Route, received.At = "t-1", "raw-1", "", dead.At.Add(-time.Second)
	slashes := hop(port.Confirmed, message.Key{System: "woocommerce", Tenant: "https://shop.example/de", Type: "order", ID: "50%"}, "")
	p := stood(t, record("salesOrder", "601", memo("order", "1")), nil, dead, received, slashes)
	pages := http.NewServeMux()
	pages.HandleFunc("GET /trace/{what...}", tracePage(p.store))
	pages.HandleFunc("GET /books", booksPage(p.erp))
	for name, c := range map[string]struct {
		path   string
		status int
		says   []string
	}{
		"by entity, oldest hop first": {"/trace/" + keyOf("order", "1").String(), 200, []string{"received", "dead", "attempt 2", "[77]", "(missing_ref missing_ref 5651ab00)", "trace t-1"}},
		"by an entity with slashes":   {"/trace/" + slashes.Entity.String(), 200, []string{"confirmed", "trace t-50%"}},
		"by event":                    {"/trace/raw-1", 200, []string{"received", "dead"}},
		"by trace":                    {"/trace/t-1", 200, []string{"received", "dead"}},
		"without a key":               {"/trace/", 404, []string{"nothing known"}},
		"of nobody":                   {"/trace/1002", 404, []string{"nothing known"}},
		"the ERP's books":             {"/books", 200, []string{`"customers": null`, memo("order", "1")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, text := get(t, pages, c.path)
			if status != c.status {
				t.Errorf("status %d, want %d", status, c.status)
			}
			for _, want := range c.says {
				before, after, found := strings.Cut(text, want)
				if !found {
					t.Fatalf("%q does not say %q next", before, want)
				}
				text = after
			}
		})
	}
}
