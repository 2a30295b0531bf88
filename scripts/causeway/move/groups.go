package move

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"causeway.example/scripts/causeway/cli"
	"causeway.example/scripts/causeway/screen"
	"causeway.example/shared/fault"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/engine"
)

func (a *tool) ackCommand() *cobra.Command {
	return a.noteCommand("ack GROUP", operate.Acknowledged, "Say that somebody works on a group", "  causeway ack a1f09c2e --note 'asked for the item'")
}

func (a *tool) ignoreCommand() *cobra.Command {
	return a.noteCommand("ignore GROUP", operate.Ignored, "Do not show a group until a time", "  causeway ignore a1f09c2e --for 48h --note 'known, fixed on Monday'")
}

func (a *tool) noteCommand(use string, state operate.NoteState, short, example string) *cobra.Command {
	note, until := "", time.Duration(0)
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cli.Args(cobra.ExactArgs(1)), Example: example, ValidArgsFunction: a.CompleteGroups,
		RunE: a.With(func(ctx context.Context, d *cli.Desk, given []string) error {
			return a.changeNote(ctx, d, given[0], "is "+string(state), func(n *operate.Note) {
				*n = operate.Note{State: state, Text: note, Assignee: n.Assignee}
				if until > 0 {
					n.Until = a.Now().Add(until)
				}
			})
		}),
	}
	cmd.Flags().StringVar(&note, "note", "", "what others should know")
	cmd.Flags().DurationVar(&until, "for", 0, "after this time the group is open again; 0: never")
	return cmd
}

func (a *tool) assignCommand() *cobra.Command {
	return &cobra.Command{
		Use: "assign GROUP WHO", Short: "Say who works on a group; causeway why shows it", Args: cli.Args(cobra.ExactArgs(2)), ValidArgsFunction: a.CompleteGroups,
		Example: "  causeway assign a1f09c2e ben",
		RunE: a.With(func(ctx context.Context, d *cli.Desk, given []string) error {
			return a.changeNote(ctx, d, given[0], "is assigned to "+given[1], func(n *operate.Note) { n.Assignee = given[1] })
		}),
	}
}

// changeNote changes the note on a group. A group without one is acknowledged by it.
func (a *tool) changeNote(ctx context.Context, d *cli.Desk, group, did string, change func(*operate.Note)) error {
	groups, err := d.Groups(ctx, operate.Selector{Group: group}, true)
	if err != nil {
		return err
	}
	if len(groups) == 0 {
		return screen.NotFound("writing a note on "+group, "there is no such group; causeway why shows them")
	}
	n := operate.Note{State: operate.Acknowledged}
	if groups[0].Note != nil {
		n = *groups[0].Note
	}
	change(&n)
	n.Who = a.Who
	if err := d.SetNote(ctx, group, n); err != nil {
		return err
	}
	a.Say("group %s %s", group, did)
	return nil
}

func (a *tool) exportCommand() *cobra.Command {
	s, to := &cli.Selection{}, ""
	cmd := &cobra.Command{
		Use: "export", Short: "Write dead letters to a file, a JSON object per line; nothing is moved", Args: cli.Args(cobra.NoArgs),
		Example: "  causeway export --group a1f09c2e --to letters.ndjson\n  causeway export --route '*-to-netsuite' > letters.ndjson",
	}
	a.SelectFlags(cmd, s)
	cmd.Flags().StringVar(&to, "to", "", "file; it must not exist (default: standard output)")
	cmd.RunE = a.With(func(ctx context.Context, d *cli.Desk, _ []string) error {
		chosen, err := a.Selector(s)
		if err != nil {
			return err
		}
		out := a.Out
		if to != "" {
			file, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
			if err != nil {
				return err
			}
			defer func() { _ = file.Close() }() // closed below; this is for errors
			out = file
		}
		n, err := d.Export(ctx, chosen, out)
		if err != nil {
			return err
		}
		if file, ok := out.(*os.File); ok && to != "" {
			if err := file.Close(); err != nil {
				return err
			}
		}
		a.Say("%s written; they hold personal data", operate.Count(n, "letter"))
		return nil
	})
	return cmd
}

func (a *tool) importCommand() *cobra.Command {
	dry := false
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Put exported letters into their dead-letter queues, each once", Args: cli.Args(cobra.ExactArgs(1)),
		Example: "  causeway import letters.ndjson --dry-run\n  causeway import letters.ndjson",
		RunE: a.With(func(ctx context.Context, d *cli.Desk, given []string) error {
			file, err := os.Open(given[0])
			if err != nil {
				return screen.NotFound("importing", err.Error())
			}
			defer func() { _ = file.Close() }() // it was only read
			n, err := d.Import(ctx, given[0], file, dry)
			if err != nil {
				return err
			}
			did := "are in their queues"
			if dry {
				did = "can be imported; nothing was"
			}
			a.Say("%s %s", operate.Count(n, "letter"), did)
			return nil
		}),
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only read and count them")
	return cmd
}

