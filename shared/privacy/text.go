package privacy

import (
	"slices"
	"strings"

	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// erasedText replaces free texts.
const erasedText = "erased on request"

// eraseEntry replaces the free texts of a ledger entry: outcome, message, notes, and what was
// written to and answered by the system. It removes the search keys that say more of a person
// than an id does. Who did what and when remains, and so does the entry's identity. Entries
// about requests are left: they are the proof.
func eraseEntry(e *port.Entry) (removed []string, changed bool) {
	if e.Stage == port.Privacy {
		return nil, false
	}
	e.ID = e.Identity() // which may depend on the outcome
	changed = e.Outcome != erasedText || e.Notes != nil
	e.Outcome, e.Notes = erasedText, nil
	if e.Error != nil && e.Error.Message != erasedText {
		e.Error.Message, changed = erasedText, true
	}
	if x := e.Exchange; x != nil && (x.Path != "" || x.Request != "" || x.Answer != "") {
		e.Exchange, changed = &connector.Exchange{Method: x.Method, Status: x.Status, RequestID: x.RequestID}, true
	}
	personal := func(key string) bool { return personal(key, e.Entity) }
	for _, key := range e.Keys {
		if personal(key) {
			removed = append(removed, key)
		}
	}
	e.Keys = slices.DeleteFunc(e.Keys, personal)
	return removed, changed || len(removed) > 0
}

// personal reports whether a search key says more of a person than an id: the hash of an
// address, a carrier's number, at which an address is shown, and the number of a delivery
// that could not be translated, which was guessed from a field called name.
func personal(key string, about message.Key) bool {
	switch kind, _, _ := strings.Cut(key, ":"); kind {
	case port.KeyEmail, port.KeyTracking:
		return true
	case port.KeyNumber:
		return about.Type == "" || about.Type == "delivery"
	}
	return false
}

// replaceAll replaces the texts by erasedText, without regard to the case of ASCII letters.
func replaceAll(in string, texts []string) string {
	for _, text := range texts {
		in = replaceFold(in, text)
	}
	return in
}

func replaceFold(in, text string) string {
	var b strings.Builder
	lower, text := lowerASCII(in), lowerASCII(text)
	for {
		at := strings.Index(lower, text)
		if at < 0 || text == "" {
			return b.String() + in
		}
		b.WriteString(in[:at] + erasedText)
		in, lower = in[at+len(text):], lower[at+len(text):]
	}
}

// lowerASCII returns a copy of the same length.
func lowerASCII(text string) string {
	lower := []byte(text)
	for i, c := range lower {
		if c >= 'A' && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	return string(lower)
}
