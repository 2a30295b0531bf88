package api

import "context"

// AttributeValue is a value of an item: the one member that is set says its type.
type AttributeValue struct {
	S *string `json:",omitempty"`
	N *string `json:",omitempty"` // a number, as text
	B []byte  `json:",omitempty"`
}

// DynamoDB reads and writes items.
type DynamoDB struct{ client *client }

// NewDynamoDB returns a client. It calls nobody.
func NewDynamoDB(o Options) *DynamoDB {
	return &DynamoDB{newClient(o, service{"DynamoDB", "dynamodb", "DynamoDB_20120810", "1.0"})}
}

type (
	// GetItemInput is the request of GetItem.
	GetItemInput struct {
		TableName      *string
		Key            map[string]AttributeValue
		ConsistentRead *bool `json:",omitempty"`
	}
	// GetItemOutput is the answer to GetItem.
	GetItemOutput struct{ Item map[string]AttributeValue }

	// PutItemInput is the request of PutItem.
	PutItemInput struct {
		TableName                           *string
		Item                                map[string]AttributeValue
		ConditionExpression                 *string                   `json:",omitempty"`
		ExpressionAttributeValues           map[string]AttributeValue `json:",omitempty"`
		ReturnValuesOnConditionCheckFailure string                    `json:",omitempty"`
	}

	// BatchWriteItemInput is the request of BatchWriteItem: writes by table.
	BatchWriteItemInput struct{ RequestItems map[string][]WriteRequest }
	// BatchWriteItemOutput is the answer to BatchWriteItem.
	BatchWriteItemOutput struct{ UnprocessedItems map[string][]WriteRequest }
	// WriteRequest is one write of a batch.
	WriteRequest struct{ PutRequest *PutRequest }
	// PutRequest is the item of one write.
	PutRequest struct{ Item map[string]AttributeValue }

	// QueryInput is the request of Query.
	QueryInput struct {
		TableName                 *string
		ConsistentRead            *bool                     `json:",omitempty"`
		KeyConditionExpression    *string                   `json:",omitempty"`
		ExpressionAttributeValues map[string]AttributeValue `json:",omitempty"`
		ExclusiveStartKey         map[string]AttributeValue `json:",omitempty"`
		Limit                     *int32                    `json:",omitempty"`
		ScanIndexForward          *bool                     `json:",omitempty"`
	}
	// ScanInput is the request of Scan.
	ScanInput struct {
		TableName                 *string
		ConsistentRead            *bool                     `json:",omitempty"`
		FilterExpression          *string                   `json:",omitempty"`
		ExpressionAttributeValues map[string]AttributeValue `json:",omitempty"`
		ExclusiveStartKey         map[string]AttributeValue `json:",omitempty"`
	}
	// ItemsOutput is the answer to Query and to Scan: one page.
	ItemsOutput struct {
		Items            []map[string]AttributeValue
		LastEvaluatedKey map[string]AttributeValue
	}
)

// AllOld makes a write whose condition fails return the stored item.
const AllOld = "ALL_OLD"

// GetItem reads one item.
func (d *DynamoDB) GetItem(ctx context.Context, in *GetItemInput) (*GetItemOutput, error) {
	return call[GetItemOutput](ctx, d.client, "GetItem", in)
}

// PutItem writes one item. A condition that fails is a ConditionFailedError.
func (d *DynamoDB) PutItem(ctx context.Context, in *PutItemInput) error {
	return d.client.quietly(ctx, "PutItem", in)
}

// BatchWriteItem writes up to 25 items; the answer names those that were not written.
func (d *DynamoDB) BatchWriteItem(ctx context.Context, in *BatchWriteItemInput) (*BatchWriteItemOutput, error) {
	return call[BatchWriteItemOutput](ctx, d.client, "BatchWriteItem", in)
}

// Query reads a page of the items of one partition.
func (d *DynamoDB) Query(ctx context.Context, in *QueryInput) (*ItemsOutput, error) {
	return call[ItemsOutput](ctx, d.client, "Query", in)
}

// Scan reads a page of the whole table.
func (d *DynamoDB) Scan(ctx context.Context, in *ScanInput) (*ItemsOutput, error) {
	return call[ItemsOutput](ctx, d.client, "Scan", in)
}

func call[Out any](ctx context.Context, c *client, operation string, in any) (*Out, error) {
	out := new(Out)
	return out, c.call(ctx, operation, in, out)
}
