package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the file is changed beside the store

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/scripts/causeway/screen"
	"causeway.example/scripts/installation"
	"causeway.example/shared/canonical"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

const ordersRoute = "shopify-orders-to-netsuite"

// unpaid leaves an order without a payment, which would wait for it.
func unpaid(p *shopifytest.Purchase) { p.Financial = "pending" }

// B2: an unknown SKU stops its own order only; once it is known, the group's redrive books it,
// and a newer state of another order that succeeded closes that one's letter.
func TestB2GroupIsRedrivenAndOlderFailuresAreResolved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for i, sku := range []string{"TRAIL-42", "TEE-BLK-M", "TRAIL-42", "TRAIL-43"} {
		w.order(1001+i, sku, nil)
	}
	if orders := w.erp.Orders(); len(orders) != 1 {
		t.Fatalf("%d orders got through beside the unknown SKUs", len(orders))
	}
	w.clock.Advance(time.Minute)
	w.order(1004, "TEE-BLK-M", nil) // corrected in the store
	must2(t, w.erp.AddItem("TRAIL-42"))
	code, out, complaints := w.run("resolve", "--apply", "--reason", "corrected")
	if code != screen.ExitOK || !strings.Contains(out, "op ") || len(w.dead(t)) != 2 {
		t.Errorf("resolve ended with %d and left %v: %s%s", code, w.dead(t), out, complaints)
	}
	if code, out, complaints = w.run("redrive", "--group", w.group(), "--apply", "--reason", "item created"); code != screen.ExitOK || !strings.Contains(out, "2 confirmed") {
		t.Errorf("redrive ended with %d: %s%s", code, out, complaints)
	}
	w.pass(time.Hour)
	if orders := w.erp.Orders(); len(orders) != 4 || len(w.erp.Deposits()) != 4 || len(w.erp.Duplicates()) != 0 {
		t.Errorf("%d orders, %d deposits, twice: %v", len(orders), len(w.erp.Deposits()), w.erp.Duplicates())
	}
	if _, out, _ := w.run("status", "--jq", ".status | .dead, .waiting"); out != "0\n0\n" {
		t.Errorf("dead and waiting: %s", out)
	}
}

// dead returns the entities with dead letters, sorted.
func (w *world) dead(t *testing.T) []string {
	t.Helper()
	_, out, _ := w.run("dlq", "peek", ordersRoute, "-n", "1000", "--jq", ".letters[].name")
	found := strings.Fields(out)
	slices.Sort(found)
	return found
}

