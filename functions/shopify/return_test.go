package shopify_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// back is a state of the warehouse's return: the pieces by SKU, each as "came" or "came/restocked".
type back struct {
	id       string
	received bool
	at       time.Time
	pieces   map[string]string
}

func (b back) message(t testing.TB) *message.Message {
	t.Helper()
	r := &canonical.Return{ID: b.id, Order: "5001", At: b.at}
	if b.at.IsZero() {
		r.At = now
	}
	number := func(text string) canonical.Quantity {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return canonical.Pieces(canonical.NewDecimal(n, 0))
	}
	for _, sku := range slices.Sorted(maps.Keys(b.pieces)) {
		came, stocked, _ := strings.Cut(b.pieces[sku], "/")
		l := canonical.ReturnLine{SKU: sku, Quantity: number(came)}
		if stocked != "" {
			l.Restocked = new(number(stocked))
		}
		r.Lines = append(r.Lines, l)
	}
	body, err := canonical.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	kind := canonical.ReturnRequested
	if b.received {
		kind = canonical.ReturnReceived
	}
	order := message.Key{System: "shopify", Tenant: shopifytest.Shop, Type: "order", ID: "5001"}
	return &message.Message{
		ID: "event-" + b.id + "-" + kind, Source: message.SourcePrefix + "depot", Type: kind, Subject: "return/" + b.id, Tenant: "depot-1",
		Schema: "return/1", Time: now, Sequence: message.NewSequence(r.At, false, now), Body: body, Parents: []message.Key{order},
	}
}

func tees(n string) map[string]string { return map[string]string{"TEE-BLK-M": n} }

// returned is what the shop shows.
func (s *shop) returned() string {
	all := strings.ReplaceAll(s.fake.Metafield("5001", "causeway.returns"), "\n", "; ")
	for _, r := range s.fake.Returns("5001") {
		all += " | " + r.Name + " " + r.Status + " " + strconv.Itoa(r.Closed)
	}
	return all
}

// returnState is what the shop shows of the warehouse's return.
func returnState(fake *shopifytest.Fake, id string) string {
	for line := range strings.SplitSeq(fake.Metafield("5001", "causeway.returns"), "\n") {
		if strings.HasPrefix(line, id+": ") {
			return line
		}
	}
	return ""
}

func (s *shop) give(t testing.TB, all ...back) (receipt connector.Receipt) {
	t.Helper()
	for _, b := range all {
		var err error
		if receipt, err = s.ship(t, b.message(t), 1); err != nil {
			t.Fatal(err)
		}
	}
	return receipt
}

// mutations counts those that were sent.
func (s *shop) mutations() (n int) {
	for _, query := range s.fake.Asked() {
		if strings.HasPrefix(query, "mutation") {
			n++
		}
	}
	return n
}

