package nightly_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/cloud/nightly"
	"causeway.example/shared/connector"
)

const canary = "ada@example.com owes 149.01"

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// offline is a network without anybody.
type offline struct{}

// RoundTrip implements http.RoundTripper.
func (offline) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("no route to host")
}

// invoke runs a function whose target opens like this, without a secret.
func invoke(t *testing.T, open func(settings map[string]string) (connector.System, error)) (log string, err error) {
	t.Helper()
	var out bytes.Buffer
	f := nightly.New(map[string]string{
		"CAUSEWAY_PREFIX": "causeway-dev", "CAUSEWAY_QUEUES": "https://sqs.eu-central-1.amazonaws.com/1/", "CAUSEWAY_TABLE": "t", "CAUSEWAY_BUCKET": "b", "CAUSEWAY_SECRETS": "till=", "TILL_ZONE": "UTC", "TILL_RULE": ".id",
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret",
	}, noon, offline{}, &out, nightly.System{
		Profile: connector.Profile{Name: "till", Settings: []string{"TILL_ZONE", "TILL_RULE"}, Rules: []string{"TILL_RULE"}},
		Open:    func(settings map[string]string, _ connector.Deps) (connector.System, error) { return open(settings) },
	})
	_, err = f.Invoke(t.Context(), nil)
	return out.String(), err
}

// A panic fails the invocation, and neither Lambda nor the log hears what it says: it could quote
// a record. The metrics are written all the same.
func TestAPanicIsAnErrorWithoutItsText(t *testing.T) {
	t.Parallel()
	log, err := invoke(t, func(map[string]string) (connector.System, error) { panic(canary) })
	if err == nil || strings.Contains(err.Error()+log, canary) || !strings.Contains(log, "recovering from a panic") {
		t.Errorf("%v\n%s", err, log)
	}
}

// Lambda logs the error that it gets: it has no words of a system.
func TestTheErrorForLambdaHasNoText(t *testing.T) {
	t.Parallel()
	log, err := invoke(t, func(map[string]string) (connector.System, error) { return connector.System{}, errors.New(canary) })
	if err == nil || strings.Contains(err.Error(), "149.01") || strings.Contains(log, "ada@") || !strings.Contains(log, "149.01") {
		t.Errorf("%v\n%s", err, log)
	}
	for line := range strings.Lines(log) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil || fields["level"] == nil {
			t.Errorf("the line %s has no level, and Lambda could drop it", line)
		}
	}
}

// A rule chooses what a delivery writes: the audit, which was built without the language of
// rules, opens the target without it.
func TestRulesAreNotOpened(t *testing.T) {
	t.Parallel()
	var given map[string]string
	_, err := invoke(t, func(settings map[string]string) (connector.System, error) {
		given = settings
		return connector.System{}, errors.New(canary)
	})
	if err == nil || len(given) != 1 || given["TILL_ZONE"] != "UTC" {
		t.Errorf("%v with the settings %v", err, given)
	}
}
