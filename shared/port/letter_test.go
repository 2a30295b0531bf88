package port_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// TestTheFingerprintGroupsByCause has two orders of one cause, and others that differ in one
// part each.
func TestTheFingerprintGroupsByCause(t *testing.T) {
	t.Parallel()
	base := fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Code: "C", Field: "lines[3].sku", Detail: `no item 'A-1' of ada@example.com in 3 stores`}
	of := func(scope string, change func(*fault.Error)) string {
		f := base
		change(&f)
		return port.NewEntryError(scope, &f).Fingerprint
	}
	first := of("route", func(*fault.Error) {})
	if first != of("route", func(f *fault.Error) {
		f.Field, f.Detail = "lines[12].sku", `no item "B-22" of bob@example.com in 17 stores`
	}) {
		t.Error("two orders of one cause are two groups")
	}
	for name, other := range map[string]string{
		"class": of("route", func(f *fault.Error) { f.Class = fault.Value }), "code": of("route", func(f *fault.Error) { f.Code = "D" }),
		"field": of("route", func(f *fault.Error) { f.Field = "lines[3].tax" }), "rule": of("route", func(f *fault.Error) { f.Detail = "another rule" }),
		"scope": of("another", func(*fault.Error) {}),
	} {
		if other == first {
			t.Errorf("another %s is the same group", name)
		}
	}
}

func TestAnEntryErrorHasNoAddress(t *testing.T) {
	t.Parallel()
	e := port.NewEntryError("route", &fault.Error{
		Kind: fault.Rejected, Code: "C", Field: "f", Status: 400, Doing: "posting", Err: errors.New("550 <ada@example.com> unknown, cc bob@example.com"),
	})
	if strings.Contains(e.Message, "example") || !strings.Contains(e.Message, "***@***") {
		t.Errorf("message %q", e.Message)
	}
	if e.Kind != "rejected" || e.Class != fault.Value || e.Code != "C" || e.Field != "f" || e.Status != 400 {
		t.Errorf("%+v", e)
	}
}

func TestTheReasonIsClassCodeAndField(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]*fault.Error{
		"missing_ref INVALID_KEY lines[1].sku": {Kind: fault.Rejected, Class: fault.MissingRef, Code: "INVALID_KEY", Field: "lines[1].sku"},
		"value total":                          {Kind: fault.Rejected, Field: "total"},
		"bug":                                  {},
	} {
		if got := port.Reason(f); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func letter(cause port.Cause, fingerprint, redrives string) port.Incoming {
	data, _ := json.Marshal(cause)
	return port.Incoming{Attributes: map[string]string{
		port.AttrCause: string(data), port.AttrFingerprint: fingerprint, port.AttrRedrives: redrives,
	}}
}

// TestALetterIsRecognizedHoweverItWasMoved lists what a message can carry.
func TestALetterIsRecognizedHoweverItWasMoved(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		in       port.Incoming
		redriven bool
		redrives int
		alike    int
	}{
		"a fresh message":           {port.Incoming{}, false, 0, 1},
		"moved as it is":            {letter(port.Cause{}, "x", ""), true, 0, 2},
		"redriven by our command":   {letter(port.Cause{Alike: 2}, "x", "3"), true, 3, 4},
		"for another reason":        {letter(port.Cause{Alike: 2}, "y", "3"), true, 3, 1},
		"with nothing but a count":  {port.Incoming{Attributes: map[string]string{port.AttrRedrives: "1"}}, true, 1, 1},
		"with a count of no number": {port.Incoming{Attributes: map[string]string{port.AttrRedrives: "x"}}, false, 0, 1},
		"with a cause of no JSON":   {port.Incoming{Attributes: map[string]string{port.AttrCause: "x", port.AttrFingerprint: "x"}}, false, 0, 1},
		"counted as zero":           {port.Incoming{Attributes: map[string]string{port.AttrRedrives: "0"}}, false, 0, 1},
	} {
		if tc.in.Redriven() != tc.redriven || tc.in.Redrives() != tc.redrives || tc.in.Alike("x") != tc.alike {
			t.Errorf("%s: redriven %v, %d times, alike %d", name, tc.in.Redriven(), tc.in.Redrives(), tc.in.Alike("x"))
		}
	}
	at := time.Date(2026, 11, 22, 12, 0, 0, 1, time.UTC)
	if cause, _ := letter(port.Cause{Stage: port.Dead, At: at}, "", "").Cause(); cause.Stage != port.Dead || !cause.At.Equal(at) {
		t.Errorf("cause %+v", cause)
	}
}

func TestTheStagesThatEndAJourney(t *testing.T) {
	t.Parallel()
	all := []port.Stage{
		port.Received, port.Translated, port.Published, port.Queued, port.Sent, port.Deferred, port.Confirmed, port.Superseded,
		port.Skipped, port.Dead, port.Parked, port.Degraded, port.Restored, port.AuthExpired, port.Reconciled,
	}
	ends := slices.DeleteFunc(all, func(s port.Stage) bool { return !s.Ends() })
	if !slices.Equal(ends, []port.Stage{port.Confirmed, port.Superseded, port.Skipped, port.Dead, port.Parked}) {
		t.Errorf("%q", ends)
	}
}
