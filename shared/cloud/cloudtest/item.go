package cloudtest

import (
	"net/http"
)

const maxHashBytes, maxSortBytes = 2048, 1024

// condition is what a write may ask for before it happens.
type condition struct {
	ConditionExpression                 string
	ExpressionAttributeNames            map[string]string
	ExpressionAttributeValues           map[string]value
	ReturnValuesOnConditionCheckFailure string
}

// read parses the condition and refuses what it leaves unused.
func (c *condition) read() (*node, error) {
	p := newPlaceholders(c.ExpressionAttributeNames, c.ExpressionAttributeValues)
	n, err := p.parse("ConditionExpression", c.ConditionExpression)
	if err != nil {
		return nil, err
	}
	return n, p.unused(c.ConditionExpression)
}

// failed is the refusal of a write whose condition does not hold.
func (c *condition) failed(old item) error {
	r := refuse(http.StatusBadRequest, "ConditionalCheckFailedException", "The conditional request failed")
	if c.ReturnValuesOnConditionCheckFailure == "ALL_OLD" && old != nil {
		r.more = map[string]any{"Item": old}
	}
	return r
}

type putItemInput struct {
	TableName    string
	Item         item
	ReturnValues string
	condition
}

func (s *Server) putItem(_ call, in *putItemInput) (any, error) {
	t, err := s.findTable(in.TableName)
	if err != nil {
		return nil, err
	}
	return t.write(&in.condition, in.ReturnValues, in.Item, func() error { return t.checkItem(in.Item) }, func(at key) { t.items[string(at)] = in.Item })
}

type deleteItemInput struct {
	TableName    string
	Key          item
	ReturnValues string
	condition
}

func (s *Server) deleteItem(_ call, in *deleteItemInput) (any, error) {
	t, err := s.findTable(in.TableName)
	if err != nil {
		return nil, err
	}
	return t.write(&in.condition, in.ReturnValues, in.Key, func() error { return t.checkKey(in.Key) }, func(at key) { delete(t.items, string(at)) })
}

// write checks the request, then the condition, and only then changes the table.
func (t *table) write(c *condition, returned string, keyed item, check func() error, change func(key)) (any, error) {
	n, err := c.read()
	if err != nil {
		return nil, err
	}
	if err := check(); err != nil {
		return nil, err
	}
	at := t.keyOf(keyed)
	old := t.items[string(at)]
	if !n.holds(old) {
		return nil, c.failed(old)
	}
	change(at)
	switch {
	case returned == "ALL_OLD" && old != nil:
		return map[string]any{"Attributes": old}, nil
	case returned == "", returned == "NONE", returned == "ALL_OLD":
		return nil, nil
	}
	return nil, invalid("Return values set to invalid value")
}

type getItemInput struct {
	TableName                string
	Key                      item
	ConsistentRead           bool
	ProjectionExpression     string
	ExpressionAttributeNames map[string]string
}

func (s *Server) getItem(_ call, in *getItemInput) (any, error) {
	t, err := s.findTable(in.TableName)
	if err != nil {
		return nil, err
	}
	p := newPlaceholders(in.ExpressionAttributeNames, nil)
	paths, err := p.projection(in.ProjectionExpression)
	if err != nil {
		return nil, err
	}
	if err := p.unused(in.ProjectionExpression); err != nil {
		return nil, err
	}
	if err := t.checkKey(in.Key); err != nil {
		return nil, err
	}
	found, there := t.items[string(t.keyOf(in.Key))]
	if !there {
		return nil, nil
	}
	return map[string]any{"Item": found.project(paths)}, nil
}

// checkItem refuses an item that the table cannot keep.
func (t *table) checkItem(i item) error {
	for _, name := range t.key.names() {
		v, found := i[name]
		if !found {
			return invalid("One or more parameter values were invalid: Missing the key %s in the item", name)
		}
		if err := t.checkKeyValue(name, v); err != nil {
			return err
		}
	}
	for _, name := range sortedKeys(t.indexes) {
		if err := t.checkIndexed(t.indexes[name], i); err != nil {
			return err
		}
	}
	return checkLimits(i)
}

func checkLimits(i item) error {
	for name, v := range i {
		if name == "" {
			return invalid("One or more parameter values were invalid: an attribute name is empty")
		}
		if v.nesting() > maxNesting {
			return invalid("Nesting Levels have exceeded supported limits")
		}
	}
	if i.size() > maxItemBytes {
		return invalid("Item size has exceeded the maximum allowed size")
	}
	return nil
}

func (t *table) checkKeyValue(name string, v value) error {
	if v.kind != t.types[name] {
		return invalid("One or more parameter values were invalid: Type mismatch for key %s expected: %s actual: %s", name, t.types[name], v.kind)
	}
	if v.empty() {
		return invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: %s", name)
	}
	if most := keyLimit(t.key, name); v.size() > most {
		return invalid("One or more parameter values were invalid: Size of %s has exceeded the maximum size limit of %d bytes", name, most)
	}
	return nil
}

func keyLimit(k keySchema, name string) int {
	if name == k.sort {
		return maxSortBytes
	}
	return maxHashBytes
}

// checkIndexed looks at index keys, which an item may lack but not have wrong.
func (t *table) checkIndexed(ix *index, i item) error {
	for _, name := range ix.key.names() {
		v, found := i[name]
		if !found {
			continue
		}
		if v.kind != t.types[name] {
			return invalid("One or more parameter values were invalid: Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s", name, t.types[name], v.kind, ix.name)
		}
		if v.empty() {
			return invalid("One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: %s, IndexKey: %s", ix.name, name)
		}
		if most := keyLimit(ix.key, name); v.size() > most {
			return invalid("One or more parameter values were invalid: Size of %s in index %s has exceeded the maximum size limit of %d bytes", name, ix.name, most)
		}
	}
	return nil
}

// checkKey wants exactly the primary key.
func (t *table) checkKey(k item) error {
	names := t.key.names()
	if len(k) != len(names) {
		return invalid("The provided key element does not match the schema")
	}
	for _, name := range names {
		v, found := k[name]
		if !found || v.kind != t.types[name] {
			return invalid("The provided key element does not match the schema")
		}
		if err := t.checkKeyValue(name, v); err != nil {
			return err
		}
	}
	return nil
}

type backupsInput struct {
	TableName                        string
	PointInTimeRecoverySpecification struct {
		PointInTimeRecoveryEnabled bool
		RecoveryPeriodInDays       int
	}
}

// updateBackups switches point-in-time recovery, by which nothing is recovered here.
func (s *Server) updateBackups(_ call, in *backupsInput) (any, error) {
	t, err := s.findTable(in.TableName)
	if err != nil {
		return nil, err
	}
	t.recoverable = in.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled
	return s.describeBackups(call{}, &tableInput{TableName: in.TableName})
}

func (s *Server) describeBackups(_ call, in *tableInput) (any, error) {
	t, err := s.findTable(in.TableName)
	if err != nil {
		return nil, err
	}
	recovery := "DISABLED"
	if t.recoverable {
		recovery = "ENABLED"
	}
	return map[string]any{"ContinuousBackupsDescription": map[string]any{
		"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": map[string]any{"PointInTimeRecoveryStatus": recovery, "RecoveryPeriodInDays": recoveryDays},
	}}, nil
}
