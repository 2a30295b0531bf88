package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	licenses "github.com/google/licenseclassifier/v2"
	"github.com/google/licenseclassifier/v2/assets"
)

// allowed are the licenses that a dependency may have, by their SPDX names: permissive ones,
// and MPL-2.0, whose terms end at its own files.
var allowed = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0", "Unlicense"}

// module is a module of the build, as go list shows it.
type module struct {
	Path, Version, Dir string
	Main               bool
}

var (
	errNoLicense  = errors.New("has no file with a license")
	errNotAllowed = errors.New("is not in the allow-list")
	errNoModules  = errors.New("the build has no modules")
)

// licenseFiles are the beginnings of the names of files with a license, in capitals.
var licenseFiles = []string{"LICENSE", "LICENCE", "COPYING", "UNLICENSE"}

// checkLicenses prints how many modules have each license, and returns an error that names
// every module whose licenses are not all allowed.
func checkLicenses(folder string, out io.Writer) error {
	modules, err := modulesOf(folder)
	if err != nil {
		return err
	}
	classifier, err := assets.DefaultClassifier()
	if err != nil {
		return fmt.Errorf("loading the licenses: %w", err)
	}
	counts := map[string]int{}
	var findings []error
	for _, m := range modules {
		found, err := licensesOf(classifier, m.Dir)
		if err == nil {
			err = accept(found)
		}
		if err != nil {
			findings = append(findings, fmt.Errorf("%s %s: %w", m.Path, m.Version, err))
		}
		counts[strings.Join(found, " and ")]++
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		_, _ = fmt.Fprintf(out, "%4d modules: %s\n", counts[name], name) // a pipe that is closed is the reader's choice
	}
	return errors.Join(findings...)
}

func accept(found []string) error {
	for _, name := range found {
		if !slices.Contains(allowed, name) {
			return fmt.Errorf("license %s %w: %s", name, errNotAllowed, strings.Join(allowed, ", "))
		}
	}
	return nil
}

// modulesOf returns the modules that packages of the folder's module are built from, without
// the module itself.
func modulesOf(folder string) ([]module, error) {
	command := exec.Command("go", "list", "-deps", "-json=Module", "./...")
	command.Dir, command.Stderr = folder, os.Stderr
	data, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("listing the modules of %s: %w", folder, err)
	}
	byPath := map[string]module{}
	for decoder := json.NewDecoder(bytes.NewReader(data)); decoder.More(); {
		var listed struct{ Module *module }
		if err := decoder.Decode(&listed); err != nil {
			return nil, fmt.Errorf("reading the modules of %s: %w", folder, err)
		}
		if m := listed.Module; m != nil && !m.Main {
			byPath[m.Path] = *m
		}
	}
	if len(byPath) == 0 {
		return nil, errNoModules
	}
	all := make([]module, 0, len(byPath))
	for _, path := range slices.Sorted(maps.Keys(byPath)) {
		all = append(all, byPath[path])
	}
	return all, nil
}

// licensesOf returns the SPDX names of the licenses in the files at the top of a module that
// are named so, sorted.
func licensesOf(classifier *licenses.Classifier, folder string) ([]string, error) {
	files, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("reading the module's folder: %w", err)
	}
	found := map[string]bool{}
	for _, file := range files {
		name := strings.ToUpper(file.Name())
		if file.IsDir() || !slices.ContainsFunc(licenseFiles, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, file.Name())) //nolint:gosec // G304: a module's own file
		if err != nil {
			return nil, fmt.Errorf("reading the license: %w", err)
		}
		for _, match := range classifier.Match(text).Matches {
			if match.MatchType == "License" {
				found[match.Name] = true
			}
		}
	}
	if len(found) == 0 {
		return nil, errNoLicense
	}
	return slices.Sorted(maps.Keys(found)), nil
}
