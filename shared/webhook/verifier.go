package webhook

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"strings"
	"time"

	"causeway.example/shared/fault"
)

// Tolerance is how far a signed time may lie from the clock, before or after it.
const Tolerance = 5 * time.Minute

// Request is what a signature may cover. Header names may come in any case, as API
// gateways lower them.
type Request struct {
	Method string      // as sent, such as "POST"
	URL    string      // the configured public address with the query as received, never built from the Host header
	Header http.Header // as received
	Body   []byte      // as received, before Content-Encoding is undone
}

// Scheme says where a vendor puts its signature and what the signature covers. Take
// one from the functions of this package; the zero Scheme is refused by New.
type Scheme struct {
	name   string
	read   func(Request) (claim, error)
	key    func(secret string) ([]byte, error)
	digest func(key []byte, parts [][]byte) []byte
}

// claim is what a request asserts about itself.
type claim struct {
	digests [][]byte  // every signature sent that could be decoded
	parts   [][]byte  // what was signed, in order
	signed  time.Time // zero where the vendor signs no time
}

// Verifier checks the signatures of one Scheme under one or more secrets. It is safe
// for concurrent use and prints without its secrets.
type Verifier struct {
	scheme Scheme
	keys   [][]byte
}

// New returns a Verifier that accepts a signature under any of the secrets. No
// secret, an empty one, one with space around it or one that the scheme cannot decode
// is an error: a door must not open without a key.
func New(scheme Scheme, secrets ...string) (*Verifier, error) {
	doing := "preparing the " + scheme.name + " signature check"
	if scheme.read == nil {
		return nil, &fault.Error{Kind: fault.Invalid, Class: fault.Config, Doing: doing, Detail: "no scheme was chosen"}
	}
	if len(secrets) == 0 {
		return nil, misconfigured(doing, CodeSecretEmpty, "at least one secret is needed")
	}
	v := &Verifier{scheme: scheme, keys: make([][]byte, len(secrets))}
	for i, secret := range secrets {
		key, err := newKey(scheme, secret)
		if err != nil {
			return nil, fault.Doing(fmt.Sprintf("%s, secret %d", doing, i+1), err)
		}
		v.keys[i] = key
	}
	return v, nil
}

func newKey(scheme Scheme, secret string) ([]byte, error) {
	if secret == "" {
		return nil, misconfigured("", CodeSecretEmpty, "the secret is empty")
	}
	if strings.TrimSpace(secret) != secret {
		return nil, misconfigured("", CodeSecretMalformed, "the secret begins or ends with white space")
	}
	return scheme.key(secret)
}

// Verify returns nil if the request carries a signature under one of the secrets and,
// where a time is signed, lies within Tolerance of now. Otherwise the error is an
// Unauthentic *fault.Error with one of the Code constants.
func (v *Verifier) Verify(r Request, now time.Time) error {
	c, err := v.scheme.read(r)
	if err == nil {
		err = v.match(c)
	}
	if err == nil {
		err = fresh(c.signed, now)
	}
	return fault.Doing("checking the "+v.scheme.name+" signature", err)
}

func (v *Verifier) match(c claim) error {
	found := 0
	for _, key := range v.keys {
		want := v.scheme.digest(key, c.parts)
		for _, got := range c.digests {
			found |= subtle.ConstantTimeCompare(want, got)
		}
	}
	if found == 0 {
		return refuse(CodeMismatch, "", "no signature matches the body under a configured secret")
	}
	return nil
}

func fresh(signed, now time.Time) error {
	if signed.IsZero() {
		return nil
	}
	switch age := now.Sub(signed); {
	case age > Tolerance:
		return refuse(CodeTooOld, "", "signed more than "+Tolerance.String()+" ago")
	case age < -Tolerance:
		return refuse(CodeTooNew, "", "signed more than "+Tolerance.String()+" ahead of our clock")
	}
	return nil
}

// Format prints the scheme's name for every verb, so that no log holds a secret.
func (v Verifier) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "webhook.Verifier(%s)", v.scheme.name)
}
