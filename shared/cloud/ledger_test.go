package cloud_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway.example/shared/cloud"
	"causeway.example/shared/cloud/cloudtest"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// written is what a call wrote, by PutItem or BatchWriteItem.
type written struct {
	Item         map[string]value
	RequestItems map[string][]struct {
		PutRequest struct{ Item map[string]value }
	}
}

func (w written) items() (items []map[string]value) {
	if w.Item != nil {
		items = append(items, w.Item)
	}
	for _, request := range w.RequestItems["causeway-test"] {
		items = append(items, request.PutRequest.Item)
	}
	return items
}

// keys returns the partition keys that all calls wrote.
func keys(t *testing.T, s *script) (partitions []string) {
	t.Helper()
	for _, call := range s.calls {
		for _, item := range read[written](t, call).items() {
			partitions = append(partitions, item["pk"].S)
		}
	}
	return partitions
}

func placed() port.Entry {
	return port.Entry{
		At: noon, Trace: "raw1", Event: "e1", Causation: "raw1", Entity: message.Key{System: "shop", Tenant: "brand", Type: "order", ID: "5001"},
		Type: "order.placed", Stage: port.Published, Outcome: "order.placed on the bus", Function: "shop-translate", Build: "1.2.3",
	}
}

func routed(stage port.Stage) port.Entry {
	e := placed()
	e.Stage, e.Route, e.Function = stage, "shop-orders-to-erp", "erp-deliver"
	return e
}

// journey appends the entries of one webhook that goes to three targets, as the
// pipeline does.
func journey(t *testing.T, ledger port.Ledger) {
	t.Helper()
	received := port.Entry{At: noon, Trace: "raw1", Event: "raw1", Entity: message.Key{System: "shop", Tenant: "brand"}, Stage: port.Received, Outcome: "webhook orders/create stored"}
	translated := port.Entry{At: noon, Trace: "raw1", Event: "raw1", Entity: message.Key{System: "shop", Tenant: "brand", Type: "delivery", ID: "raw1"}, Stage: port.Translated, Outcome: "1 events"}
	must(t, ledger.Append(t.Context(), received))
	must(t, ledger.Append(t.Context(), translated, placed()))
	for _, to := range []string{"erp", "warehouse", "crm"} {
		sent, confirmed := routed(port.Sent), routed(port.Confirmed)
		sent.Route, confirmed.Route = "shop-orders-to-"+to, "shop-orders-to-"+to
		must(t, ledger.Append(t.Context(), sent, confirmed))
	}
}

// The write units of doc.go, of which the cost per million webhooks is made.
func TestAJourneyToThreeTargetsCostsSevenLedgerItems(t *testing.T) {
	t.Parallel()
	s := answers(ok(`{}`))
	journey(t, open(t, s))
	got := keys(t, s)
	slices.Sort(got)
	want := []string{"E#e1", "K#shop/brand/order/5001", "L#raw1", "L#raw1", "L#raw1", "L#raw1", "L#raw1"}
	if !slices.Equal(got, want) {
		t.Errorf("a journey wrote %q, want %q", got, want)
	}
	for _, call := range s.calls {
		for _, item := range read[written](t, call).items() {
			size := 0
			for name, v := range item {
				size += len(name) + len(v.S) + len(v.N) + len(v.B)
			}
			if size > 1024 {
				t.Errorf("item %s takes %d bytes, more than one write unit", item["pk"].S, size)
			}
		}
	}
}

func TestDeadAndParkedEntriesAreListedByDay(t *testing.T) {
	t.Parallel()
	for stage, want := range map[port.Stage]bool{port.Dead: true, port.Parked: true, port.Deferred: false, port.Confirmed: false} {
		s := answers(ok(`{}`))
		must(t, open(t, s).Append(t.Context(), routed(stage)))
		listed := func(key string) bool { return strings.HasPrefix(key, "D#"+string(stage)+"#20261122#") }
		if got := slices.ContainsFunc(keys(t, s), listed); got != want {
			t.Errorf("%s: in its day's list %v, want %v", stage, got, want)
		}
	}
}

