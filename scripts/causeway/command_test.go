package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"causeway.example/scripts/causeway/cli"
	"causeway.example/scripts/causeway/screen"
	"causeway.example/shared/fault"
	"causeway.example/shared/routes"
)

func commands(of *cobra.Command) (all []*cobra.Command) {
	for _, c := range of.Commands() {
		all = append(append(all, c), commands(c)...)
	}
	return all
}

func TestEveryCommandHasAnExample(t *testing.T) {
	t.Parallel()
	root := root(&cli.Tool{})
	for _, c := range append(commands(root), root) {
		if c.Example == "" || c.Short == "" {
			t.Errorf("%s has no example or no description", c.CommandPath())
		}
		for line := range strings.Lines(c.Example) {
			if words := strings.Fields(line); words[0] != "causeway" {
				t.Errorf("%s: the example %q is no command line", c.CommandPath(), line)
			} else if _, _, err := root.Find(words[1:]); err != nil {
				t.Errorf("%s: the example names what there is not: %v", c.CommandPath(), err)
			}
		}
	}
}

// mentioned finds commands of ours in a text.
var mentioned = regexp.MustCompile("(?:^|[^a-z./-])causeway ([a-z][a-z-]+)")

// TestTextsNameCommandsThatExist: alarms, ledger reasons, errors and help name no command
// that there is not.
func TestTextsNameCommandsThatExist(t *testing.T) {
	t.Parallel()
	root, found := root(&cli.Tool{}), 0
	var known []string
	for _, c := range root.Commands() {
		known = append(known, c.Name())
	}
	known = append(known, "help", "completion", "shows") // "causeway shows …" is a sentence
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		for _, text := range literals(t, path) {
			for _, match := range mentioned.FindAllStringSubmatch(text, -1) {
				if found++; !slices.Contains(known, match[1]) {
					t.Errorf("%s names causeway %s, which there is not", path, match[1])
				}
			}
		}
		return nil
	})
	if err != nil || found < 30 {
		t.Errorf("%d commands are named: looked in the wrong place? %v", found, err)
	}
	for _, path := range []string{"../../README.md", "../README.md"} {
		readme, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile("(?m)bin/causeway ([a-z][a-z-]+)").FindAllStringSubmatch(string(readme), -1) {
			if !slices.Contains(known, match[1]) {
				t.Errorf("%s names causeway %s, which there is not", path, match[1])
			}
		}
	}
}

func literals(t *testing.T, path string) (texts []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(node ast.Node) bool {
		if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if text, err := strconv.Unquote(literal.Value); err == nil {
				texts = append(texts, text)
			}
		}
		return true
	})
	return texts
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.order(1001, "TRAIL-42", nil)
	for _, c := range []struct {
		line []string
		code int
	}{
		{[]string{"status"}, screen.ExitAttention},
		{[]string{"why"}, screen.ExitAttention},
		{[]string{"why", "--route", "woocommerce-orders-to-netsuite"}, screen.ExitOK},
		{[]string{"why", "--route", "unheard"}, screen.ExitNotFound},
		{[]string{"why", "--where", ".x ="}, screen.ExitUsage},
		{[]string{"why", "--since", "yesterday"}, screen.ExitUsage},
		{[]string{"status", "-o", "xml"}, screen.ExitUsage},
		{[]string{"status", "--unheard"}, screen.ExitUsage},
		{[]string{"trace"}, screen.ExitUsage},
		{[]string{"trace", "9999"}, screen.ExitNotFound},
		{[]string{"inspect", "9999"}, screen.ExitNotFound},
		{[]string{"redrive"}, screen.ExitUsage},
		{[]string{"redrive", "--all", "--rate", "fast"}, screen.ExitUsage},
		{[]string{"apply", "p-nothere"}, screen.ExitNotFound},
		{[]string{"op", "show", "o-nothere"}, screen.ExitNotFound},
		{[]string{"purge", "--all", "--apply", "--reason", "r"}, screen.ExitRefused},
		{[]string{"route", "pause", "shopify-orders-to-netsuite"}, screen.ExitRefused},
		{[]string{"webhook", "send", "shopify", "orders/create", "/no/such/file"}, screen.ExitNotFound},
	} {
		if code, out, complaints := w.run(c.line...); code != c.code {
			t.Errorf("%q ended with %d, want %d: %s%s", c.line, code, c.code, out, complaints)
		}
	}
	if code := screen.ExitCode(&fault.Error{Kind: fault.NotReady, Code: "busy"}); code != screen.ExitBusy {
		t.Errorf("a busy queue ends with %d", code)
	}
}

