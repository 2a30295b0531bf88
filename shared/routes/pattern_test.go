package routes_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/routes"
)

// matchCase is a pattern for the field "f" and a value of it; an empty value
// means that the event has no such field.
type matchCase struct {
	values string
	field  string
	want   bool
}

func runMatches(t *testing.T, cases map[string]matchCase) {
	t.Helper()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			event := `{}`
			if tc.field != "" {
				event = `{"f":` + tc.field + `}`
			}
			checkMatch(t, `{"f":`+tc.values+`}`, event, tc.want)
		})
	}
}

func checkMatch(t *testing.T, pattern, event string, want bool) {
	t.Helper()
	p, err := routes.ParsePattern([]byte(pattern))
	if err != nil {
		t.Fatalf("ParsePattern(%s): %v", pattern, err)
	}
	got, err := p.Match([]byte(event))
	if err != nil || got != want {
		t.Errorf("%s on %s = %v, %v; want %v", pattern, event, got, err, want)
	}
}

func TestExactValues(t *testing.T) {
	t.Parallel()
	runMatches(t, map[string]matchCase{
		"text":                             {`["order.placed"]`, `"order.placed"`, true},
		"other text":                       {`["order.placed"]`, `"order.changed"`, false},
		"case counts":                      {`["order.placed"]`, `"Order.Placed"`, false},
		"second of the list":               {`["a","b"]`, `"b"`, true},
		"escaped and plain are one text":   {`["\u0061"]`, `"a"`, true},
		"empty text":                       {`[""]`, `""`, true},
		"empty text is not null":           {`[""]`, `null`, false},
		"true":                             {`[true]`, `true`, true},
		"true is not text":                 {`[true]`, `"true"`, false},
		"true is not false":                {`[true]`, `false`, false},
		"null":                             {`[null]`, `null`, true},
		"null is not absent":               {`[null]`, ``, false},
		"absent":                           {`["a"]`, ``, false},
		"an object is no value":            {`["a"]`, `{"a":"a"}`, false},
		"number":                           {`[300]`, `300`, true},
		"number with zeros behind":         {`[300]`, `300.0`, true},
		"number with exponent":             {`[300]`, `3.0e2`, true},
		"number written with exponent":     {`[3.0E+2]`, `300`, true},
		"small number":                     {`[0.000001]`, `1e-6`, true},
		"negative number":                  {`[-1.5]`, `-15e-1`, true},
		"minus zero":                       {`[0]`, `-0.0e9999999999`, true},
		"sign counts":                      {`[5]`, `-5`, false},
		"number is not text":               {`[300]`, `"300"`, false},
		"text is not a number":             {`["300"]`, `300`, false},
		"largest value compared":           {`[5e9]`, `5000000000`, true},
		"64-bit id is not rounded":         {`[9007199254740993]`, `9007199254740992`, false},
		"64-bit id":                        {`[9007199254740993]`, `9007199254740993`, true},
		"beyond 5e9 the text decides":      {`[6000000000]`, `6000000000.0`, false},
		"beyond 6 decimals the text too":   {`[0.1234567]`, `0.12345670`, false},
		"7 decimals with the same text":    {`[0.1234567]`, `0.1234567`, true},
		"zeros beyond 6 decimals vanish":   {`[0.1]`, `0.10000000000000000000`, true},
		"an endless exponent does no harm": {`[1e1000000000]`, `1e1000000000`, true},
	})
}

