package function

import (
	"io"
	"log/slog"
	"time"

	"causeway.example/shared/redact"
)

// The functions of this file are for package nightly, which is a function of its own kind: it
// opens several systems and has no pipeline.

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
