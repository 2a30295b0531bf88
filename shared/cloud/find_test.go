package cloud_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/cloud"
	"causeway.example/shared/cloud/account"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// reads counts what Query requests read.
type reads struct {
	http.RoundTripper
	t            *testing.T
	pages, items int
}

func (r *reads) RoundTrip(request *http.Request) (*http.Response, error) {
	answer, err := r.RoundTripper.RoundTrip(request)
	if err != nil || !strings.HasSuffix(request.Header.Get("X-Amz-Target"), ".Query") {
		return answer, err
	}
	body, err := io.ReadAll(answer.Body)
	must(r.t, err)
	var page struct{ ScannedCount int }
	must(r.t, json.Unmarshal(body, &page))
	r.pages, r.items = r.pages+1, r.items+page.ScannedCount
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, nil
}

// busy is a ledger of 50,000 entries of one entity in 500 traces, with 1,000 waits of
// another in a single trace, and 1,000 dead letters of one day.
func busy(t *testing.T) (*cloud.Backend, *reads) {
	t.Helper()
	w := newWorld(t)
	counted := &reads{RoundTripper: w.server.Transport(), t: t}
	a, err := account.Config(with(map[string]string{"AWS_ENDPOINT_URL": "http://aws.invalid"}), counted)
	must(t, err)
	b := cloud.Open(a, w.config)
	var entries []port.Entry
	for trace := range 500 {
		for i := range 100 {
			e := placed()
			e.At, e.Trace, e.Outcome = noon.Add(time.Duration(trace)*time.Minute+time.Duration(i)*time.Second), fmt.Sprint("trace", trace), fmt.Sprint(trace, " ", i)
			if i > 0 {
				e.Route, e.Stage, e.Attempt = "shop-orders-to-erp", port.Sent, i
			}
			entries = append(entries, e)
		}
	}
	for i := range 1000 {
		e := routed(port.Deferred)
		e.At, e.Trace, e.Event, e.Outcome = noon.Add(time.Duration(i)*time.Hour), "waiting", "waits", fmt.Sprint("wait ", i)
		dead := routed(port.Dead)
		dead.At, dead.Trace, dead.Event, dead.Outcome = noon.Add(time.Duration(i)*time.Second), fmt.Sprint("dead", i), fmt.Sprint("dies", i), fmt.Sprint("dead ", i)
		entries = append(entries, e, dead)
	}
	for len(entries) > 0 {
		n := min(len(entries), 2000)
		must(t, b.Append(t.Context(), entries[:n]...))
		entries = entries[n:]
	}
	counted.pages, counted.items = 0, 0
	return b, counted
}

// However long the ledger, a page of 20 costs the reads of 20.
func TestALimitBoundsWhatFindReads(t *testing.T) {
	t.Parallel()
	b, counted := busy(t)
	order := placed().Entity
	for _, c := range []struct {
		name         string
		query        port.Query
		first, last  string
		pages, items int
	}{
		{"an entity", port.Query{Entity: order}, "0 0", "0 19", 4, 30},
		{"an entity, newest first", port.Query{Entity: order, Newest: true}, "499 99", "499 80", 4, 30},
		{"an entity since", port.Query{Entity: order, Since: noon.Add(400 * time.Minute), Newest: true}, "499 99", "499 80", 4, 30},
		{"an entity's stage, newest first", port.Query{Entity: order, Stage: port.Published, Newest: true}, "499 0", "480 0", 23, 1100},
		{"an event, newest first", port.Query{Event: "e1", Newest: true}, "499 99", "499 80", 4, 30},
		{"a trace", port.Query{Trace: "waiting"}, "wait 0", "wait 19", 1, 21},
		{"a trace, newest first", port.Query{Trace: "waiting", Newest: true}, "wait 999", "wait 980", 1, 21},
		{"dead letters since", port.Query{Stage: port.Dead, Since: noon}, "dead 0", "dead 19", 4, 84},
		{"dead letters, newest first", port.Query{Stage: port.Dead, Newest: true}, "dead 999", "dead 980", 8, 84},
	} {
		c.query.Limit = 20
		counted.pages, counted.items = 0, 0
		found, err := b.Find(t.Context(), c.query)
		must(t, err)
		if len(found) != 20 || found[0].Outcome != c.first || found[19].Outcome != c.last {
			t.Errorf("%s: found %d entries, the first %q", c.name, len(found), found[0].Outcome)
			continue
		}
		if counted.pages > c.pages || counted.items > c.items {
			t.Errorf("%s: %d requests read %d items, want at most %d and %d", c.name, counted.pages, counted.items, c.pages, c.items)
		}
		t.Logf("%s: %d requests, %d items", c.name, counted.pages, counted.items)
	}
}

func TestALongTraceHasATwin(t *testing.T) {
	t.Parallel()
	b := newWorld(t).open()
	for _, length := range []int{1000, 1010, 1020, 1030, 3000} {
		e := placed()
		e.Trace, e.Entity = strings.Repeat("t", length), message.Key{System: "shop", Tenant: "brand", Type: "order", ID: fmt.Sprint(length)}
		must(t, b.Append(t.Context(), e))
		found, err := b.Find(t.Context(), port.Query{Entity: e.Entity})
		if err != nil || len(found) != 1 || found[0].Trace != e.Trace {
			t.Errorf("a trace of %d bytes: found %d entries by entity, %v", length, len(found), err)
		}
	}
}
