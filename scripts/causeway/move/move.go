package move

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"causeway.example/scripts/causeway/cli"
	"causeway.example/scripts/causeway/screen"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/redrive"
)

// planning are the flags of commands that make a plan.
type planning struct {
	cli.Selection
	options redrive.Options
	rate    string
	apply   cli.Applying
	now     bool
}

// planCommand returns a command that makes a plan of the kind, and applies it with --apply.
func (a *tool) planCommand(kind redrive.Kind, use, short, example string, more func(*cobra.Command, *planning)) *cobra.Command {
	p := &planning{}
	all := false
	cmd := &cobra.Command{Use: use, Short: short, Args: cli.Args(cobra.MaximumNArgs(1)), Example: example}
	a.SelectFlags(cmd, &p.Selection)
	a.ApplyFlags(cmd, &p.apply)
	cmd.Flags().BoolVar(&all, "all", false, "every dead letter")
	cmd.Flags().BoolVar(&p.now, "apply", false, "apply the plan at once")
	if more != nil {
		more(cmd, p)
	}
	cmd.ValidArgsFunction = a.CompleteGroups
	cmd.RunE = a.With(func(ctx context.Context, d *cli.Desk, given []string) error {
		if len(given) == 1 {
			p.Group = given[0]
		}
		chosen, err := a.Selector(&p.Selection)
		if err != nil {
			return err
		}
		if !named(chosen) && !all && kind != redrive.Resolve {
			return screen.Usage(fmt.Errorf("say which dead letters: --group, --route, --event or another choice, or --all"))
		}
		if p.options.Rate, err = rate(p.rate); err != nil {
			return err
		}
		plan, err := d.Plan(ctx, kind, chosen, p.options)
		if err != nil {
			return err
		}
		if err := a.Print("plan", plan, screen.Anys(plan.Items), func(w io.Writer) { a.showPlan(w, plan) }); err != nil || !p.now {
			return err
		}
		return a.apply(ctx, d, plan, p.apply)
	})
	return cmd
}

// named reports whether the selector says which letters are meant.
func named(s operate.Selector) bool {
	return s.Queue != "" || s.Group != "" || s.Class != "" || s.Code != "" || s.Entity != "" || len(s.Events) > 0 || s.Where != nil
}

// rate reads "2/s", "30/m" or a number of messages a second.
func rate(text string) (float64, error) {
	if text == "" {
		return 0, nil
	}
	number, per, _ := strings.Cut(text, "/")
	var n float64
	if _, err := fmt.Sscanf(number, "%g", &n); err != nil || n <= 0 {
		return 0, screen.Usage(fmt.Errorf("--rate %q: it is messages a second, such as 2/s or 30/m", text))
	}
	switch per {
	case "", "s":
		return n, nil
	case "m":
		return n / 60, nil
	}
	return 0, screen.Usage(fmt.Errorf("--rate %q: it is messages a second, such as 2/s or 30/m", text))
}

// sendFlags adds the flags of operations that send letters.
func sendFlags(cmd *cobra.Command, p *planning) {
	cmd.Flags().StringVar(&p.rate, "rate", "", "messages a second, such as 2/s (default 10/s)")
	cmd.Flags().BoolVar(&p.options.ForceLoop, "force-loop", false, "also what failed the same way three times")
	cmd.Flags().BoolVar(&p.options.TargetHasNone, "target-has-none", false, "also what may have taken effect: you have looked, and the target has nothing of it")
	cmd.Flags().BoolVar(&p.options.DespiteCircuit, "despite-circuit", false, "although the circuit of the target is open")
}

func (a *tool) redirectCommand() *cobra.Command {
	return a.planCommand(redrive.Redirect, "redirect [GROUP] --to ROUTE", "Plan to send dead letters to another route",
		"  causeway redirect a1f09c2e --to shopify-orders-to-netsuite\n  causeway redirect --event 01jd3h8k2m5n7p9q --to shopify-orders-to-netsuite --apply --reason 'warehouse closed'",
		func(cmd *cobra.Command, p *planning) {
			sendFlags(cmd, p)
			cmd.Flags().StringVar(&p.options.To, "to", "", "the route that gets them; it must take such events")
			cli.Must(cmd.RegisterFlagCompletionFunc("to", a.CompleteRoutes))
		})
}

