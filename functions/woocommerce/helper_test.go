package woocommerce_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/woocommerce"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

var arrival = time.Date(2026, 11, 22, 21, 8, 30, 0, time.UTC)

// mustOpen opens the connector with the fake's settings, changed as given. The store that it
// asks holds the recorded refund of order 12, and has order 19 in the trash.
func mustOpen(t testing.TB, changes map[string]string) connector.System {
	t.Helper()
	fake := woocommercetest.New()
	if refunded, err := os.ReadFile("testdata/order.updated.refunded/in.body.json"); err == nil {
		fake.PutBody(refunded)
		fake.SetRefunds(12, mustRead(t, "order.updated.refunded", "refunds.json"))
	}
	fake.Put(woocommercetest.NewOrder(19, 1))
	fake.Trash(19)
	return mustOpenWith(t, fake, changes)
}

// mustOpenWith opens the connector of a store.
func mustOpenWith(t testing.TB, fake *woocommercetest.Fake, changes map[string]string) connector.System {
	t.Helper()
	settings := fake.Settings(inProcessURL)
	maps.Copy(settings, changes)
	system, err := woocommerce.Open(settings, deps(inProcess{fake}))
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return system
}

// inProcess is a transport that asks the handler, without a network. Another address than the
// fake's is really called.
type inProcess struct{ http.Handler }

const inProcessURL = "http://127.0.0.1:2"

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if "http://"+r.URL.Host != inProcessURL {
		return http.DefaultTransport.RoundTrip(r)
	}
	recorder := httptest.NewRecorder()
	p.ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

func deps(transport http.RoundTripper) connector.Deps {
	return connector.Deps{HTTP: transport, Now: func() time.Time { return arrival }}
}

func mustRead(t testing.TB, elements ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{"testdata"}, elements...)...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// mustRecorded returns a recorded delivery as it was received.
func mustRecorded(t testing.TB, name string) connector.Request {
	t.Helper()
	var fields map[string]string
	if err := json.Unmarshal(mustRead(t, name, "in.headers.json"), &fields); err != nil {
		t.Fatal(err)
	}
	header := http.Header{}
	for field, value := range fields {
		header.Set(field, value)
	}
	return connector.Request{Method: http.MethodPost, Header: header, Body: mustRead(t, name, "in.body.json"), At: arrival}
}

func raw(topic string, body []byte) *message.Raw {
	return &message.Raw{
		System: woocommerce.Name, Tenant: "shop.example", Topic: topic, Trigger: message.Webhook, ReceivedAt: arrival, Body: body,
	}
}

func mustTranslate(t testing.TB, source connector.Source, topic string, body []byte) connector.Translation {
	t.Helper()
	translation, err := source.Translate(t.Context(), raw(topic, body))
	if err != nil {
		t.Fatalf("Translate: %v", err)
	}
	return translation
}

// mustEdit returns the JSON object with members set; a nil value removes the member.
func mustEdit(t testing.TB, body []byte, changes map[string]any) []byte {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil {
		t.Fatal(err)
	}
	maps.Copy(object, changes)
	maps.DeleteFunc(object, func(_ string, value any) bool { return value == absent })
	edited, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return edited
}

// absent marks a member to be removed; nil is null.
const absent = "\x00absent"

// mustReplace replaces the first occurrence, which must exist.
func mustReplace(t testing.TB, body []byte, before, after string) []byte {
	t.Helper()
	if !bytes.Contains(body, []byte(before)) {
		t.Fatalf("the body does not hold %q", before)
	}
	return []byte(strings.Replace(string(body), before, after, 1))
}

// orderEvent returns the event of the order's state, of any type.
func orderEvent(t testing.TB, translation connector.Translation) *connector.Event {
	t.Helper()
	for i := range translation.Events {
		if translation.Events[i].Entity.Type == "order" {
			return &translation.Events[i]
		}
	}
	t.Fatalf("no order event among %s", types(translation))
	return nil
}

// versionOf returns the version that the pipeline gives to a delivery that it received at a
// time: WooCommerce sends no finer time of its own.
func versionOf(e *connector.Event, received time.Time) message.Sequence {
	hint := e.Hint
	if hint.IsZero() {
		hint = received
	}
	return message.NewSequence(e.UpdatedAt, false, hint)
}

// event returns the first event of the type, nil if there is none.
func event(translation connector.Translation, kind string) *connector.Event {
	for i := range translation.Events {
		if translation.Events[i].Type == kind {
			return &translation.Events[i]
		}
	}
	return nil
}

func types(translation connector.Translation) string {
	var names []string
	for _, e := range translation.Events {
		names = append(names, e.Type)
	}
	return strings.Join(names, " ")
}

func checkFault(t testing.TB, err error, kind fault.Kind, class fault.Class, field string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	got := fault.As(err)
	if got.Kind != kind || got.ClassOrDefault() != class || got.Field != field {
		t.Errorf("got kind %v, class %q, field %q; want %v, %q, %q (%v)", got.Kind, got.ClassOrDefault(), got.Field, kind, class, field, err)
	}
	if got.Doing == "" {
		t.Errorf("%v does not say what was being attempted", err)
	}
}

// anyHost is a transport that asks the handler under every address.
type anyHost struct{ http.Handler }

func (p anyHost) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	p.ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

func signedWith(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
