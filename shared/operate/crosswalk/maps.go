package crosswalk

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/redrive"
	"causeway.example/shared/port"
	"causeway.example/shared/valuemap"
)

// Maps is the entries of the map settings of an installation's systems.
type Maps struct {
	*redrive.Operator
	Systems map[string]MapSystem // by name
	Rebind  bool                 // an entry that leads elsewhere may be changed, and an imported one removed
	// Wake makes a message visible that waits for an entry, as that of a Book does. It may be nil.
	Wake func(ctx context.Context, in port.Incoming, at time.Time) error
}

// MapSystem is a system whose maps can be exported and imported.
type MapSystem struct {
	Profile  connector.Profile
	Settings map[string]string // without imported entries
	// Check returns why the system cannot be opened with the settings; nil if it can.
	Check func(settings map[string]string) error
}

// Sources of an entry, in the last column of an export.
const (
	sourceSetting = "setting"
	sourceImport  = "import" // with the operation, and with the entry of the setting if it differs
)

// ExportMaps writes the entries that are in use with the source of each, sorted, and returns their
// number. Of the filter it uses Target and Type.
func (m *Maps) ExportMaps(ctx context.Context, f Filter, to io.Writer) (n int, err error) {
	out := csv.NewWriter(to)
	if err := out.Write(MapColumns()); err != nil {
		return 0, err
	}
	for _, target := range slices.Sorted(maps.Keys(m.Systems)) {
		if f.Target != "" && f.Target != target {
			continue
		}
		imported, _, err := valuemap.Load(ctx, m.State, target)
		if err != nil {
			return n, err
		}
		written, err := m.Systems[target].exportAll(f.Type, imported, out)
		if n += written; err != nil {
			return n, err
		}
	}
	out.Flush()
	return n, out.Error()
}

// exportAll writes the entries of the map with the type, or of all maps for "".
func (s MapSystem) exportAll(name string, imported valuemap.Entries, out *csv.Writer) (n int, err error) {
	for _, setting := range s.Profile.Maps() {
		if name != "" && setting != valuemap.SettingOf(s.Profile, name) {
			continue
		}
		written, err := s.export(setting, imported, out)
		if n += written; err != nil {
			return n, err
		}
	}
	return n, nil
}

