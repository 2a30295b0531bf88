package shopify_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
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
		{ID: "11", Order: "5", Name: "#1001", Method: canonical.GiftCard, Gateway: "gift_card", Reference: "11", Amount: usd(5000), Customer: "7", At: shopifytest.Start},
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

// TestI1EachTransactionIsOnePaymentUnderOneName reports an order at its checkout, where one
// transaction is the whole, and again after an item was added and paid with cash at the same
// instant as a late capture. The API lists the newest first.
func TestI1EachTransactionIsOnePaymentUnderOneName(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.memory.forgets = ""
	first := payments(s.mustTranslate(t, "orders/create", shopifytest.Purchase{ID: 5}.Body()))
	late := sale(22, "SALE", "SUCCESS", "cash", 3000)
	s.fake.Pay("5", late, sale(123, "CAPTURE", "SUCCESS", "cash", 500), sale(21, "SALE", "SUCCESS", "shopify_payments", 15750))
	body := shopifytest.Purchase{ID: 5, Shipping: 3500, UpdatedAt: shopifytest.Start.Add(time.Hour), Gateways: []string{"shopify_payments", "cash"}}.Body()
	for range 2 {
		second := payments(s.mustTranslate(t, "orders/updated", body))
		if len(first) != 1 || len(second) != 3 || first[0].ID != second[0].ID || first[0].Amount != second[0].Amount {
			t.Fatalf("first %+v, then %+v", first, second)
		}
		if second[1].ID != "22" || second[1].Amount != usd(3000) || second[2].ID != "123" || second[2].Amount != usd(500) {
			t.Errorf("the later payments are %+v", second[1:])
		}
	}
}

// TestH10ThePaymentOfTheCheckoutKeepsItsNameWithoutMemory reports an order at its checkout, forgets
// everything, and reads its later state by webhook and by poll.
func TestH10ThePaymentOfTheCheckoutKeepsItsNameWithoutMemory(t *testing.T) {
	t.Parallel()
	checkout := sale(21, "SALE", "SUCCESS", "shopify_payments", 15750)
	for name, c := range map[string]struct {
		purchase shopifytest.Purchase
		later    []shopifytest.Transaction
		want     []string
	}{
		"nothing more":        {shopifytest.Purchase{}, nil, []string{"5-paid"}},
		"paid more by cash":   {shopifytest.Purchase{Shipping: 3500}, []shopifytest.Transaction{sale(22, "SALE", "SUCCESS", "cash", 3000)}, []string{"5-paid", "22"}},
		"the same sum again":  {shopifytest.Purchase{Shipping: 500 + 15750}, []shopifytest.Transaction{sale(22, "SALE", "SUCCESS", "shopify_payments", 15750)}, []string{"5-paid", "22"}},
		"a gift card for all": {shopifytest.Purchase{Shipping: 500 + 15750}, []shopifytest.Transaction{sale(22, "SALE", "SUCCESS", "gift_card", 15750)}, []string{"5-paid", "22"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ids := func(paid []*canonical.Payment) (all []string) {
				for _, p := range paid {
					all = append(all, p.ID)
				}
				return all
			}
			first := open(t, nil)
			first.memory.forgets = ""
			if got := ids(payments(first.mustTranslate(t, "orders/create", shopifytest.Purchase{ID: 5}.Body()))); !slices.Equal(got, []string{"5-paid"}) {
				t.Fatalf("at the checkout: %v", got)
			}
			c.purchase.ID, c.purchase.UpdatedAt = 5, shopifytest.Start.Add(time.Hour)
			for _, how := range []string{"reported", "polled"} {
				s := open(t, nil)
				s.memory.forgets = ""
				s.fake.Pay("5", append([]shopifytest.Transaction{checkout}, c.later...)...)
				var events []connector.Event
				if how == "reported" {
					events = s.mustTranslate(t, "orders/updated", c.purchase.Body())
				} else {
					s.fake.Put(c.purchase.Body())
					_, events = s.polled(t, "order", "5")
				}
				if got := ids(payments(events)); !slices.Equal(got, c.want) {
					t.Errorf("%s: the payments are %v, want %v", how, got, c.want)
				}
			}
		})
	}
}

