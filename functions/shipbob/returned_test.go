package shipbob_test

import (
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// back returns what the return's webhook of the topic means now.
func (a *account) back(topic string, id int) connector.Translation {
	a.Helper()
	request, err := a.fake.ReturnDelivery("msg_1", topic, id)
	must(a.T, err)
	raw, err := a.system.Source.Receive(a.Context(), request)
	must(a.T, err)
	translation, err := a.system.Source.Translate(a.Context(), raw)
	must(a.T, err)
	return translation
}

// shippedSale ships order 5001 and returns the id of the shipment.
func (a *account) shippedSale() int {
	a.Helper()
	a.confirm(sale(nil))
	id, err := a.fake.Ship(reference, nil)
	must(a.T, err)
	return id
}

func TestAReturnIsRequestedAndReceived(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	id := a.fake.Expect(a.shippedSale(), map[string]int{"TEE-BLK-M": 2, "HOOD-M": 1})
	created := a.now
	for _, topic := range []string{"return.created", "return.updated", "return.polled"} {
		got := a.back(topic, id).Events
		if len(got) != 1 || got[0].Type != canonical.ReturnRequested || !got[0].At.Equal(created) || got[0].Parents[0].String() != reference {
			t.Fatalf("%s: %+v", topic, got)
		}
		body := got[0].Body.(*canonical.Return)
		if body.Words() != "1 HOOD-M, 2 TEE-BLK-M" || body.Order != "5001" || body.Location != "9" || canonical.Validate(body) != nil {
			t.Errorf("%s: %+v", topic, body)
		}
	}
	a.now = a.now.Add(48 * time.Hour)
	must(t, a.fake.CompleteReturn(id, map[string]map[string]int{"TEE-BLK-M": {"Restock": 1, "Quarantine": 1}, "HOOD-M": {"Dispose": 0}}))
	for _, topic := range []string{"return.completed", "return.updated", "return.completed.polled"} {
		got := a.back(topic, id).Events
		if len(got) != 1 || got[0].Type != canonical.ReturnReceived || !got[0].At.Equal(a.now) || got[0].Body.(*canonical.Return).Words() != "2 TEE-BLK-M (1 restocked)" {
			t.Fatalf("%s: %+v", topic, got)
		}
		if key := (message.Key{System: "shipbob", Tenant: "main", Type: "return", ID: "445001"}); got[0].Entity != key {
			t.Errorf("%s: key %v", topic, got[0].Entity)
		}
	}
}

func TestReturnsThatReportNothingSayWhy(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	shipment := a.shippedSale()
	cancelled := a.fake.Expect(shipment, map[string]int{"HOOD-M": 1})
	must(t, a.fake.CancelReturn(cancelled))
	empty := a.fake.Expect(shipment, map[string]int{"HOOD-M": 1})
	must(t, a.fake.CompleteReturn(empty, map[string]map[string]int{"HOOD-M": {"Restock": 0}}))
	a.fake.PutShipped(9, "by-hand", noon)
	for id, why := range map[int]string{
		cancelled: "was cancelled", empty: "has no goods", a.fake.Expect(0, map[string]int{"HOOD-M": 1}): "names no shipment",
		a.fake.Expect(9, map[string]int{"TEE-BLK-M": 1}): "no reference id of this installation",
	} {
		if got := a.back("return.updated", id); !strings.Contains(got.Skip, why) || got.Events != nil {
			t.Errorf("return %d: %+v, want %q", id, got, why)
		}
	}
	for body, field := range map[string]string{`{"id":77}`: "id", `{}`: "id", `{"id":"x"`: ""} {
		_, err := a.system.Source.Translate(t.Context(), &message.Raw{Tenant: "main", Topic: "return.created", Body: []byte(body)})
		if f := fault.As(err); f == nil || f.Kind != fault.Invalid || field != "" && f.Field != field {
			t.Errorf("%s: %v", body, err)
		}
	}
	lost := a.fake.Expect(123, map[string]int{"HOOD-M": 1})
	_, err := a.system.Source.Translate(t.Context(), &message.Raw{Tenant: "main", Topic: "return.created", Body: []byte(`{"id":445005}`)})
	if f := fault.As(err); f == nil || f.Field != "original_shipment_id" || lost != 445005 {
		t.Errorf("of no shipment: %v", err)
	}
}

func TestReturnsArePolledByTheirTwoTimes(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	id := a.fake.Expect(a.shippedSale(), map[string]int{"HOOD-M": 1})
	a.now = a.now.Add(48 * time.Hour)
	must(t, a.fake.CompleteReturn(id, nil))
	for at, want := range map[int]struct {
		topic string
		at    time.Time
	}{3: {"return.polled", noon}, 4: {"return.completed.polled", a.now}} {
		feed := a.system.Poller.Feeds()[at]
		page, err := a.system.Poller.Changes(t.Context(), connector.Ask{Feed: feed, Since: want.at.Add(-time.Minute)})
		if err != nil || feed.Topic != want.topic || len(page.Changes) != 1 || page.Changes[0].ID != "445001" || !page.Changes[0].At.Equal(want.at) {
			t.Fatalf("%s: %+v, %v", want.topic, page, err)
		}
		for _, change := range []connector.Change{page.Changes[0], {ID: "445001", At: want.at}} {
			raw, err := a.system.Poller.Fetch(t.Context(), feed, change)
			must(t, err)
			got, err := a.system.Source.Translate(t.Context(), raw)
			if err != nil || len(got.Events) != 1 || got.Events[0].Type != canonical.ReturnReceived || got.Events[0].Body.(*canonical.Return).Words() != "1 HOOD-M (0 restocked)" {
				t.Errorf("%s: %+v, %v", want.topic, got, err)
			}
		}
		if page, err = a.system.Poller.Changes(t.Context(), connector.Ask{Feed: feed, Since: want.at.Add(time.Hour)}); err != nil || len(page.Changes) != 0 {
			t.Errorf("%s an hour later: %+v, %v", want.topic, page, err)
		}
	}
	a.fake.Answer(shipbobtest.Answer{Status: 200, Body: `{"items":[{"id":5,"insert_date":"yesterday"}]}`})
	page, err := a.system.Poller.Changes(t.Context(), connector.Ask{Feed: a.system.Poller.Feeds()[3], Since: noon})
	if err != nil || len(page.Changes) != 1 || page.Changes[0].Err == nil {
		t.Errorf("one that cannot be read: %+v, %v", page, err)
	}
}
