package audit

import (
	"cmp"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// dateLayout is the form of a business date.
const dateLayout = "2006-01-02"

// dayOf returns the span of the date in the zone: 23, 24 or 25 hours.
func dayOf(date string, zone *time.Location) (connector.Span, error) {
	noon, err := time.ParseInLocation(dateLayout+" 15:04", date+" 12:00", zone)
	if err != nil {
		return connector.Span{}, &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "date", Doing: "auditing a day", Detail: "is not a date such as 2026-11-28"}
	}
	return connector.Span{From: firstOf(noon), To: firstOf(noon.AddDate(0, 0, 1))}, nil
}

// firstOf returns the first instant of the date of a noon. Where clocks are set forward at
// midnight a date begins at 1:00, and where they are set back 0:00 can be there twice.
func firstOf(noon time.Time) time.Time {
	year, month, day := noon.Date()
	first := time.Date(year, month, day, 0, 0, 0, 0, noon.Location())
	if first.Day() != day {
		_, first = first.ZoneBounds()
	}
	if earlier := first.Add(-time.Hour); earlier.Day() == day {
		first = earlier
	}
	return first.In(noon.Location())
}

// zone returns the zone of the business date: the target's, which posts by it, else the source's.
func zone(source, target connector.Calendar, otherwise *time.Location) *time.Location {
	return cmp.Or(target.Zone, source.Zone, otherwise, time.UTC)
}
