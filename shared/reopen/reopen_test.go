package reopen_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/reopen"
	"causeway.example/shared/valuemap"
)

type settings struct {
	Methods map[string]string `env:"TOY_METHODS" validate:"dive,number"`
	Token   connector.Secret  `env:"TOY_TOKEN"`
}

// toy is a target that demands an entry for "card".
type toy struct {
	connector.Target
	settings settings
}

func (t toy) Find(context.Context, message.Key) (string, error) {
	if id := t.settings.Methods["card"]; id != "" {
		return id, nil
	}
	return "", &fault.Error{Kind: fault.Rejected, Class: fault.Config, Field: "TOY_METHODS", Detail: `TOY_METHODS has no entry for "card" (method)`}
}

// counted is a State that counts reads, and may fail.
type counted struct {
	*porttest.Memory
	reads int
	fail  error
}

func (c *counted) Get(ctx context.Context, key string) (port.Item, error) {
	c.reads++
	if c.fail != nil {
		return port.Item{}, c.fail
	}
	return c.Memory.Get(ctx, key)
}

type env struct {
	*testing.T
	clock  *porttest.Clock
	state  *counted
	opened int
	log    bytes.Buffer
	target connector.Target
	now    *reopen.Reopener
}

func newEnv(t *testing.T, given string) *env {
	t.Helper()
	e := &env{T: t, clock: porttest.NewClock(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))}
	e.state = &counted{Memory: porttest.NewMemory(e.clock.Now)}
	var err error
	e.now, err = reopen.Open(t.Context(), reopen.Config{
		Profile: connector.Profile{Name: "toy", Purposes: connector.Purposes(settings{})}, Settings: map[string]string{"TOY_METHODS": given},
		Open: func(given map[string]string, _ connector.Deps) (connector.System, error) {
			e.opened++
			var s settings
			err := connector.ParseSettings(given, &s)
			return connector.System{Target: toy{settings: s}}, err
		},
		Deps: connector.Deps{Now: e.clock.Now}, State: e.state, Log: slog.New(slog.NewTextHandler(&e.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	e.target = e.now.System().Target
	return e
}

func (e *env) store(key, to string) {
	e.Helper()
	entries, revision, err := valuemap.Load(e.Context(), e.state.Memory, "toy")
	if err == nil {
		if entries["TOY_METHODS"] == nil {
			entries["TOY_METHODS"] = map[string]valuemap.Entry{}
		}
		entries["TOY_METHODS"][key] = valuemap.Entry{To: to}
		err = valuemap.Save(e.Context(), e.state.Memory, "toy", entries, revision)
	}
	if err != nil {
		e.Fatal(err)
	}
}

// find calls the target, and fails unless it returns id; "" for a missing entry.
func (e *env) find(id string, reads int) {
	e.Helper()
	got, err := e.target.Find(e.Context(), message.Key{})
	if got != id || (id == "") != (err != nil) || e.state.reads != reads {
		e.Errorf("found %q, %v after %d reads; want %q after %d", got, err, e.state.reads, id, reads)
	}
}

// A missing entry is looked for once a pause, and one that was imported is used in the same call.
func TestAMissingEntryIsLookedFor(t *testing.T) {
	t.Parallel()
	e := newEnv(t, "cash=3")
	e.find("", 1)
	e.clock.Advance(valuemap.Pause)
	e.find("", 2)
	e.store("card", "8")
	e.clock.Advance(valuemap.Pause - time.Second)
	e.find("", 2)
	e.clock.Advance(time.Second)
	e.find("8", 3)
	if e.opened != 2 {
		t.Errorf("opened %d times", e.opened)
	}
	e.clock.Advance(reopen.Stale - time.Second)
	e.find("8", 3) // nothing is read where nothing fails
}

// A call that misses an entry notes the revision of the entries that it was made with, also after a
// read that found the same ones in a newer record.
func TestAMissingEntryIsNotedWithItsRevision(t *testing.T) {
	t.Parallel()
	e := newEnv(t, "cash=3")
	find := func(want int64) {
		t.Helper()
		var got connector.Exchange
		_, err := e.target.Find(connector.WithExchange(t.Context(), &got), message.Key{})
		if err == nil || got.Missing != (connector.MissingEntry{Setting: "TOY_METHODS", Revision: want}) {
			t.Errorf("noted %+v, %v, want revision %d", got, err, want)
		}
	}
	find(0)
	e.store("sepa", "5")
	find(0) // within the pause
	e.clock.Advance(valuemap.Pause)
	_, stored, err := valuemap.Load(t.Context(), e.state.Memory, "toy")
	if err != nil {
		t.Fatal(err)
	}
	find(stored)
	e.store("sepa", "5") // the same entries again
	_, again, err := valuemap.Load(t.Context(), e.state.Memory, "toy")
	if err != nil || again == stored {
		t.Fatalf("revision %d after %d, %v", again, stored, err)
	}
	e.clock.Advance(valuemap.Pause)
	find(again)
	e.store("card", "8")
	e.clock.Advance(valuemap.Pause)
	var got connector.Exchange
	if _, err := e.target.Find(connector.WithExchange(t.Context(), &got), message.Key{}); err != nil || got.Missing.Setting != "" {
		t.Errorf("noted %+v, %v", got, err)
	}
}

// The error names both ways to put the entry right, once.
func TestAMissingEntryNamesBothWays(t *testing.T) {
	t.Parallel()
	e := newEnv(t, "cash=3")
	_, err := e.target.Find(t.Context(), message.Key{})
	f := fault.As(err)
	const want = `TOY_METHODS has no entry for "card" (method); set the entry in TOY_METHODS, or import it as type method by causeway crosswalk import`
	if f == nil || f.Detail != want || f.Class != fault.Config || f.Field != "TOY_METHODS" {
		t.Errorf("%+v", f)
	}
}

// An entry that no call fails without is used after five minutes.
func TestEntriesAreReadAgainWhenTheyAreStale(t *testing.T) {
	t.Parallel()
	e := newEnv(t, "card=1")
	e.store("card", "2")
	e.clock.Advance(reopen.Stale - time.Second)
	e.find("1", 1)
	e.state.fail = errors.New("the table is out of reach")
	e.clock.Advance(time.Second)
	e.find("1", 2)
	e.state.fail = nil
	e.find("1", 2) // not before they are stale again
	e.clock.Advance(reopen.Stale)
	e.find("2", 3)
	if got := e.now.Opened().Overs; len(got) != 1 || got[0] != (valuemap.Over{Setting: "TOY_METHODS", Key: "card", To: "2", Own: "1"}) {
		t.Errorf("over %v", got)
	}
	if !strings.Contains(e.log.String(), "those from before are used") {
		t.Errorf("the log is %s", e.log.String())
	}
}

// An entry that stops the system is left out, and the log says so.
func TestABadEntryStopsNothing(t *testing.T) {
	t.Parallel()
	e := newEnv(t, "card=1")
	e.store("cash", "three")
	e.clock.Advance(reopen.Stale)
	e.find("1", 2)
	if left := e.now.Opened().Left; len(left) != 1 || left[0].Setting != "TOY_METHODS" || !strings.Contains(e.log.String(), "setting=TOY_METHODS") {
		t.Errorf("left %v: %s", left, e.log.String())
	}
}

// A state that is out of reach is no reason to open without the entries: an entry that was
// changed would lead to the record of before.
func TestASystemIsNotOpenedWithoutReadingItsEntries(t *testing.T) {
	t.Parallel()
	e := newEnv(t, "card=1")
	e.state.fail = errors.New("the table is out of reach")
	c := reopen.Config{
		Profile: connector.Profile{Name: "toy", Purposes: connector.Purposes(settings{})}, Deps: connector.Deps{Now: e.clock.Now}, State: e.state,
		Open: func(map[string]string, connector.Deps) (connector.System, error) { return connector.System{}, nil },
	}
	if _, err := reopen.Open(t.Context(), c); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("opened: %v", err)
	}
	c.Profile.Purposes = nil // a system without maps reads nothing
	if _, err := reopen.Open(t.Context(), c); err != nil {
		t.Error(err)
	}
}
