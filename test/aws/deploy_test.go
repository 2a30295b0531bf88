//go:build aws

package aws_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	events "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
)

// hidden is how long a queue hides a received message here, in seconds.
const hidden = "20"

// clients are the SDK's, for setting up and for looking after.
type clients struct {
	sqs     *sqs.Client
	events  *eventbridge.Client
	dynamo  *dynamodb.Client
	s3      *s3.Client
	secrets *secretsmanager.Client
	region  string
	moto    bool // whether the endpoint is moto
}

func newClients(config aws.Config) *clients {
	return &clients{
		sqs: sqs.NewFromConfig(config), events: eventbridge.NewFromConfig(config), dynamo: dynamodb.NewFromConfig(config),
		secrets: secretsmanager.NewFromConfig(config), region: config.Region,
		s3: s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = o.BaseEndpoint != nil }),
	}
}

// deploy sets up what the templates describe, in an order in which each finds what it
// refers to. Secrets are created empty, as they are in an account, but for one that CloudFormation generates.
func (c *clients) deploy(ctx context.Context, s *stack) error {
	for _, step := range []struct {
		kind string
		make func(context.Context, map[string]any) error
	}{
		{"AWS::DynamoDB::Table", c.table},
		{"AWS::S3::Bucket", c.bucket},
		{"AWS::SecretsManager::Secret", c.secret},
		{"AWS::SQS::Queue", c.deadQueue},
		{"AWS::SQS::Queue", c.liveQueue},
		{"AWS::SQS::QueuePolicy", c.policy},
		{"AWS::Events::EventBus", c.bus},
		{"AWS::Events::Rule", c.rule},
	} {
		if err := s.each(step.kind, func(_ string, p map[string]any) error { return step.make(ctx, p) }); err != nil {
			return err
		}
	}
	return nil
}

// unlessThere forgives a resource that an earlier run left at a lasting endpoint.
func unlessThere(err error) error {
	var api smithy.APIError
	there := []string{"ResourceInUseException", "ResourceAlreadyExistsException", "ResourceExistsException", "BucketAlreadyOwnedByYou"}
	if errors.As(err, &api) && slices.Contains(there, api.ErrorCode()) {
		return nil
	}
	return err
}

func (c *clients) table(ctx context.Context, p map[string]any) error {
	ttl, err := into[dynamodb.UpdateTimeToLiveInput](map[string]any{"TableName": p["TableName"], "TimeToLiveSpecification": p["TimeToLiveSpecification"]})
	if err != nil {
		return err
	}
	for _, later := range []string{"SSESpecification", "PointInTimeRecoverySpecification", "TimeToLiveSpecification", "Tags"} {
		delete(p, later)
	}
	in, err := into[dynamodb.CreateTableInput](p)
	if err != nil {
		return err
	}
	if _, err := c.dynamo.CreateTable(ctx, &in); err != nil {
		return unlessThere(err)
	}
	about := &dynamodb.DescribeTableInput{TableName: in.TableName}
	if err := dynamodb.NewTableExistsWaiter(c.dynamo).Wait(ctx, about, time.Minute); err != nil {
		return err
	}
	_, err = c.dynamo.UpdateTimeToLive(ctx, &ttl)
	return err
}

func (c *clients) bucket(ctx context.Context, p map[string]any) error {
	name, _ := p["BucketName"].(string)
	in := &s3.CreateBucketInput{Bucket: &name}
	if c.region != "us-east-1" {
		in.CreateBucketConfiguration = &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(c.region)}
	}
	_, err := c.s3.CreateBucket(ctx, in)
	return unlessThere(err)
}

func (c *clients) secret(ctx context.Context, p map[string]any) error {
	generate, _ := p["GenerateSecretString"].(map[string]any)
	delete(p, "GenerateSecretString")
	in, err := into[secretsmanager.CreateSecretInput](p)
	if err != nil {
		return err
	}
	if key, ok := generate["GenerateStringKey"].(string); ok {
		text, err := json.Marshal(map[string]string{key: rand.Text() + rand.Text()})
		if err != nil {
			return err
		}
		in.SecretString = aws.String(string(text))
	}
	_, err = c.secrets.CreateSecret(ctx, &in)
	return unlessThere(err)
}

func (c *clients) deadQueue(ctx context.Context, p map[string]any) error {
	if p["RedrivePolicy"] != nil {
		return nil
	}
	return c.queue(ctx, p)
}

func (c *clients) liveQueue(ctx context.Context, p map[string]any) error {
	if p["RedrivePolicy"] == nil {
		return nil
	}
	return c.queue(ctx, p)
}

func (c *clients) queue(ctx context.Context, p map[string]any) error {
	attributes := map[string]string{}
	for name, value := range p {
		switch value := value.(type) {
		case map[string]any:
			text, err := json.Marshal(value)
			if err != nil {
				return err
			}
			attributes[name] = string(text)
		case []any: // tags
		default:
			attributes[name] = fmt.Sprint(value)
		}
	}
	name := attributes["QueueName"]
	delete(attributes, "QueueName")
	if attributes["RedrivePolicy"] != "" {
		attributes["VisibilityTimeout"] = hidden
	}
	_, err := c.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	return err
}

