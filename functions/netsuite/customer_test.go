package netsuite_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"causeway.example/functions/netsuite"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/netsuite/record"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

func mustAdd(t *testing.T, r *rig, external, email string) string {
	t.Helper()
	id, err := r.fake.AddCustomer(external, email, "Was there before")
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// B10: who a customer is, is decided by our key, then by the exact e-mail address.
func TestCustomerIsMatched(t *testing.T) {
	t.Parallel()
	const store = "shopify__example-brand_myshopify_com__customer__"
	for name, tc := range map[string]struct {
		before [][2]string // external id and e-mail address, oldest first
		linked int         // which of them, -1 for a record of our own
	}{
		"nobody is there":                        {nil, -1},
		"one without external id":                {[][2]string{{"", "ada@example.com"}}, 0},
		"written otherwise":                      {[][2]string{{"", "ADA@Example.com"}}, 0},
		"one of another store":                   {[][2]string{{"woocommerce__shop_example_com__customer__7", "ada@example.com"}}, 0},
		"another person of this store":           {[][2]string{{store + "9", "ada@example.com"}}, -1},
		"another person of this store, in caps":  {[][2]string{{strings.ToUpper(store) + "9", "ada@example.com"}}, -1},
		"several, the oldest is taken":           {[][2]string{{store + "9", "ada@example.com"}, {"", "ada@example.com"}, {"erp-7", "ada@example.com"}}, 1},
		"almost the same address":                {[][2]string{{"", "ada+1@example.com"}, {"", "ada@example.com.au"}}, -1},
		"a store whose name begins the same way": {[][2]string{{"shopify__example-brand_myshopify_com_au__customer__9", "ada@example.com"}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil)
			var ids []string
			for _, c := range tc.before {
				ids = append(ids, mustAdd(t, r, c[0], c[1]))
			}
			m := mustCase(t, "customer-person")[0]
			receipt := r.mustDeliver(m)
			if tc.linked >= 0 && receipt.Ref != ids[tc.linked] {
				t.Errorf("linked to %s, want %s", receipt.Ref, ids[tc.linked])
			}
			own := r.fake.Writes("customer", record.ExternalID(m.Key()))
			if (own > 0) != (tc.linked < 0) {
				t.Errorf("our own record was written %d times", own)
			}
			again := r.mustDeliver(m)
			if again.Ref != receipt.Ref || len(r.fake.Customers()) > len(tc.before)+1 {
				t.Errorf("delivered again: %+v, first %+v", again, receipt)
			}
		})
	}
}

func TestOldestIsTheLowestNumber(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	skus := make([]string, 388) // up to the internal id 998
	for i := range skus {
		skus[i] = strconv.Itoa(i)
	}
	if err := r.fake.AddItem(skus...); err != nil {
		t.Fatal(err)
	}
	oldest := mustAdd(t, r, "", "ada@example.com")
	if next := mustAdd(t, r, "", "ada@example.com"); oldest != "999" || next != "1000" {
		t.Fatalf("the ids are %s and %s", oldest, next)
	}
	if got := r.mustDeliver(mustCase(t, "customer-person")[0]).Ref; got != oldest {
		t.Errorf("linked to %s, want %s", got, oldest)
	}
}

func TestLinkedCustomerIsNeverWritten(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := mustAdd(t, r, "", "tim@example.com")
	messages := mustCase(t, "customer-update-clears-phone")
	r.mustDeliver(messages...)
	got := r.fake.Customers()
	if len(got) != 1 || got[0].ID != id || got[0].Writes != 1 {
		t.Errorf("customers are %+v", got)
	}
}

func TestOwnRecordUnderAnotherAddressIsNotLeft(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	m := mustCase(t, "customer-person")[0]
	own := r.mustDeliver(m).Ref
	mustAdd(t, r, "", "ada.new@example.com")
	clear(r.refs) // the confirmation was lost
	moved := edit(t, m, "ada@example.com", "ada.new@example.com")
	if got := r.mustDeliver(moved).Ref; got != own {
		t.Errorf("ref is %s, want our own %s", got, own)
	}
}

func TestDeletedRecordIsMadeAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	m := mustCase(t, "customer-person")[0]
	r.refs[m.Key().String()] = "999"
	receipt := r.mustDeliver(m)
	if receipt.Ref == "999" || len(r.fake.Customers()) != 1 {
		t.Errorf("got %+v with %+v", receipt, r.fake.Customers())
	}
}

