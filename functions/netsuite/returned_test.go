package netsuite_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// goodsBack is a return of the sale's order; articles are SKUs with the pieces that came, and those that
// went into stock.
func goodsBack(id string, articles map[string][2]string) *canonical.Return {
	body := &canonical.Return{ID: id, Order: "1", Location: "east", At: noon}
	for _, sku := range slices.Sorted(maps.Keys(articles)) {
		came, stocked := pieces(articles[sku][0]), pieces(articles[sku][1])
		body.Lines = append(body.Lines, canonical.ReturnLine{SKU: sku, Quantity: came, Restocked: &stocked})
	}
	return body
}

func pieces(text string) canonical.Quantity {
	count, err := canonical.ParseDecimal(text)
	if err != nil {
		panic(err)
	}
	return canonical.Pieces(count)
}

// returnOf is an event of the return of the order.
func returnOf(t *testing.T, order message.Key, event string, body *canonical.Return) *message.Message {
	t.Helper()
	sent := *body
	sent.Order = order.ID
	if event == canonical.ReturnRequested {
		sent.Lines = slices.Clone(body.Lines)
		for i := range sent.Lines {
			sent.Lines[i].Restocked = nil
		}
	}
	text, err := canonical.Encode(&sent)
	if err != nil {
		t.Fatal(err)
	}
	return &message.Message{
		ID: "m-" + body.ID, Source: "causeway.depot", Type: event, Subject: "return/" + body.ID, Tenant: "depot-1", Parents: []message.Key{order}, Body: text,
	}
}

func (s *sale) comesBack(event string, body *canonical.Return) (connector.Receipt, error) {
	s.t.Helper()
	return s.deliver(s.t.Context(), returnOf(s.t, saleKey, event, body))
}

func (s *sale) mustComeBack(event string, body *canonical.Return) connector.Receipt {
	s.t.Helper()
	receipt, err := s.comesBack(event, body)
	s.must(err)
	return receipt
}

// newShippedSale is an order of two tees and a hood that is paid, shipped and invoiced, with item receipts for
// its returns.
func newShippedSale(t *testing.T, settings map[string]string) *sale {
	t.Helper()
	all := map[string]string{"NETSUITE_RETURNS": "receipt", "NETSUITE_SHIP_LOCATIONS": "east=5", "NETSUITE_INVOICE": "shipped"}
	maps.Copy(all, settings)
	s := newPaidSaleWith(t, all)
	s.pay("p1", canonical.Card, 17030)
	s.mustShip(shipment("S-1", map[string]string{"TEE-BLK-M": "2", "HOOD-M": "1"}))
	return s
}

// returns describes the authorizations and receipts: "D 1 of 2 TEE-BLK-M; receipt 1 TEE-BLK-M at 5".
func (s *sale) returns() string {
	var all []string
	for _, a := range s.fake.ReturnAuthorizations() {
		var lines []string
		for _, l := range a.Lines {
			lines = append(lines, fmt.Sprintf("%s of %s %s", max(l.Received, "0"), l.Quantity, l.Item))
		}
		all = append(all, a.Status+" "+strings.Join(lines, ", "))
	}
	for _, r := range s.fake.ItemReceipts() {
		for _, l := range r.Lines {
			all = append(all, "receipt "+l.Quantity+" "+l.Item+" at "+l.Location)
		}
	}
	return strings.Join(all, "; ")
}

func (s *sale) wantReturns(want string) {
	s.t.Helper()
	if got := s.returns(); got != want {
		s.t.Errorf("NetSuite has %s\nwant         %s", got, want)
	}
}

