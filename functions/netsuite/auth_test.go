package netsuite_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"strings"
	"sync"
	"testing"

	"causeway.example/functions/netsuite"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

func TestNothingPassesWithoutTheRightSecret(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"NETSUITE_CONSUMER_KEY", "NETSUITE_CONSUMER_SECRET", "NETSUITE_TOKEN_ID", "NETSUITE_TOKEN_SECRET", "NETSUITE_ACCOUNT"} {
		r := newRig(t, map[string]string{key: "another"})
		_, err := r.deliver(t.Context(), mustCase(t, "customer-person")[0])
		if fault.KindOf(err) != fault.Unauthorized || len(r.fake.Customers()) != 0 {
			t.Errorf("with another %s: %v", key, err)
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error shows a secret: %v", err)
		}
	}
}

func mustPEM(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func mustEC(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newOAuth2Rig(t *testing.T, pemText string, public crypto.PublicKey) *rig {
	t.Helper()
	r := newRig(t, map[string]string{
		"NETSUITE_AUTH": "oauth2", "NETSUITE_CLIENT_ID": netsuitetest.ClientID, "NETSUITE_CERTIFICATE_ID": "cert-1",
		"NETSUITE_PRIVATE_KEY": pemText, "NETSUITE_CONSUMER_KEY": "", "NETSUITE_CONSUMER_SECRET": "",
		"NETSUITE_TOKEN_ID": "", "NETSUITE_TOKEN_SECRET": "",
	})
	r.fake.Trust("cert-1", public)
	return r
}

func TestOAuth2LogsInWithBothSortsOfKey(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey := mustEC(t, elliptic.P256())
	oldRSA := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey)}))
	ecDER, err := x509.MarshalECPrivateKey(ecKey)
	if err != nil {
		t.Fatal(err)
	}
	oldEC := string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: ecDER}))
	for name, tc := range map[string]struct {
		pem    string
		public crypto.PublicKey
	}{
		"RSA":                     {mustPEM(t, rsaKey), rsaKey.Public()},
		"RSA, PKCS #1":            {oldRSA, rsaKey.Public()},
		"P-256":                   {mustPEM(t, ecKey), ecKey.Public()},
		"P-256, SEC 1":            {oldEC, ecKey.Public()},
		"line breaks written out": {strings.ReplaceAll(mustPEM(t, ecKey), "\n", `\n`), ecKey.Public()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newOAuth2Rig(t, tc.pem, tc.public)
			r.mustDeliver(mustCase(t, "order-b4-tax-included-with-discount")...)
			if got := tokenCalls(r.fake); got != 1 {
				t.Errorf("%d tokens were fetched, want 1", got)
			}
		})
	}
}

func tokenCalls(fake *netsuitetest.Fake) int {
	n := 0
	for _, call := range fake.Calls() {
		if strings.Contains(call, "/oauth2/") {
			n++
		}
	}
	return n
}

func TestOAuth2FetchesOneNewTokenForManyRefusals(t *testing.T) {
	t.Parallel()
	key := mustEC(t, elliptic.P256())
	r := newOAuth2Rig(t, mustPEM(t, key), key.Public())
	m := mustCase(t, "customer-person")[0]
	r.mustDeliver(m)
	r.fake.Revoke()
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if _, err := r.system.Target.Find(t.Context(), m.Key()); err != nil {
				t.Errorf("after the token was revoked: %v", err)
			}
		})
	}
	group.Wait()
	if got := tokenCalls(r.fake); got != 2 {
		t.Errorf("%d tokens were fetched, want 2", got)
	}
}

func TestOAuth2RefusalIsAboutOurCredentials(t *testing.T) {
	t.Parallel()
	key, stranger := mustEC(t, elliptic.P256()), mustEC(t, elliptic.P256())
	r := newOAuth2Rig(t, mustPEM(t, stranger), key.Public())
	err := r.system.Checker.Check(t.Context())
	if fault.KindOf(err) != fault.Unauthorized || !strings.Contains(err.Error(), "NETSUITE_PRIVATE_KEY") {
		t.Errorf("an assertion signed by a stranger: %v", err)
	}
	if got := tokenCalls(r.fake); got != 1 {
		t.Errorf("the token endpoint was asked %d times, want once", got)
	}
}

func TestOAuth2KeyMustBeOne(t *testing.T) {
	t.Parallel()
	base := netsuitetest.New(clock).Settings("http://127.0.0.1:1")
	maps.Copy(base, map[string]string{"NETSUITE_AUTH": "oauth2", "NETSUITE_CLIENT_ID": "c", "NETSUITE_CERTIFICATE_ID": "x"})
	for name, text := range map[string]string{
		"no PEM":      "not a key",
		"broken DER":  "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
		"other curve": mustPEM(t, mustEC(t, elliptic.P384())),
	} {
		settings := maps.Clone(base)
		settings["NETSUITE_PRIVATE_KEY"] = text
		_, err := netsuite.Open(settings, connector.Deps{Now: clock, Random: rand.Reader})
		if e := fault.As(err); e == nil || e.Field != "NETSUITE_PRIVATE_KEY" || strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