func TestTextOperators(t *testing.T) {
	t.Parallel()
	runMatches(t, map[string]matchCase{
		"prefix":                          {`[{"prefix":"ord"}]`, `"order"`, true},
		"prefix that is all":              {`[{"prefix":"order"}]`, `"order"`, true},
		"prefix longer than the text":     {`[{"prefix":"orders"}]`, `"order"`, false},
		"prefix never on numbers":         {`[{"prefix":"3"}]`, `300`, false},
		"empty prefix means any text":     {`[{"prefix":""}]`, `"x"`, true},
		"empty prefix is not for numbers": {`[{"prefix":""}]`, `1`, false},
		"suffix":                          {`[{"suffix":".csv"}]`, `"a.csv"`, true},
		"suffix in the middle":            {`[{"suffix":".csv"}]`, `"a.csv.gz"`, false},
		"suffix on null":                  {`[{"suffix":"l"}]`, `null`, false},
		"prefix in any case":              {`[{"prefix":{"equals-ignore-case":"EVENTb"}}]`, `"eventBridge"`, true},
		"prefix in any case, other text":  {`[{"prefix":{"equals-ignore-case":"EVENTb"}}]`, `"event"`, false},
		"suffix in any case":              {`[{"suffix":{"equals-ignore-case":".PnG"}}]`, `"x.pNg"`, true},
		"suffix in any case, other text":  {`[{"suffix":{"equals-ignore-case":".png"}}]`, `"png"`, false},
		"suffix in any case on a number":  {`[{"suffix":{"equals-ignore-case":"0"}}]`, `10`, false},
		"ignore case":                     {`[{"equals-ignore-case":"alice"}]`, `"ALiCE"`, true},
		"ignore case, longer":             {`[{"equals-ignore-case":"alice"}]`, `"alice2"`, false},
		"ignore case, shorter":            {`[{"equals-ignore-case":"alice"}]`, `"alic"`, false},
		"ignore case beyond ASCII":        {`[{"equals-ignore-case":"MÜLLER"}]`, `"müller"`, true},
		"ignore case across byte lengths": {`[{"equals-ignore-case":"Ⱥ"}]`, `"ⱥ"`, true},
		"Kelvin sign is no k":             {`[{"equals-ignore-case":"k"}]`, `"\u212a"`, false},
		"ignore case on true":             {`[{"equals-ignore-case":"true"}]`, `true`, false},
	})
}

func TestWildcard(t *testing.T) {
	t.Parallel()
	runMatches(t, map[string]matchCase{
		"no asterisk is exact":         {`[{"wildcard":"abc"}]`, `"abc"`, true},
		"no asterisk, longer":          {`[{"wildcard":"abc"}]`, `"abcd"`, false},
		"asterisk alone":               {`[{"wildcard":"*"}]`, `""`, true},
		"asterisk alone on a number":   {`[{"wildcard":"*"}]`, `5`, false},
		"empty text only":              {`[{"wildcard":""}]`, `""`, true},
		"empty text only, other":       {`[{"wildcard":""}]`, `"a"`, false},
		"in the middle":                {`[{"wildcard":"dir/*.png"}]`, `"dir/a/b.png"`, true},
		"middle may be empty":          {`[{"wildcard":"dir/*.png"}]`, `"dir/.png"`, true},
		"ends must not overlap":        {`[{"wildcard":"aba*ba"}]`, `"aba"`, false},
		"contains":                     {`[{"wildcard":"*/lib/*"}]`, `"a/lib/b"`, true},
		"contains not":                 {`[{"wildcard":"*/lib/*"}]`, `"a/lib"`, false},
		"later place of the last text": {`[{"wildcard":"a*b*c"}]`, `"abcbc"`, true},
		"texts in order":               {`[{"wildcard":"*b*a*"}]`, `"ab"`, false},
		"escaped asterisk":             {`[{"wildcard":"a\\*b"}]`, `"a*b"`, true},
		"escaped asterisk is no other": {`[{"wildcard":"a\\*b"}]`, `"axb"`, false},
		"escaped backslash":            {`[{"wildcard":"a\\\\*"}]`, `"a\\x"`, true},
		"escaped asterisk beside one":  {`[{"wildcard":"\\**"}]`, `"*x"`, true},
		"beyond ASCII":                 {`[{"wildcard":"*ü*"}]`, `"Müller"`, true},
	})
}

