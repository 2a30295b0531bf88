package reconcile_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/entity"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/reconcile"
)

func TestA5AChangeThatNoWebhookReportedIsAGap(t *testing.T) {
	t.Parallel()
	e := newEnv(t, changed("7", 30))
	e.counts(e.round(), reconcile.Report{Gaps: 1})
	gap := e.one(port.Reconciled)
	if gap.Type != port.TypeGap || gap.Entity.ID != "7" || gap.Function != "toy-poll" || gap.Version == "" || gap.Hashes.Canonical == "" ||
		gap.Outcome != "gap found: customer 7 (#7), changed 2026-11-22T12:30:00Z: no delivery reported this change; handed on" {
		t.Errorf("the ledger has %+v", gap)
	}
	if received := e.one(port.Received); received.Function != "toy-poll" || received.Trace != gap.Trace || received.Event != gap.Event {
		t.Errorf("received %+v", received)
	}
	e.deliver()
	e.counts(e.round(), reconcile.Report{Seen: 1})
	e.post("late", changed("7", 30))
	if e.deliver(); len(e.written) != 1 || e.written["erp t1 7@12:30"] != 1 {
		t.Errorf("written %v, want version 12:30 once", e.written)
	}
}

// TestAChangeOfAListThatNoWebhookReportsIsNoGap, because a poll is how it is found.
func TestAChangeOfAListThatNoWebhookReportsIsNoGap(t *testing.T) {
	t.Parallel()
	e := newEnv(t, changed("7", 30))
	e.toy.feeds[0].Unannounced = true
	report := e.round()
	if found := e.one(port.Reconciled); report.Gaps != 0 || report.Unconfirmed != 1 || found.Type != port.TypeUnconfirmed ||
		found.Outcome != "customer 7 (#7), changed 2026-11-22T12:30:00Z: polled, and new to erp; handed on" {
		t.Errorf("reported %+v, the ledger has %+v", report, found)
	}
	e.deliver()
	if len(e.written) != 1 {
		t.Errorf("written %v", e.written)
	}
}

func TestAConfirmedChangeIsNotHandedOn(t *testing.T) {
	t.Parallel()
	e := newEnv(t, changed("7", 30), changed("8", 31))
	e.post("w1", changed("7", 30))
	e.post("w2", changed("8", 40)) // newer than the list
	e.deliver()
	e.counts(e.round(), reconcile.Report{Confirmed: 2})
	e.counts(e.round(), reconcile.Report{Seen: 2})
	if len(e.entries(port.Received)) != 2 || len(e.entries(port.Reconciled)) != 0 {
		t.Error("the poll handed on a confirmed change")
	}
	if len(e.toy.fetched) != 2 {
		t.Errorf("fetched %v: a change that was seen is not fetched again", e.toy.fetched)
	}
}

// TestF64TheSourcesContentWinsWithinOneSecond, also an hour later, whichever of the two
// the target confirmed.
func TestF64TheSourcesContentWinsWithinOneSecond(t *testing.T) {
	t.Parallel()
	for name, pause := range map[string]time.Duration{"at once": 0, "an hour later": time.Hour} {
		for _, delivered := range []string{"Grace", "Zoe"} { // hashes on both sides of Ada's
			e := newEnv(t, changed("7", 30))
			first := changed("7", 30)
			first.Name = delivered
			e.post("w1", first)
			e.deliver()
			e.clock.Advance(pause)
			e.counts(e.round(), reconcile.Report{Gaps: 1})
			e.deliver()
			if e.written["erp t1 7@12:30"] != 2 {
				t.Errorf("%s: written %v, want both contents of 12:30", name, e.written)
			}
			e.post("w2", first) // sent again
			e.deliver()
			if got := e.written["erp t1 7@12:30"]; got != 2 {
				t.Errorf("%s: the older content was written again", name)
			}
		}
	}
}

