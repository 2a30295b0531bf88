package routes_test

import (
	"fmt"
	"strings"
	"testing"

	"causeway.example/shared/routes"
)

// tableOf20 is a table of the usual shape: type, source and one or two fields of
// the envelope.
func tableOf20() []*routes.Pattern {
	var table []*routes.Pattern
	for i := range 20 {
		table = append(table, routes.MustPattern(fmt.Sprintf(`{"source":[{"prefix":"causeway."}],"detail-type":["order.placed","order.t%d"],
			"detail":{"tenant":[{"anything-but":["test","t%d"]}],"hops":[{"numeric":["<",8]}],"origin":[{"exists":false},"shopify"],
			"body":{"lines":{"sku":[{"prefix":"S-%d"}],"quantity":[{"numeric":[">",0]}]}}}}`, i, i, i%2)))
	}
	return table
}

func envelope() []byte {
	line := `{"sku":"S-1-BLUE","quantity":2,"price":{"minor":1999,"currency":"EUR"},"title":"Blue shirt, long sleeves"}`
	return []byte(`{"source":"causeway.shopify","detail-type":"order.placed","detail":{"id":"evt-1","tenant":"brand-eu","hops":1,
		"subject":"order/5001","sequence":"2026-11-21T10:00:00Z/7","body":{"number":"1001","lines":[` + strings.Repeat(line+",", 9) + line + `]}}}`)
}

func BenchmarkTableOf20(b *testing.B) {
	table, event := tableOf20(), envelope()
	tree, err := routes.DecodeEvent(event)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		matched := 0
		for _, p := range table {
			if p.MatchTree(tree) {
				matched++
			}
		}
		if matched != 10 {
			b.Fatalf("%d patterns matched, want 10", matched)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(table)), "ns/rule")
}

func BenchmarkDecodeEvent(b *testing.B) {
	event := envelope()
	b.SetBytes(int64(len(event)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := routes.DecodeEvent(event); err != nil {
			b.Fatal(err)
		}
	}
}
