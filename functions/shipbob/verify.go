package shipbob

import (
	"context"
	"strings"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/webhook"
)

// The headers of a delivery.
const (
	headerID    = "Webhook-Id"
	headerTopic = "X-Webhook-Topic"
)

// source is the connector.Source.
type source struct {
	*api
	memory   connector.CrossRef
	account  string // tenant of the keys
	verifier *webhook.Verifier
}

var _ connector.Source = (*source)(nil)

// Receive checks the signature and returns the raw message. webhook-id is signed and the same
// for a delivery that is sent again, so it names the delivery.
func (s *source) Receive(_ context.Context, request connector.Request) (*message.Raw, error) {
	signed := webhook.Request{Method: request.Method, Header: request.Header, Body: request.Body}
	if err := s.verifier.Verify(signed, request.At); err != nil {
		return nil, err
	}
	topics := request.Header.Values(headerTopic)
	if len(topics) != 1 || topics[0] == "" || len(topics[0]) > 128 || strings.ContainsFunc(topics[0], func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, &fault.Error{
			Kind: fault.Invalid, Class: fault.Schema, Field: headerTopic, Doing: "receiving a delivery",
			Detail: "must be sent exactly once, in printable ASCII of at most 128 characters",
		}
	}
	id := request.Header.Get(headerID)
	return &message.Raw{
		ID: message.DeriveID(Name, s.account, topics[0], id), System: Name, Tenant: s.account, Topic: topics[0], Trigger: message.Webhook,
		Header: map[string]string{headerID: id, headerTopic: topics[0]}, ContentType: "application/json",
		ReceivedAt: request.At.UTC(), Body: request.Body,
	}, nil
}
