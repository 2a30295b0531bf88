package record_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/fault"
	"causeway.example/shared/webapi"
)

// classified judges an error answer as the client does, and puts it into the terms of an
// order's lines. kind is what the status alone means. Each line is a field and a value.
func classified(kind fault.Kind, status int, body, sent string, lines ...[2]string) error {
	var origins []record.Origin
	for _, l := range lines {
		origins = append(origins, record.Origin{Field: l[0], Value: l[1]})
	}
	e := suitetalk.Classify(webapi.Response{Status: status, Body: []byte(body)}, &fault.Error{Kind: kind, Status: status})
	return record.InOurTerms(e, sent, origins)
}

func errorBody(code, path string) string {
	return fmt.Sprintf(`{"type":"t","title":"t","status":400,"o:errorDetails":[{"detail":"ada@example.com is wrong","o:errorCode":%q,"o:errorPath":%q}]}`, code, path)
}

// errorDetail is an answer of NetSuite's with its own words.
func errorDetail(code, path, text string) string {
	body, err := json.Marshal(map[string]any{"title": "t", "o:errorDetails": []any{map[string]string{"detail": text, "o:errorCode": code, "o:errorPath": path}}})
	if err != nil {
		panic(err)
	}
	return string(body)
}

// userError is the code and prefix that REST gives to most causes.
func userError(path, text string) string {
	return errorDetail("USER_ERROR", path, "Error while accessing a resource. "+text)
}

// The lines that were sent in the cases below.
var sentLines = [][2]string{{"lines[0].sku", "TRAIL-42"}, {"lines[2].sku", "TEE"}, {"charges[0]", "store-tip"}, {"tax", "store-tax"}}

type answerCase struct {
	name   string
	status int
	body   string
	kind   fault.Kind
	class  fault.Class
	scope  fault.Scope
	code   string
	field  string
}

