package port_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
)

func newMemory() *porttest.Memory { return porttest.NewMemory(time.Now) }

// TestABodyAboveTheLimitIsCheckedIn is the boundary of message.InlineLimit.
func TestABodyAboveTheLimitIsCheckedIn(t *testing.T) {
	t.Parallel()
	memory := newMemory()
	for size, claimed := range map[int]bool{0: false, message.InlineLimit: false, message.InlineLimit + 1: true} {
		body := bytes.Repeat([]byte("x"), size)
		claim, err := port.CheckIn(t.Context(), memory, body)
		if err != nil || (claim != nil) != claimed {
			t.Fatalf("%d bytes: claim %v, %v", size, claim, err)
		}
		inline := body
		if claimed {
			inline = nil
		}
		got, err := port.CheckOut(t.Context(), memory, inline, claim)
		if err != nil || !bytes.Equal(got, body) {
			t.Errorf("%d bytes came back as %d, %v", size, len(got), err)
		}
	}
}

// vault answers each call so.
type vault struct{ err error }

func (v vault) Store(context.Context, []byte) (message.Claim, error) { return message.Claim{}, v.err }
func (v vault) Load(context.Context, message.Claim) ([]byte, error)  { return nil, v.err }

// TestOnlyABodyThatIsGoneOrDamagedEndsAMessage lists what a vault can answer.
func TestOnlyABodyThatIsGoneOrDamagedEndsAMessage(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err  error
		want fault.Kind
	}{
		"gone":      {fault.New(fault.Rejected, fault.MissingRef, "", ""), fault.Rejected},
		"damaged":   {fault.New(fault.Invalid, fault.Parse, "", ""), fault.Invalid},
		"away":      {errors.New("away"), fault.Unavailable},
		"throttled": {fault.New(fault.Throttled, "", "", ""), fault.Unavailable},
		"rejecting": {fault.New(fault.Rejected, fault.Config, "", "AccessDenied"), fault.Unavailable},
	} {
		_, err := port.CheckOut(t.Context(), vault{tc.err}, nil, &message.Claim{Key: "k"})
		if f := fault.As(err); f.Kind != tc.want || !errors.Is(err, tc.err) && f.Doing == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := port.CheckIn(t.Context(), vault{errors.New("away")}, make([]byte, message.InlineLimit+1))
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("storing: %v", err)
	}
}

func TestTheDigestIsShort(t *testing.T) {
	t.Parallel()
	if got := port.Digest([]byte("abc")); got != "ba7816bf8f01cfea" { // FIPS 180-2, appendix B.1
		t.Errorf("%q", got)
	}
}

func TestARuntimeNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	err := port.Runtime{}.Check()
	for _, name := range []string{"Bus", "Queue", "State", "Ledger", "Vault", "Now", "Random", "Log"} {
		if err == nil || !strings.Contains(err.Error(), name+" is missing") {
			t.Errorf("%v does not name %s", err, name)
		}
	}
	memory := newMemory()
	r := port.Runtime{
		Ports: port.Ports{Bus: memory, Queue: memory, State: memory, Ledger: memory, Vault: memory},
		Now:   time.Now, Random: func() float64 { return 0 }, Log: slog.New(slog.DiscardHandler), Build: "b",
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	if e := r.Entry("erp-deliver", port.Sent); e.Function != "erp-deliver" || e.Stage != port.Sent || e.Build != "b" || e.At.Location() != time.UTC || e.At.IsZero() {
		t.Errorf("%+v", e)
	}
}