// TestAPolledVersionIsRecordedAsNewest: a late delivery of another content of the same
// second must not overwrite the content that the poll confirmed.
func TestAPolledVersionIsRecordedAsNewest(t *testing.T) {
	t.Parallel()
	e := newEnv(t, changed("7", 30))
	e.post("w1", changed("7", 30))
	e.deliver()
	e.counts(e.round(), reconcile.Report{Confirmed: 1})
	e.clock.Advance(time.Minute)
	late := changed("7", 30)
	late.Name = "Grace"
	e.post("w2", late)
	if e.deliver(); e.written["erp t1 7@12:30"] != 1 {
		t.Errorf("written %v", e.written)
	}
}

func TestAFactThatHappensOnceIsComparedByItsType(t *testing.T) {
	t.Parallel()
	e := newEnv(t, changed("7", 30))
	cents := int64(100)
	both := func(f fact) []connector.Event { return []connector.Event{f.event(), f.payment(cents)} }
	e.post("w1", changed("7", 30)) // reported the customer only
	e.deliver()
	e.toy.translation = both
	e.counts(e.round(), reconcile.Report{Gaps: 1})
	if text := e.one(port.Reconciled).Outcome; !strings.HasSuffix(text, ": no delivery reported payment.captured 7; handed on") {
		t.Errorf("the ledger has %q", text)
	}
	e.deliver()
	cents = 200 // reported again in another version
	e.toy.facts[0].Minute++
	e.post("w2", changed("7", 31))
	e.deliver()
	e.counts(e.round(), reconcile.Report{Seen: 0, Confirmed: 1})
}

// TestAGapStaysOneWhenTranslateIsFast: the message is published before the poll goes on.
func TestAGapStaysOneWhenTranslateIsFast(t *testing.T) {
	t.Parallel()
	e := newEnv(t, changed("7", 30))
	e.outage = true
	e.config.Queue = fastQueue{e.memory, e.deliver}
	e.counts(e.round(), reconcile.Report{Gaps: 1})
}

// fastQueue has each message translated at once.
type fastQueue struct {
	port.Queue
	deliver func()
}

func (q fastQueue) Send(ctx context.Context, queue string, batch []port.Outgoing) error {
	err := q.Queue.Send(ctx, queue, batch)
	q.deliver()
	return err
}

// TestATargetThatIsLateIsNoGap: in an outage the state is handed on again without the
// alarm of a gap.
func TestATargetThatIsLateIsNoGap(t *testing.T) {
	t.Parallel()
	e := newEnv(t, changed("7", 30))
	e.config.Routes[2].From = "toy"                               // to the second target
	e.config.Routes = append(e.config.Routes, e.config.Routes[0]) // another flow of the same type
	e.outage = true
	e.post("w1", changed("7", 30))
	e.deliver()
	e.counts(e.round(), reconcile.Report{Unconfirmed: 1})
	late := e.one(port.Reconciled)
	if late.Type != port.TypeUnconfirmed || late.Outcome != "customer 7 (#7), changed 2026-11-22T12:30:00Z: erp has not confirmed this state, crm has not confirmed this state; handed on again" {
		t.Errorf("the ledger has %+v", late)
	}
	e.outage = false
	if e.deliver(); e.written["erp t1 7@12:30"] != 1 || e.written["crm t1 7@12:30"] != 1 {
		t.Errorf("written %v", e.written)
	}
}

// TestANewerStateOrAnotherVersionOfAFactWasReported too.
func TestANewerStateOrAnotherVersionOfAFactWasReported(t *testing.T) {
	t.Parallel()
	cents := int64(100)
	for name, events := range map[string]func(fact) []connector.Event{
		"a newer state": nil,
		"a fact":        func(f fact) []connector.Event { return []connector.Event{f.payment(cents)} },
	} {
		e := newEnv(t, changed("7", 30))
		e.outage, e.toy.translation = true, events
		e.post("w1", changed("7", 40))
		e.deliver()
		cents++
		if events != nil {
			e.toy.facts[0].Minute = 50
		}
		e.counts(e.round(), reconcile.Report{Unconfirmed: 1})
		if texts := e.outcomes(port.TypeGap); len(texts) != 0 {
			t.Errorf("%s: %q", name, texts)
		}
	}
}

