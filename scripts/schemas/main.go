package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "schemas:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("schemas", flag.ContinueOnError)
	flags.SetOutput(out)
	check := flags.Bool("check", false, "write nothing; fail if a file differs from what would be written")
	dir := flags.String("dir", "events", "folder that holds schemas and samples")
	if err := flags.Parse(args); err != nil {
		return err
	}
	files, err := generate()
	if err != nil {
		return err
	}
	differing, err := compare(os.DirFS(*dir), files)
	if err != nil || len(differing) == 0 {
		return err
	}
	if *check {
		return fmt.Errorf("%d files are not up to date, run `go run ./scripts/schemas`: %q", len(differing), differing)
	}
	return write(*dir, files, differing, out)
}

// generate returns every file by its path below the folder events.
func generate() (map[string][]byte, error) {
	files := map[string][]byte{}
	if err := addSchemas(files); err != nil {
		return nil, err
	}
	return files, addSamples(files)
}

// compare returns the paths that differ, sorted: changed, missing, and, in the
// folders that this command owns, present without reason.
func compare(dir fs.FS, files map[string][]byte) ([]string, error) {
	differing := map[string]bool{}
	for path, want := range files {
		got, err := fs.ReadFile(dir, path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if !bytes.Equal(got, want) {
			differing[path] = true
		}
	}
	for _, folder := range []string{"schemas", "samples"} {
		present, err := fs.Glob(dir, folder+"/*")
		if err != nil {
			return nil, err
		}
		for _, path := range present {
			if _, wanted := files[path]; !wanted {
				differing[path] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(differing)), nil
}

func write(dir string, files map[string][]byte, differing []string, out io.Writer) error {
	for _, path := range differing {
		name := filepath.Join(dir, filepath.FromSlash(path))
		if err := writeOrRemove(name, files[path]); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, name); err != nil {
			return err
		}
	}
	return nil
}

// writeOrRemove writes the file, or removes it where nothing is to be in it.
func writeOrRemove(name string, data []byte) error {
	if data == nil {
		return os.Remove(name)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o644)
}
