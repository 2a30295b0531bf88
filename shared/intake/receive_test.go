package intake_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/intake"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/routes"
)

// epoch is the time at which the tests' clock starts.
var epoch = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// testSource reads the result of the signature check from a header.
type testSource struct{}

func (testSource) Receive(_ context.Context, r connector.Request) (*message.Raw, error) {
	switch r.Header.Get("X-Signature") {
	case "good":
		return &message.Raw{ID: message.DeriveID("toy", r.Header.Get("X-Id")), Topic: "facts", Trigger: message.Webhook, Tenant: "t1"}, nil
	case "ping":
		return nil, nil
	}
	return nil, &fault.Error{Kind: fault.Unauthentic, Code: "signature_mismatch", Doing: "checking the signature"}
}

func (testSource) Translate(context.Context, *message.Raw) (connector.Translation, error) {
	return connector.Translation{}, errors.New("the door translates nothing")
}

// testPartner is a source with a partner event bus.
type testPartner struct{ testSource }

func (testPartner) Adopt(_ context.Context, event []byte, _ time.Time) (*message.Raw, error) {
	return &message.Raw{ID: "p1", Topic: "facts", Trigger: message.Partner, Body: event}, nil
}

// testEnv is a receiver on ports in memory.
type testEnv struct {
	*testing.T
	memory  *porttest.Memory
	runtime port.Runtime
	system  connector.System
	refused []string
	log     bytes.Buffer
}

func newEnv(t *testing.T) *testEnv {
	t.Helper()
	clock := porttest.NewClock(epoch)
	e := &testEnv{T: t, memory: porttest.NewMemory(clock.Now)}
	e.memory.Systems = []string{"toy"}
	e.runtime = port.Runtime{
		Ports: port.Ports{Queue: e.memory, Ledger: e.memory, Vault: e.memory},
		Now:   clock.Now, Log: slog.New(slog.NewTextHandler(&e.log, nil)), Build: "test",
	}
	e.system = connector.System{Profile: connector.Profile{Name: "toy", BodyLimit: 1 << 20}, Source: testSource{}}
	return e
}

func (e *testEnv) receiver() *intake.Receiver {
	e.Helper()
	r, err := intake.New(e.runtime, e.system)
	if err != nil {
		e.Fatal(err)
	}
	r.Refused = func(code string) { e.refused = append(e.refused, code) }
	return r
}

// inbox returns the raw messages in the queue.
func (e *testEnv) inbox(queue string) (all []*message.Raw) {
	e.Helper()
	batch, err := e.memory.Receive(e.Context(), queue, 10, 0)
	if err != nil {
		e.Fatal(err)
	}
	for _, in := range batch {
		raw, err := message.DecodeRaw(in.Body)
		if err != nil {
			e.Fatal(err)
		}
		all = append(all, raw)
	}
	return all
}

// entry returns the only ledger entry.
func (e *testEnv) entry() port.Entry {
	e.Helper()
	found, err := e.memory.Find(e.Context(), port.Query{Stage: port.Received})
	if err != nil || len(found) != 1 {
		e.Fatalf("%d entries (%v), want 1", len(found), err)
	}
	return found[0]
}

func request(signature, media, body string) connector.Request {
	header := http.Header{"X-Signature": {signature}, "X-Id": {"1"}, "Content-Type": {media}}
	return connector.Request{Method: http.MethodPost, Header: header, Body: []byte(body), At: epoch}
}

func withMethod(r connector.Request, method string) connector.Request {
	r.Method = method
	return r
}

func withHeader(r connector.Request, key string, values ...string) connector.Request {
	r.Header = r.Header.Clone()
	r.Header[key] = values
	return r
}

func gzipped(body []byte) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(body)
	_ = w.Close()
	return b.String()
}

func TestNewNamesEverythingThatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := intake.New(port.Runtime{}, connector.System{})
	if f := fault.As(err); f == nil || f.Class != fault.Config {
		t.Fatalf("New = %v", err)
	}
	for _, name := range []string{"Queue", "Ledger", "Vault", "Now", "Log", "System.Profile.Name"} {
		if !strings.Contains(err.Error(), name+" is missing") {
			t.Errorf("%q does not name %s", err, name)
		}
	}
}

