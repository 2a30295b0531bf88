package erase

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"causeway.example/shared/cloud"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/privacy"
)

// row is one item of the table.
type row = map[string]types.AttributeValue

func textOf(item row, name string) string {
	value, _ := item[name].(*types.AttributeValueMemberS)
	if value == nil {
		return ""
	}
	return value.Value
}

func entriesOf(item row) ([]port.Entry, error) {
	value, _ := item[cloud.EntriesAttribute].(*types.AttributeValueMemberB)
	if value == nil {
		return nil, nil
	}
	entries, err := cloud.UnpackEntries(value.Value)
	if err != nil {
		err = &fault.Error{
			Kind: fault.Rejected, Class: fault.Parse, Doing: "reading ledger item " + textOf(item, cloud.PartitionKey) + " " + textOf(item, cloud.SortKey), Err: err,
		}
	}
	return entries, err
}

// Texts implements privacy.File.
func (i *Installation) Texts(ctx context.Context, key message.Key, keys []string, change func(*port.Entry) (removed []string, changed bool)) (entries int, err error) {
	traces, err := i.tracesOf(ctx, key, keys)
	if err != nil {
		return 0, err
	}
	c := changing{Installation: i, change: change, keys: keys, concerns: func(e port.Entry) bool {
		return key.ID != "" && e.Entity == key || slices.ContainsFunc(e.SearchKeys(), func(has string) bool { return slices.Contains(keys, has) })
	}}
	for _, trace := range traces {
		err := i.backend.EachItem(ctx, trace, func(item row) error {
			n, err := c.item(ctx, item)
			entries += n
			return err
		})
		if err != nil {
			return entries, err
		}
	}
	for _, key := range keys {
		if err := i.dropStale(ctx, key); err != nil {
			return entries, err
		}
	}
	return entries, nil
}

// tracesOf returns the partitions of the traces that can have entries about the entity or with
// one of the search keys.
func (i *Installation) tracesOf(ctx context.Context, key message.Key, keys []string) ([]string, error) {
	found := map[string]bool{}
	var pointers []string
	if key.ID != "" {
		found[cloud.TracePartition(key.ID)] = true
		pointers = append(pointers, cloud.EntityPartition(key))
	}
	for _, key := range keys {
		pointers = append(pointers, cloud.SearchPartition(key))
	}
	for _, partition := range pointers {
		err := i.backend.EachItem(ctx, partition, func(pointer row) error {
			found[cloud.PointsTo(textOf(pointer, cloud.SortKey))] = true
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// changing is one call of Texts.
type changing struct {
	*Installation
	change   func(*port.Entry) (removed []string, changed bool)
	keys     []string // pointers of these are deleted at the end, because entries are found by them
	concerns func(port.Entry) bool
}

// item changes the entries of an item that concern, and returns how many it stored.
func (c changing) item(ctx context.Context, item row) (n int, err error) {
	entries, err := entriesOf(item)
	if err != nil {
		return 0, err
	}
	for k := range entries {
		if !c.concerns(entries[k]) {
			continue
		}
		removed, changed := c.change(&entries[k])
		if !changed {
			continue
		}
		n++
		if err := c.elsewhere(ctx, item, entries[k], k, removed); err != nil {
			return 0, err
		}
	}
	if n == 0 {
		return 0, nil
	}
	return n, c.put(ctx, item, entries)
}

// elsewhere deletes the pointers of removed search keys, and replaces the copy of the entry.
func (c changing) elsewhere(ctx context.Context, item row, e port.Entry, index int, removed []string) error {
	for _, key := range removed {
		if slices.Contains(c.keys, key) {
			continue
		}
		if err := c.dropPointers(ctx, key, textOf(item, cloud.PartitionKey)); err != nil {
			return err
		}
	}
	return c.copyOf(ctx, e, textOf(item, cloud.SortKey), index)
}

// copyOf replaces the copy of an entry in the list of its stage and day.
func (i *Installation) copyOf(ctx context.Context, e port.Entry, sortKey string, index int) error {
	partition, sort, listed := cloud.DayKey(e, sortKey, index)
	if !listed {
		return nil
	}
	out, err := i.backend.Table().GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &i.config.Resources.Table, ConsistentRead: aws.Bool(true),
		Key: row{cloud.PartitionKey: &types.AttributeValueMemberS{Value: partition}, cloud.SortKey: &types.AttributeValueMemberS{Value: sort}},
	})
	if err != nil || len(out.Item) == 0 {
		return cloud.Failure("reading the list "+partition, "table "+i.config.Resources.Table, err)
	}
	return i.put(ctx, out.Item, []port.Entry{e})
}

// put stores other entries in an item, if it is as it was read. An item that has expired since is
// left so.
func (i *Installation) put(ctx context.Context, item row, entries []port.Entry) error {
	doing := "changing ledger item " + textOf(item, cloud.PartitionKey)
	data, err := cloud.PackEntries(entries)
	if err != nil {
		return fault.Doing(doing, err)
	}
	changed := maps.Clone(item)
	changed[cloud.EntriesAttribute] = &types.AttributeValueMemberB{Value: data}
	_, err = i.backend.Table().PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &i.config.Resources.Table, Item: changed, ConditionExpression: aws.String(cloud.EntriesAttribute + " = :read"),
		ExpressionAttributeValues: row{":read": item[cloud.EntriesAttribute]}, ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if refused, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		if len(refused.Item) == 0 {
			return nil
		}
		return &fault.Error{Kind: fault.Unavailable, Class: fault.Conflict, Doing: doing, Detail: "another process changed it meanwhile; run it again", Err: err}
	}
	return cloud.Failure(doing, "table "+i.config.Resources.Table, err)
}

// dropPointers deletes the pointers by which the search key finds the trace.
func (i *Installation) dropPointers(ctx context.Context, key, trace string) error {
	return i.backend.EachItem(ctx, cloud.SearchPartition(key), func(pointer row) error {
		if cloud.PointsTo(textOf(pointer, cloud.SortKey)) != trace {
			return nil
		}
		return i.drop(ctx, pointer)
	})
}

// dropStale deletes the pointers of a search key to traces that no longer have it.
func (i *Installation) dropStale(ctx context.Context, key string) error {
	return i.backend.EachItem(ctx, cloud.SearchPartition(key), func(pointer row) error {
		has := false
		err := i.backend.EachItem(ctx, cloud.PointsTo(textOf(pointer, cloud.SortKey)), func(item row) error {
			entries, err := entriesOf(item)
			has = has || slices.ContainsFunc(entries, func(e port.Entry) bool { return slices.Contains(e.SearchKeys(), key) })
			return err
		})
		if err != nil || has {
			return err
		}
		return i.drop(ctx, pointer)
	})
}

func (i *Installation) drop(ctx context.Context, item row) error {
	_, err := i.backend.Table().DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &i.config.Resources.Table, Key: row{cloud.PartitionKey: item[cloud.PartitionKey], cloud.SortKey: item[cloud.SortKey]},
	})
	return cloud.Failure("deleting pointer "+textOf(item, cloud.PartitionKey), "table "+i.config.Resources.Table, err)
}

