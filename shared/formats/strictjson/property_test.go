package strictjson_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"causeway.example/shared/formats/strictjson"
)

func TestTruncationIsRefused(t *testing.T) {
	t.Parallel()
	order := sampleOrder(t, 2)
	r := strictjson.NewReader(nil, strictjson.Limits{})
	for end := 0; end < len(order); end += 7 {
		r.Reset(order[:end])
		err := r.End()
		if err == nil || err.Class != strictjson.Parse || err.Offset > end {
			t.Fatalf("cut at byte %d of %d: got %v", end, len(order), err)
		}
	}
}

func TestEveryDamagedByteIsJudgedLikeTheStandard(t *testing.T) {
	t.Parallel()
	document := []byte(`{"ab":[-12.5e+3,true,null],"cd\n":{"ef":"\u00e9x","gh":false},"ij":""}`)
	r := strictjson.NewReader(nil, strictjson.Limits{})
	for at := range document {
		for _, c := range []byte("\x00\x1f \"\\/{}[]:,-+.019eEuntf'`") {
			damaged := bytes.Clone(document)
			damaged[at] = c
			r.Reset(damaged)
			if err := r.End(); (err == nil) != json.Valid(damaged) {
				t.Errorf("%s: got %v, encoding/json the opposite", damaged, err)
			}
		}
	}
}

func TestSpecialBytesAreFoundAtEveryOffset(t *testing.T) {
	t.Parallel()
	for length := range 40 {
		for at := range length {
			body := bytes.Repeat([]byte{'x'}, length)
			for _, c := range []byte{0, 1, 0x1f, '\n', '\t'} {
				body[at] = c
				err := strictjson.Check(append(append([]byte{'"'}, body...), '"'), strictjson.Limits{})
				if err == nil || err.Offset != at+1 {
					t.Fatalf("byte %#x at %d of %d: got %v", c, at, length, err)
				}
			}
		}
	}
}

func TestNeighboursOfSpecialBytesPassAtEveryOffset(t *testing.T) {
	t.Parallel()
	for length := range 40 {
		for at := range length {
			for _, c := range []byte{' ', '!', '#', '[', ']', '}', 0x7f} {
				body := bytes.Repeat([]byte{'x'}, length)
				body[at] = c
				r := reader(`"` + string(body) + `"`)
				if got := r.String(); got != string(body) || r.End() != nil {
					t.Fatalf("byte %#x at %d of %d: got %q, %v", c, at, length, got, r.Err())
				}
			}
		}
	}
}

// TestNamesThatLookAlikeAreToldApart reads objects whose names have one length and the same bytes at
// the places that are looked at first, below and above the number from which a table is used.
func TestNamesThatLookAlikeAreToldApart(t *testing.T) {
	t.Parallel()
	for count := range 70 {
		var members []string
		for i := range count {
			members = append(members, fmt.Sprintf(`"a%03d-z":0`, i))
		}
		if err := strictjson.Check([]byte("{"+strings.Join(members, ",")+"}"), strictjson.Limits{}); err != nil {
			t.Fatalf("%d names: %v", count, err)
		}
		for i := range members {
			twice := "{" + strings.Join(append(slices.Clone(members), members[i]), ",") + "}"
			if err := strictjson.Check([]byte(twice), strictjson.Limits{}); err == nil || err.Rule != "member name given twice" {
				t.Fatalf("%d names and the one at %d again: %v", count, i, err)
			}
		}
	}
}

func TestNamesAgreeWithAMap(t *testing.T) {
	t.Parallel()
	// Pairs of letters repeat early or late, depending on the step.
	for step := 1; step < 60; step += 2 {
		seen, twice := map[string]bool{}, false
		w := strings.Builder{}
		for i := range 40 {
			name := string(rune('a'+i*step%26)) + string(rune('a'+i*i*step%7))
			twice = twice || seen[name]
			seen[name] = true
			w.WriteString(`,"` + name + `":{"` + name + `":[],"aa":0,"z":{}}`)
		}
		in := "{" + w.String()[1:] + "}"
		in = strings.ReplaceAll(in, `{"aa":[],"aa"`, `{"aa":[],"ab"`)
		if err := strictjson.Check([]byte(in), strictjson.Limits{}); (err != nil) != twice {
			t.Errorf("step %d: got %v, a name given twice: %v", step, err, twice)
		}
	}
}

