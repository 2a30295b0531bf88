package cloud_test

import (
	"strings"
	"testing"
	"time"

	"causeway.example/shared/cloud"
	"causeway.example/shared/cloud/cloudtest"
	"causeway.example/shared/fault"
)

// The secret is read when it is first needed, and a rotation is seen after five minutes: the
// entries of before are found by the previous secret.
func TestTheSecretOfTheLedgerIsReadWhenNeeded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.server.Fail("secretsmanager", "GetSecretValue", cloudtest.Denied(1))
	b := w.open()
	must(t, b.Append(t.Context(), placed()))
	if _, err := b.AddressSecrets(t.Context()); fault.KindOf(err) != fault.Unauthorized { // the first read of it
		t.Fatalf("read too early, or not at all: %v", err)
	}
	before, err := b.AddressSecrets(t.Context())
	must(t, err)
	w.server.Secret(cloud.AddressSecret(w.config.Prefix), `{"current":"`+strings.Repeat("n", 40)+`","previous":"`+before[0]+`"}`)
	same, err := b.AddressSecrets(t.Context())
	must(t, err)
	w.clock.Advance(6 * time.Minute)
	w.server.Fail("secretsmanager", "GetSecretValue", cloudtest.Throttle(10))
	kept, err := b.AddressSecrets(t.Context()) // AWS does not answer: the last value
	must(t, err)
	w.clock.Advance(time.Minute)
	w.server.Fail("secretsmanager", "GetSecretValue", cloudtest.Throttle(0))
	after, err := b.AddressSecrets(t.Context())
	must(t, err)
	const address = "ada@example.com"
	if same.Hash(address) != before.Hash(address) || kept.Hash(address) != before.Hash(address) ||
		after.Hash(address) == before.Hash(address) || after.Hashes(address)[1] != before.Hash(address) {
		t.Errorf("before %v, after %v", before.Hashes(address), after.Hashes(address))
	}
}

// A secret that is missing or too short is an error that names it and no value.
func TestASecretOfTheLedgerThatIsNoneIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	name := cloud.AddressSecret(w.config.Prefix)
	for _, text := range []string{`{}`, `{"current":"hunter2"}`, `hunter2`} {
		w.server.Secret(name, text)
		_, err := w.open().AddressSecrets(t.Context())
		if f := fault.As(err); f == nil || f.Class != fault.Config || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