func TestAnythingBut(t *testing.T) {
	t.Parallel()
	runMatches(t, map[string]matchCase{
		"other text":                    {`[{"anything-but":"a"}]`, `"b"`, true},
		"the text":                      {`[{"anything-but":"a"}]`, `"a"`, false},
		"absent":                        {`[{"anything-but":"a"}]`, ``, false},
		"null is present":               {`[{"anything-but":"a"}]`, `null`, true},
		"a number is not the text":      {`[{"anything-but":"1"}]`, `1`, true},
		"the number in other words":     {`[{"anything-but":300}]`, `3e2`, false},
		"a text is not the number":      {`[{"anything-but":300}]`, `"300"`, true},
		"a number beyond comparison":    {`[{"anything-but":300}]`, `9007199254740993`, true},
		"outside the list":              {`[{"anything-but":["a","b"]}]`, `"c"`, true},
		"inside the list":               {`[{"anything-but":["a","b"]}]`, `"b"`, false},
		"inside the list of numbers":    {`[{"anything-but":[1,2]}]`, `2.0`, false},
		"prefix":                        {`[{"anything-but":{"prefix":"us-"}}]`, `"us-east-1"`, false},
		"other prefix":                  {`[{"anything-but":{"prefix":"us-"}}]`, `"eu-west-1"`, true},
		"prefix does not speak of null": {`[{"anything-but":{"prefix":"us-"}}]`, `null`, true},
		"one of the prefixes":           {`[{"anything-but":{"prefix":["us-","eu-"]}}]`, `"eu-west-1"`, false},
		"suffix":                        {`[{"anything-but":{"suffix":".png"}}]`, `"a.png"`, false},
		"one of the suffixes":           {`[{"anything-but":{"suffix":[".png",".jpg"]}}]`, `"a.gif"`, true},
		"ignore case":                   {`[{"anything-but":{"equals-ignore-case":"X"}}]`, `"x"`, false},
		"ignore case of a list":         {`[{"anything-but":{"equals-ignore-case":["X","Y"]}}]`, `"y"`, false},
		"wildcard":                      {`[{"anything-but":{"wildcard":"*/lib/*"}}]`, `"a/lib/b"`, false},
		"wildcards":                     {`[{"anything-but":{"wildcard":["*/lib/*","*.go"]}}]`, `"a.c"`, true},
		"an element outside is enough":  {`[{"anything-but":"a"}]`, `["a","b"]`, true},
		"all elements inside":           {`[{"anything-but":"a"}]`, `["a","a"]`, false},
		"empty array is absent":         {`[{"anything-but":"a"}]`, `[]`, false},
	})
}

func TestNumeric(t *testing.T) {
	t.Parallel()
	runMatches(t, map[string]matchCase{
		"equal":                        {`[{"numeric":["=",3.018e2]}]`, `301.8`, true},
		"not equal":                    {`[{"numeric":["=",301.8]}]`, `301.800001`, false},
		"less":                         {`[{"numeric":["<",10]}]`, `9.999999`, true},
		"less is open":                 {`[{"numeric":["<",10]}]`, `10`, false},
		"less or equal":                {`[{"numeric":["<=",10]}]`, `10.0`, true},
		"greater is open":              {`[{"numeric":[">",0]}]`, `0`, false},
		"greater":                      {`[{"numeric":[">",0]}]`, `1e-6`, true},
		"greater or equal":             {`[{"numeric":[">=",-1]}]`, `-1`, true},
		"range":                        {`[{"numeric":[">",0,"<=",5]}]`, `5`, true},
		"range, below":                 {`[{"numeric":[">",0,"<=",5]}]`, `0`, false},
		"range, above":                 {`[{"numeric":[">=",0,"<",5]}]`, `5`, false},
		"text never":                   {`[{"numeric":[">",0]}]`, `"5"`, false},
		"absent never":                 {`[{"numeric":[">",0]}]`, ``, false},
		"largest":                      {`[{"numeric":[">",0]}]`, `5e9`, true},
		"beyond what is compared":      {`[{"numeric":[">",0]}]`, `5000000000.000001`, false},
		"far beyond what is compared":  {`[{"numeric":[">",0]}]`, `6000000000`, false},
		"finer than what is compared":  {`[{"numeric":[">",0]}]`, `0.0000001`, false},
		"an exponent without an end":   {`[{"numeric":[">",0]}]`, `1e1000000000`, false},
		"a small one without an end":   {`[{"numeric":["<",1]}]`, `1e-9999999999999999999`, false},
		"an element of an array":       {`[{"numeric":["<",10]}]`, `[100,5]`, true},
		"exact or numeric in one list": {`["n/a",{"numeric":["<",10]}]`, `"n/a"`, true},
	})
}

