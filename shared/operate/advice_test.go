package operate_test

import (
	"strings"
	"testing"

	"causeway.example/shared/fault"
	"causeway.example/shared/operate"
)

func TestEveryClassHasACauseAndANextStep(t *testing.T) {
	t.Parallel()
	unknown := operate.Advise("no-such-class", "", "")
	for _, class := range fault.Classes() {
		a := operate.Advise(class, "SOME_CODE", "netsuite")
		if a.Cause == "" || a.Step == "" || a.Command == "" || a == unknown {
			t.Errorf("%s: %+v", class, a)
		}
		if strings.Contains(a.Step, "{") || !strings.HasPrefix(a.Command, "causeway ") {
			t.Errorf("%s: %+v", class, a)
		}
	}
	for _, kind := range fault.Kinds() {
		class := (&fault.Error{Kind: kind}).ClassOrDefault()
		if operate.Advise(class, "", "") == unknown {
			t.Errorf("kind %s has the class %s, which has no advice", kind, class)
		}
	}
}

func TestAdviceIsThatOfTheClosestRow(t *testing.T) {
	t.Parallel()
	general := operate.Advise(fault.Conflict, "", "netsuite")
	for _, c := range []struct {
		class        fault.Class
		code, target string
		says         string
	}{
		{fault.Conflict, "RCRD_LOCKED_BY_WF", "netsuite", "workflow"},
		{fault.Conflict, "ANOTHER", "netsuite", general.Cause},
		{fault.Config, "CLOSED_TRAN_PRD", "netsuite", "period"},
		{fault.MissingRef, "parent_dead", "netsuite", "must be in netsuite first has a dead letter"},
		{fault.Auth, "INSUFFICIENT_PERMISSION", "netsuite", "permission for this record type"},
	} {
		if a := operate.Advise(c.class, c.code, c.target); !strings.Contains(a.Cause, c.says) {
			t.Errorf("%s %s at %s: %q", c.class, c.code, c.target, a.Cause)
		}
	}
}

func TestAdviceOfALetterNamesItsGroup(t *testing.T) {
	t.Parallel()
	l := operate.Letter{Queue: "shopify-orders-to-netsuite", Fingerprint: "ab12cd34", Event: "e1"}
	l.Cause.Class = fault.MissingRef
	a := operate.AdviseLetter(l)
	if a.Command != "causeway redrive --group ab12cd34" || !strings.Contains(a.Step, "netsuite") {
		t.Errorf("advice %+v", a)
	}
	l.Kind, l.Cause.Class = operate.InboxLetter, fault.Value
	if a := operate.AdviseLetter(l); a.Command != "causeway inspect e1" {
		t.Errorf("a delivery cannot be edited, advice %+v", a)
	}
}