func TestAReturnIsAuthorizedAndReceived(t *testing.T) {
	t.Parallel()
	s := newShippedSale(t, map[string]string{"NETSUITE_TIMEZONE": "America/Los_Angeles"})
	body := goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"2", "1"}})
	for range 2 {
		s.mustComeBack(canonical.ReturnRequested, body)
		s.wantReturns("B 0 of 2 TEE-BLK-M")
	}
	made := s.fake.ReturnAuthorizations()[0]
	if made.Date != "2026-11-22" || made.Memo != "shopify example-brand.myshopify.com order 1 return R-1" || made.Lines[0].OrderLine != 1 || made.Writes != 1 {
		t.Errorf("got %+v", made)
	}
	var receipt connector.Receipt
	for range 2 {
		receipt = s.mustComeBack(canonical.ReturnReceived, body)
		s.wantReturns("H 1 of 2 TEE-BLK-M; receipt 1 TEE-BLK-M at 5")
	}
	if receipt.Ref != made.ID || !receipt.Linked {
		t.Errorf("got %+v", receipt)
	}
	// an authorization that is there, and one that is closed, are not written by an older state
	if receipt = s.mustComeBack(canonical.ReturnRequested, body); !receipt.Linked {
		t.Errorf("got %+v", receipt)
	}
	if order := s.fake.Orders()[0]; order.Lines[0].Fulfilled != "2" || s.fake.BackInStock()["TEE-BLK-M"] != "1" {
		t.Errorf("the order is %+v, back are %v", order, s.fake.BackInStock())
	}
	s.wantReturns("H 1 of 2 TEE-BLK-M; receipt 1 TEE-BLK-M at 5")
}

func TestAReturnCostsAsManyRequestsAsDocumented(t *testing.T) {
	t.Parallel()
	s := newShippedSale(t, nil)
	body := goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"2", "2"}})
	for _, step := range []struct{ event, verbs string }{
		{canonical.ReturnRequested, "GET POST GET POST POST"},
		{canonical.ReturnRequested, "GET POST"},
		{canonical.ReturnReceived, "GET POST GET POST POST PATCH"},
		{canonical.ReturnReceived, "GET POST"},
	} {
		before := len(s.fake.Calls())
		s.mustComeBack(step.event, body)
		if got := verbs(s.callsSince(before)); got != step.verbs {
			t.Errorf("%s took %s, want %s", step.event, got, step.verbs)
		}
	}
}

// TestAReturnThatDiffersFromWhatWasExpected: what came counts, also of several lines of one SKU.
func TestAReturnThatDiffersFromWhatWasExpected(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		expected, came map[string][2]string
		want           string
	}{
		"nothing expected":       {nil, map[string][2]string{"TEE-BLK-M": {"1", "1"}, "HOOD-M": {"1", "0"}}, "H 0 of 1 HOOD-M, 1 of 1 TEE-BLK-M; receipt 1 TEE-BLK-M at 5"},
		"all into stock":         {map[string][2]string{"TEE-BLK-M": {"2"}}, map[string][2]string{"TEE-BLK-M": {"2", "2"}}, "H 2 of 2 TEE-BLK-M; receipt 2 TEE-BLK-M at 5"},
		"none into stock":        {map[string][2]string{"TEE-BLK-M": {"2"}}, map[string][2]string{"TEE-BLK-M": {"2", "0"}}, "H 0 of 2 TEE-BLK-M"},
		"fewer came":             {map[string][2]string{"TEE-BLK-M": {"2"}}, map[string][2]string{"TEE-BLK-M": {"1", "1"}}, "H 1 of 1 TEE-BLK-M; receipt 1 TEE-BLK-M at 5"},
		"more came":              {map[string][2]string{"TEE-BLK-M": {"1"}}, map[string][2]string{"TEE-BLK-M": {"2", "1"}}, "H 1 of 2 TEE-BLK-M; receipt 1 TEE-BLK-M at 5"},
		"an article did not":     {map[string][2]string{"TEE-BLK-M": {"1"}, "HOOD-M": {"1"}}, map[string][2]string{"TEE-BLK-M": {"1", "1"}}, "H 1 of 1 TEE-BLK-M; receipt 1 TEE-BLK-M at 5"},
		"half a piece":           {nil, map[string][2]string{"TEE-BLK-M": {"1.5", "0.25"}}, "H 0.25 of 1.5 TEE-BLK-M; receipt 0.25 TEE-BLK-M at 5"},
		"a line without a piece": {nil, map[string][2]string{"TEE-BLK-M": {"1", "1"}, "UNKNOWN": {"0", "0"}}, "H 1 of 1 TEE-BLK-M; receipt 1 TEE-BLK-M at 5"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShippedSale(t, nil)
			if c.expected != nil {
				for sku := range c.expected {
					c.expected[sku] = [2]string{c.expected[sku][0], "0"}
				}
				s.mustComeBack(canonical.ReturnRequested, goodsBack("R-1", c.expected))
			}
			for range 2 {
				s.mustComeBack(canonical.ReturnReceived, goodsBack("R-1", c.came))
				s.wantReturns(c.want)
			}
			if c.expected != nil { // the older state once more
				s.mustComeBack(canonical.ReturnRequested, goodsBack("R-1", c.expected))
				s.wantReturns(c.want)
			}
		})
	}
}

