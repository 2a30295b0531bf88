package woocommerce_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// closedAtERP returns the request to cancel order 42, of which nothing was shipped.
func closedAtERP() *canonical.CancelRequest {
	return &canonical.CancelRequest{ID: "4711", Number: "SO-1042", Order: "42", Status: "closed", RequestedAt: time.Now()}
}

func cancelEvent(t testing.TB, c *canonical.CancelRequest) *message.Message {
	t.Helper()
	body, err := canonical.Encode(c)
	if err != nil {
		t.Fatal(err)
	}
	m := shippedEvent(t, shipmentOf("S-1", map[string]int64{"A": 1}))
	m.ID, m.Type, m.Subject, m.Schema, m.Source, m.Body = "event-"+c.ID, canonical.OrderCancelRequested, "order/external", "cancel_request/1", message.SourcePrefix+"books", body
	return m
}

// TestAnOrderThatTheERPEndedIsCancelledOrNoted: each case twice, of which the second writes nothing.
func TestAnOrderThatTheERPEndedIsCancelledOrNoted(t *testing.T) {
	t.Parallel()
	const kept = "ERP: books: closed as SO-1042; not cancelled here: "
	for name, c := range map[string]struct {
		settings map[string]string
		status   string
		shipped  bool
		request  func(*canonical.CancelRequest)
		becomes  string
		note     string
	}{
		"paid":                {status: "processing", becomes: "cancelled", note: "ERP: books: closed as SO-1042; cancelled here, and nothing is refunded"},
		"not paid":            {status: "on-hold", becomes: "cancelled", note: "ERP: books: closed as SO-1042; cancelled here, and nothing is refunded"},
		"paid by a plugin":    {settings: map[string]string{"WOOCOMMERCE_STATUSES": "packed=paid"}, status: "packed", becomes: "cancelled", note: "ERP: books: closed as SO-1042; cancelled here, and nothing is refunded"},
		"of a plugin":         {status: "packed", becomes: "packed", note: kept + "nothing says what its status packed means; name it in WOOCOMMERCE_STATUSES"},
		"cancelled":           {status: "cancelled", becomes: "cancelled"},
		"cancelled by plugin": {settings: map[string]string{"WOOCOMMERCE_STATUSES": "void=cancelled"}, status: "void", becomes: "void"},
		"refunded":            {status: "refunded", becomes: "refunded"},
		"in the trash":        {status: "trash", becomes: "trash"},
		"completed":           {status: "completed", request: func(r *canonical.CancelRequest) { r.Fulfilled = true }, becomes: "completed"},
		"a part shipped":      {status: "processing", shipped: true, becomes: "processing", note: kept + "something was shipped"},
		"shipped at the ERP": {
			status: "processing", request: func(r *canonical.CancelRequest) { r.Fulfilled = true }, becomes: "processing",
			note: "ERP: books: closed as SO-1042; not cancelled here: something was shipped",
		},
		"billed at the ERP": {
			status: "processing", request: func(r *canonical.CancelRequest) { r.Billed = true }, becomes: "processing",
			note: "ERP: books: closed as SO-1042; not cancelled here: something was billed",
		},
		"only shown": {settings: map[string]string{"WOOCOMMERCE_CANCELLATIONS": "show"}, status: "processing", becomes: "processing", note: kept + "WOOCOMMERCE_CANCELLATIONS is show"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := storeWith()
			system := mustOpenWith(t, fake, c.settings)
			if c.shipped {
				mustShip(t, system, shipmentOf("S-1", map[string]int64{"A": 1}))
			}
			fake.SetStatus(42, c.status)
			request := closedAtERP()
			if c.request != nil {
				c.request(request)
			}
			var want []string
			if c.note != "" {
				want = []string{c.note}
			}
			for i := range 2 {
				receipt, err := ship(t, system, cancelEvent(t, request))
				if err != nil {
					t.Fatal(err)
				}
				if notes := erpNotes(fake); !slices.Equal(notes, want) || fake.Status(42) != c.becomes || receipt.Linked != (i > 0 || c.note == "") || receipt.Ref != "42-erp" {
					t.Errorf("status %s, notes %q, receipt %+v", fake.Status(42), notes, receipt)
				}
			}
		})
	}
}

// erpNotes returns the notes of the ERP of order 42, none of which is for the customer.
func erpNotes(fake *woocommercetest.Fake) (all []string) {
	for _, note := range fake.Notes(42) {
		if strings.HasPrefix(note.Text, "ERP: ") && !note.Customer {
			all = append(all, note.Text)
		}
	}
	return all
}

// TestALostAnswerCancelsNothingTwice, whichever write it is of.
func TestALostAnswerCancelsNothingTwice(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"POST", "PUT"} {
		fake := storeWith()
		system := mustOpenWith(t, fake, nil)
		fake.LoseAnswer(method)
		if _, err := ship(t, system, cancelEvent(t, closedAtERP())); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %v", method, err)
		}
		if _, err := ship(t, system, cancelEvent(t, closedAtERP())); err != nil || len(erpNotes(fake)) != 1 || fake.Status(42) != "cancelled" {
			t.Errorf("%s: %v, notes %q, status %s", method, err, erpNotes(fake), fake.Status(42))
		}
	}
	fake := storeWith()
	system := mustOpenWith(t, fake, nil)
	fake.Delete(42)
	_, err := ship(t, system, cancelEvent(t, closedAtERP()))
	if f := fault.As(err); f == nil || f.Kind != fault.Rejected || f.Class != fault.MissingRef || f.Field != "order" {
		t.Errorf("of an order that is gone: %v", err)
	}
}
