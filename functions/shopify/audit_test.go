package shopify_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

var orders = connector.Book{System: "shopify", Tenant: shopifytest.Shop, Type: "order"}

func (s *shop) records(t testing.TB, span connector.Span) (all []connector.Record, pages int) {
	t.Helper()
	for cursor := ""; ; {
		page, err := s.Auditor.Records(t.Context(), orders, span, cursor)
		if err != nil {
			t.Fatal(err)
		}
		all, pages = append(all, page.Records...), pages+1
		if cursor = page.Cursor; cursor == "" || pages > 50 {
			return all, pages
		}
	}
}

// TestARecordHasTheAmountOfItsOrder compares the records of the recorded and built orders with
// their translation, but for orders that were reduced or rounded in cash: their total_price is
// not what is owed.
func TestARecordHasTheAmountOfItsOrder(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob(filepath.Join("testdata", "orders-*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, basis := range []string{"shop", "presentment"} {
		compared := 0
		for _, folder := range folders {
			s := open(t, overrides{"SHOPIFY_CURRENCY": basis})
			body := mustRead(t, filepath.Base(folder), "in.json")
			s.fake.Put(body)
			translation, err := s.Source.Translate(t.Context(), &message.Raw{ID: "raw", Tenant: shopifytest.Shop, Topic: "orders/create", Body: body})
			if err != nil || !plain(t, body) {
				continue
			}
			for _, event := range translation.Events {
				order, ok := event.Body.(*canonical.Order)
				if !ok {
					continue
				}
				compared++
				found, _ := s.records(t, connector.Span{From: order.PlacedAt, To: order.PlacedAt.Add(time.Second)})
				looked, err := s.Auditor.Lookup(t.Context(), orders, []string{"404", order.ID})
				if err != nil || len(found) != 1 || len(looked) != 1 || found[0] != looked[0] {
					t.Fatalf("%s: listed %+v, looked up %+v, %v", folder, found, looked, err)
				}
				r := found[0]
				withdrawn := order.Status == canonical.OrderCancelled
				if r.ID != order.ID || r.Name != order.Name || r.Amount != order.Total || !r.At.Equal(order.PlacedAt) ||
					!r.UpdatedAt.Equal(order.UpdatedAt) || r.Err != nil || (r.State == connector.Withdrawn) != withdrawn {
					t.Errorf("%s: %+v, want %s", folder, r, order.Total)
				}
			}
		}
		if compared < 8 {
			t.Errorf("%d orders were compared in the %s currency", compared, basis)
		}
	}
}

// plain reports whether nothing of the order was taken off or rounded in cash.
func plain(t *testing.T, body []byte) bool {
	t.Helper()
	var order map[string]json.RawMessage
	if err := json.Unmarshal(body, &order); err != nil {
		t.Fatal(err)
	}
	current, given := order["current_total_price"]
	rounding := string(order["total_cash_rounding_payment_adjustment_set"])
	return (!given || string(current) == string(order["total_price"])) && !strings.ContainsAny(strings.ReplaceAll(rounding, "0", ""), "123456789")
}

func TestADayIsCountedInOneRequestAndListedInPages(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	day := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for i := range int64(400) {
		at := day.Add(time.Duration(i) * 3 * time.Minute)
		s.fake.Put(shopifytest.Purchase{ID: 7000 + i, Number: int(i), PlacedAt: at, UpdatedAt: at.AddDate(0, 0, int(i%3))}.Body())
	}
	for i, at := range []time.Time{day.Add(-time.Second), day.AddDate(0, 0, 1)} {
		s.fake.Put(shopifytest.Purchase{ID: 9000 + int64(i), PlacedAt: at}.Body())
	}
	span := connector.Span{From: day, To: day.AddDate(0, 0, 1)}
	before := len(s.fake.Asked())
	totals, err := s.Auditor.Totals(t.Context(), orders, span)
	if err != nil || totals.Count != 400 || totals.Sums != nil {
		t.Errorf("%+v, %v", totals, err)
	}
	all, pages := s.records(t, span)
	ids := map[string]bool{}
	for _, r := range all {
		ids[r.ID] = true
	}
	if len(ids) != 400 || pages != 3 || len(s.fake.Asked()) != before+4 {
		t.Errorf("%d orders on %d pages in %d requests", len(ids), pages, len(s.fake.Asked())-before)
	}
}

// TestAuditQueriesFitTheSchema validates the queries against the published types.
func TestAuditQueriesFitTheSchema(t *testing.T) {
	t.Parallel()
	schema := gqlparser.MustLoadSchema(&ast.Source{Name: "admin", Input: string(mustRead(t, "..", "shopifytest", "testdata", "admin.graphql"))})
	s := open(t, nil)
	span := connector.Span{From: shopifytest.Start, To: shopifytest.Start.Add(time.Hour)}
	if _, err := s.Auditor.Totals(t.Context(), orders, span); err != nil {
		t.Fatal(err)
	}
	s.records(t, span)
	asked := s.fake.Asked()
	if len(asked) != 2 {
		t.Fatalf("%d queries", len(asked))
	}
	for _, query := range asked {
		if _, errs := gqlparser.LoadQueryWithRules(schema, query, rules.NewDefaultRules()); errs != nil {
			t.Errorf("%s\n%v", query, errs)
		}
		misspelt := strings.NewReplacer("precision", "exactness", "createdAt", "placedAt").Replace(query)
		if _, errs := gqlparser.LoadQueryWithRules(schema, misspelt, rules.NewDefaultRules()); errs == nil {
			t.Errorf("a misspelt field passes:\n%s", misspelt)
		}
	}
}

func TestAnAuditWithoutAnExactAnswerFails(t *testing.T) {
	t.Parallel()
	span := connector.Span{From: shopifytest.Start, To: shopifytest.Start.Add(time.Hour)}
	for situation, body := range map[string]string{
		"at least": `{"data":{"ordersCount":{"count":10000,"precision":"AT_LEAST"}}}`, "nothing": `{"data":{"ordersCount":null}}`, "no data": `{}`,
	} {
		s := open(t, nil)
		s.fake.Answer(shopifytest.Answer{Status: 200, Body: body})
		if _, err := s.Auditor.Totals(t.Context(), orders, span); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %v", situation, err)
		}
	}
	s := open(t, nil)
	node := func(id int, total string) string {
		return `{"id":"` + strconv.Itoa(id) + `","name":"#1","created_at":"2026-11-22T10:00:00Z","updated_at":"2026-11-22T10:00:00Z","cancelled_at":null,"total":` + total + `}`
	}
	money := func(currency string) string {
		one := `{"amount":"1.00","currencyCode":"` + currency + `"}`
		return `{"shopMoney":` + one + `,"presentmentMoney":` + one + `}`
	}
	s.fake.Answer(shopifytest.Answer{Status: 200, Body: `{"data":{"orders":{"nodes":[` + node(1, money("USD")) + `,` + node(2, money("XXX")) + `,` + node(3, money("USD")) +
		`],"pageInfo":{"hasNextPage":false,"endCursor":null}}}}`})
	all, _ := s.records(t, span)
	var got []string
	for _, r := range all {
		got = append(got, r.ID+" "+strconv.FormatBool(r.Err == nil))
	}
	if !slices.Equal(got, []string{"1 true", "2 false", "3 true"}) {
		t.Errorf("listed %v", got)
	}
	without := open(t, overrides{"SHOPIFY_ADMIN_TOKEN": ""})
	if without.Auditor != nil {
		t.Error("a shop without a token can be audited")
	}
}
