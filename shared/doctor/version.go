package doctor

import (
	"fmt"
	"time"
)

// Warning is how long before the end of a vendor's version it is reported.
const Warning = 120 * 24 * time.Hour

// version reports the end of the version that the system speaks, from Warning before it.
func (i Installation) version(name string) []Finding {
	v := i.Systems[name].Profile.Version
	if v.Ends.IsZero() || i.Clock == nil || i.Fakes[name] {
		return nil
	}
	left := v.Ends.Sub(i.Clock.now())
	f := Finding{Check: "version", Subject: i.Subject(name), Level: Notice, Remedy: v.Remedy}
	day := v.Ends.Format(time.DateOnly)
	switch {
	case left > Warning:
		return nil
	case left < 0:
		f.Level, f.Text = Problem, fmt.Sprintf("speaks version %s, whose support the vendor ended on %s", v.Name, day)
	default:
		f.Text = fmt.Sprintf("speaks version %s, whose support the vendor ends on %s, in %d days", v.Name, day, int(left/(24*time.Hour)))
	}
	return []Finding{f}
}
