package woocommerce_test

import (
	"testing"
	"time"

	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

func recordedCustomer(t testing.TB) []byte { return mustRead(t, "customer.updated", "in.body.json") }

func TestTheLatestOrderDescribesAGuest(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	order := woocommercetest.NewOrder(12, 1)
	order.Customer, order.Buyer.Email = 0, " Ada.Byron@Example.com "
	first := event(mustTranslate(t, source, "order.created", order.Body()), canonical.CustomerUpserted)
	order.ID, order.Created, order.Modified, order.Buyer.Email = 13, order.Created.Add(time.Hour), order.Modified.Add(time.Hour), "ada.byron@example.com"
	second := event(mustTranslate(t, source, "order.created", order.Body()), canonical.CustomerUpserted)
	want := message.Key{System: "woocommerce", Tenant: "shop.example", Type: "customer", ID: canonical.GuestID("ada.byron@example.com")}
	if first.Entity != want || second.Entity != want || !second.UpdatedAt.After(first.UpdatedAt) {
		t.Errorf("B10: %s %v, then %s %v; want %s twice", first.Entity, first.UpdatedAt, second.Entity, second.UpdatedAt, want)
	}
	if guest, ok := first.Body.(*canonical.Customer); !ok || !guest.Guest || guest.Email.String() != "Ada.Byron@Example.com" {
		t.Errorf("B10: guest is %+v", first.Body)
	}
}

func TestOrdersWaitForTheirCustomerAndPaymentsForTheirOrder(t *testing.T) {
	t.Parallel()
	translation := mustTranslate(t, mustOpen(t, nil).Source, "order.created", recordedOrder(t))
	customer, order, payment := translation.Events[0], translation.Events[1], translation.Events[2]
	if len(customer.Parents) != 0 || len(order.Parents) != 1 || order.Parents[0] != customer.Entity ||
		len(payment.Parents) != 1 || payment.Parents[0] != order.Entity {
		t.Errorf("parents are %v, %v, %v", customer.Parents, order.Parents, payment.Parents)
	}
}

func TestAddressesAreKeptOrAbsent(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	blank := map[string]any{"first_name": "", "last_name": "", "address_1": "", "city": nil, "country": ""}
	partial := map[string]any{"company": "Byron & Co", "country": "IE", "postcode": "", "phone": "+353 1 555 0100"}
	for name, tc := range map[string]struct {
		changes map[string]any
		holds   func(*canonical.Order) bool
	}{
		"nothing was given":    {map[string]any{"shipping": blank}, func(o *canonical.Order) bool { return o.Shipping == nil && o.Billing != nil }},
		"absent":               {map[string]any{"shipping": absent}, func(o *canonical.Order) bool { return o.Shipping == nil }},
		"country alone":        {map[string]any{"shipping": map[string]any{"country": "us"}}, func(o *canonical.Order) bool { return o.Shipping.Country == "US" }},
		"B11 company only":     {map[string]any{"shipping": partial}, func(o *canonical.Order) bool { return o.Shipping.Company.String() == "Byron & Co" }},
		"B11 no postcode":      {map[string]any{"shipping": partial}, func(o *canonical.Order) bool { return o.Shipping.PostalCode == canonical.NewText("") }},
		"44 absent stays":      {map[string]any{"shipping": partial}, func(o *canonical.Order) bool { return o.Shipping.Line1.IsZero() }},
		"B10 phone as written": {map[string]any{"shipping": partial}, func(o *canonical.Order) bool { return o.Shipping.Phone.String() == "+353 1 555 0100" }},
		"44 null stays": {
			map[string]any{"shipping": map[string]any{"city": nil, "country": "IE"}},
			func(o *canonical.Order) bool { return o.Shipping.City.IsNull() },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if order := placed(t, source, mustEdit(t, recordedOrder(t), tc.changes)); !tc.holds(order) {
				t.Errorf("billing %+v, shipping %+v", order.Billing, order.Shipping)
			}
		})
	}
}

func TestCustomerDeliveries(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	for name, tc := range map[string]struct {
		changes map[string]any
		holds   func(*canonical.Customer) bool
	}{
		"never changed": {
			map[string]any{"date_modified": nil, "date_modified_gmt": nil, "date_created_gmt": "2026-11-20T10:00:00"},
			func(c *canonical.Customer) bool { return c.UpdatedAt.Format(time.RFC3339) == "2026-11-20T10:00:00Z" },
		},
		"B10 mixed-case e-mail": {map[string]any{"email": "Ada@Example.COM"}, func(c *canonical.Customer) bool { return c.Email.String() == "Ada@Example.COM" && !c.Guest }},
		"B10 no addresses":      {map[string]any{"billing": absent, "shipping": absent}, func(c *canonical.Customer) bool { return c.Address == nil && c.Phone.IsZero() }},
		"shipping address alone": {
			map[string]any{"billing": map[string]any{"email": "ada@example.com"}, "shipping": map[string]any{"city": "Cork", "country": "IE"}},
			func(c *canonical.Customer) bool { return c.Address.City.String() == "Cork" },
		},
		"null name": {map[string]any{"first_name": nil}, func(c *canonical.Customer) bool { return c.FirstName.IsNull() && c.LastName.String() == "Byron" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			translation := mustTranslate(t, source, "customer.updated", mustEdit(t, recordedCustomer(t), tc.changes))
			customer, ok := translation.Events[0].Body.(*canonical.Customer)
			if !ok || !tc.holds(customer) {
				t.Errorf("customer is %+v", customer)
			}
			if err := canonical.Validate(customer); err != nil {
				t.Error(err)
			}
			if got := translation.Events[0].UpdatedAt; !got.Equal(customer.UpdatedAt) {
				t.Errorf("version %v, want %v", got, customer.UpdatedAt)
			}
		})
	}
}

func TestUnusableCustomersAreRefused(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	for name, tc := range map[string]struct {
		changes map[string]any
		class   fault.Class
		field   string
	}{
		"44 no id":         {map[string]any{"id": absent}, fault.Schema, "id"},
		"44 null id":       {map[string]any{"id": nil}, fault.Schema, "id"},
		"47 e-mail object": {map[string]any{"email": map[string]any{}}, fault.Schema, "email"},
		"60 no such day":   {map[string]any{"date_modified_gmt": "2026-02-30T00:00:00"}, fault.Value, "date_modified_gmt"},
		"no date at all": {
			map[string]any{"date_created": nil, "date_created_gmt": nil, "date_modified": nil, "date_modified_gmt": nil},
			fault.Schema, "date_created_gmt",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := source.Translate(t.Context(), raw("customer.updated", mustEdit(t, recordedCustomer(t), tc.changes)))
			checkFault(t, err, fault.Invalid, tc.class, tc.field)
		})
	}
}
