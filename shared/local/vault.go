package local

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"strings"

	"causeway/shared/fault"
	"causeway/shared/message"
)

// claimPrefix is the part of a claim's key before the hash.
const claimPrefix = "sha256/"

// Store implements port.Vault. Storing bytes again also repairs them, should
// the file have lost some, and starts their retention anew.
func (s *Store) Store(ctx context.Context, data []byte) (message.Claim, error) {
	hash := hexHash(data)
	if data == nil {
		data = []byte{} // a nil slice would be NULL
	}
	err := s.writer.write(ctx, "storing body "+hash, func(t *tx) error {
		const query = `INSERT INTO blob (hash, data, stored_at) VALUES (?1, ?2, ?3)
			ON CONFLICT (hash) DO UPDATE SET data = ?2, stored_at = ?3`
		_, err := t.exec(query, hash, data, nanos(s.now()))
		return err
	})
	if err != nil {
		return message.Claim{}, err
	}
	return message.Claim{Key: claimPrefix + hash, SHA256: hash, Size: int64(len(data))}, nil
}

// Load implements port.Vault. A body that is gone is fault.Rejected of class
// missing_ref, one that differs fault.Invalid of class parse: neither gets better
// by trying again.
func (s *Store) Load(ctx context.Context, claim message.Claim) ([]byte, error) {
	doing := "loading body " + claim.Key
	hash, _ := strings.CutPrefix(claim.Key, claimPrefix)
	statement, err := s.reads.get(ctx, `SELECT data FROM blob WHERE hash = ?`)
	if err != nil {
		return nil, failure(doing, err)
	}
	var data []byte
	err = statement.QueryRowContext(ctx, hash).Scan(&data)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, fault.New(fault.Rejected, fault.MissingRef, doing, "the vault does not hold it")
	case err != nil:
		return nil, failure(doing, err)
	case hexHash(data) != claim.SHA256:
		return nil, fault.New(fault.Invalid, fault.Parse, doing, "the stored bytes do not have the hash of the claim")
	}
	return data, nil
}

func hexHash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
