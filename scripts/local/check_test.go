package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/doctor"
)

// The log says from 120 days before which version ends, and what to do.
func TestTheEndOfAVersionIsLogged(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 7, 1, 3, 0, 0, 0, time.UTC)
	i := doctor.Installation{Clock: doctor.NewClock(func() time.Time { return now }), Systems: map[string]connector.System{}}
	for name, days := range map[string]int{"shop": 91, "erp": 200} {
		i.Systems[name] = connector.System{Profile: connector.Profile{
			Name: name, Title: name, Version: connector.Version{Name: "2026-10", Ends: now.AddDate(0, 0, days), Remedy: "upgrade Causeway"},
		}}
	}
	var log bytes.Buffer
	p := &program{log: slog.New(slog.NewTextHandler(&log, nil))}
	p.logVersions(t.Context(), doctor.Run(t.Context(), i.Checks()...))
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, `level=WARN msg="shop speaks version 2026-10, whose support the vendor ends on 2027-09-30, in 91 days" next="upgrade Causeway"`) {
		t.Errorf("logged %s", got)
	}
}
