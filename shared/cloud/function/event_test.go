package function

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	samples "causeway.example/events"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/intake"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

func mustTrigger(t *testing.T, name string) []byte {
	t.Helper()
	data, err := samples.Trigger(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestAPartnerEventComesThroughTheDoor(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	f := b.start()
	data, err := f.Invoke(b.context(time.Minute), mustTrigger(t, "eventbridge-partner"))
	if err != nil || string(data) != "null" {
		t.Errorf("Invoke = %s, %v", data, err)
	}
	raws := b.inbox()
	if len(raws) != 1 || raws[0].Trigger != message.Partner || !strings.Contains(string(raws[0].Body), "820982911946154508") {
		t.Errorf("the inbox holds %+v", raws)
	}
	if line := b.metrics("Route", "toy-inbox"); line["Received"] != 1.0 {
		t.Errorf("counted %v", line)
	}
}

func TestAPartnerEventThatCannotBeStoredIsTriedAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	f := b.start()
	b.ports.send = errors.New("queue down")
	if _, err := f.Invoke(b.context(time.Minute), mustTrigger(t, "eventbridge-partner")); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("Invoke = %v", err)
	}
	if line := b.metrics("Route", "toy-inbox"); line[metricFailed] != 1.0 {
		t.Errorf("counted %v", line)
	}
}

func TestWhatIsNoEventOfTheDoorIsAnError(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	f := b.start()
	for _, payload := range []string{`{}`, `[]`, `{"source":"aws.events"}`, `{"version":"1.0","httpMethod":"POST"}`, `{`} {
		if data, err := f.Invoke(b.context(time.Minute), []byte(payload)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: answered %s, %v", payload, data, err)
		}
	}
}

// Feeds makes the toy a system that can be polled.
func (t *toy) Feeds() []connector.Feed {
	return []connector.Feed{{Tenant: "t1", Topic: "customers", Entity: "customer"}}
}

func (t *toy) Changes(context.Context, connector.Ask) (connector.Page, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.accepts != "" && t.accepts != t.secret {
		return connector.Page{}, fault.New(fault.Unauthorized, fault.Auth, "asking for changes", "the key was refused")
	}
	if t.poll != nil {
		return connector.Page{}, t.poll()
	}
	return connector.Page{Changes: []connector.Change{{ID: "7", At: epoch.Add(time.Minute)}, {ID: "8", At: epoch.Add(2 * time.Minute)}}}, nil
}

func (t *toy) Fetch(_ context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	if change.ID == "8" {
		return nil, fault.New(fault.Rejected, fault.Value, "fetching customer 8", "no")
	}
	return &message.Raw{Tenant: feed.Tenant, Topic: feed.Topic, Trigger: message.Poll, Body: []byte(customer(change.ID, 1))}, nil
}

func (t *toy) Subscriptions(context.Context) ([]connector.Subscription, error) {
	return []connector.Subscription{{Tenant: "t1", Topic: "customers", State: connector.Missing}}, nil
}

func (t *toy) Subscribe(context.Context, connector.Subscription) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.subscribed++
	return nil
}

func TestAScheduleMakesARoundOverTheFeeds(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Poll)
	b.clock.Advance(time.Hour)
	f := b.start()
	if data, err := f.Invoke(b.context(15*time.Minute), mustTrigger(t, "schedule")); err != nil || string(data) != "null" {
		t.Errorf("Invoke = %s, %v", data, err)
	}
	if raws := b.inbox(); len(raws) != 1 || raws[0].Trigger != message.Poll || b.world.subscribed != 1 {
		t.Errorf("the inbox holds %+v, subscribed %d times", raws, b.world.subscribed)
	}
	line := b.metrics("Route", "toy-inbox")
	if line[metricGaps] != 1.0 || line[metricUnread] != 1.0 || line["Received"] != 1.0 {
		t.Errorf("counted %v", line)
	}
}

func TestAPollThatFailsFailsItsInvocation(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Poll)
	b.world.poll = func() error { return fault.New(fault.Unavailable, "", "asking", "503") }
	f := b.start()
	if _, err := f.Invoke(b.context(15*time.Minute), mustTrigger(t, "schedule")); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("Invoke = %v", err)
	}
}

