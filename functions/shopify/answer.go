package shopify

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"causeway/shared/fault"
	"causeway/shared/formats/strictjson"
	"causeway/shared/webapi"
)

// classify refines what a status means. A frozen, locked or unknown shop is wrong for
// every message alike: an operator has to look, and the messages wait.
func classify(response webapi.Response, e *fault.Error) *fault.Error {
	switch response.Status {
	case http.StatusPaymentRequired, http.StatusNotFound, http.StatusLocked:
		e.Kind, e.Class = fault.Unauthorized, fault.Config
		e.Detail = "the shop is frozen, locked or unknown, or the API version has ended"
	}
	return e
}

// answer is what surrounds the data of a GraphQL answer.
type answer struct {
	failed bool
	code   string // of the first error
	cost   cost
}

// cost is Shopify's account of the query, in points.
type cost struct {
	requested, available, most, restore int64
}

// readAnswer hands the data to read, and returns the errors that came with it as a
// fault: a query fails with status 200. The cost is told either way.
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

// readErrors keeps the first error's code. The messages are left out: they may repeat
// what was asked for.
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

// points reads whole points; a fraction is dropped, which only waits a little longer.
func points(r *strictjson.Reader) int64 {
	text, _ := r.NullDecimal()
	whole, _, _ := strings.Cut(text, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return 0 // a bucket that cannot be read: the wait falls back to the shortest
	}
	return n
}

// wait is how long the bucket needs to hold what the query costs.
func (c cost) wait() time.Duration {
	missing := max(c.requested-c.available, 1)
	seconds := int64(1)
	if c.restore > 0 {
		seconds = (missing + c.restore - 1) / c.restore
	}
	return min(time.Duration(max(seconds, 1))*time.Second, webapi.MaxRetryAfter)
}

// verdicts are the codes of Shopify's top-level errors. A code that is not listed is
// about the query's own text, which is ours.
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
