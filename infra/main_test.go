package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go"
)

func TestAWrongCommandIsReported(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"an unknown flag":           {[]string{"-stages", "stages", "-fast"}, 2, "flag provided but not defined: -fast"},
		"a stage that is not there": {[]string{"-stages", "stages", "-stage", "nowhere"}, 1, `reading stage "nowhere"`},
		"functions not built":       {[]string{"-stages", "stages", "-dist", "/nowhere"}, 1, "function netsuite-translate is not built"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stderr bytes.Buffer
			if code := run(c.args, &stderr); code != c.code || !strings.Contains(stderr.String(), c.want) {
				t.Errorf("exit code %d and %q, want %d and %q", code, stderr.String(), c.code, c.want)
			}
		})
	}
}

// TestTheCommandReplacesAnEarlierRun runs it as make synth does, twice.
func TestTheCommandReplacesAnEarlierRun(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	args := []string{"-stages", "stages", "-stage", "dev", "-build", "v1.2.3", "-dist", mustDist(t), "-out", out}
	stale := filepath.Join(out, "causeway-gone-state.template.json")
	for range 2 {
		var stderr bytes.Buffer
		if code := run(args, &stderr); code != 0 || !strings.Contains(stderr.String(), "netsuite takes 5 calls at once") {
			t.Fatalf("exit code %d and %q", code, stderr.String())
		}
		if _, err := os.Stat(stale); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a file of an earlier run is still there: %v", err)
		}
		if err := os.WriteFile(stale, []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if text := mustReadFile(t, filepath.Join(out, "causeway-dev-connectors.template.json")); !strings.Contains(text, `"CAUSEWAY_BUILD": "v1.2.3"`) {
		t.Error("functions do not get their version")
	}
}

func TestAFolderOfSomethingElseIsLeftAlone(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	diary := filepath.Join(out, "diary.txt")
	if err := os.WriteFile(diary, []byte("dear diary"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	args := []string{"-stages", "stages", "-stage", "dev", "-dist", mustDist(t), "-out", out}
	if code := run(args, &stderr); code != 1 || !strings.Contains(stderr.String(), "it contains something else") {
		t.Errorf("exit code %d and %q", code, stderr.String())
	}
	if mustReadFile(t, diary) != "dear diary" {
		t.Error("the folder was emptied")
	}
}

// mustDist makes a folder of stand-ins for the programs of all functions.
func mustDist(t *testing.T) string {
	t.Helper()
	mains, err := filepath.Glob("../functions/*/*/main.go")
	if err != nil || len(mains) == 0 {
		t.Fatalf("no function was found: %v", err)
	}
	dist := t.TempDir()
	for _, main := range mains {
		role := filepath.Dir(main)
		name := filepath.Base(filepath.Dir(role)) + "-" + filepath.Base(role)
		if err := os.MkdirAll(filepath.Join(dist, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dist, name, "bootstrap"), []byte(name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dist
}

func mustReadFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestMain(m *testing.M) {
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}
