package pipeline_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// flakyPorts are ports of which one call fails: without an effect, or after it.
type flakyPorts struct {
	*ports
	calls, failing int
	after          bool
}

// call counts a call and reports whether it fails.
func (f *flakyPorts) call(effect func() error) error {
	if f.calls++; f.calls != f.failing {
		return effect()
	}
	if f.after {
		_ = effect()
	}
	return errPort
}

func (f *flakyPorts) Publish(ctx context.Context, messages []*message.Message) error {
	return f.call(func() error { return f.ports.Publish(ctx, messages) })
}

func (f *flakyPorts) Send(ctx context.Context, queue string, batch []port.Outgoing) error {
	return f.call(func() error { return f.ports.Send(ctx, queue, batch) })
}

func (f *flakyPorts) Delete(ctx context.Context, in port.Incoming) error {
	return f.call(func() error { return f.ports.Delete(ctx, in) })
}

func (f *flakyPorts) Defer(ctx context.Context, in port.Incoming, until time.Time) error {
	return f.call(func() error { return f.ports.Defer(ctx, in, until) })
}

func (f *flakyPorts) Get(ctx context.Context, key string) (item port.Item, err error) {
	err = f.call(func() error { item, err = f.ports.Get(ctx, key); return err })
	return item, err
}

func (f *flakyPorts) Put(ctx context.Context, item port.Item) (revision int64, err error) {
	err = f.call(func() error { revision, err = f.ports.Put(ctx, item); return err })
	return revision, err
}

func (f *flakyPorts) Append(ctx context.Context, entries ...port.Entry) error {
	return f.call(func() error { return f.ports.Append(ctx, entries...) })
}

func (f *flakyPorts) Find(ctx context.Context, query port.Query) (found []port.Entry, err error) {
	err = f.call(func() error { found, err = f.ports.Ledger.Find(ctx, query); return err })
	return found, err
}

func (f *flakyPorts) AddressSecrets(ctx context.Context) (secrets canonical.AddressSecrets, err error) {
	err = f.call(func() error { secrets, err = f.ports.AddressSecrets(ctx); return err })
	return secrets, err
}

func (f *flakyPorts) Store(ctx context.Context, data []byte) (claim message.Claim, err error) {
	err = f.call(func() error { claim, err = f.ports.Store(ctx, data); return err })
	return claim, err
}

func (f *flakyPorts) Load(ctx context.Context, claim message.Claim) (data []byte, err error) {
	err = f.call(func() error { data, err = f.ports.Load(ctx, claim); return err })
	return data, err
}

// brokenBus takes no event.
type brokenBus struct{ err error }

func (b brokenBus) Publish(context.Context, []*message.Message) error { return b.err }

// TestF83ABusThatIsDownForWeeksEndsNoMessage has the bus be down for longer than any budget.
func TestF83ABusThatIsDownForWeeksEndsNoMessage(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.ports.Bus = brokenBus{&fault.Error{Kind: fault.Unavailable, Doing: "publishing", Detail: "the bus is down"}}
	e.post("1", change{Type: customer, ID: "7", Name: "late"})
	e.drainBy(time.Minute, 20*24*time.Hour)
	waits := e.outcomes(port.Deferred)
	if len(waits) == 0 || len(e.entries(port.Dead)) > 0 || !strings.HasPrefix(waits[len(waits)-1], "waits for a service of ours: ") {
		t.Fatalf("%d waits, %d dead: %q", len(waits), len(e.entries(port.Dead)), waits[max(0, len(waits)-1):])
	}
	e.mend()
	e.drainBy(time.Minute, time.Hour)
	if got := e.system.names(); !slices.Equal(got, []string{"late"}) {
		t.Errorf("written %q within an hour", got)
	}
	e.settled()
}

// TestAnEventThatTheBusRejectsIsDead has the bus be up, and reject one event for its size.
func TestAnEventThatTheBusRejectsIsDead(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.ports.Bus = brokenBus{fault.New(fault.Invalid, fault.TooLarge, "publishing", "the bus takes 1 MiB")}
	e.post("1", change{Type: customer, ID: "7"})
	e.drain(time.Minute)
	if entry := e.entry(port.Dead); entry.Error.Class != fault.TooLarge {
		t.Errorf("%+v", entry.Error)
	}
	e.settled()
}

