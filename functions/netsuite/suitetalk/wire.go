package suitetalk

import (
	"cmp"
	"strings"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

// DateLayout is NetSuite's form of a date without a time.
const DateLayout = "2006-01-02"

// Finish returns the document, or a fault of the message if it could not be written.
func Finish(w *strictjson.Writer) ([]byte, error) {
	if err := w.Err(); err != nil {
		kind := fault.Rejected
		if err.Class == strictjson.Bug {
			kind = fault.Unknown
		}
		return nil, &fault.Error{Kind: kind, Class: fault.Class(err.Class), Field: err.Path, Detail: err.Rule, Err: err}
	}
	return w.Bytes(), nil
}

// Document is a record as NetSuite shows it.
type Document struct {
	Values Values
	Lists  map[string][]Values // the lines of each sublist
	Cut    bool                // a sublist has more lines than were sent
}

// Values are the fields of a record or of a line: text, numbers in their shortest form,
// "true" and "false". An inner field has its path as its name, such as "entity.id".
type Values map[string]string

// Ref returns the internal id of a reference, or the id of an enumeration, which is sent
// as an object or as its id alone.
func (v Values) Ref(name string) string { return cmp.Or(v[name+".id"], v[name]) }

// Decimal returns a number, 0 if there is none.
func (v Values) Decimal(name string) canonical.Decimal {
	d, err := canonical.ParseDecimal(v[name])
	if err != nil {
		return canonical.Decimal{}
	}
	return d
}

// Number returns a number in its shortest form, "0" if there is none.
func (v Values) Number(name string) string { return Shortest(cmp.Or(v[name], "0")) }

// maxDepth is the depth of the innermost field that is read: record, sublist, line, address,
// country.
const maxDepth = 5

// readDocument reads a record with its sublists.
func readDocument(body []byte, doing string) (*Document, error) {
	d := &Document{Values: Values{}, Lists: map[string][]Values{}}
	r := strictjson.NewReader(body, strictjson.Limits{})
	d.read(r, d.Values, "", maxDepth)
	if err := r.End(); err != nil || d.Values["id"] == "" {
		return nil, &fault.Error{Kind: fault.Unavailable, Doing: doing, Field: "id", Detail: "NetSuite's answer is not a record"}
	}
	return d, nil
}

func (d *Document) read(r *strictjson.Reader, into Values, prefix string, depth int) {
	for key := range r.Object() {
		name := prefix + key
		switch r.Kind() {
		case strictjson.StringKind:
			into[name] = r.String()
		case strictjson.NumberKind:
			into[name] = Shortest(r.Decimal())
		case strictjson.BoolKind:
			value := r.Bool()
			into[name] = map[bool]string{true: "true", false: "false"}[value]
			d.Cut = d.Cut || value && key == "hasMore"
		case strictjson.ObjectKind:
			if depth > 1 {
				d.read(r, into, name+".", depth-1)
			}
		case strictjson.ArrayKind:
			if list, ok := strings.CutSuffix(name, ".items"); ok {
				d.readLines(r, list, depth)
			}
		}
	}
}

func (d *Document) readLines(r *strictjson.Reader, list string, depth int) {
	for range r.Array() {
		line := Values{}
		d.read(r, line, "", depth-1)
		d.Lists[list] = append(d.Lists[list], line)
	}
}

// Shortest returns the shortest form of a number: 78.00 and 78.0 are 78.
func Shortest(number string) string {
	d, err := canonical.ParseDecimal(number)
	if err != nil {
		return number
	}
	return d.Normal().String()
}

// refusal is one entry of an error answer's "o:errorDetails".
type refusal struct {
	code string // "o:errorCode"
	path string // "o:errorPath" in the body that was sent
	text string // "detail", which quotes values
}

// readRefusals returns the entries of an error answer, none if the answer is not
// NetSuite's.
func readRefusals(body []byte) []refusal {
	var all []refusal
	r := strictjson.NewReader(body, strictjson.Limits{})
	for key := range r.Object() {
		if key != "o:errorDetails" {
			continue
		}
		for range r.Array() {
			all = append(all, readDetail(r))
		}
	}
	if r.End() != nil {
		return nil
	}
	return all
}

func readDetail(r *strictjson.Reader) refusal {
	var d refusal
	for key := range r.Object() {
		switch key {
		case "o:errorCode":
			d.code, _ = r.NullString()
		case "o:errorPath":
			d.path, _ = r.NullString()
		case "detail":
			d.text, _ = r.NullString()
		}
	}
	return d
}

// Match is a record that a search found.
type Match struct {
	ID       string
	External string // "" if it has no external id
}

// readRows reads a search result: texts and numbers by the names of their columns.
func readRows(body []byte) ([]Values, error) {
	var all []Values
	r := strictjson.NewReader(body, strictjson.Limits{})
	for key := range r.Object() {
		if key != "items" {
			continue
		}
		for range r.Array() {
			all = append(all, readRow(r))
		}
	}
	if err := r.End(); err != nil {
		return nil, &fault.Error{Kind: fault.Unavailable, Field: err.Path, Detail: "the search result cannot be read", Err: err}
	}
	return all, nil
}

func readRow(r *strictjson.Reader) Values {
	row := Values{}
	for key := range r.Object() {
		switch r.Kind() {
		case strictjson.StringKind:
			row[key] = r.String()
		case strictjson.NumberKind:
			row[key] = r.Decimal()
		}
	}
	return row
}
