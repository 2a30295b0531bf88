//go:build aws

package aws_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"sync"
	"testing"
)

type urlType = url.URL

func parseURL(text string) (*url.URL, error) { return url.Parse(text) }

// passOn sends calls to another endpoint, under the host they were signed for.
func passOn(to *url.URL) http.Handler {
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host = to.Scheme, to.Host
		r.Out.Host = r.In.Host
	}}
}

// isMoto reports whether the endpoint is moto, which alone has this path (moto's
// documentation, "Non-Python SDK's / Server mode").
func isMoto(ctx context.Context, endpoint *url.URL) (bool, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint.JoinPath("/moto-api/data.json").String(), nil)
	if err != nil {
		return false, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false, err
	}
	return response.StatusCode == http.StatusOK, response.Body.Close()
}

var environmentOfTest setup

// result is the last line of a run: sums over all that was played.
type result struct {
	Accepted   int `json:"accepted"`   // deliveries that were answered with 2xx
	Confirmed  int `json:"confirmed"`  // events per route, as the ledger has them
	Lost       int `json:"lost"`       // accepted, and neither in the ERP's books nor explained
	Duplicated int `json:"duplicated"` // twice in the ERP's books
	Kills      int `json:"kills"`      // processes that were killed
}

var (
	sumMu sync.Mutex
	sum   result
)

func addToSum(r result) {
	sumMu.Lock()
	defer sumMu.Unlock()
	sum.Accepted += r.Accepted
	sum.Confirmed += r.Confirmed
	sum.Lost += r.Lost
	sum.Duplicated += r.Duplicated
	sum.Kills += r.Kills
}

func TestMain(m *testing.M) {
	var err error
	if environmentOfTest, err = readSetup(os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	code := m.Run()
	if err := recorded.settle(); err != nil && environmentOfTest.account == "" {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	line, err := json.Marshal(sum)
	if err != nil {
		panic(err)
	}
	fmt.Println("not played: F8 (a panic in one record needs a program made to panic)")
	fmt.Println(string(line))
	os.Exit(code)
}
