package pipeline_test

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/reopen"
	"causeway.example/shared/valuemap"
)

const taxMap = "ERP_TAX_MAP"

type mapSettings struct {
	Taxes map[string]string `env:"ERP_TAX_MAP"`
}

// mapped is a target that demands an entry for DE19 before it calls the fake system.
type mapped struct {
	connector.Target
	settings mapSettings
	failing  func() // called when a call misses the entry; may be nil
}

func (m mapped) Deliver(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
	if m.settings.Taxes["DE19"] == "" {
		if m.failing != nil {
			m.failing()
		}
		return connector.Receipt{}, missing
	}
	return m.Target.Deliver(ctx, d)
}

// mapped opens the target with the entries of its map. failing is called when a call
// misses the entry.
func (e *testEnv) mapped(failing func()) {
	e.Helper()
	e.profile.Purposes = connector.Purposes(mapSettings{})
	e.target.Target = e.reopened(connector.System{Target: mapped{Target: e.system, failing: failing}}).Target
}

// reopened returns the system as a Reopener keeps it open.
func (e *testEnv) reopened(of connector.System) connector.System {
	e.Helper()
	kept, err := reopen.Open(e.Context(), reopen.Config{
		Profile: e.profile, Deps: connector.Deps{Now: e.clock.Now}, State: e.memory, Log: slog.New(slog.NewTextHandler(&e.log, nil)),
		Open: func(given map[string]string, _ connector.Deps) (connector.System, error) {
			system := of
			if m, ok := of.Target.(mapped); ok {
				m.settings.Taxes, _ = connector.Pairs(given[taxMap])
				system.Target = m
			}
			return system, nil
		},
	})
	e.must(err)
	return kept.System()
}

// stores stores an entry, as an import does that is killed before it wakes anybody.
func (e *testEnv) stores(key string) {
	e.Helper()
	entries, revision, err := valuemap.Load(e.Context(), e.memory, "erp")
	e.must(err)
	if entries[taxMap] == nil {
		entries[taxMap] = map[string]valuemap.Entry{}
	}
	entries[taxMap][key] = valuemap.Entry{To: "1"}
	e.must(valuemap.Save(e.Context(), e.memory, "erp", entries, revision))
}

// imports stores an entry and wakes what waits, and returns how many.
func (e *testEnv) imports(key string) int {
	e.Helper()
	e.stores(key)
	waiters, err := valuemap.Release(e.Context(), e.memory, "erp", taxMap, e.clock.Now())
	e.must(err)
	for _, w := range waiters {
		e.must(e.memory.Defer(e.Context(), port.Incoming{Queue: w.Queue, Handle: w.Handle}, e.clock.Now()))
	}
	return len(waiters)
}

func (e *testEnv) waiting() int {
	e.Helper()
	n, err := valuemap.Waiting(e.Context(), e.memory, "erp", taxMap, e.clock.Now())
	e.must(err)
	return n
}

// An entry that is imported releases what waits for it, however long it has waited, and no time
// passes.
func TestAnImportedEntryReleasesWhatWaits(t *testing.T) {
	t.Parallel()
	for _, age := range []time.Duration{valuemap.Pause, time.Hour, 30 * time.Hour} {
		t.Run(age.String(), func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			e.mapped(nil)
			e.post("1", change{Type: customer, ID: "7"})
			e.now()
			e.drain(age)
			if n := e.imports("DE19"); n != 1 {
				t.Errorf("%d released", n)
			}
			at := e.clock.Now()
			e.now()
			e.entry(port.Confirmed)
			if d := e.system.deliveries; len(d) != 1 || d[0].Attempt != 1 || e.waiting() != 0 || !e.clock.Now().Equal(at) {
				t.Errorf("%d deliveries, %d waiting", len(d), e.waiting())
			}
			e.settled()
		})
	}
}

// An import that was killed before it woke anybody: the message looks by itself.
func TestAMessageThatNobodyWakesLooksByItself(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.mapped(nil)
	e.post("1", change{Type: customer, ID: "7"})
	e.drain(2 * time.Hour)
	e.stores("DE19")
	e.now()
	if len(e.system.deliveries) != 0 {
		t.Error("it was woken")
	}
	e.drain(16 * time.Minute)
	e.entry(port.Confirmed)
}

// An import that runs between the attempt and its registration has found nobody to wake: the message
// looks as soon as the entries may be read again.
func TestAnImportWhileAMessageIsRegisteredIsSeen(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.mapped(nil)
	e.post("1", change{Type: customer, ID: "7"})
	e.drain(5 * time.Hour) // by then it looks every quarter of an hour
	released, at := -1, e.clock.Now()
	e.ports.State = &interleaved{State: e.memory, key: valuemap.WaitersKey("erp", taxMap), then: func() {
		_, err := valuemap.Release(t.Context(), e.memory, "erp", taxMap, e.clock.Now()) // it is not registered by now
		e.must(err)
		released, at = e.imports("DE19"), e.clock.Now()
	}}
	e.drain(20 * time.Minute)
	if done := e.entry(port.Confirmed); released != 0 || done.At.Sub(at) != valuemap.Pause {
		t.Fatalf("%d released, confirmed %v after the import", released, done.At.Sub(at))
	}
}

// An entry that does not help has the message wait again, registered as before: once per import.
func TestAnEntryThatDoesNotHelpHasItWaitAgain(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	attempts := 0
	e.mapped(func() { attempts++ })
	e.post("1", change{Type: customer, ID: "7"})
	e.drain(5 * time.Hour)
	for i := range 3 {
		before := attempts
		if n := e.imports("FR" + strconv.Itoa(i)); n != 1 {
			t.Errorf("import %d released %d", i, n)
		}
		e.drain(time.Minute)
		if made := attempts - before; made > 3 || e.waiting() != 1 { // one with the entries of before, one with the new ones
			t.Errorf("import %d: %d attempts within a minute, %d waiting", i, made, e.waiting())
		}
	}
	if n := len(e.entries(port.Deferred)); n > 120 {
		t.Errorf("%d looks in five hours", n)
	}
	e.imports("DE19")
	e.now()
	e.drain(valuemap.Pause + time.Second)
	e.entry(port.Confirmed)
}

