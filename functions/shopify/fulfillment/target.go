package fulfillment

import (
	"context"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/owner"
	"causeway.example/functions/shopify/payload"
	"causeway.example/functions/shopify/site"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// Config is what a Target needs.
type Config struct {
	API       *admin.Client
	Shops     []string           // domains in lower case: whose orders are fulfilled
	Memory    connector.CrossRef // which shipment a fulfillment is of
	Carriers  map[string]string  // the warehouse's name -> Shopify's; "" is "Other"
	Locations map[string]string  // the warehouse's location, or "system/location" -> Shopify's id
	Shipping  site.Set           // locations whose fulfillments are published: ours are announced there
	Notify    bool               // Shopify writes to the customer, but never about lane backfill
}

// Target implements connector.Target and connector.Searcher. It keeps nothing between calls.
type Target struct {
	config   Config
	carriers map[string]string // Config.Carriers by their plain names
	book     owner.Book
}

// New returns the target of the shops.
func New(config Config) *Target {
	return &Target{config: config, carriers: plainKeys(config.Carriers), book: owner.Book{Memory: config.Memory}}
}

var (
	_ connector.Target   = (*Target)(nil)
	_ connector.Searcher = (*Target)(nil)
)

// Deliver fulfills what the shipment has of its order.
func (t *Target) Deliver(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
	s, err := t.shipping(d)
	if err != nil {
		return connector.Receipt{}, err
	}
	receipt, err := s.deliver(ctx, d.Ref)
	return receipt, fault.Doing(s.doing, err)
}

// Search looks the shipment's fulfillments up among those of its order, and returns the id of
// the oldest.
func (t *Target) Search(ctx context.Context, d connector.Delivery) (string, error) {
	s, err := t.shipping(d)
	if err != nil {
		return "", err
	}
	found, err := s.ours(ctx, "")
	if err != nil || len(found) == 0 {
		return "", fault.Doing(s.doing, err)
	}
	for i := range found {
		if err := s.share(ctx, found[i].id); err != nil {
			return "", fault.Doing(s.doing, err)
		}
	}
	oldest := found[0].id
	for _, f := range found[1:] { // ids are numbers that grow
		if len(f.id) < len(oldest) || len(f.id) == len(oldest) && f.id < oldest {
			oldest = f.id
		}
	}
	return oldest, nil
}

// Find fails: Shopify lists fulfillments only under their order.
func (t *Target) Find(_ context.Context, key message.Key) (string, error) {
	return "", fault.New(fault.Unknown, fault.Bug, "looking up "+key.Type+" "+key.ID+" at shopify", "a "+key.Type+" cannot be looked up by its key")
}

// shipping returns the delivery's shipment with its order.
func (t *Target) shipping(d connector.Delivery) (*shipping, error) {
	doing := "writing " + d.Message.Subject + " of " + d.Message.System() + " to shopify"
	body, ok := d.Body.(*canonical.Shipment)
	if !ok {
		return nil, fault.New(fault.Unknown, fault.Bug, doing, "there is no operation for "+d.Message.Type)
	}
	order, err := payload.OrderOf(d.Message, body.Order, t.config.Shops, doing)
	if err != nil {
		return nil, err
	}
	return &shipping{
		Target: t, shipment: body, key: d.Message.Key(), version: d.Message.Sequence, order: order, repeated: d.Attempt > 1,
		silent: d.Message.Lane == message.Backfill || !t.config.Notify, doing: "fulfilling order " + order.ID + " at shopify",
	}, nil
}
