package admission_test

import (
	"sync"
	"testing"
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// outage has the target answer so until then.
func (e *env) outage(answer admission.Answer, until time.Time) {
	e.answer = func(*item) admission.Answer {
		if time.Now().Before(until) {
			return answer
		}
		return accepted()
	}
}

func TestF30AnHourOf429OpensTheCircuitOnceAndKillsNothing(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		end := e.epoch.Add(time.Hour)
		e.outage(failed(fault.Error{Kind: fault.Throttled, Status: 429}), end)
		e.send(e.ids("c", 20)...)
		e.drain(e.worker("w"), 3*time.Hour)
		if n := e.ended(port.Confirmed); n != 20 {
			e.Errorf("%d of 20 confirmed", n)
		}
		if d := e.one(port.Degraded); d.Error.Class != fault.RateLimit || d.Entity.ID != "toy" || d.At.After(e.epoch.Add(time.Minute)) {
			e.Errorf("degraded: %+v", d)
		}
		if r := e.one(port.Restored); r.At.Before(end) || r.At.After(end.Add(15*time.Minute)) {
			e.Errorf("restored %v after the outage", r.At.Sub(end))
		}
		if n := between(e.calls, e.epoch.Add(time.Minute), end); n == 0 || n > 40 {
			e.Errorf("%d calls while the circuit was open, want the probes only", n)
		}
	})
}

func TestAnOutageCountsAgainstNoMessage(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		e.outage(down503(), e.epoch.Add(4*24*time.Hour))
		e.send(e.ids("c", 6)...)
		e.drain(e.worker("w"), 5*24*time.Hour)
		if n := e.ended(port.Confirmed); n != 6 {
			e.Errorf("%d of 6 confirmed after four days of outage", n)
		}
		for _, i := range e.items {
			if i.looks >= 1000*4/14 {
				e.Errorf("%d receives in four days, SQS allows 1000 in the fourteen that it keeps a message", i.looks)
			}
		}
	})
}

func TestOneMessageThatAlwaysFailsOpensNothing(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]admission.Answer{
		"as the target does": failed(fault.Error{Kind: fault.Unavailable, Status: 500}), "as a record does": record500(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(e *env) {
				e.outage(answer, e.epoch.Add(30*24*time.Hour))
				e.send("c0")
				e.drain(e.worker("w"), 80*time.Hour)
				e.none(port.Degraded)
				if e.ended(port.Dead) != 1 {
					e.Error("it does not end")
				}
			})
		})
	}
}

func TestF44F45RefusedCredentialsOpenTheCircuitAtOnceAndMessagesStay(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fault.Error{
		"401": {Kind: fault.Unauthorized, Status: 401}, "403": {Kind: fault.Unauthorized, Status: 403, Code: "INSUFFICIENT_PERMISSION"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(e *env) {
				e.outage(failed(f), e.epoch.Add(80*time.Hour))
				e.send(e.ids("c", 10)...)
				w := e.worker("w")
				e.drain(w, 59*time.Second)
				if len(e.calls) != 1 {
					e.Errorf("%d calls in the first minute", len(e.calls))
				}
				contains(e.T, e.one(port.AuthExpired).Outcome, "toy: our credentials are refused. All messages for toy wait", "until they are renewed", "next probe is in 1m0s")
				e.drain(w, 100*time.Hour)
				if n := e.ended(port.Confirmed); n != 10 {
					e.Errorf("%d of 10 confirmed after the credentials were renewed", n)
				}
				e.one(port.Restored)
			})
		})
	}
}

func TestADegradedConnectionWhoseCredentialsExpireSaysSo(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		e.answer = func(*item) admission.Answer {
			if time.Since(e.epoch) > 10*time.Minute {
				return failed(fault.Error{Kind: fault.Unauthorized, Status: 401})
			}
			return down503()
		}
		e.send(e.ids("c", 10)...)
		e.drain(e.worker("w"), time.Hour)
		e.one(port.Degraded)
		e.one(port.AuthExpired)
	})
}

func TestRenewedCredentialsOfATargetThatIsDownAreReported(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		w := e.worker("w")
		w.passOne("c0", "write", failed(fault.Error{Kind: fault.Unauthorized, Status: 401}))
		<-time.After(time.Hour)
		w.passOne("c1", "write", down503())
		contains(e.T, e.one(port.Degraded).Outcome, "no longer because of our credentials")
	})
}

