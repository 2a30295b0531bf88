package canonical_test

import (
	"bytes"
	"testing"

	"causeway.example/shared/canonical"
)

func FuzzParseDecimal(f *testing.F) {
	for _, seed := range []string{"0", "-0.00", "19.99", "1e3", "1e-18", "1e400", "1_000", "1,299.00", ".5", "1.", "+1", "999999999999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, err := canonical.ParseDecimal(text)
		if err != nil {
			return
		}
		again, err := canonical.ParseDecimal(first.String())
		if err != nil || again != first {
			t.Errorf("%q is %s, read back %s, %v", text, first, again, err)
		}
	})
}

func FuzzParseMoney(f *testing.F) {
	f.Add("19.99", "EUR")
	f.Add("100.5", "JPY")
	f.Add("1.500", "KWD")
	f.Add("5.0000", "EUR")
	f.Add("1", "XXX")
	f.Add("99999999999999999", "EUR")
	f.Fuzz(func(t *testing.T, text, currency string) {
		first, err := canonical.ParseMoney(text, currency)
		if err != nil {
			return
		}
		again, err := canonical.ParseMoney(first.Decimal().String(), currency)
		if err != nil || again != first {
			t.Errorf("%q %s is %s, read back %s, %v", text, currency, first, again, err)
		}
		exact, err := canonical.ParseDecimal(text)
		if err != nil || exact.Normal() != first.Decimal().Normal() {
			t.Errorf("%q became %s", text, first)
		}
	})
}

func FuzzDecodeOrder(f *testing.F) {
	body, err := canonical.Encode(newOrder(f, 2))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add([]byte(`{"lines":[{"quantity":{"value":"1e5"}}],"total":{"minor":9223372036854775807}}`))
	f.Add([]byte(`{"note":null,"shipping":{"line1":""},"tags":[null]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		first, err := canonical.Decode(canonical.OrderPlaced, body)
		if err != nil || canonical.Validate(first) != nil {
			return
		}
		text, err := canonical.Encode(first)
		if err != nil {
			t.Fatalf("a valid order cannot be written: %v", err)
		}
		again, err := canonical.Decode(canonical.OrderPlaced, text)
		if err != nil || canonical.Validate(again) != nil {
			t.Fatalf("a valid order was not read back: %v", err)
		}
		if same, err := canonical.Encode(again); err != nil || !bytes.Equal(same, text) {
			t.Errorf("written as %s, read and written as %s, %v", text, same, err)
		}
	})
}
