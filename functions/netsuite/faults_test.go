package netsuite_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/shared/fault"
)

// B1 and FAULTS "Target HTTP": after whatever went wrong, a repeat leads to one order.
func TestOneOrderAfterEveryFault(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		do    netsuitetest.Act
		kind  fault.Kind
		class fault.Class
		after time.Duration
	}{
		"F27 429 with seconds":   {netsuitetest.Throttle("7"), fault.Throttled, fault.RateLimit, 7 * time.Second},
		"F28 429 with a date":    {netsuitetest.Throttle(noon.Add(time.Minute).Format(http.TimeFormat)), fault.Throttled, fault.RateLimit, time.Minute},
		"F29 429 without":        {netsuitetest.Throttle(""), fault.Throttled, fault.RateLimit, 0},
		"400 over the limit":     {netsuitetest.Answer(400, "SSS_REQUEST_LIMIT_EXCEEDED", ""), fault.Throttled, fault.RateLimit, 0},
		"F31 503":                {netsuitetest.Down(), fault.Unavailable, fault.Intermittent, 0},
		"F32 500 after apply":    {netsuitetest.FailAfter(), fault.Unavailable, fault.Intermittent, 0},
		"F36 reset before":       {netsuitetest.ResetBefore(), fault.Unavailable, fault.Ambiguous, 0},
		"F36 reset after":        {netsuitetest.ResetAfter(), fault.Unavailable, fault.Ambiguous, 0},
		"F39 HTML with 200":      {netsuitetest.HTML(), fault.Unavailable, fault.Ambiguous, 0},
		"F39 JSON that ends":     {netsuitetest.Truncated(), fault.Unavailable, fault.Ambiguous, 0},
		"F41 record was changed": {netsuitetest.Changed(), fault.Unavailable, fault.Conflict, 0},
		"F44 401":                {netsuitetest.LoggedOut(), fault.Unauthorized, fault.Auth, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil)
			messages := mustCase(t, "order-b5-tax-added-after-discount")
			r.mustDeliver(messages[0])
			r.fake.Plan(netsuitetest.Fault{Method: http.MethodPut, PathContains: "salesOrder", BodyContains: "#1002", Do: tc.do})
			e := fault.As(second(r.deliver(t.Context(), messages[1])))
			if e == nil || e.Kind != tc.kind || e.ClassOrDefault() != tc.class || e.After != tc.after || e.Doing == "" {
				t.Fatalf("got %+v, want %v/%v after %v", e, tc.kind, tc.class, tc.after)
			}
			r.mustDeliver(messages[1])
			wantOneOrder(t, r)
		})
	}
}

func wantOneOrder(t *testing.T, r *rig) {
	t.Helper()
	orders := r.fake.Orders()
	if len(orders) != 1 || orders[0].Total != "88.00" || len(orders[0].Lines) != 2 || len(r.fake.Duplicates()) != 0 {
		t.Errorf("orders are %+v", orders)
	}
}

// F33 and F34: NetSuite takes effect, or will, when nobody waits for the answer any more.
func TestOneOrderAfterNoAnswer(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(released <-chan struct{}) netsuitetest.Act{
		"F33 timeout after success":    func(<-chan struct{}) netsuitetest.Act { return netsuitetest.HangAfter() },
		"F34 hangs, then applies late": netsuitetest.Late,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil)
			messages := mustCase(t, "order-b5-tax-added-after-discount")
			r.mustDeliver(messages[0])
			released, applied := make(chan struct{}), make(chan struct{})
			act := do(released)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r.fake.Plan(netsuitetest.Fault{Method: http.MethodPut, PathContains: "salesOrder", Do: func(w http.ResponseWriter, req *http.Request, serve http.HandlerFunc) {
				defer close(applied)
				time.AfterFunc(50*time.Millisecond, cancel)
				act(w, req, serve)
			}})
			_, err := r.deliver(ctx, messages[1])
			if e := fault.As(err); e == nil || e.Kind != fault.Unavailable || e.Class != fault.Ambiguous || !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v", err)
			}
			r.mustDeliver(messages[1])
			close(released)
			<-applied
			wantOneOrder(t, r)
		})
	}
}

func TestSlowAnswerIsWaitedFor(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	begun, gate := make(chan struct{}), make(chan struct{})
	r.fake.Plan(netsuitetest.Fault{Method: http.MethodPut, Do: func(w http.ResponseWriter, req *http.Request, serve http.HandlerFunc) {
		close(begun)
		netsuitetest.Slow(gate)(w, req, serve)
	}})
	delivered := make(chan error, 1)
	go func() { delivered <- second(r.deliver(t.Context(), mustCase(t, "customer-person")[0])) }()
	<-begun
	select {
	case err := <-delivered:
		t.Errorf("the delivery ended before its answer: %v", err)
	default:
	}
	close(gate)
	if err := <-delivered; err != nil {
		t.Error(err)
	}
	if len(r.fake.Customers()) != 1 {
		t.Errorf("%d customers are written, want 1", len(r.fake.Customers()))
	}
}

func TestFailedSearchIsNotAmbiguous(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	m := mustCase(t, "customer-person")[0]
	for name, do := range map[string]netsuitetest.Act{"HTML": netsuitetest.HTML(), "cut short": netsuitetest.Truncated(), "reset": netsuitetest.ResetAfter()} {
		r.fake.Plan(netsuitetest.Fault{Method: http.MethodPost, Do: do})
		e := fault.As(second(r.deliver(t.Context(), m)))
		if e == nil || e.Kind != fault.Unavailable || e.Class != fault.Intermittent {
			t.Errorf("%s: got %+v, want intermittent", name, e)
		}
	}
	r.mustDeliver(m)
}

func TestTooManyRequestsAreThrottled(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.fake.LimitConcurrency(0)
	e := fault.As(second(r.deliver(t.Context(), mustCase(t, "customer-person")[0])))
	if e == nil || e.Kind != fault.Throttled || e.Code != "CONCURRENCY_LIMIT_EXCEEDED" || r.fake.HighestConcurrency() != 1 {
		t.Errorf("got %+v", e)
	}
}

// A write that is confirmed without saying where is looked up.
func TestConfirmationWithoutLocationIsLookedUp(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.fake.Plan(netsuitetest.Fault{Method: http.MethodPut, Do: func(w http.ResponseWriter, req *http.Request, serve http.HandlerFunc) {
		serve(forgetful{w}, req)
	}})
	m := mustCase(t, "customer-person")[0]
	receipt := r.mustDeliver(m)
	if got := r.fake.Customers(); len(got) != 1 || got[0].ID != receipt.Ref {
		t.Errorf("ref is %s of %+v", receipt.Ref, got)
	}
}

// forgetful drops the Location header.
type forgetful struct{ http.ResponseWriter }

func (f forgetful) WriteHeader(status int) {
	f.Header().Del("Location")
	f.ResponseWriter.WriteHeader(status)
}
