package cloudtest_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"causeway.example/shared/cloud/cloudtest"
)

type row = map[string]types.AttributeValue

func text(s string) types.AttributeValue   { return &types.AttributeValueMemberS{Value: s} }
func number(s string) types.AttributeValue { return &types.AttributeValueMemberN{Value: s} }
func binary(s string) types.AttributeValue { return &types.AttributeValueMemberB{Value: []byte(s)} }

// with makes a row with its key and further pairs of name and value.
func with(pk, sk string, more ...any) row {
	r := row{"pk": text(pk), "sk": text(sk)}
	for i := 0; i < len(more); i += 2 {
		name, _ := more[i].(string)
		r[name], _ = more[i+1].(types.AttributeValue)
	}
	return r
}

// table makes the table "tab" with two indexes, one of which projects only keys.
func (w *world) table(t *testing.T) {
	t.Helper()
	define := func(names ...string) (all []types.AttributeDefinition) {
		for _, name := range names {
			all = append(all, types.AttributeDefinition{AttributeName: &name, AttributeType: types.ScalarAttributeTypeS})
		}
		return all
	}
	keys := func(hash, sort string) []types.KeySchemaElement {
		return []types.KeySchemaElement{{AttributeName: &hash, KeyType: types.KeyTypeHash}, {AttributeName: &sort, KeyType: types.KeyTypeRange}}
	}
	must[*dynamodb.CreateTableOutput](t)(w.dynamo.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("tab"), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: define("pk", "sk", "ge", "gt"), KeySchema: keys("pk", "sk"),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{
			{IndexName: aws.String("entity"), KeySchema: keys("ge", "gt"), Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly}},
			{IndexName: aws.String("all"), KeySchema: keys("sk", "pk"), Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll}},
		},
	}))
}

func (w *world) putRow(t *testing.T, r row) {
	t.Helper()
	must[*dynamodb.PutItemOutput](t)(w.dynamo.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("tab"), Item: r}))
}

func TestAnItemComesBackAsItWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.table(t)
	in := with("a", "1", "v", binary("\x00\xff"), "r", number("3"), "yes", &types.AttributeValueMemberBOOL{Value: true},
		"none", &types.AttributeValueMemberNULL{Value: true}, "set", &types.AttributeValueMemberSS{Value: []string{"x", "y"}},
		"numbers", &types.AttributeValueMemberNS{Value: []string{"1", "2.5"}}, "blobs", &types.AttributeValueMemberBS{Value: [][]byte{{1}}},
		"list", &types.AttributeValueMemberL{Value: []types.AttributeValue{text("x"), number("1")}},
		"map", &types.AttributeValueMemberM{Value: row{"inner": text("x")}})
	w.putRow(t, in)
	key := with("a", "1")
	got := must[*dynamodb.GetItemOutput](t)(w.dynamo.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("tab"), Key: key, ConsistentRead: aws.Bool(true)}))
	if fmt.Sprint(printed(got.Item)) != fmt.Sprint(printed(in)) {
		t.Errorf("got %v, want %v", printed(got.Item), printed(in))
	}
	part := must[*dynamodb.GetItemOutput](t)(w.dynamo.GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: aws.String("tab"), Key: key, ProjectionExpression: aws.String("v, #r"), ExpressionAttributeNames: map[string]string{"#r": "r"},
	}))
	if names := slices.Sorted(maps.Keys(part.Item)); !slices.Equal(names, []string{"r", "v"}) {
		t.Errorf("projected %v", names)
	}
	old := must[*dynamodb.DeleteItemOutput](t)(w.dynamo.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String("tab"), Key: key, ReturnValues: types.ReturnValueAllOld}))
	if len(old.Attributes) != len(in) {
		t.Errorf("deleted %v", old.Attributes)
	}
	if gone := must[*dynamodb.GetItemOutput](t)(w.dynamo.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("tab"), Key: key})); gone.Item != nil {
		t.Errorf("after the deletion got %v", gone.Item)
	}
}

