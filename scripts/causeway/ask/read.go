package ask

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"causeway.example/scripts/causeway/cli"
	"causeway.example/scripts/causeway/screen"
	"causeway.example/shared/canonical"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/port"
)

func (a *tool) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "How every route is: what came, waits, is dead", Args: cli.Args(cobra.NoArgs),
		Example: "  causeway status\n  causeway status --jq '.status.routes[] | select(.dead > 0) | .route'",
		RunE: a.With(func(ctx context.Context, d *cli.Desk, _ []string) error {
			s, err := d.Status(ctx)
			if err != nil {
				return err
			}
			if err := a.Print("status", s, screen.Anys(s.Routes), func(w io.Writer) { a.showStatus(w, s) }); err != nil {
				return err
			}
			if s.Attention {
				return screen.Result(screen.ExitAttention)
			}
			return nil
		}),
	}
}

func (a *tool) showStatus(w io.Writer, s operate.Status) {
	fmt.Fprintf(w, "%s  checked %s  %s dead  %d waiting\n", s.Environment, s.At.Format("15:04:05Z"), operate.Count(s.Dead, "letter"), s.Waiting)
	head := "ROUTE\tIN\tDONE\tWAIT\tDEAD\tSTATE"
	if a.Output == "wide" {
		head = "ROUTE\tIN\tDONE\tWAIT\tDEAD\tOLDEST\tIN FLIGHT\tDEFERRED\tOLDEST DEAD\tDELETED IN\tSTATE"
	}
	rows := []string{head}
	for _, r := range s.Routes {
		row := fmt.Sprintf("%s\t%d\t%d\t%d\t%d\t", r.Route, r.In, r.Done, r.Waiting, r.Dead)
		if a.Output == "wide" {
			row += fmt.Sprintf("%s\t%d\t%d\t%s\t%s\t", screen.Age(r.Oldest), r.InFlight, r.Deferred, screen.Age(r.OldestDead), screen.Age(r.DeletedIn))
		}
		rows = append(rows, row+string(r.State))
	}
	screen.Table(w, rows...)
	for i, r := range s.Routes {
		same := func(other operate.RouteStatus) bool { return other.State == r.State && other.Why == r.Why }
		if r.State == operate.StateOK || slices.ContainsFunc(s.Routes[:i], same) {
			continue
		}
		who, n := r.Route+" is", 0
		for _, other := range s.Routes[i:] {
			if same(other) {
				n++
			}
		}
		if n > 1 {
			who = operate.Count(n, "route") + " are"
		}
		fmt.Fprintf(w, "\n%s %s\n%s\n", who, r.State, screen.Wrap(r.Why, "  ", a.Width))
	}
}

func (a *tool) whyCommand() *cobra.Command {
	s, all := &cli.Selection{}, false
	cmd := &cobra.Command{
		Use: "why", Short: "What is dead, by cause, and what to do about it", Args: cli.Args(cobra.NoArgs),
		Example: "  causeway why\n  causeway why --route '*-to-netsuite' --since 2h\n  causeway why --jq '.why[].group'",
	}
	a.SelectFlags(cmd, s)
	cmd.Flags().BoolVar(&all, "all", false, "also groups that are ignored")
	cmd.RunE = a.With(func(ctx context.Context, d *cli.Desk, _ []string) error {
		chosen, err := a.Selector(s)
		if err != nil {
			return err
		}
		groups, err := d.Groups(ctx, chosen, all)
		if err != nil {
			return err
		}
		if err := a.Print("why", groups, screen.Anys(groups), func(w io.Writer) { a.showGroups(w, groups) }); err != nil {
			return err
		}
		if len(groups) > 0 {
			return screen.Result(screen.ExitAttention)
		}
		return nil
	})
	return cmd
}