// More messages than a map has room for: those that are registered go on at once, the others by
// themselves. Those that have looked make room.
func TestMoreMessagesThanAMapKeepsGoOnByThemselves(t *testing.T) {
	t.Parallel()
	const all, room = 80, 64
	e := newEnv(t)
	e.mapped(nil)
	for i := range all {
		e.post(strconv.Itoa(i), change{Type: customer, ID: strconv.Itoa(i)})
	}
	e.now()
	e.drain(40 * time.Minute)
	if n := e.waiting(); n == 0 || n > room {
		t.Fatalf("%d registered", n)
	}
	n := e.imports("DE19")
	e.now()
	if got := len(e.entries(port.Confirmed)); got != n || n < room/2 {
		t.Errorf("%d released, %d confirmed at once", n, got)
	}
	e.drain(16 * time.Minute)
	if got := len(e.entries(port.Confirmed)); got != all {
		t.Errorf("%d confirmed", got)
	}
}

// unregistered is a State that takes no record of waiters.
type unregistered struct{ port.State }

func (u unregistered) Put(ctx context.Context, item port.Item) (int64, error) {
	if strings.HasPrefix(item.Key, "map.waiting|") {
		return 0, errPort
	}
	return u.State.Put(ctx, item)
}

// A registration that is lost costs nothing but the time until the message looks by itself.
func TestALostRegistrationLosesNoMessage(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.mapped(nil)
	e.ports.State = unregistered{e.memory}
	e.post("1", change{Type: customer, ID: "7"})
	e.drain(time.Minute)
	if n := e.imports("DE19"); n != 0 {
		t.Errorf("%d released", n)
	}
	e.drain(15 * time.Minute)
	e.entry(port.Confirmed)
}

// A setting that is no map, and a map of a target whose entries are not read, have nobody registered:
// no import can help.
func TestOnlyWhatAnImportCanHelpIsRegistered(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*testEnv){
		"a plain setting": func(e *testEnv) {
			e.mapped(nil)
			e.target.Target = e.reopened(connector.System{Target: targetFunc(func(context.Context, connector.Delivery) (connector.Receipt, error) {
				return connector.Receipt{}, &fault.Error{Kind: fault.Rejected, Class: fault.Config, Field: "ERP_ACCOUNT"}
			})}).Target
		},
		"another setting than the one of the entry": func(e *testEnv) {
			e.mapped(nil)
			e.target.Target = targetFunc(func(ctx context.Context, _ connector.Delivery) (connector.Receipt, error) {
				connector.ExchangeOf(ctx).Missing = connector.MissingEntry{Setting: taxMap}
				return connector.Receipt{}, &fault.Error{Kind: fault.Rejected, Class: fault.Config, Field: "ERP_ACCOUNT"}
			})
		},
		"a target without entries": func(e *testEnv) {
			e.profile.Purposes = connector.Purposes(mapSettings{})
			e.system.failing = func(connector.Delivery) error { return missing }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			set(e)
			e.post("1", change{Type: customer, ID: "7"})
			e.drain(time.Minute)
			for _, setting := range []string{taxMap, "ERP_ACCOUNT"} {
				if item, err := e.memory.Get(t.Context(), valuemap.WaitersKey("erp", setting)); err != nil || item.Revision != 0 {
					t.Errorf("registered %s, %v", item.Value, err)
				}
			}
			if len(e.entries(port.Deferred)) == 0 {
				t.Error("it does not wait")
			}
		})
	}
}

// translating is a source that demands an entry for DE19.
type translating struct {
	connector.Source
	taxes map[string]string
}

func (s translating) Translate(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	if s.taxes["DE19"] == "" {
		return connector.Translation{}, missing
	}
	return s.Source.Translate(ctx, raw)
}

// A delivery in the inbox that waits for an entry of its source's map is released too.
func TestAnImportedEntryReleasesADeliveryInTheInbox(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	profile := connector.Profile{Name: "shop", Timeout: time.Minute, Purposes: connector.Purposes(mapSettings{})}
	kept, err := reopen.Open(t.Context(), reopen.Config{
		Profile: profile, Deps: connector.Deps{Now: e.clock.Now}, State: e.memory, Log: slog.New(slog.DiscardHandler),
		Open: func(given map[string]string, _ connector.Deps) (connector.System, error) {
			taxes, _ := connector.Pairs(given[taxMap])
			return connector.System{Source: translating{e.system, taxes}}, nil
		},
	})
	e.must(err)
	e.source = &connector.System{Profile: profile, Source: kept.System().Source}
	e.post("1", change{Type: customer, ID: "7"})
	e.drain(10 * time.Minute)
	e.must(valuemap.Save(t.Context(), e.memory, "shop", valuemap.Entries{taxMap: {"DE19": {To: "1"}}}, 0))
	waiters, err := valuemap.Release(t.Context(), e.memory, "shop", taxMap, e.clock.Now())
	if err != nil || len(waiters) != 1 || waiters[0].Queue != inbox {
		t.Fatalf("%+v, %v", waiters, err)
	}
	e.must(e.memory.Defer(t.Context(), port.Incoming{Queue: inbox, Handle: waiters[0].Handle}, e.clock.Now()))
	e.now()
	e.entry(port.Confirmed)
}
