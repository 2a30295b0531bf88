package netsuite_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/netsuite/record"
)

var update = flag.Bool("update", false, "write what is sent as what is wanted")

// approved is what want.json holds.
type approved struct {
	Calls []string        `json:"calls"` // of the last message
	Body  json.RawMessage `json:"body"`
}

// caseSettings are what single cases need beside the fake's settings.
var caseSettings = map[string]map[string]string{
	"movement-received":                   {"NETSUITE_TIMEZONE": "America/Los_Angeles", "NETSUITE_ADJUSTMENT_LOCATIONS": "9=5", "NETSUITE_ADJUSTMENT_ACCOUNT": "58", "NETSUITE_ADJUSTMENT_SUBSIDIARIES": "*=1", "NETSUITE_DEPARTMENTS": "*=7", "NETSUITE_LOCATION": "6"},
	"order-b10-without-identity":          {"NETSUITE_DEFAULT_CUSTOMER": "611"},
	"order-b12-last-minutes-of-the-month": {"NETSUITE_TIMEZONE": "America/Los_Angeles"},
	"payment-b7-gift-card-redeemed":       {"NETSUITE_TIMEZONE": "America/Los_Angeles"},
	"order-b5-tax-added-after-discount":   {"NETSUITE_LOCATION": "5"},
	"order-b8-tip-duty-fee-cash-rounding": {"NETSUITE_SHIP_METHODS": "express=93,standard=92"},
	"order-b8-charges-with-tax-included":  {"NETSUITE_SHIP_METHODS": "", "NETSUITE_TAX_CODE": ""},
}

func TestApprovedRequests(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/*/in.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range paths {
		name := filepath.Base(filepath.Dir(path))
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := run(t, name)
			compare(t, filepath.Join("testdata", name, "want.json"), got)
			record := regexp.MustCompile(`(PUT|PATCH) .*record/v1/(\w+)/`).FindStringSubmatch(last(got.Calls))[2]
			if err := netsuitetest.Refuses(record, got.Body); err != nil {
				t.Errorf("the contract refuses what is sent: %v", err)
			}
			for what, bad := range spoilt(t, got.Body) {
				if netsuitetest.Refuses(record, bad) == nil {
					t.Errorf("the contract allows %s: %s", what, bad)
				}
			}
		})
	}
}

func run(t *testing.T, name string) approved {
	t.Helper()
	messages := mustCase(t, name)
	r := newRig(t, caseSettings[name])
	if _, err := r.fake.AddCustomer("", "till@example.com", "Till"); err != nil {
		t.Fatal(err)
	}
	r.mustDeliver(messages[:len(messages)-1]...)
	before := len(r.fake.Calls())
	r.mustDeliver(last(messages))
	external := record.ExternalID(last(messages).Key())
	for _, record := range r.fake.Books() {
		if record.ExternalID == external {
			return approved{r.callsSince(before), last(record.Bodies)}
		}
	}
	t.Fatalf("nothing stands under %s", external)
	return approved{}
}

func compare(t *testing.T, path string, got approved) {
	t.Helper()
	text, err := json.MarshalIndent(got, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	if *update {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, want) {
		t.Errorf("sent %s\nwant %s", text, want)
	}
}

// spoilt returns versions of the body that NetSuite does not accept.
func spoilt(t *testing.T, body []byte) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for what, change := range map[string]map[string]any{
		"a field of another system": {"line_items": []any{}},
		"a reference that is text":  {"subsidiary": "1"},
		"a text that is a number":   {"externalId": 12},
	} {
		var fields map[string]any
		if err := json.Unmarshal(body, &fields); err != nil {
			t.Fatal(err)
		}
		maps.Copy(fields, change)
		bad, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		all[what] = bad
	}
	if strings.Contains(string(body), `"quantity":`) {
		all["a number in quotes"] = regexp.MustCompile(`"quantity":\s*([0-9.]+)`).ReplaceAll(body, []byte(`"quantity":"$1"`))
	}
	return all
}
