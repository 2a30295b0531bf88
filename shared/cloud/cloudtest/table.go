package cloudtest

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// table is a DynamoDB table.
type table struct {
	name, arn   string
	key         keySchema
	types       map[string]string // attribute definitions: key attributes and their kinds
	indexes     map[string]*index
	ttl         string // attribute name, "" if time to live is off
	recoverable bool   // to a point in time
	created     int64
	items       map[string]item // by primary key
	tokens      map[string]transaction
}

// keySchema names the key attributes; sort is "" without a sort key.
type keySchema struct{ hash, sort string }

// index is a global secondary index.
type index struct {
	name       string
	key        keySchema
	projection string // ALL, KEYS_ONLY or INCLUDE
	include    []string
}

func (s *Server) addTableOperations() {
	for name, do := range map[string]operation{
		"CreateTable":               op(s, s.createTable),
		"DescribeTable":             op(s, s.describeTable),
		"UpdateTimeToLive":          op(s, s.updateTimeToLive),
		"DescribeTimeToLive":        op(s, s.describeTimeToLive),
		"DescribeContinuousBackups": op(s, s.describeBackups),
		"UpdateContinuousBackups":   op(s, s.updateBackups),
		"PutItem":                   op(s, s.putItem),
		"GetItem":                   op(s, s.getItem),
		"DeleteItem":                op(s, s.deleteItem),
		"Query":                     op(s, s.query),
		"Scan":                      op(s, s.scan),
		"BatchWriteItem":            op(s, s.batchWrite),
		"TransactWriteItems":        op(s, s.transactWrite),
	} {
		s.operations["dynamodb."+name] = do
	}
}

func (s *Server) findTable(name string) (*table, error) {
	if strings.HasPrefix(name, "arn:") {
		name = lastOf(name, "/")
	}
	if t := s.tables[name]; t != nil {
		return t, nil
	}
	return nil, refuse(http.StatusBadRequest, "ResourceNotFoundException", "Requested resource not found: Table: %s not found", name)
}

type keyElement struct{ AttributeName, KeyType string }

type projection struct {
	ProjectionType   string
	NonKeyAttributes []string `json:",omitempty"`
}

type indexInput struct {
	IndexName             string
	KeySchema             []keyElement
	Projection            projection
	ProvisionedThroughput json.RawMessage `json:",omitempty"`
	IndexStatus           string          `json:",omitempty"`
	IndexARN              string          `json:"IndexArn,omitempty"`
}

type attributeDefinition struct{ AttributeName, AttributeType string }

type createTableInput struct {
	TableName                 string
	AttributeDefinitions      []attributeDefinition
	KeySchema                 []keyElement
	GlobalSecondaryIndexes    []indexInput
	BillingMode               string
	DeletionProtectionEnabled bool
	TableClass                string
	SSESpecification          json.RawMessage
	StreamSpecification       json.RawMessage
	Tags                      tags
}

var tableName = regexp.MustCompile(`^[A-Za-z0-9_.-]{3,255}$`)

func (s *Server) createTable(c call, in *createTableInput) (any, error) {
	if !tableName.MatchString(in.TableName) {
		return nil, invalid("Invalid table/index name. Table/index names must be between 3 and 255 characters long, and may contain only the characters a-z, A-Z, 0-9, '_', '-', and '.'")
	}
	if in.BillingMode != "PAY_PER_REQUEST" {
		return nil, invalid("this stand-in has tables with BillingMode PAY_PER_REQUEST only")
	}
	if s.tables[in.TableName] != nil {
		return nil, refuse(http.StatusBadRequest, "ResourceInUseException", "Table already exists: %s", in.TableName)
	}
	t := &table{
		name: in.TableName, arn: "arn:aws:dynamodb:" + c.region + ":" + Account + ":table/" + in.TableName, created: c.now.Unix(),
		types: map[string]string{}, indexes: map[string]*index{}, items: map[string]item{}, tokens: map[string]transaction{},
	}
	if err := t.define(in); err != nil {
		return nil, err
	}
	s.tables[t.name] = t
	return map[string]any{"TableDescription": t.describe()}, nil
}

