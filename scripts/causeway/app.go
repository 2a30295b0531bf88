package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"causeway.example/scripts/installation"
	"causeway.example/shared/cloud/deployed"
	"causeway.example/shared/doctor"
	"causeway.example/shared/fault"
	"causeway.example/shared/local"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/operate/redrive"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// tool is one run of the command: what it was handed, and the flags that all commands have.
type tool struct {
	in          io.Reader
	out, err    io.Writer
	now         func() time.Time
	random      func() float64
	sleep       func(ctx context.Context, d time.Duration) error
	terminal    bool // somebody sits there
	width       int  // columns of the output
	who         string
	transport   http.RoundTripper
	environment []string
	poll        time.Duration // for letters on AWS

	data         string
	env          string // an installation on AWS; "" for the data folder
	environments string // file that describes them; "" for where it is looked for
	settings     string
	port         int
	output       string
	jq           string
	quiet        bool
	showPII      bool
	timeout      time.Duration
}

// run executes a command line and returns the exit code.
func (a *tool) run(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(args)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetIn(a.in)
	err := root.ExecuteContext(ctx)
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	a.complain(err)
	return exitCode(err)
}

func (a *tool) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "causeway",
		Short: "See what Causeway does, find out why something failed, and put it right",
		Long: `causeway shows what is dead and why, what happened to an order, and puts it right.

It works on the data folder of a local engine, also while the engine runs, or with --env on an
installation on AWS. causeway.yaml, here or in ~/.config/causeway, describes each environment
by account, region, prefix of its resources, and profile of the AWS configuration:

  prod-eu: {account: "123456789012", region: eu-central-1, prefix: causeway-prod, profile: brand}

Exit codes: 0 ok, 1 internal error, 2 usage, 3 some items failed, 4 attention needed,
5 refused by a safety rule, 6 not found, 7 permission, 8 unreachable, 9 another operation
works on the queue, 124 timeout, 130 interrupted.`,
		Example:       "  causeway status\n  causeway why\n  causeway trace 1001",
		SilenceErrors: true, SilenceUsage: true,
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.data, "data", "data", "data folder of the local engine")
	flags.StringVarP(&a.env, "env", "e", "", "environment on AWS that causeway.yaml describes; without it, the data folder")
	flags.StringVar(&a.environments, "environments", "", "file that describes environments, instead of causeway.yaml")
	flags.StringVar(&a.settings, "settings", "causeway.env", "file with the settings of the systems, for commands that translate")
	flags.IntVar(&a.port, "port", 4600, "first port of the local engine, whose fakes stand for systems without settings")
	flags.StringVarP(&a.output, "output", "o", "table", "table, wide, json or ndjson")
	flags.StringVar(&a.jq, "jq", "", "print what this jq expression makes of the JSON")
	flags.BoolVarP(&a.quiet, "quiet", "q", false, "print no progress")
	flags.BoolVar(&a.showPII, "show-pii", false, "show personal data; the ledger notes who looked")
	flags.DurationVar(&a.timeout, "timeout", 0, "end after this time; 0: never")
	must(root.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"table", "wide", "json", "ndjson"}, cobra.ShellCompDirectiveNoFileComp)))
	must(root.RegisterFlagCompletionFunc("env", a.completeEnvironments))
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage{err} })
	root.AddCommand(
		a.statusCommand(), a.dlqCommand(), a.whyCommand(), a.inspectCommand(), a.traceCommand(), a.diffCommand(),
		a.redriveCommand(), a.applyCommand(), a.purgeCommand(), a.restoreCommand(), a.resolveCommand(), a.ackCommand(), a.ignoreCommand(),
		a.opCommand(), a.exportCommand(), a.importCommand(), a.editCommand(), a.replayCommand(), a.routeCommand(), a.mapCommand(),
		a.verifyCommand(), a.webhookCommand(), a.doctorCommand(), a.privacyCommand(), a.eraseCommand(), a.reconcileCommand(), a.assignCommand(),
	)
	return root
}

// must reports a mistake in this program.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// desk is the opened environment.
type desk struct {
	*redrive.Operator
	store    *local.Store     // nil on AWS
	queue    port.Queue       // of the engine, for what is put into an inbox
	deployed *deployed.Reader // of the installation on AWS; nil on one machine
	health   func(secrets []string) []doctor.Check
	close    func() error
}

func (a *tool) open(ctx context.Context) (*desk, error) {
	if a.env != "" {
		return a.openCloud(ctx)
	}
	store, err := local.Attach(ctx, installation.Store(a.data, "causeway", a.now))
	if err != nil {
		return nil, err
	}
	d, err := a.operator(store.Desk(), store.Close)
	if err != nil {
		return nil, err
	}
	d.store, d.queue = store, store
	return d, nil
}

func (a *tool) operator(e engine.Engine, end func() error) (*desk, error) {
	d, err := operate.New(e, routes.Table)
	if err != nil {
		return nil, errors.Join(err, end())
	}
	return &desk{Operator: &redrive.Operator{Desk: d, Who: a.who, Sleep: a.sleep, Random: a.random}, close: end}, nil
}

// with returns a command's function that opens the environment, and closes it at the end.
func (a *tool) with(run func(ctx context.Context, d *desk, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) (err error) {
		ctx := cmd.Context()
		if a.timeout > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, a.timeout)
			defer cancel()
		}
		if err := a.checkOutput(); err != nil {
			return err
		}
		d, err := a.open(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, d.close()) }()
		return run(ctx, d, args)
	}
}

// here is with for what only an engine on one machine can do.
func (a *tool) here(run func(ctx context.Context, d *desk, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if a.env != "" {
			return usage{fmt.Errorf("%s works on the data folder of an engine on one machine: leave --env away", cmd.CommandPath())}
		}
		return a.with(run)(cmd, args)
	}
}

// noteLook writes into the ledger who looked at personal data of what.
func (a *tool) noteLook(ctx context.Context, d *desk, l operate.Letter) error {
	if !a.showPII {
		return nil
	}
	at := a.now().UTC()
	return d.Ledger.Append(ctx, port.Entry{
		ID: message.DeriveID("shown", l.MessageID, at.String()), At: at, Stage: "shown", Function: "operator", Trace: l.Trace, Event: l.Event,
		Entity: l.Entity, Outcome: "personal data shown to " + a.who,
	})
}

// say prints what is no data, unless it is not wanted.
func (a *tool) say(format string, args ...any) {
	if !a.quiet {
		fmt.Fprintf(a.err, format+"\n", args...)
	}
}

func notFound(doing, detail string) error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Code: "not_found", Doing: doing, Detail: detail}
}

// reasonMissing is the error of an act whose reason was not given.
func reasonMissing(doing, detail string) error {
	return &fault.Error{Kind: fault.Invalid, Class: fault.Value, Code: "reason_missing", Doing: doing, Detail: detail}
}

// args returns a check of the number of arguments whose failure is a usage error.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, given []string) error {
		if err := check(cmd, given); err != nil {
			return usage{fmt.Errorf("%w; see causeway help %s", err, cmd.Name())}
		}
		return nil
	}
}
