package strictjson_test

import (
	"strings"
	"testing"

	"causeway.example/shared/formats/strictjson"
)

// product reads a value as connectors do, into text that shows what was taken.
func product(r *strictjson.Reader) string {
	var got []string
	for key := range r.Object() {
		switch key {
		case "id":
			got = append(got, "id="+r.ID())
		case "price":
			got = append(got, "price="+r.Decimal())
		case "name":
			got = append(got, "name="+r.String())
		case "note":
			note, present := r.NullString()
			got = append(got, map[bool]string{true: "note=" + note, false: "note is null"}[present])
		case "lines":
			for range r.Array() {
				got = append(got, "["+product(r)+"]")
			}
		}
	}
	return strings.Join(got, " ")
}

func TestBadInputs(t *testing.T) {
	t.Parallel()
	const parse, schema, value, tooLarge = strictjson.Parse, strictjson.Schema, strictjson.Value, strictjson.TooLarge
	for name, test := range map[string]struct {
		in, want, path string
		class          strictjson.Class
	}{
		"25 duplicate id":                         {in: `{"id":1,"id":2}`, class: parse, path: "id"},
		"25 duplicate id, one escaped":            {in: `{"id":1,"\u0069d":1}`, class: parse, path: "id"},
		"25 duplicate in a skipped object":        {in: `{"x":{"a":1,"b":[{"c":1,"c":2}]}}`, class: parse, path: "x.b[0].c"},
		"25 same name in other objects":           {in: `{"id":1,"x":{"id":2},"y":{"id":3}}`, want: "id=1"},
		"25 names that differ in case":            {in: `{"id":1,"ID":2}`, want: "id=1"},
		"27 id above 2^53":                        {in: `{"id":9007199254740993}`, want: "id=9007199254740993"},
		"28 id as number":                         {in: `{"id":820982911946154508}`, want: "id=820982911946154508"},
		"28 id as string":                         {in: `{"id":"820982911946154508"}`, want: "id=820982911946154508"},
		"29 id above int64":                       {in: `{"id":92233720368547758070}`, want: "id=92233720368547758070"},
		"31 exact amount as number":               {in: `{"price":19.99}`, want: "price=19.99"},
		"31 exact amount as string":               {in: `{"price":"0.30"}`, want: "price=0.30"},
		"32 grouped amount":                       {in: `{"price":"1,299.00"}`, class: value, path: "price"},
		"32 grouped amount, comma as point":       {in: `{"price":"1.299,00"}`, class: value, path: "price"},
		"33 four decimals are the caller's":       {in: `{"price":"1.2345"}`, want: "price=1.2345"},
		"34 fraction of a yen is the caller's":    {in: `{"price":100.5}`, want: "price=100.5"},
		"35 1e400":                                {in: `{"price":1e400}`, class: value, path: "price"},
		"35 1e400 in a string":                    {in: `{"price":"1e400"}`, class: value, path: "price"},
		"35 1e1000000000 in a skipped member":     {in: `{"x":1e1000000000}`, class: value, path: "x"},
		"35 exponent beyond any integer":          {in: `{"x":1e-99999999999999999999999}`, class: value, path: "x"},
		"35 a million digits":                     {in: `{"x":` + strings.Repeat("9", 1e6) + `}`, class: value, path: "x"},
		"36 NaN":                                  {in: `{"price":NaN}`, class: parse, path: "price"},
		"36 Infinity":                             {in: `{"price":-Infinity}`, class: parse, path: "price"},
		"36 NaN in a string":                      {in: `{"price":"NaN"}`, class: value, path: "price"},
		"37 invalid UTF-8":                        {in: "{\"name\":\"a\xff\"}", class: parse, path: "name"},
		"37 invalid UTF-8 in a skipped member":    {in: "{\"x\":{\"y\":\"\xc3\"}}", class: parse, path: "x.y"},
		"37 invalid UTF-8 in a name":              {in: "{\"x\":{\"\xff\":1}}", class: parse, path: "x"},
		"37 overlong UTF-8":                       {in: "{\"name\":\"\xc0\xaf\"}", class: parse, path: "name"},
		"37 surrogate in UTF-8":                   {in: "{\"name\":\"\xed\xa0\x80\"}", class: parse, path: "name"},
		"37 lone high surrogate":                  {in: `{"name":"\ud83d"}`, class: parse, path: "name"},
		"37 lone low surrogate":                   {in: `{"name":"\ude00"}`, class: parse, path: "name"},
		"37 two high surrogates":                  {in: `{"name":"\ud83d\ud83d"}`, class: parse, path: "name"},
		"39 escaped NUL in a name":                {in: `{"name":"a\u0000b"}`, want: "name=a\x00b"},
		"39 escaped NUL in an id":                 {in: `{"id":"a\u0000b"}`, class: value, path: "id"},
		"39 C1 control in an id":                  {in: "{\"id\":\"a\u0085b\"}", class: value, path: "id"},
		"39 unescaped control character":          {in: "{\"name\":\"a\x01b\"}", class: parse, path: "name"},
		"39 unescaped NUL between tokens":         {in: "{\x00\"name\":\"a\"}", class: parse},
		"40 emoji, right to left, combining":      {in: `{"name":"😀 שלום e\u0301"}`, want: "name=😀 שלום e\u0301"},
		"40 escaped emoji":                        {in: `{"name":"\ud83D\uDe00"}`, want: "name=😀"},
		"41 byte order mark":                      {in: "\ufeff{\"id\":1}", want: "id=1"},
		"41 two byte order marks":                 {in: "\ufeff\ufeff{\"id\":1}", class: parse},
		"41 byte order mark inside":               {in: "{\ufeff\"id\":1}", class: parse},
		"42 trailing garbage":                     {in: `{"id":1}x`, class: parse},
		"42 trailing comma":                       {in: `{"id":1},`, class: parse},
		"42 two documents":                        {in: `{"id":1}{"id":2}`, class: parse},
		"42 trailing NUL":                         {in: "{\"id\":1}\x00", class: parse},
		"42 white space around":                   {in: " \t\r\n{\"id\" : 1 }\n", want: "id=1"},
		"43 depth 10,000":                         {in: `{"x":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`, class: tooLarge, path: "x" + strings.Repeat("[0]", 63)},
		"43 depth 10,000, all members":            {in: strings.Repeat(`{"x":`, 10_000), class: tooLarge, path: strings.Repeat(".x", 64)[1:]},
		"43 100,000 elements":                     {in: `{"x":[` + strings.Repeat("0,", 99_999) + `0]}`, class: tooLarge, path: "x"},
		"44 null for required":                    {in: `{"lines":[{},{"id":null}]}`, class: schema, path: "lines[1].id"},
		"44 null where allowed":                   {in: `{"note":null}`, want: "note is null"},
		"44 empty text":                           {in: `{"note":""}`, want: "note="},
		"44 absent":                               {in: `{}`, want: ""},
		"45 unknown member":                       {in: `{"new":{"a":[1,true,"x"]},"id":1}`, want: "id=1"},
		"47 object for array":                     {in: `{"lines":{"id":1}}`, class: schema, path: "lines"},
		"47 array for object":                     {in: `{"lines":[[]]}`, class: schema, path: "lines[0]"},
		"47 wrong type in a broken document":      {in: `{"lines":{"id":1,}}`, class: parse, path: "lines"},
		"47 number for string":                    {in: `{"name":1}`, class: schema, path: "name"},
		"50 single quotes":                        {in: `{'id':1}`, class: parse},
		"50 single quotes around a value":         {in: `{"name":'a'}`, class: parse, path: "name"},
		"50 comment":                              {in: `{"id":1/* one */}`, class: parse},
		"50 line comment":                         {in: "// order\n{}", class: parse},
		"51 __proto__ and script":                 {in: `{"__proto__":{"id":2},"name":"<script>&"}`, want: "name=<script>&"},
		"56 leading zeros and 1E5 as text":        {in: `{"lines":[{"id":"007"},{"id":"1E5"}]}`, want: "[id=007] [id=1E5]"},
		"20 nothing at all":                       {in: "", class: parse},
		"20 white space only":                     {in: " \n", class: parse},
		"unfinished: object":                      {in: `{"id":1`, class: parse},
		"unfinished: name":                        {in: `{"id`, class: parse},
		"unfinished: after the colon":             {in: `{"id":`, class: parse, path: "id"},
		"unfinished: escape":                      {in: `{"name":"\`, class: parse, path: "name"},
		"comma before the end of an object":       {in: `{"id":1,}`, class: parse},
		"comma at the begin of an object":         {in: `{,"id":1}`, class: parse},
		"comma before the end of an array":        {in: `{"lines":[{},]}`, class: parse, path: "lines[1]"},
		"comma doubled":                           {in: `{"x":[1,,2]}`, class: parse, path: "x[1]"},
		"comma forgotten":                         {in: `{"x":[1 2]}`, class: parse, path: "x"},
		"colon forgotten":                         {in: `{"x" 1}`, class: parse, path: "x"},
		"brackets crossed":                        {in: `{"x":[1}]`, class: parse, path: "x"},
		"name without quotes":                     {in: `{id:1}`, class: parse},
		"number with plus":                        {in: `{"x":+1}`, class: parse, path: "x"},
		"number with leading zero":                {in: `{"x":01}`, class: parse, path: "x"},
		"number with bare point":                  {in: `{"x":1.}`, class: parse, path: "x"},
		"number in hexadecimal":                   {in: `{"x":0x1F}`, class: parse},
		"number with underscore":                  {in: `{"x":1_000}`, class: parse},
		"minus alone":                             {in: `{"x":-}`, class: parse, path: "x"},
		"exponent alone":                          {in: `{"x":1e+}`, class: parse, path: "x"},
		"literal in capitals":                     {in: `{"x":True}`, class: parse, path: "x"},
		"literal cut short":                       {in: `{"x":nul}`, class: parse, path: "x"},
		"unknown escape":                          {in: `{"x":"\x41"}`, class: parse, path: "x"},
		"short unicode escape":                    {in: `{"x":"\u12"}`, class: parse, path: "x"},
		"member name that looks like a path":      {in: `{"a.b[0]":{"c d":nope}}`, class: parse, path: `["a.b[0]"]["c d"]`},
		"member name too long for a path":         {in: `{"` + strings.Repeat("ä", 40) + `":nope}`, class: parse, path: strings.Repeat("ä", 32) + "…"},
		"white space that JSON does not have":     {in: "{\"id\":\v1}", class: parse, path: "id"},
		"no-break space":                          {in: "{\u00a0\"id\":1}", class: parse},
		"every simple escape":                     {in: `{"name":"\"\\\/\b\f\n\r\t"}`, want: "name=\"\\/\b\f\n\r\t"},
		"delete and separators need no escape":    {in: "{\"name\":\"\x7f\u2028\"}", want: "name=\x7f\u2028"},
		"special byte after the word of eight":    {in: `{"name":"12345678\"12345678"}`, want: `name=12345678"12345678`},
		"bytes above ASCII beside the end quote":  {in: `{"name":"ÿÿÿ"}`, want: "name=ÿÿÿ"},
		"control character among eight":           {in: "{\"name\":\"abc\ndefgh\"}", class: parse, path: "name"},
		"empty member name":                       {in: `{"":nope}`, class: parse, path: `[""]`},
		"error after the error keeps the first":   {in: `{"id":"","price":"x"} x`, class: value, path: "id"},
		"error beside good members":               {in: `{"lines":[{"id":1},{"id":2,"price":"1 299"}]}`, class: value, path: "lines[1].price"},
		"error at a depth that was left is fine":  {in: `{"lines":[{"lines":[{"id":1}]}],"id":2}`, want: "[[id=1]] id=2"},
		"value after a nested object has its own": {in: `{"lines":[{"lines":[{"id":1}],"name":5}]}`, class: schema, path: "lines[0].name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := strictjson.NewReader([]byte(test.in), strictjson.Limits{})
			got := product(r)
			err := r.End()
			switch {
			case err == nil && test.class != "":
				t.Errorf("accepted as %q, want class %s", got, test.class)
			case err == nil && got != test.want:
				t.Errorf("read %q, want %q", got, test.want)
			case err != nil && (err.Class != test.class || err.Path != test.path):
				t.Errorf("got %v, want class %q at %q", err, test.class, test.path)
			}
		})
	}
}
