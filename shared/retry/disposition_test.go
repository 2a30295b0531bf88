package retry_test

import (
	"testing"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/port"
	"causeway.example/shared/retry"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func half() float64 { return 0.5 }

// TestEachFailureHasItsDisposition lists the table at the end of each budget and a moment
// after it.
func TestEachFailureHasItsDisposition(t *testing.T) {
	t.Parallel()
	p := retry.DefaultPolicy()
	for name, tc := range map[string]struct {
		fault fault.Error
		spent retry.Budget
		want  port.Stage
	}{
		"rejected":                       {fault.Error{Kind: fault.Rejected}, retry.Budget{Times: 1, Since: noon}, port.Dead},
		"invalid":                        {fault.Error{Kind: fault.Invalid}, retry.Budget{Times: 1, Since: noon}, port.Dead},
		"unauthentic":                    {fault.Error{Kind: fault.Unauthentic}, retry.Budget{Times: 1, Since: noon}, port.Dead},
		"ambiguous":                      {fault.Error{Kind: fault.Rejected, Class: fault.Ambiguous}, retry.Budget{Times: 1, Since: noon}, port.Parked},
		"duplicate":                      {fault.Error{Kind: fault.Duplicate}, retry.Budget{Times: 1, Since: noon}, port.Confirmed},
		"throttled, at its end":          {fault.Error{Kind: fault.Throttled}, retry.Budget{Times: 9, Since: noon.Add(-p.Transient)}, port.Deferred},
		"throttled, after it":            {fault.Error{Kind: fault.Throttled}, retry.Budget{Times: 9, Since: noon.Add(-p.Transient - 1)}, port.Dead},
		"unavailable, at its end":        {fault.Error{Kind: fault.Unavailable}, retry.Budget{Times: 9, Since: noon.Add(-p.Transient)}, port.Deferred},
		"unavailable, after it":          {fault.Error{Kind: fault.Unavailable}, retry.Budget{Times: 9, Since: noon.Add(-p.Transient - 1)}, port.Dead},
		"unauthorized, at its end":       {fault.Error{Kind: fault.Unauthorized}, retry.Budget{Times: 9, Since: noon.Add(-p.Transient)}, port.Deferred},
		"unauthorized, after it":         {fault.Error{Kind: fault.Unauthorized}, retry.Budget{Times: 9, Since: noon.Add(-p.Transient - 1)}, port.Dead},
		"not ready, at its end":          {fault.Error{Kind: fault.NotReady}, retry.Budget{Times: 9, Since: noon.Add(-p.Parent)}, port.Deferred},
		"not ready, after it":            {fault.Error{Kind: fault.NotReady}, retry.Budget{Times: 9, Since: noon.Add(-p.Parent - 1)}, port.Parked},
		"rejected by config, at its end": {fault.Error{Kind: fault.Rejected, Class: fault.Config}, retry.Budget{Times: 9, Since: noon.Add(-p.Config)}, port.Deferred},
		"rejected by config, after it":   {fault.Error{Kind: fault.Rejected, Class: fault.Config}, retry.Budget{Times: 9, Since: noon.Add(-p.Config - 1)}, port.Dead},
		"invalid by config":              {fault.Error{Kind: fault.Invalid, Class: fault.Config}, retry.Budget{Times: 1, Since: noon}, port.Deferred},
		"our own service, for a year":    {fault.Error{Kind: fault.Unavailable, Scope: fault.OwnScope}, retry.Budget{Times: 999, Since: noon.AddDate(-1, 0, 0)}, port.Deferred},
		"unknown, before its last":       {fault.Error{}, retry.Budget{Times: p.UnknownTries - 1, Since: noon}, port.Deferred},
		"unknown, its last":              {fault.Error{}, retry.Budget{Times: p.UnknownTries, Since: noon}, port.Dead},
	} {
		v := p.Judge(&tc.fault, tc.spent, noon, half)
		if v.Stage != tc.want || v.Why == "" || (v.Stage == port.Deferred) != v.Until.After(noon) {
			t.Errorf("%s: %+v, want %s", name, v, tc.want)
		}
	}
	seen := map[fault.Kind]bool{}
	for _, kind := range fault.Kinds() { // no kind is missing in the table, where it would be buried
		if stage := p.Judge(&fault.Error{Kind: kind}, retry.Budget{Times: 1, Since: noon}, noon, half).Stage; stage == port.Dead {
			seen[kind] = true
		}
	}
	if len(seen) != 3 || !seen[fault.Invalid] || !seen[fault.Unauthentic] || !seen[fault.Rejected] {
		t.Errorf("dead at the first failure: %v", seen)
	}
}

func TestWaitingIsNotFailing(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault fault.Error
		want  retry.Disposition
	}{
		"throttled":        {fault.Error{Kind: fault.Throttled}, retry.Retry},
		"unavailable":      {fault.Error{Kind: fault.Unavailable}, retry.Retry},
		"unauthorized":     {fault.Error{Kind: fault.Unauthorized}, retry.Retry},
		"not ready":        {fault.Error{Kind: fault.NotReady}, retry.Wait},
		"config":           {fault.Error{Kind: fault.Unavailable, Class: fault.Config}, retry.Configure},
		"config, rejected": {fault.Error{Kind: fault.Rejected, Class: fault.Config}, retry.Configure},
		"our own service":  {fault.Error{Kind: fault.Unavailable, Scope: fault.OwnScope}, retry.Outlast},
		"its permission":   {fault.Error{Kind: fault.Unavailable, Class: fault.Config, Scope: fault.OwnScope}, retry.Configure},
		"rejected":         {fault.Error{Kind: fault.Rejected}, retry.Bury},
		"duplicate":        {fault.Error{Kind: fault.Duplicate}, retry.Succeed},
		"unknown":          {fault.Error{}, retry.Few},
	} {
		if got := retry.DispositionOf(&tc.fault); got != tc.want {
			t.Errorf("%s: disposition %d, want %d", name, got, tc.want)
		}
	}
}

