package bind

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"

	"github.com/spf13/cobra"

	"causeway.example/functions"
	"causeway.example/scripts/causeway/cli"
	"causeway.example/scripts/causeway/screen"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/crosswalk"
)

func (a *tool) crosswalkCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "crosswalk", Short: "Export and import the targets' ids of entities, payment methods, locations, carriers", Args: cli.Args(cobra.NoArgs),
		Long: `crosswalk exports the target's ids of customers, orders and everything else that routes carry
as CSV, and imports them: target,system,store,type,id,target_id. An entity whose id is imported
counts as present at the target: what waits for it goes on, and its next state updates that
record instead of creating one.

The maps of the systems' settings have a form of their own, target,type,id,target_id,source: payment
methods, locations, carriers and all other settings that are written key=value. An entry that is
imported needs no deployment, and wins over the one of the setting with the same key.`,
		Example: "  causeway crosswalk export --target netsuite --type customer > customers.csv\n  causeway crosswalk import customers.csv\n  causeway crosswalk export --target netsuite --type payment_method > methods.csv\n  causeway crosswalk import methods.csv",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.exportCommand(), a.importCommand())
	return cmd
}

func (a *tool) exportCommand() *cobra.Command {
	f := crosswalk.Filter{}
	cmd := &cobra.Command{
		Use: "export", Short: "Write the bindings, or the entries of maps, as CSV", Args: cli.Args(cobra.NoArgs),
		Long: `export writes one line for each entity whose id at the target is known. It writes as it reads, so
that any number fits. On AWS it reads the whole table, and needs the policy of a binder.

With the type of a map, such as payment_method, or with map for all maps, it writes one line for each
entry that is in use, with its source: the setting, or the operation that imported it. On AWS that
needs the policy of a reader.`,
		Example: "  causeway crosswalk export > crosswalk.csv\n  causeway crosswalk export --target netsuite --system shopify --store brand.myshopify.com --type customer",
		RunE: a.With(func(ctx context.Context, d *cli.Desk, _ []string) error {
			if isMap(f.Type) {
				return a.exportMaps(ctx, d, f)
			}
			n, err := (&crosswalk.Book{Operator: d.Operator}).Export(ctx, f, a.Out)
			if err == nil {
				a.Say("%s", operate.Count(n, "binding"))
			}
			return err
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&f.Target, "target", "", "of this target only")
	flags.StringVar(&f.System, "system", "", "of entities of this source only")
	flags.StringVar(&f.Store, "store", "", "of this store only")
	flags.StringVar(&f.Type, "type", "", "of this type only: customer, order, …, payment_method, location, …; map for all maps")
	cli.Must(cmd.RegisterFlagCompletionFunc("target", a.completeSystems(true)))
	cli.Must(cmd.RegisterFlagCompletionFunc("system", a.completeSystems(false)))
	return cmd
}

// completeSystems completes the targets, or the sources, of the routes.
func (a *tool) completeSystems(targets bool) func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		d, err := a.Open(cmd.Context())
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer func() { _ = d.Close() }() // it was only read
		var names []string
		for _, route := range d.Routes {
			name := route.From
			if targets {
				name = route.To
			}
			names = append(names, name)
		}
		slices.Sort(names)
		return slices.Compact(names), cobra.ShellCompDirectiveNoFileComp
	}
}

// importing are the flags of import.
type importing struct {
	apply, rebind bool
	cli.Applying
}

func (a *tool) importCommand() *cobra.Command {
	f := &importing{}
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Bind entities to records of targets, or change maps, as a CSV says", Args: cli.Args(cobra.ExactArgs(1)),
		Long: `import checks the whole file, shows what would change, and binds with --apply --reason. Lines that
are bound so already change nothing, so that a file can be imported twice, and an import that was
killed is finished by the same command. An entity that is bound to another record is left unless
--rebind is given: its next state is then written whole into the new record, and the old one is
left as it is. A target that has a record under our own id finds that one first: take the id off
it there before. Dead letters are not moved: redrive them afterwards.

A file of map entries, with the columns target,type,id,target_id, is checked by opening the systems
with them. An entry that leads elsewhere is changed with --rebind only, and a line with an empty
target_id removes an imported entry, so that the one of the setting is used again. Of the messages
that wait for an entry of a map that changes, 64 go on within seconds, and the others look by
themselves within a quarter of an hour.

On AWS it needs the policy of a binder beside that of an operator.`,
		Example: "  causeway crosswalk import customers.csv\n  causeway crosswalk import customers.csv --apply --reason 'migration of the ERP'\n  causeway crosswalk import corrected.csv --rebind --apply --reason INC-7",
	}
	cmd.Flags().BoolVar(&f.apply, "apply", false, "bind them")
	cmd.Flags().BoolVar(&f.rebind, "rebind", false, "also entities that are bound to another record")
	a.ApplyFlags(cmd, &f.Applying)
	cmd.RunE = a.With(func(ctx context.Context, d *cli.Desk, given []string) error {
		book := &crosswalk.Book{Operator: d.Operator, Rebind: f.rebind, Wake: d.Queue.Defer}
		file, err := os.Open(given[0])
		if err != nil {
			return screen.NotFound("importing", err.Error())
		}
		defer func() { _ = file.Close() }() // it was only read
		ofMaps := crosswalk.HasMaps(file)
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if ofMaps {
			return a.importMaps(ctx, d, file, f)
		}
		rows, err := readFile(d, file)
		if err != nil {
			return err
		}
		planned, changes, err := a.compare(ctx, book, rows)
		if err != nil {
			return err
		}
		if !f.apply {
			return a.showPlan(planned, changes)
		}
		return a.apply(ctx, book, rows, planned, f)
	})
	return cmd
}

