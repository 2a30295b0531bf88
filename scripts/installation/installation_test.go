package installation

import (
	"path/filepath"
	"strings"
	"testing"

	"causeway.example/functions"
	"causeway.example/shared/connector"
)

func TestANamedFileMustExist(t *testing.T) {
	t.Parallel()
	if _, err := Read(filepath.Join(t.TempDir(), "none.env"), nil); err == nil {
		t.Error("a file that does not exist was read")
	}
	if given, err := Read(DefaultSettings, []string{"SHOPIFY_SHOPS=x", "path=y"}); err != nil || given.Get("SHOPIFY_SHOPS") != "x" || given.Get("path") != "" {
		t.Errorf("read %v, %v", given.Map(), err)
	}
	if _, err := Read("", []string{"SHOPIFY_SHOP=x"}); err == nil || !strings.Contains(err.Error(), "did you mean SHOPIFY_SHOPS") {
		t.Errorf("an unknown key is %v", err)
	}
}

// Every system without settings gets its fake, a target after the sources: then it is given
// their stores.
func TestSystemsWithoutSettingsAreFakes(t *testing.T) {
	t.Parallel()
	given, err := Read("", []string{"SHOPIFY_SHOPS=own.myshopify.com", "SHOPIFY_WEBHOOK_SECRETS=secret-of-the-app"})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string][]string{}
	opened, err := Open(Config{
		Given: given, Deps: func(string) connector.Deps { return connector.Deps{} },
		Fake: func(system functions.System, offset int, stores []string) (map[string]string, error) {
			seen[system.Profile.Name] = stores
			return map[string]string{"WOOCOMMERCE_STORES": "https://shop.example"}, nil
		},
	})
	if opened.Fakes["shopify"] || !opened.Fakes["woocommerce"] {
		t.Errorf("opened %v, %v", opened.Fakes, err)
	}
}

func TestSystemIsPointedAtARealAccountByAnyOfItsSettings(t *testing.T) {
	t.Parallel()
	profile := connector.Profile{Settings: []string{"ERP_HOST", "ERP_KEY"}}
	for name, c := range map[string]struct {
		settings map[string]string
		want     bool
	}{
		"none":         {map[string]string{"STORE_HOST": "x"}, false},
		"empty":        {map[string]string{"ERP_HOST": ""}, false},
		"one is there": {map[string]string{"ERP_KEY": "x"}, true},
	} {
		if got := isSet(c.settings, profile); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
