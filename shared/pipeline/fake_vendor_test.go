package pipeline_test

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// fakeVendor is a target with records of its own, which offers one guarantee and nothing
// more: it does every harm that the guarantee does not prevent.
type fakeVendor struct {
	*testEnv
	guarantee connector.Guarantee
	lag       time.Duration
	acts      []act // of the next writes; a plain answer if there are no more
	rows      []*row
	byValue   bool // compare-and-set compares contents instead of states
	calls     []connector.Delivery
	finds     int
	late      []lateWrite
}

// row is one record of the vendor.
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

// act is how one write goes; apply has it take effect.
type act func(v *fakeVendor, apply func() (connector.Receipt, error)) (connector.Receipt, error)

var lost = &fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous, Detail: "no answer came"}

// refuse is an act that has no effect.
func refuse(f fault.Error) act {
	return func(*fakeVendor, func() (connector.Receipt, error)) (connector.Receipt, error) {
		return connector.Receipt{}, &f
	}
}

// afterEffect is an act that takes effect and fails.
func afterEffect(f fault.Error) act {
	return func(_ *fakeVendor, apply func() (connector.Receipt, error)) (connector.Receipt, error) {
		_, _ = apply()
		return connector.Receipt{}, &f
	}
}

// acts are the ways in which a write can go wrong.
var acts = map[string]act{
	"no fault": func(_ *fakeVendor, apply func() (connector.Receipt, error)) (connector.Receipt, error) {
		return apply()
	},
	"answer lost after the effect": afterEffect(*lost),
	"lost before the effect":       refuse(*lost),
	"500 after the effect":         afterEffect(fault.Error{Kind: fault.Unavailable, Status: 500}),
	"never sent":                   refuse(fault.Error{Kind: fault.Unavailable, Class: fault.Connection}),
	"takes effect late": func(v *fakeVendor, apply func() (connector.Receipt, error)) (connector.Receipt, error) {
		v.late = append(v.late, lateWrite{v.clock.Now().Add(70 * time.Second), func() { _, _ = apply() }})
		return connector.Receipt{}, lost
	},
	"crash before the effect": func(v *fakeVendor, _ func() (connector.Receipt, error)) (connector.Receipt, error) {
		v.crash()
		return connector.Receipt{}, lost
	},
	"crash after the effect": func(v *fakeVendor, apply func() (connector.Receipt, error)) (connector.Receipt, error) {
		v.crash()
		return apply()
	},
	"crash, takes effect minutes later": func(v *fakeVendor, apply func() (connector.Receipt, error)) (connector.Receipt, error) {
		v.crash()
		v.late = append(v.late, lateWrite{v.clock.Now().Add(365 * time.Second), func() { _, _ = apply() }})
		return connector.Receipt{}, lost
	},
	"panic after the effect": func(_ *fakeVendor, apply func() (connector.Receipt, error)) (connector.Receipt, error) {
		_, _ = apply()
		panic("the fake vendor panics")
	},
}

// operations are one of each guarantee.
var operations = map[string]connector.Operation{
	"external id":     {Guarantee: connector.ExternalID},
	"compare and set": {Guarantee: connector.CompareAndSet},
	"search":          {Guarantee: connector.Search, Lag: 30 * time.Second},
}

// eachOperation runs a test for each of them.
func eachOperation(t *testing.T, test func(t *testing.T, operation connector.Operation)) {
	t.Helper()
	for name, operation := range operations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, operation)
		})
	}
}

// newVendor returns an environment that delivers to a vendor of the guarantee.
func newVendor(t *testing.T, operation connector.Operation) *fakeVendor {
	t.Helper()
	e := newEnv(t)
	v := &fakeVendor{testEnv: e, guarantee: operation.Guarantee, lag: operation.Lag}
	e.target.Target = v
	e.profile.Linger = 5 * time.Minute
	e.allOperations(operation)
	return v
}

// crash has the process end in the middle of a call: nothing after it reaches a port.
func (v *fakeVendor) crash() { v.ports.State, v.ports.Ledger = brokenPort{}, brokenPort{} }

// settle drains through crashes: ports that broke in a call work again after it.
func (v *fakeVendor) settle(limit time.Duration) {
	v.Helper()
	for end := v.clock.Now().Add(limit); v.clock.Now().Before(end); {
		handled, err := v.step()
		if err != nil && fault.KindOf(err) == fault.Rejected {
			v.Fatal(err)
		}
		v.mend()
		if handled == 0 {
			v.clock.Advance(time.Second)
		}
		v.land()
	}
}