func (a *tool) redriveCommand() *cobra.Command {
	return a.planCommand(redrive.Redrive, "redrive [GROUP]", "Plan to send dead letters to their queues again",
		"  causeway redrive --group a1f09c2e\n  causeway redrive --route '*-to-netsuite' --class rate_limit --rate 2/s\n"+
			"  causeway redrive --event 01jd3h8k2m5n7p9q --apply --reason 'item created'",
		sendFlags)
}

func (a *tool) purgeCommand() *cobra.Command {
	return a.planCommand(redrive.Purge, "purge [GROUP]", "Plan to take dead letters out; they are exported first and can be restored for 30 days",
		"  causeway purge --group 03c9ffab\n  causeway restore o-55kd1a", nil)
}

func (a *tool) resolveCommand() *cobra.Command {
	return a.planCommand(redrive.Resolve, "resolve [GROUP]", "Plan to take out the letters of which nothing is missing",
		"  causeway resolve\n  causeway resolve a1f09c2e --settled --apply --reason 'booked by hand'",
		func(cmd *cobra.Command, p *planning) {
			cmd.Flags().BoolVar(&p.options.All, "settled", false, "also those that the target does not have: a person has settled them")
		})
}

func (a *tool) showPlan(w io.Writer, p redrive.Plan) {
	fmt.Fprintf(w, "PLAN %s  %s  %s  (frozen %s, without later ones)\n", p.ID, p.Kind, operate.Count(len(p.Items), "letter"), p.Made.Format("15:04:05Z"))
	if targets := p.Targets(); len(targets) > 0 {
		a.Field(w, "to", strings.Join(targets, ", "))
	}
	for _, v := range redrive.Verdicts() {
		if n := p.Count(v); n > 0 {
			a.Field(w, fmt.Sprint(n), v.Words())
			if v == redrive.Misfit {
				a.Field(w, "", p.Reason(v))
			}
		}
	}
	if n := p.Count(redrive.Send); n > 0 {
		perSecond := p.Options.Rate
		if perSecond == 0 {
			perSecond = 10
		}
		a.Field(w, "pace", fmt.Sprintf("%g/s, about %s; steps of 1, 5, 25, all", perSecond, seconds(float64(n)/perSecond)))
	}
	for _, check := range p.Checks {
		a.Field(w, "check", check)
	}
	if p.Refused != "" {
		a.Field(w, "REFUSED", p.Refused)
	}
	if a.Output == "wide" {
		for _, item := range p.Items {
			fmt.Fprintf(w, "  %s  %s  %s  %s\n", item.Event, item.Title, item.Verdict, item.Why)
		}
	}
	if len(p.Items) == 0 {
		fmt.Fprintln(w, "There is nothing to do.")
		return
	}
	fmt.Fprintf(w, "Nothing was moved. Run:  causeway apply %s --reason \"…\"\n", p.ID)
}

func seconds(n float64) string {
	return time.Duration(n * float64(time.Second)).Round(time.Second).String()
}

func (a *tool) applyCommand() *cobra.Command {
	f := &cli.Applying{}
	cmd := &cobra.Command{
		Use: "apply PLAN", Short: "Do what a plan says, or finish what was begun", Args: cli.Args(cobra.ExactArgs(1)),
		Example: "  causeway apply p-7q2m4d --reason 'INC-412 limits raised'",
		RunE: a.With(func(ctx context.Context, d *cli.Desk, given []string) error {
			plan, err := d.LoadPlan(ctx, given[0])
			if err != nil {
				return err
			}
			return a.apply(ctx, d, plan, *f)
		}),
	}
	a.ApplyFlags(cmd, f)
	return cmd
}

// manyLetters is the number above which a person types it.
const manyLetters = 1000

