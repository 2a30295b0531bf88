package netsuite_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"causeway.example/functions/netsuite"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// showing has the field of every account of the fake.
var showing = map[string]string{"NETSUITE_WAREHOUSE_FIELD": netsuitetest.WarehouseField}

func heldBy(reasons ...string) *canonical.WarehouseOrder {
	w := &canonical.WarehouseOrder{Status: canonical.WarehouseHeld}
	for _, reason := range reasons {
		w.Holds = append(w.Holds, canonical.Hold{Reason: reason})
	}
	return w
}

// standingOf is an event of what a warehouse has of the order.
func standingOf(t *testing.T, order message.Key, w *canonical.WarehouseOrder) *message.Message {
	t.Helper()
	w.ID, w.Order, w.ReleasedAt = "56", order.ID, noon
	text, err := canonical.Encode(w)
	if err != nil {
		t.Fatal(err)
	}
	return &message.Message{
		ID: "m-56", Source: "causeway.depot", Type: w.EventType(), Subject: "warehouse_order/" + order.String(), Tenant: "depot-1", Parents: []message.Key{order}, Body: text,
	}
}

// fieldsOf returns the fields of all sales orders of the account.
func fieldsOf(fake *netsuitetest.Fake) string {
	var all []string
	for _, o := range fake.Orders() {
		if o.Warehouse != "" {
			all = append(all, o.Warehouse)
		}
	}
	return strings.Join(all, "\n")
}

func (s *sale) stands(w *canonical.WarehouseOrder) (connector.Receipt, error) {
	s.t.Helper()
	return s.deliver(s.t.Context(), standingOf(s.t, saleKey, w))
}

// Each state replaces the one before, in one request, and one that is shown already is not sent.
func TestTheSalesOrderShowsWhatTheWarehouseHas(t *testing.T) {
	t.Parallel()
	s := newPaidSaleWith(t, showing)
	two := pieces("2")
	short := &canonical.WarehouseOrder{Status: canonical.WarehouseDiscrepancy, Lines: []canonical.WarehouseLine{{SKU: "TEE-BLK-M", Ordered: pieces("3"), Shipped: &two}}}
	for _, c := range []struct {
		state *canonical.WarehouseOrder
		want  string
		calls []string
	}{
		{&canonical.WarehouseOrder{Status: canonical.WarehouseReleased}, "released", []string{"GET", "PATCH"}},
		{heldBy("OutOfStock", "InvalidAddress"), "held: OutOfStock, InvalidAddress", []string{"GET", "PATCH"}},
		{heldBy("OutOfStock", "InvalidAddress"), "held: OutOfStock, InvalidAddress", []string{"GET"}},
		{heldBy("on\n hold\t by  a person "), "held: on hold by a person", []string{"GET", "PATCH"}},
		{heldBy("on hold by a person"), "held: on hold by a person", []string{"GET"}},
		{short, "discrepancy: 2 of 3 TEE-BLK-M left", []string{"GET", "PATCH"}},
		{&canonical.WarehouseOrder{Status: canonical.WarehouseCancelled}, "cancelled", []string{"GET", "PATCH"}},
	} {
		before := len(s.fake.Calls())
		receipt, err := s.stands(c.state)
		s.must(err)
		var calls []string
		for _, call := range s.callsSince(before) {
			method, _, _ := strings.Cut(call, " ")
			calls = append(calls, method)
		}
		if got := fieldsOf(s.fake); got != c.want || !slices.Equal(calls, c.calls) || receipt.Linked != (len(calls) == 1) || receipt.Ref != s.fake.Orders()[0].ID {
			t.Errorf("shows %q, want %q; calls %q, want %q; %+v", got, c.want, calls, c.calls, receipt)
		}
	}
}

// The field holds 300 bytes. A longer text is cut at a character, with a note, or rejected by the
// setting.
func TestWordsOfAWarehouseFitTheField(t *testing.T) {
	t.Parallel()
	s := newPaidSaleWith(t, showing)
	for name, reason := range map[string]string{
		"of one byte": strings.Repeat("a", 400), "of words": strings.Repeat("ab ", 120), "of two bytes": strings.Repeat("é", 160), "of four bytes": strings.Repeat("😀", 90),
		"just too long": strings.Repeat("a", 300-len("held: ")) + "b", "by one of four bytes": strings.Repeat("a", 297-len("held: ")) + "😀",
	} {
		receipt, err := s.stands(heldBy(reason))
		s.must(err)
		got := fieldsOf(s.fake)
		if len(got) > 300 || len(got) < 200 || !utf8.ValidString(got) || !strings.HasPrefix(got, "held: ") || !strings.HasSuffix(got, "…") ||
			len(receipt.Notes) != 1 || receipt.Notes[0].Field != "holds" || !strings.Contains(receipt.Detail, "is cut to") {
			t.Errorf("%s: %d bytes %q, %+v", name, len(got), got, receipt)
		}
	}
	exact := "held: " + strings.Repeat("a", 300-len("held: "))
	receipt, err := s.stands(heldBy(exact[len("held: "):]))
	if s.must(err); fieldsOf(s.fake) != exact || len(receipt.Notes) != 0 {
		t.Errorf("shows %q, %+v", fieldsOf(s.fake), receipt)
	}
	s.system = s.under(map[string]string{"NETSUITE_WAREHOUSE_FIELD": netsuitetest.WarehouseField, "NETSUITE_TEXT": "refuse"})
	_, err = s.stands(heldBy(exact))
	if f := fault.As(err); f == nil || f.Kind != fault.Rejected || f.Class != fault.Value || f.Field != "holds" || fieldsOf(s.fake) != exact {
		t.Errorf("%+v, shows %q", f, fieldsOf(s.fake))
	}
}

