package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/scripts/causeway/screen"
	"causeway.example/shared/canonical"
)

// Over a time range, map test counts what would change at the target, and by which fields.
func TestMapTestOfATimeRange(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"NETSUITE_SUBSIDIARIES": stores})
	w.known()
	for n := range 4 {
		w.order(1001+n, "TEE-BLK-M", nil)
	}
	w.order(1099, "TRAIL-42", nil) // dead: not at the target
	w.play("map", "test", "--route", "shopify-orders-to-netsuite", "--since", "1h")
	w.settings["NETSUITE_SHIP_METHODS"] = "*=93"
	w.known()
	w.play("map", "test", "--route", "shopify-orders-to-netsuite", "--since", "1h")
	w.play("map", "test", "--route", "shopify-orders-to-netsuite", "--since", "1h", "--limit", "2")
	w.play("map", "test", "--since", "3h", "--until", "2h")
	w.play("map", "test")
	w.golden("map_test_range")
	written := w.writes()
	var answer struct {
		Ranges []struct {
			Route                           string
			Events, Unchanged, Changed, New int
			Fields                          []struct {
				Field         string
				Count         int
				Before, After string
			}
		}
	}
	code, out, complaints := w.run("map", "test", "--since", "1h", "-o", "json", "--show-pii")
	if code != screen.ExitOK {
		t.Fatalf("exit %d: %s", code, complaints)
	}
	must2(t, json.Unmarshal([]byte(out), &answer))
	for _, r := range answer.Ranges {
		if r.Route == "shopify-orders-to-netsuite" && (r.Events != 5 || r.Changed != 4 || len(r.Fields) != 1 || r.Fields[0].Count != 4 || r.Fields[0].Before != `"92"` || r.Fields[0].After != `"93"`) {
			t.Errorf("orders: %+v", r)
		}
	}
	if len(answer.Ranges) < 2 {
		t.Errorf("without --route: %s", out)
	}
	if w.writes() != written {
		t.Error("map test wrote to the target")
	}
}

// writes returns how many requests to records at the ERP were no reads.
func (w *world) writes() (n int) {
	for _, call := range w.erp.Calls() {
		if strings.Contains(call, "/record/") && !strings.HasPrefix(call, http.MethodGet) {
			n++
		}
	}
	return n
}

// An older delivery of an entity does not count as a change of what its newer one wrote.
func TestMapTestLeavesOlderVersionsOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"NETSUITE_SUBSIDIARIES": stores})
	w.known()
	w.order(1001, "TEE-BLK-M", nil)
	w.clock.Advance(time.Minute)
	w.order(1001, "TEE-BLK-M", func(p *shopifytest.Purchase) { p.Items[0].Quantity = 2 })
	if _, out, _ := w.run("map", "test", "--route", "shopify-orders-to-netsuite", "--since", "1h"); !strings.Contains(out, "1 older than what netsuite confirmed") || !strings.Contains(out, "1 would change nothing") {
		t.Errorf("map test shows\n%s", out)
	}
}

// A delivery that could not be translated is shown with the field at fault, and, when the
// translation is corrected, as it would be made.
func TestDiffOfALetterOfAnInbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"NETSUITE_SUBSIDIARIES": stores})
	w.known()
	const canary = "Qzvexcanary"
	w.order(1001, "TEE-BLK-M", func(p *shopifytest.Purchase) {
		p.Change = func(order map[string]any) {
			order["financial_status"], order["note"] = "half_paid", canary
		}
	})
	for _, line := range [][]string{{"diff", "1001"}, {"map", "test", "1001"}, {"diff", "1001", "-o", "wide"}, {"diff", "1001", "-o", "json"}} {
		code, out, complaints := w.run(line...)
		if code != screen.ExitOK || !strings.Contains(out, "rejected") && !strings.Contains(out, "REJECTED") || !strings.Contains(out, "financial_status") || strings.Contains(out, canary) {
			t.Errorf("%v: exit %d\n%s%s", line, code, out, complaints)
		}
	}
	w.play("diff", "1001")
	w.golden("diff_inbox")
}

// An inbox letter whose delivery the working translation reads shows its first event.
func TestDiffOfALetterThatIsReadNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"NETSUITE_SUBSIDIARIES": stores})
	w.known()
	w.bug = func(order *canonical.Order) { order.Lines[0].Quantity = canonical.Quantity{} }
	w.start()
	w.order(1001, "TEE-BLK-M", nil)
	if _, out, _ := w.run("dlq", "list"); !strings.Contains(out, "shopify-inbox") {
		t.Fatalf("no delivery is dead\n%s", out)
	}
	if code, out, complaints := w.run("diff", "1001"); code != screen.ExitOK || !strings.Contains(out, "CANONICAL") || !strings.Contains(out, "currency") {
		t.Errorf("exit %d\n%s%s", code, out, complaints)
	}
}
