package suitetalk

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/webapi"
)

const (
	tokenPath = "/services/rest/auth/oauth2/v1/token"
	// assertionLife is short: an assertion is used once, right after it was made.
	assertionLife = 5 * time.Minute
)

// assertion makes the signed JSON Web Tokens of the OAuth 2.0 client credentials flow
// (online help, "The Request Token Structure"): PS256 for an RSA key, ES256 for one on P-256.
type assertion struct {
	login  Login
	key    crypto.Signer
	now    func() time.Time
	random io.Reader
}

func openTokens(s Login, deps connector.Deps) (*webapi.TokenSource, error) {
	key, err := parseKey(s.PrivateKey.Reveal())
	if err != nil {
		return nil, badSetting("NETSUITE_PRIVATE_KEY", "must be a PEM block with an RSA or P-256 private key", err)
	}
	client, err := webapi.New(webapi.Config{BaseURL: s.baseURL(), Transport: deps.HTTP, Now: deps.Now})
	if err != nil {
		return nil, badSetting("NETSUITE_API_URL", "does not lead to NetSuite", err)
	}
	a := &assertion{login: s, key: key, now: deps.Now, random: deps.Random}
	return webapi.NewTokenSource(webapi.TokenConfig{
		Now:   deps.Now,
		Fetch: func(ctx context.Context) (webapi.Token, error) { return a.fetch(ctx, client) },
	})
}

var errKey = errors.New("no such private key")

func parseKey(text string) (crypto.Signer, error) {
	block, _ := pem.Decode([]byte(strings.ReplaceAll(text, `\n`, "\n")))
	if block == nil {
		return nil, errKey
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		key, err = parseOldKey(block)
	}
	if err != nil {
		return nil, err
	}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return key, nil
	case *ecdsa.PrivateKey:
		if key.Curve == elliptic.P256() {
			return key, nil
		}
	}
	return nil, errKey
}

// parseOldKey reads the forms that openssl wrote before PKCS #8.
func parseOldKey(block *pem.Block) (any, error) {
	if block.Type == "EC PRIVATE KEY" {
		return x509.ParseECPrivateKey(block.Bytes)
	}
	return x509.ParsePKCS1PrivateKey(block.Bytes)
}

func (a *assertion) fetch(ctx context.Context, client *webapi.Client) (webapi.Token, error) {
	signed, err := a.sign()
	if err != nil {
		return webapi.Token{}, err
	}
	form := url.Values{
		"grant_type":            {"client_credentials"},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"client_assertion":      {signed},
	}
	asked := a.now()
	got, err := client.Do(ctx, webapi.Request{
		Method: http.MethodPost, Path: tokenPath, Body: []byte(form.Encode()), Reads: true, WantJSON: true,
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
		Doing:  "fetching an access token from netsuite",
	})
	if err != nil {
		return webapi.Token{}, err
	}
	return readToken(got.Body, asked)
}

func readToken(body []byte, asked time.Time) (webapi.Token, error) {
	var token webapi.Token
	r := strictjson.NewReader(body, strictjson.Limits{})
	for key := range r.Object() {
		switch key {
		case "access_token":
			token.Value = r.String()
		case "expires_in":
			token.Expires = expiry(r.Decimal(), asked)
		}
	}
	if err := r.End(); err != nil {
		return webapi.Token{}, &fault.Error{Kind: fault.Unavailable, Detail: "the token endpoint's answer cannot be read", Field: err.Path, Err: err}
	}
	return token, nil
}

func expiry(seconds string, asked time.Time) time.Time {
	n, err := strconv.ParseUint(seconds, 10, 24)
	if err != nil {
		return time.Time{} // no end that can be read: the token is used until a 401
	}
	return asked.Add(time.Duration(n) * time.Second)
}

// sign returns the assertion in the compact form of RFC 7515 section 3.1.
func (a *assertion) sign() (string, error) {
	now := a.now()
	claims := strictjson.NewWriter(nil)
	claims.Obj()
	claims.StrField("iss", a.login.ClientID)
	claims.StrField("scope", "rest_webservices")
	claims.StrField("aud", strings.TrimSuffix(a.login.baseURL(), "/")+tokenPath)
	claims.IntField("iat", now.Unix())
	claims.IntField("exp", now.Add(assertionLife).Unix())
	claims.EndObj()
	signed := segment(a.header()) + "." + segment(claims.Bytes())
	signature, err := a.signature(sha256.Sum256([]byte(signed)))
	if err != nil {
		return "", &fault.Error{Kind: fault.Unauthorized, Class: fault.Config, Field: "NETSUITE_PRIVATE_KEY", Doing: "signing an assertion for netsuite", Err: err}
	}
	return signed + "." + segment(signature), nil
}

func (a *assertion) header() []byte {
	algorithm := "PS256"
	if _, ok := a.key.(*ecdsa.PrivateKey); ok {
		algorithm = "ES256"
	}
	w := strictjson.NewWriter(nil)
	w.Obj()
	w.StrField("typ", "JWT")
	w.StrField("alg", algorithm)
	w.StrField("kid", a.login.CertificateID)
	w.EndObj()
	return w.Bytes()
}

// signature is that of RFC 7518: PSS with a salt as long as the hash (section 3.5), or
// both numbers of an ECDSA signature in 32 bytes each (section 3.4).
func (a *assertion) signature(digest [sha256.Size]byte) ([]byte, error) {
	key, ok := a.key.(*ecdsa.PrivateKey)
	if !ok {
		return a.key.Sign(a.random, digest[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256})
	}
	r, s, err := ecdsa.Sign(a.random, key, digest[:])
	if err != nil {
		return nil, err
	}
	return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...), nil
}

func segment(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }
