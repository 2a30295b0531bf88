package shopify_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// split is an order that only its transactions can explain.
func split(id int64) []byte {
	return shopifytest.Purchase{ID: id, Customer: 7, Gateways: []string{"gift_card", "shopify_payments"}}.Body()
}

func sale(id int64, kind, status, gateway string, minor int64) shopifytest.Transaction {
	return shopifytest.Transaction{ID: id, Kind: kind, Status: status, Gateway: gateway, Amount: usd(minor), At: shopifytest.Start}
}

func TestB7SplitTender(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.fake.Pay("5",
		sale(11, "SALE", "SUCCESS", "gift_card", 5000),
		sale(12, "AUTHORIZATION", "SUCCESS", "shopify_payments", 10750),
		sale(13, "CAPTURE", "FAILURE", "shopify_payments", 10750),
		sale(14, "CAPTURE", "SUCCESS", "shopify_payments", 10750),
		sale(15, "REFUND", "SUCCESS", "shopify_payments", 1000),
		sale(16, "SALE", "PENDING", "paypal", 1),
	)
	events := s.mustTranslate(t, "orders/paid", split(5))
	want := []*canonical.Payment{
		{ID: "5-paid", Order: "5", Name: "#1001", Method: canonical.GiftCard, Gateway: "gift_card", Reference: "11", Amount: usd(5000), Customer: "7", At: shopifytest.Start},
		{ID: "14", Order: "5", Name: "#1001", Method: canonical.Card, Gateway: "shopify_payments", Reference: "14", Amount: usd(10750), Customer: "7", At: shopifytest.Start},
	}
	if diff := cmp.Diff(want, payments(events), cmp.Comparer(time.Time.Equal)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	discounted := order(t, events).Lines[0].Discount
	if discounted != usd(0) {
		t.Errorf("a redeemed gift card is no discount: %v", discounted)
	}
}

func TestAnOrderThatIsPaidMoreLaterKeepsTheNameOfItsFirstPayment(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	first := payments(s.mustTranslate(t, "orders/create", shopifytest.Purchase{ID: 5}.Body()))
	late := sale(22, "SALE", "SUCCESS", "cash", 3000)
	late.At = late.At.Add(time.Hour)
	s.fake.Pay("5", late, sale(21, "SALE", "SUCCESS", "shopify_payments", 15750))
	body := shopifytest.Purchase{ID: 5, Shipping: 3000, Gateways: []string{"shopify_payments", "cash"}}.Body()
	second := payments(s.mustTranslate(t, "orders/updated", body))
	if len(first) != 1 || len(second) != 2 || first[0].ID != second[0].ID || first[0].Amount != second[0].Amount {
		t.Fatalf("first %+v, then %+v", first, second)
	}
	if second[1].ID != "22" || second[1].Amount != usd(3000) {
		t.Errorf("the second payment is %+v", second[1])
	}
}

func TestPaymentOfOneTender(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	owed := func(amount string) func(map[string]any) {
		return func(o map[string]any) { o["total_outstanding"] = amount }
	}
	for name, c := range map[string]struct {
		purchase shopifytest.Purchase
		method   canonical.PaymentMethod
		amount   int64
	}{
		"card":               {shopifytest.Purchase{Gateways: []string{"shopify_payments"}}, canonical.Card, 15750},
		"same name twice":    {shopifytest.Purchase{Gateways: []string{"paypal", "paypal"}}, canonical.Card, 15750},
		"gift card alone":    {shopifytest.Purchase{Gateways: []string{"gift_card"}}, canonical.GiftCard, 15750},
		"cash at the till":   {shopifytest.Purchase{Gateways: []string{"cash"}}, canonical.Cash, 15750},
		"cash on delivery":   {shopifytest.Purchase{Gateways: []string{"Cash on Delivery (COD)"}}, canonical.Cash, 15750},
		"bank":               {shopifytest.Purchase{Gateways: []string{"Bank Deposit"}}, canonical.Bank, 15750},
		"marked as paid":     {shopifytest.Purchase{Gateways: []string{"manual"}}, canonical.OtherPayment, 15750},
		"no gateway":         {shopifytest.Purchase{Gateways: []string{}}, canonical.OtherPayment, 15750},
		"something is due":   {shopifytest.Purchase{Change: owed("7.50")}, canonical.Card, 15000},
		"the shop owes some": {shopifytest.Purchase{Change: owed("-7.50")}, canonical.Card, 15750},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			paid := payments(s.mustTranslate(t, "orders/create", c.purchase.Body()))
			if len(paid) != 1 || paid[0].Method != c.method || paid[0].Amount != usd(c.amount) {
				t.Fatalf("got %+v, want one payment of %d by %s", paid, c.amount, c.method)
			}
			if err := canonical.Validate(paid[0]); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTendersInTheBuyersCurrency(t *testing.T) {
	t.Parallel()
	s := open(t, overrides{"SHOPIFY_CURRENCY": "presentment"})
	tx := sale(1, "SALE", "SUCCESS", "cash", 15750)
	tx.Presentment, tx.Rounding = eur(31500), eur(2)
	s.fake.Pay("6", tx)
	due := func(o map[string]any) { o["total_outstanding"] = "1.00" }
	body := shopifytest.Purchase{ID: 6, Presentment: "EUR", Factor: 2, Change: due}.Body()
	paid := payments(s.mustTranslate(t, "orders/paid", body))
	if len(paid) != 1 || paid[0].Amount != eur(31502) {
		t.Errorf("got %+v, want the rounded amount in euro", paid)
	}
}

func TestTendersNeedAToken(t *testing.T) {
	t.Parallel()
	_, err := open(t, overrides{"SHOPIFY_ADMIN_TOKEN": ""}).translate(t, "orders/paid", split(5))
	wantFault(t, err, fault.Rejected, fault.Config, "SHOPIFY_ADMIN_TOKEN")
}

func TestTendersOfAnOrderThatTheAPIDoesNotKnowYet(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	_, err := s.translate(t, "orders/paid", split(404))
	wantFault(t, err, fault.NotReady, fault.MissingRef, "")
	s.fake.Pay("405", sale(1, "SALE", "PENDING", "gift_card", 1))
	_, err = s.translate(t, "orders/paid", split(405))
	wantFault(t, err, fault.NotReady, fault.MissingRef, "")
}

func TestTenderInAnotherCurrencyIsRefused(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	tx := sale(1, "SALE", "SUCCESS", "gift_card", 1)
	tx.Amount = eur(1)
	s.fake.Pay("5", tx)
	_, err := s.translate(t, "orders/paid", split(5))
	wantFault(t, err, fault.Invalid, fault.Value, "transactions[0].amountSet")
}

func TestAnswersAreClassified(t *testing.T) {
	t.Parallel()
	failed := func(code string) string {
		return `{"errors":[{"message":"m","extensions":{"code":"` + code + `"}}],"extensions":{"cost":{"requestedQueryCost":101,` +
			`"throttleStatus":{"maximumAvailable":1000.0,"currentlyAvailable":1,"restoreRate":50.0}}}}`
	}
	for name, c := range map[string]struct {
		answer shopifytest.Answer
		kind   fault.Kind
		class  fault.Class
		after  time.Duration
	}{
		"bucket empty":       {shopifytest.Answer{Status: 200, Body: failed("THROTTLED")}, fault.Throttled, fault.RateLimit, 2 * time.Second},
		"bucket unknown":     {shopifytest.Answer{Status: 200, Body: `{"errors":[{"extensions":{"code":"THROTTLED"}}]}`}, fault.Throttled, fault.RateLimit, time.Second},
		"too many requests":  {shopifytest.Answer{Status: 429, Header: http.Header{"Retry-After": {"2.0"}}, Body: "{}"}, fault.Throttled, fault.RateLimit, 2 * time.Second},
		"access denied":      {shopifytest.Answer{Status: 200, Body: failed("ACCESS_DENIED")}, fault.Unauthorized, fault.Auth, 0},
		"internal error":     {shopifytest.Answer{Status: 200, Body: failed("INTERNAL_SERVER_ERROR")}, fault.Unavailable, fault.Intermittent, 0},
		"our query is wrong": {shopifytest.Answer{Status: 200, Body: failed("undefinedField")}, fault.Rejected, fault.Bug, 0},
		"no code":            {shopifytest.Answer{Status: 200, Body: `{"data":null,"errors":[{"message":"m"}]}`}, fault.Rejected, fault.Bug, 0},
		"token refused":      {shopifytest.Answer{Status: 401, Body: "{}"}, fault.Unauthorized, fault.Auth, 0},
		"forbidden":          {shopifytest.Answer{Status: 403, Body: "{}"}, fault.Unauthorized, fault.Auth, 0},
		"shop frozen":        {shopifytest.Answer{Status: 402, Body: "{}"}, fault.Unauthorized, fault.Config, 0},
		"shop unknown":       {shopifytest.Answer{Status: 404, Body: "{}"}, fault.Unauthorized, fault.Config, 0},
		"shop locked":        {shopifytest.Answer{Status: 423, Body: "{}"}, fault.Unauthorized, fault.Config, 0},
		"server error":       {shopifytest.Answer{Status: 502, Body: "<html>"}, fault.Unavailable, fault.Intermittent, 0},
		"cut short":          {shopifytest.Answer{Status: 200, Body: `{"data":`}, fault.Unavailable, fault.Intermittent, 0},
		"another shape":      {shopifytest.Answer{Status: 200, Body: `{"data":{"order":[]}}`}, fault.Unavailable, fault.Intermittent, 0},
		"a strange amount": {shopifytest.Answer{Status: 200, Body: `{"data":{"order":{"transactions":[{"amountSet":{"shopMoney":` +
			`{"amount":"1,0","currencyCode":"USD"},"presentmentMoney":{"amount":"1","currencyCode":"USD"}}}]}}}`}, fault.Unavailable, fault.Intermittent, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, nil)
			s.fake.Answer(c.answer)
			_, err := s.translate(t, "orders/paid", split(5))
			wantFault(t, err, c.kind, c.class, fault.As(err).Field)
			if e := fault.As(err); e.After != c.after || !strings.Contains(e.Doing, "order 5") {
				t.Errorf("after %v, doing %q, want %v and the order", e.After, e.Doing, c.after)
			}
		})
	}
}

// dead is a network on which nothing arrives.
type dead struct{}

func (dead) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("no route") }

func TestALostAnswerToAQueryIsNotAmbiguous(t *testing.T) {
	t.Parallel()
	system, err := shopify.Open(shopifytest.New().Settings("http://127.0.0.1:1"), connector.Deps{HTTP: dead{}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	wantFault(t, system.Checker.Check(t.Context()), fault.Unavailable, fault.Intermittent, "")
}

func TestCheck(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	if err := s.Checker.Check(t.Context()); err != nil {
		t.Errorf("a reachable shop fails the check: %v", err)
	}
	s.fake.SetVersion("2027-01")
	wantFault(t, s.Checker.Check(t.Context()), fault.Rejected, fault.Config, "X-Shopify-Api-Version")
	wrong := open(t, overrides{"SHOPIFY_ADMIN_TOKEN": "other"})
	wantFault(t, wrong.Checker.Check(t.Context()), fault.Unauthorized, fault.Auth, "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Checker.Check(ctx); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a check with a canceled context gives %v", err)
	}
}

func TestCheckNeedsAToken(t *testing.T) {
	t.Parallel()
	if open(t, overrides{"SHOPIFY_ADMIN_TOKEN": ""}).Checker != nil {
		t.Error("without a token there is nothing to check")
	}
}
