package woocommerce_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

const signature = "X-WC-Webhook-Signature"

// delivery returns a signed order.updated with a small body.
func delivery() connector.Request {
	body := []byte(`{"id":19}`)
	return connector.Request{Method: http.MethodPost, Header: woocommercetest.Header("order.updated", body), Body: body, At: arrival}
}

func digest(body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(woocommercetest.Secret))
	mac.Write(body)
	return mac.Sum(nil)
}

func TestReceiveNamesTheRecordedDelivery(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	request := mustRecorded(t, "order.created")
	got, err := source.Receive(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	want := &message.Raw{
		ID: got.ID, System: "woocommerce", Tenant: "shop.example", Topic: "order.created", Trigger: message.Webhook,
		Header: map[string]string{
			"X-Wc-Webhook-Topic": "order.created", "X-Wc-Webhook-Resource": "order", "X-Wc-Webhook-Event": "created",
			"X-Wc-Webhook-Id": "1", "X-Wc-Webhook-Delivery-Id": "83ed7b77bacc300768887736251148a0",
			"X-Wc-Webhook-Source": "https://shop.example/",
		},
		ContentType: "application/json", ReceivedAt: arrival, Body: request.Body,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if len(got.ID) != 26 {
		t.Errorf("ID = %q, want one made by message.DeriveID", got.ID)
	}
}

func TestReceiveTellsDeliveriesApart(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, map[string]string{"WOOCOMMERCE_STORES": "https://shop.example,https://other.example"}).Source
	ids := map[string]string{}
	for name, change := range map[string]func(*connector.Request){
		"as it is":           func(*connector.Request) {},
		"another topic":      func(r *connector.Request) { r.Header.Set("X-WC-Webhook-Topic", "order.restored") },
		"another store":      func(r *connector.Request) { r.Header.Set("X-WC-Webhook-Source", "https://other.example/") },
		"another body":       func(r *connector.Request) { sign(r, `{"id":20}`) },
		"another first byte": func(r *connector.Request) { sign(r, ` {"id":19}`) },
	} {
		request := delivery()
		change(&request)
		first, err := source.Receive(t.Context(), request)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		// The delivery id is the store's, and not unique: it must play no part.
		request.Header.Set("X-WC-Webhook-Delivery-ID", "another")
		again, err := source.Receive(t.Context(), request)
		if err != nil || again.ID != first.ID {
			t.Errorf("%s: sent again it has id %v (%v), want %s", name, again, err, first.ID)
		}
		if other, taken := ids[first.ID]; taken {
			t.Errorf("%s and %s share an id", name, other)
		}
		ids[first.ID] = name
	}
}

func sign(r *connector.Request, body string) {
	r.Body = []byte(body)
	r.Header.Set(signature, base64.StdEncoding.EncodeToString(digest(r.Body)))
}

func TestReceiveRefusesWhatIsNotAuthentic(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	for name, change := range map[string]func(*connector.Request){
		"1 no signature":    func(r *connector.Request) { r.Header.Del(signature) },
		"1 empty signature": func(r *connector.Request) { r.Header.Set(signature, "") },
		"2 another secret": func(r *connector.Request) {
			r.Header.Set(signature, base64.StdEncoding.EncodeToString(make([]byte, 32)))
		},
		"3 hex instead of base64":     func(r *connector.Request) { r.Header.Set(signature, hex.EncodeToString(digest(r.Body))) },
		"4 body reformatted":          func(r *connector.Request) { r.Body = []byte(`{"id": 19}`) },
		"5 newline added":             func(r *connector.Request) { r.Body = append(r.Body, '\n') },
		"17 signature sent twice":     func(r *connector.Request) { r.Header.Add(signature, r.Header.Get(signature)) },
		"unknown store":               func(r *connector.Request) { r.Header.Set("X-WC-Webhook-Source", "https://evil.example/") },
		"store with another path":     func(r *connector.Request) { r.Header.Set("X-WC-Webhook-Source", "https://shop.example/eu/") },
		"store that is no address":    func(r *connector.Request) { r.Header.Set("X-WC-Webhook-Source", "shop.example") },
		"unsigned, not a ping's type": func(r *connector.Request) { *r = ping(); r.Header.Set("Content-Type", "application/json") },
		"unsigned, more than a ping":  func(r *connector.Request) { *r = ping(); r.Body = []byte("webhook_id=1&x=2") },
		"unsigned, no number":         func(r *connector.Request) { *r = ping(); r.Body = []byte("webhook_id=") },
		"unsigned, long number":       func(r *connector.Request) { *r = ping(); r.Body = []byte("webhook_id=" + strings.Repeat("1", 64)) },
		"a ping with a signature":     func(r *connector.Request) { *r = ping(); r.Header.Set(signature, "x") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := delivery()
			change(&request)
			got, err := source.Receive(t.Context(), request)
			if fault.KindOf(err) != fault.Unauthentic || got != nil {
				t.Errorf("Receive = %v, %v; want unauthentic", got, err)
			}
		})
	}
}

func TestReceiveRefusesAnAuthenticRequestThatNamesNothing(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	for header, change := range map[string]func(http.Header){
		"X-WC-Webhook-Topic":  func(h http.Header) { h.Del("X-WC-Webhook-Topic") },
		"X-WC-Webhook-Source": func(h http.Header) { h.Add("X-WC-Webhook-Source", "https://shop.example/") },
	} {
		request := delivery()
		change(request.Header)
		_, err := source.Receive(t.Context(), request)
		checkFault(t, err, fault.Invalid, fault.Schema, header)
	}
}

func ping() connector.Request {
	sent := woocommercetest.Ping("https://causeway.example/woocommerce")
	return connector.Request{Method: sent.Method, Header: sent.Header, Body: []byte("webhook_id=1"), At: arrival}
}

func TestReceiveForgetsThePing(t *testing.T) {
	t.Parallel()
	recorded := ping()
	recorded.Body = mustRead(t, "ping", "in.body")
	raw, err := mustOpen(t, nil).Source.Receive(t.Context(), recorded)
	if raw != nil || err != nil {
		t.Errorf("Receive of the recorded ping = %v, %v; want nothing", raw, err)
	}
}

func TestReceiveAcceptsEachConfiguredSecret(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, map[string]string{"WOOCOMMERCE_WEBHOOK_SECRETS": "the-next-one," + woocommercetest.Secret}).Source
	if _, err := source.Receive(t.Context(), delivery()); err != nil {
		t.Errorf("a delivery under the old secret is rejected: %v", err)
	}
}

func TestStoresAreComparedByHostAndPath(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ configured, source, tenant string }{
		"slash at the end":  {"https://shop.example", "https://shop.example/", "shop.example"},
		"upper case host":   {"https://Shop.Example/", "https://shop.example", "shop.example"},
		"http for https":    {"https://shop.example", "http://shop.example/", "shop.example"},
		"default port":      {"https://shop.example:443/", "https://shop.example/", "shop.example"},
		"port of its own":   {"http://localhost:8080", "http://localhost:8080/", "localhost:8080"},
		"site below a path": {"https://shop.example/eu/", "https://shop.example/eu", "shop.example/eu"},
		"among others":      {"https://a.example, https://shop.example", "https://shop.example/", "shop.example"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := delivery()
			request.Header.Set("X-WC-Webhook-Source", tc.source)
			raw, err := mustOpen(t, map[string]string{"WOOCOMMERCE_STORES": tc.configured}).Source.Receive(t.Context(), request)
			if err != nil || raw.Tenant != tc.tenant {
				t.Errorf("Receive = %+v, %v; want tenant %s", raw, err, tc.tenant)
			}
		})
	}
}
