package woocommerce_test

import (
	"testing"

	"causeway.example/shared/connector"
	"causeway.example/shared/connector/connectortest"
)

func TestSourceConforms(t *testing.T) {
	t.Parallel()
	harness := connectortest.SourceHarness{
		Open:      func(t *testing.T) connector.System { return mustOpen(t, nil) },
		Signature: signature,
	}
	for _, name := range []string{
		"order.created", "order.updated", "order.updated.completed", "order.updated.refunded", "order.updated.cancelled",
		"order.deleted", "customer.created", "customer.updated",
	} {
		harness.Deliveries = append(harness.Deliveries, connectortest.SourceDelivery{Name: name, Request: mustRecorded(t, name)})
	}
	connectortest.TestSource(t, harness)
}
