package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestACommandThatIsWrongSaysSo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"an unknown flag":           {[]string{"-stages", "stages", "-fast"}, 2, "flag provided but not defined: -fast"},
		"a stage that is not there": {[]string{"-stages", "stages", "-stage", "nowhere"}, 1, `reading stage "nowhere"`},
		"functions not built":       {[]string{"-stages", "stages", "-dist", "/nowhere"}, 1, "function netsuite-deliver is not built"},
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

// TestTheCommandReplacesWhatItWroteBefore runs it as make synth does, twice.
func TestTheCommandReplacesWhatItWroteBefore(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	args := []string{"-stages", "stages", "-stage", "dev", "-build", "v1.2.3", "-dist", mustDist(t, mustJoin(t, "dev")), "-out", out}
	stale := filepath.Join(out, "causeway-gone-state.template.json")
	for range 2 {
		var stderr bytes.Buffer
		if code := run(args, &stderr); code != 0 || !strings.Contains(stderr.String(), "netsuite takes 5 calls at once") {
			t.Fatalf("exit code %d and %q", code, stderr.String())
		}
		if _, err := os.Stat(stale); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("what an earlier run wrote is still there: %v", err)
		}
		if err := os.WriteFile(stale, []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if text := mustReadFile(t, filepath.Join(out, "causeway-dev-connectors.template.json")); !strings.Contains(text, `"CAUSEWAY_BUILD": "v1.2.3"`) {
		t.Error("functions are not told their version")
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
	args := []string{"-stages", "stages", "-stage", "dev", "-dist", mustDist(t, mustJoin(t, "dev")), "-out", out}
	if code := run(args, &stderr); code != 1 || !strings.Contains(stderr.String(), "it holds something else") {
		t.Errorf("exit code %d and %q", code, stderr.String())
	}
	if mustReadFile(t, diary) != "dear diary" {
		t.Error("the folder was emptied")
	}
}