// One partition took the dead letters of a day, and no more than a thousand a second.
func TestTheListOfADayIsSpreadOverPartitions(t *testing.T) {
	t.Parallel()
	s := answers(ok(`{}`))
	b := open(t, s)
	counts := map[string]int{}
	for i := range 200 {
		e := routed(port.Dead)
		e.Event = fmt.Sprint("e", i)
		must(t, b.Append(t.Context(), e))
		must(t, b.Append(t.Context(), e)) // a repetition is in the same partition
	}
	for _, key := range keys(t, s) {
		if strings.HasPrefix(key, "D#") {
			counts[key]++
		}
	}
	for key, n := range counts {
		if n%2 != 0 || n < 40 || n > 180 {
			t.Errorf("%s has %d of 400 items", key, n)
		}
	}
	if len(counts) != 4 {
		t.Errorf("%d partitions, want 4", len(counts))
	}
}

func TestLedgerItemsAreRemovedAfterTheRetention(t *testing.T) {
	t.Parallel()
	s := answers(ok(`{}`))
	c := config(func() time.Time { return noon })
	c.Retention = time.Hour
	must(t, cloud.Open(mustConfig(t, s), c).Append(t.Context(), placed()))
	must(t, open(t, s).Append(t.Context(), placed()))
	for i, after := range []time.Duration{time.Hour, 90 * 24 * time.Hour} {
		for _, item := range read[written](t, s.calls[i]).items() {
			if item["ttl"].N != fmt.Sprint(noon.Add(after).Unix()) {
				t.Errorf("%s is removed at %s", item["pk"].S, item["ttl"].N)
			}
		}
	}
}

func TestAppendWritesAgainWhatDynamoDBDidNotTake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{}
		s.answer = func(call int, r request) answer {
			if call > 1 {
				return ok(`{}`)
			}
			return unprocessed(t, r, 1)
		}
		must(t, open(t, s).Append(t.Context(), placed()))
		if first, again := len(read[written](t, s.calls[0]).items()), len(read[written](t, s.calls[1]).items()); first != 3 || again != 2 {
			t.Errorf("wrote %d items, then %d; want 3, then the 2 that were left", first, again)
		}
	})
}

// unprocessed answers a batch as if only so many of its items had been written.
func unprocessed(t *testing.T, r request, done int) answer {
	t.Helper()
	in := read[struct {
		RequestItems map[string][]json.RawMessage
	}](t, r)
	in.RequestItems["causeway-test"] = in.RequestItems["causeway-test"][done:]
	body, err := json.Marshal(map[string]any{"UnprocessedItems": in.RequestItems})
	must(t, err)
	return ok(string(body))
}

func TestAppendReportsWhatStaysUnwritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{}
		s.answer = func(_ int, r request) answer { return unprocessed(t, r, 0) }
		mustBe(t, open(t, s).Append(t.Context(), placed()), fault.Unavailable, fault.RateLimit, "trace raw1")
	})
}

func TestAppendSplitsWhatIsTooMuchForOneItemOrRequest(t *testing.T) {
	t.Parallel()
	s := answers(ok(`{}`))
	var entries []port.Entry
	for i := range 40 {
		e := routed(port.Sent)
		e.Outcome = noise(30_000, i)
		entries = append(entries, e)
	}
	for i := range 30 { // each an item and a pointer of its own
		e := placed()
		e.Trace, e.Event, e.Entity = fmt.Sprint("trace", i), "e", message.Key{}
		entries = append(entries, e)
	}
	must(t, open(t, s).Append(t.Context(), entries...))
	for _, call := range s.calls {
		items := read[written](t, call).items()
		if len(items) > 25 {
			t.Errorf("a request wrote %d items", len(items))
		}
		for _, item := range items {
			if len(item["e"].B)/4*3 > 400<<10 {
				t.Errorf("an item has %d bytes", len(item["e"].B)/4*3)
			}
		}
	}
	if len(s.calls) < 3 {
		t.Errorf("%d requests", len(s.calls))
	}
}