// H5: 500 letters with three causes. A filter chooses 200, the plan shows that and moves nothing,
// the redrive keeps its pace, is cancelled midway, and its rest is planned anew; what was
// corrected meanwhile is not sent. The ledger has who and why for each. Nothing is doubled.
func TestH5RedriveOf500WithMixedCauses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	refusing := true
	w.erp.Plan(netsuitetest.Fault{Method: http.MethodPut, PathContains: "/salesOrder/", BodyContains: "TEE-BLK-M", Times: 1 << 20, Do: guarded(&w.erp, func() bool { return refusing }, netsuitetest.AnswerText(http.StatusBadRequest, "USER_ERROR", "", "A script refused the order."))})
	for i := range 500 {
		sku := "TRAIL-42" // 200
		switch {
		case i%5 < 2:
			sku = "TRAIL-43" // 200
		case i%5 == 2:
			sku = "TEE-BLK-M" // 100, which the ERP refuses
		}
		p := shopifytest.Purchase{
			ID: int64(6001 + i), Number: 1001 + i, Customer: 7, Email: "ada@example.com", Financial: "pending", PlacedAt: w.clock.Now(), UpdatedAt: w.clock.Now(),
			Items: []shopifytest.Item{{SKU: sku, Quantity: 1, Price: 1900}},
		}
		w.post(shopifytest.Delivery{Topic: "orders/create", Body: p.Body(), TriggeredAt: w.clock.Now()})
	}
	w.settle()
	refusing = false
	if _, out, _ := w.run("why", "--jq", "[.why[].count] | add, length"); out != "500\n2\n" {
		t.Fatalf("letters and groups: %s", out)
	}
	chosen := []string{"redrive", "--class", "missing_ref", "--where", `.value == "TRAIL-42"`, "--rate", "5/s"}
	_, out, _ := w.run(append(chosen, "--jq", ".plan.items | length")...)
	if out != "200\n" || len(w.erp.Orders()) != 0 || len(w.dead(t)) != 500 {
		t.Fatalf("the plan has %s letters; %d orders, %d letters", out, len(w.erp.Orders()), len(w.dead(t)))
	}
	must2(t, w.erp.AddItem("TRAIL-42"))
	w.clock.Advance(time.Minute)
	w.order(1004, "TEE-BLK-M", unpaid) // of the 200, corrected in the store
	_, id, _ := w.run(append(chosen, "--jq", ".plan.plan", "-q")...)
	id = strings.TrimSpace(id)
	began := w.clock.Now()
	w.slept = func() {
		if len(w.erp.Orders()) == 80 {
			w.slept = nil
			w.run("op", "cancel", "o"+id[1:])
		}
	}
	code, out, complaints := w.run("apply", id, "--reason", "INC-412")
	if took := w.clock.Now().Sub(began); code != screen.ExitSome || !strings.Contains(out, "cancelled") || took < 15*time.Second {
		t.Errorf("cancelled after %s, ended with %d: %s%s", took, code, out, complaints)
	}
	w.settle()
	sent := len(w.erp.Orders()) - 1 // without the corrected one, whose letter is resolved
	if left := len(w.dead(t)); sent < 79 || sent > 81 || left+sent != 499 {
		t.Errorf("%d were sent, %d are left", sent, left)
	}
	if code, out, complaints = w.run(append(chosen, "--apply", "--reason", "INC-412, the rest")...); code != screen.ExitOK || !strings.Contains(out, "confirmed") {
		t.Errorf("the rest ended with %d: %s%s", code, out, complaints)
	}
	w.checkH5(t)
}

func (w *world) checkH5(t *testing.T) {
	t.Helper()
	if orders := w.erp.Orders(); len(orders) != 200 || len(w.erp.Duplicates()) != 0 {
		t.Errorf("the ERP has %d orders, twice: %v", len(orders), w.erp.Duplicates())
	}
	if left := w.dead(t); len(left) != 300 {
		t.Errorf("%d letters are left", len(left))
	}
	entries, of := w.redriven(), map[string]int{}
	for _, e := range entries {
		if of[e.Event]++; !strings.Contains(e.Outcome, "by ana: INC-412") {
			t.Errorf("the ledger says %q", e.Outcome)
		}
	}
	if len(entries) != 199 || len(of) != 199 {
		t.Errorf("the ledger has %d redrives of %d letters", len(entries), len(of))
	}
	_, out, _ := w.run("op", "list", "--jq", `.ops[] | "\(.state) \(.who) \(.reason) \(.counts.planned) \(.counts.confirmed + .counts.resolved + .counts.pending + .counts.remaining)"`)
	if want := "done ana INC-412, the rest"; !strings.Contains(out, want) || !strings.Contains(out, "cancelled ana INC-412 200 200") {
		t.Errorf("operations: %s", out)
	}
}

// F62: what one version left in its queues, the next one reads, and the other way round after
// a rollback. The next version writes members that this one does not know.
func TestF62VersionsReadEachOthersMessages(t *testing.T) {
	t.Parallel()
	for _, direction := range []string{"as they were recorded", "with members of the next version"} {
		t.Run(direction, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			w.inFlight(t)
			if direction == "as they were recorded" {
				w = w.recorded(t)
			} else {
				w.rewrite(t, newer)
			}
			w.start() // the engine of the other version
			w.run("route", "resume", ordersRoute)
			w.noticed()
			w.settle()
			must2(t, w.erp.AddItem("TRAIL-42"))
			if code, out, complaints := w.run("redrive", "--all", "--apply", "--reason", "r"); code != screen.ExitOK || !strings.Contains(out, "1 confirmed") {
				t.Errorf("redrive ended with %d: %s%s", code, out, complaints)
			}
			w.pass(24 * time.Hour)
			if orders := w.erp.Orders(); len(orders) != 3 || len(w.erp.Deposits()) != 3 || len(w.erp.Customers()) != 1 || len(w.erp.Duplicates()) != 0 {
				t.Errorf("%d orders, %d deposits, %d customers, twice: %v", len(orders), len(w.erp.Deposits()), len(w.erp.Customers()), w.erp.Duplicates())
			}
			if _, out, _ := w.run("status", "--jq", ".status | .dead, .waiting"); out != "0\n0\n" {
				t.Errorf("dead and waiting: %s", out)
			}
		})
	}
}

