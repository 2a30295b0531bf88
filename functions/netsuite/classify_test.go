package netsuite_test

import (
	"fmt"
	"strings"
	"testing"

	"causeway/functions/netsuite"
	"causeway/shared/fault"
)

func errorBody(code, path string) string {
	return fmt.Sprintf(`{"type":"t","title":"t","status":400,"o:errorDetails":[{"detail":"ada@example.com is wrong","o:errorCode":%q,"o:errorPath":%q}]}`, code, path)
}

func TestErrorsMeanWhatNetSuiteSays(t *testing.T) {
	t.Parallel()
	lines := []string{"lines[0].sku", "lines[2].sku", "charges[0]", "tax"}
	for _, tc := range []struct {
		name   string
		status int
		body   string
		kind   fault.Kind
		class  fault.Class
		field  string
	}{
		{"too many at once", 429, errorBody("CONCURRENCY_LIMIT_EXCEEDED", ""), fault.Throttled, fault.RateLimit, ""},
		{"too many, told as 400", 400, errorBody("SSS_REQUEST_LIMIT_EXCEEDED", ""), fault.Throttled, fault.RateLimit, ""},
		{"unknown item", 400, errorBody("INVALID_KEY_OR_REF", "item.items[1].item"), fault.Rejected, fault.MissingRef, "lines[2].sku"},
		{"unknown item, told as content", 400, errorBody("INVALID_CONTENT", "item.items[0].item"), fault.Rejected, fault.MissingRef, "lines[0].sku"},
		{"unknown item of a charge", 400, errorBody("INVALID_KEY_OR_REF", "item.items[2].item"), fault.Rejected, fault.MissingRef, "charges[0]"},
		{"unknown item, line beyond", 400, errorBody("INVALID_KEY_OR_REF", "item.items[9].item"), fault.Rejected, fault.MissingRef, "item.items[9].item"},
		{"quantity of a line", 400, errorBody("USER_ERROR", "item.items[1].quantity"), fault.Rejected, fault.Value, "lines[2].quantity"},
		{"other field of a line", 400, errorBody("INVALID_CONTENT", "item.items[1].taxCode"), fault.Rejected, fault.Value, "lines[2]"},
		{"a line as such", 400, errorBody("USER_ERROR", "item.items[3]"), fault.Rejected, fault.Value, "tax"},
		{"unknown customer", 400, errorBody("INVALID_KEY_OR_REF", "entity"), fault.NotReady, fault.MissingRef, "buyer.customer"},
		{"missing customer", 400, errorBody("USER_ERROR", "entity"), fault.Rejected, fault.Value, "buyer.customer"},
		{"unknown order", 400, errorBody("INVALID_KEY_OR_REF", "salesOrder"), fault.NotReady, fault.MissingRef, "order"},
		{"unknown payer", 400, errorBody("NONEXISTENT_ID", "customer"), fault.NotReady, fault.MissingRef, "customer"},
		{"unknown currency", 400, errorBody("INVALID_KEY_OR_REF", "currency"), fault.Rejected, fault.MissingRef, "currency"},
		{"postal code", 400, errorBody("USER_ERROR", "shippingAddress.zip"), fault.Rejected, fault.Value, "shipping.postal_code"},
		{"region", 400, errorBody("INVALID_CONTENT", "addressBook.items[0].addressBookAddress.state"), fault.Rejected, fault.Value, "address.region"},
		{"closed period", 400, errorBody("USER_ERROR", "tranDate"), fault.Rejected, fault.Value, "placed_at"},
		{"changed meanwhile", 400, errorBody("RCRD_HAS_BEEN_CHANGED", ""), fault.Unavailable, fault.Conflict, ""},
		{"409", 409, "", fault.Unavailable, fault.Conflict, ""},
		{"made meanwhile", 400, errorBody("DUP_RCRD", ""), fault.Unavailable, fault.Conflict, ""},
		{"our login", 401, errorBody("INVALID_LOGIN", ""), fault.Unauthorized, fault.Auth, ""},
		{"our role", 403, errorBody("INSUFFICIENT_PERMISSION", ""), fault.Unauthorized, fault.Auth, ""},
		{"gone", 404, errorBody("NONEXISTENT_ID", ""), fault.Rejected, fault.MissingRef, ""},
		{"their defect", 500, errorBody("UNEXPECTED_ERROR", ""), fault.Unavailable, fault.Intermittent, ""},
		{"code nobody knows", 400, errorBody("SOMETHING_ELSE", "memo"), fault.Rejected, fault.Value, "memo"},
		{"path that is a value", 400, errorBody("USER_ERROR", "ada@example.com"), fault.Rejected, fault.Value, ""},
		{"code that is a value", 400, errorBody("ada@example.com", "memo"), fault.Rejected, fault.Value, "memo"},
		{"HTML", 400, "<html>ada@example.com</html>", fault.Rejected, fault.Value, ""},
		{"no details", 400, `{"o:errorDetails":[]}`, fault.Rejected, fault.Value, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := netsuite.Classify(tc.status, []byte(tc.body), lines)
			e := fault.As(err)
			if e.Kind != tc.kind || e.ClassOrDefault() != tc.class || e.Field != tc.field {
				t.Errorf("got %v/%v at %q, want %v/%v at %q", e.Kind, e.ClassOrDefault(), e.Field, tc.kind, tc.class, tc.field)
			}
			if strings.Contains(err.Error(), "ada@") {
				t.Errorf("the error shows what NetSuite quoted: %v", err)
			}
		})
	}
}

func FuzzErrorBody(f *testing.F) {
	f.Add([]byte(errorBody("INVALID_KEY_OR_REF", "item.items[0].item")))
	f.Add([]byte(`{"o:errorDetails":[{"o:errorCode":null,"o:errorPath":"item.items[99999].x"}]}`))
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		e := fault.As(netsuite.Classify(400, body, []string{"lines[0].sku"}))
		if e.Kind == fault.Unknown || e.Kind == fault.Duplicate {
			t.Errorf("an error became %v", e.Kind)
		}
		if strings.ContainsAny(e.Field+e.Code, "@ \n\"") {
			t.Errorf("a value got into %q %q", e.Field, e.Code)
		}
	})
}

func FuzzSearchResult(f *testing.F) {
	f.Add([]byte(`{"items":[{"links":[],"id":"5","externalid":"x"},{"id":"6"}]}`))
	f.Add([]byte(`{"items":[{"id":null}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if n, err := netsuite.ReadMatches(body); err != nil && n > 0 {
			t.Errorf("%d matches beside the error %v", n, err)
		}
	})
}
