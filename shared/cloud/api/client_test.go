package api_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamo "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	bus "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	queue "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"causeway.example/shared/cloud/api"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// call is a request as it was sent.
type call struct {
	request *http.Request
	body    []byte
}

// wire answers each call as a test wants, and keeps the calls.
type wire struct {
	answer func(n int) (status int, header http.Header, body string, err error)
	mu     sync.Mutex
	calls  []call
}

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	w.mu.Lock()
	w.calls = append(w.calls, call{r, body})
	n := len(w.calls)
	w.mu.Unlock()
	status, header, text, err := w.answer(n)
	if r.Context().Err() != nil {
		err = r.Context().Err()
	}
	if err != nil {
		return nil, err
	}
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: header, Request: r, Body: io.NopCloser(strings.NewReader(text))}, nil
}

// always answers every call alike.
func always(status int, body string) *wire {
	return &wire{answer: func(int) (int, http.Header, string, error) { return status, nil, body, nil }}
}

func config(w *wire) aws.Config {
	return aws.Config{
		Region: "eu-central-1", HTTPClient: &http.Client{Transport: w},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret", SessionToken: "session"}, nil
		}),
	}
}

func options(w *wire) api.Options {
	return api.Options{Config: config(w), Agent: "causeway/1", Now: func() time.Time { return noon }}
}

