package levels

import (
	"context"
	"strconv"
	"strings"
	"time"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/payload"
	"causeway.example/functions/shopify/site"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/moment"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/message"
	"causeway.example/shared/wire"
)

// Key is the setting that names the locations.
const Key = "SHOPIFY_MASTER_LOCATIONS"

// Topic is that of a raw message with a level that a poll read.
const Topic = "inventory_levels/read"

// Topics are those of the webhooks.
var Topics = [...]string{payload.TopicLevelUpdate, payload.TopicLevelDisconnect}

// Is reports whether the topic is one of a level.
func Is(topic string) bool {
	return topic == Topic || topic == payload.TopicLevelUpdate || topic == payload.TopicLevelDisconnect
}

// Levels are the levels of the shops' master locations. It translates them and is a connector.Poller.
type Levels struct {
	API   *admin.Client
	Sites site.Set
	Now   func() time.Time
}

// Translate turns a level that a poll read, or that a webhook names, into one inventory.level.
func (l *Levels) Translate(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	doing := "translating shopify " + raw.Topic + " " + raw.ID
	if raw.Topic == Topic {
		return translate(raw, raw.Body, doing)
	}
	named, bad := payload.ReadLevel(payload.NewReader(raw.Body))
	if bad != nil {
		return connector.Translation{}, fault.Doing(doing, wire.Invalid(bad))
	}
	want := payload.GID("InventoryLevel", named.Location) + "?inventory_item_id=" + named.Item
	if err := payload.CheckGID(named.GID, want, doing); err != nil {
		return connector.Translation{}, err
	}
	if !l.Sites.Has(raw.Tenant, named.Location) {
		return connector.Translation{Skip: "location " + named.Location + " is not in " + Key}, nil
	}
	found, err := l.ofItem(ctx, raw.Tenant, named)
	if err != nil {
		return connector.Translation{}, err
	}
	if found == nil {
		return connector.Translation{Skip: raw.Tenant + " has no inventory item " + named.Item + " at location " + named.Location}, nil
	}
	body, err := found.encode()
	if err != nil {
		return connector.Translation{}, fault.Doing(doing, err)
	}
	return translate(raw, body, doing)
}

// translate returns the event of a level that was read, or why there is none.
func translate(raw *message.Raw, body []byte, doing string) (connector.Translation, error) {
	r := wire.NewReader(body, strictjson.Limits{})
	found := decode(r)
	if err := r.Finish(); err != nil {
		return connector.Translation{}, fault.Doing(doing, err)
	}
	switch {
	case found.sku == "":
		return connector.Translation{Skip: "inventory item " + found.item + " has no SKU"}, nil
	case !found.tracked:
		return connector.Translation{Skip: "the shop does not track the quantity of " + found.sku}, nil
	case len(found.same) > 1:
		return connector.Translation{}, &fault.Error{
			Kind: fault.Rejected, Class: fault.Conflict, Code: "ambiguous_sku", Field: "sku", Doing: doing,
			Detail: strconv.Quote(found.sku) + ": inventory items " + strings.Join(found.same, ", ") + " have this SKU at location " + found.location +
				", and each would be taken for the whole stock; make it unique",
		}
	}
	level := &canonical.InventoryLevel{SKU: found.sku, Location: found.location, Available: found.available, At: found.at}
	return connector.Translation{Events: []connector.Event{{
		Type: canonical.InventoryLevelSet, Entity: payload.Key(raw.Tenant, payload.EntityLevel, found.id()),
		At: found.at, UpdatedAt: found.at, Hint: triggeredAt(raw), Body: level, Notes: r.Notes(),
	}}}, nil
}

// triggeredAt returns when Shopify triggered the delivery, the zero time of a poll.
func triggeredAt(raw *message.Raw) time.Time {
	at, err := moment.Parse(raw.Header[payload.HeaderTriggered])
	if err != nil {
		return time.Time{}
	}
	return at
}

// level is what a shop has of an inventory item at a location.
type level struct {
	item, sku, location string
	tracked             bool
	active              bool                // the item is stocked at the location
	pieces              int64               // available
	available           *canonical.Quantity // the same as it was decoded
	at                  time.Time
	same                []string // ids of the tracked items with the SKU that are stocked at the location
}

// id is the level's id in keys.
func (l *level) id() string { return l.sku + "@" + l.location }

// encode writes the level as the body of a raw message.
func (l *level) encode() ([]byte, error) {
	w := strictjson.NewWriter(nil)
	w.Obj()
	w.StrField("inventory_item_id", l.item)
	w.StrField("sku", l.sku)
	w.StrField("location_id", l.location)
	w.BoolField("tracked", l.tracked)
	w.StrField("available", strconv.FormatInt(l.pieces, 10))
	w.StrField("updated_at", l.at.UTC().Format(time.RFC3339))
	w.Key("same_sku").Arr()
	for _, id := range l.same {
		w.Str(id)
	}
	w.EndArr()
	w.EndObj()
	return admin.Encoded(w)
}

func decode(r *wire.Reader) (l level) {
	for key := range r.Object() {
		switch key {
		case "inventory_item_id":
			l.item = r.ID()
		case "sku":
			l.sku = r.String()
		case "location_id":
			l.location = r.ID()
		case "tracked":
			l.tracked = r.Bool()
		case "available":
			l.available = r.Stock()
		case "updated_at":
			l.at = r.Time()
		case "same_sku":
			for range r.Array() {
				l.same = append(l.same, r.ID())
			}
		}
	}
	for name, missing := range map[string]bool{"available": l.available == nil, "updated_at": l.at.IsZero()} {
		if missing {
			r.Missing(name)
		}
	}
	return l
}
