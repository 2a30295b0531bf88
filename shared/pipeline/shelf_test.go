package pipeline_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"causeway/shared/canonical"
	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/pipeline"
)

// shelf is a target with books of its own, which offers one guarantee and nothing more:
// what the guarantee does not prevent, it does.
type shelf struct {
	b         *bench
	guarantee connector.Guarantee
	lag       time.Duration
	acts      []act // of the next writes; a plain answer when there are no more
	rows      []*row
	keys      map[string]int // idempotency key -> row
	calls     []connector.Delivery
	finds     int
	late      []lateWrite
}

// row is one record on the shelf.
type row struct {
	key     message.Key
	name    string
	version message.Sequence
	state   int // changes with every write, as an ETag does
	made    time.Time
}

type lateWrite struct {
	at    time.Time
	write func()
}

// act befalls one write: apply has it take effect.
type act func(s *shelf, apply func() (connector.Receipt, error)) (connector.Receipt, error)

var lost = &fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous, Detail: "no answer came"}

// The ways in which a write can go wrong.
var acts = map[string]act{
	"no fault": func(_ *shelf, apply func() (connector.Receipt, error)) (connector.Receipt, error) { return apply() },
	"answer lost after the effect": func(_ *shelf, apply func() (connector.Receipt, error)) (connector.Receipt, error) {
		_, _ = apply()
		return connector.Receipt{}, lost
	},
	"lost before the effect": func(*shelf, func() (connector.Receipt, error)) (connector.Receipt, error) {
		return connector.Receipt{}, lost
	},
	"500 after the effect": func(_ *shelf, apply func() (connector.Receipt, error)) (connector.Receipt, error) {
		_, _ = apply()
		return connector.Receipt{}, &fault.Error{Kind: fault.Unavailable, Status: 500}
	},
	"takes effect late": func(s *shelf, apply func() (connector.Receipt, error)) (connector.Receipt, error) {
		s.late = append(s.late, lateWrite{s.b.clock.Now().Add(70 * time.Second), func() { _, _ = apply() }})
		return connector.Receipt{}, lost
	},
	"never sent": func(*shelf, func() (connector.Receipt, error)) (connector.Receipt, error) {
		return connector.Receipt{}, &fault.Error{Kind: fault.Unavailable, Class: fault.Connection}
	},
	"crash before the effect": func(s *shelf, _ func() (connector.Receipt, error)) (connector.Receipt, error) {
		s.b.config.State, s.b.config.Ledger = brokenPort{}, brokenPort{}
		return connector.Receipt{}, lost
	},
	"crash after the effect": func(s *shelf, apply func() (connector.Receipt, error)) (connector.Receipt, error) {
		s.b.config.State, s.b.config.Ledger = brokenPort{}, brokenPort{}
		return apply()
	},
	"crash, takes effect minutes later": func(s *shelf, apply func() (connector.Receipt, error)) (connector.Receipt, error) {
		s.b.config.State, s.b.config.Ledger = brokenPort{}, brokenPort{}
		s.late = append(s.late, lateWrite{s.b.clock.Now().Add(365 * time.Second), func() { _, _ = apply() }})
		return connector.Receipt{}, lost
	},
	"panic after the effect": func(_ *shelf, apply func() (connector.Receipt, error)) (connector.Receipt, error) {
		_, _ = apply()
		panic("shelf falls over")
	},
}

// unknowable are the acts after which nobody but the target can tell what happened.
var unknowable = map[string]bool{
	"answer lost after the effect": true, "lost before the effect": true, "500 after the effect": true, "takes effect late": true,
	"crash before the effect": true, "crash after the effect": true, "panic after the effect": true,
	"crash, takes effect minutes later": true,
}

// onShelf returns a bench that delivers to a shelf of the guarantee.
func onShelf(t *testing.T, operation connector.Operation) (*bench, *shelf) {
	t.Helper()
	b := newBench(t)
	s := &shelf{b: b, guarantee: operation.Guarantee, lag: operation.Lag, keys: map[string]int{}}
	operation.Name = "put on the shelf"
	b.deliver.System.Target = s
	b.deliver.System.Profile.Linger = 5 * time.Minute
	b.deliver.System.Profile.Operations = map[string]connector.Operation{amended: operation}
	return b, s
}

// settle drains through crashes: ports that broke in a call are whole again after it.
func (s *shelf) settle(limit time.Duration) {
	b := s.b
	for end := b.clock.Now().Add(limit); b.clock.Now().Before(end); {
		handled, err := b.step()
		if err != nil && fault.KindOf(err) == fault.Rejected {
			b.Fatal(err)
		}
		b.config.State, b.config.Ledger = b.memory, b.memory
		if handled == 0 {
			b.clock.Advance(time.Second)
		}
		s.land()
	}
}

// land has the late writes take effect whose time has come.
func (s *shelf) land() {
	waiting := s.late[:0]
	for _, l := range s.late {
		if s.b.clock.Now().Before(l.at) {
			waiting = append(waiting, l)
			continue
		}
		l.write()
	}
	s.late = waiting
}

func (s *shelf) Deliver(_ context.Context, d connector.Delivery) (connector.Receipt, error) {
	s.calls = append(s.calls, d)
	apply := func() (connector.Receipt, error) { return s.apply(d) }
	if len(s.acts) == 0 {
		return apply()
	}
	next := s.acts[0]
	s.acts = s.acts[1:]
	return next(s, apply)
}