// TestAReturnThatIsCorrectedIsReceivedByTheDifference: the lines are opened, and closed again.
func TestAReturnThatIsCorrectedIsReceivedByTheDifference(t *testing.T) {
	t.Parallel()
	s := newShippedSale(t, nil)
	s.mustComeBack(canonical.ReturnReceived, goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"1", "0"}}))
	s.wantReturns("H 0 of 1 TEE-BLK-M")
	for range 2 {
		s.mustComeBack(canonical.ReturnReceived, goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"1", "1"}}))
		s.wantReturns("H 1 of 1 TEE-BLK-M; receipt 1 TEE-BLK-M at 5")
	}
	for range 2 {
		s.mustComeBack(canonical.ReturnReceived, goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"2", "2"}}))
		s.wantReturns("H 2 of 2 TEE-BLK-M; receipt 1 TEE-BLK-M at 5; receipt 1 TEE-BLK-M at 5")
	}
	for field, fewer := range map[string][2]string{"lines[0].restocked": {"2", "1"}, "lines": {"1", "1"}} {
		_, err := s.comesBack(canonical.ReturnReceived, goodsBack("R-1", map[string][2]string{"TEE-BLK-M": fewer}))
		if e := fault.As(err); e == nil || e.Class != fault.Conflict || e.Field != field || !strings.Contains(e.Detail, "has 2 received, and the warehouse reports 1 now") {
			t.Errorf("%v: %+v", fewer, e)
		}
	}
	if twice := s.fake.Duplicates(); len(twice) != 0 {
		t.Errorf("twice: %v", twice)
	}
}

// TestADocumentThatTakesEffectLateIsNotASecond: the request was given up, and repeated.
func TestADocumentThatTakesEffectLateIsNotASecond(t *testing.T) {
	t.Parallel()
	body := goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"2", "2"}})
	for _, of := range []string{"returnAuthorization", "itemReceipt"} {
		s := newShippedSale(t, nil)
		released := make(chan struct{})
		s.fake.Plan(netsuitetest.Fault{PathContains: "!transform/" + of, Do: netsuitetest.Late(released)})
		short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if _, err := s.deliver(short, returnOf(t, saleKey, canonical.ReturnReceived, body)); err == nil {
			t.Fatal("no failure")
		}
		cancel()
		s.mustComeBack(canonical.ReturnReceived, body)
		close(released)
		s.mustComeBack(canonical.ReturnReceived, body)
		s.wantReturns("H 2 of 2 TEE-BLK-M; receipt 2 TEE-BLK-M at 5")
	}
}

// TestGoodsLeaveAndComeBackWhereMovementsAreBooked, also without an entry of NETSUITE_SHIP_LOCATIONS.
func TestGoodsLeaveAndComeBackWhereMovementsAreBooked(t *testing.T) {
	t.Parallel()
	s := newShippedSale(t, map[string]string{
		"NETSUITE_SHIP_LOCATIONS": "", "NETSUITE_LOCATION": "5", "NETSUITE_ADJUSTMENT_LOCATIONS": "east=6", "NETSUITE_ADJUSTMENT_ACCOUNT": "58", "NETSUITE_ADJUSTMENT_SUBSIDIARIES": "*=1",
	})
	s.mustComeBack(canonical.ReturnReceived, goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"1", "1"}}))
	s.wantReturns("H 1 of 1 TEE-BLK-M; receipt 1 TEE-BLK-M at 6")
	came := movement("1-9", "40")
	came.Location = "east"
	s.mustDeliver(movementOf(t, canonical.InventoryReceived, came))
	if here, elsewhere := s.fake.OnHand("TEE-BLK-M", "6"), s.fake.OnHand("TEE-BLK-M", "5"); here != "39" || elsewhere != "0" {
		t.Errorf("on hand are %s where movements are booked, and %s elsewhere", here, elsewhere)
	}
}

