package test_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/redrive"
	"causeway.example/shared/port"
)

// TestF1ARefundThatIsDeletedInTheStoreAsksAnOperator: what was booked stays, also when the order
// is reported again. Each deletion is a dead letter, whose commands show what was booked and take
// it out.
func TestF1ARefundThatIsDeletedInTheStoreAsksAnOperator(t *testing.T) {
	t.Parallel()
	for name, sell := range map[string]func(*netsuitetest.Fake, string, ...int) (string, error){"before the invoice": nil, "after the invoice": (*netsuitetest.Fake).Invoice} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journey(t, setup{}, func(w *world) {
				wooBack(w)
				if sell != nil {
					if _, err := sell(w.erp, w.order("woocommerce", "42").ExternalID); err != nil {
						t.Fatal(err)
					}
				}
				wooBack(w, payBack{tees: 1, paid: 5000, status: backOK}, payBack{paid: 700, status: backOK})
				booked := backDocuments(w)
				first, second := w.wooStore.DeleteRefund(42, 100), w.wooStore.DeleteRefund(42, 200)
				// The last was created and deleted before it was ever reported.
				for _, body := range [][]byte{first, second, first, woocommercetest.RefundDeleted(999)} {
					if status := w.post("woocommerce", woocommercetest.Header("action.woocommerce_refund_deleted", body), body); status != http.StatusOK {
						t.Fatalf("the door answers %d", status)
					}
					w.pass(time.Minute)
				}
				if got := backDocuments(w); got != booked || !strings.Contains(got, "payout 50.00") {
					t.Errorf("the books became %s, and were %s", got, booked)
				}
				w.askedOf("100", "200", "999")
				// The store reports the order without its refunds, which unbooks nothing.
				wooBack(w)
				if got := backDocuments(w); got != booked {
					t.Errorf("after the next delivery the books became %s, and were %s", got, booked)
				}
				w.bookedRefund("100", true)
				w.bookedRefund("999", false)
				w.settleAll()
			})
		})
	}
}

// askedOf checks that there is a dead letter for each of the deleted refunds, and for no other.
func (w *world) askedOf(refunds ...string) {
	w.Helper()
	deliveries := map[string]bool{} // a copy is a letter of the same delivery
	for _, e := range w.entries(port.Dead) {
		deliveries[e.Event] = true
		if !slices.ContainsFunc(refunds, func(id string) bool {
			return e.Error.Code == "refund_deleted" && strings.Contains(e.Outcome, "deleted refund "+id+":") && strings.Contains(e.Outcome, "causeway trace "+backKey(id).String()+")")
		}) {
			w.Errorf("an operator is asked about %+v", e)
		}
	}
	if len(deliveries) != len(refunds) {
		w.Errorf("%d deliveries are dead, want %d\n%s", len(deliveries), len(refunds), w.story())
	}
}

// settleAll takes all dead letters out, as an operator does who has settled them.
func (w *world) settleAll() {
	w.Helper()
	desk, err := operate.New(w.store.Desk(), w.table)
	if err != nil {
		w.Fatal(err)
	}
	operator := redrive.Operator{Desk: desk, Who: "ada", Random: func() float64 { return 0.5 }, Sleep: func(ctx context.Context, d time.Duration) error {
		w.pass(d)
		return ctx.Err()
	}}
	plan, err := operator.Plan(w.Context(), redrive.Resolve, operate.Selector{}, redrive.Options{All: true})
	if err != nil {
		w.Fatal(err)
	}
	if _, err := operator.Apply(w.Context(), plan.ID, "voided by hand"); err != nil {
		w.Fatal(err)
	}
	left := 0
	if err := desk.DeadLetters(w.Context(), operate.Selector{}, func(operate.Letter, port.Incoming) bool { left++; return true }); err != nil || left > 0 {
		w.Errorf("%d letters are left: %v", left, err)
	}
}

func backKey(refund string) message.Key {
	return message.Key{System: "woocommerce", Tenant: "shop.example", Type: "refund", ID: refund}
}

// bookedRefund checks whether the command that the dead letter names shows the refund at the ERP.
func (w *world) bookedRefund(id string, want bool) {
	w.Helper()
	desk, err := operate.New(w.store.Desk(), w.table)
	if err != nil {
		w.Fatal(err)
	}
	found, err := desk.Find(w.Context(), backKey(id).String())
	if err != nil {
		w.Fatal(err)
	}
	if len(found) == 0 != !want {
		w.Errorf("refund %s is found as %+v", id, found)
	}
	if ends := w.ends("woocommerce", "refund", id); slices.Contains(ends, "refund.settled confirmed") != want {
		w.Errorf("refund %s ended as %v", id, ends)
	}
}
