package port

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"causeway/shared/fault"
	"causeway/shared/message"
)

// CheckIn stores a body above message.InlineLimit in the vault and returns the claim;
// nil if the body may travel inline. It fails with fault.Unavailable.
func CheckIn(ctx context.Context, vault Vault, body []byte) (*message.Claim, error) {
	if len(body) <= message.InlineLimit {
		return nil, nil
	}
	claim, err := vault.Store(ctx, body)
	if err != nil {
		return nil, Unavailable("storing a large body", err)
	}
	return &claim, nil
}

// CheckOut returns the body, from the vault if it was checked in. A body that is gone or
// damaged fails with fault.Rejected of class missing_ref or fault.Invalid, as the Vault
// reports it; every other failure is fault.Unavailable.
func CheckOut(ctx context.Context, vault Vault, inline []byte, claim *message.Claim) ([]byte, error) {
	if claim == nil {
		return inline, nil
	}
	body, err := vault.Load(ctx, *claim)
	doing := "loading body " + claim.Key
	switch f := fault.As(err); {
	case f == nil:
		return body, nil
	case f.Kind == fault.Invalid, f.Kind == fault.Rejected && f.Class == fault.MissingRef:
		return nil, fault.Doing(doing, err)
	}
	return nil, Unavailable(doing, err)
}

// Unavailable classifies the failure of a port.
func Unavailable(doing string, err error) error {
	return &fault.Error{Kind: fault.Unavailable, Class: fault.Intermittent, Doing: doing, Err: err}
}

// Digest returns the first 16 hex digits of the SHA-256, as the ledger shows hashes.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}
