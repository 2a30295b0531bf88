package webhook

import (
	"net/http"
	"strconv"
	"time"
)

func single(h http.Header, name string) (string, error) {
	found := headerValues(h, name)
	switch {
	case len(found) > 1:
		return "", refuse(CodeDuplicated, name, "the header came more than once")
	case len(found) == 0 || found[0] == "":
		return "", refuse(CodeMissing, name, "the header is absent or empty")
	}
	return found[0], nil
}

func singleDigest(h http.Header, name string, decode decoder) ([]byte, error) {
	value, err := single(h, name)
	if err != nil {
		return nil, err
	}
	digest, ok := decode(value)
	if !ok {
		return nil, refuse(CodeMalformed, name, "the signature is not a SHA-256 digest in the scheme's encoding")
	}
	return digest, nil
}

// maxStampDigits keeps a time far from where integers overflow: milliseconds have 13
// digits until the year 2286.
const maxStampDigits = 14

func unixStamp(name, text string, fromUnix func(int64) time.Time) (time.Time, error) {
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil || len(text) > maxStampDigits {
		// The parse error is left out: it would repeat what the sender wrote.
		return time.Time{}, refuse(CodeMalformed, name, "the timestamp is not a Unix time in decimal digits")
	}
	return fromUnix(int64(n)), nil
}

func fromSeconds(n int64) time.Time { return time.Unix(n, 0) }