func TestOverrideBeatsEverything(t *testing.T) {
	t.Parallel()
	m := mustCase(t, "customer-guest-mixed-case-email")[0]
	r := newRig(t, map[string]string{"NETSUITE_CUSTOMER_OVERRIDES": m.Key().String() + "=4711"})
	mustAdd(t, r, "", "grace@example.com")
	before := len(r.fake.Calls())
	receipt := r.mustDeliver(m)
	if receipt.Ref != "4711" || len(r.callsSince(before)) != 0 {
		t.Errorf("got %+v after %v", receipt, r.callsSince(before))
	}
}

func TestQuoteInAnAddressStaysInsideTheQuery(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := mustAdd(t, r, "", "o'brien@example.com")
	m := edit(t, mustCase(t, "customer-person")[0], "ada@example.com", "O'Brien@example.com")
	if got := r.mustDeliver(m).Ref; got != id {
		t.Errorf("linked to %s, want %s", got, id)
	}
	evil := edit(t, mustCase(t, "customer-company")[0], "Office@Example.com", "x'OR'1'='1@example.com")
	if got := r.mustDeliver(evil).Ref; got == id {
		t.Error("the address ended the literal")
	}
}

func TestCustomersOfOneStoreWithOneAddressAreTwo(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	m := mustCase(t, "customer-person")[0]
	other := *m
	other.Subject = "customer/999"
	if first, second := r.mustDeliver(m).Ref, r.mustDeliver(&other).Ref; first == second {
		t.Error("two people became one")
	}
}

func TestUpdateLeavesClearsAndSets(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	messages := mustCase(t, "customer-update-clears-phone")
	r.mustDeliver(messages...)
	got := r.fake.Customers()[0]
	if got.FirstName != "Tim" || got.LastName != "Lee" || got.Phone != "" || got.Addresses != 1 || got.Writes != 2 {
		t.Errorf("after an update without names and with phone null: %+v", got)
	}
	withAddress := *messages[0]
	r.mustDeliver(&withAddress)
	if got := r.fake.Customers()[0]; got.Addresses != 1 || got.Phone == "" {
		t.Errorf("after another with an address: %+v", got)
	}
}

func TestCustomerIsRefusedWithItsField(t *testing.T) {
	t.Parallel()
	r := newRig(t, map[string]string{"NETSUITE_TEXT": "refuse"})
	for field, tc := range map[string]struct{ old, replacement string }{
		"phone":           {`"phone":"+1 212 555 0100","address"`, `"phone":"` + strings.Repeat("1 ", 17) + `","address"`},
		"first_name":      {`"first_name":"Ada","last_name":"Byron","phone"`, `"first_name":"` + strings.Repeat("é", 33) + `","last_name":"Byron","phone"`},
		"address.country": {`"country":"US",`, ""},
		"address.city":    {"New York", strings.Repeat("New York ", 6)},
	} {
		m := edit(t, mustCase(t, "customer-person")[0], tc.old, tc.replacement)
		_, err := r.system.Target.Deliver(t.Context(), r.unchecked(m))
		if e := fault.As(err); e == nil || e.Kind != fault.Rejected || e.ClassOrDefault() != fault.Value || e.Field != field {
			t.Errorf("got %v, want a refused value at %s", err, field)
		}
	}
	if got := r.fake.Customers(); len(got) != 0 {
		t.Errorf("customers are %+v", got)
	}
}

// What NetSuite itself refuses is told in our terms too.
func TestNetSuitesOwnRefusalIsTranslated(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	m := edit(t, mustCase(t, "customer-person")[0], "ada@example.com", "ada.example.com")
	_, err := r.system.Target.Deliver(t.Context(), r.unchecked(m))
	e := fault.As(err)
	if e == nil || e.Kind != fault.Rejected || e.Field != "email" || e.Code != "USER_ERROR" || strings.Contains(err.Error(), "ada.example.com") {
		t.Errorf("got %v (%+v)", err, e)
	}
}

func TestUnknownEntityIsOurDefect(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	if _, err := r.system.Target.Find(t.Context(), message.Key{Type: "payout"}); fault.KindOf(err) != fault.Unknown || err == nil {
		t.Errorf("Find of a shipment: %v", err)
	}
	m := mustCase(t, "customer-person")[0]
	if _, err := r.system.Target.Deliver(t.Context(), connectorDelivery(m, new(int), nil)); fault.KindOf(err) != fault.Unknown || err == nil {
		t.Errorf("a body that is none: %v", err)
	}
}

