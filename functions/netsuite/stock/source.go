package stock

import (
	"context"

	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/message"
	"causeway.example/shared/wire"
)

// Source is the connector.Source of what a poll found.
type Source struct{}

var _ connector.Source = Source{}

// Receive rejects every request: NetSuite sends no webhooks.
func (Source) Receive(context.Context, connector.Request) (*message.Raw, error) {
	return nil, &fault.Error{Kind: fault.Invalid, Class: fault.Schema, Code: "no_webhooks", Doing: "receiving from netsuite", Detail: "NetSuite sends no webhooks; it is polled"}
}

// Translate turns a level, or the members of a kit, into one inventory.level.
func (Source) Translate(_ context.Context, raw *message.Raw) (connector.Translation, error) {
	if raw.Topic == kitTopic {
		return translateKit(raw)
	}
	doing := "translating " + raw.Topic + " of netsuite"
	if raw.Topic != topic {
		return connector.Translation{}, &fault.Error{Kind: fault.Invalid, Class: fault.Schema, Field: "topic", Doing: doing, Detail: "is no topic of a poll"}
	}
	level := &canonical.InventoryLevel{}
	r := wire.NewReader(raw.Body, strictjson.Limits{})
	for key := range r.Object() {
		switch key {
		case "sku":
			level.SKU = r.ID()
		case "location":
			level.Location = r.ID()
		case "onhand":
			level.OnHand = r.Stock()
		case "available":
			level.Available = r.Stock()
		case "changed":
			level.At = r.TimeIn(suitetalk.TimeLayout)
		}
	}
	for name, missing := range map[string]bool{"onhand": level.OnHand == nil, "available": level.Available == nil, "changed": level.At.IsZero()} {
		if missing {
			r.Missing(name)
		}
	}
	if err := r.Finish(); err != nil {
		return connector.Translation{}, fault.Doing(doing, err)
	}
	return connector.Translation{Events: []connector.Event{{
		Type: canonical.InventoryLevelSet, At: level.At, UpdatedAt: level.At, Body: level, Notes: r.Notes(),
		Entity: message.Key{System: "netsuite", Tenant: raw.Tenant, Type: entity, ID: level.SKU + "@" + level.Location},
	}}}, nil
}
