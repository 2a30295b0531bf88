package health_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	watch "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamo "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"causeway.example/shared/cloud"
	"causeway.example/shared/cloud/account"
	"causeway.example/shared/cloud/cloudtest"
	"causeway.example/shared/cloud/health"
	"causeway.example/shared/doctor"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/routes"
)

const prefix = "causeway-test"

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// world is an emulated AWS with an installation as package infra/causeway creates it.
type world struct {
	*testing.T
	clock  *porttest.Clock
	server *cloudtest.Server
	config aws.Config
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldWithout(t, "")
}

// newWorldWithout leaves out the mapping of a queue.
func newWorldWithout(t *testing.T, unmapped string) *world {
	t.Helper()
	w := &world{T: t, clock: porttest.NewClock(noon)}
	w.server = cloudtest.New(w.clock.Now)
	var err error
	w.config, err = account.Config(map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": "http://aws.invalid",
	}, w.server.Transport())
	w.must(err)
	w.config.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	text := dynamo.ScalarAttributeTypeS
	_, err = dynamodb.NewFromConfig(w.config).CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String(prefix), BillingMode: dynamo.BillingModePayPerRequest,
		AttributeDefinitions: []dynamo.AttributeDefinition{{AttributeName: aws.String(cloud.PartitionKey), AttributeType: text}, {AttributeName: aws.String(cloud.SortKey), AttributeType: text}},
		KeySchema:            []dynamo.KeySchemaElement{{AttributeName: aws.String(cloud.PartitionKey), KeyType: dynamo.KeyTypeHash}, {AttributeName: aws.String(cloud.SortKey), KeyType: dynamo.KeyTypeRange}},
	})
	w.must(err)
	w.expire("ttl")
	w.backUp(true)
	_, err = lambda.NewFromConfig(w.config).CreateFunction(t.Context(), &lambda.CreateFunctionInput{
		FunctionName: aws.String(prefix + "-work"), Role: aws.String("r"), Code: &lambdatypes.FunctionCode{ZipFile: []byte("zip")}, Timeout: aws.Int32(60),
	})
	w.must(err)
	for _, name := range queues() {
		w.queue(routes.Dead(name), nil)
		w.queue(name, map[string]string{"RedrivePolicy": redrive(routes.Dead(name), 1000), "VisibilityTimeout": "360"})
		if name != unmapped {
			w.mapTo(name, prefix+"-work")
		}
		w.alarm(routes.Dead(name)+"-filled", "topic")
		w.alarm(routes.Dead(name)+"-old", "topic")
	}
	_, err = secretsmanager.NewFromConfig(w.config).CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String("causeway-test/shop"), SecretString: aws.String("{}")})
	w.must(err)
	w.pass(time.Minute)
	return w
}

func (w *world) mapTo(queue, function string) {
	w.Helper()
	_, err := lambda.NewFromConfig(w.config).CreateEventSourceMapping(w.Context(), &lambda.CreateEventSourceMappingInput{EventSourceArn: aws.String(arn(queue)), FunctionName: &function})
	w.must(err)
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) pass(d time.Duration) {
	w.clock.Advance(d)
	w.server.Wake()
}

// queues are those of the route table of the tests.
func queues() (names []string) {
	for _, system := range routes.Sources(porttest.Table()) {
		names = append(names, routes.Inbox(system), routes.InboxBackfill(system))
	}
	for _, route := range porttest.Table() {
		names = append(names, route.Queue())
	}
	return names
}

func arn(name string) string {
	return "arn:aws:sqs:eu-central-1:" + cloudtest.Account + ":" + prefix + "-" + name
}