// printed makes values comparable.
func printed(r row) map[string]string {
	out := map[string]string{}
	for name, v := range r {
		switch v := v.(type) {
		case *types.AttributeValueMemberM:
			out[name] = fmt.Sprint(printed(v.Value))
		case *types.AttributeValueMemberL:
			for _, one := range v.Value {
				out[name] += fmt.Sprintf("%+v;", one)
			}
		default:
			out[name] = fmt.Sprintf("%T%+v", v, v)
		}
		out[name] = stripAddresses(out[name])
	}
	return out
}

func stripAddresses(s string) string { return strings.ReplaceAll(s, "&", "") }

func TestNumbersAreExactDecimals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.table(t)
	for in, want := range map[string]string{
		"1.0": "1", "-0": "0", "1e3": "1000", "0.10": "0.1", "007": "7", "12345678901234567890123456789012345678": "12345678901234567890123456789012345678",
		"1e125": "1" + strings.Repeat("0", 125), "-1.5E-3": "-0.0015", ".5": "0.5", "1e-130": "0." + strings.Repeat("0", 129) + "1",
	} {
		w.putRow(t, with("n", "1", "n", number(in)))
		got := must[*dynamodb.GetItemOutput](t)(w.dynamo.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("tab"), Key: with("n", "1")}))
		if n, _ := got.Item["n"].(*types.AttributeValueMemberN); n == nil || n.Value != want {
			t.Errorf("%s came back as %v, want %s", in, got.Item["n"], want)
		}
	}
	for _, in := range []string{"", "x", "1e126", "1e-131", "123456789012345678901234567890123456789", "0x10", "NaN", "1_000", "."} {
		_, err := w.dynamo.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("tab"), Item: with("n", "1", "n", number(in))})
		if code(err) != "ValidationException" {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.table(t)
	stored := with("a", "1", "r", number("10"), "s", text("hello"), "x", number("5"), "l", &types.AttributeValueMemberL{Value: []types.AttributeValue{text("p")}},
		"m", &types.AttributeValueMemberM{Value: row{"k": text("v")}}, "set", &types.AttributeValueMemberSS{Value: []string{"u"}})
	values := row{":ten": number("10.0"), ":nine": number("9"), ":hello": text("hello"), ":he": text("he"), ":u": text("u"), ":v": text("v"), ":S": text("S"), ":p": text("p"), ":five": number("5"), ":one": number("1")}
	for expression, holds := range map[string]bool{
		"attribute_exists(pk)":                                  true,
		"attribute_not_exists(pk)":                              false,
		"attribute_not_exists(absent)":                          true,
		"attribute_exists(m.k)":                                 true,
		"attribute_exists(l[0]) AND NOT attribute_exists(l[1])": true,
		"r = :ten":                                true,
		"r > :nine":                               true,
		"r < :nine":                               false,
		"r <= :ten and r >= :ten":                 true,
		"r <> :ten":                               false,
		"absent <> :ten":                          true,
		"absent = :ten":                           false,
		"absent < :ten":                           false,
		"s > :nine":                               false,
		"s = :nine":                               false,
		"begins_with(s, :he)":                     true,
		"begins_with(r, :he)":                     false,
		"contains(s, :he)":                        true,
		"contains(#set, :u)":                      true,
		"contains(l, :u)":                         false,
		"size(s) = :five":                         true,
		"size(l) = :one AND size(m) = :one":       true,
		"attribute_type(s, :S)":                   true,
		"r BETWEEN :nine AND :ten":                true,
		"x BETWEEN :nine AND :ten":                false,
		"s IN (:he, :hello)":                      true,
		"s IN (:he)":                              false,
		"m.k = :v AND l[0] = :p":                  true,
		"r = :nine OR s = :hello AND x = :five":   true,
		"(r = :nine OR s = :hello) AND x = :nine": false,
		"NOT r = :nine":                           true,
		"NOT (r = :ten AND s = :hello)":           false,
	} {
		w.putRow(t, stored)
		used := row{}
		for name, v := range values {
			if strings.Contains(expression+" ", name) && containsWord(expression, name) {
				used[name] = v
			}
		}
		in := &dynamodb.PutItemInput{TableName: aws.String("tab"), Item: stored, ConditionExpression: &expression, ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}
		if len(used) > 0 {
			in.ExpressionAttributeValues = used
		}
		if strings.Contains(expression, "#set") {
			in.ExpressionAttributeNames = map[string]string{"#set": "set"}
		}
		_, err := w.dynamo.PutItem(t.Context(), in)
		var failed *types.ConditionalCheckFailedException
		if holds && err != nil || !holds && !errors.As(err, &failed) {
			t.Errorf("%s: %v", expression, err)
		}
		if failed != nil && len(failed.Item) != len(stored) {
			t.Errorf("%s: the refusal holds %v", expression, failed.Item)
		}
	}
}

