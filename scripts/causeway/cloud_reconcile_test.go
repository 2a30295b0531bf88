package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"causeway.example/functions"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/scripts/causeway/screen"
	"causeway.example/shared/cloud/cloudtest"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// RoundTrip is the network of the connectors: each fake at its port.
func (i *emulated) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	i.fakes[r.URL.Host].ServeHTTP(answer, r)
	response := answer.Result()
	response.Request = r
	return response, nil
}

// deploy creates the functions of a store and an ERP with their settings, and their secrets. Both
// answer as fakes: the store has one order of today that the ERP does not have.
func (i *emulated) deploy(t *testing.T) {
	t.Helper()
	erp, shop := netsuitetest.New(i.clock.Now), shopifytest.New()
	shop.Put(shopifytest.Purchase{
		ID: 6001, Number: 1001, Customer: 7, Currency: "USD", PlacedAt: i.clock.Now().Add(-time.Hour), UpdatedAt: i.clock.Now().Add(-time.Hour),
		Items: []shopifytest.Item{{SKU: "TEE-BLK-M", Quantity: 1, Price: 1900}},
	}.Body())
	i.fakes = map[string]http.Handler{"127.0.0.1:4601": erp, "127.0.0.1:4602": shop}
	i.deploySystem(t, "netsuite", "deliver", erp.Settings("http://127.0.0.1:4601"))
	i.deploySystem(t, "shopify", "poll", shop.Settings("http://127.0.0.1:4602"))
}

// deploySystem creates the function of a system's role, and the secret that it reads.
func (i *emulated) deploySystem(t *testing.T, system, role string, settings map[string]string) {
	t.Helper()
	plain, secret := maps.Clone(settings), map[string]string{}
	for _, known := range functions.All() {
		for _, key := range known.Profile.Secrets {
			if value, set := plain[key]; set && known.Profile.Name == system {
				secret[key] = value
				delete(plain, key)
			}
		}
	}
	name := "causeway-prod/" + system
	plain["CAUSEWAY_SECRET"] = name
	_, err := lambda.NewFromConfig(i.account).CreateFunction(t.Context(), &lambda.CreateFunctionInput{
		FunctionName: aws.String("causeway-prod-" + system + "-" + role), Role: aws.String("arn:aws:iam::123456789012:role/r"), Runtime: lambdatypes.RuntimeProvidedal2023,
		Handler: aws.String("bootstrap"), Code: &lambdatypes.FunctionCode{ZipFile: []byte("zip")}, Environment: &lambdatypes.Environment{Variables: plain}, Timeout: aws.Int32(90),
	})
	must2(t, err)
	text, err := json.Marshal(secret)
	must2(t, err)
	_, err = secretsmanager.NewFromConfig(i.account).CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &name, SecretString: aws.String(string(text))})
	must2(t, err)
}

// An operator compares a store with the ERP of an installation on AWS, with the settings that
// its functions have, and hands on what is missing.
func TestReconcileOnAWS(t *testing.T) {
	i := newInstallation(t)
	if code, out := i.run(t, "reconcile"); code != screen.ExitNotFound || !strings.Contains(out, "no source of any route") {
		t.Errorf("without functions: exit %d\n%s", code, out)
	}
	i.deploy(t)
	line := []string{"reconcile", "--date", start.Format(time.DateOnly), "--route", cloudRoute}
	if code, out := i.run(t, line...); code != screen.ExitAttention || !strings.Contains(out, "--emit") || !strings.Contains(out, "#1001") {
		t.Errorf("a missing order: exit %d\n%s", code, out)
	}
	if code, out := i.run(t, append(line, "--emit")...); code != screen.ExitAttention || !strings.Contains(out, "1 record handed on") {
		t.Errorf("handed on: exit %d\n%s", code, out)
	}
	handed, err := i.backend.Receive(t.Context(), routes.InboxBackfill("shopify"), 10, 0)
	if err != nil || len(handed) != 1 || !strings.Contains(string(handed[0].Body), "shopify") {
		t.Errorf("the inbox has %d messages, %v", len(handed), err)
	}
	entries, err := i.backend.Find(t.Context(), port.Query{Stage: port.Reconciled})
	if err != nil || len(entries) != 1 || entries[0].Type != port.TypeGap {
		t.Errorf("the ledger has %+v, %v", entries, err)
	}
}

// What keeps a system from being opened is named: the secret that is missing.
func TestReconcileOnAWSNamesWhatIsMissing(t *testing.T) {
	i := newInstallation(t)
	erp := netsuitetest.New(i.clock.Now)
	settings := erp.Settings("http://127.0.0.1:4601")
	i.deploySystem(t, "netsuite", "deliver", settings)
	_, err := secretsmanager.NewFromConfig(i.account).PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: aws.String("causeway-prod/netsuite"), SecretString: aws.String("{}"),
	})
	must2(t, err)
	if code, out := i.run(t, "reconcile"); code == screen.ExitOK || !strings.Contains(out, "NETSUITE_CONSUMER_SECRET") {
		t.Errorf("exit %d\n%s", code, out)
	}
}

// Diff and map test on AWS use the settings of the functions: the request is the one that a
// delivery would send. A system that is not there, or whose secret may not be read, is named.
func TestDiffOnAWS(t *testing.T) {
	i := newInstallation(t)
	i.bury(t, 1005)
	if code, out := i.run(t, "diff", "event-1005"); code != screen.ExitOK || !strings.Contains(out, "does not have the system netsuite") {
		t.Errorf("without functions: exit %d\n%s", code, out)
	}
	i.deploy(t)
	if code, out := i.run(t, "diff", "event-1005"); code != screen.ExitOK || strings.Contains(out, "the request is not shown") {
		t.Errorf("with functions: exit %d\n%s", code, out)
	}
	i.server.Fail("secretsmanager", "GetSecretValue", cloudtest.Denied(cloudtest.Always))
	if code, out := i.run(t, "diff", "event-1005"); code != screen.ExitOK || !strings.Contains(out, "the request is not shown: opening netsuite") {
		t.Errorf("without the secrets: exit %d\n%s", code, out)
	}
}
