package adjustment

import (
	"maps"
	"slices"

	"causeway.example/functions/netsuite/record"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// The settings, as faults name them.
const (
	keyLocations    = "NETSUITE_ADJUSTMENT_LOCATIONS"
	keyAccount      = "NETSUITE_ADJUSTMENT_ACCOUNT"
	keyReceipts     = "NETSUITE_RECEIPT_ACCOUNT"
	keySubsidiaries = "NETSUITE_ADJUSTMENT_SUBSIDIARIES"
)

// Booking are the settings of movements. Maps are by the warehouse's location.
type Booking struct {
	AdjustmentLocations    map[string]string `env:"NETSUITE_ADJUSTMENT_LOCATIONS" envKeyValSeparator:"=" validate:"dive,number" needs:"NETSUITE_ADJUSTMENT_ACCOUNT"` // -> internal id of the location
	AdjustmentSubsidiaries map[string]string `env:"NETSUITE_ADJUSTMENT_SUBSIDIARIES" envKeyValSeparator:"=" validate:"dive,number"`                                  // or "*" -> internal id; none: the account has one
	AdjustmentAccount      string            `env:"NETSUITE_ADJUSTMENT_ACCOUNT" validate:"omitempty,number"`                                                         // internal id
	ReceiptAccount         string            `env:"NETSUITE_RECEIPT_ACCOUNT" validate:"omitempty,number"`                                                            // of goods that arrived; "" for the same
}

// Check rejects a location whose shipments are booked elsewhere than its movements.
func (c Booking) Check(shipped map[string]string) error {
	for _, location := range slices.Sorted(maps.Keys(c.AdjustmentLocations)) {
		if books, ships := c.AdjustmentLocations[location], shipped[location]; ships != "" && ships != books {
			return fault.Doing("reading settings", record.NotSet(keyLocations, "books the movements of "+location+" at location "+books+
				", and NETSUITE_SHIP_LOCATIONS its shipments at "+ships+": both must be one location, or neither has on hand what the warehouse has"))
		}
	}
	return nil
}

// Places returns where the shipments and returns of each location are booked: by NETSUITE_SHIP_LOCATIONS, or
// else where its movements are.
func (c Booking) Places(shipped map[string]string) map[string]string {
	all := map[string]string{}
	maps.Copy(all, c.AdjustmentLocations)
	maps.Copy(all, shipped)
	return all
}

// place is where a movement is booked. accountKey is the setting that has the account.
type place struct{ location, subsidiary, account, accountKey string }

// placeOf returns where the movement is booked. The error names the setting that is missing.
func (c Booking) placeOf(m *canonical.InventoryMovement, received bool) (p place, err error) {
	p.location = c.AdjustmentLocations[m.Location]
	if p.location == "" {
		return p, record.NoEntry(keyLocations, m.Location, "location")
	}
	if p.subsidiary, err = record.Mapped(c.AdjustmentSubsidiaries, keySubsidiaries, m.Location, "location"); err != nil {
		return p, err
	}
	p.account, p.accountKey = c.AdjustmentAccount, keyAccount
	if received && c.ReceiptAccount != "" {
		p.account, p.accountKey = c.ReceiptAccount, keyReceipts
	}
	if p.account == "" {
		return p, record.NotSet(keyAccount, keyAccount+" is not set, and a movement of stock needs an account")
	}
	return p, nil
}

// settingOf returns the setting whose id NetSuite rejects at the field, and the rule; "" if it is none of them.
func (p place) settingOf(field string) (setting, rule string) {
	setting = map[string]string{"account": p.accountKey, "subsidiary": keySubsidiaries, "location": keyLocations}[field]
	if field == "subsidiary" && p.subsidiary == "" {
		return setting, setting + " is not set, and NetSuite demands a subsidiary"
	}
	return setting, "NetSuite does not take the " + field + " of " + setting
}
