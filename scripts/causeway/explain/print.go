package explain

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"causeway.example/shared/operate"
	"causeway.example/shared/operate/mapping"
)

// Layout is how the command prints.
type Layout struct {
	Width int  // columns
	Wide  bool // one line per field, however long
	Wrap  func(text, indent string, width int) string
	Table func(w io.Writer, rows ...string)
}

// Diff prints source, canonical and target with the rule of each line.
func (a Layout) Diff(w io.Writer, e Answer) {
	fmt.Fprintln(w, a.Wrap(e.headline(), "", a.Width))
	for _, call := range e.Calls {
		fmt.Fprintf(w, "%s %s\n", call.Method, call.Path)
	}
	fmt.Fprintln(w)
	a.showRows(w, e)
	a.showRules(w, e)
	a.showNotes(w, e)
}

// headline says what is shown, and the marks, counted.
func (e Answer) headline() string {
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

func (a Layout) showRules(w io.Writer, e Answer) {
	for _, choice := range e.Rules {
		fmt.Fprintln(w, a.Wrap(choice, "", a.Width))
	}
}

// showRows prints three columns, and below each line its rule, unless nothing is changed.
func (a Layout) showRows(w io.Writer, e Answer) {
	if a.Wide {
		lines := []string{"SOURCE\tCANONICAL\tTARGET\tMARK\tRULE"}
		for _, r := range e.Rows {
			lines = append(lines, strings.Join([]string{cells(r.Source), cells(r.Canonical), targetCell(r), string(r.Mark), r.Rule}, "\t"))
		}
		a.Table(w, lines...)
		return
	}
	column := max(20, (a.Width-8)/3)
	fmt.Fprintln(w, line(" ", column, "SOURCE "+e.Topic, "CANONICAL", strings.TrimSpace("TARGET "+e.Target)))
	for _, r := range e.Rows {
		if !e.unsent(r) {
			a.showRow(w, r, column)
		}
	}
}

// showRow prints a row, and its rule below it unless there is none or nothing is changed.
func (a Layout) showRow(w io.Writer, r mapping.Row, column int) {
	first := " "
	plain := r.Mark == "" && (r.Rule == "unchanged" || r.Rule == "")
	if plain && r.Rule != "" {
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
	if plain {
		return
	}
	rule := r.Rule
	if r.Mark != "" {
		rule = strings.ToUpper(string(r.Mark)) + ": " + rule
	}
	fmt.Fprintln(w, a.Wrap(rule, "      ", a.Width))
}

// unsent reports whether the row is a field of the event that no request has, without a mark.
func (e Answer) unsent(r mapping.Row) bool {
	return len(e.Calls) > 0 && r.Target == nil && r.Mark == ""
}

func line(first string, column int, cells ...string) string {
	text := first
	for i, cell := range cells {
		text += " " + fmt.Sprintf("%-*s", column, short(cell, column))
		if i < len(cells)-1 {
			text += "|"
		}
	}
	return strings.TrimRight(text, " ")
}

func cells(all []mapping.Cell) string {
	var texts []string
	for _, c := range all {
		texts = append(texts, strings.TrimSpace(c.Field+" "+short(c.Value, 40)))
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
	value = short(value, max(column/3, column-len(field)-1))
	if room := column - len([]rune(value)) - 1; len(field) > room {
		field = append([]rune("…"), field[len(field)-room+1:]...)
	}
	return string(field) + " " + value
}

// showNotes prints what is no row.
func (a Layout) showNotes(w io.Writer, e Answer) {
	var unsent []string
	for _, r := range e.Rows {
		if e.unsent(r) && !a.Wide {
			unsent = append(unsent, r.Canonical[0].Field)
		}
	}
	note := func(label string, names []string) {
		if len(names) == 0 {
			return
		}
		const most = 16
		text := strings.Join(names[:min(len(names), most)], ", ")
		if more := len(names) - most; more > 0 && !a.Wide {
			text += fmt.Sprintf(" and %d more (-o json)", more)
		} else {
			text = strings.Join(names, ", ")
		}
		fmt.Fprintf(w, "\n%s\n", a.Wrap(label+text, "", a.Width))
	}
	note(operate.Count(len(unsent), "field")+" of the event are not part of the request: ", unsent)
	note(fmt.Sprintf("LOST: %s of the delivery reach nothing: ", operate.Count(len(e.Lost), "field")), e.Lost)
	note("Not traced, because no other value is taken: ", e.Refused)
	if e.More > 0 {
		fmt.Fprintf(w, "\n%s of long lists are not shown\n", operate.Count(e.More, "field"))
	}
	note("Not at "+e.Target+" yet, so that its id is shown as 0: ", e.Waiting)
	for _, text := range e.Missing {
		fmt.Fprintf(w, "\n%s\n", a.Wrap(text, "", a.Width))
	}
}

// MapTest prints what would change at the target.
func (a Layout) MapTest(w io.Writer, e Answer) {
	a.showRules(w, e)
	var rows []mapping.Row
	for _, r := range e.Rows {
		if r.Target != nil {
			rows = append(rows, r)
		}
	}
	switch {
	case len(e.Calls) == 0 && e.Detail != "":
		fmt.Fprintln(w, a.Wrap("at "+e.Target+" nothing would change: "+e.Detail, "", a.Width))
	case len(rows) > 0:
		fmt.Fprintf(w, "at %s %s would change: %s %s\n", e.Target, operate.Count(len(rows), "field"), e.Calls[0].Method, e.Calls[0].Path)
		lines := []string{"FIELD\tBEFORE\tAFTER"}
		for _, r := range rows {
			lines = append(lines, fmt.Sprintf("%s\t%s\t%s", r.Target.Field, short(cmp.Or(r.Before, "–"), 24), short(r.Target.Value, 24)))
		}
		a.Table(w, lines...)
	}
	a.showNotes(w, Answer{Target: e.Target, Explanation: mapping.Explanation{Missing: e.Missing}, Waiting: e.Waiting})
}

// Range prints what the events of a time range would change at the target.
func (a Layout) Range(w io.Writer, r Range) {
	fmt.Fprintf(w, "%s: %s of %s; %d make nothing, %d cannot be translated\n",
		r.Route, operate.Count(r.Events, "event"), operate.Count(r.Deliveries, "archived delivery"), r.Nothing, r.Failed)
	if r.Failure != "" {
		fmt.Fprintln(w, a.Wrap("first failure: "+r.Failure, "  ", a.Width))
	}
	for _, part := range []struct {
		n    int
		what string
	}{
		{r.Unchanged, "would change nothing at " + r.Target},
		{r.Changed, "would change fields at " + r.Target},
		{r.New, "not at " + r.Target + ": would be created"},
		{r.Older, "older than what " + r.Target + " confirmed: nothing would be written"},
		{r.Refused, "would be refused: " + r.First + " (causeway map test " + r.FirstID + ")"},
	} {
		if part.n > 0 {
			fmt.Fprintln(w, a.Wrap(fmt.Sprintf("%d  %s", part.n, part.what), "  ", a.Width))
		}
	}
	if r.Cut {
		fmt.Fprintln(w, "  the limit was reached: more is in the archive")
	}
	if len(r.Fields) == 0 {
		return
	}
	a.Table(w, r.lines()...)
}

// lines returns the table of fields, with values if they are shown.
func (r Range) lines() []string {
	shown := slices.ContainsFunc(r.Fields, func(f mapping.Field) bool { return f.Before+f.After != "" })
	lines := []string{"FIELD\tEVENTS\tFIRST"}
	if shown {
		lines[0] = "FIELD\tEVENTS\tBEFORE\tAFTER\tFIRST"
	}
	for _, f := range r.Fields {
		line := fmt.Sprintf("%s\t%d\t", f.Field, f.Count)
		if shown {
			line += short(cmp.Or(f.Before, "–"), 20) + "\t" + short(cmp.Or(f.After, "–"), 20) + "\t"
		}
		lines = append(lines, line+"causeway map test "+f.Event)
	}
	return lines
}

// short cuts a text.
func short(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most-1]) + "…"
}
