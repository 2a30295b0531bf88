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

// closedAtERP returns the request to cancel order 5001, of which nothing was shipped.
func closedAtERP() *canonical.CancelRequest {
	return &canonical.CancelRequest{ID: "4711", Number: "SO-1042", Order: "5001", Status: "closed", RequestedAt: now}
}

func cancelMessage(t testing.TB, c *canonical.CancelRequest) *message.Message {
	t.Helper()
	body, err := canonical.Encode(c)
	if err != nil {
		t.Fatal(err)
	}
	return &message.Message{
		ID: "event-" + c.ID, Source: message.SourcePrefix + "books", Type: canonical.OrderCancelRequested, Subject: "order/external", Tenant: "1",
		Schema: "cancel_request/1", Time: now, Sequence: message.NewSequence(now, false, now), Body: body,
		Parents: []message.Key{{System: "shopify", Tenant: shopifytest.Shop, Type: "order", ID: c.Order}},
	}
}

// cancelState says what became of order 5001: "cancelled erp-cancelled", or "open" with the words.
func cancelState(fake *shopifytest.Fake) string {
	state := "open"
	if body := fake.Webhook("5001"); strings.Contains(string(body), `"cancelled_at":"`) {
		state = "cancelled"
	}
	if tags := fake.Tags("5001"); slices.Contains(tags, "erp-cancelled") {
		state += " erp-cancelled"
	}
	if words := fake.Metafield("5001", "causeway.erp"); words != "" {
		state += " " + words
	}
	return state
}

// mutationsSince returns the names of the mutations after so many queries.
func (s *shop) mutationsSince(before int) (names []string) {
	for _, q := range s.fake.Asked()[before:] {
		if rest, mutates := strings.CutPrefix(q, "mutation "); mutates {
			name, _, _ := strings.Cut(rest, "(")
			names = append(names, name)
		}
	}
	return names
}

// TestAnOrderThatTheERPEndedIsCancelledOrShown: each case twice, of which the second writes nothing.
func TestAnOrderThatTheERPEndedIsCancelledOrShown(t *testing.T) {
	t.Parallel()
	part := func(t *testing.T, s *shop) {
		if _, err := s.ship(t, shippedMessage(t, parcel("S-1", "1Z1", shippedLine("TEE-BLK-M", 1))), 1); err != nil {
			t.Fatal(err)
		}
	}
	change := func(set map[string]any) func(*testing.T, *shop) {
		return func(_ *testing.T, s *shop) {
			s.fake.Put(shopifytest.Purchase{ID: 5001, Change: func(o map[string]any) {
				for name, value := range set {
					o[name] = value
				}
			}}.Body())
		}
	}
	at := now.Format(time.RFC3339)
	const shown, shipped = "open erp-cancelled books: closed as SO-1042", "; not cancelled here: something was shipped"
	for name, c := range map[string]struct {
		settings overrides
		before   func(*testing.T, *shop)
		request  func(*canonical.CancelRequest)
		want     string
		writes   int
	}{
		"open":                    {want: "cancelled erp-cancelled", writes: 2},
		"authorized":              {before: change(map[string]any{"financial_status": "authorized"}), want: "cancelled erp-cancelled", writes: 2},
		"cancelled in the store":  {before: change(map[string]any{"cancelled_at": at}), want: "cancelled"},
		"fulfilled and archived":  {before: change(map[string]any{"fulfillment_status": "fulfilled", "closed_at": at}), request: func(r *canonical.CancelRequest) { r.Fulfilled = true }, want: "open"},
		"archived, not fulfilled": {before: change(map[string]any{"closed_at": at}), want: "cancelled erp-cancelled", writes: 2},
		"nothing left of it": {
			before: change(map[string]any{"line_items": []any{map[string]any{"id": 11, "sku": "TEE-BLK-M", "quantity": 2, "current_quantity": 0}}}),
			want:   "open",
		},
		"a part shipped":          {before: part, want: shown + shipped, writes: 2},
		"fulfilled, not archived": {before: change(map[string]any{"fulfillment_status": "fulfilled"}), want: shown + shipped, writes: 2},
		"shipped at the ERP":      {request: func(r *canonical.CancelRequest) { r.Fulfilled = true }, want: shown + "" + shipped, writes: 2},
		"billed at the ERP":       {request: func(r *canonical.CancelRequest) { r.Billed = true }, want: shown + "; not cancelled here: something was billed", writes: 2},
		"only shown":              {settings: overrides{"SHOPIFY_CANCELLATIONS": "show"}, want: shown + "; not cancelled here: SHOPIFY_CANCELLATIONS is show", writes: 2},
		"tagged by the shop":      {before: change(map[string]any{"tags": "ERP-Cancelled"}), want: "cancelled", writes: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, c.settings)
			s.fake.Put(threeTees())
			if c.before != nil {
				c.before(t, s)
			}
			request := closedAtERP()
			if c.request != nil {
				c.request(request)
			}
			for _, want := range []int{c.writes, 0} {
				before := len(s.fake.Asked())
				receipt, err := s.ship(t, cancelMessage(t, request), 1)
				if err != nil {
					t.Fatal(err)
				}
				made := s.mutationsSince(before)
				if got := cancelState(s.fake); got != c.want || len(made) != want || receipt.Linked != (want == 0) || receipt.Ref != "5001" {
					t.Errorf("the order is %q, want %q, after %v, receipt %+v", got, c.want, made, receipt)
				}
			}
			for _, one := range s.fake.Cancellations() {
				if one.Refunds || one.Note != "books: closed as SO-1042" {
					t.Errorf("asked for %+v", one)
				}
			}
		})
	}
}

