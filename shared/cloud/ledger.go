package cloud

import (
	"context"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

var errUnknownPacking = errors.New("packed in a way that this version does not know")

// Append implements port.Ledger. The entries of one trace become one item; pointers by
// event and entity, and dead and parked entries by day, become items of their own. An
// entry that is appended again is written again, and Find returns it once: a condition on
// each entry would cost a write unit each.
//
// One or two items, and those of stage received, are written one by one, entries before the
// pointers to them: a door's role allows PutItem only.
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
	if len(w.items) <= singly || onlyReceived(entries) {
		for _, item := range w.items {
			if _, err := b.table().PutItem(ctx, &dynamodb.PutItemInput{TableName: &b.config.Table, Item: item}); err != nil {
				return failure(doing, "table "+b.config.Table, err)
			}
		}
		return nil
	}
	for start, end := range chunks(w.sizes, maxWrites, maxWriteBytes) {
		if err := b.writeBatch(ctx, doing, w.items[start:end]); err != nil {
			return err
		}
	}
	return nil
}

// singly is how many items of any stage Append writes without a batch.
const singly = 2

// onlyReceived reports whether the entries can be a door's.
func onlyReceived(entries []port.Entry) bool {
	return !slices.ContainsFunc(entries, func(e port.Entry) bool { return e.Stage != port.Received })
}

// itemSpan is the longest time between the first and the last entry of an item. Find
// relies on it.
const itemSpan = 5 * time.Minute

// runs yields the bounds of consecutive entries of one trace in the order of time.
func runs(entries []port.Entry) func(yield func(start, end int) bool) {
	return func(yield func(start, end int) bool) {
		start := 0
		for i := range entries {
			last := i+1 == len(entries)
			if last || !together(entries[start], entries[i], entries[i+1]) {
				if !yield(start, i+1) || last {
					return
				}
				start = i + 1
			}
		}
	}
}

func together(first, last, next port.Entry) bool {
	return next.Trace == last.Trace && !next.At.Before(last.At) && next.At.Sub(first.At) <= itemSpan
}

// writing gathers the items of one Append.
type writing struct {
	backend  *Backend
	items    []row
	sizes    []int
	pointers map[string]bool // that are among the items, by partition and trace
}

func (w *writing) put(item row) {
	item[TTLAttribute] = integer(w.backend.config.Now().Add(w.backend.config.Retention).Unix())
	w.items, w.sizes = append(w.items, item), append(w.sizes, itemSize(item))
}

// add adds entries of one trace, halved until they fit into an item.
func (w *writing) add(run []port.Entry) error {
	data, err := pack(withoutIDs(run))
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
	id, err := w.backend.itemID(run[0].At)
	if err != nil {
		return err
	}
	w.put(row{
		PartitionKey: text(tracePrefix + short(run[0].Trace)), SortKey: text(id),
		attrEntries: binaryValue(data), attrLatest: integer(latest(run).UnixMilli()),
	})
	for i, e := range run {
		w.point(e)
		if listedByDay(e.Stage) {
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

// withoutIDs leaves out the ids that follow from the stored content.
func withoutIDs(run []port.Entry) []port.Entry {
	lean := slices.Clone(run)
	for i, e := range run {
		lean[i].ID, lean[i].Message = "", ""
		if id := e.Identity(); lean[i].Identity() != id {
			lean[i].ID = id
		}
	}
	return lean
}

// point makes the entry's trace be found by its search keys, event and entity. An event or
// entity whose id is that of the trace needs no pointer. Neither does that of an entry on a
// route that has a cause: its event was published before, with the pointers, under the same
// trace.
func (w *writing) point(e port.Entry) {
	for _, key := range e.SearchKeys() {
		w.pointer(searchPrefix+short(key), e)
	}
	if e.Route != "" && e.Causation != "" {
		return
	}
	if e.Event != "" && e.Event != e.Trace {
		w.pointer(eventPrefix+short(e.Event), e)
	}
	if e.Entity.ID != "" && e.Entity.ID != e.Trace {
		w.pointer(entityPrefix+short(e.Entity.String()), e)
	}
}

func (w *writing) pointer(partition string, e port.Entry) {
	to := tracePrefix + short(e.Trace)
	if key := partition + "\x00" + to; !w.pointers[key] {
		w.pointers[key] = true
		w.put(row{PartitionKey: text(partition), SortKey: text(timeKey(e.At) + to)})
	}
}

// addToDay writes an entry a second time, in the list of its stage and day.
func (w *writing) addToDay(entry []port.Entry, id string, index int) error {
	data, err := pack(withoutIDs(entry))
	w.put(row{
		PartitionKey: text(dayPartition(entry[0].Stage, entry[0].At, shard(entry[0].Identity()))), SortKey: text(daySort(id, index)),
		attrEntries: binaryValue(data),
	})
	return err
}

// listedByDay reports whether operators look for the stage by itself.
func listedByDay(stage port.Stage) bool { return stage == port.Dead || stage == port.Parked }

// shards is how many partitions the list of a stage and day has. A partition takes a
// thousand writes a second; if a target begins to reject everything, each rejected message
// is such a write.
const shards = 4

// shard is the same for a repetition of the entry.
func shard(identity string) int { return int(crc32.ChecksumIEEE([]byte(identity)) % shards) }

func dayPartition(stage port.Stage, at time.Time, shard int) string {
	return fmt.Sprintf("%s%s#%s#%d", dayPrefix, stage, at.UTC().Format("20060102"), shard)
}

// daySort returns the sort key in the list of a day of the entry of that index in an item.
func daySort(id string, index int) string { return fmt.Sprintf("%s%04d", id, index) }

var idEncoding = base32.HexEncoding.WithPadding(base32.NoPadding)

// timeLength is the length of a timeKey.
const timeLength = 13

// timeKey begins a sort key. The order of keys is that of the times.
func timeKey(at time.Time) string {
	var nanos uint64
	if at.After(time.Unix(0, 0)) {
		nanos = uint64(at.UnixNano())
	}
	return idEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, nanos))
}

// keyTime returns the time that begins a sort key; 1970 if none does.
func keyTime(key string) time.Time {
	data, err := idEncoding.DecodeString(key[:min(timeLength, len(key))])
	if err != nil || len(data) < 8 {
		return time.Unix(0, 0)
	}
	return time.Unix(0, int64(binary.BigEndian.Uint64(data)))
}

// itemID returns a sort key that begins with the time. For one time, it is greater than
// any that this process returned before. It is never used twice.
func (b *Backend) itemID(at time.Time) (string, error) {
	drawn, err := b.random(3)
	if err != nil {
		return "", err
	}
	b.mu.Lock()
	b.lastID = max(b.lastID+1, b.config.Now().UnixNano())
	id := binary.BigEndian.AppendUint64(nil, uint64(b.lastID))
	b.mu.Unlock()
	return timeKey(at) + idEncoding.EncodeToString(append(id, drawn...)), nil
}

// writeBatch sends one request, and then the items that DynamoDB did not take, again.
func (b *Backend) writeBatch(ctx context.Context, doing string, items []row) error {
	open := make([]types.WriteRequest, len(items))
	for i, item := range items {
		open[i] = types.WriteRequest{PutRequest: &types.PutRequest{Item: item}}
	}
	for round := 1; ; round++ {
		out, err := b.table().BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{b.config.Table: open},
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
