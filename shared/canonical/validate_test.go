package canonical_test

import (
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/canonical"
)

func asError(t testing.TB, err error) *canonical.Error {
	t.Helper()
	rule, ok := errors.AsType[*canonical.Error](err)
	if !ok {
		t.Fatalf("%v is not a *canonical.Error", err)
	}
	return rule
}

func TestValidateNamesTheFieldOfAnOrder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		situation string
		spoil     func(*canonical.Order)
		field     string
		code      string
	}{
		{"no id", func(o *canonical.Order) { o.ID = "" }, "id", "required"},
		{"an id of 129 characters", func(o *canonical.Order) { o.ID = strings.Repeat("1", 129) }, "id", "max"},
		{"no number", func(o *canonical.Order) { o.Name = "" }, "name", "required"},
		{"no status", func(o *canonical.Order) { o.Status = "" }, "status", "oneof"},
		{"an unknown status", func(o *canonical.Order) { o.Status = "shipped" }, "status", "oneof"},
		{"an unknown financial state", func(o *canonical.Order) { o.Financial = "PAID" }, "financial", "oneof"},
		{"no time", func(o *canonical.Order) { o.PlacedAt = time.Time{} }, "placed_at", "required"},
		{"no version", func(o *canonical.Order) { o.UpdatedAt = time.Time{} }, "updated_at", "required"},
		{"no currency", func(o *canonical.Order) { o.Currency = "" }, "currency", "currency"},
		{"an unknown currency", func(o *canonical.Order) { o.Currency = "XXX" }, "currency", "currency"},
		{"an unknown basis", func(o *canonical.Order) {
			o.Presentment = &canonical.Presentment{Basis: "both", Total: eur(0)}
		}, "presentment.basis", "oneof"},
		{"a presentment without currency", func(o *canonical.Order) {
			o.Presentment = &canonical.Presentment{Basis: "shop"}
		}, "presentment.total.currency", "currency"},
		{"an unknown country", func(o *canonical.Order) { o.Shipping.Country = "ZZ" }, "shipping.country", "country"},
		{"an unknown country to bill", func(o *canonical.Order) { o.Billing = &canonical.Address{Country: "UK"} }, "billing.country", "country"},
		{"too many lines", func(o *canonical.Order) { o.Lines = make([]canonical.OrderLine, 20_001) }, "lines", "max"},
		{"a line without id", func(o *canonical.Order) { o.Lines[2].ID = "" }, "lines[2].id", "required"},
		{"an unknown kind of line", func(o *canonical.Order) { o.Lines[1].Kind = "bundle" }, "lines[1].kind", "oneof"},
		{"a SKU of 129 characters", func(o *canonical.Order) { o.Lines[0].SKU = strings.Repeat("ä", 129) }, "lines[0].sku", "max"},
		{"a negative quantity", func(o *canonical.Order) {
			o.Lines[2].Quantity.Value = mustDecimal(t, "-0.01")
		}, "lines[2].quantity.value", "notnegative"},
		{"a quantity of 19 digits", func(o *canonical.Order) {
			o.Lines[2].Quantity.Value = canonical.NewDecimal(1_000_000_000_000_000_000, 0)
		}, "lines[2].quantity.value", "max"},
		{"a price of 19 digits", func(o *canonical.Order) {
			o.Lines[2].UnitPrice = canonical.NewDecimal(-1_000_000_000_000_000_000, 0)
		}, "lines[2].unit_price", "min"},
		{"no unit", func(o *canonical.Order) { o.Lines[2].Quantity.Unit = "" }, "lines[2].quantity.unit", "required"},
		{"a discount without currency", func(o *canonical.Order) { o.Lines[0].Discount = canonical.Money{} }, "lines[0].discount.currency", "currency"},
		{"an amount of 19 digits", func(o *canonical.Order) { o.Total.Minor = 1_000_000_000_000_000_000 }, "total.minor", "max"},
		{"an unknown charge", func(o *canonical.Order) { o.Charges[0].Kind = "gift" }, "charges[0].kind", "oneof"},
		{"an unbalanced total", func(o *canonical.Order) { o.Total.Minor++ }, "total", canonical.BalanceMismatch},
	} {
		order := newOrder(t, 3)
		c.spoil(order)
		rule := asError(t, canonical.Validate(order))
		if rule.Field != c.field || rule.Code != c.code || rule.Rule == "" {
			t.Errorf("%s: field %q, code %q, rule %q", c.situation, rule.Field, rule.Code, rule.Rule)
		}
	}
}

