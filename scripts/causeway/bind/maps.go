package bind

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"causeway.example/functions"
	"causeway.example/scripts/causeway/cli"
	"causeway.example/scripts/causeway/screen"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/crosswalk"
	"causeway.example/shared/valuemap"
)

// allMaps is the type of an export that has the entries of all maps.
const allMaps = "map"

// isMap reports whether the type of an export is a map, and no entity.
func isMap(name string) bool {
	return name == allMaps || slices.ContainsFunc(functions.All(), func(s functions.System) bool { return valuemap.SettingOf(s.Profile, name) != "" })
}

// exportMaps writes the entries that the filter selects.
func (a *tool) exportMaps(ctx context.Context, d *cli.Desk, f crosswalk.Filter) error {
	if f.System != "" || f.Store != "" {
		return screen.Usage(errors.New("a map belongs to its target: leave out --system and --store"))
	}
	systems, err := a.Maps(ctx, d)
	if err != nil {
		return err
	}
	if f.Type == allMaps {
		f.Type = ""
	}
	n, err := (&crosswalk.Maps{Operator: d.Operator, Systems: systems}).ExportMaps(ctx, f, a.Out)
	if err == nil {
		a.Say("%s", counted(n))
	}
	return err
}

func counted(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}

// importMaps imports a file of map entries.
func (a *tool) importMaps(ctx context.Context, d *cli.Desk, file *os.File, f *importing) error {
	systems, err := a.OpenMaps(ctx, d)
	if err != nil {
		return err
	}
	m := &crosswalk.Maps{Operator: d.Operator, Systems: systems, Rebind: f.rebind, Wake: d.Queue.Defer}
	rows, err := m.Read(file)
	if err != nil {
		return err
	}
	changes, err := m.CompareMaps(ctx, rows)
	if err != nil {
		return err
	}
	var planned crosswalk.Result
	for _, c := range changes {
		planned.CountMap(c)
	}
	if planned.Waiting, err = m.Waiting(ctx, changes); err != nil {
		return err
	}
	if !f.apply {
		return a.showMaps(planned, changes)
	}
	return a.applyMaps(ctx, m, rows, planned, f)
}

func (a *tool) showMaps(planned crosswalk.Result, changes []crosswalk.MapChange) error {
	changes = slices.DeleteFunc(changes, func(c crosswalk.MapChange) bool { return c.Verdict == crosswalk.Same })
	shown := changes[:min(len(changes), mostShown)]
	err := a.Print("crosswalk", map[string]any{"rows": planned.Counts, "waiting": planned.Waiting, "changes": shown}, screen.Anys(shown), func(w io.Writer) {
		lines := []string{"LINE\tMAP\tKEY\tBEFORE\tAFTER\tROW"}
		for _, c := range shown {
			lines = append(lines, fmt.Sprintf("%d\t%s\t%s\t%s\t%s\t%s", c.Line, c.Setting, c.ID, dash(c.Before), dash(c.Ref), c.Verdict))
		}
		if len(shown) > 0 {
			screen.Table(w, lines...)
		}
		var begun []string
		for _, c := range changes {
			if c.Begins != "" && !slices.Contains(begun, c.Setting) {
				begun = append(begun, c.Setting)
				fmt.Fprintf(w, "%s has no entry so far; from now on %s wait\n", c.Setting, c.Begins)
			}
		}
		fmt.Fprintf(w, "%s; %s\n", planned.MapWords(), waiting(planned.Waiting, "would be released"))
	})
	if err != nil {
		return err
	}
	a.Say("Nothing was imported. To import: the same command with --apply --reason \"…\"")
	return left(planned)
}

func (a *tool) applyMaps(ctx context.Context, m *crosswalk.Maps, rows []crosswalk.MapRow, planned crosswalk.Result, f *importing) error {
	n := planned.Counts[crosswalk.New] + planned.Counts[crosswalk.Changed] + planned.Counts[crosswalk.Removed]
	if err := a.confirm("importing map entries", "This changes "+counted(n), f); err != nil {
		return err
	}
	result, err := m.ApplyMaps(ctx, rows, f.Reason)
	if err != nil {
		return errors.Join(err, errors.New("run the same command again to finish it: what is imported stays so"))
	}
	a.Say("op %s: %s; %s", result.Operation, result.MapWords(), waiting(result.Waiting, "released"))
	if n > 0 {
		a.Say("Messages that no entry was missing for use it within five minutes.")
	}
	if result.Counts[crosswalk.Conflict] > 0 {
		a.Say("%s left; --rebind changes entries and removes imported ones", operate.Count(result.Counts[crosswalk.Conflict], "row"))
	}
	if err := a.Print("crosswalk", result, nil, func(io.Writer) {}); err != nil {
		return err
	}
	return left(result)
}
