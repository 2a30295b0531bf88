package pipeline_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/entity"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

func TestAnOlderVersionNeverFollowsANewerOne(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	for i, version := range []int{2, 4, 1, 3} {
		e.post(strconv.Itoa(i), change{Type: customer, ID: "7", Version: version, Name: "v" + strconv.Itoa(version)})
		e.drain(3 * time.Second)
	}
	if got := strings.Join(e.system.names(), " "); got != "v2 v4" {
		t.Errorf("written: %s", got)
	}
	if n := len(e.entries(port.Superseded)); n != 2 {
		t.Errorf("%d superseded, want 2", n)
	}
}

// TestWhicheverEventArrivesFirstCreatesTheEntity has the placing of an order arrive after its
// change, and after its cancellation.
func TestWhicheverEventArrivesFirstCreatesTheEntity(t *testing.T) {
	t.Parallel()
	for _, first := range []string{canonical.OrderChanged, canonical.OrderCancelledEvent} {
		for name, operation := range operations {
			t.Run(first+"/"+name, func(t *testing.T) {
				t.Parallel()
				v := newVendor(t, operation)
				v.post("1", change{Type: first, ID: "1", Version: 2, Hint: 1, Name: "first"})
				v.settle(3 * time.Second)
				v.post("2", change{Type: canonical.OrderPlaced, ID: "1", Version: 1, Name: "placed"})
				v.settle(3 * time.Second)
				if v.entry(port.Superseded); v.holds() != "[first]" {
					t.Errorf("the vendor has %s", v.holds())
				}
				v.post("3", change{Type: canonical.OrderPlaced, ID: "1", Version: 2, Hint: 2, Name: "first"})
				v.settle(3 * time.Second)
				if v.entry(port.Skipped); len(v.calls) != 1 {
					t.Errorf("%d calls: one content of one effect was written by two event types", len(v.calls))
				}
			})
		}
	}
}

// permute calls f with each order of the changes.
func permute(changes []change, f func([]change)) {
	var next func(k int)
	next = func(k int) {
		if k == len(changes) {
			f(slices.Clone(changes))
		}
		for i := k; i < len(changes); i++ {
			changes[k], changes[i] = changes[i], changes[k]
			next(k + 1)
			changes[k], changes[i] = changes[i], changes[k]
		}
	}
	next(0)
}

// TestF64TwoContentsOfOneVersionConverge has them arrive in each order, with and without the
// first write's answer being lost, for each guarantee.
func TestF64TwoContentsOfOneVersionConverge(t *testing.T) {
	t.Parallel()
	for name, operation := range operations {
		for _, fault := range []string{"no fault", "500 after the effect", "never sent", "takes effect late", "crash after the effect"} {
			t.Run(name+"/"+fault, func(t *testing.T) {
				t.Parallel()
				ends := map[string]bool{}
				permute([]change{{Name: "a"}, {Name: "b"}, {Name: "c"}}, func(order []change) {
					v := newVendor(t, operation)
					v.acts = []act{acts[fault]}
					for i, c := range order {
						// One hint, so that their versions tie.
						v.post(strconv.Itoa(i), change{Type: customer, ID: "7", Version: 1, Hint: 1, Name: c.Name})
					}
					v.finish(2 * time.Hour)
					ends[v.holds()] = true
					if n := len(v.dead(queue)); n > 0 || v.memory.Left() > 0 {
						t.Errorf("%v: %d dead, %d left", order, n, v.memory.Left())
					}
				})
				if len(ends) != 1 {
					t.Errorf("the orders end in %v", ends)
				}
			})
		}
	}
}

