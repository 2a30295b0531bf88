package pipeline_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway/shared/canonical"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/pipeline"
	"causeway/shared/routes"
)

// names returns the first names in the order in which the target took effect.
func (b *bench) names() []string {
	var names []string
	for _, d := range b.toy.deliveries {
		if slices.Contains(b.toy.written, d.Message.ID) {
			names = append(names, d.Body.(*canonical.Customer).FirstName.String())
		}
	}
	return names
}

func TestAnOlderVersionNeverFollowsANewerOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i, version := range []int{2, 4, 1, 3} {
		b.post(strconv.Itoa(i), toyFact{Type: amended, ID: "7", Version: version, Name: "v" + strconv.Itoa(version)})
		b.drain(3 * time.Second)
	}
	if got := strings.Join(b.names(), " "); got != "v2 v4" {
		t.Errorf("written: %s", got)
	}
	if n := len(b.entries(pipeline.Superseded)); n != 2 {
		t.Errorf("%d superseded, want 2", n)
	}
}

func TestTwoContentsOfOneVersionAreBothWritten(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.post("1", toyFact{Type: amended, ID: "7", Version: 1, Name: "a"})
	b.post("2", toyFact{Type: amended, ID: "7", Version: 1, Name: "b"})
	b.drain(10 * time.Second)
	if got := strings.Join(b.names(), " "); got != "a b" {
		t.Errorf("written: %s", got)
	}
}

func TestWhatDependsWaitsAndUsesUpNoAttempt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.post("1", toyFact{Type: amended, ID: "child", Parents: []string{"parent"}})
	b.drain(2 * time.Hour)
	if len(b.toy.written) != 0 || len(b.dead(route.Queue())) != 0 {
		t.Fatal("the child did not wait")
	}
	if e := b.entries(pipeline.Deferred)[0]; e.Error.Class != fault.MissingRef || !strings.Contains(e.Error.Message, "toy/t1/customer/parent") {
		t.Errorf("the reason does not name the parent: %+v", e.Error)
	}
	b.post("2", toyFact{Type: amended, ID: "parent"})
	b.drain(10 * time.Minute)
	if len(b.toy.written) != 2 {
		t.Fatalf("written %d, want parent and child", len(b.toy.written))
	}
	child := b.toy.deliveries[1]
	if got := child.Parents["toy/t1/customer/parent"]; got != "ref-parent" {
		t.Errorf("the child was told the parent's id %q", got)
	}
}

func TestAParentThatNeverComesParksTheMessageVisibly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.post("1", toyFact{Type: amended, ID: "child", Parents: []string{"parent"}})
	b.drain(73 * time.Hour)
	e := b.one(pipeline.Parked)
	if letters := b.dead(route.Queue()); len(letters) != 1 || letters[0].Attributes[pipeline.AttrReason] != "missing_ref parent_missing customer" {
		t.Errorf("dead letters %+v, entry %+v", letters, e)
	}
}

func TestAParentWrittenBeforeOurMemoryIsFound(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.toy.known["parent"] = "55"
	b.post("1", toyFact{Type: amended, ID: "child", Parents: []string{"parent"}})
	b.drain(time.Minute)
	if len(b.toy.deliveries) != 1 || b.toy.deliveries[0].Parents["toy/t1/customer/parent"] != "55" {
		t.Errorf("deliveries %+v", b.toy.deliveries)
	}
}

