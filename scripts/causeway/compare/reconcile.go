package compare

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"causeway.example/scripts/causeway/cli"
	"causeway.example/scripts/causeway/screen"
	"causeway.example/shared/audit"
	"causeway.example/shared/operate"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// reconciling are the flags of reconcile.
type reconciling struct {
	route, date, note  string
	days               int
	emit, close, known bool
}

func (a *tool) reconcileCommand() *cobra.Command {
	f := &reconciling{}
	cmd := &cobra.Command{
		Use: "reconcile", Short: "Compare what the stores have with what the ERP has, per day, and name each gap", Args: cli.Args(cobra.NoArgs),
		Long: `reconcile asks both systems for count and sum of each day, and record by record where they
differ: source = target + skipped + waiting + dead + gaps. It writes to neither system. What
is missing at the target can be handed on with --emit; it goes the way of any delivery. A day
that is closed keeps its result with the evidence. Exit code 4 says that there are gaps.`,
		Example: "  causeway reconcile\n  causeway reconcile --date 2026-11-21 --emit\n  causeway reconcile --date 2026-11-21 --close --note 'refunded by hand'\n  causeway reconcile accept 2026-11-21 81d3ac8c01 --note 'test order'",
		RunE: a.With(func(ctx context.Context, d *cli.Desk, _ []string) error {
			if f.close && f.date == "" {
				return screen.Usage(errors.New("--close closes one day: name it with --date"))
			}
			auditor, err := a.auditor(ctx, d)
			if err != nil {
				return err
			}
			return a.reconcile(ctx, auditor, f)
		}),
	}
	flags := cmd.PersistentFlags()
	flags.StringVar(&f.route, "route", "", "only this route (default: every route whose source and target have an audit)")
	flags.StringVar(&f.note, "note", "", "why a day is closed with gaps, or a gap is accepted")
	cmd.Flags().StringVar(&f.date, "date", "", "one day, such as 2026-11-21, in the business time zone")
	cmd.Flags().IntVar(&f.days, "days", 7, "the last so many days that are over")
	cmd.Flags().BoolVar(&f.emit, "emit", false, "hand on what is missing at the target")
	cmd.Flags().BoolVar(&f.close, "close", false, "compare record by record, and freeze the day's result")
	cmd.Flags().BoolVar(&f.known, "stored", false, "show the stored results; ask no system")
	cli.Must(cmd.RegisterFlagCompletionFunc("route", a.CompleteRoutes))
	cmd.AddCommand(a.acceptCommand(f))
	return cmd
}

func (a *tool) acceptCommand(f *reconciling) *cobra.Command {
	return &cobra.Command{
		Use: "accept DATE GAP", Short: "Accept a gap of a day; it stays in the balance", Args: cli.Args(cobra.ExactArgs(2)),
		Example: "  causeway reconcile accept 2026-11-21 81d3ac8c01 --note 'test order'",
		RunE: a.With(func(ctx context.Context, d *cli.Desk, given []string) error {
			if f.note == "" {
				return screen.ReasonMissing("accepting gap "+given[1], "say why with --note; the day keeps it")
			}
			auditor, err := a.auditor(ctx, d)
			if err != nil {
				return err
			}
			for _, pair := range f.pairs(auditor) {
				day, err := auditor.Load(ctx, pair, given[0])
				if err != nil {
					return err
				}
				for _, gap := range day.Gaps {
					if strings.HasPrefix(gap.ID, given[1]) {
						_, err := auditor.Accept(ctx, pair, given[0], gap.ID, a.Who, f.note)
						return err
					}
				}
			}
			return screen.NotFound("accepting gap "+given[1], "that day has no such gap; causeway reconcile --date "+given[0]+" --stored shows them")
		}),
	}
}

// auditor compares with the connectors' own readers.
func (a *tool) auditor(ctx context.Context, d *cli.Desk) (*audit.Auditor, error) {
	opened, err := a.OpenAll(ctx, d)
	if err != nil {
		return nil, err
	}
	return audit.New(audit.Config{
		Runtime: port.Runtime{
			Ports: port.Ports{Queue: d.Queue, State: d.State, Ledger: d.Ledger, Vault: d.Vault}, Now: a.Now, Random: a.Random,
			Log: slog.New(slog.DiscardHandler), Build: "causeway",
		},
		Systems: opened.Systems, Routes: routes.Table, Wait: a.Sleep,
	})
}

func (f *reconciling) pairs(auditor *audit.Auditor) (pairs []audit.Pair) {
	for _, pair := range auditor.Pairs() {
		if f.route == "" || pair.Route == f.route {
			pairs = append(pairs, pair)
		}
	}
	return pairs
}

