package connector_test

import (
	"testing"
	"time"

	"causeway.example/shared/connector"
)

// A version warns from 120 days before its last day on, and has ended on the day after it.
func TestAVersionWarnsBeforeItEnds(t *testing.T) {
	t.Parallel()
	last := time.Date(2027, 9, 30, 0, 0, 0, 0, time.UTC)
	v := connector.Version{Name: "2026-10", Ends: last}
	for _, c := range []struct {
		at           time.Time
		warns, ended bool
		words        string
	}{
		{last.AddDate(0, 0, -121), false, false, "speaks version 2026-10, whose support the vendor ends on 2027-09-30, in 121 days"},
		{last.AddDate(0, 0, -120), true, false, "speaks version 2026-10, whose support the vendor ends on 2027-09-30, in 120 days"},
		{last.Add(23 * time.Hour), true, false, "speaks version 2026-10, whose support the vendor ends on 2027-09-30, in 0 days"},
		{last.AddDate(0, 0, 1), true, true, "speaks version 2026-10, whose support the vendor ended on 2027-09-30"},
	} {
		if v.Warns(c.at) != c.warns || v.Ended(c.at) != c.ended || v.Words(c.at) != c.words {
			t.Errorf("%s: warns %v, ended %v, %s", c.at, v.Warns(c.at), v.Ended(c.at), v.Words(c.at))
		}
	}
	if open := (connector.Version{Name: "v1"}); open.Warns(last) || open.Ended(last) {
		t.Error("a version without an end warns")
	}
}
