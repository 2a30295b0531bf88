package worker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/local"
	"causeway.example/shared/local/worker"
	"causeway.example/shared/message"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
	"causeway.example/shared/retry"
	"causeway.example/shared/routes"
)

// toy is a system: a source whose deliveries are customers, and a target that takes
// its time.
type toy struct {
	name  string
	takes time.Duration
	mu    sync.Mutex
	under int // calls under way
	most  int // … at once, so far
	done  []string
}

func (s *toy) Receive(_ context.Context, r connector.Request) (*message.Raw, error) {
	if r.Header.Get("X-Id") == "" {
		return nil, &fault.Error{Kind: fault.Unauthentic, Code: "no_id", Doing: "looking for an id"}
	}
	return &message.Raw{ID: message.DeriveID(s.name, r.Header.Get("X-Id")), Topic: "customers", Trigger: message.Webhook, Tenant: "t"}, nil
}

func (s *toy) Translate(_ context.Context, raw *message.Raw) (connector.Translation, error) {
	c := &canonical.Customer{UpdatedAt: noon}
	if err := json.Unmarshal(raw.Body, &c.ID); err != nil {
		return connector.Translation{}, &fault.Error{Kind: fault.Invalid, Class: fault.Parse, Field: "body", Err: err}
	}
	return connector.Translation{Events: []connector.Event{{
		Type: canonical.CustomerUpserted, Entity: message.Key{System: s.name, Tenant: "t", Type: "customer", ID: c.ID},
		At: noon, UpdatedAt: noon, Body: c,
	}}}, nil
}

func (s *toy) Deliver(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
	s.enter(1)
	defer s.enter(-1)
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
		return connector.Receipt{}, &fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous, Doing: "waiting", Err: ctx.Err()}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = append(s.done, d.Message.Key().System+" "+d.Message.Key().ID)
	return connector.Receipt{Ref: "r" + d.Message.Key().ID, Detail: "done"}, nil
}

func (s *toy) enter(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.under += n
	s.most = max(s.most, s.under)
}

func (s *toy) Find(context.Context, message.Key) (string, error) { return "", nil }

func (s *toy) delivered() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.done)
}

func (s *toy) source() connector.System {
	return connector.System{Profile: connector.Profile{Name: s.name, BodyLimit: 100, Timeout: time.Minute}, Source: s}
}