func TestAReturnIsClosedOnceAllOfItCame(t *testing.T) {
	t.Parallel()
	type made struct {
		status string
		pieces map[string]int
	}
	two, one := map[string]int{"TEE-BLK-M": 2}, map[string]int{"TEE-BLK-M": 1}
	requested, later := now.Add(-time.Hour), now.Add(time.Hour)
	for name, c := range map[string]struct {
		returns []made
		events  []back
		want    string
	}{
		"no return":         {nil, []back{{"9", true, now, tees("2/1")}}, "9: 2026-07-25 received 2 TEE-BLK-M (1 restocked)"},
		"all came":          {[]made{{"OPEN", two}}, []back{{"9", true, now, tees("2/1")}}, "9: 2026-07-25 received 2 TEE-BLK-M (1 restocked) | #5001-R1 CLOSED 1"},
		"a piece missing":   {[]made{{"OPEN", two}}, []back{{"9", true, now, tees("1/1")}}, "9: 2026-07-25 received 1 TEE-BLK-M (1 restocked) | #5001-R1 OPEN 0"},
		"in two parcels":    {[]made{{"OPEN", two}}, []back{{"9", true, now, tees("1/1")}, {"10", true, now, tees("1/0")}}, "10: 2026-07-25 received 1 TEE-BLK-M (0 restocked); 9: 2026-07-25 received 1 TEE-BLK-M (1 restocked) | #5001-R1 CLOSED 1"},
		"more than asked":   {[]made{{"OPEN", one}}, []back{{"9", true, now, tees("3/3")}}, "9: 2026-07-25 received 3 TEE-BLK-M (3 restocked) | #5001-R1 CLOSED 1"},
		"another article":   {[]made{{"OPEN", one}}, []back{{"9", true, now, map[string]string{"OTHER": "1/0"}}}, "9: 2026-07-25 received 1 OTHER (0 restocked) | #5001-R1 OPEN 0"},
		"one of two":        {[]made{{"OPEN", one}, {"OPEN", one}}, []back{{"9", true, now, tees("1/1")}}, "9: 2026-07-25 received 1 TEE-BLK-M (1 restocked) | #5001-R1 CLOSED 1 | #5001-R2 OPEN 0"},
		"both of two":       {[]made{{"OPEN", one}, {"OPEN", two}}, []back{{"9", true, now, tees("1/1")}, {"8", true, now, tees("2/0")}}, "8: 2026-07-25 received 2 TEE-BLK-M (0 restocked); 9: 2026-07-25 received 1 TEE-BLK-M (1 restocked) | #5001-R1 CLOSED 1 | #5001-R2 CLOSED 1"},
		"older keeps":       {[]made{{"OPEN", two}, {"OPEN", one}}, []back{{"9", true, now, tees("1/1")}}, "9: 2026-07-25 received 1 TEE-BLK-M (1 restocked) | #5001-R1 OPEN 0 | #5001-R2 OPEN 0"},
		"closed by hand":    {[]made{{"OPEN", one}, {"CLOSED", one}}, []back{{"9", true, now, tees("1/1")}}, "9: 2026-07-25 received 1 TEE-BLK-M (1 restocked) | #5001-R1 OPEN 0 | #5001-R2 CLOSED 0"},
		"not of the order":  {[]made{{"OPEN", map[string]int{"TEE-BLK-M": 1, "": 1}}}, []back{{"9", true, now, tees("2/1")}}, "9: 2026-07-25 received 2 TEE-BLK-M (1 restocked) | #5001-R1 OPEN 0"},
		"nothing in it":     {[]made{{"OPEN", nil}}, []back{{"9", true, now, tees("2/1")}}, "9: 2026-07-25 received 2 TEE-BLK-M (1 restocked) | #5001-R1 OPEN 0"},
		"other states":      {[]made{{"REQUESTED", one}, {"DECLINED", one}, {"CANCELED", one}}, []back{{"9", true, now, tees("2/1")}}, "9: 2026-07-25 received 2 TEE-BLK-M (1 restocked) | #5001-R1 REQUESTED 0 | #5001-R2 DECLINED 0 | #5001-R3 CANCELED 0"},
		"expected":          {[]made{{"CANCELED", one}}, []back{{"9", false, now, tees("2")}}, "9: 2026-07-25 requested 2 TEE-BLK-M | #5001-R1 CANCELED 0"},
		"expected there":    {[]made{{"OPEN", one}}, []back{{"9", false, now, tees("2")}}, " | #5001-R1 OPEN 0"},
		"to be approved":    {[]made{{"REQUESTED", one}}, []back{{"9", false, now, tees("2")}}, " | #5001-R1 REQUESTED 0"},
		"expected and came": {nil, []back{{"9", false, requested, tees("2")}, {"9", true, now, tees("1/1")}}, "9: 2026-07-25 received 1 TEE-BLK-M (1 restocked)"},
		"older request":     {nil, []back{{"9", true, now, tees("1/1")}, {"9", false, requested, tees("2")}}, "9: 2026-07-25 received 1 TEE-BLK-M (1 restocked)"},
		"older count":       {[]made{{"OPEN", two}}, []back{{"9", true, now, tees("1/1")}, {"9", true, requested, tees("2/2")}}, "9: 2026-07-25 received 1 TEE-BLK-M (1 restocked) | #5001-R1 OPEN 0"},
		"newer count":       {[]made{{"OPEN", two}}, []back{{"9", true, now, tees("1/1")}, {"9", true, later, tees("2/2")}}, "9: 2026-07-25 received 2 TEE-BLK-M (2 restocked) | #5001-R1 CLOSED 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, nil)
			s.fake.Put(threeTees())
			for _, r := range c.returns {
				s.fake.Return("5001", r.status, r.pieces)
			}
			s.give(t, c.events...)
			c.want = strings.ReplaceAll(c.want, "2026-07-25", now.UTC().Format(time.DateOnly))
			if got := s.returned(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			sent := s.mutations()
			for _, b := range c.events { // the same events again, in any order, write nothing
				if receipt := s.give(t, b); !receipt.Linked || receipt.Ref != "5001-return-"+b.id {
					t.Errorf("%+v", receipt)
				}
			}
			if s.mutations() != sent || s.returned() != c.want {
				t.Errorf("repeated: %d mutations, %s", s.mutations()-sent, s.returned())
			}
		})
	}
}