// TestTwoWorkersThatFindOneOutageReportItOnce has both refused at the same moment, so that
// the second finds the circuit open when it wants to open it.
func TestTwoWorkersThatFindOneOutageReportItOnce(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		var all sync.WaitGroup
		for _, name := range []string{"first", "second"} {
			p := e.worker(name).enter(admission.Call{Event: name, Entity: name, Operation: "write"})
			all.Go(func() {
				<-time.After(time.Second)
				p.Leave(e.Context(), failed(fault.Error{Kind: fault.Unauthorized, Status: 401}))
			})
		}
		all.Wait()
		e.one(port.AuthExpired)
	})
}

func TestAFreshMessageProbesBeforeThoseThatAlwaysFail(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		e.answer = func(i *item) admission.Answer {
			if i.Entity != "good" {
				return failed(fault.Error{Kind: fault.Unavailable, Status: 500})
			}
			return accepted()
		}
		e.send(e.ids("c", 4)...)
		w := e.worker("w")
		e.drain(w, 3*time.Hour)
		e.one(port.Degraded)
		e.send("good")
		e.drain(w, 6*time.Minute)
		if e.ended(port.Confirmed) != 1 {
			e.Errorf("the good message waits behind four that always fail")
		}
		e.one(port.Restored)
	})
}

// TestAProbeThatCallsNothingMakesWayForAnother has a message that waits for its parent,
// which is looked up in our own records.
func TestAProbeThatCallsNothingMakesWayForAnother(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		end := e.epoch.Add(10 * time.Minute)
		e.answer = func(i *item) admission.Answer {
			if i.Entity == "child" {
				return admission.Answer{Fault: &fault.Error{Kind: fault.NotReady}}
			}
			if time.Now().Before(end) {
				return down503()
			}
			return accepted()
		}
		e.send(e.ids("c", 4)...)
		w := e.worker("w")
		e.drain(w, time.Minute)
		e.send("child")
		e.drain(w, 40*time.Minute)
		if n := e.ended(port.Confirmed); n != 4 {
			e.Errorf("%d of 4 confirmed", n)
		}
		e.one(port.Restored)
	})
}

func TestEveryWorkerKnowsOfTheOpenCircuit(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		e.worker("first").passOne("c0", "write", failed(fault.Error{Kind: fault.Unauthorized}))
		second := e.worker("second")
		gate, err := second.Gate(e.Context(), time.Now())
		if err != nil || gate.Until.IsZero() || !gate.Outage {
			e.Errorf("%+v, %v", gate, err)
		}
		if !second.waits(admission.Call{Entity: "c1", Operation: "write"}) {
			e.Error("it enters although the circuit is open")
		}
	})
}

func TestTheTimeOfAnOutageIsNotTheMessagesOwn(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		end, more := e.epoch.Add(80*time.Hour), 3
		e.random = golden() // so that each of them is the probe at some time
		e.answer = func(i *item) admission.Answer {
			failing := time.Now().Before(end)
			if !failing && i.Entity == "c0" && more > 0 {
				failing = true
				if e.ended(port.Confirmed) > 0 { // the circuit is closed: these are its own
					more--
				}
			}
			if failing {
				return down503()
			}
			return accepted()
		}
		e.send(e.ids("c", 3)...)
		e.drain(e.worker("w"), 90*time.Hour)
		if n := e.ended(port.Confirmed); n != 3 || more != 0 {
			e.Errorf("%d of 3 confirmed: one that failed before and after an outage of 80 hours is not failing for 72", n)
		}
	})
}

// TestSearchesCloseACircuitThatNoWriteIsLeftToClose has the writes that failed purged, and
// a child whose parent never arrives left.
func TestSearchesCloseACircuitThatNoWriteIsLeftToClose(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		w := e.degraded()
		<-time.After(time.Hour)
		e.answer = func(*item) admission.Answer { return searched() }
		e.send("child")
		e.drain(w, 30*time.Minute)
		e.none(port.Restored) // one answered search closes nothing
		e.drain(w, 90*time.Minute)
		e.one(port.Restored)
		e.drain(w, 75*time.Hour)
		if e.ended(port.Parked) != 1 {
			e.Error("the child waits for ever")
		}
	})
}

// degraded opens the circuit of the whole target, and leaves no message.
func (e *env) degraded() *worker {
	e.Helper()
	w := e.worker("w")
	for i := range e.policy.Breaker.Failures {
		w.passOne(name(i), "write", down503())
	}
	e.one(port.Degraded)
	return w
}

