package netsuite_test

import (
	"net/http"
	"strings"
	"testing"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/netsuite/record"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// newDeposit is an account with an order, and the payment that is to follow.
func newDeposit(t *testing.T) (*rig, *message.Message) {
	t.Helper()
	r := newRig(t, nil)
	messages := mustCase(t, "payment-b7-card")
	r.mustDeliver(messages[:2]...)
	return r, messages[2]
}

func TestADepositIsWrittenOnce(t *testing.T) {
	t.Parallel()
	r, m := newDeposit(t)
	before := len(r.fake.Calls())
	r.mustDeliver(m)
	if got := verbs(r.callsSince(before)); got != "GET PUT" {
		t.Errorf("creating took %s", got)
	}
	r.fake.ClosePeriod("2026-12-31") // an unchanged deposit does not mind
	before = len(r.fake.Calls())
	r.mustDeliver(m)
	delete(r.refs, m.Key().String()) // as after the answer was lost
	r.mustDeliver(m)
	if got := verbs(r.callsSince(before)); got != "GET GET" || r.fake.Deposits()[0].Writes != 1 {
		t.Errorf("repeating took %s: %+v", got, r.fake.Deposits())
	}
}

func TestADepositThatDiffersIsChanged(t *testing.T) {
	t.Parallel()
	r, m := newDeposit(t)
	r.mustDeliver(m)
	changed := edit(t, m, `"method":"card"`, `"method":"gift_card"`)
	before := len(r.fake.Calls())
	r.mustDeliver(changed)
	if got := r.fake.Deposits()[0]; got.Option != "9" || verbs(r.callsSince(before)) != "GET PATCH" {
		t.Errorf("after %v: %+v", r.callsSince(before), got)
	}
}

func TestAClosedPeriodIsWaitedFor(t *testing.T) {
	t.Parallel()
	for _, way := range []netsuitetest.Way{0, netsuitetest.OwnCodes} {
		r, m := newDeposit(t)
		r.fake.Vary(way)
		date := "2026-11-22" // of the payment
		r.fake.ClosePeriod(date)
		e := fault.As(second(r.deliver(t.Context(), m)))
		if e == nil || e.Kind != fault.Rejected || e.Class != fault.Config || e.Code != "VALID_PRD_REQD" || e.Field != "at" || !strings.Contains(e.Detail, "open the period") {
			t.Errorf("a new deposit: %+v", e)
		}
		r.fake.ClosePeriod("2026-11-21")
		r.mustDeliver(m)
		r.fake.ClosePeriod(date)
		e = fault.As(second(r.deliver(t.Context(), edit(t, m, `"method":"card"`, `"method":"cash"`))))
		if e == nil || e.Class != fault.Config || e.Code != "TRANS_EDIT_DISALLWD" {
			t.Errorf("a changed deposit: %+v", e)
		}
	}
}

func TestAMissingPermissionStopsItsOperationOnly(t *testing.T) {
	t.Parallel()
	r, m := newDeposit(t)
	r.fake.Forbid("customerDeposit", true)
	e := fault.As(second(r.deliver(t.Context(), m)))
	if e == nil || e.Kind != fault.Unauthorized || e.ScopeOrDefault() != fault.OperationScope || !strings.Contains(e.Error(), "permission") {
		t.Errorf("got %+v", e)
	}
	r.mustDeliver(mustCase(t, "order-b5-tax-added-after-discount")...)
	r.fake.Forbid("customerDeposit", false)
	r.mustDeliver(m)
}

func TestAFailureOnOneRecordIsAboutThatRecord(t *testing.T) {
	t.Parallel()
	r, m := newDeposit(t)
	for _, tc := range []struct {
		do    netsuitetest.Act
		scope fault.Scope
		words string
	}{
		{netsuitetest.AnswerText(500, "UNEXPECTED_ERROR", "", "An unexpected error occurred. Error ID: kq4x7"), fault.EntityScope, "kq4x7"},
		{netsuitetest.Down(), fault.ConnectionScope, ""},
		{netsuitetest.LoggedOut(), fault.ConnectionScope, ""},
		{netsuitetest.ResetBefore(), fault.ConnectionScope, ""},
	} {
		r.fake.Plan(netsuitetest.Fault{Method: http.MethodPut, Do: tc.do})
		e := fault.As(second(r.deliver(t.Context(), m)))
		if e == nil || e.ScopeOrDefault() != tc.scope || !strings.Contains(e.Detail, tc.words) {
			t.Errorf("got %+v, want scope %s", e, tc.scope)
		}
	}
	r.mustDeliver(m)
}

func TestALockedRecordIsAConflict(t *testing.T) {
	t.Parallel()
	s := newSale(t, "paid")
	s.report()
	s.fake.LockByWorkflow("salesOrder", s.external, true)
	s.order.Name = "#1-A"
	e := fault.As(second(s.try(t.Context(), "order.changed")))
	if e == nil || e.Kind != fault.Rejected || e.Class != fault.Conflict || e.Code != "RCRD_LOCKED_BY_WF" || e.ScopeOrDefault() != fault.EntityScope {
		t.Errorf("got %+v", e)
	}
	s.fake.LockByWorkflow("salesOrder", s.external, false)
	s.report()
}

func TestFindOfAMissingTransaction(t *testing.T) {
	t.Parallel()
	for _, way := range []netsuitetest.Way{0, netsuitetest.WrongType} {
		r := newRig(t, nil)
		r.fake.Vary(way)
		m := last(mustCase(t, "payment-b7-card"))
		if ref, err := r.system.Target.Find(t.Context(), m.Key()); ref != "" || err != nil {
			t.Errorf("Find of a deposit that is missing: %q, %v", ref, err)
		}
	}
	r, m := newDeposit(t)
	r.refs[m.Key().String()] = "999" // deleted by an operator
	if got := r.mustDeliver(m); got.Ref == "999" || r.fake.Writes("customerDeposit", record.ExternalID(m.Key())) != 1 {
		t.Errorf("got %+v", got)
	}
}
