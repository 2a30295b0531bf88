package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// selection are the flags that say which dead letters are meant.
type selection struct {
	operate.Selector
	class, where, since, until string
}

func (a *tool) selectFlags(cmd *cobra.Command, s *selection) {
	flags := cmd.Flags()
	flags.StringVar(&s.Queue, "route", "", "route or inbox, or a pattern such as '*-to-netsuite'")
	flags.StringVar(&s.Group, "group", "", "fingerprint of a group")
	flags.StringVar(&s.class, "class", "", "class of the failure, such as rate_limit")
	flags.StringVar(&s.Code, "code", "", "code of the failure")
	flags.StringVar(&s.Entity, "entity", "", "order/5001, or a whole key")
	flags.StringSliceVar(&s.Events, "event", nil, "event id; may be given several times")
	flags.StringVar(&s.since, "since", "", "died at this time or later: 2h, 2d, or 2026-11-22T08:00:00Z")
	flags.StringVar(&s.until, "until", "", "died at this time or earlier")
	flags.IntVar(&s.MinRedrives, "min-redrives", 0, "redriven at least so often")
	flags.IntVar(&s.MaxRedrives, "max-redrives", 0, "redriven at most so often; 0: no bound")
	flags.StringVar(&s.where, "where", "", "jq expression over the letter that must be true, such as '.value == \"TRAIL-42\"'")
	flags.IntVar(&s.Limit, "limit", 0, "at most so many; 0: all")
	must(cmd.RegisterFlagCompletionFunc("route", a.completeRoutes))
	must(cmd.RegisterFlagCompletionFunc("group", a.completeGroups))
}

// selector returns what the flags mean.
func (a *tool) selector(s *selection) (operate.Selector, error) {
	chosen := s.Selector
	chosen.Class = fault.Class(s.class)
	var err error
	if chosen.Since, err = a.moment(s.since); err == nil {
		chosen.Until, err = a.moment(s.until)
	}
	if err == nil {
		chosen.Where, err = where(s.where)
	}
	return chosen, err
}

// moment reads a time, or how long ago it was.
func (a *tool) moment(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	days := 0
	if n, err := fmt.Sscanf(text, "%dd", &days); err == nil && n == 1 && strings.HasSuffix(text, "d") {
		return a.now().AddDate(0, 0, -days), nil
	}
	ago, err := time.ParseDuration(text)
	if err != nil {
		return time.Time{}, usage{fmt.Errorf("%q is neither a time (2026-11-22T08:00:00Z) nor how long ago (2h, 2d)", text)}
	}
	return a.now().Add(-ago), nil
}

func (a *tool) completeRoutes(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return (&operate.Desk{Routes: routes.Table}).Queues(), cobra.ShellCompDirectiveNoFileComp
}

func (a *tool) completeGroups(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	d, err := a.open(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer func() { _ = d.close() }() // it was only read
	groups, err := d.Groups(cmd.Context(), operate.Selector{}, true)
	var all []string
	for _, g := range groups {
		all = append(all, fmt.Sprintf("%s\t%d × %s", g.Fingerprint, g.Count, g.Class))
	}
	if err != nil {
		all = nil
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}

func (a *tool) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "How every route is: what came, waits, is dead", Args: args(cobra.NoArgs),
		Example: "  causeway status\n  causeway status --jq '.status.routes[] | select(.dead > 0) | .route'",
		RunE: a.with(func(ctx context.Context, d *desk, _ []string) error {
			s, err := d.Status(ctx)
			if err != nil {
				return err
			}
			if err := a.print("status", s, anys(s.Routes), func(w io.Writer) { a.showStatus(w, s) }); err != nil {
				return err
			}
			if s.Attention {
				return result(exitAttention)
			}
			return nil
		}),
	}
}