// inFlight leaves a dead order, an order in its route's queue, with a payment that waits for
// it, and a delivery in the inbox.
func (w *world) inFlight(t *testing.T) {
	t.Helper()
	w.order(1001, "TRAIL-42", nil)
	if code, _, complaints := w.run("route", "pause", ordersRoute, "--reason", "deploy"); code != screen.ExitOK {
		t.Fatal(complaints)
	}
	w.noticed()
	w.order(1002, "TEE-BLK-M", nil)
	p := shopifytest.Purchase{
		ID: 6003, Number: 1003, Customer: 7, Email: "ada@example.com", PlacedAt: w.clock.Now(), UpdatedAt: w.clock.Now(),
		Items: []shopifytest.Item{{SKU: "TEE-BLK-M", Quantity: 1, Price: 1900}},
	}
	w.post(shopifytest.Delivery{Topic: "orders/create", Body: p.Body(), TriggeredAt: w.clock.Now()})
}

// parcel is a message as it is recorded.
type parcel struct {
	Queue      string            `json:"queue"`
	Attributes map[string]string `json:"attributes,omitempty"`
	Body       json.RawMessage   `json:"body"`
}

// parcels returns what all queues have, and removes it.
func (w *world) parcels(t *testing.T) (all []parcel) {
	t.Helper()
	queues := []string{routes.Inbox("shopify"), ordersRoute, "shopify-payments-to-netsuite", routes.Dead(ordersRoute)}
	for _, queue := range queues {
		var ids []string
		must2(t, w.store.Browse(t.Context(), queue, func(in port.Incoming) bool {
			all = append(all, parcel{queue, in.Attributes, json.RawMessage(in.Body)})
			ids = append(ids, in.MessageID)
			return true
		}))
		hand, err := w.store.Open(t.Context(), queue, time.Hour)
		must2(t, err)
		w.clock.Advance(24 * time.Hour) // what is deferred is visible
		taken, err := hand.Take(t.Context(), ids)
		must2(t, err)
		for _, in := range taken {
			must2(t, hand.Delete(t.Context(), in))
		}
		if len(taken) != len(ids) || len(ids) == 0 {
			t.Fatalf("%d of %d messages of %s", len(taken), len(ids), queue)
		}
	}
	return all
}

// rewrite changes the body of every message in its queue.
func (w *world) rewrite(t *testing.T, change func(any) any) {
	t.Helper()
	for _, p := range w.parcels(t) {
		var tree any
		decoder := json.NewDecoder(bytes.NewReader(p.Body))
		decoder.UseNumber()
		must2(t, decoder.Decode(&tree))
		body, err := json.Marshal(change(tree))
		must2(t, err)
		must2(t, w.store.Send(t.Context(), p.Queue, []port.Outgoing{{Body: body, Attributes: p.Attributes}}))
	}
}

// newer adds members to every object but those whose members are texts by their names.
func newer(tree any) any {
	object, ok := tree.(map[string]any)
	if !ok {
		return tree
	}
	for name, member := range object {
		if name != "header" {
			object[name] = newer(member)
		}
	}
	object["added_by_the_next_version"] = map[string]any{"of": "some", "kind": []any{1, 2}}
	return object
}

// recorded is a new installation of which only the queues are filled, with what a version
// left in them on 29 November 2026.
func (w *world) recorded(t *testing.T) *world {
	t.Helper()
	const path = "testdata/in_flight.json"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		text, err := json.MarshalIndent(w.parcels(t), "", "\t")
		must2(t, err)
		must2(t, os.WriteFile(path, append(text, '\n'), 0o600))
	}
	text, err := os.ReadFile(path)
	must2(t, err)
	var all []parcel
	must2(t, json.Unmarshal(text, &all))
	w = newWorld(t, nil)
	for _, p := range all {
		var body bytes.Buffer
		must2(t, json.Compact(&body, p.Body))
		must2(t, w.store.Send(t.Context(), p.Queue, []port.Outgoing{{Body: body.Bytes(), Attributes: p.Attributes}}))
	}
	return w
}

