package shopifytest

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
)

// cancels are the jobs that cancel orders.
type cancels struct {
	jobs  []*cancelJob
	reads int    // of a job before it ends
	code  string // with which jobs fail
}

// cancelJob cancels an order when it was read so often.
type cancelJob struct {
	order, status, code, note string
	refunds                   bool
	reads                     int
}

// Cancellation is a request to cancel an order that Shopify took.
type Cancellation struct {
	Order, Note string
	Refunds     bool // the money goes back to the buyer
}

// Cancellations returns what orderCancel was asked for, without what was rejected.
func (f *Fake) Cancellations() (all []Cancellation) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, j := range f.cancels.jobs {
		all = append(all, Cancellation{j.order, j.note, j.refunds})
	}
	return all
}

// SlowCancel makes a job end when it was read so often, and fail with the code if one is given.
func (f *Fake) SlowCancel(reads int, code string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cancels.reads, f.cancels.code = reads, code
}

// EndCancels ends all jobs.
func (f *Fake) EndCancels() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, j := range f.cancels.jobs {
		j.reads = 0
		f.run(j)
	}
}

const cancelJobID = "gid://shopify/OrderCancelJobResult/"

// ownRoot answers what is asked about cancellations and products; known is false for anything else.
func (f *Fake) ownRoot(field *ast.Field, variables map[string]any) (value any, known bool) {
	if value, known = f.cancelRoot(field, variables); known {
		return value, known
	}
	if value, known = f.levelRoot(field, variables); known {
		return value, known
	}
	return f.catalogRoot(field, variables)
}

// cancelRoot answers what is asked about cancellations; known is false for anything else.
func (f *Fake) cancelRoot(field *ast.Field, variables map[string]any) (value any, known bool) {
	switch field.Name {
	case "orderCancel":
		return f.cancelOrder(toText(argument(field, "orderId", variables)), toText(argument(field, "staffNote", variables)), argument(field, "refundMethod", variables)), true
	case "node":
		return f.cancelNode(toText(argument(field, "id", variables))), true
	}
	return nil, false
}

// cancelOrder answers orderCancel by the rules of its documentation. A job does the work.
func (f *Fake) cancelOrder(id, note string, refund any) object {
	order := strings.TrimPrefix(id, "gid://shopify/Order/")
	held, known := f.held[order]
	shown := f.withFulfillments(held)
	switch {
	case !known:
		return uncancelled("orderId", "NOT_FOUND", "Order does not exist")
	case held["cancelled_at"] != nil:
		return uncancelled("orderId", "INVALID", "Order has already been cancelled")
	case slices.ContainsFunc(f.returns, func(r *Return) bool { return r.Order == order && r.Status == returnOpen }):
		return uncancelled("orderId", "INVALID", "Order has active returns in progress")
	case shown["fulfillment_status"] == "fulfilled" || shown["fulfillment_status"] == "partial":
		return uncancelled("orderId", "INVALID", "Order has fulfillments that can't be cancelled")
	case utf8.RuneCountInString(note) > 255:
		return uncancelled("staffNote", "INVALID", "Staff note is too long")
	}
	method, _ := refund.(map[string]any)
	refunds, _ := method["originalPaymentMethodsRefund"].(bool)
	j := &cancelJob{order: order, note: note, refunds: refunds, status: "STARTED", reads: f.cancels.reads, code: f.cancels.code}
	f.cancels.jobs = append(f.cancels.jobs, j)
	answer := f.showJob(len(f.cancels.jobs)-1, j)
	f.run(j)
	return object{"job": object{"id": answer["id"], "done": false}, "jobResult": answer, "orderCancelUserErrors": []any{}}
}

func uncancelled(field, code, why string) object {
	return object{"job": nil, "jobResult": nil, "orderCancelUserErrors": []any{object{"field": []any{field}, "code": code, "message": why}}}
}

// run ends the job if it has been read often enough.
func (f *Fake) run(j *cancelJob) {
	if j.status != "STARTED" || j.reads > 0 {
		return
	}
	held := f.held[j.order]
	if j.code != "" || held == nil || held["cancelled_at"] != nil {
		j.status = "FAILED"
		return
	}
	j.status, held["cancelled_at"], held["cancel_reason"] = "SUCCEEDED", stamp(f.clock()), "other"
	if held["financial_status"] == "authorized" {
		held["financial_status"] = "voided"
	}
	f.touch(held)
}

// clock returns the shop's time.
func (f *Fake) clock() time.Time {
	if f.Now == nil {
		return Start
	}
	return f.Now()
}

// cancelNode returns the job of the id as it is read.
func (f *Fake) cancelNode(id string) any {
	n, err := strconv.Atoi(strings.TrimPrefix(id, cancelJobID))
	if err != nil || n < 0 || n >= len(f.cancels.jobs) {
		return nil
	}
	j := f.cancels.jobs[n]
	f.run(j)
	j.reads--
	return f.showJob(n, j)
}

func (f *Fake) showJob(n int, j *cancelJob) object {
	errors := []any{}
	if j.status == "FAILED" {
		code := j.code
		if code == "" {
			code = "INVALID"
		}
		errors = append(errors, object{"code": code, "field": nil, "message": "failed"})
	}
	return object{
		"__typename": "OrderCancelJobResult", "id": cancelJobID + strconv.Itoa(n), "status": j.status, "done": j.status != "STARTED", "errors": errors,
		"order": object{"cancelledAt": utc(f.held[j.order]["cancelled_at"])},
	}
}
