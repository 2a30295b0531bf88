package cloud

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"causeway.example/shared/cloud/api"
	"causeway.example/shared/fault"
	"causeway.example/shared/intake"
	"causeway.example/shared/port"
)

// Config says which resources the ports stand on. All fields but Retention are
// required where their port is used.
type Config struct {
	Prefix    string // begins every queue's name: "causeway-dev"
	QueueBase string // URL of the account's queues: "https://sqs.eu-central-1.amazonaws.com/123456789012/"
	Bus       string // name of the event bus
	Table     string // name of the table that holds state and ledger
	Bucket    string // name of the bucket that holds claims and archive
	Build     string // version of Causeway; part of the user agent, which CloudTrail shows

	Retention time.Duration    // of ledger entries; 0: ninety days
	Now       func() time.Time // expiry, revisions, deferrals; also the time of signatures, as far as AWS agrees
	Random    io.Reader        // cryptographically secure: write tokens, ids, jitter
}

// What the SDK may take for one call. Three attempts outlast a hiccup; anything
// longer is the queue's to repeat.
const (
	attempts     = 3
	callTimeout  = 10 * time.Second
	backoffLimit = 2 * time.Second
)

// AWS returns the SDK's configuration from the environment of a Lambda function:
// AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN,
// AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE>. It reads no file and asks no
// other service, which the SDK's own loader does and pays for at each cold start.
// Outside Lambda any profile, SSO session or role is turned into these variables by
//
//	eval "$(aws configure export-credentials --format env)"
//
// An error is fault.Rejected of class config and names the variable.
func AWS(environ map[string]string, transport http.RoundTripper) (aws.Config, error) {
	for _, name := range []string{"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		if environ[name] == "" {
			return aws.Config{}, &fault.Error{Kind: fault.Rejected, Class: fault.Config, Field: name, Doing: "configuring AWS", Detail: "is not set"}
		}
	}
	config := aws.Config{
		Region: environ["AWS_REGION"], Credentials: credentials(environ), Retryer: newRetryer,
		HTTPClient:    &http.Client{Transport: transport, Timeout: callTimeout},
		ConfigSources: []any{endpoints(environ)},
	}
	if url := environ["AWS_ENDPOINT_URL"]; url != "" {
		config.BaseEndpoint = &url
	}
	return config, nil
}

func credentials(environ map[string]string) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{
			AccessKeyID: environ["AWS_ACCESS_KEY_ID"], SecretAccessKey: environ["AWS_SECRET_ACCESS_KEY"],
			SessionToken: environ["AWS_SESSION_TOKEN"], Source: "environment",
		}, nil
	})
}

func newRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff = attempts, backoffLimit
	})
}

// endpoints answers the SDK's question for a service's own endpoint.
type endpoints map[string]string

// GetServiceBaseEndpoint returns the value of AWS_ENDPOINT_URL_<SERVICE>, as in
// AWS_ENDPOINT_URL_SECRETS_MANAGER.
func (e endpoints) GetServiceBaseEndpoint(_ context.Context, service string) (url string, found bool, err error) {
	url = e["AWS_ENDPOINT_URL_"+strings.ToUpper(strings.ReplaceAll(service, " ", "_"))]
	return url, url != "", nil
}

// Backend is every port of the pipeline on AWS. It is safe for concurrent use. Each
// client is made when its port is first used, so that a function pays at its start
// for those it needs.
type Backend struct {
	config Config
	bus    func() *api.EventBridge
	queues func() *api.SQS
	table  func() *api.DynamoDB
	bucket func() *api.S3

	mu     sync.Mutex
	lastID int64 // time of the latest ledger item, in nanoseconds
}

var (
	_ port.Bus     = (*Backend)(nil)
	_ port.Queue   = (*Backend)(nil)
	_ port.State   = (*Backend)(nil)
	_ port.Ledger  = (*Backend)(nil)
	_ port.Vault   = (*Backend)(nil)
	_ intake.Files = (*Backend)(nil)
)

// Open returns the ports. It calls nothing: what is missing shows at first use.
func Open(a aws.Config, c Config) *Backend {
	if c.Retention == 0 {
		c.Retention = 90 * 24 * time.Hour
	}
	o := api.Options{Config: a, Agent: agent + c.Build, Now: c.Now}
	return &Backend{
		config: c,
		bus:    sync.OnceValue(func() *api.EventBridge { return api.NewEventBridge(o) }),
		queues: sync.OnceValue(func() *api.SQS { return api.NewSQS(patient(o)) }),
		table:  sync.OnceValue(func() *api.DynamoDB { return api.NewDynamoDB(o) }),
		bucket: sync.OnceValue(func() *api.S3 { return api.NewS3(o, c.Bucket) }),
	}
}

// agent begins the name under which CloudTrail shows our calls.
const agent = "causeway/"

// patient lets a long poll outlast the time that other calls may take.
func patient(o api.Options) api.Options {
	if client, ok := o.Config.HTTPClient.(*http.Client); ok && client.Timeout > 0 {
		longer := *client
		longer.Timeout += longestPoll
		o.Config.HTTPClient = &longer
	}
	return o
}

// Ports returns the backend as what the pipeline stands on.
func (b *Backend) Ports() port.Ports {
	return port.Ports{Bus: b, Queue: b, State: b, Ledger: b, Vault: b}
}
