package admin

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/webapi"
)

// classify refines the kind of a status. A frozen, locked or unknown shop fails every message
// alike, so the messages wait for an operator.
func classify(response webapi.Response, e *fault.Error) *fault.Error {
	switch response.Status {
	case http.StatusPaymentRequired, http.StatusNotFound, http.StatusLocked:
		e.Kind, e.Class = fault.Unauthorized, fault.Config
		e.Detail = "the shop is frozen, locked or unknown, or API version " + Version + " has ended"
	}
	return e
}

// answer is the part of a GraphQL answer around its data.
type answer struct {
	failed bool
	code   string // of the first error
	cost   cost
}

// cost is what Shopify reports about the query's cost and the bucket, in points.
type cost struct {
	requested, available, most, restore int64
}

// readAnswer passes the data to read, and returns the errors of the answer as a fault: a query
// fails with status 200. The cost is returned in both cases.
func readAnswer(body []byte, read func(*strictjson.Reader)) (cost, error) {
	var a answer
	r := strictjson.NewReader(body, strictjson.Limits{Bytes: webapi.ResponseLimit})
	for key := range r.Object() {
		switch key {
		case "data":
			if !r.Null() {
				read(r)
			}
		case "errors":
			a.readErrors(r)
		case "extensions":
			a.readExtensions(r)
		}
	}
	if err := r.End(); err != nil {
		return a.cost, &fault.Error{
			Kind: fault.Unavailable, Class: fault.Intermittent, Field: err.Path,
			Detail: "the answer is not what the API promises: " + err.Rule,
		}
	}
	if !a.failed {
		return a.cost, nil
	}
	return a.cost, a.fault()
}

// readErrors keeps the first error's code. The messages are dropped: they may repeat personal
// data of the query.
func (a *answer) readErrors(r *strictjson.Reader) {
	for range r.Array() {
		code := ""
		for key := range r.Object() {
			if key == "extensions" {
				code = readCode(r)
			}
		}
		if !a.failed {
			a.failed, a.code = true, code
		}
	}
}

func readCode(r *strictjson.Reader) (code string) {
	for key := range r.Object() {
		if key == "code" {
			code, _ = r.NullString()
		}
	}
	return code
}

func (a *answer) readExtensions(r *strictjson.Reader) {
	for key := range r.Object() {
		if key == "cost" {
			a.cost = readCost(r)
		}
	}
}

func readCost(r *strictjson.Reader) (c cost) {
	for key := range r.Object() {
		switch key {
		case "requestedQueryCost":
			c.requested = points(r)
		case "throttleStatus":
			for key := range r.Object() {
				switch key {
				case "maximumAvailable":
					c.most = points(r)
				case "currentlyAvailable":
					c.available = points(r)
				case "restoreRate":
					c.restore = points(r)
				}
			}
		}
	}
	return c
}

// points reads whole points. A fraction is dropped, which makes the wait a little longer.
func points(r *strictjson.Reader) int64 {
	text, _ := r.NullDecimal()
	whole, _, _ := strings.Cut(text, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return 0 // unreadable: the wait is the shortest
	}
	return n
}

// wait returns how long the bucket takes to hold the cost of the query.
func (c cost) wait() time.Duration {
	missing := max(c.requested-c.available, 1)
	seconds := int64(1)
	if c.restore > 0 {
		seconds = (missing + c.restore - 1) / c.restore
	}
	return min(time.Duration(max(seconds, 1))*time.Second, webapi.MaxRetryAfter)
}

// verdicts are the codes of Shopify's top-level errors. Any other code is about the text of
// the query, which is a defect of this package.
var verdicts = map[string]fault.Error{
	"THROTTLED":             {Kind: fault.Throttled, Class: fault.RateLimit},
	"ACCESS_DENIED":         {Kind: fault.Unauthorized, Class: fault.Auth},
	"SHOP_INACTIVE":         {Kind: fault.Unauthorized, Class: fault.Config},
	"INTERNAL_SERVER_ERROR": {Kind: fault.Unavailable, Class: fault.Intermittent},
	"SERVICE_UNAVAILABLE":   {Kind: fault.Unavailable, Class: fault.Intermittent},
	"TIMEOUT":               {Kind: fault.Unavailable, Class: fault.Intermittent},
}

func (a *answer) fault() *fault.Error {
	e, known := verdicts[a.code]
	if !known {
		e = fault.Error{Kind: fault.Rejected, Class: fault.Bug}
	}
	e.Status, e.Code, e.Detail = http.StatusOK, a.code, "the query failed"
	if e.Kind == fault.Throttled {
		e.After = a.cost.wait()
	}
	return &e
}