func TestAnswersForPrograms(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.order(1001, "TRAIL-42", nil)
	_, out, _ := w.run("why", "-o", "json")
	var answer struct {
		Schema string
		Why    []struct {
			Group  string
			Values []struct{ Value string }
		}
	}
	if err := json.Unmarshal([]byte(out), &answer); err != nil || answer.Schema != "causeway.why/v1" || len(answer.Why) != 1 || answer.Why[0].Values[0].Value != "TRAIL-42" {
		t.Errorf("answer %s, %v", out, err)
	}
	table := storesAndERP(t)
	if _, out, _ := w.run("status", "-o", "ndjson"); strings.Count(out, "\n") != len(table)+2*len(routes.Sources(table)) {
		t.Errorf("lines %s", out)
	}
	if _, out, _ := w.run("status", "--jq", `.status.routes[] | select(.dead > 0) | .route`); out != "shopify-orders-to-netsuite\n" {
		t.Errorf("jq gave %q", out)
	}
	if _, out, _ := w.run("why", "--where", `.value == "OTHER"`, "--jq", ".why | length"); out != "0\n" {
		t.Errorf("where gave %q", out)
	}
	_, _, complaints := w.run("trace", "9999", "-o", "json")
	var failure struct {
		Error struct{ Code, Class, Message string }
	}
	if err := json.Unmarshal([]byte(complaints), &failure); err != nil || failure.Error.Code != "not_found" {
		t.Errorf("error %s, %v", complaints, err)
	}
}

func TestPausedRouteHoldsItsMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const route = "shopify-orders-to-netsuite"
	if code, _, complaints := w.run("route", "pause", route, "--reason", "ERP patch"); code != screen.ExitOK {
		t.Fatal(complaints)
	}
	w.noticed()
	w.order(1001, "TEE-BLK-M", nil)
	if _, out, _ := w.run("trace", "1001"); !strings.Contains(out, "paused by ana: ERP patch") || len(w.erp.Orders()) != 0 {
		t.Errorf("trace says %s", out)
	}
	w.run("route", "resume", route)
	w.noticed()
	w.settle()
	if len(w.erp.Orders()) != 1 {
		t.Error("the order is not in the ERP")
	}
}

func TestCompletionKnowsRoutesAndGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.order(1001, "TRAIL-42", nil)
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if code, out, _ := w.run("completion", shell); code != screen.ExitOK || len(out) < 500 {
			t.Errorf("completion for %s: %d, %d bytes", shell, code, len(out))
		}
	}
	if _, out, _ := w.run("__complete", "--data", w.folder, "why", "--route", ""); !strings.Contains(out, "shopify-orders-to-netsuite") {
		t.Errorf("routes complete to %s", out)
	}
	if _, out, _ := w.run("__complete", "--data", w.folder, "redrive", "--group", ""); !strings.Contains(out, w.group()) {
		t.Errorf("groups complete to %s", out)
	}
}

func TestPersonalDataIsShownOnRequestAndNoted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.order(1001, "TRAIL-42", nil)
	_, event, _ := w.run("why", "--jq", ".why[].example.event_id")
	event = strings.TrimSpace(event)
	if _, out, _ := w.run("inspect", event); strings.Contains(out, "ada@example.com") || !strings.Contains(out, "***") {
		t.Errorf("inspect shows %s", out)
	}
	if _, out, _ := w.run("inspect", event, "--show-pii"); !strings.Contains(out, "ada@example.com") {
		t.Errorf("inspect --show-pii shows %s", out)
	}
	if _, out, _ := w.run("trace", event); !strings.Contains(out, "personal data shown to ana") {
		t.Errorf("the ledger has no entry of it: %s", out)
	}
	edit := []string{"edit", event, "--set", "buyer.email=ada@new.example", "-o", "json"}
	if code, out, complaints := w.run(edit...); code != screen.ExitOK || strings.Contains(out, "ada@") || !strings.Contains(out, "buyer.email") {
		t.Errorf("edit: %d %s%s", code, out, complaints)
	}
	if _, out, _ := w.run(append(edit, "--show-pii")...); !strings.Contains(out, "ada@new.example") {
		t.Errorf("edit --show-pii shows %s", out)
	}
	if _, out, _ := w.run("trace", event, "-o", "ndjson"); strings.Count(out, "personal data shown to ana") < 2 && !strings.Contains(out, `"count":2`) {
		t.Errorf("the ledger has no entry of the second look: %s", out)
	}
}