// TestF50AnyCallOfAPortMayFail has one call of any port fail, each in turn, in a journey with a
// parent, a fact, a lost answer, a skipped message and a refused one.
func TestF50AnyCallOfAPortMayFail(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"external id", "search"} {
		operation := operations[name]
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/after the effect %v", name, after), func(t *testing.T) {
				t.Parallel()
				for n := 1; ; n++ {
					if v := newVendor(t, operation); !v.journeyWith(n, after) {
						break
					}
				}
			})
		}
	}
}

// TestF50AnyCallForALargeBodyMayFail is a short journey beside the vault.
func TestF50AnyCallForALargeBodyMayFail(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		for n, failed := 1, true; failed; n++ {
			e := newEnv(t)
			flaky := &flakyPorts{ports: e.sound(), failing: n, after: after}
			*e.ports = ports{flaky, flaky, flaky, flaky, flaky}
			e.system.translation = largeBody
			e.post("1", change{Type: customer, ID: "7"})
			e.drainAnyway(time.Hour)
			if failed = flaky.calls >= n; len(e.entries(port.Confirmed)) == 0 || e.memory.Left() > 0 || len(e.dead(queue)) > 0 {
				t.Errorf("call %d: %d confirmed, %d left", n, len(e.entries(port.Confirmed)), e.memory.Left())
			}
		}
	}
}

// journeyWith plays the journey with the n-th call failing, and reports whether there were as
// many calls.
func (v *fakeVendor) journeyWith(n int, after bool) (failed bool) {
	v.Helper()
	flaky := &flakyPorts{ports: v.sound(), failing: n, after: after}
	*v.ports = ports{flaky, flaky, flaky, flaky, flaky}
	v.keepsOut(`"first_name":["out"]`)
	v.acts = []act{acts["answer lost after the effect"]}
	v.target.Target = refusing{v, "5"}
	v.post("customer", change{Type: customer, ID: "7", Version: 1, Name: "Ada"})
	v.drainAnyway(2 * time.Second)
	v.post("order", child("1", "8"))
	v.post("payment", change{Type: captured, ID: "9", Version: 1, Name: "paid"})
	v.post("out", change{Type: customer, ID: "6", Version: 1, Name: "out"})
	v.drainAnyway(2 * time.Second)
	v.post("refused", change{Type: customer, ID: "5", Version: 1, Name: "refused"})
	v.drainAnyway(2 * time.Second)
	v.post("parent", change{Type: customer, ID: "8", Version: 1, Name: "parent"})
	v.drainAnyway(4 * time.Hour)
	rows := map[string]int{}
	for _, r := range v.rows {
		rows[r.key.ID]++
	}
	for _, id := range []string{"7", "1", "9", "8"} {
		if rows[id] != 1 {
			v.Errorf("call %d: %d rows of %s", n, rows[id], id)
		}
	}
	if letters := v.dead(queue); len(v.rows) != 4 || v.memory.Left() > 0 || len(letters) == 0 || letters[0].Attributes[port.AttrEntity] != "shop/t1/customer/5" {
		v.Errorf("call %d: %d rows, %d letters, %d left: %s", n, len(v.rows), len(letters), v.memory.Left(), v.holds())
	}
	return flaky.calls >= n
}

// refusing is a target that refuses one entity.
type refusing struct {
	connector.Target
	id string
}

func (r refusing) Deliver(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
	if d.Message.Key().ID == r.id {
		return connector.Receipt{}, &fault.Error{Kind: fault.Rejected, Status: 400}
	}
	return r.Target.Deliver(ctx, d)
}

// drainAnyway drains although a port may fail, until nothing is left.
func (e *testEnv) drainAnyway(limit time.Duration) {
	for end := e.clock.Now().Add(limit); e.clock.Now().Before(end); {
		handled, _ := e.step()
		if handled == 0 {
			if e.memory.Left() == 0 {
				return
			}
			e.clock.Advance(5 * time.Second)
		}
	}
}
