package shopify_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// paidBackAtERP returns the request to refund 5.00 of order 5001, of which the ERP has so much in all.
func paidBackAtERP(id string, refunded int64) *canonical.RefundRequest {
	return &canonical.RefundRequest{ID: id, Number: "CR-" + id, Order: "5001", Amount: usd(500), Refunded: usd(refunded), At: now}
}

func refundMessage(t testing.TB, r *canonical.RefundRequest) *message.Message {
	t.Helper()
	body, err := canonical.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	return &message.Message{
		ID: "event-" + r.ID, Source: message.SourcePrefix + "books", Type: canonical.RefundRequested, Subject: "refund/" + r.ID, Tenant: "1",
		Schema: "refund_request/1", Time: now, Sequence: message.NewSequence(now, false, now), Body: body,
		Parents: []message.Key{{System: "shopify", Tenant: shopifytest.Shop, Type: "order", ID: r.Order}},
	}
}

// refundState says what order 5001 has: "books refund CR-7 (7): 5.00 of 5001", and what it shows.
func refundState(fake *shopifytest.Fake) (all []string) {
	for _, r := range fake.RefundsOf("5001") {
		all = append(all, r.Note+": "+strings.Join(r.Amounts, ", "))
	}
	for _, id := range []string{"7", "8"} {
		if words := fake.Metafield("5001", "causeway.erp_refund_"+id); words != "" {
			all = append(all, words)
		}
	}
	if slices.Contains(fake.Tags("5001"), "erp-refund") {
		all = append(all, "tagged")
	}
	return all
}

const (
	refunded    = "books refund CR-7 (7): 5.00 of 5001"
	notRefunded = "books refund CR-7 (7): 5.00 USD paid back; not refunded here: "
)

var erpPays = overrides{"SHOPIFY_ERP_REFUNDS": "pay"}

// TestWhatTheERPPaidBackIsRefundedOrShown: each case twice, of which the second writes nothing. Order 5001 is
// worth 196.50.
func TestWhatTheERPPaidBackIsRefundedOrShown(t *testing.T) {
	t.Parallel()
	of := func(minor int64) func(*canonical.RefundRequest) {
		return func(r *canonical.RefundRequest) { r.Amount, r.Refunded = usd(minor), usd(minor) }
	}
	byHand := func(amount string) func(*shopifytest.Fake) {
		return func(f *shopifytest.Fake) { f.RefundByHand("5001", amount, "sorry") }
	}
	tendered := func(f *shopifytest.Fake) {
		f.Pay("5001", sale(1, "SALE", "SUCCESS", "gift_card", 300), sale(2, "CAPTURE", "SUCCESS", "shopify_payments", 19350), sale(3, "SALE", "FAILURE", "shopify_payments", 90000))
	}
	for name, c := range map[string]struct {
		settings overrides
		before   func(*shopifytest.Fake)
		request  func(*canonical.RefundRequest)
		want     []string
		writes   int
	}{
		"shown":            {want: []string{notRefunded + "SHOPIFY_ERP_REFUNDS is show", "tagged"}, writes: 2},
		"paid":             {settings: erpPays, want: []string{refunded}, writes: 1},
		"all of it":        {settings: erpPays, request: of(19650), want: []string{strings.Replace(refunded, "5.00", "196.50", 1)}, writes: 1},
		"a cent more":      {settings: erpPays, request: of(19651), want: []string{strings.Replace(notRefunded, "5.00", "196.51", 1) + "only 196.50 of its payments is left to refund", "tagged"}, writes: 2},
		"of two payments":  {settings: erpPays, before: tendered, want: []string{"books refund CR-7 (7): 3.00 of 1, 2.00 of 2"}, writes: 1},
		"another currency": {settings: erpPays, request: func(r *canonical.RefundRequest) { r.Amount.Currency, r.Refunded.Currency = "EUR", "EUR" }, want: []string{strings.Replace(notRefunded, "USD", "EUR", 1) + "the order is in USD", "tagged"}, writes: 2},
		"paid in another":  {settings: erpPays, before: paidInFrancs, want: []string{notRefunded + "the buyer paid in CHF", "tagged"}, writes: 2},
		"not paid":         {settings: erpPays, before: notPaid, want: []string{notRefunded + "only 0.00 of its payments is left to refund", "tagged"}, writes: 2},
		"done by hand":     {settings: erpPays, before: byHand("5.00"), want: []string{"sorry: 5.00 of 5001"}},
		"shown, by hand":   {before: byHand("5.00"), want: []string{"sorry: 5.00 of 5001"}},
		"more refunded here": {
			settings: erpPays, before: byHand("0.01"),
			want: []string{"sorry: 0.01 of 5001", notRefunded + "0.01 of it is refunded here, and 5.00 in books with this amount", "tagged"}, writes: 2,
		},
		"beside one of the shop's": {
			settings: erpPays, before: byHand("5.00"), request: func(r *canonical.RefundRequest) { r.Refunded = usd(1000) },
			want: []string{"sorry: 5.00 of 5001", refunded}, writes: 1,
		},
		"a copied note of another amount": {
			settings: erpPays, before: func(f *shopifytest.Fake) { f.RefundByHand("5001", "1.00", "books refund CR-7 (7)") }, request: func(r *canonical.RefundRequest) { r.Refunded = usd(600) },
			want: []string{"books refund CR-7 (7): 1.00 of 5001", refunded}, writes: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, c.settings)
			s.fake.Put(threeTees())
			if c.before != nil {
				c.before(s.fake)
			}
			request := paidBackAtERP("7", 500)
			if c.request != nil {
				c.request(request)
			}
			for _, want := range []int{c.writes, 0} {
				before := len(s.fake.Asked())
				receipt, err := s.ship(t, refundMessage(t, request), 1)
				if err != nil {
					t.Fatal(err)
				}
				made := s.mutationsSince(before)
				if got := refundState(s.fake); !slices.Equal(got, c.want) || len(made) != want || receipt.Linked != (want == 0) || receipt.Ref == "" {
					t.Errorf("got %q, want %q, after %v, receipt %+v", got, c.want, made, receipt)
				}
			}
		})
	}
}

