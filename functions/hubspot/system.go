package hubspot

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/webapi"
)

// Name is the system's name in keys, queues and functions.
const Name = "hubspot"

const timeout = 30 * time.Second

// Settings is the connector's configuration. Maps are written "key=value,key=value".
type Settings struct {
	// Token is a service key, or the access token of a private app, with the scopes that package
	// hubspot lists.
	Token  connector.Secret `env:"HUBSPOT_TOKEN" validate:"required"`
	APIURL string           `env:"HUBSPOT_API_URL" envDefault:"https://api.hubapi.com"`
	// Version is the version of the API, which is a part of each path.
	Version string `env:"HUBSPOT_VERSION" envDefault:"2026-09" validate:"oneof=2026-03 2026-09"`
	// LifecycleStage is the internal name of the stage that a buyer's contact gets; "none" leaves
	// the stage alone.
	LifecycleStage string `env:"HUBSPOT_LIFECYCLE_STAGE" envDefault:"customer"`
	// OrderStages are the ids of pipeline stages of orders by state: "paid" -> "3f2c…". The stage
	// of an order in a state without an entry is left alone.
	OrderStages map[string]string `env:"HUBSPOT_ORDER_STAGES" envKeyValSeparator:"="`
	// Rate is the number of deliveries in ten seconds. An account's limit is shared by its apps.
	Rate int `env:"HUBSPOT_RATE" envDefault:"14" validate:"min=1,max=1000"`
	// OrderPipeline is the id of the pipeline that has the stages; without it HubSpot's default.
	OrderPipeline string `env:"HUBSPOT_ORDER_PIPELINE" needs:"HUBSPOT_ORDER_STAGES"`
}

// versionEnds are the days until which HubSpot supports a version at least: 18 months after it
// was released (developers.hubspot.com, "Introducing date-based API versioning", read November 2026).
var versionEnds = map[string]time.Time{
	"2026-03": time.Date(2027, 9, 30, 0, 0, 0, 0, time.UTC),
	"2026-09": time.Date(2028, 3, 9, 0, 0, 0, 0, time.UTC),
}

// version returns a version with its end.
func version(name string) connector.Version {
	return connector.Version{Name: name, Ends: versionEnds[name], Remedy: "set HUBSPOT_VERSION to a later version that this connector speaks, or upgrade Causeway"}
}

// Profile describes HubSpot to the pipeline and the infrastructure. An account takes 100 requests
// in 10 seconds, or 190 with a larger subscription, and an order takes up to seven requests. Every
// order event sets the same order from the same body.
func Profile() connector.Profile {
	settings, secrets := connector.Keys(Settings{})
	operation := func(name, effect string) connector.Operation {
		return connector.Operation{Name: name, Guarantee: connector.ExternalID, Effect: effect}
	}
	fact := func(name, effect string) connector.Operation {
		return connector.Operation{Name: name, Guarantee: connector.Search, Effect: effect}
	}
	order, shipment := operation("upsert order", "order"), fact("add shipment to order", "shipment")
	warehouse := operation("set warehouse's state of order", "warehouse order")
	return connector.Profile{
		Name:        Name,
		Title:       "HubSpot (API 2026-09)",
		Roles:       []connector.Role{connector.Deliver},
		Concurrency: 5,
		RefForm:     `^[1-9][0-9]{0,18}$`,
		Rate:        rate(14),
		Timeout:     timeout,
		Linger:      time.Minute,
		Settings:    settings,
		Secrets:     secrets,
		Purposes:    connector.Purposes(Settings{}),
		Version:     version("2026-09"),
		Operations: map[string]connector.Operation{
			canonical.CustomerUpserted:       {Name: "upsert contact", Guarantee: connector.ExternalID, Effect: "contact"},
			canonical.OrderPlaced:            order,
			canonical.OrderChanged:           order,
			canonical.OrderCancelledEvent:    order,
			canonical.ShipmentShipped:        shipment,
			canonical.ShipmentUpdated:        shipment,
			canonical.ShipmentDelivered:      shipment,
			canonical.ShipmentCancelledEvent: shipment,
			canonical.OrderReleased:          warehouse,
			canonical.OrderHeld:              warehouse,
			canonical.ShipmentDiscrepancy:    warehouse,
			canonical.FulfillmentCancelled:   warehouse,
			canonical.ReturnRequested:        fact("add requested return to order", "requested return"),
			canonical.ReturnReceived:         fact("add received return to order", "received return"),
			canonical.RefundSettled:          fact("add refund to order", "refund"),
		},
	}
}

// rate returns a rate of deliveries in ten seconds, all of which may come at once.
func rate(deliveries int) connector.Rate {
	return connector.Rate{Calls: deliveries, Per: 10 * time.Second, Burst: deliveries}
}

// Open reads the settings and returns the connector: a Target and a Checker. It sends no request.
// Errors are fault.Rejected of class config and name the setting.
func Open(settings map[string]string, deps connector.Deps) (connector.System, error) {
	var s Settings
	if err := connector.ParseSettings(settings, &s); err != nil {
		return connector.System{}, err
	}
	for state, stage := range s.OrderStages {
		if !slices.Contains(states, state) || stage == "" {
			return connector.System{}, configFault("HUBSPOT_ORDER_STAGES", "must have the id of a stage for each of "+strings.Join(states, ", ")+" that it names, and has "+strconv.Quote(state+"="+stage), nil)
		}
	}
	profile := Profile()
	profile.Version, profile.Rate = version(s.Version), rate(s.Rate)
	a := &api{settings: s}
	var err error
	if a.client, err = webapi.New(webapi.Config{
		BaseURL: strings.TrimRight(s.APIURL, "/"), Transport: deps.HTTP, Now: deps.Now, Timeout: timeout, Classify: classifier(deps.Now),
		Authorize: func(r *http.Request) error {
			r.Header.Set("Authorization", "Bearer "+s.Token.Reveal())
			return nil
		},
	}); err != nil {
		return connector.System{}, configFault("HUBSPOT_API_URL", "cannot be called", err)
	}
	return connector.System{Profile: profile, Target: &target{api: a, memory: deps.CrossRef, random: deps.Random}, Checker: a}, nil
}

func configFault(key, rule string, err error) *fault.Error {
	return &fault.Error{
		Kind: fault.Rejected, Class: fault.Config, Field: key, Doing: "opening " + Name, Detail: rule, Err: err,
	}
}
