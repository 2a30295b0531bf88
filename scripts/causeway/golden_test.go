package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/scripts/causeway/screen"
)

// Each prepared failure shows that status, why and trace lead to cause and remedy, and that
// the remedy works. The transcripts are in testdata.

func TestFailureUnmappedSKU(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.order(1001, "TRAIL-42", nil)
	w.order(1002, "TRAIL-42", nil)
	w.order(1003, "TEE-BLK-M", nil)
	w.play("status")
	w.play("why")
	w.play("trace", "#1001")
	w.say("The item is created in NetSuite.")
	must2(t, w.erp.AddItem("TRAIL-42"))
	w.redrive(w.group())
	w.play("trace", "1001")
	w.play("why")
	w.golden("unmapped_sku")
	if orders := w.erp.Orders(); len(orders) != 3 || len(w.erp.Duplicates()) != 0 {
		t.Errorf("the ERP has %d orders", len(orders))
	}
}

func TestFailureExpiredToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.erp.Plan(netsuitetest.Fault{Times: 1 << 20, PathContains: "/record/", Do: guarded(&w.erp, func() bool { return w.clock.Now().Before(start.Add(2 * time.Hour)) }, netsuitetest.LoggedOut())})
	w.order(1001, "TEE-BLK-M", nil)
	w.pass(30 * time.Minute)
	w.play("status")
	w.play("trace", "1001")
	w.say("The token is renewed; what waits goes on by itself.")
	w.pass(3 * time.Hour)
	w.play("trace", "1001")
	w.golden("expired_token")
}

// guarded acts while the condition holds, and serves as usual afterwards.
func guarded(_ **netsuitetest.Fake, holds func() bool, act netsuitetest.Act) netsuitetest.Act {
	return func(out http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		if holds() {
			act(out, r, serve)
			return
		}
		serve(out, r)
	}
}

func TestFailureTargetOutage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.erp.Plan(netsuitetest.Fault{Times: 1 << 20, Do: guarded(&w.erp, func() bool { return w.clock.Now().Before(start.Add(2 * time.Hour)) }, netsuitetest.Down())})
	for i := range 8 {
		w.order(1001+i, "TEE-BLK-M", func(p *shopifytest.Purchase) { p.Customer = int64(70 + i) })
	}
	w.pass(time.Hour)
	w.play("status")
	w.play("trace", "1001")
	w.say("NetSuite is up again.")
	w.pass(3 * time.Hour)
	w.play("trace", "1001")
	w.play("status")
	w.golden("target_outage")
}

func TestFailureThrottledTarget(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.erp.Plan(netsuitetest.Fault{Times: 1 << 20, Do: guarded(&w.erp, func() bool { return w.clock.Now().Before(start.Add(time.Hour)) }, netsuitetest.Throttle("30"))})
	w.order(1001, "TEE-BLK-M", nil)
	w.pass(30 * time.Minute)
	w.play("status")
	w.play("trace", "1001")
	w.pass(2 * time.Hour)
	w.play("trace", "1001")
	w.golden("throttled_target")
}

func TestFailureWrongCurrency(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"NETSUITE_CURRENCIES": "EUR=4"})
	w.order(1001, "TEE-BLK-M", nil)
	w.pass(30 * time.Minute)
	w.play("status")
	w.play("trace", "1001")
	w.say("USD is added to NETSUITE_CURRENCIES, and the engine started again.")
	w.settings["NETSUITE_CURRENCIES"] = "EUR=4,USD=1"
	w.start()
	w.pass(time.Hour)
	w.play("trace", "1001")
	w.golden("wrong_currency")
}

func TestFailureDuplicateCustomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	taken := netsuitetest.AnswerText(http.StatusBadRequest, "USER_ERROR", "", "This entity already exists.")
	w.erp.Plan(netsuitetest.Fault{Method: http.MethodPut, PathContains: "/customer/", Times: 2, Do: taken})
	w.order(1001, "TEE-BLK-M", nil)
	w.pass(5 * time.Minute)
	w.play("status")
	w.play("why")
	w.play("trace", "1001")
	w.say("Auto-generated numbers are turned on in NetSuite.")
	w.redrive(w.group())
	w.pass(time.Hour)
	w.play("trace", "1001")
	w.golden("duplicate_customer")
}

func TestFailureClosedPeriod(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.erp.ClosePeriod("2026-11-30")
	w.order(1001, "TEE-BLK-M", nil)
	w.pass(30 * time.Minute)
	w.play("status")
	w.play("trace", "payment/6001-paid")
	w.say("The period is opened in NetSuite.")
	w.erp.ClosePeriod("")
	w.pass(time.Hour)
	w.play("trace", "payment/6001-paid")
	w.golden("closed_period")
}

func TestFailureDecoderOnANewPayload(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.order(1001, "TEE-BLK-M", func(p *shopifytest.Purchase) {
		p.Change = func(order map[string]any) { order["financial_status"] = "half_paid" }
	})
	w.play("status")
	w.play("why")
	w.play("trace", "1001")
	w.play("redrive", "--route", "shopify-inbox")
	w.golden("decoder_bug")
}

