package test_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"causeway.example/shared/canonical"
)

// factsOf are the types of the model whose fields have rows in the tables of facts.
var factsOf = map[string]any{
	"order": canonical.Order{}, "order.lines": canonical.OrderLine{}, "order.deliveries": canonical.DeliveryLine{}, "order.charges": canonical.Charge{},
	"customer": canonical.Customer{}, "address": canonical.Address{}, "payment": canonical.Payment{},
	"refund": canonical.Refund{}, "refund.lines": canonical.RefundLine{}, "refund.parts": canonical.RefundPart{}, "refund.transactions": canonical.RefundTransaction{},
	"product": canonical.Product{}, "price": canonical.PriceList{}, "price.prices": canonical.Price{},
	"cancel_request": canonical.CancelRequest{}, "refund_request": canonical.RefundRequest{}, "erp_order": canonical.ERPOrder{}, "erp_order.lines": canonical.ERPLine{},
}

var quotedName = regexp.MustCompile("`([^`]+)`")

// namesIn returns the names in backquotes.
func namesIn(text string) (names []string) {
	for _, found := range quotedName.FindAllStringSubmatch(text, -1) {
		names = append(names, found[1])
	}
	return names
}

// factRows returns the rows of the tables, each with its cells.
func factRows(t *testing.T) (rows [][]string) {
	t.Helper()
	for line := range strings.Lines(mustRead(t, "functions/README.md")) {
		if cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | "); len(cells) == 4 && !strings.HasPrefix(line, "|---") {
			rows = append(rows, cells)
		}
	}
	return rows
}

func TestReadmeHasARowForEachFact(t *testing.T) {
	t.Parallel()
	rows := map[string]bool{}
	for _, cells := range factRows(t) {
		for _, name := range namesIn(cells[0]) {
			rows[name] = true
		}
	}
	for prefix, of := range factsOf {
		for field := range reflect.TypeOf(of).Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if path := prefix + "." + name; !rows[path] {
				t.Errorf("functions/README.md has no row for %s", path)
			} else {
				delete(rows, path)
			}
		}
	}
	for name := range rows {
		t.Errorf("functions/README.md has a row for %s, which the model does not have", name)
	}
}

// TestReadmeNamesFieldsThatConnectorsKnow holds each named field against the connector's source, and
// each named setting against the table of settings.
func TestReadmeNamesFieldsThatConnectorsKnow(t *testing.T) {
	t.Parallel()
	readme := mustRead(t, systemsDoc)
	for _, cells := range factRows(t) {
		for i, system := range []string{"shopify", "woocommerce", "netsuite"} {
			for _, name := range namesIn(cells[i+1]) {
				known := strings.Contains(sourceOf(t, system), `"`+name+`"`)
				if strings.ToUpper(name) == name {
					known = strings.Contains(readme, "| `"+name+"` |")
				}
				if !known {
					t.Errorf("functions/README.md names %s of %s beside %s, which the connector does not know", name, system, cells[0])
				}
			}
		}
	}
}

// systemFiles returns the files of the system's folder and of its packages that match, without its
// fake.
func systemFiles(t *testing.T, system, pattern string) (files []string) {
	t.Helper()
	for _, folder := range []string{"", "*"} {
		found, err := filepath.Glob(filepath.Join("..", "functions", system, folder, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range found {
			if filepath.Base(filepath.Dir(file)) != system+"test" {
				files = append(files, file)
			}
		}
	}
	return files
}

// sourceOf returns the connector's source without its tests.
func sourceOf(t *testing.T, system string) string {
	t.Helper()
	files := systemFiles(t, system, "*.go")
	if len(files) == 0 {
		t.Fatalf("no source of %s", system)
	}
	var all strings.Builder
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(source)
	}
	return all.String()
}
