package pipeline_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway/shared/connector"
	"causeway/shared/message"
	"causeway/shared/pipeline"
)

func TestDoorAnswers(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	squeeze := gzip.NewWriter(&bomb)
	_, _ = squeeze.Write(make([]byte, 64<<20))
	_ = squeeze.Close()
	for name, tc := range map[string]struct {
		request connector.Request
		want    int
		stored  int
	}{
		"authentic":                       {request("good", "application/json", `{}`), 200, 1},
		"A3 wrong signature":              {request("bad", "application/json", `{}`), 401, 0},
		"a ping is answered and dropped":  {request("ping", "application/json", `{}`), 200, 0},
		"bad input 19 GET":                {withMethod(request("good", "application/json", `{}`), "GET"), 405, 0},
		"bad input 19 PUT":                {withMethod(request("good", "application/json", `{}`), "PUT"), 405, 0},
		"bad input 20 empty body":         {request("good", "application/json", ""), 400, 0},
		"bad input 21 at the limit":       {request("good", "application/json", strings.Repeat("x", 1<<20)), 200, 1},
		"bad input 21 one byte over":      {request("good", "application/json", strings.Repeat("x", 1<<20+1)), 413, 0},
		"bad input 22 gzip bomb":          {withHeader(request("good", "application/json", bomb.String()), "Content-Encoding", "gzip"), 413, 0},
		"bad input 23 unknown media type": {request("good", "text/html", `{}`), 415, 0},
		"bad input 23 no media type":      {withHeader(request("good", "", `{}`), "Content-Type", ""), 415, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			answer := b.receiver.Receive(t.Context(), tc.request)
			if answer.Status != tc.want {
				t.Errorf("status %d, want %d", answer.Status, tc.want)
			}
			inbox, err := b.memory.Receive(t.Context(), "toy-inbox", 10, 0)
			if err != nil || len(inbox) != tc.stored {
				t.Errorf("%d messages stored (%v), want %d", len(inbox), err, tc.stored)
			}
			if tc.want != 200 && len(b.refused) != 1 {
				t.Errorf("refusals counted: %q, want one", b.refused)
			}
		})
	}
}

func request(signature, media, body string) connector.Request {
	header := http.Header{"X-Signature": {signature}, "X-Id": {"1"}, "Content-Type": {media}}
	return connector.Request{Method: http.MethodPost, Header: header, Body: []byte(body), At: epoch}
}

func withMethod(r connector.Request, method string) connector.Request {
	r.Method = method
	return r
}

func withHeader(r connector.Request, key, value string) connector.Request {
	r.Header = r.Header.Clone()
	r.Header[key] = []string{value}
	return r
}

func TestDoorReflectsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	answer := b.request("1", "bad", `{"secret":"canary"}`)
	if strings.Contains(answer.Body, "canary") || strings.Contains(b.log.String(), "canary") {
		t.Errorf("the refused body shows in %q or in the log %q", answer.Body, b.log.String())
	}
}

func TestDoorKeepsEveryByte(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	body := "{\"a\":\"\xff\\u0000\"}\r\n trailing"
	b.request("1", "good", body)
	inbox, err := b.memory.Receive(t.Context(), "toy-inbox", 1, 0)
	if err != nil || len(inbox) != 1 {
		t.Fatalf("inbox: %v, %v", inbox, err)
	}
	raw, err := message.DecodeRaw(inbox[0].Body)
	if err != nil || string(raw.Body) != body {
		t.Errorf("stored %q (%v), want %q", raw.Body, err, body)
	}
	if raw.System != "toy" || raw.ReceivedAt.IsZero() || raw.CorrelationID == "" || raw.ContentType != "application/json" {
		t.Errorf("raw message lacks something: %+v", raw)
	}
}

