package cloud

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// newLog returns a logger whose lines are JSON in Lambda's own form: timestamp, level,
// message, requestId, and the ids of the message in hand. Every text in a line passes the
// mask. lambdacontext.NewLogHandler reads the environment and writes to standard output by
// itself, and masks nothing, so only its names of the fields are used.
func newLog(out io.Writer, level slog.Level, m *mask, always ...slog.Attr) *slog.Logger {
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: m.replace}
	return slog.New(idHandler{slog.NewJSONHandler(out, options), always})
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

// mask hides what must not reach a log: the values of our secrets, those of before a
// rotation too, and anything that looks like an e-mail address. Connectors put neither
// into errors; this is the net for causes that come from libraries.
type mask struct {
	mu      sync.Mutex
	pairs   []string // what is hidden, each before what stands for it
	secrets atomic.Pointer[strings.Replacer]
}

// masked stands for what was hidden.
const masked = "***"

// shortest is the length below which a secret is not looked for: it would mask
// ordinary words, and no vendor gives one so short.
const shortest = 6

// hide makes the values of settings, and each member of a list among them, secret.
func (m *mask) hide(secrets ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, value := range secrets {
		for _, part := range append(strings.Split(value, ","), value) {
			if part = strings.TrimSpace(part); len(part) >= shortest {
				m.pairs = append(m.pairs, part, masked)
			}
		}
	}
	m.secrets.Store(strings.NewReplacer(m.pairs...))
}

// addresses is compiled when the first text with an @ comes, not in every start.
var addresses = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^\s"'<>]+@[^\s"'<>]+`) })

func (m *mask) text(text string) string {
	if secrets := m.secrets.Load(); secrets != nil {
		text = secrets.Replace(text)
	}
	if strings.Contains(text, "@") {
		text = addresses().ReplaceAllString(text, masked+"@"+masked)
	}
	return text
}

// replace implements slog.HandlerOptions.ReplaceAttr.
func (m *mask) replace(groups []string, a slog.Attr) slog.Attr {
	a = lambdacontext.ReplaceAttr(groups, a)
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(m.text(a.Value.String()))
	case slog.KindAny:
		if err, ok := a.Value.Any().(error); ok {
			a.Value = slog.StringValue(m.text(cmp.Or(err.Error(), "error without words")))
		}
	}
	return a
}
