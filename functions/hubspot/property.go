package hubspot

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/webapi"
	"causeway.example/shared/wire"
)

// The objects of HubSpot that are written.
const (
	contacts  = "contacts"
	orders    = "orders"
	lineItems = "line_items"
)

// The custom properties, which an installation creates.
const (
	propCustomer    = "causeway_customer"
	propOrder       = "causeway_order"
	propState       = "causeway_state"
	propPayment     = "causeway_payment"
	propTracking    = "causeway_tracking"
	propShippedAt   = "causeway_shipped_at"
	propDeliveredAt = "causeway_delivered_at"
	propShipments   = "causeway_shipments"
	propWarehouse   = "causeway_warehouse"
	propReleasedAt  = "causeway_released_at"
	propReturns     = "causeway_returns"
	propRefunded    = "causeway_refunded"
	propRefunds     = "causeway_refunds"
	propLine        = "causeway_line"
)

// custom is a property that HubSpot does not have by itself.
type custom struct {
	object, group, name string
	kind, field         string // HubSpot's type and fieldType
	unique              bool
}

const (
	contactGroup  = "contactinformation"
	orderGroup    = "order_information"
	lineItemGroup = "lineiteminformation"
)

var customs = []custom{
	{contacts, contactGroup, propCustomer, "string", "text", true},
	{orders, orderGroup, propOrder, "string", "text", true},
	{orders, orderGroup, propState, "string", "text", false},
	{orders, orderGroup, propPayment, "string", "text", false},
	{orders, orderGroup, propTracking, "string", "text", false},
	{orders, orderGroup, propShippedAt, "datetime", "date", false},
	{orders, orderGroup, propDeliveredAt, "datetime", "date", false},
	{orders, orderGroup, propShipments, "string", "textarea", false},
	{orders, orderGroup, propWarehouse, "string", "text", false},
	{orders, orderGroup, propReleasedAt, "datetime", "date", false},
	{orders, orderGroup, propReturns, "string", "textarea", false},
	{orders, orderGroup, propRefunded, "number", "number", false},
	{orders, orderGroup, propRefunds, "string", "textarea", false},
	{lineItems, lineItemGroup, propLine, "string", "text", true},
}

func customNamed(name string) (custom, bool) {
	i := slices.IndexFunc(customs, func(c custom) bool { return c.name == name })
	if i < 0 {
		return custom{}, false
	}
	return customs[i], true
}

// remedy says how the property is created. Whether values are unique is chosen when a property is
// created, and cannot be changed.
func (c custom) remedy() string {
	text := "create the property " + c.name + " of " + c.object + " with type " + c.kind + " and fieldType " + c.field
	if c.unique {
		text += ", and hasUniqueValue true"
	}
	return text + " (Settings > Properties, or POST /crm/properties/<version>/" + c.object + ")"
}

// Check reads the properties of each object, which proves address, token and scopes, and that the
// custom properties are there as they have to be.
func (a *api) Check(ctx context.Context) error {
	var missing []custom
	for _, object := range []string{contacts, orders, lineItems} {
		doing := "listing the properties of " + object + " of " + Name
		has, err := a.properties(ctx, object, doing)
		if err != nil {
			return checkFault(err)
		}
		for _, c := range customs {
			if unique, found := has[c.name]; c.object == object && (!found || c.unique && !unique) {
				missing = append(missing, c)
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	var remedies []string
	for _, c := range missing {
		remedies = append(remedies, c.remedy())
	}
	return &fault.Error{
		Kind: fault.Rejected, Class: fault.Config, Code: noProperty, Field: "property " + missing[0].name, Doing: "checking the properties of " + Name,
		Detail: "HubSpot lacks it, or has it without unique values: " + strings.Join(remedies, "; "),
	}
}

func checkFault(err error) error {
	e := *fault.As(err)
	switch {
	case e.Field != "":
	case e.Kind == fault.Unauthorized && e.Class == fault.Auth:
		e.Field = "HUBSPOT_TOKEN"
	default:
		e.Field = "HUBSPOT_API_URL"
	}
	return &e
}

// properties returns the properties of the object, and whether the values of each are unique.
func (a *api) properties(ctx context.Context, object, doing string) (map[string]bool, error) {
	answer, err := a.call(ctx, webapi.Request{Method: http.MethodGet, Path: "/crm/properties/" + a.settings.Version + "/" + object, Doing: doing})
	if err != nil {
		return nil, err
	}
	all, r := map[string]bool{}, wire.NewReader(answer.Body, answerLimits)
	for member := range r.Object() {
		if member != "results" || r.Kind() != strictjson.ArrayKind {
			r.Skip()
			continue
		}
		for range r.Array() {
			name, unique := readDefinition(r)
			all[name] = unique
		}
	}
	if err := r.Finish(); err != nil {
		return nil, broken(doing, err)
	}
	return all, nil
}

func readDefinition(r *wire.Reader) (name string, unique bool) {
	for member := range r.Object() {
		switch member {
		case "name":
			name = r.Word()
		case "hasUniqueValue":
			unique, _ = r.NullBool()
		default:
			r.Skip()
		}
	}
	return name, unique
}