func TestReceiveAnswers(t *testing.T) {
	t.Parallel()
	const media = "application/json"
	bomb, large := gzipped(make([]byte, 8<<20)), strings.Repeat("x", 1<<20+1)
	for name, tc := range map[string]struct {
		request connector.Request
		want    int
		stored  int
	}{
		"authentic":                       {request("good", media, `{}`), 200, 1},
		"A3 wrong signature":              {request("bad", media, `{}`), 401, 0},
		"a ping is answered and dropped":  {request("ping", "text/plain", `1`), 200, 0},
		"bad input 19 GET":                {withMethod(request("good", media, `{}`), "GET"), 405, 0},
		"bad input 19 PUT":                {withMethod(request("good", media, `{}`), "PUT"), 405, 0},
		"bad input 20 empty body":         {request("good", media, ""), 400, 0},
		"bad input 21 at the limit":       {request("good", media, large[1:]), 200, 1},
		"bad input 21 one byte over":      {request("good", media, large), 413, 0},
		"bad input 22 gzip bomb":          {withHeader(request("good", media, bomb), "Content-Encoding", "gzip"), 413, 0},
		"bad input 23 unknown media type": {request("good", "text/html", `{}`), 415, 0},
		"bad input 23 no media type":      {withHeader(request("good", "", `{}`), "Content-Type"), 415, 0},
		"unknown encoding":                {withHeader(request("good", media, `{}`), "Content-Encoding", "br"), 415, 0},
		"damaged gzip":                    {withHeader(request("good", media, `{}`), "Content-Encoding", "gzip"), 400, 0},
		"unsigned, empty":                 {request("bad", media, ""), 401, 0},
		"unsigned, too large":             {request("bad", media, large), 401, 0},
		"unsigned gzip bomb":              {withHeader(request("bad", media, bomb), "Content-Encoding", "gzip"), 401, 0},
		"unsigned, unknown media type":    {request("bad", "text/html", `{}`), 401, 0},
		"unsigned, unknown encoding":      {withHeader(request("bad", media, `{}`), "Content-Encoding", "br"), 401, 0},
		"unsigned, damaged gzip":          {withHeader(request("bad", media, `{}`), "Content-Encoding", "gzip"), 401, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			answer := e.receiver().Receive(t.Context(), tc.request)
			if answer.Status != tc.want {
				t.Errorf("status %d, want %d", answer.Status, tc.want)
			}
			if n := len(e.inbox("toy-inbox")); n != tc.stored {
				t.Errorf("%d messages stored, want %d", n, tc.stored)
			}
			if traced := answer.Header.Get(intake.TraceHeader) != ""; traced != (tc.stored > 0) {
				t.Errorf("trace id in the answer: %v", traced)
			}
			if tc.want != 200 && len(e.refused) != 1 {
				t.Errorf("counted as refused: %q, want one", e.refused)
			}
		})
	}
}

// TestUnsignedBytesAreNotInflated measures what an unsigned gzip bomb allocates: inflating it
// to the limit takes a megabyte at least.
func TestUnsignedBytesAreNotInflated(t *testing.T) {
	e := newEnv(t)
	r := e.receiver()
	bomb := withHeader(request("bad", "application/json", gzipped(make([]byte, 8<<20))), "Content-Encoding", "gzip")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r.Receive(t.Context(), bomb)
	runtime.ReadMemStats(&after)
	used := after.TotalAlloc - before.TotalAlloc
	if used > 100_000 {
		t.Errorf("an unsigned request allocates %d bytes", used)
	}
}

func TestAnAnswerReflectsNothing(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	answer := e.receiver().Receive(t.Context(), request("bad", "application/json", `{"secret":"canary"}`))
	if strings.Contains(answer.Body, "canary") || strings.Contains(e.log.String(), "canary") {
		t.Errorf("the rejected body is in %q or in the log %q", answer.Body, e.log.String())
	}
}

