package crosswalk_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/operate/crosswalk"
	"causeway.example/shared/routes"
)

const header = "target,system,store,type,id,target_id\n"

func reader() crosswalk.Reader {
	return crosswalk.Reader{
		Routes: []routes.Route{{From: "shop", Flow: "orders", To: "erp", Types: []string{"order.placed", "customer.upserted"}}, {From: "site", Flow: "orders", To: "crm", Types: []string{"order.placed"}}},
		Forms:  map[string]*regexp.Regexp{"erp": regexp.MustCompile(`^[0-9]+$`)},
	}
}

func TestAFileIsReadWhole(t *testing.T) {
	t.Parallel()
	rows, err := reader().Read(strings.NewReader("\ufeff" + header + "erp,shop,brand.example,customer,7,88\nerp,shop,brand.example,customer,8,88\ncrm,site,\"a,b\",order,1/2,x-9\n"))
	if err != nil || len(rows) != 3 {
		t.Fatalf("%v, %v", rows, err)
	}
	want := crosswalk.Row{Target: "crm", Entity: message.Key{System: "site", Tenant: "a,b", Type: "order", ID: "1/2"}, Ref: "x-9", Line: 4}
	if rows[2] != want || rows[0].Ref != rows[1].Ref {
		t.Errorf("%+v", rows)
	}
}

// Each rule has one line that breaks it, and is named with line, column and value.
func TestARowThatBreaksARuleIsNamed(t *testing.T) {
	t.Parallel()
	for row, want := range map[string]string{
		"":                                                            "", // an empty line is none
		"erp,shop,b,customer,7":                                       "line 2: wrong number of fields",
		"erp,shop,b,customer,,88":                                     `line 2: id "": is missing`,
		"erp,shop,b,customer,7, 88":                                   `line 2: target_id " 88": must not contain white space`,
		"erp,shop,b,customer,1.5E+12,88":                              `line 2: id "1.5E+12": was rounded by a spreadsheet; import the column as text`,
		"erp,shop,b,customer,7,so-88":                                 `line 2: target_id "so-88": is no id of erp, whose form is ^[0-9]+$`,
		"wms,shop,b,customer,7,88":                                    `line 2: target "wms": no route leads there; there are crm, erp`,
		"erp,site,b,order,7,88":                                       `line 2: system "site": no route leads from it to erp; there are shop`,
		"erp,shop,b,product,7,88":                                     `line 2: type "product": no route carries it from shop to erp; there are customer, order`,
		"erp,shop,b,customer,\xff,88":                                 "line 2: id \"\\xff\": is not UTF-8",
		"erp,shop,b,customer,7,88\n\"erp,s":                           "line 3: ",
		"erp,shop,b,order,7,88\nerp,shop,b,order,7,89":                `line 3: id "7": is bound in line 2 already`,
		"erp,shop,b,order,7,88\nerp,shop,c,order,9,88":                `line 3: target_id "88": is bound to another order in line 2`,
		"erp,shop,b,order," + strings.Repeat("7", 129) + ",88":        "has more than 128 bytes",
		"erp,shop,b,order,,88\nerp,shop,b,order,1,x\nx,shop,b,o,2,88": `line 3: target_id "x": is no id of erp`,
	} {
		_, err := reader().Read(strings.NewReader(header + row + "\n"))
		if want == "" {
			if err != nil {
				t.Errorf("%q: %v", row, err)
			}
			continue
		}
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", row, err, want)
		}
	}
	if _, err := reader().Read(strings.NewReader("target,id\n")); err == nil {
		t.Error("another header is read")
	}
	if _, err := reader().Read(strings.NewReader("erp,shop,b,customer,7,88\n")); err == nil || !strings.Contains(err.Error(), "line 1: the header must be "+strings.TrimSpace(header)) {
		t.Errorf("without a header: %v", err)
	}
}

// A file of more rows than fit is refused before they are all in memory, and no list of problems
// is longer than a screen.
func TestFilesHaveABound(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	file.WriteString(header)
	for i := range 100_001 {
		fmt.Fprintf(&file, "erp,shop,b,customer,%d,1\n", i)
	}
	if _, err := reader().Read(strings.NewReader(file.String())); err == nil || !strings.Contains(err.Error(), "line 100002: a file has 100000 rows at most") {
		t.Errorf("%v", err)
	}
	if _, err := reader().Read(strings.NewReader(header + strings.Repeat("x,shop,b,customer,1,1\n", 1000))); err == nil || strings.Count(err.Error(), "line ") != 20 {
		t.Errorf("%v", err)
	}
}