func TestOneTargetThatLacksAChangeIsEnough(t *testing.T) {
	t.Parallel()
	e := newEnv(t, changed("7", 30))
	e.post("w1", changed("7", 30))
	e.deliver() // to the erp alone
	e.config.Routes[2].From = "toy"
	e.counts(e.round(), reconcile.Report{Unconfirmed: 1})
	if text := e.one(port.Reconciled).Outcome; !strings.HasSuffix(text, ": crm has not confirmed this state; handed on again") {
		t.Errorf("the ledger has %q", text)
	}
}

// TestAStateThatOnlyADeliveryHasInHandIsHandedOn has the polled state settle which state of
// its second is the newest: a late delivery of another one must not overwrite it. A
// state that a poll has in hand is left alone.
func TestAStateThatOnlyADeliveryHasInHandIsHandedOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		polled bool
		want   reconcile.Report
	}{
		"by a delivery": {false, reconcile.Report{Gaps: 1}},
		"by a poll":     {true, reconcile.Report{InHand: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, changed("7", 30))
			s, err := entity.StateOf(changed("7", 30).event(), c.polled, e.clock.Now())
			if err != nil {
				t.Fatal(err)
			}
			r := e.record("erp", changed("7", 30).key("customer"))
			*r.Attempt("e1") = entity.Attempt{Version: s.Version, Hash: s.Hash}
			if err := r.Save(t.Context(), e.memory, e.clock.Now()); err != nil {
				t.Fatal(err)
			}
			e.counts(e.round(), c.want)
		})
	}
}

// TestARecordedAttemptIsLeftAlone: the attempt, or its dead letter, has its own end. A
// correction at the source is handed on (F69).
func TestARecordedAttemptIsLeftAlone(t *testing.T) {
	t.Parallel()
	e := newEnv(t, changed("7", 30))
	s, err := entity.StateOf(changed("7", 30).event(), false, e.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	r := e.record("erp", changed("7", 30).key("customer"))
	*r.Attempt("e1") = entity.Attempt{Version: s.Version, Hash: s.Hash, Letters: []entity.Letter{{MessageID: "m1", At: e.clock.Now()}}}
	if err := r.Save(t.Context(), e.memory, e.clock.Now()); err != nil {
		t.Fatal(err)
	}
	e.counts(e.round(), reconcile.Report{InHand: 1})
	e.toy.facts[0].Minute, e.toy.facts[0].Name = 40, "Grace"
	e.counts(e.round(), reconcile.Report{Gaps: 1})
	if e.deliver(); e.written["erp t1 7@12:40"] != 1 {
		t.Errorf("written %v", e.written)
	}
}

func TestASkippedStateIsNotHandedOn(t *testing.T) {
	t.Parallel()
	e := newEnv(t, changed("7", 30))
	s, err := entity.StateOf(changed("7", 30).event(), false, e.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	r := e.record("erp", changed("7", 30).key("customer"))
	r.Skip("e1", s, "test order", true)
	if err := r.Save(t.Context(), e.memory, e.clock.Now()); err != nil {
		t.Fatal(err)
	}
	e.counts(e.round(), reconcile.Report{Confirmed: 1})
}

func TestAnEventTypeWithoutARouteIsNotCompared(t *testing.T) {
	t.Parallel()
	e := newEnv(t, changed("7", 30))
	e.config.Routes = e.config.Routes[1:2] // payments only
	e.counts(e.round(), reconcile.Report{Confirmed: 1})
}

// TestF82ARecordThatCannotBeReadIsHandedOn, and the other entities are compared.
func TestF82ARecordThatCannotBeReadIsHandedOn(t *testing.T) {
	t.Parallel()
	e := newEnv(t, numbered(3)...)
	for _, f := range numbered(3) {
		e.post("w"+f.ID, f)
	}
	e.deliver()
	e.config.State = brokenState{e.memory, func(key string) bool { return key == "erp|toy/t1/customer/101" }, nil}
	e.counts(e.round(), reconcile.Report{Confirmed: 2, Unconfirmed: 1})
	want := "customer 101 (#101), changed 2026-11-22T12:01:00Z: it cannot be read whether erp has confirmed this state; handed on again"
	if text := e.one(port.Reconciled).Outcome; text != want {
		t.Errorf("the ledger has %q", text)
	}
}

// flakyLedger fails or hangs when it is read or written.
type flakyLedger struct {
	port.Ledger
	find, append, hang bool
	queries            []port.Query
}

func (l *flakyLedger) fail(ctx context.Context) error {
	if l.hang {
		<-ctx.Done()
		return ctx.Err()
	}
	return errors.New("unavailable")
}

func (l *flakyLedger) Find(ctx context.Context, q port.Query) ([]port.Entry, error) {
	if l.queries = append(l.queries, q); l.find {
		return nil, l.fail(ctx)
	}
	return l.Ledger.Find(ctx, q)
}

func (l *flakyLedger) Append(ctx context.Context, entries ...port.Entry) error {
	if l.append {
		return l.fail(ctx)
	}
	return l.Ledger.Append(ctx, entries...)
}

func TestALedgerThatCannotBeReadHoldsUpNothing(t *testing.T) {
	t.Parallel()
	for _, hang := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			e := newEnv(t, numbered(3)...)
			e.config.Ledger = &flakyLedger{Ledger: e.memory, find: true, hang: hang}
			e.counts(e.round(), reconcile.Report{Unconfirmed: 3})
			want := "customer 100 (#100), changed 2026-11-22T12:00:00Z: erp has not confirmed this state; " +
				"it is unknown whether a delivery reported it, because the ledger cannot be read; handed on"
			if texts := e.outcomes(port.TypeUnconfirmed); len(texts) != 3 || texts[0] != want {
				t.Errorf("the ledger has %q", texts)
			}
			if e.deliver(); len(e.written) != 3 {
				t.Errorf("written %v", e.written)
			}
		})
	}
}

