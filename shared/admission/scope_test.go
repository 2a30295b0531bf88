package admission_test

import (
	"strconv"
	"testing"
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// TestF70RecordsThatFailHoldUpNothingElse has the target answer its own error document
// for some entities, without other traffic, and then a healthy one arrive each hour.
func TestF70RecordsThatFailHoldUpNothingElse(t *testing.T) {
	t.Parallel()
	for what, poison := range map[string]int{"two": 2, "enough to open the circuit": 8} {
		for _, later := range []time.Duration{time.Minute, 5 * time.Hour} {
			t.Run(what+" "+later.String(), func(t *testing.T) {
				t.Parallel()
				play(t, func(e *env) {
					e.takes, e.random = time.Second, golden()
					e.answer = func(i *item) admission.Answer {
						if i.Entity[0] == 'p' {
							return record500()
						}
						return accepted()
					}
					e.send(e.ids("p", poison)...)
					w := e.worker("w")
					e.drain(w, later)
					e.send("healthy")
					e.drain(w, time.Minute)
					if e.ended(port.Confirmed) != 1 {
						e.Error("a healthy message is not through within a minute")
					}
					for range 100 {
						e.send("healthy")
						e.drain(w, time.Hour)
					}
					if n := e.ended(port.Confirmed); n != 101 {
						e.Errorf("%d of 101 healthy messages are through", n)
					}
					if n := e.ended(port.Dead); n != poison {
						e.Errorf("%d of %d ended at their budget", n, poison)
					}
					if n := len(e.entries(port.Degraded)); poison == 2 && n > 0 || poison > 2 && n == 0 {
						e.Errorf("opened %d times", n)
					}
				})
			})
		}
	}
}

// TestF70ATargetThatFailsForEveryRecordIsAnOutage has the target answer its own error
// document for all entities, for longer than their budget: none of them ends by that, those
// that arrive meanwhile included, and all are through when the target accepts writes again.
func TestF70ATargetThatFailsForEveryRecordIsAnOutage(t *testing.T) {
	t.Parallel()
	for what, between := range map[string]admission.Answer{"all the time": record500(), "and is down in between": down503()} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			play(t, func(e *env) {
				e.takes, e.random = time.Second, golden()
				const days = 24 * time.Hour
				e.answer = func(*item) admission.Answer {
					switch passed := time.Since(e.epoch); {
					case passed >= 10*days:
						return accepted()
					case passed >= 2*days && passed < 3*days:
						return between
					}
					return record500()
				}
				w := e.worker("w")
				for day := range 10 {
					e.send(e.ids("day "+strconv.Itoa(day)+" ", 6)...)
					e.drain(w, days)
					if day == 4 {
						w = e.worker("another")
					}
				}
				if n := e.ended(port.Dead); n > 0 {
					e.Errorf("%d died in an outage", n)
				}
				e.drain(w, 3*time.Hour)
				if n := e.ended(port.Confirmed); n != 60 {
					e.Errorf("%d of 60 are through three hours after the outage", n)
				}
				e.one(port.Degraded)
				e.one(port.Restored)
			})
		})
	}
}

// TestARecordThatFailsAsTheProbeMakesWayAtOnce has the next message probe in the same moment.
func TestARecordThatFailsAsTheProbeMakesWayAtOnce(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		w := e.degraded()
		<-time.After(time.Minute)
		times(7, func(i int) {
			if until := w.passOne(name(i), "write", record500()); !until.IsZero() {
				e.Errorf("others wait until %v", until)
			}
		})
		if p := w.enter(admission.Call{Entity: "healthy", Operation: "write"}); !p.Probing() {
			e.Error("the circuit was closed by a record that fails")
		} else {
			p.Leave(e.Context(), accepted())
		}
		e.one(port.Degraded)
		e.one(port.Restored)
	})
}

