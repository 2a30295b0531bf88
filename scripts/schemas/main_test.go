package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"causeway.example/shared/canonical"
)

// The tests run in the repository's root, as the command does: the descriptions are
// read from the sources below it. A test that changes the folder cannot run in parallel.
func atRoot(t *testing.T) {
	t.Helper()
	t.Chdir(filepath.Join("..", ".."))
}

func mustGenerate(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestFilesAreUpToDate(t *testing.T) {
	atRoot(t)
	if err := run([]string{"-check"}, io.Discard); err != nil {
		t.Error(err)
	}
}

func TestEveryEventTypeGetsItsFiles(t *testing.T) {
	atRoot(t)
	files := mustGenerate(t)
	for _, kind := range canonical.Types() {
		for _, folder := range []string{"schemas/", "samples/"} {
			if len(files[folder+kind.Name+".v1.json"]) == 0 {
				t.Errorf("no %s of %s", folder, kind.Name)
			}
		}
	}
	if want := 2*len(canonical.Types()) + 1; len(files) != want {
		t.Errorf("%d files, want %d", len(files), want)
	}
}

func TestTwoRunsGiveTheSameBytes(t *testing.T) {
	atRoot(t)
	first, second := mustGenerate(t), mustGenerate(t)
	for path, data := range first {
		if !bytes.Equal(data, second[path]) {
			t.Errorf("%s differs between two runs", path)
		}
	}
}

func TestRulesOfTheModelStandInTheSchema(t *testing.T) {
	atRoot(t)
	files := mustGenerate(t)
	for path, wants := range map[string][]string{
		"schemas/order.placed.v1.json": {
			`"const": "order.placed"`, `"const": "order/1"`, `"x-pii": "email"`, `"$ref": "#/$defs/Order"`, `"format": "date-time"`,
			`"partially_refunded"`, `"maxItems": 20000`, `"maxLength": 128`, `"pattern": "^[0-9]{1,18}`, `"pattern": "^-?[0-9]{1,18}`,
			`"maximum": 999999999999999999`, `"minimum": -999999999999999999`, `"description": "prices contain the tax"`,
		},
		"schemas/customer.upserted.v1.json": {`"maxLength": 254`, `"x-pii": "phone"`, `"pattern": "^([A-Z]{2})?$"`},
		"schemas/return.received.v1.json":   {`"minItems": 1`, `"minLength": 1`},
		"schemas/envelope.v1.json":          {`"oneOf"`, `"https://json-schema.org/draft/2020-12/schema"`, `"minimum": 0`},
	} {
		for _, want := range wants {
			if !bytes.Contains(files[path], []byte(want)) {
				t.Errorf("%s lacks %s", path, want)
			}
		}
	}
}

func TestCheckNamesWhatDiffersAndWritesNothing(t *testing.T) {
	atRoot(t)
	dir := t.TempDir()
	err := run([]string{"-check", "-dir", dir}, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "schemas/order.placed.v1.json") {
		t.Errorf("an empty folder passes the check: %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("the check wrote %v, %v", entries, err)
	}
}

func TestRunRepairsTheFolder(t *testing.T) {
	atRoot(t)
	dir := t.TempDir()
	var out bytes.Buffer
	if err := run([]string{"-dir", dir}, &out); err != nil {
		t.Fatal(err)
	}
	stale, changed := filepath.Join(dir, "samples", "order.lost.v1.json"), filepath.Join(dir, "samples", "order.placed.v1.json")
	for _, name := range []string{stale, changed} {
		if err := os.WriteFile(name, []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out.Reset()
	if err := run([]string{"-dir", dir}, &out); err != nil {
		t.Fatal(err)
	}
	if want := stale + "\n" + changed + "\n"; out.String() != want {
		t.Errorf("second run wrote %q, want %q", out.String(), want)
	}
	if _, err := os.Stat(stale); err == nil {
		t.Error("a file of no event type was left")
	}
	if err := run([]string{"-check", "-dir", dir}, io.Discard); err != nil {
		t.Error(err)
	}
}

func TestRunRefusesUnknownFlags(t *testing.T) {
	if err := run([]string{"-force"}, io.Discard); err == nil {
		t.Error("-force was accepted")
	}
}

func TestRunNeedsTheSources(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := run(nil, io.Discard); err == nil {
		t.Error("schemas were written without the model's sources")
	}
}

func TestCompareListsPathsInOrder(t *testing.T) {
	t.Parallel()
	dir := fstest.MapFS{
		"samples/a.json": {Data: []byte("1")}, "samples/stale.json": {Data: []byte("1")},
		"schemas/same.json": {Data: []byte("1")}, "triggers/not-ours.json": {Data: []byte("1")},
	}
	files := map[string][]byte{"samples/a.json": []byte("2"), "schemas/same.json": []byte("1"), "schemas/new.json": []byte("3")}
	got, err := compare(dir, files)
	if want := "samples/a.json samples/stale.json schemas/new.json"; err != nil || strings.Join(got, " ") != want {
		t.Errorf("compare = %q, %v, want %s", got, err, want)
	}
}

func TestASampleThatBreaksARuleIsNotWritten(t *testing.T) {
	t.Parallel()
	kind, _ := canonical.TypeNamed(canonical.ProductUpserted)
	if _, err := newMessage(kind, kind.New()); err == nil {
		t.Error("an empty product became a sample")
	}
}
