package doctor_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/doctor"
	"causeway.example/shared/fault"
)

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// answers is a Checker, a Subscriber, a Source and a Target by what the test sets.
type answers struct {
	connector.Source
	connector.Target
	err           error
	subscriptions []connector.Subscription
}

func (a answers) Check(context.Context) error { return a.err }

func (a answers) Subscriptions(context.Context) ([]connector.Subscription, error) {
	return a.subscriptions, a.err
}

func (a answers) Subscribe(context.Context, connector.Subscription) error { return a.err }

func shop(a answers) connector.System {
	return connector.System{
		Stores: []string{"brand.example"}, Source: a, Checker: a, Subscriber: a,
		Profile: connector.Profile{
			Name: "shop", Roles: []connector.Role{connector.Receive}, Secrets: []string{"SHOP_KEY"},
			Purposes: []connector.Purpose{{Setting: "SHOP_URL", Needs: []string{"SHOP_KEY"}, Public: true}},
		},
	}
}

func erp(a answers) connector.System {
	return connector.System{
		Target: a, Checker: a,
		Profile: connector.Profile{
			Name: "erp", Timeout: time.Minute,
			Purposes: []connector.Purpose{
				{Setting: "ERP_TAX", For: "orders with tax"},
				{Setting: "ERP_METHODS", For: "orders with a delivery code that has no entry"},
				{Setting: "ERP_STORES", Keys: connector.StoreKeys},
			},
		},
	}
}

// find returns the findings of the level as text.
func find(findings []doctor.Finding, level doctor.Level) string {
	var texts []string
	for _, f := range findings {
		if f.Level == level {
			texts = append(texts, f.Subject+": "+f.Text+" → "+f.Remedy)
		}
	}
	return strings.Join(texts, "\n")
}