func TestCIDR(t *testing.T) {
	t.Parallel()
	runMatches(t, map[string]matchCase{
		"inside":            {`[{"cidr":"10.0.0.0/24"}]`, `"10.0.0.255"`, true},
		"outside":           {`[{"cidr":"10.0.0.0/24"}]`, `"10.0.1.0"`, false},
		"host bits set":     {`[{"cidr":"10.0.0.77/24"}]`, `"10.0.0.1"`, true},
		"IPv6":              {`[{"cidr":"2001:db8::/32"}]`, `"2001:db8::1"`, true},
		"IPv6 outside":      {`[{"cidr":"2001:db8::/32"}]`, `"2001:db9::1"`, false},
		"other family":      {`[{"cidr":"0.0.0.0/0"}]`, `"::1"`, false},
		"no address at all": {`[{"cidr":"0.0.0.0/0"}]`, `"localhost"`, false},
		"number":            {`[{"cidr":"0.0.0.0/0"}]`, `10`, false},
	})
}

func TestExists(t *testing.T) {
	t.Parallel()
	runMatches(t, map[string]matchCase{
		"there":                      {`[{"exists":true}]`, `"x"`, true},
		"null is there":              {`[{"exists":true}]`, `null`, true},
		"not there":                  {`[{"exists":true}]`, ``, false},
		"an object is no leaf":       {`[{"exists":true}]`, `{"a":1}`, false},
		"an empty array is no leaf":  {`[{"exists":true}]`, `[]`, false},
		"an array of leaves":         {`[{"exists":true}]`, `[[1]]`, true},
		"absent":                     {`[{"exists":false}]`, ``, true},
		"not absent":                 {`[{"exists":false}]`, `0`, false},
		"null is not absent":         {`[{"exists":false}]`, `null`, false},
		"an object is absent":        {`[{"exists":false}]`, `{"a":1}`, true},
		"an empty array is absent":   {`[{"exists":false}]`, `[]`, true},
		"objects only are absent":    {`[{"exists":false}]`, `[{"a":1}]`, true},
		"an array is not absent":     {`[{"exists":false}]`, `[{"a":1},2]`, false},
		"absent or a value: absent":  {`["x",{"exists":false}]`, ``, true},
		"absent or a value: value":   {`["x",{"exists":false}]`, `"x"`, true},
		"absent or a value: neither": {`["x",{"exists":false}]`, `"y"`, false},
	})
}