// export writes the entries of one map.
func (s MapSystem) export(setting string, imported valuemap.Entries, out *csv.Writer) (n int, err error) {
	own, used, err := s.entries(setting, imported)
	if err != nil {
		return 0, err
	}
	for _, key := range slices.Sorted(maps.Keys(used)) {
		source := sourceSetting
		if entry, has := imported[setting][key]; has {
			source = sourceImport + " " + entry.Op
			if to, differs := own[key]; differs && to != entry.To {
				source += ", the setting has " + to
			}
		}
		if err := out.Write([]string{s.Profile.Name, valuemap.Type(s.Profile.Name, setting), key, used[key], source}); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// entries returns the entries of a map: its setting's own, and those that are in use.
func (s MapSystem) entries(setting string, imported valuemap.Entries) (own, used map[string]string, err error) {
	read := func(text string) (map[string]string, error) {
		if text == "" {
			return map[string]string{}, nil
		}
		entries, err := connector.Pairs(text)
		if err != nil {
			return nil, &fault.Error{Kind: fault.Rejected, Class: fault.Config, Doing: "reading settings", Field: setting, Err: err}
		}
		return entries, nil
	}
	if own, err = read(s.Settings[setting]); err == nil {
		used, err = read(imported.Merge(s.Settings)[setting])
	}
	return own, used, err
}

// Removed is what an import does with a row whose target_id is empty: the imported entry is
// removed, and the one of the setting, if there is one, is used again.
const Removed Verdict = "removed"

// MapChange is a row with what an import does with it.
type MapChange struct {
	MapRow
	Setting string  `json:"setting"`
	Verdict Verdict `json:"verdict"`
	Before  string  `json:"before,omitempty"` // the target's id that is in use
	Begins  string  `json:"begins,omitempty"` // what waits from now on unless it has an entry: it is the first of its map

	resumed bool // this very import stored it before it was killed, or may have
}

// changing reports whether the import stores something for the row.
func (c MapChange) changing() bool {
	return c.Verdict == New || c.Verdict == Changed || c.Verdict == Removed
}

// CompareMaps returns what an import of the rows would do, in their order. It changes nothing. It
// fails if a system could not be opened with the entries.
func (m *Maps) CompareMaps(ctx context.Context, rows []MapRow) (changes []MapChange, err error) {
	for _, target := range targetsOf(rows) {
		p, err := m.plan(ctx, target, rows, "")
		if err != nil {
			return nil, err
		}
		changes = append(changes, p.changes...)
	}
	slices.SortStableFunc(changes, func(a, b MapChange) int { return a.Line - b.Line })
	return changes, nil
}

func targetsOf(rows []MapRow) (targets []string) {
	for _, row := range rows {
		targets = append(targets, row.Target)
	}
	slices.Sort(targets)
	return slices.Compact(targets)
}

// mapPlan is what an import does with the entries of one system.
type mapPlan struct {
	changes  []MapChange
	entries  valuemap.Entries // afterwards
	revision int64
}

func (m *Maps) plan(ctx context.Context, target string, rows []MapRow, op string) (p mapPlan, err error) {
	system := m.Systems[target]
	if p.entries, p.revision, err = valuemap.Load(ctx, m.State, target); err != nil {
		return p, err
	}
	for _, row := range rows {
		if row.Target != target {
			continue
		}
		c, err := system.apply(row, p.entries, m.Rebind, op)
		if err != nil {
			return p, err
		}
		p.changes = append(p.changes, c)
	}
	if err := system.Check(p.entries.Merge(system.Settings)); err != nil && slices.ContainsFunc(p.changes, MapChange.changing) {
		return p, &fault.Error{
			Kind: fault.Invalid, Class: fault.Value, Code: "crosswalk", Doing: "importing map entries",
			Detail: target + " could not be opened with them, so that none is imported: " + err.Error(),
		}
	}
	return p, nil
}

// apply changes the entries as the row says, and returns what that is.
func (s MapSystem) apply(row MapRow, entries valuemap.Entries, rebind bool, op string) (MapChange, error) {
	c := MapChange{MapRow: row, Setting: valuemap.SettingOf(s.Profile, row.Type)}
	own, used, err := s.entries(c.Setting, entries)
	if err != nil {
		return c, err
	}
	entry, imported := entries[c.Setting][row.ID]
	before, mapped := used[row.ID]
	c.Before, c.Verdict = before, verdict(row.Ref, before, mapped, imported, rebind)
	if c.Verdict == New && len(used) == 0 && row.ID != "*" {
		c.Begins = s.purpose(c.Setting)
	}
	if !c.changing() {
		c.resumed = c.Verdict == Same && mayResume(op, entry, imported, rebind)
		return c, nil
	}
	if to, has := own[row.ID]; c.Verdict == Removed || has && to == row.Ref {
		delete(entries[c.Setting], row.ID) // the setting's own is used
		return c, nil
	}
	if entries[c.Setting] == nil {
		entries[c.Setting] = map[string]valuemap.Entry{}
	}
	entries[c.Setting][row.ID] = valuemap.Entry{To: row.Ref, Op: op}
	return c, nil
}

// mayResume reports whether the operation may have made the row's state itself, before it was killed. An
// entry names its operation; one that was taken away, as Rebind allows, is no longer there to name it.
func mayResume(op string, entry valuemap.Entry, imported, rebind bool) bool {
	return op != "" && (entry.Op == op || rebind && !imported)
}

// verdict returns what an import does with an entry that leads to ref ("": it is removed), by where it
// leads before, and whether it does, and was imported.
func verdict(ref, before string, mapped, imported, rebind bool) Verdict {
	if ref == "" {
		switch {
		case !imported:
			return Same
		case rebind:
			return Removed
		}
		return Conflict
	}
	switch {
	case !mapped:
		return New
	case before == ref:
		return Same
	case rebind:
		return Changed
	}
	return Conflict
}

// purpose returns which events wait without an entry in the map; "" if none do.
func (s MapSystem) purpose(setting string) string {
	for _, p := range s.Profile.Purposes {
		if p.Setting == setting {
			return p.For
		}
	}
	return ""
}

// CountMap adds a row of a map.
func (r *Result) CountMap(c MapChange) {
	if r.Counts == nil {
		r.Counts = map[Verdict]int{}
	}
	r.Counts[c.Verdict]++
}

// MapWords says what came out of an import of map entries.
func (r Result) MapWords() string {
	words := fmt.Sprintf("%d new, %d changed, %d removed, %d the same", r.Counts[New], r.Counts[Changed], r.Counts[Removed], r.Counts[Same])
	if n := r.Counts[Conflict]; n > 0 {
		words += fmt.Sprintf(", %d left: they lead elsewhere", n)
	}
	return words
}

// ApplyMaps stores the entries, one system at a time. It fails with code "busy" while another import
// runs.
func (m *Maps) ApplyMaps(ctx context.Context, rows []MapRow, reason string) (r Result, err error) {
	op := &redrive.Operation{
		ID: mapOperationID(rows, reason), Kind: "crosswalk", Reason: reason, Counts: redrive.Counts{Planned: len(rows), Remaining: len(rows)},
	}
	r.Operation = op.ID
	err = m.Work(ctx, op, "crosswalk", func(ctx context.Context, renew func() error) error {
		for _, target := range targetsOf(rows) {
			if err := renew(); err != nil {
				return err
			}
			if err := m.importInto(ctx, target, rows, op, &r); err != nil {
				return err
			}
		}
		return nil
	})
	return r, err
}

// importInto imports the rows of one system, and counts them.
func (m *Maps) importInto(ctx context.Context, target string, rows []MapRow, op *redrive.Operation, r *Result) error {
	changes, err := m.store(ctx, target, rows, op)
	if err != nil {
		return err
	}
	released, err := m.release(ctx, target, changes)
	if err != nil {
		return err
	}
	r.Waiting += released
	for _, c := range changes {
		r.CountMap(c)
		op.Counts.Remaining--
		switch {
		case c.changing():
			op.Counts.Moved++
		case c.Verdict == Same:
			op.Counts.Resolved++
		default:
			op.Counts.Left++
		}
	}
	return nil
}

// store records the changes of one system in the ledger, and then stores its entries.
func (m *Maps) store(ctx context.Context, target string, rows []MapRow, op *redrive.Operation) ([]MapChange, error) {
	for tries := 0; ; tries++ {
		p, err := m.plan(ctx, target, rows, op.ID)
		if err != nil {
			return nil, err
		}
		var entries []port.Entry
		for _, c := range p.changes {
			if c.changing() {
				entries = append(entries, m.entry(c, op))
			}
		}
		if len(entries) == 0 {
			return p.changes, nil
		}
		if err := m.Ledger.Append(ctx, entries...); err != nil {
			return nil, err
		}
		err = valuemap.Save(ctx, m.State, target, p.entries, p.revision)
		if errors.Is(err, port.ErrConflict) && tries < 5 {
			continue
		}
		return p.changes, err
	}
}

// release wakes the messages that wait for an entry of a map that the changes are about, and returns
// their number. An entry that does not help them has them wait again. One that cannot be woken looks
// by itself.
func (m *Maps) release(ctx context.Context, target string, changes []MapChange) (n int, err error) {
	for _, setting := range changed(changes) {
		waiters, err := valuemap.Release(ctx, m.State, target, setting, m.Now())
		if err != nil {
			return n, err
		}
		for _, w := range waiters {
			if m.Wake != nil {
				_ = m.Wake(ctx, port.Incoming{Queue: w.Queue, Handle: w.Handle}, m.Now())
			}
		}
		n += len(waiters)
	}
	return n, nil
}

// Waiting returns how many messages the changes would release, as far as they are registered.
func (m *Maps) Waiting(ctx context.Context, changes []MapChange) (n int, err error) {
	of := map[string][]MapChange{}
	for _, c := range changes {
		of[c.Target] = append(of[c.Target], c)
	}
	for target, changes := range of {
		for _, setting := range changed(changes) {
			waiting, err := valuemap.Waiting(ctx, m.State, target, setting, m.Now())
			if n += waiting; err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// changed returns the maps that the changes of one system are about, each once.
func changed(changes []MapChange) (settings []string) {
	for _, c := range changes {
		if c.changing() || c.resumed {
			settings = append(settings, c.Setting)
		}
	}
	slices.Sort(settings)
	return slices.Compact(settings)
}

// MapTenant is the tenant of a map's entries in the ledger, whose entity is
// "netsuite/crosswalk/payment_method/card".
const MapTenant = "crosswalk"

// entry is the record of one change in the ledger. It has one identity for one change of one
// import, so that it is there once after a kill.
func (m *Maps) entry(c MapChange, op *redrive.Operation) port.Entry {
	what := c.Setting + " leads from " + c.ID + " to " + c.Ref
	if c.Verdict == Removed {
		what = "the imported entry of " + c.Setting + " for " + c.ID + " is removed"
	}
	what += " by " + op.Who + " in " + op.ID
	if c.Before != "" {
		what += ", before to " + c.Before
	}
	name := valuemap.Type(c.Target, c.Setting)
	event := message.DeriveID("mapped", op.ID, c.Target, c.Setting, c.ID, c.Before, c.Ref)
	return port.Entry{
		ID: event, At: m.Now().UTC(), Stage: operate.Bound, Event: event, Trace: event, TargetRef: c.Ref,
		Entity:  message.Key{System: c.Target, Tenant: MapTenant, Type: name, ID: c.ID},
		Outcome: what + " (reason: " + op.Reason + ")", Function: "operator",
	}
}

// mapOperationID is the same for the same rows and reason, so that an import that was killed is
// finished under its own name.
func mapOperationID(rows []MapRow, reason string) string {
	parts := make([]string, 0, len(rows)+1)
	for _, row := range rows {
		parts = append(parts, strings.Join(row.cells(), "\x00"))
	}
	return shortID(append(parts, reason))
}