// containsWord reports whether the placeholder stands there as a whole.
func containsWord(expression, name string) bool {
	for at := range len(expression) {
		rest, found := strings.CutPrefix(expression[at:], name)
		if found && (rest == "" || strings.ContainsRune(" ),", rune(rest[0]))) {
			return true
		}
	}
	return false
}

func TestExpressionsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.table(t)
	one := row{":a": number("1")}
	for name, c := range map[string]struct {
		expression string
		names      map[string]string
		values     row
	}{
		"reserved word":         {"status = :a", nil, one},
		"reserved, lower case":  {"attribute_not_exists(ttl)", nil, nil},
		"undefined value":       {"r = :b", nil, nil},
		"undefined name":        {"#r = :a", nil, one},
		"unused value":          {"attribute_exists(pk)", nil, one},
		"unused name":           {"r = :a", map[string]string{"#x": "x"}, one},
		"no expression":         {"", nil, one},
		"half an expression":    {"r =", nil, nil},
		"two expressions":       {"r = :a r = :a", nil, one},
		"open parenthesis":      {"(r = :a", nil, one},
		"no function":           {"exists(r)", nil, nil},
		"function's case":       {"Attribute_Exists(r)", nil, nil},
		"arguments":             {"begins_with(r)", nil, nil},
		"a value's existence":   {"attribute_exists(:a)", nil, one},
		"begins with a number":  {"begins_with(r, :a)", nil, one},
		"order of a truth":      {"r < :a", nil, row{":a": &types.AttributeValueMemberBOOL{Value: true}}},
		"bounds reversed":       {"r BETWEEN :b AND :a", nil, row{":a": number("1"), ":b": number("2")}},
		"bounds of two types":   {"r BETWEEN :a AND :b", nil, row{":a": number("1"), ":b": text("2")}},
		"a hyphen":              {"a-b = :a", nil, one},
		"a leading digit":       {"1a = :a", nil, one},
		"a path with no number": {"l[x] = :a", nil, one},
		"alias without #":       {"r = :a", map[string]string{"r": "x"}, one},
		"a bare operand":        {"r", nil, nil},
	} {
		_, err := w.dynamo.PutItem(t.Context(), &dynamodb.PutItemInput{
			TableName: aws.String("tab"), Item: with("a", "1"), ConditionExpression: notEmpty(c.expression), ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
		})
		if code(err) != "ValidationException" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func notEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func TestItemsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.table(t)
	deep := text("x")
	for range 33 {
		deep = &types.AttributeValueMemberL{Value: []types.AttributeValue{deep}}
	}
	for name, item := range map[string]row{
		"no sort key":     {"pk": text("a")},
		"empty key":       with("", "1"),
		"type of a key":   {"pk": number("1"), "sk": text("1")},
		"type of index":   with("a", "1", "ge", number("1")),
		"empty index key": with("a", "1", "ge", text("")),
		"long key":        with(strings.Repeat("x", 2049), "1"),
		"long sort key":   with("a", strings.Repeat("x", 1025)),
		"too large":       with("a", "1", "v", binary(strings.Repeat("x", 400<<10))),
		"too deep":        with("a", "1", "v", deep),
		"null is false":   with("a", "1", "v", &types.AttributeValueMemberNULL{Value: false}),
		"empty set":       with("a", "1", "v", &types.AttributeValueMemberSS{Value: []string{}}),
		"set with twins":  with("a", "1", "v", &types.AttributeValueMemberNS{Value: []string{"1", "1.0"}}),
	} {
		_, err := w.dynamo.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("tab"), Item: item})
		if code(err) != "ValidationException" {
			t.Errorf("%s: %v", name, err)
		}
	}
	// pk (2+1) + sk (2+1) + v (1) leaves 400 KiB less 7 bytes.
	w.putRow(t, with("a", "1", "v", binary(strings.Repeat("x", 400<<10-7))))
	_, err := w.dynamo.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("tab"), Key: with("a", "1", "more", text("x"))})
	wantCode(t, err, "ValidationException")
	_, err = w.dynamo.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("nowhere"), Key: with("a", "1")})
	wantCode(t, err, "ResourceNotFoundException")
}