// TestAWriteThatFailsLetsSearchesBeginAgain has one fail after an hour of answered searches.
func TestAWriteThatFailsLetsSearchesBeginAgain(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]admission.Answer{"the target": down503(), "a record": record500()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(e *env) {
				w := e.degraded()
				for range 2 {
					<-time.After(10 * time.Minute)
					w.passOne("child", "write", searched())
					<-time.After(50 * time.Minute)
					w.passOne("child", "write", searched())
					<-time.After(10 * time.Minute)
					w.passOne("late", "write", answer)
				}
				e.none(port.Restored)
				times(2, func(int) {
					<-time.After(66 * time.Minute)
					w.passOne("child", "write", searched())
				})
				e.one(port.Restored)
			})
		})
	}
}

// TestAnOutageThatNoMessageIsLeftToProbeEnds has messages look that no probe can be made
// with: what they wait for would wait for ever if the outage lasted.
func TestAnOutageThatNoMessageIsLeftToProbeEnds(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		w := e.degraded()
		sent := time.Now()
		for _, c := range []struct {
			after  time.Duration
			outage bool
		}{{time.Minute, true}, {64 * time.Minute, true}, {time.Minute, false}} {
			<-time.After(c.after)
			if gate, err := w.Gate(e.Context(), sent); err != nil || gate.Outage != c.outage {
				e.Errorf("after %v: %+v, %v", time.Since(sent), gate, err)
			}
		}
	})
}

func TestOurOwnRejectionSaysNothingAboutTheTarget(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		w := e.degraded()
		unmapped := admission.Answer{Asked: true, Wrote: true, Fault: &fault.Error{Kind: fault.Rejected, Class: fault.Config}}
		linked := admission.Answer{Asked: true}
		for range 20 {
			<-time.After(time.Minute)
			for _, answer := range []admission.Answer{unmapped, linked} { // each makes way for the next at once
				if p := w.enter(admission.Call{Entity: "c", Operation: "write"}); !p.Probing() || !p.Leave(e.Context(), answer).IsZero() {
					e.Error("it does not make way")
				}
			}
		}
		e.none(port.Restored)
		w.passOne("c", "write", failed(fault.Error{Kind: fault.Rejected, Status: 422}))
		e.one(port.Restored)
	})
}

// TestACircuitOpensAtItsLimitAndNotBefore counts failures and entities.
func TestACircuitOpensAtItsLimitAndNotBefore(t *testing.T) {
	t.Parallel()
	operation := failed(fault.Error{Kind: fault.Unavailable, Status: 503, Scope: fault.OperationScope})
	for what, c := range map[string]struct {
		answer             admission.Answer
		failures, entities int
		opens              string
	}{
		"four failures of the target":             {down503(), 4, 4, ""},
		"five failures of the target, one entity": {down503(), 5, 1, ""},
		"five failures of the target":             {down503(), 5, 2, "toy: 5 calls in a row failed, for at least 2 entities. All messages"},
		"four failures of the operation":          {operation, 4, 4, ""},
		"six of the operation, one entity":        {operation, 6, 1, ""},
		"five failures of the operation":          {operation, 5, 2, `toy, operation "write": 5 calls in a row failed, for at least 2 entities. Only messages of this`},
		"twenty failures of four records":         {record500(), 20, 4, ""},
		"four failures of four records":           {record500(), 4, 4, ""},
		"five failures of five records":           {record500(), 5, 5, "toy: 5 calls in a row failed, for at least 5 entities. All messages"},
		"ten rejections":                          {failed(fault.Error{Kind: fault.Rejected, Status: 400}), 10, 10, ""},
		"ten invalid ones":                        {failed(fault.Error{Kind: fault.Invalid, Status: 400}), 10, 10, ""},
		"ten conflicts with another user":         {failed(fault.Error{Kind: fault.Unavailable, Class: fault.Conflict, Status: 409}), 10, 10, ""},
		"ten answers that nobody classified":      {failed(fault.Error{Kind: fault.Unknown}), 10, 10, ""},
		"a record that refuses our credentials":   {failed(fault.Error{Kind: fault.Unauthorized, Status: 403, Scope: fault.EntityScope}), 4, 4, ""},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			play(t, func(e *env) {
				w := e.worker("w")
				times(c.failures, func(i int) { w.passOne(name(i%c.entities), "write", c.answer) })
				if c.opens == "" {
					e.none(port.Degraded)
					e.none(port.AuthExpired)
					return
				}
				contains(e.T, e.one(port.Degraded).Outcome, c.opens)
			})
		})
	}
}

