package function

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"time"
	_ "time/tzdata" // provided.al2023 has no time zones, and business dates need them

	"github.com/aws/aws-lambda-go/lambda"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/redact"
	"causeway.example/shared/routes"
	"causeway.example/shared/webapi"
)

// Start runs one Lambda function, a role of one system, and does not return. It reads
// everything that environ, as os.Environ returns it, holds for it, opens the system,
// and hands each event to the pipeline's stage of that role.
//
// A function that cannot be opened, because a setting is missing or wrong or its
// secret cannot be had, says so to the Runtime API's init/error and exits before it
// takes any event. Lambda then fails the invocations it had, which deletes nothing:
// messages return to their queues after the visibility timeout. A queue allows a thousand
// receives, which is 3.5 days at a function timeout of 50 s and 10.4 days at 150 s, and
// moves the message to its dead letters then, never to expiry after 14 days. An HTTP
// sender gets a 5xx and retries. The alarm is the function's own Errors metric.
func Start(role connector.Role, profile connector.Profile, open Opener, environ []string, now func() time.Time) {
	transport := webapi.NewTransport()
	p := process{
		role: role, profile: profile, open: open, environ: Variables(environ), table: routes.Table,
		deps: connector.Deps{HTTP: transport, Now: now, Random: rand.Reader, Rules: language()}, jitter: mathrand.Float64, out: os.Stdout, ports: backend,
	}
	f, err := newFunction(context.Background(), p)
	if err == nil {
		lambda.Start(f)
	}
	if err := p.giveUp(context.Background(), err); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(1)
}

// startTime bounds opening; Lambda itself allows ten seconds.
const startTime = 8 * time.Second

// process is what surrounds a function.
type process struct {
	role    connector.Role
	profile connector.Profile
	open    Opener
	environ map[string]string
	table   []routes.Route
	deps    connector.Deps // without CrossRef
	jitter  func() float64
	out     io.Writer
	ports   func(process, environment) (ports, error)
}

// function is the name of the function, as the ledger has it: "shopify-receive".
func (p process) function() string { return p.profile.Name + "-" + string(p.role) }

// giveUp tells the log and the Runtime API why the function cannot start (AWS Lambda
// Developer Guide, "Using the Lambda runtime API", initialization error). What is said
// names the setting and never shows its value.
func (p process) giveUp(ctx context.Context, cause error) error {
	f := fault.As(cause)
	newLog(p.out, slog.LevelInfo, &redact.Mask{}, slog.String("function", p.function())).ErrorContext(ctx, "the function cannot start",
		"class", f.ClassOrDefault(), "field", f.Field, "error", cause)
	text := (&redact.Mask{}).Text(cause.Error())
	body, err := json.Marshal(map[string]any{"errorMessage": text, "errorType": "Runtime.InitError", "stackTrace": []string{}})
	if err != nil {
		return err
	}
	url := "http://" + p.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/init/error"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Lambda-Runtime-Function-Error-Type", "Runtime.InitError")
	response, err := p.deps.HTTP.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("reporting an initialization error: %w", err)
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return errors.Join(err, response.Body.Close())
	}
	return response.Body.Close()
}
