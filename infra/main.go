package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/aws/jsii-runtime-go"

	"causeway/functions"
	"causeway/shared/routes"
)

func main() {
	code := run(os.Args[1:], os.Stderr)
	jsii.Close()
	os.Exit(code)
}

// run writes a stage's templates and returns the exit code: 0 when they are written and
// nothing is wrong with them, 1 when something is, 2 when the command was.
func run(args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("infra", flag.ContinueOnError)
	flags.SetOutput(stderr)
	name := flags.String("stage", "dev", "which of the `stages` to write")
	stages := flags.String("stages", "infra/stages", "`folder` of the stages")
	dist := flags.String("dist", "dist", "`folder` of the functions' programs")
	out := flags.String("out", "infra/cdk.out", "`folder` to write to")
	build := flags.String("build", "unknown", "`version` that the ledger shows")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if err := write(*stages, *name, *build, *dist, *out, stderr); err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

func write(stages, name, build, dist, out string, stderr io.Writer) error {
	stage, file, err := readStage(stages, name)
	if err != nil {
		return err
	}
	p, err := join(stage, file, functions.All(), routes.Table, build)
	if err != nil {
		return err
	}
	if err := p.write(dist, out); err != nil {
		return err
	}
	for _, remark := range p.remarks() {
		fmt.Fprintln(stderr, remark)
	}
	return nil
}

// write empties the folder out, writes the plan's templates there and has them checked.
func (p *plan) write(dist, out string) error {
	code, err := p.built(dist)
	if err != nil {
		return err
	}
	if err := empty(out); err != nil {
		return fmt.Errorf("emptying %s: %w", out, err)
	}
	if err := synthesise(p.stage, p.templates(), code, out); err != nil {
		return err
	}
	return review(p.templates(), out)
}

var errNotOurs = errors.New("it holds something else than templates that were written before")

// empty removes the folder if it is what CDK wrote: a slip in its name must not cost a
// home directory.
func empty(out string) error {
	entries, err := os.ReadDir(out)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == "cdk.out" && !e.IsDir() }) {
		return errNotOurs
	}
	return os.RemoveAll(out)
}
