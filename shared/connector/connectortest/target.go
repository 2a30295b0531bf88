package connectortest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// TargetHarness is the input of TestTarget.
type TargetHarness struct {
	// Start starts an empty account of the target, with what the samples refer to, and
	// opens the system against it. Every request goes through the transport.
	Start func(t *testing.T, transport http.RoundTripper) TargetAccount
	// Samples are messages with their bodies inline, one or more for every operation of
	// the profile, each after its parents and after the samples that create its record.
	Samples []*message.Message
	// Personal is personal data of the samples, which an error must not contain.
	Personal []string
	// Removes is true of event types after which the target has no record of the entity.
	Removes map[string]bool
}

// TargetAccount is one account of a target and the system opened against it.
type TargetAccount struct {
	System connector.System
	// State describes everything that the target has of the entity, such as the number of
	// records and their totals, and "" if it has nothing. It must not count writes.
	State func(key message.Key) string
}

// TestTarget checks that a Target keeps what connector.Target and its own Profile
// promise: confirmation, repetition, looking up, the classes of failures, and that a
// delivery that was cut off anywhere can be repeated.
func TestTarget(t *testing.T, h TargetHarness) {
	t.Helper()
	t.Run("every operation has a sample", func(t *testing.T) { reportTarget(t, h.covered(startTarget(t, h))) })
	for i, sample := range h.Samples {
		for name, check := range targetChecks {
			t.Run(fmt.Sprintf("%s %d/%s", sample.Type, i, name), func(t *testing.T) {
				t.Parallel()
				run := startTarget(t, h)
				if err := run.deliverAll(t.Context(), h.Samples[:i]); err != nil {
					t.Fatalf("delivering the samples before: %v", err)
				}
				reportTarget(t, check(run, t.Context(), sample))
			})
		}
		for name, c := range targetFailures {
			t.Run(fmt.Sprintf("%s %d/%s", sample.Type, i, name), func(t *testing.T) {
				t.Parallel()
				run := startTarget(t, h)
				if err := run.deliverAll(t.Context(), h.Samples[:i]); err != nil {
					t.Fatalf("delivering the samples before: %v", err)
				}
				reportTarget(t, run.fails(t.Context(), sample, c))
			})
		}
	}
}

