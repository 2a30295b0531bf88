package netsuite_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/record"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// TestARecordHasTheAmountOfItsMessage delivers the approved orders and payments and asks for
// them by total, by list and by ID.
func TestARecordHasTheAmountOfItsMessage(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/[op]*/in.json")
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d cases: %v", len(paths), err)
	}
	for _, path := range paths {
		name := filepath.Base(filepath.Dir(path))
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, caseSettings[name])
			if _, err := r.fake.AddCustomer("", "till@example.com", "Till"); err != nil {
				t.Fatal(err)
			}
			messages := mustCase(t, name)
			r.mustDeliver(messages...)
			m := last(messages)
			body, err := canonical.Decode(m.Type, m.Body)
			if err != nil {
				t.Fatal(err)
			}
			at, amount := dated(t, body)
			book := bookOf(m)
			span := dayOf(at.In(r.system.Auditor.Calendar().Zone))
			page, err := r.system.Auditor.Records(t.Context(), book, span, "")
			if err != nil || len(page.Records) != 1 || page.Cursor != "" {
				t.Fatalf("listed %+v, %v", page, err)
			}
			got := page.Records[0]
			if got.ID != m.Key().ID || got.Amount != amount || got.Err != nil || got.Ref != r.refs[m.Key().String()] || !got.At.Equal(span.From) {
				t.Errorf("listed %+v, want %s with %v", got, m.Key().ID, amount)
			}
			totals, err := r.system.Auditor.Totals(t.Context(), book, span)
			if err != nil || totals.Count != 1 || !slices.Equal(totals.Sums, []canonical.Money{amount}) {
				t.Errorf("counted %+v, %v", totals, err)
			}
			for _, beside := range []connector.Span{{From: span.From.AddDate(0, 0, -1), To: span.From}, {From: span.To, To: span.To.AddDate(0, 0, 1)}} {
				if totals, err := r.system.Auditor.Totals(t.Context(), book, beside); err != nil || totals.Count != 0 || totals.Sums == nil || len(totals.Sums) > 0 {
					t.Errorf("beside the day %+v, %v", totals, err)
				}
			}
			found, err := r.system.Auditor.Lookup(t.Context(), book, []string{"404", m.Key().ID})
			if err != nil || len(found) != 1 || found[0] != got {
				t.Errorf("found %+v, %v", found, err)
			}
			parts, err := r.system.Auditor.(connector.Itemizer).Itemize(t.Context(), got, body)
			if err != nil || len(parts) == 0 || len(differing(parts)) > 0 {
				t.Errorf("parts %+v, %v", parts, err)
			}
		})
	}
}

func dated(t *testing.T, body any) (time.Time, canonical.Money) {
	t.Helper()
	switch body := body.(type) {
	case *canonical.Order:
		return body.PlacedAt, body.Total
	case *canonical.Payment:
		return body.At, body.Amount
	}
	t.Fatalf("%T", body)
	return time.Time{}, canonical.Money{}
}

func bookOf(m *message.Message) connector.Book {
	return connector.Book{System: m.Key().System, Tenant: m.Key().Tenant, Type: m.Key().Type}
}

func dayOf(at time.Time) connector.Span {
	from := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, at.Location())
	return connector.Span{From: from, To: from.AddDate(0, 0, 1)}
}

func differing(parts []connector.Part) (all []connector.Part) {
	for _, p := range parts {
		if p.Want != p.Found {
			all = append(all, p)
		}
	}
	return all
}

// booked is an account with one order of the case order-b5.
func booked(t *testing.T) (*rig, *message.Message, connector.Book, connector.Span) {
	t.Helper()
	r := newRig(t, nil)
	messages := mustCase(t, "order-b5-tax-added-after-discount")
	r.mustDeliver(messages...)
	m := last(messages)
	body, err := canonical.Decode(m.Type, m.Body)
	if err != nil {
		t.Fatal(err)
	}
	at, _ := dated(t, body)
	return r, m, bookOf(m), dayOf(at.UTC())
}

func TestTheLineThatWasChangedIsNamed(t *testing.T) {
	t.Parallel()
	r, m, book, span := booked(t)
	order := r.fake.Orders()[0]
	line := order.Lines[0]
	changed, err := canonical.ParseMoney(line.Amount, "USD")
	if err != nil {
		t.Fatal(err)
	}
	want := changed
	changed.Minor++
	if _, err := r.fake.Enter("salesOrder", order.ExternalID, map[string]any{"item": map[string]any{"items": withAmount(order.Lines[0].Number, changed, len(order.Lines))}}); err != nil {
		t.Fatal(err)
	}
	page, err := r.system.Auditor.Records(t.Context(), book, span, "")
	if err != nil || len(page.Records) != 1 {
		t.Fatalf("%+v, %v", page, err)
	}
	body, err := canonical.Decode(m.Type, m.Body)
	if err != nil {
		t.Fatal(err)
	}
	total := body.(*canonical.Order).Total
	if page.Records[0].Amount.Minor != total.Minor+1 {
		t.Errorf("the record has %v, the order %v", page.Records[0].Amount, total)
	}
	parts, err := r.system.Auditor.(connector.Itemizer).Itemize(t.Context(), page.Records[0], body)
	wrong := differing(parts)
	if err != nil || len(wrong) != 1 || wrong[0].Want != want || wrong[0].Found != changed || !strings.HasPrefix(wrong[0].Name, line.Item+", quantity ") {
		t.Errorf("parts %+v, %v", wrong, err)
	}
}

