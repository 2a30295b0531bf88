package shopify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/webhook"
)

// kept are the headers that the raw message carries. The signature is not one of them: it was
// verified, and proves nothing about a redriven copy.
var kept = [...]string{payload.HeaderTopic, payload.HeaderShop, payload.HeaderWebhook, payload.HeaderEvent, payload.HeaderTriggered, payload.HeaderVersion}

// delivery is the content of a webhook or of a partner event.
type delivery struct {
	header      http.Header
	contentType string
	body        []byte
	trigger     message.Trigger
	at          time.Time
}

// Receive verifies the signature of the body under the secrets of the shop that the delivery
// names, and that the shop is configured. The headers are not signed: a forged shop or topic
// fails in translation, where it is held against the body (translation/identity.go), and a forged time
// orders nothing but the states of one second.
func (s *store) Receive(_ context.Context, request connector.Request) (*message.Raw, error) {
	verifier, known := s.verifiers[strings.ToLower(request.Header.Get(payload.HeaderShop))]
	if !known {
		return nil, unknownShop()
	}
	signed := webhook.Request{Method: request.Method, Header: request.Header, Body: request.Body}
	if err := verifier.Verify(signed, request.At); err != nil {
		return nil, err
	}
	return s.name(delivery{
		header: request.Header, contentType: request.Header.Get("Content-Type"), body: request.Body,
		trigger: message.Webhook, at: request.At,
	})
}

// name returns the raw message of an authentic delivery. Shops are compared in lower case, as
// host names are, and the tenant is in lower case everywhere.
func (s *store) name(d delivery) (*message.Raw, error) {
	shop, topic := strings.ToLower(d.header.Get(payload.HeaderShop)), d.header.Get(payload.HeaderTopic)
	if !s.allows(shop) {
		return nil, unknownShop()
	}
	if topic == "" {
		return nil, refuse(fault.Invalid, fault.Schema, payload.HeaderTopic, "is missing")
	}
	if err := checkHeader(d.header); err != nil {
		return nil, err
	}
	return &message.Raw{
		ID: rawID(shop, topic, d), System: payload.Name, Tenant: shop, Topic: topic, Trigger: d.trigger,
		Header: keep(d.header), ContentType: d.contentType, ReceivedAt: d.at.UTC(), Body: d.body,
	}, nil
}

// rawID returns the same id for the same delivery sent again, by webhook or by partner event.
// Deliveries of two topics that one action caused share an event id and need two ids here.
func rawID(shop, topic string, d delivery) string {
	if id := d.header.Get(payload.HeaderWebhook); id != "" {
		return message.DeriveID(payload.Name, shop, topic, id)
	}
	hash := sha256.Sum256(d.body)
	return message.DeriveID(payload.Name, shop, topic, "sha256", hex.EncodeToString(hash[:]))
}

func unknownShop() error {
	return refuse(fault.Unauthentic, fault.Auth, payload.HeaderShop, "the shop is not in SHOPIFY_SHOPS")
}

// longestHeader bounds the headers that are kept. Shopify's are below 100 bytes.
const longestHeader = 255

// checkHeader rejects a header with two values, which two readers could read differently, and
// one that is long or not printable ASCII: kept headers get into keys, ledgers and consoles.
func checkHeader(header http.Header) error {
	for _, name := range kept {
		value := header.Get(name)
		switch {
		case len(header.Values(name)) > 1:
			return refuse(fault.Invalid, fault.Schema, name, "the header was sent more than once")
		case len(value) > longestHeader:
			return refuse(fault.Invalid, fault.TooLarge, name, "the header is longer than 255 bytes")
		case strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c > '~' }):
			return refuse(fault.Invalid, fault.Value, name, "the header must be printable ASCII")
		}
	}
	return nil
}

// keep drops every other header, such as the sender's address and tracing.
func keep(header http.Header) map[string]string {
	values := make(map[string]string, len(kept))
	for _, name := range kept {
		if value := header.Get(name); value != "" {
			values[name] = value
		}
	}
	return values
}

func refuse(kind fault.Kind, class fault.Class, field, detail string) error {
	return &fault.Error{Kind: kind, Class: class, Field: field, Doing: "receiving from shopify", Detail: detail}
}