func TestConfigurationIsCheckedForEveryShapeOfAnEvent(t *testing.T) {
	t.Parallel()
	whole := map[string]map[string]string{
		"shop": {"SHOP_URL": "https://hooks.example.com/hooks/shop", "SHOP_KEY": "k"},
		"erp":  {"ERP_TAX": "tax", "ERP_METHODS": "a=1,*=2", "ERP_STORES": "shop/brand.example=1"},
	}
	for name, c := range map[string]struct {
		system, key, value string
		level              doctor.Level
		want               string
	}{
		"complete":               {"erp", "ERP_TAX", "tax", doctor.Problem, ""},
		"no item for tax":        {"erp", "ERP_TAX", "", doctor.Notice, "erp: orders with tax wait: ERP_TAX is not set → set ERP_TAX"},
		"a map that is not used": {"erp", "ERP_METHODS", "", doctor.Notice, ""},
		"a map without a rest": {
			"erp", "ERP_METHODS", "a=1", doctor.Notice,
			"erp: orders with a delivery code that has no entry wait: ERP_METHODS has no entry for * → set ERP_METHODS with an entry for *, or make sure that every code has an entry",
		},
		"a store without an entry": {
			"erp", "ERP_STORES", "shop/other.example=1", doctor.Problem,
			"erp: everything of shop/brand.example waits: ERP_STORES has no entry for it → add shop/brand.example=… to ERP_STORES",
		},
		"an address without a key": {"shop", "SHOP_KEY", "", doctor.Problem, "shop: SHOP_URL has no effect: SHOP_KEY is not set → set SHOP_KEY, or remove SHOP_URL"},
	} {
		settings := map[string]map[string]string{}
		for system, values := range whole {
			settings[system] = map[string]string{}
			for key, value := range values {
				settings[system][key] = value
			}
		}
		settings[c.system][c.key] = c.value
		i := doctor.Installation{Systems: map[string]connector.System{"shop": shop(answers{}), "erp": erp(answers{})}, Settings: settings}
		if got := find(i.Configuration(t.Context()), c.level); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

func TestAddressMustBeReachableFromTheInternet(t *testing.T) {
	t.Parallel()
	for address, why := range map[string]string{
		"https://hooks.example.com/x":                                "",
		"arn:aws:events:eu-central-1::event-source/aws.partner/shop": "",
		"http://hooks.example.com":                                   "is not encrypted: stores call https only",
		"https://localhost:4600":                                     "is not reachable from the internet",
		"https://127.0.0.1":                                          "is not reachable from the internet",
		"https://10.1.2.3":                                           "is not reachable from the internet",
		"https://[::1]:4600":                                         "is not reachable from the internet",
		"https://nas.local":                                          "is not reachable from the internet",
		"https://door":                                               "is not reachable from the internet",
		"/hooks":                                                     "has no host",
		"https://%zz":                                                "is no address",
	} {
		settings := map[string]map[string]string{"shop": {"SHOP_URL": address, "SHOP_KEY": "k"}}
		i := doctor.Installation{Systems: map[string]connector.System{"shop": shop(answers{})}, Settings: settings}
		got := find(i.Configuration(t.Context()), doctor.Problem)
		if why == "" && got != "" || why != "" && !strings.Contains(got, `is "`+address+`", which `+why) {
			t.Errorf("%s: %s", address, got)
		}
		i.Fakes = map[string]bool{"shop": true}
		if got := find(i.Configuration(t.Context()), doctor.Problem); got != "" {
			t.Errorf("%s of a fake: %s", address, got)
		}
	}
}

func TestCallMustEndWhileItsMessageIsHidden(t *testing.T) {
	t.Parallel()
	i := doctor.Installation{Systems: map[string]connector.System{"erp": erp(answers{})}, Visibility: 3 * time.Minute}
	if got := find(i.Configuration(t.Context()), doctor.Problem); got != "" {
		t.Errorf("a minute of three: %s", got)
	}
	i.Visibility = 2 * time.Minute
	if got := find(i.Configuration(t.Context()), doctor.Problem); !strings.HasSuffix(got, "→ set ERP_TIMEOUT to 40s or less") {
		t.Errorf("a minute of two: %s", got)
	}
}

func TestConnection(t *testing.T) {
	t.Parallel()
	refused := &fault.Error{Kind: fault.Unauthorized, Field: "ERP_KEY", Detail: "401"}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"reachable":    {nil, ""},
		"refused":      {refused, "erp (fake): cannot be reached, or refuses our credentials: ERP_KEY: 401 → check ERP_KEY"},
		"no network":   {fault.New(fault.Unavailable, fault.Connection, "", "no route"), "erp (fake): cannot be reached, or refuses our credentials: no route → check the address, and that this machine reaches it"},
		"unclassified": {errors.New("odd"), "erp (fake): cannot be reached, or refuses our credentials: odd → check the credentials and their permissions"},
	} {
		i := doctor.Installation{Systems: map[string]connector.System{"erp": erp(answers{err: c.err})}, Fakes: map[string]bool{"erp": true}}
		if got := find(i.Connection(t.Context(), "erp"), doctor.Problem); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	blind := shop(answers{})
	blind.Checker = nil
	i := doctor.Installation{Systems: map[string]connector.System{"shop": blind}}
	if got := find(i.Connection(t.Context(), "shop"), doctor.Notice); got != "shop: is neither checked nor polled: it has no credentials for its API → set SHOP_KEY" {
		t.Errorf("no credentials: %s", got)
	}
}

func TestSubscriptions(t *testing.T) {
	t.Parallel()
	in := func(state connector.SubscriptionState) answers {
		return answers{subscriptions: []connector.Subscription{
			{Tenant: "brand.example", Topic: "orders/updated", State: connector.Active}, {Tenant: "brand.example", Topic: "orders/create", State: state},
		}}
	}
	for name, c := range map[string]struct {
		answers answers
		want    string
	}{
		"all active": {in(connector.Active), ""},
		"missing": {in(connector.Missing), "shop: webhook orders/create of brand.example is missing → the next poll sets it up; if it stays missing, " +
			"the API key may only read: give it write permission"},
		"paused": {in(connector.Paused), "shop: webhook orders/create of brand.example is paused → switch it on in the system: one that was paused is left so"},
		"a key without the right": {
			answers{err: &fault.Error{Field: "SHOP_KEY", Detail: "403"}},
			"shop: does not let us read its webhook subscriptions: SHOP_KEY: 403 → check SHOP_KEY",
		},
	} {
		i := doctor.Installation{Systems: map[string]connector.System{"shop": shop(c.answers)}}
		if got := find(i.Subscriptions(t.Context(), "shop"), doctor.Problem); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	alone := shop(answers{})
	alone.Subscriber = nil
	i := doctor.Installation{Systems: map[string]connector.System{"shop": alone, "erp": erp(answers{})}}
	if got := find(i.Subscriptions(t.Context(), "shop"), doctor.Notice); !strings.HasSuffix(got, "→ set SHOP_URL, SHOP_KEY, with a key that may write") {
		t.Errorf("not looked after: %s", got)
	}
	if got := i.Subscriptions(t.Context(), "erp"); got != nil {
		t.Errorf("a target has webhooks: %v", got)
	}
	alone.Profile.Roles = []connector.Role{connector.Poll}
	i.Systems["polled"] = alone
	if got := i.Subscriptions(t.Context(), "polled"); got != nil {
		t.Errorf("a system without a door has webhooks: %v", got)
	}
}

type dated struct{ header string }

func (d dated) RoundTrip(*http.Request) (*http.Response, error) {
	if d.header == "" {
		return nil, errors.New("no answer")
	}
	return &http.Response{Header: http.Header{"Date": {d.header}}}, nil
}

func TestClockIsComparedWithAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header  string
		problem bool
		known   bool
	}{
		"the same time":  {noon().Format(http.TimeFormat), false, true},
		"a little ahead": {noon().Add(30 * time.Second).Format(http.TimeFormat), false, true},
		"far behind":     {noon().Add(-10 * time.Minute).Format(http.TimeFormat), true, true},
		"no date":        {"soon", false, false},
		"no answer":      {"", false, false},
	} {
		clock := doctor.NewClock(noon)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://erp.example", nil)
		if err != nil {
			t.Fatal(err)
		}
		if response, err := clock.Watch("erp", dated{c.header}).RoundTrip(request); err == nil && response.Body != nil {
			t.Error("the answer was changed")
		}
		i := doctor.Installation{Systems: map[string]connector.System{"erp": erp(answers{})}, Clock: clock}
		found := find(i.Connection(t.Context(), "erp"), doctor.Problem)
		if _, known := clock.Skew("erp"); known != c.known || strings.Contains(found, "-10m0s") != c.problem {
			t.Errorf("%s: known %v, %s", name, known, found)
		}
	}
}

func TestFilesOfOursArePrivate(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	open, closed := filepath.Join(folder, "open"), filepath.Join(folder, "closed")
	for path, mode := range map[string]os.FileMode{open: 0o644, closed: 0o600} {
		if err := os.WriteFile(path, nil, mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	found := doctor.Private(open, closed, filepath.Join(folder, "gone")).Check(t.Context())
	if got := find(found, doctor.Notice); len(found) != 2 || got != open+": is accessible to other users of this machine (mode 0644) → chmod go= "+open {
		t.Errorf("found %v", found)
	}
}

func TestSecretsHaveAnAge(t *testing.T) {
	t.Parallel()
	ages := map[string]time.Time{"young": noon().AddDate(0, 0, -3), "old": noon().AddDate(-1, 0, 0)}
	check := doctor.SecretAge(func(context.Context) (map[string]time.Time, error) { return ages, nil }, noon, 90*24*time.Hour)
	if got := find(check.Check(t.Context()), doctor.Notice); got != "old: was changed 365 days ago → rotate it: secrets should be changed every 90 days" {
		t.Errorf("found %s", got)
	}
	check = doctor.SecretAge(func(context.Context) (map[string]time.Time, error) { return nil, errors.New("denied") }, noon, time.Hour)
	if got := find(check.Check(t.Context()), doctor.Problem); !strings.HasPrefix(got, "secrets: their age cannot be read: denied") {
		t.Errorf("found %s", got)
	}
}

func TestRunKeepsTheOrderAndAddsAnyCheck(t *testing.T) {
	t.Parallel()
	own := doctor.Func(func(ctx context.Context) []doctor.Finding {
		if _, bounded := ctx.Deadline(); !bounded {
			t.Error("the check is not bounded")
		}
		return []doctor.Finding{{Check: "alarms", Subject: "queue", Level: doctor.Notice, Text: "has no alarm", Remedy: "deploy again"}}
	})
	i := doctor.Installation{Systems: map[string]connector.System{"erp": erp(answers{})}, Settings: map[string]map[string]string{"erp": {"ERP_TAX": "1"}}}
	found := doctor.Run(t.Context(), append(i.Checks(), own)...)
	var checks []string
	for _, f := range found {
		checks = append(checks, f.Check)
	}
	if got := strings.Join(checks, " "); got != "configuration connection alarms" {
		t.Errorf("checks %s", got)
	}
	if attention := doctor.Attention(found); len(attention) != 1 || attention[0].Check != "alarms" {
		t.Errorf("attention %v", attention)
	}
	var out strings.Builder
	if err := doctor.Write(&out, found); err != nil || !strings.HasPrefix(out.String(), "notice   queue: has no alarm\n         → deploy again\nok       erp: ") {
		t.Errorf("printed %s", out.String())
	}
}

func TestTheEndOfAVendorsVersionIsReportedInTime(t *testing.T) {
	t.Parallel()
	for days, want := range map[int]string{
		121: "", 120: "notice|in 120 days", 1: "notice|in 1 days", -1: "problem|ended on 2026-11-21",
	} {
		system := erp(answers{})
		system.Profile.Version = connector.Version{Name: "2025-01", Ends: noon().Add(time.Duration(days) * 24 * time.Hour), Remedy: "upgrade"}
		i := doctor.Installation{Systems: map[string]connector.System{"erp": system}, Clock: doctor.NewClock(noon)}
		got := ""
		for _, f := range i.Connection(t.Context(), "erp") {
			if f.Check == "version" {
				got = string(f.Level) + "|" + f.Text
				if f.Remedy != "upgrade" || !strings.Contains(f.Text, "version 2025-01") {
					t.Errorf("%d days before: %+v", days, f)
				}
			}
		}
		level, end, _ := strings.Cut(want, "|")
		if (got == "") != (want == "") || !strings.HasPrefix(got, level) || !strings.HasSuffix(got, end) {
			t.Errorf("%d days before: %q, want %q", days, got, want)
		}
		if i.Fakes = map[string]bool{"erp": true}; len(i.Connection(t.Context(), "erp")) != 1 {
			t.Error("a fake has a version that ends")
		}
	}
}
