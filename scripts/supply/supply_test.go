package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/licenseclassifier/v2/assets"
)

func mustWriteFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLicensesAreRecognizedAndHeldToTheList(t *testing.T) {
	t.Parallel()
	classifier, err := assets.DefaultClassifier()
	if err != nil {
		t.Fatal(err)
	}
	text := func(name string) string {
		data, err := assets.ReadLicenseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	for name, c := range map[string]struct{ file, text, want string }{
		"permissive":      {"LICENSE", text("License/MIT/pristine.txt"), ""},
		"public domain":   {"UNLICENSE", text("License/Unlicense/license.txt"), ""},
		"weak copyleft":   {"LICENSE.md", text("License/MPL-2.0/license.txt"), ""},
		"strong copyleft": {"COPYING", text("License/AGPL-3.0/license.txt"), "license AGPL-3.0 is not in the allow-list"},
		"no license":      {"LICENSE", "All rights reserved.", "has no file with a license"},
		"another file":    {"README", text("License/MIT/pristine.txt"), "has no file with a license"},
	} {
		folder := t.TempDir()
		mustWriteFile(t, filepath.Join(folder, c.file), c.text)
		found, err := licensesOf(classifier, folder)
		if err == nil {
			err = accept(found)
		}
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: found %v, %v, want %q", name, found, err, c.want)
		}
	}
}

// TestTheDocumentListsWhatAProgramIsBuiltFrom builds this command, which has dependencies.
func TestTheDocumentListsWhatAProgramIsBuiltFrom(t *testing.T) {
	t.Parallel()
	dist := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(dist, "shop-receive", "bootstrap"), ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var first, second bytes.Buffer
	for _, out := range []*bytes.Buffer{&first, &second} {
		if code := run([]string{"-sbom", dist}, out, os.Stderr); code != 0 {
			t.Fatalf("exit code %d", code)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same program gives two documents")
	}
	var document struct {
		BomFormat, SpecVersion string
		Components             []struct{ Type, Name, Version, Purl string }
		Dependencies           []struct {
			Ref       string
			DependsOn []string
		}
	}
	if err := json.Unmarshal(first.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	if document.BomFormat != "CycloneDX" || document.SpecVersion == "" || len(document.Dependencies) != 1 || document.Dependencies[0].Ref != "shop-receive" {
		t.Errorf("the document is %.300s", first.String())
	}
	uses := strings.Join(document.Dependencies[0].DependsOn, " ")
	for _, want := range []string{"pkg:golang/github.com/CycloneDX/cyclonedx-go@v", "pkg:golang/github.com/google/licenseclassifier/v2@v", "pkg:golang/std@1."} {
		if !strings.Contains(uses, want) {
			t.Errorf("the program is built from %s, want %s", uses, want)
		}
	}
	if code := run([]string{"-sbom", t.TempDir()}, &first, &second); code != 1 {
		t.Errorf("an empty folder ends with %d", code)
	}
}

func TestAVulnerabilityThatIsCalledFails(t *testing.T) {
	t.Parallel()
	const config = `{"config":{"protocol_version":"v1.0.0"}}`
	called := `{"finding":{"osv":"GO-2026-0001","fixed_version":"v1.2.4","trace":[{"module":"example.com/m","version":"v1.2.3","package":"example.com/m","function":"F"}]}}`
	library := strings.NewReplacer("example.com/m", "stdlib", "GO-2026-0001", "GO-2026-0002").Replace(called)
	required := `{"finding":{"osv":"GO-2026-0003","trace":[{"module":"example.com/m","version":"v1.2.3"}]}}`
	for name, c := range map[string]struct {
		report string
		code   int
		says   string
	}{
		"none":                    {config, 0, "0 vulnerabilities"},
		"called":                  {config + called, 1, "GO-2026-0001: example.com/m v1.2.3 is vulnerable and called; fixed in v1.2.4"},
		"of the standard library": {config + library, 0, "build with v1.2.4 or newer"},
		"required, not called":    {config + required, 0, "1 vulnerabilities in what is required, 0 of them called"},
		"no report":               {"{}", 1, "none of govulncheck"},
		"cut off":                 {config + called[:40], 1, "reading the report"},
	} {
		path := filepath.Join(t.TempDir(), "report.json")
		mustWriteFile(t, path, c.report)
		var out bytes.Buffer
		if code := run([]string{"-vulnerabilities", path}, &out, &out); code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: exit code %d, says %q, want %d and %q", name, code, out.String(), c.code, c.says)
		}
	}
}

func TestAWrongCommandLineIsTwo(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if code := run(nil, &out, &out); code != 2 || !strings.Contains(out.String(), "-licenses") {
		t.Errorf("exit code %d, says %s", code, out.String())
	}
}
