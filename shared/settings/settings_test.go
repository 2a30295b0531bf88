package settings_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/settings"
)

const canary = "canary-secret"

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "causeway.env")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestRead(t *testing.T) {
	t.Parallel()
	file := write(t, "\ufeff# the shop\r\nSHOPIFY_SHOPS=a.myshopify.com\nexport SHOPIFY_CURRENCY=\"shop\" # of two\n\n  # the ERP\nNETSUITE_CURRENCIES=USD=1,EUR=4\n"+
		"NETSUITE_PRIVATE_KEY=\"-----BEGIN\nabc\n-----END\"\nTOKEN='pa$WORD'\nQUOTED=\"a \\\"b\\\" \\$C\"\nEMPTY=\n")
	want := map[string]string{
		"SHOPIFY_SHOPS": "a.myshopify.com", "SHOPIFY_CURRENCY": "shop", "NETSUITE_CURRENCIES": "USD=1,EUR=4",
		"NETSUITE_PRIVATE_KEY": "-----BEGIN\nabc\n-----END", "TOKEN": "pa$WORD", "QUOTED": `a "b" $C`, "EMPTY": "",
	}
	got, err := settings.Read(file, false, nil)
	if err != nil || !maps.Equal(got.Map(), want) {
		t.Fatalf("settings are %v, %v", got.Map(), err)
	}
	for key, origin := range map[string]string{"SHOPIFY_SHOPS": "causeway.env line 2", "NETSUITE_PRIVATE_KEY": "causeway.env line 7", "TOKEN": "causeway.env line 10", "NONE": ""} {
		if got.Origin(key) != origin {
			t.Errorf("%s is from %q, want %q", key, got.Origin(key), origin)
		}
	}
	over, err := settings.Read(file, false, []string{"SHOPIFY_SHOPS=b.myshopify.com", "NEW=x=y"})
	if err != nil || over.Get("SHOPIFY_SHOPS") != "b.myshopify.com" || over.Origin("SHOPIFY_SHOPS") != "environment" || over.Get("NEW") != "x=y" {
		t.Errorf("the environment does not win: %v, %v", over.Map(), err)
	}
}

func TestFileMayBeMissingWhereItIsOptional(t *testing.T) {
	t.Parallel()
	gone := filepath.Join(t.TempDir(), "gone.env")
	if _, err := settings.Read(gone, false, nil); err == nil || !strings.Contains(err.Error(), gone) {
		t.Errorf("a named file that is missing: %v", err)
	}
	for _, file := range []string{gone, ""} {
		if got, err := settings.Read(file, true, []string{"A=1"}); err != nil || got.Get("A") != "1" || got.File != "" {
			t.Errorf("%q: %v", file, err)
		}
	}
	if _, err := settings.Read(t.TempDir(), true, nil); err == nil {
		t.Error("a folder was read")
	}
}

