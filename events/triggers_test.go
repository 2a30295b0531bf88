package events_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"testing"

	"causeway.example/events"
	"causeway.example/shared/message"
)

// sampleSecret signs the bodies of the triggers.
const sampleSecret = "sample-webhook-secret"

func signature(body []byte) string {
	mac := hmac.New(sha256.New, []byte(sampleSecret))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func mustTrigger(t *testing.T, name string, into any) {
	t.Helper()
	if err := json.Unmarshal(mustRead(t, events.Trigger, name), into); err != nil {
		t.Fatal(err)
	}
}

type httpRequest struct {
	Version         string            `json:"version"`
	Headers         map[string]string `json:"headers"`
	Body            string            `json:"body"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
	RequestContext  struct {
		HTTP struct {
			Method string `json:"method"`
			Path   string `json:"path"`
		} `json:"http"`
	} `json:"requestContext"`
}

func TestTheHTTPTriggerIsASignedWebhook(t *testing.T) {
	t.Parallel()
	var request httpRequest
	mustTrigger(t, "http-webhook", &request)
	if request.Version != "2.0" || request.RequestContext.HTTP.Method != http.MethodPost || request.IsBase64Encoded {
		t.Errorf("the request is %+v", request)
	}
	if got, want := request.Headers["x-shopify-hmac-sha256"], signature([]byte(request.Body)); got != want {
		t.Errorf("signed %s, want %s", got, want)
	}
	if !json.Valid([]byte(request.Body)) || request.Headers["x-shopify-topic"] != "orders/create" {
		t.Errorf("topic %q, body %s", request.Headers["x-shopify-topic"], request.Body)
	}
}

func TestTheQueueTriggerCarriesTheSameDelivery(t *testing.T) {
	t.Parallel()
	var batch struct {
		Records []struct{ Body, MD5OfBody, EventSource string }
	}
	mustTrigger(t, "sqs-batch", &batch)
	if len(batch.Records) != 1 || batch.Records[0].EventSource != "aws:sqs" {
		t.Fatalf("the batch is %+v", batch)
	}
	record := batch.Records[0]
	if sum := md5.Sum([]byte(record.Body)); hex.EncodeToString(sum[:]) != record.MD5OfBody {
		t.Errorf("MD5 of the body is %x, not %s", sum, record.MD5OfBody)
	}
	raw, err := message.DecodeRaw([]byte(record.Body))
	if err != nil {
		t.Fatal(err)
	}
	if raw.System != "shopify" || raw.Trigger != message.Webhook || raw.Topic != "orders/create" || raw.ReceivedAt.IsZero() || raw.CorrelationID == "" {
		t.Errorf("the raw message is %+v", raw)
	}
	var request httpRequest
	mustTrigger(t, "http-webhook", &request)
	if string(raw.Body) != request.Body || raw.Tenant != request.Headers["x-shopify-shop-domain"] {
		t.Errorf("the queue holds %s of %s", raw.Body, raw.Tenant)
	}
}

func TestThePartnerTriggerIsTheSameEvent(t *testing.T) {
	t.Parallel()
	var event struct {
		Source     string `json:"source"`
		DetailType string `json:"detail-type"`
		Detail     struct {
			Payload  json.RawMessage   `json:"payload"`
			Metadata map[string]string `json:"metadata"`
		} `json:"detail"`
	}
	mustTrigger(t, "eventbridge-partner", &event)
	if event.Source != "aws.partner/shopify.com/123456/causeway" || event.DetailType != "shopifyWebhook" {
		t.Errorf("the event is %+v", event)
	}
	var payload bytes.Buffer
	if err := json.Compact(&payload, event.Detail.Payload); err != nil {
		t.Fatal(err)
	}
	var request httpRequest
	mustTrigger(t, "http-webhook", &request)
	if payload.String() != request.Body {
		t.Errorf("the payload is %s", &payload)
	}
	for name, header := range map[string]string{
		"X-Shopify-Topic": "x-shopify-topic", "X-Shopify-Webhook-Id": "x-shopify-webhook-id", "X-Shopify-Shop-Domain": "x-shopify-shop-domain",
	} {
		if event.Detail.Metadata[name] != request.Headers[header] {
			t.Errorf("%s is %q by bus and %q by HTTP", name, event.Detail.Metadata[name], request.Headers[header])
		}
	}
}