// paidInFrancs has the buyer of order 5001 pay in another currency than the shop's.
func paidInFrancs(f *shopifytest.Fake) {
	f.Put(shopifytest.Purchase{ID: 5001, Presentment: "CHF", Factor: 2, Items: []shopifytest.Item{{ID: 11, SKU: "TEE-BLK-M", Quantity: 3, Price: 3900}}}.Body())
}

func notPaid(f *shopifytest.Fake) {
	f.Put(shopifytest.Purchase{ID: 5001, Financial: "pending", Items: []shopifytest.Item{{ID: 11, SKU: "TEE-BLK-M", Quantity: 3, Price: 3900}}}.Body())
}

// TestARefundWhoseAnswerWasLostIsMadeOnce, and so is what was only shown in part.
func TestARefundWhoseAnswerWasLostIsMadeOnce(t *testing.T) {
	t.Parallel()
	for lost, settings := range map[string]overrides{"refundCreate(": erpPays, "tagsAdd(": nil, "metafieldsSet(": nil} {
		s := open(t, settings)
		s.fake.Put(threeTees())
		s.fake.LoseAnswer(lost)
		if _, err := s.ship(t, refundMessage(t, paidBackAtERP("7", 500)), 1); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %v", lost, err)
		}
		want := []string{refunded}
		if settings == nil {
			want = []string{notRefunded + "SHOPIFY_ERP_REFUNDS is show", "tagged"}
		}
		receipt, err := s.ship(t, refundMessage(t, paidBackAtERP("7", 500)), 2)
		if got := refundState(s.fake); err != nil || !slices.Equal(got, want) || receipt.Linked != (lost != "tagsAdd(") {
			t.Errorf("%s: %q, %+v, %v", lost, got, receipt, err)
		}
	}
}

// TestEqualRequestsAreRefundedOnceEach, whichever is delivered again.
func TestEqualRequestsAreRefundedOnceEach(t *testing.T) {
	t.Parallel()
	s := open(t, erpPays)
	s.fake.Put(threeTees())
	for range 2 {
		for _, id := range []string{"7", "8"} {
			if _, err := s.ship(t, refundMessage(t, paidBackAtERP(id, 1000)), 1); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got, want := refundState(s.fake), []string{refunded, "books refund CR-8 (8): 5.00 of 5001"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestARefundThatShopifyRejectsSaysWhatToDo(t *testing.T) {
	t.Parallel()
	s := open(t, erpPays)
	s.fake.Put(threeTees())
	s.fake.DeclineRefunds(true)
	_, err := s.ship(t, refundMessage(t, paidBackAtERP("7", 500)), 1)
	if f := fault.As(err); f == nil || f.Kind != fault.Rejected || f.Class != fault.Conflict || f.Field != "amount" || !strings.Contains(f.Detail, "whether its gateway paid") {
		t.Errorf("got %v", err)
	}
	s.fake.AnswerTo("refundCreate(", shopifytest.Answer{Status: http.StatusOK, Body: `{"data":{"refundCreate":null}}`})
	if _, err := s.ship(t, refundMessage(t, paidBackAtERP("7", 500)), 2); fault.KindOf(err) != fault.Rejected {
		t.Errorf("an answer of nothing: %v", err)
	}
	if got := refundState(s.fake); len(got) != 0 {
		t.Errorf("got %q", got)
	}
	_, err = open(t, erpPays).ship(t, refundMessage(t, paidBackAtERP("7", 500)), 1)
	if f := fault.As(err); f == nil || f.Kind != fault.Rejected || f.Class != fault.MissingRef || f.Field != "order" {
		t.Errorf("without the order: %v", err)
	}
	elsewhere := refundMessage(t, paidBackAtERP("7", 500))
	elsewhere.Parents[0].Tenant = "other.myshopify.com"
	if f := fault.As(second(s.ship(t, elsewhere, 1))); f == nil || f.Class != fault.Config || f.Field != "SHOPIFY_SHOPS" {
		t.Errorf("of another shop: %v", f)
	}
}

func second(_ connector.Receipt, err error) error { return err }

func TestTheTagOfARefundIsItsOwn(t *testing.T) {
	t.Parallel()
	settings := shopifytest.New().Settings("https://shop.example")
	for _, tag := range []string{"Warehouse-Hold", "warehouse-discrepancy", "erp-cancelled"} {
		settings["SHOPIFY_REFUND_TAG"] = tag
		_, err := shopify.Open(settings, connector.Deps{HTTP: http.DefaultTransport, Now: time.Now})
		if f := fault.As(err); f == nil || f.Class != fault.Config || f.Field != "SHOPIFY_REFUND_TAG" {
			t.Errorf("%q: %v", tag, err)
		}
	}
}
