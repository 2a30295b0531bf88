package function

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	samples "causeway.example/events"
	"causeway.example/functions/netsuite"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/redact"
	"causeway.example/shared/reopen"
	"causeway.example/shared/routes"
	"causeway.example/shared/valuemap"
)

// real turns the bench into a function of a real system, on the ports of another one.
func (b *bench) real(memory *porttest.Memory, profile connector.Profile, open Opener, settings map[string]string) *function {
	b.Helper()
	b.ports.Memory = memory
	b.process.profile, b.process.open, b.process.table = profile, open, routes.Table
	b.process.environ["CAUSEWAY_SECRET"] = ""
	for key, value := range settings {
		b.process.environ[key] = value
	}
	return b.start()
}

// TestADeliveryOfShopifyBecomesARecordOfNetSuite takes a signed delivery through the
// three functions of the real systems.
func TestADeliveryOfShopifyBecomesARecordOfNetSuite(t *testing.T) {
	t.Parallel()
	door, inbox, target := newBench(t, connector.Receive), newBench(t, connector.Translate), newBench(t, connector.Deliver)
	store := shopifytest.New()
	erp, err := netsuitetest.Open(filepath.Join(t.TempDir(), "netsuite.jsonl"), target.clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(erp)
	t.Cleanup(server.Close)
	memory := porttest.NewMemory(door.clock.Now)
	memory.Visibility, memory.MaxReceives = 6*time.Minute, 1000
	body, err := os.ReadFile("../../../scripts/day/recorded/shopify.customers-create.json")
	if err != nil {
		t.Fatal(err)
	}
	r := events.APIGatewayV2HTTPRequest{Body: string(body), Headers: map[string]string{}}
	r.RequestContext.HTTP.Method = http.MethodPost
	for name, values := range (shopifytest.Delivery{Topic: "customers/create", Body: body}).Header() {
		r.Headers[name] = values[0]
	}
	if got := door.call(door.real(memory, shopify.Profile(), shopify.Open, store.Settings("http://127.0.0.1:1")), r); got.StatusCode != http.StatusOK {
		t.Fatalf("answered %+v: %s", got, door.out.String())
	}
	translate := inbox.real(memory, shopify.Profile(), shopify.Open, store.Settings("http://127.0.0.1:1"))
	if failed := inbox.run(translate, inbox.poll("shopify-inbox")); len(failed) != 0 {
		t.Fatalf("failed %v: %s", failed, inbox.out.String())
	}
	deliver := target.real(memory, netsuite.Profile(), netsuite.Open, erp.Settings(server.URL))
	if failed := target.run(deliver, target.poll("shopify-customers-to-netsuite")); len(failed) != 0 {
		t.Fatalf("failed %v: %s", failed, target.out.String())
	}
	if done := target.entries(port.Confirmed); len(done) != 1 || done[0].TargetRef == "" || done[0].Function != "netsuite-deliver" {
		t.Errorf("the ledger says %+v", done)
	}
	if line := target.metrics("Route", "shopify-customers-to-netsuite"); line["Confirmed"] != 1.0 {
		t.Errorf("counted %v", line)
	}
	checkShows(t, door.out.String()+inbox.out.String()+target.out.String(), shopifytest.Secret)
}

// TestAnImportedEntryReleasesWhatWaits: a customer of a store without a subsidiary waits in the queue,
// and arrives at its next attempt after the entry was imported, in the same process.
func TestAnImportedEntryReleasesWhatWaits(t *testing.T) {
	t.Parallel()
	target := newBench(t, connector.Deliver)
	erp, err := netsuitetest.Open(filepath.Join(t.TempDir(), "netsuite.jsonl"), target.clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(erp)
	t.Cleanup(server.Close)
	settings := erp.Settings(server.URL)
	settings["NETSUITE_SUBSIDIARIES"] = "shopify/another.myshopify.com=1"
	memory := porttest.NewMemory(target.clock.Now)
	memory.Visibility, memory.MaxReceives = 6*time.Minute, 1000
	translated, err := samples.Sample("customer.upserted")
	if err != nil {
		t.Fatal(err)
	}
	const queue = "shopify-customers-to-netsuite"
	if err := memory.Send(t.Context(), queue, []port.Outgoing{{Body: translated}}); err != nil {
		t.Fatal(err)
	}
	deliver := target.real(memory, netsuite.Profile(), netsuite.Open, settings)
	attempt := func() {
		t.Helper()
		target.clock.Advance(reopen.Pause)
		if failed := target.run(deliver, target.poll(queue)); len(failed) > 1 {
			t.Fatalf("failed %v: %s", failed, target.out.String())
		}
	}
	attempt()
	waits := target.entries(port.Deferred)
	if len(waits) != 1 || !strings.Contains(waits[0].Outcome, "NETSUITE_SUBSIDIARIES has no entry for") || !strings.Contains(waits[0].Outcome, "or import it as type subsidiary") {
		t.Fatalf("waits %+v: %s", waits, target.out.String())
	}
	m, err := message.Decode(translated)
	if err != nil {
		t.Fatal(err)
	}
	imported := valuemap.Entries{"NETSUITE_SUBSIDIARIES": {m.System() + "/" + m.Tenant: {To: "1", Op: "x-1"}}}
	if err := valuemap.Save(t.Context(), memory, netsuite.Name, imported, 0); err != nil {
		t.Fatal(err)
	}
	attempt()
	if done := target.entries(port.Confirmed); len(done) != 1 || len(erp.Customers()) != 1 {
		t.Errorf("confirmed %+v, customers %d: %s", done, len(erp.Customers()), target.out.String())
	}
}

// TestTheSampleDeliveryPassesTheRealDoor drives the recorded trigger as it stands.
func TestTheSampleDeliveryPassesTheRealDoor(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	f := b.real(porttest.NewMemory(b.clock.Now), shopify.Profile(), shopify.Open, map[string]string{
		"SHOPIFY_SHOPS": "example-brand.myshopify.com", "SHOPIFY_WEBHOOK_SECRETS": "sample-webhook-secret",
	})
	for _, name := range []string{"http-webhook", "eventbridge-partner"} {
		payload, err := samples.Trigger(name)
		if err != nil {
			t.Fatal(err)
		}
		data, err := f.Invoke(b.context(time.Minute), payload)
		var answer events.APIGatewayV2HTTPResponse
		if err == nil && name == "http-webhook" {
			err = json.Unmarshal(data, &answer)
		}
		if err != nil || name == "http-webhook" && answer.StatusCode != http.StatusOK {
			t.Errorf("%s: answered %s, %v", name, data, err)
		}
	}
	if got := b.entries(port.Received); len(got) != 2 || got[0].Event != got[1].Event {
		t.Errorf("the same delivery by two ways is %+v", got)
	}
}

// checkShows fails if the log shows the secret.
func checkShows(t *testing.T, log, secret string) {
	t.Helper()
	var m redact.Mask
	m.Hide(secret)
	if m.Text(log) != log {
		t.Errorf("the log shows a secret or an address: %s", log)
	}
}
