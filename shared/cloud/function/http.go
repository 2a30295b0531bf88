package function

import (
	"context"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"causeway.example/shared/connector"
	"causeway.example/shared/intake"
)

// webhook takes a request of an HTTP API or of a Function URL, which have one form
// (payload format 2.0), through the door.
func (f *function) webhook(ctx context.Context, e events.APIGatewayV2HTTPRequest) (any, error) {
	now := invocationOf(ctx)
	ctx = withIDs(ctx, ids{queue: f.queue})
	begun := f.pipeline.Now()
	header := httpHeader(e.Headers)
	step := now.spans.begin("receive "+f.system.Profile.Name, spanServer, header.Get("Traceparent"))
	if parent := step.context(); parent != "" {
		header.Set("Traceparent", parent)
	}
	receiver, err := intake.New(f.pipeline.Runtime, f.system)
	if err != nil {
		return nil, err
	}
	receiver.Refused = now.tally.refuse
	got := f.through(ctx, receiver, e, connector.Request{Method: e.RequestContext.HTTP.Method, Header: header, At: begun})
	now.tally.time(f.queue, metricHandling, milliseconds(f.pipeline.Now().Sub(begun)))
	failure := ""
	switch {
	case got.Status >= http.StatusInternalServerError:
		failure = http.StatusText(got.Status)
	case got.Status >= http.StatusBadRequest:
		return httpAnswer(got), nil // without a span: strangers must not fill the collector
	}
	now.spans.end(step, failure, map[string]string{
		"http.request.method": e.RequestContext.HTTP.Method, "http.response.status_code": strconv.Itoa(got.Status), "faas.invocation_id": requestID(ctx),
	})
	return httpAnswer(got), nil
}

// through restores the bytes that were sent, which the signature covers, and hands
// them to the door.
func (f *function) through(ctx context.Context, receiver *intake.Receiver, e events.APIGatewayV2HTTPRequest, request connector.Request) intake.Answer {
	request.Body = []byte(e.Body)
	if e.IsBase64Encoded {
		body, err := base64.StdEncoding.Strict().DecodeString(e.Body)
		if err != nil && request.Method == http.MethodPost {
			receiver.Refused("body_not_base64")
			return intake.Answer{Status: http.StatusBadRequest, Body: http.StatusText(http.StatusBadRequest)}
		}
		request.Body = body
	}
	return receiver.Receive(ctx, request)
}

// httpHeader gives the headers their canonical names; gateways lower them. Values of
// one name that came twice stand in one, between commas, as the gateway joined them.
func httpHeader(from map[string]string) http.Header {
	header := make(http.Header, len(from))
	for name, value := range from {
		header.Add(name, value)
	}
	return header
}

func httpAnswer(a intake.Answer) events.APIGatewayV2HTTPResponse {
	header := map[string]string{"Content-Type": "text/plain; charset=utf-8"}
	for name, values := range a.Header {
		header[name] = strings.Join(values, ", ")
	}
	return events.APIGatewayV2HTTPResponse{StatusCode: a.Status, Headers: header, Body: a.Body}
}