// H7: a bug of the translation is corrected. Replaying the archived day says what would change
// at the target before anything is sent, and then changes that, and nothing else.
func TestH7ReplayAfterACorrectedTranslation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.bug = func(o *canonical.Order) {
		if o.Name != "#1002" {
			o.Name = "BUG" + o.Name
		}
	}
	w.start()
	for i := range 3 {
		w.order(1001+i, "TEE-BLK-M", nil)
	}
	w.pass(time.Hour)
	w.bug = nil
	w.start()
	before := map[string]int{}
	for _, o := range w.erp.Orders() {
		before[o.Name] = o.Writes
	}
	replay := []string{"replay", "--to-route", ordersRoute, "--from", "24h"}
	_, out, complaints := w.run(replay...)
	if !strings.Contains(out, "2        differ from what the target has") || !strings.Contains(out, "differs  order 6001") || !strings.Contains(out, "differs  order 6003") || strings.Contains(out, "order 6002") {
		t.Errorf("the replay would: %s%s", out, complaints)
	}
	if len(w.erp.Orders()) != 3 || before["#1002"] == 0 || before["BUG#1001"] == 0 {
		t.Fatalf("the ERP has %v", before)
	}
	if code, out, complaints := w.run(append(replay, "--apply", "--reason", "mapping corrected")...); code != screen.ExitOK {
		t.Errorf("the replay ended with %d: %s%s", code, out, complaints)
	}
	w.pass(time.Hour)
	var names []string
	for _, o := range w.erp.Orders() {
		names = append(names, o.Name)
		if o.Name == "#1002" && o.Writes != before[o.Name] {
			t.Errorf("the right order was written %d times", o.Writes)
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"#1001", "#1002", "#1003"}) || len(w.erp.Duplicates()) != 0 {
		t.Errorf("the ERP has %v, twice: %v", names, w.erp.Duplicates())
	}
	if _, out, _ := w.run(append(replay, "--jq", ".replay | .there, .differ")...); out != "3\n0\n" {
		t.Errorf("afterwards: %s", out)
	}
}

// H8: three orders that no webhook reported and a cent are found, counted and named by the
// command.
func TestH8ReconcileNamesThreeOrdersAndACent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for i := range 6 {
		w.order(1001+i, "TEE-BLK-M", unpaid)
	}
	for i := range 3 {
		p := shopifytest.Purchase{
			ID: int64(6011 + i), Number: 1011 + i, Customer: 7, Email: "ada@example.com", Financial: "pending", PlacedAt: w.clock.Now(), UpdatedAt: w.clock.Now(),
			Items: []shopifytest.Item{{SKU: "TEE-BLK-M", Quantity: 1, Price: 1900}},
		}
		w.shop.Put(p.Body())
	}
	order := w.erp.Orders()[2]
	_, err := w.erp.Enter("salesOrder", order.ExternalID, map[string]any{"item": map[string]any{"items": []any{
		map[string]any{"line": order.Lines[0].Number, "amount": json.Number(cent(order.Lines[0].Amount))},
	}}})
	must2(t, err)
	w.pass(26 * time.Hour)
	line := []string{"reconcile", "--date", "2026-11-22", "--route", ordersRoute}
	code, out, complaints := w.run(line...)
	if code != screen.ExitAttention {
		t.Errorf("ended with %d: %s%s", code, out, complaints)
	}
	for _, named := range []string{"#1011", "#1012", "#1013", "netsuite has 19.01 USD, shopify 19.00 USD"} {
		if !strings.Contains(out, named) {
			t.Errorf("%s is not named:\n%s", named, out)
		}
	}
	_, out, _ = w.run(append(line, "--jq", ".reconcile[0] | .source.count, .target.count, (.gaps | length)")...)
	if out != "9\n6\n4\n" {
		t.Errorf("source, target, gaps: %s", out)
	}
}

// cent returns an amount of two decimals, one cent more.
func cent(amount string) string {
	return amount[:len(amount)-1] + string(amount[len(amount)-1]+1)
}

