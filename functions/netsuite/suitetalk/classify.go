package suitetalk

import (
	"net/http"
	"strings"

	"causeway.example/shared/fault"
	"causeway.example/shared/webapi"
)

// Classify refines what the status meant by NetSuite's error document. A document is about
// one record under any status. Without one, a failure is about the connection.
func Classify(r webapi.Response, e *fault.Error) *fault.Error {
	if r.Status == http.StatusConflict {
		e.Kind, e.Class = fault.Unavailable, fault.Conflict
	}
	all := readRefusals(r.Body)
	if len(all) == 0 {
		return withoutDocument(e)
	}
	found := worst(all)
	e.Code, e.Field = found.cause()
	v, known := verdicts[e.Code]
	switch {
	case known:
		e.Kind, e.Class, e.Scope, e.Detail = v.Kind, v.Class, v.Scope, v.Rule
	case e.Status == http.StatusForbidden:
		e.Scope = fault.OperationScope
	case e.Kind == fault.Unavailable:
		e.Scope = fault.EntityScope
	}
	if e.Status == http.StatusServiceUnavailable {
		e.Scope = fault.ConnectionScope
	}
	if id := errorID().FindStringSubmatch(found.text); id != nil {
		e.Detail += " (NetSuite's error id " + id[1] + ")"
	}
	if found.code == missingRecord && found.text != "" && !strings.Contains(strings.ToLower(found.text), "does not exist") {
		e.Detail = notEnglish
	}
	if label := missingField().FindStringSubmatch(found.text); label != nil && e.Code == missingValue {
		e.Detail += " for " + label[1]
	}
	return e
}

// withoutDocument judges an answer that is not NetSuite's: a proxy's page, or a load
// balancer's. Only a body that was rejected with 400 can be about its record.
func withoutDocument(e *fault.Error) *fault.Error {
	e.Detail = "the answer is not an error of NetSuite's"
	if e.Status == http.StatusNotFound || e.Status == http.StatusGone {
		e.Kind, e.Class = fault.Unavailable, fault.Intermittent
	}
	if e.Kind == fault.Unavailable || e.Kind == fault.Unauthorized || e.Kind == fault.Throttled {
		e.Scope = fault.ConnectionScope
	}
	return e
}

// worst returns the entry that decides: one about a limit, or else the first.
func worst(all []refusal) refusal {
	for _, r := range all {
		if code, _ := r.cause(); verdicts[code].Kind == fault.Throttled {
			return r
		}
	}
	return all[0]
}
