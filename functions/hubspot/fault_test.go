package hubspot_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/hubspot"
	"causeway.example/functions/hubspot/hubspottest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

func TestAnInputThatFailsKeepsNoOtherFromBeingWritten(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	negative := func(o *canonical.Order) { o.Lines[0].UnitPrice = canonical.NewDecimal(-1, 0) }
	f := a.refuse(sale(negative))
	if f.Kind != fault.Rejected || f.Class != fault.Value || f.Code != "INVALID_DOUBLE" || f.Field != "lines[0].unit_price" || !strings.Contains(f.Detail, "property price") {
		t.Errorf("fault %+v", f)
	}
	if lines := a.fake.Records("line_items"); len(lines) != 1 || lines[0].Properties["name"] != "Hoodie" {
		t.Errorf("line items %+v", lines)
	}
	a.confirm(sale(nil))
	if n := len(a.only("orders").Linked["line_items"]); n != 2 {
		t.Errorf("%d line items are linked", n)
	}
}

// A batch of one input has its error within a 207 too.
func TestABatchOfOneIsReadByItsInput(t *testing.T) {
	t.Parallel()
	bad := buyer(func(c *canonical.Customer) { c.Email = canonical.NewText("ada@") })
	for _, whole := range []bool{false, true} {
		a := newAccount(t, nil)
		if whole {
			a.fake.Whole()
		}
		f := a.refuse(bad)
		if f.Kind != fault.Rejected || f.Class != fault.Value || f.Code != "INVALID_EMAIL" || f.Field != "email" || strings.Contains(strings.ToLower(f.Error()), "ada@") {
			t.Errorf("whole %v: fault %+v", whole, f)
		}
		if n := len(a.fake.Records("contacts")); n != 0 {
			t.Errorf("%d contacts", n)
		}
	}
	a := newAccount(t, nil)
	a.fake.Stumble(keyOf("order", "5001").String(), 1)
	if f := a.refuse(sale(nil)); f.Kind != fault.Unavailable || f.Code != "INTERNAL_ERROR" || f.ScopeOrDefault() != fault.EntityScope {
		t.Errorf("an error of HubSpot's own: %+v", f)
	}
	a.confirm(sale(nil))
}

