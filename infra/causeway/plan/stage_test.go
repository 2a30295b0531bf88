package plan_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"causeway.example/infra/causeway/plan"
	"causeway.example/infra/causeway/plan/plantest"
)

// TestEveryStageIsAccepted covers the stages that an installation adds.
func TestEveryStageIsAccepted(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../stages/*.yaml")
	if err != nil || len(files) < 2 {
		t.Fatalf("found %v: %v", files, err)
	}
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".yaml"); mustPlan(t, name).Prefix() != "causeway-"+name {
			t.Errorf("%s has the prefix of another stage", file)
		}
	}
}

func TestStagesAreRejected(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, new, want string }{
		"an unknown key":                    {"  burst: 50", "  bursts: 50", "line 37: field bursts not found in type plan.DoorConfig"},
		"a missing key":                     {"  rate: 20\n", "", "try.yaml:35: door.rate: must satisfy required"},
		"a value out of range":              {"memory: 256", "memory: 64", "try.yaml:40: functions.memory: must satisfy min=128"},
		"a value of a wrong kind":           {"memory: 256", "memory: much", "line 40: cannot unmarshal"},
		"not one of the allowed":            {"log_level: DEBUG", "log_level: LOUD", "try.yaml:41: functions.log_level: must satisfy oneof=DEBUG INFO WARN ERROR"},
		"a name that is not the file's":     {"stage: try", "stage: other", "try.yaml:3: stage: must be try, as the file is named"},
		"a name that AWS refuses":           {"stage: try", "stage: Try_it", "try.yaml:3: stage: must satisfy lower_name"},
		"an account that is none":           {"stage: try", "stage: try\naccount: \"12\"\nregion: eu-central-1", "account: must satisfy len=12"},
		"an account without a region":       {"stage: try", "stage: try\naccount: \"111122223333\"", "region: must satisfy required_with=Account"},
		"an unknown system":                 {"  netsuite:\n", "  sap: {}\n  netsuite:\n", "systems.sap: no such system; there are hubspot, netsuite, shipbob, shopify, woocommerce"},
		"an unknown flow":                   {"- shopify-orders-to-netsuite", "- shopify-orders-to-sap", `flows: no flow "shopify-orders-to-sap" in the route table`},
		"a flow twice":                      {"- shopify-orders-to-netsuite", "- shopify-payments-to-netsuite", "flows: must satisfy unique"},
		"a flow without its system":         {"  woocommerce:\n    settings:\n      WOOCOMMERCE_STORES: https://shop.example\n      WOOCOMMERCE_TIMEZONE: Europe/Vienna\n", "", "flows: woocommerce-orders-to-netsuite needs the system woocommerce, which is not in the stage"},
		"a system without a flow":           {"  - woocommerce-customers-to-netsuite\n  - woocommerce-orders-to-netsuite\n  - woocommerce-payments-to-netsuite\n  - woocommerce-refunds-to-netsuite\n  - netsuite-orders-to-woocommerce\n", "", "try.yaml:9: systems.woocommerce: no flow that is on begins or ends in it"},
		"an unknown filter":                 {"door:", "filters: [tests]\ndoor:", `filters: no filter "tests"; there are test, draft`},
		"an unknown budget":                 {"door:", "budgets: {patience: 3h}\ndoor:", "try.yaml:35: budgets.patience: no such budget; there are config, conflict, crash, parent"},
		"a budget out of bounds":            {"door:", "budgets: {transient: 1s}\ndoor:", "budgets.transient: must be a duration of 1m to 720h for transient"},
		"an unknown setting":                {"SHOPIFY_SHOPS:", "SHOPIFY_SHOP:", "systems.shopify.settings.SHOPIFY_SHOP: no such setting of Shopify (Admin API 2026-10)"},
		"a setting that is missing":         {"NETSUITE_ACCOUNT: 1234567_SB1", "NETSUITE_LOCATION: \"1\"", "systems.netsuite.settings.NETSUITE_ACCOUNT: is not set"},
		"a setting that is wrong":           {"WOOCOMMERCE_TIMEZONE: Europe/Vienna", "WOOCOMMERCE_TIMEZONE: Vienna", "try.yaml:12: systems.woocommerce.settings.WOOCOMMERCE_TIMEZONE: is not an IANA time zone"},
		"a secret among the settings":       {"NETSUITE_TOKEN_ID: example-token-id", "NETSUITE_TOKEN_ID: x\n      NETSUITE_TOKEN_SECRET: hush", "try.yaml:18: systems.netsuite.settings.NETSUITE_TOKEN_SECRET: is secret: it belongs in the secret, not in a file"},
		"a door where nobody knocks":        {"  netsuite:\n", "  netsuite:\n    door: function-url\n", "try.yaml:14: systems.netsuite.door: does not fit the roles of netsuite: [translate deliver poll audit]"},
		"a bus that nobody sends over":      {"  woocommerce:\n", "  woocommerce:\n    partner: aws.partner/woo/1\n", "systems.woocommerce.partner: WooCommerce (REST v3) sends over no partner bus"},
		"a secret for a role it lacks":      {"  netsuite:\n", "  netsuite:\n    secrets: {receive: x}\n", "systems.netsuite.secrets: does not fit the roles of netsuite: [translate deliver poll audit]"},
		"an unknown way to shift":           {"memory: 256", "memory: 256\n  shift: Slowly", "functions.shift: must satisfy oneof=Canary10Percent5Minutes"},
		"a schedule for nothing":            {"  shopify:\n", "  shopify:\n    audit: rate(1 day)\n", "systems.shopify.audit: does not fit the roles"},
		"a schedule that is none":           {"  netsuite:\n", "  netsuite:\n    poll: often\n", "systems.netsuite.poll: must satisfy schedule"},
		"a rate without a burst":            {"  shopify:\n", "  shopify:\n    rate: 5\n", "systems.shopify.burst: must be set where rate is"},
		"one worker":                        {"  netsuite:\n", "  netsuite:\n    workers: 1\n", "systems.netsuite.workers: must satisfy min=2"},
		"a call that outlasts the function": {"NETSUITE_TOKEN_ID:", "NETSUITE_TIMEOUT: 15m\n      NETSUITE_TOKEN_ID:", "systems.netsuite.settings: one call may take 15m0s; above 2m8s a message expires before it is dead-lettered"},
		"more than an environment holds":    {"NETSUITE_TOKEN_ID: example-token-id", "NETSUITE_TOKEN_ID: " + strings.Repeat("x", 4000), "the variables of netsuite-deliver have"},
		"a rule that cannot be read":        {"NETSUITE_TOKEN_ID:", "NETSUITE_RULE_STATUS: if\n      NETSUITE_TOKEN_ID:", "systems.netsuite.settings.NETSUITE_RULE_STATUS: is no expression: it ends too early"},
		"a rule without a reason":           {"door:\n", "rules:\n  skip: '\"a\" + .id'\ndoor:\n", "rules: "},
		"alarms that nobody hears":          {"stage: try", "stage: try\nproduction: true", "alarms.emails: a production stage needs at least one address for its alarms"},
		"a receiver that is none":           {"  waiting: 60", "  waiting: 60\n  emails: [operations]", "alarms.emails.0: must satisfy email"},
		"a domain without its certificate":  {"  burst: 50", "  burst: 50\n  domain: hooks.example.com", "door.certificate: must satisfy required_with=Domain"},
		"an archive that ends too soon":     {"archive: 120", "archive: 14", "retention.archive: must satisfy min=91"},
		"no YAML":                           {"stage: try", "stage: [", "try.yaml: yaml:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dev := strings.Replace(mustReadFile(t, "../../stages/dev.yaml"), "stage: dev", "stage: try", 1)
			if strings.Count(dev, c.old) == 0 {
				t.Fatalf("the example has no %q", c.old)
			}
			err := refusal(t, strings.Replace(dev, c.old, c.new, 1))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the refusal is\n%v\nwant %s", err, c.want)
			}
		})
	}
}

// refusal reads a stage as the command does and returns why it is rejected.
func refusal(t *testing.T, text string) error {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "try.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	stage, err := plan.ReadStage(folder, "try")
	if err != nil {
		return err
	}
	_, err = newPlan(stage, "dist")
	return err
}

func TestARejectionListsEveryFinding(t *testing.T) {
	t.Parallel()
	dev := strings.NewReplacer("stage: dev", "stage: try", "SHOPIFY_SHOPS:", "SHOPIFY_SHOP:", "- shopify-orders", "- shopify-order").Replace(mustReadFile(t, "../../stages/dev.yaml"))
	if got := len(strings.Split(refusal(t, dev).Error(), "\n")); got != 3 {
		t.Errorf("%d findings, want the unknown setting, the missing one and the unknown flow", got)
	}
}

func TestASecretIsNeverShown(t *testing.T) {
	t.Parallel()
	dev := strings.NewReplacer("stage: dev", "stage: try", "NETSUITE_TOKEN_ID: example-token-id", "NETSUITE_TOKEN_ID: x\n      NETSUITE_TOKEN_SECRET: hush-hush").Replace(mustReadFile(t, "../../stages/dev.yaml"))
	if err := refusal(t, dev); err == nil || strings.Contains(err.Error(), "hush-hush") {
		t.Errorf("the refusal is %v", err)
	}
}

func TestAStageThatIsComposedInGoIsCheckedToo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		stage *plan.Stage
		want  string
	}{
		"an empty stage":      {&plan.Stage{}, "stage: systems: must satisfy required"},
		"functions not there": {plantest.ToyStage(plantest.ToyConfig()), "systems.toyshop: no such system"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := newPlan(c.stage, "dist"); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the findings are %v, want %s", err, c.want)
			}
		})
	}
}
