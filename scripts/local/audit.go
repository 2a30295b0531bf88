package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"causeway.example/functions/netsuite"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/scripts/day"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/notice"
	"causeway.example/shared/operate"
	"causeway.example/shared/port"
)

// result is the last line of a demo. Lost and duplicated are counted at the targets' own
// books, against what the senders were told and what left the warehouse.
type result struct {
	Accepted   int   `json:"accepted"`   // deliveries that were answered with 2xx
	Found      int   `json:"found"`      // changes that no delivery reported, made up for by polling
	Confirmed  int64 `json:"confirmed"`  // events per route, as the ledger has them
	Superseded int64 `json:"superseded"` // …
	Skipped    int64 `json:"skipped"`
	Parked     int64 `json:"parked"` // waits for something that lies in the dead-letter queue, or waited too long
	Dead       int64 `json:"dead"`
	Lost       int   `json:"lost"`
	Duplicated int   `json:"duplicated"`
}

// audit compares the senders' books with those of the targets. What was lost or doubled is also
// written to out, a line each.
func (p *program) audit(ctx context.Context, out io.Writer) (result, error) {
	var r result
	if err := p.tally(ctx, &r); err != nil {
		return r, err
	}
	answers := p.senders.all()
	for _, t := range answers {
		if t.Status != 0 && t.Status < http.StatusMultipleChoices {
			r.Accepted++
		}
	}
	gaps, err := p.gaps(ctx)
	if err != nil {
		return r, err
	}
	r.Found = gaps
	lost, twice, err := day.Lost(ctx, p.store, p.systems[netsuite.Name].Auditor, acceptedOrders(answers))
	if err != nil {
		return r, err
	}
	dead, err := p.deadAt(ctx)
	if err != nil {
		return r, err
	}
	misplaced, doubled := day.Misplaced(p.stores, func(target string, order message.Key) bool { return dead[target+" "+order.String()] })
	lost, twice = append(lost, misplaced...), append(twice, doubled...)
	for _, memo := range lost {
		r.Lost++
		fmt.Fprintln(out, "lost:", memo)
	}
	waiting, err := p.waitingForDead(ctx)
	r.Parked += int64(waiting)
	for _, memo := range twice {
		r.Duplicated++
		fmt.Fprintln(out, "duplicated:", memo)
	}
	return r, err
}

// deadAt returns the orders that a target does not have because their event is dead: "netsuite" and
// the order's key.
func (p *program) deadAt(ctx context.Context) (map[string]bool, error) {
	dead := map[string]bool{}
	for _, stage := range []port.Stage{port.Dead, port.Parked} {
		entries, err := p.store.Find(ctx, port.Query{Stage: stage})
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			_, target, _ := strings.Cut(e.Route, "-to-")
			dead[target+" "+e.Entity.String()] = true
		}
	}
	return dead, nil
}

func (p *program) tally(ctx context.Context, r *result) error {
	routes, err := p.store.Tally(ctx)
	for _, t := range routes {
		r.Confirmed += t.Confirmed
		r.Superseded += t.Superseded
		r.Skipped += t.Skipped
		r.Parked += t.Parked
		r.Dead += t.Dead
	}
	return err
}

// gaps counts the changes that polling found, each once.
func (p *program) gaps(ctx context.Context) (int, error) {
	entries, err := p.store.Find(ctx, port.Query{Stage: port.Reconciled})
	events := map[string]bool{}
	for _, e := range entries {
		if e.Type == port.TypeGap && e.Error == nil && strings.HasSuffix(e.Function, "-"+string(connector.Poll)) {
			events[e.Event] = true
		}
	}
	return len(events), err
}

// acceptedOrders returns the memos of the orders whose deliveries were answered with 2xx,
// or got lost: the store has those too.
func acceptedOrders(answers []told) []string {
	var memos []string
	for _, t := range answers {
		if t.Order != "" && t.Status < http.StatusMultipleChoices {
			memos = append(memos, t.Order)
		}
	}
	slices.Sort(memos)
	return slices.Compact(memos)
}

// words returns the result for a person. letters are the dead ones by type.
func (r result) words(letters map[string]int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "The sample day is over: %s %s accepted", operate.Count(r.Accepted, "delivery"), was(r.Accepted))
	if r.Found > 0 {
		fmt.Fprintf(&b, ", and %s that no delivery reported %s found by polling", operate.Count(r.Found, "change"), was(r.Found))
	}
	b.WriteString(". ")
	switch {
	case r.Lost == 0 && r.Duplicated == 0:
		b.WriteString("The books of all fakes agree: nothing was lost, and nothing was done twice.")
	default:
		fmt.Fprintf(&b, "The books of the fakes do NOT agree: %s lost and %s done twice; the lines above name them.", operate.Count(r.Lost, "document"), operate.Count(r.Duplicated, "document"))
	}
	if len(letters) > 0 {
		fmt.Fprintf(&b, "\n%s: the dead letters above have the reason. `make run` plays the same day and keeps running; there, look into it with `%s`.", inWords(letters), notice.WhyCommand)
	}
	return b.String()
}

func was(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// line returns the result as the one JSON object that ends a demo.
func (r result) line() string {
	data, err := json.Marshal(r)
	if err != nil {
		return err.Error() // numbers always marshal
	}
	return string(data)
}

// booksPage answers GET /books: what the fake ERP holds, as JSON.
func booksPage(erp *netsuitetest.Fake) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		// The caller may have gone; there is nobody else to tell.
		_ = encoder.Encode(map[string]any{"customers": erp.Customers(), "orders": erp.Orders(), "deposits": erp.Deposits()})
	}
}
