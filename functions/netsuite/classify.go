package netsuite

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"causeway/shared/fault"
	"causeway/shared/webapi"
)

type verdict struct {
	kind  fault.Kind
	class fault.Class
}

// verdicts says what NetSuite's own error codes mean; for a code that is not listed the
// status decides. A record that somebody else has just changed or created can be written
// on the next try.
var verdicts = map[string]verdict{
	"CONCURRENCY_LIMIT_EXCEEDED": {fault.Throttled, fault.RateLimit},
	"SSS_REQUEST_LIMIT_EXCEEDED": {fault.Throttled, fault.RateLimit},
	"RCRD_HAS_BEEN_CHANGED":      {fault.Unavailable, fault.Conflict},
	"DUP_RCRD":                   {fault.Unavailable, fault.Conflict},
	"UNEXPECTED_ERROR":           {fault.Unavailable, fault.Intermittent},
	"INVALID_LOGIN":              {fault.Unauthorized, fault.Auth},
	"INSUFFICIENT_PERMISSION":    {fault.Unauthorized, fault.Auth},
	"INVALID_KEY_OR_REF":         {fault.Rejected, fault.MissingRef},
	"NONEXISTENT_ID":             {fault.Rejected, fault.MissingRef},
	"INVALID_CONTENT":            {fault.Rejected, fault.Value},
	"USER_ERROR":                 {fault.Rejected, fault.Value},
}

// The shapes of what is copied from an answer, so that no value gets into a fault. They
// are compiled at the first refusal: half a millisecond that no start has to wait for.
var (
	codeShape = shape(`^[A-Z][A-Z0-9_]{0,63}$`)
	pathShape = shape(`^[A-Za-z][A-Za-z0-9_.\[\]]{0,127}$`)
	linePath  = shape(`^item\.items\[(\d{1,5})\]\.?(.*)$`)
)

func shape(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// classify refines what the status said by NetSuite's error code and path.
func classify(r webapi.Response, e *fault.Error) *fault.Error {
	if r.Status == http.StatusConflict {
		e.Kind, e.Class = fault.Unavailable, fault.Conflict
	}
	found, ok := readRefusal(r.Body)
	if !ok {
		e.Detail = "the answer is not an error of NetSuite's"
		return e
	}
	if codeShape().MatchString(found.code) {
		e.Code = found.code
	}
	if pathShape().MatchString(found.path) {
		e.Field = found.path
	}
	if v, known := verdicts[e.Code]; known {
		e.Kind, e.Class = v.kind, v.class
	}
	return e
}

// inOurTerms rewrites a refusal of the body that was sent into one of the canonical
// entity. lines holds the canonical field of each line of a sales order. Where NetSuite
// does not know the customer or the order that was named, it is not there yet or was
// deleted: both may pass.
func inOurTerms(err error, lines []string) error {
	if fault.KindOf(err) != fault.Rejected {
		return err
	}
	e := *fault.As(err)
	theirs := e.Field
	if e.Field = ourField(theirs, lines); e.Field != theirs {
		e.Detail = "NetSuite says so of " + theirs
	}
	if !refersToNothing(e.Code) {
		return &e
	}
	if parents[theirs] {
		e.Kind, e.Class = fault.NotReady, fault.MissingRef
	} else if strings.HasSuffix(theirs, ".item") {
		e.Class = fault.MissingRef
	}
	return &e
}

// parents are the fields that name an entity which has to be there first.
var parents = map[string]bool{"entity": true, "customer": true, "salesOrder": true}

// refersToNothing reports whether the code can say that what the path names is not there.
// NetSuite answers INVALID_CONTENT to an unknown item (online help, "Error Handling in
// REST Web Services").
func refersToNothing(code string) bool {
	return slices.Contains([]string{"INVALID_KEY_OR_REF", "INVALID_CONTENT", "NONEXISTENT_ID"}, code)
}

// ourField returns the canonical path of a field of NetSuite's, or the field itself
// where there is none.
func ourField(field string, lines []string) string {
	if at := linePath().FindStringSubmatch(field); at != nil {
		return ourLine(field, at[1], at[2], lines)
	}
	for theirs, ours := range prefixes {
		if rest, ok := strings.CutPrefix(field, theirs+"."); ok {
			return ours + "." + name(rest)
		}
	}
	return name(field)
}

// ourLine returns the field that the line was made of, which for an unknown item is the
// SKU, and for anything else the line that the SKU is on.
func ourLine(field, number, rest string, lines []string) string {
	i, err := strconv.Atoi(number)
	if err != nil || i >= len(lines) {
		return field
	}
	if rest == "item" {
		return lines[i]
	}
	line := strings.TrimSuffix(lines[i], ".sku")
	if rest == "quantity" {
		return line + ".quantity"
	}
	return line
}

var prefixes = map[string]string{
	"shippingAddress":                         "shipping",
	"billingAddress":                          "billing",
	"addressBook.items[0].addressBookAddress": "address",
}

var names = map[string]string{
	"addressee": "last_name", "attention": "last_name", "addr1": "line1", "addr2": "line2", "state": "region", "zip": "postal_code",
	"addrPhone": "phone", "firstName": "first_name", "lastName": "last_name", "companyName": "company", "comments": "note",
	"otherRefNum": "name", "tranDate": "placed_at", "entity": "buyer.customer", "salesOrder": "order", "payment": "amount",
	"paymentOption": "method", "shipMethod": "deliveries", "shippingCost": "deliveries",
}

func name(field string) string {
	if ours, ok := names[field]; ok {
		return ours
	}
	return field
}
