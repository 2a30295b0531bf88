package main

import (
	"cmp"
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/message"
)

// addSamples adds one message per event type. Every body is valid, and all belong to one
// purchase, so that their ids refer to each other.
func addSamples(files map[string][]byte) error {
	for _, kind := range canonical.Types() {
		sample, err := newMessage(kind, bodyOf(kind))
		if err != nil {
			return err
		}
		if err := addJSON(files, "samples/"+fileName(kind), sample); err != nil {
			return err
		}
	}
	return nil
}

const (
	store     = "example-brand.myshopify.com"
	warehouse = "wh-1"
	account   = "1234567_SB1"
)

// sampleTime is when the purchase was made; all other times are counted from it.
var sampleTime = time.Date(2026, time.November, 22, 21, 5, 44, 0, time.UTC)

// occasion has the envelope's attributes for an event type.
type occasion struct {
	system, tenant, subject string
	after                   time.Duration
}

// occasionOf returns the occasion by the first word of the event type.
func occasionOf(kind canonical.Type) occasion {
	if subject := map[string]string{"warehouse_order/1": "warehouse_order/56789012", "movement/1": "movement/32204-9"}[kind.Schema]; subject != "" {
		return occasion{"warehouse", warehouse, subject, time.Hour}
	}
	requests := map[string]occasion{
		canonical.OrderCancelRequested: {"netsuite", account, "order/shopify__example-brand_myshopify_com__order__" + orderID, time.Hour},
		canonical.OrderAcknowledged:    {"netsuite", account, "erp_order/shopify__example-brand_myshopify_com__order__" + orderID, time.Hour},
		canonical.RefundRequested:      {"netsuite", account, "refund/4713", 121 * time.Hour},
	}
	if request, known := requests[kind.Name]; known {
		return request
	}
	noun, _, _ := strings.Cut(kind.Name, ".")
	switch noun {
	case "payment":
		return occasion{"shopify", store, "payment/389404469", 2 * time.Second}
	case "customer":
		return occasion{"shopify", store, "customer/207119551", 0}
	case "product", "price":
		return occasion{"netsuite", account, noun + "/00-TEE-RED-M", map[bool]time.Duration{true: 24 * time.Hour}[kind.Name == canonical.ProductRetired]}
	case "inventory":
		return occasion{"warehouse", warehouse, "inventory/00-TEE-RED-M", time.Hour}
	case "fulfillment":
		return occasion{"shopify", store, "fulfillment/" + orderID + "-1", time.Minute}
	case "shipment":
		after := map[string]time.Duration{canonical.ShipmentUpdated: 21 * time.Hour, canonical.ShipmentCancelledEvent: 22 * time.Hour, canonical.ShipmentDelivered: 68 * time.Hour}
		return occasion{"warehouse", warehouse, "shipment/S-20417", cmp.Or(after[kind.Name], 20*time.Hour)}
	case "return":
		return occasion{"shopify", store, "return/945000954", 96 * time.Hour}
	case "refund":
		return occasion{"shopify", store, "refund/929361462", 120 * time.Hour}
	}
	order := occasion{"shopify", store, "order/" + orderID, time.Hour}
	if kind.Name == canonical.OrderPlaced {
		order.after = 0
	}
	return order
}

// newMessage puts a body into its envelope, with the ids that the pipeline would give
// it. An invalid body is an error, because it would be a wrong sample.
func newMessage(kind canonical.Type, body any) (*message.Message, error) {
	if err := canonical.Validate(body); err != nil {
		return nil, err
	}
	data, err := canonical.Encode(body)
	if err != nil {
		return nil, err
	}
	from := occasionOf(kind)
	at := sampleTime.Add(from.after)
	raw := message.DeriveID("sample delivery", kind.Name)
	sample := &message.Message{
		ID:     message.DeriveID(from.system, from.tenant, from.subject, kind.Name),
		Source: message.SourcePrefix + from.system, Type: kind.Name, Subject: from.subject, Time: at,
		Tenant: from.tenant, Schema: kind.Schema, Sequence: message.NewSequence(at, false, time.Time{}),
		CorrelationID: raw, CausationID: raw, Origin: from.system, Hops: 1,
		TraceParent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Body: data,
	}
	if from.subject == "order/"+orderID {
		sample.Parents = []message.Key{{System: from.system, Tenant: from.tenant, Type: "customer", ID: "207119551"}}
	}
	return sample, nil
}