func TestAnAnswerThatLacksARecordIsNoSuccess(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"status":"COMPLETE","results":[],"startedAt":"2026-11-22T12:00:00Z","completedAt":"2026-11-22T12:00:00Z"}`, `{"results":3}`, `{"results":[{}`,
	} {
		a := newAccount(t, nil)
		a.fake.Answer(hubspottest.Answer{Status: http.StatusOK, Header: jsonType(), Body: body})
		if f := a.refuse(buyer(nil)); f.Kind != fault.Unavailable || f.Class != fault.Ambiguous {
			t.Errorf("%s: fault %+v", body, f)
		}
	}
}

func jsonType() http.Header { return http.Header{"Content-Type": {"application/json"}} }

func TestTheDailyQuotaIsAnOutage(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.now = time.Date(2026, 11, 22, 20, 7, 0, 0, time.UTC)
	kathmandu := time.FixedZone("NPT", 5*3600+45*60)
	a.fake.Daily(3, kathmandu)
	a.confirm(buyer(nil))
	if f := a.refuse(sale(nil)); f.Code != "DAILY" || f.Kind != fault.Unavailable || f.ScopeOrDefault() != fault.ConnectionScope || f.After != 8*time.Minute {
		t.Errorf("fault %+v", f)
	}
	a.now = time.Date(2026, 11, 23, 18, 14, 0, 0, time.UTC) // a minute before midnight in Kathmandu
	a.fake.Daily(0, kathmandu)
	a.confirm(sale(nil))
}

func TestLimitsOfSecondsAreThrottles(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.fake.Limit(1)
	a.confirm(buyer(nil))
	if f := a.refuse(buyer(nil)); f.Kind != fault.Throttled || f.Code != "TEN_SECONDLY_ROLLING" || f.After != 10*time.Second {
		t.Errorf("fault %+v", f)
	}
	a.now = a.now.Add(10 * time.Second)
	a.confirm(buyer(nil))
	a.now = a.now.Add(10 * time.Second)
	a.fake.Answer(hubspottest.Answer{Status: http.StatusTooManyRequests, Header: jsonType(), Body: `{"status":"error","policyName":"SECONDLY"}`})
	if f := a.refuse(buyer(nil)); f.Kind != fault.Throttled || f.After != time.Second {
		t.Errorf("of a second: %+v", f)
	}
}

// A property, pipeline or scope that the account lacks is our own configuration: the message waits,
// and none ends as a dead letter.
func TestMissingConfigurationWaitsWithItsName(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings map[string]string
		change   func(*hubspottest.Fake)
		mend     func(*hubspottest.Fake)
		body     any
		field    string
		detail   string
	}{
		"a scope": {
			nil, func(f *hubspottest.Fake) { f.Withdraw("crm.objects.orders.write") }, func(f *hubspottest.Fake) { f.Grant("crm.objects.orders.write") },
			sale(nil), "HUBSPOT_TOKEN", "lacks the scope crm.objects.orders.write",
		},
		"the key of orders": {
			nil, func(f *hubspottest.Fake) { f.RemoveProperty("orders", "causeway_order") }, func(f *hubspottest.Fake) { f.AddProperty("orders", "causeway_order", true) },
			sale(nil), "property causeway_order", "create the property causeway_order of orders with type string and fieldType text, and hasUniqueValue true",
		},
		"a property of orders": {
			nil, func(f *hubspottest.Fake) { f.RemoveProperty("orders", "causeway_state") }, func(f *hubspottest.Fake) { f.AddProperty("orders", "causeway_state", false) },
			sale(nil), "property causeway_state", "create the property causeway_state of orders with type string and fieldType text (",
		},
		"a property of lines": {
			nil, func(f *hubspottest.Fake) { f.RemoveProperty("line_items", "hs_sku") }, func(f *hubspottest.Fake) { f.AddProperty("line_items", "hs_sku", false) },
			sale(nil), "property hs_sku", "HubSpot does not have it",
		},
		"a stage of the pipeline": {
			map[string]string{"HUBSPOT_ORDER_STAGES": "paid=none-such"}, nil, nil, sale(nil), "HUBSPOT_ORDER_STAGES", "property hs_pipeline_stage",
		},
		"a stage of the lifecycle": {
			map[string]string{"HUBSPOT_LIFECYCLE_STAGE": "none-such"}, nil, nil, sale(nil), "HUBSPOT_LIFECYCLE_STAGE", "property lifecyclestage",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, c.settings)
			a.confirm(buyer(nil))
			if c.change != nil {
				c.change(a.fake)
			}
			if f := a.refuse(c.body); f.Class != fault.Config || f.ScopeOrDefault() != fault.OperationScope || f.Field != c.field || !strings.Contains(f.Detail, c.detail) {
				t.Errorf("fault %+v", f)
			}
			if c.mend != nil {
				c.mend(a.fake)
				a.confirm(c.body)
			}
		})
	}
	a := newAccount(t, nil)
	a.fake.AddProperty("contacts", "causeway_customer", false)
	if f := a.refuse(buyer(nil)); f.Class != fault.Config || !strings.Contains(f.Detail, "causeway_customer of contacts with type") || f.Field != "property causeway_customer" {
		t.Errorf("a key without unique values: %+v", f)
	}
}

func TestStatusesOfHubSpot(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer hubspottest.Answer
		kind   fault.Kind
		class  fault.Class
		after  time.Duration
	}{
		"locked":       {hubspottest.Answer{Status: 423, Body: `{"category":"LOCKED"}`}, fault.Unavailable, fault.Intermittent, 2 * time.Second},
		"migrating":    {hubspottest.Answer{Status: 477, Header: http.Header{"Retry-After": {"3600"}}}, fault.Unavailable, fault.Intermittent, time.Hour},
		"no such path": {hubspottest.Answer{Status: 404, Body: `<html>`}, fault.Unauthorized, fault.Config, 0},
		"gone away":    {hubspottest.Answer{Status: 524}, fault.Unavailable, fault.Intermittent, 0},
		"a rule of the account": {
			hubspottest.Answer{Status: 400, Body: `{"status":"error","message":"Ada Byron","category":"VALIDATION_ERROR","errors":[{"message":"x","code":"MISSING_REQUIRED_PROPERTY","context":{"propertyName":["firstname"]}}]}`},
			fault.Rejected, fault.Value, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, nil)
			a.fake.Answer(c.answer)
			f := a.refuse(buyer(nil))
			if f.Kind != c.kind || f.ClassOrDefault() != c.class || f.After != c.after || strings.Contains(f.Error(), "Byron") {
				t.Errorf("fault %+v", f)
			}
			if name == "a rule of the account" && (f.Field != "first_name" || f.Code != "MISSING_REQUIRED_PROPERTY") {
				t.Errorf("fault %+v", f)
			}
		})
	}
}

// The samples are errors in HubSpot's own shape.
func TestSamplesOfErrors(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]fault.Error{
		"batch-207.response.json":                {Kind: fault.Rejected, Class: fault.Value, Code: "VALIDATION_ERROR"},
		"error-400-property.response.json":       {Kind: fault.Rejected, Class: fault.Config, Code: "PROPERTY_DOESNT_EXIST", Field: "property shop_order_idx"},
		"error-429-ten-secondly.response.json":   {Kind: fault.Throttled, Class: fault.RateLimit, Code: "TEN_SECONDLY_ROLLING"},
		"error-409-contact-exists.response.json": {Kind: fault.Unavailable, Class: fault.Conflict, Code: "CONFLICT"}, // no contact has the address now
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			var sample struct {
				Status int
				Body   json.RawMessage
			}
			data, err := os.ReadFile("testdata/" + file)
			if err == nil {
				err = json.Unmarshal(data, &sample)
			}
			if err != nil {
				t.Fatal(err)
			}
			a := newAccount(t, nil)
			a.fake.Answer(hubspottest.Answer{Status: sample.Status, Header: jsonType(), Body: string(sample.Body)})
			f := a.refuse(buyer(nil))
			if f.Kind != want.Kind || f.ClassOrDefault() != want.Class || f.Code != want.Code || f.Field != want.Field {
				t.Errorf("fault %+v, want %+v", f, want)
			}
		})
	}
}

func TestCheckNamesWhatTheAccountLacks(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	if err := a.system.Checker.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.fake.RemoveProperty("orders", "causeway_refunded")
	a.fake.AddProperty("line_items", "causeway_line", false)
	f := fault.As(a.system.Checker.Check(t.Context()))
	if f == nil || f.Class != fault.Config || f.Field != "property causeway_refunded" ||
		!strings.Contains(f.Detail, "causeway_refunded of orders with type number and fieldType number") || !strings.Contains(f.Detail, "causeway_line of line_items") {
		t.Errorf("fault %+v", f)
	}
	a.fake.Withdraw("crm.schemas.contacts.read")
	if f := fault.As(a.system.Checker.Check(t.Context())); f == nil || f.Field != "HUBSPOT_TOKEN" || !strings.Contains(f.Detail, "crm.schemas.contacts.read") {
		t.Errorf("fault %+v", f)
	}
	b := newAccount(t, map[string]string{"HUBSPOT_TOKEN": "another"})
	if f := fault.As(b.system.Checker.Check(t.Context())); f == nil || f.Field != "HUBSPOT_TOKEN" || f.Kind != fault.Unauthorized {
		t.Errorf("fault %+v", f)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if f := fault.As(a.system.Checker.Check(ctx)); f == nil || f.Field != "HUBSPOT_API_URL" {
		t.Errorf("fault %+v", f)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]map[string]string{
		"HUBSPOT_ORDER_STAGES": {"HUBSPOT_ORDER_STAGES": "lost=1"},
		"HUBSPOT_API_URL":      {"HUBSPOT_API_URL": "ftp://hubspot"},
	} {
		settings := hubspottest.New(clock).Settings("http://127.0.0.1")
		for key, value := range change {
			settings[key] = value
		}
		_, err := hubspot.Open(settings, connector.Deps{HTTP: &http.Transport{}, Now: clock})
		if f := fault.As(err); f == nil || f.Class != fault.Config || f.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := hubspot.Open(map[string]string{"HUBSPOT_VERSION": "v3"}, connector.Deps{}); err == nil || !strings.Contains(err.Error(), "HUBSPOT_TOKEN") || !strings.Contains(err.Error(), "HUBSPOT_VERSION") {
		t.Errorf("got %v", err)
	}
	a := newAccount(t, map[string]string{"HUBSPOT_VERSION": "2026-03"})
	if v := a.system.Profile.Version; v.Name != "2026-03" || v.Ends.IsZero() || v.Remedy == "" {
		t.Errorf("version %+v", v)
	}
	if f := a.refuse(buyer(nil)); f.Class != fault.Config { // the fake speaks another
		t.Errorf("fault %+v", f)
	}
}
