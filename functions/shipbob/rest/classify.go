package rest

import (
	"net/http"
	"regexp"
	"slices"
	"sync"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/webapi"
	"causeway.example/shared/wire"
)

// Limits allow a page of 250 orders.
var Limits = strictjson.Limits{Elements: 2_000_000}

// fieldShape is the shape of a field that ShipBob names in an error.
var fieldShape = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[$A-Za-z][A-Za-z0-9_.\[\]$]{0,127}$`) })

// classify reads the wait that a 429 states in x-retry-after, and the fields that a 400 or 422
// names. ShipBob's words are left out, because they may quote a value.
func classify(answer webapi.Response, verdict *fault.Error) *fault.Error {
	switch {
	case answer.Status == http.StatusTooManyRequests && verdict.After == 0:
		verdict.After = webapi.RetryAfter(answer.Header.Get("X-Retry-After"), time.Time{})
	case answer.Status == http.StatusNotFound:
		verdict.Kind, verdict.Class = fault.Unauthorized, fault.Config
		verdict.Detail = "there is no such resource of ShipBob's API at this address"
	case answer.Status == http.StatusBadRequest || answer.Status == http.StatusUnprocessableEntity:
		verdict.Detail = "ShipBob rejects the request"
		if fields := errorFields(answer.Body); len(fields) > 0 {
			verdict.Field = fields[0]
		}
	}
	return verdict
}

// errorFields returns the names of the fields in an error body, which is an object of lists of
// messages, sorted; none of another body.
func errorFields(body []byte) (fields []string) {
	r := wire.NewReader(body, strictjson.Limits{})
	if r.Kind() != strictjson.ObjectKind {
		return nil
	}
	for member := range r.Object() {
		if fieldShape().MatchString(member) {
			fields = append(fields, member)
		}
		r.Skip()
	}
	if r.Finish() != nil {
		return nil
	}
	slices.Sort(fields)
	return fields
}
