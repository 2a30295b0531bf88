package cloudtest

import (
	"math"
	"slices"
	"strings"
)

const maxPageBytes = 1 << 20

// readInput is what Query and Scan share.
type readInput struct {
	TableName                 string
	IndexName                 string
	FilterExpression          string
	ProjectionExpression      string
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues map[string]value
	ExclusiveStartKey         item
	Limit                     *int
	Select                    string
	ConsistentRead            bool
}

type queryInput struct {
	readInput
	KeyConditionExpression string
	ScanIndexForward       *bool
}

type scanInput struct {
	readInput
	Segment       *int
	TotalSegments *int
}

// reading is a read that was checked and can be done.
type reading struct {
	table    *table
	key      keySchema // of the table or index that is read
	index    *index    // nil: the table
	keys     *node
	filter   *node
	paths    [][]step
	backward bool
	limit    int
	start    item
	count    bool
}

func (s *Server) query(_ call, in *queryInput) (any, error) {
	r, p, err := s.startReading(&in.readInput)
	if err != nil {
		return nil, err
	}
	if in.KeyConditionExpression == "" {
		return nil, invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	if r.keys, err = p.parse("KeyConditionExpression", in.KeyConditionExpression); err != nil {
		return nil, err
	}
	if err := p.unused(in.KeyConditionExpression, in.FilterExpression, in.ProjectionExpression); err != nil {
		return nil, err
	}
	if err := r.checkKeys(); err != nil {
		return nil, err
	}
	r.backward = in.ScanIndexForward != nil && !*in.ScanIndexForward
	return r.page(), nil
}

func (s *Server) scan(_ call, in *scanInput) (any, error) {
	r, p, err := s.startReading(&in.readInput)
	if err != nil {
		return nil, err
	}
	if in.Segment != nil || in.TotalSegments != nil {
		return nil, invalid("this stand-in has no parallel scans")
	}
	if err := p.unused(in.FilterExpression, in.ProjectionExpression); err != nil {
		return nil, err
	}
	return r.page(), nil
}

func (s *Server) startReading(in *readInput) (*reading, *placeholders, error) {
	t, err := s.findTable(in.TableName)
	if err != nil {
		return nil, nil, err
	}
	r := &reading{table: t, key: t.key, limit: math.MaxInt, start: in.ExclusiveStartKey, count: in.Select == "COUNT"}
	if err := r.useIndex(in); err != nil {
		return nil, nil, err
	}
	if in.Limit != nil {
		if r.limit = *in.Limit; r.limit < 1 {
			return nil, nil, invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1", r.limit)
		}
	}
	p := newPlaceholders(in.ExpressionAttributeNames, in.ExpressionAttributeValues)
	if r.filter, err = p.parse("FilterExpression", in.FilterExpression); err != nil {
		return nil, nil, err
	}
	if r.paths, err = p.projection(in.ProjectionExpression); err != nil {
		return nil, nil, err
	}
	return r, p, r.checkStart()
}

func (r *reading) useIndex(in *readInput) error {
	if in.IndexName == "" {
		return nil
	}
	if r.index = r.table.indexes[in.IndexName]; r.index == nil {
		return invalid("The table does not have the specified index: %s", in.IndexName)
	}
	if in.ConsistentRead {
		return invalid("Consistent reads are not supported on global secondary indexes")
	}
	r.key = r.index.key
	return nil
}

// checkStart wants the key attributes of the table and, in an index, its own.
func (r *reading) checkStart() error {
	if r.start == nil {
		return nil
	}
	names := r.positionNames()
	for _, name := range names {
		if v, found := r.start[name]; !found || v.kind != r.table.types[name] {
			return invalid("The provided starting key is invalid")
		}
	}
	if len(r.start) != len(names) {
		return invalid("The provided starting key is invalid")
	}
	return nil
}

// positionNames are the attributes that say where an item stands in the order.
func (r *reading) positionNames() []string {
	names := r.key.names()
	for _, name := range r.table.key.names() {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// checkKeys wants equality of the hash key and at most one condition on the sort
// key; the filter may name neither.
func (r *reading) checkKeys() error {
	var hash, sort int
	for _, n := range r.keys.conjuncts() {
		name, fine := r.keyCondition(n)
		if !fine {
			return invalid("Invalid KeyConditionExpression: Query key condition not supported")
		}
		switch {
		case name == r.key.hash && n.op == "=":
			hash++
		case name == r.key.sort:
			sort++
		default:
			return invalid("Query key condition not supported")
		}
		if v := n.args[1].val; v.empty() {
			return invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: %s", name)
		} else if v.kind != r.table.types[name] {
			return invalid("One or more parameter values were invalid: Condition parameter type does not match schema type")
		}
	}
	if hash != 1 || sort > 1 {
		return invalid("Query condition missed key schema element: %s", r.key.hash)
	}
	for _, name := range r.filter.attributes() {
		if slices.Contains(r.key.names(), name) {
			return invalid("Filter Expression can only contain non-primary key attributes: Primary key attribute: %s", name)
		}
	}
	return nil
}

// keyCondition returns the attribute of a condition that a key may have.
func (r *reading) keyCondition(n *node) (name string, fine bool) {
	if !slices.Contains([]string{"=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"}, n.op) {
		return "", false
	}
	if len(n.args[0].path) != 1 || slices.ContainsFunc(n.args[1:], func(arg *node) bool { return arg.op != "value" }) {
		return "", false
	}
	return n.args[0].path[0].name, true
}

// conjuncts takes AND apart.
func (n *node) conjuncts() []*node {
	if n.op != "AND" {
		return []*node{n}
	}
	return append(n.args[0].conjuncts(), n.args[1].conjuncts()...)
}

// page reads in order from the start until the limit or 1 MiB is reached; both
// count before the filter.
func (r *reading) page() any {
	answer := map[string]any{}
	items, scanned, size := []item{}, 0, 0
	for _, one := range r.inOrder() {
		if scanned == r.limit || size > 0 && size+one.size() > maxPageBytes {
			break
		}
		scanned, size = scanned+1, size+one.size()
		answer["LastEvaluatedKey"] = r.position(one)
		if r.filter.holds(one) {
			items = append(items, r.visible(one).project(r.paths))
		}
		if size >= maxPageBytes {
			break
		}
	}
	if all := len(r.inOrder()); scanned == all && scanned < r.limit {
		delete(answer, "LastEvaluatedKey")
	}
	answer["Count"], answer["ScannedCount"] = len(items), scanned
	if !r.count {
		answer["Items"] = items
	}
	return answer
}

// inOrder returns the items after the start that are in the index and fit the keys.
func (r *reading) inOrder() []item {
	var found []item
	for _, one := range r.table.items {
		if r.indexed(one) && r.keys.holds(one) && (r.start == nil || r.order(one, r.start) > 0) {
			found = append(found, one)
		}
	}
	slices.SortFunc(found, r.order)
	return found
}

// indexed reports whether the item has the index's keys: an index is sparse.
func (r *reading) indexed(one item) bool {
	for _, name := range r.key.names() {
		if _, found := one[name]; !found {
			return false
		}
	}
	return true
}

func (r *reading) order(a, b item) int {
	for _, name := range r.positionNames() {
		if order, _ := a[name].compare(b[name]); order != 0 {
			if r.backward {
				return -order
			}
			return order
		}
	}
	return 0
}

func (r *reading) position(one item) item {
	position := item{}
	for _, name := range r.positionNames() {
		position[name] = one[name]
	}
	return position
}

// visible reduces an item to what the index projects.
func (r *reading) visible(one item) item {
	if r.index == nil || r.index.projection == "ALL" {
		return one
	}
	chosen := r.position(one)
	for _, name := range r.index.include {
		if v, found := one[name]; found {
			chosen[name] = v
		}
	}
	return chosen
}

// quoted joins names for a message.
func quoted(names []string) string { return "[" + strings.Join(names, ", ") + "]" }
