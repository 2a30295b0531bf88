package cloudtest_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// find pages through a query and returns the sort keys and the number of pages.
func (w *world) find(t *testing.T, in *dynamodb.QueryInput) (sorts []string, pages int) {
	t.Helper()
	in.TableName = aws.String("tab")
	p := dynamodb.NewQueryPaginator(w.dynamo, in)
	for p.HasMorePages() {
		page := must[*dynamodb.QueryOutput](t)(p.NextPage(t.Context()))
		pages++
		for _, r := range page.Items {
			sk, _ := r["sk"].(*types.AttributeValueMemberS)
			sorts = append(sorts, sk.Value)
		}
	}
	return sorts, pages
}

func keyed(condition string, values row) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{KeyConditionExpression: &condition, ExpressionAttributeValues: values}
}

func TestQueries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.table(t)
	for i := range 9 {
		w.putRow(t, with("a", fmt.Sprintf("k%d", i+1), "n", number(fmt.Sprint(i+1))))
	}
	w.putRow(t, with("b", "k1"))
	a := text("a")
	for name, c := range map[string]struct {
		in    *dynamodb.QueryInput
		want  string
		pages int
	}{
		"all":         {keyed("pk = :a", row{":a": a}), "k1 k2 k3 k4 k5 k6 k7 k8 k9", 1},
		"from":        {keyed("pk = :a AND sk > :f", row{":a": a, ":f": text("k6")}), "k7 k8 k9", 1},
		"between":     {keyed("sk BETWEEN :f AND :g AND pk = :a", row{":a": a, ":f": text("k2"), ":g": text("k4")}), "k2 k3 k4", 1},
		"begins with": {keyed("pk = :a AND begins_with(sk, :f)", row{":a": a, ":f": text("k1")}), "k1", 1},
		"nobody":      {keyed("pk = :a", row{":a": text("z")}), "", 1},
	} {
		got, pages := w.find(t, c.in)
		if strings.Join(got, " ") != c.want || pages != c.pages {
			t.Errorf("%s: %v in %d pages", name, got, pages)
		}
	}
	in := keyed("pk = :a", row{":a": a})
	in.Limit, in.ScanIndexForward = aws.Int32(4), aws.Bool(false)
	if got, pages := w.find(t, in); strings.Join(got, " ") != "k9 k8 k7 k6 k5 k4 k3 k2 k1" || pages != 3 {
		t.Errorf("backwards by four: %v in %d pages", got, pages)
	}
	in = keyed("pk = :a", row{":a": a, ":n": number("8")})
	in.FilterExpression, in.Limit = aws.String("n > :n"), aws.Int32(3)
	if got, pages := w.find(t, in); strings.Join(got, " ") != "k9" || pages != 4 {
		t.Errorf("filtered: %v in %d pages, want one item in four pages, the last empty", got, pages)
	}
}

func TestAPageHasAtMostOneMebibyte(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.table(t)
	for i := range 6 {
		w.putRow(t, with("a", fmt.Sprint(i), "v", binary(strings.Repeat("x", 300<<10))))
	}
	if got, pages := w.find(t, keyed("pk = :a", row{":a": text("a")})); len(got) != 6 || pages != 2 {
		t.Errorf("%v in %d pages", got, pages)
	}
}

func TestIndexesAreSparse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.table(t)
	w.putRow(t, with("a", "1", "ge", text("order/1"), "gt", text("2"), "v", text("x")))
	w.putRow(t, with("b", "2", "ge", text("order/1"), "gt", text("1"), "v", text("x")))
	w.putRow(t, with("c", "3", "ge", text("order/1"), "v", text("x")))
	w.putRow(t, with("d", "4", "ge", text("order/1"), "gt", text("2")))
	in := keyed("ge = :e", row{":e": text("order/1")})
	in.IndexName, in.Limit = aws.String("entity"), aws.Int32(1)
	if got, _ := w.find(t, in); strings.Join(got, " ") != "2 1 4" {
		t.Errorf("by entity: %v", got)
	}
	in = keyed("ge = :e", row{":e": text("order/1")})
	in.IndexName, in.TableName = aws.String("entity"), aws.String("tab")
	for _, r := range must[*dynamodb.QueryOutput](t)(w.dynamo.Query(t.Context(), in)).Items {
		if names := slices.Sorted(maps.Keys(r)); !slices.Equal(names, []string{"ge", "gt", "pk", "sk"}) {
			t.Errorf("keys only: %v", names)
		}
	}
	in = keyed("sk = :s", row{":s": text("1")})
	in.IndexName, in.TableName = aws.String("all"), aws.String("tab")
	if got := must[*dynamodb.QueryOutput](t)(w.dynamo.Query(t.Context(), in)).Items; len(got) != 1 || len(got[0]) != 5 {
		t.Errorf("everything: %v", got)
	}
}

func TestQueriesThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.table(t)
	a, values := text("a"), row{":a": text("a")}
	edit := func(in *dynamodb.QueryInput, change func(*dynamodb.QueryInput)) *dynamodb.QueryInput {
		change(in)
		return in
	}
	for name, in := range map[string]*dynamodb.QueryInput{
		"no condition":        {},
		"no hash key":         keyed("sk = :a", values),
		"range of hash keys":  keyed("pk > :a", values),
		"two hash keys":       keyed("pk = :a AND pk = :a", values),
		"two sort keys":       keyed("pk = :a AND sk > :a AND sk < :b", row{":a": a, ":b": text("b")}),
		"or":                  keyed("pk = :a OR sk = :a", values),
		"another attribute":   keyed("pk = :a AND n = :a", values),
		"not equal":           keyed("pk = :a AND sk <> :a", values),
		"type of key":         keyed("pk = :a", row{":a": number("1")}),
		"empty key":           keyed("pk = :a", row{":a": text("")}),
		"no index":            edit(keyed("pk = :a", values), func(in *dynamodb.QueryInput) { in.IndexName = aws.String("nowhere") }),
		"consistent index":    edit(keyed("ge = :a", values), func(in *dynamodb.QueryInput) { in.IndexName, in.ConsistentRead = aws.String("entity"), aws.Bool(true) }),
		"filter by key":       edit(keyed("pk = :a", values), func(in *dynamodb.QueryInput) { in.FilterExpression = aws.String("sk = :a") }),
		"limit":               edit(keyed("pk = :a", values), func(in *dynamodb.QueryInput) { in.Limit = aws.Int32(0) }),
		"starting key":        edit(keyed("pk = :a", values), func(in *dynamodb.QueryInput) { in.ExclusiveStartKey = row{"pk": a} }),
		"nested projection":   edit(keyed("pk = :a", values), func(in *dynamodb.QueryInput) { in.ProjectionExpression = aws.String("m.k") }),
		"function with paths": keyed("begins_with(pk, sk) AND pk = :a", values),
	} {
		in.TableName = aws.String("tab")
		if _, err := w.dynamo.Query(t.Context(), in); code(err) != "ValidationException" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestScans(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.table(t)
	for i := range 5 {
		w.putRow(t, with(fmt.Sprint(i), "1", "n", number(fmt.Sprint(i))))
	}
	p := dynamodb.NewScanPaginator(w.dynamo, &dynamodb.ScanInput{
		TableName: aws.String("tab"), Limit: aws.Int32(2), FilterExpression: aws.String("n <> :n"), ExpressionAttributeValues: row{":n": number("3")},
	})
	seen, pages := 0, 0
	for p.HasMorePages() {
		seen += len(must[*dynamodb.ScanOutput](t)(p.NextPage(t.Context())).Items)
		pages++
	}
	if seen != 4 || pages != 3 {
		t.Errorf("%d items in %d pages", seen, pages)
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.table(t)
	got := must[*dynamodb.DescribeTableOutput](t)(w.dynamo.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("tab")})).Table
	if got.TableStatus != types.TableStatusActive || len(got.GlobalSecondaryIndexes) != 2 || *got.GlobalSecondaryIndexes[1].KeySchema[0].AttributeName != "ge" {
		t.Errorf("table %+v", got)
	}
	ttl := func(on bool) error {
		_, err := w.dynamo.UpdateTimeToLive(t.Context(), &dynamodb.UpdateTimeToLiveInput{
			TableName: aws.String("tab"), TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("ttl"), Enabled: &on},
		})
		return err
	}
	ok(t, ttl(true))
	wantCode(t, ttl(true), "ValidationException")
	live := must[*dynamodb.DescribeTimeToLiveOutput](t)(w.dynamo.DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{TableName: aws.String("tab")}))
	if *live.TimeToLiveDescription.AttributeName != "ttl" {
		t.Errorf("time to live %+v", live.TimeToLiveDescription)
	}
	must[*dynamodb.UpdateContinuousBackupsOutput](t)(w.dynamo.UpdateContinuousBackups(t.Context(), &dynamodb.UpdateContinuousBackupsInput{
		TableName: aws.String("tab"), PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(true)},
	}))
	hash := []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash}}
	define := []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS}}
	for name, c := range map[string]struct {
		in   dynamodb.CreateTableInput
		want string
	}{
		"again":            {dynamodb.CreateTableInput{TableName: aws.String("tab"), KeySchema: hash, AttributeDefinitions: define}, "ResourceInUseException"},
		"name":             {dynamodb.CreateTableInput{TableName: aws.String("t u"), KeySchema: hash, AttributeDefinitions: define}, "ValidationException"},
		"undefined key":    {dynamodb.CreateTableInput{KeySchema: hash, AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("x"), AttributeType: "S"}}}, "ValidationException"},
		"type of key":      {dynamodb.CreateTableInput{KeySchema: hash, AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: "BOOL"}}}, "ValidationException"},
		"spare attribute":  {dynamodb.CreateTableInput{KeySchema: hash, AttributeDefinitions: append(define, types.AttributeDefinition{AttributeName: aws.String("x"), AttributeType: "S"})}, "ValidationException"},
		"sort before hash": {dynamodb.CreateTableInput{KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: types.KeyTypeRange}}, AttributeDefinitions: define}, "ValidationException"},
		"well-formed":      {dynamodb.CreateTableInput{KeySchema: hash, AttributeDefinitions: define}, ""},
	} {
		if c.in.TableName == nil {
			c.in.TableName = aws.String(strings.ReplaceAll(name, " ", "-"))
		}
		c.in.BillingMode = types.BillingModePayPerRequest
		_, err := w.dynamo.CreateTable(t.Context(), &c.in)
		if got := code(err); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
