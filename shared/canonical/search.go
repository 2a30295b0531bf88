package canonical

import (
	"crypto/sha256"
	"encoding/hex"
)

// The kinds of values by which people know an entity.
const (
	knownID, knownNumber, knownSKU, knownTracking, knownEmail = "id", "number", "sku", "tracking", "email"
)

// EmailHash returns the hash by which an address is searched for: the first 32 hex digits of the
// SHA-256 of NormalEmail; "" for no address.
func EmailHash(address string) string {
	normal := NormalEmail(address)
	if normal == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(normal))
	return hex.EncodeToString(sum[:16])
}

// KnownBy returns the values by which people know the entity, a pointer to a canonical type, by
// kind (id, number, sku, tracking, email). Values may be empty; addresses are hashed.
func KnownBy(entity any) map[string][]string {
	switch e := entity.(type) {
	case *Order:
		skus := make([]string, 0, len(e.Lines))
		for i := range e.Lines {
			skus = append(skus, e.Lines[i].SKU)
		}
		return map[string][]string{
			knownID: {e.ID}, knownNumber: {e.Name, e.PurchaseOrder}, knownSKU: skus, knownEmail: {EmailHash(e.Buyer.Email.String())},
		}
	case *Customer:
		return map[string][]string{knownID: {e.ID}, knownEmail: {EmailHash(e.Email.String())}}
	case *Payment:
		return map[string][]string{knownID: {e.ID, e.Order, e.Reference}, knownNumber: {e.Name}}
	case *Refund:
		return map[string][]string{knownID: {e.ID, e.Order}, knownNumber: {e.Name}}
	case *Product:
		return map[string][]string{knownID: {e.ID}, knownSKU: {e.SKU}}
	case *InventoryLevel:
		return map[string][]string{knownSKU: {e.SKU}}
	case *Shipment:
		numbers := make([]string, 0, len(e.Tracking))
		for _, t := range e.Tracking {
			numbers = append(numbers, t.Number)
		}
		return map[string][]string{knownID: {e.ID, e.Order}, knownTracking: numbers}
	case *FulfillmentRequest:
		return map[string][]string{knownID: {e.ID, e.Order}}
	case *Return:
		return map[string][]string{knownID: {e.ID, e.Order}}
	}
	return nil
}
