package function

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// collector is an OpenTelemetry collector that keeps what it is sent.
type collector struct {
	mu     sync.Mutex
	status int
	header http.Header
	path   string
	spans  []exported
	bodies int
}

// exported is a span as the OTLP specification has it in JSON.
type exported struct {
	TraceID    string `json:"traceId"`
	SpanID     string `json:"spanId"`
	Parent     string `json:"parentSpanId"`
	Name       string `json:"name"`
	Kind       int    `json:"kind"`
	Start      string `json:"startTimeUnixNano"`
	End        string `json:"endTimeUnixNano"`
	Attributes []struct {
		Key   string
		Value struct{ StringValue string }
	}
	Status struct {
		Code    int
		Message string
	}
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var request struct {
		ResourceSpans []struct {
			ScopeSpans []struct{ Spans []exported }
		}
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &request)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.header, c.path = r.Header, r.URL.Path
	c.bodies++
	if err != nil || c.status != 0 {
		w.WriteHeader(max(c.status, 400))
		return
	}
	c.spans = append(c.spans, request.ResourceSpans[0].ScopeSpans[0].Spans...)
}

func newCollector(t *testing.T, b *bench) *collector {
	t.Helper()
	c := &collector{}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	b.process.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = server.URL + "/"
	b.process.environ["OTEL_EXPORTER_OTLP_HEADERS"] = "api-key=canary-collector-key"
	b.process.deps.HTTP = server.Client().Transport
	return c
}

func TestATraceLeadsFromTheSenderToTheTarget(t *testing.T) {
	t.Parallel()
	door := newBench(t, connector.Receive)
	first := newCollector(t, door)
	r := request("w1", customer("7", 1))
	r.Headers["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	door.call(door.start(), r)

	inbox := newBench(t, connector.Translate)
	second := newCollector(t, inbox)
	inbox.ports.Memory = door.ports.Memory
	inbox.run(inbox.start(), inbox.poll("toy-inbox"))

	till := newBench(t, connector.Deliver)
	third := newCollector(t, till)
	till.ports.Memory = door.ports.Memory
	till.world.deliver = func(connector.Delivery) error { return errors.New("no") }
	till.run(till.start(), till.poll(toyQueue))

	if len(first.spans) != 1 || len(second.spans) != 1 || len(third.spans) != 1 {
		t.Fatalf("spans %+v, %+v, %+v", first.spans, second.spans, third.spans)
	}
	a, b, c := first.spans[0], second.spans[0], third.spans[0]
	if a.Parent != "b7ad6b7169203331" || a.Kind != spanServer || b.Parent != a.SpanID || c.Parent != a.SpanID || b.SpanID == c.SpanID {
		t.Errorf("the spans are %+v, %+v, %+v", a, b, c)
	}
	for _, s := range []exported{a, b, c} {
		if s.TraceID != "0af7651916cd43dd8448eb211c80319c" || len(s.SpanID) != 16 || s.Start > s.End || len(s.Start) != 19 {
			t.Errorf("the span is %+v", s)
		}
	}
	if a.Name != "receive toy" || b.Name != "process toy-inbox" || c.Name != "process "+toyQueue {
		t.Errorf("named %s, %s, %s", a.Name, b.Name, c.Name)
	}
	if first.path != "/v1/traces" || first.header.Get("Api-Key") != "canary-collector-key" || first.header.Get("Content-Type") != "application/json" {
		t.Errorf("sent to %s with %v", first.path, first.header)
	}
	checkCanaries(t, string(mustJSON(t, [][]exported{first.spans, second.spans, third.spans})))
}

func TestASenderWithoutATraceBeginsOne(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	c := newCollector(t, b)
	b.call(b.start(), request("w1", "{}"))
	raws := b.inbox()
	if len(c.spans) != 1 || c.spans[0].Parent != "" || raws[0].TraceParent != "00-"+c.spans[0].TraceID+"-"+c.spans[0].SpanID+"-01" {
		t.Errorf("spans %+v, carried on %s", c.spans, raws[0].TraceParent)
	}
}

func TestATraceThatNobodyRecordsIsNotExported(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	c := newCollector(t, b)
	r := request("w1", "{}")
	r.Headers["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
	b.call(b.start(), r)
	if raws := b.inbox(); len(c.spans) != 0 || raws[0].TraceParent != r.Headers["traceparent"] {
		t.Errorf("spans %+v, carried on %s", c.spans, raws[0].TraceParent)
	}
}

func TestARejectedRequestSendsNoSpan(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	c := newCollector(t, b)
	f := b.start()
	if got := signed(b, f, "w1", "rubbish"); got != http.StatusUnauthorized || c.bodies != 0 {
		t.Errorf("answered %d, %d exports", got, c.bodies)
	}
	b.ports.send = fault.New(fault.Unavailable, fault.Intermittent, "sending", "503")
	if got := b.call(f, request("w2", "{}")).StatusCode; got != http.StatusServiceUnavailable || c.bodies != 1 {
		t.Errorf("a failure of ours is answered %d with %d exports, want one", got, c.bodies)
	}
}

func TestASpanTellsHowItEnded(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Deliver)
	c := newCollector(t, b)
	f := b.start()
	b.translated("1")
	b.ports.append = fault.New(fault.Unavailable, fault.Intermittent, "writing", "503")
	b.run(f, b.poll(toyQueue))
	if len(c.spans) != 1 || c.spans[0].Status.Code != statusError || c.spans[0].Status.Message != "intermittent" {
		t.Errorf("spans %+v", c.spans)
	}
}

func TestACollectorThatFailsCostsNothingButOneLine(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	c := newCollector(t, b)
	c.status = http.StatusInternalServerError
	f := b.start()
	said := func() int { return strings.Count(b.out.String(), "exporting spans") }
	for range 3 {
		if got := b.call(f, request("w1", "{}")); got.StatusCode != http.StatusOK {
			t.Errorf("answered %+v", got)
		}
	}
	if c.bodies != 3 || said() != 1 {
		t.Errorf("%d exports, said %d times", c.bodies, said())
	}
	c.mu.Lock()
	c.status = 0
	c.mu.Unlock()
	b.call(f, request("w2", "{}"))
	c.mu.Lock()
	c.status = http.StatusTeapot
	c.mu.Unlock()
	b.call(f, request("w3", "{}"))
	if said() != 2 {
		t.Errorf("after it worked again, said %d times", said())
	}
	checkCanaries(t, b.out.String())
}

func TestACollectorThatIsNotThereCostsNothingButOneLine(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	server := httptest.NewServer(nil)
	b.process.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = server.URL
	server.Close()
	if got := b.call(b.start(), request("w1", "{}")); got.StatusCode != http.StatusOK || strings.Count(b.out.String(), "exporting spans") != 1 {
		t.Errorf("answered %+v, said %s", got, b.out.String())
	}
}

func TestNoMoreSpansAreKeptThanExported(t *testing.T) {
	t.Parallel()
	r := recorder{random: strings.NewReader(strings.Repeat("0123456789abcdefghijklmn", mostSpans+9)), now: func() time.Time { return epoch }}
	for range mostSpans + 9 {
		r.end(r.begin("x", spanConsumer, ""), "", nil)
	}
	if len(r.done) != mostSpans {
		t.Errorf("%d spans", len(r.done))
	}
	if s := r.begin("without randomness", spanConsumer, ""); s != nil {
		t.Errorf("a span without an id: %+v", s)
	}
}