// TestAReceiptThatTakesEffectWhileACorrectionIsWrittenHidesNoPiece: the request was given up, and takes effect
// between the reading of the authorization and the look for its receipt.
func TestAReceiptThatTakesEffectWhileACorrectionIsWrittenHidesNoPiece(t *testing.T) {
	t.Parallel()
	s := newShippedSale(t, nil)
	released, landed := make(chan struct{}), make(chan struct{})
	s.fake.Plan(netsuitetest.Fault{PathContains: "!transform/itemReceipt", Do: func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		netsuitetest.Late(released)(w, r, serve)
		close(landed)
	}})
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	if _, err := s.deliver(short, returnOf(t, saleKey, canonical.ReturnReceived, goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"2", "1"}}))); err == nil {
		t.Fatal("no failure")
	}
	cancel()
	s.fake.Plan(netsuitetest.Fault{Method: http.MethodGet, PathContains: "itemReceipt", Do: func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		close(released)
		<-landed
		serve(w, r)
	}})
	corrected := goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"2", "2"}})
	_, err := s.comesBack(canonical.ReturnReceived, corrected)
	if e := fault.As(err); e != nil && (e.Kind != fault.Unavailable || e.Class != fault.Conflict) {
		t.Errorf("got %v", err)
	}
	if err != nil {
		s.mustComeBack(canonical.ReturnReceived, corrected)
	}
	s.wantReturns("H 2 of 2 TEE-BLK-M; receipt 1 TEE-BLK-M at 5; receipt 1 TEE-BLK-M at 5")
}

func TestReturnsOfOneOrderShareItsPieces(t *testing.T) {
	t.Parallel()
	s := newSaleWith(t, canonical.Paid, map[string]string{"NETSUITE_RETURNS": "receipt"})
	s.order.Lines = append(s.order.Lines, article("3", "TEE-BLK-M", 2, 3500)) // a second line of one SKU
	s.report()
	s.mustShip(shipment("S-1", map[string]string{"TEE-BLK-M": "4"}))
	s.mustComeBack(canonical.ReturnReceived, goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"1", "0"}}))
	s.mustComeBack(canonical.ReturnRequested, goodsBack("R-2", map[string][2]string{"TEE-BLK-M": {"2", "0"}}))
	s.mustComeBack(canonical.ReturnReceived, goodsBack("R-2", map[string][2]string{"TEE-BLK-M": {"3", "3"}}))
	s.wantReturns("H 0 of 1 TEE-BLK-M; H 1 of 1 TEE-BLK-M, 2 of 2 TEE-BLK-M; receipt 1 TEE-BLK-M at ; receipt 2 TEE-BLK-M at ")
	if l := s.fake.ReturnAuthorizations()[1].Lines; l[0].OrderLine != 1 || l[1].OrderLine != 3 {
		t.Errorf("got %+v", l)
	}
	_, err := s.comesBack(canonical.ReturnRequested, goodsBack("R-3", map[string][2]string{"TEE-BLK-M": {"1", "0"}}))
	e := fault.As(err)
	want := `"TEE-BLK-M": 1 come back, and sales order ` + s.fake.Orders()[0].ID + ` has 4 of 4 fulfilled, of which 4 are in its other returns; settle the difference in NetSuite by hand, then redrive`
	if e == nil || e.Kind != fault.Rejected || e.Class != fault.Conflict || e.Field != "lines[0].quantity" || e.Detail != want {
		t.Errorf("got %+v", e)
	}
}

