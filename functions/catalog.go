// Package functions is the catalog of every system that Causeway joins, each with its
// fake. A new system is one folder and one line here. Engines, infrastructure and
// documentation loop over the catalog; no Lambda function imports it, so that each
// carries its own system only.
package functions

import (
	"path/filepath"
	"time"

	"causeway.example/functions/netsuite"
	"causeway.example/functions/netsuite/netsuitetest"
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
}

// All returns every system, by name.
func All() []System {
	return []System{
		{netsuite.Profile(), netsuite.Open, func(folder string, now func() time.Time) (connectortest.Fake, error) {
			return netsuitetest.Open(filepath.Join(folder, "netsuite.jsonl"), now)
		}},
		{shopify.Profile(), shopify.Open, func(string, func() time.Time) (connectortest.Fake, error) { return shopifytest.New(), nil }},
		{woocommerce.Profile(), woocommerce.Open, func(string, func() time.Time) (connectortest.Fake, error) { return woocommercetest.New(), nil }},
	}
}