// TestALaterCaptureIsNotTheCheckouts has an order be paid days after it was placed, at a till, or with
// a gift card first: no delivery can have named that payment by the order.
func TestALaterCaptureIsNotTheCheckouts(t *testing.T) {
	t.Parallel()
	late, till := sale(21, "CAPTURE", "SUCCESS", "shopify_payments", 15750), func(o map[string]any) { o["source_name"] = "pos" }
	late.At = shopifytest.Start.Add(checkoutTime + time.Second)
	for name, c := range map[string]struct {
		paid   shopifytest.Transaction
		change func(map[string]any)
	}{
		"captured later": {late, nil}, "at a till": {sale(21, "SALE", "SUCCESS", "shopify_payments", 15750), till},
		"a gift card": {sale(21, "SALE", "SUCCESS", "gift_card", 15750), nil},
	} {
		s := open(t, nil)
		s.fake.Pay("5", c.paid)
		got := payments(s.mustTranslate(t, "orders/updated", shopifytest.Purchase{ID: 5, UpdatedAt: shopifytest.Start.Add(72 * time.Hour), Change: c.change}.Body()))
		if len(got) != 1 || got[0].ID != "21" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// checkoutTime is how long after an order was placed its state may be that of the checkout.
const checkoutTime = 2 * time.Minute

// TestTheAPIIsAskedOnlyWhereThePayloadDoesNotProveThePayments counts calls.
func TestTheAPIIsAskedOnlyWhereThePayloadDoesNotProveThePayments(t *testing.T) {
	t.Parallel()
	later := shopifytest.Start.Add(time.Hour)
	member := func(name string, value any) func(map[string]any) {
		return func(o map[string]any) { o[name] = value }
	}
	for name, c := range map[string]struct {
		purchase shopifytest.Purchase
		seen     bool // as it left the checkout, before
		asked    int
	}{
		"at the checkout":               {shopifytest.Purchase{}, false, 0},
		"changed later":                 {shopifytest.Purchase{UpdatedAt: later}, true, 0},
		"first seen later":              {shopifytest.Purchase{UpdatedAt: later}, false, 1},
		"paid more later":               {shopifytest.Purchase{UpdatedAt: later, Shipping: 500}, true, 1},
		"paid by another gateway":       {shopifytest.Purchase{UpdatedAt: later, Gateways: []string{"shopify_payments", "cash"}}, true, 1},
		"two gateways":                  {shopifytest.Purchase{Gateways: []string{"gift_card", "shopify_payments"}}, false, 1},
		"gift cards, perhaps two":       {shopifytest.Purchase{Gateways: []string{"gift_card"}}, false, 1},
		"at a till":                     {shopifytest.Purchase{Change: member("source_name", "pos")}, false, 1},
		"something is due":              {shopifytest.Purchase{Change: member("total_outstanding", "7.50")}, false, 1},
		"paid in part":                  {shopifytest.Purchase{Financial: "partially_paid"}, false, 1},
		"to be paid":                    {shopifytest.Purchase{Financial: "pending", UpdatedAt: later}, false, 0},
		"authorized":                    {shopifytest.Purchase{Financial: "authorized", UpdatedAt: later}, false, 0},
		"nothing to pay":                {shopifytest.Purchase{Items: []shopifytest.Item{{ID: 1, Quantity: 1}}, UpdatedAt: later}, false, 0},
		"no gateway":                    {shopifytest.Purchase{Gateways: []string{}}, false, 1},
		"one gateway that has a refund": {shopifytest.Purchase{Financial: "partially_refunded", UpdatedAt: later}, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, nil)
			s.memory.forgets = ""
			c.purchase.ID = 5
			if c.seen {
				s.mustTranslate(t, "orders/create", shopifytest.Purchase{ID: 5}.Body())
			}
			s.fake.Pay("5", sale(21, "SALE", "SUCCESS", "shopify_payments", 15750))
			s.mustTranslate(t, "orders/updated", c.purchase.Body())
			if got := len(s.fake.Asked()); got != c.asked {
				t.Errorf("%d calls, want %d", got, c.asked)
			}
		})
	}
}

func TestPaymentMethods(t *testing.T) {
	t.Parallel()
	for gateway, method := range map[string]canonical.PaymentMethod{
		"shopify_payments": canonical.Card, "paypal": canonical.Card, "gift_card": canonical.GiftCard, "cash": canonical.Cash,
		"Cash on Delivery (COD)": canonical.Cash, "Bank Deposit": canonical.Bank, "manual": canonical.OtherPayment, "": canonical.OtherPayment,
	} {
		t.Run(gateway, func(t *testing.T) {
			t.Parallel()
			s := open(t, nil)
			s.fake.Pay("5", sale(21, "SALE", "SUCCESS", gateway, 15750))
			paid := payments(s.mustTranslate(t, "orders/create", shopifytest.Purchase{ID: 5, Gateways: []string{gateway}}.Body()))
			if len(paid) != 1 || paid[0].Method != method || paid[0].Amount != usd(15750) {
				t.Fatalf("got %+v, want one payment by %s", paid, method)
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