func (a *tool) showStatus(w io.Writer, s operate.Status) {
	fmt.Fprintf(w, "%s  checked %s  %s dead  %d waiting\n", s.Environment, s.At.Format("15:04:05Z"), operate.Count(s.Dead, "letter"), s.Waiting)
	head := "ROUTE\tIN\tDONE\tWAIT\tDEAD\tSTATE"
	if a.output == "wide" {
		head = "ROUTE\tIN\tDONE\tWAIT\tDEAD\tOLDEST\tIN FLIGHT\tDEFERRED\tOLDEST DEAD\tDELETED IN\tSTATE"
	}
	rows := []string{head}
	for _, r := range s.Routes {
		row := fmt.Sprintf("%s\t%d\t%d\t%d\t%d\t", r.Route, r.In, r.Done, r.Waiting, r.Dead)
		if a.output == "wide" {
			row += fmt.Sprintf("%s\t%d\t%d\t%s\t%s\t", age(r.Oldest), r.InFlight, r.Deferred, age(r.OldestDead), age(r.DeletedIn))
		}
		rows = append(rows, row+string(r.State))
	}
	table(w, rows...)
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
		fmt.Fprintf(w, "\n%s %s\n%s\n", who, r.State, wrap(r.Why, "  ", a.width))
	}
}

func age(d time.Duration) string {
	if d == 0 {
		return "–"
	}
	return operate.Ago(d)
}

