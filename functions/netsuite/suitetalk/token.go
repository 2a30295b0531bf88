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
	key := percent(append(percent(nil, s.login.ConsumerSecret.Reveal()), '&'), s.login.TokenSecret.Reveal())
	mac := hmac.New(sha256.New, key)
	mac.Write(signatureBase(method, u, params))
	params = append(params, [2]string{"oauth_signature", base64.StdEncoding.EncodeToString(mac.Sum(nil))})

	realm := strings.ReplaceAll(strings.ToUpper(s.login.Account), "-", "_")
	header := append(percent(append(make([]byte, 0, 512), `OAuth realm="`...), realm), '"')
	for _, p := range params {
		header = append(append(append(header, ", "...), p[0]...), `="`...)
		header = append(percent(header, p[1]), '"')
	}
	return string(header)
}

// signatureBase is the signature base string of RFC 5849 section 3.4.1.
func signatureBase(method string, u *url.URL, params [][2]string) []byte {
	pairs := make([]string, 0, len(params))
	for _, p := range params {
		pairs = append(pairs, pair(p[0], p[1]))
	}
	if u.RawQuery != "" {
		for name, values := range u.Query() {
			for _, value := range values {
				pairs = append(pairs, pair(name, value))
			}
		}
	}
	slices.Sort(pairs)
	base := append(append(make([]byte, 0, 512), strings.ToUpper(method)...), '&')
	base = append(percent(base, strings.ToLower(u.Scheme+"://"+u.Host)+u.EscapedPath()), '&')
	for i, each := range pairs {
		if i > 0 {
			base = percent(base, "&")
		}
		base = percent(base, each)
	}
	return base
}

func pair(name, value string) string {
	return string(percent(append(percent(make([]byte, 0, 128), name), '='), value))
}

// percent appends the text, encoded as RFC 5849 section 3.6 says: everything but letters, digits
// and -._~
func percent(dst []byte, text string) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '.', c == '_', c == '~':
			dst = append(dst, c)
		default:
			dst = append(dst, '%', digits[c>>4], digits[c&15])
		}
	}
	return dst
}
