package main

import (
	"context"
	"testing"
	"time"

	"causeway.example/scripts/day"
)

func TestTheNightIsTheNextThreeOClock(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Berlin")
	must(t, err)
	for now, want := range map[time.Time]time.Time{
		time.Date(2026, 11, 28, 2, 59, 0, 0, zone): time.Date(2026, 11, 28, 3, 0, 0, 0, zone),
		time.Date(2026, 11, 28, 3, 0, 0, 0, zone):  time.Date(2026, 11, 29, 3, 0, 0, 0, zone),
		time.Date(2026, 12, 31, 23, 0, 0, 0, zone): time.Date(2027, 1, 1, 3, 0, 0, 0, zone),
		time.Date(2026, 10, 24, 12, 0, 0, 0, zone): time.Date(2026, 10, 25, 3, 0, 0, 0, zone), // a night of 25 hours
	} {
		if got := nextNight(now); !got.Equal(want) {
			t.Errorf("after %s comes %s, want %s", now, got, want)
		}
	}
}

// TestTheSampleDayIsAudited plays the day and audits the stores' books against the ERP's by
// their connectors: each order that is not in the ERP is explained by the ledger.
func TestTheSampleDayIsAudited(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	p, err := open(ctx, options{data: t.TempDir(), policy: hasty()})
	defer func() { must(t, p.close()) }()
	must(t, err)
	p.start(ctx)
	must(t, p.senders.play(ctx, day.Sample(), 0))
	must(t, p.settledAndPolled(ctx, p.parts()[0].polls))
	auditor, err := p.auditor(hasty())
	must(t, err)
	records := 0
	for _, pair := range auditor.Pairs() {
		for date := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC); date.Day() <= 25; date = date.AddDate(0, 0, 1) {
			audited, err := auditor.Audit(ctx, pair, date.Format(time.DateOnly))
			must(t, err)
			records += audited.Source.Count
			for _, gap := range audited.Gaps {
				t.Errorf("%s on %s: %s %s: %s", pair, audited.Date, gap.Kind, gap.Entity, gap.Text)
			}
			if audited.Unexplained.Count != 0 || len(audited.Unexplained.Amounts) > 0 {
				t.Errorf("%s on %s: unexplained %s of %+v", pair, audited.Date, audited.Unexplained, audited.Result)
			}
		}
	}
	if records < 60 {
		t.Errorf("%d records were audited", records)
	}
}
