package strictjson_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
	"time"

	"causeway.example/shared/formats/strictjson"
)

// sampleOrder returns a Shopify order of the number of lines, each line that of
// the recorded sample.
func sampleOrder(tb testing.TB, lines int) []byte {
	tb.Helper()
	order, err := os.ReadFile("testdata/orders-create.body.json")
	if err != nil {
		tb.Fatal(err)
	}
	var all, line []byte
	r := strictjson.NewReader(order, strictjson.Limits{})
	for key := range r.Object() {
		if key == "line_items" {
			all = r.Raw()
		}
	}
	inner := strictjson.NewReader(all, strictjson.Limits{})
	for range inner.Array() {
		line = inner.Raw()
	}
	if r.End() != nil || inner.End() != nil || len(line) == 0 {
		tb.Fatal("the sample holds no line items")
	}
	many := bytes.Repeat(append([]byte{','}, line...), lines)
	return bytes.Replace(order, all, append(append([]byte{'['}, many[1:]...), ']'), 1)
}

func timed(b *testing.B, work func()) float64 {
	b.Helper()
	start, rounds := time.Now(), 0
	for ; time.Since(start) < 100*time.Millisecond; rounds++ {
		work()
	}
	return float64(time.Since(start).Nanoseconds()) / float64(rounds)
}

func BenchmarkScan30Lines(b *testing.B) {
	order := sampleOrder(b, 30)
	valid := timed(b, func() { json.Valid(order) })
	unmarshal := timed(b, func() {
		var v any
		if err := json.Unmarshal(order, &v); err != nil {
			b.Fatal(err)
		}
	})
	r := strictjson.NewReader(nil, strictjson.Limits{})
	b.SetBytes(int64(len(order)))
	b.ReportAllocs()
	for b.Loop() {
		r.Reset(order)
		if err := r.End(); err != nil {
			b.Fatal(err)
		}
	}
	own := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
	b.ReportMetric(own/valid, "×json.Valid")
	b.ReportMetric(own/unmarshal, "×json.Unmarshal(any)")
}

// line30 is what a connector takes of a line, for a fair typed comparison.
type line30 struct {
	ID       json.Number `json:"id"`
	SKU      string      `json:"sku"`
	Price    string      `json:"price"`
	Quantity int64       `json:"quantity"`
}

func readLine30(r *strictjson.Reader) (l line30) {
	for key := range r.Object() {
		switch key {
		case "id":
			l.ID = json.Number(r.ID())
		case "sku":
			l.SKU = r.String()
		case "price":
			l.Price = r.Decimal()
		case "quantity":
			l.Quantity = r.Int()
		}
	}
	return l
}

func BenchmarkDecode30Lines(b *testing.B) {
	order := sampleOrder(b, 30)
	standard := timed(b, func() {
		var v struct {
			Lines []line30 `json:"line_items"`
		}
		if err := json.Unmarshal(order, &v); err != nil || len(v.Lines) != 30 {
			b.Fatal(err)
		}
	})
	r := strictjson.NewReader(nil, strictjson.Limits{})
	b.SetBytes(int64(len(order)))
	b.ReportAllocs()
	for b.Loop() {
		r.Reset(order)
		var lines []line30
		for key := range r.Object() {
			if key == "line_items" {
				for range r.Array() {
					lines = append(lines, readLine30(r))
				}
			}
		}
		if err := r.End(); err != nil || len(lines) != 30 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/standard, "×json.Unmarshal(typed)")
}

func BenchmarkWrite30Lines(b *testing.B) {
	lines := make([]line30, 30)
	for i := range lines {
		lines[i] = line30{ID: "820982911946154508", SKU: "CANDLE-SM \"cedar\"", Price: "19.99", Quantity: int64(i)}
	}
	standard := timed(b, func() {
		if _, err := json.Marshal(lines); err != nil {
			b.Fatal(err)
		}
	})
	w, buf := strictjson.NewWriter(nil), []byte(nil)
	b.ReportAllocs()
	for b.Loop() {
		w.Reset(buf[:0])
		w.Arr()
		for i := range lines {
			w.Obj()
			w.NumField("id", lines[i].ID.String())
			w.StrField("sku", lines[i].SKU)
			w.StrField("price", lines[i].Price)
			w.IntField("quantity", lines[i].Quantity)
			w.EndObj()
		}
		w.EndArr()
		if buf = w.Bytes(); buf == nil {
			b.Fatal(w.Err())
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/standard, "×json.Marshal")
}