func TestAReturnOfManyLinesIsReadWhole(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	var items []shopifytest.Item
	pieces, came := map[string]int{}, map[string]string{}
	for i := range 160 {
		sku := "SKU-" + strconv.Itoa(i)
		items = append(items, shopifytest.Item{ID: int64(1000 + i), SKU: sku, Quantity: 1, Price: 100})
		pieces[sku], came[sku] = 1, "1/0"
	}
	s.fake.Put(shopifytest.Purchase{ID: 5001, Items: items}.Body())
	for range 51 {
		s.fake.Return("5001", "DECLINED", map[string]int{"SKU-1": 1})
	}
	s.fake.Return("5001", "OPEN", pieces)
	less := maps.Clone(came)
	delete(less, "SKU-99") // on the second page
	receipt := s.give(t, back{"9", true, now, less})
	if all := s.fake.Returns("5001"); all[51].Status != "OPEN" || !strings.Contains(receipt.Detail, "stays open: 1 SKU-99 missing") {
		t.Errorf("%+v, %s", all[51].Status, receipt.Detail)
	}
	s.give(t, back{"9", true, now, came})
	if all := s.fake.Returns("5001"); all[51].Status != "CLOSED" || all[50].Status != "DECLINED" {
		t.Error("the return on the second page is not closed")
	}
}

func TestAReturnWhoseAnswerIsLostIsClosedOnce(t *testing.T) {
	t.Parallel()
	for _, lost := range []string{"metafieldsSet", "returnClose"} {
		s := open(t, nil)
		s.fake.Put(threeTees())
		s.fake.Return("5001", "OPEN", map[string]int{"TEE-BLK-M": 1})
		s.fake.Return("5001", "OPEN", map[string]int{"TEE-BLK-M": 1})
		s.fake.LoseAnswer(lost)
		event := back{"9", true, now, tees("1/1")}
		if _, err := s.ship(t, event.message(t), 1); fault.As(err) == nil || fault.As(err).Class != fault.Ambiguous {
			t.Errorf("%s: %v", lost, err)
		}
		s.give(t, event)
		if got := s.returned(); !strings.HasSuffix(got, "| #5001-R1 CLOSED 1 | #5001-R2 OPEN 0") {
			t.Errorf("%s: %s", lost, got)
		}
	}
}

// TestAReturnWrittenMeanwhileIsKept has another delivery, or a person, change the order between the read
// and the write.
func TestAReturnWrittenMeanwhileIsKept(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.fake.Put(threeTees())
	s.give(t, back{"8", true, now, tees("1/0")})
	stale := `{"data":{"metafieldsSet":{"metafields":null,"userErrors":[{"field":["metafields","0","compareDigest"],"message":"x","code":"STALE_OBJECT"}]}}}`
	s.fake.AnswerTo("metafieldsSet", shopifytest.Answer{Status: 200, Body: stale})
	s.give(t, back{"9", true, now, tees("1/1")})
	if got := s.fake.Metafield("5001", "causeway.returns"); strings.Count(got, "received") != 2 {
		t.Errorf("got %q", got)
	}
	for range 3 {
		s.fake.AnswerTo("metafieldsSet", shopifytest.Answer{Status: 200, Body: stale})
	}
	_, err := s.ship(t, back{"10", true, now, tees("1/1")}.message(t), 1)
	if f := fault.As(err); f == nil || f.Kind != fault.Unavailable || f.Class != fault.Conflict || f.Scope != fault.EntityScope || f.Code != "STALE_OBJECT" {
		t.Errorf("always stale: %v", err)
	}
}

