package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"causeway/shared/fault"
	"causeway/shared/message"
)

// checkIn stores a body above the inline limit in the vault and returns the claim;
// nil if the body may travel inline.
func checkIn(ctx context.Context, vault Vault, body []byte) (*message.Claim, error) {
	if len(body) <= message.InlineLimit {
		return nil, nil
	}
	claim, err := vault.Store(ctx, body)
	if err != nil {
		return nil, unavailable("storing a large body", err)
	}
	return &claim, nil
}

// checkOut returns the body, from the vault if it was checked in. What is gone or damaged
// there fails with fault.Rejected of class missing_ref or fault.Invalid, as the Vault says;
// all else is a port that is out of reach.
func checkOut(ctx context.Context, vault Vault, inline []byte, claim *message.Claim) ([]byte, error) {
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
	return nil, unavailable(doing, err)
}

// unavailable classifies the failure of a port.
func unavailable(doing string, err error) error {
	return &fault.Error{Kind: fault.Unavailable, Class: fault.Intermittent, Doing: doing, Err: err}
}

// digest returns the first 16 hex digits of the SHA-256, as the ledger shows hashes.
func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

// eventJSON returns the event as filters see it: with its body inline even if it
// travels as a claim check.
func eventJSON(m *message.Message, body json.RawMessage) ([]byte, error) {
	whole := *m
	whole.Body, whole.Claim = body, nil
	return whole.Event()
}