// TestF71APermissionThatIsMissingHoldsUpItsOperationOnly has another operation go on.
func TestF71APermissionThatIsMissingHoldsUpItsOperationOnly(t *testing.T) {
	t.Parallel()
	for what, f := range map[string]fault.Error{
		"unauthorized": {Kind: fault.Unauthorized, Status: 403, Code: "INSUFFICIENT_PERMISSION", Scope: fault.OperationScope},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			play(t, func(e *env) {
				end := e.epoch.Add(10 * time.Hour)
				e.answer = func(i *item) admission.Answer {
					if i.Operation == "refund" && time.Now().Before(end) {
						return failed(f)
					}
					return accepted()
				}
				w := e.worker("w")
				e.sendAs("refund", message.Live, e.ids("r", 20)...)
				for range 100 {
					e.send("c")
					e.drain(w, time.Minute)
				}
				if n := e.ended(port.Confirmed); n != 100 {
					e.Errorf("%d of 100 messages of the other operation confirmed on time", n)
				}
				refunds := len(e.calls) - 100
				if refunds < 10 || refunds > 100 {
					e.Errorf("%d calls of the operation in 100 minutes, want its probes only", refunds)
				}
				a := e.one(port.AuthExpired)
				contains(e.T, a.Outcome, `toy, operation "refund": the permission is refused. Only messages of this operation wait; the next probe is in 1m0s. Messages wait until it is granted.`)
				if a.Type != "refund" || a.Trace != "connection/toy" || a.Error.Code != f.Code {
					e.Errorf("%+v", a)
				}
				e.drain(w, 12*time.Hour)
				if n := e.ended(port.Confirmed); n != 120 {
					e.Errorf("%d of 120 confirmed after the permission was granted", n)
				}
				contains(e.T, e.one(port.Restored).Outcome, `operation "refund": works again after 10h`)
			})
		})
	}
}

// TestAnOutageIsNotTheOperationsOwn has the target fail while an operation's circuit is
// probed: both circuits close with the first write that is accepted.
func TestAnOutageIsNotTheOperationsOwn(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		w := e.worker("w")
		w.passOne("r", "refund", failed(fault.Error{Kind: fault.Unauthorized, Status: 403, Scope: fault.OperationScope}))
		times(5, func(i int) { w.passOne(name(i), "write", down503()) })
		<-time.After(10 * time.Minute)
		if until := w.passOne("r", "refund", down503()); until.Before(time.Now().Add(time.Second)) {
			e.Errorf("no answer, and the next probe is due at %v", until)
		}
		<-time.After(10 * time.Minute)
		// The target answers; the permission is missing still.
		w.passOne("r", "refund", failed(fault.Error{Kind: fault.Unauthorized, Status: 403, Scope: fault.OperationScope}))
		e.none(port.Restored)
		if gate, err := w.Gate(e.Context(), time.Now()); err != nil || !gate.Until.IsZero() {
			e.Errorf("the target answered, and others wait: %+v, %v", gate, err)
		}
		w.passOne("c", "write", accepted())
		if r := e.one(port.Restored); r.Type != "" {
			e.Errorf("%+v", r)
		}
		<-time.After(10 * time.Minute)
		w.passOne("r", "refund", accepted())
		if n := len(e.entries(port.Restored)); n != 2 {
			e.Errorf("%d circuits closed, want both", n)
		}
		e.one(port.AuthExpired)
		e.one(port.Degraded)
	})
}

// TestAnAnswerThatSaysNothingDelaysTheNextProbe has the probe of an operation's circuit
// fail for another reason.
func TestAnAnswerThatSaysNothingDelaysTheNextProbe(t *testing.T) {
	t.Parallel()
	for what, answer := range map[string]admission.Answer{"the target is down": down503(), "not classified": failed(fault.Error{Kind: fault.Unknown})} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			play(t, func(e *env) {
				w := e.worker("w")
				w.passOne("r", "refund", failed(fault.Error{Kind: fault.Unauthorized, Status: 403, Scope: fault.OperationScope}))
				<-time.After(time.Hour)
				if until := w.passOne("r", "refund", answer); time.Until(until) < time.Minute {
					e.Errorf("the next probe is due in %v", time.Until(until))
				}
				w.passOne("c", "write", accepted())
			})
		})
	}
}

// TestAnOutageOfRecordsStaysAnOutage has one record after another fail for hours: as long as
// messages probe the target, no deadline of what waits runs.
func TestAnOutageOfRecordsStaysAnOutage(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		w := e.worker("w")
		for _, entity := range e.ids("c", 5) {
			w.passOne(entity, "write", record500())
		}
		for range 12 {
			<-time.After(15 * time.Minute)
			w.passOne("c1", "write", record500())
			if gate, err := w.Gate(e.Context(), time.Now()); err != nil || !gate.Outage {
				e.Fatalf("after %v: %+v, %v", time.Since(e.epoch), gate, err)
			}
		}
	})
}