func readFile(d *cli.Desk, file io.Reader) ([]crosswalk.Row, error) {
	forms := map[string]*regexp.Regexp{}
	for _, system := range functions.All() {
		if form := system.Profile.RefForm; form != "" {
			forms[system.Profile.Name] = regexp.MustCompile(form)
		}
	}
	return crosswalk.Reader{Routes: d.Routes, Forms: forms}.Read(file)
}

// mostShown is how many changes a plan lists.
const mostShown = 20

// compare returns what an import would do, and the first of the rows that it would change.
func (a *tool) compare(ctx context.Context, book *crosswalk.Book, rows []crosswalk.Row) (planned crosswalk.Result, changes []crosswalk.Change, err error) {
	for _, row := range rows {
		c, err := book.Compare(ctx, row)
		if err != nil {
			return planned, nil, err
		}
		planned.Count(c)
		if c.Verdict != crosswalk.Same && len(changes) < mostShown {
			changes = append(changes, c)
		}
	}
	return planned, changes, nil
}

func (a *tool) showPlan(planned crosswalk.Result, changes []crosswalk.Change) error {
	answer := map[string]any{"rows": planned.Counts, "waiting": planned.Waiting, "changes": changes}
	err := a.Print("crosswalk", answer, screen.Anys(changes), func(w io.Writer) {
		lines := []string{"LINE\tENTITY\tTARGET\tBEFORE\tAFTER\tWAITING\tROW"}
		for _, c := range changes {
			lines = append(lines, fmt.Sprintf("%d\t%s\t%s\t%s\t%s\t%d\t%s", c.Line, c.Entity, c.Target, dash(c.Before), c.Ref, c.Waiting, c.Verdict))
		}
		if len(changes) > 0 {
			screen.Table(w, lines...)
		}
		fmt.Fprintf(w, "%s; %s\n", planned.Words(), waiting(planned.Waiting, "would be released"))
	})
	if err != nil {
		return err
	}
	a.Say("Nothing was bound. To bind: the same command with --apply --reason \"…\"")
	return left(planned)
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func waiting(n int, verb string) string {
	if n == 0 {
		return "nothing waits for them"
	}
	return operate.Count(n, "message") + " " + verb
}

// left returns the exit code of an import: some rows were left.
func left(r crosswalk.Result) error {
	if r.Counts[crosswalk.Conflict]+r.Counts[crosswalk.Busy] > 0 {
		return screen.Result(screen.ExitSome)
	}
	return nil
}

// confirm demands a reason, and on AWS the name of the environment.
func (a *tool) confirm(doing, what string, f *importing) error {
	if f.Reason == "" {
		return screen.ReasonMissing(doing, "say why with --reason; the ledger keeps it")
	}
	if a.Env == "" || f.Yes {
		return nil
	}
	return a.Ask(doing, what+" in "+a.Env+". Type the name of the environment to continue: ", "name", a.Env)
}

func (a *tool) apply(ctx context.Context, book *crosswalk.Book, rows []crosswalk.Row, planned crosswalk.Result, f *importing) error {
	n := planned.Counts[crosswalk.New] + planned.Counts[crosswalk.Changed]
	if err := a.confirm("importing bindings", "This binds "+operate.Count(n, "row"), f); err != nil {
		return err
	}
	result, err := book.Apply(ctx, rows, f.Reason)
	if err != nil {
		return errors.Join(err, errors.New("run the same command again to finish it: what is bound stays so"))
	}
	a.Say("op %s: %s; %s", result.Operation, result.Words(), waiting(result.Waiting, "released"))
	if result.Counts[crosswalk.Conflict] > 0 {
		a.Say("rows that are bound to another record were left; --rebind binds them anew")
	}
	if err := a.Print("crosswalk", result, nil, func(io.Writer) {}); err != nil {
		return err
	}
	return left(result)
}
