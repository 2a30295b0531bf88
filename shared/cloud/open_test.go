package cloud_test

import (
	"crypto/rand"
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway.example/shared/cloud"
	"causeway.example/shared/cloud/account"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// spy keeps the requests whole.
type spy struct{ seen []*http.Request }

func (s *spy) RoundTrip(r *http.Request) (*http.Response, error) {
	s.seen = append(s.seen, r)
	return nil, errors.New("nobody is there")
}

// touch calls each service once, and returns which hosts were called.
func touch(t *testing.T, environ map[string]string) (hosts []string, seen []*http.Request) {
	t.Helper()
	s := &spy{}
	a, err := account.Config(environ, s)
	must(t, err)
	a.RetryMaxAttempts, a.Retryer = 1, nil
	b := cloud.Open(a, config(func() time.Time { return noon }))
	for _, call := range []func() error{
		func() error { return b.Publish(t.Context(), []*message.Message{order("m", 1)}) },
		func() error { return b.Send(t.Context(), "q", []port.Outgoing{{Body: []byte("b")}}) },
		func() error { _, err := b.Get(t.Context(), "k"); return err },
		func() error { _, err := b.Store(t.Context(), []byte("b")); return err },
		func() error {
			_, err := cloud.NewSecrets(a, "1.2.3", func() time.Time { return noon }).Get(t.Context(), "s")
			return err
		},
	} {
		mustBe(t, call(), fault.Unavailable, fault.Connection, "nobody is there")
	}
	for _, r := range s.seen {
		hosts = append(hosts, r.URL.Host)
	}
	return hosts, s.seen
}

func with(more map[string]string) map[string]string {
	all := maps.Clone(environ)
	maps.Copy(all, more)
	return all
}

func TestEveryServiceHonoursItsEndpoint(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		more map[string]string
		want string
	}{
		"AWS's own": {nil, "events.eu-central-1.amazonaws.com sqs.eu-central-1.amazonaws.com dynamodb.eu-central-1.amazonaws.com " +
			"causeway-test-bucket.s3.eu-central-1.amazonaws.com secretsmanager.eu-central-1.amazonaws.com"},
		"one for all": {map[string]string{"AWS_ENDPOINT_URL": "http://local:1"}, "local:1 local:1 local:1 local:1 local:1"},
		"one for some": {map[string]string{
			"AWS_ENDPOINT_URL": "http://local:1", "AWS_ENDPOINT_URL_SQS": "http://local:2",
			"AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://local:3", "AWS_ENDPOINT_URL_EVENTBRIDGE": "http://local:4",
			"AWS_ENDPOINT_URL_DYNAMODB": "http://local:5", "AWS_ENDPOINT_URL_S3": "http://local:6",
		}, "local:4 local:2 local:5 local:6 local:3"},
		"only one": {map[string]string{"AWS_ENDPOINT_URL_SQS": "http://local:2"}, "events.eu-central-1.amazonaws.com local:2 dynamodb.eu-central-1.amazonaws.com " +
			"causeway-test-bucket.s3.eu-central-1.amazonaws.com secretsmanager.eu-central-1.amazonaws.com"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if hosts, _ := touch(t, with(c.more)); strings.Join(hosts, " ") != c.want {
				t.Errorf("called %s\nwant   %s", strings.Join(hosts, " "), c.want)
			}
		})
	}
}

func TestABucketIsInThePathWhereTheEndpointIsNotAWSs(t *testing.T) {
	t.Parallel()
	_, seen := touch(t, with(map[string]string{"AWS_ENDPOINT_URL": "http://local:1"}))
	if path := seen[3].URL.Path; !strings.HasPrefix(path, "/causeway-test-bucket/claims/") {
		t.Errorf("path %s", path)
	}
}

func TestRequestsAreSignedAndSayWhoWeAre(t *testing.T) {
	t.Parallel()
	_, seen := touch(t, with(map[string]string{"AWS_SESSION_TOKEN": "session"}))
	for i, r := range seen {
		if auth := r.Header.Get("Authorization"); !strings.Contains(auth, "Credential=AKIDEXAMPLE/") || r.Header.Get("X-Amz-Security-Token") != "session" {
			t.Errorf("request %d is signed %q", i, auth)
		}
		if agent := r.Header.Get("User-Agent"); !strings.Contains(agent, "causeway/1.2.3") {
			t.Errorf("request %d is of %q", i, agent)
		}
	}
}

func TestOpenLeavesTheConfigurationAlone(t *testing.T) {
	t.Parallel()
	a := mustConfig(t, answers(ok(`{}`)))
	cloud.Open(a, config(time.Now))
	if len(a.APIOptions) != 0 {
		t.Error("Open changed the configuration that it was given")
	}
}

// hanging never answers before its request is given up.
type hanging struct{}

func (hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// A call that hangs ends by itself, and a long poll is given longer.
func TestACallThatHangsEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := mustConfig(t, hanging{})
		b := cloud.Open(a, cloud.Config{QueueBase: "https://sqs.example/1/", Table: "t", Now: time.Now, Random: rand.Reader})
		begun := time.Now()
		_, err := b.Get(t.Context(), "k")
		mustBe(t, err, fault.Unavailable, fault.Intermittent, "reading state k")
		if took := time.Since(begun); took > 40*time.Second {
			t.Errorf("gave up after %v", took)
		}
		begun = time.Now()
		_, err = b.Receive(t.Context(), "q", 10, time.Minute)
		mustBe(t, err, fault.Unavailable, fault.Intermittent, "receiving from queue q")
		if took := time.Since(begun); took < 20*time.Second {
			t.Errorf("a long poll was given up after %v", took)
		}
	})
}

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

// TestCredentialsThatCannotBeHadAreNoFaultOfTheMessage: the call asks for them as often as
// it is tried, and the message waits.
func TestCredentialsThatCannotBeHadAreNoFaultOfTheMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := answers(answer{status: 503})
		a, err := account.Config(map[string]string{"AWS_REGION": "eu-central-1", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9001/credentials"}, s)
		must(t, err)
		_, err = cloud.Open(a, config(time.Now)).Get(t.Context(), "k")
		mustBe(t, err, fault.Unavailable, fault.Auth, "reading state k: http://127.0.0.1:9001/credentials issues no credentials")
		if asked := len(s.operations()); asked != 3 {
			t.Errorf("asked %d times, want 3", asked)
		}
	})
}
