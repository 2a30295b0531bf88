package netsuite

import (
	"net/url"
	"time"

	"causeway/shared/fault"
	"causeway/shared/webapi"
)

// TokenHeader signs with a nonce and a time of the test's choosing.
func TokenHeader(s Settings, method string, u *url.URL, nonce, timestamp string) string {
	return (&tokenSigner{settings: s}).header(method, u, nonce, timestamp)
}

// SignatureBase is the text that TokenHeader signs.
func SignatureBase(method string, u *url.URL, params [][2]string) string {
	return signatureBase(method, u, params)
}

// Classify reads an error answer's body and puts it into the terms of an order's lines.
func Classify(status int, body []byte, lines []string) error {
	e := classify(webapi.Response{Status: status, Body: body}, &fault.Error{Kind: fault.Rejected, Status: status})
	return inOurTerms(e, lines)
}

// ReadMatches reads a search result.
func ReadMatches(body []byte) (int, error) {
	found, err := readMatches(body)
	return len(found), err
}

// ReadToken reads the token endpoint's answer to a request made at the zero time.
func ReadToken(body []byte) (webapi.Token, error) { return readToken(body, time.Time{}) }
