package health

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"causeway.example/shared/cloud"
	"causeway.example/shared/doctor"
	"causeway.example/shared/fault"
	"causeway.example/shared/routes"
)

// Config identifies an installation.
type Config struct {
	Resources cloud.Config
	Routes    []routes.Route
	Secrets   []string // names of the secrets that its functions read
}

// Checks returns the checks. Nothing is called before they run.
func Checks(a aws.Config, c Config) []doctor.Check {
	backend := cloud.Open(a, c.Resources)
	a = backend.Account()
	e := &examiner{
		Config: c, backend: backend, queues: sqs.NewFromConfig(a), functions: lambda.NewFromConfig(a), alarms: cloudwatch.NewFromConfig(a),
		table: dynamodb.NewFromConfig(a), secrets: secretsmanager.NewFromConfig(a),
	}
	return []doctor.Check{
		doctor.Func(e.checkQueues), doctor.Func(e.checkMappings), doctor.Func(e.checkAlarms), doctor.Func(e.checkTable),
		doctor.SecretAge(e.secretAges, c.Resources.Now, oldestSecret),
	}
}

// oldestSecret is how old a secret may be.
const oldestSecret = 365 * 24 * time.Hour

// examiner implements the checks.
type examiner struct {
	Config
	backend   *cloud.Backend
	queues    *sqs.Client
	functions *lambda.Client
	alarms    *cloudwatch.Client
	table     *dynamodb.Client
	secrets   *secretsmanager.Client

	mu   sync.Mutex
	read map[string]queue // guarded by mu: the queues that exist, by name without prefix; nil before the first use
}

// found returns the queues of the installation, which are read once.
func (e *examiner) found(ctx context.Context) (map[string]queue, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.read != nil {
		return e.read, nil
	}
	found, err := e.readQueues(ctx)
	if err == nil {
		e.read = found
	}
	return found, err
}

// names returns the queues that an installation can have. A stage has those of its systems.
func (e *examiner) names() (names []string) {
	for _, system := range routes.Sources(e.Routes) {
		names = append(names, routes.Inbox(system), routes.InboxBackfill(system))
	}
	for _, route := range e.Routes {
		names = append(names, route.Queue())
	}
	return names
}

func (e *examiner) physical(name string) string { return e.Resources.Prefix + "-" + name }

// deploy is the remedy of a resource that a deployment sets right.
func (e *examiner) deploy(stack string) string {
	return "deploy the stack " + e.physical(stack) + " again"
}

// unread is the finding of a call that failed.
func unread(check, subject string, err error) []doctor.Finding {
	f := doctor.Finding{Check: check, Subject: subject, Level: doctor.Problem, Text: "cannot be read: " + err.Error(), Remedy: "try again; if it stays so, look at the AWS Health dashboard"}
	if fault.KindOf(err) == fault.Unauthorized {
		f.Level, f.Text = doctor.Notice, "was not checked: these credentials may not read it"
		f.Remedy = "attach the policy of a reader, which the outputs of the watch stack name"
	}
	return []doctor.Finding{f}
}

// orFine returns the findings, or the one that says that all is well.
func orFine(found []doctor.Finding, check, subject, text string) []doctor.Finding {
	if len(found) == 0 {
		return []doctor.Finding{{Check: check, Subject: subject, Level: doctor.Fine, Text: text}}
	}
	return found
}
