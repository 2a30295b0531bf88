package day

import (
	"context"
	"slices"
	"strings"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// Finder is the part of the ledger that the audit reads.
type Finder interface {
	// Find returns the entries that match every field set in the query, oldest first.
	Find(ctx context.Context, query port.Query) ([]port.Entry, error)
}

// Lost returns the memos of what ought to stand in the ERP's books and neither does
// nor is explained by the ledger: accepted orders, and published payments.
func Lost(ctx context.Context, ledger Finder, erp *netsuitetest.Fake, accepted []string) ([]string, error) {
	expected, err := payments(ctx, ledger)
	if err != nil {
		return nil, err
	}
	expected = append(slices.Clone(accepted), expected...)
	slices.Sort(expected)
	var lost []string
	books := booksOf(erp)
	for _, memo := range slices.Compact(expected) {
		if books[memo] > 0 {
			continue
		}
		fine, err := explained(ctx, ledger, memo)
		if err != nil {
			return nil, err
		}
		if !fine {
			lost = append(lost, memo)
		}
	}
	return lost, nil
}

// booksOf counts the records by their memo, which names the store's own document.
func booksOf(erp *netsuitetest.Fake) map[string]int {
	count := map[string]int{}
	for _, order := range erp.Orders() {
		count[order.Memo]++
	}
	for _, deposit := range erp.Deposits() {
		count[deposit.Memo]++
	}
	return count
}

// payments returns the memos of the captured payments that were published.
func payments(ctx context.Context, ledger Finder) (memos []string, err error) {
	published, err := ledger.Find(ctx, port.Query{Stage: port.Published})
	for _, e := range published {
		if e.Entity.Type == "payment" {
			memos = append(memos, strings.Join([]string{e.Entity.System, e.Entity.Tenant, e.Entity.Type, e.Entity.ID}, " "))
		}
	}
	return memos, err
}

// explained reports whether the ledger says why the document is not in the ERP: it ended
// otherwise, or something of its delivery that it waits for is dead. A duplicate explains
// nothing: the ERP would have to have what it repeats.
func explained(ctx context.Context, ledger Finder, memo string) (bool, error) {
	parts := strings.SplitN(memo, " ", 4)
	key := message.Key{System: parts[0], Tenant: parts[1], Type: parts[2], ID: parts[3]}
	entries, err := ledger.Find(ctx, port.Query{Entity: key})
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Outcome, "duplicate: ") {
			continue
		}
		if e.Route != "" && e.Stage.Ends() && e.Stage != port.Confirmed && e.Stage != port.Superseded {
			return true, nil
		}
		beside, err := ledger.Find(ctx, port.Query{Trace: e.Trace})
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(beside, func(e port.Entry) bool { return e.Stage == port.Dead || e.Stage == port.Parked }) {
			return true, nil
		}
	}
	return false, nil
}