func TestF54APollWhoseKeyWasRotatedGoesOn(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Poll)
	b.clock.Advance(time.Hour)
	f := b.start()
	b.world.accepts = newSecret
	b.secrets.rotate(newSecret)
	if _, err := f.Invoke(b.context(15*time.Minute), mustTrigger(t, "schedule")); err != nil || b.world.opened != 2 {
		t.Errorf("Invoke = %v after %d openings", err, b.world.opened)
	}
}

func TestAFileIsTakenIntoTheInboxAsAClaim(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Pickup)
	const key = "drop/toy/warehouse-7/stock/2026-11-22 evening.csv"
	b.files[key] = "sku,on_hand\n00-TEE-RED-M,4\n"
	f := b.start()
	event := mustTrigger(t, "s3-object")
	for range 2 { // S3 tells at least once
		if _, err := f.Invoke(b.context(time.Minute), event); err != nil {
			t.Fatal(err)
		}
	}
	b.files[key] += "00-TEE-RED-L,9\n" // the same name with new content
	if _, err := f.Invoke(b.context(time.Minute), event); err != nil {
		t.Fatal(err)
	}
	raws := b.inbox()
	if len(raws) != 3 || raws[0].ID != raws[1].ID || raws[1].ID == raws[2].ID {
		t.Fatalf("the inbox holds %+v", raws)
	}
	raw := raws[0]
	if raw.Trigger != message.File || raw.Tenant != "warehouse-7" || raw.Topic != "stock" || raw.Header[intake.HeaderFile] != "2026-11-22 evening.csv" || len(raw.Body) != 0 || raw.Claim == nil {
		t.Errorf("the message is %+v", raw)
	}
	if content, err := b.ports.Load(t.Context(), *raw.Claim); err != nil || string(content) != "sku,on_hand\n00-TEE-RED-M,4\n" {
		t.Errorf("the vault holds %q, %v", content, err)
	}
	stored := b.entries(port.Received)[0]
	if stored.Function != "toy-pickup" || stored.Hashes.Source != raw.Claim.SHA256[:16] {
		t.Errorf("the ledger says %+v", stored)
	}
}

func TestWhatAPickupRefuses(t *testing.T) {
	t.Parallel()
	sample := string(mustTrigger(t, "s3-object"))
	for name, c := range map[string]struct {
		event string
		kind  fault.Kind
	}{
		"a file that is gone":   {sample, fault.Rejected},
		"another bucket":        {strings.ReplaceAll(sample, `"name": "causeway-dev-`, `"name": "other-`), fault.Invalid},
		"another system's":      {strings.ReplaceAll(sample, "drop/toy/", "drop/till/"), fault.Invalid},
		"a way out of it":       {strings.ReplaceAll(sample, "drop/toy/", "claims/"), fault.Invalid},
		"a file that is gone b": {strings.ReplaceAll(sample, "evening", "morning"), fault.Rejected},
		"a deletion":            {strings.ReplaceAll(sample, "Object Created", "Object Deleted"), fault.Invalid},
		"no event":              {`{`, fault.Invalid},
	} {
		b := newBench(t, connector.Pickup)
		f := b.start()
		if _, err := f.Invoke(b.context(time.Minute), []byte(c.event)); fault.KindOf(err) != c.kind {
			t.Errorf("%s: Invoke = %v", name, err)
		}
	}
	b := newBench(t, connector.Pickup)
	folder := strings.ReplaceAll(sample, "2026-11-22 evening.csv", "")
	if _, err := b.start().Invoke(b.context(time.Minute), []byte(folder)); err != nil || len(b.inbox()) != 0 {
		t.Errorf("a folder: %v", err)
	}
}

func TestASchedulesEventIsToldFromOthers(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Poll)
	f := b.start()
	for _, payload := range []string{`{`, `{"source":"aws.s3","detail-type":"Object Created"}`, `{"Records":[]}`} {
		if _, err := f.Invoke(b.context(time.Minute), json.RawMessage(payload)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", payload, err)
		}
	}
}

// fakeFiles are files by key.
type fakeFiles map[string]string

func (f fakeFiles) Fetch(_ context.Context, key, version string) (content []byte, fetched string, err error) {
	text, ok := f[key]
	if !ok {
		return nil, "", fault.New(fault.Rejected, fault.MissingRef, "fetching file "+key, "it is not there")
	}
	return []byte(text), version, nil
}
