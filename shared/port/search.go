package port

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"sync"

	"causeway.example/shared/canonical"
)

// The kinds of search keys, by which people know a message.
const (
	KeyNumber      = "number"      // an order's number without its "#": "1001"
	KeyID          = "id"          // the source's id of an entity
	KeySKU         = "sku"         // of a product or of a line
	KeyTracking    = "tracking"    // a carrier's number
	KeyEmail       = "email"       // the hash of an address (canonical.AddressSecrets), never the address
	KeyWebhook     = "webhook"     // the sender's own id of a delivery
	KeyRef         = "ref"         // the target's id of an entity
	KeyFingerprint = "fingerprint" // of a dead or parked message
)

// KeyPrivacy is the search key of requests about personal data, and of what was recorded when
// they were carried out: a query by stage alone reads all of a ledger on AWS.
const KeyPrivacy = "privacy:request"

// KeyKinds returns the kinds of search keys, the most specific first.
func KeyKinds() []string {
	return []string{KeyNumber, KeyID, KeyRef, KeyTracking, KeyWebhook, KeySKU, KeyEmail, KeyFingerprint}
}

// mostKeys bounds the search keys of one entry: an order can have thousands of lines.
const mostKeys = 64

// SearchKey returns "kind:value". The value is compared without regard to case, and without
// a number sign or spaces around it. It is "" for an empty value.
func SearchKey(kind, value string) string {
	value = strings.ToLower(strings.TrimSpace(value))
	if kind == KeyNumber {
		value = strings.TrimPrefix(value, "#")
	}
	if value == "" || len(value) > 128 {
		return ""
	}
	return kind + ":" + value
}

// SearchKeys returns everything that the entry is found by with Query.Key: its Keys, the
// target's id, the fingerprint if it is dead or parked, and KeyPrivacy if it is of a privacy
// request. Each once, at most 64.
func (e Entry) SearchKeys() []string {
	keys := slices.Clone(e.Keys)
	keys = append(keys, SearchKey(KeyRef, e.TargetRef))
	if e.Error != nil && (e.Stage == Dead || e.Stage == Parked) {
		keys = append(keys, SearchKey(KeyFingerprint, e.Error.Fingerprint))
	}
	if e.Type == TypePrivacyRequest || e.Type == TypePrivacyDone {
		keys = append(keys, KeyPrivacy)
	}
	return CompactKeys(keys)
}

// CompactKeys returns the keys sorted, each once, without empty ones, and at most 64.
func CompactKeys(keys []string) []string {
	slices.Sort(keys)
	keys = slices.DeleteFunc(slices.Compact(keys), func(key string) bool { return key == "" })
	return keys[:min(len(keys), mostKeys)]
}

// KnownKeys returns the search keys that an entry about the entity, a pointer to a canonical
// type, has in the ledger. The ledger's secrets are read only if the entity has an address.
func KnownKeys(ctx context.Context, ledger Ledger, entity any) (keys []string, err error) {
	known := canonical.KnownBy(entity, func(address string) string {
		secrets, failed := ledger.AddressSecrets(ctx)
		if failed != nil {
			err = cmp.Or(err, Unavailable("hashing an address for the ledger", failed))
			return ""
		}
		return secrets.Hash(address)
	})
	for kind, values := range known {
		for _, value := range values {
			keys = append(keys, SearchKey(kind, value))
		}
	}
	return CompactKeys(keys), err
}

// AddressKeys returns the search keys by which the ledger can have an address.
func AddressKeys(ctx context.Context, ledger Ledger, address string) (keys []string, err error) {
	secrets, err := ledger.AddressSecrets(ctx)
	if err != nil {
		return nil, err
	}
	for _, hash := range secrets.Hashes(address) {
		keys = append(keys, SearchKey(KeyEmail, hash))
	}
	return keys, nil
}

// hint finds the fields of a payload that name its record. A value is a number, or a text
// that has a digit and neither spaces nor an @: a person's name is none. Compiling it takes
// 0.08 ms, which the start of a function would pay.
var hint = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`"(id|name|number|order_number|order_id|sku)"\s*:\s*(?:(\d{1,24})|"([#\w.-]{0,63}\d[\w.-]{0,63})")`)
})

// hintWindow is how much of a payload is looked at, in bytes.
const hintWindow = 256 << 10

// Hints reads the search keys of a payload that could not be translated, as far as they can
// be guessed: its first id, numbers and SKUs. It needs no valid JSON.
func Hints(payload []byte) []string {
	kinds := map[string]string{"id": KeyID, "name": KeyNumber, "number": KeyNumber, "order_number": KeyNumber, "order_id": KeyID}
	first := map[string]string{} // later ones belong to lines and addresses
	var keys []string
	for _, found := range hint().FindAllSubmatch(payload[:min(len(payload), hintWindow)], mostKeys) {
		field, value := string(found[1]), string(found[2])+string(found[3])
		if field == "sku" {
			keys = append(keys, SearchKey(KeySKU, value))
		} else if _, seen := first[field]; !seen {
			first[field] = value
		}
	}
	if first["order_number"] != "" { // then "number" counts from one, as Shopify does
		delete(first, "number")
	}
	for field, value := range first {
		keys = append(keys, SearchKey(kinds[field], value))
	}
	return CompactKeys(keys)
}