func TestIntAgreesWithExactArithmetic(t *testing.T) {
	t.Parallel()
	for _, mantissa := range []string{"0", "7", "10", "-250", "1.5", "-0.125", "100.00", "922337203685477580.7", "9223372036854775808", "-9223372036854775808"} {
		for _, exponent := range []string{"", "e0", "e1", "E+1", "e-1", "e2", "e-2", "e3", "e18", "e-18", "e19", "e40"} {
			text := mantissa + exponent
			exact, ok := new(big.Rat).SetString(text)
			if !ok {
				t.Fatalf("%s is no number", text)
			}
			r := reader(text)
			got := r.Int()
			fits := exact.IsInt() && exact.Num().IsInt64()
			if fits != (r.End() == nil) || fits && got != exact.Num().Int64() {
				t.Errorf("%s: got %d (%v), want %s", text, got, r.Err(), exact)
			}
		}
	}
}

func TestDecimalTextFollowsTheGrammarOfNumbers(t *testing.T) {
	t.Parallel()
	limits := strictjson.Limits{Exponent: 1000}
	parts := []string{"", "-", "+", "0", "1", "00", ".", ".5", "e", "E1", "e+", "-1", " ", "_", "x"}
	for _, a := range parts {
		for _, b := range parts {
			for _, c := range parts {
				text := a + b + c
				quoted := strictjson.NewReader([]byte(`"`+text+`"`), limits)
				bare := strictjson.NewReader([]byte(text), limits)
				_, _ = quoted.Decimal(), bare.Decimal()
				if valid := strings.TrimSpace(text) == text && json.Valid([]byte(text)); valid != (quoted.End() == nil) {
					t.Errorf("%q in a string: valid %v, error %v", text, valid, quoted.Err())
				}
				if valid := json.Valid([]byte(text)); valid != (bare.End() == nil) {
					t.Errorf("%q: valid %v, error %v", text, valid, bare.Err())
				}
			}
		}
	}
}

func TestEveryCharacterSurvivesTheWriter(t *testing.T) {
	t.Parallel()
	for char := rune(0); char <= 0x10ffff; char += 1 + char/512 {
		if 0xd800 <= char && char <= 0xdfff {
			continue
		}
		text := "before" + string(char) + "after"
		w := strictjson.NewWriter(nil)
		w.Str(text)
		r := strictjson.NewReader(w.Bytes(), strictjson.Limits{})
		if got := r.String(); got != text || r.End() != nil {
			t.Fatalf("%U became %q (%v)", char, got, r.Err())
		}
	}
}

func TestErrorsHoldNoValues(t *testing.T) {
	t.Parallel()
	const secret = "4111111111111111"
	for _, in := range []string{
		`{"card":"` + secret, `{"card":"` + secret + `\x"}`, `{"card":"` + secret + `"x}`, `{"card":x` + secret + `}`,
		`{"card":0` + secret + `}`, `{"card":` + strings.Repeat(secret, 3) + `}`, `{"a":"` + secret + `"} ` + secret,
	} {
		r := reader(in)
		for range r.Object() {
			r.Decimal()
		}
		if err := r.End(); err == nil || strings.Contains(err.Error(), secret[:6]) {
			t.Errorf("%s: got %v", in, err)
		}
	}
}

func TestReadersDoNotShareState(t *testing.T) {
	t.Parallel()
	order := sampleOrder(t, 3)
	done := make(chan *strictjson.Error)
	for range 4 {
		go func() { done <- strictjson.Check(order, strictjson.Limits{}) }()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
