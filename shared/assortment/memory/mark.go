package memory

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway.example/shared/canonical"
)

// Mark is a content that was published.
type Mark struct {
	Digest string    // of the content
	Since  time.Time // version of the first state with the content
	Seen   time.Time // when that state was read, by our clock; zero where nothing depends on it
	Left   bool      // nothing was published: another product of the store has the SKU
	Over   bool      // it was published until then, and the other product took over
}

// Digest identifies the content of a body. It is short, because one item has those of 2,000 variants.
func Digest(body any) (string, error) {
	data, err := canonical.Encode(body)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return base64.RawURLEncoding.EncodeToString(sum[:9]), nil
}

// entry is what is remembered under a name: a mark for each kind of entity.
type entry map[string]Mark

// newest returns the time of the entry's newest content.
func (e entry) newest() (at time.Time) {
	for _, m := range e {
		if m.Since.After(at) {
			at = m.Since
		}
	}
	return at
}

// The flags of a mark, as they are stored.
const (
	left = "l"
	over = "o"
)

// encode writes the entry in a short form: "price 1f2e3d4c5b6a tp5k2m tp5k2n;product …".
func (e entry) encode() string {
	var all []string
	for _, kind := range slices.Sorted(maps.Keys(e)) {
		m := e[kind]
		one := kind + " " + m.Digest + " " + encodeTime(m.Since) + " " + encodeTime(m.Seen)
		if m.Left {
			one += " " + left
		}
		if m.Over {
			one += " " + over
		}
		all = append(all, one)
	}
	return strings.Join(all, ";")
}

// decode reads what encode wrote, and reports whether it could.
func decode(text string) (e entry, ok bool) {
	e = entry{}
	for one := range strings.SplitSeq(text, ";") {
		parts := strings.Split(one, " ")
		if len(parts) < 4 {
			return nil, false
		}
		since, known := decodeTime(parts[2])
		seen, knownToo := decodeTime(parts[3])
		flags := parts[4:]
		if !known || !knownToo || slices.ContainsFunc(flags, func(flag string) bool { return flag != left && flag != over }) {
			return nil, false
		}
		e[parts[0]] = Mark{Digest: parts[1], Since: since, Seen: seen, Left: slices.Contains(flags, left), Over: slices.Contains(flags, over)}
	}
	return e, true
}

// base is that of the numbers in which times are stored.
const base = 36

// encodeTime writes the seconds, and after a dot the nanoseconds if there are some; "" for no time.
func encodeTime(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	text := strconv.FormatInt(at.Unix(), base)
	if at.Nanosecond() > 0 {
		text += "." + strconv.FormatInt(int64(at.Nanosecond()), base)
	}
	return text
}

func decodeTime(text string) (at time.Time, ok bool) {
	if text == "" {
		return time.Time{}, true
	}
	whole, part, split := strings.Cut(text, ".")
	seconds, err := strconv.ParseInt(whole, base, 64)
	if err != nil {
		return time.Time{}, false
	}
	nanoseconds := int64(0)
	if split {
		nanoseconds, err = strconv.ParseInt(part, base, 64)
	}
	return time.Unix(seconds, nanoseconds).UTC(), err == nil
}
