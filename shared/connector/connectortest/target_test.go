package connectortest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// shelf is a target with one text per key. It can break a promise on purpose.
type shelf struct {
	transport http.RoundTripper
	base      string
	breaks    string // name of the promise that is broken, "" for none

	mu    sync.Mutex
	texts map[string][]string
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method == http.MethodPut {
		if s.breaks != "repeatable" && s.breaks != "repeatable after a search" {
			s.texts[r.URL.Path] = nil
		}
		s.texts[r.URL.Path] = append(s.texts[r.URL.Path], string(body))
		return
	}
	if len(s.texts[r.URL.Path]) == 0 {
		w.WriteHeader(http.StatusNotFound)
	}
}

func (s *shelf) Deliver(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
	path := "/" + d.Message.Key().String()
	err := s.call(ctx, http.MethodPut, path, d.Message.Body)
	switch {
	case err != nil:
		return connector.Receipt{}, err
	case s.breaks == "ref":
		return connector.Receipt{Detail: "put on the shelf"}, nil
	case s.breaks == "stable ref":
		s.mu.Lock()
		defer s.mu.Unlock()
		s.texts["/n"] = append(s.texts["/n"], "")
		return connector.Receipt{Ref: strconv.Itoa(len(s.texts["/n"])), Detail: "put on the shelf"}, nil
	}
	return connector.Receipt{Ref: path, Detail: "put on the shelf"}, nil
}

func (s *shelf) Find(ctx context.Context, key message.Key) (string, error) {
	path := "/" + key.String()
	err := s.call(ctx, http.MethodGet, path, nil)
	if e := fault.As(err); e != nil && e.Status == http.StatusNotFound && s.breaks != "find" {
		return "", nil
	}
	return path, err
}

func (s *shelf) call(ctx context.Context, method, path string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, method, s.base+path, strings.NewReader(string(body)))
	if err != nil {
		return err
	}
	res, err := s.transport.RoundTrip(req)
	if err != nil {
		return s.explain(unsent(err))
	}
	if err := res.Body.Close(); err != nil {
		return err
	}
	if res.StatusCode == http.StatusOK {
		return nil
	}
	return s.explain(judged(res))
}

// explain puts the last touches on a fault, or breaks a promise doing so.
func (s *shelf) explain(e *fault.Error) error {
	e.Doing = "putting something on the shelf"
	switch s.breaks {
	case "doing":
		e.Doing = ""
	case "privacy":
		e.Detail = "Ada@Example.com"
	case "kind":
		e.Kind = fault.Rejected
	case "ambiguity":
		if e.Class == fault.Ambiguous {
			e.Class = fault.Intermittent
		}
	case "fault":
		return errors.New("went wrong")
	}
	return e
}

func unsent(err error) *fault.Error {
	class := fault.Ambiguous
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		class = fault.Connection
	}
	return &fault.Error{Kind: fault.Unavailable, Class: class, Err: err}
}

func judged(res *http.Response) *fault.Error {
	e := &fault.Error{Kind: fault.Rejected, Status: res.StatusCode}
	switch res.StatusCode {
	case http.StatusTooManyRequests:
		seconds, err := strconv.Atoi(res.Header.Get("Retry-After"))
		e.Kind, e.After, e.Err = fault.Throttled, time.Duration(seconds)*time.Second, err
	case http.StatusServiceUnavailable:
		e.Kind = fault.Unavailable
	case http.StatusUnauthorized:
		e.Kind = fault.Unauthorized
	case http.StatusFound:
		e.Kind, e.Class = fault.Unauthorized, fault.Config
	}
	return e
}

func sampleMessage(t *testing.T) *message.Message {
	t.Helper()
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	body, err := json.Marshal(&canonical.Customer{ID: "1", Email: canonical.NewText("ada@example.com"), UpdatedAt: at})
	if err != nil {
		t.Fatal(err)
	}
	return &message.Message{
		ID: "m1", Source: "causeway.store", Type: canonical.CustomerUpserted, Subject: "customer/1", Tenant: "a", Time: at, Body: body,
	}
}

func shelfHarness(t *testing.T, breaks string, guarantee connector.Guarantee) TargetHarness {
	t.Helper()
	return TargetHarness{
		Samples:  []*message.Message{sampleMessage(t)},
		Personal: []string{"ada@example.com"},
		Start: func(t *testing.T, transport http.RoundTripper) TargetAccount {
			t.Helper()
			s := &shelf{transport: transport, breaks: breaks, texts: map[string][]string{}}
			server := httptest.NewServer(s)
			t.Cleanup(server.Close)
			s.base = server.URL
			return TargetAccount{System: shelfSystem(s, guarantee), State: s.state}
		},
	}
}

