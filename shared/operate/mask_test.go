package operate_test

import (
	"strings"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/operate"
)

func order() *canonical.Order {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	return &canonical.Order{
		ID: "5001", Name: "#1001", Status: canonical.OrderOpen, Financial: canonical.Paid, PlacedAt: at, UpdatedAt: at, Currency: "EUR",
		Buyer:    canonical.Buyer{Customer: "7", Email: canonical.NewText("ada@example.com"), Phone: canonical.NewText("+49 30 1")},
		Shipping: &canonical.Address{FirstName: canonical.NewText("Ada"), Line1: canonical.NewText("Street 1"), Country: "DE"},
		Note:     canonical.NewText("ring at Lovelace"), Company: &canonical.Company{Name: "Lovelace Ltd"},
		Lines: []canonical.OrderLine{{ID: "1", SKU: "TRAIL-42", Title: "Shoe"}, {ID: "2", SKU: "TRAIL-43"}},
		Total: canonical.Money{Minor: 1234567890123456789, Currency: "EUR"},
	}
}

func TestMaskedEventShowsNothingPersonal(t *testing.T) {
	t.Parallel()
	body, err := canonical.Encode(order())
	if err != nil {
		t.Fatal(err)
	}
	text := operate.MaskEvent(canonical.OrderPlaced, body)
	for _, personal := range []string{"ada@example.com", "+49", "Street", `"Ada"`, "Lovelace"} {
		if strings.Contains(text, personal) {
			t.Errorf("%q is shown: %s", personal, text)
		}
	}
	for _, shown := range []string{"#1001", "TRAIL-42", "1234567890123456789", `"DE"`} {
		if !strings.Contains(text, shown) {
			t.Errorf("%q is masked: %s", shown, text)
		}
	}
	if text := operate.MaskEvent(canonical.OrderPlaced, []byte(`{"id":7}`)); strings.Contains(text, "7") {
		t.Errorf("a body of another type is shown: %s", text)
	}
}

func TestMaskedChangesShowNothingPersonal(t *testing.T) {
	t.Parallel()
	changes := []operate.Change{
		{Field: "lines[0].sku", Before: `"A"`, After: `"B"`, Mark: "changed"}, {Field: "shipping.line1", Before: `"Street 1"`, After: `"Street 2"`, Mark: "changed"},
	}
	got := operate.MaskChanges(canonical.OrderPlaced, changes)
	if got[0] != changes[0] || got[1] != (operate.Change{Field: "shipping.line1", Before: operate.Masked, After: operate.Masked, Mark: "changed"}) || changes[1].After != `"Street 2"` {
		t.Errorf("masked %+v of %+v", got, changes)
	}
	if got := operate.MaskChanges("orders/create", changes); got[0].After != operate.Masked {
		t.Errorf("of a type without a model: %+v", got)
	}
}

func TestMaskedPayloadShowsKnownFieldsOnly(t *testing.T) {
	t.Parallel()
	text := operate.MaskPayload([]byte(`{"id":5001,"name":"#1001","email":"ada@example.com","customer":{"id":7,"name":"Ada"},"note_attributes":[{"name":"gift","value":"for Ada"}],
		"shipping_address":{"name":"Ada Lovelace","zip":10115,"country":"Germany"},"line_items":[{"sku":"TRAIL-42","price":"19.00"}],"unheard":"Ada"}`))
	if strings.Contains(text, "Ada") || strings.Contains(text, "10115") || strings.Contains(text, "@") {
		t.Errorf("personal data is shown: %s", text)
	}
	for _, shown := range []string{"#1001", "TRAIL-42", "19.00", "5001"} {
		if !strings.Contains(text, shown) {
			t.Errorf("%q is masked: %s", shown, text)
		}
	}
	if text := operate.MaskPayload([]byte("Ada Lovelace")); strings.Contains(text, "Ada") {
		t.Errorf("what is no JSON is shown: %s", text)
	}
}

func TestValueAtFault(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"lines[1].sku": "TRAIL-43", "currency": "EUR", "buyer.customer": "7", "shipping.country": "DE", "test": "false",
		"lines[9].sku": "", "lines.sku": "", "nothing": "", "": "", "lines": "",
		"buyer.email": "", "shipping.line1": "", "note": "", "company.name": "",
	} {
		if got := operate.ValueAt(order(), path); got != want {
			t.Errorf("%s = %q, want %q", path, got, want)
		}
	}
}

func TestDiffNamesEachField(t *testing.T) {
	t.Parallel()
	changes, err := operate.Diff([]byte(`{"a":1,"l":[{"s":"x"}],"gone":true,"big":9007199254740993}`), []byte(`{"a":2,"l":[{"s":"y"},{"s":"z"}],"big":9007199254740993}`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range changes {
		got = append(got, c.Field+" "+c.Mark)
	}
	if want := "a changed, gone removed, l[0].s changed, l[1].s added"; strings.Join(got, ", ") != want {
		t.Errorf("changes %q, want %q", got, want)
	}
	if _, err := operate.Diff([]byte("{"), nil); err == nil {
		t.Error("no JSON was compared")
	}
}

func TestBriefLeavesOutWhatWasAttempted(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`writing salesOrder x to netsuite: lines[0].sku: "T": no item`: `lines[0].sku: "T": no item`,
		"writing salesOrder x to netsuite: it is full":                 "it is full",
		"the door is closed": "the door is closed",
	} {
		if got := operate.Brief(text, "lines[0].sku"); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestAgo(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Second: "0 s", 59 * time.Second: "59 s", time.Minute: "1 m", 6*time.Hour + 12*time.Minute: "6 h 12 m", 13*24*time.Hour + 17*time.Hour: "13 d 17 h",
	} {
		if got := operate.Ago(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
}