func (c *clients) policy(ctx context.Context, p map[string]any) error {
	text, err := json.Marshal(p["PolicyDocument"])
	if err != nil {
		return err
	}
	for _, url := range parts(p["Queues"]) {
		if url == "" {
			continue
		}
		in := &sqs.SetQueueAttributesInput{QueueUrl: aws.String(fmt.Sprint(url)), Attributes: map[string]string{"Policy": string(text)}}
		if _, err := c.sqs.SetQueueAttributes(ctx, in); err != nil {
			return err
		}
	}
	return nil
}

func (c *clients) bus(ctx context.Context, p map[string]any) error {
	name, _ := p["Name"].(string)
	_, err := c.events.CreateEventBus(ctx, &eventbridge.CreateEventBusInput{Name: &name})
	return unlessThere(err)
}

func (c *clients) rule(ctx context.Context, p map[string]any) error {
	pattern, err := json.Marshal(p["EventPattern"])
	if err != nil {
		return err
	}
	targets, err := into[[]events.Target](p["Targets"])
	if err != nil {
		return err
	}
	delete(p, "EventPattern")
	delete(p, "Targets")
	in, err := into[eventbridge.PutRuleInput](p)
	if err != nil {
		return err
	}
	if in.ScheduleExpression == nil {
		in.EventPattern = aws.String(string(pattern))
	}
	if _, err := c.events.PutRule(ctx, &in); err != nil {
		return err
	}
	if c.moto {
		targets = transformed(targets)
	}
	out, err := c.events.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: in.Name, EventBusName: in.EventBusName, Targets: targets})
	if err == nil && out.FailedEntryCount > 0 {
		err = fmt.Errorf("targets of %s: %v", *in.Name, out.FailedEntries)
	}
	return err
}

// transformed replaces the input path of each target by an input transformer, because moto
// (5.2.1) ignores the path. The templates keep the path: EventBridge hands over exactly the
// part that it selects, and documents no such thing for a transformer, whose output is
// "minified and escaped" (EventBridge user guide, "Common issues with transforming input").
func transformed(targets []events.Target) []events.Target {
	for i, target := range targets {
		if target.InputPath != nil {
			targets[i].InputPath = nil
			targets[i].InputTransformer = &events.InputTransformer{InputPathsMap: map[string]string{"part": *target.InputPath}, InputTemplate: aws.String("<part>")}
		}
	}
	return targets
}

// depth counts what is in the queues that are not for dead letters.
func (c *clients) depth(ctx context.Context, urls []string) (int, error) {
	total := 0
	for _, url := range urls {
		out, err := c.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []sqsAttribute{"All"}})
		if err != nil {
			return 0, err
		}
		for _, name := range []string{"", "NotVisible", "Delayed"} {
			var n int
			if _, err := fmt.Sscan(cmp.Or(out.Attributes["ApproximateNumberOfMessages"+name], "0"), &n); err != nil {
				return 0, err
			}
			total += n
		}
	}
	return total, nil
}

// liveQueues are the URLs of the queues that functions read, inboxes first. Who counts them in
// that order misses no message that moves on in the meantime.
func (s *stack) liveQueues() (urls []string, err error) {
	err = s.each("AWS::Lambda::EventSourceMapping", func(_ string, p map[string]any) error {
		arn, _ := p["EventSourceArn"].(string)
		urls = append(urls, s.queueURL(arn))
		return nil
	})
	after := func(url string) int {
		if strings.Contains(url, "-to-") {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(urls, func(a, b string) int { return cmp.Compare(after(a), after(b)) })
	return urls, err
}

func (s *stack) queueURL(arn string) string {
	at := s.templates[0].place
	return "https://sqs." + at.region + ".amazonaws.com/" + at.account + "/" + arn[strings.LastIndex(arn, ":")+1:]
}

func TestMotoGetsATransformerInPlaceOfAPath(t *testing.T) {
	t.Parallel()
	got := transformed([]events.Target{{Id: aws.String("a"), InputPath: aws.String("$.detail")}, {Id: aws.String("b")}})
	if a := got[0]; a.InputPath != nil || a.InputTransformer.InputPathsMap["part"] != "$.detail" || *a.InputTransformer.InputTemplate != "<part>" || got[1].InputTransformer != nil {
		t.Errorf("became %+v", got)
	}
	for path, want := range map[string]bool{"/moto-api/data.json": true, "/other": false} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != path {
				w.WriteHeader(http.StatusNotFound)
			}
		}))
		t.Cleanup(server.Close)
		address, err := parseURL(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		if moto, err := isMoto(t.Context(), address); err != nil || moto != want {
			t.Errorf("an endpoint with %s is moto: %v, %v", path, moto, err)
		}
	}
}

func TestAnEndpointHasRoomForOneWorld(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		setup       setup
		day, others bool
	}{
		"the stand-in": {setup{}, true, true}, "an endpoint": {setup{endpoint: &urlType{}}, true, false}, "an account": {setup{account: "1"}, true, false},
	} {
		if day, others := c.setup.hasRoom(onlyWorld), c.setup.hasRoom("TestTheDayWithKills/day,_run_1") || c.setup.hasRoom("TestALargeDelivery/large,_run_0"); day != c.day || others != c.others {
			t.Errorf("%s: room for the day %v, for others %v", name, day, others)
		}
	}
}