// TestF65AValueThatReturnsWithinASecondStays has A, B, A in one second of the source's clock,
// told apart by their hints, arrive in each order.
func TestF65AValueThatReturnsWithinASecondStays(t *testing.T) {
	t.Parallel()
	for name, operation := range operations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			permute([]change{{Hint: 1, Name: "A"}, {Hint: 2, Name: "B"}, {Hint: 3, Name: "A"}}, func(order []change) {
				v := newVendor(t, operation)
				for i, c := range order {
					c.Type, c.ID, c.Version = customer, "7", 1
					v.post(strconv.Itoa(i), c)
					v.settle(2 * time.Second)
				}
				if got := v.holds(); got != "[A]" {
					t.Errorf("%+v end in %s", order, got)
				}
				v.settled()
			})
		})
	}
}

// TestEqualContentAdvancesTheFenceWithoutACall has a state be confirmed, reported again in a
// newer version, and an older content between the two arrive late.
func TestEqualContentAdvancesTheFenceWithoutACall(t *testing.T) {
	t.Parallel()
	v := newVendor(t, connector.Operation{Guarantee: connector.CompareAndSet})
	report := func(id string, version int, name string) {
		v.post(id, change{Type: customer, ID: "7", Version: version, Name: name})
		v.settle(3 * time.Second)
	}
	report("1", 1, "A")
	report("2", 3, "A")
	if entry := v.entry(port.Skipped); len(v.calls) != 1 || !strings.HasPrefix(entry.Outcome, "duplicate") {
		t.Fatalf("%d calls, skipped as %q", len(v.calls), entry.Outcome)
	}
	report("3", 2, "B")
	if v.entry(port.Superseded); len(v.calls) != 1 || v.holds() != "[A]" {
		t.Errorf("%d calls, the vendor has %s", len(v.calls), v.holds())
	}
	report("4", 4, "C") // whose write names what was confirmed, by what the target calls it
	if last := v.calls[len(v.calls)-1]; len(v.calls) != 2 || last.Expected != "1" || v.holds() != "[C]" {
		t.Errorf("%d calls, the last expects %q; the vendor has %s", len(v.calls), last.Expected, v.holds())
	}
}

// TestEqualContentIsWrittenOverAnUnknownOutcome has A be confirmed, the write of B be of
// unknown outcome, and A be reported again.
func TestEqualContentIsWrittenOverAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, operation connector.Operation) {
		for _, befalls := range []string{"answer lost after the effect", "takes effect late", "crash after the effect"} {
			v := newVendor(t, operation)
			report := func(id string, version int, name string) {
				v.post(id, change{Type: customer, ID: "7", Version: version, Name: name})
				v.settle(3 * time.Second)
			}
			report("1", 1, "A")
			v.acts = []act{acts[befalls]}
			report("2", 2, "B")
			report("3", 3, "A")
			v.finish(2 * time.Hour)
			if got := v.holds(); got != "[A]" {
				t.Errorf("%s: the vendor has %s", befalls, got)
			}
			v.settled()
		}
	})
}

// TestAPolledStateIsNewerThanADeliveredOneOfTheSameTime has the poll read what the source has
// at the end, and a delivery of the same second arrive after it.
func TestAPolledStateIsNewerThanADeliveredOneOfTheSameTime(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]bool{"poll first": true, "poll last": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			if first {
				e.poll("p", change{Type: customer, ID: "7", Version: 1, Name: "polled"})
				e.drain(time.Hour)
			}
			e.post("w", change{Type: customer, ID: "7", Version: 1, Name: "delivered"})
			e.drain(time.Hour)
			if !first {
				e.poll("p", change{Type: customer, ID: "7", Version: 1, Name: "polled"})
				e.drain(time.Hour)
			}
			if names := e.system.names(); names[len(names)-1] != "polled" {
				t.Errorf("written %q", names)
			}
		})
	}
}

