package desk

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"causeway.example/shared/cloud"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/routes"
)

// Config identifies an installation. All fields but Poll are required.
type Config struct {
	Name      string       // of the environment, such as "prod-eu"
	Resources cloud.Config // of the installation
	Routes    []routes.Route
	Poll      time.Duration                                    // how long a receive waits, in whole seconds: with 0, SQS asks some of its servers only
	Sleep     func(ctx context.Context, d time.Duration) error // until d has passed or ctx ends
}

// New returns the engine. It calls nothing: what is missing shows at first use.
func New(a aws.Config, c Config) engine.Engine {
	backend := cloud.Open(a, c.Resources)
	d := &desk{
		backend: backend, config: c,
		queues:   sqs.NewFromConfig(backend.Account()),
		mappings: lambda.NewFromConfig(backend.Account()),
		metrics:  cloudwatch.NewFromConfig(backend.Account()),
		logs:     cloudwatchlogs.NewFromConfig(backend.Account()),
	}
	return engine.Engine{
		Name: c.Name, Ledger: backend, State: backend, Vault: backend, Sender: backend, Archive: backend,
		Meter: d, Letters: d, Valve: d, Log: d, Records: backend, Now: c.Resources.Now,
	}
}

// desk implements what a Backend does not.
type desk struct {
	backend  *cloud.Backend
	config   Config
	queues   *sqs.Client
	mappings *lambda.Client
	metrics  *cloudwatch.Client
	logs     *cloudwatchlogs.Client
}

var (
	_ engine.Meter   = (*desk)(nil)
	_ engine.Letters = (*desk)(nil)
	_ engine.Valve   = (*desk)(nil)
	_ engine.Log     = (*desk)(nil)
)

// names returns the queues that an installation can have, without dead-letter queues. A stage
// has those of its systems.
func (d *desk) names() (names []string) {
	for _, system := range routes.Sources(d.config.Routes) {
		names = append(names, routes.Inbox(system), routes.InboxBackfill(system))
	}
	for _, route := range d.config.Routes {
		names = append(names, route.Queue())
	}
	return names
}

// atOnce is how many calls run at a time.
const atOnce = 8

// parallel calls do with each number below n, and returns the first error by number.
func parallel(n int, do func(i int) error) error {
	errs := make([]error, n)
	free := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i := range n {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			errs[i] = do(i)
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