// apply is what the vendor does, each with its own sort of safety.
func (s *shelf) apply(d connector.Delivery) (connector.Receipt, error) {
	switch s.guarantee {
	case connector.ExternalID:
		return s.put(s.under(d.Message.Key()), d), nil
	case connector.IdempotencyKey:
		if at, known := s.keys[d.Key]; known {
			return receipt(at, s.rows[at]), nil
		}
		r := s.put(refRow(d.Ref), d)
		s.keys[d.Key], _ = strconv.Atoi(r.Ref)
		return r, nil
	case connector.CompareAndSet:
		return s.swap(d)
	}
	return s.put(refRow(d.Ref), d), nil
}

// swap sets the row of the key if it is in the state that is expected, or was just read.
func (s *shelf) swap(d connector.Delivery) (connector.Receipt, error) {
	at := s.under(d.Message.Key())
	if at < 0 {
		return s.put(at, d), nil
	}
	have, name := s.rows[at], d.Body.(*canonical.Customer).FirstName.String()
	switch {
	case have.version > d.Message.Sequence:
		return connector.Receipt{}, &fault.Error{Kind: fault.Rejected, Class: fault.Stale}
	case d.Expected == "" && have.name == name:
		return receipt(at, have), nil
	case d.Expected != "" && d.Expected != strconv.Itoa(have.state):
		return connector.Receipt{}, &fault.Error{Kind: fault.Rejected, Class: fault.Conflict, Code: "CHANGE_FROM_QUANTITY_STALE"}
	}
	return s.put(at, d), nil
}

// put writes the row, a new one if at is negative.
func (s *shelf) put(at int, d connector.Delivery) connector.Receipt {
	if at < 0 {
		at = len(s.rows)
		s.rows = append(s.rows, &row{key: d.Message.Key(), made: s.b.clock.Now()})
	}
	r := s.rows[at]
	r.name, r.version, r.state = d.Body.(*canonical.Customer).FirstName.String(), d.Message.Sequence, r.state+1
	return receipt(at, r)
}

func receipt(at int, r *row) connector.Receipt {
	return connector.Receipt{Ref: strconv.Itoa(at), Detail: "row " + strconv.Itoa(at), Version: strconv.Itoa(r.state)}
}

func refRow(ref string) int {
	if at, err := strconv.Atoi(ref); err == nil {
		return at
	}
	return -1
}

func (s *shelf) under(key message.Key) int {
	for at, r := range s.rows {
		if r.key == key {
			return at
		}
	}
	return -1
}

// Find sees what was written at least the lag ago.
func (s *shelf) Find(_ context.Context, key message.Key) (string, error) {
	s.finds++
	for at, r := range s.rows {
		if r.key == key && s.b.clock.Now().Sub(r.made) >= s.lag {
			return strconv.Itoa(at), nil
		}
	}
	return "", nil
}

// holds returns the names on the shelf.
func (s *shelf) holds() string {
	var names []string
	for _, r := range s.rows {
		names = append(names, r.name)
	}
	return fmt.Sprint(names)
}

// operations are one of each guarantee.
var operations = map[string]connector.Operation{
	"external id":     {Guarantee: connector.ExternalID},
	"idempotency key": {Guarantee: connector.IdempotencyKey, KeyLife: 24 * time.Hour},
	"compare and set": {Guarantee: connector.CompareAndSet},
	"search":          {Guarantee: connector.Search, Lag: 30 * time.Second},
	"none":            {Guarantee: connector.None},
}

// TestEachGuaranteeHoldsThroughEachFault is one write, a fault in the middle of it, and a
// newer version that comes meanwhile: the target holds one row, in its newest state.
func TestEachGuaranteeHoldsThroughEachFault(t *testing.T) {
	t.Parallel()
	for name, operation := range operations {
		for fault, act := range acts {
			for times := 1; times <= 2; times++ {
				t.Run(fmt.Sprintf("%s/%s %d", name, fault, times), func(t *testing.T) {
					t.Parallel()
					b, s := onShelf(t, operation)
					for range times {
						s.acts = append(s.acts, act)
					}
					b.post("1", toyFact{Type: amended, ID: "7", Version: 1, Name: "v1"})
					s.settle(2 * time.Second)
					if operation.Guarantee == connector.None && unknowable[fault] {
						s.mustPark()
						return
					}
					b.post("2", toyFact{Type: amended, ID: "7", Version: 2, Name: "v2"})
					s.settle(2 * time.Hour)
					if got := s.holds(); got != "[v2]" {
						t.Errorf("the shelf holds %s, want one row in its newest state", got)
					}
					if dead := b.dead(route.Queue()); len(dead) > 0 {
						t.Errorf("dead letters: %v", dead)
					}
				})
			}
		}
	}
}

// mustPark fails unless the message was parked after one write at most.
func (s *shelf) mustPark() {
	b := s.b
	b.Helper()
	s.settle(time.Hour)
	letters := b.dead(route.Queue())
	if len(letters) != 1 || letters[0].Attributes[pipeline.AttrReason] != "ambiguous outcome_unknown" {
		b.Errorf("dead letters %+v, want one that says why", letters)
	}
	b.one(pipeline.Parked)
	if len(s.calls) != 1 || len(s.rows) > 1 {
		b.Errorf("%d writes, %d rows: that was a blind second write", len(s.calls), len(s.rows))
	}
}