// TestALedgerThatCannotBeWrittenIsAnErrorOfTheRun, which hands on and counts all the same.
func TestALedgerThatCannotBeWrittenIsAnErrorOfTheRun(t *testing.T) {
	t.Parallel()
	for _, hang := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			e := newEnv(t, numbered(3)...)
			e.config.Ledger = &flakyLedger{Ledger: e.memory, append: true, hang: hang}
			if err := e.run(t.Context()); fault.KindOf(err) != fault.Unavailable {
				t.Errorf("Run = %v", err)
			}
			e.counts(e.reports[0], reconcile.Report{Gaps: 3})
			if e.deliver(); len(e.written) != 3 {
				t.Errorf("written %v", e.written)
			}
			e.config.Ledger = e.memory
			e.counts(e.round(), reconcile.Report{Seen: 3})
		})
	}
}

// TestF81TheLedgerIsReadOnceAndOnlyForWhatIsMissing: the newest 20 entries, however many
// the entity has.
func TestF81TheLedgerIsReadOnceAndOnlyForWhatIsMissing(t *testing.T) {
	t.Parallel()
	e := newEnv(t, changed("7", 30), changed("8", 31))
	for i := range 100 {
		f := changed("7", 29)
		f.Name = strings.Repeat("x", i)
		e.post("old"+f.Name, f)
	}
	e.post("w7", changed("7", 30))
	e.post("w8", changed("8", 31))
	e.deliver()
	e.post("w9", changed("8", 40))
	ledger := &flakyLedger{Ledger: e.memory}
	e.config.Ledger = ledger
	e.outage = true
	e.deliver()
	e.toy.facts[1] = changed("8", 40)
	e.counts(e.round(), reconcile.Report{Confirmed: 1, Unconfirmed: 1})
	if q := ledger.queries; len(q) != 1 || q[0].Entity.ID != "8" || q[0].Limit != 20 || !q[0].Newest || q[0].Stage != port.Published {
		t.Errorf("queries %+v", q)
	}
}

