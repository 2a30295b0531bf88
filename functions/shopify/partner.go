package shopify

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"time"

	"causeway/shared/wire"

	"causeway/shared/fault"
	"causeway/shared/formats/strictjson"
	"causeway/shared/message"
)

// partnerPrefix begins the source of every event that Shopify puts on its partner bus.
const partnerPrefix = "aws.partner/shopify.com/"

// Adopt takes an EventBridge partner event: its metadata are the webhook's headers,
// its payload is the webhook's body. IAM protects that way in, so no signature is
// checked, but the shop must be one of ours all the same.
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

// partnerEvent is the part of an EventBridge event that Shopify fills. The envelope's
// own id and time are AWS's, and change when an event is delivered again.
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

// readMetadata reads the headers, whose case varies between deliveries.
func readMetadata(r *strictjson.Reader) http.Header {
	header := http.Header{}
	for key := range r.Object() {
		if r.Kind() == strictjson.StringKind {
			header.Add(strings.Clone(key), strings.Clone(r.String()))
		}
	}
	return header
}

// contentType falls back to the one form that a payload within JSON can have.
func contentType(metadata http.Header) string {
	if value := metadata.Get("Content-Type"); value != "" {
		return value
	}
	return "application/json"
}
