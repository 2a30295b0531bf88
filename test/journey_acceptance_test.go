package test_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/redrive"
	"causeway.example/shared/port"
)

// situation is a file of testdata/acceptance.
type situation struct {
	Pay []struct {
		Order, Kind, Status, Gateway, Currency string
		At                                     time.Time
		ID, Minor                              int64
	}
	Steps []struct {
		System, Topic, Wait string
		Body                json.RawMessage
		Fault               *erpFault
	}
	Customers []struct{ External, Email, Name string }
	Faults    []erpFault `json:"erp_faults"`
}

// erpFault is how the ERP answers.
type erpFault struct {
	Method, Path, Code, Errpath string
	Status, Times               int
}

func readSituation(t *testing.T, id string) situation {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "acceptance", id+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var s situation
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// skus returns the items that the situation's lines name.
func (s situation) skus() []string {
	var skus []string
	for _, step := range s.Steps {
		var body struct {
			Lines []struct{ SKU string } `json:"line_items"`
		}
		if step.Body == nil || json.Unmarshal(step.Body, &body) != nil {
			continue
		}
		for _, line := range body.Lines {
			if line.SKU != "" && !slices.Contains(skus, line.SKU) {
				skus = append(skus, line.SKU)
			}
		}
	}
	return skus
}

// play sends the steps, a minute of virtual time apart. The ERP answers with the situation's
// faults by rules of the fake, which before and fault set, or else by plan. The shop has a
// transaction once the step that comes after it is sent.
func (w *world) play(s situation, before, fault func(w *world)) {
	w.Helper()
	for _, c := range s.Customers {
		if _, err := w.erp.AddCustomer(c.External, c.Email, c.Name); err != nil {
			w.Fatal(err)
		}
	}
	if before != nil {
		before(w)
	} else {
		for _, f := range s.Faults {
			w.erp.Plan(netsuitetest.Fault{Method: f.Method, PathContains: f.Path, Times: f.Times, Do: netsuitetest.Answer(f.Status, f.Code, f.Errpath)})
		}
	}
	for _, step := range s.Steps {
		if step.Fault != nil {
			fault(w)
		}
		if wait, err := time.ParseDuration(step.Wait); err == nil {
			w.pass(wait)
		}
		if step.Topic == "" {
			continue
		}
		s.pay(w, step.Body)
		var status int
		if step.System == "shopify" {
			status = w.shopify(step.Topic, step.Body)
		} else {
			status = w.post(step.System, woocommercetest.Header(step.Topic, step.Body), step.Body)
		}
		if status != 200 {
			w.Errorf("%s is answered %d", step.Topic, status)
		}
		w.pass(time.Minute)
	}
	w.pass(time.Hour)
}

// pay gives the shop the transactions that are not later than the state.
func (s *situation) pay(w *world, body []byte) {
	var state struct {
		UpdatedAt time.Time `json:"updated_at"`
	}
	if json.Unmarshal(body, &state) != nil {
		return
	}
	later := s.Pay[:0:0]
	for _, tx := range s.Pay {
		if tx.At.After(state.UpdatedAt) {
			later = append(later, tx)
			continue
		}
		w.shop.Pay(tx.Order, shopifytest.Transaction{
			ID: tx.ID, Kind: tx.Kind, Status: tx.Status, Gateway: tx.Gateway, At: tx.At,
			Amount: canonical.Money{Minor: tx.Minor, Currency: tx.Currency},
		})
	}
	s.Pay = later
}

// outcome is the state of the ERP after a situation.
type outcome struct {
	order, lines, deposits string
	refunds                string // the documents that backDocuments describes
	text                   string // part of what the order's record has, "" for anything
	noted                  string // part of what an operator reads, "" for anything
	settings               map[string]string
	before, fault          func(w *world)
	after                  func(w *world, order netsuitetest.Order)
}

// acceptance returns the outcome of each situation, by the name of its file. Each is its should.
func acceptance() map[string]outcome {
	bundle := map[string]string{"NETSUITE_WITHOUT_SKU": "item", "NETSUITE_ITEM_WITHOUT_SKU": "store-no-sku"}
	return map[string]outcome{
		"n01-inactive-customer":            {order: "900101", lines: "VALVE-1 1 70.00", deposits: "70.00", before: deactivated, after: ofNewCustomer},
		"n03-locked-by-workflow":           {order: "900103", lines: "VALVE-1 1 70.00", deposits: "70.00", fault: lockOrders, after: unlocked},
		"n05a-sss_time_limit_exceeded":     {order: "900105", lines: "VALVE-1 1 70.00", deposits: "70.00", noted: "SSS_TIME_LIMIT_EXCEEDED"},
		"n06-customer-name-taken":          {order: "900106", lines: "VALVE-1 1 70.00", deposits: "70.00", before: nameTaken, after: ofNewCustomer},
		"n09-closed-period":                {order: "900109", lines: "VALVE-1 1 70.00", before: closedPeriod, after: periodOpened},
		"s01-edit-quantity-down":           {order: "900001", lines: "MUG-RED 1 56.25", deposits: "112.50", refunds: "payout 56.25 of deposits [56.25] and credits []"},
		"s02-line-removed-before-payment":  {order: "900002", lines: "LAMP-A 1 55.00", deposits: "55.00"},
		"s03-exchange-dearer":              {order: "900003", lines: "CHAIR-ASH 1 250.00", deposits: "100.00 150.00"},
		"s05-b2b-po-number":                {order: "900005", lines: "CRATE-9 12 480.00"},
		"s07-product-deleted-after-sale":   {order: "900007", lines: "VASE-4 1 45.00", deposits: "45.00"},
		"s09-address-too-long":             {order: "900009", lines: "PIN-1 1 30.00", deposits: "30.00", noted: "line1"},
		"s11-deposit-then-rest":            {order: "900011", lines: "SOFA-2 1 200.00", deposits: "120.00 80.00"},
		"s14-refund-with-adjustment":       {order: "900014", lines: "BALL-1 1 20.00", deposits: "20.00", refunds: "payout 14.00 of deposits [14.00] and credits []"},
		"s22-country-ac":                   {order: "900023", lines: "MAP-1 1 18.00", deposits: "18.00", text: `"country":{"id":"SH"}`, noted: "country AC read as SH"},
		"s33-fee-with-tax-included":        {order: "900033", lines: "STOVE-1 1 100.00, store-fee 1 5.00, store-tax 1 21.00", deposits: "126.00"},
		"s35b-only-status-changes-refused": {order: "900036", lines: "SOAP-1 2 24.00", deposits: "24.00", fault: fulfillLines},
		"s36-phone-too-long":               {order: "900037", lines: "SOAP-1 2 24.00", deposits: "24.00", noted: "phone"},
		"s51-product-without-sku":          {order: "900051", lines: "store-no-sku 1 8.00", deposits: "8.00", settings: bundle},
		"w01-gift-card-plugin":             {order: "501", lines: "BOWL-1 1 60.00", deposits: "25.00 40.00"},
		"w04-custom-status":                {order: "504", lines: "PEN-1 2 22.00", deposits: "22.00", settings: map[string]string{"WOOCOMMERCE_STATUSES": "ready-pickup=paid"}},
		"w05-four-decimals":                {order: "505", lines: "FOIL-1 3 12.40, store-tax 1 2.60", deposits: "16.23", after: withShipping},
		"w12-partial-refund":               {order: "512", lines: "D-1 1 50.00", deposits: "50.00", refunds: "payout 12.00 of deposits [12.00] and credits []"},
		"w16-product-deleted-later":        {order: "518", lines: "G-1 1 44.00", deposits: "44.00"},
		"w27-bundle-without-sku":           {order: "527", lines: "store-no-sku 1 30.00, PLATE-1 4 0.00, CUP-1 4 0.00", deposits: "30.00", settings: bundle},
	}
}

func deactivated(w *world) {
	for _, c := range w.erp.Customers() {
		if err := w.erp.Deactivate(c.ID, true); err != nil {
			w.Fatal(err)
		}
	}
}

func nameTaken(w *world) {
	w.erp.Vary(netsuitetest.NamedCustomers)
	if _, err := w.erp.AddCustomer("", "another@example.net", "Mina Okafor"); err != nil {
		w.Fatal(err)
	}
}

// ofNewCustomer fails unless the order's customer is not the one that was there before.
func ofNewCustomer(w *world, order netsuitetest.Order) {
	if all := w.erp.Customers(); len(all) != 2 || order.Entity != all[1].ID || all[1].Inactive {
		w.Errorf("the order is %s's: %+v", order.Entity, all)
	}
}

func closedPeriod(w *world) { w.erp.ClosePeriod("2026-11-22") }

// periodOpened fails unless the deposit waits with a reason, and is booked once the period is open.
func periodOpened(w *world, order netsuitetest.Order) {
	if story := w.story(); !strings.Contains(story, "open the period") || !strings.Contains(story, "at: ") {
		w.Errorf("the ledger does not say that the period is closed\n%s", story)
	}
	w.erp.ClosePeriod("")
	w.pass(72 * time.Hour)
	if got := strings.Join(erpDeposits(w, order), " "); got != "70.00 1" {
		w.Errorf("deposits %q after the period was opened\n%s", got, w.story())
	}
}

func withShipping(w *world, order netsuitetest.Order) {
	if order.Shipping != "1.23" || order.Total != "16.23" {
		w.Errorf("shipping is %s, the total %s", order.Shipping, order.Total)
	}
	w.ingestNoneDead()
}

func lockOrders(w *world) {
	for _, order := range w.erp.Orders() {
		w.erp.LockByWorkflow("salesOrder", order.ExternalID, true)
	}
}

// unlocked fails unless the order's change was rejected with a reason, and a redrive is confirmed
// once the record is unlocked.
func unlocked(w *world, order netsuitetest.Order) {
	if !strings.Contains(w.story(), "workflow") {
		w.Errorf("the ledger does not name the workflow\n%s", w.story())
	}
	w.erp.LockByWorkflow("salesOrder", order.ExternalID, false)
	if got := w.redriveAll(); got.Planned != 1 || got.Confirmed != 1 {
		w.Errorf("the redrive counts %+v, want one confirmed\n%s", got, w.story())
	}
}

// redriveAll sends all dead letters again, as an operator does, and returns what became of them.
func (w *world) redriveAll() redrive.Counts {
	w.Helper()
	desk, err := operate.New(w.store.Desk(), w.table)
	if err != nil {
		w.Fatal(err)
	}
	operator := redrive.Operator{Desk: desk, Who: "ada", Random: func() float64 { return 0.5 }, Sleep: func(ctx context.Context, d time.Duration) error {
		w.pass(d)
		return ctx.Err()
	}}
	plan, err := operator.Plan(w.Context(), redrive.Redrive, operate.Selector{}, redrive.Options{})
	if err != nil {
		w.Fatal(err)
	}
	operation, err := operator.Apply(w.Context(), plan.ID, "the cause is mended")
	if err != nil {
		w.Fatal(err)
	}
	return operation.Counts
}

func fulfillLines(w *world) {
	for _, order := range w.erp.Orders() {
		for _, line := range order.Lines {
			if err := w.erp.Fulfill(order.ExternalID, line.Number, line.Quantity); err != nil {
				w.Fatal(err)
			}
		}
	}
}

// TestAcceptanceSituations plays every situation through the whole chain, and reads the ERP's
// books.
func TestAcceptanceSituations(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "acceptance", "*.json"))
	wants := acceptance()
	if err != nil || len(files) != len(wants) {
		t.Fatalf("%d situations, %d outcomes: %v", len(files), len(wants), err)
	}
	for _, file := range files {
		id := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			s, want := readSituation(t, id), wants[id]
			journey(t, setup{items: append(s.skus(), "store-no-sku"), settings: want.settings}, func(w *world) {
				w.play(s, want.before, want.fault)
				want.check(w, s.Steps[0].System)
			})
		})
	}
}