// finish settles until nothing is left to do, or the time is over.
func (v *fakeVendor) finish(limit time.Duration) {
	v.Helper()
	for end := v.clock.Now().Add(limit); v.clock.Now().Before(end) && (v.memory.Left() > 0 || len(v.late) > 0); {
		v.settle(time.Second)
	}
}

// land has the late writes take effect whose time has come.
func (v *fakeVendor) land() {
	waiting := v.late[:0]
	for _, l := range v.late {
		if v.clock.Now().Before(l.at) {
			waiting = append(waiting, l)
			continue
		}
		l.write()
	}
	v.late = waiting
}

// version reports one version of customer 7 and lets a little time pass.
func (v *fakeVendor) version(n int) {
	v.Helper()
	name := "v" + strconv.Itoa(n)
	v.post(name, change{Type: customer, ID: "7", Version: n, Name: name})
	v.settle(3 * time.Second)
}

// Deliver implements connector.Target.
func (v *fakeVendor) Deliver(_ context.Context, d connector.Delivery) (connector.Receipt, error) {
	v.calls = append(v.calls, d)
	read := v.state(d.Message.Key()) // before the request is sent
	apply := func() (connector.Receipt, error) { return v.apply(d, read) }
	if len(v.acts) == 0 {
		return apply()
	}
	next := v.acts[0]
	v.acts = v.acts[1:]
	return next(v, apply)
}

// apply is what the vendor does, by what it offers.
func (v *fakeVendor) apply(d connector.Delivery, read string) (connector.Receipt, error) {
	switch v.guarantee {
	case connector.ExternalID:
		return v.put(v.under(d.Message.Key()), d), nil
	case connector.CompareAndSet:
		return v.swap(d, read)
	}
	return v.put(refRow(d.Ref), d), nil
}

// state returns the state of the entity's row, "" if there is none.
func (v *fakeVendor) state(key message.Key) string {
	if at := v.under(key); at >= 0 && v.byValue {
		return v.rows[at].name
	} else if at >= 0 {
		return strconv.Itoa(v.rows[at].state)
	}
	return ""
}

// swap sets the row of the key if it is in the state that is expected, or was read.
func (v *fakeVendor) swap(d connector.Delivery, read string) (connector.Receipt, error) {
	at := v.under(d.Message.Key())
	switch state := v.state(d.Message.Key()); {
	case at >= 0 && v.rows[at].version > d.Message.Sequence && !v.byValue:
		return connector.Receipt{}, &fault.Error{Kind: fault.Rejected, Class: fault.Stale}
	case at >= 0 && d.Expected == "" && v.rows[at].name == nameOf(d.Body):
		return receipt(at, v.rows[at]), nil
	case v.expects(d, read) != state:
		return connector.Receipt{}, &fault.Error{Kind: fault.Rejected, Class: fault.Conflict, Code: "CHANGE_FROM_QUANTITY_STALE"}
	}
	return v.put(at, d), nil
}

// expects returns what the write replaces. A connector of values reads them each time.
func (v *fakeVendor) expects(d connector.Delivery, read string) string {
	if v.byValue {
		return read
	}
	return cmp.Or(d.Expected, read)
}

// put writes the row, a new one if at is negative.
func (v *fakeVendor) put(at int, d connector.Delivery) connector.Receipt {
	if at < 0 {
		at = len(v.rows)
		v.rows = append(v.rows, &row{key: d.Message.Key(), made: v.clock.Now()})
	}
	r := v.rows[at]
	r.name, r.version, r.state = nameOf(d.Body), d.Message.Sequence, r.state+1
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

func (v *fakeVendor) under(key message.Key) int {
	for at, r := range v.rows {
		if r.key == key {
			return at
		}
	}
	return -1
}

// Find implements connector.Target: it sees what was written at least the lag ago.
func (v *fakeVendor) Find(_ context.Context, key message.Key) (string, error) {
	v.finds++
	for at, r := range v.rows {
		if r.key == key && v.clock.Now().Sub(r.made) >= v.lag {
			return strconv.Itoa(at), nil
		}
	}
	return "", nil
}

// holds returns the contents of the vendor's rows.
func (v *fakeVendor) holds() string {
	var names []string
	for _, r := range v.rows {
		names = append(names, r.name)
	}
	return fmt.Sprint(names)
}

// holding is a target that answers the first delivery of an event type with a failure.
type holding struct {
	connector.Target
	eventType string
	failure   error
	held      map[string]bool
}

// Deliver implements connector.Target.
func (h holding) Deliver(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
	if d.Message.Type == h.eventType && !h.held[d.Message.ID] {
		h.held[d.Message.ID] = true
		return connector.Receipt{}, h.failure
	}
	return h.Target.Deliver(ctx, d)
}