// noise is text that cannot be compressed much.
func noise(n, seed int) string {
	text := make([]byte, n)
	state := uint64(seed + 1)
	for i := range text {
		state = state*6364136223846793005 + 1442695040888963407
		text[i] = '!' + byte(state>>58)
	}
	return string(bytes.ReplaceAll(text, []byte(`"`), []byte("z")))
}

func TestAppendRefusesAnEntryThatFitsIntoNoItem(t *testing.T) {
	t.Parallel()
	s := answers(ok(`{}`))
	e := routed(port.Sent)
	e.Outcome = noise(700_000, 1)
	mustBe(t, open(t, s).Append(t.Context(), placed(), e), fault.Invalid, fault.TooLarge, "trace raw1")
	if len(s.calls) != 0 {
		t.Errorf("%d requests", len(s.calls))
	}
}

func TestAppendIsOneRequestWhereItCanBe(t *testing.T) {
	t.Parallel()
	s := answers(ok(`{}`))
	b := open(t, s)
	must(t, b.Append(t.Context(), routed(port.Sent), routed(port.Confirmed)))
	must(t, b.Append(t.Context(), placed(), placed()))
	must(t, b.Append(t.Context()))
	if got := s.operations(); !slices.Equal(got, []string{"PutItem", "BatchWriteItem"}) {
		t.Errorf("calls %v", got)
	}
}

// accepted is the entry of a raw message: of a webhook in its own trace, of one that a file
// or a sender's header put in another.
func accepted(trace string) port.Entry {
	return port.Entry{At: noon, Trace: trace, Event: "raw1", Entity: message.Key{System: "shop", Tenant: "brand"}, Stage: port.Received, Outcome: "stored"}
}

// A door may put items one by one, and nothing else.
func TestADoorWritesItemByItem(t *testing.T) {
	t.Parallel()
	for trace, want := range map[string][]string{"raw1": {"L#raw1"}, "file1": {"L#file1", "E#raw1"}} {
		s := answers(ok(`{}`))
		must(t, open(t, s).Append(t.Context(), accepted(trace)))
		if got := keys(t, s); !slices.Equal(got, want) {
			t.Errorf("trace %s: wrote %q, want %q", trace, got, want)
		}
		for _, operation := range s.operations() {
			if operation != "PutItem" {
				t.Errorf("trace %s: %s", trace, operation)
			}
		}
	}
}

// An item that is not written is an error; the entry is appended again and found once.
func TestAnEntryWithoutItsPointerIsAppendedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		b := w.open()
		w.server.Fail("dynamodb", "PutItem", cloudtest.LoseAnswer(1))
		must(t, b.Append(t.Context(), accepted("file1")))
		w.server.Fail("dynamodb", "PutItem", cloudtest.Unavailable(cloudtest.Always))
		mustBe(t, b.Append(t.Context(), accepted("file1")), fault.Unavailable, fault.Intermittent, "trace file1")
		w.server.Heal("dynamodb", "PutItem")
		must(t, b.Append(t.Context(), accepted("file1")))
		for _, q := range []port.Query{{Trace: "file1"}, {Event: "raw1"}} {
			if found, err := b.Find(t.Context(), q); err != nil || len(found) != 1 {
				t.Errorf("%+v found %v, %v", q, found, err)
			}
		}
	})
}

// table answers Query and Scan from items that were written before, one per page.
type table struct {
	items []map[string]value
	pages int
}

func (d *table) answer(t *testing.T, r request) answer {
	t.Helper()
	switch r.operation {
	case "PutItem", "BatchWriteItem":
		d.items = append(d.items, read[written](t, r).items()...)
		slices.SortFunc(d.items, func(a, b map[string]value) int {
			return cmp.Or(strings.Compare(a["pk"].S, b["pk"].S), strings.Compare(a["sk"].S, b["sk"].S))
		})
		return ok(`{}`)
	}
	d.pages++
	in := read[struct {
		ExpressionAttributeValues map[string]value
		ExclusiveStartKey         map[string]value
	}](t, r)
	for _, item := range d.items {
		after := in.ExclusiveStartKey["pk"].S + in.ExclusiveStartKey["sk"].S
		wanted, prefix := in.ExpressionAttributeValues[":partition"].S, in.ExpressionAttributeValues[":traces"].S
		if item["pk"].S+item["sk"].S <= after || wanted != "" && item["pk"].S != wanted || !strings.HasPrefix(item["pk"].S, prefix) {
			continue
		}
		body, err := json.Marshal(map[string]any{"Items": []any{lean(item)}, "LastEvaluatedKey": lean(map[string]value{"pk": item["pk"], "sk": item["sk"]})})
		must(t, err)
		return ok(string(body))
	}
	return ok(`{"Items":[]}`)
}