func (a *tool) whyCommand() *cobra.Command {
	s, all := &selection{}, false
	cmd := &cobra.Command{
		Use: "why", Short: "What is dead, by cause, and what to do about it", Args: args(cobra.NoArgs),
		Example: "  causeway why\n  causeway why --route '*-to-netsuite' --since 2h\n  causeway why --jq '.why[].group'",
	}
	a.selectFlags(cmd, s)
	cmd.Flags().BoolVar(&all, "all", false, "also groups that are ignored")
	cmd.RunE = a.with(func(ctx context.Context, d *desk, _ []string) error {
		chosen, err := a.selector(s)
		if err != nil {
			return err
		}
		groups, err := d.Groups(ctx, chosen, all)
		if err != nil {
			return err
		}
		if err := a.print("why", groups, anys(groups), func(w io.Writer) { a.showGroups(w, groups) }); err != nil {
			return err
		}
		if len(groups) > 0 {
			return result(exitAttention)
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
		a.field(w, "sample", operate.Brief(g.Sample, g.Field))
		a.field(w, "values", atFault(g))
		a.field(w, "cause", g.Advice.Cause)
		a.field(w, "waiting", g.Waiting)
		a.field(w, "since", a.ago(g.First)+", last "+a.ago(g.Last)+redriven(g))
		if g.Note != nil {
			a.field(w, "note", strings.TrimSuffix(fmt.Sprintf("%s by %s: %s", g.Note.State, g.Note.Who, g.Note.Text), ": "))
			a.field(w, "assigned", g.Note.Assignee)
		}
		a.field(w, "next", g.Advice.Step)
		a.field(w, "", g.Advice.Command)
	}
}

func (a *tool) ago(at time.Time) string { return operate.Ago(a.now().Sub(at)) + " ago" }

func redriven(g operate.Group) string {
	if g.Redriven == 0 {
		return ", never redriven"
	}
	return fmt.Sprintf(", redriven %d× at most, %s of them", g.MaxRedrives, operate.Count(g.Redriven, "letter"))
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
		Use: "dlq", Short: "Look into the dead-letter queues", Args: args(cobra.NoArgs),
		Example: "  causeway dlq list\n  causeway dlq peek shopify-orders-to-netsuite -n 5",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	all, n := false, 5
	list := &cobra.Command{
		Use: "list", Short: "Queues with dead letters", Args: args(cobra.NoArgs), Example: "  causeway dlq list\n  causeway dlq list --all",
		RunE: a.with(func(ctx context.Context, d *desk, _ []string) error {
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
			return a.print("queues", rows, anys(rows), func(w io.Writer) {
				lines := []string{"QUEUE\tDEAD\tOLDEST\tDELETED IN"}
				for _, r := range rows {
					lines = append(lines, fmt.Sprintf("%s\t%d\t%s\t%s", r.Route, r.Dead, age(r.OldestDead), age(r.DeletedIn)))
				}
				table(w, lines...)
			})
		}),
	}
	list.Flags().BoolVar(&all, "all", false, "also queues without dead letters")
	peek := &cobra.Command{
		Use: "peek ROUTE", Short: "The oldest dead letters of a queue; nothing is moved", Args: args(cobra.ExactArgs(1)),
		Example: "  causeway dlq peek shopify-orders-to-netsuite -n 20", ValidArgsFunction: a.completeRoutes,
		RunE: a.with(func(ctx context.Context, d *desk, given []string) error {
			letters := []operate.Letter{}
			err := d.DeadLetters(ctx, operate.Selector{Queue: given[0], Limit: n}, func(l operate.Letter, _ port.Incoming) bool {
				letters = append(letters, l)
				return true
			})
			if err != nil {
				return err
			}
			return a.print("letters", letters, anys(letters), func(w io.Writer) {
				lines := []string{"DIED\tWHAT\tREASON\tREDRIVEN\tEVENT"}
				for _, l := range letters {
					lines = append(lines, fmt.Sprintf("%s\t%s\t%s\t%d×\t%s", a.ago(l.Died), l.Title(), l.Reason, l.Redrives, l.Event))
				}
				table(w, lines...)
			})
		}),
	}
	peek.Flags().IntVarP(&n, "number", "n", 5, "how many")
	cmd.AddCommand(list, peek)
	return cmd
}

func (a *tool) traceCommand() *cobra.Command {
	return &cobra.Command{
		Use: "trace WHAT", Short: "Where an order is, what happened to it, and what to do", Args: args(cobra.ExactArgs(1)),
		Long: `trace shows the journey of one entity: first where it is, then the steps, then the next
command. WHAT is an order's number (1001 or '#1001'), type/id (order/5001), the store's
id, the target's id, a SKU, a tracking number, an e-mail address, the sender's id of a
webhook, an event id, a trace id, a fingerprint, or a whole key.`,
		Example: "  causeway trace 1001\n  causeway trace order/5001\n  causeway trace ada@example.com\n  causeway trace 1001 -o json",
		RunE: a.with(func(ctx context.Context, d *desk, given []string) error {
			found, err := d.Find(ctx, given[0])
			if err != nil {
				return err
			}
			switch len(found) {
			case 0:
				return notFound("tracing "+given[0], "nothing is known by it; causeway help trace says what can be searched")
			case 1:
				t, err := d.Trace(ctx, found[0].Entity)
				if err != nil {
					return err
				}
				t.Name = cmp.Or(t.Name, found[0].Name)
				return a.print("trace", t, nil, func(w io.Writer) { a.showTrace(w, t) })
			}
			return a.print("candidates", found, anys(found), func(w io.Writer) {
				fmt.Fprintf(w, "%q can mean %d things; name one:\n", given[0], len(found))
				lines := []string{}
				for _, c := range found {
					lines = append(lines, fmt.Sprintf("  %s\t%s\tby its %s\tcauseway trace '%s'", c.Title(), a.ago(c.Last), c.Matched, c.Entity))
				}
				table(w, lines...)
			})
		}),
	}
}

func (a *tool) showTrace(w io.Writer, t operate.Trace) {
	fmt.Fprintln(w, wrap(operate.Title(t.Entity, t.Name)+" "+t.Verdict, "", a.width))
	fmt.Fprintf(w, "%s\n\n", t.Entity)
	lines, room := []string{}, a.room(t.Steps)
	for _, s := range t.Steps {
		what := s.Words
		if s.Attempt > 1 {
			what = fmt.Sprintf("attempt %d, %s", s.Attempt, what)
		}
		if s.Count > 1 {
			what = fmt.Sprintf("×%d, last %s: %s", s.Count, a.ago(s.Last), what)
		}
		lines = append(lines, fmt.Sprintf("%s\t%s\t%s\t%s", s.At.UTC().Format("2 Jan 15:04:05.000"), s.Stage, place(s), short(what, room)))
	}
	table(w, lines...)
	if len(t.Related) > 0 {
		fmt.Fprintln(w, wrap("same deliveries: "+strings.Join(t.Related, ", "), "", a.width))
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

// room is how many characters the last column of a trace has.
func (a *tool) room(steps []operate.Step) int {
	if a.output == "wide" {
		return 1 << 20
	}
	stage, where := 0, 0
	for _, s := range steps {
		stage, where = max(stage, len([]rune(string(s.Stage)))), max(where, len([]rune(place(s))))
	}
	const date, gaps = 19, 3 * 2
	return max(20, a.width-date-gaps-stage-where)
}

// short cuts a text.
func short(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most-1]) + "…"
}

func (a *tool) inspectCommand() *cobra.Command {
	return &cobra.Command{
		Use: "inspect EVENT", Short: "One dead letter: cause, what it holds, its journey, what the log says of it", Args: args(cobra.ExactArgs(1)),
		Example: "  causeway inspect 01jd3h8k2m5n7p9q\n  causeway inspect 01jd3h8k2m5n7p9q --show-pii",
		RunE: a.with(func(ctx context.Context, d *desk, given []string) error {
			l, in, found, err := d.Letter(ctx, given[0])
			if err != nil {
				return err
			}
			if !found {
				return notFound("inspecting "+given[0], "there is no dead letter of this event; causeway trace "+given[0]+" shows what became of it")
			}
			if err := a.noteLook(ctx, d, l); err != nil {
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
			return a.print("inspect", answer, nil, func(w io.Writer) { a.showLetter(w, l, text, t); a.showLog(w, lines) })
		}),
	}
}

func (a *tool) showLetter(w io.Writer, l operate.Letter, text string, t operate.Trace) {
	advice := operate.AdviseLetter(l)
	fmt.Fprintf(w, "%s  %s  dead in %s since %s\n", l.Title(), l.Type, l.Queue, a.ago(l.Died))
	lines := []string{
		"  reason\t" + l.Reason, "  cause\t" + advice.Cause, "  next\t" + advice.Step, "  command\t" + advice.Command,
		fmt.Sprintf("  redriven\t%d×, the same failure %d× in a row", l.Redrives, l.Alike), "  group\t" + l.Fingerprint,
		"  event\t" + l.Event, "  trace\t" + l.Trace, "  entity\t" + l.Entity.String(),
	}
	if l.Value != "" {
		lines = append(lines, "  value\t"+l.Value)
	}
	table(w, lines...)
	fmt.Fprintf(w, "\nwhat it holds (%d bytes)\n%s\n\nits journey\n", l.Size, text)
	a.showTrace(w, t)
}

// content returns what a letter holds, masked unless personal data is asked for.
func (a *tool) content(ctx context.Context, d *desk, l operate.Letter, in port.Incoming) (string, error) {
	if raw, err := message.DecodeRaw(in.Body); l.Kind == operate.InboxLetter && err == nil {
		body, err := port.CheckOut(ctx, d.Vault, raw.Body, raw.Claim)
		if err != nil || a.showPII {
			return string(body), err
		}
		return operate.MaskPayload(body), nil
	}
	m, err := message.Decode(in.Body)
	if err != nil || l.Kind == operate.OpaqueLetter {
		return "(no message of ours)", nil //nolint:nilerr // it is shown as what it is
	}
	body, err := port.CheckOut(ctx, d.Vault, m.Body, m.Claim)
	if err != nil || a.showPII {
		return string(body), err
	}
	if _, known := canonical.TypeNamed(m.Type); !known {
		return "(an event of the unknown type " + m.Type + ")", nil
	}
	return operate.MaskEvent(m.Type, body), nil
}
