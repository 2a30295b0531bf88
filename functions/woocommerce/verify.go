package woocommerce

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/webhook"
)

// The headers of a delivery, as WooCommerce writes them.
const (
	headerSignature = "X-WC-Webhook-Signature"
	headerTopic     = "X-WC-Webhook-Topic"
	headerSource    = "X-WC-Webhook-Source"
)

// kept are the headers that the raw message carries.
var kept = []string{
	headerTopic, "X-WC-Webhook-Resource", "X-WC-Webhook-Event",
	"X-WC-Webhook-ID", "X-WC-Webhook-Delivery-ID", headerSource,
}

func openVerifier(secrets []connector.Secret) (*webhook.Verifier, error) {
	texts := make([]string, len(secrets))
	for i, secret := range secrets {
		texts[i] = secret.Reveal()
	}
	return webhook.New(webhook.BodyHMAC(headerSignature), texts...)
}

// Receive verifies signature and store, and returns the raw message. It returns nil for the
// ping that a store sends when a webhook is saved.
func (s *source) Receive(_ context.Context, request connector.Request) (*message.Raw, error) {
	if isPing(request) {
		return nil, nil
	}
	signed := webhook.Request{Method: request.Method, Header: request.Header, Body: request.Body}
	if err := s.verifier.Verify(signed, request.At); err != nil {
		return nil, err
	}
	tenant, err := s.tenant(request.Header)
	if err != nil {
		return nil, err
	}
	topic, err := single(request.Header, headerTopic)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(request.Body)
	return &message.Raw{
		ID:          message.DeriveID(Name, tenant, topic, hex.EncodeToString(digest[:])),
		System:      Name,
		Tenant:      tenant,
		Topic:       topic,
		Trigger:     message.Webhook,
		Header:      keep(request.Header),
		ContentType: mediaType(request.Header),
		ReceivedAt:  request.At.UTC(),
		Body:        request.Body,
	}, nil
}

// formType is the media type of the ping alone.
const formType = "application/x-www-form-urlencoded"

// isPing reports whether the request is the one unsigned body that WooCommerce sends.
func isPing(request connector.Request) bool {
	_, signed := request.Header[http.CanonicalHeaderKey(headerSignature)]
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

// tenant returns the configured store that the delivery names.
func (s *source) tenant(header http.Header) (string, error) {
	store, err := single(header, headerSource)
	if err != nil {
		return "", err
	}
	tenant, ok := tenantOf(store)
	if !ok || !slices.Contains(s.tenants, tenant) {
		return "", &fault.Error{
			Kind: fault.Unauthentic, Class: fault.Auth, Field: headerSource,
			Doing: "receiving a delivery", Detail: "the store is not in WOOCOMMERCE_STORES",
		}
	}
	return tenant, nil
}

// tenantOf returns a store's host, with its path if it has one: a site below a path is a store
// of its own. Scheme, default port, case of the host and a trailing slash are ignored.
func tenantOf(store string) (tenant string, ok bool) {
	address, err := url.Parse(strings.TrimSpace(store))
	if err != nil || address.Hostname() == "" || (address.Scheme != "https" && address.Scheme != "http") {
		return "", false
	}
	host := strings.ToLower(address.Host)
	host = strings.TrimSuffix(strings.TrimSuffix(host, ":443"), ":80")
	return host + strings.TrimRight(address.EscapedPath(), "/"), true
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

func keep(header http.Header) map[string]string {
	values := make(map[string]string, len(kept))
	for _, name := range kept {
		if value := header.Get(name); value != "" {
			values[http.CanonicalHeaderKey(name)] = value
		}
	}
	return values
}
