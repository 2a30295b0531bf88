package connector_test

import (
	"context"
	"testing"

	"causeway.example/shared/connector"
	"causeway.example/shared/message"
)

// byKey is a target that knows entities by their keys, and byDelivery one that does not.
type (
	byKey      struct{ connector.Target }
	byDelivery struct{ byKey }
)

func (byKey) Find(_ context.Context, key message.Key) (string, error) { return "found " + key.ID, nil }

func (byDelivery) Search(_ context.Context, d connector.Delivery) (string, error) {
	return "searched " + d.Message.Key().ID, nil
}

func TestSearchForAsksForTheDeliveryWhereTheKeyIsNotEnough(t *testing.T) {
	t.Parallel()
	d := connector.Delivery{Message: &message.Message{Subject: "shipment/7"}}
	for want, target := range map[string]connector.Target{"found 7": byKey{}, "searched 7": byDelivery{}} {
		if got, err := connector.SearchFor(t.Context(), target, d); err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}