// TestASuccessInBetweenBeginsTheCountAgain stays one failure below the limit each time.
func TestASuccessInBetweenBeginsTheCountAgain(t *testing.T) {
	t.Parallel()
	for what, answer := range map[string]admission.Answer{
		"target": down503(), "record": record500(), "operation": failed(fault.Error{Kind: fault.Throttled, Scope: fault.OperationScope}),
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			play(t, func(e *env) {
				w := e.worker("w")
				for round := range 3 {
					times(4, func(i int) { w.passOne(name(10*round+i), "write", answer) })
					w.passOne("good", "write", accepted())
				}
				e.none(port.Degraded)
				times(4, func(i int) { w.passOne(name(i), "write", answer) })
				w.passOne("child", "write", searched()) // shows no write
				w.passOne("last", "write", answer)
				e.one(port.Degraded)
			})
		})
	}
}

func TestASuccessOfAnotherOperationSaysNothingAboutThisOne(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		w := e.worker("w")
		times(5, func(i int) {
			w.passOne(name(i), "refund", failed(fault.Error{Kind: fault.Unavailable, Scope: fault.OperationScope}))
			w.passOne(name(i), "write", accepted())
		})
		if d := e.one(port.Degraded); d.Type != "refund" {
			e.Errorf("%+v", d)
		}
	})
}

// TestOneOfManyProbes has several messages find a probe due at the same moment.
func TestOneOfManyProbes(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		e.degraded()
		<-time.After(time.Minute)
		a, b, probes := e.worker("a"), e.worker("b"), 0
		for i := range 10 {
			for _, w := range []*worker{a, b} {
				p, until, err := w.Enter(e.Context(), admission.Call{Entity: name(i), Operation: "write", SentAt: time.Now()})
				if err != nil || p == nil && !until.After(time.Now()) {
					e.Fatal(p, until, err)
				}
				if p != nil {
					probes++
				}
			}
		}
		if probes != 1 {
			e.Errorf("%d probes at once", probes)
		}
	})
}

// TestAProbeWhoseWorkerIsGoneMakesWay has a worker that crashed with the role.
func TestAProbeWhoseWorkerIsGoneMakesWay(t *testing.T) {
	t.Parallel()
	for _, known := range []bool{true, false} {
		t.Run(map[bool]string{true: "known", false: "not known"}[known], func(t *testing.T) {
			t.Parallel()
			play(t, func(e *env) {
				e.gone = func(worker string) bool { return known && worker == "gone" }
				e.degraded()
				<-time.After(time.Minute)
				e.worker("gone").enter(admission.Call{Entity: "x", Operation: "write"})
				w, began := e.worker("other"), time.Now()
				for w.waits(admission.Call{Entity: "y", Operation: "write"}) {
					<-time.After(time.Second)
				}
				if waited := time.Since(began); known != (waited == 0) || waited > 71*time.Second {
					e.Errorf("it waited %v for the probe of a worker that is gone", waited)
				}
			})
		})
	}
}

// TestALateProbeDoesNotEndTheNextOne has a probe end after its span, when another is in flight.
func TestALateProbeDoesNotEndTheNextOne(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		w := e.degraded()
		<-time.After(time.Minute)
		late := w.enter(admission.Call{Event: "late", Entity: "late", Operation: "write"})
		<-time.After(80 * time.Second)
		next := w.enter(admission.Call{Event: "next", Entity: "next", Operation: "write"})
		late.Leave(e.Context(), searched())
		if !w.waits(admission.Call{Entity: "third", Operation: "write"}) {
			e.Error("a third message probes while the second is in flight")
		}
		next.Leave(e.Context(), accepted())
		e.one(port.Restored)
	})
}

// TestACallInFlightFindsAnotherCause has credentials refused after the circuit was opened.
func TestACallInFlightFindsAnotherCause(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		late := e.worker("late").enter(admission.Call{Entity: "late", Operation: "write"})
		e.degraded()
		<-time.After(2 * time.Second)
		late.Leave(e.Context(), failed(fault.Error{Kind: fault.Unauthorized, Status: 401}))
		e.one(port.AuthExpired)
	})
}