var orderAnswers = []answerCase{
	{"too many at once", 429, errorBody("CONCURRENCY_LIMIT_EXCEEDED", ""), fault.Throttled, fault.RateLimit, fault.ConnectionScope, "CONCURRENCY_LIMIT_EXCEEDED", ""},
	{"too many, as 400", 400, errorBody("SSS_REQUEST_LIMIT_EXCEEDED", ""), fault.Throttled, fault.RateLimit, fault.ConnectionScope, "SSS_REQUEST_LIMIT_EXCEEDED", ""},
	{"too many, as a user error", 400, userError("", "Concurrent request limit exceeded. Request blocked."), fault.Throttled, fault.RateLimit, fault.ConnectionScope, "CONCURRENCY_LIMIT_EXCEEDED", ""},
	{
		"too many, as the second entry", 400,
		`{"o:errorDetails":[{"detail":"x","o:errorCode":"USER_ERROR"},{"detail":"Concurrent request limit exceeded.","o:errorCode":"CONCURRENCY_LIMIT_EXCEEDED"}]}`,
		fault.Throttled, fault.RateLimit, fault.ConnectionScope, "CONCURRENCY_LIMIT_EXCEEDED", "",
	},

	{"unknown item", 400, errorBody("INVALID_VALUE", "item.items[1].item"), fault.Rejected, fault.MissingRef, fault.EntityScope, "INVALID_VALUE", "lines[2].sku"},
	{"unknown item, as content", 400, errorBody("INVALID_CONTENT", "item.items[0].item"), fault.Rejected, fault.MissingRef, fault.EntityScope, "INVALID_CONTENT", "lines[0].sku"},
	{"unknown item of a charge", 400, errorBody("INVALID_KEY_OR_REF", "item.items[2].item"), fault.Rejected, fault.MissingRef, fault.EntityScope, "INVALID_KEY_OR_REF", "charges[0]"},
	{"unknown item, the last line", 400, errorBody("INVALID_VALUE", "item.items[3].item"), fault.Rejected, fault.MissingRef, fault.EntityScope, "INVALID_VALUE", "tax"},
	{"unknown item, line beyond", 400, errorBody("INVALID_VALUE", "item.items[4].item"), fault.Rejected, fault.MissingRef, fault.EntityScope, "INVALID_VALUE", "item.items[4].item"},
	{"unknown item without a path", 400, errorDetail("INVALID_VALUE", "", "Invalid value for the resource or sub-resource field 'item'. Provide a valid value."), fault.Rejected, fault.MissingRef, fault.EntityScope, "INVALID_VALUE", "lines"},
	{"inactive item", 400, userError("item.items[0].item", "Invalid item reference key 12345"), fault.Rejected, fault.MissingRef, fault.EntityScope, "INVALID_KEY_OR_REF", "lines[0].sku"},
	{"item of another subsidiary", 400, userError("item.items[0].item", "Invalid item reference key 149 for subsidiary 1."), fault.Rejected, fault.MissingRef, fault.EntityScope, "WRONG_SUBSIDIARY", "lines[0].sku"},
	{"customer of another subsidiary", 400, userError("", "Invalid entity reference key 5 for subsidiary 2."), fault.Rejected, fault.MissingRef, fault.EntityScope, "WRONG_SUBSIDIARY", "buyer.customer"},
	{"location of another subsidiary", 400, userError("", "Invalid location reference key 5 for subsidiary 2."), fault.Rejected, fault.Config, fault.EntityScope, "WRONG_SUBSIDIARY", "NETSUITE_LOCATION"},
	{"currency that the customer lacks", 400, userError("", "Invalid currency reference key 2 for entity 612"), fault.Rejected, fault.MissingRef, fault.EntityScope, "WRONG_ENTITY", "currency"},
	{"quantity of a line", 400, errorBody("USER_ERROR", "item.items[1].quantity"), fault.Rejected, fault.Value, fault.EntityScope, "USER_ERROR", "lines[2].quantity"},
	{"other field of a line", 400, errorBody("INVALID_CONTENT", "item.items[1].taxCode"), fault.Rejected, fault.Value, fault.EntityScope, "INVALID_CONTENT", "lines[2]"},
	{"a line as such", 400, errorBody("USER_ERROR", "item.items[3]"), fault.Rejected, fault.Value, fault.EntityScope, "USER_ERROR", "tax"},
	{"unknown customer", 400, errorBody("INVALID_VALUE", "entity"), fault.NotReady, fault.MissingRef, fault.EntityScope, "INVALID_VALUE", "buyer.customer"},
	{"unknown customer without a path", 400, errorDetail("INVALID_CONTENT", "", "You have entered an Invalid Field Value 9999 for the following field: entity"), fault.NotReady, fault.MissingRef, fault.EntityScope, "INVALID_CONTENT", "buyer.customer"},
	{"missing customer", 400, errorBody("USER_ERROR", "entity"), fault.Rejected, fault.Value, fault.EntityScope, "USER_ERROR", "buyer.customer"},
	{"unknown currency", 400, errorBody("INVALID_KEY_OR_REF", "currency"), fault.Rejected, fault.MissingRef, fault.EntityScope, "INVALID_KEY_OR_REF", "currency"},
	{"postal code", 400, errorBody("USER_ERROR", "shippingAddress.zip"), fault.Rejected, fault.Value, fault.EntityScope, "USER_ERROR", "shipping.postal_code"},
	{"region", 400, errorBody("INVALID_CONTENT", "addressBook.items[0].addressBookAddress.state"), fault.Rejected, fault.Value, fault.EntityScope, "INVALID_CONTENT", "address.region"},

	{"locked", 400, userError("", "This record has been locked by a user defined workflow."), fault.Rejected, fault.Conflict, fault.EntityScope, "RCRD_LOCKED_BY_WF", ""},
	{"linked line", 400, userError("item", "Failed to delete line 2. This line is linked to another transaction."), fault.Rejected, fault.Conflict, fault.EntityScope, "CANT_DELETE_TRAN_LINE", "lines"},
	{"linked line by its code", 400, errorBody("CANT_UPDATE_LINKED_TRANS_LINES", "item.items[0]"), fault.Rejected, fault.Conflict, fault.EntityScope, "CANT_UPDATE_LINKED_TRANS_LINES", "lines[0]"},
	{"approved", 400, userError("", "You cannot cancel this order because it has already been approved."), fault.Rejected, fault.Conflict, fault.EntityScope, "ORD_ALREADY_APPRVD", ""},
	{"no line", 400, userError("", "You must have at least one valid line item for this transaction."), fault.Rejected, fault.Value, fault.EntityScope, "VALID_LINE_ITEM_REQD", ""},
	{"closed period", 400, userError("", "Insert Transaction Failure: No valid, open, posting period for date - 1/1/2020"), fault.Rejected, fault.Config, fault.EntityScope, "VALID_PRD_REQD", "placed_at"},
	{"a field of the account's own", 400, userError("", "Please enter value(s) for: Sales Channel."), fault.Rejected, fault.Value, fault.EntityScope, "MISSING_VALUE", ""},

	{"changed meanwhile", 400, errorBody("RCRD_HAS_BEEN_CHANGED", ""), fault.Unavailable, fault.Conflict, fault.EntityScope, "RCRD_HAS_BEEN_CHANGED", ""},
	{"changed meanwhile, in words", 400, userError("", "Record has been changed"), fault.Unavailable, fault.Conflict, fault.EntityScope, "RCRD_HAS_BEEN_CHANGED", ""},
	{"409", 409, "", fault.Unavailable, fault.Conflict, fault.ConnectionScope, "", ""},
	{"created meanwhile", 400, errorBody("DUP_RCRD", ""), fault.Unavailable, fault.Conflict, fault.EntityScope, "DUP_RCRD", ""},
	{"script out of units", 400, userError("", "Script Execution Usage Limit Exceeded"), fault.Unavailable, fault.Intermittent, fault.EntityScope, "SSS_USAGE_LIMIT_EXCEEDED", ""},
	{"script out of time", 400, errorBody("SSS_TIME_LIMIT_EXCEEDED", ""), fault.Unavailable, fault.Intermittent, fault.EntityScope, "SSS_TIME_LIMIT_EXCEEDED", ""},

	{"our login", 401, errorBody("INVALID_LOGIN", ""), fault.Unauthorized, fault.Auth, fault.ConnectionScope, "INVALID_LOGIN", ""},
	{"our role", 403, errorBody("INSUFFICIENT_PERMISSION", ""), fault.Unauthorized, fault.Auth, fault.OperationScope, "INSUFFICIENT_PERMISSION", ""},
	{"our role, in words", 400, userError("", "Permission Violation: You need the 'Lists -> Customers' permission"), fault.Unauthorized, fault.Auth, fault.OperationScope, "INSUFFICIENT_PERMISSION", ""},
	{"403 with another code", 403, errorBody("SOMETHING_ELSE", ""), fault.Unauthorized, fault.Auth, fault.OperationScope, "SOMETHING_ELSE", ""},
	{"403 of a proxy", 403, "<html>", fault.Unauthorized, fault.Auth, fault.ConnectionScope, "", ""},
	{"no such record", 404, errorBody("NONEXISTENT_ID", ""), fault.Rejected, fault.MissingRef, fault.EntityScope, "NONEXISTENT_ID", ""},
	{"no such transaction", 400, userError("", "Transaction type specified is incorrect."), fault.Rejected, fault.MissingRef, fault.EntityScope, "NONEXISTENT_ID", ""},
	{"404 of a proxy", 404, "<html>", fault.Unavailable, fault.Intermittent, fault.ConnectionScope, "", ""},
	{"their defect", 500, errorBody("UNEXPECTED_ERROR", ""), fault.Unavailable, fault.Intermittent, fault.EntityScope, "UNEXPECTED_ERROR", ""},
	{"their defect, another code", 500, errorBody("SOMETHING_ELSE", ""), fault.Unavailable, fault.Intermittent, fault.EntityScope, "SOMETHING_ELSE", ""},
	{"500 of a proxy", 500, "<html>", fault.Unavailable, fault.Intermittent, fault.ConnectionScope, "", ""},
	{"maintenance", 503, "<html>", fault.Unavailable, fault.Intermittent, fault.ConnectionScope, "", ""},
	{"503 with a document", 503, errorBody("UNEXPECTED_ERROR", ""), fault.Unavailable, fault.Intermittent, fault.ConnectionScope, "UNEXPECTED_ERROR", ""},
	{"unknown code", 400, errorBody("SOMETHING_ELSE", "memo"), fault.Rejected, fault.Value, fault.EntityScope, "SOMETHING_ELSE", "memo"},
	{"path that is a value", 400, errorBody("USER_ERROR", "ada@example.com"), fault.Rejected, fault.Value, fault.EntityScope, "USER_ERROR", ""},
	{"code that is a value", 400, errorBody("ada@example.com", "memo"), fault.Rejected, fault.Value, fault.EntityScope, "", "memo"},
	{"HTML", 400, "<html>ada@example.com</html>", fault.Rejected, fault.Value, fault.EntityScope, "", ""},
	{"no details", 400, `{"o:errorDetails":[]}`, fault.Rejected, fault.Value, fault.EntityScope, "", ""},
}

