package shopifytest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/webhook/webhooktest"
)

// Delivery is one webhook delivery. Empty fields get values derived from topic and body, so
// that the same delivery always has the same values.
type Delivery struct {
	Topic       string // such as "orders/create"
	Body        []byte
	Shop        string // default Shop
	WebhookID   string
	EventID     string
	TriggeredAt time.Time
	Secret      string // default Secret
}

// Header returns the headers of the delivery, signature included.
func (d Delivery) Header() http.Header {
	header := webhooktest.SignBody("X-Shopify-Hmac-Sha256", cmp.Or(d.Secret, Secret), d.Body)
	header.Set("Content-Type", "application/json")
	header.Set("X-Shopify-Topic", d.Topic)
	header.Set("X-Shopify-Shop-Domain", cmp.Or(d.Shop, Shop))
	header.Set("X-Shopify-Api-Version", Version)
	header.Set("X-Shopify-Webhook-Id", cmp.Or(d.WebhookID, d.derive("webhook")))
	header.Set("X-Shopify-Event-Id", cmp.Or(d.EventID, d.derive("event")))
	at := d.TriggeredAt
	if at.IsZero() {
		at = Start
	}
	header.Set("X-Shopify-Triggered-At", at.UTC().Format(time.RFC3339Nano))
	return header
}

// derive returns an id in the form of Shopify's.
func (d Delivery) derive(kind string) string {
	hash := sha256.Sum256([]byte(kind + "\n" + d.Topic + "\n" + d.Shop + "\n" + string(d.Body)))
	digits := hex.EncodeToString(hash[:16])
	return digits[:8] + "-" + digits[8:12] + "-" + digits[12:16] + "-" + digits[16:20] + "-" + digits[20:]
}

// Sign returns the delivery as a request that can be sent to the address.
func (d Delivery) Sign(ctx context.Context, url string) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(d.Body))
	if err != nil {
		return nil, err
	}
	request.Header = d.Header()
	return request, nil
}

// Request returns the delivery as the connector receives it.
func (d Delivery) Request(at time.Time) connector.Request {
	return connector.Request{Method: http.MethodPost, Header: d.Header(), Body: d.Body, At: at}
}

// Event returns the delivery as an event of Shopify's partner bus. Its payload is the body,
// byte for byte.
func (d Delivery) Event() ([]byte, error) {
	metadata := map[string]string{}
	for name, values := range d.Header() {
		metadata[name] = values[0]
	}
	headers, err := json.Marshal(metadata)
	if err != nil {
		return nil, err
	}
	var event bytes.Buffer
	event.WriteString(`{"version":"0","id":"17793124-05d4-b198-2fde-7ededc63b103","detail-type":"shopifyWebhook",` +
		`"source":"aws.partner/shopify.com/580111/connectors","region":"us-east-1","resources":[],"detail":{"payload":`)
	event.Write(d.Body)
	event.WriteString(`,"metadata":`)
	event.Write(headers)
	event.WriteString(`}}`)
	return event.Bytes(), nil
}
