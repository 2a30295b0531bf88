package function

import (
	"context"
	"io"
	"log/slog"
	"slices"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"causeway.example/shared/redact"
)

// newLog returns a logger whose lines are JSON in Lambda's own form: timestamp, level,
// message, requestId, and the ids of the message in hand. Every text in a line passes the
// mask. lambdacontext.NewLogHandler reads the environment and writes to standard output by
// itself, and masks nothing, so only its names of the fields are used.
func newLog(out io.Writer, level slog.Level, m *redact.Mask, always ...slog.Attr) *slog.Logger {
	return slog.New(idHandler{m.Handler(out, level, lambdacontext.ReplaceAttr), always})
}

// logLevel reads AWS_LAMBDA_LOG_LEVEL; what Lambda has beyond slog's levels is rounded.
func logLevel(name string) slog.Level {
	switch name {
	case "TRACE", "DEBUG":
		return slog.LevelDebug
	case "WARN":
		return slog.LevelWarn
	case "ERROR", "FATAL":
		return slog.LevelError
	}
	return slog.LevelInfo
}

// ids name the message in hand. The zero value names none.
type ids struct {
	queue   string // or route, which has the same name
	message string // the queue's id
	event   string
	trace   string // the correlation identifier
}

type idsKey struct{}

func withIDs(ctx context.Context, of ids) context.Context {
	return context.WithValue(ctx, idsKey{}, of)
}

func idsOf(ctx context.Context) ids {
	of, _ := ctx.Value(idsKey{}).(ids)
	return of
}

// idHandler adds to each line what every line says and the ids that its context
// carries, where the line itself does not name them.
type idHandler struct {
	slog.Handler
	always []slog.Attr
}

// Handle implements slog.Handler.
func (h idHandler) Handle(ctx context.Context, line slog.Record) error {
	named := map[string]bool{}
	line.Attrs(func(a slog.Attr) bool {
		named[a.Key] = true
		return true
	})
	of := idsOf(ctx)
	line = line.Clone()
	for _, a := range append(slices.Clone(h.always),
		slog.String("requestId", requestID(ctx)), slog.String("queue", of.queue), slog.String("message_id", of.message),
		slog.String("event_id", of.event), slog.String("trace_id", of.trace)) {
		if a.Value.String() != "" && !named[a.Key] {
			line.AddAttrs(a)
		}
	}
	return h.Handler.Handle(ctx, line)
}

// WithAttrs implements slog.Handler.
func (h idHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	rest := slices.DeleteFunc(slices.Clone(h.always), func(a slog.Attr) bool {
		return slices.ContainsFunc(attrs, func(b slog.Attr) bool { return a.Key == b.Key })
	})
	return idHandler{h.Handler.WithAttrs(attrs), rest}
}

// WithGroup implements slog.Handler.
func (h idHandler) WithGroup(name string) slog.Handler {
	return idHandler{h.Handler.WithGroup(name), h.always}
}
