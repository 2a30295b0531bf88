package cloud

import (
	"cmp"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

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
	Now       func() time.Time // expiry, revisions, deferrals; signatures have the SDK's own time
	Random    io.Reader        // cryptographically secure: write tokens, ids, jitter
}

// Backend is every port of the pipeline on AWS. It is safe for concurrent use. Each
// client is made when its port is first used, so that a function pays at its start
// for those it needs.
type Backend struct {
	config  Config
	account aws.Config
	bus     func() *eventbridge.Client
	queues  func() *sqs.Client
	table   func() *dynamodb.Client
	bucket  func() *s3.Client
	secrets func() *Secrets

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

// ledgerLife is how long ledger entries are kept if Config does not say.
const ledgerLife = 90 * 24 * time.Hour

// Open returns the ports. It calls nothing: what is missing shows at first use.
func Open(a aws.Config, c Config) *Backend {
	if c.Retention == 0 {
		c.Retention = ledgerLife
	}
	plain := a // NewSecrets names us itself
	a = named(a, c.Build)
	return &Backend{
		config: c, account: a,
		secrets: sync.OnceValue(func() *Secrets { return NewSecrets(plain, c.Build, c.Now) }),
		bus:     sync.OnceValue(func() *eventbridge.Client { return eventbridge.NewFromConfig(a) }),
		queues:  sync.OnceValue(func() *sqs.Client { return sqs.NewFromConfig(patient(a)) }),
		table:   sync.OnceValue(func() *dynamodb.Client { return dynamodb.NewFromConfig(a) }),
		bucket:  sync.OnceValue(func() *s3.Client { return s3.NewFromConfig(a, bucketInPath) }),
	}
}

// OpenTable returns a Backend of which State and Ledger alone may be used: a program that calls it
// instead of Open contains the client of no other service.
func OpenTable(a aws.Config, c Config) *Backend {
	c.Retention, a = cmp.Or(c.Retention, ledgerLife), named(a, c.Build)
	return &Backend{config: c, account: a, table: sync.OnceValue(func() *dynamodb.Client { return dynamodb.NewFromConfig(a) })}
}

// named adds us to the name under which CloudTrail shows a call: "causeway/1.2.3".
func named(a aws.Config, build string) aws.Config {
	a.APIOptions = append(slices.Clip(a.APIOptions), middleware.AddUserAgentKeyValue("causeway", build))
	return a
}

// bucketInPath puts the bucket's name in the path where the endpoint is not AWS's own: a
// host name per bucket resolves at AWS only.
func bucketInPath(o *s3.Options) { o.UsePathStyle = o.BaseEndpoint != nil }

// patient lets a long poll outlast the time that other calls may take.
func patient(a aws.Config) aws.Config {
	if client, ok := a.HTTPClient.(*http.Client); ok && client.Timeout > 0 {
		longer := *client
		longer.Timeout += longestPoll
		a.HTTPClient = &longer
	}
	return a
}

// Ports returns the backend as what the pipeline stands on.
func (b *Backend) Ports() port.Ports {
	return port.Ports{Bus: b, Queue: b, State: b, Ledger: b, Vault: b}
}
