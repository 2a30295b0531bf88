package function

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	samples "causeway.example/events"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// inbox returns the raw messages that lie in the toy's inbox.
func (b *bench) inbox() []*message.Raw {
	b.Helper()
	batch, err := b.ports.Memory.Receive(b.Context(), "toy-inbox", 10, 0)
	if err != nil {
		b.Fatal(err)
	}
	var all []*message.Raw
	for _, in := range batch {
		raw, err := message.DecodeRaw(in.Body)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, raw)
	}
	return all
}

func TestADeliveryIsDurableWhenItIsAnswered(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	f := b.start()
	body := `{"id":"7", "name":"Zoë ☕"}` + "\n"
	if got := b.call(f, request("w1", body)); got.StatusCode != http.StatusOK || got.Headers["Content-Type"] != "text/plain; charset=utf-8" {
		t.Errorf("answered %+v", got)
	}
	if raws := b.inbox(); len(raws) != 1 || string(raws[0].Body) != body || raws[0].System != "toy" || !raws[0].ReceivedAt.Equal(epoch) {
		t.Errorf("the inbox holds %+v", raws)
	}
}

func TestBodiesInBase64AreTheBytesThatWereSent(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	f := b.start()
	body := "\xff\xfe not UTF-8 \x00"
	r := request("w1", base64.StdEncoding.EncodeToString([]byte(body)))
	r.IsBase64Encoded = true
	if got := b.call(f, r); got.StatusCode != http.StatusOK {
		t.Errorf("answered %+v", got)
	}
	if raws := b.inbox(); len(raws) != 1 || string(raws[0].Body) != body {
		t.Errorf("the inbox holds %+v", raws)
	}
}

func TestWhatADoorRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*events.APIGatewayV2HTTPRequest)
		status int
		code   string
	}{
		"base64 that is none":    {func(r *events.APIGatewayV2HTTPRequest) { r.Body, r.IsBase64Encoded = "e30=!", true }, 400, "body_not_base64"},
		"base64 with loose bits": {func(r *events.APIGatewayV2HTTPRequest) { r.Body, r.IsBase64Encoded = "e31=", true }, 400, "body_not_base64"},
		"an empty body":          {func(r *events.APIGatewayV2HTTPRequest) { r.Body = "" }, 400, "body_empty"},
		"a wrong signature":      {func(r *events.APIGatewayV2HTTPRequest) { r.Headers["x-signature"] = "wrong" }, 401, "signature_mismatch"},
		"two signatures in one":  {func(r *events.APIGatewayV2HTTPRequest) { r.Headers["x-signature"] += "," + canarySecret }, 401, "signature_mismatch"},
		"GET":                    {func(r *events.APIGatewayV2HTTPRequest) { r.RequestContext.HTTP.Method = http.MethodGet }, 405, "method"},
		"GET with broken base64": {func(r *events.APIGatewayV2HTTPRequest) {
			r.RequestContext.HTTP.Method, r.Body, r.IsBase64Encoded = "GET", "!", true
		}, 405, "method"},
		"a byte above the limit":  {func(r *events.APIGatewayV2HTTPRequest) { r.Body = strings.Repeat("x", 1<<20+1) }, 413, "body_too_large"},
		"an unknown content type": {func(r *events.APIGatewayV2HTTPRequest) { r.Headers["content-type"] = "text/html" }, 415, "content_type"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, connector.Receive)
			r := request("w1", "{}")
			c.change(&r)
			got := b.call(b.start(), r)
			if got.StatusCode != c.status || got.Body != http.StatusText(c.status) {
				t.Errorf("answered %+v, want %d", got, c.status)
			}
			if raws := b.inbox(); len(raws) != 0 {
				t.Errorf("the inbox holds %+v", raws)
			}
			line := b.metrics("Code", c.code)
			if line[metricRefused] != 1.0 {
				t.Errorf("counted %v", line)
			}
		})
	}
}

func TestHeadersComeInAnyCase(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	f := b.start()
	r := request("w1", "{}")
	r.Headers = map[string]string{"CONTENT-TYPE": "application/json", "X-SIGNATURE": canarySecret, "x-Id": "w1"}
	if got := b.call(f, r); got.StatusCode != http.StatusOK {
		t.Errorf("answered %+v", got)
	}
	r.RequestContext.HTTP.Method = http.MethodPut
	if got := b.call(f, r); got.StatusCode != http.StatusMethodNotAllowed || got.Headers["Allow"] != "POST" {
		t.Errorf("answered %+v", got)
	}
}

func TestNoAnswerOfSuccessWhileNothingIsDurable(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	b.ports.send = errors.New("queue down")
	got := b.call(b.start(), request("w1", "{}"))
	if got.StatusCode != http.StatusServiceUnavailable || got.Headers["Retry-After"] != "30" {
		t.Errorf("answered %+v", got)
	}
}

// TestADoorAnswersBeforeLambdaEndsIt: the function has half a second less than Lambda
// allows, so a queue that hangs costs the sender a 503 and not a cut connection.
func TestADoorAnswersBeforeLambdaEndsIt(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	f := b.start()
	ctx := b.context(10 * time.Second)
	var deadline time.Time
	inner := f.serve
	f.serve = func(c context.Context, payload []byte) (any, error) {
		deadline, _ = c.Deadline()
		return inner(c, payload)
	}
	if _, err := f.Invoke(ctx, mustJSON(t, request("w1", "{}"))); err != nil {
		t.Fatal(err)
	}
	if whole, _ := ctx.Deadline(); whole.Sub(deadline) != reserve {
		t.Errorf("the work may take until %v of %v", deadline, whole)
	}
}

func TestAPanicAtTheDoorFailsTheRequestAndTellsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	f := b.start()
	r := request("w1", customer("7", 1))
	r.Headers["x-panic"] = "yes"
	_, err := f.Invoke(b.context(time.Minute), mustJSON(t, r))
	if fault.KindOf(err) != fault.Unknown || strings.Contains(err.Error(), "canary") || !strings.Contains(b.out.String(), "recovering from a panic") {
		t.Errorf("Invoke = %v, %s", err, b.out.String())
	}
}

func TestTheTraceOfTheSenderIsCarriedOn(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	f := b.start()
	r := request("w1", "{}")
	r.Headers["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	b.call(f, r)
	r.Headers["traceparent"], r.Headers["x-id"] = "rubble", "w2"
	b.call(f, r)
	raws := b.inbox()
	if len(raws) != 2 || raws[0].TraceParent != "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" || raws[1].TraceParent != "" {
		t.Errorf("the inbox holds %+v", raws)
	}
}

// TestTheSampleRequestHasTheFormThatIsRead drives the recorded form of the event.
func TestTheSampleRequestHasTheFormThatIsRead(t *testing.T) {
	t.Parallel()
	data, err := samples.Trigger("http-webhook")
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, connector.Receive)
	var r events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	r.Headers["x-signature"], r.Headers["x-id"] = canarySecret, "w1"
	if got := b.call(b.start(), r); got.StatusCode != http.StatusOK {
		t.Errorf("answered %+v", got)
	}
	if raws := b.inbox(); len(raws) != 1 || string(raws[0].Body) != r.Body {
		t.Errorf("the inbox holds %+v", raws)
	}
	if stored := b.entries(port.Received); len(stored) != 1 || stored[0].Build != "v1" || stored[0].Function != "toy-receive" {
		t.Errorf("the ledger says %+v", stored)
	}
}