func TestReplayAndMapTest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.order(1001, "TEE-BLK-M", nil)
	w.order(1002, "TRAIL-42", nil)
	_, event, _ := w.run("why", "--jq", ".why[].example.event_id")
	if code, out, complaints := w.run("map", "test", strings.TrimSpace(event)); code != screen.ExitOK || !strings.Contains(out, "nothing would change") {
		t.Errorf("map test: %d %s%s", code, out, complaints)
	}
	must2(t, os.WriteFile(filepath.Join(w.folder, "none.env"), []byte(systemsLine+`NETSUITE_RULE_ITEM='if $part.sku == "TRAIL-42" then "TEE-BLK-M" else null end'`+"\n"+
		`CAUSEWAY_RULE_HOLD='if .id == "0" then "held" else null end'`), 0o600))
	if code, out, complaints := w.run("map", "test", strings.TrimSpace(event)); code != screen.ExitOK || !strings.Contains(out, "nothing would change\nrule netsuite item of lines[0]: TEE-BLK-M, by NETSUITE_RULE_ITEM") {
		t.Errorf("map test with a rule: %d %s%s", code, out, complaints)
	}
	must2(t, os.WriteFile(filepath.Join(w.folder, "none.env"), []byte(systemsLine+`NETSUITE_RULE_ITEM='$part.sku + 1'`), 0o600))
	if code, _, complaints := w.run("map", "test", strings.TrimSpace(event)); code == screen.ExitOK || !strings.Contains(complaints, "NETSUITE_RULE_ITEM fails for lines[0]: cannot add string and number") {
		t.Errorf("map test with a wrong rule: %d %s", code, complaints)
	}
	must2(t, os.WriteFile(filepath.Join(w.folder, "none.env"), []byte(systemsLine), 0o600))
	if code, out, complaints := w.run("diff", strings.TrimSpace(event)); code != screen.ExitOK || !strings.Contains(out, "SOURCE shopify orders/create") || strings.Contains(out, "ada@") {
		t.Errorf("diff: %d %s%s", code, out, complaints)
	}
	if _, out, _ := w.run("replay", "--to-route", "shopify-orders-to-netsuite"); !strings.Contains(out, "2 events for") {
		t.Errorf("replay found %s", out)
	}
	must2(t, w.erp.AddItem("TRAIL-42"))
	if code, out, complaints := w.run("replay", "--to-route", "shopify-orders-to-netsuite", "--apply", "--reason", "r"); code != screen.ExitOK || !strings.Contains(out, "2 were sent") {
		t.Errorf("replay: %d %s%s", code, out, complaints)
	}
	w.settle()
	if orders := w.erp.Orders(); len(orders) != 2 || len(w.erp.Duplicates()) != 0 {
		t.Errorf("the ERP has %d orders", len(orders))
	}
}

func TestInspectShowsTheLogMasked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.order(1001, "TRAIL-42", nil)
	_, event, _ := w.run("why", "--jq", ".why[].example.event_id")
	event = strings.TrimSpace(event)
	line := `{"time":"2026-11-22T21:10:00Z","level":"WARN","msg":"a message is dead","event":"` + event + `","to":"ada@example.com"}` + "\n"
	must2(t, os.WriteFile(filepath.Join(w.folder, "causeway.log"), []byte(`{"msg":"of another message"}`+"\n"+strings.Repeat(line, 30)), 0o600))
	code, out, complaints := w.run("inspect", event)
	if code != screen.ExitOK || strings.Count(out, "WARN a message is dead") != 20 || strings.Contains(out, "ada@") || strings.Contains(out, "another message") {
		t.Errorf("%d %s%s", code, out, complaints)
	}
}

// TestScreensFitTheirWidth: no line is wider than the terminal, but those that hold a command,
// an id or one word that cannot be broken.
func TestScreensFitTheirWidth(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.order(1001, "TRAIL-42", nil)
	w.order(1002, "TEE-BLK-M", nil)
	group := w.group()
	_, plan, _ := w.run("redrive", "--group", group, "--jq", ".plan.plan", "-q")
	for _, columns := range []int{80, 120} {
		w.columns = columns
		for _, line := range [][]string{
			{"status"},
			{"why"},
			{"trace", "1001"},
			{"trace", "1002"},
			{"dlq", "list"},
			{"redrive", "--group", group},
			{"doctor", "--all"},
			{"op", "list"},
			{"reconcile", "--date", "2026-11-22"},
			{"erase", "customer/7"},
			{"privacy"},
		} {
			_, out, complaints := w.run(line...)
			for text := range strings.Lines(out + complaints) {
				text = strings.TrimRight(text, "\n")
				if wide := len([]rune(text)); wide > columns {
					t.Errorf("%q has a line of %d columns on %d: %s", line, wide, columns, text)
				}
			}
		}
	}
	w.columns = 80
	must2(t, w.erp.AddItem("TRAIL-42"))
	if _, out, complaints := w.run("apply", strings.TrimSpace(plan), "--reason", "r"); len(out)+len(complaints) == 0 || longest(out+complaints) > 80 {
		t.Errorf("apply: %s%s", out, complaints)
	}
}

func longest(text string) (n int) {
	for line := range strings.Lines(text) {
		n = max(n, len([]rune(strings.TrimRight(line, "\n"))))
	}
	return n
}
