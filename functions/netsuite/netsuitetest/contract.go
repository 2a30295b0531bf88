package netsuitetest

import (
	"bytes"
	_ "embed"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

const (
	recordPath = "/services/rest/record/v1/"
	queryPath  = "/services/rest/query/v1/suiteql"
	tokenPath  = "/services/rest/auth/oauth2/v1/token"
)

//go:embed testdata/contract.json
var contractJSON []byte

// contract checks requests against the OpenAPI description in testdata.
type contract struct{ doc *openapi3.T }

// loadContract stops on an error that only a wrong file in testdata can cause.
var loadContract = sync.OnceValue(func() *contract {
	doc, err := openapi3.NewLoader().LoadFromData(contractJSON)
	if err != nil {
		panic(err)
	}
	return &contract{doc}
})

// Refuses returns why the contract does not allow the body that makes the record, nil if it
// does: of its PUT, or where it has none, of the transform that makes it.
func Refuses(record string, body []byte) error {
	method, path := http.MethodPut, record+"/eid:x"
	switch record {
	case fulfillmentRecord, invoiceRecord, returnRecord:
		method, path = http.MethodPost, orderRecord+"/1/!transform/"+record
	case receiptRecord:
		method, path = http.MethodPost, returnRecord+"/1/!transform/"+record
	case creditMemoRecord:
		method, path = http.MethodPost, invoiceRecord+"/1/!transform/"+record
	case cashRefundRecord:
		method, path = http.MethodPost, cashSaleRecord+"/1/!transform/"+record
	}
	r, err := http.NewRequest(method, "http://localhost"+recordPath+path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if bad := loadContract().check(r, body); bad != nil {
		return errors.New(bad.code + " " + bad.path + ": " + bad.detail)
	}
	return nil
}

func (c *contract) check(r *http.Request, body []byte) *refusal {
	route, params := c.route(r)
	if route == nil {
		return &refusal{http.StatusNotFound, "NOT_FOUND", "", "There is no such resource."}
	}
	for name := range r.URL.Query() {
		if route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			return invalid("INVALID_PARAMETER", "", "Invalid query parameter.")
		}
	}
	checked := r.Clone(r.Context())
	checked.Body = io.NopCloser(bytes.NewReader(body))
	err := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: checked, PathParams: params, Route: route,
	})
	if err != nil {
		return invalid("INVALID_CONTENT", pathOf(err), "The request does not fit the contract: "+firstLine(err))
	}
	return nil
}

// route finds the operation. A record's path ends with its id, or with what it is made into.
func (c *contract) route(r *http.Request) (*routers.Route, map[string]string) {
	template, params := r.URL.Path, map[string]string{}
	if rest, ok := strings.CutPrefix(template, recordPath); ok {
		kind, id, _ := strings.Cut(rest, "/")
		id, action, _ := strings.Cut(id, "/")
		template, params["id"] = strings.TrimSuffix(recordPath+kind+"/{id}/"+action, "/"), id
	}
	item := c.doc.Paths.Value(template)
	if item == nil || params["id"] == "" && template != queryPath {
		return nil, nil
	}
	operation := item.GetOperation(r.Method)
	if operation == nil {
		return nil, nil
	}
	return &routers.Route{Spec: c.doc, Path: template, PathItem: item, Method: r.Method, Operation: operation}, params
}

// pathOf writes the place of a schema error as NetSuite does: item.items[0].quantity.
func pathOf(err error) string {
	broken, ok := errors.AsType[*openapi3.SchemaError](err)
	if !ok {
		return ""
	}
	var b strings.Builder
	for _, step := range broken.JSONPointer() {
		if _, err := strconv.Atoi(step); err == nil {
			b.WriteString("[" + step + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(step)
	}
	return b.String()
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