// Mentions implements privacy.File: it reads the whole table once.
func (i *Installation) Mentions(ctx context.Context, texts []string, replace func(record string) string) (records int, err error) {
	if len(texts) == 0 {
		return 0, nil
	}
	err = i.backend.EveryItem(ctx, func(item row) error {
		changed, err := i.mention(ctx, item, replace)
		if changed {
			records++
		}
		return err
	})
	return records, err
}

// mention changes one item, if it is of the ledger or has words of operators.
func (i *Installation) mention(ctx context.Context, item row, replace func(record string) string) (changed bool, err error) {
	partition := textOf(item, cloud.PartitionKey)
	if key, state := cloud.StateKeyOf(partition); state {
		return i.mentionInState(ctx, key, replace)
	}
	if !cloud.HasEntries(partition) {
		return false, nil
	}
	entries, err := entriesOf(item)
	if err != nil {
		return false, err
	}
	for k := range entries {
		entries[k].ID = entries[k].Identity() // which may depend on a text
	}
	before, err := json.Marshal(entries)
	if err != nil {
		return false, err
	}
	after := replace(string(before))
	if after == string(before) {
		return false, nil
	}
	var replaced []port.Entry
	if err := json.Unmarshal([]byte(after), &replaced); err != nil {
		return false, err
	}
	return true, i.put(ctx, item, replaced)
}

// pausePrefix begins the State keys of pauses.
const pausePrefix = "pause|"

func (i *Installation) mentionInState(ctx context.Context, key string, replace func(record string) string) (changed bool, err error) {
	if !slices.ContainsFunc(append(privacy.OperatorKeys(), pausePrefix), func(prefix string) bool { return strings.HasPrefix(key, prefix) }) {
		return false, nil
	}
	stored, err := i.backend.Get(ctx, key)
	if err != nil {
		return false, err
	}
	after := []byte(replace(string(stored.Value)))
	if bytes.Equal(after, stored.Value) {
		return false, nil
	}
	stored.Value = after
	_, err = i.backend.Put(ctx, stored)
	return true, err
}
