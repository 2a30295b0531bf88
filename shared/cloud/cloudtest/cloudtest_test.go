package cloudtest_test

import (
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"causeway.example/shared/cloud/cloudtest"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// world is an emulator with a clock moved by hand and the real clients.
type world struct {
	server  *cloudtest.Server
	mu      sync.Mutex
	now     time.Time
	config  aws.Config
	sqs     *sqs.Client
	events  *eventbridge.Client
	dynamo  *dynamodb.Client
	s3      *s3.Client
	secrets *secretsmanager.Client
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{now: noon}
	w.server = cloudtest.New(w.clock)
	w.connect("http://emulator.invalid", &http.Client{Transport: w.server.Transport()})
	return w
}

func (w *world) connect(endpoint string, client *http.Client) {
	w.config = aws.Config{
		Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported, ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
		HTTPClient: client, BaseEndpoint: aws.String(endpoint), Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
	w.sqs, w.events = sqs.NewFromConfig(w.config), eventbridge.NewFromConfig(w.config)
	w.dynamo, w.secrets = dynamodb.NewFromConfig(w.config), secretsmanager.NewFromConfig(w.config)
	w.s3 = s3.NewFromConfig(w.config, func(o *s3.Options) { o.UsePathStyle = true })
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// pass moves the clock.
func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	w.now = w.now.Add(d)
	w.mu.Unlock()
	w.server.Wake()
}

func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(got T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// code returns the code of an AWS error, "" for none.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func wantCode(t *testing.T, err error, want string) {
	t.Helper()
	if got := code(err); got != want {
		t.Errorf("error %q, want %q (%v)", got, want, err)
	}
}

func clientOf(server *cloudtest.Server) *http.Client {
	return &http.Client{Transport: server.Transport()}
}
