package webhook

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"causeway.example/shared/fault"
)

// BodyLimit is how many bytes a door reads at most, as sent and inflated: base64
// makes 4 MiB into 5.6 MB, which fits a Lambda event of 6 MB with its headers.
const BodyLimit = 4 << 20

// Content returns the content of a body of 1 to limit bytes as it came over the wire: the
// same bytes without Content-Encoding, up to limit inflated bytes for gzip. Verify the
// wire bytes first, and store these.
func Content(header http.Header, wire []byte, limit int) ([]byte, error) {
	const doing = "reading the request body"
	switch {
	case len(wire) == 0:
		return nil, &fault.Error{Kind: fault.Invalid, Class: fault.Parse, Code: CodeBodyEmpty, Doing: doing, Detail: "the body is empty"}
	case len(wire) > limit:
		return nil, fault.Doing(doing, tooLarge())
	}
	switch coding := strings.ToLower(strings.Join(headerValues(header, "Content-Encoding"), ",")); coding {
	case "", "identity":
		return wire, nil
	case "gzip", "x-gzip": // RFC 9110 section 8.4.1.3 equates the two
		content, err := inflate(wire, limit)
		return content, fault.Doing("inflating the request body", err)
	}
	return nil, &fault.Error{
		Kind: fault.Invalid, Class: fault.Parse, Code: CodeUnknownEncoding, Field: "Content-Encoding",
		Doing: "inflating the request body", Detail: "only gzip is undone",
	}
}

func inflate(wire []byte, limit int) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(wire))
	if err != nil {
		return nil, unreadable(err)
	}
	data, err := io.ReadAll(io.LimitReader(reader, int64(limit)+1))
	switch {
	case len(data) > limit:
		return nil, tooLarge()
	case err != nil:
		return nil, unreadable(err)
	}
	return data, nil
}

func tooLarge() *fault.Error {
	return &fault.Error{Kind: fault.Invalid, Class: fault.TooLarge, Code: CodeBodyTooLarge, Detail: "the body passes the limit"}
}

func unreadable(err error) *fault.Error {
	return &fault.Error{
		Kind: fault.Invalid, Class: fault.Parse, Code: CodeBodyUnreadable,
		Detail: "the body ends early or is damaged", Err: err,
	}
}

// MediaType returns the media type of the request, lower-cased and without
// parameters, if it is one of the allowed ones, such as "application/json". A charset
// is not judged here: bytes that are not UTF-8 are the decoder's to refuse, so that an
// authentic body is kept.
func MediaType(header http.Header, allowed ...string) (string, error) {
	values := headerValues(header, "Content-Type")
	if len(values) == 1 {
		got, _, err := mime.ParseMediaType(values[0])
		readable := err == nil || errors.Is(err, mime.ErrInvalidMediaParameter)
		if readable && slices.Contains(allowed, got) {
			return got, nil
		}
	}
	return "", &fault.Error{
		Kind: fault.Invalid, Class: fault.Parse, Code: CodeUnknownMediaType, Field: "Content-Type",
		Doing: "reading the request", Detail: "one of " + strings.Join(allowed, ", ") + " is needed",
	}
}

// Status returns the HTTP status with which a door answers err: 200, 400, 401, 413 or
// 415, and 503 for anything that is not the sender's fault, so that it tries again.
// The answer's body is the door's and must be constant.
func Status(err error) int {
	e := fault.As(err)
	switch {
	case e == nil:
		return http.StatusOK
	case e.Kind == fault.Unauthentic:
		return http.StatusUnauthorized
	case e.Kind != fault.Invalid || e.Class == fault.Config:
		return http.StatusServiceUnavailable
	case e.Class == fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case e.Code == CodeUnknownEncoding || e.Code == CodeUnknownMediaType:
		return http.StatusUnsupportedMediaType
	}
	return http.StatusBadRequest
}

// headerValues looks the name up without regard to case: http.Header.Get misses keys
// that a gateway handed over in lower case.
func headerValues(h http.Header, name string) []string {
	var found []string
	for key, values := range h {
		if strings.EqualFold(key, name) {
			found = append(found, values...)
		}
	}
	return found
}