// reconcile audits each day of each pair, and prints them.
func (a *tool) reconcile(ctx context.Context, auditor *audit.Auditor, f *reconciling) error {
	pairs := f.pairs(auditor)
	if len(pairs) == 0 {
		return screen.NotFound("reconciling", "no source of "+orAll(f.route)+" and its target can both be audited: a system needs credentials for its API")
	}
	days, emitted := []audit.Day{}, 0
	for _, pair := range pairs {
		for _, date := range a.dates(f) {
			day, n, err := a.day(ctx, auditor, pair, date, f)
			if emitted += n; err != nil {
				return err
			}
			days = append(days, day)
		}
	}
	if err := a.Print("reconcile", days, screen.Anys(days), func(w io.Writer) { a.showDays(w, days) }); err != nil {
		return err
	}
	if f.emit {
		a.Say("%s handed on; causeway status shows how they go on", operate.Count(emitted, "record"))
	}
	for _, day := range days {
		if day.Open() > 0 {
			return screen.Result(screen.ExitAttention)
		}
	}
	return nil
}

func orAll(route string) string {
	if route == "" {
		return "any route"
	}
	return route
}

// dates returns the days that are meant, the oldest first.
func (a *tool) dates(f *reconciling) (dates []string) {
	if f.date != "" {
		return []string{f.date}
	}
	for back := f.days; back > 0; back-- {
		dates = append(dates, a.Now().AddDate(0, 0, -back).Format(time.DateOnly))
	}
	return dates
}

func (a *tool) day(ctx context.Context, auditor *audit.Auditor, pair audit.Pair, date string, f *reconciling) (day audit.Day, emitted int, err error) {
	switch {
	case f.known:
		day, err = auditor.Load(ctx, pair, date)
	case f.close:
		day, err = auditor.Close(ctx, pair, date, a.Who, f.note)
	default:
		day, err = auditor.Audit(ctx, pair, date)
	}
	if err != nil || !f.emit {
		return day, 0, err
	}
	emitted, err = auditor.Emit(ctx, day)
	return day, emitted, err
}

func (a *tool) showDays(w io.Writer, days []audit.Day) {
	for i, day := range days {
		if i == 0 || day.Pair != days[i-1].Pair {
			a.showPair(w, day.Pair, days)
		}
	}
	for _, day := range days {
		for _, gap := range day.Gaps {
			a.showGap(w, day, gap)
		}
		if day.Unnamed > 0 {
			fmt.Fprintf(w, "\n%s  %d more\n", day.Date, day.Unnamed)
		}
	}
}

func (a *tool) showPair(w io.Writer, pair audit.Pair, days []audit.Day) {
	fmt.Fprintf(w, "%ss of %s %s → %s\n", pair.Book.Type, pair.Book.System, pair.Book.Tenant, pair.Target)
	rows := []string{"DAY\tSOURCE\tTARGET\tSKIPPED\tWAITING\tDEAD\tGAPS\tSTATE"}
	for _, day := range days {
		if day.Pair != pair {
			continue
		}
		cell := func(s audit.Sum) string {
			if a.Output == "wide" {
				return s.String()
			}
			return fmt.Sprint(s.Count)
		}
		rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s", day.Date, cell(day.Source), cell(day.Target), cell(day.Skipped), cell(day.Waiting), cell(day.Dead),
			len(day.Gaps)+day.Unnamed, dayState(day)))
	}
	screen.Table(w, rows...)
}

func dayState(day audit.Day) string {
	switch {
	case day.Closed != nil:
		return "closed by " + day.Closed.By
	case day.Read.IsZero():
		return "never compared"
	case day.Open() > 0:
		return "GAPS"
	case len(day.Gaps) > 0:
		return "gaps accepted"
	}
	return "agrees"
}

func (a *tool) showGap(w io.Writer, day audit.Day, gap audit.Gap) {
	name := gap.Name
	if name == "" {
		name = gap.Entity
	}
	fmt.Fprintf(w, "\n%s  %s  %s %s\n%s\n", day.Date, gap.ID[:min(10, len(gap.ID))], day.Pair.Book.Type, name, screen.Wrap(gap.Text, "  ", a.Width))
	switch {
	case gap.Accepted != nil:
		fmt.Fprintln(w, screen.Wrap("accepted by "+gap.Accepted.By+": "+gap.Accepted.Note, "  ", a.Width))
	case gap.Kind == audit.Missing && !gap.Confirmed:
		fmt.Fprintln(w, screen.Wrap("next: causeway reconcile --date "+day.Date+" --emit", "  ", a.Width))
	default:
		fmt.Fprintln(w, screen.Wrap("next: causeway trace "+day.Pair.Book.Type+"/"+gap.Entity, "  ", a.Width))
	}
}