func TestWhatHappensOnEachKindOfFailure(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault    *fault.Error
		end      pipeline.Stage
		attempts int
	}{
		"rejected":     {&fault.Error{Kind: fault.Rejected, Class: fault.Value}, pipeline.Dead, 1},
		"invalid":      {&fault.Error{Kind: fault.Invalid}, pipeline.Dead, 1},
		"unknown":      {&fault.Error{Kind: fault.Unknown}, pipeline.Dead, 5},
		"duplicate":    {&fault.Error{Kind: fault.Duplicate}, pipeline.Confirmed, 1},
		"throttled":    {&fault.Error{Kind: fault.Throttled}, pipeline.Deferred, 0},
		"unavailable":  {&fault.Error{Kind: fault.Unavailable}, pipeline.Deferred, 0},
		"unauthorized": {&fault.Error{Kind: fault.Unauthorized}, pipeline.Deferred, 0},
		"not ready":    {&fault.Error{Kind: fault.NotReady}, pipeline.Deferred, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.toy.fail = slices.Repeat([]error{tc.fault}, 5000)
			b.post("1", toyFact{Type: amended, ID: "7"})
			b.drain(24 * time.Hour)
			last := b.entries(tc.end)
			if len(last) == 0 {
				t.Fatalf("no entry %q", tc.end)
			}
			dead := b.dead(route.Queue())
			if buried := tc.end == pipeline.Dead; buried != (len(dead) == 1) {
				t.Errorf("%d dead letters after a day", len(dead))
			}
			if tc.attempts > 0 && len(b.toy.deliveries) != tc.attempts {
				t.Errorf("%d attempts, want %d", len(b.toy.deliveries), tc.attempts)
			}
		})
	}
}

func TestADayOfOutageKillsNothingAndThreeDaysDo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.toy.fail = slices.Repeat([]error{&fault.Error{Kind: fault.Unavailable, Status: 503}}, 5000)
	b.post("1", toyFact{Type: amended, ID: "7"})
	b.drain(73 * time.Hour)
	e := b.one(pipeline.Dead)
	if waited := e.At.Sub(epoch); waited < 72*time.Hour {
		t.Errorf("dead after %v", waited)
	}
	if n := len(b.toy.deliveries); n > 1200 {
		t.Errorf("%d attempts in three days: that is hammering", n)
	}
}

func TestRetryAfterIsKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.toy.fail = []error{&fault.Error{Kind: fault.Throttled, Status: 429, After: 17 * time.Second}}
	b.post("1", toyFact{Type: amended, ID: "7"})
	b.drain(time.Minute)
	e := b.one(pipeline.Deferred)
	if wait := e.Next.Sub(e.At); wait < 17*time.Second || wait > 18*time.Second {
		t.Errorf("deferred by %v, want 17 s and a little", wait)
	}
	if e := b.one(pipeline.Confirmed); e.At.Sub(epoch) < 17*time.Second {
		t.Errorf("confirmed after %v, before the target wanted to see us", e.At.Sub(epoch))
	}
}

func TestADeadLetterBearsItsCause(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.toy.fail = []error{&fault.Error{
		Kind: fault.Rejected, Class: fault.MissingRef, Code: "INVALID_KEY", Field: "lines[3].sku",
		Status: 400, Detail: "no item for ada@example.com",
	}}
	b.post("1", toyFact{Type: amended, ID: "7"})
	b.drain(time.Minute)
	letters := b.dead(route.Queue())
	if len(letters) != 1 {
		t.Fatalf("%d dead letters", len(letters))
	}
	got := letters[0].Attributes
	for key, want := range map[string]string{
		pipeline.AttrReason: "missing_ref INVALID_KEY lines[3].sku", pipeline.AttrRoute: route.Name(),
		pipeline.AttrEntity: "toy/t1/customer/7", pipeline.AttrFirstSeen: epoch.Format(time.RFC3339),
	} {
		if got[key] != want {
			t.Errorf("%s = %q, want %q", key, got[key], want)
		}
	}
	e := b.one(pipeline.Dead)
	if len(got) > 10 || got[pipeline.AttrFingerprint] != e.Error.Fingerprint || e.Error.Status != 400 {
		t.Errorf("attributes %v, entry %+v", got, e.Error)
	}
	if strings.Contains(e.Outcome+e.Error.Message, "ada@") {
		t.Errorf("personal data in %q", e.Outcome)
	}
}

