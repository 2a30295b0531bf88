package function

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// exporter sends spans to an OpenTelemetry collector by OTLP/HTTP in JSON, at the end
// of each invocation, because a function is frozen after it. It is written by hand:
// the OpenTelemetry SDK would add 6 MB and 12 ms to every start for this one request.
type exporter struct {
	url      string
	header   map[string]string
	client   *http.Client
	log      *slog.Logger
	resource map[string]string
	failing  atomic.Bool
}

// exportTime bounds one export: it is the customer's time, and spans are no message.
const exportTime = 2 * time.Second

// send exports the spans. A collector that fails is told to the log once, until it
// works again, and to nobody else.
func (e *exporter) send(ctx context.Context, spans []*span) {
	if e == nil || len(spans) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, exportTime)
	defer cancel()
	err := e.post(ctx, spans)
	if err == nil {
		e.failing.Store(false)
		return
	}
	if !e.failing.Swap(true) {
		e.log.WarnContext(ctx, "exporting spans; this is said once until it works again", "error", err)
	}
}

func (e *exporter) post(ctx context.Context, spans []*span) (err error) {
	body, err := json.Marshal(e.request(spans))
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	for name, value := range e.header {
		request.Header.Set(name, value)
	}
	response, err := e.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)); err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("the collector answered %d", response.StatusCode)
	}
	return nil
}

// request is an ExportTraceServiceRequest in the JSON of OTLP 1: ids in hex, times as
// decimal texts, enumerations as numbers (OTLP specification, "JSON Protobuf Encoding").
func (e *exporter) request(spans []*span) any {
	list := make([]any, len(spans))
	for i, s := range spans {
		list[i] = s.otlp()
	}
	resource := map[string]any{"attributes": attributes(e.resource)}
	scope := map[string]any{"scope": map[string]any{"name": "causeway"}, "spans": list}
	return map[string]any{"resourceSpans": []any{map[string]any{"resource": resource, "scopeSpans": []any{scope}}}}
}

// Status codes of a span.
const (
	statusOK    = 1
	statusError = 2
)

func (s *span) otlp() any {
	status := map[string]any{"code": statusOK}
	if s.failure != "" {
		status = map[string]any{"code": statusError, "message": s.failure}
	}
	line := map[string]any{
		"traceId": s.parent.Trace, "spanId": s.id, "name": s.name, "kind": s.kind,
		"startTimeUnixNano": nanos(s.begun), "endTimeUnixNano": nanos(s.end),
		"attributes": attributes(s.attributes), "status": status,
	}
	if s.parent.Span != "" {
		line["parentSpanId"] = s.parent.Span
	}
	return line
}

func nanos(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

func attributes(values map[string]string) []any {
	list := make([]any, 0, len(values))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		list = append(list, map[string]any{"key": key, "value": map[string]any{"stringValue": values[key]}})
	}
	return list
}

// tracesURL is where spans go, given the base address (OTLP exporter specification,
// "Endpoint URLs for OTLP/HTTP").
func tracesURL(endpoint string) string { return strings.TrimRight(endpoint, "/") + "/v1/traces" }