// TestAReturnOfAPersonCounts until its lines are closed, or it is cancelled.
func TestAReturnOfAPersonCounts(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(f *netsuitetest.Fake, id string) error{"closed": (*netsuitetest.Fake).CloseReturn, "cancelled": (*netsuitetest.Fake).CancelReturn} {
		s := newShippedSale(t, nil)
		id, err := s.fake.AuthorizeReturn(s.external, 1, "1")
		s.must(err)
		body := goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"2", "2"}})
		_, err = s.comesBack(canonical.ReturnReceived, body)
		if e := fault.As(err); e == nil || e.Class != fault.Conflict || !strings.Contains(e.Detail, "of which 1 are in its other returns") {
			t.Errorf("%s: %+v", name, e)
		}
		s.must(end(s.fake, id))
		s.mustComeBack(canonical.ReturnReceived, body)
		if got := s.returns(); !strings.HasSuffix(got, "H 2 of 2 TEE-BLK-M; receipt 2 TEE-BLK-M at 5") {
			t.Errorf("%s: NetSuite has %s", name, got)
		}
	}
}

// badReturns are returns of an order of which both tees and the hood were shipped.
var badReturns = map[string]struct {
	settings map[string]string
	prepare  func(*sale)
	body     *canonical.Return
	kind     fault.Kind
	class    fault.Class
	field    string
	words    string
}{
	"more than was fulfilled":     {nil, nil, goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"3", "0"}}), fault.Rejected, fault.Conflict, "lines[0].quantity", `"TEE-BLK-M": 3 come back, and sales order 612 has 2 of 2 fulfilled`},
	"not of the order":            {nil, func(s *sale) { s.must(s.fake.AddItem("CAP")) }, goodsBack("R-1", map[string][2]string{"CAP": {"1", "0"}}), fault.Rejected, fault.MissingRef, "lines[0].sku", `"CAP": comes back, and sales order`},
	"not an item":                 {nil, nil, goodsBack("R-1", map[string][2]string{"CAP": {"1", "0"}}), fault.Rejected, fault.MissingRef, "lines[0].sku", "no item with this external id"},
	"without a piece":             {nil, nil, goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"0", "0"}}), fault.Rejected, fault.Value, "lines", "nothing comes back"},
	"more in stock than came":     {nil, nil, goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"1", "2"}}), fault.Rejected, fault.Value, "lines[0].restocked", "2 is more than the 1 that came"},
	"what is in stock is missing": {nil, nil, &canonical.Return{ID: "R-1", Lines: []canonical.ReturnLine{{SKU: "TEE-BLK-M", Quantity: pieces("1")}}, At: noon}, fault.Rejected, fault.Value, "lines[0].restocked", "is missing"},
	"a closed period":             {nil, func(s *sale) { s.fake.ClosePeriod("2026-11-30") }, goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"1", "1"}}), fault.Rejected, fault.Config, "at", "open the period"},
	"no permission":               {nil, func(s *sale) { s.fake.Forbid("returnAuthorization", true) }, goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"1", "1"}}), fault.Unauthorized, fault.Auth, "", "permission"},
	"cancelled by a person":       {nil, expected(func(s *sale, id string) { s.must(s.fake.CancelReturn(id)) }), goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"1", "1"}}), fault.Rejected, fault.Conflict, "id", "was cancelled in NetSuite"},
	"closed by a person":          {nil, expected(func(s *sale, id string) { s.must(s.fake.CloseReturn(id)) }), goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"1", "1"}}), fault.Rejected, fault.Conflict, "id", "has closed lines in NetSuite"},
	"pending approval":            {nil, expected(func(s *sale, id string) { s.must(s.fake.ApproveReturn(id, "A")) }), goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"1", "1"}}), fault.NotReady, fault.Conflict, "id", "is pending approval"},
	"another article":             {nil, expected(func(*sale, string) {}), goodsBack("R-1", map[string][2]string{"HOOD-M": {"1", "1"}, "TEE-BLK-M": {"1", "1"}}), fault.Rejected, fault.Conflict, "lines[0].sku", `"HOOD-M": return authorization`},
	"locked": {nil, expected(func(s *sale, _ string) {
		s.fake.LockByWorkflow("returnAuthorization", s.fake.ReturnAuthorizations()[0].ExternalID, true)
	}), goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"1", "1"}}), fault.Rejected, fault.Conflict, "", "locked"},
	"credited into stock": {nil, credited, goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"1", "1"}}), fault.Rejected, fault.Conflict, "lines[0].restocked", "has put 1 into stock already"},
	"credited by hand": {nil, func(s *sale) {
		_, err := s.fake.PayBack(s.external, "39.00")
		s.must(err)
	}, goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"1", "1"}}), fault.Rejected, fault.Conflict, "lines[0].restocked", "has put 1 into stock already"},
}