func TestTheFingerprintGroupsByCause(t *testing.T) {
	t.Parallel()
	fingerprints := map[string]bool{}
	for i, f := range []*fault.Error{
		{Kind: fault.Rejected, Class: fault.MissingRef, Field: "lines[3].sku", Detail: `no item 'A-1'`},
		{Kind: fault.Rejected, Class: fault.MissingRef, Field: "lines[12].sku", Detail: `no item 'B-22'`},
		{Kind: fault.Rejected, Class: fault.Value, Field: "lines[12].sku", Detail: `no item 'B-22'`},
	} {
		b := newBench(t)
		b.toy.fail = []error{f}
		b.post(strconv.Itoa(i), toyFact{Type: amended, ID: "7"})
		b.drain(time.Minute)
		fingerprints[b.one(pipeline.Dead).Error.Fingerprint] = true
	}
	if len(fingerprints) != 2 {
		t.Errorf("%d groups, want 2: two orders of one cause, one of another", len(fingerprints))
	}
}

func TestOnlyTheLeaseHolderWrites(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.post("1", toyFact{Type: amended, ID: "7", Version: 1})
	b.post("2", toyFact{Type: amended, ID: "7", Version: 2})
	batchOf(t, b, "toy-inbox", b.translate)
	both, err := b.memory.Receive(t.Context(), route.Queue(), 10, 0)
	if err != nil || len(both) != 2 {
		t.Fatalf("%d messages, %v", len(both), err)
	}
	var inside pipeline.Decision
	b.toy.duringDeliver = func() {
		b.toy.duringDeliver = nil
		inside, err = b.deliver.Handle(context.WithoutCancel(t.Context()), both[1])
	}
	if _, err := b.deliver.Handle(t.Context(), both[0]); err != nil {
		t.Fatal(err)
	}
	if lease := epoch.Add(70 * time.Second); err != nil || !inside.Until.After(epoch) || inside.Until.After(lease) {
		t.Errorf("the second worker was told %v (%v), want to come before the lease ends at %v", inside.Until, err, lease)
	}
	if len(b.toy.written) != 1 {
		t.Errorf("%d writes at once", len(b.toy.written))
	}
}

// batchOf settles what is visible in the queue.
func batchOf(t *testing.T, b *bench, queue string, handler pipeline.Handler) {
	t.Helper()
	batch, err := b.memory.Receive(t.Context(), queue, 10, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range batch {
		if err := pipeline.Settle(t.Context(), b.memory, handler, in); err != nil {
			t.Fatal(err)
		}
	}
}

func TestACrashAfterTheEffectRepeatsAHarmlessWrite(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.post("1", toyFact{Type: amended, ID: "7"})
	batchOf(t, b, "toy-inbox", b.translate)
	b.config.Ledger = brokenPort{}
	if _, err := b.step(); !errors.Is(err, errPort) {
		t.Fatalf("step = %v, want the ledger's failure", err)
	}
	b.config.Ledger = b.memory
	b.drain(20 * time.Minute)
	if len(b.toy.written) != 2 || b.toy.written[0] != b.toy.written[1] {
		t.Errorf("written %v, want the same external id again", b.toy.written)
	}
	b.one(pipeline.Confirmed)
}

func TestStateAwayStopsDeliveryAndLosesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.post("1", toyFact{Type: amended, ID: "7"})
	batchOf(t, b, "toy-inbox", b.translate)
	b.config.State = brokenPort{}
	if _, err := b.step(); !errors.Is(err, errPort) {
		t.Fatalf("step = %v, want the state's failure", err)
	}
	if len(b.toy.deliveries) != 0 {
		t.Fatal("the target was called without a claim")
	}
	b.config.State = b.memory
	b.drain(20 * time.Minute)
	if len(b.toy.written) != 1 {
		t.Errorf("written %d times", len(b.toy.written))
	}
}

func TestAPanicFailsItsOwnMessageOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.toy.panicOn = "bad"
	b.post("1", toyFact{Type: amended, ID: "bad"})
	b.post("2", toyFact{Type: amended, ID: "good"})
	b.drain(30 * time.Minute)
	if len(b.toy.written) != 1 {
		t.Errorf("written %v", b.toy.written)
	}
	if e := b.one(pipeline.Dead); e.Error.Code != "panic" || e.Error.Class != fault.Bug {
		t.Errorf("entry %+v", e.Error)
	}
}

