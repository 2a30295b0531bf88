package crosswalk

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"causeway.example/shared/valuemap"
)

// MapRow is one entry of a map.
type MapRow struct {
	Target string `json:"target"`
	Type   string `json:"type"` // name of the map: "payment_method" (valuemap.Type)
	ID     string `json:"id"`   // in the source's words, as the map's setting has it: "card"
	Ref    string `json:"target_id"`
	Line   int    `json:"line,omitempty"` // of the file, from 1
}

// MapColumns returns the header of a file of map entries. An import may leave out the last column,
// and does not read it.
func MapColumns() []string { return []string{"target", "type", "id", "target_id", "source"} }

func (r MapRow) cells() []string { return []string{r.Target, r.Type, r.ID, r.Ref} }

// HasMaps reports whether the file is one of map entries, by its header.
func HasMaps(file io.Reader) bool {
	header, err := csv.NewReader(file).Read()
	return err == nil && isMapHeader(header)
}

func isMapHeader(cells []string) bool {
	cells = slices.Clone(cells)
	if len(cells) > 0 {
		cells[0] = strings.TrimPrefix(cells[0], "\ufeff") // spreadsheets write it
	}
	all := MapColumns()
	return slices.Equal(cells, all) || slices.Equal(cells, all[:len(all)-1])
}

// Read returns the rows of a file of map entries. What breaks a rule is one fault.Invalid that lists
// up to twenty problems; no row is returned then.
func (m *Maps) Read(file io.Reader) (rows []MapRow, err error) {
	in := csv.NewReader(file)
	seen := map[string]int{}
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
		case header && !isMapHeader(cells):
			problems = append(problems, Problem{Line: line, Rule: "the header must be " + strings.Join(MapColumns(), ",")})
		case header:
		case len(rows) == mostRows:
			problems = append(problems, Problem{Line: line, Rule: fmt.Sprintf("a file has %d rows at most; split it", mostRows)})
			return nil, invalid(readingMaps, problems)
		default:
			row := MapRow{cells[0], cells[1], cells[2], cells[3], line}
			problems = append(problems, m.check(row, seen)...)
			rows = append(rows, row)
		}
	}
	if len(problems) > 0 {
		return nil, invalid(readingMaps, problems)
	}
	return rows, nil
}

const readingMaps = "reading the map entries"

// check returns what is wrong with a row, by itself and beside the rows before it.
func (m *Maps) check(row MapRow, seen map[string]int) (problems []Problem) {
	for i, cell := range row.cells() {
		if rule := wrongMapCell(cell, MapColumns()[i]); rule != "" {
			problems = append(problems, Problem{row.Line, MapColumns()[i], cell, rule})
		}
	}
	if len(problems) > 0 {
		return problems
	}
	system, known := m.Systems[row.Target]
	if !known {
		return []Problem{{row.Line, "target", row.Target, "the installation has no such system; there are " + listed(slices.Collect(maps.Keys(m.Systems)))}}
	}
	setting := valuemap.SettingOf(system.Profile, row.Type)
	if setting == "" {
		return []Problem{{row.Line, "type", row.Type, row.Target + " has no such map; there are " + listed(typesOf(system))}}
	}
	key := row.Target + "|" + setting + "|" + row.ID
	if line := seen[key]; line > 0 {
		return []Problem{{row.Line, "id", row.ID, fmt.Sprintf("is mapped in line %d already", line)}}
	}
	seen[key] = row.Line
	return nil
}

func typesOf(s MapSystem) (names []string) {
	for _, setting := range s.Profile.Maps() {
		names = append(names, valuemap.Type(s.Profile.Name, setting))
	}
	return names
}

// longestEntry is the most bytes of a cell: a customer's key has four parts.
const longestEntry = 256

// wrongMapCell returns the rule that a cell breaks, "" if none. Entries become a part of a setting,
// "key=value,key=value".
func wrongMapCell(cell, column string) string {
	switch {
	case cell == "" && column != "target_id":
		return "is missing"
	case !utf8.ValidString(cell):
		return "is not UTF-8"
	case len(cell) > longestEntry:
		return fmt.Sprintf("has more than %d bytes", longestEntry)
	case strings.TrimSpace(cell) != cell || strings.ContainsFunc(cell, unicode.IsControl):
		return "must not begin or end with white space, nor contain control characters"
	case strings.Contains(cell, ","):
		return "must not contain a comma, which separates the entries of a setting"
	case column == "id" && strings.Contains(cell, "="):
		return "must not contain =, which ends the key in a setting"
	case rounded.MatchString(cell):
		return "was rounded by a spreadsheet; import the column as text"
	}
	return ""
}