// kindOfStatus is what webapi makes of a status before the body is read.
func kindOfStatus(status int) fault.Kind {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return fault.Unauthorized
	case status == http.StatusTooManyRequests:
		return fault.Throttled
	case status < 500:
		return fault.Rejected
	}
	return fault.Unavailable
}

func TestErrorsAreJudgedByTheirCause(t *testing.T) {
	t.Parallel()
	for _, tc := range orderAnswers {
		t.Run(tc.name, func(t *testing.T) { wantAnswer(t, "salesOrder", tc) })
	}
	for _, tc := range []answerCase{
		{"unknown order", 400, errorBody("INVALID_VALUE", "salesOrder"), fault.NotReady, fault.MissingRef, fault.EntityScope, "INVALID_VALUE", "order"},
		{"unknown payer", 400, errorBody("NONEXISTENT_ID", "customer"), fault.NotReady, fault.MissingRef, fault.EntityScope, "NONEXISTENT_ID", "customer"},
		{"closed period", 400, userError("", "This transaction is in a period that has been closed. You may not edit it."), fault.Rejected, fault.Config, fault.EntityScope, "TRANS_EDIT_DISALLWD", "at"},
		{"closed period by its code", 400, errorBody("CLOSED_TRAN_PRD", "tranDate"), fault.Rejected, fault.Config, fault.EntityScope, "CLOSED_TRAN_PRD", "at"},
		{"date outside", 400, userError("tranDate", "The transaction date you specified is not within the date range of your accounting period."), fault.Rejected, fault.Config, fault.EntityScope, "VALID_PRD_REQD", "at"},
	} {
		t.Run("deposit: "+tc.name, func(t *testing.T) { wantAnswer(t, "customerDeposit", tc) })
	}
	t.Run("customer: name taken", func(t *testing.T) {
		wantAnswer(t, "customer", answerCase{"", 400, userError("", "This entity already exists."), fault.Rejected, fault.Conflict, fault.EntityScope, "UNIQUE_CUST_ID_REQD", ""})
	})
}

