package moment_test

import (
	"errors"
	"testing"
	"time"
	_ "time/tzdata"

	"causeway.example/shared/formats/moment"
)

const wallLayout = "2006-01-02T15:04:05"

func mustZone(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestParseReads(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-11-22T16:08:15Z":           "2026-11-22T16:08:15Z",
		"2026-11-22T16:08:15+01:00":      "2026-11-22T15:08:15Z",
		"2026-11-22T16:08:15-05:30":      "2026-11-22T21:38:15Z",
		"2026-11-22T16:08:15.123456789Z": "2026-11-22T16:08:15.123456789Z",
		"2024-02-29T00:00:00Z":           "2024-02-29T00:00:00Z",
		"2016-12-31T23:59:60Z":           "2016-12-31T23:59:59Z",
		"2016-12-31T23:59:60.5Z":         "2016-12-31T23:59:59.5Z",
		"2017-01-01T00:59:60+01:00":      "2016-12-31T23:59:59Z",
		"1970-01-01T00:00:00Z":           "1970-01-01T00:00:00Z",
		"2200-12-31T23:59:59Z":           "2200-12-31T23:59:59Z",
		"1969-12-31T23:00:00-01:00":      "1970-01-01T00:00:00Z",
	} {
		got, err := moment.Parse(text)
		if err != nil || got.UTC().Format(time.RFC3339Nano) != want {
			t.Errorf("Parse(%q) = %v, %v, want %s", text, got, err, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		situation, text string
		want            error
	}{
		{"nothing", "", moment.ErrTime},
		{"Feb 30", "2026-02-30T00:00:00Z", moment.ErrTime},
		{"Feb 29 of a common year", "2026-02-29T00:00:00Z", moment.ErrTime},
		{"no zone", "2026-11-22T16:08:15", moment.ErrTime},
		{"a date only", "2026-11-22", moment.ErrTime},
		{"a space for the T", "2026-11-22 16:08:15Z", moment.ErrTime},
		{"an hour of one digit", "2026-11-22T6:08:15Z", moment.ErrTime},
		{"a comma before the fraction", "2026-11-22T16:08:15,5Z", moment.ErrTime},
		{"hour 24", "2026-11-22T24:00:00Z", moment.ErrTime},
		{"minute 60", "2026-11-22T23:60:00Z", moment.ErrTime},
		{"second 61", "2026-12-31T23:59:61Z", moment.ErrTime},
		{"second 60 in the middle of a day", "2026-11-22T16:08:60Z", moment.ErrTime},
		{"second 60 at local midnight", "2026-12-31T23:59:60+01:00", moment.ErrTime},
		{"an offset of 60 minutes", "2026-11-22T16:08:15+10:60", moment.ErrTime},
		{"seconds since 1970", "1795363695", moment.ErrTime},
		{"trailing text", "2026-11-22T16:08:15Z ", moment.ErrTime},
		{"year 0001", "0001-01-01T00:00:00Z", moment.ErrYear},
		{"year 9999", "9999-12-31T23:59:59Z", moment.ErrYear},
		{"year 1969", "1969-12-31T23:59:59Z", moment.ErrYear},
		{"year 2201", "2201-01-01T00:00:00Z", moment.ErrYear},
	} {
		if got, err := moment.Parse(c.text); !errors.Is(err, c.want) || !got.IsZero() {
			t.Errorf("%s: %v, %v, want %v", c.situation, got, err, c.want)
		}
	}
}

func TestParseLocalTakesTheOffsetOfTheZone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		situation, zone, text, want string
		moved                       bool
	}{
		{"winter", "Europe/Berlin", "2026-11-22T16:08:15", "2026-11-22T16:08:15+01:00", false},
		{"summer", "Europe/Berlin", "2026-07-22T16:08:15", "2026-07-22T16:08:15+02:00", false},
		{"last second before the gap", "Europe/Berlin", "2026-03-29T01:59:59", "2026-03-29T01:59:59+01:00", false},
		{"first second of the gap", "Europe/Berlin", "2026-03-29T02:00:00", "2026-03-29T03:00:00+02:00", true},
		{"in the gap", "Europe/Berlin", "2026-03-29T02:30:00", "2026-03-29T03:30:00+02:00", true},
		{"first second after the gap", "Europe/Berlin", "2026-03-29T03:00:00", "2026-03-29T03:00:00+02:00", false},
		{"before the overlap", "Europe/Berlin", "2026-10-25T01:59:59", "2026-10-25T01:59:59+02:00", false},
		{"first second of the overlap", "Europe/Berlin", "2026-10-25T02:00:00", "2026-10-25T02:00:00+02:00", true},
		{"last second of the overlap", "Europe/Berlin", "2026-10-25T02:59:59", "2026-10-25T02:59:59+02:00", true},
		{"after the overlap", "Europe/Berlin", "2026-10-25T03:00:00", "2026-10-25T03:00:00+01:00", false},
		{"gap in America", "America/New_York", "2026-03-08T02:30:00", "2026-03-08T03:30:00-04:00", true},
		{"overlap in America", "America/New_York", "2026-11-01T01:30:00", "2026-11-01T01:30:00-04:00", true},
		{"gap in the south", "Australia/Sydney", "2026-10-04T02:30:00", "2026-10-04T03:30:00+11:00", true},
		{"overlap in the south", "Australia/Sydney", "2026-04-05T02:30:00", "2026-04-05T02:30:00+11:00", true},
		{"gap of half an hour", "Australia/Lord_Howe", "2026-10-04T02:15:00", "2026-10-04T02:45:00+11:00", true},
		{"overlap of half an hour", "Australia/Lord_Howe", "2026-04-05T01:45:00", "2026-04-05T01:45:00+11:00", true},
		{"gap of two hours", "Antarctica/Troll", "2026-03-29T01:30:00", "2026-03-29T03:30:00+02:00", true},
		{"winter time as the exception", "Europe/Dublin", "2026-10-25T01:30:00", "2026-10-25T01:30:00+01:00", true},
		{"a day that was left out", "Pacific/Apia", "2011-12-30T12:00:00", "2011-12-31T12:00:00+14:00", true},
		{"no clock changes", "Asia/Kathmandu", "2026-03-29T02:30:00", "2026-03-29T02:30:00+05:45", false},
		{"UTC", "UTC", "2026-03-29T02:30:00", "2026-03-29T02:30:00Z", false},
		{"a fraction", "UTC", "2026-03-29T02:30:00.25", "2026-03-29T02:30:00.25Z", false},
	} {
		got, moved, err := moment.ParseLocal(c.text, mustZone(t, c.zone))
		if err != nil || moved != c.moved || got.Format(time.RFC3339Nano) != c.want {
			t.Errorf("%s: %s, moved %v, %v; want %s, moved %v", c.situation, got.Format(time.RFC3339Nano), moved, err, c.want, c.moved)
		}
	}
}

