package netsuite_test

import (
	"slices"
	"strings"
	"testing"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// I11: a record is used only if transactions can name it.
func TestI11OnlyARecordThatCanBeUsedIsMatched(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		subsidiary string
		inactive   bool
		settings   map[string]string
		linked     bool
	}{
		"active, of the subsidiary": {"1", false, nil, true},
		"inactive":                  {"1", true, nil, false},
		"of another subsidiary":     {"2", false, nil, false},
		"not by e-mail":             {"1", false, map[string]string{"NETSUITE_MATCH_BY_EMAIL": "false"}, false},
	} {
		r := newRig(t, tc.settings)
		s := &sale{rig: r}
		id, err := r.fake.AddCustomerOf(tc.subsidiary, "", "ada@example.com", "Known before")
		s.must(err)
		s.must(r.fake.Deactivate(id, tc.inactive))
		receipt := r.mustDeliver(mustCase(t, "customer-person")[0])
		if receipt.Linked != tc.linked || (receipt.Ref == id) != tc.linked {
			t.Errorf("%s: got %+v", name, receipt)
		}
	}
}

// A record that was linked and then made inactive is left for one of our own; our own is a
// person's to decide about.
func TestI11ARecordThatWasMadeInactiveIsNotUsedAnyMore(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	s := &sale{rig: r}
	linked := mustAdd(t, r, "", "ada@example.com")
	m := mustCase(t, "customer-person")[0]
	r.mustDeliver(m)
	s.must(r.fake.Deactivate(linked, true))
	own := r.mustDeliver(m)
	if own.Linked || own.Ref == linked {
		t.Fatalf("got %+v", own)
	}
	s.must(r.fake.Deactivate(own.Ref, true))
	e := fault.As(second(r.deliver(t.Context(), m)))
	if e == nil || e.Kind != fault.Rejected || e.Class != fault.Conflict || !strings.Contains(e.Detail, "is inactive") {
		t.Errorf("our own, inactive: %v", e)
	}
}

func TestI11TheOrdersCurrencyIsAddedToItsCustomer(t *testing.T) {
	t.Parallel()
	s := newSale(t, canonical.Paid)
	s.order.Currency, s.order.Tax.Currency, s.order.Rounding.Currency = "EUR", "EUR", "EUR"
	for i := range s.order.Lines {
		s.order.Lines[i].Discount.Currency, s.order.Lines[i].Tax.Currency = "EUR", "EUR"
	}
	receipt, err := s.try(t.Context(), canonical.OrderPlaced)
	s.must(err)
	if got := s.fake.Customers()[0]; !slices.Equal(got.Currencies, []string{"1", "4"}) || !strings.Contains(receipt.Detail, "EUR is added to customer "+got.ID) {
		t.Errorf("the customer is %+v, the receipt says %q", got, receipt.Detail)
	}
}

func TestACustomerIsRenamed(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	m := mustCase(t, "customer-person")[0]
	r.mustDeliver(m)
	r.mustDeliver(edit(t, edit(t, m, `"first_name":"Ada"`, `"first_name":"Augusta"`), `"last_name":"Byron"`, `"last_name":"King"`))
	if got := r.fake.Customers(); len(got) != 1 || got[0].FirstName != "Augusta" || got[0].LastName != "King" || got[0].Writes != 2 {
		t.Errorf("customers are %+v", got)
	}
}
