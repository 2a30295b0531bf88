package porttest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

// TestVault proves a port.Vault.
func TestVault(t *testing.T, open Open) {
	t.Helper()
	cases{
		{"what was stored is loaded", vaultRoundTrip},
		{"the same bytes have the same claim, others another", vaultAddress},
		{"a body that is not there is an error", vaultMissing},
		{"a claim with another hash is an error", vaultWrongHash},
		{"a damaged body is an error until it is stored again", vaultCorrupted},
		{"the stored body is a copy", vaultCopies},
		{"what was stored survives a restart", vaultDurable},
	}.run(t, open)
}

func vaultRoundTrip(t *testing.T, h Harness) {
	for name, data := range map[string][]byte{
		"empty": {}, "text": []byte(`{"id":"1"}`), "binary": {0, 0xff, 0xfe, 0}, "3 MiB": bytes.Repeat([]byte("0123456789abcdef"), 3<<16),
	} {
		claim, err := h.Vault.Store(t.Context(), data)
		must(t, err)
		sum := sha256.Sum256(data)
		if claim.Key == "" || claim.SHA256 != hex.EncodeToString(sum[:]) || claim.Size != int64(len(data)) {
			t.Errorf("%s: claim = %+v", name, claim)
		}
		if got, err := h.Vault.Load(t.Context(), claim); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: loaded %d bytes (%v), want the %d stored", name, len(got), err, len(data))
		}
	}
}

func vaultAddress(t *testing.T, h Harness) {
	first, err := h.Vault.Store(t.Context(), []byte("a"))
	must(t, err)
	again, err := h.Vault.Store(t.Context(), []byte("a"))
	must(t, err)
	other, err := h.Vault.Store(t.Context(), []byte("b"))
	must(t, err)
	if first != again || first.Key == other.Key {
		t.Errorf("claims %+v, %+v, %+v; want the first two equal and the third apart", first, again, other)
	}
}

func vaultMissing(t *testing.T, h Harness) {
	claim, err := h.Vault.Store(t.Context(), []byte("a"))
	must(t, err)
	claim.Key = claim.Key[:len(claim.Key)-4] + "0000"
	if data, err := h.Vault.Load(t.Context(), claim); err == nil {
		t.Errorf("Load of what was never stored = %q", data)
	}
}

func vaultWrongHash(t *testing.T, h Harness) {
	claim, err := h.Vault.Store(t.Context(), []byte("a"))
	must(t, err)
	sum := sha256.Sum256([]byte("b"))
	claim.SHA256 = hex.EncodeToString(sum[:])
	if data, err := h.Vault.Load(t.Context(), claim); err == nil {
		t.Errorf("Load with the hash of other bytes = %q", data)
	}
}

func vaultCorrupted(t *testing.T, h Harness) {
	if h.Corrupt == nil {
		return
	}
	claim, err := h.Vault.Store(t.Context(), []byte("whole"))
	must(t, err)
	h.Corrupt(t, claim)
	if data, err := h.Vault.Load(t.Context(), claim); err == nil {
		t.Errorf("a damaged body was loaded as %q", data)
	}
	_, err = h.Vault.Store(t.Context(), []byte("whole"))
	must(t, err)
	if data, err := h.Vault.Load(t.Context(), claim); err != nil || string(data) != "whole" {
		t.Errorf("stored again, Load = %q, %v", data, err)
	}
}

func vaultCopies(t *testing.T, h Harness) {
	data := []byte("abc")
	claim, err := h.Vault.Store(t.Context(), data)
	must(t, err)
	data[0] = 'X'
	loaded, err := h.Vault.Load(t.Context(), claim)
	must(t, err)
	loaded[1] = 'X'
	if again, err := h.Vault.Load(t.Context(), claim); err != nil || string(again) != "abc" {
		t.Errorf("Load = %q, %v; want abc", again, err)
	}
}

func vaultDurable(t *testing.T, h Harness) {
	claim, err := h.Vault.Store(t.Context(), []byte("kept"))
	must(t, err)
	h = h.reopened(t)
	if data, err := h.Vault.Load(t.Context(), claim); err != nil || string(data) != "kept" {
		t.Errorf("after a restart Load = %q, %v", data, err)
	}
}