func (s *toy) target(concurrency int) connector.System {
	return connector.System{Target: s, Profile: connector.Profile{
		Name: s.name, Timeout: 24 * time.Hour, Concurrency: concurrency,
		Operations: map[string]connector.Operation{canonical.CustomerUpserted: {Name: "write", Guarantee: connector.ExternalID}},
	}}
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// between are routes for customers, "shop>erp" each.
func between(pairs ...string) []routes.Route {
	var table []routes.Route
	for _, pair := range pairs {
		from, to, _ := strings.Cut(pair, ">")
		table = append(table, routes.Route{From: from, Flow: "customers", To: to, Types: []string{canonical.CustomerUpserted}})
	}
	return table
}

// shop is an engine on a store of its own, in virtual time.
type shop struct {
	*testing.T
	store   *local.Store
	engine  *worker.Engine
	refused func(system, code string)
}

// virtual plays in virtual time with an engine between the systems.
func virtual(t *testing.T, table []routes.Route, systems []connector.System, play func(*shop)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store.db")
	synctest.Test(t, func(t *testing.T) {
		store, err := local.Open(t.Context(), local.Config{
			Path: path, Now: time.Now, Routes: table, Systems: routes.Sources(table), Visibility: time.Hour, MaxReceives: 100, Build: "test",
		})
		must(t, err)
		t.Cleanup(func() { must(t, store.Close()) })
		play(newShop(t, store, store, table, systems))
	})
}

func newShop(t *testing.T, store *local.Store, state port.State, table []routes.Route, systems []connector.System) *shop {
	t.Helper()
	byName := map[string]connector.System{}
	for _, system := range systems {
		byName[system.Profile.Name] = system
	}
	name, gone := worker.Identity(time.Now(), func() float64 { return 0.5 })
	worked, err := pipeline.New(pipeline.Config{
		Runtime: port.Runtime{
			Ports: port.Ports{Bus: store, Queue: store, State: state, Ledger: store, Vault: store},
			Now:   time.Now, Random: func() float64 { return 0.5 }, Log: slog.New(slog.DiscardHandler),
		},
		Systems: byName, Retry: retry.DefaultPolicy(), Admission: admission.DefaultPolicy(), Worker: name, Gone: gone,
	})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := worker.NewEngine(worked, table)
	if err != nil {
		t.Fatal(err)
	}
	return &shop{T: t, store: store, engine: engine}
}

// run starts the engine and returns what stops it and waits for its end.
func (s *shop) run() (stop func()) {
	ctx, cancel := context.WithCancel(s.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.engine.Run(ctx)
	}()
	return func() {
		cancel()
		<-ended
	}
}

// post sends customers 1 to n to the system's door.
func (s *shop) post(system string, n int) {
	s.Helper()
	for i := range n {
		id := fmt.Sprint(i + 1)
		if answer := s.ask(http.MethodPost, "/hooks/"+system, id, strings.NewReader(`"`+id+`"`)); answer.Code != http.StatusOK {
			s.Fatalf("the door answered %d", answer.Code)
		}
	}
}

func (s *shop) ask(method, path, id string, body io.Reader) *httptest.ResponseRecorder {
	request := httptest.NewRequestWithContext(s.Context(), method, path, body)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Id", id)
	answer := httptest.NewRecorder()
	s.engine.Door(s.refused).ServeHTTP(answer, request)
	return answer
}

func (s *shop) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// left is how many messages lie in the queue, whatever they wait for.
func (s *shop) left(queue string) int {
	s.Helper()
	depths, err := s.store.Depths(s.Context())
	must(s.T, err)
	i := slices.IndexFunc(depths, func(d local.Depth) bool { return d.Queue == queue })
	return depths[i].Visible + depths[i].InFlight + depths[i].Deferred
}

func TestTargetIsNeverCalledMoreOftenAtOnceThanItAllows(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1, 3, 12} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			t.Parallel()
			a, b, c, erp := &toy{name: "a"}, &toy{name: "b"}, &toy{name: "c"}, &toy{name: "erp", takes: time.Second}
			systems := []connector.System{a.source(), b.source(), c.source(), erp.target(limit)}
			virtual(t, between("a>erp", "b>erp", "c>erp"), systems, func(s *shop) {
				for _, name := range []string{"a", "b", "c"} {
					s.post(name, 10)
				}
				stop := s.run()
				s.pass(time.Minute)
				stop()
			})
			if len(erp.done) != 30 || erp.most != limit {
				t.Errorf("%d deliveries, at most %d at once; want 30, %d", len(erp.done), erp.most, limit)
			}
		})
	}
}

func TestSlowTargetDelaysNoOther(t *testing.T) {
	t.Parallel()
	a, slow, quick := &toy{name: "a"}, &toy{name: "slow", takes: 5 * time.Minute}, &toy{name: "quick", takes: 10 * time.Millisecond}
	systems := []connector.System{a.source(), slow.target(2), quick.target(2)}
	virtual(t, between("a>slow", "a>quick"), systems, func(s *shop) {
		stop := s.run()
		s.post("a", 12)
		s.pass(time.Second)
		if got := len(quick.delivered()); got != 12 {
			s.Errorf("after a second the quick target has %d of 12 messages", got)
		}
		s.pass(10 * time.Minute)
		if got := len(slow.delivered()); got != 4 {
			s.Errorf("after ten minutes the slow target has %d messages, want 4", got)
		}
		stop()
	})
}

// TestAMessageThatWaitsForASlotIsNotLeftToItsVisibility has twelve messages wait for one slot
// for longer than an attempt may wait, at a visibility timeout of an hour.
func TestAMessageThatWaitsForASlotIsNotLeftToItsVisibility(t *testing.T) {
	t.Parallel()
	a, erp := &toy{name: "a"}, &toy{name: "erp", takes: 9 * time.Second}
	target := erp.target(1)
	target.Profile.Timeout = 10 * time.Second
	virtual(t, between("a>erp"), []connector.System{a.source(), target}, func(s *shop) {
		stop := s.run()
		s.post("a", 12)
		s.pass(5 * time.Minute)
		stop()
		if len(erp.done) != 12 || erp.most != 1 {
			s.Errorf("%d of 12 messages were delivered in five minutes, at most %d at once", len(erp.done), erp.most)
		}
	})
}

