package stock

import (
	"context"
	"strings"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/message"
	"causeway.example/shared/webapi"
)

// Topic is that of a raw message with the levels of a SKU.
const Topic = "inventory.polled"

// entity is the type of a level, as in keys.
const entity = "inventory"

// Poller is the connector.Poller of the account's stock.
type Poller struct {
	Call      func(context.Context, webapi.Request) (webapi.Response, error) // of a path below the API's version
	Account   string                                                         // in the keys of levels
	Locations []string                                                       // fulfillment centers that ShipBob is master of
	Bundles   bool                                                           // have levels too
}

var _ connector.Poller = (*Poller)(nil)

// Feeds returns the levels of the account, none without a fulfillment center.
func (p *Poller) Feeds() []connector.Feed {
	if len(p.Locations) == 0 {
		return nil
	}
	return []connector.Feed{{Tenant: p.Account, Topic: Topic, Entity: entity, Unannounced: true, Snapshot: true}}
}

// Changes lists all levels in one page, those of bundles last. Items of one SKU are one change, which
// Translate rejects, as it does a bundle that cannot be counted.
func (p *Poller) Changes(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	items, err := p.items(ctx, "listing the stock levels of "+ask.Feed.Tenant+" at shipbob")
	if err != nil {
		return connector.Page{}, err
	}
	var failed []connector.Change
	if p.Bundles {
		if items, failed, err = p.withBundles(ctx, items, ask.Feed.Tenant); err != nil {
			return connector.Page{}, err
		}
	}
	ids := map[string][]string{}
	for _, i := range items {
		ids[i.sku] = append(ids[i.sku], i.id)
	}
	page := connector.Page{Changes: failed}
	for _, i := range items {
		switch same := ids[i.sku]; {
		case i.err != nil:
			page.Changes = append(page.Changes, unreadable(i))
		case i.refused != "":
			page.Changes = append(page.Changes, connector.Change{ID: i.sku, At: i.at, Body: encode(i, nil, nil)})
		case i.sku == "" || i.levels == nil || same[0] != i.id:
		case len(same) > 1:
			page.Changes = append(page.Changes, connector.Change{ID: i.sku, At: i.at, Body: encode(i, same, nil)})
		default:
			page.Changes = append(page.Changes, p.changes(i)...)
		}
	}
	return page, nil
}

// changes are the item's levels at the configured fulfillment centers.
func (p *Poller) changes(i item) (all []connector.Change) {
	for _, location := range p.Locations {
		all = append(all, connector.Change{ID: i.sku + "@" + location, At: i.at, Body: encode(i, nil, []string{location})})
	}
	return all
}

// unreadablePrefix precedes the id of an inventory item in the ID of a change that cannot be read.
const unreadablePrefix = "item "

func unreadable(i item) connector.Change {
	return connector.Change{ID: unreadablePrefix + i.id, Name: i.sku, At: i.at, Err: fault.Doing("reading inventory item "+i.id+" of shipbob", i.err)}
}

// encode writes the item's levels at the fulfillment centers as the body of a raw message. same are
// the ids of several items with its SKU.
func encode(i item, same, locations []string) []byte {
	w := strictjson.NewWriter(nil)
	w.Obj()
	w.StrField("sku", i.sku)
	if i.refused != "" {
		w.StrField("refused", i.refused)
	}
	w.Key("same_sku").Arr()
	for _, id := range same {
		w.Str(id)
	}
	w.EndArr()
	w.Key("levels").Arr()
	for _, location := range locations {
		found, listed := i.levels[location]
		if !listed {
			found = level{"0", "0"}
		}
		w.Obj()
		w.StrField("location", location)
		w.StrField("on_hand", found.onHand)
		w.StrField("available", found.available)
		w.EndObj()
	}
	w.EndArr()
	w.EndObj()
	return w.Bytes()
}

// Fetch returns the level from the list, with the time at which it was read. The item of one that
// could not be read is asked for by its id.
func (p *Poller) Fetch(ctx context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	body, at := change.Body, change.At
	if body == nil {
		if change.ID == unlisted {
			_, err := p.variants(ctx, "listing the products of "+feed.Tenant+" at shipbob")
			return nil, err // the next poll has the bundles
		}
		id, named := strings.CutPrefix(change.ID, unreadablePrefix)
		if !named {
			return nil, nil // the next poll lists it
		}
		found, err := p.one(ctx, id, "fetching inventory item "+id+" of shipbob")
		if err != nil || found == nil || found.sku == "" || found.levels == nil {
			return nil, err
		}
		body, at = encode(*found, nil, p.Locations), found.at
	}
	w := strictjson.NewWriter(nil)
	w.Obj()
	w.StrField("read_at", at.UTC().Format(time.RFC3339))
	w.Key("item").Raw(body)
	w.EndObj()
	return &message.Raw{Tenant: feed.Tenant, Topic: feed.Topic, Trigger: message.Poll, ContentType: "application/json", Body: w.Bytes()}, nil
}
