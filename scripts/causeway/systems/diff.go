package systems

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"causeway.example/functions"
	"causeway.example/scripts/causeway/cli"
	"causeway.example/scripts/causeway/screen"
	"causeway.example/scripts/installation"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/mapping"
	"causeway.example/shared/operate/redrive"
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
			e, err := a.explained(ctx, d, given[0], true)
			if err != nil {
				return err
			}
			return a.Print("diff", e, screen.Anys(e.Rows), func(w io.Writer) { a.showDiff(w, e) })
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
			e, err := a.explained(ctx, d, given[0], false)
			if err != nil {
				return err
			}
			return a.Print("changes", e, screen.Anys(e.Changes), func(w io.Writer) { a.showMapTest(w, e) })
		}),
	})
	return cmd
}

// explained is the answer of diff and of map test.
type explained struct {
	mapping.Explanation
	Event   string           `json:"event_id"`
	Title   string           `json:"title"`
	Type    string           `json:"type"`
	Target  string           `json:"target"`
	Ref     string           `json:"target_ref,omitempty"`
	Twin    bool             `json:"as_new"` // the target has the entity; the request is the one for a new one
	Topic   string           `json:"topic,omitempty"`
	Field   string           `json:"field,omitempty"`   // at fault
	Reason  string           `json:"reason,omitempty"`  // of the failure
	Changes []operate.Change `json:"changes,omitempty"` // of a dead event, by the working translation
	Waiting []string         `json:"waiting,omitempty"` // parents that are not at the target
	Rules   []string         `json:"rules,omitempty"`   // choices of the rules, in words

	decide func(*message.Message) []connector.Note
}

// explained explains the event. With twin, an entity that the target has is written as a new
// one, which has every field; without it the event is the one that the working translation makes.
func (a *tool) explained(ctx context.Context, d *cli.Desk, text string, twin bool) (explained, error) {
	s, err := mapping.Find(ctx, d.Desk, text)
	if err != nil {
		return explained{}, err
	}
	if err := a.NoteLook(ctx, d, operate.Letter{MessageID: s.Event, Event: s.Event, Entity: s.Entity}); err != nil {
		return explained{}, err
	}
	e := explained{Event: s.Event, Title: s.Title(), Type: s.Type, Target: s.Route.To}
	c := mapping.Case{Raw: s.Raw, Message: s.Message, Show: a.ShowPII}
	if s.Letter != nil {
		c.Field = cmp.Or(s.Letter.Cause.Field)
		c.Reason = strings.TrimSpace(s.Letter.Reason + " " + s.Letter.Value)
		e.Field, e.Reason = c.Field, c.Reason
	}
	if err := a.connect(d, s, &c, &e); err != nil {
		return e, err
	}
	if c.Message == nil || !twin {
		if c.Message, err = a.again(ctx, c, s, &e); err != nil {
			return e, err
		}
	}
	for name, choice := range e.chosen(c.Message) {
		e.Rules = append(e.Rules, name+": "+choice)
	}
	slices.Sort(e.Rules)
	if body, err := canonical.Decode(c.Message.Type, c.Message.Body); err == nil {
		e.Title = operate.Title(s.Entity, operate.NameOf(body))
	}
	at, err := mapping.Stand(ctx, d.State, s.Route.To, c.Message)
	if err != nil {
		return e, err
	}
	c.Ref, c.Parents = at.Ref, at.Parents
	e.Ref, e.Twin = at.Ref, twin && at.Ref != ""
	c.Twin = e.Twin
	for _, key := range at.Absent {
		e.Waiting = append(e.Waiting, operate.Title(key, ""))
	}
	if s.Raw != nil {
		e.Topic = s.Raw.System + " " + s.Raw.Topic
	}
	missing := e.Missing
	if e.Explanation, err = mapping.Explain(ctx, c); err != nil {
		return e, err
	}
	e.Missing = append(missing, e.Missing...)
	return e, nil
}

// connect sets the connectors of the case. A fake stands for a system without settings on this
// machine only: the target of an installation on AWS has others, which are not known here.
func (a *tool) connect(d *cli.Desk, s mapping.Subject, c *mapping.Case, e *explained) error {
	config, err := a.Connections(d.State, nil)
	if err != nil {
		return err
	}
	opened, err := installation.Open(config)
	if err != nil {
		return err
	}
	e.decide = opened.Decide
	systemOf := func(name string) *mapping.System {
		i := slices.IndexFunc(functions.All(), func(f functions.System) bool { return f.Profile.Name == name })
		if i < 0 {
			return nil
		}
		f := functions.All()[i]
		return &mapping.System{Profile: f.Profile, Settings: opened.Settings[name], Open: f.Open, Deps: config.Deps(name)}
	}
	if c.Raw == nil {
		e.Missing = append(e.Missing, "the delivery is not in the archive, so that its fields are not shown")
	} else {
		c.Source = systemOf(s.Entity.System)
	}
	if a.Env != "" && opened.Fakes[s.Route.To] {
		e.Missing = append(e.Missing, "the request is not shown: the settings of "+s.Route.To+" are not known here; name their file with --settings")
		return nil
	}
	c.Target = systemOf(s.Route.To)
	return nil
}

