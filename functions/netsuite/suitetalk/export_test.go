package suitetalk

import (
	"net/url"
	"time"

	"causeway.example/shared/webapi"
)

// TokenHeader signs with a nonce and a time of the test's choosing.
func TokenHeader(s Login, method string, u *url.URL, nonce, timestamp string) string {
	return (&tokenSigner{login: s}).header(method, u, nonce, timestamp)
}

// SignatureBase is the text that TokenHeader signs.
func SignatureBase(method string, u *url.URL, params [][2]string) string {
	return string(signatureBase(method, u, params))
}

// ReadRows reads a search result, and returns the number of its rows.
func ReadRows(body []byte) (int, error) {
	found, err := readRows(body)
	return len(found), err
}

// ReadToken reads the token endpoint's answer to a request made at the zero time.
func ReadToken(body []byte) (webapi.Token, error) { return readToken(body, time.Time{}) }