// define reads the keys. Attribute definitions are those of key attributes, neither
// more nor fewer.
func (t *table) define(in *createTableInput) (err error) {
	for _, d := range in.AttributeDefinitions {
		if !slices.Contains([]string{"S", "N", "B"}, d.AttributeType) {
			return invalid("Member must satisfy enum value set: [B, N, S]: %s", d.AttributeType)
		}
		t.types[d.AttributeName] = d.AttributeType
	}
	used := map[string]bool{"": true}
	if t.key, err = t.readKey(in.KeySchema, used); err != nil {
		return err
	}
	for _, gsi := range in.GlobalSecondaryIndexes {
		ix := &index{name: gsi.IndexName, projection: gsi.Projection.ProjectionType, include: gsi.Projection.NonKeyAttributes}
		if !tableName.MatchString(ix.name) || !slices.Contains([]string{"ALL", "KEYS_ONLY", "INCLUDE"}, ix.projection) {
			return invalid("One or more parameter values were invalid: index %q needs a name and a projection", ix.name)
		}
		if ix.key, err = t.readKey(gsi.KeySchema, used); err != nil {
			return err
		}
		t.indexes[ix.name] = ix
	}
	if len(used)-1 != len(t.types) {
		return invalid("One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions")
	}
	return nil
}

func (t *table) readKey(schema []keyElement, used map[string]bool) (key keySchema, err error) {
	for at, element := range schema {
		switch {
		case t.types[element.AttributeName] == "":
			return key, invalid("One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions: %s", element.AttributeName)
		case at == 0 && element.KeyType == "HASH":
			key.hash = element.AttributeName
		case at == 1 && element.KeyType == "RANGE":
			key.sort = element.AttributeName
		default:
			return key, invalid("Invalid KeySchema: the first element is HASH, the second RANGE")
		}
		used[element.AttributeName] = true
	}
	if key.hash == "" {
		return key, invalid("Invalid KeySchema: a table or index has a HASH key")
	}
	return key, nil
}

func (k keySchema) elements() []keyElement {
	elements := []keyElement{{k.hash, "HASH"}}
	if k.sort != "" {
		elements = append(elements, keyElement{k.sort, "RANGE"})
	}
	return elements
}

func (k keySchema) names() []string {
	if k.sort == "" {
		return []string{k.hash}
	}
	return []string{k.hash, k.sort}
}

func (t *table) describe() map[string]any {
	definitions, indexes := []attributeDefinition{}, []indexInput{}
	for _, name := range sortedKeys(t.types) {
		definitions = append(definitions, attributeDefinition{name, t.types[name]})
	}
	for _, name := range sortedKeys(t.indexes) {
		ix := t.indexes[name]
		indexes = append(indexes, indexInput{
			IndexName: name, KeySchema: ix.key.elements(), Projection: projection{ix.projection, ix.include},
			IndexStatus: "ACTIVE", IndexARN: t.arn + "/index/" + name,
		})
	}
	return map[string]any{
		"TableName": t.name, "TableArn": t.arn, "TableStatus": "ACTIVE", "CreationDateTime": t.created,
		"KeySchema": t.key.elements(), "AttributeDefinitions": definitions, "GlobalSecondaryIndexes": indexes,
		"BillingModeSummary": map[string]string{"BillingMode": "PAY_PER_REQUEST"}, "ItemCount": len(t.items),
	}
}

type tableInput struct{ TableName string }

func (s *Server) describeTable(_ call, in *tableInput) (any, error) {
	t, err := s.findTable(in.TableName)
	if err != nil {
		return nil, err
	}
	return map[string]any{"Table": t.describe()}, nil
}

type timeToLive struct {
	AttributeName string
	Enabled       bool
}

type updateTimeToLiveInput struct {
	TableName               string
	TimeToLiveSpecification timeToLive
}

// updateTimeToLive notes the attribute. Expired items stay: DynamoDB may take days
// to delete them, so that callers have to compare by themselves.
func (s *Server) updateTimeToLive(_ call, in *updateTimeToLiveInput) (any, error) {
	t, err := s.findTable(in.TableName)
	if err != nil {
		return nil, err
	}
	want := in.TimeToLiveSpecification
	if want.AttributeName == "" || want.Enabled == (t.ttl != "") {
		return nil, invalid("TimeToLive is already in the state asked for, or names no attribute")
	}
	t.ttl = ""
	if want.Enabled {
		t.ttl = want.AttributeName
	}
	return map[string]any{"TimeToLiveSpecification": want}, nil
}

func (s *Server) describeTimeToLive(_ call, in *tableInput) (any, error) {
	t, err := s.findTable(in.TableName)
	if err != nil {
		return nil, err
	}
	answer := map[string]string{"TimeToLiveStatus": "DISABLED"}
	if t.ttl != "" {
		answer = map[string]string{"TimeToLiveStatus": "ENABLED", "AttributeName": t.ttl}
	}
	return map[string]any{"TimeToLiveDescription": answer}, nil
}

type key string

// keyOf returns the primary key of an item as one text that is unique for it.
func (t *table) keyOf(i item) key {
	var parts []string
	for _, name := range t.key.names() {
		v := i[name]
		parts = append(parts, v.kind+":"+v.text+string(v.bytes))
	}
	return key(strings.Join(parts, "\x00"))
}
