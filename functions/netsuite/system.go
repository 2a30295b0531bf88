package netsuite

import (
	"maps"
	"slices"
	"time"

	"causeway.example/functions/netsuite/adjustment"
	"causeway.example/functions/netsuite/item"
	"causeway.example/functions/netsuite/orderstate"
	"causeway.example/functions/netsuite/payback"
	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/stock"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
)

// Name is the system's name in keys, settings and cloud resources.
const Name = "netsuite"

// Settings is the connector's configuration. Maps are written "key=value,key=value".
type Settings struct {
	suitetalk.Login

	Concurrency int           `env:"NETSUITE_CONCURRENCY" envDefault:"5" validate:"min=1,max=100"` // requests at once
	Timeout     time.Duration `env:"NETSUITE_TIMEOUT" envDefault:"1m" validate:"min=1s,max=15m"`   // of one request; NetSuite itself ends it after 15 min
	Linger      time.Duration `env:"NETSUITE_LINGER" envDefault:"15m" validate:"min=0s,max=15m"`   // for how long a request that was given up may still take effect

	// StockLocations are the internal ids of the locations whose stock NetSuite is master of. Their
	// levels are polled and published; without one, none are.
	StockLocations []string `env:"NETSUITE_STOCK_LOCATIONS" validate:"unique,dive,number,startsnotwith=0"`
	// StockKits is whether kits have levels too. An account without the feature, whose role may not
	// see kits, sets it to false.
	StockKits bool `env:"NETSUITE_STOCK_KITS" envDefault:"true"`

	item.Choice

	adjustment.Booking

	record.Settings
}

// Profile describes NetSuite to the pipeline and the infrastructure. Concurrency is the
// smallest pool that an account has; an opened system has its own, and its own timeout and
// linger. Every order event sets the same sales order from the same body.
func Profile() connector.Profile {
	all, secrets := connector.Keys(Settings{})
	order := connector.Operation{Name: "upsert sales order", Guarantee: connector.ExternalID, Effect: "sales order"}
	movement := connector.Operation{Name: "inventory adjustment", Guarantee: connector.ExternalID, Effect: "inventory adjustment"}
	warehouse := connector.Operation{Name: "warehouse field of sales order", Guarantee: connector.ExternalID, Effect: "warehouse field"}
	shipment := connector.Operation{Name: "item fulfillment", Guarantee: connector.ExternalID, Effect: "item fulfillment"}
	return connector.Profile{
		Name:        Name,
		Title:       "NetSuite (SuiteTalk REST 2026.1)",
		Roles:       []connector.Role{connector.Translate, connector.Deliver, connector.Poll, connector.Audit},
		Concurrency: 5,
		RefForm:     `^[1-9][0-9]{0,18}$`,
		Timeout:     time.Minute,
		Linger:      15 * time.Minute, // the longest that NetSuite lets a request run
		Settings:    all,
		Secrets:     secrets,
		Purposes:    connector.Purposes(Settings{}),
		Version:     connector.Version{Name: "record/v1"}, // NetSuite upgrades accounts itself, and has announced no end
		Rules:       connector.Expressions(Settings{}),
		Operations: map[string]connector.Operation{
			canonical.CustomerUpserted:       {Name: "upsert customer", Guarantee: connector.ExternalID},
			canonical.OrderPlaced:            order,
			canonical.OrderChanged:           order,
			canonical.OrderCancelledEvent:    order,
			canonical.PaymentCaptured:        {Name: "customer deposit", Guarantee: connector.ExternalID},
			canonical.RefundSettled:          {Name: "refund", Guarantee: connector.ExternalID},
			canonical.ShipmentShipped:        shipment,
			canonical.ShipmentUpdated:        shipment,
			canonical.ShipmentDelivered:      shipment,
			canonical.ShipmentCancelledEvent: shipment,
			canonical.InventoryAdjusted:      movement,
			canonical.InventoryReceived:      movement,
			canonical.ReturnRequested:        {Name: "return authorization", Guarantee: connector.ExternalID},
			canonical.ReturnReceived:         {Name: "item receipt", Guarantee: connector.ExternalID},
			canonical.OrderReleased:          warehouse,
			canonical.OrderHeld:              warehouse,
			canonical.ShipmentDiscrepancy:    warehouse,
			canonical.FulfillmentCancelled:   warehouse,
		},
	}
}

// Open reads the settings and returns the system, which is a Target, a Checker, an Auditor, and the Source
// of what its Poller finds. It sends no request. Errors are fault.Rejected of class config and name the setting.
func Open(settings map[string]string, deps connector.Deps) (connector.System, error) {
	var s Settings
	if err := connector.ParseSettings(settings, &s); err != nil {
		return connector.System{}, err
	}
	if err := s.Complete(); err != nil {
		return connector.System{}, err
	}
	if err := s.CheckLevels(); err != nil {
		return connector.System{}, err
	}
	if err := s.Booking.Check(s.ShipLocations); err != nil {
		return connector.System{}, err
	}
	s.ShipLocations = s.Booking.Places(s.ShipLocations)
	profile := Profile()
	profile.Concurrency, profile.Timeout, profile.Linger = s.Concurrency, s.Timeout, s.Linger
	client, err := suitetalk.Open(s.Login, deps, profile.Timeout)
	if err != nil {
		return connector.System{}, err
	}
	t := &target{Account: &record.Account{Client: client, Settings: s.Settings}, booking: s.Booking, memory: deps.CrossRef, name: s.Account}
	if t.rules, err = connector.OpenRules(deps.Rules, Name, s); err != nil {
		return connector.System{}, err
	}
	stores := record.StoresOf(slices.Sorted(maps.Keys(s.Subsidiaries)))
	orders := &orderstate.Poller{Client: client, Account: s.Account, All: s.PublishesAll()}
	if s.PublishesEnded() {
		orders.Stores = stores
	}
	refunds := &payback.Poller{Client: client, Account: s.Account}
	if s.Refunds {
		refunds.Stores = stores
	}
	bySKU := s.RuleItem == "" && s.RuleCharge == "" // rules may choose any item
	return connector.System{
		Profile: profile, Target: t, Checker: client, Auditor: &auditor{t}, Rules: t.rules,
		Source: &source{
			items:   &item.Source{CompareAt: s.CompareAt, Currencies: s.Currencies},
			orders:  &orderstate.Source{Stores: stores, StandIns: s.StandIns(), Comparable: bySKU},
			refunds: &payback.Source{Stores: stores, Currencies: s.Currencies},
		},
		Poller: &poller{
			levels: &stock.Poller{Client: client, Account: s.Account, Locations: s.StockLocations, Kits: s.StockKits},
			items:  &item.Poller{Client: client, Account: s.Account, Choice: s.Choice, Currencies: s.Currencies},
			orders: orders, refunds: refunds,
		},
	}, nil
}
