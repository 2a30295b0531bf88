// Package functions is the catalog of every system that Causeway joins, each with its
// fake. A new system is one folder and one line here. Engines, infrastructure and
// documentation loop over the catalog; no Lambda function imports it, so that each
// carries its own system only.
package functions

import (
	"path/filepath"
	"time"

	"causeway.example/functions/hubspot"
	"causeway.example/functions/hubspot/hubspottest"
	"causeway.example/functions/netsuite"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shipbob"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/connector"
	"causeway.example/shared/connector/connectortest"
)

// System is one entry of the catalog.
type System struct {
	Profile connector.Profile
	// Open makes the connector from its settings; the error names the setting at fault.
	Open func(settings map[string]string, deps connector.Deps) (connector.System, error)
	// Fake makes a stand-in of the system that keeps what it must not forget in the folder.
	Fake func(folder string, now func() time.Time) (connectortest.Fake, error)
	// Optional is true of a system that takes part in a local run only with its own settings, once a
	// system has any. On AWS every system does.
	Optional bool
}

// All returns every system, by name.
func All() []System {
	return []System{
		{Profile: hubspot.Profile(), Open: hubspot.Open, Optional: true, Fake: func(_ string, now func() time.Time) (connectortest.Fake, error) {
			return hubspottest.New(now), nil
		}},
		{Profile: netsuite.Profile(), Open: netsuite.Open, Fake: func(folder string, now func() time.Time) (connectortest.Fake, error) {
			return netsuitetest.Open(filepath.Join(folder, "netsuite.jsonl"), now)
		}},
		{Profile: shipbob.Profile(), Open: shipbob.Open, Optional: true, Fake: func(_ string, now func() time.Time) (connectortest.Fake, error) {
			return shipbobtest.New(now), nil
		}},
		{Profile: shopify.Profile(), Open: shopify.Open, Fake: func(string, func() time.Time) (connectortest.Fake, error) { return shopifytest.New(), nil }},
		{Profile: woocommerce.Profile(), Open: woocommerce.Open, Fake: func(_ string, now func() time.Time) (connectortest.Fake, error) {
			fake := woocommercetest.New()
			fake.Now = now
			return fake, nil
		}},
	}
}