// TestF73AReplayOfAnyAgeHasNoEffect has an order be placed, changed 20 times, and its first
// deliveries be replayed after so long.
func TestF73AReplayOfAnyAgeHasNoEffect(t *testing.T) {
	t.Parallel()
	for name, operation := range operations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, operation)
			placed := change{Type: canonical.OrderPlaced, ID: "1", Version: 1, Name: "placed"}
			report := func(id string, c change) {
				v.post(id, c)
				v.settle(3 * time.Second)
			}
			report("placed", placed)
			report("paid", change{Type: captured, ID: "9", Version: 1, Name: "paid"})
			for i := range 20 {
				report("c"+strconv.Itoa(i), change{Type: canonical.OrderChanged, ID: "1", Version: i + 2, Name: "changed" + strconv.Itoa(i)})
			}
			v.keepsOut(`"note":["placed"]`)
			v.restart()
			calls, want := len(v.calls), v.holds()
			for _, age := range []time.Duration{time.Hour, 24 * time.Hour, 91 * 24 * time.Hour, 100 * 24 * time.Hour, 3 * 365 * 24 * time.Hour} {
				v.clock.Advance(age)
				report(age.String(), placed) // a delivery with an id of its own
				report("paid"+age.String(), change{Type: captured, ID: "9", Version: 1, Name: "paid"})
				report("paid again"+age.String(), change{Type: captured, ID: "9", Version: 30, Name: "paid once more"})
				if len(v.calls) != calls || v.holds() != want {
					t.Fatalf("after %v: %d calls, the vendor has %s", age, len(v.calls)-calls, v.holds())
				}
			}
			for _, entry := range v.entries(port.Skipped) {
				if !strings.HasPrefix(entry.Outcome, "duplicate") {
					t.Errorf("%s skipped as %q", entry.Type, entry.Outcome)
				}
			}
			v.settled()
		})
	}
}

// TestF73WhatIsConfirmedNeverExpires looks at the records themselves.
func TestF73WhatIsConfirmedNeverExpires(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.post("1", change{Type: customer, ID: "7", Name: "v1"})
	e.post("2", change{Type: captured, ID: "9", Name: "paid"})
	e.system.fail = []error{nil, nil, &fault.Error{Kind: fault.Rejected}}
	e.drain(time.Minute)
	e.post("3", change{Type: customer, ID: "8", Name: "refused"})
	e.drain(time.Minute)
	for key, never := range map[string]bool{
		recordOf7: true, "erp|shop/t1/payment/9": true, "erp|shop/t1/customer/8": false,
	} {
		item, err := e.memory.Get(t.Context(), key)
		e.must(err)
		if item.Revision == 0 || item.Expires.IsZero() != never {
			t.Errorf("%s expires at %v, revision %d", key, item.Expires, item.Revision)
		}
	}
}

// TestF67AFactHasOneEffectInWhateverVersion has it be reported in versions that follow one
// another, of which the first write goes wrong in some way.
func TestF67AFactHasOneEffectInWhateverVersion(t *testing.T) {
	t.Parallel()
	for name, operation := range operations {
		for fault, befalls := range acts {
			t.Run(name+"/"+fault, func(t *testing.T) {
				t.Parallel()
				v := newVendor(t, operation)
				v.acts = []act{befalls}
				for i, version := range []int{2, 1, 4, 3} {
					v.post(strconv.Itoa(i), change{Type: captured, ID: "9", Version: version, Name: fmt.Sprint("v", version)})
					v.settle(2 * time.Second)
				}
				v.finish(2 * time.Hour)
				effects := 0
				for _, r := range v.rows {
					effects += r.state
				}
				if len(v.rows) != 1 || effects < 1 || effects > 2 {
					t.Errorf("%d rows, written %d times", len(v.rows), effects)
				}
				if n := len(v.entries(port.Confirmed)); n != 1 {
					t.Errorf("%d confirmed", n)
				}
				v.settled()
			})
		}
	}
}