func TestFailureStaleRedrive(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.order(1001, "TRAIL-42", nil)
	w.play("why")
	w.say("The line is corrected in the store, and the newer state arrives.")
	w.clock.Advance(time.Minute)
	w.order(1001, "TEE-BLK-M", nil)
	w.redrive(w.group())
	w.play("trace", "1001")
	w.golden("stale_redrive")
}

func TestFailurePoisonRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.erp.Plan(netsuitetest.Fault{Method: http.MethodPut, PathContains: "/salesOrder/", Times: 1 << 20, Do: netsuitetest.Answer(http.StatusInternalServerError, "UNEXPECTED_ERROR", "")})
	w.order(1001, "TEE-BLK-M", nil)
	w.pass(80 * time.Hour)
	w.play("status")
	w.play("why")
	w.play("trace", "1001")
	w.golden("poison_record")
}

func TestFailureWrongSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	body := shopifytest.Purchase{ID: 6001, Number: 1001, Customer: 7, Items: []shopifytest.Item{{SKU: "TEE-BLK-M", Quantity: 1, Price: 1900}}}.Body()
	if status := w.deliver(shopifytest.Delivery{Topic: "orders/create", Body: body, Secret: "another"}); status != http.StatusUnauthorized {
		t.Fatalf("the door answered %d", status)
	}
	w.play("trace", "1001")
	w.play("verify-webhook", "shopify", "-H", "X-Shopify-Topic: orders/create", "-H", "X-Shopify-Shop-Domain: "+shopifytest.Shop)
	w.golden("wrong_secret")
}

func TestFailureLostWebhook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.order(1001, "TEE-BLK-M", nil)
	lost := shopifytest.Purchase{
		ID: 6002, Number: 1002, Customer: 7, Email: "ada@example.com", Currency: "USD", PlacedAt: w.clock.Now(), UpdatedAt: w.clock.Now(),
		Items: []shopifytest.Item{{SKU: "TEE-BLK-M", Quantity: 1, Price: 1900}},
	}
	w.shop.Put(lost.Body())
	w.say("The store has order 1002. Its webhook never came.")
	w.pass(26 * time.Hour)
	w.play("trace", "1002")
	w.play("reconcile", "--date", "2026-11-22", "--route", "shopify-orders-to-netsuite")
	w.play("reconcile", "--date", "2026-11-22", "--route", "shopify-orders-to-netsuite", "--emit")
	w.noticed()
	w.settle()
	w.play("trace", "1002")
	w.play("reconcile", "--date", "2026-11-22", "--route", "shopify-orders-to-netsuite")
	w.play("reconcile", "--date", "2026-11-22", "--route", "shopify-orders-to-netsuite", "--close")
	w.golden("lost_webhook")
	if orders := w.erp.Orders(); len(orders) != 2 || len(w.erp.Duplicates()) != 0 {
		t.Errorf("the ERP has %d orders", len(orders))
	}
}

func TestDoctorNamesTheRemedy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.play("doctor")
	w.erp.Plan(netsuitetest.Fault{Times: 1 << 20, Do: netsuitetest.LoggedOut()})
	w.say("NetSuite's token expires.")
	w.play("doctor")
	w.golden("doctor")
	if code, out, _ := w.run("doctor", "--jq", ".doctor[] | select(.level == \"problem\") | .remedy"); code != screen.ExitAttention || out == "" {
		t.Errorf("doctor ended with %d: %s", code, out)
	}
	must2(t, os.WriteFile(filepath.Join(w.folder, "none.env"), []byte(systemsLine+"SHOPIFY_SHOP=x\n"), 0o600))
	if code, out, _ := w.run("doctor"); code != screen.ExitAttention || !strings.Contains(out, "did you mean SHOPIFY_SHOPS") {
		t.Errorf("a wrong key: %d, %s", code, out)
	}
}

func TestEraseShowsItsPlanFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.order(1001, "TEE-BLK-M", nil)
	w.order(1002, "TRAIL-42", nil)
	w.play("privacy")
	w.play("erase", "customer/7", "--email", "ada@example.com")
	w.play("erase", "customer/7", "--email", "ada@example.com", "--yes")
	w.play("erase", "customer/7", "--email", "ada@example.com", "--yes", "--reason", "ticket 412")
	w.play("why")
	w.play("trace", "ada@example.com")
	w.play("trace", "customer/7")
	w.golden("erase")
}

// Ambiguous numbers list what they can mean.
func TestTraceListsCandidates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.order(1001, "TEE-BLK-M", nil)
	w.order(1002, "TEE-BLK-M", nil)
	w.play("trace", "TEE-BLK-M")
	w.play("trace", "ada@example.com")
	w.play("trace", "9999")
	w.golden("candidates")
	if strings.Contains(w.transcript.String(), "Lovelace") {
		t.Error("personal data is shown")
	}
}
