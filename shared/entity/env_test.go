package entity_test

import (
	"encoding/json"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/entity"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/retry"
)

var (
	noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	key  = message.Key{System: "shop", Tenant: "t1", Type: "order", ID: "1"}
)

const stored = "erp|shop/t1/order/1"

// testEnv is a State in memory with one record.
type testEnv struct {
	*testing.T
	clock  *porttest.Clock
	memory *porttest.Memory
	worker *retry.Worker
}

func newEnv(t *testing.T) *testEnv {
	t.Helper()
	e := &testEnv{T: t, clock: porttest.NewClock(noon)}
	e.memory = porttest.NewMemory(e.clock.Now)
	e.worker = e.another("one")
	return e
}

func (e *testEnv) another(name string) *retry.Worker {
	return retry.NewWorker(name, e.clock.Now, 10*time.Minute, nil)
}

func (e *testEnv) must(err error) {
	e.Helper()
	if err != nil {
		e.Fatal(err)
	}
}

func (e *testEnv) load() *entity.Record {
	e.Helper()
	r, err := entity.Load(e.Context(), e.memory, "erp", key, false)
	e.must(err)
	return r
}

func (e *testEnv) save(r *entity.Record) {
	e.Helper()
	e.must(r.Save(e.Context(), e.memory, e.clock.Now()))
}

func (e *testEnv) item() port.Item {
	e.Helper()
	item, err := e.memory.Get(e.Context(), stored)
	e.must(err)
	return item
}

// version returns the version of a state that is n minutes old at noon plus n.
func version(n int) message.Sequence {
	return message.NewSequence(noon.Add(time.Duration(n)*time.Minute), false, time.Time{})
}

func state(n int, content string) entity.State {
	body, _ := json.Marshal(content)
	return entity.State{Type: "order.changed", Version: version(n), Hash: port.Digest(body), Body: body}
}

func fact(n int, content string) entity.State {
	s := state(n, content)
	s.Type, s.Once = "order.released", true
	return s
}

// attempted records an attempt at the state of the event.
func attempted(r *entity.Record, event string, s entity.State) *entity.Attempt {
	a := r.Attempt(event)
	a.Count, a.Version, a.Hash, a.Once = 1, s.Version, s.Hash, s.Once
	return a
}

// open records a write of unknown outcome.
func open(r *entity.Record, event string, s entity.State, by connector.Guarantee, since time.Time) *entity.Attempt {
	a := attempted(r, event, s)
	a.By = by
	a.OpenSince = since
	return a
}

func half() float64 { return 0.5 }
