package netsuite

import (
	"causeway/shared/canonical"
	"causeway/shared/fault"
	"causeway/shared/formats/strictjson"
)

// dateLayout is how NetSuite writes a date without a time.
const dateLayout = "2006-01-02"

// refField writes a reference by internal id, and nothing if there is none.
func refField(w *strictjson.Writer, name, id string) {
	if id != "" {
		nameField(w, name, "id", id)
	}
}

// nameField writes a reference by the given sort of id.
func nameField(w *strictjson.Writer, name, sort, id string) {
	w.Key(name).Obj()
	w.StrField(sort, id)
	w.EndObj()
}

// moneyField writes an amount in major units, as exact decimal text.
func moneyField(w *strictjson.Writer, name string, amount canonical.Money) {
	w.NumField(name, amount.Decimal().String())
}

// textField writes what the source said: nothing if it said nothing, null if there is
// none, which deletes the field's content (online help, "Deleting Body Fields from a Record").
func textField(w *strictjson.Writer, name string, text canonical.Text) {
	switch {
	case text.IsZero():
	case text.String() == "":
		w.Key(name).Null()
	default:
		w.StrField(name, text.String())
	}
}

// finish returns the document, or what could not be written as a fault of the message.
func finish(w *strictjson.Writer) ([]byte, error) {
	if err := w.Err(); err != nil {
		kind := fault.Rejected
		if err.Class == strictjson.Bug {
			kind = fault.Unknown
		}
		return nil, &fault.Error{Kind: kind, Class: fault.Class(err.Class), Field: err.Path, Detail: err.Rule, Err: err}
	}
	return w.Bytes(), nil
}

// refusal is one entry of an error answer's "o:errorDetails".
type refusal struct {
	code string // "o:errorCode"
	path string // "o:errorPath" in the body that was sent
}

// readRefusal returns the first entry of an error answer; false if the answer is not
// NetSuite's. The text in "detail" is left alone: it quotes values.
func readRefusal(body []byte) (refusal, bool) {
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
	if r.End() != nil || len(all) == 0 {
		return refusal{}, false
	}
	return all[0], true
}

func readDetail(r *strictjson.Reader) refusal {
	var d refusal
	for key := range r.Object() {
		switch key {
		case "o:errorCode":
			d.code, _ = r.NullString()
		case "o:errorPath":
			d.path, _ = r.NullString()
		}
	}
	return d
}

// match is a customer that a search found.
type match struct {
	id       string
	external string // "" if it has no external id
}

func readMatches(body []byte) ([]match, error) {
	var all []match
	r := strictjson.NewReader(body, strictjson.Limits{})
	for key := range r.Object() {
		if key != "items" {
			continue
		}
		for range r.Array() {
			all = append(all, readMatch(r))
		}
	}
	if err := r.End(); err != nil {
		return nil, &fault.Error{Kind: fault.Unavailable, Field: err.Path, Detail: "the search result cannot be read", Err: err}
	}
	return all, nil
}

func readMatch(r *strictjson.Reader) match {
	var m match
	for key := range r.Object() {
		switch key {
		case "id":
			m.id = r.ID()
		case "externalid":
			m.external, _ = r.NullString()
		}
	}
	return m
}
