package cloud_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"causeway.example/shared/cloud"
	"causeway.example/shared/cloud/account"
	"causeway.example/shared/fault"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// request is one call as AWS would see it.
type request struct {
	operation string // "PutEvents"; method and path where the service speaks REST
	url       *url.URL
	header    http.Header
	body      []byte
}

// answer is what AWS says to it. An error is a connection that broke before the
// answer, cut one that broke at the end of the body.
type answer struct {
	status int
	header http.Header
	body   string
	err    error
	cut    bool
}

// script is an AWS that answers each call as a test wants, and keeps the calls.
type script struct {
	answer func(call int, r request) answer

	mu    sync.Mutex
	calls []request
}

// RoundTrip implements http.RoundTripper.
func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	_, operation, json := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if !json {
		operation = r.Method + " " + r.URL.Path
	}
	call := request{operation, r.URL, r.Header, body}
	s.mu.Lock()
	s.calls = append(s.calls, call)
	number := len(s.calls)
	s.mu.Unlock()
	a := s.answer(number, call)
	if a.err != nil {
		return nil, a.err
	}
	if a.header == nil {
		a.header = http.Header{}
	}
	content := io.NopCloser(strings.NewReader(a.body))
	if a.cut {
		content = cut{content}
	}
	return &http.Response{StatusCode: max(a.status, 200), Header: a.header, Request: r, Body: content, ContentLength: int64(len(a.body))}, nil
}

// answers returns a script of these answers in turn, the last one for ever.
func answers(all ...answer) *script {
	return &script{answer: func(call int, _ request) answer { return all[min(call, len(all))-1] }}
}

// refusal is an error as the services that speak JSON write it.
func refusal(status int, code string) answer {
	return answer{status: status, body: fmt.Sprintf(`{"__type":"com.amazonaws#%s","message":"as the test wants"}`, code)}
}

func ok(body string) answer { return answer{body: body} }

var environ = map[string]string{"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}

func mustConfig(t *testing.T, transport http.RoundTripper) aws.Config {
	t.Helper()
	a, err := account.Config(environ, transport)
	must(t, err)
	return a
}

func config(now func() time.Time) cloud.Config {
	return cloud.Config{
		Prefix: "causeway-test", QueueBase: "https://sqs.eu-central-1.amazonaws.com/123456789012/", Bus: "causeway-test",
		Table: "causeway-test", Bucket: "causeway-test-bucket", Build: "1.2.3", Now: now, Random: rand.Reader,
	}
}

// open returns a backend over the script whose clock stands at noon.
func open(t *testing.T, s *script) *cloud.Backend {
	t.Helper()
	return cloud.Open(mustConfig(t, s), config(func() time.Time { return noon }))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// mustBe checks an error's kind and class, and that it speaks of something.
func mustBe(t *testing.T, err error, kind fault.Kind, class fault.Class, of string) {
	t.Helper()
	f := fault.As(err)
	if f == nil || f.Kind != kind || f.ClassOrDefault() != class || !strings.Contains(err.Error(), of) {
		t.Fatalf("error = %+v (%v)\nwant %s of class %s that speaks of %q", f, err, kind, class, of)
	}
}

// read reads what a call sent.
func read[T any](t *testing.T, r request) (in T) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(r.body))
	must(t, decoder.Decode(&in))
	return in
}

// operations returns the names of the calls so far.
func (s *script) operations() (names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, call := range s.calls {
		names = append(names, call.operation)
	}
	return names
}
