package canonical

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

// ParseTime reads an RFC 3339 time with zone. A leap second (":60"), which some
// senders emit and time.Parse refuses, is read as the second before it.
func ParseTime(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		at, err = time.Parse(time.RFC3339Nano, strings.Replace(text, ":60", ":59", 1))
	}
	if err != nil {
		return time.Time{}, ErrTime
	}
	return inRange(at)
}

// ParseLocal reads a time without zone, "2026-11-22T16:08:15", in the declared
// zone. moved is true where the clock change makes the text name no time or two:
// in a gap the result lies after it, in an overlap it is the earlier of both. The
// result carries the offset that was taken.
func ParseLocal(text string, zone *time.Location) (at time.Time, moved bool, err error) {
	wall, err := time.Parse("2006-01-02T15:04:05", text)
	if err != nil {
		return time.Time{}, false, ErrLocalTime
	}
	at = time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, zone)
	if at.Format("2006-01-02T15:04:05") != text {
		at, err = inRange(at)
		return at, true, err
	}
	earlier := at.Add(-offsetChange(at))
	if !earlier.Equal(at) && earlier.Format("2006-01-02T15:04:05") == text {
		at, err = inRange(minTime(at, earlier))
		return at, true, err
	}
	at, err = inRange(at)
	return at, false, err
}

// offsetChange returns how far the zone's offset differs between a few hours
// before and after the time; 0 if no clock change is near.
func offsetChange(at time.Time) time.Duration {
	_, before := at.Add(-4 * time.Hour).Zone()
	_, after := at.Add(4 * time.Hour).Zone()
	_, now := at.Zone()
	if now == after {
		return time.Duration(before-after) * time.Second
	}
	return time.Duration(after-before) * time.Second
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func inRange(at time.Time) (time.Time, error) {
	if year := at.UTC().Year(); year < 1970 || year > 2200 {
		return time.Time{}, ErrYear
	}
	return at, nil
}