// chosen returns the choices of the rules for the event, by the rule's name.
func (e *explained) chosen(m *message.Message) map[string]string {
	chosen := map[string]string{}
	for _, note := range e.decide(m) {
		chosen["rule "+note.Field] = note.What
	}
	return chosen
}

// changedRules returns the choices that are others for the event as it is translated now.
func (e *explained) changedRules(before, now *message.Message) ([]operate.Change, error) {
	var texts [2][]byte
	for i, m := range []*message.Message{before, now} {
		var err error
		if texts[i], err = json.Marshal(e.chosen(m)); err != nil {
			return nil, err
		}
	}
	return operate.Diff(texts[0], texts[1])
}

// again returns the event that the working translation makes, and notes what a dead event has
// otherwise.
func (a *tool) again(ctx context.Context, c mapping.Case, s mapping.Subject, e *explained) (*message.Message, error) {
	if c.Raw == nil || c.Source == nil {
		return nil, screen.NotFound("translating again", "the delivery of "+s.Event+" is not in the archive")
	}
	system, err := c.Source.Open(c.Source.Settings, c.Source.Deps)
	if err != nil {
		return nil, err
	}
	messages, err := redrive.Translate(ctx, system.Source, c.Raw)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(messages, func(m *message.Message) bool { return m.Type == s.Type && m.Key() == s.Entity })
	if i < 0 {
		return nil, screen.NotFound("translating again", "the working translation makes no "+s.Type+" of "+s.Title()+" of the delivery")
	}
	if s.Message != nil {
		changes, err := operate.Diff(s.Message.Body, messages[i].Body)
		if err != nil {
			return nil, err
		}
		ruled, err := e.changedRules(s.Message, messages[i])
		if err != nil {
			return nil, err
		}
		e.Changes = append(screen.Masked(changes, a.ShowPII), ruled...)
	}
	return messages[i], nil
}

func (a *tool) showDiff(w io.Writer, e explained) {
	fmt.Fprintln(w, screen.Wrap(e.headline(), "", a.Width))
	for _, call := range e.Calls {
		fmt.Fprintf(w, "%s %s\n", call.Method, call.Path)
	}
	fmt.Fprintln(w)
	a.showRows(w, e)
	a.showRules(w, e)
	a.showNotes(w, e)
}

func (a *tool) showRules(w io.Writer, e explained) {
	for _, choice := range e.Rules {
		fmt.Fprintln(w, screen.Wrap(choice, "", a.Width))
	}
}

// headline says what is shown, and the marks, counted.
func (e explained) headline() string {
	words := e.Title + "  " + e.Type
	switch {
	case e.Reason != "":
		words += "  dead: " + e.Reason
	case e.Twin:
		words += "  in " + e.Target + " as " + e.Ref + "; shown as the request for a new record"
	}
	marks := map[mapping.Mark]int{}
	for _, r := range e.Rows {
		marks[r.Mark]++
	}
	var counted []string
	for _, mark := range []mapping.Mark{mapping.Rejected, mapping.Changed, mapping.Defaulted} {
		if n := marks[mark]; n > 0 {
			counted = append(counted, fmt.Sprintf("%d %s", n, mark))
		}
	}
	if len(e.Lost) > 0 {
		counted = append(counted, fmt.Sprintf("%d lost", len(e.Lost)))
	}
	if len(counted) > 0 {
		words += "  (" + strings.Join(counted, ", ") + ")"
	}
	return words
}

// showRows prints three columns, and below each line its rule, unless nothing is changed.
func (a *tool) showRows(w io.Writer, e explained) {
	if a.Output == "wide" {
		lines := []string{"SOURCE\tCANONICAL\tTARGET\tMARK\tRULE"}
		for _, r := range e.Rows {
			lines = append(lines, strings.Join([]string{cells(r.Source), cells(r.Canonical), targetCell(r), string(r.Mark), r.Rule}, "\t"))
		}
		screen.Table(w, lines...)
		return
	}
	column := max(20, (a.Width-8)/3)
	fmt.Fprintln(w, line(" ", column, "SOURCE "+e.Topic, "CANONICAL", "TARGET "+e.Target))
	for _, r := range e.Rows {
		if e.unsent(r) {
			continue
		}
		first := " "
		plain := r.Mark == "" && r.Rule == "unchanged"
		if plain {
			first = "="
		}
		for i := range max(len(r.Source), len(r.Canonical), 1) {
			target := ""
			if i == 0 {
				target = targetText(r, column)
			}
			fmt.Fprintln(w, line(first, column, cellAt(r.Source, i, column), cellAt(r.Canonical, i, column), target))
			first = " "
		}
		if rule := r.Rule; !plain {
			if r.Mark != "" {
				rule = strings.ToUpper(string(r.Mark)) + ": " + rule
			}
			fmt.Fprintln(w, screen.Wrap(rule, "      ", a.Width))
		}
	}
}

