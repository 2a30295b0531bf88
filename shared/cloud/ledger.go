package cloud

import (
	"context"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"causeway/shared/cloud/api"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/port"
)

var errUnknownPacking = errors.New("packed in a way that this version does not know")

// Append implements port.Ledger. The entries of one trace become one item; what
// finds them by event, by entity or by a bad end becomes items of its own. After an
// error some may have been written, and appending all again writes them twice.
func (b *Backend) Append(ctx context.Context, entries ...port.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	doing := fmt.Sprintf("writing %d ledger entries of trace %s", len(entries), entries[0].Trace)
	w := writing{backend: b, pointers: map[string]bool{}}
	for start, end := range runs(entries) {
		if err := w.add(entries[start:end]); err != nil {
			return fault.Doing(doing, err)
		}
	}
	if len(w.items) == 1 {
		err := b.table().PutItem(ctx, &api.PutItemInput{TableName: &b.config.Table, Item: w.items[0]})
		return failure(doing, "table "+b.config.Table, err)
	}
	for start, end := range chunks(w.sizes, maxWrites, maxWriteBytes) {
		if err := b.writeBatch(ctx, doing, w.items[start:end]); err != nil {
			return err
		}
	}
	return nil
}

// runs yields the bounds of consecutive entries of one trace.
func runs(entries []port.Entry) func(yield func(start, end int) bool) {
	return func(yield func(start, end int) bool) {
		start := 0
		for i := range entries {
			last := i+1 == len(entries)
			if last || entries[i+1].Trace != entries[i].Trace {
				if !yield(start, i+1) || last {
					return
				}
				start = i + 1
			}
		}
	}
}

// writing gathers the items of one Append.
type writing struct {
	backend  *Backend
	items    []row
	sizes    []int
	pointers map[string]bool // that are among the items, by partition and sort key
}

func (w *writing) put(item row) {
	item[TTLAttribute] = integer(w.backend.config.Now().Add(w.backend.config.Retention).Unix())
	w.items, w.sizes = append(w.items, item), append(w.sizes, itemSize(item))
}

// add adds entries of one trace, halved until they fit into an item.
func (w *writing) add(run []port.Entry) error {
	data, err := pack(run)
	if err != nil {
		return &fault.Error{Kind: fault.Invalid, Class: fault.Bug, Detail: "the entry cannot be written as JSON", Err: err}
	}
	if len(data) > maxItem-4*maxSortKey {
		if len(run) == 1 {
			return fault.New(fault.Invalid, fault.TooLarge, "", fmt.Sprintf("an entry has at most %d bytes, not %d", maxItem-4*maxSortKey, len(data)))
		}
		half := len(run) / 2
		return errors.Join(w.add(run[:half]), w.add(run[half:]))
	}
	id, err := w.backend.itemID()
	if err != nil {
		return err
	}
	w.put(row{
		PartitionKey: text(tracePrefix + short(run[0].Trace)), SortKey: text(id),
		attrEntries: binaryValue(data), attrLatest: integer(latest(run).UnixMilli()),
	})
	for i, e := range run {
		w.point(e)
		if endsBadly(e.Stage) {
			if err := w.addToDay(run[i:i+1], id, i); err != nil {
				return err
			}
		}
	}
	return nil
}

func latest(run []port.Entry) (at time.Time) {
	for _, e := range run {
		if e.At.After(at) {
			at = e.At
		}
	}
	return at
}

// point makes the entry's trace be found by event and entity. What bears the trace's
// own id needs no pointer. Neither does an entry on a route that something caused:
// its event was published before, with the pointers, under the same trace.
func (w *writing) point(e port.Entry) {
	if e.Route != "" && e.Causation != "" {
		return
	}
	if e.Event != "" && e.Event != e.Trace {
		w.pointer(eventPrefix+short(e.Event), e.Trace)
	}
	if e.Entity.ID != "" && e.Entity.ID != e.Trace {
		w.pointer(entityPrefix+short(entityText(e.Entity)), e.Trace)
	}
}

func (w *writing) pointer(partition, trace string) {
	to := tracePrefix + short(trace)
	if key := partition + "\x00" + to; !w.pointers[key] {
		w.pointers[key] = true
		w.put(row{PartitionKey: text(partition), SortKey: text(to)})
	}
}

// addToDay writes an entry a second time, where all that ended badly on its day lies.
func (w *writing) addToDay(entry []port.Entry, id string, index int) error {
	data, err := pack(entry)
	w.put(row{
		PartitionKey: text(dayPartition(entry[0].Stage, entry[0].At)), SortKey: text(fmt.Sprintf("%s%04d", id, index)),
		attrEntries: binaryValue(data),
	})
	return err
}

// endsBadly reports whether the stage is one that operators ask for by itself.
func endsBadly(stage port.Stage) bool {
	return stage == port.Dead || stage == port.Parked || stage == port.Deferred
}

func dayPartition(stage port.Stage, at time.Time) string {
	return dayPrefix + string(stage) + "#" + at.UTC().Format("20060102")
}

// entityText separates by a control character, which no id may contain; a slash is
// found in ids.
func entityText(key message.Key) string {
	return strings.Join([]string{key.System, key.Tenant, key.Type, key.ID}, "\x1f")
}

var idEncoding = base32.HexEncoding.WithPadding(base32.NoPadding)

// itemID returns a sort key that is greater than any this process returned before,
// and sorts by time among those of others. It is never drawn twice.
func (b *Backend) itemID() (string, error) {
	drawn, err := b.random(7)
	if err != nil {
		return "", err
	}
	b.mu.Lock()
	b.lastID = max(b.lastID+1, b.config.Now().UnixNano())
	id := binary.BigEndian.AppendUint64(nil, uint64(b.lastID))
	b.mu.Unlock()
	return idEncoding.EncodeToString(append(id, drawn...)), nil
}

// writeBatch sends one request, and again what of it DynamoDB did not take.
func (b *Backend) writeBatch(ctx context.Context, doing string, items []row) error {
	open := make([]api.WriteRequest, len(items))
	for i, item := range items {
		open[i] = api.WriteRequest{PutRequest: &api.PutRequest{Item: item}}
	}
	for round := 1; ; round++ {
		out, err := b.table().BatchWriteItem(ctx, &api.BatchWriteItemInput{
			RequestItems: map[string][]api.WriteRequest{b.config.Table: open},
		})
		if err != nil {
			return failure(doing, "table "+b.config.Table, err)
		}
		if open = out.UnprocessedItems[b.config.Table]; len(open) == 0 {
			return nil
		}
		if round == rounds {
			return fault.New(fault.Unavailable, fault.RateLimit, doing, fmt.Sprintf("DynamoDB left %d items unwritten", len(open)))
		}
		if err := b.pause(ctx, round); err != nil {
			return failure(doing, "table "+b.config.Table, err)
		}
	}
}
