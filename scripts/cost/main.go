package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"causeway.example/shared/routes"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "cost:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("cost", flag.ContinueOnError)
	flags.SetOutput(out)
	targets := flags.Int("targets", 3, "how many systems receive each event")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *targets < 0 || *targets > 100 {
		return fmt.Errorf("-targets must be 0 to 100, not %d", *targets)
	}
	fmt.Fprintf(out, "Dollars per million webhooks, each one event for %d targets (prices of %s):\n\n", *targets, pricesOf)
	printBill(out, variants(*targets))
	fmt.Fprint(out, "\nDollars per million webhooks of a kind, by the routes as they are (HTTP API, batches of ten):\n\n")
	printFlows(out, routes.Table)
	fmt.Fprint(out, "\nOne order through the whole circle (HTTP API, batches of ten):\n\n")
	printOrder(out, variants(*targets)[0])
	return nil
}

// variants are the columns of the bill. The first is the one that the others differ from.
func variants(targets int) []variant {
	base := variant{title: "HTTP API, batches of 10, 10 KB", body: 10, batch: 10, parallel: 1, targets: targets}
	all := []variant{base, base, base, base, base, base}
	all[1].title, all[1].url = "function URL", true
	all[2].title, all[2].batch = "batches of 1", 1
	all[3].title, all[3].parallel = "10 at once", 10
	all[4].title, all[4].body = "100 KB, inline", 100
	all[5].title, all[5].body = "400 KB, claim check", 400
	return all
}

func printBill(out io.Writer, columns []variant) {
	head, rule := "| item |", "|---|"
	for _, v := range columns {
		head, rule = head+" "+v.title+" |", rule+"---:|"
	}
	fmt.Fprintln(out, head+"\n"+rule)
	for i, first := range columns[0].items() {
		row := make([]int64, len(columns))
		for j, v := range columns {
			row[j] = v.items()[i].cost()
		}
		if slices.Max(row) > 0 {
			printRow(out, first.title, row, "")
		}
	}
	totals := make([]int64, len(columns))
	for j, v := range columns {
		totals[j] = v.total()
	}
	printRow(out, "**total**", totals, "**")
}

func printRow(out io.Writer, title string, micros []int64, mark string) {
	cells := make([]string, len(micros))
	for i, m := range micros {
		cells[i] = mark + dollars(m) + mark
	}
	fmt.Fprintf(out, "| %s | %s |\n", title, strings.Join(cells, " | "))
}

// dollars rounds micro-dollars to cents.
func dollars(micros int64) string {
	cents := (micros + 5_000) / 10_000
	return fmt.Sprintf("%d.%02d", cents/100, cents%100)
}

// printFlows prints a line for each source and event type that goes somewhere.
func printFlows(out io.Writer, table []routes.Route) {
	fmt.Fprintln(out, "| source | event | targets | dollars |\n|---|---|---:|---:|")
	for _, source := range routes.Sources(table) {
		targets := map[string]int{}
		var types []string
		for _, route := range table {
			if route.From != source {
				continue
			}
			for _, kind := range route.Types {
				if targets[kind]++; targets[kind] == 1 {
					types = append(types, kind)
				}
			}
		}
		for _, kind := range types {
			fmt.Fprintf(out, "| %s | %s | %d | %s |\n", source, kind, targets[kind], dollars(variants(targets[kind])[0].total()))
		}
	}
}