func TestARedrivenDeadLetterIsDeliveredAndACopyIsNot(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.toy.fail = []error{&fault.Error{Kind: fault.Rejected}}
	b.post("1", toyFact{Type: amended, ID: "7"})
	b.drain(time.Minute)
	letter := b.dead(route.Queue())[0]
	resend := func(redrives string) {
		attributes := map[string]string{pipeline.AttrRedrives: redrives}
		if err := b.memory.Send(t.Context(), route.Queue(), []pipeline.Outgoing{{Body: letter.Body, Attributes: attributes}}); err != nil {
			t.Fatal(err)
		}
		b.drain(time.Minute)
	}
	resend("0")
	if len(b.toy.written) != 0 || len(b.entries(pipeline.Skipped)) != 1 {
		t.Errorf("a copy that nobody redrove was delivered")
	}
	resend("1")
	if len(b.toy.written) != 1 {
		t.Errorf("the redriven message was written %d times", len(b.toy.written))
	}
	resend("2")
	if len(b.toy.written) != 1 {
		t.Error("redriving what is confirmed wrote it again")
	}
}

func TestAMessageThatNobodyCanReadIsBuried(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"no JSON": "x", "unknown type": `{"id":"1","type":"odd.thing"}`,
		"wrong body": `{"id":"1","type":"customer.upserted","body":[]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			if err := b.memory.Send(t.Context(), route.Queue(), []pipeline.Outgoing{{Body: []byte(body)}}); err != nil {
				t.Fatal(err)
			}
			b.drain(time.Minute)
			if letters := b.dead(route.Queue()); len(letters) != 1 || string(letters[0].Body) != body {
				t.Errorf("dead letters %+v", letters)
			}
		})
	}
}

func TestATargetWithoutTheOperationSaysSo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.deliver.System.Profile.Operations = nil
	b.post("1", toyFact{Type: amended, ID: "7"})
	b.drain(time.Minute)
	if e := b.one(pipeline.Dead); e.Error.Class != fault.Config || !strings.Contains(e.Error.Message, "customer.upserted") {
		t.Errorf("entry %+v", e.Error)
	}
}

func TestMemoryKeepsTheFirstChoice(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	memory := pipeline.Memory{State: b.memory, Now: b.clock.Now}
	key := message.Key{System: "toy", Tenant: "t1", Type: "order", ID: "1"}
	for _, choice := range []string{"shop", "presentment"} {
		if got, err := memory.Bind(t.Context(), key, "currency", choice); err != nil || got != "shop" {
			t.Errorf("Bind(%q) = %q, %v, want the first choice", choice, got, err)
		}
	}
	if got, err := memory.Bind(t.Context(), key, "other", "x"); err != nil || got != "x" {
		t.Errorf("another attribute: %q, %v", got, err)
	}
	memory.State = brokenPort{}
	if _, err := memory.Bind(t.Context(), key, "currency", "x"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("state away: %v", err)
	}
}

func TestDeadLetterQueuesAreNamedAfterTheirQueue(t *testing.T) {
	t.Parallel()
	if got := routes.Dead(route.Queue()); got != "toy-customers-to-toy2-dead" {
		t.Errorf("Dead = %q", got)
	}
}

func TestF34ALateWriteCannotLandOnANewerVersion(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.deliver.System.Profile.Linger = 15 * time.Minute
	b.toy.fail = []error{&fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous}}
	b.post("1", toyFact{Type: amended, ID: "7", Version: 1, Name: "v1"})
	b.post("2", toyFact{Type: amended, ID: "8", Version: 1, Name: "other"})
	b.drain(time.Minute)
	if written := b.names(); !slices.Contains(written, "v1") || !slices.Contains(written, "other") {
		t.Fatalf("written %q, want the same version tried again and the other entity untouched", written)
	}
	b.post("3", toyFact{Type: amended, ID: "7", Version: 2, Name: "v2"})
	b.drain(13 * time.Minute)
	if slices.Contains(b.names(), "v2") {
		t.Fatal("the newer version was written while the older could still land")
	}
	b.drain(3 * time.Minute)
	if !slices.Contains(b.names(), "v2") {
		t.Error("the newer version never came")
	}
}