// TestThePauseIsNeverShorterThanAsked lists what decides the next attempt.
func TestThePauseIsNeverShorterThanAsked(t *testing.T) {
	t.Parallel()
	p := retry.DefaultPolicy()
	hour := retry.Budget{Times: 3, Since: noon.Add(-20 * time.Second)}
	for name, tc := range map[string]struct {
		fault  fault.Error
		random float64
		want   time.Duration
	}{
		"asked, at once":        {fault.Error{Kind: fault.Throttled, After: time.Hour}, 0, time.Hour},
		"asked, a little later": {fault.Error{Kind: fault.Throttled, After: time.Hour}, 1, time.Hour + time.Second},
		"asked by config":       {fault.Error{Kind: fault.Rejected, Class: fault.Config, After: time.Hour}, 0, time.Hour},
		"a parent":              {fault.Error{Kind: fault.NotReady}, 1, 5 * time.Second},
		"a setting":             {fault.Error{Kind: fault.Rejected, Class: fault.Config}, 1, 5 * time.Second},
		"refused credentials":   {fault.Error{Kind: fault.Unauthorized}, 0, time.Minute},
		"an outage":             {fault.Error{Kind: fault.Unavailable}, 1, 4 * time.Second},
		"unknown":               {fault.Error{}, 0.5, 2 * time.Second},
	} {
		if got := p.Judge(&tc.fault, hour, noon, func() float64 { return tc.random }).Until.Sub(noon); got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}

// TestABudgetCountsOnlyTheTimeOfFailing has gaps in which the message was held back.
func TestABudgetCountsOnlyTheTimeOfFailing(t *testing.T) {
	t.Parallel()
	const pause = 15 * time.Minute
	b := retry.Budget{}.Spend(noon, pause)
	if b.Times != 1 || !b.Since.Equal(noon) {
		t.Fatalf("the first failure: %+v", b)
	}
	b = b.Spend(noon.Add(pause), pause) // a gap of exactly the pause counts
	if age := b.Last.Sub(b.Since); age != pause {
		t.Errorf("failing for %v", age)
	}
	b = b.Spend(b.Last.Add(6*24*time.Hour), pause) // of an outage the pause counts
	if age := b.Last.Sub(b.Since); age != 2*pause || b.Times != 3 {
		t.Errorf("failing for %v, %d times", age, b.Times)
	}
	b = b.Spend(noon.Add(-time.Hour), pause) // by a clock that is behind
	if b.Since.After(b.Last) {
		t.Errorf("began after its last: %+v", b)
	}
}