// expected has a tee be requested, and does something with its authorization.
func expected(then func(s *sale, id string)) func(*sale) {
	return func(s *sale) {
		s.mustComeBack(canonical.ReturnRequested, goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"1", "0"}}))
		then(s, s.fake.ReturnAuthorizations()[0].ID)
	}
}

// credited has a tee be refunded while credits move the stock.
func credited(s *sale) {
	now := s.system
	s.system = s.under(map[string]string{"NETSUITE_RETURNS": "credit"})
	s.mustRefund(back("r1", func(r *canonical.Refund) { r.Lines = []canonical.RefundLine{piece("1", "TEE-BLK-M", 1, 3900)} }))
	s.system = now
}

// under opens the connector with the settings.
func (s *sale) under(settings map[string]string) connector.System {
	s.t.Helper()
	all := s.fake.Settings(s.url)
	maps.Copy(all, settings)
	return mustOpen(s.t, all, &http.Transport{})
}

func TestReturnsThatCannotBeBookedSayWhy(t *testing.T) {
	t.Parallel()
	for name, c := range badReturns {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShippedSale(t, c.settings)
			if c.prepare != nil {
				c.prepare(s)
			}
			before := s.fake.BackInStock()["TEE-BLK-M"]
			_, err := s.system.Target.Deliver(t.Context(), s.unchecked(returnOf(t, saleKey, canonical.ReturnReceived, c.body)))
			e := fault.As(err)
			if e == nil || e.Kind != c.kind || e.ClassOrDefault() != c.class || e.Field != c.field || !strings.Contains(e.Detail, c.words) || e.Doing == "" {
				t.Fatalf("got %v (%+v)", err, e)
			}
			if len(s.fake.ItemReceipts()) != 0 || s.fake.BackInStock()["TEE-BLK-M"] != before {
				t.Errorf("NetSuite has %s", s.returns())
			}
		})
	}
}

// TestAReturnWaitsForWhatItIsOf: the order, and the item fulfillment.
func TestAReturnWaitsForWhatItIsOf(t *testing.T) {
	t.Parallel()
	s := newSaleWith(t, canonical.Paid, map[string]string{"NETSUITE_RETURNS": "receipt"})
	body := goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"2", "2"}})
	wait := func(words string) {
		t.Helper()
		_, err := s.comesBack(canonical.ReturnReceived, body)
		if e := fault.As(err); e == nil || e.Kind != fault.NotReady || !strings.Contains(e.Detail, words) {
			t.Errorf("got %+v", e)
		}
	}
	wait("is not at netsuite yet")
	s.report()
	wait(`"TEE-BLK-M": 2 come back, and sales order ` + s.fake.Orders()[0].ID + ` has 0 of 2 fulfilled; the delivery waits`)
	s.mustShip(shipment("S-1", map[string]string{"TEE-BLK-M": "1"}))
	wait("has 1 of 2 fulfilled")
	s.mustShip(shipment("S-2", map[string]string{"TEE-BLK-M": "1"}))
	s.mustComeBack(canonical.ReturnReceived, body)
	s.wantReturns("H 2 of 2 TEE-BLK-M; receipt 2 TEE-BLK-M at ")
}

