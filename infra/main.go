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

	"causeway.example/infra/causeway"
)

func main() {
	code := run(os.Args[1:], os.Stderr)
	jsii.Close()
	os.Exit(code)
}

// run writes a stage's templates and returns the exit code: 0 if they are written and have no
// findings, 1 if not, 2 if the command line is wrong.
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
	stage, err := causeway.ReadStage(stages, name)
	if err != nil {
		return err
	}
	props := &causeway.InstallationProps{Stage: stage, Programs: dist, Build: build}
	plan, err := causeway.NewPlan(props)
	if err != nil {
		return err
	}
	if err := plan.Built(); err != nil {
		return err
	}
	if err := empty(out); err != nil {
		return fmt.Errorf("emptying %s: %w", out, err)
	}
	templates, err := synthesize(props, out)
	if err != nil {
		return err
	}
	if err := review(templates, out); err != nil {
		return err
	}
	for _, remark := range plan.Remarks() {
		fmt.Fprintln(stderr, remark)
	}
	return nil
}

var errNotOurs = errors.New("it contains something else than templates of an earlier run")

// empty removes the folder if CDK wrote it: a mistyped name must not cost a home directory.
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
