package woocommerce_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// audited is a shop with an API key, and the span of the day of its orders.
func audited(t *testing.T) (*shop, connector.Span) {
	t.Helper()
	from := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	return openShop(t, nil), connector.Span{From: from, To: from.AddDate(0, 0, 1)}
}

func (s *shop) records(kind string, span connector.Span) []connector.Record {
	s.Helper()
	var all []connector.Record
	for cursor := ""; ; {
		page, err := s.Auditor.Records(s.Context(), s.book(kind), span, cursor)
		if err != nil {
			s.Fatal(err)
		}
		all = append(all, page.Records...)
		if cursor = page.Cursor; cursor == "" {
			return all
		}
	}
}

func (s *shop) book(kind string) connector.Book {
	return connector.Book{System: "woocommerce", Tenant: "shop.example", Type: kind}
}

// TestRecordsAreThoseOfTheEvents compares a day of orders with what their translation says.
func TestRecordsAreThoseOfTheEvents(t *testing.T) {
	t.Parallel()
	s, span := audited(t)
	want := map[string][]string{}
	for id := int64(1); id <= 230; id++ {
		order := woocommercetest.NewOrder(id, int(id%4)+1)
		switch {
		case id%10 == 0:
			order.Status, order.Paid = "cancelled", time.Time{}
		case id%7 == 0: // paid on the next day
			order.Paid, order.Modified = span.To.Add(time.Hour), span.To.Add(time.Hour)
		}
		switch id {
		case 11:
			order.Created = span.From
		case 12:
			order.Created = span.To.Add(-time.Second)
		case 13, 14: // on the days beside it, also by the site's clock
			order.Created = span.From.Add(-time.Second)
			if id == 14 {
				order.Created = span.To
			}
		}
		s.fake.Put(order)
		for _, event := range mustTranslate(t, s.Source, "order.updated", order.Body()).Events {
			switch body := event.Body.(type) {
			case *canonical.Order:
				if id != 13 && id != 14 {
					want["order"] = append(want["order"], body.ID+" "+body.Total.String())
				}
			case *canonical.Payment:
				if body.At.Before(span.To) {
					want["payment"] = append(want["payment"], body.ID+" "+body.Amount.String()+" of "+body.Order)
				}
			}
		}
	}
	for _, kind := range []string{"order", "payment"} {
		var got []string
		for _, r := range s.records(kind, span) {
			if r.Err != nil || r.UpdatedAt.IsZero() || r.At.Before(span.From) || !r.At.Before(span.To) {
				t.Errorf("%+v", r)
			}
			text := r.ID + " " + r.Amount.String()
			if r.Within != "" {
				text += " of " + r.Within
			}
			got = append(got, text)
		}
		slices.Sort(got)
		slices.Sort(want[kind])
		if got = slices.Compact(got); !slices.Equal(got, want[kind]) || len(got) < 150 {
			t.Errorf("%d %ss, want %d", len(got), kind, len(want[kind]))
		}
	}
}

func TestOrdersAreCountedInOneRequest(t *testing.T) {
	t.Parallel()
	s, span := audited(t)
	for id := int64(1); id <= 120; id++ {
		s.fake.Put(woocommercetest.NewOrder(id, 1))
	}
	before := len(s.fake.Asked())
	totals, err := s.Auditor.Totals(t.Context(), s.book("order"), span)
	if err != nil || totals.Count != 120 || totals.Sums != nil || len(s.fake.Asked()) != before+1 {
		t.Errorf("%+v, %v, %d requests", totals, err, len(s.fake.Asked())-before)
	}
	second := connector.Span{From: span.From.Add(9*time.Hour + 7*time.Second), To: span.From.Add(9*time.Hour + 8*time.Second)}
	if totals, err := s.Auditor.Totals(t.Context(), s.book("order"), second); err != nil || totals.Count != 1 {
		t.Errorf("in one second %+v, %v", totals, err)
	}
	if _, err := s.Auditor.Totals(t.Context(), s.book("payment"), span); err != connector.ErrNoTotals {
		t.Errorf("payments: %v", err)
	}
	s.fake.Answer(woocommercetest.Answer{Status: 200, Body: "[]"})
	if _, err := s.Auditor.Totals(t.Context(), s.book("order"), span); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("an answer without a count: %v", err)
	}
}

func TestALookupFindsOrdersOfAnyDay(t *testing.T) {
	t.Parallel()
	s, _ := audited(t)
	for id := int64(1); id <= 5; id++ {
		order := woocommercetest.NewOrder(id, 1)
		order.Created = order.Created.AddDate(-1, 0, int(id))
		s.fake.Put(order)
	}
	for kind, ids := range map[string][]string{"order": {"2", "404", "4", "x"}, "payment": {"2-paid", "404-paid", "4-paid"}} {
		found, err := s.Auditor.Lookup(t.Context(), s.book(kind), ids)
		if err != nil || len(found) != 2 || found[0].ID == found[1].ID || !slices.Contains(ids, found[0].ID) || !slices.Contains(ids, found[1].ID) {
			t.Errorf("%s: %+v, %v", kind, found, err)
		}
	}
	if found, err := s.Auditor.Lookup(t.Context(), s.book("order"), []string{"x"}); err != nil || found != nil {
		t.Errorf("no number: %+v, %v", found, err)
	}
}

// TestOneOrderThatCannotBeReadHidesNoOther is also the order whose status is a plugin's.
func TestOneOrderThatCannotBeReadHidesNoOther(t *testing.T) {
	t.Parallel()
	s, span := audited(t)
	for id := int64(1); id <= 3; id++ {
		order := woocommercetest.NewOrder(id, 1)
		if id == 2 {
			order.Currency = "XXX"
		}
		s.fake.Put(order)
	}
	var got []string
	for _, r := range s.records("order", span) {
		got = append(got, r.ID+" "+strconv.FormatBool(r.Err == nil))
	}
	if !slices.Equal(got, []string{"1 true", "2 false", "3 true"}) {
		t.Errorf("listed %v", got)
	}
	if _, err := s.Auditor.Records(t.Context(), s.book("order"), span, "nonsense"); err == nil || !strings.Contains(err.Error(), "cursor") {
		t.Errorf("an invalid cursor: %v", err)
	}
}