func (a *tool) showGroups(w io.Writer, groups []operate.Group) {
	n := 0
	for _, g := range groups {
		n += g.Count
	}
	if n == 0 {
		fmt.Fprintln(w, "Nothing is dead.")
		return
	}
	fmt.Fprintf(w, "%s in %s\n", operate.Count(n, "dead letter"), operate.Count(len(groups), "group"))
	for _, g := range groups {
		fmt.Fprintf(w, "\n%s  %d × %s  %s\n", g.Fingerprint, g.Count, strings.TrimSpace(string(g.Class)+" "+g.Code), g.Queue)
		a.Field(w, "sample", operate.Brief(g.Sample, g.Field))
		a.Field(w, "values", atFault(g))
		a.Field(w, "cause", g.Advice.Cause)
		a.Field(w, "waiting", g.Waiting)
		a.Field(w, "since", a.Ago(g.First)+", last "+a.Ago(g.Last)+redriven(g))
		if g.Note != nil {
			a.Field(w, "note", strings.TrimSuffix(fmt.Sprintf("%s by %s: %s", g.Note.State, g.Note.Who, g.Note.Text), ": "))
			a.Field(w, "assigned", g.Note.Assignee)
		}
		a.Field(w, "next", g.Advice.Step)
		a.Field(w, "", g.Advice.Command)
	}
}

func redriven(g operate.Group) string {
	if g.Redriven == 0 {
		return ", never redriven"
	}
	return fmt.Sprintf(", %s redriven, %d× at most", operate.Count(g.Redriven, "letter"), g.MaxRedrives)
}

// atFault names the values at fault: "TRAIL-42 (14), TRAIL-43 (2) and 12 more".
func atFault(g operate.Group) string {
	const most = 5
	var named []string
	for _, v := range g.Values[:min(len(g.Values), most)] {
		named = append(named, fmt.Sprintf("%q in %d", v.Value, v.Count))
	}
	text := strings.Join(named, ", ")
	if more := g.Distinct - len(named); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func (a *tool) dlqCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "dlq", Short: "Look into the dead-letter queues", Args: cli.Args(cobra.NoArgs),
		Example: "  causeway dlq list\n  causeway dlq peek shopify-orders-to-netsuite -n 5",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	all, n := false, 5
	list := &cobra.Command{
		Use: "list", Short: "Queues with dead letters", Args: cli.Args(cobra.NoArgs), Example: "  causeway dlq list\n  causeway dlq list --all",
		RunE: a.With(func(ctx context.Context, d *cli.Desk, _ []string) error {
			s, err := d.Status(ctx)
			if err != nil {
				return err
			}
			rows := []operate.RouteStatus{}
			for _, r := range s.Routes {
				if all || r.Dead > 0 {
					rows = append(rows, r)
				}
			}
			return a.Print("queues", rows, screen.Anys(rows), func(w io.Writer) {
				lines := []string{"QUEUE\tDEAD\tOLDEST\tDELETED IN"}
				for _, r := range rows {
					lines = append(lines, fmt.Sprintf("%s\t%d\t%s\t%s", r.Route, r.Dead, screen.Age(r.OldestDead), screen.Age(r.DeletedIn)))
				}
				screen.Table(w, lines...)
			})
		}),
	}
	list.Flags().BoolVar(&all, "all", false, "also queues without dead letters")
	peek := &cobra.Command{
		Use: "peek ROUTE", Short: "The oldest dead letters of a queue; nothing is moved", Args: cli.Args(cobra.ExactArgs(1)),
		Example: "  causeway dlq peek shopify-orders-to-netsuite -n 20", ValidArgsFunction: a.CompleteRoutes,
		RunE: a.With(func(ctx context.Context, d *cli.Desk, given []string) error {
			letters := []operate.Letter{}
			err := d.DeadLetters(ctx, operate.Selector{Queue: given[0], Limit: n}, func(l operate.Letter, _ port.Incoming) bool {
				letters = append(letters, l)
				return true
			})
			if err != nil {
				return err
			}
			return a.Print("letters", letters, screen.Anys(letters), func(w io.Writer) {
				lines := []string{"DIED\tWHAT\tREASON\tREDRIVEN\tEVENT"}
				for _, l := range letters {
					lines = append(lines, fmt.Sprintf("%s\t%s\t%s\t%d×\t%s", a.Ago(l.Died), l.Title(), l.Reason, l.Redrives, l.Event))
				}
				screen.Table(w, lines...)
			})
		}),
	}
	peek.Flags().IntVarP(&n, "number", "n", 5, "how many")
	cmd.AddCommand(list, peek)
	return cmd
}

