package day

import (
	"context"
	"slices"
	"strings"

	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// Finder is the part of the ledger that the audit reads.
type Finder interface {
	// Find returns the entries that match every field set in the query, oldest first.
	Find(ctx context.Context, query port.Query) ([]port.Entry, error)
}

// Lost returns the memos of what ought to stand in the ERP's books and neither does nor is
// explained by the ledger: accepted orders, and published payments. twice has those that the
// ERP has more than one record of. A memo has the parts of a key: "system tenant type id".
func Lost(ctx context.Context, ledger Finder, erp connector.Auditor, accepted []string) (lost, twice []string, err error) {
	expected, err := payments(ctx, ledger)
	if err != nil {
		return nil, nil, err
	}
	expected = append(slices.Clone(accepted), expected...)
	slices.Sort(expected)
	expected = slices.Compact(expected)
	records, err := count(ctx, erp, expected)
	if err != nil {
		return nil, nil, err
	}
	for _, memo := range expected {
		if n := records[memo]; n > 0 {
			if n > 1 {
				twice = append(twice, memo)
			}
			continue
		}
		fine, err := explained(ctx, ledger, memo)
		if err != nil {
			return nil, nil, err
		}
		if !fine {
			lost = append(lost, memo)
		}
	}
	return lost, twice, nil
}

// count returns how many records the ERP has of each memo.
func count(ctx context.Context, erp connector.Auditor, memos []string) (map[string]int, error) {
	ids := map[connector.Book][]string{}
	for _, memo := range memos {
		key := keyOf(memo)
		book := connector.Book{System: key.System, Tenant: key.Tenant, Type: key.Type}
		ids[book] = append(ids[book], key.ID)
	}
	records := map[string]int{}
	for book, all := range ids {
		for some := range slices.Chunk(all, connector.MaxLookup) {
			found, err := erp.Lookup(ctx, book, some)
			if err != nil {
				return nil, err
			}
			for _, r := range found {
				records[strings.Join([]string{book.System, book.Tenant, book.Type, r.ID}, " ")]++
			}
		}
	}
	return records, nil
}

func keyOf(memo string) message.Key {
	parts := strings.SplitN(memo, " ", 4)
	return message.Key{System: parts[0], Tenant: parts[1], Type: parts[2], ID: parts[3]}
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
	entries, err := ledger.Find(ctx, port.Query{Entity: keyOf(memo)})
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
