package ask

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"causeway.example/scripts/causeway/cli"
	"causeway.example/scripts/causeway/screen"
	"causeway.example/scripts/installation"
	"causeway.example/shared/doctor"
	"causeway.example/shared/operate"
	"causeway.example/shared/privacy"
)

func (a *tool) doctorCommand() *cobra.Command {
	all := false
	cmd := &cobra.Command{
		Use: "doctor", Short: "Check connections, subscriptions, clock and settings, with a remedy for each finding", Args: cli.Args(cobra.NoArgs),
		Long: `doctor checks what the engine checks when it starts: whether each system is reachable with its
credentials, its webhook subscriptions, the clock, settings that some event needs, who can
read the data folder, and open privacy requests. It only reads. A system without settings is
its fake, which the local engine serves. With --env it also checks queues, redrive policies,
retention, event source mappings, alarms, the table and the age of secrets. A reader may not
read secrets: connections are checked with the policy of an operator. Exit code 4 says that
something needs attention.`,
		Example: "  causeway doctor\n  causeway doctor --all\n  causeway doctor --jq '.doctor[] | select(.level == \"problem\") | .remedy'",
	}
	cmd.Flags().BoolVar(&all, "all", false, "also what is as it should be")
	cmd.RunE = a.With(func(ctx context.Context, d *cli.Desk, _ []string) error {
		checks := a.checks
		if d.Deployed != nil {
			checks = a.cloudChecks
		}
		findings := doctor.Run(ctx, checks(ctx, d)...)
		attention := doctor.Attention(findings)
		shown := attention
		if all {
			shown = findings
		}
		if shown == nil {
			shown = []doctor.Finding{}
		}
		err := a.Print("doctor", shown, screen.Anys(shown), func(w io.Writer) {
			fmt.Fprintf(w, "%s, %d to look at\n", operate.Count(len(findings), "check"), len(attention))
			for _, level := range []doctor.Level{doctor.Problem, doctor.Notice, doctor.Fine} {
				a.showFindings(w, shown, level)
			}
		})
		if err == nil && len(attention) > 0 {
			return screen.Result(screen.ExitAttention)
		}
		return err
	})
	return cmd
}

// checks are those of the engine's start. Settings that cannot be read are a finding too.
func (a *tool) checks(ctx context.Context, d *cli.Desk) []doctor.Check {
	checks := []doctor.Check{doctor.Private(a.Data, a.Settings), privacy.Check(d.Ledger, a.Now)}
	clock := doctor.NewClock(a.Now)
	config, err := a.Connections(d.State, clock.Watch)
	var opened installation.Installation
	if err == nil {
		opened, err = installation.Open(ctx, config)
	}
	if err != nil {
		broken := doctor.Finding{Check: "settings", Subject: a.Settings, Level: doctor.Problem, Text: err.Error(), Remedy: "correct these settings; the engine does not start with them"}
		return append(checks, doctor.Func(func(context.Context) []doctor.Finding { return []doctor.Finding{broken} }))
	}
	examined := opened.Doctor()
	examined.Clock, examined.Visibility = clock, installation.Visibility
	return append(examined.Checks(), checks...)
}

func (a *tool) showFindings(w io.Writer, findings []doctor.Finding, level doctor.Level) {
	for _, f := range findings {
		if f.Level != level {
			continue
		}
		fmt.Fprintf(w, "\n%-8s %s\n%s\n", f.Level, f.Subject, screen.Wrap(f.Text, "  ", a.Width))
		if f.Remedy != "" {
			fmt.Fprintln(w, screen.Wrap("→ "+f.Remedy, "  ", a.Width))
		}
	}
}
