// Command size measures the Lambda functions: how large their programs are, how long
// they take from the start of the process to the first poll of the Runtime API, and how
// much memory they hold then and at most in a batch of ten. Each figure stands beside
// that of the smallest program that aws-lambda-go allows, built the same way and
// measured in the same minutes, and is held against the budget: one that passes it
// makes the command exit with 1.
//
// Sizes are those of the arm64 programs in dist; times and memory are those of the same
// sources built for this machine with the same flags. The cloud is a stand-in that says yes to everything.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	dist := flag.String("dist", "dist", "`folder` of the arm64 programs, as make dist leaves them")
	programs := flag.String("programs", ".tools/programs", "`folder` of the programs for this machine, and of the smallest one, as make size leaves them")
	file := flag.String("budget", "scripts/size/budget.json", "`file` with the limits")
	runs := flag.Int("runs", 20, "starts that each figure is taken of")
	flag.Parse()
	passed, err := run(ctx, options{*dist, *programs, *file, *runs}, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "size:", err)
	}
	if err != nil || !passed {
		os.Exit(1)
	}
}

type options struct {
	dist, programs, budget string
	runs                   int
}

// budget is what a function may cost.
type budget struct {
	InitRatio float64 `json:"init_ratio"` // against the smallest program
	ProgramMB float64 `json:"program_mb"` // arm64
	ZipMB     float64 `json:"zip_mb"`
	InitMB    float64 `json:"init_mb"` // resident at the first poll
	PeakMB    float64 `json:"peak_mb"` // resident at most in a batch of ten
}

func readBudget(file string) (b budget, err error) {
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, &b)
	}
	return b, err
}

// figures are what was measured of one program. Sizes are in MB of 10^6 bytes, memory
// in MiB as the kernel counts it, times in milliseconds.
type figures struct {
	program, zip      float64
	init, withSecret  float64
	ratio             float64 // of init to the smallest program's
	resident, highest float64
}

// run measures every function in dist, prints the table and reports whether all are
// within the budget.
func run(ctx context.Context, o options, out io.Writer) (bool, error) {
	limits, err := readBudget(o.budget)
	if err != nil {
		return false, err
	}
	names, err := filepath.Glob(filepath.Join(o.dist, "*", "bootstrap"))
	if err != nil || len(names) == 0 {
		return false, fmt.Errorf("no programs in %s: make dist first (%w)", o.dist, err)
	}
	for i, name := range names {
		names[i] = filepath.Base(filepath.Dir(name))
	}
	slices.Sort(names)
	all, err := programs(o, names)
	if err != nil {
		return false, err
	}
	best, again := map[string]figures{}, all
	for range tries {
		measured, err := measure(ctx, o, again)
		if err != nil {
			return false, err
		}
		keep(best, measured)
		slow := limits.onlySlow(names, best)
		if len(slow) == 0 {
			break
		}
		again = slices.DeleteFunc(slices.Clone(all), func(p program) bool { return p.name != minimal && !slices.Contains(slow, p.name) })
	}
	return table(out, names, best, limits), nil
}

// tries is how often the times of a program over the budget are taken: other work on the machine
// adds to them, so a program that is too slow is so each time. Sizes and memory do not depend on
// that.
const tries = 16

// keep replaces the figures of each program whose start was faster, beside the smallest
// program in the same try, than in any try before.
func keep(best, measured map[string]figures) {
	for name, f := range measured {
		f.ratio = f.init / measured[minimal].init
		if known, ok := best[name]; !ok || f.ratio < known.ratio {
			best[name] = f
		}
	}
}

// onlySlow returns the functions over the budget if each of them is so by its start alone.
func (b budget) onlySlow(names []string, measured map[string]figures) []string {
	var slow []string
	for _, name := range names {
		f := measured[name]
		if f.ratio > b.InitRatio {
			slow = append(slow, name)
		}
		f.ratio = 0
		if len(b.broken(f)) > 0 {
			return nil
		}
	}
	return slow
}

// minimal is the name of the smallest program.
const minimal = "minimal"

// table prints what was measured and reports whether it is within the limits.
func table(out io.Writer, names []string, measured map[string]figures, limits budget) bool {
	least := measured[minimal]
	fmt.Fprintf(out, "%-24s %14s %14s %18s %12s %14s %14s\n", "function", "arm64 MB", "zip MB", "init ms", "with secret", "at init MiB", "batch MiB")
	fmt.Fprintf(out, "%-24s %6.2f %7s %6.2f %7s %8.2f %9s %12s %6.1f %7s %6.1f\n", minimal, least.program, "", least.zip, "", least.init, "", "", least.resident, "", least.highest)
	passed := true
	for _, name := range names {
		f := measured[name]
		fmt.Fprintf(out, "%-24s %6.2f (%.2f×) %6.2f (%.2f×) %8.2f (%.2f×) %12.2f %6.1f (%.2f×) %6.1f (%.2f×)\n", name, f.program, f.program/least.program, f.zip, f.zip/least.zip,
			f.init, f.ratio, f.withSecret, f.resident, f.resident/least.resident, f.highest, f.highest/least.highest)
		for _, broken := range limits.broken(f) {
			passed = false
			fmt.Fprintf(out, "  over budget: %s\n", broken)
		}
	}
	fmt.Fprintf(out, "%-24s %6.2f %7s %6.2f %7s %8.2f (%.2f×) %12s %6.1f %7s %6.1f\n", "at most", limits.ProgramMB, "", limits.ZipMB, "", limits.InitRatio*least.init, limits.InitRatio, "", limits.InitMB, "", limits.PeakMB)
	return passed
}

// broken names the limits that the figures pass.
func (b budget) broken(f figures) []string {
	var all []string
	check := func(what string, got, most float64) {
		if got > most {
			all = append(all, fmt.Sprintf("%s is %.2f, at most %.2f is allowed", what, got, most))
		}
	}
	check("the program in MB", f.program, b.ProgramMB)
	check("the zip in MB", f.zip, b.ZipMB)
	check(fmt.Sprintf("init of %.2f ms against the smallest program", f.init), f.ratio, b.InitRatio)
	check("resident memory at init in MiB", f.resident, b.InitMB)
	check("resident memory in a batch of ten in MiB", f.highest, b.PeakMB)
	return all
}