func TestBatchesOfItems(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.table(t)
	put := func(r row) types.WriteRequest {
		return types.WriteRequest{PutRequest: &types.PutRequest{Item: r}}
	}
	batch := func(writes ...types.WriteRequest) (*dynamodb.BatchWriteItemOutput, error) {
		return w.dynamo.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{"tab": writes}})
	}
	w.putRow(t, with("old", "1"))
	w.server.Fail("dynamodb", "BatchWriteItem", cloudtest.FailEntries(1, 1))
	out := must[*dynamodb.BatchWriteItemOutput](t)(batch(put(with("a", "1")), put(with("a", "2")), types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: with("old", "1")}}))
	if len(out.UnprocessedItems["tab"]) != 1 || w.rows(t) != 1 {
		t.Errorf("left %v, %d rows", out.UnprocessedItems, w.rows(t))
	}
	_, err := batch(put(with("a", "3")), put(with("a", "3")))
	wantCode(t, err, "ValidationException")
	_, err = batch(put(with("a", "3")), put(with("", "3")))
	wantCode(t, err, "ValidationException")
	var many []types.WriteRequest
	for i := range 26 {
		many = append(many, put(with("m", fmt.Sprint(i))))
	}
	_, err = batch(many...)
	wantCode(t, err, "ValidationException")
	if w.rows(t) != 1 {
		t.Error("a refused batch left rows")
	}
}

func (w *world) rows(t *testing.T) int32 {
	t.Helper()
	return must[*dynamodb.ScanOutput](t)(w.dynamo.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("tab")})).Count
}

func TestTransactions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.table(t)
	put := func(r row, condition string) types.TransactWriteItem {
		return types.TransactWriteItem{Put: &types.Put{TableName: aws.String("tab"), Item: r, ConditionExpression: notEmpty(condition)}}
	}
	do := func(token string, writes ...types.TransactWriteItem) error {
		_, err := w.dynamo.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: writes, ClientRequestToken: &token})
		return err
	}
	ok(t, do("1", put(with("a", "1"), "attribute_not_exists(pk)"), put(with("a", "2"), "")))
	ok(t, do("1", put(with("a", "1"), "attribute_not_exists(pk)"), put(with("a", "2"), "")))
	wantCode(t, do("1", put(with("a", "9"), "")), "IdempotentParameterMismatchException")
	err := do("2", put(with("b", "1"), ""), put(with("a", "1"), "attribute_not_exists(pk)"))
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) || *cancelled.CancellationReasons[0].Code != "None" || *cancelled.CancellationReasons[1].Code != "ConditionalCheckFailed" {
		t.Errorf("cancelled: %v", err)
	}
	if w.rows(t) != 2 {
		t.Error("a cancelled transaction left rows")
	}
	wantCode(t, do("3", put(with("a", "1"), ""), put(with("a", "1"), "")), "ValidationException")
	check := types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: aws.String("tab"), Key: with("a", "2"), ConditionExpression: aws.String("attribute_exists(pk)")}}
	gone := types.TransactWriteItem{Delete: &types.Delete{TableName: aws.String("tab"), Key: with("a", "1")}}
	ok(t, do("4", check, gone))
	if w.rows(t) != 1 {
		t.Error("the transaction did not delete")
	}
}
