package api

import "context"

// EventBridge publishes events.
type EventBridge struct{ client *client }

// NewEventBridge returns a client. It calls nobody.
func NewEventBridge(o Options) *EventBridge {
	return &EventBridge{newClient(o, service{"EventBridge", "events", "AWSEvents", "1.1"})}
}

type (
	// PutEventsInput is the request of PutEvents.
	PutEventsInput struct{ Entries []PutEventsRequestEntry }
	// PutEventsRequestEntry is one event.
	PutEventsRequestEntry struct{ EventBusName, Source, DetailType, Detail *string }
	// PutEventsOutput says of each event, in order, whether it was taken.
	PutEventsOutput struct{ Entries []PutEventsResultEntry }
	// PutEventsResultEntry has an error code if the event was not taken.
	PutEventsResultEntry struct{ ErrorCode, ErrorMessage *string }
)

// PutEvents publishes up to ten events.
func (e *EventBridge) PutEvents(ctx context.Context, in *PutEventsInput) (*PutEventsOutput, error) {
	return call[PutEventsOutput](ctx, e.client, "PutEvents", in)
}
