package connector_test

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

type settings struct {
	Store    string             `env:"TOY_STORE" validate:"required"`
	Secrets  []connector.Secret `env:"TOY_SECRETS" validate:"required,dive,required"`
	Auth     string             `env:"TOY_AUTH" envDefault:"token" validate:"oneof=token oauth2"`
	Token    connector.Secret   `env:"TOY_TOKEN" validate:"required_if=Auth token"`
	Limit    int                `env:"TOY_LIMIT" envDefault:"5" validate:"min=1,max=20"`
	Timeout  time.Duration      `env:"TOY_TIMEOUT" envDefault:"5s" validate:"min=1s"`
	Pin      connector.Secret   `env:"TOY_PIN" validate:"max=4"`
	Zone     *time.Location     `env:"TOY_ZONE"`
	Retries  []int              `env:"TOY_RETRIES"`
	Accounts map[string]string  `env:"TOY_ACCOUNTS"`
	Live     bool               `env:"TOY_LIVE"`
	Derived  string             // not a setting
}

func complete() map[string]string {
	return map[string]string{"TOY_STORE": "s.example", "TOY_SECRETS": "one,two", "TOY_TOKEN": "t"}
}

func TestParseSettingsFillsTheStruct(t *testing.T) {
	t.Parallel()
	given := complete()
	given["TOY_ACCOUNTS"] = "shop/a.example=1, shop/b.example = x=y"
	given["TOY_LIMIT"], given["TOY_LIVE"], given["TOY_TIMEOUT"] = "20", "true", "1m30s"
	var got settings
	if err := connector.ParseSettings(given, &got); err != nil {
		t.Fatal(err)
	}
	want := settings{
		Store: "s.example", Secrets: []connector.Secret{"one", "two"}, Auth: "token", Token: "t", Limit: 20, Live: true,
		Timeout: 90 * time.Second, Accounts: map[string]string{"shop/a.example": "1", "shop/b.example": "x=y"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestParseSettingsUsesDefaults(t *testing.T) {
	t.Parallel()
	given := complete()
	given["TOY_LIMIT"] = ""
	var got settings
	if err := connector.ParseSettings(given, &got); err != nil {
		t.Fatal(err)
	}
	if got.Auth != "token" || got.Limit != 5 || got.Timeout != 5*time.Second || got.Accounts != nil || got.Live {
		t.Errorf("defaults became %+v", got)
	}
}

func TestParseSettingsNamesTheKeyAndTheRule(t *testing.T) {
	t.Parallel()
	const pairs = "must be key=value pairs separated by commas, each key once: "
	for _, c := range []struct{ situation, key, value, field, detail string }{
		{"a required setting is missing", "TOY_STORE", "", "TOY_STORE", "is not set"},
		{"no secret", "TOY_SECRETS", "", "TOY_SECRETS", "is not set"},
		{"one secret of two is empty", "TOY_SECRETS", canary + ",", "TOY_SECRETS[1]", "is not set"},
		{"required by another setting", "TOY_TOKEN", "", "TOY_TOKEN", "is not set, and TOY_AUTH=token needs it"},
		{"a secret that breaks a rule", "TOY_PIN", canary, "TOY_PIN", "must have 4 characters at most"},
		{"an unreadable number", "TOY_LIMIT", "many", "TOY_LIMIT", `must be a whole number, and is "many"`},
		{"a number out of range", "TOY_LIMIT", "21", "TOY_LIMIT", `must be at most 20, and is "21"`},
		{"an unknown choice", "TOY_AUTH", "basic", "TOY_AUTH", `must be one of token, oauth2, and is "basic"`},
		{"an unreadable duration", "TOY_TIMEOUT", "soon", "TOY_TIMEOUT", `must be a duration such as 30s or 5m, and is "soon"`},
		{"a duration out of range", "TOY_TIMEOUT", "1ms", "TOY_TIMEOUT", `must be at least 1s, and is "1ms"`},
		{"an unreadable switch", "TOY_LIVE", "maybe", "TOY_LIVE", `must be true or false, and is "maybe"`},
		{"an unreadable zone", "TOY_ZONE", "Mars", "TOY_ZONE", `must be the IANA name of a time zone such as Europe/Berlin, and is "Mars"`},
		{"unreadable numbers", "TOY_RETRIES", "1,x", "TOY_RETRIES", `must be a list separated by commas, each a whole number, and is "1,x"`},
		{"a long value", "TOY_LIMIT", strings.Repeat("9", 100), "TOY_LIMIT", "must be a whole number"},
		{"a pair without a value", "TOY_ACCOUNTS", "a=1,b", "TOY_ACCOUNTS", pairs + `"b" is not key=value`},
		{"a pair without a key", "TOY_ACCOUNTS", "=1", "TOY_ACCOUNTS", pairs + `"=1" is not key=value`},
		{"a key twice", "TOY_ACCOUNTS", "a=1,a=2", "TOY_ACCOUNTS", pairs + `"a" appears twice`},
		{"a pair of the wrong kind", "TOY_ACCOUNTS", "a:1", "TOY_ACCOUNTS", pairs + `"a:1" is not key=value`},
	} {
		given := complete()
		given[c.key] = c.value
		err := connector.ParseSettings(given, &settings{})
		refused, ok := errors.AsType[*fault.Error](err)
		if !ok {
			t.Errorf("%s: %v", c.situation, err)
			continue
		}
		if refused.Kind != fault.Rejected || refused.Class != fault.Config || refused.Field != c.field || refused.Detail != c.detail {
			t.Errorf("%s: %v %v %q %q", c.situation, refused.Kind, refused.Class, refused.Field, refused.Detail)
		}
		if strings.Contains(fmt.Sprintf("%+v", refused), canary) || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: the secret is shown: %v", c.situation, err)
		}
		if got := connector.ProblemsOf(err); len(got) != 1 || got[0] != (connector.Problem{Key: c.field, Rule: c.detail}) {
			t.Errorf("%s: problems %v", c.situation, got)
		}
	}
}

func TestParseSettingsNamesEverySettingAtFault(t *testing.T) {
	t.Parallel()
	err := connector.ParseSettings(map[string]string{"TOY_LIMIT": "many", "TOY_TIMEOUT": "1ms", "TOY_SECRETS": canary + ","}, &settings{})
	want := connector.SettingErrors{
		{Key: "TOY_STORE", Rule: "is not set"},
		{Key: "TOY_SECRETS[1]", Rule: "is not set"},
		{Key: "TOY_TOKEN", Rule: "is not set, and TOY_AUTH=token needs it"},
		{Key: "TOY_LIMIT", Rule: `must be a whole number, and is "many"`},
		{Key: "TOY_TIMEOUT", Rule: `must be at least 1s, and is "1ms"`},
	}
	if got := connector.ProblemsOf(err); !slices.Equal(got, want) {
		t.Errorf("problems\n%v\nwant\n%v", got, want)
	}
	if f := fault.As(err); f.Field != "TOY_STORE" || !strings.HasPrefix(err.Error(), "reading settings: TOY_STORE: is not set: TOY_SECRETS[1] is not set; TOY_TOKEN ") || strings.Contains(err.Error(), canary) {
		t.Errorf("the error is %v", err)
	}
}

func TestProblemsOfAnyError(t *testing.T) {
	t.Parallel()
	for _, none := range []error{nil, errors.New("the network is down"), fault.New(fault.Unavailable, fault.Connection, "", "down")} {
		if got := connector.ProblemsOf(none); got != nil {
			t.Errorf("%v: %v", none, got)
		}
	}
	own := &fault.Error{Field: "TOY_KEY", Detail: "is no key", Err: errors.New("no PEM")}
	if got := connector.ProblemsOf(fmt.Errorf("opening toy: %w", own)); len(got) != 1 || got[0] != (connector.Problem{Key: "TOY_KEY", Rule: "is no key: no PEM"}) {
		t.Errorf("problems %v", got)
	}
}

func TestParseSettingsKnowsTheParsersOwnOptions(t *testing.T) {
	t.Parallel()
	var required struct {
		Store string `env:"TOY_STORE,required"`
	}
	var notEmpty struct {
		Store string `env:"TOY_STORE,notEmpty"`
	}
	for _, into := range []any{&required, &notEmpty} {
		if got := fault.As(connector.ParseSettings(nil, into)); got.Field != "TOY_STORE" || got.Detail != "is not set" {
			t.Errorf("%T: %v", into, got)
		}
	}
	var wrong struct {
		Store chan int `env:"TOY_STORE"`
	}
	if got := fault.As(connector.ParseSettings(complete(), &wrong)); got.Class != fault.Bug || got.Err == nil {
		t.Errorf("a field of a type that nothing can fill: %v", got)
	}
	if got := fault.As(connector.ParseSettings(complete(), settings{})); got.Class != fault.Bug {
		t.Errorf("no pointer: %v", got)
	}
}

// TestParseSettingsReadsNothingElse gives no settings: those of the process's own
// environment must not fill the gap.
func TestParseSettingsReadsNothingElse(t *testing.T) {
	t.Setenv("TOY_STORE", "from the environment")
	for situation, given := range map[string]map[string]string{"nil": nil, "empty": {}} {
		var got struct {
			Store string `env:"TOY_STORE"`
		}
		if err := connector.ParseSettings(given, &got); err != nil || got.Store != "" {
			t.Errorf("%s: %q, %v", situation, got.Store, err)
		}
	}
}

func TestParseSettingsLeavesTheMapAlone(t *testing.T) {
	t.Parallel()
	given := complete()
	if err := connector.ParseSettings(given, &settings{}); err != nil || !maps.Equal(given, complete()) {
		t.Errorf("%v: %v", err, given)
	}
}

func TestKeysListsSettingsAndSecrets(t *testing.T) {
	t.Parallel()
	all, secret := connector.Keys(settings{})
	if want := []string{"TOY_STORE", "TOY_SECRETS", "TOY_AUTH", "TOY_TOKEN", "TOY_LIMIT", "TOY_TIMEOUT", "TOY_PIN", "TOY_ZONE", "TOY_RETRIES", "TOY_ACCOUNTS", "TOY_LIVE"}; !slices.Equal(all, want) {
		t.Errorf("all = %q", all)
	}
	if want := []string{"TOY_SECRETS", "TOY_TOKEN", "TOY_PIN"}; !slices.Equal(secret, want) {
		t.Errorf("secret = %q", secret)
	}
	all, secret = connector.Keys(struct{ Derived string }{})
	if len(all) != 0 || len(secret) != 0 {
		t.Errorf("no settings gave %q, %q", all, secret)
	}
}

func ExampleParseSettings() {
	var into struct {
		Account string           `env:"ERP_ACCOUNT" validate:"required"`
		Token   connector.Secret `env:"ERP_TOKEN" validate:"required"`
	}
	fmt.Println(connector.ParseSettings(map[string]string{"ERP_ACCOUNT": "17"}, &into))
	fmt.Println(connector.ParseSettings(map[string]string{"ERP_ACCOUNT": "17", "ERP_TOKEN": "s3cret"}, &into), into)
	// Output:
	// reading settings: ERP_TOKEN: is not set
	// <nil> {17 ***}
}

func ExampleSecret() {
	token := connector.Secret("s3cret")
	fmt.Println(token, len(token.Reveal()))
	// Output: *** 6
}

// Embedded is exported because nothing can be set through an unexported embedded field.
type Embedded struct {
	Level int `env:"TOY_LEVEL"`
}

func TestSettingsMayBeSharedByEmbedding(t *testing.T) {
	t.Parallel()
	type exported struct {
		Embedded
		Retries []int `env:"TOY_RETRIES"`
	}
	if all, _ := connector.Keys(exported{}); !slices.Equal(all, []string{"TOY_LEVEL", "TOY_RETRIES"}) {
		t.Errorf("keys %q", all)
	}
	var got exported
	err := connector.ParseSettings(map[string]string{"TOY_LEVEL": "3", "TOY_RETRIES": "1,2"}, &got)
	if err != nil || got.Level != 3 || !slices.Equal(got.Retries, []int{1, 2}) {
		t.Errorf("%+v, %v", got, err)
	}
	err = connector.ParseSettings(map[string]string{"TOY_LEVEL": "three"}, &got)
	if refused := fault.As(err); refused.Field != "TOY_LEVEL" {
		t.Errorf("an unreadable embedded setting: %v", err)
	}
}

func FuzzParseSettings(f *testing.F) {
	f.Add("a=1,b=2", "5", "5s", "one,two")
	f.Add("a=,=b,,", "1_000", "-1h", ",")
	f.Add("${TOY_TOKEN}", "0x10", "1e9", "\x00")
	f.Fuzz(func(t *testing.T, accounts, limit, timeout, secrets string) {
		given := map[string]string{
			"TOY_STORE": "s", "TOY_TOKEN": canary, "TOY_ACCOUNTS": accounts, "TOY_LIMIT": limit, "TOY_TIMEOUT": timeout, "TOY_SECRETS": secrets,
		}
		var got settings
		err := connector.ParseSettings(given, &got)
		if err != nil {
			if refused := fault.As(err); refused.Class != fault.Config || !strings.HasPrefix(refused.Field, "TOY_") || strings.Contains(err.Error(), canary) {
				t.Errorf("the error is %v", err)
			}
			return
		}
		for key, value := range got.Accounts {
			if key == "" || !strings.Contains(accounts, key) || !strings.Contains(accounts, value) || strings.Contains(value, canary) {
				t.Errorf("%q became %q", accounts, got.Accounts)
			}
		}
	})
}

func TestHostNamesAreTheOnesOfTheStandard(t *testing.T) {
	t.Parallel()
	label := strings.Repeat("a", 63)
	for host, want := range map[string]bool{
		"brand.myshopify.com": true, "a-1.B2.example": true, "localhost": true, label + ".example": true,
		"": false, ".example": false, "brand..example": false, "brand.example.": false, "-a.example": false, "a-.example": false,
		"a_b.example": false, "brand.example/x": false, "user@brand.example": false, "brand.example:80": false, "bränd.example": false,
		label + "a.example": false, strings.Repeat(label+".", 4) + "example": false,
	} {
		var s struct {
			Host string `env:"HOST" validate:"omitempty,hostname_rfc1123"`
		}
		err := connector.ParseSettings(map[string]string{"HOST": host}, &s)
		if got := err == nil; got != want && host != "" {
			t.Errorf("%q passes: %v", host, got)
		}
	}
}