func TestParseLocalRefuses(t *testing.T) {
	t.Parallel()
	for situation, text := range map[string]string{
		"nothing": "", "a zone": "2026-11-22T16:08:15Z", "an offset": "2026-11-22T16:08:15+01:00", "Feb 30": "2026-02-30T00:00:00",
		"an hour of one digit": "2026-11-22T6:08:15", "a comma": "2026-11-22T16:08:15,5", "a date only": "2026-11-22",
		"a leap second": "2016-12-31T23:59:60", "year 0001": "0001-01-01T00:00:00", "year 9999": "9999-12-31T23:59:59",
	} {
		if got, _, err := moment.ParseLocal(text, time.UTC); err == nil {
			t.Errorf("%s was read as %s", situation, got)
		}
	}
}

// TestParseLocalFindsEveryTimeAgain formats times around every clock change of zones
// of all kinds, and reads them back.
func TestParseLocalFindsEveryTimeAgain(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"UTC", "Europe/Berlin", "Europe/London", "Europe/Dublin", "Europe/Lisbon", "Europe/Moscow", "Europe/Istanbul", "Africa/Casablanca",
		"Africa/Cairo", "America/New_York", "America/St_Johns", "America/Sao_Paulo", "America/Caracas", "America/Santiago", "Asia/Tehran",
		"Asia/Kathmandu", "Asia/Pyongyang", "Asia/Gaza", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham", "Pacific/Kiritimati",
		"Pacific/Kwajalein", "Antarctica/Troll",
	} {
		zone := mustZone(t, name)
		for _, change := range clockChanges(zone) {
			for near := change.Add(-49 * time.Hour); near.Before(change.Add(49 * time.Hour)); near = near.Add(47 * time.Minute) {
				checkFoundAgain(t, near.In(zone))
			}
		}
	}
}

func checkFoundAgain(t *testing.T, want time.Time) {
	t.Helper()
	text := want.Format(wallLayout)
	got, moved, err := moment.ParseLocal(text, want.Location())
	switch {
	case err != nil:
		t.Errorf("%s in %s: %v", text, want.Location(), err)
	case got.Format(wallLayout) != text:
		t.Errorf("%s in %s: clocks show %s then", text, want.Location(), got.Format(wallLayout))
	case !moved && !got.Equal(want):
		t.Errorf("%s in %s: %s, want %s", text, want.Location(), got, want)
	case moved && got.After(want):
		t.Errorf("%s in %s: %s is not the earlier of both", text, want.Location(), got)
	}
}

// clockChanges returns the days of 1975 to 2040 at whose start the offset is another
// than the day before.
func clockChanges(zone *time.Location) []time.Time {
	changes := []time.Time{time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)}
	_, last := changes[0].In(zone).Zone()
	for day := time.Date(1975, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2040; day = day.AddDate(0, 0, 1) {
		if _, offset := day.In(zone).Zone(); offset != last {
			changes, last = append(changes, day), offset
		}
	}
	return changes
}
