package woocommerce

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"causeway.example/functions/woocommerce/rest"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/webhook"
)

// The headers of a delivery, as WooCommerce writes them.
const (
	headerTopic    = "X-WC-Webhook-Topic"
	headerSource   = "X-WC-Webhook-Source"
	headerDelivery = "X-WC-Webhook-Delivery-ID"
)

// kept are the headers that the raw message carries.
var kept = []string{
	headerTopic, "X-WC-Webhook-Resource", "X-WC-Webhook-Event",
	"X-WC-Webhook-ID", headerDelivery, headerSource,
}

// Receive verifies signature and store, and returns the raw message. It returns nil for the
// ping that a store sends when a webhook is saved. A delivery is authentic only under a secret
// of the store that it names.
func (s *source) Receive(_ context.Context, request connector.Request) (*message.Raw, error) {
	if isPing(request) {
		return nil, nil
	}
	signed := webhook.Request{Method: request.Method, Header: request.Header, Body: request.Body}
	sender, unknown := s.sender(request.Header)
	verifier := s.unknown
	if unknown == nil {
		verifier = sender.Verifier
	}
	if err := verifier.Verify(signed, request.At); err != nil {
		return nil, err
	}
	if unknown != nil {
		return nil, unknown
	}
	topic, err := single(request.Header, headerTopic)
	if err != nil {
		return nil, err
	}
	if !printable(topic) {
		return nil, &fault.Error{
			Kind: fault.Invalid, Class: fault.Value, Field: headerTopic,
			Doing: "receiving a delivery", Detail: "must be printable ASCII of at most " + strconv.Itoa(headerMost) + " characters",
		}
	}
	return &message.Raw{
		ID:          rawID(sender.Tenant, topic, request),
		System:      Name,
		Tenant:      sender.Tenant,
		Topic:       topic,
		Trigger:     message.Webhook,
		Header:      keep(request.Header),
		ContentType: mediaType(request.Header),
		ReceivedAt:  request.At.UTC(),
		Body:        request.Body,
	}, nil
}

// statelessMost is the length up to which the body of a deletion may be an id alone.
const statelessMost = 1024

// rawID names the delivery by store, topic and body, because WooCommerce's delivery id is not
// unique: it is made of the webhook and the second. Two kinds of bodies have no state that
// would distinguish two deliveries. An order that is trashed, restored and trashed again has two
// deliveries of its id alone, which differ in their delivery id. Two losses of one second have
// equal error bodies under one delivery id: each is named by its arrival too.
func rawID(tenant, topic string, request connector.Request) string {
	digest := sha256.Sum256(request.Body)
	parts := []string{Name, tenant, topic, hex.EncodeToString(digest[:])}
	switch {
	case rest.IsError(request.Body):
		parts = append(parts, request.Header.Get(headerDelivery), request.At.UTC().Format(time.RFC3339Nano))
	case strings.HasSuffix(topic, ".deleted") && len(request.Body) <= statelessMost:
		parts = append(parts, request.Header.Get(headerDelivery))
	}
	return message.DeriveID(parts...)
}

// formType is the media type of the ping alone.
const formType = "application/x-www-form-urlencoded"

// isPing reports whether the request is the one unsigned body that WooCommerce sends.
func isPing(request connector.Request) bool {
	_, signed := request.Header[http.CanonicalHeaderKey(rest.SignatureHeader)]
	if signed || len(request.Body) > 32 || mediaType(request.Header) != formType {
		return false
	}
	id, found := strings.CutPrefix(string(request.Body), "webhook_id=")
	return found && id != "" && strings.Trim(id, "0123456789") == ""
}

// mediaType returns the media type without parameters, "" if it cannot be read.
func mediaType(header http.Header) string {
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return media
}

// sender returns the configured store that the delivery names.
func (s *source) sender(header http.Header) (*rest.Store, error) {
	named, err := single(header, headerSource)
	if err != nil {
		return nil, err
	}
	if found := s.stores.Named(named); found != nil {
		return found, nil
	}
	return nil, &fault.Error{
		Kind: fault.Unauthentic, Class: fault.Auth, Field: headerSource,
		Doing: "receiving a delivery", Detail: "the store is not in WOOCOMMERCE_STORES",
	}
}

// single returns the header's one value. Two readers could read two values differently.
func single(header http.Header, name string) (string, error) {
	values := header.Values(name)
	if len(values) != 1 || values[0] == "" {
		return "", &fault.Error{
			Kind: fault.Invalid, Class: fault.Schema, Field: name,
			Doing: "receiving a delivery", Detail: "must be sent exactly once",
		}
	}
	return values[0], nil
}

// headerMost is the length up to which a header is kept.
const headerMost = 256

// printable reports whether a header's value is printable ASCII of a sensible length.
func printable(value string) bool {
	return len(value) <= headerMost && !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' })
}

// keep returns the headers that the raw message carries. They only describe: one that is not
// printable is left out.
func keep(header http.Header) map[string]string {
	values := make(map[string]string, len(kept))
	for _, name := range kept {
		if value := header.Get(name); value != "" && printable(value) {
			values[http.CanonicalHeaderKey(name)] = value
		}
	}
	return values
}
