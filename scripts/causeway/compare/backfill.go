package compare

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"causeway.example/scripts/causeway/cli"
	"causeway.example/scripts/causeway/screen"
	"causeway.example/shared/connector"
	"causeway.example/shared/operate"
	"causeway.example/shared/port"
	"causeway.example/shared/reconcile"
	"causeway.example/shared/routes"
)

// backfilling is the answer of backfill for one list of a system.
type backfilling struct {
	Tenant    string `json:"tenant"`
	Entity    string `json:"entity"`
	Topic     string `json:"topic"`     // of the list: a system may have several of one entity
	Read      int    `json:"read"`      // changed last within the time
	Confirmed int    `json:"confirmed"` // no target lacks it, also if nothing is published of it
	InHand    int    `json:"in_hand"`   // waits, or is dead
	Missing   int    `json:"missing"`   // a target has it not, or older: handed on, with --apply
	Unread    int    `json:"unread"`    // the system does not return it; the ledger says why
	Complete  bool   `json:"complete"`  // read to its end
}

func (a *tool) backfillCommand() *cobra.Command {
	f, span := &cli.Applying{}, reconcile.Span{}
	from, to := "", ""
	cmd := &cobra.Command{
		Use: "backfill SYSTEM --from DATE", Short: "Read a system's history, and hand on what a target does not have", Args: cli.Args(cobra.ExactArgs(1)),
		Long: `backfill lists everything that changed last within the time, compares it with what each target
confirmed, and counts. With --apply it hands on what a target does not have. A target adopts the
records that it has under the same keys. What is handed on waits behind live messages. A backfill
that was stopped goes on where it was when the same command is given again; one that had come to its
end begins anew. CONFIRMED is what no target lacks: a list of shipments that goes by orders counts
those without one too.`,
		Example: "  causeway backfill shopify --from 2025-01-01\n" +
			"  causeway backfill shopify --from 2025-01-01 --to 2025-12-31 --entity order --apply --reason 'first import'",
	}
	cmd.Flags().StringVar(&from, "from", "", "changed last at this time or later: 2025-01-01, or 2025-01-01T08:00:00Z")
	cmd.Flags().StringVar(&to, "to", "", "changed last at this time or earlier; a date includes its day (default: now)")
	cmd.Flags().StringVar(&span.Entity, "entity", "", "only these, such as order (default: all that the system lists)")
	cmd.Flags().BoolVar(&span.Apply, "apply", false, "hand on")
	a.ApplyFlags(cmd, f)
	cmd.ValidArgsFunction = a.completeSystems
	cmd.RunE = a.With(func(ctx context.Context, d *cli.Desk, given []string) error {
		if span.Apply && f.Reason == "" {
			return screen.ReasonMissing("backfilling", "say why with --reason; the ledger keeps it")
		}
		span.Reason = f.Reason + ", by " + a.Who
		var err error
		if span.From, err = day(from, 0); err == nil {
			span.To, err = day(to, 1)
		}
		if err != nil {
			return err
		}
		return a.backfill(ctx, d, given[0], span)
	})
	return cmd
}

// day reads a date or a time. A date is its midnight in UTC, so many days later, less a moment. How
// long ago it was is no answer: the same command would mean another time, and not go on.
func day(text string, later int) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if at, err := time.Parse(time.DateOnly, text); err == nil {
		if later > 0 {
			at = at.AddDate(0, 0, later).Add(-time.Millisecond)
		}
		return at, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, screen.Usage(fmt.Errorf("%q is neither a date (2025-01-01) nor a time (2025-01-01T08:00:00Z)", text))
	}
	return at, nil
}

// completeSystems completes the name of a system that a route begins in.
func (a *tool) completeSystems(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, route := range routes.Table {
		names = append(names, route.From)
	}
	slices.Sort(names)
	return slices.Compact(names), cobra.ShellCompDirectiveNoFileComp
}

func (a *tool) backfill(ctx context.Context, d *cli.Desk, name string, span reconcile.Span) error {
	system, err := a.SystemOf(ctx, d, name)
	if err != nil {
		return err
	}
	if system.Poller == nil {
		return screen.NotFound("backfilling", "nothing of "+name+" can be listed: it needs credentials for its API, and a way to list")
	}
	table, err := a.RoutesOf(ctx, d, system.Profile)
	if err != nil {
		return err
	}
	poller, err := reconcile.New(reconcile.Config{
		Runtime: port.Runtime{
			Ports: port.Ports{Queue: d.Queue, State: d.State, Ledger: d.Ledger, Vault: d.Vault}, Now: a.Now, Random: a.Random,
			Log: slog.New(slog.DiscardHandler), Build: "causeway",
		},
		System: system, Routes: table, Wait: a.Sleep,
	})
	if err != nil {
		return err
	}
	feeds := system.Poller.Feeds()
	span.Progress = func(r reconcile.Report) {
		all := answerOf(r)
		a.Say("%s: %d read, %d missing at a target", all.list(feeds), all.Read, all.Missing)
	}
	reports, err := poller.Backfill(ctx, span)
	answers, unfinished := []backfilling{}, false
	for _, r := range reports {
		answers = append(answers, answerOf(r))
		unfinished = unfinished || r.Behind || r.Failed > 0
	}
	if printed := a.Print("backfill", answers, screen.Anys(answers), func(w io.Writer) { a.showBackfill(w, answers, feeds, span) }); printed != nil {
		return printed
	}
	if err == nil && unfinished {
		return screen.Result(screen.ExitSome)
	}
	return err
}

func answerOf(r reconcile.Report) backfilling {
	return backfilling{
		Tenant: r.Feed.Tenant, Entity: r.Feed.Entity, Topic: r.Feed.Topic, Read: r.Confirmed + r.InHand + r.Unconfirmed + r.Failed,
		Confirmed: r.Confirmed, InHand: r.InHand, Missing: r.Unconfirmed, Unread: r.Failed, Complete: !r.Behind,
	}
}

// list names the list: "orders of brand.myshopify.com", with its topic if the system has another one of the
// same entity.
func (b backfilling) list(feeds []connector.Feed) string {
	name := operate.Plural(b.Entity) + " of " + b.Tenant
	if slices.ContainsFunc(feeds, func(f connector.Feed) bool { return f.Tenant == b.Tenant && f.Entity == b.Entity && f.Topic != b.Topic }) {
		name += " (" + b.Topic + ")"
	}
	return name
}

func (a *tool) showBackfill(w io.Writer, answers []backfilling, feeds []connector.Feed, span reconcile.Span) {
	rows, missing, complete := []string{"LIST\tREAD\tCONFIRMED\tIN HAND\tMISSING\tUNREAD"}, 0, true
	for _, b := range answers {
		rows = append(rows, fmt.Sprintf("%s\t%d\t%d\t%d\t%d\t%d", b.list(feeds), b.Read, b.Confirmed, b.InHand, b.Missing, b.Unread))
		missing, complete = missing+b.Missing, complete && b.Complete
	}
	if len(answers) > 0 {
		screen.Table(w, rows...)
	}
	switch {
	case !complete:
		fmt.Fprintln(w, screen.Wrap("not read to the end: the same command goes on", "", a.Width))
	case missing > 0 && span.Apply:
		fmt.Fprintln(w, screen.Wrap(operate.Count(missing, "record")+" handed on; causeway status shows how they go on", "", a.Width))
	case missing > 0:
		fmt.Fprintln(w, screen.Wrap("nothing was handed on: --apply does it", "", a.Width))
	}
}
