package systems

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"causeway.example/scripts/causeway/cli"
	"causeway.example/scripts/causeway/explain"
	"causeway.example/scripts/causeway/screen"
	"causeway.example/scripts/installation"
	"causeway.example/shared/operate"
)

func (a *tool) diffCommand() *cobra.Command {
	return &cobra.Command{
		Use: "diff EVENT", Short: "How an event was made, field by field: source, canonical, target, and the rule", Args: cli.Args(cobra.ExactArgs(1)),
		Long: `diff translates the archived delivery of an event again, and encodes the event for its target. It
shows which fields make which, found by changing one at a time, with the rule of each line.
Nothing is stored, and the target is only asked what a delivery would ask; a write is never
sent. EVENT is the id of an event, dead or not, or what causeway trace takes: then the newest
event of the entity. Personal data is masked.

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
	cmd.AddCommand(&cobra.Command{
		Use: "test EVENT", Short: "Translate a stored delivery again, and show what would change; nothing is sent", Args: cli.Args(cobra.ExactArgs(1)),
		Long: `map test translates the archived delivery of an event with the working translation. It shows which
fields of a dead event would be others, and which fields would change at the target if the
result were delivered now. Nothing is stored, and a write is never sent. EVENT is as for
causeway diff.`,
		Example: "  causeway map test 01jd3h8k2m5n7p9q\n  causeway map test 1001",
		RunE: a.With(func(ctx context.Context, d *cli.Desk, given []string) error {
			e, err := a.explain(ctx, d, given[0], false)
			if err != nil {
				return err
			}
			return a.Print("changes", e, screen.Anys(e.Changes), func(w io.Writer) {
				if e.Reason != "" {
					screen.ShowChanges(w, e.Title, e.Changes)
				}
				a.layout().MapTest(w, e)
			})
		}),
	})
	return cmd
}

// explain explains an event with the connectors of the installation.
func (a *tool) explain(ctx context.Context, d *cli.Desk, text string, twin bool) (explain.Answer, error) {
	by := explain.Explainer{Desk: d.Desk, Show: a.ShowPII}
	if d.Deployed != nil {
		by.Connections.Deps, by.Deployed = a.Deps(d.State, nil), &explain.Deployed{}
		by.Deployed.Installation, by.Deployed.Failed = installation.Deployed(ctx, d.Deployed, by.Connections.Deps)
	} else {
		var err error
		if by.Connections, err = a.Connections(d.State, nil); err != nil {
			return explain.Answer{}, err
		}
	}
	answer, err := by.Explain(ctx, text, twin)
	if err != nil {
		return answer, err
	}
	return answer, a.NoteLook(ctx, d, operate.Letter{MessageID: answer.Event, Event: answer.Event, Entity: answer.Entity})
}

func (a *tool) layout() explain.Layout {
	return explain.Layout{Width: a.Width, Wide: a.Output == "wide", Wrap: screen.Wrap, Table: screen.Table}
}
