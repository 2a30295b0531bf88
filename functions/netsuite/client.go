package netsuite

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"strings"

	"causeway/shared/fault"
	"causeway/shared/formats/strictjson"
	"causeway/shared/webapi"
)

// The records, as their paths name them.
const (
	customerRecord = "customer"
	orderRecord    = "salesOrder"
	depositRecord  = "customerDeposit"
)

const (
	recordPath = "/services/rest/record/v1/"
	queryPath  = "/services/rest/query/v1/suiteql"
)

// upsert is one write of a record under its external id.
type upsert struct {
	record   string
	external string
	replace  string // sublist to replace as a whole, "" for none
	body     []byte
	doing    string
}

// put writes the record and returns its internal id.
func (t *target) put(ctx context.Context, u upsert) (string, error) {
	query := url.Values{}
	if u.replace != "" {
		query.Set("replace", u.replace)
	}
	got, err := t.client.Do(ctx, webapi.Request{
		Method: http.MethodPut, Path: recordPath + u.record + "/eid:" + u.external, Query: query, Body: u.body, Doing: u.doing,
		// By default NetSuite passes over a property that it does not know.
		Header: jsonHeader("X-NetSuite-PropertyNameValidation", "Error"),
	})
	if err != nil {
		return "", err
	}
	if got.Status != http.StatusNoContent {
		return "", &fault.Error{
			Kind: fault.Unavailable, Class: fault.Ambiguous, Status: got.Status, Doing: u.doing, Detail: "the answer is not that of a write",
		}
	}
	if id := path.Base(got.Header.Get("Location")); internalID(id) {
		return id, nil
	}
	return t.lookUp(ctx, u.record, "eid:"+u.external, u.doing)
}

func jsonHeader(name, value string) http.Header {
	h := http.Header{"Content-Type": {"application/json"}}
	h.Set(name, value)
	return h
}

// internalID reports whether the text is one of NetSuite's numbers.
func internalID(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// lookUp returns the internal id of a record named by its id or "eid:" and its external
// id, "" if there is none.
func (t *target) lookUp(ctx context.Context, record, id, doing string) (string, error) {
	got, err := t.client.Do(ctx, webapi.Request{
		Method: http.MethodGet, Path: recordPath + record + "/" + id, Query: url.Values{"fields": {"id"}}, WantJSON: true, Doing: doing,
	})
	if got.Status == http.StatusNotFound && fault.KindOf(err) == fault.Rejected {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return readID(got.Body, doing)
}

func readID(body []byte, doing string) (string, error) {
	var id string
	r := strictjson.NewReader(body, strictjson.Limits{})
	for key := range r.Object() {
		if key == "id" {
			id = r.ID()
		}
	}
	if err := r.End(); err != nil || id == "" {
		return "", &fault.Error{Kind: fault.Unavailable, Doing: doing, Field: "id", Detail: "the record that came has no id"}
	}
	return id, nil
}

// search returns the customers with exactly this normalised e-mail address.
func (t *target) search(ctx context.Context, email, doing string) ([]match, error) {
	quoted := strings.ReplaceAll(email, "'", "''") // the only character that ends a literal
	body, err := t.query(ctx, "SELECT id, externalid FROM customer WHERE LOWER(email) = '"+quoted+"' ORDER BY id", doing)
	if err != nil {
		return nil, err
	}
	found, err := readMatches(body)
	return found, fault.Doing(doing, err)
}

// query runs SuiteQL. It is a POST but changes nothing, so nothing about it is ambiguous.
func (t *target) query(ctx context.Context, sql, doing string) ([]byte, error) {
	w := strictjson.NewWriter(nil)
	w.Obj()
	w.StrField("q", sql)
	w.EndObj()
	body, err := finish(w)
	if err != nil {
		return nil, err
	}
	got, err := t.client.Do(ctx, webapi.Request{
		Method: http.MethodPost, Path: queryPath, Query: url.Values{"limit": {"1000"}}, Body: body, WantJSON: true, Doing: doing,
		Header: jsonHeader("Prefer", "transient"),
	})
	if e := fault.As(err); e != nil && e.Class == fault.Ambiguous {
		e.Class = fault.Intermittent
	}
	return got.Body, err
}
