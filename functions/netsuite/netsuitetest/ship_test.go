package netsuitetest

import (
	"encoding/json"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// A kill keeps a shipment and what the order says of it, or neither.
func TestATornShipmentLeavesTheOrderAsItWas(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "books.jsonl")
	f := mustOpenBooks(t, path)
	order := newOrder(t, f)
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := errorOf(t, do(f, http.MethodPost, order+"/!transform/"+fulfillmentRecord, itemLines(`{"orderLine":1,"itemReceive":true,"quantity":1}`))); got != "204" {
		t.Fatal(got)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := before.Size(); cut <= int64(len(whole)); cut++ {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		again, err := Open(path, clock)
		if err != nil {
			t.Fatal(err)
		}
		shipped, line := len(again.ItemFulfillments()), again.Orders()[0].Lines[0].Fulfilled
		if all := cut == int64(len(whole)); all != (shipped == 1) || all != (line == "1") {
			t.Errorf("cut at byte %d of %d: %d item fulfillments, %q fulfilled of the line", cut, len(whole), shipped, line)
		}
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// NetSuite ships what an item fulfillment does not list, unless its list replaces the sublist.
func TestLinesThatAreNotListedAreShippedUnlessReplaced(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]int{"": 2, "?replace=item": 1} {
		f := newAccount(t)
		path := newOrder(t, f) + "/!transform/" + fulfillmentRecord + query
		body := itemLines(`{"orderLine":1,"itemReceive":true,"quantity":1}`)
		if got := errorOf(t, do(f, http.MethodPost, path, body)); got != "204" {
			t.Fatalf("%q: %s", query, got)
		}
		if made := f.ItemFulfillments(); len(made) != 1 || len(made[0].Lines) != want || made[0].Lines[0].Quantity != "1" {
			t.Errorf("%q made %+v, want %d lines", query, made, want)
		}
	}
}

// The parts of a line have the decimals of the order's currency, and add up.
func TestPartsOfALineHaveTheDecimalsOfTheCurrency(t *testing.T) {
	t.Parallel()
	for currency, want := range map[string][3]string{"5": {"334", "333", "334"}, "1": {"333.67", "333.66", "333.67"}, "6": {"333.667", "333.666", "333.667"}} {
		places := placesOf(&Record{state: map[string]any{"currency": map[string]any{"id": currency}}})
		line := map[string]any{"amount": json.Number("1001"), "quantity": json.Number("3")}
		for i := range int64(3) {
			if got := share(line, big.NewRat(i, 1), big.NewRat(i+1, 1), places).FloatString(places); got != want[i] {
				t.Errorf("currency %s: piece %d is %s, want %s", currency, i+1, got, want[i])
			}
		}
	}
}
