package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"causeway.example/scripts/causeway/screen"
	"causeway.example/scripts/installation"
	"causeway.example/shared/cloud/deployed"
	"causeway.example/shared/cloud/erase"
	"causeway.example/shared/doctor"
	"causeway.example/shared/local"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/operate/redrive"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// Tool is one run of the command: what it was handed, and the flags that all commands have.
type Tool struct {
	screen.Screen
	Random      func() float64
	Sleep       func(ctx context.Context, d time.Duration) error
	Who         string
	Transport   http.RoundTripper
	Environment []string                          // of the process: KEY=VALUE
	Poll        time.Duration                     // for letters on AWS
	Opened      func(engine.Engine) engine.Engine // what a command gets instead of the opened engine; nil: that itself

	Data         string
	Env          string // an installation on AWS; "" for the data folder
	Environments string // file that describes them; "" for where it is looked for
	Settings     string
	Port         int
	ShowPII      bool
	Timeout      time.Duration
}

// Run executes a command line on the root command and returns the exit code.
func (a *Tool) Run(ctx context.Context, root *cobra.Command, args []string) int {
	root.SetArgs(args)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	root.SetIn(a.In)
	err := root.ExecuteContext(ctx)
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	a.Complain(err)
	return screen.ExitCode(err)
}

// Root returns the root command, with the flags that all commands have.
func (a *Tool) Root(commands ...*cobra.Command) *cobra.Command {
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
	flags.StringVar(&a.Data, "data", "data", "data folder of the local engine")
	flags.StringVarP(&a.Env, "env", "e", "", "environment on AWS that causeway.yaml describes; without it, the data folder")
	flags.StringVar(&a.Environments, "environments", "", "file that describes environments, instead of causeway.yaml")
	flags.StringVar(&a.Settings, "settings", "causeway.env", "file with the settings of the systems, for commands that translate")
	flags.IntVar(&a.Port, "port", 4600, "first port of the local engine, whose fakes stand for systems without settings")
	flags.StringVarP(&a.Output, "output", "o", "table", "table, wide, json or ndjson")
	flags.StringVar(&a.JQ, "jq", "", "print what this jq expression makes of the JSON")
	flags.BoolVarP(&a.Quiet, "quiet", "q", false, "print no progress")
	flags.BoolVar(&a.ShowPII, "show-pii", false, "show personal data; the ledger notes who looked")
	flags.DurationVar(&a.Timeout, "timeout", 0, "end after this time; 0: never")
	Must(root.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"table", "wide", "json", "ndjson"}, cobra.ShellCompDirectiveNoFileComp)))
	Must(root.RegisterFlagCompletionFunc("env", a.CompleteEnvironments))
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return screen.Usage(err) })
	root.AddCommand(commands...)
	return root
}

// Must reports a mistake in this program.
func Must(err error) {
	if err != nil {
		panic(err)
	}
}

// Desk is the opened environment.
type Desk struct {
	*redrive.Operator
	Store    *local.Store                          // nil on AWS
	Queue    port.Queue                            // of the engine, for what is put into an inbox
	Person   *erase.Installation                   // what the installation on AWS stores of persons; nil on one machine
	Deployed *deployed.Reader                      // of the installation on AWS; nil on one machine
	Health   func(secrets []string) []doctor.Check // of the resources on AWS; nil on one machine
	Close    func() error
}

// Open opens the environment that the flags name.
func (a *Tool) Open(ctx context.Context) (*Desk, error) {
	if a.Env != "" {
		return a.openCloud(ctx)
	}
	table := routes.Table
	if given, err := installation.Read(a.Settings, a.Environment); err == nil { // a command works without them
		table = installation.Routes(given)
	}
	store, err := local.Attach(ctx, installation.Store(a.Data, "causeway", a.Now, table))
	if err != nil {
		return nil, err
	}
	d, err := a.operator(store.Desk(), table, store.Close)
	if err != nil {
		return nil, err
	}
	d.Store, d.Queue = store, store
	return d, nil
}

func (a *Tool) operator(e engine.Engine, table []routes.Route, end func() error) (*Desk, error) {
	if a.Opened != nil {
		e = a.Opened(e)
	}
	d, err := operate.New(e, table)
	if err != nil {
		return nil, errors.Join(err, end())
	}
	return &Desk{Operator: &redrive.Operator{Desk: d, Who: a.Who, Sleep: a.Sleep, Random: a.Random}, Close: end}, nil
}

// With returns a command's function that opens the environment, and closes it at the end.
func (a *Tool) With(run func(ctx context.Context, d *Desk, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) (err error) {
		ctx := cmd.Context()
		if a.Timeout > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, a.Timeout)
			defer cancel()
		}
		if err := a.CheckOutput(); err != nil {
			return err
		}
		d, err := a.Open(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, d.Close()) }()
		return run(ctx, d, args)
	}
}

// NoteLook writes into the ledger who looked at personal data of what.
func (a *Tool) NoteLook(ctx context.Context, d *Desk, l operate.Letter) error {
	if !a.ShowPII {
		return nil
	}
	at := a.Now().UTC()
	return d.Ledger.Append(ctx, port.Entry{
		ID: message.DeriveID("shown", l.MessageID, at.String()), At: at, Stage: "shown", Function: "operator", Trace: l.Trace, Event: l.Event,
		Entity: l.Entity, Outcome: "personal data shown to " + a.Who,
	})
}

// Args returns a check of the number of arguments whose failure is a usage error.
func Args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, given []string) error {
		if err := check(cmd, given); err != nil {
			return screen.Usage(fmt.Errorf("%w; see causeway help %s", err, cmd.Name()))
		}
		return nil
	}
}
