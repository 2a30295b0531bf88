package nightly

import (
	"crypto/rand"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"time"
	_ "time/tzdata" // provided.al2023 has no time zones, and business dates need them

	"github.com/aws/aws-lambda-go/lambda"

	"causeway.example/shared/cloud/function"
	"causeway.example/shared/connector"
	"causeway.example/shared/redact"
	"causeway.example/shared/routes"
	"causeway.example/shared/webapi"
)

// System is a system of the catalog that the function can open.
type System struct {
	Profile connector.Profile
	Open    function.Opener
}

// Start runs the function and does not return. The first system is the target whose function
// it is; the others are the sources that have routes to it. Those that the environment names no
// secret for are not part of the installation. Environ is as os.Environ returns it. A variable
// that is missing or wrong fails each invocation, with its name in the log.
func Start(environ []string, now func() time.Time, systems ...System) {
	lambda.Start(New(function.Variables(environ), now, webapi.NewTransport(), os.Stdout, systems...))
}

// Function implements lambda.Handler. Create it with New.
type Function struct {
	environ   map[string]string
	now       func() time.Time
	transport http.RoundTripper
	out       io.Writer
	systems   []System
	mask      *redact.Mask
	log       *slog.Logger
	table     []routes.Route
	random    io.Reader
	jitter    func() float64
}

// New returns the function that Start runs. The transport carries the calls to AWS and to the
// systems, and the log goes to out.
func New(environ map[string]string, now func() time.Time, transport http.RoundTripper, out io.Writer, systems ...System) *Function {
	f := &Function{
		environ: environ, now: now, transport: transport, out: out, systems: systems, mask: &redact.Mask{},
		table: routes.Table, random: rand.Reader, jitter: mathrand.Float64,
	}
	f.log = function.NewLog(out, environ["AWS_LAMBDA_LOG_LEVEL"], f.mask, slog.String("system", f.target()), slog.String("function", f.name()))
	return f
}

func (f *Function) target() string { return f.systems[0].Profile.Name }

// name returns the physical name of the function.
func (f *Function) name() string {
	return f.environ["CAUSEWAY_PREFIX"] + "-" + f.target() + "-" + string(connector.Audit)
}