func TestRunEndsWhenWhatIsInHandIsSettled(t *testing.T) {
	t.Parallel()
	a, erp := &toy{name: "a"}, &toy{name: "erp", takes: time.Minute}
	virtual(t, between("a>erp"), []connector.System{a.source(), erp.target(3)}, func(s *shop) {
		s.post("a", 12)
		stop := s.run()
		s.pass(time.Second)
		began := time.Now()
		stop()
		if waited := time.Since(began); waited != time.Minute-time.Second {
			s.Errorf("the end took %s, want what was left of the minute", waited)
		}
		if len(erp.done) != 3 || s.left("a-customers-to-erp") != 9 {
			s.Errorf("%d were delivered and %d are left, want 3 and 9", len(erp.done), s.left("a-customers-to-erp"))
		}
		s.afterwards(erp)
	})
}

// afterwards starts again, as the next process would.
func (s *shop) afterwards(erp *toy) {
	s.Helper()
	_, err := s.store.Reclaim(s.Context())
	must(s.T, err)
	stop := s.run()
	s.pass(10 * time.Minute)
	stop()
	if twice := len(erp.done) - len(slices.Compact(slices.Sorted(slices.Values(erp.done)))); len(erp.done) != 12 || twice != 0 {
		s.Errorf("in the end %d were delivered, %d of them twice", len(erp.done), twice)
	}
}

func TestStepIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	var stories []string
	for range 2 {
		a, b, erp, crm := &toy{name: "a"}, &toy{name: "b"}, &toy{name: "erp"}, &toy{name: "crm"}
		systems := []connector.System{a.source(), b.source(), erp.target(5), crm.target(5)}
		virtual(t, between("b>erp", "a>erp", "a>crm"), systems, func(s *shop) {
			s.post("a", 4)
			s.post("b", 3)
			var counts []int
			for handled := -1; handled != 0; counts = append(counts, handled) {
				var err error
				handled, err = s.engine.Step(s.Context())
				must(s.T, err)
			}
			stories = append(stories, fmt.Sprint(counts, erp.done, crm.done))
		})
		if len(erp.done) != 7 || len(crm.done) != 4 {
			t.Errorf("%d and %d deliveries, want 7 and 4", len(erp.done), len(crm.done))
		}
	}
	if stories[0] != stories[1] {
		t.Errorf("first  %s\nsecond %s", stories[0], stories[1])
	}
}

func TestDoor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, path, id string
		body             io.Reader
		want             int
		refused          string
	}{
		"accepted":              {http.MethodPost, "/hooks/a", "1", strings.NewReader(`"1"`), http.StatusOK, ""},
		"no such system":        {http.MethodPost, "/hooks/b", "1", strings.NewReader(`"1"`), http.StatusNotFound, ""},
		"a target has no door":  {http.MethodPost, "/hooks/erp", "1", strings.NewReader(`"1"`), http.StatusNotFound, ""},
		"below the door":        {http.MethodPost, "/hooks/a/b", "1", strings.NewReader(`"1"`), http.StatusNotFound, ""},
		"not a POST":            {http.MethodGet, "/hooks/a", "1", nil, http.StatusMethodNotAllowed, "a method"},
		"not authentic":         {http.MethodPost, "/hooks/a", "", strings.NewReader(`"1"`), http.StatusUnauthorized, "a no_id"},
		"as large as it may be": {http.MethodPost, "/hooks/a", "1", bytes.NewReader(bytes.Repeat([]byte("x"), 100)), http.StatusOK, ""},
		"a byte too large":      {http.MethodPost, "/hooks/a", "1", bytes.NewReader(bytes.Repeat([]byte("x"), 101)), http.StatusRequestEntityTooLarge, "a body_too_large"},
		"the body never ends":   {http.MethodPost, "/hooks/a", "1", endless{}, http.StatusRequestEntityTooLarge, "a body_too_large"},
		"the body breaks off":   {http.MethodPost, "/hooks/a", "1", iotest.ErrReader(io.ErrUnexpectedEOF), http.StatusBadRequest, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			systems := []connector.System{(&toy{name: "a"}).source(), (&toy{name: "erp"}).target(1)}
			virtual(t, between("a>erp"), systems, func(s *shop) {
				refused := ""
				s.refused = func(system, code string) { refused = system + " " + code }
				answer := s.ask(c.method, c.path, c.id, c.body)
				if answer.Code != c.want || refused != c.refused {
					s.Errorf("answered %d, refused %q; want %d, %q", answer.Code, refused, c.want, c.refused)
				}
				if stored := s.left("a-inbox"); (stored == 1) != (c.want == http.StatusOK) {
					s.Errorf("%d messages were stored", stored)
				}
				if c.want == http.StatusMethodNotAllowed && answer.Header().Get("Allow") != http.MethodPost {
					s.Errorf("headers are %v", answer.Header())
				}
			})
		})
	}
}