func TestAnOrderIsInOneCurrency(t *testing.T) {
	t.Parallel()
	usd := canonical.Money{Currency: "USD"}
	for field, spoil := range map[string]func(*canonical.Order){
		"lines[1].discount":      func(o *canonical.Order) { o.Lines[1].Discount = usd },
		"lines[2].tax":           func(o *canonical.Order) { o.Lines[2].Tax = usd },
		"deliveries[0].price":    func(o *canonical.Order) { o.Deliveries[0].Price = usd },
		"deliveries[0].discount": func(o *canonical.Order) { o.Deliveries[0].Discount = usd },
		"deliveries[0].tax":      func(o *canonical.Order) { o.Deliveries[0].Tax = usd },
		"charges[0].amount":      func(o *canonical.Order) { o.Charges[0].Amount = usd },
		"charges[0].tax":         func(o *canonical.Order) { o.Charges[0].Tax = usd },
		"tax":                    func(o *canonical.Order) { o.Tax = usd },
		"rounding":               func(o *canonical.Order) { o.Rounding = usd },
		"total":                  func(o *canonical.Order) { o.Total.Currency = "USD" },
	} {
		order := newOrder(t, 3)
		spoil(order)
		if rule := asError(t, canonical.Validate(order)); rule.Field != field || rule.Rule != "must be in EUR like the whole" {
			t.Errorf("%s in dollars: %v", field, rule)
		}
	}
}

func TestValidateAcceptsWhatOrdersMayBe(t *testing.T) {
	t.Parallel()
	for situation, change := range map[string]func(*canonical.Order){
		"as it is":           func(*canonical.Order) {},
		"no address":         func(o *canonical.Order) { o.Shipping = nil },
		"no country":         func(o *canonical.Order) { o.Shipping.Country = "" },
		"Kosovo":             func(o *canonical.Order) { o.Shipping.Country = "XK" },
		"an id of 128":       func(o *canonical.Order) { o.ID = strings.Repeat("1", 128) },
		"an odd e-mail":      func(o *canonical.Order) { o.Buyer.Email = canonical.NewText("a@b@c") },
		"a line without SKU": func(o *canonical.Order) { o.Lines[0].SKU = "" },
		"a quantity of 0": func(o *canonical.Order) {
			o.Lines[0].Quantity.Value, o.Lines[0].Discount = canonical.Decimal{}, eur(0)
			o.Total = o.Total.Sub(eur(1900))
		},
		"cash rounding": func(o *canonical.Order) {
			o.Charges = append(o.Charges, canonical.Charge{Kind: canonical.CashRounding, Amount: eur(-2), Tax: eur(0)})
			o.Total = o.Total.Sub(eur(2))
		},
	} {
		order := newOrder(t, 3)
		change(order)
		if err := canonical.Validate(order); err != nil {
			t.Errorf("%s: %v", situation, err)
		}
	}
}

func TestValidateTakesPointersOnly(t *testing.T) {
	t.Parallel()
	text := "a"
	for situation, body := range map[string]any{
		"an order by value": *newOrder(t, 1), "nothing": nil, "a nil order": (*canonical.Order)(nil), "no struct": &text,
	} {
		if rule := asError(t, canonical.Validate(body)); rule.Field != "body" {
			t.Errorf("%s: %v", situation, rule)
		}
	}
}