// TestGoodsComeIntoStockOnce, by the receipt or by the credit, whichever document is first and under which
// setting each is written. The money is the same.
func TestGoodsComeIntoStockOnce(t *testing.T) {
	t.Parallel()
	refunded := back("r1", func(r *canonical.Refund) { r.Lines = []canonical.RefundLine{piece("1", "TEE-BLK-M", 1, 3900)} })
	came := goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"1", "1"}})
	for name, c := range map[string]struct {
		setting string
		steps   string
		credit  string
	}{
		"credit":                   {"credit", "refund requested received", "credit memo 39.00: TEE-BLK-M 1 39.00"},
		"before the return":        {"receipt", "refund requested received", "credit memo 39.00: store-adjustment 1 39.00"},
		"between":                  {"receipt", "requested refund received", "credit memo 39.00: store-adjustment 1 39.00"},
		"after the return":         {"receipt", "requested received refund", "credit memo 39.00: store-adjustment 1 39.00"},
		"the setting was changed":  {"receipt", "requested received credit refund", "credit memo 39.00: store-adjustment 1 39.00"},
		"it was changed meanwhile": {"receipt", "requested credit refund receipt received", "credit memo 39.00: store-adjustment 1 39.00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShippedSale(t, map[string]string{"NETSUITE_RETURNS": c.setting})
			for step := range strings.FieldsSeq(c.steps) {
				for range 2 {
					switch step {
					case "refund":
						s.mustRefund(refunded)
					case "requested":
						s.mustComeBack(canonical.ReturnRequested, came)
					case "received":
						s.mustComeBack(canonical.ReturnReceived, came)
					default:
						s.system = s.under(map[string]string{"NETSUITE_RETURNS": step})
					}
				}
			}
			if got := s.documents(); !strings.HasPrefix(got, c.credit) || s.fake.BackInStock()["TEE-BLK-M"] != "1" {
				t.Errorf("NetSuite has %s and %s; in stock are %v", got, s.returns(), s.fake.BackInStock())
			}
			if none := len(s.fake.ReturnAuthorizations()) == 0; none != (c.setting == "credit") {
				t.Errorf("NetSuite has %s", s.returns())
			}
		})
	}
}

// TestARefundWithoutAnItemForItWaits: with item receipts, goods that come back need an item without stock.
func TestARefundWithoutAnItemForItWaits(t *testing.T) {
	t.Parallel()
	s := newShippedSale(t, map[string]string{"NETSUITE_ITEM_ADJUSTMENT": ""})
	r := back("r1", func(r *canonical.Refund) { r.Lines = []canonical.RefundLine{piece("1", "TEE-BLK-M", 1, 3900)} })
	s.wantRefused(r, fault.Rejected, fault.Config, "NETSUITE_ITEM_ADJUSTMENT", "is not set, and lines[0] needs an item")
	s.system = s.under(map[string]string{"NETSUITE_RETURNS": "receipt", "NETSUITE_ITEM_ADJUSTMENT": "", "NETSUITE_ITEM_NOT_RESTOCKED": "store-no-sku"})
	s.mustRefund(r)
	if got := s.documents(); !strings.HasPrefix(got, "credit memo 39.00: store-no-sku 1 39.00") {
		t.Errorf("NetSuite has %s", got)
	}
}

// TestReturnsWorkWithEachWayOfAnAccount has the answers of accounts that differ.
func TestReturnsWorkWithEachWayOfAnAccount(t *testing.T) {
	t.Parallel()
	for seed := range netsuitetest.Way(netsuitetest.Seeds) {
		if seed%7 != 0 {
			continue // each answer is in some of them
		}
		s := newShippedSale(t, nil)
		s.fake.Vary(seed)
		s.mustComeBack(canonical.ReturnRequested, goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"2", "0"}}))
		s.mustComeBack(canonical.ReturnReceived, goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"1", "1"}}))
		if got := s.returns(); got != "H 1 of 1 TEE-BLK-M; receipt 1 TEE-BLK-M at 5" {
			t.Errorf("seed %d: NetSuite has %s", seed, got)
		}
	}
}
