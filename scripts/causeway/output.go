package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/itchyny/gojq"

	"causeway.example/shared/operate"
)

func (a *tool) checkOutput() error {
	switch a.output {
	case "table", "wide", "json", "ndjson":
		return nil
	}
	return usage{fmt.Errorf("--output %q: it is table, wide, json or ndjson", a.output)}
}

// asData reports whether the answer is to be printed for a program.
func (a *tool) asData() bool { return a.output == "json" || a.output == "ndjson" || a.jq != "" }

// print prints an answer: as one JSON object with its schema, as a line for each of its
// items, as what the jq expression makes of it, or as text.
func (a *tool) print(schema string, answer any, items []any, text func(w io.Writer)) error {
	if !a.asData() {
		text(a.out)
		return nil
	}
	if a.output == "ndjson" && a.jq == "" && items != nil {
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
	if a.jq == "" {
		indent := "  "
		if a.output == "ndjson" {
			indent = ""
		}
		return a.printJSON(tree, indent)
	}
	return a.printJQ(tree)
}

// printJQ prints what the jq expression makes of the tree, texts without quotes.
func (a *tool) printJQ(tree any) error {
	query, err := gojq.Parse(a.jq)
	if err != nil {
		return usage{fmt.Errorf("--jq: %w", err)}
	}
	for found := query.Run(tree); ; {
		value, more := found.Next()
		if !more {
			return nil
		}
		if err, ok := value.(error); ok {
			return usage{fmt.Errorf("--jq: %w", err)}
		}
		if text, ok := value.(string); ok {
			fmt.Fprintln(a.out, text)
			continue
		}
		if err := a.printJSON(value, ""); err != nil {
			return err
		}
	}
}

func (a *tool) printJSON(value any, indent string) error {
	encoder := json.NewEncoder(a.out)
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

// anys returns the items for print.
func anys[T any](items []T) []any {
	all := make([]any, len(items))
	for i, item := range items {
		all[i] = item
	}
	return all
}

// where returns the condition of a jq expression over a letter; nil for "".
func where(expression string) (func(operate.Letter) (bool, error), error) {
	if expression == "" {
		return nil, nil
	}
	parsed, err := gojq.Parse(expression)
	if err != nil {
		return nil, usage{fmt.Errorf("--where: %w", err)}
	}
	code, err := gojq.Compile(parsed)
	if err != nil {
		return nil, usage{fmt.Errorf("--where: %w", err)}
	}
	return func(l operate.Letter) (bool, error) {
		tree, err := treeOf(l)
		if err != nil {
			return false, err
		}
		value, _ := code.Run(tree).Next()
		if err, ok := value.(error); ok {
			return false, usage{fmt.Errorf("--where: %w", err)}
		}
		return value != nil && value != false, nil
	}, nil
}

// table writes rows in columns, which tabs separate.
func table(w io.Writer, rows ...string) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(t, row)
	}
	_ = t.Flush() // the writer below reports its own failures
}

// field writes a labelled text, wrapped beside its label; nothing for an empty text.
func (a *tool) field(w io.Writer, label, text string) {
	if text != "" {
		lines := wrap(text, "           ", a.width)
		fmt.Fprintf(w, "  %-9s%s\n", label, strings.TrimPrefix(lines, "           "))
	}
}

// wrap breaks a text into lines of the width, each after the indent.
func wrap(text, indent string, width int) string {
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