func TestValidateNamesTheFieldOfOtherBodies(t *testing.T) {
	t.Parallel()
	one := canonical.Pieces(mustDecimal(t, "1"))
	lines := []canonical.ShipmentLine{{SKU: "A", Quantity: one}, {SKU: "B", Quantity: one}}
	below := canonical.Pieces(mustDecimal(t, "-1"))
	for _, c := range []struct {
		situation, field string
		body             any
	}{
		{"a customer", "", &canonical.Customer{ID: "1", UpdatedAt: placed}},
		{"a customer's address", "address.country", &canonical.Customer{ID: "1", UpdatedAt: placed, Address: &canonical.Address{Country: "deu"}}},
		{"a payment", "", &canonical.Payment{ID: "1", Order: "2", Method: canonical.Card, Amount: eur(5), At: placed}},
		{"a payment by an unknown tender", "method", &canonical.Payment{ID: "1", Order: "2", Method: "shells", Amount: eur(5), At: placed}},
		{"a payment of no currency", "amount.currency", &canonical.Payment{ID: "1", Order: "2", Method: canonical.Card, At: placed}},
		{"a payment without order", "order", &canonical.Payment{ID: "1", Method: canonical.Card, Amount: eur(5), At: placed}},
		{"a refund", "", &canonical.Refund{ID: "1", Order: "2", Tax: eur(0), Rounding: eur(5), Amount: eur(5), At: placed}},
		{"a refund of nothing said", "amount", &canonical.Refund{ID: "1", Order: "2", Tax: eur(0), Rounding: eur(0), Amount: eur(5), At: placed}},
		{"a refund in two currencies", "parts[0].tax", &canonical.Refund{ID: "1", Order: "2", Tax: eur(0), Rounding: eur(0), Amount: eur(5), At: placed, Parts: []canonical.RefundPart{{Kind: canonical.RefundedFee, Amount: eur(5), Tax: canonical.Money{Currency: "USD"}}}}},
		{"a refund's line", "lines[0].line", &canonical.Refund{ID: "1", Order: "2", Amount: eur(5), At: placed, Lines: []canonical.RefundLine{{Quantity: one, Amount: eur(5), Tax: eur(0)}}}},
		{"a product", "", &canonical.Product{ID: "1", SKU: "007", UpdatedAt: placed}},
		{"a product without SKU", "sku", &canonical.Product{ID: "1", UpdatedAt: placed}},
		{"a product's price of no currency", "prices[0].currency", &canonical.Product{ID: "1", SKU: "007", Prices: []canonical.Price{{List: "1"}}, UpdatedAt: placed}},
		{"a weight below nothing", "weight.value", &canonical.Product{ID: "1", SKU: "007", Weight: &below, UpdatedAt: placed}},
		{"prices", "", &canonical.PriceList{SKU: "007", Prices: []canonical.Price{{List: "1", Currency: "EUR"}, {List: "5", Currency: "JPY", CompareAt: one.Value}}, UpdatedAt: placed}},
		{"no prices any more", "", &canonical.PriceList{SKU: "007", UpdatedAt: placed}},
		{"a price of no list", "prices[0].list", &canonical.PriceList{SKU: "007", Prices: []canonical.Price{{Currency: "EUR"}}, UpdatedAt: placed}},
		{"a price below nothing", "prices[0].amount", &canonical.PriceList{SKU: "007", Prices: []canonical.Price{{List: "1", Currency: "EUR", Amount: below.Value}}, UpdatedAt: placed}},
		{"a former price below nothing", "prices[0].compare_at", &canonical.PriceList{SKU: "007", Prices: []canonical.Price{{List: "1", Currency: "EUR", CompareAt: below.Value}}, UpdatedAt: placed}},
		{"a level", "", &canonical.InventoryLevel{SKU: "007", Location: "1", OnHand: &one, At: placed}},
		{"a level below nothing", "available.value", &canonical.InventoryLevel{SKU: "007", Location: "1", Available: &below, At: placed}},
		{"a level nowhere", "location", &canonical.InventoryLevel{SKU: "007", At: placed}},
		{"a movement", "", &canonical.InventoryMovement{ID: "1-9", SKU: "007", Location: "9", Change: below.Value, Reason: "lost", At: placed}},
		{"a movement of nothing", "change", &canonical.InventoryMovement{ID: "1-9", SKU: "007", Location: "9", Reason: "lost", At: placed}},
		{"a movement nowhere", "location", &canonical.InventoryMovement{ID: "1-9", SKU: "007", Change: one.Value, Reason: "lost", At: placed}},
		{"a movement without a reason", "reason", &canonical.InventoryMovement{ID: "1-9", SKU: "007", Location: "9", Change: one.Value, At: placed}},
		{"a movement at no time", "at", &canonical.InventoryMovement{ID: "1-9", SKU: "007", Location: "9", Change: one.Value, Reason: "lost"}},
		{"a request", "", &canonical.FulfillmentRequest{ID: "1", Order: "2", Shipping: &canonical.Address{}, Lines: lines}},
		{"a request to nowhere", "shipping", &canonical.FulfillmentRequest{ID: "1", Order: "2", Lines: lines}},
		{"a request for nothing", "lines", &canonical.FulfillmentRequest{ID: "1", Order: "2", Shipping: &canonical.Address{}}},
		{"a shipment", "", &canonical.Shipment{ID: "1", Order: "2", Status: canonical.Shipped, Lines: lines, ShippedAt: placed}},
		{"a cancelled shipment", "", &canonical.Shipment{ID: "1", Order: "2", Status: canonical.ShipmentCancelled, ShippedAt: placed}},
		{"a shipment of nothing", "lines", &canonical.Shipment{ID: "1", Order: "2", Status: canonical.Delivered, ShippedAt: placed}},
		{"a shipment without a state", "status", &canonical.Shipment{ID: "1", Order: "2", Lines: lines, ShippedAt: placed}},
		{"a shipment's parcel", "tracking[0].number", &canonical.Shipment{ID: "1", Order: "2", Status: canonical.Shipped, Lines: lines, ShippedAt: placed, Tracking: []canonical.Tracking{{}}}},
		{"a shipment's line", "lines[1].sku", &canonical.Shipment{ID: "1", Order: "2", Status: canonical.Shipped, ShippedAt: placed, Lines: []canonical.ShipmentLine{lines[0], {Quantity: one}}}},
		{"a request to cancel", "", &canonical.CancelRequest{ID: "1", Number: "SO-1", Order: "2", Status: "closed", RequestedAt: placed}},
		{"a request to cancel an order that is open", "status", &canonical.CancelRequest{ID: "1", Number: "SO-1", Order: "2", Status: "open", RequestedAt: placed}},
		{"a request to refund", "", &canonical.RefundRequest{ID: "1", Number: "1", Order: "2", Amount: eur(5), Refunded: eur(5), At: placed}},
		{"a request to refund in no currency", "amount.currency", &canonical.RefundRequest{ID: "1", Number: "1", Order: "2", Refunded: eur(5), At: placed}},
		{"a request to refund without its order", "order", &canonical.RefundRequest{ID: "1", Number: "1", Amount: eur(5), Refunded: eur(5), At: placed}},
		{"a request to cancel at no time", "requested_at", &canonical.CancelRequest{ID: "1", Number: "SO-1", Order: "2", Status: "cancelled"}},
		{"a sales order", "", &canonical.ERPOrder{ID: "1", Number: "SO-1", Order: "2", Status: "billed", Lines: []canonical.ERPLine{{SKU: "A", Ordered: one, Fulfilled: one, Billed: one}}, UpdatedAt: placed}},
		{"a sales order without a state", "status", &canonical.ERPOrder{ID: "1", Number: "SO-1", Order: "2", UpdatedAt: placed}},
		{"a sales order of nothing named", "lines[0].sku", &canonical.ERPOrder{ID: "1", Number: "SO-1", Order: "2", Status: "billed", Lines: []canonical.ERPLine{{Ordered: one, Fulfilled: one, Billed: one}}, UpdatedAt: placed}},
		{"a sales order at no time", "updated_at", &canonical.ERPOrder{ID: "1", Number: "SO-1", Order: "2", Status: "billed"}},
		{"a warehouse's order", "", &canonical.WarehouseOrder{ID: "1", Order: "2", Status: canonical.WarehouseReleased, ReleasedAt: placed}},
		{"a hold without a reason", "holds[0].reason", &canonical.WarehouseOrder{ID: "1", Order: "2", Status: canonical.WarehouseHeld, Holds: []canonical.Hold{{}}, ReleasedAt: placed}},
		{"a hold for nothing", "holds", &canonical.WarehouseOrder{ID: "1", Order: "2", Status: canonical.WarehouseHeld, ReleasedAt: placed}},
		{"a return", "", &canonical.Return{ID: "1", Order: "2", Lines: []canonical.ReturnLine{{SKU: "A", Quantity: one}}, At: placed}},
		{"a return at no time", "at", &canonical.Return{ID: "1", Order: "2", Lines: []canonical.ReturnLine{{SKU: "A", Quantity: one}}}},
	} {
		err := canonical.Validate(c.body)
		if c.field == "" && err != nil {
			t.Errorf("%s: %v", c.situation, err)
		}
		if c.field != "" && asError(t, err).Field != c.field {
			t.Errorf("%s: %v, want field %s", c.situation, err, c.field)
		}
	}
}

