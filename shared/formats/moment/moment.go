package moment

import (
	"errors"
	"strings"
	"time"
)

// Errors of times. They name the rule and never the value.
var (
	ErrTime      = errors.New("not an RFC 3339 time with zone")
	ErrLocalTime = errors.New("not an ISO 8601 local time")
	ErrYear      = errors.New("year outside 1970 to 2200")
)

// Parse reads an RFC 3339 time with zone. A leap second (23:59:60 UTC), which
// some senders emit and package time refuses, is read as the second before it.
func Parse(text string) (time.Time, error) {
	at, err := parseStrict(text)
	if err != nil {
		at, err = parseLeapSecond(text)
	}
	if err != nil {
		return time.Time{}, ErrTime
	}
	return inRange(at)
}

// parseStrict reads the grammar of RFC 3339 and no more. Package time also takes an
// hour of one digit, a comma before the fraction and offsets past 23:59.
func parseStrict(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || text[len("2026-12-31T23")] != ':' || text[len("2026-12-31T23:59:59")] == ',' || !offsetInRange(text) {
		return time.Time{}, ErrTime
	}
	return at, nil
}

// offsetInRange judges the end of a text that time.Parse has accepted.
func offsetInRange(text string) bool {
	if strings.HasSuffix(text, "Z") {
		return true
	}
	hour, minute, _ := strings.Cut(text[len(text)-len("00:00"):], ":")
	return hour < "24" && minute < "60"
}

// parseLeapSecond reads a second 60 where RFC 3339 §5.7 allows it: at the end of a day in UTC.
func parseLeapSecond(text string) (time.Time, error) {
	const seconds = len("2026-12-31T23:59:")
	if len(text) < seconds+2 || text[seconds:seconds+2] != "60" {
		return time.Time{}, ErrTime
	}
	at, err := parseStrict(text[:seconds] + "59" + text[seconds+2:])
	if utc := at.UTC(); err != nil || utc.Hour() != 23 || utc.Minute() != 59 {
		return time.Time{}, ErrTime
	}
	return at, nil
}

// ParseLocal reads a time without zone, "2026-11-22T16:08:15", in the declared
// zone. moved is true where a clock change makes the text name no time or two: in a
// gap the result lies after it, by as much as the text lay in it, in an overlap it is
// the earlier of both. The result carries the offset that was taken.
func ParseLocal(text string, zone *time.Location) (at time.Time, moved bool, err error) {
	wall, err := parseStrict(text + "Z")
	if err != nil {
		return time.Time{}, false, ErrLocalTime
	}
	at, moved = locate(wall, zone)
	at, err = inRange(at)
	return at, moved, err
}

// locate finds the time at which clocks in the zone show wall, which is given in
// UTC. The time lies within a day of wall, as every offset does, and a clock change
// near it within that day; so the offsets a day before and after are the candidates.
func locate(wall time.Time, zone *time.Location) (at time.Time, moved bool) {
	before, after := offset(wall.AddDate(0, 0, -1), zone), offset(wall.AddDate(0, 0, 1), zone)
	at, other := wall.Add(-before).In(zone), wall.Add(-after).In(zone)
	shown, otherShown := offset(at, zone) == before, offset(other, zone) == after
	if !shown && otherShown {
		return other, false
	}
	return at, !shown || (otherShown && before != after)
}

func offset(at time.Time, zone *time.Location) time.Duration {
	_, seconds := at.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

func inRange(at time.Time) (time.Time, error) {
	if year := at.UTC().Year(); year < 1970 || year > 2200 {
		return time.Time{}, ErrYear
	}
	return at, nil
}