// TestAReturnThatCannotBeClosedSaysWhy: by the codes of user errors, an app without the scopes, and an
// order that is not there.
func TestAReturnThatCannotBeClosedSaysWhy(t *testing.T) {
	t.Parallel()
	event := back{"9", true, now, tees("1/1")}
	for code, want := range map[string]fault.Error{
		"INVALID_STATE":      {Kind: fault.Rejected, Class: fault.Conflict},
		"NOT_FOUND":          {Kind: fault.Rejected, Class: fault.Conflict},
		"INVALID":            {Kind: fault.Rejected, Class: fault.Value},
		"":                   {Kind: fault.Rejected, Class: fault.Value},
		"INTERNAL_ERROR":     {Kind: fault.Unavailable, Class: fault.Ambiguous},
		"MISSING_PERMISSION": {Kind: fault.Unauthorized, Class: fault.Auth, Scope: fault.OperationScope},
	} {
		s := open(t, nil)
		s.fake.Put(threeTees())
		s.fake.Return("5001", "OPEN", map[string]int{"TEE-BLK-M": 1})
		quoted := strconv.Quote(code)
		if code == "" {
			quoted = "null"
		}
		for range 3 {
			s.fake.AnswerTo("returnClose", shopifytest.Answer{Status: 200, Body: `{"data":{"returnClose":{"return":null,"userErrors":[{"field":["id"],"message":"secret","code":` + quoted + `}]}}}`})
		}
		_, err := s.ship(t, event.message(t), 1)
		f := fault.As(err)
		if f == nil || f.Kind != want.Kind || f.Class != want.Class || f.Scope != want.Scope || code != "" && f.Code != code || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", code, err)
		}
	}
	s := open(t, nil)
	s.fake.AnswerTo("returnsOf", shopifytest.Answer{Status: 200, Body: `{"errors":[{"message":"x","extensions":{"code":"ACCESS_DENIED"}}]}`})
	if _, err := s.ship(t, event.message(t), 1); fault.As(err) == nil || fault.As(err).Scope != fault.OperationScope || !strings.Contains(err.Error(), "read_returns") {
		t.Errorf("without the scope: %v", err)
	}
	if _, err := s.ship(t, event.message(t), 1); fault.As(err) == nil || fault.As(err).Field != "order" || fault.As(err).Class != fault.MissingRef {
		t.Errorf("without the order: %v", err)
	}
	m := event.message(t)
	m.Parents[0].System = "woocommerce"
	if _, err := s.ship(t, m, 1); fault.As(err) == nil || fault.As(err).Kind != fault.Rejected {
		t.Errorf("another store: %v", err)
	}
}

// TestAReturnStateThatAPersonChangedIsParked: the state is JSON, and a person may have put anything there.
func TestAReturnStateThatAPersonChangedIsParked(t *testing.T) {
	t.Parallel()
	for _, value := range []string{`"no"`, `{\"a\":{\"event\":\"order.placed\",\"return\":{}}}`, `{\"a\":{\"event\":\"return.received\",\"return\":7}}`} {
		s := open(t, nil)
		s.fake.Put(threeTees())
		quoted := `"` + strings.ReplaceAll(value, `"no"`, `no`) + `"`
		s.fake.AnswerTo("returnsOf", shopifytest.Answer{Status: 200, Body: `{"data":{"order":{"metafield":{"value":` + quoted + `,"compareDigest":"x"},"returns":{"nodes":[],"pageInfo":{"hasNextPage":false}}}}}`})
		_, err := s.ship(t, back{"9", true, now, tees("1/1")}.message(t), 1)
		if f := fault.As(err); f == nil || f.Kind != fault.Rejected || f.Field != "metafield causeway.returns_state" {
			t.Errorf("%s: %v", value, err)
		}
	}
}
