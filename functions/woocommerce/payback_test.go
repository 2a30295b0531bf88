package woocommerce_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// paidBackAtERP returns the request to refund 5.00 of order 42, of which the ERP has so much in all.
func paidBackAtERP(id string, refunded int64) *canonical.RefundRequest {
	usd := func(minor int64) canonical.Money { return canonical.Money{Minor: minor, Currency: "USD"} }
	return &canonical.RefundRequest{ID: id, Number: "CR-" + id, Order: "42", Amount: usd(500), Refunded: usd(refunded), At: time.Now()}
}

func refundEvent(t testing.TB, r *canonical.RefundRequest) *message.Message {
	t.Helper()
	body, err := canonical.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	m := shippedEvent(t, shipmentOf("S-1", map[string]int64{"A": 1}))
	m.ID, m.Type, m.Subject, m.Schema, m.Source, m.Body = "event-"+r.ID, canonical.RefundRequested, "refund/"+r.ID, "refund_request/1", message.SourcePrefix+"books", body
	return m
}

// refundState says what order 42 has: "5.00 paid books refund CR-7 (7)", and the notes of refunds.
func refundState(fake *woocommercetest.Fake) (all []string) {
	for _, r := range fake.RefundsOf(42) {
		all = append(all, fmt.Sprint(r.Amount, map[bool]string{true: " paid ", false: " recorded "}[r.PaidBack], r.Reason))
	}
	for _, note := range fake.Notes(42) {
		if strings.HasPrefix(note.Text, "ERP refund ") && !note.Customer {
			all = append(all, note.Text)
		}
	}
	return all
}

const notRefunded = "ERP refund CR-7 (7): 5.00 USD paid back in books; not refunded here: "

func erpRefunds(mode string) map[string]string {
	return map[string]string{"WOOCOMMERCE_ERP_REFUNDS": mode}
}

// TestWhatTheERPPaidBackIsRefundedOrNoted: each case twice, of which the second writes nothing.
func TestWhatTheERPPaidBackIsRefundedOrNoted(t *testing.T) {
	t.Parallel()
	whole := soldOrder().Total()
	for name, c := range map[string]struct {
		mode    string
		before  func(*woocommercetest.Fake)
		request func(*canonical.RefundRequest)
		want    []string
	}{
		"shown":     {want: []string{notRefunded + "WOOCOMMERCE_ERP_REFUNDS is show"}},
		"recorded":  {mode: "record", want: []string{"5.00 recorded books refund CR-7 (7)"}},
		"paid":      {mode: "pay", want: []string{"5.00 paid books refund CR-7 (7)"}},
		"all of it": {mode: "pay", request: func(r *canonical.RefundRequest) { r.Amount.Minor, r.Refunded.Minor = whole, whole }, want: []string{cents(whole) + " paid books refund CR-7 (7)"}},
		"a cent more": {
			mode: "pay", request: func(r *canonical.RefundRequest) { r.Amount.Minor, r.Refunded.Minor = whole+1, whole+1 },
			want: []string{strings.Replace(notRefunded, "5.00", cents(whole+1), 1) + "only " + shortest(whole) + " of it is left to refund"},
		},
		"another currency":         {mode: "pay", request: func(r *canonical.RefundRequest) { r.Amount.Currency, r.Refunded.Currency = "EUR", "EUR" }, want: []string{strings.Replace(notRefunded, "USD", "EUR", 1) + "the order is in USD"}},
		"in the trash":             {mode: "pay", before: func(f *woocommercetest.Fake) { f.Trash(42) }, want: []string{notRefunded + "the order is in the trash"}},
		"not paid":                 {mode: "pay", before: withoutPayment, want: []string{notRefunded + "the order is not paid here"}},
		"done by hand":             {mode: "pay", before: func(f *woocommercetest.Fake) { f.RefundByHand(42, "5.00", "sorry") }, want: []string{"5.00 recorded sorry"}},
		"done by hand, only shown": {before: func(f *woocommercetest.Fake) { f.RefundByHand(42, "5.00", "sorry") }, want: []string{"5.00 recorded sorry"}},
		"more refunded here": {
			mode: "pay", before: func(f *woocommercetest.Fake) { f.RefundByHand(42, "4.99", "sorry") },
			want: []string{"4.99 recorded sorry", notRefunded + "4.99 of it is refunded here, and 5.00 in books with this amount"},
		},
		"beside one of the store's": {
			mode: "pay", before: func(f *woocommercetest.Fake) { f.RefundByHand(42, "5.00", "sorry") }, request: func(r *canonical.RefundRequest) { r.Refunded.Minor = 1000 },
			want: []string{"5.00 recorded sorry", "5.00 paid books refund CR-7 (7)"},
		},
		"a copied reason of another amount": {
			mode: "pay", before: func(f *woocommercetest.Fake) { f.RefundByHand(42, "1.00", "books refund CR-7 (7)") }, request: func(r *canonical.RefundRequest) { r.Refunded.Minor = 600 },
			want: []string{"1.00 recorded books refund CR-7 (7)", "5.00 paid books refund CR-7 (7)"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := storeWith()
			if c.before != nil {
				c.before(fake)
			}
			before := len(refundState(fake))
			settings := map[string]string{}
			if c.mode != "" {
				settings = erpRefunds(c.mode)
			}
			system := mustOpenWith(t, fake, settings)
			request := paidBackAtERP("7", 500)
			if c.request != nil {
				c.request(request)
			}
			for i := range 2 {
				receipt, err := ship(t, system, refundEvent(t, request))
				if err != nil {
					t.Fatal(err)
				}
				if got := refundState(fake); !slices.Equal(got, c.want) || receipt.Ref == "" || receipt.Linked != (i > 0 || len(got) == before) {
					t.Errorf("got %q, want %q, receipt %+v", got, c.want, receipt)
				}
			}
		})
	}
}

