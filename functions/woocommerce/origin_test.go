package woocommerce_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/woocommerce"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// twoShops are the settings of two stores, one below a path of the other's host, and a third.
func twoShops(secrets string) map[string]string {
	return map[string]string{
		"WOOCOMMERCE_STORES":          "https://shop.example/,https://shop.example/eu,https://b.example",
		"WOOCOMMERCE_WEBHOOK_SECRETS": secrets,
	}
}

const ownSecrets = "shop.example=" + woocommercetest.Secret + ",https://shop.example/eu=of-eu,b.example=of-b,b.example=next-of-b"

// from returns a delivery of the store with the header, signed with the secret.
func from(source, secret, topic string, body []byte) connector.Request {
	header := woocommercetest.Header(topic, body)
	header.Set("X-WC-Webhook-Source", source)
	header.Set(signature, signedWith(secret, body))
	return connector.Request{Method: http.MethodPost, Header: header, Body: body, At: arrival}
}

func TestI15ADeliveryBelongsToTheStoreThatSignedIt(t *testing.T) {
	t.Parallel()
	order := woocommercetest.NewOrder(7, 1)
	bound, shared := mustOpen(t, twoShops(ownSecrets)).Source, mustOpen(t, twoShops(woocommercetest.Secret)).Source
	linked := func(store string) []byte {
		order := order
		order.Store = store
		return order.Body()
	}
	bare := mustEdit(t, order.Body(), map[string]any{"_links": absent})
	for name, tc := range map[string]struct {
		source         connector.Source
		header, secret string
		body           []byte
		door           fault.Kind // Duplicate: let in
		class          fault.Class
		field          string
	}{
		"its own secret":                  {bound, "https://shop.example/", woocommercetest.Secret, linked(""), fault.Duplicate, "", ""},
		"without links, under its own":    {bound, "https://shop.example/", woocommercetest.Secret, bare, fault.Duplicate, "", ""},
		"below a path":                    {bound, "https://shop.example/eu/", "of-eu", linked("https://shop.example/eu/"), fault.Duplicate, "", ""},
		"the next secret":                 {bound, "https://b.example", "next-of-b", linked("https://b.example"), fault.Duplicate, "", ""},
		"a's secret under b's header":     {bound, "https://b.example", woocommercetest.Secret, linked(""), fault.Unauthentic, "", ""},
		"a's body under b's header":       {shared, "https://b.example", woocommercetest.Secret, linked(""), fault.Duplicate, fault.Conflict, "_links.self[0].href"},
		"a site's under its parent's":     {shared, "https://shop.example", woocommercetest.Secret, linked("https://shop.example/eu"), fault.Duplicate, fault.Conflict, "_links.self[0].href"},
		"a parent's under its site's":     {shared, "https://shop.example/eu", woocommercetest.Secret, linked(""), fault.Duplicate, fault.Conflict, "_links.self[0].href"},
		"a foreign store's":               {bound, "https://b.example", "of-b", linked("https://evil.example"), fault.Duplicate, fault.Conflict, "_links.self[0].href"},
		"a shared secret without links":   {shared, "https://b.example", woocommercetest.Secret, bare, fault.Duplicate, fault.Conflict, "_links.self[0].href"},
		"a link that is no address":       {bound, "https://b.example", "of-b", mustEdit(t, bare, map[string]any{"_links": map[string]any{"self": []any{map[string]any{"href": "x"}}}}), fault.Duplicate, fault.Conflict, "_links.self[0].href"},
		"a shared secret with true links": {shared, "https://shop.example/eu", woocommercetest.Secret, linked("https://shop.example/eu"), fault.Duplicate, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			received, err := tc.source.Receive(t.Context(), from(tc.header, tc.secret, "order.created", tc.body))
			if tc.door != fault.Duplicate {
				if fault.KindOf(err) != tc.door || received != nil {
					t.Errorf("Receive = %+v, %v", received, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			translation, err := tc.source.Translate(t.Context(), received)
			if tc.class == "" {
				if err != nil || event(translation, canonical.OrderPlaced) == nil {
					t.Errorf("%+v, %v", translation, err)
				}
				return
			}
			checkFault(t, err, fault.Invalid, tc.class, tc.field)
			if len(translation.Events) > 0 {
				t.Errorf("it was translated to %v", translation)
			}
		})
	}
}

func TestI15ABodyUnderTheTopicOfAnotherKindIsRefused(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	customer := woocommercetest.Customer{ID: 7, Created: noon, Billing: woocommercetest.NewAddress(7)}.Body()
	for name, tc := range map[string]struct {
		topic string
		body  []byte
		field string
	}{
		"an order as a customer":               {"customer.created", recordedOrder(t), "_links.self[0].href"},
		"an order without links as a customer": {"customer.updated", mustEdit(t, recordedOrder(t), map[string]any{"_links": absent}), ""},
		"a customer as an order":               {"order.created", customer, ""},
		"a product as a customer":              {"customer.created", mustRecorded109(t, "47-product.updated").Body, "_links.self[0].href"},
	} {
		_, err := source.Translate(t.Context(), raw(tc.topic, tc.body))
		if fault.KindOf(err) != fault.Invalid || tc.field != "" && fault.As(err).Field != tc.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSecretsAndKeysOfUnknownStoresAreRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ key, value, field string }{
		"a secret of another store": {"WOOCOMMERCE_WEBHOOK_SECRETS", "shpo.example=x", "WOOCOMMERCE_WEBHOOK_SECRETS"},
		"a store without a secret":  {"WOOCOMMERCE_WEBHOOK_SECRETS", "shop.example=x", "WOOCOMMERCE_WEBHOOK_SECRETS"},
		"a key of another store":    {"WOOCOMMERCE_CONSUMER_KEY", "shpo.example=ck", "WOOCOMMERCE_CONSUMER_KEY"},
		"two keys of one store":     {"WOOCOMMERCE_CONSUMER_KEY", "ck_1,ck_2", "WOOCOMMERCE_CONSUMER_KEY"},
		"a key without its secret":  {"WOOCOMMERCE_CONSUMER_KEY", "ck_1,b.example=ck_2", "WOOCOMMERCE_CONSUMER_SECRET"},
		"an address without a URL":  {"WOOCOMMERCE_API_URL", "b.example=nowhere,ck", "WOOCOMMERCE_API_URL"},
		"an unknown meaning":        {"WOOCOMMERCE_STATUSES", "x=lost", "WOOCOMMERCE_STATUSES[x]"},
	} {
		settings := woocommercetest.New().Settings(inProcessURL)
		for key, value := range twoShops("x") {
			settings[key] = value
		}
		settings[tc.key] = tc.value
		_, err := woocommerce.Open(settings, deps(http.DefaultTransport))
		if got := fault.As(err); err == nil || got.Class != fault.Config || got.Field != tc.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestASecretMayHoldAnEqualsSign(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"abc=", "a=b", "YWJj.ZGVm==", "=x"} {
		source := mustOpen(t, map[string]string{"WOOCOMMERCE_WEBHOOK_SECRETS": secret}).Source
		if _, err := source.Receive(t.Context(), from(woocommercetest.Store, secret, "order.created", []byte("{}"))); err != nil {
			t.Errorf("%q: %v", secret, err)
		}
	}
}

func TestKeptHeadersAreBoundedPrintableASCII(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	for name, value := range map[string]string{"long": strings.Repeat("x", 257), "a line break": "a\nb", "no ASCII": "é"} {
		request := delivery()
		request.Header.Set("X-WC-Webhook-Delivery-ID", value)
		received, err := source.Receive(t.Context(), request)
		if err != nil || received.Header["X-Wc-Webhook-Delivery-Id"] != "" || received.Header["X-Wc-Webhook-Topic"] == "" {
			t.Errorf("%s: %+v, %v", name, received, err)
		}
		request = delivery()
		request.Header.Set("X-WC-Webhook-Topic", value)
		_, err = source.Receive(t.Context(), request)
		checkFault(t, err, fault.Invalid, fault.Value, "X-WC-Webhook-Topic")
	}
}

// TestEqualBodiesWithoutAStateAreDeliveriesOfTheirOwn: an order that is trashed twice, and two
// losses of one second.
func TestEqualBodiesWithoutAStateAreDeliveriesOfTheirOwn(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	lost := []byte(`{"code":"woocommerce_rest_cannot_view","message":"Sorry, you cannot view this resource.","data":{"status":403}}`)
	receive := func(topic, id string, body []byte, at time.Time) string {
		request := from(woocommercetest.Store, woocommercetest.Secret, topic, body)
		request.Header.Set("X-WC-Webhook-Delivery-ID", id)
		request.At = at
		received, err := source.Receive(context.Background(), request)
		if err != nil {
			t.Fatal(err)
		}
		return received.ID
	}
	trashed := []byte(`{"id":19}`)
	if receive("order.deleted", "1", trashed, arrival) == receive("order.deleted", "2", trashed, arrival) {
		t.Error("the second time in the trash is a duplicate of the first")
	}
	if receive("order.deleted", "1", trashed, arrival) != receive("order.deleted", "1", trashed, arrival.Add(time.Second)) {
		t.Error("a redelivery is another delivery")
	}
	if receive("order.created", "1", lost, arrival) == receive("order.created", "1", lost, arrival.Add(time.Millisecond)) {
		t.Error("the second loss is a duplicate of the first")
	}
	whole := recordedOrder(t)
	if receive("order.created", "1", whole, arrival) != receive("order.created", "2", whole, arrival.Add(time.Second)) {
		t.Error("the same state is another delivery")
	}
}

func TestI14AnErrorBodySaysWhatWasLost(t *testing.T) {
	t.Parallel()
	polled, unpolled := mustOpen(t, nil).Source, mustOpen(t, map[string]string{"WOOCOMMERCE_CONSUMER_KEY": "", "WOOCOMMERCE_CONSUMER_SECRET": ""}).Source
	body := func(code string) []byte {
		return []byte(`{"code":"` + code + `","message":"x","data":{"status":403}}`)
	}
	for name, tc := range map[string]struct {
		source      connector.Source
		topic, code string
		skip, dead  string
	}{
		"order gone":          {polled, "order.updated", "woocommerce_rest_shop_order_invalid_id", "order deleted before it was sent", ""},
		"customer gone":       {polled, "customer.updated", "wc_user_invalid_id", "customer deleted before it was sent", ""},
		"in the checkout":     {polled, "order.created", "rest_no_route", "the poll finds what it missed", ""},
		"in it, and no poll":  {unpolled, "order.created", "rest_no_route", "", "WOOCOMMERCE_CONSUMER_KEY"},
		"owner may not read":  {polled, "order.created", "woocommerce_rest_cannot_view", "", "the webhook's owner may not read orders: repair it. All deliveries of webhook 3 "},
		"customers neither":   {polled, "customer.created", "woocommerce_rest_cannot_view", "", "the webhook's owner may not read customers: repair it"},
		"an error of another": {polled, "order.created", "some_plugin_broke", "", "could not build the body of this delivery; the poll finds"},
	} {
		sent := raw(tc.topic, body(tc.code))
		sent.Header = map[string]string{"X-Wc-Webhook-Id": "3"}
		translation, err := tc.source.Translate(t.Context(), sent)
		switch {
		case tc.skip != "" && (err != nil || !strings.Contains(translation.Skip, tc.skip) || !strings.Contains(translation.Skip, tc.code)):
			t.Errorf("%s: %+v, %v", name, translation, err)
		case tc.dead != "" && (fault.KindOf(err) != fault.Invalid || fault.As(err).Code != tc.code || !strings.Contains(err.Error(), tc.dead)):
			t.Errorf("%s: %v", name, err)
		}
	}
	// Not every body with a code is an error.
	if _, err := polled.Translate(t.Context(), raw("order.created", mustReplace(t, recordedOrder(t), `{"id":12`, `{"code":"x","id":12`))); err != nil {
		t.Errorf("an order with a code: %v", err)
	}
}

func TestALocalTimeWithoutADeclaredZoneIsNoted(t *testing.T) {
	t.Parallel()
	body := mustEdit(t, recordedOrder(t), map[string]any{"date_created_gmt": nil})
	for zone, notes := range map[string]int{"": 1, "UTC": 0, "Europe/Vienna": 0} {
		found := orderEvent(t, mustTranslate(t, mustOpen(t, map[string]string{"WOOCOMMERCE_TIMEZONE": zone}).Source, "order.created", body))
		if len(found.Notes) != notes {
			t.Errorf("zone %q: notes %v", zone, found.Notes)
		}
	}
}

// TestI14TrashAndRestoreAreStatesOfTheOrder plays an order into the trash, back, and away.
func TestI14TrashAndRestoreAreStatesOfTheOrder(t *testing.T) {
	t.Parallel()
	fake := woocommercetest.New()
	clock := noon
	fake.Now = func() time.Time { clock = clock.Add(time.Minute); return clock }
	fake.Put(woocommercetest.NewOrder(1001, 1))
	source := mustOpenWith(t, fake, nil).Source
	trashed := mustTranslate(t, source, "order.deleted", fake.Trash(1001))
	if got := orderEvent(t, trashed); got.Type != canonical.OrderCancelledEvent || !got.UpdatedAt.Equal(noon.Add(time.Minute)) {
		t.Errorf("in the trash: %s of %v", got.Type, got.UpdatedAt)
	}
	restored := mustTranslate(t, source, "order.restored", fake.Restore(1001))
	order, ok := orderEvent(t, restored).Body.(*canonical.Order)
	if !ok || order.Status != canonical.OrderOpen || versionOf(orderEvent(t, restored), arrival) <= versionOf(orderEvent(t, trashed), arrival) {
		t.Errorf("restored: %+v", order)
	}
	// The delivery of the trash comes after the order was restored.
	if late := orderEvent(t, mustTranslate(t, source, "order.deleted", []byte(`{"id":1001}`))); late.Type != canonical.OrderChanged {
		t.Errorf("late: %s", late.Type)
	}
	fake.Delete(1001)
	_, err := source.Translate(t.Context(), raw("order.deleted", []byte(`{"id":1001}`)))
	checkFault(t, err, fault.Rejected, fault.MissingRef, "id")
	none := mustOpen(t, map[string]string{"WOOCOMMERCE_CONSUMER_KEY": "", "WOOCOMMERCE_CONSUMER_SECRET": ""}).Source
	_, err = none.Translate(t.Context(), raw("order.deleted", []byte(`{"id":1001}`)))
	checkFault(t, err, fault.Rejected, fault.Config, "WOOCOMMERCE_CONSUMER_KEY")
}

func TestI14TheTrashIsPolled(t *testing.T) {
	t.Parallel()
	s := openShop(t, nil)
	s.put(1, 0)
	s.put(2, 0)
	s.fake.Now = func() time.Time { return noon.Add(time.Minute) }
	s.fake.Trash(2)
	feeds := s.Poller.Feeds()
	listed := map[string]string{}
	for _, feed := range feeds {
		page, err := s.Poller.Changes(t.Context(), connector.Ask{Feed: feed, Since: noon})
		if err != nil {
			t.Fatal(err)
		}
		for _, change := range page.Changes {
			listed[feed.Topic] += change.ID
			whole, err := s.Poller.Fetch(t.Context(), feed, change)
			if err != nil || !bytes.Equal(whole.Body, change.Body) {
				t.Fatal(err)
			}
			again, err := s.Poller.Fetch(t.Context(), feed, connector.Change{ID: change.ID, At: change.At})
			if err != nil || again == nil || !bytes.Equal(bytes.TrimSpace(again.Body), bytes.TrimSpace(whole.Body)) {
				t.Fatalf("fetched alone: %+v, %v", again, err)
			}
			whole.System = woocommerce.Name
			translation, err := s.Source.Translate(t.Context(), whole)
			if err != nil || whole.Trigger != message.Poll {
				t.Fatal(err)
			}
			if cancelled := event(translation, canonical.OrderCancelledEvent) != nil; cancelled != (change.ID == "2") {
				t.Errorf("order %s is %s", change.ID, types(translation))
			}
		}
	}
	if listed["order.updated"] != "1" || listed["order.deleted"] != "2" {
		t.Errorf("listed %v", listed)
	}
}

// TestEveryStoreIsAsked has three stores, each with an address and a key of its own.
func TestEveryStoreIsAsked(t *testing.T) {
	t.Parallel()
	stores := map[string]*woocommercetest.Fake{"a": woocommercetest.New(), "eu": woocommercetest.New(), "b": woocommercetest.New()}
	settings := twoShops(ownSecrets)
	settings["WOOCOMMERCE_API_URL"] = "http://127.0.0.1:11,shop.example/eu=http://127.0.0.1:12,b.example=http://127.0.0.1:13"
	settings["WOOCOMMERCE_CONSUMER_KEY"] = woocommercetest.Key + ",shop.example/eu=" + woocommercetest.Key + ",b.example=" + woocommercetest.Key
	settings["WOOCOMMERCE_CONSUMER_SECRET"] = woocommercetest.KeySecret + ",shop.example/eu=" + woocommercetest.KeySecret + ",b.example=" + woocommercetest.KeySecret
	settings["WOOCOMMERCE_WEBHOOK_URL"] = ourDoor
	router := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		stores[map[string]string{"127.0.0.1:11": "a", "127.0.0.1:12": "eu", "127.0.0.1:13": "b"}[r.URL.Host]].ServeHTTP(w, r)
	})
	system, err := woocommerce.Open(settings, deps(anyHost{router}))
	if err != nil {
		t.Fatal(err)
	}
	for name, id := range map[string]int64{"a": 1, "eu": 2, "b": 3} {
		order := woocommercetest.NewOrder(id, 1)
		order.Modified = noon
		stores[name].Put(order)
	}
	if err := system.Checker.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	feeds, got := system.Poller.Feeds(), map[string]string{}
	for _, feed := range feeds {
		page, err := system.Poller.Changes(t.Context(), connector.Ask{Feed: feed, Since: noon})
		if err != nil {
			t.Fatal(err)
		}
		for _, change := range page.Changes {
			got[feed.Tenant] += change.ID
		}
	}
	if len(feeds) != 9 || len(got) != 3 || got["shop.example"] != "1" || got["shop.example/eu"] != "2" || got["b.example"] != "3" {
		t.Errorf("%d feeds, listed %v", len(feeds), got)
	}
	subscriptions, err := system.Subscriber.Subscriptions(t.Context())
	if err != nil || len(subscriptions) != 21 {
		t.Fatalf("%d subscriptions, %v", len(subscriptions), err)
	}
	for _, one := range subscriptions {
		if err := system.Subscriber.Subscribe(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
	for name, secret := range map[string]string{"a": woocommercetest.Secret, "eu": "of-eu", "b": "of-b"} {
		for _, made := range stores[name].Webhooks()[1:] {
			if made.Secret != secret {
				t.Errorf("a webhook of %s signs with %q", name, made.Secret)
			}
		}
	}
	// A store without a key is not passed over in silence.
	settings["WOOCOMMERCE_CONSUMER_KEY"], settings["WOOCOMMERCE_CONSUMER_SECRET"] = woocommercetest.Key, woocommercetest.KeySecret
	if system, err = woocommerce.Open(settings, deps(anyHost{router})); err != nil {
		t.Fatal(err)
	}
	_, err = system.Poller.Changes(t.Context(), connector.Ask{Feed: system.Poller.Feeds()[8], Since: noon})
	checkFault(t, err, fault.Rejected, fault.Config, "WOOCOMMERCE_CONSUMER_KEY")
	checkFault(t, system.Checker.Check(t.Context()), fault.Rejected, fault.Config, "WOOCOMMERCE_CONSUMER_KEY")
}
