package reconcile_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/entity"
	"causeway.example/shared/fault"
	"causeway.example/shared/intake"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/reconcile"
	"causeway.example/shared/routes"
)

// epoch is the time at which the tests' clock starts.
var epoch = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// fact is a customer of the fake system, changed Minute minutes after the epoch.
type fact struct {
	Tenant string `json:"tenant"`
	Topic  string `json:"topic"`
	ID     string `json:"id"`
	Minute int    `json:"minute"`
	Name   string `json:"name"`
}

func (f fact) at() time.Time { return epoch.Add(time.Duration(f.Minute) * time.Minute) }

func (f fact) key(kind string) message.Key {
	return message.Key{System: "toy", Tenant: f.Tenant, Type: kind, ID: f.ID}
}

func (f fact) event() connector.Event {
	return connector.Event{
		Type: canonical.CustomerUpserted, Entity: f.key("customer"), At: f.at(), UpdatedAt: f.at(),
		Body: &canonical.Customer{ID: f.ID, FirstName: canonical.NewText(f.Name), UpdatedAt: f.at()},
	}
}

// payment is a fact that happens once, with an entity of its own.
func (f fact) payment(cents int64) connector.Event {
	return connector.Event{
		Type: canonical.PaymentCaptured, Entity: f.key("payment"), At: f.at(), UpdatedAt: f.at(),
		Body: &canonical.Payment{ID: f.ID, Order: "1", Method: canonical.Card, Amount: canonical.Money{Minor: cents, Currency: "EUR"}, At: f.at()},
	}
}

func changed(id string, minute int) fact {
	return fact{Tenant: "t1", Topic: "facts", ID: id, Minute: minute, Name: "Ada " + id}
}

func numbered(n int) (facts []fact) {
	for i := range n {
		facts = append(facts, changed(strconv.Itoa(100+i), i))
	}
	return facts
}

var feed = connector.Feed{Tenant: "t1", Topic: "facts", Entity: "customer"}

// fakeSystem is a source that can be polled, page by page.
type fakeSystem struct {
	feeds       []connector.Feed
	facts       []fact
	pageSize    int
	asked       []connector.Ask
	fetched     []string
	fail        map[string]error // by id, of Fetch
	refuse      []error          // of the next calls of Changes
	subs        []connector.Subscription
	repaired    []string
	repairError error

	translateErr error
	skip         string
	translation  func(fact) []connector.Event // nil: fact.event
}

func (s *fakeSystem) Receive(context.Context, connector.Request) (*message.Raw, error) {
	return nil, fault.New(fault.Unauthentic, fault.Auth, "receiving", "polled only")
}

func (s *fakeSystem) Translate(_ context.Context, raw *message.Raw) (connector.Translation, error) {
	if s.translateErr != nil || s.skip != "" {
		return connector.Translation{Skip: s.skip}, s.translateErr
	}
	var f fact
	if err := json.Unmarshal(raw.Body, &f); err != nil {
		return connector.Translation{}, err
	}
	if s.translation != nil {
		return connector.Translation{Events: s.translation(f)}, nil
	}
	return connector.Translation{Events: []connector.Event{f.event()}}, nil
}

func (s *fakeSystem) Feeds() []connector.Feed { return s.feeds }