func TestFieldsAndArrays(t *testing.T) {
	t.Parallel()
	const staff = `{"staff":[{"first":"Anna","last":"Smith"},{"first":"Peter","last":"Jones","tags":["a","b"]}],"n":1}`
	for name, tc := range map[string]struct {
		pattern, event string
		want           bool
	}{
		"all fields must match":            {`{"a":["1"],"b":["2"]}`, `{"a":"1","b":"2","c":"3"}`, true},
		"one field does not":               {`{"a":["1"],"b":["2"]}`, `{"a":"1","b":"3"}`, false},
		"nested":                           {`{"d":{"e":{"f":[1]}}}`, `{"d":{"e":{"f":1}}}`, true},
		"nested in a leaf":                 {`{"d":{"e":[1]}}`, `{"d":"e"}`, false},
		"absent below a leaf":              {`{"d":{"e":[{"exists":false}]}}`, `{"d":"e"}`, true},
		"absent below nothing":             {`{"d":{"e":{"f":[{"exists":false}]}}}`, `{}`, true},
		"array of objects":                 {`{"staff":{"first":["Anna"]}}`, staff, true},
		"same element":                     {`{"staff":{"first":["Peter"],"last":["Jones"]}}`, staff, true},
		"different elements":               {`{"staff":{"first":["Anna"],"last":["Jones"]}}`, staff, false},
		"array within the element":         {`{"staff":{"first":["Peter"],"tags":["b"]}}`, staff, true},
		"array within another element":     {`{"staff":{"first":["Anna"],"tags":["b"]}}`, staff, false},
		"absent from the chosen element":   {`{"staff":{"first":["Anna"],"tags":[{"exists":false}]}}`, staff, true},
		"present in the chosen element":    {`{"staff":{"first":["Peter"],"tags":[{"exists":false}]}}`, staff, false},
		"absent must be so everywhere":     {`{"staff":{"tags":[{"exists":false}]}}`, staff, false},
		"absent before an element chosen":  {`{"d":{"a":[{"exists":false}],"b":["x"]}}`, `{"d":[{"a":1},{"b":"x"}]}`, false},
		"absent after an element chosen":   {`{"d":{"a":["x"],"b":[{"exists":false}]}}`, `{"d":[{"a":"x"},{"b":1}]}`, true},
		"beside an array":                  {`{"staff":{"first":["Anna"]},"n":[1]}`, staff, true},
		"arrays of arrays":                 {`{"staff":{"first":["Anna"]}}`, `{"staff":[[{"first":"Eva"},{"first":"Anna"}]]}`, true},
		"elements of different arrays":     {`{"s":{"f":["A"],"l":["J"]}}`, `{"s":[[{"f":"A"}],[{"l":"J"}]]}`, false},
		"objects and values in one array":  {`{"s":{"f":["A"]}}`, `{"s":["x",{"f":"A"},null]}`, true},
		"all fields absent from an array":  {`{"s":{"f":[{"exists":false}],"g":[{"exists":false}]}}`, `{"s":[{"h":1},2]}`, true},
		"a value where an object may be":   {`{"s":{"f":[{"exists":false}],"n":["x"]}}`, `{"s":[1,{"n":"x"}]}`, true},
		"names in the order of their path": {`{"a":{"c":["x"]},"a-b":["y"]}`, `{"a":[{"c":"x"}],"a-b":"y"}`, true},
		"$or, first":                       {`{"$or":[{"a":[1]},{"b":[2]}]}`, `{"a":1}`, true},
		"$or, second":                      {`{"$or":[{"a":[1]},{"b":[2]}]}`, `{"b":2}`, true},
		"$or, neither":                     {`{"$or":[{"a":[1]},{"b":[2]}]}`, `{"a":2,"b":1}`, false},
		"$or and a field":                  {`{"c":[3],"$or":[{"a":[1]},{"b":[2]}]}`, `{"b":2}`, false},
		"$or with several fields":          {`{"$or":[{"a":[1],"b":[2]},{"c":[3]}]}`, `{"a":1}`, false},
		"$or nested in a field":            {`{"d":{"$or":[{"a":[1]},{"b":[2]}]}}`, `{"d":{"b":2}}`, true},
		"$or within $or":                   {`{"$or":[{"a":[1],"$or":[{"b":[2]},{"c":[3]}]},{"d":[4]}]}`, `{"a":1,"c":3}`, true},
		"$or within $or, half":             {`{"$or":[{"a":[1],"$or":[{"b":[2]},{"c":[3]}]},{"d":[4]}]}`, `{"c":3}`, false},
		"$or shares the array element":     {`{"d":{"b":["y"]},"$or":[{"d":{"a":["x"]}},{"n":[2]}]}`, `{"d":[{"a":"x"},{"b":"y"}]}`, false},
		"$or parallel":                     {`{"$or":[{"a":[1]},{"b":[2]}],"d":{"$or":[{"a":[1]},{"b":[2]}]}}`, `{"a":1,"d":{"b":2}}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkMatch(t, tc.pattern, tc.event, tc.want)
		})
	}
}

func TestMalformedPatternsNameTheirPath(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ pattern, path, rule string }{
		"no JSON":                    {`{"a":[1]`, "", "is not valid JSON"},
		"trailing data":              {`{"a":[1]} {}`, "", "is not valid JSON"},
		"not UTF-8":                  {"{\"a\":[\"\xff\"]}", "", "UTF-8"},
		"empty":                      {``, "", "is not valid JSON"},
		"a list":                     {`[1]`, "", "wants an object"},
		"null":                       {`null`, "", "wants an object"},
		"empty object":               {`{}`, "", "an empty object"},
		"empty object inside":        {`{"detail":{"total":{}}}`, "detail.total", "an empty object"},
		"bare value":                 {`{"detail":{"type":"x"}}`, "detail.type", "wants a list"},
		"empty list":                 {`{"detail":{"type":[]}}`, "detail.type", "an empty list"},
		"list in a list":             {`{"a":[[1]]}`, "a", "a value must be"},
		"name given twice":           {`{"detail":{"a":[1],"a":[2]}}`, "detail.a", "given twice"},
		"name given twice, escaped":  {`{"a":[1],"\u0061":[2]}`, "a", "given twice"},
		"dot in a name":              {`{"detail.type":["x"]}`, "detail.type", "dot"},
		"too long":                   {`{"a":["` + strings.Repeat("x", routes.MaxPatternLength) + `"]}`, "", "2048"},
		"unknown operator":           {`{"a":[{"matches":"x"}]}`, "a", `"matches"`},
		"exactly is not documented":  {`{"a":[{"exactly":"x"}]}`, "a", `"exactly"`},
		"two operators in one":       {`{"a":[{"prefix":"x","suffix":"y"}]}`, "a", "exactly one name"},
		"no operator":                {`{"a":[{}]}`, "a", "exactly one name"},
		"prefix of a number":         {`{"a":[{"prefix":1}]}`, "a", "prefix wants text"},
		"suffix of a list":           {`{"a":[{"suffix":["x"]}]}`, "a", "suffix wants text"},
		"prefix of a prefix":         {`{"a":[{"prefix":{"prefix":"x"}}]}`, "a", "equals-ignore-case"},
		"prefix of nothing":          {`{"a":[{"prefix":{}}]}`, "a", "exactly one name"},
		"ignore case of a number":    {`{"a":[{"equals-ignore-case":1}]}`, "a", "wants text"},
		"exists maybe":               {`{"a":[{"exists":"false"}]}`, "a", "true or false"},
		"exists on a node":           {`{"a":[{"exists":{"b":true}}]}`, "a", "true or false"},
		"numeric with a half pair":   {`{"detail":{"total":{"minor":[{"numeric":[">"]}]}}}`, "detail.total.minor", "numeric wants pairs of operator and number"},
		"numeric without a list":     {`{"a":[{"numeric":5}]}`, "a", "pairs"},
		"numeric on nothing":         {`{"a":[{"numeric":[]}]}`, "a", "pairs"},
		"numeric with text":          {`{"a":[{"numeric":[">","0"]}]}`, "a", "pairs"},
		"numeric the wrong way":      {`{"a":[{"numeric":[0,">"]}]}`, "a", "pairs"},
		"numeric unequal":            {`{"a":[{"numeric":["!=",0]}]}`, "a", `"!="`},
		"range upper bound first":    {`{"a":[{"numeric":["<",5,">",0]}]}`, "a", "lower bound"},
		"range of lower bounds":      {`{"a":[{"numeric":[">",0,">=",5]}]}`, "a", "lower bound"},
		"range after equal":          {`{"a":[{"numeric":["=",0,"<",5]}]}`, "a", "lower bound"},
		"range of three":             {`{"a":[{"numeric":[">",0,"<",5,"<",6]}]}`, "a", "lower bound"},
		"empty range":                {`{"a":[{"numeric":[">=",5,"<=",5]}]}`, "a", "below"},
		"numeric beyond 5e9":         {`{"a":[{"numeric":[">",5000000000.1]}]}`, "a", "5e9"},
		"numeric of 7 decimals":      {`{"a":[{"numeric":[">",0.0000001]}]}`, "a", "decimals"},
		"numeric of 1e1000000000":    {`{"a":[{"numeric":[">",1e1000000000]}]}`, "a", "5e9"},
		"anything-but null":          {`{"a":[{"anything-but":null}]}`, "a", "texts or numbers"},
		"anything-but true":          {`{"a":[{"anything-but":[true]}]}`, "a", "texts or numbers"},
		"anything-but mixed":         {`{"a":[{"anything-but":["x",1]}]}`, "a", "list of texts or a list of numbers"},
		"anything-but nothing":       {`{"a":[{"anything-but":[]}]}`, "a", "list of texts or a list of numbers"},
		"anything-but a large id":    {`{"a":[{"anything-but":9007199254740993}]}`, "a", "5e9"},
		"anything-but numeric":       {`{"a":[{"anything-but":{"numeric":[">",1]}}]}`, "a", `"numeric"`},
		"anything-but empty prefix":  {`{"a":[{"anything-but":{"prefix":""}}]}`, "a", "not empty"},
		"anything-but empty suffix":  {`{"a":[{"anything-but":{"suffix":["x",""]}}]}`, "a", "not empty"},
		"anything-but no prefix":     {`{"a":[{"anything-but":{"prefix":[]}}]}`, "a", "wants a prefix"},
		"anything-but two operators": {`{"a":[{"anything-but":{"prefix":"x","suffix":"y"}}]}`, "a", "exactly one name"},
		"anything-but deep":          {`{"a":[{"anything-but":{"prefix":{"equals-ignore-case":"x"}}}]}`, "a", "prefix wants text"},
		"wildcards in a row":         {`{"a":[{"wildcard":"a**b"}]}`, "a", "two asterisks"},
		"wildcard escapes a letter":  {`{"a":[{"wildcard":"a\\b"}]}`, "a", "backslash"},
		"wildcard ends in an escape": {`{"a":[{"wildcard":"a\\"}]}`, "a", "backslash"},
		"wildcard on a number":       {`{"a":[{"wildcard":5}]}`, "a", "wants text"},
		"cidr without bits":          {`{"a":[{"cidr":"10.0.0.0"}]}`, "a", "address block"},
		"cidr of a number":           {`{"a":[{"cidr":10}]}`, "a", "address block"},
		"cidr of one address":        {`{"a":[{"cidr":"10.0.0.1/32"}]}`, "a", "fewer bits"},
		"cidr of one IPv6 address":   {`{"a":[{"cidr":"::1/128"}]}`, "a", "fewer bits"},
		"cidr of a mapped address":   {`{"a":[{"cidr":"::ffff:10.0.0.0/100"}]}`, "a", "without dots"},
		"$or of one":                 {`{"detail":{"$or":[{"a":[1]}]}}`, "detail.$or", "at least two"},
		"$or of an object":           {`{"$or":{"a":[1]}}`, "$or", "at least two"},
		"$or of a value":             {`{"$or":[{"a":[1]},5]}`, "$or[1]", "wants an object"},
		"$or of an empty object":     {`{"$or":[{},{"a":[1]}]}`, "$or[0]", "an empty object"},
		"$or with an operator":       {`{"$or":[{"prefix":["x"]},{"a":[1]}]}`, "$or[0].prefix", "operator"},
		"$or with an operator below": {`{"$or":[{"a":{"=":["x"]}},{"a":[1]}]}`, "$or[0].a.=", "operator"},
		"error inside $or":           {`{"d":{"$or":[{"a":[1]},{"b":[{"numeric":[]}]}]}}`, "d.$or[1].b", "pairs"},
		"inside and outside of $or":  {`{"a":[1],"$or":[{"a":[2]},{"b":[1]}]}`, "a", "inside and outside"},
		"value and object by $or":    {`{"a":[1],"a-b":[1],"$or":[{"a":{"c":[2]}},{"b":[1]}]}`, "a", "as a value and as an object"},
		"too many combinations":      {`{"a":{` + orOf("x", 32) + `},"b":{` + orOf("y", 32) + `}}`, "b.$or", "1000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := routes.ParsePattern([]byte(tc.pattern))
			broken, ok := errors.AsType[*routes.PatternError](err)
			if !ok {
				t.Fatalf("ParsePattern(%s) = %v, want a PatternError", tc.pattern, err)
			}
			if broken.Path != tc.path || !strings.Contains(broken.Rule, tc.rule) {
				t.Errorf("ParsePattern(%s) = %q, want path %q and rule %q", tc.pattern, err, tc.path, tc.rule)
			}
		})
	}
}

// orOf returns an $or of n fields.
func orOf(name string, n int) string {
	fields := make([]string, n)
	for i := range fields {
		fields[i] = fmt.Sprintf(`{"%s%d":[1]}`, name, i)
	}
	return `"$or":[` + strings.Join(fields, ",") + `]`
}

func TestLimitsAreInclusive(t *testing.T) {
	t.Parallel()
	frame := len(`{"a":[""]}`)
	full := `{ "a" : [ "` + strings.Repeat("ü", routes.MaxPatternLength-frame) + `" ] }`
	if _, err := routes.ParsePattern([]byte(full)); err != nil {
		t.Errorf("a pattern of %d characters: %v", routes.MaxPatternLength, err)
	}
	thousand := `{"a":{` + orOf("x", 10) + `},"b":{` + orOf("x", 10) + `},"c":{` + orOf("x", 10) + `}}`
	checkMatch(t, thousand, `{"a":{"x9":1},"b":{"x9":1},"c":{"x9":1}}`, true)
}

func TestPatternErrorText(t *testing.T) {
	t.Parallel()
	_, err := routes.ParsePattern([]byte(`{"detail":{"total":{"minor":[{"numeric":[">"]}]}}}`))
	if want := "detail.total.minor: numeric wants pairs of operator and number"; err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
	_, err = routes.ParsePattern([]byte(`{"a"`))
	if _, ok := errors.AsType[*json.SyntaxError](err); !ok || !strings.HasPrefix(err.Error(), "event pattern: ") {
		t.Errorf("error = %v, want the JSON error kept", err)
	}
}

func TestPatternIsGivenBackAsWritten(t *testing.T) {
	t.Parallel()
	const text = `{ "b": [ 3.0e2, {"numeric": [">", 0]} ], "a": ["x"] }`
	p := routes.MustPattern(text)
	if p.String() != text {
		t.Errorf("String() = %s, want %s", p, text)
	}
	got, err := json.Marshal(map[string]any{"EventPattern": p})
	if want := `{"EventPattern":{"b":[3.0e2,{"numeric":["\u003e",0]}],"a":["x"]}}`; err != nil || string(got) != want {
		t.Errorf("Marshal = %s, %v; want %s", got, err, want)
	}
}

func TestMustPatternPanicsWithThePath(t *testing.T) {
	t.Parallel()
	defer func() {
		if got := fmt.Sprint(recover()); got != "routes: a: wants a list of values or an object" {
			t.Errorf("panic = %s", got)
		}
	}()
	routes.MustPattern(`{"a":5}`)
}

func TestEventMustBeOneObject(t *testing.T) {
	t.Parallel()
	p := routes.MustPattern(`{"a":[{"exists":false}]}`)
	for _, event := range []string{``, `null`, `[]`, `"a"`, `5`, `{`, `{} {}`, `{}x`, `{"b":01}`} {
		if got, err := p.Match([]byte(event)); err == nil || got {
			t.Errorf("Match(%s) = %v, %v; want an error", event, got, err)
		}
	}
	if got, err := p.Match([]byte(" {}\n")); err != nil || !got {
		t.Errorf("Match of an object among white space = %v, %v", got, err)
	}
}

func TestZeroPatternMatchesNothing(t *testing.T) {
	t.Parallel()
	var p routes.Pattern
	if got, err := p.Match([]byte(`{}`)); got || err != nil {
		t.Errorf("Match = %v, %v; want false", got, err)
	}
}

// A crafted event must not make matching explode: many arrays of which only the
// last one fails.
func TestIndependentArraysAreMatchedInLinearTime(t *testing.T) {
	t.Parallel()
	var pattern, event []string
	elements := strings.TrimSuffix(strings.Repeat(`{"x":1,"y":2},`, 2000), ",")
	for i := range 8 {
		pattern = append(pattern, fmt.Sprintf(`"k%d":{"x":[1],"y":[2],"z":[{"exists":false}]}`, i))
		event = append(event, fmt.Sprintf(`"k%d":[%s]`, i, elements))
	}
	started := time.Now()
	checkMatch(t, `{`+strings.Join(pattern, ",")+`,"last":[1]}`, `{`+strings.Join(event, ",")+`,"last":2}`, false)
	if took := time.Since(started); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
}

func ExamplePattern_MatchTree() {
	table := map[string]*routes.Pattern{
		"order.placed-to-netsuite": routes.MustPattern(`{"detail-type":["order.placed"],"detail":{"tenant":[{"anything-but":"test"}]}}`),
		"order.placed-to-klaviyo":  routes.MustPattern(`{"detail-type":[{"prefix":"customer."}]}`),
	}
	event, err := routes.DecodeEvent([]byte(`{"source":"causeway.shopify","detail-type":"order.placed","detail":{"tenant":"brand-eu"}}`))
	fmt.Println(err, table["order.placed-to-netsuite"].MatchTree(event), table["order.placed-to-klaviyo"].MatchTree(event))
	// Output: <nil> true false
}
