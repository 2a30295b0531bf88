package erase

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"causeway.example/shared/cloud"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/privacy"
	"causeway.example/shared/routes"
)

// Config identifies an installation. All fields are required.
type Config struct {
	Resources cloud.Config
	Routes    []routes.Route
	Meter     engine.Meter // of the same installation
}

// Installation is what an installation stores of persons.
type Installation struct {
	config  Config
	backend *cloud.Backend
	queues  *sqs.Client
	events  *eventbridge.Client
	logs    *cloudwatchlogs.Client
}

var (
	_ privacy.File = (*Installation)(nil)
	_ privacy.Live = (*Installation)(nil)
)

// New returns the installation. It calls nothing: what is missing shows at first use.
func New(a aws.Config, c Config) *Installation {
	backend := cloud.Open(a, c.Resources)
	a = backend.Account()
	return &Installation{config: c, backend: backend, queues: sqs.NewFromConfig(a), events: eventbridge.NewFromConfig(a), logs: cloudwatchlogs.NewFromConfig(a)}
}

// rulesDead is the queue of events that a rule could not deliver to its route's queue.
const rulesDead = "rules-dead"

// Dead returns the dead-letter queues that exist.
func (i *Installation) Dead(ctx context.Context) ([]privacy.Queue, error) {
	depths, err := i.config.Meter.Depths(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]privacy.Queue, 0, len(depths)+1)
	for _, depth := range depths {
		all = append(all, privacy.Queue{Name: routes.Dead(depth.Queue), Route: depth.Queue})
	}
	_, err = i.queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: i.backend.QueueURL(rulesDead), AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameApproximateNumberOfMessages},
	})
	if _, missing := errors.AsType[*types.QueueDoesNotExist](err); missing {
		return all, nil
	}
	return append(all, privacy.Queue{Name: rulesDead}), cloud.Failure("measuring queue "+rulesDead, "queue "+rulesDead, err)
}

// Check fails if these credentials may not erase, as far as that shows without erasing: so that
// a run is refused before it has begun.
func (i *Installation) Check(ctx context.Context) error {
	table, bucket, one := i.config.Resources.Table, i.config.Resources.Bucket, int32(1)
	if _, err := i.backend.Table().Scan(ctx, &dynamodb.ScanInput{TableName: &table, Limit: &one}); err != nil {
		return cloud.Failure("erasing a person needs the policy of an eraser", "table "+table, err)
	}
	_, err := i.backend.Bucket().ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: &bucket, MaxKeys: &one})
	return cloud.Failure("erasing a person needs the policy of an eraser", "the versions of bucket "+bucket, err)
}

// Scrub implements privacy.File: AWS has no disk of ours.
func (i *Installation) Scrub(context.Context) error { return nil }

// letterLife is how long a queue keeps a message.
const letterLife = 14 * 24 * time.Hour

// atOnce is how many calls run at a time.
const atOnce = 8

// parallel calls do with each number below n, at most atOnce, and returns the first error.
func parallel(n int, do func(k int) error) error {
	errs := make([]error, n)
	var all sync.WaitGroup
	for k := range n {
		all.Go(func() { errs[k] = do(k) })
	}
	all.Wait()
	return errors.Join(errs...)
}
