package function

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/redact"
)

// canaries are what the tests send through and no log may show.
var canaries = []string{canarySecret, newSecret, canaryMail, canaryName, "canary"}

func checkCanaries(t *testing.T, log string) {
	t.Helper()
	for _, canary := range canaries {
		if strings.Contains(log, canary) {
			at := strings.Index(log, canary)
			t.Errorf("the log shows %q: …%s…", canary, log[max(0, at-200):min(len(log), at+100)])
		}
	}
}

// TestNoLogShowsBodiesAddressesOrSecrets sends personal data and secrets through every
// way in, with each sort of failure, and looks at all that was written.
func TestNoLogShowsBodiesAddressesOrSecrets(t *testing.T) {
	t.Parallel()
	leak := errors.New("library says " + canaryMail + " and " + canarySecret)
	t.Run("receive", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, connector.Receive)
		f := b.start()
		b.call(f, request("w1", customer("7", 1)))
		b.secrets.rotate(newSecret)
		signed(b, f, "w2", "rubbish")
		b.ports.append = leak // names the secret of before
		signed(b, f, "w3", newSecret)
		b.ports.send = leak
		signed(b, f, "w4", newSecret)
		_, err := f.Invoke(b.context(time.Minute), []byte(`{"source":"aws.partner/toy","detail":{"name":"`+canaryName+`"}}`))
		if err == nil {
			t.Error("a partner event without payload was taken")
		}
		checkCanaries(t, b.out.String()+fmt.Sprint(err))
	})
	t.Run("translate", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, connector.Translate)
		b.world.translate = func(raw *message.Raw) error {
			if raw.ID == "raw-1" {
				panic(string(raw.Body))
			}
			return &fault.Error{Kind: fault.Invalid, Field: "email", Err: leak}
		}
		f := b.start()
		b.fill("1", "2")
		b.run(f, b.poll("toy-inbox"))
		b.archive = func(port.Incoming) error { return leak }
		b.fill("3")
		_, err := f.Invoke(b.context(time.Minute), mustJSON(t, b.poll("toy-inbox")))
		checkCanaries(t, b.out.String()+fmt.Sprint(err))
	})
	t.Run("deliver", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, connector.Deliver)
		b.process.environ["CAUSEWAY_PARALLEL"] = "2"
		b.world.deliver = func(connector.Delivery) error { return leak }
		b.ports.deferring = leak
		f := b.start()
		b.translated("1", "2")
		b.run(f, b.poll(toyQueue))
		checkCanaries(t, b.out.String())
		if !strings.Contains(b.out.String(), "library says") {
			t.Errorf("the failure is not told: %s", b.out.String())
		}
	})
}

func TestEveryLineNamesWhatItIsAbout(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Deliver)
	b.world.deliver = func(connector.Delivery) error { panic(errors.New("falls over")) }
	f := b.start()
	b.fill("1")
	b.translated("1")
	event := b.poll(toyQueue)
	event.Records[0].MessageAttributes["event_id"] = attribute("event-1")
	event.Records[0].MessageAttributes["trace_id"] = attribute("trace-1")
	b.run(f, event)
	line := b.out.lines(t)[0]
	for field, want := range map[string]string{
		"level": "ERROR", "message": "recovering from a panic", "requestId": "request-1", "queue": toyQueue, "message_id": event.Records[0].MessageId,
		"trace_id": "trace-1", "system": "till", "function": "causeway-dev-till-deliver",
	} {
		if line[field] != want {
			t.Errorf("%s is %v, want %s", field, line[field], want)
		}
	}
	if line["event_id"] == "" || line["timestamp"] == nil {
		t.Errorf("the line is %v", line)
	}
	if n := strings.Count(strings.SplitN(b.out.String(), "\n", 2)[0], `"event_id"`); n != 1 {
		t.Errorf("the line names its event %d times", n)
	}
}

func TestALoggerKeepsItsFieldsOnce(t *testing.T) {
	t.Parallel()
	out := &output{}
	log := newLog(out, slog.LevelInfo, &redact.Mask{}, slog.String("system", "toy"), slog.String("function", "toy-receive"))
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "r1"})
	log.With("system", "till").WithGroup("inner").InfoContext(withIDs(ctx, ids{event: "e1"}), "said", "error", fmt.Errorf("of %s", canaryMail), "count", 3)
	log.DebugContext(ctx, "not said")
	text := out.String()
	if strings.Count(text, `"system"`) != 1 || !strings.Contains(text, "e1") || !strings.Contains(text, "***@***") || strings.Contains(text, "not said") {
		t.Errorf("said %s", text)
	}
}

func TestTheLevelIsLambdas(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]slog.Level{
		"TRACE": slog.LevelDebug, "DEBUG": slog.LevelDebug, "INFO": slog.LevelInfo, "": slog.LevelInfo, "WARN": slog.LevelWarn, "ERROR": slog.LevelError, "FATAL": slog.LevelError,
	} {
		if got := logLevel(name); got != want {
			t.Errorf("%s is %v", name, got)
		}
	}
}

// FuzzMask: whatever surrounds a secret, it does not stay.
func FuzzMask(f *testing.F) {
	f.Add("a", "b")
	f.Fuzz(func(t *testing.T, before, after string) {
		var m redact.Mask
		m.Hide(canarySecret)
		out := &output{}
		newLog(out, slog.LevelInfo, &m).InfoContext(context.Background(), before+canarySecret+after)
		if strings.Contains(out.String(), canarySecret) {
			t.Errorf("the log shows it: %s", out.String())
		}
	})
}