func (a *tool) traceCommand() *cobra.Command {
	return &cobra.Command{
		Use: "trace WHAT", Short: "Where an order is, what happened to it, and what to do", Args: cli.Args(cobra.ExactArgs(1)),
		Long: `trace shows the journey of one entity: first where it is, then the steps, then the next
command. WHAT is an order's number (1001 or '#1001'), type/id (order/5001), the store's
id, the target's id, a SKU, a tracking number, an e-mail address, the sender's id of a
webhook, an event id, a trace id, a fingerprint, or a whole key.`,
		Example: "  causeway trace 1001\n  causeway trace order/5001\n  causeway trace ada@example.com\n  causeway trace 1001 -o json",
		RunE: a.With(func(ctx context.Context, d *cli.Desk, given []string) error {
			found, err := d.Find(ctx, given[0])
			if err != nil {
				return err
			}
			switch len(found) {
			case 0:
				return screen.NotFound("tracing "+given[0], "nothing is known by it; causeway help trace says what can be searched")
			case 1:
				t, err := d.Trace(ctx, found[0].Entity)
				if err != nil {
					return err
				}
				t.Name = cmp.Or(t.Name, found[0].Name)
				return a.Print("trace", t, nil, func(w io.Writer) { a.showTrace(w, t) })
			}
			return a.Print("candidates", found, screen.Anys(found), func(w io.Writer) {
				fmt.Fprintf(w, "%q can mean %d things; name one:\n", given[0], len(found))
				for _, c := range found {
					fmt.Fprintf(w, "\n  %s of %s %s, %s, by its %s\n  causeway trace '%s'\n", c.Title(), c.Entity.System, c.Entity.Tenant, a.Ago(c.Last), c.Matched, c.Entity)
				}
			})
		}),
	}
}

func (a *tool) showTrace(w io.Writer, t operate.Trace) {
	fmt.Fprintln(w, screen.Wrap(operate.Title(t.Entity, t.Name)+" "+t.Verdict, "", a.Width))
	fmt.Fprintf(w, "%s\n\n", t.Entity)
	lines, layout := []string{}, stamps(t.Steps)
	where, room := a.room(t.Steps, layout)
	if len(t.Steps) > 0 && layout == within {
		fmt.Fprintln(w, t.Steps[0].At.UTC().Format("2 January 2006, UTC"))
	}
	for _, s := range t.Steps {
		what := s.Words
		if s.Attempt > 1 {
			what = fmt.Sprintf("attempt %d, %s", s.Attempt, what)
		}
		if s.Count > 1 {
			what = fmt.Sprintf("×%d, last %s: %s", s.Count, a.Ago(s.Last), what)
		}
		lines = append(lines, fmt.Sprintf("%s\t%s\t%s\t%s", s.At.UTC().Format(layout), s.Stage, screen.Short(place(s), where), screen.Short(what, room)))
	}
	screen.Table(w, lines...)
	if a.Output == "wide" {
		a.showExchanges(w, t.Steps)
	}
	if len(t.Related) > 0 {
		fmt.Fprintln(w, screen.Wrap("same deliveries: "+strings.Join(t.Related, ", "), "", a.Width))
	}
	for _, l := range t.Later {
		fmt.Fprintln(w, screen.Wrap("from "+l.Entity.System+": "+operate.Title(l.Entity, "")+" "+l.Verdict, "", a.Width))
	}
	if t.Command != "" {
		fmt.Fprintf(w, "\nnext: %s\n", t.Command)
	}
}

func place(s operate.Step) string {
	if _, target, ok := strings.Cut(s.Route, "-to-"); ok {
		return "→ " + target
	}
	return s.Type
}

// within is the layout of times within one day.
const within = "15:04:05.000"

// stamps is the layout of the steps' times: to the millisecond within one day.
func stamps(steps []operate.Step) string {
	for _, s := range steps {
		if s.At.UTC().YearDay() != steps[0].At.UTC().YearDay() || s.At.UTC().Year() != steps[0].At.UTC().Year() {
			return "02 Jan 15:04:05"
		}
	}
	return within
}