// TestLinesThatCannotBeReadAreNotQuoted has a secret in each line at fault and after it.
func TestLinesThatCannotBeReadAreNotQuoted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"no assignment":     {"A=1\n" + canary + "\nTOKEN=" + canary, "causeway.env line 2 is not KEY=VALUE"},
		"a broken key":      {"A B=" + canary + "\nTOKEN=" + canary, "causeway.env line 1 is not KEY=VALUE"},
		"an endless quote":  {"A=1\n\nB=\"x\nTOKEN=" + canary, "causeway.env line 3: the value begins with \", and no other \" ends it"},
		"text after quotes": {"A=\"x\" " + canary, "causeway.env line 1 is not KEY=VALUE"},
		"set twice":         {"TOKEN=" + canary + "\nTOKEN=" + canary, "causeway.env line 2 sets TOKEN, which line 1 sets already: remove one of them"},
		"a replaced name":   {"TOKEN=" + canary + "$WORD", "causeway.env line 1: the value of TOKEN has a $, after which names are replaced: put the value in single quotes"},
	} {
		_, err := settings.Read(write(t, c.text), false, nil)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func profiles() []connector.Profile {
	return []connector.Profile{
		{Name: "shopify", Settings: []string{"SHOPIFY_SHOPS", "SHOPIFY_ADMIN_TOKEN"}},
		{Name: "netsuite", Settings: []string{"NETSUITE_STORES", "NETSUITE_CUSTOMERS"}, Purposes: []connector.Purpose{
			{Setting: "NETSUITE_STORES", Keys: connector.StoreKeys}, {Setting: "NETSUITE_CUSTOMERS", Keys: connector.CustomerKeys},
		}},
	}
}

func TestUnknownKeysAreErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text        string
		environment []string
		want        []string
	}{
		"all known":              {"SHOPIFY_SHOPS=a\nCAUSEWAY_FILTERS=b", []string{"SHOPIFY_ADMIN_TOKEN=x", "HOME=/", "CAUSEWAY_ANYTHING=1"}, nil},
		"a typing error":         {"SHOPIFY_SHOP=a", nil, []string{"SHOPIFY_SHOP is not a setting: did you mean SHOPIFY_SHOPS? (causeway.env line 1)"}},
		"lower case":             {"# one\nshopify_shops=a", nil, []string{"shopify_shops is not a setting: did you mean SHOPIFY_SHOPS? (causeway.env line 2)"}},
		"nothing alike":          {"HOME=a", nil, []string{"a key is not a setting (causeway.env line 1)"}},
		"a line of a secret":     {canary[:6] + "Wm9rYW5hcnk=", nil, []string{"a key is not a setting (causeway.env line 1)"}},
		"in the environment":     {"", []string{"SHOPIFY_ADMIN_TOKE=" + canary, "SHOPIFY_NONE="}, []string{"SHOPIFY_ADMIN_TOKE is not a setting: did you mean SHOPIFY_ADMIN_TOKEN? (environment)", "SHOPIFY_NONE is not a setting: did you mean SHOPIFY_SHOPS? (environment)"}},
		"of the installation":    {"CAUSEWAY_FILTER=a", nil, []string{"CAUSEWAY_FILTER is not a setting: did you mean CAUSEWAY_FILTERS? (causeway.env line 1)"}},
		"a system without known": {"", []string{"STRIPE_KEY=x"}, nil},
	} {
		s, err := settings.Read(write(t, c.text), false, c.environment)
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		if err := s.CheckKeys(profiles(), "CAUSEWAY_FILTERS"); err != nil {
			text = err.Error()
		}
		if want := strings.Join(c.want, "\n"); text != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, text, want)
		}
	}
}

func TestStoresInMapsAreAmongTheConfigured(t *testing.T) {
	t.Parallel()
	stores := []string{"shopify/brand.myshopify.com", "woocommerce/shop.example"}
	s, err := settings.Read("", true, []string{
		"NETSUITE_STORES=shopify/brand.myshopify.com=1,shopify/brnd.myshopify.com=2,other/x=3",
		"NETSUITE_CUSTOMERS=woocommerce/shop.example/customer/7=1,woocommerce/shops.example/customer/7=1",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := connector.SettingErrors{
		{Key: "NETSUITE_STORES", Rule: `names the store "other/x", which is not configured`},
		{Key: "NETSUITE_STORES", Rule: `names the store "shopify/brnd.myshopify.com", which is not configured: did you mean shopify/brand.myshopify.com?`},
		{Key: "NETSUITE_CUSTOMERS", Rule: `names the store "woocommerce/shops.example", which is not configured: did you mean woocommerce/shop.example?`},
	}
	if got := s.CheckStores(profiles()[1], stores); got.Error() != want.Error() {
		t.Errorf("problems\n%v\nwant\n%v", got, want)
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	s, err := settings.Read(write(t, "A=1\nTOY_LIMIT=many"), false, nil)
	if err != nil {
		t.Fatal(err)
	}
	one := &fault.Error{Field: "TOY_LIMIT", Detail: "must be a whole number"}
	two := &fault.Error{Field: "TOY_LIMIT[1]", Detail: "must be a whole number", Err: connector.SettingErrors{{Key: "TOY_KEY", Rule: "is not set"}}}
	other := errors.New("the network is down")
	for want, cause := range map[string]error{
		"toy has a setting to be put right:\n  TOY_LIMIT must be a whole number (causeway.env line 2)":                           one,
		"toy has 2 settings to be put right:\n  TOY_LIMIT[1] must be a whole number (causeway.env line 2)\n  TOY_KEY is not set": two,
		"the network is down": other,
	} {
		if err := s.Explain("toy", cause); err.Error() != want || !errors.Is(err, cause) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := s.Explain("toy", nil); err != nil {
		t.Errorf("nothing became %v", err)
	}
}

// FuzzRead: no error quotes the file.
func FuzzRead(f *testing.F) {
	f.Add("A=1\n", "B")
	f.Add("'", "=\"")
	f.Fuzz(func(t *testing.T, before, after string) {
		_, err := settings.Read(write(t, before+"\nTOKEN="+canary+after), false, nil)
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("quoted: %v", err)
		}
	})
}
