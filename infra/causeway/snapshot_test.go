package causeway

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite testdata from this run")

func mustReadFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

var hash = regexp.MustCompile(`[0-9a-f]{64}`)

// TestTemplatesAreAsReviewed shows in review what a change does to an installation.
// Hashes of programs are omitted; the dashboard's body, a text, is decoded.
func TestTemplatesAreAsReviewed(t *testing.T) {
	each(t, examples, func(t *testing.T, p *Plan, w written) {
		for _, part := range parts {
			got := normal(t, mustReadFile(t, filepath.Join(w.folder, p.Name(part)+".template.json")))
			path := filepath.Join("../testdata", p.Name(part)+".json")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := mustReadFile(t, path); got != want {
				t.Errorf("%s is no longer as reviewed; go test ./infra/causeway -update rewrites it. First difference: %s", path, firstDifference(got, want))
			}
		}
	})
}

// TestReadmeCountsTheAlarms: each alarm is paid by the month.
func TestReadmeCountsTheAlarms(t *testing.T) {
	t.Parallel()
	alarms := 0
	for _, part := range parts {
		alarms += strings.Count(mustReadFile(t, "../testdata/causeway-dev-"+part+".json"), `"Type": "AWS::CloudWatch::Alarm"`)
	}
	if want := fmt.Sprintf("(%d in the stage `dev`)", alarms); !strings.Contains(mustReadFile(t, "../README.md"), want) {
		t.Errorf("infra/README.md is without %q", want)
	}
}

func normal(t *testing.T, text string) string {
	t.Helper()
	var template struct {
		Description string         `json:"Description"`
		Resources   map[string]any `json:"Resources"`
		Outputs     map[string]any `json:"Outputs,omitempty"`
	}
	if err := json.Unmarshal([]byte(hash.ReplaceAllString(text, "HASH")), &template); err != nil {
		t.Fatal(err)
	}
	if board, ok := template.Resources["Dashboard"].(map[string]any); ok {
		properties := board["Properties"].(map[string]any)
		properties["DashboardBody"] = map[string]any{"Fn::Sub": json.RawMessage(in(one{Properties: properties}, "DashboardBody", "Fn::Sub").(string))}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(template); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d: %s, was %s", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, were %d", len(g), len(w))
}

// TestTwiceGivesTheSameBytes writes a stage again and compares every file.
func TestTwiceGivesTheSameBytes(t *testing.T) {
	first := mustWrite(t, "dev").folder
	again := writeTo(t, "dev", t.TempDir())
	if again.err != nil {
		t.Fatal(again.err)
	}
	compared := 0
	err := filepath.WalkDir(first, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		compared++
		if name := strings.TrimPrefix(path, first); mustReadFile(t, path) != mustReadFile(t, again.folder+name) {
			t.Errorf("%s differs", name)
		}
		return nil
	})
	if err != nil || compared < 10 {
		t.Fatalf("compared %d files: %v", compared, err)
	}
}