// unsent reports whether the row is a field of the event that no request has, without a mark.
func (e explained) unsent(r mapping.Row) bool {
	return len(e.Calls) > 0 && r.Target == nil && r.Mark == ""
}

func line(first string, column int, cells ...string) string {
	text := first
	for i, cell := range cells {
		text += " " + fmt.Sprintf("%-*s", column, screen.Short(cell, column))
		if i < len(cells)-1 {
			text += "|"
		}
	}
	return strings.TrimRight(text, " ")
}

func cells(all []mapping.Cell) string {
	var texts []string
	for _, c := range all {
		texts = append(texts, strings.TrimSpace(c.Field+" "+screen.Short(c.Value, 40)))
	}
	return strings.Join(texts, ", ")
}

func targetCell(r mapping.Row) string {
	if r.Target == nil {
		return ""
	}
	return cells([]mapping.Cell{*r.Target})
}

func targetText(r mapping.Row, column int) string {
	if r.Target == nil {
		return ""
	}
	return cellAt([]mapping.Cell{*r.Target}, 0, column)
}

// cellAt returns field and value of a cell. Of a field that is too long its end is shown.
func cellAt(all []mapping.Cell, i, column int) string {
	if i >= len(all) {
		return ""
	}
	field, value := []rune(all[i].Field), cmp.Or(all[i].Value, "(none)")
	value = screen.Short(value, max(column/3, column-len(field)-1))
	if room := column - len([]rune(value)) - 1; len(field) > room {
		field = append([]rune("…"), field[len(field)-room+1:]...)
	}
	return string(field) + " " + value
}

// showNotes prints what is no row.
func (a *tool) showNotes(w io.Writer, e explained) {
	var unsent []string
	for _, r := range e.Rows {
		if e.unsent(r) && a.Output != "wide" {
			unsent = append(unsent, r.Canonical[0].Field)
		}
	}
	note := func(label string, names []string) {
		if len(names) == 0 {
			return
		}
		const most = 16
		text := strings.Join(names[:min(len(names), most)], ", ")
		if more := len(names) - most; more > 0 && a.Output != "wide" {
			text += fmt.Sprintf(" and %d more (-o json)", more)
		} else {
			text = strings.Join(names, ", ")
		}
		fmt.Fprintf(w, "\n%s\n", screen.Wrap(label+text, "", a.Width))
	}
	note(operate.Count(len(unsent), "field")+" of the event are not part of the request: ", unsent)
	note(fmt.Sprintf("LOST: %s of the delivery reach nothing: ", operate.Count(len(e.Lost), "field")), e.Lost)
	note("Not traced, because no other value is taken: ", e.Refused)
	if e.More > 0 {
		fmt.Fprintf(w, "\n%s of long lists are not shown\n", operate.Count(e.More, "field"))
	}
	note("Not at "+e.Target+" yet, so that its id is shown as 0: ", e.Waiting)
	for _, text := range e.Missing {
		fmt.Fprintf(w, "\n%s\n", screen.Wrap(text, "", a.Width))
	}
}

func (a *tool) showMapTest(w io.Writer, e explained) {
	if e.Reason != "" {
		screen.ShowChanges(w, e.Title, e.Changes)
	}
	a.showRules(w, e)
	var rows []mapping.Row
	for _, r := range e.Rows {
		if r.Target != nil {
			rows = append(rows, r)
		}
	}
	switch {
	case len(e.Calls) == 0 && e.Detail != "":
		fmt.Fprintln(w, screen.Wrap("at "+e.Target+" nothing would change: "+e.Detail, "", a.Width))
	case len(rows) > 0:
		fmt.Fprintf(w, "at %s %s would change: %s %s\n", e.Target, operate.Count(len(rows), "field"), e.Calls[0].Method, e.Calls[0].Path)
		lines := []string{"FIELD\tBEFORE\tAFTER"}
		for _, r := range rows {
			lines = append(lines, fmt.Sprintf("%s\t%s\t%s", r.Target.Field, screen.Short(cmp.Or(r.Before, "–"), 24), screen.Short(r.Target.Value, 24)))
		}
		screen.Table(w, lines...)
	}
	a.showNotes(w, explained{Target: e.Target, Explanation: mapping.Explanation{Missing: e.Missing}, Waiting: e.Waiting})
}