// apply asks, applies the plan with progress, and says how it ended.
func (a *tool) apply(ctx context.Context, d *cli.Desk, plan redrive.Plan, f cli.Applying) error {
	if err := a.ConfirmEnvironment(plan, f); err != nil {
		return err
	}
	if f.Reason == "" {
		f.Reason = "no reason given"
	}
	if err := a.confirm(plan, f); err != nil {
		return err
	}
	done := a.progress(d, plan)
	op, err := d.Apply(ctx, plan.ID, f.Reason)
	done()
	if op.ID != "" && op.Step > 0 {
		if printed := a.Print("op", op, nil, func(w io.Writer) { a.showEnd(w, op) }); printed != nil {
			return printed
		}
	}
	switch {
	case err != nil && ctx.Err() != nil:
		a.Say("interrupted; nothing is half moved. To go on: causeway apply %s", plan.ID)
		return err
	case err != nil:
		return err
	case op.State == redrive.Stopped || op.Counts.Returned > 0 || op.State == redrive.Cancelled:
		return screen.Result(screen.ExitSome)
	}
	return nil
}

// confirm asks before many letters are moved, or any is purged, in the way that a script
// cannot answer by accident.
func (a *tool) confirm(plan redrive.Plan, f cli.Applying) error {
	n := len(plan.Items)
	if f.Yes || n <= manyLetters && plan.Kind != redrive.Purge {
		return nil
	}
	return a.Ask("cli.Applying plan "+plan.ID, fmt.Sprintf("This is a %s of %s. Type the number to continue: ", plan.Kind, operate.Count(n, "letter")), "number", fmt.Sprint(n))
}

// progress shows how an operation goes: bars on a terminal, a line each step elsewhere. The
// returned function ends it.
func (a *tool) progress(d *cli.Desk, plan redrive.Plan) (done func()) {
	if a.Quiet {
		return func() {}
	}
	if !a.Terminal {
		last := ""
		d.Report = func(p redrive.Progress) {
			c := p.Operation.Counts
			line := fmt.Sprintf("step %d of %d: %s", p.Operation.Step, p.Steps, p.Words)
			if line != last {
				a.Say("%s  %d of %d looked at", line, c.Planned-c.Remaining, c.Planned)
				last = line
			}
		}
		return func() {}
	}
	bars := mpb.New(mpb.WithOutput(a.Err), mpb.WithWidth(min(a.Width, 60)))
	bar := func(name string) *mpb.Bar {
		return bars.AddBar(int64(len(plan.Items)), mpb.PrependDecorators(decor.Name(name, decor.WCSyncWidthR)), mpb.AppendDecorators(decor.CountersNoUnit("%d/%d")))
	}
	looked, confirmed, returned := bar("looked at"), bar("confirmed"), bar("dead again")
	d.Report = func(p redrive.Progress) {
		c := p.Operation.Counts
		looked.SetCurrent(int64(c.Planned - c.Remaining))
		confirmed.SetCurrent(int64(c.Confirmed + c.Resolved))
		returned.SetCurrent(int64(c.Returned))
	}
	return func() {
		for _, b := range []*mpb.Bar{looked, confirmed, returned} {
			b.Abort(false)
		}
		bars.Wait()
	}
}

func (a *tool) showEnd(w io.Writer, op redrive.Operation) {
	c := op.Counts
	parts := []string{}
	for _, part := range []struct {
		n    int
		what string
	}{
		{c.Confirmed, "confirmed"},
		{c.Returned, "dead again"},
		{c.Pending, "pending"},
		{c.Resolved, "resolved, not sent"},
		{c.Removed, "purged"},
		{c.Left, "left alone"},
		{c.Gone, "gone meanwhile"},
		{c.Remaining, "not looked at"},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.what))
		}
	}
	fmt.Fprintf(w, "op %s %s: %s\n", op.ID, op.State, strings.Join(parts, " · "))
	if op.Why != "" {
		fmt.Fprintln(w, screen.Wrap(op.Why, "  ", a.Width))
	}
	if op.Kind == redrive.Purge {
		fmt.Fprintf(w, "  to undo:  causeway restore %s\n", op.ID)
	}
	if c.Pending > 0 {
		fmt.Fprintln(w, "  pending messages wait in their queues:  causeway status")
	}
}

