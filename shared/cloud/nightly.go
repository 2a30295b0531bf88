package cloud

import (
	"cmp"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"causeway.example/shared/redact"
)

// The functions of this file are for package nightly, which is a function of its own kind: it
// opens several systems and has no pipeline.

// OpenTable returns a Backend of which State and Ledger alone may be used: a program that calls it
// instead of Open contains the client of no other service.
func OpenTable(a aws.Config, c Config) *Backend {
	c.Retention, a = cmp.Or(c.Retention, ledgerLife), named(a, c.Build)
	return &Backend{config: c, account: a, table: sync.OnceValue(func() *dynamodb.Client { return dynamodb.NewFromConfig(a) })}
}

// Variables returns what os.Environ returned as a map.
func Variables(environ []string) map[string]string { return variables(environ) }

// NewLog returns a logger of JSON lines as Lambda writes them, masked. Level is the value of
// AWS_LAMBDA_LOG_LEVEL.
func NewLog(out io.Writer, level string, m *redact.Mask, always ...slog.Attr) *slog.Logger {
	return newLog(out, logLevel(level), m, always...)
}

// WriteCounts writes counts of a system, by metric, in CloudWatch's embedded metric format.
func WriteCounts(out io.Writer, function, system string, counts map[string]int, now time.Time) error {
	var t tally
	for metric, n := range counts {
		t.ofSystem(system, metric, n)
	}
	return t.write(out, function, now)
}
