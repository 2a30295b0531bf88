package shopify

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"time"

	"causeway.example/shared/wire"

	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/message"
)

// partnerPrefix is the prefix of the source of every event on Shopify's partner bus.
const partnerPrefix = "aws.partner/shopify.com/"

// Adopt returns the raw message of an EventBridge partner event: its metadata are the
// webhook's headers, its payload is the webhook's body. IAM protects the bus, so no signature
// is verified. The shop must be configured all the same.
func (s *store) Adopt(_ context.Context, event []byte, at time.Time) (*message.Raw, error) {
	e, err := readPartnerEvent(event)
	if err != nil {
		return nil, fault.Doing("reading a shopify partner event", wire.Invalid(err))
	}
	if !strings.HasPrefix(e.source, partnerPrefix) {
		return nil, refuse(fault.Unauthentic, fault.Auth, "source", "is not a partner event source of Shopify")
	}
	return s.name(delivery{
		header: e.metadata, contentType: contentType(e.metadata), body: bytes.Clone(e.payload),
		trigger: message.Partner, at: at,
	})
}

// partnerEvent is the part of an EventBridge event that Shopify fills. The envelope's id and
// time are AWS's, and change when an event is redelivered.
type partnerEvent struct {
	source   string
	payload  []byte
	metadata http.Header
}

func readPartnerEvent(event []byte) (e partnerEvent, err *strictjson.Error) {
	r := strictjson.NewReader(event, strictjson.Limits{})
	detailed := false
	for key := range r.Object() {
		switch key {
		case "source":
			e.source = strings.Clone(r.String())
		case "detail":
			detailed = true
			e.detail(r)
		}
	}
	if !detailed {
		r.Missing("detail")
	}
	return e, r.End()
}

func (e *partnerEvent) detail(r *strictjson.Reader) {
	for key := range r.Object() {
		switch key {
		case "payload":
			e.payload = r.Raw()
		case "metadata":
			e.metadata = readMetadata(r)
		}
	}
	if e.payload == nil {
		r.Missing("payload")
	}
}

// readMetadata reads the headers. Their case varies between deliveries.
func readMetadata(r *strictjson.Reader) http.Header {
	header := http.Header{}
	for key := range r.Object() {
		if r.Kind() == strictjson.StringKind {
			header.Add(strings.Clone(key), strings.Clone(r.String()))
		}
	}
	return header
}

// contentType returns the media type, by default that of a payload within JSON.
func contentType(metadata http.Header) string {
	if value := metadata.Get("Content-Type"); value != "" {
		return value
	}
	return "application/json"
}
