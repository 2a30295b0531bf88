package moment_test

import (
	"testing"
	"time"

	"causeway.example/shared/formats/moment"
)

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"2026-11-22T16:08:15Z", "2016-12-31T23:59:60Z", "2017-01-01T00:59:60.9+01:00", "2026-02-30T00:00:00Z",
		"2026-11-22T6:08:15Z", "2026-11-22T16:08:15,5Z", "9999-12-31T23:59:59Z", "2026-11-22T16:08:15+24:00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, err := moment.Parse(text)
		if err != nil {
			return
		}
		again, err := moment.Parse(first.Format(time.RFC3339Nano))
		if err != nil || !again.Equal(first) {
			t.Errorf("%q is %s, read back %s, %v", text, first, again, err)
		}
	})
}

func FuzzParseLocal(f *testing.F) {
	berlin := mustZone(f, "Europe/Berlin")
	for _, seed := range []string{"2026-03-29T02:30:00", "2026-10-25T02:30:00", "2026-11-22T16:08:15.5", "2026-11-22T16:08:15Z", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, moved, err := moment.ParseLocal(text, berlin)
		if err == nil && !moved && len(text) == len(wallLayout) && at.Format(wallLayout) != text {
			t.Errorf("%q is %s", text, at)
		}
	})
}