func TestEveryByteIsKept(t *testing.T) {
	t.Parallel()
	for name, zip := range map[string]bool{"as sent": false, "gzip": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			body := "{\"a\":\"\xff\\u0000\"}\r\n trailing"
			r := request("good", "application/json; charset=utf-8", body)
			if zip {
				r = withHeader(r, "Content-Encoding", "gzip")
				r.Body = []byte(gzipped([]byte(body)))
			}
			const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
			answer := e.receiver().Receive(t.Context(), withHeader(r, "Traceparent", parent))
			inbox := e.inbox("toy-inbox")
			if len(inbox) != 1 || string(inbox[0].Body) != body {
				t.Fatalf("stored %+v, want %q", inbox, body)
			}
			raw := inbox[0]
			if raw.System != "toy" || !raw.ReceivedAt.Equal(epoch) || raw.CorrelationID != raw.ID || raw.ContentType != "application/json" || raw.TraceParent != parent {
				t.Errorf("raw message %+v", raw)
			}
			if got := answer.Header.Get(intake.TraceHeader); got != raw.CorrelationID {
				t.Errorf("the answer carries trace %q, want %q", got, raw.CorrelationID)
			}
			if entry := e.entry(); entry.Hashes.Source != port.Digest([]byte(body)) {
				t.Errorf("the ledger has hash %q of the source", entry.Hashes.Source)
			}
		})
	}
}

func TestALargeBodyIsCheckedIn(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	body := strings.Repeat("x", message.InlineLimit+1)
	if status := e.receiver().Receive(t.Context(), request("good", "application/json", body)).Status; status != 200 {
		t.Fatalf("status %d", status)
	}
	inbox := e.inbox("toy-inbox")
	if len(inbox) != 1 || len(inbox[0].Body) > 0 || inbox[0].Claim == nil {
		t.Fatalf("inbox %+v", inbox)
	}
	stored, err := e.memory.Load(t.Context(), *inbox[0].Claim)
	if err != nil || string(stored) != body {
		t.Errorf("the vault has %d bytes (%v), want %d", len(stored), err, len(body))
	}
}

// brokenPort fails every call, after its context has ended if hangs is set.
type brokenPort struct {
	port.Queue
	port.Vault
	port.Ledger
	hangs bool
}

var errPort = errors.New("port unavailable")

func (b brokenPort) fail(ctx context.Context) error {
	if b.hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	return errPort
}

func (b brokenPort) Send(ctx context.Context, _ string, _ []port.Outgoing) error { return b.fail(ctx) }

func (b brokenPort) Store(ctx context.Context, _ []byte) (message.Claim, error) {
	return message.Claim{}, b.fail(ctx)
}
func (b brokenPort) Append(ctx context.Context, _ ...port.Entry) error { return b.fail(ctx) }

// TestAPortThatFailsOrHangs: 503 within four seconds while nothing is durable, and 200
// within a second of that, with or without the ledger.
func TestAPortThatFailsOrHangs(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		damage func(*port.Runtime, brokenPort)
		status int
		within time.Duration
	}{
		"queue":  {func(r *port.Runtime, b brokenPort) { r.Queue = b }, 503, 4 * time.Second},
		"vault":  {func(r *port.Runtime, b brokenPort) { r.Vault = b }, 503, 4 * time.Second},
		"ledger": {func(r *port.Runtime, b brokenPort) { r.Ledger = b }, 200, time.Second},
	} {
		for _, hangs := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				e := newEnv(t)
				tc.damage(&e.runtime, brokenPort{hangs: hangs})
				begun := time.Now()
				answer := e.receiver().Receive(t.Context(), request("good", "application/json", strings.Repeat("x", message.InlineLimit+1)))
				if answer.Status != tc.status || time.Since(begun) > tc.within {
					t.Errorf("%s, hangs %v: status %d after %v, want %d within %v", name, hangs, answer.Status, time.Since(begun), tc.status, tc.within)
				}
				if answer.Status == 503 && answer.Header.Get("Retry-After") == "" {
					t.Errorf("%s, hangs %v: no Retry-After", name, hangs)
				}
				if answer.Status == 200 && (len(e.inbox("toy-inbox")) != 1 || !strings.Contains(e.log.String(), "writing the ledger")) {
					t.Errorf("%s, hangs %v: not stored, or the failure is not logged: %s", name, hangs, e.log.String())
				}
			})
		}
	}
}

