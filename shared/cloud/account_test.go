package cloud_test

import (
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway.example/shared/cloud"
	"causeway.example/shared/fault"
)

func TestAWSNamesTheVariableThatIsMissingOrWrong(t *testing.T) {
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
			_, err := cloud.AWS(with(c.change), http.DefaultTransport)
			mustBe(t, err, fault.Rejected, fault.Config, "configuring AWS")
			if fault.As(err).Field != c.field {
				t.Errorf("names %s, want %s: %v", fault.As(err).Field, c.field, err)
			}
		})
	}
}

const issuerVariable = "AWS_CONTAINER_CREDENTIALS_FULL_URI"

// TestEndpointsOfPartitions has the hosts of AWS's own list (AWS General Reference,
// "Service endpoints and quotas").
func TestEndpointsOfPartitions(t *testing.T) {
	t.Parallel()
	const fips, dual = "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"
	for name, c := range map[string]struct {
		environ map[string]string
		want    string
	}{
		"China": {map[string]string{"AWS_REGION": "cn-north-1"}, "events.cn-north-1.amazonaws.com.cn sqs.cn-north-1.amazonaws.com.cn dynamodb.cn-north-1.amazonaws.com.cn " +
			"causeway-test-bucket.s3.cn-north-1.amazonaws.com.cn secretsmanager.cn-north-1.amazonaws.com.cn"},
		"Europe, sovereign": {map[string]string{"AWS_REGION": "eusc-de-east-1"}, "events.eusc-de-east-1.amazonaws.eu sqs.eusc-de-east-1.amazonaws.eu dynamodb.eusc-de-east-1.amazonaws.eu " +
			"causeway-test-bucket.s3.eusc-de-east-1.amazonaws.eu secretsmanager.eusc-de-east-1.amazonaws.eu"},
		"isolated": {map[string]string{"AWS_REGION": "us-iso-east-1"}, "events.us-iso-east-1.c2s.ic.gov sqs.us-iso-east-1.c2s.ic.gov dynamodb.us-iso-east-1.c2s.ic.gov " +
			"causeway-test-bucket.s3.us-iso-east-1.c2s.ic.gov secretsmanager.us-iso-east-1.c2s.ic.gov"},
		"FIPS": {map[string]string{"AWS_REGION": "us-east-1", fips: "true"}, "events-fips.us-east-1.amazonaws.com sqs-fips.us-east-1.amazonaws.com dynamodb-fips.us-east-1.amazonaws.com " +
			"causeway-test-bucket.s3-fips.us-east-1.amazonaws.com secretsmanager-fips.us-east-1.amazonaws.com"},
		"dual stack": {map[string]string{dual: "true"}, "events.eu-central-1.api.aws sqs.eu-central-1.api.aws dynamodb.eu-central-1.api.aws " +
			"causeway-test-bucket.s3.dualstack.eu-central-1.amazonaws.com secretsmanager.eu-central-1.amazonaws.com"},
		"neither": {map[string]string{fips: "false", dual: "FALSE"}, "events.eu-central-1.amazonaws.com sqs.eu-central-1.amazonaws.com dynamodb.eu-central-1.amazonaws.com " +
			"causeway-test-bucket.s3.eu-central-1.amazonaws.com secretsmanager.eu-central-1.amazonaws.com"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if hosts, _ := touch(t, with(c.environ)); strings.Join(hosts, " ") != c.want {
				t.Errorf("called %s\nwant   %s", strings.Join(hosts, " "), c.want)
			}
		})
	}
}

// TestCallsCarryTheTraceOfTheInvocation: Lambda stops a loop of functions and queues by
// this header, which aws-lambda-go has put into the environment.
func TestCallsCarryTheTraceOfTheInvocation(t *testing.T) {
	const id = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:1"
	t.Setenv("AWS_LAMBDA_FUNCTION_NAME", "causeway-test-shop-receive")
	t.Setenv("_X_AMZN_TRACE_ID", id)
	_, seen := touch(t, environ)
	for _, r := range seen {
		if got := r.Header.Get("X-Amzn-Trace-Id"); got != id {
			t.Errorf("%s carries %q", r.URL.Host, got)
		}
	}
}

// issuer issues credentials for an hour, and answers the calls that they sign.
type issuer struct {
	down           bool
	calls, refused int
}

func (i *issuer) RoundTrip(r *http.Request) (*http.Response, error) {
	text := "{}"
	status := http.StatusOK
	switch {
	case r.URL.Host != "127.0.0.1:9001":
		text = `{"Item":{"v":{"B":"` + strings.Split(r.Header.Get("Authorization"), "/")[0][len("AWS4-HMAC-SHA256 Credential="):] + `"}}}`
	case i.down:
		i.refused++
		status = http.StatusServiceUnavailable
	default:
		i.calls++
		key := "KEY" + string(rune('0'+i.calls))
		text = `{"AccessKeyId":"` + key + `","SecretAccessKey":"secret","Token":"` + r.Header.Get("Authorization") + `","Expiration":"` + time.Now().Add(time.Hour).UTC().Format(time.RFC3339) + `"}`
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
		without := maps.Clone(environ)
		delete(without, "AWS_ACCESS_KEY_ID")
		delete(without, "AWS_SECRET_ACCESS_KEY")
		without[issuerVariable], without["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "http://127.0.0.1:9001/2021-08-23/credentials", "token"
		i := &issuer{}
		a, err := cloud.AWS(without, i)
		must(t, err)
		if i.calls != 0 {
			t.Error("asked before it was needed")
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
		_, err = cloud.Open(a, config(time.Now)).Get(t.Context(), "k")
		mustBe(t, err, fault.Unavailable, fault.Auth, "reading state k: http://127.0.0.1:9001/2021-08-23/credentials issues no credentials")
		if i.refused != 3 {
			t.Errorf("asked %d times, want 3", i.refused)
		}
	})
}
