//go:build aws

package aws_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// gateway is the HTTP API: routes of the template, each to a function.
type gateway struct {
	world  *world
	routes map[string]*host // "POST /hooks/shopify"
	count  atomic.Int64
	full   atomic.Bool // the rate is used up: the next request is throttled
}

// newGateway reads routes and integrations.
func (w *world) newGateway() (*gateway, error) {
	g := &gateway{world: w, routes: map[string]*host{}}
	integrations := map[string]*host{}
	err := w.stack.each("AWS::ApiGatewayV2::Integration", func(id string, p map[string]any) error {
		if p["PayloadFormatVersion"] != "2.0" || p["IntegrationType"] != "AWS_PROXY" {
			return fmt.Errorf("no rule for the integration %v", p)
		}
		integrations["integrations/"+id] = w.hosts[nameFromARN(fmt.Sprint(p["IntegrationUri"]))]
		return nil
	})
	if err != nil {
		return nil, err
	}
	return g, w.stack.each("AWS::ApiGatewayV2::Route", func(id string, p map[string]any) error {
		g.routes[fmt.Sprint(p["RouteKey"])] = integrations[fmt.Sprint(p["Target"])]
		if g.routes[fmt.Sprint(p["RouteKey"])] == nil {
			return fmt.Errorf("route %s leads nowhere", id)
		}
		return nil
	})
}

// ServeHTTP implements http.Handler.
func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := r.Method + " " + r.URL.Path
	target := g.routes[key]
	if target == nil {
		http.Error(w, `{"message":"Not Found"}`, http.StatusNotFound)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender is gone
	}
	payload, err := json.Marshal(g.event(r, key, body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if g.full.CompareAndSwap(true, false) {
		g.world.watch.request(key, http.StatusTooManyRequests)
		http.Error(w, `{"message":"Too Many Requests"}`, http.StatusTooManyRequests)
		return
	}
	answer, err := target.invoke(r.Context(), payload, 0)
	var response events.APIGatewayV2HTTPResponse
	if err != nil || json.Unmarshal(answer, &response) != nil || response.StatusCode == 0 {
		g.world.watch.request(key, http.StatusInternalServerError)
		http.Error(w, `{"message":"Internal Server Error"}`, http.StatusInternalServerError)
		return
	}
	g.world.watch.request(key, response.StatusCode)
	write(w, response)
}

func write(w http.ResponseWriter, response events.APIGatewayV2HTTPResponse) {
	for name, value := range response.Headers {
		w.Header().Set(name, value)
	}
	body := []byte(response.Body)
	if response.IsBase64Encoded {
		body, _ = base64.StdEncoding.DecodeString(response.Body) // what the door sends it also reads
	}
	w.WriteHeader(response.StatusCode)
	_, _ = w.Write(body) // the sender may be gone
}

// event is the request in payload format 2.0: names of headers in lower case, values
// joined by commas; every other body comes in base64, as binary ones do.
func (g *gateway) event(r *http.Request, key string, body []byte) events.APIGatewayV2HTTPRequest {
	headers := map[string]string{"host": r.Host}
	for name, values := range r.Header {
		headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	event := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: key, RawPath: r.URL.Path, RawQueryString: r.URL.RawQuery, Headers: headers, Body: string(body),
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			RouteKey: key, AccountID: g.world.at.account, Stage: "$default", RequestID: newRequestID(), APIID: "api", DomainName: r.Host,
			Time: time.Now().UTC().Format("02/Jan/2006:15:04:05 -0700"), TimeEpoch: time.Now().UnixMilli(),
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{Method: r.Method, Path: r.URL.Path, Protocol: r.Proto, SourceIP: "192.0.2.1", UserAgent: r.UserAgent()},
		},
	}
	if g.count.Add(1)%2 == 0 {
		event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return event
}
