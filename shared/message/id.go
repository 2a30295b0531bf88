package message

import (
	"crypto/sha256"
	"encoding/base32"
	"strconv"
)

var idEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// DeriveID returns an id that is the same for the same parts and differs for any
// others: 26 characters of Crockford's base32, 130 bits of a SHA-256. Each part is
// preceded by its length, so that ("ab","c") and ("a","bc") do not meet.
//
// A fact that is translated twice, from two deliveries or after a crash, thus
// bears one id, and every receiver can recognise it.
func DeriveID(parts ...string) string {
	hash := sha256.New()
	for _, part := range parts {
		hash.Write(strconv.AppendInt(nil, int64(len(part)), 10))
		hash.Write([]byte{':'})
		hash.Write([]byte(part))
	}
	return idEncoding.EncodeToString(hash.Sum(nil))[:26]
}