func (want outcome) check(w *world, system string) {
	w.Helper()
	order := w.order(system, want.order)
	var lines, deposits []string
	for _, line := range order.Lines {
		if !line.Closed {
			lines = append(lines, line.Item+" "+line.Quantity+" "+line.Amount)
		}
	}
	for _, d := range erpDeposits(w, order) {
		amount, _, _ := strings.Cut(d, " ")
		deposits = append(deposits, amount)
	}
	if got := strings.Join(lines, ", "); got != want.lines {
		w.Errorf("the order has %s, want %s", got, want.lines)
	}
	if got := strings.Join(deposits, " "); got != want.deposits {
		w.Errorf("deposits %q, want %q\n%s", got, want.deposits, w.story())
	}
	if got := backDocuments(w); got != want.refunds {
		w.Errorf("refunds are %s, want %s\n%s", got, want.refunds, w.story())
	}
	for _, r := range w.erp.Books() {
		if r.ID == order.ID && !strings.Contains(string(r.Bodies[len(r.Bodies)-1]), want.text) {
			w.Errorf("the record is %s, want %s", r.Bodies[len(r.Bodies)-1], want.text)
		}
	}
	story := w.story()
	for _, e := range w.entries(port.Published) {
		story += fmt.Sprintln(e.Notes)
	}
	if !strings.Contains(story, want.noted) {
		w.Errorf("the ledger does not say %q\n%s", want.noted, story)
	}
	if want.after != nil {
		want.after(w, order)
		return
	}
	w.ingestNoneDead()
}