// Without the setting nothing is asked for. One that the account does not have, or an order that it does
// not have, is named.
func TestAFieldThatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	s := newPaidSaleWith(t, nil)
	before := len(s.fake.Calls())
	receipt, err := s.stands(heldBy("OutOfStock"))
	if s.must(err); !receipt.Linked || receipt.Detail != "not shown: NETSUITE_WAREHOUSE_FIELD is not set" || len(s.callsSince(before)) != 0 {
		t.Errorf("without the setting %+v", receipt)
	}
	s.system = s.under(map[string]string{"NETSUITE_WAREHOUSE_FIELD": "custbody_nobody_made"})
	_, err = s.stands(heldBy("OutOfStock"))
	if f := fault.As(err); f == nil || f.Kind != fault.Rejected || f.Class != fault.Config || f.Field != "NETSUITE_WAREHOUSE_FIELD" || !strings.Contains(f.Detail, "a text for custbody_nobody_made of a sales order; create it") {
		t.Errorf("a field that the account does not have: %+v", f)
	}
	s.system = s.under(showing)
	for _, c := range []struct {
		method, code, path string
		status             int
		want               fault.Class
	}{
		{"GET", "INVALID_PARAMETER", "", 400, fault.Config},
		{"GET", "INSUFFICIENT_PERMISSION", "", 403, fault.Auth},
		{"GET", "UNEXPECTED_ERROR", "", 500, fault.Intermittent},
		{"PATCH", "USER_ERROR", netsuitetest.WarehouseField, 400, fault.Config}, // it is shorter there
		{"PATCH", "USER_ERROR", "", 400, fault.Value},
		{"PATCH", "INVALID_VALUE", "", 400, fault.Config},
		{"PATCH", "INVALID_VALUE", "custbody_gift", 400, fault.Value}, // the form requires it
		{"PATCH", "RCRD_LOCKED_BY_WF", "", 400, fault.Conflict},
	} {
		s.fake.Plan(netsuitetest.Fault{Method: c.method, PathContains: "salesOrder", Do: netsuitetest.Answer(c.status, c.code, c.path)})
		_, err = s.stands(heldBy("OutOfStock"))
		if f := fault.As(err); f == nil || f.ClassOrDefault() != c.want || (f.Field == "NETSUITE_WAREHOUSE_FIELD") != (c.want == fault.Config) {
			t.Errorf("%s %s: %+v", c.method, c.code, f)
		}
	}
	delete(s.refs, saleKey.String())
	_, err = s.stands(heldBy("OutOfStock"))
	if f := fault.As(err); f == nil || f.Kind != fault.NotReady || f.Field != "order" {
		t.Errorf("an order that is not there yet: %+v", f)
	}
	s.refs[saleKey.String()] = "999"
	_, err = s.stands(heldBy("OutOfStock"))
	if f := fault.As(err); f == nil || f.Class != fault.MissingRef || f.Field != "order" || f.Detail != "sales order 999 was deleted in NetSuite" {
		t.Errorf("an order that was deleted: %+v", f)
	}
}

func TestTheFieldOfTheWarehouseHasAForm(t *testing.T) {
	t.Parallel()
	settings := netsuitetest.New(clock).Settings("http://127.0.0.1:1")
	for value, want := range map[string]string{"memo": "must begin with custbody", "custbody_WAREHOUSE": "must be in lower case", "custbody_" + strings.Repeat("x", 40): "must have 40 characters at most"} {
		settings["NETSUITE_WAREHOUSE_FIELD"] = value
		_, err := netsuite.Open(settings, connector.Deps{HTTP: http.DefaultTransport, Now: clock})
		if err == nil || !strings.Contains(err.Error(), "NETSUITE_WAREHOUSE_FIELD: "+want) {
			t.Errorf("%s: %v", value, err)
		}
	}
}
