package cloud

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"causeway/shared/cloud/api"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/port"
)

// hit is an entry that was found, with what orders it among those of its instant.
type hit struct {
	entry port.Entry
	id    string
	index int
}

// Find implements port.Ledger. By trace, event or entity it reads what belongs to
// that; by a stage that ends badly the days since; anything else reads the whole
// table, state included, in time and at a price that grow with it.
func (b *Backend) Find(ctx context.Context, query port.Query) ([]port.Entry, error) {
	var hits []hit
	err := b.search(ctx, query, func(item row) error {
		entries, err := unpack(bytesOf(item, attrEntries))
		if err != nil {
			key := textOf(item, PartitionKey) + " " + textOf(item, SortKey)
			return &fault.Error{Kind: fault.Rejected, Class: fault.Parse, Doing: "reading ledger item " + key, Err: err}
		}
		for i, e := range entries {
			if matches(query, e) {
				hits = append(hits, hit{e, textOf(item, SortKey), i})
			}
		}
		return nil
	})
	if err != nil {
		return nil, failure("searching the ledger", "table "+b.config.Table, err)
	}
	slices.SortStableFunc(hits, func(a, b hit) int {
		return cmp.Or(a.entry.At.Compare(b.entry.At), cmp.Compare(a.id, b.id), a.index-b.index)
	})
	if query.Limit > 0 {
		hits = hits[:min(len(hits), query.Limit)]
	}
	found := make([]port.Entry, len(hits))
	for i := range hits {
		found[i] = hits[i].entry
	}
	return found, nil
}

func matches(q port.Query, e port.Entry) bool {
	return (q.Trace == "" || q.Trace == e.Trace) &&
		(q.Event == "" || q.Event == e.Event) &&
		(q.Entity == message.Key{} || q.Entity == e.Entity) &&
		(q.Route == "" || q.Route == e.Route) &&
		(q.Stage == "" || q.Stage == e.Stage) &&
		(q.Since.IsZero() || !e.At.Before(q.Since))
}

// visit is told each item that may hold what is looked for.
type visit func(item row) error

func (b *Backend) search(ctx context.Context, q port.Query, visit visit) error {
	switch {
	case q.Trace != "":
		return b.query(ctx, tracePrefix+short(q.Trace), visit)
	case q.Event != "":
		return b.follow(ctx, eventPrefix+short(q.Event), q.Event, visit)
	case q.Entity.ID != "":
		return b.follow(ctx, entityPrefix+short(entityText(q.Entity)), q.Entity.ID, visit)
	case endsBadly(q.Stage):
		return b.days(ctx, q, visit)
	}
	return b.scan(ctx, q.Since, visit)
}

// query visits the items of one partition, strongly consistent.
func (b *Backend) query(ctx context.Context, partition string, visit visit) error {
	input := &api.QueryInput{
		TableName: &b.config.Table, ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String(PartitionKey + " = :partition"),
		ExpressionAttributeValues: row{":partition": text(partition)},
	}
	return pages(visit, func(after row) (*api.ItemsOutput, error) {
		input.ExclusiveStartKey = after
		return b.table().Query(ctx, input)
	})
}

// pages visits the items of each page until there is no next one.
func pages(visit visit, next func(after row) (*api.ItemsOutput, error)) error {
	var after row
	for {
		page, err := next(after)
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			if err := visit(item); err != nil {
				return err
			}
		}
		if after = page.LastEvaluatedKey; len(after) == 0 {
			return nil
		}
	}
}

// follow visits the traces that a partition of pointers names, and the trace of the
// same id.
func (b *Backend) follow(ctx context.Context, partition, id string, visit visit) error {
	traces := []string{tracePrefix + short(id)}
	err := b.query(ctx, partition, func(item row) error {
		traces = append(traces, textOf(item, SortKey))
		return nil
	})
	for _, trace := range traces {
		if err == nil {
			err = b.query(ctx, trace, visit)
		}
	}
	return err
}

// days visits what ended badly from the query's time on. One day more is looked at,
// for clocks that are ahead of ours.
func (b *Backend) days(ctx context.Context, q port.Query, visit visit) error {
	const day = 24 * time.Hour
	now := b.config.Now()
	from := now.Add(-b.config.Retention)
	if q.Since.After(from) {
		from = q.Since
	}
	for at := from.UTC().Truncate(day); !at.After(now.Add(day)); at = at.Add(day) {
		if err := b.query(ctx, dayPartition(q.Stage, at), visit); err != nil {
			return err
		}
	}
	return nil
}

// scan visits the items of all traces that have an entry from the given time on.
func (b *Backend) scan(ctx context.Context, since time.Time, visit visit) error {
	input := &api.ScanInput{
		TableName: &b.config.Table, ConsistentRead: aws.Bool(true),
		FilterExpression:          aws.String("begins_with(" + PartitionKey + ", :traces)"),
		ExpressionAttributeValues: row{":traces": text(tracePrefix)},
	}
	if !since.IsZero() {
		*input.FilterExpression += " AND " + attrLatest + " >= :since"
		input.ExpressionAttributeValues[":since"] = integer(since.UnixMilli())
	}
	return pages(visit, func(after row) (*api.ItemsOutput, error) {
		input.ExclusiveStartKey = after
		return b.table().Scan(ctx, input)
	})
}