// room is how many characters the last two columns of a trace have: where a step was, which is
// cut on a narrow screen, and what it was.
func (a *tool) room(steps []operate.Step, layout string) (where, what int) {
	if a.Output == "wide" {
		return 1 << 20, 1 << 20
	}
	stage := 0
	for _, s := range steps {
		stage, where = max(stage, utf8.RuneCountInString(string(s.Stage))), max(where, utf8.RuneCountInString(place(s)))
	}
	where = min(where, max(14, a.Width/5))
	const gaps = 3 * 2
	return where, max(20, a.Width-len(layout)-gaps-stage-where)
}

func (a *tool) inspectCommand() *cobra.Command {
	return &cobra.Command{
		Use: "inspect EVENT", Short: "One dead letter: cause, what it holds, its journey, what the log says of it", Args: cli.Args(cobra.ExactArgs(1)),
		Example: "  causeway inspect 01jd3h8k2m5n7p9q\n  causeway inspect 01jd3h8k2m5n7p9q --show-pii",
		RunE: a.With(func(ctx context.Context, d *cli.Desk, given []string) error {
			l, in, found, err := d.Letter(ctx, given[0])
			if err != nil {
				return err
			}
			if !found {
				return screen.NotFound("inspecting "+given[0], "there is no dead letter of this event; causeway trace "+given[0]+" shows what became of it")
			}
			if err := a.NoteLook(ctx, d, l); err != nil {
				return err
			}
			text, err := a.content(ctx, d, l, in)
			if err != nil {
				return err
			}
			t, err := d.Trace(ctx, l.Entity)
			if err != nil {
				return err
			}
			lines, err := a.logLines(ctx, d, t.Steps, l.Event, l.Trace)
			if err != nil {
				return err
			}
			answer := map[string]any{"letter": l, "advice": operate.AdviseLetter(l), "content": text, "trace": t, "log": lines}
			return a.Print("inspect", answer, nil, func(w io.Writer) { a.showLetter(w, l, text, t); a.showLog(w, lines) })
		}),
	}
}

func (a *tool) showLetter(w io.Writer, l operate.Letter, text string, t operate.Trace) {
	advice := operate.AdviseLetter(l)
	fmt.Fprintf(w, "%s  %s  dead in %s since %s\n", l.Title(), l.Type, l.Queue, a.Ago(l.Died))
	lines := []string{
		"  reason\t" + l.Reason, "  cause\t" + advice.Cause, "  next\t" + advice.Step, "  command\t" + advice.Command,
		fmt.Sprintf("  redriven\t%d×, the same failure %d× in a row", l.Redrives, l.Alike), "  group\t" + l.Fingerprint,
		"  event\t" + l.Event, "  trace\t" + l.Trace, "  entity\t" + l.Entity.String(),
	}
	if l.Value != "" {
		lines = append(lines, "  value\t"+l.Value)
	}
	screen.Table(w, lines...)
	fmt.Fprintf(w, "\nwhat it holds (%d bytes)\n%s\n\nits journey\n", l.Size, text)
	a.showTrace(w, t)
	if a.Output != "wide" {
		a.showExchanges(w, slices.DeleteFunc(slices.Clone(t.Steps), func(s operate.Step) bool { return s.Event != l.Event }))
	}
}

// content returns what a letter holds, masked unless personal data is asked for.
func (a *tool) content(ctx context.Context, d *cli.Desk, l operate.Letter, in port.Incoming) (string, error) {
	if raw, err := message.DecodeRaw(in.Body); l.Kind == operate.InboxLetter && err == nil {
		body, err := port.CheckOut(ctx, d.Vault, raw.Body, raw.Claim)
		if err != nil || a.ShowPII {
			return string(body), err
		}
		return operate.MaskPayload(body), nil
	}
	m, err := message.Decode(in.Body)
	if err != nil || l.Kind == operate.OpaqueLetter {
		return "(no message of ours)", nil //nolint:nilerr // it is shown as what it is
	}
	body, err := port.CheckOut(ctx, d.Vault, m.Body, m.Claim)
	if err != nil || a.ShowPII {
		return string(body), err
	}
	if _, known := canonical.TypeNamed(m.Type); !known {
		return "(an event of the unknown type " + m.Type + ")", nil
	}
	return operate.MaskEvent(m.Type, body), nil
}
