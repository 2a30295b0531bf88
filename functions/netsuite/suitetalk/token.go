package suitetalk

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway.example/shared/fault"
)

// tokenSigner signs requests as RFC 5849 (OAuth 1.0a) section 3 says, with the
// HMAC-SHA256 that NetSuite's token-based authentication demands. NetSuite answers 401 to a nonce
// that it has seen, so that a signed request is sent once: net/http would send a GET without a body
// again by itself if a connection that was used before breaks (Transport, "Transport only retries a
// request upon encountering a network error if …"), and our credentials would seem to be refused.
type tokenSigner struct {
	login  Login
	now    func() time.Time
	random io.Reader
}

func (s *tokenSigner) authorize(req *http.Request) error {
	nonce := make([]byte, 16)
	if _, err := io.ReadFull(s.random, nonce); err != nil {
		return &fault.Error{Kind: fault.Unavailable, Doing: "signing a request", Detail: "no randomness for the nonce", Err: err}
	}
	timestamp := strconv.FormatInt(s.now().Unix(), 10)
	req.Header.Set("Authorization", s.header(req.Method, req.URL, hex.EncodeToString(nonce), timestamp))
	if req.Body == nil || req.Body == http.NoBody {
		req.Body = io.NopCloser(strings.NewReader("")) // has no GetBody, without which nothing is sent again
	}
	req.GetBody = nil
	return nil
}

// header returns the Authorization header. The realm is not part of the signature; the
// query is, a JSON body is not (RFC 5849 section 3.4.1.3.1).
func (s *tokenSigner) header(method string, u *url.URL, nonce, timestamp string) string {
	params := [][2]string{
		{"oauth_consumer_key", s.login.ConsumerKey},
		{"oauth_nonce", nonce},
		{"oauth_signature_method", "HMAC-SHA256"},
		{"oauth_timestamp", timestamp},
		{"oauth_token", s.login.TokenID},
		{"oauth_version", "1.0"},
	}
	key := percent(s.login.ConsumerSecret.Reveal()) + "&" + percent(s.login.TokenSecret.Reveal())
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(signatureBase(method, u, params)))
	params = append(params, [2]string{"oauth_signature", base64.StdEncoding.EncodeToString(mac.Sum(nil))})

	realm := strings.ReplaceAll(strings.ToUpper(s.login.Account), "-", "_")
	parts := []string{`OAuth realm="` + percent(realm) + `"`}
	for _, p := range params {
		parts = append(parts, p[0]+`="`+percent(p[1])+`"`)
	}
	return strings.Join(parts, ", ")
}

// signatureBase is the signature base string of RFC 5849 section 3.4.1.
func signatureBase(method string, u *url.URL, params [][2]string) string {
	var pairs []string
	for _, p := range params {
		pairs = append(pairs, percent(p[0])+"="+percent(p[1]))
	}
	for name, values := range u.Query() {
		for _, value := range values {
			pairs = append(pairs, percent(name)+"="+percent(value))
		}
	}
	slices.Sort(pairs)
	address := strings.ToLower(u.Scheme+"://"+u.Host) + u.EscapedPath()
	return strings.ToUpper(method) + "&" + percent(address) + "&" + percent(strings.Join(pairs, "&"))
}

// percent encodes as RFC 5849 section 3.6 says: everything but letters, digits and -._~
func percent(text string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(text) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~", c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}