func TestDoorChecksALargeBodyIn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	body := strings.Repeat("x", message.InlineLimit+1)
	if status := b.request("1", "good", body).Status; status != 200 {
		t.Fatalf("status %d", status)
	}
	inbox, err := b.memory.Receive(t.Context(), "toy-inbox", 1, 0)
	if err != nil || len(inbox) != 1 || len(inbox[0].Body) > 2000 {
		t.Fatalf("inbox: %d messages, %v", len(inbox), err)
	}
	raw, _ := message.DecodeRaw(inbox[0].Body)
	stored, err := b.memory.Load(t.Context(), *raw.Claim)
	if err != nil || string(stored) != body {
		t.Errorf("vault holds %d bytes (%v), want %d", len(stored), err, len(body))
	}
}

// brokenPort fails every call of the ports that it stands in for.
type brokenPort struct {
	pipeline.Queue
	pipeline.Vault
	pipeline.Ledger
	pipeline.State
	pipeline.Bus
}

var errPort = errors.New("port out of reach")

func (brokenPort) Send(context.Context, string, []pipeline.Outgoing) error { return errPort }
func (brokenPort) Store(context.Context, []byte) (message.Claim, error) {
	return message.Claim{}, errPort
}
func (brokenPort) Append(context.Context, ...pipeline.Entry) error   { return errPort }
func (brokenPort) Publish(context.Context, []*message.Message) error { return errPort }
func (brokenPort) Get(context.Context, string) (pipeline.Item, error) {
	return pipeline.Item{}, errPort
}
func (brokenPort) Put(context.Context, pipeline.Item) (int64, error) { return 0, errPort }
func (brokenPort) Find(context.Context, pipeline.Query) ([]pipeline.Entry, error) {
	return nil, errPort
}

func TestDoorAsksToComeAgainWhenItCannotStore(t *testing.T) {
	t.Parallel()
	for name, breakPort := range map[string]func(*bench){
		"queue": func(b *bench) { b.config.Queue = brokenPort{Queue: b.memory} },
		"vault": func(b *bench) { b.config.Vault = brokenPort{} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			breakPort(b)
			answer := b.request("1", "good", strings.Repeat("x", message.InlineLimit+1))
			if answer.Status != 503 || answer.Header.Get("Retry-After") == "" {
				t.Errorf("answer %+v, want 503 with Retry-After", answer)
			}
		})
	}
}

func TestDoorStaysOpenWithoutLedgerAndState(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.config.Ledger, b.config.State = brokenPort{}, brokenPort{}
	if status := b.post("1", toyFact{Type: amended, ID: "7"}); status != 200 {
		t.Errorf("status %d, want 200: the message is durable", status)
	}
	if !strings.Contains(b.log.String(), "writing the ledger") {
		t.Error("the ledger's failure was kept silent")
	}
}

func TestDoorWritesTheLedger(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.post("1", toyFact{Type: amended, ID: "7"})
	e := b.one(pipeline.Received)
	if e.Event == "" || e.Trace != e.Event || e.Type != "facts" || e.Function != "toy-receive" || e.Hashes.Source == "" {
		t.Errorf("entry %+v", e)
	}
}

func TestPartnerEventsNeedASystemThatHasThem(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.receiver.AcceptPartner(t.Context(), []byte(`{}`)); err == nil {
		t.Error("a system without partner events took one")
	}
	b.receiver.System.Source = partner{b.toy}
	if err := b.receiver.AcceptPartner(t.Context(), []byte(`{"a":1}`)); err != nil {
		t.Fatal(err)
	}
	if got := b.entries(pipeline.Received); !slices.ContainsFunc(got, func(e pipeline.Entry) bool { return e.Event == "p1" }) {
		t.Errorf("the partner event is not in the ledger: %+v", got)
	}
}

type partner struct{ *toy }

func (partner) Adopt(_ context.Context, event []byte, _ time.Time) (*message.Raw, error) {
	return &message.Raw{ID: "p1", Topic: "facts", Trigger: message.Partner, Body: event}, nil
}
