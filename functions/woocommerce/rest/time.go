package rest

import (
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/moment"
)

// Zone is the stores' time zone.
type Zone struct {
	*time.Location
	declared bool
}

// OpenZone returns the zone of an IANA name; without a name it is UTC, which each time that is
// read in it notes. The error is a *fault.Error of class config.
func OpenZone(name string) (*Zone, error) {
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, configFault("WOOCOMMERCE_TIMEZONE", "is not an IANA time zone", err)
	}
	return &Zone{zone, name != ""}, nil
}

// Stamp is a time without offset, in the site's zone and in UTC; "" if null or absent.
type Stamp struct{ Local, GMT string }

// Time reads the UTC half of a stamp, or otherwise the local one in the zone. It returns the zero
// time if both are empty. The member is the one of the local half: "date_paid". Notes and error
// name the half that was read.
func (s Stamp) Time(zone *Zone, member string) (when time.Time, notes []connector.Note, err *fault.Error) {
	switch {
	case s.GMT != "":
		return local(s.GMT, time.UTC, member+"_gmt", nil)
	case s.Local != "":
		if !zone.declared {
			notes = []connector.Note{{Field: member, What: "a local time without " + member + "_gmt, and WOOCOMMERCE_TIMEZONE is not set: read as UTC"}}
		}
		return local(s.Local, zone.Location, member, notes)
	}
	return time.Time{}, nil, nil
}

// local reads a time in the zone, and notes one that a clock change makes ambiguous.
func local(text string, zone *time.Location, field string, notes []connector.Note) (time.Time, []connector.Note, *fault.Error) {
	when, moved, err := moment.ParseLocal(text, zone)
	if moved {
		notes = append(notes, connector.Note{Field: field, What: "the clock change makes this time ambiguous; read with offset " + when.Format("-07:00")})
	}
	if err != nil {
		return when, notes, &fault.Error{Kind: fault.Invalid, Class: fault.Value, Field: field, Detail: err.Error()}
	}
	return when, notes, nil
}

// NeedTime reads a stamp that must not be empty, as Time does.
func (s Stamp) NeedTime(zone *Zone, member string) (when time.Time, notes []connector.Note, err *fault.Error) {
	if s == (Stamp{}) {
		return time.Time{}, nil, &fault.Error{Kind: fault.Invalid, Class: fault.Schema, Field: member + "_gmt", Detail: "is missing"}
	}
	return s.Time(zone, member)
}