// withAmount retains all lines of an order by their numbers and sets the amount of one.
func withAmount(number int, amount canonical.Money, all int) (entries []any) {
	for i := range all {
		entry := map[string]any{"line": i + 1}
		if i+1 == number {
			entry["amount"] = json.Number(amount.Decimal().String())
		}
		entries = append(entries, entry)
	}
	return entries
}

func TestAnOrderEnteredByHandIsListed(t *testing.T) {
	t.Parallel()
	r, m, book, span := booked(t)
	memo := "shopify " + book.Tenant + " order "
	enter := func(external, memo, currency string, amount string) {
		if _, err := r.fake.Enter("salesOrder", external, map[string]any{
			"memo": memo, "tranDate": span.From.Format("2006-01-02"), "currency": map[string]any{"id": currency},
			"item": map[string]any{"items": []any{map[string]any{"quantity": 1, "amount": json.Number(amount)}}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	enter("", memo+m.Key().ID, "1", "149.00")          // the memo was copied
	enter("", memo+"404", "1", "12.00")                // of an order that the store does not have
	enter("", memo+"405", "77", "1.00")                // in a currency without a setting
	enter("", memo+"406", "5", "1.50")                 // yen have no cents
	enter("", "by phone", "1", "9.00")                 // another integration's
	enter("woocommerce__x__order__1", "", "1", "9.00") // another store's
	page, err := r.system.Auditor.Records(t.Context(), book, span, "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, record := range page.Records {
		text := record.ID + " " + record.Amount.Decimal().String()
		if record.Err != nil {
			text = record.ID + " " + fault.As(record.Err).Field
		}
		got = append(got, text)
	}
	total := page.Records[0].Amount.Decimal().String()
	want := []string{m.Key().ID + " " + total, m.Key().ID + " 149.00", "404 12.00", "405 NETSUITE_CURRENCIES", "406 foreigntotal"}
	if !slices.Equal(got, want) {
		t.Errorf("listed %q, want %q", got, want)
	}
	totals, err := r.system.Auditor.Totals(t.Context(), book, span)
	if err != nil || totals.Count != 5 || len(totals.Sums) != 1 || totals.Sums[0].Minor != page.Records[0].Amount.Minor+14900+1200 {
		t.Errorf("counted %+v, %v", totals, err)
	}
}

// TestPagesOfALongDay reads more records than a page of SuiteQL has.
func TestPagesOfALongDay(t *testing.T) {
	t.Parallel()
	r, _, book, span := booked(t)
	for i := range 1500 {
		if _, err := r.fake.Enter("salesOrder", "", map[string]any{
			"memo": "shopify " + book.Tenant + " order x" + strconv.Itoa(i), "tranDate": span.From.Format("2006-01-02"), "currency": map[string]any{"id": "1"},
		}); err != nil {
			t.Fatal(err)
		}
	}
	before := len(r.fake.Calls())
	seen, cursor := map[string]bool{}, ""
	for {
		page, err := r.system.Auditor.Records(t.Context(), book, span, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range page.Records {
			seen[record.ID] = true
		}
		if cursor = page.Cursor; cursor == "" {
			break
		}
	}
	if calls := len(r.fake.Calls()) - before; len(seen) != 1501 || calls != 2 {
		t.Errorf("%d records in %d requests", len(seen), calls)
	}
}

func TestACancelledOrderIsWithdrawn(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	messages := mustCase(t, "order-cancelled")
	r.mustDeliver(messages...)
	m := last(messages)
	found, err := r.system.Auditor.Lookup(t.Context(), bookOf(m), []string{m.Key().ID})
	if err != nil || len(found) != 1 || found[0].State != connector.Withdrawn {
		t.Errorf("%+v, %v", found, err)
	}
	if err := r.fake.Rename("salesOrder", record.ExternalID(m.Key()), "changed-by-hand"); err != nil {
		t.Fatal(err)
	}
	found, err = r.system.Auditor.Lookup(t.Context(), bookOf(m), []string{m.Key().ID})
	if err != nil || len(found) != 1 {
		t.Errorf("by a memo that goes on: %+v, %v", found, err)
	}
}

func TestAuditsThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	r, _, book, span := booked(t)
	for situation, c := range map[string]struct {
		book   connector.Book
		span   connector.Span
		cursor string
		want   string
	}{
		"another store":           {connector.Book{System: "shopify", Tenant: "other.myshopify.com", Type: "order"}, span, "", "not a book"},
		"customers":               {connector.Book{System: book.System, Tenant: book.Tenant, Type: "customer"}, span, "", "not a book"},
		"half a day":              {book, connector.Span{From: span.From, To: span.From.Add(12 * time.Hour)}, "", "midnight in NETSUITE_TIMEZONE"},
		"a day of another zone":   {book, connector.Span{From: span.From.Add(time.Hour), To: span.To.Add(time.Hour)}, "", "midnight in NETSUITE_TIMEZONE"},
		"a cursor of another API": {book, span, "1' OR '1'='1", "not a cursor"},
	} {
		_, err := r.system.Auditor.Records(t.Context(), c.book, c.span, c.cursor)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", situation, err)
		}
		if c.cursor != "" {
			continue
		}
		if _, err := r.system.Auditor.Totals(t.Context(), c.book, c.span); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("totals of %s: %v", situation, err)
		}
	}
	want := []connector.Book{
		{System: "shopify", Tenant: "example-brand.myshopify.com", Type: "order"},
		{System: "shopify", Tenant: "example-brand.myshopify.com", Type: "payment"},
		{System: "woocommerce", Tenant: "shop.example.com", Type: "order"},
		{System: "woocommerce", Tenant: "shop.example.com", Type: "payment"},
	}
	if got := r.system.Auditor.Books(); !slices.Equal(got, want) {
		t.Errorf("books %v", got)
	}
}
