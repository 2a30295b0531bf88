package canonical_test

import (
	"encoding"
	"encoding/json"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"causeway.example/shared/canonical"
)

func mustDecimal(t testing.TB, text string) canonical.Decimal {
	t.Helper()
	d, err := canonical.ParseDecimal(text)
	if err != nil {
		t.Fatalf("ParseDecimal(%q): %v", text, err)
	}
	return d
}

func TestParseDecimalReads(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0":                     "0",
		"-0":                    "0",
		"-0.00":                 "0.00",
		"007":                   "7",
		"19.99":                 "19.99",
		"-19.99":                "-19.99",
		"0.05":                  "0.05",
		"-0.05":                 "-0.05",
		"39.00":                 "39.00",
		"100.010":               "100.010",
		"999999999999999999":    "999999999999999999",
		"-999999999999999999":   "-999999999999999999",
		"0.000000000000000001":  "0.000000000000000001",
		"00000000000000000001":  "1",
		"1e3":                   "1000",
		"1E+3":                  "1000",
		"1.50e1":                "15.0",
		"1e-3":                  "0.001",
		"-12e-1":                "-1.2",
		"1e17":                  "100000000000000000",
		"1e-18":                 "0.000000000000000001",
		"10e-19":                "0.000000000000000001",
		"0e400":                 "0",
		"0e-400":                "0.000000000000000000",
		"100000000000000000e-1": "10000000000000000.0",
	} {
		if got := mustDecimal(t, text).String(); got != want {
			t.Errorf("ParseDecimal(%q) = %s, want %s", text, got, want)
		}
	}
}

func TestParseDecimalRefuses(t *testing.T) {
	t.Parallel()
	for situation, text := range map[string]string{
		"nothing":                   "",
		"a point only":              ".",
		"no fraction digits":        "1.",
		"no whole digits":           ".5",
		"a minus only":              "-",
		"two minuses":               "--1",
		"a plus":                    "+1",
		"an underscore":             "1_000",
		"thousands separators":      "1,299.00",
		"German separators":         "1.299,00",
		"a decimal comma":           "1,5",
		"two points":                "1.2.3",
		"a leading space":           " 1",
		"a trailing space":          "1 ",
		"a line break":              "1\n",
		"hex":                       "0x10",
		"a hex float":               "0x1p-2",
		"infinity":                  "inf",
		"Infinity":                  "Infinity",
		"not a number":              "NaN",
		"null":                      "null",
		"Arabic digits":             "١٢",
		"full-width digits":         "１２",
		"19 digits":                 "1234567890123456789",
		"19 digits with a point":    "1.234567890123456789",
		"19 decimals":               "0.0000000000000000001",
		"a million digits":          strings.Repeat("9", 1_000_000),
		"an exponent alone":         "e5",
		"an exponent without digit": "1e",
		"an exponent of a sign":     "1e-",
		"two signs of an exponent":  "1e+-5",
		"two pluses of an exponent": "1e++5",
		"two exponents":             "1e5e5",
		"a fraction of an exponent": "1e1.5",
		"letters as exponent":       "1eleven",
		"1e18":                      "1e18",
		"1e400":                     "1e400",
		"1e-400":                    "1e-400",
		"1e1000000000":              "1e1000000000",
		"five digits of exponent":   "0e10000",
		"1e-1000000000":             "1e-1000000000",
	} {
		if got, err := canonical.ParseDecimal(text); err == nil {
			t.Errorf("%s was read as %s", situation, got)
		} else if len(text) > 6 && strings.Contains(err.Error(), text) {
			t.Errorf("%s: the error repeats the text", situation)
		}
	}
}

func TestHugeExponentsAreRefusedWithoutWritingThemOut(t *testing.T) { // not parallel: it counts the process's memory
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 100 {
		if _, err := canonical.ParseDecimal("1e10000000"); err == nil {
			t.Fatal("accepted")
		}
	}
	runtime.ReadMemStats(&after)
	if bytes := after.TotalAlloc - before.TotalAlloc; bytes > 1<<20 {
		t.Errorf("%d bytes for 100 of them, whose digits are 10 MB each", bytes)
	}
}

func TestDecimalTextReadsBackAsItself(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		limit := int64(1)
		for range random.IntN(19) {
			limit *= 10
		}
		want := canonical.NewDecimal(random.Int64N(2*limit-1)-(limit-1), uint8(random.IntN(19)))
		if got := mustDecimal(t, want.String()); got != want {
			t.Fatalf("%s read back as %s", want, got)
		}
	}
}

func TestDecimalInJSON(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(mustDecimal(t, "39.00"))
	if err != nil || string(data) != `"39.00"` {
		t.Errorf("Marshal = %s, %v", data, err)
	}
	for text, want := range map[string]string{`"39.00"`: "39.00", `39.00`: "39.00", `-1.5E1`: "-15", ` "0" `: "0"} {
		var got canonical.Decimal
		if err := json.Unmarshal([]byte(text), &got); err != nil || got.String() != want {
			t.Errorf("Unmarshal(%s) = %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{`null`, `""`, `"1,5"`, `true`, `{}`, `[1]`, `"null"`, `"\u0031"`} {
		got := mustDecimal(t, "7")
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("Unmarshal(%s) = %s without an error", text, got)
		}
	}
}

func TestDecimalAppendsItsText(t *testing.T) {
	t.Parallel()
	var appender encoding.TextAppender = mustDecimal(t, "-1.20")
	if got, err := appender.AppendText([]byte("price ")); err != nil || string(got) != "price -1.20" {
		t.Errorf("AppendText = %q, %v", got, err)
	}
}

func TestDecimalsOfOneValueShareTheirNormalForm(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"5.00": "5", "0.00": "0", "-0.50": "-0.5", "100": "100", "1.01": "1.01"} {
		d := mustDecimal(t, text)
		if got := d.Normal(); got != mustDecimal(t, want) {
			t.Errorf("%s.Normal() = %s, want %s", text, got, want)
		}
	}
	if d := mustDecimal(t, "5.00"); d.Scale() != 2 || d.Normal().Scale() != 0 {
		t.Errorf("scales %d and %d, want 2 and 0", d.Scale(), d.Normal().Scale())
	}
}

func TestDecimalSign(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"-0.01": -1, "0.00": 0, "0.01": 1} {
		d := mustDecimal(t, text)
		if d.Sign() != want || d.IsZero() != (want == 0) {
			t.Errorf("%s: Sign %d, IsZero %v", text, d.Sign(), d.IsZero())
		}
	}
	if !(canonical.Decimal{}).IsZero() || (canonical.Decimal{}).String() != "0" {
		t.Error("the zero value is not 0")
	}
}

func TestNewDecimalRefusesAScaleThatNoDecimalHas(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("scale 19 was accepted")
		}
	}()
	canonical.NewDecimal(1, canonical.MaxDigits+1)
}

func TestFloorIsTheNextWholeNumberBelow(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"0": 0, "3": 3, "3.000": 3, "3.999": 3, "0.5": 0, "-0.5": -1, "-3": -3, "-3.01": -4, "999999999999999999": 999999999999999999, "0.000000000000000001": 0} {
		if got := mustDecimal(t, text).Floor(); got != want {
			t.Errorf("Floor of %s = %d, want %d", text, got, want)
		}
	}
}
