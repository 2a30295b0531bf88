package systems

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"causeway.example/scripts/causeway/cli"
	"causeway.example/scripts/causeway/explain"
	"causeway.example/scripts/causeway/screen"
	"causeway.example/scripts/installation"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/redrive"
)

func (a *tool) diffCommand() *cobra.Command {
	return &cobra.Command{
		Use: "diff EVENT", Short: "How an event was made, field by field: source, canonical, target, and the rule", Args: cli.Args(cobra.ExactArgs(1)),
		Long: `diff translates the archived delivery of an event again, and encodes the event for its target. It
shows which fields make which, found by changing one at a time, with the rule of each line.
Nothing is stored, and the target is only asked what a delivery would ask; a write is never
sent. EVENT is the id of an event, dead or not, or what causeway trace takes: then the newest
event of the entity. Personal data is masked. Of a dead letter of an inbox, which could not be
translated, it shows the delivery with the field at fault, or how the working translation, which
can, makes its first event.

Marks: rejected is the field at fault; changed and defaulted are what a connector noted. Lost
are fields of the delivery that reach nothing. A line that begins with = is unchanged.`,
		Example: "  causeway diff 01jd3h8k2m5n7p9q\n  causeway diff 1001\n  causeway diff 1001 -o wide",
		RunE: a.With(func(ctx context.Context, d *cli.Desk, given []string) error {
			e, err := a.explain(ctx, d, given[0], true)
			if err != nil {
				return err
			}
			return a.Print("diff", e, screen.Anys(e.Rows), func(w io.Writer) { a.layout().Diff(w, e) })
		}),
	}
}

func (a *tool) mapCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "map", Short: "Try the translation", Args: cli.Args(cobra.NoArgs), Example: "  causeway map test 01jd3h8k2m5n7p9q",
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.mapTestCommand())
	return cmd
}

func (a *tool) mapTestCommand() *cobra.Command {
	f := &ranged{}
	cmd := &cobra.Command{
		Use: "test [EVENT]", Short: "Translate stored deliveries again, and show what would change; nothing is sent", Args: cli.Args(cobra.MaximumNArgs(1)),
		Long: `map test translates the archived delivery of an event with the working translation. It shows which
fields of a dead event would be others, and which fields would change at the target if the
result were delivered now. Nothing is stored, and a write is never sent. EVENT is as for
causeway diff.

With --since it does that for every archived delivery of a time range, of one route or of all,
and counts: events that would change nothing, and each field that would change with the number
of events and the first of them. The target is asked what a delivery would ask, ten times a
second at most. Values are shown with --show-pii only, because it is not known which of them
are made of personal data; map test of the named event shows them masked.`,
		Example: "  causeway map test 01jd3h8k2m5n7p9q\n  causeway map test 1001\n" +
			"  causeway map test --route shopify-orders-to-netsuite --since 2d\n  causeway map test --since 2026-11-22T00:00:00Z --until 2026-11-23T00:00:00Z -o json",
	}
	cmd.Flags().StringVar(&f.route, "route", "", "one route; without it, all")
	cmd.Flags().StringVar(&f.since, "since", "", "archived at this time or later: 24h, 2d, or 2026-11-22T08:00:00Z")
	cmd.Flags().StringVar(&f.until, "until", "", "archived at this time or earlier")
	cmd.Flags().IntVar(&f.limit, "limit", 1000, "events of each route at most; 0: all")
	cli.Must(cmd.RegisterFlagCompletionFunc("route", a.CompleteRoutes))
	cmd.RunE = a.With(func(ctx context.Context, d *cli.Desk, given []string) error {
		if (len(given) == 1) == (f.since != "") {
			return screen.Usage(errors.New("name an event, or a time range with --since"))
		}
		if f.since != "" {
			return a.mapRange(ctx, d, f)
		}
		e, err := a.explain(ctx, d, given[0], false)
		if err != nil {
			return err
		}
		return a.Print("changes", e, screen.Anys(e.Changes), func(w io.Writer) {
			if e.Type == "" {
				a.layout().Diff(w, e)
				return
			}
			if e.Reason != "" {
				screen.ShowChanges(w, e.Title, e.Changes)
			}
			a.layout().MapTest(w, e)
		})
	})
	return cmd
}

// ranged are the flags of map test over a time range.
type ranged struct {
	route, since, until string
	limit               int
}

// asking is the pause after each event of a range about which the target was asked.
const asking = 100 * time.Millisecond

// period returns the replay that selects the deliveries of the time.
func (a *tool) period(f *ranged) (r redrive.Replay, err error) {
	r = redrive.Replay{Limit: f.limit, To: a.Now()}
	if r.From, err = a.Moment(f.since); err == nil && f.until != "" {
		r.To, err = a.Moment(f.until)
	}
	return r, err
}

// routesOf returns the names of all routes, or the given one.
func routesOf(d *cli.Desk, given string) (names []string, err error) {
	if _, known := d.Route(given); given != "" && !known {
		return nil, screen.NotFound("testing the translation", "there is no route "+given)
	}
	for _, route := range d.Routes {
		if given == "" || given == route.Name() {
			names = append(names, route.Name())
		}
	}
	return names, nil
}

func (a *tool) mapRange(ctx context.Context, d *cli.Desk, f *ranged) error {
	r, err := a.period(f)
	if err != nil {
		return err
	}
	by, err := a.explainer(ctx, d)
	if err != nil {
		return err
	}
	names, err := routesOf(d, f.route)
	if err != nil {
		return err
	}
	shown := []explain.Range{}
	for _, name := range names {
		r.Route = name
		found, err := by.Range(ctx, r, func(ctx context.Context) error { return a.Sleep(ctx, asking) })
		if err != nil {
			return err
		}
		if found.Events > 0 || found.Failed > 0 || f.route != "" {
			shown = append(shown, found)
		}
	}
	if err := a.NoteLook(ctx, d, operate.Letter{MessageID: "map test " + f.route}); err != nil {
		return err
	}
	return a.Print("ranges", shown, screen.Anys(shown), func(w io.Writer) {
		for _, each := range shown {
			a.layout().Range(w, each)
		}
		if len(shown) == 0 {
			fmt.Fprintln(w, "The archive has no delivery of that time that makes an event for a route.")
		}
	})
}

// explain explains an event with the connectors of the installation.
func (a *tool) explain(ctx context.Context, d *cli.Desk, text string, twin bool) (explain.Answer, error) {
	by, err := a.explainer(ctx, d)
	if err != nil {
		return explain.Answer{}, err
	}
	answer, err := by.Explain(ctx, text, twin)
	if err != nil {
		return answer, err
	}
	return answer, a.NoteLook(ctx, d, operate.Letter{MessageID: answer.Event, Event: answer.Event, Entity: answer.Entity})
}

// explainer opens the connectors of the environment.
func (a *tool) explainer(ctx context.Context, d *cli.Desk) (by explain.Explainer, err error) {
	by = explain.Explainer{Desk: d.Desk, Show: a.ShowPII}
	if d.Deployed != nil {
		by.Connections.Deps, by.Deployed = a.Deps(d.State, nil), &explain.Deployed{}
		by.Deployed.Installation, by.Deployed.Failed = installation.Deployed(ctx, d.Deployed, d.State, by.Connections.Deps)
		return by, nil
	}
	by.Connections, err = a.Connections(d.State, nil)
	return by, err
}

func (a *tool) layout() explain.Layout {
	return explain.Layout{Width: a.Width, Wide: a.Output == "wide", Wrap: screen.Wrap, Table: screen.Table}
}
