package account_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway.example/shared/cloud/account"
	"causeway.example/shared/fault"
)

const issuerVariable = "AWS_CONTAINER_CREDENTIALS_FULL_URI"

var environ = map[string]string{"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "session"}

func with(more map[string]string) map[string]string {
	all := maps.Clone(environ)
	maps.Copy(all, more)
	return all
}

func TestConfigNamesTheVariableThatIsMissingOrWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change map[string]string // "" takes the variable away
		field  string
	}{
		"no region":           {map[string]string{"AWS_REGION": ""}, "AWS_REGION"},
		"no key":              {map[string]string{"AWS_ACCESS_KEY_ID": ""}, "AWS_ACCESS_KEY_ID"},
		"no secret":           {map[string]string{"AWS_SECRET_ACCESS_KEY": ""}, "AWS_SECRET_ACCESS_KEY"},
		"half a key":          {map[string]string{"AWS_SECRET_ACCESS_KEY": "", issuerVariable: "http://127.0.0.1/"}, "AWS_SECRET_ACCESS_KEY"},
		"FIPS: yes":           {map[string]string{"AWS_USE_FIPS_ENDPOINT": "yes"}, "AWS_USE_FIPS_ENDPOINT"},
		"dual stack: enabled": {map[string]string{"AWS_USE_DUALSTACK_ENDPOINT": "enabled"}, "AWS_USE_DUALSTACK_ENDPOINT"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := account.Config(with(c.change), http.DefaultTransport)
			if f := fault.As(err); f == nil || f.Kind != fault.Rejected || f.Class != fault.Config || f.Field != c.field {
				t.Errorf("%+v (%v), want one that names %s", f, err, c.field)
			}
		})
	}
}

func TestKeysOfTheEnvironmentAreUsed(t *testing.T) {
	t.Parallel()
	a, err := account.Config(with(map[string]string{issuerVariable: "http://127.0.0.1:9001/"}), &issuer{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := a.Credentials.Retrieve(t.Context())
	if err != nil || got.AccessKeyID != "AKIDEXAMPLE" || got.SecretAccessKey != "secret" || got.SessionToken != "session" || got.CanExpire {
		t.Errorf("%+v, %v", got, err)
	}
}

// issuer issues credentials for an hour; the session shows the token that was sent.
type issuer struct {
	calls int
	down  bool
}

func (i *issuer) RoundTrip(r *http.Request) (*http.Response, error) {
	i.calls++
	text := fmt.Sprintf(`{"AccessKeyId":"KEY%d","SecretAccessKey":"secret","Token":%q,"Expiration":%q}`, i.calls, r.Header.Get("Authorization"), time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	status := http.StatusOK
	if i.down {
		status = http.StatusServiceUnavailable
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(text)), ContentLength: int64(len(text)),
	}, nil
}

// TestCredentialsOfAnIssuerAreRefreshed: an environment without keys, such as that of a
// process from a snapshot, names an endpoint that issues them.
func TestCredentialsOfAnIssuerAreRefreshed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		a, err := account.Config(map[string]string{
			"AWS_REGION": "eu-central-1", issuerVariable: "http://127.0.0.1:9001/credentials", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "token",
		}, i)
		if err != nil || i.calls != 0 {
			t.Fatalf("%v, asked %d times before the first call", err, i.calls)
		}
		for _, want := range []struct {
			after time.Duration
			key   string
		}{{0, "KEY1"}, {50 * time.Minute, "KEY1"}, {6 * time.Minute, "KEY2"}} {
			time.Sleep(want.after)
			got, err := a.Credentials.Retrieve(t.Context())
			if err != nil || got.AccessKeyID != want.key || got.SessionToken != "token" {
				t.Errorf("%v later: key %s, token %s, %v", want.after, got.AccessKeyID, got.SessionToken, err)
			}
		}
		i.down = true
		time.Sleep(2 * time.Hour)
		_, err = a.Credentials.Retrieve(t.Context())
		if f := fault.As(err); f == nil || f.Kind != fault.Unavailable || f.Class != fault.Auth || i.calls != 3 {
			t.Errorf("%+v after %d calls", f, i.calls)
		}
	})
}
