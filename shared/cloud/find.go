package cloud

import (
	"cmp"
	"context"
	"slices"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// Find implements port.Ledger. By trace, event, entity or search key it reads the partitions of that;
// by stage dead or parked the lists of the days since. With a limit it stops when the
// limit is reached. Any other query reads the whole table, state included, at a time and
// price that grow with it.
func (b *Backend) Find(ctx context.Context, query port.Query) ([]port.Entry, error) {
	f := &finding{query: query, byID: map[string]int{}}
	if err := b.search(ctx, f); err != nil {
		return nil, failure("searching the ledger", "table "+b.config.Table, err)
	}
	return f.entries(), nil
}

func (b *Backend) search(ctx context.Context, f *finding) error {
	switch q := f.query; {
	case q.Trace != "":
		return b.trace(ctx, tracePrefix+short(q.Trace), f)
	case q.Event != "":
		return b.follow(ctx, eventPrefix+short(q.Event), q.Event, f)
	case q.Entity.ID != "":
		return b.follow(ctx, entityPrefix+short(q.Entity.String()), q.Entity.ID, f)
	case q.Key != "":
		return b.follow(ctx, searchPrefix+short(q.Key), "", f)
	case listedByDay(q.Stage):
		return b.days(ctx, f)
	}
	return b.scan(ctx, f)
}

// trace reads the items of one trace. An item's entries are not older than its key, and
// not newer by more than itemSpan.
func (b *Backend) trace(ctx context.Context, partition string, f *finding) error {
	r := reading{partition: partition, backward: f.query.Newest, page: f.page()}
	if !f.query.Since.IsZero() {
		r.from = f.query.Since.Add(-itemSpan)
	}
	return b.query(ctx, r, func(item row) (bool, error) {
		at := keyTime(textOf(item, SortKey))
		if f.query.Newest {
			at = at.Add(itemSpan)
		}
		if f.enough(at) {
			return false, nil
		}
		return true, f.add(item)
	})
}

// longestTrace is how long after its first entry a trace is taken to get others.
const longestTrace = 30 * 24 * time.Hour

// follow reads the trace that has the id, if any does, and the traces that a partition of
// pointers names, in the order of the pointers.
func (b *Backend) follow(ctx context.Context, partition, id string, f *finding) error {
	read := map[string]bool{}
	if id != "" {
		own := tracePrefix + short(id)
		if err := b.trace(ctx, own, f); err != nil {
			return err
		}
		read[own] = true
	}
	r := reading{partition: partition, backward: f.query.Newest, page: f.page()}
	if !f.query.Since.IsZero() {
		r.from = f.query.Since.Add(-longestTrace)
	}
	return b.query(ctx, r, func(pointer row) (bool, error) {
		key := textOf(pointer, SortKey)
		if f.enough(keyTime(key)) {
			return false, nil
		}
		trace := key[min(timeLength, len(key)):]
		if read[trace] {
			return true, nil
		}
		read[trace] = true
		return true, b.trace(ctx, trace, f)
	})
}

// days reads the lists of the query's stage from its time on. It looks at one day more,
// for clocks that are ahead of ours.
func (b *Backend) days(ctx context.Context, f *finding) error {
	const day = 24 * time.Hour
	now := b.config.Now()
	from := now.Add(-b.config.Retention)
	if f.query.Since.After(from) {
		from = f.query.Since
	}
	first, last := from.UTC().Truncate(day), now.Add(day).UTC().Truncate(day)
	step, at, edge := day, first, day
	if f.query.Newest {
		step, at, edge = -day, last, 0
	}
	for ; !at.Before(first) && !at.After(last); at = at.Add(step) {
		if err := b.day(ctx, at, f); err != nil || f.enough(at.Add(edge)) {
			return err
		}
	}
	return nil
}

// day reads the shards of one day's list.
func (b *Backend) day(ctx context.Context, at time.Time, f *finding) error {
	for shard := range shards {
		r := reading{partition: dayPartition(f.query.Stage, at, shard), backward: f.query.Newest, page: f.page()}
		err := b.query(ctx, r, func(item row) (bool, error) {
			if f.enough(keyTime(textOf(item, SortKey))) {
				return false, nil
			}
			return true, f.add(item)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// hit is an entry that was found, with the place that orders it among those of its instant.
type hit struct {
	entry port.Entry
	id    string
	index int
}

func (h hit) compare(other hit) int {
	return cmp.Or(h.entry.At.Compare(other.entry.At), cmp.Compare(h.id, other.id), h.index-other.index)
}

// finding is what one Find has found so far.
type finding struct {
	query port.Query
	hits  []hit
	byID  map[string]int // index of a hit by its entry's id
}

// add takes the entries of an item that match. Of entries of one id it keeps the first.
func (f *finding) add(item row) error {
	entries, err := unpack(bytesOf(item, attrEntries))
	if err != nil {
		key := textOf(item, PartitionKey) + " " + textOf(item, SortKey)
		return &fault.Error{Kind: fault.Rejected, Class: fault.Parse, Doing: "reading ledger item " + key, Err: err}
	}
	for i, e := range entries {
		if !matches(f.query, e) {
			continue
		}
		e.ID = e.Identity()
		found := hit{e, textOf(item, SortKey), i}
		at, known := f.byID[e.ID]
		switch {
		case !known:
			f.byID[e.ID] = len(f.hits)
			f.hits = append(f.hits, found)
		case found.compare(f.hits[at]) < 0:
			f.hits[at] = found
		}
	}
	return nil
}

// enough reports whether the limit is reached by entries that come before every entry of
// that time or later (Newest: or earlier).
func (f *finding) enough(at time.Time) bool {
	if f.query.Limit <= 0 || len(f.hits) < f.query.Limit {
		return false
	}
	n := 0
	for _, h := range f.hits {
		if order := h.entry.At.Compare(at); order == 0 || (order > 0) == f.query.Newest {
			n++
		}
	}
	return n >= f.query.Limit
}

// page is how many items a request reads at most; 0 for as many as fit. One item more than
// the limit shows that there is no need for another page. Filters make hits rarer.
func (f *finding) page() int32 {
	const most = 1000
	switch q := f.query; {
	case q.Limit <= 0 || q.Limit >= most:
		return 0
	case q.Route != "" || q.Hash != "" || q.Stage != "" && !listedByDay(q.Stage):
		return most
	default:
		return int32(q.Limit) + 1
	}
}

func (f *finding) entries() []port.Entry {
	slices.SortStableFunc(f.hits, hit.compare)
	if f.query.Newest {
		slices.Reverse(f.hits)
	}
	if f.query.Limit > 0 {
		f.hits = f.hits[:min(len(f.hits), f.query.Limit)]
	}
	found := make([]port.Entry, len(f.hits))
	for i := range f.hits {
		found[i] = f.hits[i].entry
	}
	return found
}

func matches(q port.Query, e port.Entry) bool {
	return fits(q.Trace, e.Trace) &&
		fits(q.Event, e.Event) &&
		fits(q.Entity, e.Entity) &&
		fits(q.Route, e.Route) &&
		fits(q.Stage, e.Stage) &&
		fits(q.Hash, e.Hashes.Canonical) &&
		(q.Since.IsZero() || !e.At.Before(q.Since)) &&
		(q.Until.IsZero() || !e.At.After(q.Until)) &&
		(q.Key == "" || slices.Contains(e.SearchKeys(), q.Key))
}

// fits reports whether a value is the wanted one; a zero wanted fits every value.
func fits[T comparable](wanted, value T) bool {
	var none T
	return wanted == none || wanted == value
}
