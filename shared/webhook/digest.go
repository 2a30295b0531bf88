package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"strings"
)

// decoder turns the text of one signature into a SHA-256 digest, or reports false.
type decoder func(text string) ([]byte, bool)

func decodeHex(text string) ([]byte, bool) {
	digest, err := hex.DecodeString(text)
	return digest, err == nil && len(digest) == sha256.Size
}

// decodeBase64 also checks the length of the text, since the standard decoder skips
// line breaks.
func decodeBase64(text string) ([]byte, bool) {
	if len(text) != base64.StdEncoding.EncodedLen(sha256.Size) {
		return nil, false
	}
	digest, err := base64.StdEncoding.Strict().DecodeString(text)
	return digest, err == nil && len(digest) == sha256.Size
}

func hmacDigest(key []byte, parts [][]byte) []byte {
	return sum(hmac.New(sha256.New, key), parts)
}

// prefixDigest is the plain hash of the key followed by the parts, as HubSpot's
// legacy versions use it.
func prefixDigest(key []byte, parts [][]byte) []byte {
	h := sha256.New()
	h.Write(key)
	return sum(h, parts)
}

func sum(h hash.Hash, parts [][]byte) []byte {
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)
}

func plainKey(secret string) ([]byte, error) { return []byte(secret), nil }

// standardKey decodes a secret as the Standard Webhooks specification writes it; its
// own libraries take it without the prefix too.
func standardKey(secret string) ([]byte, error) {
	key, err := base64.StdEncoding.Strict().DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) == 0 {
		// The parse error is left out: it would repeat a part of the secret.
		return nil, misconfigured("", CodeSecretMalformed, "the secret is not whsec_ followed by base64")
	}
	return key, nil
}