func reportTarget(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// targetChecks are the checks of every sample.
var targetChecks = map[string]func(*targetRun, context.Context, *message.Message) error{
	"is confirmed and can be repeated":        (*targetRun).repeats,
	"is found under its key":                  (*targetRun).isFound,
	"can be repeated after any cut":           (*targetRun).survivesCuts,
	"returns when it is no longer waited for": (*targetRun).returnsWhenCancelled,
	"can be delivered by several at once":     (*targetRun).concurrent,
}

// targetFailure is a failure of a target and the error that it must cause.
type targetFailure struct {
	act   targetAct
	kind  fault.Kind
	class fault.Class // "" for any
	after time.Duration
}

var targetFailures = map[string]targetFailure{
	"429 defers to the stated time":         {answerWith(http.StatusTooManyRequests, "7"), fault.Throttled, fault.RateLimit, 7 * time.Second},
	"503 is retried":                        {answerWith(http.StatusServiceUnavailable, ""), fault.Unavailable, fault.Intermittent, 0},
	"401 is our credentials":                {answerWith(http.StatusUnauthorized, ""), fault.Unauthorized, fault.Auth, 0},
	"a refused connection sent nothing":     {refuseConnection, fault.Unavailable, fault.Connection, 0},
	"a redirect to another host stays here": {answerWith(http.StatusFound, ""), fault.Unauthorized, fault.Config, 0},
}

// targetRun is a target with the state that the pipeline would have of it.
type targetRun struct {
	TargetAccount
	personal []string
	removes  map[string]bool
	wire     *targetWire

	mu   sync.Mutex
	refs map[string]string // message.Key.String() -> the target's id
}

func startTarget(t *testing.T, h TargetHarness) *targetRun {
	t.Helper()
	w := newTargetWire(t)
	return &targetRun{TargetAccount: h.Start(t, w), personal: h.Personal, removes: h.Removes, wire: w, refs: map[string]string{}}
}

func (h TargetHarness) covered(run *targetRun) error {
	for event, operation := range run.System.Profile.Operations {
		found := false
		for _, sample := range h.Samples {
			found = found || sample.Type == event
		}
		if !found {
			return fmt.Errorf("no sample for operation %q of event %s", operation.Name, event)
		}
	}
	return nil
}

func (r *targetRun) deliverAll(ctx context.Context, samples []*message.Message) error {
	for _, sample := range samples {
		if _, err := r.deliver(ctx, sample, 1); err != nil {
			return err
		}
	}
	return nil
}

// deliver makes one attempt, as the pipeline does, and remembers a confirmation.
func (r *targetRun) deliver(ctx context.Context, m *message.Message, attempt int) (connector.Receipt, error) {
	delivery, err := r.delivery(m, attempt)
	if err != nil {
		return connector.Receipt{}, err
	}
	if delivery.Ref == "" && r.guarantee(m) == connector.Search {
		if delivery.Ref, err = connector.SearchFor(ctx, r.System.Target, delivery); err != nil {
			return connector.Receipt{}, err
		}
	}
	receipt, err := r.System.Target.Deliver(ctx, delivery)
	if err != nil {
		return receipt, err
	}
	if receipt.Ref == "" || receipt.Detail == "" {
		return receipt, fmt.Errorf("confirmed without a ref or without a detail: %+v", receipt)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refs[m.Key().String()] = receipt.Ref
	return receipt, nil
}

func (r *targetRun) delivery(m *message.Message, attempt int) (connector.Delivery, error) {
	body, err := canonical.Decode(m.Type, m.Body)
	if err != nil {
		return connector.Delivery{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	parents := map[string]string{}
	for _, parent := range m.Parents {
		switch ref := r.refs[parent.String()]; {
		case parent.System == r.System.Profile.Name:
			parents[parent.String()] = parent.ID
		case ref != "":
			parents[parent.String()] = ref
		}
	}
	return connector.Delivery{
		Message: m, Body: body, Ref: r.refs[m.Key().String()], Parents: parents, Attempt: attempt,
	}, nil
}

func (r *targetRun) guarantee(m *message.Message) connector.Guarantee {
	return r.System.Profile.Operations[m.Type].Guarantee
}

// repeatable reports whether the target promises that a repeated delivery changes nothing: by
// itself, or after a search.
func (r *targetRun) repeatable(m *message.Message) bool {
	switch r.guarantee(m) {
	case connector.ExternalID, connector.Search:
		return true
	}
	return false
}

func (r *targetRun) repeats(ctx context.Context, m *message.Message) error {
	first, err := r.deliver(ctx, m, 1)
	if err != nil {
		return fmt.Errorf("delivering: %w", err)
	}
	state := r.State(m.Key())
	if (state == "") != r.removes[m.Type] {
		return fmt.Errorf("confirmed, and the target has %q", state)
	}
	if !r.repeatable(m) {
		return nil
	}
	for attempt := range 2 {
		again, err := r.deliver(ctx, m, attempt+2)
		if err != nil {
			return fmt.Errorf("repeating: %w", err)
		}
		if again.Ref != first.Ref {
			return fmt.Errorf("repeating gave ref %q, the first attempt %q", again.Ref, first.Ref)
		}
	}
	return sameState(state, r.State(m.Key()), "a repeated delivery")
}

func sameState(before, after, what string) error {
	if before != after {
		return fmt.Errorf("%s changed the state at the target\nfrom %s\nto   %s", what, before, after)
	}
	return nil
}

func (r *targetRun) isFound(ctx context.Context, m *message.Message) error {
	known := r.refs[m.Key().String()] // "" unless a sample before created the record
	sought, err := r.delivery(m, 1)
	if err != nil {
		return err
	}
	sought.Ref = ""
	if ref, err := connector.SearchFor(ctx, r.System.Target, sought); err != nil || ref != known {
		return fmt.Errorf("a search before the delivery gave %q, %v, want %q", ref, err, known)
	}
	receipt, err := r.deliver(ctx, m, 1)
	if err != nil {
		return fmt.Errorf("delivering: %w", err)
	}
	want := receipt.Ref
	if r.removes[m.Type] {
		want = ""
	}
	if ref, err := connector.SearchFor(ctx, r.System.Target, sought); err != nil || ref != want {
		return fmt.Errorf("a search after the delivery gave %q, %v, want %q", ref, err, want)
	}
	return nil
}

// fails checks that a failure of the first call is classified, and that the delivery succeeds
// afterwards.
func (r *targetRun) fails(ctx context.Context, m *message.Message, want targetFailure) error {
	r.wire.set(want.act)
	_, err := r.deliver(ctx, m, 1)
	if err := r.explained(err); err != nil {
		return err
	}
	e := fault.As(err)
	if e.Kind != want.kind || want.class != "" && e.ClassOrDefault() != want.class || e.After != want.after {
		return fmt.Errorf("got %v/%v after %v, want %v/%v after %v: %w", e.Kind, e.ClassOrDefault(), e.After, want.kind, want.class, want.after, err)
	}
	r.wire.set(nil)
	if _, err := r.deliver(ctx, m, 2); err != nil {
		return fmt.Errorf("delivering after the failure: %w", err)
	}
	return nil
}

// explained checks that an error is classified, says what was attempted, and shows no
// personal data.
func (r *targetRun) explained(err error) error {
	e, ok := errors.AsType[*fault.Error](err)
	switch {
	case err == nil:
		return errors.New("the delivery succeeded although the target failed")
	case !ok:
		return fmt.Errorf("not a *fault.Error: %w", err)
	case !strings.Contains(e.Doing, r.System.Profile.Name):
		return fmt.Errorf("does not say what was being attempted, and where: %w", err)
	}
	for _, text := range r.personal {
		if strings.Contains(strings.ToLower(err.Error()), strings.ToLower(text)) {
			return errors.New("an error shows personal data of the sample")
		}
	}
	return nil
}

// survivesCuts cuts the answer to the first request off, then that to the second, and so
// on until a delivery needs no more requests. Each time the delivery is repeated, and in
// the end the target must look as it does after a delivery without a cut. A delivery that sends GET
// alone writes nothing, and none of its cuts is ambiguous.
func (r *targetRun) survivesCuts(ctx context.Context, m *message.Message) error {
	if !r.repeatable(m) {
		return nil
	}
	ambiguous := false
	r.wire.takeWrote() // of the samples before
	for n := 1; ; n++ {
		r.wire.set(cutAnswer(n))
		_, err := r.deliver(ctx, m, n)
		if err == nil {
			break
		}
		if err := r.explained(err); err != nil {
			return err
		}
		if e := fault.As(err); e.Kind != fault.Unavailable {
			return fmt.Errorf("an answer cut off gave %v, want unavailable: %w", e.Kind, err)
		}
		ambiguous = ambiguous || fault.As(err).Class == fault.Ambiguous
	}
	if r.wire.takeWrote() && !ambiguous {
		return errors.New("no cut was classified as ambiguous, so the pipeline would repeat the write without a search")
	}
	state := r.State(m.Key())
	r.wire.set(nil)
	if _, err := r.deliver(ctx, m, 1); err != nil {
		return fmt.Errorf("delivering once more: %w", err)
	}
	return sameState(state, r.State(m.Key()), "a delivery after the cut ones")
}

// promptly is how long a delivery may take to return after its context ended.
const promptly = 10 * time.Second

func (r *targetRun) returnsWhenCancelled(ctx context.Context, m *message.Message) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.wire.set(func(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
		cancel()
		<-req.Context().Done()
		return nil, req.Context().Err()
	})
	done := make(chan error, 1)
	go func() {
		_, err := r.deliver(ctx, m, 1)
		done <- err
	}()
	select {
	case err := <-done:
		return r.explained(err)
	case <-time.After(promptly):
		return errors.New("Deliver did not return after its context ended")
	}
}

// concurrent delivers the message several times at once, except where the pipeline searches in
// between and lets one attempt wait for the other. Attempts may be throttled or fail for
// a while, but the target must have one record in the end.
func (r *targetRun) concurrent(ctx context.Context, m *message.Message) error {
	if !r.repeatable(m) || r.guarantee(m) == connector.Search {
		return nil
	}
	if _, err := r.deliver(ctx, m, 1); err != nil {
		return fmt.Errorf("delivering: %w", err)
	}
	state := r.State(m.Key())
	var group sync.WaitGroup
	failed := make(chan error, r.System.Profile.Concurrency)
	for range r.System.Profile.Concurrency {
		group.Go(func() {
			_, err := r.deliver(ctx, m, 2)
			if kind := fault.KindOf(err); err != nil && kind != fault.Unavailable && kind != fault.Throttled {
				failed <- err
			}
		})
	}
	group.Wait()
	close(failed)
	for err := range failed {
		return fmt.Errorf("one of several at once: %w", err)
	}
	return sameState(state, r.State(m.Key()), "delivering several times at once")
}