func TestEmailOfACustomer(t *testing.T) {
	t.Parallel()
	for email, valid := range map[string]bool{
		"": true, "ann@example.com": true, "ann+tag@example.co.uk": true, "änn@exämple.de": true, "a@b": true,
		strings.Repeat("a", 64) + "@" + strings.Repeat("b", 189): true,
		strings.Repeat("a", 64) + "@" + strings.Repeat("b", 190): false,
		strings.Repeat("a", 308) + "@example.com":                false,
		"ann@home@example.com":                                   false,
		"ann.example.com":                                        false,
		"@example.com":                                           false,
		"ann@":                                                   false,
		"ann lee@example.com":                                    false,
		"ann@example.com\x00":                                    false,
		"ann@exam\u00a0ple.com":                                  false,
	} {
		customer := &canonical.Customer{ID: "1", UpdatedAt: placed, Email: canonical.NewText(email)}
		err := canonical.Validate(customer)
		if (err == nil) != valid {
			t.Errorf("%q: %v", email, err)
		}
		if err != nil && (asError(t, err).Field != "email" || strings.Contains(err.Error(), email)) {
			t.Errorf("%q: the error %q names another field or shows the address", email, err)
		}
	}
	if err := canonical.Validate(&canonical.Customer{ID: "1", UpdatedAt: placed, Email: canonical.NullText()}); err != nil {
		t.Errorf("null: %v", err)
	}
}

func TestRulesAreSaidInWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		spoil func(*canonical.Order)
		want  string
	}{
		{func(o *canonical.Order) { o.ID = "" }, "id: is missing"},
		{func(o *canonical.Order) { o.Status = "x" }, "status: must be one of draft open cancelled closed"},
		{func(o *canonical.Order) { o.Currency = "XXX" }, "currency: not an ISO 4217 currency in use"},
		{func(o *canonical.Order) { o.Shipping.Country = "ZZ" }, "shipping.country: not an ISO 3166-1 alpha-2 country"},
		{func(o *canonical.Order) { o.Lines[0].Quantity.Value = mustDecimal(t, "-1") }, "lines[0].quantity.value: must not be negative"},
		{func(o *canonical.Order) { o.Name = strings.Repeat("a", 129) }, "name: must satisfy max=128"},
		{func(o *canonical.Order) { o.Tax.Currency = "USD" }, "tax: must be in EUR like the whole"},
	} {
		order := newOrder(t, 1)
		c.spoil(order)
		if err := canonical.Validate(order); err == nil || err.Error() != c.want {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// TestPersonalDataIsTagged walks every body: a field of such a name or kind must carry
// its pii tag, or logs and dead letters would show it.
func TestPersonalDataIsTagged(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"Email": "email", "Phone": "phone", "FirstName": "name", "LastName": "name", "Company": "name",
		"Line1": "address", "Line2": "address", "City": "address", "PostalCode": "address",
	}
	tagged := 0
	for _, kind := range canonical.Types() {
		for _, field := range fieldsOf(reflect.TypeOf(kind.New())) {
			if tag, personal := want[field.Name]; personal {
				tagged++
				if got := field.Tag.Get("pii"); got != tag {
					t.Errorf("%s: %s has the pii tag %q, want %q", kind.Name, field.Name, got, tag)
				}
			}
		}
	}
	if tagged < len(want) {
		t.Errorf("the walk met %d personal fields only", tagged)
	}
}

// TestFieldsAreNamedForJSON checks that JSON names are the Go names in snake_case, and that
// optional text has three states.
func TestFieldsAreNamedForJSON(t *testing.T) {
	t.Parallel()
	for _, kind := range canonical.Types() {
		for _, field := range fieldsOf(reflect.TypeOf(kind.New())) {
			name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name != snakeCase(field.Name) {
				t.Errorf("%s: %s is called %q in JSON", kind.Name, field.Name, name)
			}
			if field.Type == reflect.TypeFor[canonical.Text]() && options != "omitzero" {
				t.Errorf("%s: %s would write an absent text as null", kind.Name, field.Name)
			}
		}
	}
}

// snakeCase returns "postal_code" for "PostalCode", and "sku" for "SKU".
func snakeCase(name string) string {
	return strings.ToLower(wordBegins.ReplaceAllString(name, "${1}_${2}"))
}

var wordBegins = regexp.MustCompile(`([a-z0-9])([A-Z])`)

// fieldsOf returns the fields of a type and of every struct of this package within it.
func fieldsOf(kind reflect.Type) []reflect.StructField {
	for slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice}, kind.Kind()) {
		kind = kind.Elem()
	}
	if kind.Kind() != reflect.Struct || kind.PkgPath() != reflect.TypeFor[canonical.Order]().PkgPath() {
		return nil
	}
	var fields []reflect.StructField
	for field := range kind.Fields() {
		if field.IsExported() {
			fields = append(append(fields, field), fieldsOf(field.Type)...)
		}
	}
	return fields
}
