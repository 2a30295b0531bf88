package screen

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/itchyny/gojq"

	"causeway.example/shared/fault"
	"causeway.example/shared/operate"
)

// Screen is where answers, progress and questions go, and how answers are printed.
type Screen struct {
	In       io.Reader
	Out, Err io.Writer
	Now      func() time.Time
	Terminal bool // a person sits there
	Width    int  // columns of the output

	Output string // table, wide, json or ndjson
	JQ     string // expression whose results are printed; "" for all
	Quiet  bool   // no progress
}

// CheckOutput returns a usage error if there is no output of this name.
func (a *Screen) CheckOutput() error {
	switch a.Output {
	case "table", "wide", "json", "ndjson":
		return nil
	}
	return Usage(fmt.Errorf("--output %q: it is table, wide, json or ndjson", a.Output))
}

// AsData reports whether the answer is to be printed for a program.
func (a *Screen) AsData() bool { return a.Output == "json" || a.Output == "ndjson" || a.JQ != "" }

// Print prints an answer: as one JSON object with its schema, as a line for each of its
// items, as what the jq expression makes of it, or as text.
func (a *Screen) Print(schema string, answer any, items []any, text func(w io.Writer)) error {
	if !a.AsData() {
		text(a.Out)
		return nil
	}
	if a.Output == "ndjson" && a.JQ == "" && items != nil {
		for _, item := range items {
			if err := a.printJSON(item, ""); err != nil {
				return err
			}
		}
		return nil
	}
	tree, err := treeOf(map[string]any{"schema": "causeway." + schema + "/v1", schema: answer})
	if err != nil {
		return err
	}
	if a.JQ == "" {
		indent := "  "
		if a.Output == "ndjson" {
			indent = ""
		}
		return a.printJSON(tree, indent)
	}
	return a.printJQ(tree)
}

// printJQ prints what the jq expression makes of the tree, texts without quotes.
func (a *Screen) printJQ(tree any) error {
	query, err := gojq.Parse(a.JQ)
	if err != nil {
		return Usage(fmt.Errorf("--jq: %w", err))
	}
	for found := query.Run(tree); ; {
		value, more := found.Next()
		if !more {
			return nil
		}
		if err, ok := value.(error); ok {
			return Usage(fmt.Errorf("--jq: %w", err))
		}
		if text, ok := value.(string); ok {
			fmt.Fprintln(a.Out, text)
			continue
		}
		if err := a.printJSON(value, ""); err != nil {
			return err
		}
	}
}

func (a *Screen) printJSON(value any, indent string) error {
	encoder := json.NewEncoder(a.Out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	return encoder.Encode(value)
}

// treeOf returns a value in the types that jq works on.
func treeOf(value any) (any, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	tree, err := operate.Tree(text)
	return numbers(tree), err
}

// numbers makes integers of what has no fraction, as jq wants them.
func numbers(tree any) any {
	switch value := tree.(type) {
	case map[string]any:
		for name, member := range value {
			value[name] = numbers(member)
		}
	case []any:
		for i, member := range value {
			value[i] = numbers(member)
		}
	case json.Number:
		if n, err := value.Int64(); err == nil {
			return int(n)
		}
		if f, err := value.Float64(); err == nil {
			return f
		}
	}
	return tree
}

// Anys returns the items for Print.
func Anys[T any](items []T) []any {
	all := make([]any, len(items))
	for i, item := range items {
		all[i] = item
	}
	return all
}

// Where returns the condition of a jq expression over a letter; nil for "".
func Where(expression string) (func(operate.Letter) (bool, error), error) {
	if expression == "" {
		return nil, nil
	}
	parsed, err := gojq.Parse(expression)
	if err != nil {
		return nil, Usage(fmt.Errorf("--where: %w", err))
	}
	code, err := gojq.Compile(parsed)
	if err != nil {
		return nil, Usage(fmt.Errorf("--where: %w", err))
	}
	return func(l operate.Letter) (bool, error) {
		tree, err := treeOf(l)
		if err != nil {
			return false, err
		}
		value, _ := code.Run(tree).Next()
		if err, ok := value.(error); ok {
			return false, Usage(fmt.Errorf("--where: %w", err))
		}
		return value != nil && value != false, nil
	}, nil
}

// Table writes rows in columns, which tabs separate. A column of numbers below its head is
// aligned at the right.
func Table(w io.Writer, rows ...string) {
	cells, widths, numeric := make([][]string, len(rows)), []int{}, []bool{}
	for i, row := range rows {
		cells[i] = strings.Split(row, "\t")
		for j, cell := range cells[i] {
			if j == len(widths) {
				widths, numeric = append(widths, 0), append(numeric, len(rows) > 1)
			}
			widths[j] = max(widths[j], utf8.RuneCountInString(cell))
			numeric[j] = numeric[j] && (i == 0 || number.MatchString(cell))
		}
	}
	for _, row := range cells {
		var line strings.Builder
		for j, cell := range row {
			gap := strings.Repeat(" ", widths[j]-utf8.RuneCountInString(cell))
			if numeric[j] {
				cell, gap = gap+cell, ""
			}
			line.WriteString(cell + gap + "  ")
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

// number is a cell of a column of numbers; "–" stands for none.
var number = regexp.MustCompile(`^(-?\d+×?|–)$`)

// Field writes a labelled text, wrapped beside its label; nothing for an empty text.
func (a *Screen) Field(w io.Writer, label, text string) {
	if text != "" {
		lines := Wrap(text, "           ", a.Width)
		fmt.Fprintf(w, "  %-9s%s\n", label, strings.TrimPrefix(lines, "           "))
	}
}

// Wrap breaks a text into lines of the width, each after the indent.
func Wrap(text, indent string, width int) string {
	var b strings.Builder
	column := 0
	for word := range strings.FieldsSeq(text) {
		n := len([]rune(word))
		switch {
		case column == 0:
			b.WriteString(indent)
			column = len(indent)
		case column+1+n > width:
			b.WriteString("\n" + indent)
			column = len(indent)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}

// Short cuts a text to a number of characters.
func Short(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most-1]) + "…"
}

// Age returns a duration in words, "–" for none.
func Age(d time.Duration) string {
	if d == 0 {
		return "–"
	}
	return operate.Ago(d)
}

// Ago returns how long ago it was, in words.
func (a *Screen) Ago(at time.Time) string { return operate.Ago(a.Now().Sub(at)) + " ago" }

// Say prints what is no data, unless it is not wanted.
func (a *Screen) Say(format string, args ...any) {
	if !a.Quiet {
		fmt.Fprintf(a.Err, format+"\n", args...)
	}
}

// Ask returns an error unless the operator types what is wanted after the question.
func (a *Screen) Ask(doing, question, what, wanted string) error {
	refused := &fault.Error{Kind: fault.Rejected, Class: fault.Value, Code: "not_confirmed", Doing: doing}
	if !a.Terminal {
		refused.Detail = "no terminal to confirm it on: give --yes"
		return refused
	}
	fmt.Fprint(a.Err, question)
	line, err := bufio.NewReader(a.In).ReadString('\n')
	if err != nil || strings.TrimSpace(line) != wanted {
		refused.Detail = "the " + what + " was not typed"
		return refused
	}
	return nil
}
