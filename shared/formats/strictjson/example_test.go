package strictjson_test

import (
	"fmt"

	"causeway.example/shared/formats/strictjson"
)

type line struct {
	SKU      string
	Quantity int64
}

func readLine(r *strictjson.Reader) (l line) {
	for key := range r.Object() {
		switch key {
		case "sku":
			l.SKU = r.ID()
		case "quantity":
			l.Quantity = r.Int()
		}
	}
	if l.SKU == "" {
		r.Missing("sku")
	}
	return l
}

func Example() {
	r := strictjson.NewReader([]byte(`{
		"id": 820982911946154508, "total_price": "179.65", "email": null, "tags": ["vip"],
		"line_items": [{"sku": "007", "quantity": 2}, {"sku": "1E5", "quantity": 1}]
	}`), strictjson.Limits{})
	for key := range r.Object() {
		switch key {
		case "id":
			fmt.Println("id", r.ID())
		case "total_price":
			fmt.Println("total", r.Decimal())
		case "email":
			email, present := r.NullString()
			fmt.Printf("email %q, present: %v\n", email, present)
		case "line_items":
			for i := range r.Array() {
				fmt.Println("line", i, readLine(r))
			}
		}
	}
	fmt.Println(r.End() == nil)
	// Output:
	// id 820982911946154508
	// total 179.65
	// email "", present: false
	// line 0 {007 2}
	// line 1 {1E5 1}
	// true
}

func ExampleReader_End() {
	r := strictjson.NewReader([]byte(`{"line_items":[{"sku":"a"},{"quantity":1}]}`), strictjson.Limits{})
	for range r.Object() {
		for range r.Array() {
			readLine(r)
		}
	}
	fmt.Println(r.End())
	// Output: line_items[1].sku: is missing (schema, byte 41)
}

func ExampleCheck() {
	fmt.Println(strictjson.Check([]byte(`{"order":{"id":1,"\u0069d":2}}`), strictjson.Limits{}))
	// Output: order.id: member name given twice (parse, byte 17)
}

func ExampleWriter() {
	w := strictjson.NewWriter(nil)
	w.Obj()
	w.StrField("externalId", "1001")
	w.NumField("total", "179.65")
	w.OptStr("memo", "")
	w.Key("items").Arr()
	w.Obj()
	w.IntField("quantity", 2)
	w.EndObj()
	w.EndArr()
	w.EndObj()
	fmt.Println(string(w.Bytes()), w.Err() == nil)
	// Output: {"externalId":"1001","total":179.65,"items":[{"quantity":2}]} true
}
