package cloud

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// row is one item of the table, or a part of it.
type row = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func binaryValue(b []byte) types.AttributeValue { return &types.AttributeValueMemberB{Value: b} }

func integer(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// bytesOf returns nil if the attribute is absent or of another type.
func bytesOf(item row, name string) []byte {
	if value, ok := item[name].(*types.AttributeValueMemberB); ok {
		return value.Value
	}
	return nil
}

// textOf returns "" if the attribute is absent or of another type.
func textOf(item row, name string) string {
	if value, ok := item[name].(*types.AttributeValueMemberS); ok {
		return value.Value
	}
	return ""
}

// numberOf returns 0 if the attribute is absent or of another type.
func numberOf(item row, name string) (int64, error) {
	if value, ok := item[name].(*types.AttributeValueMemberN); ok {
		return strconv.ParseInt(value.Value, 10, 64)
	}
	return 0, nil
}

func stateKey(key string) row {
	return row{PartitionKey: text(statePrefix + short(key)), SortKey: text(onlyItem)}
}

// Get implements port.State with a strongly consistent read. That DynamoDB
// removes an expired item late, by days even, does not show.
func (b *Backend) Get(ctx context.Context, key string) (port.Item, error) {
	absent := port.Item{Key: key}
	doing := "reading state " + key
	consistent := true
	out, err := b.table().GetItem(ctx, &dynamodb.GetItemInput{TableName: &b.config.Table, Key: stateKey(key), ConsistentRead: &consistent})
	if err != nil {
		return absent, failure(doing, "table "+b.config.Table, err)
	}
	revision, errRevision := numberOf(out.Item, attrRevision)
	expires, errExpires := numberOf(out.Item, attrExpires)
	if err := errors.Join(errRevision, errExpires); err != nil {
		return absent, &fault.Error{Kind: fault.Rejected, Class: fault.Parse, Doing: doing, Detail: "revision or expiry is no whole number", Err: err}
	}
	item := port.Item{Key: key, Value: bytesOf(out.Item, attrValue), Revision: revision}
	if expires != 0 {
		item.Expires = time.UnixMilli(expires).UTC()
		if expires < b.config.Now().UnixMilli() {
			return absent, nil
		}
	}
	return item, nil
}

// Put implements port.State with one conditional write. Where the answer to a
// write is lost and the SDK sends it again, its own condition no longer holds; the
// token in the stored item then tells our own write from a lost race.
func (b *Backend) Put(ctx context.Context, item port.Item) (revision int64, err error) {
	doing := "storing state " + item.Key
	token, err := b.random(16)
	if err != nil {
		return 0, fault.Doing(doing, err)
	}
	revision = b.nextRevision(item.Revision, token)
	put := b.putInput(item, revision, token)
	if size := itemSize(put.Item); size > maxItem {
		return 0, fault.New(fault.Invalid, fault.TooLarge, doing, fmt.Sprintf("DynamoDB takes %d bytes, the item has %d", maxItem, size))
	}
	_, err = b.table().PutItem(ctx, put)
	if refused, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		if bytes.Equal(bytesOf(refused.Item, attrToken), token) {
			return revision, nil
		}
		return 0, &fault.Error{
			Kind: fault.Unavailable, Class: fault.Conflict, Doing: doing,
			Detail: fmt.Sprintf("revision %d is no longer the stored one", item.Revision), Err: port.ErrConflict,
		}
	}
	if err != nil {
		return 0, failure(doing, "table "+b.config.Table, err)
	}
	return revision, nil
}

// nextRevision is greater than the one before, and no earlier item's that expired:
// the time in microseconds, and ten bits drawn at random, which last beyond 2200.
func (b *Backend) nextRevision(before int64, drawn []byte) int64 {
	return max(before+1, b.config.Now().UnixMicro()<<10|int64(binary.BigEndian.Uint16(drawn)&0x3ff))
}

func (b *Backend) putInput(item port.Item, revision int64, token []byte) *dynamodb.PutItemInput {
	stored := stateKey(item.Key)
	stored[attrRevision], stored[attrToken] = integer(revision), binaryValue(token)
	if len(item.Value) > 0 {
		stored[attrValue] = binaryValue(item.Value)
	}
	if !item.Expires.IsZero() {
		stored[attrExpires], stored[TTLAttribute] = integer(item.Expires.UnixMilli()), integer(item.Expires.Unix()+1)
	}
	condition := "attribute_not_exists(" + PartitionKey + ") OR " + attrExpires + " < :now"
	values := row{":now": integer(b.config.Now().UnixMilli())}
	if item.Revision != 0 {
		condition = attrRevision + " = :revision AND (attribute_not_exists(" + attrExpires + ") OR " + attrExpires + " >= :now)"
		values[":revision"] = integer(item.Revision)
	}
	return &dynamodb.PutItemInput{
		TableName: &b.config.Table, Item: stored, ConditionExpression: &condition, ExpressionAttributeValues: values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
}

// itemSize is the size as DynamoDB counts it: names and values (developer guide,
// "DynamoDB item sizes and formats"); a number has at most 21 bytes.
func itemSize(item row) (size int) {
	for name, value := range item {
		size += len(name)
		switch value := value.(type) {
		case *types.AttributeValueMemberS:
			size += len(value.Value)
		case *types.AttributeValueMemberN:
			size += 21
		case *types.AttributeValueMemberB:
			size += len(value.Value)
		}
	}
	return size
}
