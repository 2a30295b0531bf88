package hubspottest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// definition is a property of an object.
type definition struct {
	kind, field string
	unique      bool
	options     []string // of an enumeration
}

// stages are the stages of the contacts' lifecycle, in their order, and of the orders' pipeline.
var (
	lifecycle   = []string{"subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer", "evangelist", "other"}
	orderStages = []string{"stage-open", "stage-paid", "stage-shipped", "stage-refunded", "stage-cancelled"}
)

const (
	kindText     = "string"
	kindNumber   = "number"
	kindDatetime = "datetime"
	kindOption   = "enumeration"
)

func text(names ...string) map[string]definition {
	all := map[string]definition{}
	for _, name := range names {
		all[name] = definition{kind: kindText, field: "text"}
	}
	return all
}

func uniqueText() definition { return definition{kind: kindText, field: "text", unique: true} }

// schema returns the properties of each object: HubSpot's own that the connector uses, and those
// that an installation has created for it.
func schema() map[string]map[string]definition {
	number := definition{kind: kindNumber, field: "number"}
	at := definition{kind: kindDatetime, field: "date"}
	contacts := text("firstname", "lastname", "phone", "company", "address", "city", "state", "zip", "country")
	contacts["email"] = uniqueText()
	contacts["lifecyclestage"] = definition{kind: kindOption, field: "radio", options: lifecycle}
	contacts["causeway_customer"] = uniqueText()
	orders := text("hs_order_name", "hs_currency_code", "hs_source_store", "hs_fulfillment_status", "hs_shipping_address_street",
		"hs_shipping_address_city", "hs_shipping_address_state", "causeway_state", "causeway_payment", "causeway_tracking",
		"causeway_shipments", "causeway_refunds", "causeway_warehouse", "causeway_returns")
	orders["hs_total_price"], orders["causeway_refunded"] = number, number
	orders["hs_external_created_date"], orders["causeway_shipped_at"], orders["causeway_delivered_at"], orders["causeway_released_at"] = at, at, at, at
	orders["hs_pipeline"] = definition{kind: kindOption, field: "select", options: []string{"pipeline-shop"}}
	orders["hs_pipeline_stage"] = definition{kind: kindOption, field: "radio", options: orderStages}
	orders["causeway_order"] = uniqueText()
	lines := text("name", "hs_sku", "hs_line_item_currency_code")
	lines["quantity"], lines["price"], lines["discount"] = number, number, number
	lines["causeway_line"] = uniqueText()
	return map[string]map[string]definition{"contacts": contacts, "orders": orders, "line_items": lines}
}

// invalid returns the code of HubSpot's rule that the value breaks, "" for none.
func (d definition) invalid(name, value string) string {
	switch {
	case value == "":
		return ""
	case name == "email" && (strings.Count(value, "@") != 1 || strings.HasSuffix(value, "@")):
		return "INVALID_EMAIL"
	case d.kind == kindNumber:
		if n, err := strconv.ParseFloat(value, 64); err != nil || name == "price" && n < 0 {
			return "INVALID_DOUBLE"
		}
	case d.kind == kindDatetime:
		if _, err := strconv.ParseInt(value, 10, 64); err == nil {
			return ""
		}
		if _, err := time.Parse(time.RFC3339, value); err != nil {
			return "INVALID_DATE"
		}
	case d.kind == kindOption && !slices.Contains(d.options, value):
		return "INVALID_OPTION"
	}
	return ""
}

// listProperties answers with the definitions of the object.
func (f *Fake) listProperties(object string) reply {
	list := []map[string]any{}
	for name, d := range f.schema[object] {
		list = append(list, map[string]any{
			"name": name, "label": name, "description": "", "type": d.kind, "fieldType": d.field, "groupName": "group",
			"options": []any{}, "hasUniqueValue": d.unique,
		})
	}
	slices.SortFunc(list, func(a, b map[string]any) int { return strings.Compare(a["name"].(string), b["name"].(string)) })
	return reply{status: http.StatusOK, body: map[string]any{"results": list}}
}

// RemoveProperty removes a property of an object, as in an account that never had it.
func (f *Fake) RemoveProperty(object, name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.schema[object], name)
}

// AddProperty creates a property of text.
func (f *Fake) AddProperty(object, name string, unique bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.schema[object][name] = definition{kind: kindText, field: "text", unique: unique}
}