// H9: a store's request to erase a customer is carried out: no byte of the data folder has
// the person's data afterwards; totals stay.
func TestH9ErasedPersonIsInNoFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const email = "canary-ada@example.com"
	for i, sku := range []string{"TEE-BLK-M", "TRAIL-42"} { // one booked, one dead
		w.order(1001+i, sku, func(p *shopifytest.Purchase) { p.Email, p.Financial = email, "pending" })
	}
	body := `{"shop_id":954889,"shop_domain":"` + shopifytest.Shop + `","customer":{"id":7,"email":"` + email + `"},"orders_to_redact":[6001,6002]}`
	if status := w.deliver(shopifytest.Delivery{Topic: "customers/redact", Body: []byte(body), TriggeredAt: w.clock.Now()}); status != http.StatusOK {
		t.Fatalf("the request was answered with %d", status)
	}
	totals := func() string {
		_, out, _ := w.run("status", "--jq", ".status.routes[] | select(.in > 0) | [.route, .in, .confirmed, .missing]")
		return out
	}
	before := totals()
	if w.mentions(t, email) == 0 {
		t.Fatal("no file has the address: the test looks in the wrong place")
	}
	_, request, _ := w.run("privacy", "--jq", ".privacy[0].request")
	code, out, complaints := w.run("erase", "--request", strings.TrimSpace(request), "--email", email, "--yes", "--reason", "customers/redact")
	if code != screen.ExitAttention || !strings.Contains(out, "to do at netsuite") {
		t.Errorf("erase ended with %d: %s%s", code, out, complaints)
	}
	if n := w.mentions(t, email); n != 0 {
		t.Errorf("%d mentions of the address are left", n)
	}
	if after := totals(); after != before {
		t.Errorf("totals before\n%s, after\n%s", before, after)
	}
	if found := w.dead(t); len(found) != 0 {
		t.Errorf("letters are left: %v", found)
	}
}

// mentions counts the text in the files of the data folder.
func (w *world) mentions(t *testing.T, text string) (n int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(w.folder, "*"))
	must2(t, err)
	for _, path := range files {
		data, err := os.ReadFile(path)
		must2(t, err)
		n += bytes.Count(data, []byte(text))
	}
	return n
}

// H10, the operator's side: the memory of what is at the target is lost. Replaying the whole
// archive adopts the records that the target has, and doubles none.
func TestH10ReplayWithoutMemoryAdoptsWhatIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for i := range 8 {
		w.order(1001+i, "TEE-BLK-M", func(p *shopifytest.Purchase) { p.Customer = int64(70 + i%3) })
	}
	w.pass(time.Hour)
	books := func() string {
		return fmt.Sprint(len(w.erp.Orders()), len(w.erp.Customers()), len(w.erp.Deposits()), w.erp.Duplicates())
	}
	before := books()
	w.forgetState()
	for _, route := range []string{"shopify-customers-to-netsuite", ordersRoute, "shopify-payments-to-netsuite"} {
		if code, out, complaints := w.run("replay", "--to-route", route, "--from", "30d", "--apply", "--reason", "the table was lost"); code != screen.ExitOK || !strings.Contains(out, "8 were sent") && !strings.Contains(out, "3 were sent") {
			t.Errorf("%s: %d %s%s", route, code, out, complaints)
		}
	}
	w.pass(time.Hour)
	if after := books(); after != before || !strings.HasPrefix(after, "8 3 8") {
		t.Errorf("orders, customers, deposits: %s, before %s", after, before)
	}
	if _, out, _ := w.run("status", "--jq", ".status | .dead, .waiting"); out != "0\n0\n" {
		t.Errorf("dead and waiting: %s", out)
	}
	_, out, _ := w.run("replay", "--to-route", ordersRoute, "--from", "30d", "--jq", ".replay | .events, .there")
	if out != "8\n8\n" {
		t.Errorf("a second replay would: %s", out)
	}
}

// forgetState empties the table of records, as if it had been lost.
func (w *world) forgetState() {
	w.Helper()
	file, err := sql.Open("sqlite", installation.StorePath(w.folder))
	must2(w.T, err)
	_, err = file.ExecContext(w.Context(), "DELETE FROM state")
	must2(w.T, err)
	must2(w.T, file.Close())
}
