package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/scripts/causeway/screen"
	"causeway.example/shared/entity"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/port"
)

const crosswalkHeader = "target,system,store,type,id,target_id\n"

// bindings writes a file of the rows.
func (w *world) bindings(rows ...string) string {
	w.Helper()
	path := filepath.Join(w.folder, "bindings.csv")
	must2(w.T, os.WriteFile(path, []byte(crosswalkHeader+strings.Join(rows, "\n")+"\n"), 0o600))
	return path
}

// A customer whom NetSuite does not let us create is there by hand. Importing its id releases
// the order that waits for it, which is booked to that customer.
func TestImportingABindingReleasesWhatWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	taken := netsuitetest.AnswerText(http.StatusBadRequest, "USER_ERROR", "", "This entity already exists.")
	w.erp.Plan(netsuitetest.Fault{Method: http.MethodPut, PathContains: "/customer/", Times: 1 << 20, Do: taken})
	w.order(1001, "TEE-BLK-M", nil)
	w.pass(5 * time.Minute)
	w.play("trace", "1001")
	id, err := w.erp.AddCustomer("by hand", "ada@example.com", "Ada")
	must2(t, err)
	file := w.bindings("netsuite,shopify,example-brand.myshopify.com,customer,7," + id)
	w.play("crosswalk", "import", file)
	w.play("crosswalk", "import", file, "--apply")
	w.play("crosswalk", "import", file, "--apply", "--reason", "customer made by hand")
	w.settle()
	w.say("The order is booked.")
	w.play("trace", "1001")
	w.play("crosswalk", "import", file, "--apply", "--reason", "again")
	w.play("crosswalk", "import", w.bindings("netsuite,shopify,example-brand.myshopify.com,customer,7,77"))
	w.play("crosswalk", "export", "--type", "customer")
	w.play("op", "list")
	w.golden("crosswalk")
	if orders := w.erp.Orders(); len(orders) != 1 || orders[0].Entity != id {
		t.Errorf("the ERP has %+v", orders)
	}
}

// A row that breaks a rule is named with its line, and nothing is bound.
func TestABindingThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	file := w.bindings("netsuite,shopify,example-brand.myshopify.com,customer,7,88", "netsuit,shopify,example-brand.myshopify.com,customer,8,89",
		"netsuite,shopify,example-brand.myshopify.com,customer,7,90", "netsuite,shopify,example-brand.myshopify.com,order,7.02315E+15,91", "netsuite,shopify,example-brand.myshopify.com,payment,9,TD-92")
	code, _, said := w.run("crosswalk", "import", file, "--apply", "--reason", "r")
	for _, want := range []string{
		`line 3: target "netsuit": no route leads there; there are `, `line 4: id "7": is bound in line 2 already`,
		`line 5: id "7.02315E+15": was rounded by a spreadsheet`, `line 6: target_id "TD-92": is no id of netsuite`,
	} {
		if code != screen.ExitUsage && code != screen.ExitRefused || !strings.Contains(said, want) {
			t.Errorf("exit %d, without %q\n%s", code, want, said)
		}
	}
	if _, out, _ := w.run("crosswalk", "export"); out != crosswalkHeader {
		t.Errorf("bound: %s", out)
	}
	if code, _, said := w.run("crosswalk", "import", filepath.Join(w.folder, "nothing.csv")); code != screen.ExitNotFound {
		t.Errorf("without a file: exit %d %s", code, said)
	}
}

// An import that is killed before each of its calls is finished by the same command: each row is
// bound, and recorded, once.
func TestAnImportIsKilledAtEachStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const rows = 3
	var lines []string
	for i := range rows {
		lines = append(lines, fmt.Sprintf("netsuite,shopify,example-brand.myshopify.com,customer,%d,%d", 7+i, 80+i))
	}
	kills, code, said, _ := w.kills("crosswalk", "import", w.bindings(lines...), "--apply", "--reason", "INC-7")
	if kills < 2*rows || code != screen.ExitOK || !strings.Contains(said, "3 the same") && !strings.Contains(said, "new") {
		t.Errorf("after %d kills it ended with %d: %s", kills, code, said)
	}
	for i := range rows {
		key := message.Key{System: "shopify", Tenant: "example-brand.myshopify.com", Type: "customer", ID: fmt.Sprint(7 + i)}
		record, err := entity.Load(t.Context(), w.store, "netsuite", key, false)
		must2(t, err)
		bound, err := w.store.Find(t.Context(), port.Query{Entity: key, Stage: operate.Bound})
		must2(t, err)
		if record.Ref != fmt.Sprint(80+i) || len(bound) != 1 || !strings.HasSuffix(bound[0].Outcome, "(reason: INC-7)") {
			t.Errorf("%s is bound to %s by %+v", key, record.Ref, bound)
		}
	}
	if _, out, _ := w.run("op", "list", "--jq", ".ops[] | .kind, .state, .counts.remaining"); out != "crosswalk\ndone\n0\n" {
		t.Errorf("the operation is %s", out)
	}
}

// Binding to another record has to be asked for. What comes next is written into the new record.
func TestABoundCustomerIsBoundAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	wrong, err := w.erp.AddCustomer("somebody else", "grace@example.com", "Grace")
	must2(t, err)
	right, err := w.erp.AddCustomer("by hand", "ada@example.net", "Ada")
	must2(t, err)
	const row = "netsuite,shopify,example-brand.myshopify.com,customer,7,"
	if code, _, said := w.run("crosswalk", "import", w.bindings(row+wrong), "--apply", "--reason", "r"); code != screen.ExitOK || !strings.Contains(said, "1 new") {
		t.Errorf("exit %d: %s", code, said)
	}
	w.order(1001, "TEE-BLK-M", nil)
	w.pass(5 * time.Minute)
	if code, _, said := w.run("crosswalk", "import", w.bindings(row+right), "--apply", "--reason", "r"); code != screen.ExitSome || !strings.Contains(said, "1 bound to another record") {
		t.Errorf("exit %d: %s", code, said)
	}
	if code, _, said := w.run("crosswalk", "import", w.bindings(row+right), "--rebind", "--apply", "--reason", "r"); code != screen.ExitOK || !strings.Contains(said, "1 changed") {
		t.Errorf("exit %d: %s", code, said)
	}
	w.clock.Advance(time.Hour)
	w.order(1002, "TEE-BLK-M", nil)
	w.pass(time.Hour)
	booked := map[string]string{}
	for _, order := range w.erp.Orders() {
		booked[order.Name] = order.Entity
	}
	if len(booked) != 2 || booked["#1001"] != wrong || booked["#1002"] != right || len(w.erp.Customers()) != 2 {
		t.Errorf("the ERP has %v and %d customers", booked, len(w.erp.Customers()))
	}
}