// TestRequestsAreThoseOfTheSDK sends the same call by both and compares what leaves.
func TestRequestsAreThoseOfTheSDK(t *testing.T) {
	t.Parallel()
	text := "text <&> ☕"
	ours := map[string]api.AttributeValue{"pk": {S: &text}, "n": {N: aws.String("7")}, "b": {B: []byte("bytes")}}
	theirs := map[string]dynamo.AttributeValue{
		"pk": &dynamo.AttributeValueMemberS{Value: text}, "n": &dynamo.AttributeValueMemberN{Value: "7"}, "b": &dynamo.AttributeValueMemberB{Value: []byte("bytes")},
	}
	url, table, one := aws.String("https://sqs.eu-central-1.amazonaws.com/1/q"), aws.String("table"), aws.String("1")
	const key, sum = "drop/toy/a b+c=ü&'()*.csv", "6Zt3Yd1JkU5BfVbq2c3iS2kWqYdyJ4v0h3oHk2aQ6tM="
	for name, c := range map[string]struct{ ours, sdk func(context.Context, *wire) }{
		"GetItem": {func(ctx context.Context, w *wire) {
			_, _ = api.NewDynamoDB(options(w)).GetItem(ctx, &api.GetItemInput{TableName: table, Key: ours, ConsistentRead: aws.Bool(true)})
		}, func(ctx context.Context, w *wire) {
			_, _ = dynamodb.NewFromConfig(config(w)).GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: theirs, ConsistentRead: aws.Bool(true)})
		}},
		"PutItem": {func(ctx context.Context, w *wire) {
			_ = api.NewDynamoDB(options(w)).PutItem(ctx, &api.PutItemInput{TableName: table, Item: ours, ConditionExpression: &text, ExpressionAttributeValues: ours, ReturnValuesOnConditionCheckFailure: api.AllOld})
		}, func(ctx context.Context, w *wire) {
			_, _ = dynamodb.NewFromConfig(config(w)).PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: theirs, ConditionExpression: &text, ExpressionAttributeValues: theirs, ReturnValuesOnConditionCheckFailure: dynamo.ReturnValuesOnConditionCheckFailureAllOld})
		}},
		"BatchWriteItem": {func(ctx context.Context, w *wire) {
			_, _ = api.NewDynamoDB(options(w)).BatchWriteItem(ctx, &api.BatchWriteItemInput{RequestItems: map[string][]api.WriteRequest{"table": {{PutRequest: &api.PutRequest{Item: ours}}}}})
		}, func(ctx context.Context, w *wire) {
			_, _ = dynamodb.NewFromConfig(config(w)).BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]dynamo.WriteRequest{"table": {{PutRequest: &dynamo.PutRequest{Item: theirs}}}}})
		}},
		"Query": {func(ctx context.Context, w *wire) {
			_, _ = api.NewDynamoDB(options(w)).Query(ctx, &api.QueryInput{TableName: table, ConsistentRead: aws.Bool(true), KeyConditionExpression: &text, ExpressionAttributeValues: ours, ExclusiveStartKey: ours})
		}, func(ctx context.Context, w *wire) {
			_, _ = dynamodb.NewFromConfig(config(w)).Query(ctx, &dynamodb.QueryInput{TableName: table, ConsistentRead: aws.Bool(true), KeyConditionExpression: &text, ExpressionAttributeValues: theirs, ExclusiveStartKey: theirs})
		}},
		"Scan": {func(ctx context.Context, w *wire) {
			_, _ = api.NewDynamoDB(options(w)).Scan(ctx, &api.ScanInput{TableName: table, FilterExpression: &text, ExpressionAttributeValues: ours})
		}, func(ctx context.Context, w *wire) {
			_, _ = dynamodb.NewFromConfig(config(w)).Scan(ctx, &dynamodb.ScanInput{TableName: table, FilterExpression: &text, ExpressionAttributeValues: theirs})
		}},
		"SendMessageBatch": {func(ctx context.Context, w *wire) {
			_, _ = api.NewSQS(options(w)).SendMessageBatch(ctx, &api.SendMessageBatchInput{QueueURL: url, Entries: []api.SendMessageBatchRequestEntry{{
				ID: one, MessageBody: &text, MessageGroupID: one, MessageAttributes: map[string]api.MessageAttributeValue{"a": {DataType: aws.String("String"), StringValue: &text}},
			}}})
		}, func(ctx context.Context, w *wire) {
			_, _ = sqs.NewFromConfig(config(w)).SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: url, Entries: []queue.SendMessageBatchRequestEntry{{
				Id: one, MessageBody: &text, MessageGroupId: one, MessageAttributes: map[string]queue.MessageAttributeValue{"a": {DataType: aws.String("String"), StringValue: &text}},
			}}})
		}},
		"ReceiveMessage": {func(ctx context.Context, w *wire) {
			_, _ = api.NewSQS(options(w)).ReceiveMessage(ctx, &api.ReceiveMessageInput{QueueURL: url, MaxNumberOfMessages: 3, WaitTimeSeconds: 20, MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: []string{api.SentTimestamp, api.ApproximateReceiveCount}})
		}, func(ctx context.Context, w *wire) {
			_, _ = sqs.NewFromConfig(config(w)).ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 3, WaitTimeSeconds: 20, MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: []queue.MessageSystemAttributeName{"SentTimestamp", "ApproximateReceiveCount"}})
		}},
		"DeleteMessage": {func(ctx context.Context, w *wire) {
			_ = api.NewSQS(options(w)).DeleteMessage(ctx, &api.DeleteMessageInput{QueueURL: url, ReceiptHandle: one})
		}, func(ctx context.Context, w *wire) {
			_, _ = sqs.NewFromConfig(config(w)).DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: one})
		}},
		"ChangeMessageVisibility to now": {func(ctx context.Context, w *wire) {
			_ = api.NewSQS(options(w)).ChangeMessageVisibility(ctx, &api.ChangeMessageVisibilityInput{QueueURL: url, ReceiptHandle: one})
		}, func(ctx context.Context, w *wire) {
			_, _ = sqs.NewFromConfig(config(w)).ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: one})
		}},
		"PutEvents": {func(ctx context.Context, w *wire) {
			_, _ = api.NewEventBridge(options(w)).PutEvents(ctx, &api.PutEventsInput{Entries: []api.PutEventsRequestEntry{{EventBusName: table, Source: one, DetailType: one, Detail: &text}}})
		}, func(ctx context.Context, w *wire) {
			_, _ = eventbridge.NewFromConfig(config(w)).PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []bus.PutEventsRequestEntry{{EventBusName: table, Source: one, DetailType: one, Detail: &text}}})
		}},
		"GetSecretValue": {func(ctx context.Context, w *wire) {
			_, _ = api.NewSecretsManager(options(w)).GetSecretValue(ctx, &api.GetSecretValueInput{SecretID: one})
		}, func(ctx context.Context, w *wire) {
			_, _ = secretsmanager.NewFromConfig(config(w)).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: one})
		}},
		"PutObject": {func(ctx context.Context, w *wire) {
			_ = api.NewS3(options(w), "bucket").PutObject(ctx, key, []byte("bytes"), sum)
		}, func(ctx context.Context, w *wire) {
			_, _ = s3.NewFromConfig(config(w)).PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String(key), Body: strings.NewReader("bytes"), ChecksumSHA256: aws.String(sum)})
		}},
		"GetObject": {func(ctx context.Context, w *wire) {
			_, _ = api.NewS3(options(w), "bucket").GetObject(ctx, key, "")
		}, func(ctx context.Context, w *wire) {
			_, _ = s3.NewFromConfig(config(w)).GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String(key)})
		}},
		"ListObjectsV2": {func(ctx context.Context, w *wire) {
			_, _ = api.NewS3(options(w), "bucket").ListObjectsV2(ctx, "a b+/ü", "to+ken/=")
		}, func(ctx context.Context, w *wire) {
			_, _ = s3.NewFromConfig(config(w)).ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("bucket"), Prefix: aws.String("a b+/ü"), ContinuationToken: aws.String("to+ken/=")})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := always(200, "{}"), always(200, "{}")
			c.ours(t.Context(), a)
			c.sdk(t.Context(), b)
			if len(a.calls) == 0 || len(b.calls) == 0 {
				t.Fatalf("%d calls of ours, %d of the SDK's", len(a.calls), len(b.calls))
			}
			same(t, a.calls[0], b.calls[0])
		})
	}
}

