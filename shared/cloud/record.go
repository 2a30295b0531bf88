package cloud

import (
	"context"
	"errors"
	"iter"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"causeway.example/shared/port"
)

var errEnough = errors.New("the caller has enough")

// Records implements engine.Records by reading the whole table page by page, which costs as much
// as the table is large. It is for an operator: no function's program contains it. A record whose
// key is too long for DynamoDB is not found, because it is stored under a hash.
func (b *Backend) Records(ctx context.Context, prefix string) iter.Seq2[port.Item, error] {
	input := &dynamodb.ScanInput{
		TableName: &b.config.Table, ConsistentRead: aws.Bool(true), FilterExpression: aws.String("begins_with(" + PartitionKey + ", :p)"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":p": text(statePrefix + prefix)},
	}
	return func(yield func(port.Item, error) bool) {
		each := func(found row) (bool, error) {
			expires, err := numberOf(found, attrExpires)
			if err != nil || expires != 0 && expires < b.config.Now().UnixMilli() {
				return true, err
			}
			item := port.Item{Key: strings.TrimPrefix(textOf(found, PartitionKey), statePrefix), Value: bytesOf(found, attrValue)}
			if item.Revision, err = numberOf(found, attrRevision); err == nil && !yield(item, nil) {
				err = errEnough
			}
			return true, err
		}
		err := pages(each, func(after row) (items []row, next row, err error) {
			input.ExclusiveStartKey = after
			page, err := b.table().Scan(ctx, input)
			if err != nil {
				return nil, nil, err
			}
			return page.Items, page.LastEvaluatedKey, nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(port.Item{}, failure("listing state "+prefix, "table "+b.config.Table, err))
		}
	}
}