func (s *fakeSystem) Changes(_ context.Context, ask connector.Ask) (connector.Page, error) {
	s.asked = append(s.asked, ask)
	if len(s.refuse) > 0 {
		err := s.refuse[0]
		s.refuse = s.refuse[1:]
		if err != nil {
			return connector.Page{}, err
		}
	}
	var all []connector.Change
	if ask.Feed.Snapshot { // what there is, with the time of the last fact
		for _, f := range s.facts {
			all = append(all, connector.Change{ID: f.ID, At: f.at(), Body: []byte(f.Name)})
		}
		return connector.Page{Changes: all}, nil
	}
	for _, f := range s.facts {
		if f.Tenant == ask.Feed.Tenant && f.Topic == ask.Feed.Topic && !f.at().Before(ask.Since) {
			all = append(all, connector.Change{ID: f.ID, Name: "#" + f.ID, At: f.at()})
		}
	}
	slices.SortStableFunc(all, func(a, b connector.Change) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	// The cursor names the change that a page ended with, as a keyset does.
	if at, id, found := strings.Cut(ask.Cursor, " "); found {
		all = slices.DeleteFunc(all, func(c connector.Change) bool {
			stamp := c.At.Format(time.RFC3339)
			return stamp < at || stamp == at && c.ID <= id
		})
	}
	if len(all) <= s.pageSize {
		return connector.Page{Changes: all}, nil
	}
	last := all[s.pageSize-1]
	return connector.Page{Changes: all[:s.pageSize], Cursor: last.At.Format(time.RFC3339) + " " + last.ID}, nil
}

func (s *fakeSystem) Fetch(_ context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	s.fetched = append(s.fetched, change.ID)
	if err := s.fail[change.ID]; err != nil {
		return nil, err
	}
	for _, f := range s.facts {
		if f.ID == change.ID && f.Tenant == feed.Tenant && f.Topic == feed.Topic {
			body, err := json.Marshal(f)
			return &message.Raw{Tenant: feed.Tenant, Topic: feed.Topic, Trigger: message.Poll, ContentType: "application/json", Body: body}, err
		}
	}
	return nil, nil
}

func (s *fakeSystem) Subscriptions(context.Context) ([]connector.Subscription, error) {
	return s.subs, nil
}

func (s *fakeSystem) Subscribe(_ context.Context, sub connector.Subscription) error {
	s.repaired = append(s.repaired, sub.Tenant+" "+sub.Topic)
	return s.repairError
}

// testEnv is a poller on ports in memory, an hour after the epoch, with a pipeline that
// translates and delivers what is in the inboxes.
type testEnv struct {
	*testing.T
	toy     *fakeSystem
	memory  *porttest.Memory
	clock   *porttest.Clock
	config  reconcile.Config
	reports []reconcile.Report
	waits   []time.Duration
	log     bytes.Buffer

	translated map[string]bool // raw messages
	raws       []*message.Raw  // in the order in which they were translated
	dead       int             // raw messages that cannot be translated
	outage     bool            // the targets are down: events wait
	queued     []queued
	written    map[string]int // effects at the targets, by target, entity and minute
}

// queued is an event in the queue of a route.
type queued struct {
	connector.Event
	entity.State
	target string
}

func newEnv(t *testing.T, facts ...fact) *testEnv {
	t.Helper()
	e := &testEnv{
		T: t, toy: &fakeSystem{feeds: []connector.Feed{feed}, facts: facts, pageSize: 3, fail: map[string]error{}}, clock: porttest.NewClock(epoch.Add(time.Hour)),
		translated: map[string]bool{}, written: map[string]int{},
	}
	e.memory = porttest.NewMemory(e.clock.Now)
	e.memory.Systems, e.memory.Visibility = []string{"toy"}, time.Second
	e.config = reconcile.Config{
		Runtime: port.Runtime{
			Ports: port.Ports{Queue: e.memory, State: e.memory, Ledger: e.memory, Vault: e.memory},
			Now:   e.clock.Now, Random: func() float64 { return 0.5 }, Log: slog.New(slog.NewTextHandler(&e.log, nil)), Build: "test",
		},
		System: connector.System{Profile: connector.Profile{Name: "toy", Title: "Toy"}, Source: e.toy, Poller: e.toy, Subscriber: e.toy},
		Routes: []routes.Route{
			{From: "toy", Flow: "customers", To: "erp", Types: []string{canonical.CustomerUpserted}},
			{From: "toy", Flow: "payments", To: "erp", Types: []string{canonical.PaymentCaptured}},
			{From: "other", Flow: "customers", To: "crm", Types: []string{canonical.CustomerUpserted}},
		},
		Plan:   reconcile.DefaultPlan(),
		Report: func(r reconcile.Report) { e.reports = append(e.reports, r) },
		Wait: func(ctx context.Context, pause time.Duration) error {
			e.waits = append(e.waits, pause)
			e.clock.Advance(pause)
			return ctx.Err()
		},
	}
	return e
}

// run makes one run.
func (e *testEnv) run(ctx context.Context) error {
	e.Helper()
	p, err := reconcile.New(e.config)
	if err != nil {
		e.Fatal(err)
	}
	return p.Run(ctx)
}

// round makes one run that must not fail, and returns its last report.
func (e *testEnv) round() reconcile.Report {
	e.Helper()
	if err := e.run(e.Context()); err != nil {
		e.Fatal(err)
	}
	return e.reports[len(e.reports)-1]
}

// rounds makes n runs, five minutes apart, delivers after each, and returns how many failed.
func (e *testEnv) rounds(n int) (failed int) {
	e.Helper()
	for range n {
		if e.run(e.Context()) != nil {
			failed++
		}
		e.clock.Advance(5 * time.Minute)
		e.deliver()
	}
	return failed
}

// counts compares a report, without its feed and Behind.
func (e *testEnv) counts(got, want reconcile.Report) {
	e.Helper()
	want.Feed, want.Behind = got.Feed, got.Behind
	if got != want {
		e.Errorf("report %+v, want %+v", got, want)
	}
}

// post makes a delivery by webhook durable.
func (e *testEnv) post(id string, f fact) {
	e.Helper()
	receiver, err := intake.New(e.config.Runtime, e.config.System)
	if err != nil {
		e.Fatal(err)
	}
	body, err := json.Marshal(f)
	if err != nil {
		e.Fatal(err)
	}
	raw := &message.Raw{ID: id, Tenant: f.Tenant, Topic: f.Topic, Trigger: message.Webhook, Body: body}
	if err := receiver.Accept(e.Context(), raw, e.clock.Now()); err != nil {
		e.Fatal(err)
	}
}

// deliver translates what is in the inboxes, and writes it to the targets unless they are
// down.
func (e *testEnv) deliver() {
	e.Helper()
	for _, inbox := range []string{routes.Inbox("toy"), routes.InboxBackfill("toy")} {
		for {
			batch, err := e.memory.Receive(e.Context(), inbox, 10, 0)
			if err != nil {
				e.Fatal(err)
			}
			if len(batch) == 0 {
				break
			}
			for _, in := range batch {
				e.translate(in)
			}
		}
	}
	if e.outage {
		return
	}
	for _, q := range e.queued {
		e.write(q)
	}
	e.queued = nil
}

func (e *testEnv) translate(in port.Incoming) {
	e.Helper()
	raw, err := message.DecodeRaw(in.Body)
	if err == nil {
		err = e.memory.Delete(e.Context(), in)
	}
	if err != nil {
		e.Fatal(err)
	}
	if e.translated[raw.ID] {
		return
	}
	e.translated[raw.ID] = true
	e.raws = append(e.raws, raw)
	translation, err := e.toy.Translate(e.Context(), raw)
	if err != nil {
		e.dead++
		return
	}
	for _, event := range translation.Events {
		s, err := entity.StateOf(event, raw.Trigger == message.Poll, raw.ReceivedAt)
		if err != nil {
			e.dead++
			return
		}
		entry := e.config.Entry("toy-translate", port.Published)
		entry.Trace, entry.Event, entry.Type, entry.Entity = raw.CorrelationID, s.EventID(event.Entity), s.Type, event.Entity
		entry.Version, entry.Hashes.Canonical = s.Version, s.Hash
		if err := e.memory.Append(e.Context(), entry); err != nil {
			e.Fatal(err)
		}
		for _, route := range e.config.Routes {
			if route.From == "toy" && slices.Contains(route.Types, s.Type) {
				e.queued = append(e.queued, queued{event, s, route.To})
			}
		}
	}
}

// write sets the state at the target if it is new there, and confirms it.
func (e *testEnv) write(q queued) {
	e.Helper()
	r := e.record(q.target, q.Entity)
	if r.Standing(q.State, q.State.Type) != entity.New {
		return
	}
	e.written[q.target+" "+q.Entity.Tenant+" "+q.Entity.ID+"@"+q.Version.UpdatedAt().Format("15:04")]++
	r.Confirm(q.EventID(q.Entity), q.State.Type, q.State, "ref", "")
	if err := r.Save(e.Context(), e.memory, e.clock.Now()); err != nil {
		e.Fatal(err)
	}
}

func (e *testEnv) record(target string, key message.Key) *entity.Record {
	e.Helper()
	r, err := entity.Load(e.Context(), e.memory, target, key, false)
	if err != nil {
		e.Fatal(err)
	}
	return r
}

// entries returns the ledger entries of the stage.
func (e *testEnv) entries(stage port.Stage) []port.Entry {
	e.Helper()
	return e.memory.Entries(e, stage)
}

// outcomes returns the texts of the reconciled entries of a type.
func (e *testEnv) outcomes(kind string) (texts []string) {
	e.Helper()
	for _, entry := range e.entries(port.Reconciled) {
		if entry.Type == kind {
			texts = append(texts, entry.Outcome)
		}
	}
	return texts
}

// one returns the only ledger entry of the stage.
func (e *testEnv) one(stage port.Stage) port.Entry {
	e.Helper()
	return e.memory.OnlyEntry(e, stage)
}