// slowQueue takes its time.
type slowQueue struct {
	port.Queue
	time.Duration
}

func (q slowQueue) Send(ctx context.Context, queue string, batch []port.Outgoing) error {
	select {
	case <-time.After(q.Duration):
		return q.Queue.Send(ctx, queue, batch)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TestTheBoundsAddUpToFourSeconds: a slow queue and a ledger that hangs leave the sender
// its answer in time.
func TestTheBoundsAddUpToFourSeconds(t *testing.T) {
	t.Parallel()
	for pause, want := range map[time.Duration]int{3 * time.Second: 200, 3500 * time.Millisecond: 503} {
		synctest.Test(t, func(t *testing.T) {
			e := newEnv(t)
			e.runtime.Queue, e.runtime.Ledger = slowQueue{e.memory, pause}, brokenPort{hangs: true}
			begun := time.Now()
			answer := e.receiver().Receive(t.Context(), request("good", "application/json", `{}`))
			if took := time.Since(begun); answer.Status != want || took > 4*time.Second {
				t.Errorf("status %d after %v, want %d", answer.Status, took, want)
			}
		})
	}
}

// TestTheLedgerIsWrittenForASenderThatHungUp once the message was durable.
func TestTheLedgerIsWrittenForASenderThatHungUp(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	ctx, hangUp := context.WithCancel(t.Context())
	e.runtime.Queue = hangingUp{e.memory, hangUp}
	if status := e.receiver().Receive(ctx, request("good", "application/json", `{}`)).Status; status != 200 {
		t.Errorf("status %d", status)
	}
	e.entry()
}

type hangingUp struct {
	port.Queue
	hangUp func()
}

func (q hangingUp) Send(ctx context.Context, queue string, batch []port.Outgoing) error {
	defer q.hangUp()
	return q.Queue.Send(ctx, queue, batch)
}

func TestTheLaneChoosesTheInbox(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	r := e.receiver()
	for _, lane := range []message.Lane{message.Live, message.Backfill} {
		raw := &message.Raw{ID: "raw-" + string(lane), Tenant: "t1", Topic: "facts", Trigger: message.Poll, Lane: lane, Body: []byte(`{}`)}
		if err := r.Accept(t.Context(), raw, epoch); err != nil {
			t.Fatal(err)
		}
	}
	for queue, want := range map[string]message.Lane{"toy-inbox": message.Live, routes.InboxBackfill("toy"): message.Backfill} {
		if got := e.inbox(queue); len(got) != 1 || got[0].Lane != want {
			t.Errorf("queue %s has %+v", queue, got)
		}
	}
}

func TestTheLedgerNamesTheFunction(t *testing.T) {
	t.Parallel()
	for trigger, function := range map[message.Trigger]string{
		message.Webhook: "toy-receive", message.Partner: "toy-receive", message.Poll: "toy-poll", message.File: "toy-pickup",
	} {
		e := newEnv(t)
		if err := e.receiver().Accept(t.Context(), &message.Raw{ID: "1", Tenant: "t1", Topic: "facts", Trigger: trigger, Body: []byte(`{}`)}, epoch); err != nil {
			t.Fatal(err)
		}
		got := e.entry()
		if got.Function != function || got.Event != "1" || got.Trace != "1" || got.Type != "facts" || got.Entity.Tenant != "t1" || got.Build != "test" {
			t.Errorf("%s: entry %+v", trigger, got)
		}
	}
}

func TestPartnerEventsNeedASystemThatHasThem(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	if err := e.receiver().AcceptPartner(t.Context(), []byte(`{}`)); fault.As(err).Class != fault.Config {
		t.Errorf("a system without partner events accepted one: %v", err)
	}
	e.system.Source = testPartner{}
	if err := e.receiver().AcceptPartner(t.Context(), []byte(`{"a":1}`)); err != nil {
		t.Fatal(err)
	}
	if got := e.entry(); got.Event != "p1" || got.Outcome != "partner facts stored" {
		t.Errorf("entry %+v", got)
	}
}
