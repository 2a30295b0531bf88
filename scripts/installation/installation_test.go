package installation

import (
	"crypto/rand"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

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
	opened, err := Open(t.Context(), Config{
		Given: given, Deps: func(string) connector.Deps {
			return connector.Deps{HTTP: http.DefaultTransport, Now: time.Now, Random: rand.Reader}
		},
		Fake: func(system functions.System, offset int, stores []string) (map[string]string, error) {
			seen[system.Profile.Name] = stores
			fake, err := system.Fake(t.TempDir(), time.Now)
			if err != nil {
				return nil, err
			}
			return fake.Settings("http://127.0.0.1:" + strconv.Itoa(4600+offset)), nil
		},
	})
	if err != nil || opened.Fakes["shopify"] || !opened.Fakes["woocommerce"] || !opened.Fakes["netsuite"] || len(opened.Systems) != 3 {
		t.Errorf("opened %v, %v", opened.Fakes, err)
	}
	if !slices.Contains(seen["netsuite"], "shopify/own.myshopify.com") {
		t.Errorf("the fake ERP is made for the stores %v", seen["netsuite"])
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

// TestTheSystemsThatTakePart opens nothing and names the targets and sources of the routes.
func TestTheSystemsThatTakePart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given []string
		want  string
	}{
		"nothing is set: the sample day":  {nil, "hubspot netsuite shipbob shopify woocommerce"},
		"one real system":                 {[]string{"SHOPIFY_SHOPS=own.myshopify.com"}, "netsuite shopify woocommerce"},
		"an optional one with a setting":  {[]string{"SHIPBOB_CHANNELS=shopify/own.myshopify.com=7"}, "netsuite shipbob shopify woocommerce"},
		"those that are listed":           {[]string{"CAUSEWAY_SYSTEMS=shopify, shipbob"}, "shipbob shopify"},
		"listed, whatever else has a key": {[]string{"CAUSEWAY_SYSTEMS=shopify,netsuite", "HUBSPOT_TOKEN=x"}, "netsuite shopify"},
	} {
		given, err := Read("", c.given)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, route := range Routes(given) {
			names = append(names, route.From, route.To)
		}
		slices.Sort(names)
		if got := strings.Join(slices.Compact(names), " "); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if _, err := Read("", []string{"CAUSEWAY_SYSTEMS=shopify,sap"}); err == nil || !strings.Contains(err.Error(), `"sap"`) {
		t.Errorf("a system that there is not: %v", err)
	}
}
