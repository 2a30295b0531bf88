package aws_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"causeway.example/functions/netsuite"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/cloud"
	"causeway.example/shared/cloud/account"
	"causeway.example/shared/cloud/cloudtest"
	"causeway.example/shared/cloud/nightly"
	"causeway.example/shared/connector"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
)

const auditFunction = "causeway-dev-netsuite-audit"

// night is the installation of the stage dev at the time of its nightly audit: the function's
// environment and role as the template has them, the stand-in of AWS, and the systems' fakes.
type night struct {
	clock *porttest.Clock
	*held
	environ map[string]string
	backend *cloud.Backend
	systems map[string]http.Handler // by host
	secrets map[string]map[string]string
	log     bytes.Buffer
}

func newNight(t *testing.T) *night {
	t.Helper()
	n := &night{clock: porttest.NewClock(time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC)), systems: map[string]http.Handler{}, secrets: map[string]map[string]string{}}
	n.held = &held{server: cloudtest.New(n.clock.Now)}
	s := mustStack(t)
	policies, err := s.permissions()
	if err != nil {
		t.Fatal(err)
	}
	n.role = policies[auditFunction]
	n.environ = s.environmentOf(t, auditFunction)
	maps.Copy(n.environ, map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": "http://aws.invalid",
	})
	return n
}

// environmentOf returns a function's variables as the template sets them.
func (s *stack) environmentOf(t *testing.T, function string) map[string]string {
	t.Helper()
	environ := map[string]string{}
	err := s.each("AWS::Lambda::Function", func(_ string, p map[string]any) error {
		if p["FunctionName"] != function {
			return nil
		}
		variables := p["Environment"].(map[string]any)["Variables"].(map[string]any)
		for key, value := range variables {
			environ[key] = fmt.Sprint(value)
		}
		return nil
	})
	if err != nil || len(environ) == 0 {
		t.Fatalf("%s has no environment: %v", function, err)
	}
	return environ
}

// join makes a system's fake answer at a host, with its settings where the function reads them:
// plain ones in the environment, secret ones in the secret that the environment names.
func (n *night) join(system, host string, fake http.Handler, settings map[string]string, secret []string) {
	n.systems[host] = fake
	hidden := map[string]string{}
	for key, value := range settings {
		if slices.Contains(secret, key) {
			hidden[key] = value
		} else {
			n.environ[key] = value
		}
	}
	n.secrets["causeway-dev/"+system] = hidden
}

// create creates what the function uses: the table and the secrets.
func (n *night) create(t *testing.T) {
	t.Helper()
	a, err := account.Config(n.environ, n.server.Transport())
	if err != nil {
		t.Fatal(err)
	}
	text := types.ScalarAttributeTypeS
	_, err = dynamodb.NewFromConfig(a).CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String(n.environ["CAUSEWAY_TABLE"]), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String(cloud.PartitionKey), AttributeType: text}, {AttributeName: aws.String(cloud.SortKey), AttributeType: text}},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String(cloud.PartitionKey), KeyType: types.KeyTypeHash}, {AttributeName: aws.String(cloud.SortKey), KeyType: types.KeyTypeRange},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, settings := range n.secrets {
		value, err := json.Marshal(settings)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := secretsmanager.NewFromConfig(a).CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &name, SecretString: aws.String(string(value))}); err != nil {
			t.Fatal(err)
		}
	}
	n.backend = cloud.Open(a, cloud.Config{Prefix: "causeway-dev", Table: n.environ["CAUSEWAY_TABLE"], Now: n.clock.Now, Random: strings.NewReader(strings.Repeat("random", 1000))})
}

// RoundTrip is the function's network: the systems by their hosts, and AWS, where each call is
// held to the role.
func (n *night) RoundTrip(r *http.Request) (*http.Response, error) {
	if system := n.systems[r.URL.Host]; system != nil {
		answer := httptest.NewRecorder()
		system.ServeHTTP(answer, r)
		response := answer.Result()
		response.Request = r
		return response, nil
	}
	return n.held.RoundTrip(r)
}

// held is a transport to the stand-in of AWS that notes the calls which a policy does not allow.
type held struct {
	server *cloudtest.Server
	role   policy

	mu     sync.Mutex
	denied []string
}

// RoundTrip implements http.RoundTripper.
func (h *held) RoundTrip(r *http.Request) (*http.Response, error) {
	body := []byte{}
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	calls, err := callsOf(r, body, place{cloudtest.Account, "eu-central-1"})
	if err != nil {
		return nil, err
	}
	for _, c := range calls {
		if h.role.grants(c) == nil {
			h.mu.Lock()
			h.denied = append(h.denied, fmt.Sprintf("%s on %s %v", c.action, c.resource, c.keys))
			h.mu.Unlock()
		}
	}
	return h.server.Transport().RoundTrip(r)
}

