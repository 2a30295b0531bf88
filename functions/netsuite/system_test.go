package netsuite_test

import (
	"crypto/rand"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"causeway.example/functions/netsuite"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

func TestOpenNamesTheSettingAtFault(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ key, value, field string }{
		"no account":                     {"NETSUITE_ACCOUNT", "", "NETSUITE_ACCOUNT"},
		"account with a host in it":      {"NETSUITE_ACCOUNT", "evil.example/", "NETSUITE_ACCOUNT"},
		"unknown way to log in":          {"NETSUITE_AUTH", "password", "NETSUITE_AUTH"},
		"token without secret":           {"NETSUITE_TOKEN_SECRET", "", "NETSUITE_TOKEN_SECRET"},
		"oauth2 without client":          {"NETSUITE_AUTH", "oauth2", "NETSUITE_CLIENT_ID"},
		"no subsidiaries":                {"NETSUITE_SUBSIDIARIES", "", "NETSUITE_SUBSIDIARIES"},
		"subsidiary without id":          {"NETSUITE_SUBSIDIARIES", "shopify/a.example=", "NETSUITE_SUBSIDIARIES"},
		"subsidiaries with another sign": {"NETSUITE_SUBSIDIARIES", "shopify/a.example:1", "NETSUITE_SUBSIDIARIES"},
		"no currencies":                  {"NETSUITE_CURRENCIES", "", "NETSUITE_CURRENCIES"},
		"unknown zone":                   {"NETSUITE_TIMEZONE", "Mars/Olympus", "NETSUITE_TIMEZONE"},
		"no concurrency":                 {"NETSUITE_CONCURRENCY", "0", "NETSUITE_CONCURRENCY"},
		"address without TLS":            {"NETSUITE_API_URL", "http://netsuite.example", "NETSUITE_API_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := netsuitetest.New(clock).Settings("http://127.0.0.1:1")
			settings[tc.key] = tc.value
			_, err := netsuite.Open(settings, connector.Deps{HTTP: http.DefaultTransport, Now: clock, Random: rand.Reader})
			e := fault.As(err)
			if e == nil || e.Kind != fault.Rejected || e.Class != fault.Config || e.Field != tc.field {
				t.Errorf("got %v (%+v), want a rejection that names %s", err, e, tc.field)
			}
		})
	}
}

func TestProfileKeepsWhatSettingsSay(t *testing.T) {
	t.Parallel()
	settings := netsuitetest.New(clock).Settings("http://127.0.0.1:1")
	settings["NETSUITE_CONCURRENCY"] = "15"
	system := mustOpen(t, settings, http.DefaultTransport)
	if system.Profile.Concurrency != 15 || system.Source == nil || system.Poller == nil || system.Target == nil || system.Checker == nil {
		t.Errorf("opened %+v", system)
	}
	p := netsuite.Profile()
	for key := range maps.Keys(settings) {
		if !slices.Contains(p.Settings, key) {
			t.Errorf("the profile does not list %s", key)
		}
	}
	if !slices.Equal(p.Secrets, []string{"NETSUITE_CONSUMER_SECRET", "NETSUITE_TOKEN_SECRET", "NETSUITE_PRIVATE_KEY"}) {
		t.Errorf("secrets are %v", p.Secrets)
	}
	for event, operation := range p.Operations {
		if _, known := canonical.TypeNamed(event); !known || operation.Guarantee != connector.ExternalID {
			t.Errorf("%s: %+v", event, operation)
		}
	}
}

// hostOnly answers every request with the host that it was meant for.
type hostOnly struct{ host chan string }

func (h hostOnly) RoundTrip(req *http.Request) (*http.Response, error) {
	h.host <- req.URL.Scheme + "://" + req.URL.Host
	return nil, http.ErrHandlerTimeout
}

func TestAccountLeadsToItsOwnHost(t *testing.T) {
	t.Parallel()
	settings := netsuitetest.New(clock).Settings("")
	transport := hostOnly{make(chan string, 1)}
	system := mustOpen(t, settings, transport)
	if err := system.Checker.Check(t.Context()); err == nil {
		t.Error("Check succeeded without an answer")
	}
	if got := <-transport.host; got != "https://1234567-sb1.suitetalk.api.netsuite.com" {
		t.Errorf("called %s", got)
	}
}

func TestCheckNamesWhereToLook(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	if err := r.system.Checker.Check(t.Context()); err != nil {
		t.Fatalf("Check of a good account: %v", err)
	}
	for name, tc := range map[string]struct {
		do   netsuitetest.Act
		kind fault.Kind
		want string
	}{
		"logged out":    {netsuitetest.LoggedOut(), fault.Unauthorized, "NETSUITE_TOKEN_SECRET"},
		"no permission": {netsuitetest.Answer(403, "INSUFFICIENT_PERMISSION", ""), fault.Unauthorized, "NETSUITE_TOKEN_SECRET"},
		"maintenance":   {netsuitetest.Down(), fault.Unavailable, "netsuite"},
		"login page":    {netsuitetest.HTML(), fault.Unavailable, "netsuite"},
	} {
		r.fake.Plan(netsuitetest.Fault{Do: tc.do})
		err := r.system.Checker.Check(t.Context())
		if fault.KindOf(err) != tc.kind || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %v that names %s", name, err, tc.kind, tc.want)
		}
	}
	gone := mustOpen(t, r.fake.Settings("http://127.0.0.1:1"), &http.Transport{})
	if err := gone.Checker.Check(t.Context()); fault.As(err).Class != fault.Connection || !strings.Contains(err.Error(), "NETSUITE_ACCOUNT") {
		t.Errorf("an address nobody listens on: %v", err)
	}
}

func TestCheckDemandsEnglish(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.fake.Plan(netsuitetest.Fault{Method: http.MethodGet, Do: netsuitetest.AnswerText(404, "NONEXISTENT_ID", "", "Die Datensatzinstanz ist nicht vorhanden.")})
	e := fault.As(r.system.Checker.Check(t.Context()))
	if e == nil || e.Class != fault.Config || !strings.Contains(e.Detail, "set the language of the integration's user to English") {
		t.Errorf("got %v", e)
	}
}
