package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"causeway.example/shared/fault"
)

func TestErrorSaysWhatWasBeingDone(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err  *fault.Error
		want string
	}{
		"status and code":  {&fault.Error{Kind: fault.Throttled, Doing: "posting order 1001 to netsuite", Status: 429, Code: "LIMIT"}, "posting order 1001 to netsuite: 429 LIMIT"},
		"field and detail": {&fault.Error{Kind: fault.Invalid, Doing: "reading order 1", Field: "total.currency", Detail: "XXX is not ISO 4217"}, "reading order 1: total.currency: XXX is not ISO 4217"},
		"cause":            {&fault.Error{Kind: fault.Unavailable, Doing: "posting", Err: errors.New("reset")}, "posting: reset"},
		"nothing known":    {&fault.Error{Kind: fault.Duplicate}, "duplicate"},
		"status alone":     {&fault.Error{Status: 503}, "503"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tc.err.Error(); got != tc.want {
				t.Errorf("Error() = %q, want %q", got, tc.want)
			}
		})
	}
}

func TestKindOfSeesThroughWrapping(t *testing.T) {
	t.Parallel()
	inner := fault.New(fault.NotReady, "", "posting payment 9", "order 1001 is not at netsuite")
	err := fmt.Errorf("delivering: %w", inner)
	if got := fault.KindOf(err); got != fault.NotReady {
		t.Errorf("KindOf = %v, want %v", got, fault.NotReady)
	}
	if got := fault.KindOf(errors.New("odd")); got != fault.Unknown {
		t.Errorf("KindOf of an unclassified error = %v, want unknown", got)
	}
	if got := fault.As(err); got != inner {
		t.Errorf("As = %v, want the inner error", got)
	}
	if fault.As(nil) != nil || fault.Doing("x", nil) != nil {
		t.Error("nil must stay nil")
	}
}

func TestAsKeepsTheCauseOfAnUnclassifiedError(t *testing.T) {
	t.Parallel()
	cause := errors.New("odd")
	got := fault.As(cause)
	if got.Kind != fault.Unknown || !errors.Is(got, cause) {
		t.Errorf("As(%v) = %+v", cause, got)
	}
}

func TestDoingKeepsTheMorePreciseWords(t *testing.T) {
	t.Parallel()
	err := fault.Doing("delivering", fault.New(fault.Rejected, "", "posting order 7", "no"))
	if !strings.HasPrefix(err.Error(), "posting order 7") {
		t.Errorf("Doing replaced the inner words: %v", err)
	}
	err = fault.Doing("posting order 8", errors.New("reset"))
	if err.Error() != "posting order 8: reset" {
		t.Errorf("Doing = %v", err)
	}
}

func TestEveryKindHasANameAndAClass(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, kind := range fault.Kinds() {
		name := kind.String()
		if name == "" || strings.HasPrefix(name, "kind(") || seen[name] {
			t.Errorf("kind %d has no name of its own: %q", kind, name)
		}
		seen[name] = true
		if (&fault.Error{Kind: kind}).ClassOrDefault() == "" {
			t.Errorf("kind %v has no usual class", kind)
		}
	}
	if got := fault.Kind(200).String(); got != "kind(200)" {
		t.Errorf("an unheard-of kind prints %q", got)
	}
	if got := (&fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous}).ClassOrDefault(); got != fault.Ambiguous {
		t.Errorf("a class that was set is shown as %q", got)
	}
}

func ExampleDoing() {
	err := fault.Doing("posting order 1001 to netsuite", &fault.Error{Kind: fault.Unavailable, Status: 503})
	fmt.Println(err)
	// Output: posting order 1001 to netsuite: 503
}
