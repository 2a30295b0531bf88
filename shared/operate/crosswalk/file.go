package crosswalk

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/routes"
)

// Row is one binding.
type Row struct {
	Target string      `json:"target"`
	Entity message.Key `json:"entity"`
	Ref    string      `json:"target_id"`
	Line   int         `json:"line,omitempty"` // of the file, from 1
}

// Columns returns the header of a file.
func Columns() []string { return []string{"target", "system", "store", "type", "id", "target_id"} }

// cells are the row in the order of Columns.
func (r Row) cells() []string {
	return []string{r.Target, r.Entity.System, r.Entity.Tenant, r.Entity.Type, r.Entity.ID, r.Ref}
}

const (
	mostRows     = 100_000 // of a file: their keys are in memory to find duplicates
	mostProblems = 20      // that are reported at once
	longestID    = 128     // bytes; as the model's ids
)

// Problem is a cell that breaks a rule.
type Problem struct {
	Line   int
	Column string
	Value  string
	Rule   string
}

// String names line, column, value and rule.
func (p Problem) String() string {
	if p.Column == "" {
		return fmt.Sprintf("line %d: %s", p.Line, p.Rule)
	}
	return fmt.Sprintf("line %d: %s %q: %s", p.Line, p.Column, p.Value, p.Rule)
}

// Reader reads files.
type Reader struct {
	Routes []routes.Route
	Forms  map[string]*regexp.Regexp // of a target's ids, by target; any form where there is none

	seen  map[string]int // line, by target and entity
	bound map[string]int // line, by target, type and target's id
}

// Read returns the rows of a file. What breaks a rule is one fault.Invalid that lists up to
// twenty problems; no row is returned then.
func (r Reader) Read(file io.Reader) (rows []Row, err error) {
	const doing = "reading the crosswalk"
	in := csv.NewReader(file)
	in.FieldsPerRecord = len(Columns())
	r.seen, r.bound = map[string]int{}, map[string]int{}
	var problems []Problem
	for header := true; len(problems) < mostProblems; header = false {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			problems = append(problems, unreadable(err))
			break
		}
		line, _ := in.FieldPos(0)
		switch {
		case header:
			cells[0] = strings.TrimPrefix(cells[0], "\ufeff") // spreadsheets write it
			if !slices.Equal(cells, Columns()) {
				problems = append(problems, Problem{Line: line, Rule: "the header must be " + strings.Join(Columns(), ",")})
			}
		case len(rows) == mostRows:
			problems = append(problems, Problem{Line: line, Rule: fmt.Sprintf("a file has %d rows at most; split it", mostRows)})
			return nil, invalid(doing, problems)
		default:
			row := Row{cells[0], message.Key{System: cells[1], Tenant: cells[2], Type: cells[3], ID: cells[4]}, cells[5], line}
			problems = append(problems, r.check(row)...)
			rows = append(rows, row)
		}
	}
	if len(problems) > 0 {
		return nil, invalid(doing, problems)
	}
	return rows, nil
}

func unreadable(err error) Problem {
	if broken, ok := errors.AsType[*csv.ParseError](err); ok {
		return Problem{Line: broken.StartLine, Rule: broken.Err.Error()}
	}
	return Problem{Rule: err.Error()}
}

func invalid(doing string, problems []Problem) error {
	problems = problems[:min(len(problems), mostProblems)]
	words := make([]string, len(problems))
	for i, p := range problems {
		words[i] = p.String()
	}
	return &fault.Error{Kind: fault.Invalid, Class: fault.Value, Code: "crosswalk", Doing: doing, Detail: strings.Join(words, "\n")}
}

// check returns what is wrong with a row, by itself and beside the rows before it.
func (r Reader) check(row Row) (problems []Problem) {
	for i, name := range Columns() {
		if rule := wrongCell(row.cells()[i]); rule != "" {
			problems = append(problems, Problem{row.Line, name, row.cells()[i], rule})
		}
	}
	if len(problems) > 0 {
		return problems
	}
	if column, value, rule := r.unknown(row); rule != "" {
		return []Problem{{row.Line, column, value, rule}}
	}
	if form := r.Forms[row.Target]; form != nil && !form.MatchString(row.Ref) {
		return []Problem{{row.Line, "target_id", row.Ref, "is no id of " + row.Target + ", whose form is " + form.String()}}
	}
	key := row.Target + "|" + row.Entity.String()
	if line := r.seen[key]; line > 0 {
		return []Problem{{row.Line, "id", row.Entity.ID, fmt.Sprintf("is bound in line %d already", line)}}
	}
	r.seen[key] = row.Line
	if row.Entity.Type == "customer" {
		return nil // one record may stand for the customers of several stores
	}
	key = row.Target + "|" + row.Entity.Type + "|" + row.Ref
	if line := r.bound[key]; line > 0 {
		return []Problem{{row.Line, "target_id", row.Ref, fmt.Sprintf("is bound to another %s in line %d", row.Entity.Type, line)}}
	}
	r.bound[key] = row.Line
	return nil
}

// rounded is an id that a spreadsheet has written as a number of a few digits.
var rounded = regexp.MustCompile(`^\d([.,]\d+)?[Ee]\+?\d+$`)

// wrongCell returns the rule that a cell breaks, "" if none.
func wrongCell(cell string) string {
	switch {
	case cell == "":
		return "is missing"
	case !utf8.ValidString(cell):
		return "is not UTF-8"
	case len(cell) > longestID:
		return fmt.Sprintf("has more than %d bytes", longestID)
	case strings.ContainsFunc(cell, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }):
		return "must not contain white space"
	case rounded.MatchString(cell):
		return "was rounded by a spreadsheet; import the column as text"
	}
	return ""
}

// unknown returns the column whose value no route has.
func (r Reader) unknown(row Row) (column, value, rule string) {
	var targets, systems, types []string
	for _, route := range r.Routes {
		targets = append(targets, route.To)
		if route.To != row.Target {
			continue
		}
		systems = append(systems, route.From)
		if route.From != row.Entity.System {
			continue
		}
		for _, name := range route.Types {
			entity, _, _ := strings.Cut(name, ".")
			types = append(types, entity)
		}
	}
	switch {
	case !slices.Contains(targets, row.Target):
		return "target", row.Target, "no route leads there; there are " + listed(targets)
	case !slices.Contains(systems, row.Entity.System):
		return "system", row.Entity.System, "no route leads from it to " + row.Target + "; there are " + listed(systems)
	case !slices.Contains(types, row.Entity.Type):
		return "type", row.Entity.Type, "no route carries it from " + row.Entity.System + " to " + row.Target + "; there are " + listed(types)
	}
	return "", "", ""
}

func listed(names []string) string {
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}
