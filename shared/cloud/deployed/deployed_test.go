package deployed_test

import (
	"maps"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"causeway.example/shared/cloud/account"
	"causeway.example/shared/cloud/cloudtest"
	"causeway.example/shared/cloud/deployed"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// world is an emulated AWS, and a reader of the installation "causeway-test" in it.
type world struct {
	*testing.T
	server *cloudtest.Server
	config aws.Config
	reader *deployed.Reader
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, server: cloudtest.New(noon)}
	var err error
	w.config, err = account.Config(map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": "http://aws.invalid",
	}, w.server.Transport())
	if err != nil {
		t.Fatal(err)
	}
	w.config.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	w.reader = deployed.New(w.config, "causeway-test", "1.2.3", noon)
	return w
}

func (w *world) function(name string, variables map[string]string) {
	w.Helper()
	_, err := lambda.NewFromConfig(w.config).CreateFunction(w.Context(), &lambda.CreateFunctionInput{
		FunctionName: aws.String("causeway-test-" + name), Role: aws.String("arn:aws:iam::1:role/r"), Code: &types.FunctionCode{ZipFile: []byte("zip")},
		Environment: &types.Environment{Variables: variables}, Timeout: aws.Int32(90),
	})
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) secret(name, text string) {
	w.Helper()
	_, err := secretsmanager.NewFromConfig(w.config).CreateSecret(w.Context(), &secretsmanager.CreateSecretInput{Name: &name, SecretString: &text})
	if err != nil {
		w.Fatal(err)
	}
}

var shop = connector.Profile{
	Name: "shop", Roles: []connector.Role{connector.Receive, connector.Translate, connector.Poll}, Settings: []string{"SHOP_URL", "SHOP_KEY"}, Secrets: []string{"SHOP_KEY"},
}

func TestSettingsAreThoseOfTheFunctionThatCallsTheSystem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, known, err := w.reader.System(t.Context(), shop); err != nil || known {
		t.Errorf("a system without functions: %v, %v", known, err)
	}
	w.function("shop-receive", map[string]string{"SHOP_URL": "https://door.example", "CAUSEWAY_SECRET": "s/door"})
	w.function("shop-translate", map[string]string{"SHOP_URL": "https://translate.example", "CAUSEWAY_SECRET": "s/shop"})
	w.secret("s/shop", `{"SHOP_KEY":"k"}`)
	found, known, err := w.reader.System(t.Context(), shop)
	if err != nil || !known || found.Function != "causeway-test-shop-translate" || found.Secret != "s/shop" || found.Timeout != 90*time.Second ||
		!maps.Equal(found.Settings, map[string]string{"SHOP_URL": "https://translate.example"}) {
		t.Errorf("found %+v, %v, %v", found, known, err)
	}
	whole, err := w.reader.Whole(t.Context(), found)
	if err != nil || !maps.Equal(whole, map[string]string{"SHOP_URL": "https://translate.example", "SHOP_KEY": "k"}) || found.Settings["SHOP_KEY"] != "" {
		t.Errorf("whole %v, %v", whole, err)
	}
	w.function("shop-poll", map[string]string{"SHOP_URL": "https://poll.example"})
	found, _, err = w.reader.System(t.Context(), shop)
	if err != nil || found.Settings["SHOP_URL"] != "https://poll.example" {
		t.Errorf("the poll's settings: %+v, %v", found, err)
	}
	if whole, err := w.reader.Whole(t.Context(), found); err != nil || whole["SHOP_KEY"] != "" {
		t.Errorf("without a secret: %v, %v", whole, err)
	}
}

// What cannot be read is told apart: AWS is down, the function is closed to us, the secret is
// missing or is not what it must be.
func TestSettingsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.function("shop-poll", map[string]string{"CAUSEWAY_SECRET": "s/none"})
	found, _, err := w.reader.System(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.reader.Whole(t.Context(), found); fault.As(err).Class != fault.Config {
		t.Errorf("a missing secret is %v", err)
	}
	w.secret("s/none", "no JSON")
	if _, err := w.reader.Whole(t.Context(), found); fault.As(err).Class != fault.Config {
		t.Errorf("a secret that is no JSON is %v", err)
	}
	w.server.Fail("lambda", "GetFunctionConfiguration", cloudtest.Unavailable(1))
	if _, _, err := w.reader.System(t.Context(), shop); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("AWS is down: %v", err)
	}
}

// A function without variables was changed by hand, or its variables are closed to us.
func TestAFunctionWithoutVariablesIsAnError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.function("shop-poll", nil)
	if _, known, err := w.reader.System(t.Context(), shop); known || fault.KindOf(err) != fault.Unauthorized {
		t.Errorf("known %v, %v", known, err)
	}
}