// endless is a body without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestDoorAsksToComeAgainWhileNothingCanBeStored(t *testing.T) {
	t.Parallel()
	a, erp := &toy{name: "a"}, &toy{name: "erp"}
	virtual(t, between("a>erp"), []connector.System{a.source(), erp.target(1)}, func(s *shop) {
		must(s.T, s.store.Close())
		answer := s.ask(http.MethodPost, "/hooks/a", "1", strings.NewReader(`"1"`))
		if answer.Code != http.StatusServiceUnavailable || answer.Header().Get("Retry-After") == "" {
			s.Errorf("answered %d, headers %v", answer.Code, answer.Header())
		}
	})
}

// moody is a state that can be out of reach.
type moody struct {
	port.State
	mu   sync.Mutex
	away bool
}

func (m *moody) Get(ctx context.Context, key string) (port.Item, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return port.Item{}, errors.New("out of reach")
	}
	return m.State.Get(ctx, key)
}

func (m *moody) set(away bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.away = away
}

func TestMessageStaysWhenAPortFails(t *testing.T) {
	t.Parallel()
	table, a, erp := between("a>erp"), &toy{name: "a"}, &toy{name: "erp"}
	systems := []connector.System{a.source(), erp.target(1)}
	virtual(t, table, systems, func(outer *shop) {
		state := &moody{State: outer.store, away: true}
		s := newShop(outer.T, outer.store, state, table, systems)
		stop := s.run()
		s.post("a", 3)
		s.pass(10 * time.Minute)
		if got := s.left("a-inbox"); got != 3 {
			s.Errorf("%d of 3 messages are left in the inbox", got)
		}
		state.set(false)
		s.pass(time.Hour) // the visibility timeout
		stop()
		if len(erp.done) != 3 {
			s.Errorf("%d of 3 messages were delivered in the end", len(erp.done))
		}
	})
}

func TestStepReportsAFailingPort(t *testing.T) {
	t.Parallel()
	table, a, erp := between("a>erp"), &toy{name: "a"}, &toy{name: "erp"}
	systems := []connector.System{a.source(), erp.target(1)}
	virtual(t, table, systems, func(outer *shop) {
		s := newShop(outer.T, outer.store, &moody{State: outer.store, away: true}, table, systems)
		s.post("a", 3)
		if handled, err := s.engine.Step(s.Context()); handled != 1 || err == nil {
			s.Errorf("handled %d, %v; want to stop at the first", handled, err)
		}
		must(s.T, s.store.Close())
		if handled, err := s.engine.Step(s.Context()); handled != 0 || err == nil {
			s.Errorf("handled %d, %v from a closed store", handled, err)
		}
	})
}

func TestRoutesOfSystemsThatAreNotOpenAreLeftOut(t *testing.T) {
	t.Parallel()
	a, erp := &toy{name: "a"}, &toy{name: "erp"}
	half := (&toy{name: "half"}).source() // open, but no target
	virtual(t, between("a>erp", "a>gone", "b>erp", "a>half"), []connector.System{a.source(), erp.target(1), half}, func(s *shop) {
		stop := s.run()
		s.post("a", 2)
		s.pass(time.Minute)
		stop()
		if len(erp.done) != 2 || s.left("a-customers-to-gone") != 2 || s.left("a-customers-to-half") != 2 {
			s.Errorf("delivered %d, left %d and %d; want 2 each", len(erp.done), s.left("a-customers-to-gone"), s.left("a-customers-to-half"))
		}
	})
}