func shelfSystem(s *shelf, guarantee connector.Guarantee) connector.System {
	return connector.System{Target: s, Profile: connector.Profile{
		Name: "shelf", Concurrency: 4,
		Operations: map[string]connector.Operation{canonical.CustomerUpserted: {Name: "put on the shelf", Guarantee: guarantee}},
	}}
}

func (s *shelf) state(key message.Key) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.texts["/"+key.String()], "\n")
}

func TestTargetAcceptsOneThatKeepsItsPromises(t *testing.T) {
	t.Parallel()
	TestTarget(t, shelfHarness(t, "", connector.ExternalID))
}

func TestTargetAcceptsOneThatIsSearched(t *testing.T) {
	t.Parallel()
	TestTarget(t, shelfHarness(t, "", connector.Search))
}

func TestTargetAcceptsOneThatPromisesLess(t *testing.T) {
	t.Parallel()
	TestTarget(t, shelfHarness(t, "repeatable", connector.CompareAndSet))
}

func TestTargetFindsBrokenPromises(t *testing.T) {
	t.Parallel()
	throttled := targetFailures["429 defers to the stated time"]
	for breaks, check := range map[string]func(*targetRun, context.Context, *message.Message) error{
		"repeatable": (*targetRun).repeats,
		"ref":        (*targetRun).repeats,
		"stable ref": (*targetRun).repeats,
		"find":       (*targetRun).isFound,
		"ambiguity":  (*targetRun).survivesCuts,
		"kind":       (*targetRun).survivesCuts,
		"doing":      func(r *targetRun, ctx context.Context, m *message.Message) error { return r.fails(ctx, m, throttled) },
		"privacy":    func(r *targetRun, ctx context.Context, m *message.Message) error { return r.fails(ctx, m, throttled) },
		"fault":      func(r *targetRun, ctx context.Context, m *message.Message) error { return r.fails(ctx, m, throttled) },
	} {
		t.Run(breaks, func(t *testing.T) {
			t.Parallel()
			h := shelfHarness(t, breaks, connector.ExternalID)
			if err := check(startTarget(t, h), t.Context(), h.Samples[0]); err == nil {
				t.Error("the suite did not notice")
			}
			if breaks == "repeatable" {
				h = shelfHarness(t, "repeatable after a search", connector.Search)
				if err := check(startTarget(t, h), t.Context(), h.Samples[0]); err == nil {
					t.Error("the suite did not notice that a search is followed by another record")
				}
			}
			sound := shelfHarness(t, "", connector.ExternalID)
			if err := check(startTarget(t, sound), t.Context(), sound.Samples[0]); err != nil {
				t.Errorf("the suite complains about a sound target: %v", err)
			}
		})
	}
}

func TestEveryFailureIsToldFromTheOthers(t *testing.T) {
	t.Parallel()
	for name, told := range targetFailures {
		for other, want := range targetFailures {
			if name == other {
				continue
			}
			h := shelfHarness(t, "", connector.ExternalID)
			want.act = told.act
			if err := startTarget(t, h).fails(t.Context(), h.Samples[0], want); err == nil {
				t.Errorf("%q passes for %q", name, other)
			}
		}
	}
}

func TestOperationWithoutSampleIsNoticed(t *testing.T) {
	t.Parallel()
	h := shelfHarness(t, "", connector.ExternalID)
	run := startTarget(t, h)
	run.System.Profile.Operations[canonical.OrderPlaced] = connector.Operation{Name: "put an order there"}
	if err := h.covered(run); err == nil {
		t.Error("the suite did not notice")
	}
}

func TestParentsAreHandedOn(t *testing.T) {
	t.Parallel()
	h := shelfHarness(t, "", connector.ExternalID)
	run := startTarget(t, h)
	if err := run.deliverAll(t.Context(), h.Samples); err != nil {
		t.Fatal(err)
	}
	child := *h.Samples[0]
	child.Subject, child.Parents = "customer/2", []message.Key{h.Samples[0].Key(), {System: "store", ID: "unknown"}}
	d, err := run.delivery(&child, 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Parents) != 1 || d.Parents["store/a/customer/1"] != "/store/a/customer/1" || d.Ref != "" || d.Attempt != 3 {
		t.Errorf("the delivery is %+v", d)
	}
}
