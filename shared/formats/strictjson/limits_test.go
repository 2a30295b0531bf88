package strictjson_test

import (
	"fmt"
	"strings"
	"testing"

	"causeway.example/shared/formats/strictjson"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		limits  strictjson.Limits
		fits    string
		exceeds string
		class   strictjson.Class
		path    string
	}{
		"bytes":                       {strictjson.Limits{Bytes: 4}, `[12]`, `[123]`, strictjson.TooLarge, ""},
		"depth":                       {strictjson.Limits{Depth: 2}, `[{},[]]`, `[[],[{}]]`, strictjson.TooLarge, "[1][0]"},
		"elements":                    {strictjson.Limits{Elements: 2}, `[[1,2],[3,4]]`, `[[1],[1,2,3]]`, strictjson.TooLarge, "[1]"},
		"members":                     {strictjson.Limits{Elements: 2}, `[{"a":1,"b":2},{"c":3,"d":4}]`, `[{"a":1,"b":2,"c":3}]`, strictjson.TooLarge, "[0]"},
		"members of all open objects": {strictjson.Limits{Elements: 2}, `{"a":{"b":1},"c":2}`, `{"a":{"b":1,"c":2}}`, strictjson.TooLarge, "a"},
		"number":                      {strictjson.Limits{Number: 4}, `-1.5`, `-1.25`, strictjson.Value, ""},
		"exponent":                    {strictjson.Limits{Exponent: 5}, `[1e5,1e-5,1e+05]`, `[1e6]`, strictjson.Value, "[0]"},
		"negative exponent":           {strictjson.Limits{Exponent: 5}, `0e-5`, `0e-6`, strictjson.Value, ""},
		"negative limits are default": {strictjson.Limits{Bytes: -1, Depth: -1, Elements: -1, Number: -1, Exponent: -1}, `[1e9]`, `[1e100]`, strictjson.Value, "[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := strictjson.Check([]byte(test.fits), test.limits); err != nil {
				t.Errorf("%s: %v", test.fits, err)
			}
			err := strictjson.Check([]byte(test.exceeds), test.limits)
			if err == nil || err.Class != test.class || err.Path != test.path {
				t.Errorf("%s: got %v, want %s at %q", test.exceeds, err, test.class, test.path)
			}
		})
	}
}

func TestOrderOf10000Lines(t *testing.T) {
	t.Parallel()
	if err := strictjson.Check(sampleOrder(t, 10_000), strictjson.Limits{}); err != nil {
		t.Error(err)
	}
}

// members returns an object with the names and the format's idea of the rest.
func members(count int, format string) string {
	parts := make([]string, count)
	for i := range parts {
		parts[i] = fmt.Sprintf(format, i)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func TestDuplicatesAmongManyMembers(t *testing.T) {
	t.Parallel()
	nested := `{"outer":1,"n":` + members(300, `"n%d":{"n":0,"outer":[{"n":1}]}`) + `,"tail":1}`
	for name, test := range map[string]struct{ in, path string }{
		"50,000 names":                           {members(50_000, `"n%d":0`), ""},
		"the first again after 40,000":           {strings.Replace(members(40_000, `"n%d":0`), "n39999", "n0", 1), "n0"},
		"the last again":                         {strings.Replace(members(40_000, `"n%d":0`), "n39999", "n39998", 1), "n39998"},
		"names that recur in inner objects":      {nested, ""},
		"an outer name again after inner ones":   {strings.Replace(nested, "tail", "outer", 1), "outer"},
		"the name of the object that was closed": {strings.Replace(nested, "tail", "n", 1), "n"},
		"300 objects with the same names":        {"[" + strings.Repeat(members(40, `"n%d":0`)+",", 300) + "0]", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := strictjson.Check([]byte(test.in), strictjson.Limits{})
			if (err != nil) != (test.path != "") || err != nil && (err.Path != test.path || err.Class != strictjson.Parse) {
				t.Errorf("got %v, want an error at %q", err, test.path)
			}
		})
	}
}

func TestResetAfterAHugeDocument(t *testing.T) {
	t.Parallel()
	r := reader(members(50_000, `"n%d":0`))
	if err := r.End(); err != nil {
		t.Fatal(err)
	}
	for _, in := range []string{`{"n1":1,"n2":2}`, members(500, `"n%d":0`)} {
		r.Reset([]byte(in))
		if err := r.End(); err != nil {
			t.Error(err)
		}
	}
}
