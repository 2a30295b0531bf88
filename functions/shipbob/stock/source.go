package stock

import (
	"strconv"
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/message"
	"causeway.example/shared/wire"
)

// Translate turns the levels that a poll read into one inventory.level each.
func Translate(raw *message.Raw) (connector.Translation, error) {
	doing := "translating " + raw.Topic + " of " + raw.Tenant
	var readAt time.Time
	var read polled
	r := wire.NewReader(raw.Body, strictjson.Limits{})
	for member := range r.Object() {
		switch member {
		case "read_at":
			readAt = r.Time()
		case "item":
			read = readPolled(r)
		}
	}
	if readAt.IsZero() {
		r.Missing("read_at")
	}
	if err := r.Finish(); err != nil {
		return connector.Translation{}, fault.Doing(doing, err)
	}
	if len(read.same) > 1 {
		return connector.Translation{}, &fault.Error{
			Kind: fault.Rejected, Class: fault.Conflict, Code: "ambiguous_sku", Field: "sku", Doing: doing,
			Detail: strconv.Quote(read.sku) + ": inventory items " + strings.Join(read.same, ", ") + " of ShipBob have this SKU, and each would be taken for the whole stock; merge them, or make it unique",
		}
	}
	if read.refused != "" {
		return connector.Translation{}, &fault.Error{
			Kind: fault.Rejected, Class: fault.Value, Code: "bundle", Field: "bundle_definition", Doing: doing, Detail: strconv.Quote(read.sku) + ": " + read.refused,
		}
	}
	var translation connector.Translation
	for _, l := range read.levels {
		l.SKU = read.sku
		translation.Events = append(translation.Events, connector.Event{
			Type: canonical.InventoryLevelSet, At: readAt, UpdatedAt: readAt, Body: l, Notes: r.Notes(),
			Entity: message.Key{System: "shipbob", Tenant: raw.Tenant, Type: entity, ID: l.SKU + "@" + l.Location},
		})
	}
	return translation, nil
}

// polled is what a raw message has of a SKU.
type polled struct {
	sku     string
	refused string   // of a bundle: why it has no level
	same    []string // ids of several items with the SKU
	levels  []*canonical.InventoryLevel
}

func readPolled(r *wire.Reader) (p polled) {
	for member := range r.Object() {
		switch member {
		case "sku":
			p.sku = r.ID()
		case "refused":
			p.refused = r.String()
		case "same_sku":
			for range r.Array() {
				p.same = append(p.same, r.ID())
			}
		case "levels":
			for range r.Array() {
				p.levels = append(p.levels, readInventoryLevel(r))
			}
		}
	}
	return p
}

func readInventoryLevel(r *wire.Reader) *canonical.InventoryLevel {
	l := &canonical.InventoryLevel{}
	for member := range r.Object() {
		switch member {
		case "location":
			l.Location = r.ID()
		case "on_hand":
			l.OnHand = r.Stock()
		case "available":
			l.Available = r.Stock()
		}
	}
	for name, missing := range map[string]bool{"on_hand": l.OnHand == nil, "available": l.Available == nil} {
		if missing {
			r.Missing(name)
		}
	}
	return l
}
