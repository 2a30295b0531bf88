package shopifytest_test

import (
	"encoding/json"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
)

// charged is the cost that an answer reports.
type charged struct {
	Errors     []struct{ Extensions struct{ Code string } }
	Extensions struct {
		Cost struct {
			RequestedQueryCost int
			ActualQueryCost    *int
			ThrottleStatus     struct{ MaximumAvailable, CurrentlyAvailable, RestoreRate int }
		}
	}
}

func TestQueriesArePaidFromABucket(t *testing.T) {
	t.Parallel()
	f, clock := shelf(), shopifytest.Start
	f.Now = func() time.Time { return clock }
	list := func() (c charged) {
		body, err := json.Marshal(map[string]any{"query": listing, "variables": map[string]any{"q": since(0), "first": 250}})
		if err != nil {
			t.Fatal(err)
		}
		_, answer := ask(t, f, shopifytest.Token, path, string(body))
		if err := json.Unmarshal([]byte(answer), &c); err != nil {
			t.Fatal(err)
		}
		return c
	}
	first := list()
	// Asked for are 250 nodes with as many pages; given were six nodes, the list and its page.
	if cost := first.Extensions.Cost; cost.RequestedQueryCost != 501 || *cost.ActualQueryCost != 8 ||
		cost.ThrottleStatus.CurrentlyAvailable != 1992 || cost.ThrottleStatus.MaximumAvailable != 2000 || cost.ThrottleStatus.RestoreRate != 100 {
		t.Errorf("first %+v", cost)
	}
	n := 1
	for ; len(first.Errors) == 0 && n < 1000; n++ {
		first = list()
	}
	// 2,000 less 187 times 8 are 504, less 8 once more 496.
	if n != 189 || first.Errors[0].Extensions.Code != "THROTTLED" || first.Extensions.Cost.ThrottleStatus.CurrentlyAvailable != 496 {
		t.Errorf("rejected at query %d: %+v", n, first)
	}
	clock = clock.Add(40 * time.Millisecond)
	if again := list(); len(again.Errors) != 1 || again.Extensions.Cost.ThrottleStatus.CurrentlyAvailable != 500 {
		t.Errorf("after 40 ms: %+v", again)
	}
	clock = clock.Add(10 * time.Millisecond)
	if again := list(); len(again.Errors) != 0 || again.Extensions.Cost.ThrottleStatus.CurrentlyAvailable != 493 {
		t.Errorf("after 50 ms: %+v", again)
	}
	clock = clock.Add(time.Hour)
	if again := list(); again.Extensions.Cost.ThrottleStatus.CurrentlyAvailable != 1992 {
		t.Errorf("after an hour: %+v", again)
	}
}