func (a *tool) restoreCommand() *cobra.Command {
	return &cobra.Command{
		Use: "restore OP", Short: "Put back what a purge took out", Args: cli.Args(cobra.ExactArgs(1)), Example: "  causeway restore o-55kd1a",
		RunE: a.With(func(ctx context.Context, d *cli.Desk, given []string) error {
			n, err := d.Restore(ctx, given[0])
			if err != nil {
				return err
			}
			return a.Print("restored", map[string]any{"op": given[0], "letters": n}, nil, func(w io.Writer) {
				fmt.Fprintf(w, "%s of %s are in their queues again\n", operate.Count(n, "letter"), given[0])
			})
		}),
	}
}

func (a *tool) opCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "op", Short: "Operations: what was done, is being done, and how to stop it", Args: cli.Args(cobra.NoArgs),
		Example: "  causeway op list\n  causeway op show o-55kd1a", RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	list := &cobra.Command{
		Use: "list", Short: "The newest operations", Args: cli.Args(cobra.NoArgs), Example: "  causeway op list",
		RunE: a.With(func(ctx context.Context, d *cli.Desk, _ []string) error {
			all, err := d.Operations(ctx)
			if err != nil {
				return err
			}
			return a.Print("ops", all, screen.Anys(all), func(w io.Writer) {
				lines := []string{"OP\tKIND\tBEGAN\tSTATE\tLETTERS\tWHO\tREASON"}
				for _, op := range all {
					lines = append(lines, fmt.Sprintf("%s\t%s\t%s\t%s\t%d\t%s\t%s", op.ID, op.Kind, a.Ago(op.Began), op.State, op.Counts.Planned, op.Who, op.Reason))
				}
				screen.Table(w, lines...)
			})
		}),
	}
	show := &cobra.Command{
		Use: "show OP", Short: "One operation", Args: cli.Args(cobra.ExactArgs(1)), Example: "  causeway op show o-55kd1a",
		RunE: a.With(func(ctx context.Context, d *cli.Desk, given []string) error {
			op, err := d.Operation(ctx, given[0])
			if err != nil {
				return err
			}
			return a.Print("op", op, nil, func(w io.Writer) { a.showOperation(w, op) })
		}),
	}
	watch := &cobra.Command{
		Use: "watch OP", Short: "Show an operation until it ends", Args: cli.Args(cobra.ExactArgs(1)), Example: "  causeway op watch o-55kd1a",
		RunE: a.With(func(ctx context.Context, d *cli.Desk, given []string) error { return a.watch(ctx, d, given[0]) }),
	}
	cancel := &cobra.Command{
		Use: "cancel OP", Short: "Stop an operation before its next message", Args: cli.Args(cobra.ExactArgs(1)), Example: "  causeway op cancel o-55kd1a",
		RunE: a.With(func(ctx context.Context, d *cli.Desk, given []string) error {
			if err := d.Cancel(ctx, given[0]); err != nil {
				return err
			}
			a.Say("%s stops before its next message; what was sent stays sent", given[0])
			return nil
		}),
	}
	cmd.AddCommand(list, show, watch, cancel)
	return cmd
}

// watch shows an operation of another process until it ends.
func (a *tool) watch(ctx context.Context, d *cli.Desk, id string) error {
	for {
		op, err := d.Operation(ctx, id)
		if err != nil {
			return err
		}
		if op.State != redrive.Running {
			return a.Print("op", op, nil, func(w io.Writer) { a.showOperation(w, op) })
		}
		a.Say("step %d: %d of %d looked at", op.Step, op.Counts.Planned-op.Counts.Remaining, op.Counts.Planned)
		if err := a.Sleep(ctx, 2*time.Second); err != nil {
			return err
		}
	}
}

func (a *tool) showOperation(w io.Writer, op redrive.Operation) {
	fmt.Fprintf(w, "%s of %s by %s, began %s: %s\n", op.Kind, operate.Count(op.Counts.Planned, "letter"), op.Who, a.Ago(op.Began), op.Reason)
	a.showEnd(w, op)
}
