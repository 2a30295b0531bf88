package local

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"causeway.example/shared/fault"
	"causeway.example/shared/local/sqlite"
	"causeway.example/shared/message"
)

// claimPrefix is the part of a claim's key before the hash.
const claimPrefix = "sha256/"

// claims returns the hashes of the bodies in the vault that the message refers to. It
// finds them as text, in a message of any form: a text that only looks like a claim
// keeps a body longer than necessary, which does no harm.
func claims(message []byte) (hashes []string) {
	const size = 2 * sha256.Size
	for {
		_, after, found := bytes.Cut(message, []byte(claimPrefix))
		if !found {
			return hashes
		}
		if message = after; len(after) < size {
			return hashes
		}
		hash := string(after[:size])
		if _, err := hex.DecodeString(hash); err == nil {
			hashes = append(hashes, hash)
		}
	}
}

// Store implements port.Vault. Storing bytes again repairs them if they were damaged, and
// begins their retention again.
func (s *Store) Store(ctx context.Context, data []byte) (message.Claim, error) {
	hash := hexHash(data)
	if data == nil {
		data = []byte{} // a nil slice would be NULL
	}
	err := s.file.Write(ctx, "storing body "+hash, func(t *sqlite.Tx) error {
		const query = `INSERT INTO blob (hash, data, stored_at) VALUES (?1, ?2, ?3)
			ON CONFLICT (hash) DO UPDATE SET data = ?2, stored_at = ?3`
		_, err := t.Exec(query, hash, data, sqlite.Nanos(s.now()))
		return err
	})
	if err != nil {
		return message.Claim{}, err
	}
	return message.Claim{Key: claimPrefix + hash, SHA256: hash, Size: int64(len(data))}, nil
}

// Load implements port.Vault. A missing body is fault.Rejected of class missing_ref, one
// with another hash fault.Invalid of class parse. Neither is retryable.
func (s *Store) Load(ctx context.Context, claim message.Claim) ([]byte, error) {
	doing := "loading body " + claim.Key
	hash, _ := strings.CutPrefix(claim.Key, claimPrefix)
	var data []byte
	stored := false
	err := s.file.Rows(ctx, `SELECT data FROM blob WHERE hash = ?`, func(row sqlite.Row) error {
		stored = true
		return row.Scan(&data)
	}, hash)
	switch {
	case err != nil:
		return nil, sqlite.Failure(doing, err)
	case !stored:
		return nil, fault.New(fault.Rejected, fault.MissingRef, doing, "the vault does not have it")
	case hexHash(data) != claim.SHA256:
		return nil, fault.New(fault.Invalid, fault.Parse, doing, "the stored bytes do not have the hash of the claim")
	}
	return data, nil
}

func hexHash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
