package mark

import (
	"context"
	"strings"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// Config is what a Target needs.
type Config struct {
	API         *admin.Client
	Shops       []string // domains in lower case: whose orders are marked
	Hold        string   // tag of an order that the warehouse holds
	Discrepancy string   // tag of an order of which something else left than was asked for
	Cancelled   string   // tag of an order that another system ended
	Show        bool     // such an order is not cancelled, but shown to a person
	Changed     string   // tag of an order of which an ERP has other lines
	Refunded    string   // tag of an order of which another system paid something back that is only shown
	Pay         bool     // what another system paid back is refunded
	// Owed returns the lines of an order that are still owed, nil if they are not to be compared.
	Owed func(ctx context.Context, order message.Key, doing string) ([]canonical.OrderLine, error)
}

// Target writes what a warehouse and an ERP have of an order, and what another system ended or paid back of
// it. It keeps nothing between calls.
type Target struct{ config Config }

// New returns the target of the shops.
func New(config Config) *Target { return &Target{config} }

// marking is one delivery.
type marking struct {
	*Target
	order message.Key
	doing string
}

// Deliver sets the order's tags and metafield. Errors are faults; one about the order names the field
// "order".
func (t *Target) Deliver(ctx context.Context, d connector.Delivery, body *canonical.WarehouseOrder) (connector.Receipt, error) {
	m, err := t.marking(d, body.Order, "marking order "+body.Order+" at shopify")
	if err != nil {
		return connector.Receipt{}, err
	}
	receipt, err := m.deliver(ctx, body)
	return receipt, fault.Doing(m.doing, err)
}

// Search returns the order's id if it has the metafield, which stays once it was set.
func (t *Target) Search(ctx context.Context, d connector.Delivery, body *canonical.WarehouseOrder) (string, error) {
	m, err := t.marking(d, body.Order, "marking order "+body.Order+" at shopify")
	if err != nil {
		return "", err
	}
	has, err := m.read(ctx)
	if err != nil || has.words == "" {
		return "", fault.Doing(m.doing, err)
	}
	return m.order.ID, nil
}

// marking returns the delivery's order of the id at its shop.
func (t *Target) marking(d connector.Delivery, id, doing string) (*marking, error) {
	order, err := payload.OrderOf(d.Message, id, t.config.Shops, doing)
	if err != nil {
		return nil, err
	}
	return &marking{Target: t, order: order, doing: doing}, nil
}

func (m *marking) deliver(ctx context.Context, body *canonical.WarehouseOrder) (connector.Receipt, error) {
	has, err := m.read(ctx)
	if err != nil {
		return connector.Receipt{}, err
	}
	var done []string
	for _, c := range m.changes(&has, body) {
		if err := c.act(ctx); err != nil {
			return connector.Receipt{}, err
		}
		done = append(done, c.what)
	}
	if len(done) == 0 {
		return connector.Receipt{Ref: m.order.ID, Linked: true, Detail: "order " + m.order.ID + " shows that the warehouse has it as " + string(body.Status)}, nil
	}
	return connector.Receipt{Ref: m.order.ID, Detail: "order " + m.order.ID + " is " + string(body.Status) + " at the warehouse: " + strings.Join(done, ", ")}, nil
}

// gid is the order's id in the API.
func (m *marking) gid() string { return payload.GID("Order", m.order.ID) }

// change is one mutation, and what it does.
type change struct {
	what string
	act  func(context.Context) error
}

// changes returns what the order lacks: the tag of its state first, so that a delivery that was cut off
// shows a hold without its words and not the other way round.
func (m *marking) changes(has *marks, body *canonical.WarehouseOrder) (all []change) {
	var gone []change
	for _, tag := range []string{m.config.Hold, m.config.Discrepancy} {
		switch wanted := m.tags(body.Status)[tag]; {
		case wanted && !has.tagged(tag):
			all = append(all, m.adding(tag))
		case !wanted && has.tagged(tag):
			gone = append(gone, m.removing(tag))
		}
	}
	if words := cut(body.Words()); has.words != words && (has.words != "" || m.shows(body.Status)) {
		all = append(all, change{"metafield " + namespace + "." + fieldKey + " set", func(ctx context.Context) error { return m.set(ctx, field{fieldKey, words}) }})
	}
	return append(all, gone...)
}

func (m *marking) adding(tag string) change {
	return change{"tag " + tag + " added", func(ctx context.Context) error { return m.tag(ctx, mutationAdd, "tagsAdd", tag) }}
}

func (m *marking) removing(tag string) change {
	return change{"tag " + tag + " removed", func(ctx context.Context) error { return m.tag(ctx, mutationRemove, "tagsRemove", tag) }}
}

// tags returns our tags, and whether an order in the state has them.
func (m *marking) tags(status canonical.WarehouseStatus) map[string]bool {
	return map[string]bool{m.config.Hold: status == canonical.WarehouseHeld, m.config.Discrepancy: status == canonical.WarehouseDiscrepancy}
}

// shows reports whether a person has to see the state.
func (m *marking) shows(status canonical.WarehouseStatus) bool {
	return status == canonical.WarehouseHeld || status == canonical.WarehouseDiscrepancy
}