// run invokes the function once, as its schedule does.
func (n *night) run(ctx context.Context) error {
	n.log.Reset()
	f := nightly.New(
		n.environ, n.clock.Now, n, &n.log,
		nightly.System{Profile: netsuite.Profile(), Open: netsuite.Open}, nightly.System{Profile: shopify.Profile(), Open: shopify.Open},
		nightly.System{Profile: woocommerce.Profile(), Open: woocommerce.Open},
	)
	_, err := f.Invoke(ctx, []byte(`{"source":"aws.events","detail-type":"Scheduled Event"}`))
	return err
}

// counted returns the metrics that the last run wrote.
func (n *night) counted(t *testing.T) map[string]any {
	t.Helper()
	for line := range strings.Lines(n.log.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err == nil && fields["_aws"] != nil {
			return fields
		}
	}
	t.Fatalf("the run wrote no metrics: %s", n.log.String())
	return nil
}

// trade opens the systems' fakes: the store has two orders of the day before, and the ERP none.
func (n *night) trade() {
	erp, shop := netsuitetest.New(n.clock.Now), shopifytest.New()
	for number := range 2 {
		p := shopifytest.Purchase{
			ID: int64(6000 + number), Number: 1000 + number, Customer: 7, Currency: "USD", PlacedAt: n.clock.Now().Add(-20 * time.Hour), UpdatedAt: n.clock.Now().Add(-20 * time.Hour),
			Items: []shopifytest.Item{{SKU: "SKU-A", Quantity: 1, Price: 1900}},
		}
		shop.Put(p.Body())
	}
	n.join("netsuite", "127.0.0.1:4601", erp, erp.Settings("http://127.0.0.1:4601"), netsuite.Profile().Secrets)
	n.join("shopify", "shop.example", shop, shop.Settings("https://shop.example"), shopify.Profile().Secrets)
	woo := woocommercetest.New()
	n.join("woocommerce", "woo.example", woo, woo.Settings("https://woo.example"), woocommerce.Profile().Secrets)
}

// TestTheNightlyAuditOnAWS runs the function with the environment and the role of its template:
// each gap is counted for the alarm and is in the ledger once, and no call leaves the role.
func TestTheNightlyAuditOnAWS(t *testing.T) {
	t.Parallel()
	n := newNight(t)
	n.trade()
	n.create(t)
	for days, event := range map[int]string{5: "request-1", 20: "request-2"} {
		if err := n.backend.Append(t.Context(), port.Entry{
			At: n.clock.Now(), Stage: port.Privacy, Type: port.TypePrivacyRequest, Event: event, Trace: event,
			Notes: []connector.Note{{Field: port.NoteDue, What: n.clock.Now().Add(time.Duration(days) * 24 * time.Hour).Format(time.RFC3339)}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	for night := 1; night <= 2; night++ {
		if err := n.run(t.Context()); err != nil {
			t.Fatalf("night %d: %v\n%s", night, err, n.log.String())
		}
		if got := n.counted(t); got["Gaps"] != 2.0 || got["PrivacyDue"] != 1.0 || got["System"] != "netsuite" || got["Function"] != auditFunction {
			t.Errorf("night %d counts %v", night, got)
		}
		n.clock.Advance(time.Hour)
	}
	entries, err := n.backend.Find(t.Context(), port.Query{Stage: port.Reconciled})
	if err != nil || len(entries) != 2 || entries[0].Type != port.TypeGap || entries[0].Route != "shopify-orders-to-netsuite" {
		t.Errorf("the ledger has %+v, %v", entries, err)
	}
	if len(n.denied) > 0 {
		t.Errorf("the role does not allow %q", n.denied)
	}
	for _, secret := range n.secrets {
		for key, value := range secret {
			if len(value) > 6 && strings.Contains(n.log.String(), value) {
				t.Errorf("the log has %s", key)
			}
		}
	}
}

// TestTheNightlyAuditSaysWhatItCannotDo: a system that cannot be opened fails the invocation,
// which rings by its dead letter, and the log names the secret or the setting.
func TestTheNightlyAuditSaysWhatItCannotDo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(n *night)
		want   string
	}{
		"a secret that is missing":  {func(n *night) { delete(n.secrets, "causeway-dev/shopify") }, "secret causeway-dev/shopify"},
		"a setting that is missing": {func(n *night) { delete(n.environ, "SHOPIFY_SHOPS") }, "SHOPIFY_SHOPS"},
		"no table":                  {func(n *night) { delete(n.environ, "CAUSEWAY_TABLE") }, "CAUSEWAY_TABLE"},
		"secrets without a system":  {func(n *night) { n.environ["CAUSEWAY_SECRETS"] = "causeway-dev/shopify" }, "CAUSEWAY_SECRETS"},
	} {
		n := newNight(t)
		n.trade()
		table := n.environ["CAUSEWAY_TABLE"]
		c.change(n)
		if n.environ["CAUSEWAY_TABLE"] != "" {
			n.create(t)
		}
		if err := n.run(t.Context()); err == nil || !strings.Contains(n.log.String(), c.want) {
			t.Errorf("%s: %v, the log of %s has no %q:\n%s", name, err, table, c.want, n.log.String())
		}
	}
}