func redrive(target string, receives int) string {
	return fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%d}`, arn(target), receives)
}

func (w *world) queue(name string, change map[string]string) {
	w.Helper()
	attributes := map[string]string{"MessageRetentionPeriod": "1209600"}
	for key, value := range change {
		attributes[key] = value
	}
	_, err := sqs.NewFromConfig(w.config).CreateQueue(w.Context(), &sqs.CreateQueueInput{QueueName: aws.String(prefix + "-" + name), Attributes: attributes})
	w.must(err)
}

func (w *world) set(name, attribute, value string) {
	w.Helper()
	_, err := sqs.NewFromConfig(w.config).SetQueueAttributes(w.Context(), &sqs.SetQueueAttributesInput{
		QueueUrl: aws.String("https://sqs.eu-central-1.amazonaws.com/" + cloudtest.Account + "/" + prefix + "-" + name), Attributes: map[string]string{attribute: value},
	})
	w.must(err)
}

func (w *world) alarm(name string, actions ...string) {
	w.Helper()
	_, err := cloudwatch.NewFromConfig(w.config).PutMetricAlarm(w.Context(), &cloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String(prefix + "-" + name), AlarmDescription: aws.String("causeway why says why"), Namespace: aws.String("AWS/SQS"), MetricName: aws.String("m"),
		EvaluationPeriods: aws.Int32(1), ComparisonOperator: watch.ComparisonOperatorGreaterThanThreshold, Threshold: aws.Float64(0), Statistic: watch.StatisticMaximum, Period: aws.Int32(300),
		AlarmActions: actions, ActionsEnabled: aws.Bool(true),
	})
	w.must(err)
}

func (w *world) expire(attribute string) {
	w.Helper()
	_, err := dynamodb.NewFromConfig(w.config).UpdateTimeToLive(w.Context(), &dynamodb.UpdateTimeToLiveInput{
		TableName: aws.String(prefix), TimeToLiveSpecification: &dynamo.TimeToLiveSpecification{AttributeName: &attribute, Enabled: aws.Bool(true)},
	})
	w.must(err)
}

func (w *world) backUp(on bool) {
	w.Helper()
	_, err := dynamodb.NewFromConfig(w.config).UpdateContinuousBackups(w.Context(), &dynamodb.UpdateContinuousBackupsInput{
		TableName: aws.String(prefix), PointInTimeRecoverySpecification: &dynamo.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: &on},
	})
	w.must(err)
}

// findings runs the checks.
func (w *world) findings() []doctor.Finding {
	w.Helper()
	return doctor.Run(w.Context(), health.Checks(w.config, health.Config{
		Routes: porttest.Table(), Secrets: []string{"causeway-test/shop"},
		Resources: cloud.Config{
			Prefix: prefix, QueueBase: "https://sqs.eu-central-1.amazonaws.com/" + cloudtest.Account + "/", Table: prefix, Build: "1.2.3", Now: w.clock.Now, Random: rand.Reader,
		},
	})...)
}

func (w *world) attention() (texts []string) {
	w.Helper()
	for _, f := range doctor.Attention(w.findings()) {
		texts = append(texts, f.String())
		if f.Remedy == "" {
			w.Errorf("%s has no remedy", f.String())
		}
	}
	return texts
}

func TestAnInstallationAsItIsCreatedIsFine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if found := w.attention(); len(found) > 0 {
		t.Errorf("found %s", strings.Join(found, "\n"))
	}
	checked := map[string]bool{}
	for _, f := range w.findings() {
		checked[f.Check] = true
	}
	for _, check := range []string{"queues", "mappings", "alarms", "table", "secrets"} {
		if !checked[check] {
			t.Errorf("%s are not checked", check)
		}
	}
}

// Each thing that is wrong is one finding, with the resource and the remedy.
func TestEachThingThatIsWrongIsFound(t *testing.T) {
	t.Parallel()
	route := porttest.Table()[0].Queue()
	dead := routes.Dead(route)
	for name, c := range map[string]struct {
		harm func(w *world)
		want []string // of the one finding
	}{
		"no redrive policy": {func(w *world) { w.set(route, "RedrivePolicy", "") }, []string{"problem", prefix + "-" + route, "has no redrive policy", "set RedrivePolicy of", dead}},
		"letters go elsewhere": {func(w *world) {
			w.queue("elsewhere", nil)
			w.set(route, "RedrivePolicy", redrive("elsewhere", 1000))
		}, []string{"problem", "elsewhere, where no command looks"}},
		"few receives":              {func(w *world) { w.set(route, "RedrivePolicy", redrive(dead, 5)) }, []string{"notice", "after 5 receives"}},
		"short retention":           {func(w *world) { w.set(route, "MessageRetentionPeriod", "1209000") }, []string{"problem", "keeps messages for", "1209600"}},
		"letters expire early":      {func(w *world) { w.set(dead, "MessageRetentionPeriod", "345600") }, []string{"problem", prefix + "-" + dead, "keeps dead letters for 96h0m0s only"}},
		"expires before it dies":    {func(w *world) { w.set(route, "VisibilityTimeout", "1300") }, []string{"problem", "it expires before it is a dead letter"}},
		"hidden for too short":      {func(w *world) { w.set(route, "VisibilityTimeout", "60") }, []string{"problem", "received again while it is handled", "to 360"}},
		"a paused queue":            {func(w *world) { w.pause(route) }, []string{"notice", "is paused", "causeway route resume " + route}},
		"an alarm without action":   {func(w *world) { w.alarm("shop-gaps") }, []string{"problem", prefix + "-shop-gaps", "has no action"}},
		"an alarm that is muted":    {func(w *world) { w.mute("shop-gaps") }, []string{"problem", "has its actions disabled", "enable-alarm-actions"}},
		"an alarm that rings":       {func(w *world) { w.ring(dead + "-old") }, []string{"notice", dead + "-old", "rings since 2026-11-22 12:01Z", "causeway why"}},
		"no point-in-time recovery": {func(w *world) { w.backUp(false) }, []string{"problem", "point in time", "enable point-in-time recovery"}},
		"an old secret":             {func(w *world) { w.pass(400 * 24 * time.Hour) }, []string{"notice", "causeway-test/shop", "was changed 400 days ago", "rotate it"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c.harm(w)
			found := w.attention()
			if len(found) != 1 || slices.ContainsFunc(c.want, func(part string) bool { return !strings.Contains(found[0], part) }) {
				t.Errorf("found %s\nwant one of %q", strings.Join(found, "\n"), c.want)
			}
		})
	}
}

func (w *world) pause(name string) {
	w.Helper()
	client := lambda.NewFromConfig(w.config)
	out, err := client.ListEventSourceMappings(w.Context(), &lambda.ListEventSourceMappingsInput{EventSourceArn: aws.String(arn(name))})
	w.must(err)
	_, err = client.UpdateEventSourceMapping(w.Context(), &lambda.UpdateEventSourceMappingInput{UUID: out.EventSourceMappings[0].UUID, Enabled: aws.Bool(false)})
	w.must(err)
	w.pass(time.Minute)
}

func (w *world) mute(name string) {
	w.Helper()
	_, err := cloudwatch.NewFromConfig(w.config).PutMetricAlarm(w.Context(), &cloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String(prefix + "-" + name), Namespace: aws.String("Causeway"), MetricName: aws.String("Gaps"), EvaluationPeriods: aws.Int32(1),
		ComparisonOperator: watch.ComparisonOperatorGreaterThanThreshold, AlarmActions: []string{"topic"}, ActionsEnabled: aws.Bool(false),
	})
	w.must(err)
}

func (w *world) ring(name string) {
	w.Helper()
	_, err := cloudwatch.NewFromConfig(w.config).SetAlarmState(w.Context(), &cloudwatch.SetAlarmStateInput{AlarmName: aws.String(prefix + "-" + name), StateValue: watch.StateValueAlarm, StateReason: aws.String("it is old")})
	w.must(err)
}

// A resource that is missing is found by what it leaves without.
func TestWhatIsMissingIsFound(t *testing.T) {
	t.Parallel()
	w := newWorldWithout(t, porttest.Table()[0].Queue())
	w.queueOnly(porttest.Table()[0].Queue())
	found := strings.Join(w.attention(), "\n")
	for _, part := range []string{"has no dead-letter queue", "it has no event source mapping", "deploy the stack causeway-test-connectors again"} {
		if !strings.Contains(found, part) {
			t.Errorf("found %s, want %q", found, part)
		}
	}
}

// queueOnly deletes the queue and its dead-letter queue, and creates the queue alone again.
func (w *world) queueOnly(name string) {
	w.Helper()
	client := sqs.NewFromConfig(w.config)
	for _, each := range []string{name, routes.Dead(name)} {
		_, err := client.DeleteQueue(w.Context(), &sqs.DeleteQueueInput{QueueUrl: aws.String("https://sqs.eu-central-1.amazonaws.com/" + cloudtest.Account + "/" + prefix + "-" + each)})
		w.must(err)
	}
	w.server.Wake()
	w.queue(name, nil)
}

// AWS does not answer: each check says so, and none panics.
func TestChecksThatCannotReadSaySo(t *testing.T) {
	t.Parallel()
	for operation, check := range map[string]string{
		"sqs GetQueueAttributes": "queues", "lambda ListEventSourceMappings": "mappings", "lambda GetFunctionConfiguration": "mappings", "monitoring DescribeAlarms": "alarms",
		"dynamodb DescribeTimeToLive": "table", "dynamodb DescribeContinuousBackups": "table", "secretsmanager DescribeSecret": "secrets",
	} {
		w := newWorld(t)
		service, name, _ := strings.Cut(operation, " ")
		w.server.Fail(service, name, cloudtest.Unavailable(cloudtest.Always))
		found := w.findings()
		if !slices.ContainsFunc(found, func(f doctor.Finding) bool {
			return f.Check == check && f.Level == doctor.Problem && strings.Contains(f.Text, "cannot be read") && f.Remedy != ""
		}) {
			t.Errorf("%s: found %v", operation, doctor.Attention(found))
		}
	}
}

// A check ends with its context.
func TestChecksEndWithTheirContext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	checks := health.Checks(w.config, health.Config{Routes: porttest.Table(), Resources: cloud.Config{Prefix: prefix, Table: prefix, QueueBase: "https://sqs.eu-central-1.amazonaws.com/1/", Now: w.clock.Now, Random: rand.Reader}})
	if found := doctor.Attention(doctor.Run(ctx, checks...)); len(found) == 0 {
		t.Error("an ended context finds everything fine")
	}
}
