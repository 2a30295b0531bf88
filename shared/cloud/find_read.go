package cloud

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// reading is a query of one partition in the order of its sort keys.
type reading struct {
	partition string
	backward  bool
	page      int32     // items per request at most; 0: as many as fit
	from      time.Time // keys of earlier times are left out; zero: none
}

// visit is called with each item until it returns false.
type visit func(item row) (more bool, err error)

// query visits the items of one partition, strongly consistent.
func (b *Backend) query(ctx context.Context, r reading, visit visit) error {
	input := &dynamodb.QueryInput{
		TableName: &b.config.Table, ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String(PartitionKey + " = :partition"),
		ExpressionAttributeValues: row{":partition": text(r.partition)},
	}
	if r.backward {
		input.ScanIndexForward = aws.Bool(false)
	}
	if r.page > 0 {
		input.Limit = &r.page
	}
	if !r.from.IsZero() {
		*input.KeyConditionExpression += " AND " + SortKey + " >= :from"
		input.ExpressionAttributeValues[":from"] = text(timeKey(r.from))
	}
	return pages(visit, func(after row) (items []row, next row, err error) {
		input.ExclusiveStartKey = after
		page, err := b.table().Query(ctx, input)
		if err != nil {
			return nil, nil, err
		}
		return page.Items, page.LastEvaluatedKey, nil
	})
}

// pages visits the items of each page until there is no next one.
func pages(visit visit, read func(after row) (items []row, next row, err error)) error {
	var after row
	for {
		items, next, err := read(after)
		if err != nil {
			return err
		}
		for _, item := range items {
			if more, err := visit(item); err != nil || !more {
				return err
			}
		}
		if after = next; len(after) == 0 {
			return nil
		}
	}
}

// scan reads the items of all traces that have an entry from the query's time on.
func (b *Backend) scan(ctx context.Context, f *finding) error {
	input := &dynamodb.ScanInput{
		TableName: &b.config.Table, ConsistentRead: aws.Bool(true),
		FilterExpression:          aws.String("begins_with(" + PartitionKey + ", :traces)"),
		ExpressionAttributeValues: row{":traces": text(tracePrefix)},
	}
	if since := f.query.Since; !since.IsZero() {
		*input.FilterExpression += " AND " + attrLatest + " >= :since"
		input.ExpressionAttributeValues[":since"] = integer(since.UnixMilli())
	}
	all := func(item row) (bool, error) { return true, f.add(item) }
	return pages(all, func(after row) (items []row, next row, err error) {
		input.ExclusiveStartKey = after
		page, err := b.table().Scan(ctx, input)
		if err != nil {
			return nil, nil, err
		}
		return page.Items, page.LastEvaluatedKey, nil
	})
}