func (a *tool) routeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "route", Short: "Pause and resume routes", Args: cli.Args(cobra.NoArgs),
		Example: "  causeway route pause shopify-orders-to-netsuite --reason 'ERP patch'\n  causeway route resume shopify-orders-to-netsuite",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	reason := ""
	pause := &cobra.Command{
		Use: "pause ROUTE", Short: "Stop a route's worker; its messages wait", Args: cli.Args(cobra.ExactArgs(1)), ValidArgsFunction: a.CompleteRoutes,
		Example: "  causeway route pause shopify-orders-to-netsuite --reason 'ERP patch'",
		RunE: a.With(func(ctx context.Context, d *cli.Desk, given []string) error {
			if reason == "" {
				return screen.ReasonMissing("pausing "+given[0], "say why with --reason; status shows it")
			}
			if err := d.Valve.Pause(ctx, engine.Pause{Queue: given[0], Who: a.Who, Reason: reason}); err != nil {
				return err
			}
			a.Say("%s is paused. To go on: causeway route resume %s", given[0], given[0])
			return nil
		}),
	}
	pause.Flags().StringVar(&reason, "reason", "", "why; status shows it")
	resume := &cobra.Command{
		Use: "resume ROUTE", Short: "Let a route's worker go on", Args: cli.Args(cobra.ExactArgs(1)), ValidArgsFunction: a.CompleteRoutes,
		Example: "  causeway route resume shopify-orders-to-netsuite",
		RunE: a.With(func(ctx context.Context, d *cli.Desk, given []string) error {
			if err := d.Valve.Resume(ctx, given[0]); err != nil {
				return err
			}
			a.Say("%s goes on", given[0])
			return nil
		}),
	}
	cmd.AddCommand(pause, resume)
	return cmd
}

func (a *tool) editCommand() *cobra.Command {
	set, allow, f := []string{}, false, &cli.Applying{}
	cmd := &cobra.Command{
		Use: "edit EVENT --set FIELD=VALUE", Short: "Send a dead event with changed fields; the original is kept and linked", Args: cli.Args(cobra.ExactArgs(1)),
		Long: `edit changes fields of a dead event, checks the result against the model, shows what changes,
and with --apply sends it under a new event id. Identity, versions, times, states and amounts
cannot be changed: they are corrected at the source. Editing has to be allowed: --allow-edit.`,
		Example: "  causeway edit 01jd3h8k2m5n7p9q --set 'lines[0].sku=TRAIL-43'\n  causeway edit 01jd3h8k2m5n7p9q --set currency=EUR --allow-edit --apply --reason INC-7",
	}
	now := false
	cmd.Flags().StringArrayVar(&set, "set", nil, "FIELD=VALUE; may be given several times")
	cmd.Flags().BoolVar(&allow, "allow-edit", false, "editing is off unless this is given")
	cmd.Flags().BoolVar(&now, "apply", false, "send it")
	a.ApplyFlags(cmd, f)
	cmd.RunE = a.With(func(ctx context.Context, d *cli.Desk, given []string) error {
		fields := map[string]string{}
		for _, pair := range set {
			field, value, ok := strings.Cut(pair, "=")
			if !ok {
				return screen.Usage(fmt.Errorf("--set %q: it is FIELD=VALUE", pair))
			}
			fields[field] = value
		}
		edit, err := d.PrepareEdit(ctx, given[0], fields)
		if err != nil {
			return err
		}
		if err := a.NoteLook(ctx, d, edit.Letter); err != nil {
			return err
		}
		shown := edit
		if !a.ShowPII {
			shown.Changes = operate.MaskChanges(edit.Letter.Type, edit.Changes)
		}
		if err := a.Print("edit", shown, screen.Anys(shown.Changes), func(w io.Writer) { screen.ShowChanges(w, edit.Letter.Title(), shown.Changes) }); err != nil {
			return err
		}
		switch {
		case !now:
			a.Say("Nothing was sent. To send it: the same command with --allow-edit --apply --reason \"…\"")
			return nil
		case !allow || f.Reason == "":
			return &fault.Error{Kind: fault.Rejected, Class: fault.Config, Code: "not_allowed", Doing: "editing " + given[0], Detail: "give --allow-edit and --reason"}
		}
		if err := d.SendEdit(ctx, edit, f.Reason); err != nil {
			return err
		}
		a.Say("sent as %s; causeway trace %s shows it", edit.Event, edit.Event)
		return nil
	})
	return cmd
}
