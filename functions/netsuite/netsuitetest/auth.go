package netsuitetest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The credentials of every Fake.
const (
	account        = "1234567_SB1"
	consumerKey    = "fake-consumer-key"
	consumerSecret = "fake-consumer-secret"
	tokenID        = "fake-token-id"
	tokenSecret    = "fake-token-secret"
	// ClientID is the integration that OAuth 2.0 assertions must name as their issuer.
	ClientID = "fake-client-id"
)

const (
	clockTolerance = 5 * time.Minute
	tokenLife      = time.Hour
)

// Trust lets the holder of the private key log in with OAuth 2.0 under the certificate id.
func (f *Fake) Trust(certificateID string, key crypto.PublicKey) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keys[certificateID] = key
}

// Revoke ends every access token that was given out.
func (f *Fake) Revoke() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.tokens)
}

func (f *Fake) authentic(r *http.Request) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	header := r.Header.Get("Authorization")
	if token, ok := strings.CutPrefix(header, "Bearer "); ok {
		return f.now().Before(f.tokens[token])
	}
	params, ok := oauthParams(header)
	return ok && f.current(params) && signed(r, params)
}

// oauthParams reads the header of RFC 5849 section 3.5.1.
func oauthParams(header string) (map[string]string, bool) {
	list, ok := strings.CutPrefix(header, "OAuth ")
	if !ok {
		return nil, false
	}
	params := map[string]string{}
	for part := range strings.SplitSeq(list, ",") {
		name, quoted, _ := strings.Cut(strings.TrimSpace(part), "=")
		value, err := url.PathUnescape(strings.Trim(quoted, `"`))
		if err != nil || params[name] != "" {
			return nil, false
		}
		params[name] = value
	}
	return params, true
}

// current checks everything but the signature, and uses the nonce up.
func (f *Fake) current(params map[string]string) bool {
	seconds, err := strconv.ParseInt(params["oauth_timestamp"], 10, 64)
	age := f.now().Sub(time.Unix(seconds, 0)).Abs()
	nonce := params["oauth_nonce"]
	if err != nil || age > clockTolerance || nonce == "" || f.nonces[nonce] {
		return false
	}
	f.nonces[nonce] = true
	return params["realm"] == account && params["oauth_consumer_key"] == consumerKey && params["oauth_token"] == tokenID &&
		params["oauth_signature_method"] == "HMAC-SHA256" && params["oauth_version"] == "1.0"
}

func signed(r *http.Request, params map[string]string) bool {
	pairs := r.URL.Query()
	for name, value := range params {
		if name != "realm" && name != "oauth_signature" {
			pairs.Add(name, value)
		}
	}
	var list []string
	for name, values := range pairs {
		for _, value := range values {
			list = append(list, escape(name)+"="+escape(value))
		}
	}
	slices.Sort(list)
	base := r.Method + "&" + escape("http://"+r.Host+r.URL.EscapedPath()) + "&" + escape(strings.Join(list, "&"))
	mac := hmac.New(sha256.New, []byte(consumerSecret+"&"+tokenSecret))
	mac.Write([]byte(base))
	sent, err := base64.StdEncoding.DecodeString(params["oauth_signature"])
	return err == nil && hmac.Equal(sent, mac.Sum(nil))
}

// escape is the encoding of RFC 5849 section 3.6, by way of the form encoding.
func escape(text string) string {
	return strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~").Replace(url.QueryEscape(text))
}

// grant is the token endpoint of the client credentials flow.
func (f *Fake) grant(w http.ResponseWriter, r *http.Request, body []byte) {
	form, err := url.ParseQuery(string(body))
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil || r.Method != http.MethodPost || form.Get("grant_type") != "client_credentials" ||
		form.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" ||
		!f.asserted(form.Get("client_assertion"), "http://"+r.Host+tokenPath) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		writeJSON(w, map[string]string{"error": "invalid_client"})
		return
	}
	token := "fake-access-token-" + strconv.Itoa(len(f.calls))
	f.tokens[token] = f.now().Add(tokenLife)
	w.Header().Set("Content-Type", "application/json")
	writeJSON(w, map[string]any{"access_token": token, "expires_in": int(tokenLife.Seconds()), "token_type": "Bearer"})
}

type assertionHeader struct{ Typ, Alg, Kid string }

type assertionClaims struct {
	Iss, Scope, Aud string
	Iat, Exp        int64
}

func (f *Fake) asserted(jwt, audience string) bool {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return false
	}
	var header assertionHeader
	var claims assertionClaims
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !decodeSegment(parts[0], &header) || !decodeSegment(parts[1], &claims) {
		return false
	}
	issued, expires := time.Unix(claims.Iat, 0), time.Unix(claims.Exp, 0)
	return header.Typ == "JWT" && claims.Iss == ClientID && claims.Scope == "rest_webservices" && claims.Aud == audience &&
		!issued.After(f.now()) && expires.After(f.now()) && expires.Sub(issued) < time.Hour &&
		verify(header.Alg, f.keys[header.Kid], sha256.Sum256([]byte(parts[0]+"."+parts[1])), signature)
}

func decodeSegment(text string, into any) bool {
	data, err := base64.RawURLEncoding.DecodeString(text)
	return err == nil && json.Unmarshal(data, into) == nil
}

func verify(algorithm string, key crypto.PublicKey, digest [sha256.Size]byte, signature []byte) bool {
	switch key := key.(type) {
	case *rsa.PublicKey:
		options := &rsa.PSSOptions{SaltLength: sha256.Size}
		return algorithm == "PS256" && rsa.VerifyPSS(key, crypto.SHA256, digest[:], signature, options) == nil
	case *ecdsa.PublicKey:
		if algorithm != "ES256" || len(signature) != 64 {
			return false
		}
		return ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:]))
	}
	return false
}