// same compares two requests in everything that AWS reads, but the time.
func same(t *testing.T, ours, theirs call) {
	t.Helper()
	a, b := ours.request, theirs.request
	if a.Method != b.Method || a.URL.Scheme != b.URL.Scheme || a.URL.Host != b.URL.Host || a.URL.EscapedPath() != b.URL.EscapedPath() {
		t.Errorf("%s %s\nwant %s %s", a.Method, a.URL, b.Method, b.URL)
	}
	query := b.URL.Query()
	query.Del("x-id") // the SDK's note of the operation, which S3 ignores
	if !reflect.DeepEqual(a.URL.Query(), query) {
		t.Errorf("query %v\nwant  %v", a.URL.Query(), query)
	}
	// The SDK leaves a body out of the signature where TLS and a checksum cover it; ours
	// is always in.
	if b.Header.Get("X-Amz-Content-Sha256") == "UNSIGNED-PAYLOAD" {
		sum := sha256.Sum256(ours.body)
		b.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	}
	for _, name := range []string{"X-Amz-Target", "X-Amz-Content-Sha256", "X-Amz-Checksum-Sha256", "X-Amz-Security-Token"} {
		if got, want := a.Header.Get(name), b.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if b.Header.Get("X-Amz-Target") != "" && a.Header.Get("Content-Type") != b.Header.Get("Content-Type") {
		t.Errorf("content type %q, want %q", a.Header.Get("Content-Type"), b.Header.Get("Content-Type"))
	}
	scope := func(r *http.Request) string {
		_, rest, _ := strings.Cut(r.Header.Get("Authorization"), "/")
		_, rest, _ = strings.Cut(rest, "/") // the day
		scope, _, _ := strings.Cut(rest, ",")
		return scope
	}
	if scope(a) != scope(b) || scope(a) == "" {
		t.Errorf("signed for %q, want %q", scope(a), scope(b))
	}
	var x, y any
	if json.Unmarshal(theirs.body, &y) == nil {
		if err := json.Unmarshal(ours.body, &x); err != nil || !reflect.DeepEqual(x, y) {
			t.Errorf("body %s\nwant %s", ours.body, theirs.body)
		}
	} else if string(ours.body) != string(theirs.body) {
		t.Errorf("body %q, want %q", ours.body, theirs.body)
	}
}

// get calls GetItem and returns its error.
func get(ctx context.Context, w *wire) error {
	_, err := api.NewDynamoDB(options(w)).GetItem(ctx, &api.GetItemInput{TableName: aws.String("t")})
	return err
}

func codeOf(err error) string {
	if said, ok := errors.AsType[smithy.APIError](err); ok {
		return said.ErrorCode()
	}
	return ""
}

func TestWhatPassesIsTriedAgain(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]struct {
		status int
		body   string
		err    error
	}{
		"a 503":             {503, "", nil},
		"a throttle":        {400, `{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}`, nil},
		"a broken network":  {0, "", errors.New("connection reset by peer")},
		"a 500 that speaks": {500, `{"__type":"InternalServerError","message":"sorry"}`, nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := &wire{answer: func(n int) (int, http.Header, string, error) {
				if n < 3 {
					return first.status, nil, first.body, first.err
				}
				return 200, nil, "{}", nil
			}}
			if err := get(t.Context(), w); err != nil || len(w.calls) != 3 {
				t.Errorf("%s: %v after %d calls", name, err, len(w.calls))
			}
		})
	}
}

func TestWhatDoesNotPassIsNot(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		header http.Header
		body   string
		code   string
	}{
		"a code with its namespace": {400, nil, `{"__type":"com.amazonaws#ResourceNotFoundException","message":"none"}`, "ResourceNotFoundException"},
		"a code with an address":    {400, nil, `{"code":"ValidationException:http://internal/"}`, "ValidationException"},
		"a code in the header":      {400, http.Header{"X-Amzn-Errortype": {"AccessDeniedException:http://internal/"}}, `{}`, "AccessDeniedException"},
		"a code of the old query":   {400, http.Header{"X-Amzn-Query-Error": {"AWS.SimpleQueueService.NonExistentQueue;Sender"}}, `{"__type":"com.amazonaws.sqs#QueueDoesNotExist"}`, "AWS.SimpleQueueService.NonExistentQueue"},
		"a code in XML":             {404, nil, `<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>none</Message></Error>`, "NoSuchKey"},
		"a page of a proxy":         {403, nil, `<html>`, ""},
		"nothing":                   {404, nil, ``, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &wire{answer: func(int) (int, http.Header, string, error) { return c.status, c.header, c.body, nil }}
			err := get(t.Context(), w)
			if err == nil || codeOf(err) != c.code || len(w.calls) != 1 || !strings.Contains(err.Error(), "GetItem") {
				t.Errorf("%v after %d calls, want code %q", err, len(w.calls), c.code)
			}
		})
	}
}

func TestACallGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := always(503, "")
		if err := get(t.Context(), w); err == nil || len(w.calls) != 3 {
			t.Errorf("%v after %d calls", err, len(w.calls))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
		defer cancel()
		w = always(503, "")
		time.Sleep(time.Second)
		if err := get(ctx, w); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after its context: %v", err)
		}
	})
}

func TestAConditionThatFailsTellsTheItem(t *testing.T) {
	t.Parallel()
	w := always(400, `{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"no","Item":{"w":{"B":"dG9rZW4="},"r":{"N":"7"}}}`)
	err := api.NewDynamoDB(options(w)).PutItem(t.Context(), &api.PutItemInput{TableName: aws.String("t")})
	refused, ok := errors.AsType[*api.ConditionFailedError](err)
	if !ok || string(refused.Item["w"].B) != "token" || *refused.Item["r"].N != "7" || len(w.calls) != 1 {
		t.Errorf("%v after %d calls", err, len(w.calls))
	}
}

// TestF53AClockThatIsWrongIsCorrected: AWS refuses a signature that is more than five
// minutes off, and its answer says what time it is there.
func TestF53AClockThatIsWrongIsCorrected(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		right := noon.Add(10 * time.Minute)
		w := &wire{}
		w.answer = func(n int) (int, http.Header, string, error) {
			at, err := time.Parse("20060102T150405Z", w.calls[n-1].request.Header.Get("X-Amz-Date"))
			if right.Sub(at).Abs() > 5*time.Minute {
				return 400, http.Header{"Date": {right.Format(http.TimeFormat)}}, `{"__type":"InvalidSignatureException","message":"Signature expired"}`, nil
			}
			return 200, nil, "{}", err
		}
		client := api.NewDynamoDB(options(w))
		for range 2 {
			if _, err := client.GetItem(t.Context(), &api.GetItemInput{TableName: aws.String("t")}); err != nil {
				t.Fatal(err)
			}
		}
		if len(w.calls) != 3 {
			t.Errorf("%d calls, want one more than asked for", len(w.calls))
		}
		w = &wire{answer: func(int) (int, http.Header, string, error) {
			return 403, http.Header{"Date": {noon.Format(http.TimeFormat)}}, `{"__type":"InvalidSignatureException"}`, nil
		}}
		if err := get(t.Context(), w); codeOf(err) != "InvalidSignatureException" || len(w.calls) != 1 {
			t.Errorf("a signature that is wrong at the right time: %v after %d calls", err, len(w.calls))
		}
	})
}

func TestAnAnswerThatIsNoJSONIsAnError(t *testing.T) {
	t.Parallel()
	if err := get(t.Context(), always(200, "<html>")); err == nil {
		t.Error("taken for an answer")
	}
	if _, err := api.NewS3(options(always(200, "{}")), "b").ListObjectsV2(t.Context(), "p", ""); err == nil {
		t.Error("taken for a list")
	}
}

func TestPagesOfAListAreRead(t *testing.T) {
	t.Parallel()
	w := always(200, `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>true</IsTruncated><NextContinuationToken>next</NextContinuationToken><Contents><Key>a&amp;b</Key></Contents><Contents><Key>c</Key></Contents></ListBucketResult>`)
	page, err := api.NewS3(options(w), "b").ListObjectsV2(t.Context(), "p", "")
	if err != nil || page.NextContinuationToken != "next" || len(page.Contents) != 2 || page.Contents[0].Key != "a&b" {
		t.Errorf("read %+v, %v", page, err)
	}
}

func TestRegionsOfOtherPartitionsHaveTheirDomain(t *testing.T) {
	t.Parallel()
	for region, host := range map[string]string{
		"cn-north-1": "dynamodb.cn-north-1.amazonaws.com.cn", "eusc-de-east-1": "dynamodb.eusc-de-east-1.amazonaws.eu", "us-gov-west-1": "dynamodb.us-gov-west-1.amazonaws.com",
	} {
		w := always(200, "{}")
		o := options(w)
		o.Config.Region = region
		if _, err := api.NewDynamoDB(o).GetItem(t.Context(), &api.GetItemInput{}); err != nil || w.calls[0].request.URL.Host != host {
			t.Errorf("%s: called %v, %v", region, w.calls[0].request.URL, err)
		}
	}
}