// TestF67AFactPassesOnceAfterItWasSkipped has a filter skip a fact, which then is reported as it
// passes, and again.
func TestF67AFactPassesOnceAfterItWasSkipped(t *testing.T) {
	t.Parallel()
	for name, operation := range operations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, operation)
			v.keepsOut(`"name":["test"]`)
			for i, name := range []string{"test", "paid", "test", "paid again"} {
				v.post(strconv.Itoa(i), change{Type: captured, ID: "9", Version: i + 1, Name: name})
				v.settle(3 * time.Second)
			}
			if got := v.holds(); got != "[paid]" || len(v.calls) != 1 {
				t.Errorf("the vendor has %s after %d calls", got, len(v.calls))
			}
		})
	}
}

// TestF66PlacedAndCancelledEndClosed has both be reported by one second of the source, in each
// order, one of them deferred, and the placing be kept out by a filter in one case.
func TestF66PlacedAndCancelledEndClosed(t *testing.T) {
	t.Parallel()
	placed := change{Type: canonical.OrderPlaced, ID: "1", Version: 1, Hint: 1, Name: "open"}
	cancelled := change{Type: canonical.OrderCancelledEvent, ID: "1", Version: 1, Hint: 2, Name: "closed", Status: "cancelled", Paid: "voided"}
	throttled := &fault.Error{Kind: fault.Throttled, After: time.Minute}
	for _, first := range []string{"placed", "cancelled"} {
		for _, deferred := range []string{"none", "placed", "cancelled"} {
			for _, paid := range []string{"paid", "authorized"} {
				t.Run(strings.Join([]string{first, "first", deferred, "deferred", paid}, " "), func(t *testing.T) {
					t.Parallel()
					v := newVendor(t, connector.Operation{Guarantee: connector.ExternalID})
					v.keepsOut(`"financial":["authorized"]`)
					v.route.Filters[0].Final = false
					placed := placed
					placed.Paid = paid
					order := []change{placed, cancelled}
					if first == "cancelled" {
						slices.Reverse(order)
					}
					held := map[string]string{"placed": canonical.OrderPlaced, "cancelled": canonical.OrderCancelledEvent}[deferred]
					v.target.Target = holding{v, held, throttled, map[string]bool{}}
					for i, c := range order {
						v.post(strconv.Itoa(i), c)
						v.settle(2 * time.Second)
					}
					v.finish(time.Hour)
					if got := v.holds(); got != "[closed]" {
						t.Errorf("the vendor has %s", got)
					}
					v.settled()
				})
			}
		}
	}
}

// TestADeadLetterThatThePollFoundNewestStays has an older content of the same second be
// delivered late, with the latest hint of all, beside the dead letter of the newest one.
func TestADeadLetterThatThePollFoundNewestStays(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.post("1", change{Type: customer, ID: "7", Version: 1, Hint: 1, Name: "A"})
	e.drain(time.Minute)
	e.system.fail = []error{&fault.Error{Kind: fault.Rejected, Code: "NO"}}
	e.post("2", change{Type: customer, ID: "7", Version: 1, Hint: 2, Name: "B"})
	e.drain(time.Minute)
	letter, died := e.letter(), e.entry(port.Dead)
	key, now := died.Entity, e.clock.Now()
	record, err := entity.Load(e.Context(), e.memory, "erp", key, false)
	e.must(err)
	polled := entity.State{
		Type: customer, Hash: record.Attempts[died.Event].Hash, Version: message.NewSequence(died.Version.UpdatedAt(), true, now),
	}
	if found, err := entity.Compare(e.Context(), e.memory, "erp", key, polled, now); err != nil || found != entity.InHand {
		t.Fatalf("the poll finds %d, %v", found, err)
	}
	e.post("3", change{Type: customer, ID: "7", Version: 1, Hint: 3, Name: "A"})
	e.drain(time.Minute)
	if superseded := e.entries(port.Superseded); len(superseded) > 0 {
		t.Fatalf("%v", superseded)
	}
	e.redrive(letter)
	e.drain(time.Minute)
	if names := strings.Join(e.system.names(), " "); !strings.HasSuffix(names, "B") {
		t.Errorf("written: %s", names)
	}
}
