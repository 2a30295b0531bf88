// Command mutants proves that the simulator can fail: it removes one guard of the
// pipeline at a time, by a patch that only this build sees (go build -overlay), and expects
// some fault to fail that the whole pipeline withstands. Exit code 1 if a missing guard is
// not noticed, or if a patch no longer fits the source.
package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed *.mutant
var patches embed.FS

func main() {
	seeds := flag.Int("seeds", 60, "seeds per fault and guard")
	only := flag.String("guard", "", "try only these guards, joined by commas")
	flag.Parse()
	caught, err := run(context.Background(), os.Stdout, *seeds, *only)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if err != nil || !caught {
		os.Exit(1)
	}
}

// mutant is one guard that is removed.
type mutant struct {
	guard    string
	what     string
	file     string // from the root of the repository
	against  string // the vendor whose connector has the guard; "" for a guard of the pipeline
	old, new string
}

// parse reads a patch: what it does, the file, the lines to replace, and with what.
func parse(guard, text string) (mutant, error) {
	head, rest, ok := strings.Cut(text, "\n--- old\n")
	before, after, both := strings.Cut(rest, "+++ new\n")
	m := mutant{guard: guard, old: before, new: after}
	for line := range strings.Lines(head) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch name {
		case "what":
			m.what = value
		case "file":
			m.file = value
		case "against":
			m.against = value
		}
	}
	if !ok || !both || m.file == "" || m.what == "" || m.old == "" {
		return m, fmt.Errorf("reading %s.mutant: it needs what, file, old and new", guard)
	}
	return m, nil
}

// apply returns the source without the guard.
func (m mutant) apply(source string) (string, error) {
	if n := strings.Count(source, m.old); n != 1 {
		return "", fmt.Errorf("removing the guard %q: its lines are %d times in %s", m.guard, n, m.file)
	}
	return strings.Replace(source, m.old, m.new, 1), nil
}

func all() ([]mutant, error) {
	names, err := patches.ReadDir(".")
	if err != nil {
		return nil, err
	}
	var list []mutant
	for _, entry := range names {
		text, err := patches.ReadFile(entry.Name())
		if err != nil {
			return nil, err
		}
		m, err := parse(strings.TrimSuffix(entry.Name(), ".mutant"), string(text))
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}

// bench is where the mutants are built and run.
type bench struct {
	folder string
	seeds  int
}

func run(ctx context.Context, out io.Writer, seeds int, only string) (caught bool, err error) {
	list, err := all()
	if err != nil {
		return false, err
	}
	folder, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	b := bench{folder, seeds}
	if only == "" {
		if whole, err := b.failure(ctx, nil, ""); err != nil || whole != nobody {
			return false, errors.Join(err, fmt.Errorf("with all its guards it fails %s", whole))
		}
	}
	fmt.Fprintf(out, "%-20s %-24s %s\n", "guard", "first", "what was removed")
	caught = true
	for _, m := range list {
		if only != "" && !slices.Contains(strings.Split(only, ","), m.guard) {
			continue
		}
		first, err := b.first(ctx, m)
		if err != nil {
			return false, err
		}
		fmt.Fprintf(out, "%-20s %-24s %s\n", m.guard, first, m.what)
		caught = caught && first != nobody
	}
	return caught, nil
}

// nobody is in the table where no fault notices that the guard is missing.
const nobody = "NOBODY"

// first returns the first fault that fails without the guard.
func (b bench) first(ctx context.Context, m mutant) (string, error) {
	overlay, err := b.overlay(m)
	if err != nil {
		return "", err
	}
	return b.failure(ctx, overlay, m.against)
}

// overlay writes the mutated file and what tells the compiler to read it.
func (b bench) overlay(m mutant) ([]string, error) {
	path, err := filepath.Abs(filepath.FromSlash(m.file))
	if err != nil {
		return nil, err
	}
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	mutated, err := m.apply(string(source))
	if err != nil {
		return nil, err
	}
	name := filepath.Join(b.folder, m.guard)
	list, err := json.Marshal(map[string]map[string]string{"Replace": {path: name + ".go"}})
	if err != nil {
		return nil, err
	}
	return []string{"-overlay", name + ".json"}, errors.Join(
		os.WriteFile(name+".go", []byte(mutated), 0o600), os.WriteFile(name+".json", list, 0o600))
}

// failure builds the simulator and returns the first fault that fails, against the vendor or, with
// "", against all targets; nobody if none does.
func (b bench) failure(ctx context.Context, flags []string, against string) (first string, err error) {
	binary := filepath.Join(b.folder, "faults")
	build := exec.CommandContext(ctx, "go", slices.Concat([]string{"build"}, flags, []string{"-o", binary, "./test/sim/faults"})...)
	if printed, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the simulator: %w: %s", err, printed)
	}
	var printed bytes.Buffer
	play := exec.CommandContext(ctx, binary, "-first", "-list", "-mixes", "0", "-seeds", fmt.Sprint(b.seeds), "-against", against)
	play.Stdout = &printed
	if err := play.Run(); err != nil && play.ProcessState.ExitCode() != 1 {
		return "", fmt.Errorf("playing the faults: %w", err)
	}
	return firstIn(printed.String()), nil
}

// firstIn returns the fault of the first line that lists a failed case.
func firstIn(printed string) string {
	for line := range strings.Lines(printed) {
		name, rest, ok := strings.Cut(line, " (")
		fault, _, _ := strings.Cut(name, " ")
		if ok && !strings.Contains(rest, "calls spoilt") && (strings.HasPrefix(fault, "F") || fault == "call") {
			return fault
		}
	}
	return nobody
}