// lean writes each attribute with its one type.
func lean(item map[string]value) map[string]map[string]string {
	out := map[string]map[string]string{}
	for name, v := range item {
		for kind, text := range map[string]string{"S": v.S, "N": v.N, "B": v.B} {
			if text != "" {
				out[name] = map[string]string{kind: text}
			}
		}
	}
	return out
}

// DynamoDB ends a page where it likes, even an empty one, and says so by LastEvaluatedKey.
func TestFindReadsEveryPage(t *testing.T) {
	t.Parallel()
	d := &table{}
	s := &script{}
	s.answer = func(_ int, r request) answer { return d.answer(t, r) }
	b := open(t, s)
	journey(t, b)
	must(t, b.Append(t.Context(), routed(port.Dead)))
	for name, c := range map[string]struct {
		query port.Query
		want  int
	}{
		"by trace":                 {port.Query{Trace: "raw1"}, 10},
		"by the raw message":       {port.Query{Event: "raw1"}, 2},
		"by event":                 {port.Query{Event: "e1"}, 8},
		"by entity":                {port.Query{Entity: placed().Entity}, 8},
		"by the delivery":          {port.Query{Entity: message.Key{System: "shop", Tenant: "brand", Type: "delivery", ID: "raw1"}}, 1},
		"by system and tenant":     {port.Query{Entity: message.Key{System: "shop", Tenant: "brand"}}, 1},
		"by route":                 {port.Query{Route: "shop-orders-to-erp"}, 3},
		"by a stage that ends bad": {port.Query{Stage: port.Dead}, 1},
		"by another stage":         {port.Query{Stage: port.Confirmed}, 3},
		"everything":               {port.Query{}, 10},
	} {
		found, err := b.Find(t.Context(), c.query)
		if err != nil || len(found) != c.want {
			t.Errorf("%s: %d entries (%v), want %d", name, len(found), err, c.want)
		}
	}
}

// Looking for dead letters reads lists of days, not the table.
func TestFindOfBadEndsReadsTheDaysSince(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		since time.Time
		days  int
	}{
		"today":                {noon, 2},
		"three days":           {noon.Add(-72 * time.Hour), 5},
		"the retention":        {time.Time{}, 92},
		"before the retention": {noon.Add(-1000 * 24 * time.Hour), 92},
	} {
		s := answers(ok(`{"Items":[]}`))
		_, err := open(t, s).Find(t.Context(), port.Query{Stage: port.Dead, Since: c.since})
		if err != nil || len(s.calls) != 4*c.days || slices.Contains(s.operations(), "Scan") {
			t.Errorf("%s: %d calls (%v), want %d", name, len(s.calls), err, 4*c.days)
		}
	}
}

func TestFindReportsWhatItCannotRead(t *testing.T) {
	t.Parallel()
	_, err := open(t, answers(ok(`{"Items":[{"pk":{"S":"L#raw1"},"sk":{"S":"id9"},"e":{"B":"AAAA"}}]}`))).Find(t.Context(), port.Query{Trace: "raw1"})
	mustBe(t, err, fault.Rejected, fault.Parse, "L#raw1 id9")
	synctest.Test(t, func(t *testing.T) {
		s := answers(answer{err: errors.New("connection refused")})
		for _, q := range []port.Query{{Trace: "t"}, {Event: "e"}, {Entity: placed().Entity}, {Stage: port.Dead}, {}} {
			_, err := open(t, s).Find(t.Context(), q)
			mustBe(t, err, fault.Unavailable, fault.Connection, "searching the ledger")
		}
	})
}