func TestAnUntranslatableEntityIsHandedOnOnceAndKept(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*fakeSystem){
		"an error": func(s *fakeSystem) {
			s.translateErr = fault.New(fault.Invalid, fault.Schema, "translating", "field unknown")
		},
		"an invalid body": func(s *fakeSystem) {
			s.translation = func(f fact) []connector.Event {
				f.ID = ""
				return []connector.Event{f.event()}
			}
		},
	} {
		e := newEnv(t, changed("7", 30))
		spoil(e.toy)
		e.counts(e.round(), reconcile.Report{Unconfirmed: 1})
		e.deliver()
		e.counts(e.round(), reconcile.Report{Seen: 1})
		if text := e.one(port.Reconciled).Outcome; e.dead != 1 || !strings.Contains(text, ": cannot be translated: ") {
			t.Errorf("%s: %d dead letters, and the ledger has %q", name, e.dead, text)
		}
	}
}

// TestF82APanicHoldsUpNoOther, and its text is recorded nowhere.
func TestF82APanicHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	e := newEnv(t, numbered(3)...)
	e.toy.translation = func(f fact) []connector.Event {
		if f.ID == "101" {
			panic("Ada")
		}
		return []connector.Event{f.event()}
	}
	e.counts(e.round(), reconcile.Report{Gaps: 2, Unconfirmed: 1})
	if text := e.outcomes(port.TypeUnconfirmed); len(text) != 1 || !strings.Contains(text[0], "the code panicked") || strings.Contains(text[0], "Ada") {
		t.Errorf("the ledger has %q", text)
	}
}

func TestATranslationThatIsSkippedIsNotHandedOn(t *testing.T) {
	t.Parallel()
	e := newEnv(t, changed("7", 30))
	e.toy.skip = "not used"
	e.counts(e.round(), reconcile.Report{Confirmed: 1})
}

func TestATranslationThatFindsNoAnswerEndsTheRun(t *testing.T) {
	t.Parallel()
	e := newEnv(t, changed("7", 30))
	down := fault.New(fault.Unavailable, fault.Connection, "asking", "no route")
	e.toy.translateErr, e.toy.refuse = down, []error{nil, down}
	if err := e.run(t.Context()); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("Run = %v", err)
	}
	e.counts(e.reports[0], reconcile.Report{})
	e.toy.translateErr = nil
	e.counts(e.round(), reconcile.Report{Gaps: 1})
}

func TestAnEntityThatIsGoneIsNoGap(t *testing.T) {
	t.Parallel()
	e := newEnv(t, changed("7", 30))
	e.config.System.Poller = vanishing{e.toy}
	e.counts(e.round(), reconcile.Report{Confirmed: 1})
}

// vanishing lists entities that are gone when they are fetched.
type vanishing struct{ *fakeSystem }

func (vanishing) Fetch(context.Context, connector.Feed, connector.Change) (*message.Raw, error) {
	return nil, nil
}

// TestContentThatReturnsIsANewMessage: A, B and A again, each polled, are three.
func TestContentThatReturnsIsANewMessage(t *testing.T) {
	t.Parallel()
	e := newEnv(t, changed("7", 30))
	e.config.System.Poller = withoutTime{e.toy}
	for i, name := range []string{"A", "B", "A"} {
		e.toy.facts[0].Name, e.toy.facts[0].Minute = name, 30+i
		e.round()
		e.deliver()
		e.clock.Advance(time.Minute)
	}
	if len(e.raws) != 3 {
		t.Errorf("%d messages, want 3", len(e.raws))
	}
}

// withoutTime fetches bodies that do not have the time of the change.
type withoutTime struct{ *fakeSystem }

func (w withoutTime) Fetch(ctx context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	minute := w.facts[0].Minute
	defer func() { w.facts[0].Minute = minute }()
	w.facts[0].Minute = 0
	return w.fakeSystem.Fetch(ctx, feed, change)
}
