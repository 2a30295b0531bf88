package routes_test

import (
	"strings"
	"sync"
	"testing"

	"causeway.example/shared/routes"
)

// placed is an envelope as the bus carries it, large ids and all.
const placed = `{
	"version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "account": "111122223333", "region": "eu-central-1",
	"source": "causeway.shopify", "detail-type": "order.placed", "time": "2026-11-21T10:00:00Z", "resources": [],
	"detail": {
		"id": "evt-820982911946154508", "tenant": "brand-eu", "subject": "order/820982911946154508", "schema": "order/1",
		"sequence": "2026-11-21T10:00:00Z/7", "origin": null, "hops": 1, "legacyid": 820982911946154508,
		"externalrefs": [{"system": "netsuite", "id": "so-1"}, {"system": "klaviyo", "id": "p-9"}],
		"body": {
			"test": false, "total": {"minor": 129900, "currency": "EUR"}, "channel": "Web",
			"lines": [
				{"sku": "S-1-BLUE", "quantity": "2", "gift": true, "location": {"code": "BER-1"}},
				{"sku": "K-9", "quantity": "1", "location": {"code": "MUC-2"}}
			]
		}
	}
}`

func TestRoutesOfAnOrder(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		pattern string
		want    bool
	}{
		"by type":                             {`{"detail-type":["order.placed"]}`, true},
		"by source and type":                  {`{"source":["causeway.shopify"],"detail-type":[{"prefix":"order."}]}`, true},
		"by another source":                   {`{"source":[{"anything-but":"causeway.shopify"}]}`, false},
		"live traffic, no replay":             {`{"replay-name":[{"exists":false}]}`, true},
		"no resources":                        {`{"resources":[{"exists":false}]}`, true},
		"of one tenant":                       {`{"detail":{"tenant":["brand-eu","brand-us"]}}`, true},
		"of all tenants but some":             {`{"detail":{"tenant":[{"anything-but":{"prefix":["test-","demo-"]}}]}}`, true},
		"no test orders":                      {`{"detail":{"body":{"test":[false]}}}`, true},
		"origin is null, not absent":          {`{"detail":{"origin":[{"exists":false}]}}`, false},
		"origin is null":                      {`{"detail":{"origin":[null]}}`, true},
		"before the loop guard":               {`{"detail":{"hops":[{"numeric":["<",8]}]}}`, true},
		"a large id, exactly":                 {`{"detail":{"legacyid":[820982911946154508]}}`, true},
		"a large id is not its neighbour":     {`{"detail":{"legacyid":[820982911946154509]}}`, false},
		"a large id is not numeric":           {`{"detail":{"legacyid":[{"numeric":[">",0]}]}}`, false},
		"worth more than 1,000 euro":          {`{"detail":{"body":{"total":{"minor":[{"numeric":[">",100000]}],"currency":["EUR"]}}}}`, true},
		"worth 1,000 to 1,200 euro":           {`{"detail":{"body":{"total":{"minor":[{"numeric":[">=",100000,"<=",120000]}]}}}}`, false},
		"a quantity is text, never numeric":   {`{"detail":{"body":{"lines":{"quantity":[{"numeric":[">",0]}]}}}}`, false},
		"a line of a family":                  {`{"detail":{"body":{"lines":{"sku":[{"wildcard":"S-*-BLUE"}]}}}}`, true},
		"a line of a family in one warehouse": {`{"detail":{"body":{"lines":{"sku":[{"prefix":"S-"}],"location":{"code":["BER-1"]}}}}}`, true},
		"the same in another warehouse":       {`{"detail":{"body":{"lines":{"sku":[{"prefix":"S-"}],"location":{"code":["MUC-2"]}}}}}`, false},
		"a line that is no gift, sku first":   {`{"detail":{"body":{"lines":{"quantity":["1"],"z":[{"exists":false}]}}}}`, true},
		"no line is a gift":                   {`{"detail":{"body":{"lines":{"gift":[{"exists":false}]}}}}`, false},
		"known at the ERP under its number":   {`{"detail":{"externalrefs":{"system":["netsuite"],"id":["so-1"]}}}`, true},
		"known at the ERP under another":      {`{"detail":{"externalrefs":{"system":["netsuite"],"id":["p-9"]}}}`, false},
		"web or large":                        {`{"detail":{"body":{"$or":[{"channel":[{"equals-ignore-case":"WEB"}]},{"total":{"minor":[{"numeric":[">",500000]}]}}]}}}`, true},
		"phone or large":                      {`{"detail":{"body":{"$or":[{"channel":["phone"]},{"total":{"minor":[{"numeric":[">",500000]}]}}]}}}`, false},
		"a name that only looks like a path":  {`{"body":{"test":[false]}}`, false},
		"a text operator on an object":        {`{"detail":{"body":[{"prefix":""}]}}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkMatch(t, tc.pattern, placed, tc.want)
		})
	}
}

// One decoding and one pattern serve many deliveries at the same time.
func TestPatternAndEventAreSharedAmongGoroutines(t *testing.T) {
	t.Parallel()
	p := routes.MustPattern(`{"detail":{"body":{"lines":{"sku":["K-9"],"gift":[{"exists":false}]}}}}`)
	event, err := routes.DecodeEvent([]byte(placed))
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for range 100 {
				if p.MatchTree(event) {
					t.Error("gift sorts before sku and is present in one line: must not match")
					return
				}
			}
		})
	}
	running.Wait()
}

func TestMatchingDoesNotAllocate(t *testing.T) {
	p := routes.MustPattern(`{"detail-type":[{"equals-ignore-case":"ORDER.placed"}],
		"detail":{"hops":[{"numeric":["<",8]}],"body":{"lines":{"sku":[{"wildcard":"K*9"}],"z":[{"exists":false}]}}}}`)
	event, err := routes.DecodeEvent([]byte(placed))
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { p.MatchTree(event) }); n > 0 {
		t.Errorf("MatchTree allocates %v times", n)
	}
}

func TestTheValueOfAPatternIsNotTheCallersMemory(t *testing.T) {
	t.Parallel()
	data := []byte(`{"source":["causeway.shopify"]}`)
	p, err := routes.ParsePattern(data)
	if err != nil {
		t.Fatal(err)
	}
	copy(data, strings.Repeat(" ", len(data)))
	if got, err := p.Match([]byte(placed)); err != nil || !got || p.String() != `{"source":["causeway.shopify"]}` {
		t.Errorf("after the input was overwritten: %v, %v, %s", got, err, p)
	}
}