func wantAnswer(t *testing.T, sent string, tc answerCase) {
	t.Helper()
	err := classified(kindOfStatus(tc.status), tc.status, tc.body, sent, sentLines...)
	e := fault.As(err)
	if e.Kind != tc.kind || e.ClassOrDefault() != tc.class || e.ScopeOrDefault() != tc.scope {
		t.Errorf("got %v/%v/%v, want %v/%v/%v", e.Kind, e.ClassOrDefault(), e.ScopeOrDefault(), tc.kind, tc.class, tc.scope)
	}
	if e.Code != tc.code || e.Field != tc.field {
		t.Errorf("got %q at %q, want %q at %q", e.Code, e.Field, tc.code, tc.field)
	}
	if strings.Contains(err.Error(), "ada@") {
		t.Errorf("the error shows what NetSuite quoted: %v", err)
	}
}

func TestErrorsNameTheValueAndTheNextStep(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		errorBody("INVALID_VALUE", "item.items[0].item"):                                    `lines[0].sku: "TRAIL-42": NetSuite has no item with this external id (at item.items[0].item); create the item, then redrive: 400 INVALID_VALUE`,
		userError("item.items[1].item", "Invalid item reference key 149 for subsidiary 1."): `lines[2].sku: "TEE": is not available in the subsidiary (at item.items[1].item); add the subsidiary to it in NetSuite, then redrive: 400 WRONG_SUBSIDIARY`,
		userError("", "Please enter value(s) for: Sales Channel."):                          `NetSuite demands a value for Sales Channel: 400 MISSING_VALUE`,
		userError("", "This record has been locked by a user defined workflow."):            `a workflow in NetSuite has locked the record; unlock it, then redrive: 400 RCRD_LOCKED_BY_WF`,
	} {
		if got := classified(fault.Rejected, 400, body, "salesOrder", sentLines...).Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	broken := errorDetail("UNEXPECTED_ERROR", "", "An unexpected error occurred. Error ID: l5k2ab9x0")
	if got := classified(fault.Unavailable, 500, broken, "salesOrder").Error(); !strings.Contains(got, "l5k2ab9x0") {
		t.Errorf("the id for NetSuite's support is missing: %s", got)
	}
}

func FuzzErrorBody(f *testing.F) {
	f.Add([]byte(errorBody("INVALID_KEY_OR_REF", "item.items[0].item")))
	f.Add([]byte(`{"o:errorDetails":[{"o:errorCode":null,"o:errorPath":"item.items[99999].x"}]}`))
	f.Add([]byte(userError("", "Invalid currency reference key ada@example.com for entity \"x\"")))
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		e := fault.As(classified(fault.Rejected, 400, string(body), "salesOrder", [2]string{"lines[0].sku", "TEE"}))
		if e.Kind == fault.Unknown || e.Kind == fault.Duplicate {
			t.Errorf("an error became %v", e.Kind)
		}
		if strings.ContainsAny(e.Field+e.Code, "@ \n\"") {
			t.Errorf("a value got into %q %q", e.Field, e.Code)
		}
	})
}
