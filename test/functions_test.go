package test_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"causeway.example/functions"
	"causeway.example/shared/connector"
	"causeway.example/shared/routes"
)

// mains returns the folders of the Lambda functions: functions/<system>/<role>.
func mains(t *testing.T) map[string]source {
	t.Helper()
	found := map[string]source{}
	for _, s := range sources(t) {
		if strings.HasPrefix(s.room, "functions/") && s.file.Name.Name == "main" && !s.test {
			if _, twice := found[s.room]; twice {
				t.Errorf("%s: a function is one file", s.path)
			}
			found[s.room] = s
		}
	}
	return found
}

// TestEveryRoleHasItsFunction: a role without a main is never deployed, and a main
// without a role has neither permissions nor a trigger.
func TestEveryRoleHasItsFunction(t *testing.T) {
	t.Parallel()
	found := mains(t)
	for _, system := range functions.All() {
		for _, role := range system.Profile.Roles {
			folder := path.Join("functions", system.Profile.Name, string(role))
			if _, there := found[folder]; !there {
				t.Errorf("%s has the role %s, and %s/main.go is not there", system.Profile.Name, role, folder)
			}
			delete(found, folder)
		}
	}
	for folder := range found {
		t.Errorf("%s is no role of a system of the catalog", folder)
	}
}

// TestFunctionsStartThemselves: each main names its own system and role, imports
// nothing else, and is about ten lines. An audit opens its target and every source.
func TestFunctionsStartThemselves(t *testing.T) {
	t.Parallel()
	roles := map[string]string{
		string(connector.Receive): "connector.Receive", string(connector.Translate): "connector.Translate", string(connector.Deliver): "connector.Deliver",
		string(connector.Poll): "connector.Poll", string(connector.Pickup): "connector.Pickup",
	}
	for folder, s := range mains(t) {
		system, role := path.Base(path.Dir(folder)), path.Base(folder)
		if role == string(connector.Audit) {
			auditStarts(t, s, system)
			continue
		}
		want := "function.Start(" + roles[role] + ", " + system + ".Profile(), " + system + ".Open, os.Environ(), time.Now)"
		text := mustText(t, s.path)
		if role != string(connector.Deliver) { // it writes to no system
			text = strings.Replace(text, system+".OpenSource,", system+".Open,", 1)
		}
		if !strings.Contains(text, want) {
			t.Errorf("%s does not call %s", s.path, want)
		}
		for _, imported := range s.imports() {
			switch imported {
			case "os", "time", module + "/functions/" + system, module + "/shared/cloud/function", module + "/shared/connector":
			default:
				t.Errorf("%s imports %s", s.path, imported)
			}
		}
		if s.lines > 20 {
			t.Errorf("%s has %d lines: what it does belongs to shared/cloud/function", s.path, s.lines)
		}
	}
}

// auditStarts checks the main of an audit: its own system first, then every system of the catalog
// that has a route to it. It writes to none of them, so that a system may be opened without its target.
func auditStarts(t *testing.T, s source, target string) {
	t.Helper()
	text, want := mustText(t, s.path), []string{target}
	for _, from := range routes.Sources(routes.Table) {
		if slices.ContainsFunc(routes.To(routes.Table, target), func(r routes.Route) bool { return r.From == from }) {
			want = append(want, from)
		}
	}
	var got []string
	for _, opened := range regexp.MustCompile(`nightly\.System\{Profile: (\w+)\.Profile\(\), Open: (\w+)\.Open(?:Source)?\}`).FindAllStringSubmatch(text, -1) {
		if got = append(got, opened[1]); opened[1] != opened[2] {
			t.Errorf("%s opens %s as %s", s.path, opened[1], opened[2])
		}
	}
	if !slices.Equal(got, want) || !strings.Contains(text, "nightly.Start(os.Environ(), time.Now,") || s.lines > 25 {
		t.Errorf("%s starts %v, want %v", s.path, got, want)
	}
}

func mustText(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
