package netsuite

import (
	"net/url"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/webapi"
)

// TokenHeader signs with a nonce and a time of the test's choosing.
func TokenHeader(s Login, method string, u *url.URL, nonce, timestamp string) string {
	return (&tokenSigner{login: s}).header(method, u, nonce, timestamp)
}

// SignatureBase is the text that TokenHeader signs.
func SignatureBase(method string, u *url.URL, params [][2]string) string {
	return signatureBase(method, u, params)
}

// Classify judges an error answer as a client does, and puts it into the terms of an
// order's lines. kind is what the status alone means. Each line is a field and a value.
func Classify(kind fault.Kind, status int, body, record string, lines ...[2]string) error {
	var origins []origin
	for _, l := range lines {
		origins = append(origins, origin{l[0], l[1]})
	}
	e := classify(webapi.Response{Status: status, Body: []byte(body)}, &fault.Error{Kind: kind, Status: status})
	return inOurTerms(e, record, origins)
}

// ReadRows reads a search result, and returns the number of its rows.
func ReadRows(body []byte) (int, error) {
	found, err := readRows(body)
	return len(found), err
}

// ReadToken reads the token endpoint's answer to a request made at the zero time.
func ReadToken(body []byte) (webapi.Token, error) { return readToken(body, time.Time{}) }

// UniqueName is the name of a customer whose own is taken.
var UniqueName = uniqueName
