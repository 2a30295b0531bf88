package canonical

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// The kinds of values by which people know an entity.
const (
	knownID, knownNumber, knownSKU, knownTracking, knownEmail = "id", "number", "sku", "tracking", "email"
)

// AddressSecrets are the secrets under which the ledger of one installation hashes e-mail
// addresses, the present one first. Without them the ledger does not tell whether it has a
// known address.
type AddressSecrets []string

// The members of a stored AddressSecrets.
const (
	PresentSecret  = "current"  // for new entries
	PreviousSecret = "previous" // of entries before a rotation; optional
)

// shortestSecret is the least length of a secret, in bytes (RFC 2104, section 3: as long as the
// hash at least).
const shortestSecret = 32

// ParseAddressSecrets reads secrets by their members. Errors name the member and no value.
func ParseAddressSecrets(members map[string]string) (AddressSecrets, error) {
	secrets := AddressSecrets{members[PresentSecret]}
	if previous := members[PreviousSecret]; previous != "" {
		secrets = append(secrets, previous)
	}
	for i, secret := range secrets {
		if len(secret) < shortestSecret {
			return nil, fmt.Errorf("%s: must have %d characters at least, and has %d", []string{PresentSecret, PreviousSecret}[i], shortestSecret, len(secret))
		}
	}
	return secrets, nil
}

// Hash returns the hash by which new entries have an address: the first 32 hex digits of the
// HMAC-SHA-256 of NormalEmail under the present secret; "" for no address.
func (s AddressSecrets) Hash(address string) string { return keyedHash(s[0], address) }

// Hashes returns every hash by which an entry can have an address: one for each secret, and the
// one without a secret, which entries from before there were any have. None for no address.
func (s AddressSecrets) Hashes(address string) (hashes []string) {
	if NormalEmail(address) == "" {
		return nil
	}
	for _, secret := range s {
		hashes = append(hashes, keyedHash(secret, address))
	}
	return append(hashes, EmailHash(address))
}

func keyedHash(secret, address string) string {
	normal := NormalEmail(address)
	if normal == "" {
		return ""
	}
	code := hmac.New(sha256.New, []byte(secret))
	code.Write([]byte(normal))
	return hex.EncodeToString(code.Sum(nil)[:16])
}

// EmailHash returns the hash of an address without a secret: the first 32 hex digits of the
// SHA-256 of NormalEmail; "" for no address. It is the same in every installation.
func EmailHash(address string) string {
	normal := NormalEmail(address)
	if normal == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(normal))
	return hex.EncodeToString(sum[:16])
}

// KnownBy returns the values by which people know the entity, a pointer to a canonical type, by
// kind (id, number, sku, tracking, email). Values may be empty. Hash is called with an address,
// and its result is the value.
func KnownBy(entity any, hash func(address string) string) map[string][]string {
	switch e := entity.(type) {
	case *Order:
		skus := make([]string, 0, len(e.Lines))
		for i := range e.Lines {
			skus = append(skus, e.Lines[i].SKU)
		}
		return map[string][]string{
			knownID: {e.ID}, knownNumber: {e.Name, e.PurchaseOrder}, knownSKU: skus, knownEmail: hashed(e.Buyer.Email, hash),
		}
	case *Customer:
		return map[string][]string{knownID: {e.ID}, knownEmail: hashed(e.Email, hash)}
	case *Payment:
		return map[string][]string{knownID: {e.ID, e.Order, e.Reference}, knownNumber: {e.Name}}
	case *Refund:
		return map[string][]string{knownID: {e.ID, e.Order}, knownNumber: {e.Name}}
	case *Shipment:
		numbers := make([]string, 0, len(e.Tracking))
		for _, t := range e.Tracking {
			numbers = append(numbers, t.Number)
		}
		return map[string][]string{knownID: {e.ID, e.Order}, knownTracking: numbers}
	}
	return knownOfOrder(entity)
}

// knownOfOrder is KnownBy of what is known by its own id and its order's.
func knownOfOrder(entity any) map[string][]string {
	switch e := entity.(type) {
	case *FulfillmentRequest:
		return map[string][]string{knownID: {e.ID, e.Order}}
	case *WarehouseOrder:
		return map[string][]string{knownID: {e.ID, e.Order}}
	case *Return:
		return map[string][]string{knownID: {e.ID, e.Order}}
	case *ERPOrder:
		return map[string][]string{knownID: {e.ID, e.Order}, knownNumber: {e.Number}}
	case *CancelRequest:
		return map[string][]string{knownID: {e.ID, e.Order}, knownNumber: {e.Number}}
	case *RefundRequest:
		return map[string][]string{knownID: {e.ID, e.Order}, knownNumber: {e.Number}}
	}
	return knownGoods(entity)
}

// knownGoods is KnownBy for what is sold and stocked.
func knownGoods(entity any) map[string][]string {
	switch e := entity.(type) {
	case *Product:
		return map[string][]string{knownID: {e.ID}, knownSKU: {e.SKU}}
	case *PriceList:
		return map[string][]string{knownSKU: {e.SKU}}
	case *InventoryLevel:
		return map[string][]string{knownSKU: {e.SKU}}
	case *InventoryMovement:
		return map[string][]string{knownID: {e.ID}, knownSKU: {e.SKU}}
	}
	return nil
}

// hashed returns the hash of the address, none for no address.
func hashed(address Text, hash func(address string) string) []string {
	if NormalEmail(address.String()) == "" {
		return nil
	}
	return []string{hash(address.String())}
}
