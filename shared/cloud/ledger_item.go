package cloud

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// The functions of this file are for package erase, which changes what the table and the bucket
// have of a person. No function's program contains them.

// EntriesAttribute is the attribute of a ledger item that has its entries, packed.
const EntriesAttribute = attrEntries

// Folders of the bucket.
const (
	ClaimFolder   = claimFolder                // large bodies of messages, and exports
	ArchiveFolder = archiveFolder              // raw deliveries, by system and hour
	ArchiveBodies = archiveFolder + hashPrefix // their large bodies
	DropFolder    = "drop/"                    // files that partners put there
)

// Table returns the client of the table.
func (b *Backend) Table() *dynamodb.Client { return b.table() }

// Bucket returns the client of the bucket.
func (b *Backend) Bucket() *s3.Client { return b.bucket() }

// UnpackEntries returns the entries of a ledger item's EntriesAttribute.
func UnpackEntries(data []byte) ([]port.Entry, error) { return unpack(data) }

// PackEntries is the inverse of UnpackEntries.
func PackEntries(entries []port.Entry) ([]byte, error) { return pack(withoutIDs(entries)) }

// TracePartition returns the partition of the trace's entries.
func TracePartition(trace string) string { return tracePrefix + short(trace) }

// EntityPartition returns the partition of the pointers to traces that have the entity.
func EntityPartition(key message.Key) string { return entityPrefix + short(key.String()) }

// SearchPartition returns the partition of the pointers to traces that have the search key.
func SearchPartition(key string) string { return searchPrefix + short(key) }

// PointsTo returns the partition that a pointer names in its sort key.
func PointsTo(sortKey string) string { return sortKey[min(timeLength, len(sortKey)):] }

// DayKey returns where an entry is a second time, in the list of its stage and day: it is the
// entry of that index in the item with that sort key. Listed is false for a stage without list.
func DayKey(e port.Entry, sortKey string, index int) (partition, sort string, listed bool) {
	return dayPartition(e.Stage, e.At, shard(e.Identity())), daySort(sortKey, index), listedByDay(e.Stage)
}

// HasEntries reports whether items of the partition have entries.
func HasEntries(partition string) bool {
	return strings.HasPrefix(partition, tracePrefix) || strings.HasPrefix(partition, dayPrefix)
}

// StateKeyOf returns the State key of a partition; false if it is the ledger's.
func StateKeyOf(partition string) (key string, ok bool) {
	return strings.CutPrefix(partition, statePrefix)
}

// EachItem visits the items of a partition.
func (b *Backend) EachItem(ctx context.Context, partition string, visit func(item map[string]types.AttributeValue) error) error {
	err := b.query(ctx, reading{partition: partition}, func(item row) (bool, error) { return true, visit(item) })
	return failure("reading partition "+partition, "table "+b.config.Table, err)
}

// EveryItem visits all items of the table, at a time and price that grow with it.
func (b *Backend) EveryItem(ctx context.Context, visit func(item map[string]types.AttributeValue) error) error {
	consistent := true
	input := &dynamodb.ScanInput{TableName: &b.config.Table, ConsistentRead: &consistent}
	all := func(item row) (bool, error) { return true, visit(item) }
	err := pages(all, func(after row) (items []row, next row, err error) {
		input.ExclusiveStartKey = after
		page, err := b.table().Scan(ctx, input)
		if err != nil {
			return nil, nil, err
		}
		return page.Items, page.LastEvaluatedKey, nil
	})
	return failure("reading the whole table", "table "+b.config.Table, err)
}
