package routes_test

import (
	"encoding/json"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"causeway.example/shared/routes"
)

func FuzzParseAndMatch(f *testing.F) {
	for _, pattern := range []string{
		`{"a":["x",1,null,true,{"exists":false}]}`,
		`{"a":[{"prefix":"x"},{"suffix":{"equals-ignore-case":"Y"}},{"wildcard":"a*\\*b"}]}`,
		`{"a":[{"anything-but":{"suffix":["x","y"]}},{"numeric":[">",-1.5e3,"<=",5]}],"b":[{"cidr":"10.0.0.0/8"}]}`,
		`{"d":{"$or":[{"a":[1]},{"b":{"c":[{"anything-but":[1,2]}]}}]}}`,
		`{"a":[]}`, `{"a":[{"wildcard":"**"}]}`, `{"$or":[]}`,
	} {
		f.Add([]byte(pattern), []byte(`{"a":["x",1e3,{"b":null}],"b":"10.1.2.3","d":[{"a":1},{"b":{"c":2}}]}`))
		f.Add([]byte(pattern), []byte(pattern))
	}
	f.Fuzz(func(t *testing.T, pattern, event []byte) {
		p, err := routes.ParsePattern(pattern)
		if err != nil {
			if err.Error() == "" || p != nil {
				t.Fatalf("refused without a reason: %v, %v", p, err)
			}
			return
		}
		again, err := routes.ParsePattern([]byte(p.String()))
		if err != nil {
			t.Fatalf("%s parses once only: %v", p, err)
		}
		got, err := p.Match(event)
		same, errAgain := again.Match(event)
		if got != same || (err == nil) != (errAgain == nil) {
			t.Fatalf("%s on %s: %v, %v; again %v, %v", p, event, got, err, same, errAgain)
		}
	})
}

// For a scalar that is present, anything-but is the opposite of the plain value.
func FuzzAnythingButIsTheComplement(f *testing.F) {
	for _, seed := range []string{`"x"`, `""`, `1`, `1.0`, `-0`, `1e9`, `true`, `null`, `"1"`, `1e99`} {
		f.Add("x", seed)
		f.Add("1", seed)
	}
	f.Fuzz(func(t *testing.T, wanted, field string) {
		switch {
		case !json.Valid([]byte(field)), strings.HasPrefix(strings.TrimLeft(field, " \t\r\n"), "["),
			strings.HasPrefix(strings.TrimLeft(field, " \t\r\n"), "{"):
			return
		}
		checkComplement(t, string(mustMarshal(t, wanted)), field)
		if number, err := strconv.ParseInt(wanted, 10, 32); err == nil {
			checkComplement(t, strconv.FormatInt(number, 10), field)
		}
	})
}

func checkComplement(t *testing.T, value, field string) {
	t.Helper()
	plain, err := routes.ParsePattern([]byte(`{"f":[` + value + `]}`))
	if err != nil {
		return // too long to be a pattern
	}
	but, err := routes.ParsePattern([]byte(`{"f":[{"anything-but":` + value + `}]}`))
	if err != nil {
		return
	}
	event := []byte(`{"f":` + field + `}`)
	is, err := plain.Match(event)
	isNot, errNot := but.Match(event)
	if is == isNot || err != nil || errNot != nil {
		t.Fatalf("%s on %s: plain %v, %v; anything-but %v, %v", value, field, is, err, isNot, errNot)
	}
}

func TestAnythingButIsTheComplementOfRandomValues(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	scalars := []string{`"x"`, `"y"`, `""`, `null`, `true`, `"0"`, `6e9`, `0.1234567`}
	for range 2000 {
		value := strconv.Itoa(random.IntN(5) - 2)
		field := scalars[random.IntN(len(scalars))]
		if random.IntN(2) == 0 {
			field = strconv.Itoa(random.IntN(5)-2) + []string{"", ".0", "e0", "0e-1", ".5"}[random.IntN(5)]
			if !json.Valid([]byte(field)) {
				continue
			}
		}
		checkComplement(t, value, field)
		checkComplement(t, `"`+value+`"`, field)
	}
}

// Numbers in the compared range behave as exact rationals do.
func FuzzNumbersCompareExactly(f *testing.F) {
	for _, seed := range []string{"0", "-0", "300", "3.0e2", "0.000001", "4999999999.999999", "5e9", "-5E+9", "1e-6", "120e-8"} {
		f.Add(seed, "300.000000")
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, x, y string) {
		a, okA := compared(x)
		b, okB := compared(y)
		if !okA || !okB {
			return
		}
		for operator, want := range map[string]bool{"=": a.Cmp(b) == 0, "<": a.Cmp(b) < 0, "<=": a.Cmp(b) <= 0, ">": a.Cmp(b) > 0, ">=": a.Cmp(b) >= 0} {
			checkMatch(t, `{"f":[{"numeric":["`+operator+`",`+y+`]}]}`, `{"f":`+x+`}`, want)
		}
		checkMatch(t, `{"f":[`+y+`]}`, `{"f":`+x+`}`, a.Cmp(b) == 0)
	})
}

// compared returns the number if it is one that EventBridge compares by value.
func compared(text string) (*big.Rat, bool) {
	number := json.Number(text)
	if len(text) > 40 || strings.TrimSpace(text) != text || !json.Valid([]byte(text)) {
		return nil, false
	}
	if f, err := number.Float64(); err != nil || f > 5e9 || f < -5e9 {
		return nil, false
	}
	_, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	if len(exponent) > 4 {
		return nil, false
	}
	value, ok := new(big.Rat).SetString(text)
	if !ok || value.Cmp(big.NewRat(5e9, 1)) > 0 || value.Cmp(big.NewRat(-5e9, 1)) < 0 {
		return nil, false
	}
	scaled := new(big.Rat).Mul(value, big.NewRat(1e6, 1))
	return value, scaled.IsInt()
}