// withoutPayment takes the date of payment from order 42.
func withoutPayment(f *woocommercetest.Fake) {
	order := woocommercetest.NewOrder(42, 2)
	order.Paid, order.Status = time.Time{}, "pending"
	f.Put(order)
}

func cents(minor int64) string {
	return canonical.Money{Minor: minor, Currency: "USD"}.Decimal().String()
}

func shortest(minor int64) string {
	return canonical.Money{Minor: minor, Currency: "USD"}.Decimal().Normal().String()
}

// TestALostAnswerRefundsOnce: the refund, or the note, was written, and the answer was lost.
func TestALostAnswerRefundsOnce(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"pay", "record", "show"} {
		fake := storeWith()
		system := mustOpenWith(t, fake, erpRefunds(mode))
		fake.LoseAnswer("POST")
		_, err := ship(t, system, refundEvent(t, paidBackAtERP("7", 500)))
		if f := fault.As(err); f == nil || f.Kind != fault.Unavailable || f.Class != fault.Ambiguous {
			t.Errorf("%s: %v", mode, err)
		}
		if receipt, err := ship(t, system, refundEvent(t, paidBackAtERP("7", 500))); err != nil || !receipt.Linked || len(refundState(fake)) != 1 {
			t.Errorf("%s: %v, %q", mode, err, refundState(fake))
		}
	}
}

// TestEqualRequestsAreRefundedOnceEach, whichever is delivered again.
func TestEqualRequestsAreRefundedOnceEach(t *testing.T) {
	t.Parallel()
	fake := storeWith()
	system := mustOpenWith(t, fake, erpRefunds("pay"))
	for range 2 {
		for _, id := range []string{"7", "8"} {
			if _, err := ship(t, system, refundEvent(t, paidBackAtERP(id, 1000))); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got, want := refundState(fake), []string{"5.00 paid books refund CR-7 (7)", "5.00 paid books refund CR-8 (8)"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestARefundThatTheGatewayDoesNotPaySaysWhatToDo, and what was shown is not paid later.
func TestARefundThatTheGatewayDoesNotPaySaysWhatToDo(t *testing.T) {
	t.Parallel()
	fake := storeWith()
	fake.DeclineRefunds(true)
	_, err := ship(t, mustOpenWith(t, fake, erpRefunds("pay")), refundEvent(t, paidBackAtERP("7", 500)))
	if f := fault.As(err); f == nil || f.Kind != fault.Rejected || f.Class != fault.Conflict || f.Field != "amount" || !strings.Contains(f.Detail, "whether it paid") {
		t.Errorf("got %v", err)
	}
	if got := refundState(fake); len(got) != 0 {
		t.Errorf("got %q", got)
	}
	fake.DeclineRefunds(false)
	for _, mode := range []string{"show", "pay"} {
		if _, err := ship(t, mustOpenWith(t, fake, erpRefunds(mode)), refundEvent(t, paidBackAtERP("7", 500))); err != nil {
			t.Fatal(err)
		}
	}
	if got := refundState(fake); len(got) != 1 || got[0] != notRefunded+"WOOCOMMERCE_ERP_REFUNDS is show" {
		t.Errorf("got %q", got)
	}
}

// TestARefundOfNoKnownOrderIsRejected, with the field, and one of a store that is not configured with the
// setting.
func TestARefundOfNoKnownOrderIsRejected(t *testing.T) {
	t.Parallel()
	fake := storeWith()
	system := mustOpenWith(t, fake, erpRefunds("pay"))
	elsewhere := refundEvent(t, paidBackAtERP("7", 500))
	elsewhere.Parents[0].Tenant = "other.example"
	nameless := refundEvent(t, paidBackAtERP("7", 500))
	nameless.Parents = nil
	fake.Delete(42)
	for field, m := range map[string]*message.Message{"order": refundEvent(t, paidBackAtERP("7", 500)), "WOOCOMMERCE_STORES": elsewhere, "": nameless} {
		_, err := ship(t, system, m)
		if f := fault.As(err); f == nil || f.Field != field && f.Field != "order" {
			t.Errorf("%s: %v", field, err)
		}
	}
	fake = storeWith()
	if d := (connector.Delivery{Message: refundEvent(t, paidBackAtERP("7", 500)), Body: paidBackAtERP("7", 500), Ref: "42500"}); true {
		receipt, err := mustOpenWith(t, fake, erpRefunds("pay")).Target.Deliver(t.Context(), d)
		if err != nil || !receipt.Linked || receipt.Ref != "42500" || len(refundState(fake)) != 0 {
			t.Errorf("one that is known: %+v, %v", receipt, err)
		}
	}
}
