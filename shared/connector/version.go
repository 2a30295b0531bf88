package connector

import (
	"fmt"
	"time"
)

// Version is a version of a vendor's API.
type Version struct {
	Name   string    // in the vendor's words: "2026-01"
	Ends   time.Time // the last day of its support; zero if the vendor has announced none
	Remedy string    // what an operator does before that day
}

// VersionWarning is how long before the end of a vendor's version it is reported.
const VersionWarning = 120 * 24 * time.Hour

// Warns reports whether the version ends within VersionWarning, or has ended.
func (v Version) Warns(now time.Time) bool {
	return !v.Ends.IsZero() && v.Ends.Sub(now) <= VersionWarning
}

// Ended reports whether the last day of the version's support is over.
func (v Version) Ended(now time.Time) bool {
	return !v.Ends.IsZero() && !now.Before(v.Ends.AddDate(0, 0, 1))
}

// Words says when the version ends or has ended.
func (v Version) Words(now time.Time) string {
	day := v.Ends.Format(time.DateOnly)
	if v.Ended(now) {
		return fmt.Sprintf("speaks version %s, whose support the vendor ended on %s", v.Name, day)
	}
	return fmt.Sprintf("speaks version %s, whose support the vendor ends on %s, in %d days", v.Name, day, max(0, int(v.Ends.Sub(now)/(24*time.Hour))))
}
