package netsuitetest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

const goodHeader = `OAuth realm="1234567_SB1", oauth_consumer_key="fake-consumer-key", oauth_nonce="n1", ` +
	`oauth_signature_method="HMAC-SHA256", oauth_timestamp="1795348800", oauth_token="fake-token-id", oauth_version="1.0", ` +
	`oauth_signature="SIGNATURE"`

// The signature was computed apart from this code, in another language, over the base string of
// GET http://127.0.0.1/services/rest/record/v1/customer/eid:x?fields=id.
const goodSignature = "828%2BPRPbJM5Dsj9bHNuoBKgnsulZXLae6afKjDTIfIc%3D"

func ask(f *Fake, header string) int {
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1"+recordPath+"customer/eid:x?fields=id", http.NoBody)
	r.Header.Set("Authorization", header)
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w.Code
}

func TestSignatureIsReallyChecked(t *testing.T) {
	t.Parallel()
	good := strings.Replace(goodHeader, "SIGNATURE", goodSignature, 1)
	if got := ask(New(clock), good); got != http.StatusNotFound {
		t.Fatalf("a good signature got %d, want 404 for the record", got)
	}
	for name, header := range map[string]string{
		"no header":         "",
		"another scheme":    "Basic YTpi",
		"unknown token":     "Bearer nothing",
		"wrong signature":   strings.Replace(goodHeader, "SIGNATURE", "AAAA", 1),
		"no base64":         strings.Replace(goodHeader, "SIGNATURE", "%%%", 1),
		"another realm":     strings.Replace(good, "SB1", "SB2", 1),
		"another key":       strings.Replace(good, "fake-consumer-key", "x", 1),
		"another token":     strings.Replace(good, "fake-token-id", "x", 1),
		"another nonce":     strings.Replace(good, `nonce="n1"`, `nonce="n2"`, 1),
		"no nonce":          strings.Replace(good, `nonce="n1"`, `nonce=""`, 1),
		"another method":    strings.Replace(good, "HMAC-SHA256", "HMAC-SHA1", 1),
		"too old":           strings.Replace(good, "1795348800", "1795348499", 1),
		"no time":           strings.Replace(good, "1795348800", "soon", 1),
		"a parameter twice": good + `, oauth_nonce="n1"`,
	} {
		if got := ask(New(clock), header); got != http.StatusUnauthorized {
			t.Errorf("%s got %d, want 401", name, got)
		}
	}
}

func TestNonceIsGoodForOnce(t *testing.T) {
	t.Parallel()
	f := New(clock)
	good := strings.Replace(goodHeader, "SIGNATURE", goodSignature, 1)
	if first, second := ask(f, good), ask(f, good); first != http.StatusNotFound || second != http.StatusUnauthorized {
		t.Errorf("got %d, then %d", first, second)
	}
}

func TestTokensEnd(t *testing.T) {
	t.Parallel()
	now := clock()
	f := New(func() time.Time { return now })
	f.tokens["t"] = now.Add(time.Minute)
	if got := ask(f, "Bearer t"); got != http.StatusNotFound {
		t.Errorf("a token got %d", got)
	}
	now = now.Add(time.Minute)
	if got := ask(f, "Bearer t"); got != http.StatusUnauthorized {
		t.Errorf("an old token got %d", got)
	}
}

func TestTokenEndpointWantsAnAssertion(t *testing.T) {
	t.Parallel()
	f := New(clock)
	for name, form := range map[string]string{
		"nothing":       "",
		"no assertion":  "grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer",
		"no JWT":        "grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=a.b.c",
		"unsigned":      "grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=e30.e30.",
		"another grant": "grant_type=password",
	} {
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1"+tokenPath, strings.NewReader(form))
		w := httptest.NewRecorder()
		f.ServeHTTP(w, r)
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "invalid_client") {
			t.Errorf("%s got %d %s", name, w.Code, w.Body)
		}
	}
}

func mustSegment(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

func TestAssertionIsReallyChecked(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := clock().Unix()
	good := map[string]any{
		"typ": "JWT", "alg": "ES256", "kid": "cert", "iss": ClientID, "scope": "rest_webservices",
		"aud": "http://127.0.0.1" + tokenPath, "iat": now, "exp": now + 300,
	}
	for name, tc := range map[string]struct {
		field string
		value any
		want  int
	}{
		"good":                {"typ", "JWT", http.StatusOK},
		"another client":      {"iss", "x", http.StatusBadRequest},
		"another scope":       {"scope", "restlets", http.StatusBadRequest},
		"another audience":    {"aud", "https://elsewhere.example", http.StatusBadRequest},
		"issued later":        {"iat", now + 60, http.StatusBadRequest},
		"over":                {"exp", now, http.StatusBadRequest},
		"good for too long":   {"exp", now + 3600, http.StatusBadRequest},
		"another certificate": {"kid", "x", http.StatusBadRequest},
		"another algorithm":   {"alg", "PS256", http.StatusBadRequest},
		"no algorithm":        {"alg", "none", http.StatusBadRequest},
		"no token":            {"typ", "x", http.StatusBadRequest},
	} {
		f := New(clock)
		f.Trust("cert", key.Public())
		all := maps.Clone(good)
		all[tc.field] = tc.value
		signed := mustSegment(t, map[string]any{"typ": all["typ"], "alg": all["alg"], "kid": all["kid"]}) + "." + mustSegment(t, all)
		digest := sha256.Sum256([]byte(signed))
		r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
		if err != nil {
			t.Fatal(err)
		}
		signature := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
		form := url.Values{
			"grant_type": {"client_credentials"}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
			"client_assertion": {signed + "." + base64.RawURLEncoding.EncodeToString(signature)},
		}
		w := httptest.NewRecorder()
		f.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "http://127.0.0.1"+tokenPath, strings.NewReader(form.Encode())))
		if w.Code != tc.want {
			t.Errorf("%s got %d, want %d", name, w.Code, tc.want)
		}
	}
}