// TestACancellationIsRetriedUntilItsJobHasEnded, and never asked for twice.
func TestACancellationIsRetriedUntilItsJobHasEnded(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*shopifytest.Fake){
		"slow job":    func(f *shopifytest.Fake) { f.SlowCancel(9, "") },
		"lost answer": func(f *shopifytest.Fake) { f.LoseAnswer("orderCancel(") },
		"hidden job": func(f *shopifytest.Fake) {
			f.SlowCancel(9, "")
			f.AnswerTo("OrderCancelJobResult", shopifytest.Answer{Status: http.StatusOK, Body: `{"errors":[{"message":"no","extensions":{"code":"ACCESS_DENIED"}}]}`})
		},
	} {
		s := open(t, nil)
		s.fake.Put(threeTees())
		prepare(s.fake)
		_, err := s.ship(t, cancelMessage(t, closedAtERP()), 1)
		f := fault.As(err)
		if f == nil || f.Kind != fault.Unavailable || name != "lost answer" && f.Scope != fault.EntityScope {
			t.Errorf("%s: %v", name, err)
		}
		s.fake.EndCancels()
		before := len(s.fake.Asked())
		receipt, err := s.ship(t, cancelMessage(t, closedAtERP()), 2)
		if err != nil || !receipt.Linked || len(s.mutationsSince(before)) != 0 || len(s.fake.Cancellations()) != 1 || cancelState(s.fake) != "cancelled erp-cancelled" {
			t.Errorf("%s: %+v, %v, %s", name, receipt, err, cancelState(s.fake))
		}
	}
}

func TestACancellationThatShopifyRejectsSaysWhy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(*shopifytest.Fake)
		code    string
	}{
		"a return in progress": {func(f *shopifytest.Fake) { f.Return("5001", "OPEN", map[string]int{"TEE-BLK-M": 1}) }, "INVALID"},
		"a job that fails":     {func(f *shopifytest.Fake) { f.SlowCancel(0, "INTERNAL_ERROR") }, "INTERNAL_ERROR"},
		"an answer of nothing": {func(f *shopifytest.Fake) {
			f.AnswerTo("orderCancel(", shopifytest.Answer{Status: http.StatusOK, Body: `{"data":{"orderCancel":null}}`})
		}, "user_error"},
	} {
		s := open(t, nil)
		s.fake.Put(threeTees())
		c.prepare(s.fake)
		_, err := s.ship(t, cancelMessage(t, closedAtERP()), 1)
		if f := fault.As(err); f == nil || f.Kind != fault.Rejected || f.Field != "status" || f.Code != c.code || !strings.Contains(f.Detail, "by hand") {
			t.Errorf("%s: %v", name, err)
		}
		if got := cancelState(s.fake); got != "open erp-cancelled" {
			t.Errorf("%s: the order is %q", name, got)
		}
	}
	s := open(t, nil)
	_, err := s.ship(t, cancelMessage(t, closedAtERP()), 1)
	if f := fault.As(err); f == nil || f.Kind != fault.Rejected || f.Class != fault.MissingRef || f.Field != "order" {
		t.Errorf("without the order: %v", err)
	}
}

func TestTheTagOfACancellationIsItsOwn(t *testing.T) {
	t.Parallel()
	settings := shopifytest.New().Settings("https://shop.example")
	for _, tag := range []string{"Warehouse-Hold", "warehouse-discrepancy"} {
		settings["SHOPIFY_CANCEL_TAG"] = tag
		_, err := shopify.Open(settings, connector.Deps{HTTP: http.DefaultTransport, Now: time.Now})
		if f := fault.As(err); f == nil || f.Class != fault.Config || f.Field != "SHOPIFY_CANCEL_TAG" {
			t.Errorf("%q: %v", tag, err)
		}
	}
}
