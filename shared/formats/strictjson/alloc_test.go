package strictjson_test

import (
	"testing"

	"causeway.example/shared/formats/strictjson"
)

// These tests count allocations, so they do not run in parallel with others.

func TestSkippingAllocatesNothing(t *testing.T) {
	order := sampleOrder(t, 30)
	r := strictjson.NewReader(nil, strictjson.Limits{})
	got := testing.AllocsPerRun(20, func() {
		r.Reset(order)
		if err := r.End(); err != nil {
			t.Fatal(err)
		}
	})
	if got != 0 {
		t.Errorf("%v allocations, want none", got)
	}
}

func TestReadingPlainMembersAllocatesNothing(t *testing.T) {
	order := sampleOrder(t, 30)
	r := strictjson.NewReader(nil, strictjson.Limits{})
	lines, quantity := 0, int64(0)
	got := testing.AllocsPerRun(20, func() {
		r.Reset(order)
		lines, quantity = 0, 0
		for key := range r.Object() {
			switch key {
			case "id":
				r.ID()
			case "line_items":
				for range r.Array() {
					lines++
					quantity += lineQuantity(r)
				}
			}
		}
		if err := r.End(); err != nil {
			t.Fatal(err)
		}
	})
	if got != 0 || lines != 30 || quantity == 0 {
		t.Errorf("%v allocations, want none; %d lines, quantity %d", got, lines, quantity)
	}
}

func lineQuantity(r *strictjson.Reader) (quantity int64) {
	for key := range r.Object() {
		switch key {
		case "price":
			r.Decimal()
		case "sku":
			r.NullString()
		case "quantity":
			quantity = r.Int()
		}
	}
	return quantity
}

func TestWritingAllocatesNothing(t *testing.T) {
	w := strictjson.NewWriter(nil)
	buf := make([]byte, 0, 1024)
	got := testing.AllocsPerRun(20, func() {
		w.Reset(buf)
		w.Obj()
		w.StrField("name", "Grün \"1\"\n")
		w.NumField("price", "12.50")
		w.Key("lines").Arr()
		w.Int(7)
		w.EndArr()
		w.EndObj()
		if w.Bytes() == nil {
			t.Fatal(w.Err())
		}
	})
	if got != 0 {
		t.Errorf("%v allocations, want none", got)
	}
}