func TestAnUnchangedCustomerIsNotWritten(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	m := mustCase(t, "customer-person")[0]
	before := len(r.fake.Calls())
	r.mustDeliver(m)
	if got := verbs(r.callsSince(before)); got != "POST PUT" {
		t.Errorf("creating took %s", got)
	}
	before = len(r.fake.Calls())
	r.mustDeliver(m)
	if got := verbs(r.callsSince(before)); got != "GET" {
		t.Errorf("repeating took %s", got)
	}
	delete(r.refs, m.Key().String()) // as after the answer was lost
	before = len(r.fake.Calls())
	r.mustDeliver(m)
	if got := verbs(r.callsSince(before)); got != "POST GET" || r.fake.Customers()[0].Writes != 1 {
		t.Errorf("looking it up again took %s: %+v", got, r.fake.Customers())
	}
}

func TestOnlyWhatDiffersOfACustomerIsSent(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	m := mustCase(t, "customer-person")[0]
	r.mustDeliver(m)
	for _, tc := range []struct{ old, replacement, replace, want string }{
		{`"first_name":"Ada","last_name":"Byron","phone"`, `"first_name":"Ada","last_name":"Lovelace","phone"`, "", `{"lastName":"Lovelace"}`},
		{`"city":"New York"`, `"city":"Albany"`, "?replace=addressBook", `{"addressBook":{"items":[{"defaultShipping":true,"defaultBilling":true,"addressBookAddress":{"addressee":"Ada Byron",`},
	} {
		m = edit(t, m, tc.old, tc.replacement)
		before := len(r.fake.Calls())
		r.mustDeliver(m)
		body := ""
		for _, record := range r.fake.Books() {
			if record.Type == "customer" {
				body = string(last(record.Bodies))
			}
		}
		if calls := r.callsSince(before); !strings.HasPrefix(body, tc.want) || verbs(calls) != "GET PATCH" || !strings.HasSuffix(last(calls), "customer/"+r.fake.Customers()[0].ID+tc.replace) {
			t.Errorf("sent %s by %v, want %s", body, calls, tc.want)
		}
	}
}

// Two people of one name collide where an account names its customers.
func TestATakenNameGetsTheStoresID(t *testing.T) {
	t.Parallel()
	for text, taken := range map[string]int{"This entity already exists.": 1, "A customer record with this ID already exists. You must enter a unique customer ID": 1} {
		r := newRig(t, nil)
		m := mustCase(t, "customer-person")[0]
		r.fake.Plan(netsuitetest.Fault{Method: http.MethodPut, Times: taken, Do: netsuitetest.AnswerText(400, "USER_ERROR", "", text)})
		r.mustDeliver(m)
		if body := string(last(r.fake.Books()[0].Bodies)); !strings.Contains(body, `"entityId":"Ada Byron 115310627314723954"`) {
			t.Errorf("sent %s", body)
		}
	}
	r := newRig(t, nil)
	r.fake.Plan(netsuitetest.Fault{Method: http.MethodPut, Times: 2, Do: netsuitetest.AnswerText(400, "USER_ERROR", "", "This entity already exists.")})
	e := fault.As(second(r.deliver(t.Context(), mustCase(t, "customer-person")[0])))
	if e == nil || e.Kind != fault.Rejected || e.Class != fault.Conflict || e.Code != "UNIQUE_CUST_ID_REQD" || !strings.Contains(e.Detail, "NETSUITE_CUSTOMER_OVERRIDES") {
		t.Errorf("taken twice: %+v", e)
	}
}

func TestAUniqueNameFitsItsField(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]canonical.Customer{
		"Ada Byron 7":                   {ID: "7", FirstName: canonical.NewText("Ada"), LastName: canonical.NewText("Byron")},
		"AE 7":                          {ID: "7", Company: canonical.NewText("AE")},
		"Customer 7":                    {ID: "7"},
		strings.Repeat("é", 81) + " 7":  {ID: "7", LastName: canonical.NewText(strings.Repeat("é", 81))},
		strings.Repeat("é", 80) + " 77": {ID: "77", LastName: canonical.NewText(strings.Repeat("é", 81))},
	} {
		if got := netsuite.UniqueName(&c); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
