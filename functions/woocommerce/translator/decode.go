package translator

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"causeway.example/functions/woocommerce/rest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// Entity types in keys.
const (
	EntityOrder    = "order"
	EntityCustomer = "customer"
	EntityPayment  = "payment"
	entityRefund   = "refund"
)

// The topics of webhooks that are translated. customer.deleted is skipped, and those of products have a
// translation only if Config.Goods is set.
const (
	TopicOrderCreated    = "order.created"
	TopicOrderUpdated    = "order.updated"
	TopicOrderRestored   = "order.restored"
	TopicOrderDeleted    = "order.deleted"
	TopicCustomerCreated = "customer.created"
	TopicCustomerUpdated = "customer.updated"
	topicCustomerDeleted = "customer.deleted"
	TopicProductCreated  = "product.created"
	TopicProductUpdated  = "product.updated"
	TopicProductRestored = "product.restored"
	TopicProductDeleted  = "product.deleted"
	// TopicVariationUpdated is that of a variation that a poll found. Deliveries of variations have the topics
	// of products.
	TopicVariationUpdated = "variation.updated"
)

// EntityProduct is the type of products in keys.
const EntityProduct = "product"

// Config is how the installation reads orders. The settings' comments are at
// woocommerce.Settings.
type Config struct {
	Stores       rest.Stores
	Zone         *rest.Zone
	Tolerance    int64             // in minor units: a difference between parts and total that becomes a rounding
	TestGateways []string          // payment methods that mark an order as a test
	Statuses     map[string]string // open, paid, closed, cancelled or ignore, by status
	// Names of fields, beside those of the common plugins.
	GiftCards, PurchaseOrders, Tags []string
	// Goods translates what names a product; nil if products have no translation.
	Goods func(context.Context, *message.Raw) (connector.Translation, error)
}

// Translator translates the deliveries of all configured stores. It keeps nothing between calls.
type Translator struct {
	stores       rest.Stores
	zone         *rest.Zone
	tolerance    int64
	testGateways []string
	statuses     map[string]meaning
	plugins      *plugins
	goods        func(context.Context, *message.Raw) (connector.Translation, error)
}

// New returns a translator.
func New(config Config) *Translator {
	return &Translator{
		stores: config.Stores, zone: config.Zone, tolerance: config.Tolerance, testGateways: config.TestGateways,
		statuses: statusMeanings(config.Statuses), plugins: knownPlugins(config), goods: config.Goods,
	}
}

// Translate turns the delivery of an order or customer topic into events. It calls the store's
// REST API for an order with refunds, whose lines a delivery does not have, and for an order
// that was deleted, of which a delivery has the id alone. The deletion of a refund is an error,
// which asks an operator.
func (t *Translator) Translate(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	translate, known := translators[raw.Topic]
	if ofGoods := slices.Contains(goodsTopics, raw.Topic); ofGoods && t.goods != nil {
		translate, known = (*Translator).translateGoods, true
	}
	if !known {
		return connector.Translation{}, &fault.Error{
			Kind: fault.Invalid, Class: fault.Schema, Field: "topic", Doing: doing(raw, "", ""),
			Detail: "only order and customer topics have a translation",
		}
	}
	if rest.IsError(raw.Body) {
		if code := rest.ErrorCode(raw.Body); code != "" {
			return t.lost(raw, code)
		}
	}
	return translate(t, ctx, raw)
}

var translators = map[string]func(*Translator, context.Context, *message.Raw) (connector.Translation, error){
	TopicOrderCreated:    (*Translator).translateOrder,
	TopicOrderUpdated:    (*Translator).translateOrder,
	TopicOrderRestored:   (*Translator).translateOrder,
	TopicOrderDeleted:    (*Translator).translateDeleted,
	TopicCustomerCreated: (*Translator).translateCustomer,
	TopicCustomerUpdated: (*Translator).translateCustomer,
	topicCustomerDeleted: (*Translator).skipCustomer,
	TopicRefundDeleted:   (*Translator).translateRefundDeleted,
}

var goodsTopics = []string{TopicProductCreated, TopicProductUpdated, TopicProductRestored, TopicProductDeleted, TopicVariationUpdated}

func (t *Translator) translateGoods(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	return t.goods(ctx, raw)
}

func doing(raw *message.Raw, entity, id string) string {
	text := "translating " + raw.Topic + " of " + raw.Tenant
	if id != "" {
		text += ", " + entity + " " + id
	}
	return text
}

func (t *Translator) skipCustomer(_ context.Context, raw *message.Raw) (connector.Translation, error) {
	d := newDecoder(raw.Body)
	id, _ := d.deleted()
	if err := d.Finish(); err != nil {
		return connector.Translation{}, fault.Doing(doing(raw, EntityCustomer, id), err)
	}
	return connector.Translation{Skip: "customer " + id + " was deleted in the store; its record in other systems is not changed"}, nil
}

// lost translates a delivery with an error body. Usually the entity was deleted, which is skipped.
// Otherwise a change is lost, which the poll finds. If every delivery of a webhook is lost, an
// operator has to repair the webhook.
func (t *Translator) lost(raw *message.Raw, code string) (connector.Translation, error) {
	kind, _, _ := strings.Cut(raw.Topic, ".")
	found := "; the poll finds what it missed"
	polled := t.storeOf(raw.Tenant).HasKey()
	if !polled {
		found = "; without " + rest.KeySetting + " nothing finds what it missed"
	}
	why := "the store could not build the body of this delivery" + found
	switch code {
	case codeNoOrder, codeNoProduct, "woocommerce_rest_invalid_id", "wc_user_invalid_id":
		return connector.Translation{Skip: kind + " deleted before it was sent: the store sent an error instead (" + code + ")"}, nil
	case "rest_no_route":
		why = "the store sends webhooks within the request of the checkout, where it cannot build the body" + found
		if polled {
			return connector.Translation{Skip: why + " (" + code + ")"}, nil
		}
	case "woocommerce_rest_cannot_view":
		why = "the webhook's owner may not read " + kind + "s: repair it. All deliveries of webhook " +
			raw.Header[http.CanonicalHeaderKey("X-WC-Webhook-ID")] + " are lost until a user who may read them saves it again" + found
	}
	return connector.Translation{}, &fault.Error{
		Kind: fault.Invalid, Class: fault.Auth, Code: code, Doing: doing(raw, "", ""), Detail: why,
	}
}

// The codes of an id that is no order's, or no product's: it was deleted for good.
const (
	codeNoOrder   = "woocommerce_rest_shop_order_invalid_id"
	codeNoProduct = "woocommerce_rest_product_invalid_id"
)

// translateDeleted reads the order as it is in the trash, or wherever it is now: it may have been
// restored meanwhile. The list of the trash has it whole.
func (t *Translator) translateDeleted(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	d := newDecoder(raw.Body)
	id, whole := d.deleted()
	if err := d.Finish(); err != nil {
		return connector.Translation{}, fault.Doing(doing(raw, EntityOrder, id), err)
	}
	if whole {
		return t.translateOrder(ctx, raw)
	}
	found := *raw
	sender := t.storeOf(raw.Tenant)
	answer, err := sender.Get(ctx, rest.OrdersPath+"/"+id, "fetching order "+id+" of "+sender.Tenant, nil)
	if gone(err) {
		return connector.Translation{}, &fault.Error{
			Kind: fault.Rejected, Class: fault.MissingRef, Code: codeNoOrder, Field: "id", Doing: doing(raw, EntityOrder, id),
			Detail: "the store has deleted the order for good, so that its state cannot be read: close it by hand where it is still open",
		}
	}
	if err != nil {
		return connector.Translation{}, fault.Doing(doing(raw, EntityOrder, id), err)
	}
	found.Body = answer.Body
	return t.translateOrder(ctx, &found)
}

// gone reports whether the store answered that it has no order of the id.
func gone(err error) bool { return err != nil && fault.As(err).Code == codeNoOrder }

func (t *Translator) storeOf(tenant string) *rest.Store {
	if found := t.stores.Of(tenant); found != nil {
		return found
	}
	return &rest.Store{Tenant: tenant}
}

func (t *Translator) translateOrder(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	d := newDecoder(raw.Body)
	d.plugins = t.plugins
	wire := d.order()
	failed := func(err error) (connector.Translation, error) {
		return connector.Translation{}, fault.Doing(doing(raw, EntityOrder, wire.id), err)
	}
	if err := d.Finish(); err != nil {
		return failed(err)
	}
	if err := t.stores.SentBy(raw, wire.link, "orders"); err != nil {
		return failed(err)
	}
	what, known := t.statuses[wire.status]
	switch {
	case !known:
		return failed(unmapped(wire.status))
	case what.ignore:
		return connector.Translation{Skip: "order " + wire.id + " has the status " + wire.status + ", which WOOCOMMERCE_STATUSES says to ignore"}, nil
	}
	sale, err := t.convertOrder(ctx, &wire, what, raw, d.Notes())
	if err != nil {
		return failed(err)
	}
	return connector.Translation{Events: sale.events(raw.Topic)}, nil
}

func (t *Translator) translateCustomer(_ context.Context, raw *message.Raw) (connector.Translation, error) {
	d := newDecoder(raw.Body)
	wire := d.customer()
	failed := func(err error) (connector.Translation, error) {
		return connector.Translation{}, fault.Doing(doing(raw, EntityCustomer, wire.id), err)
	}
	if err := d.Finish(); err != nil {
		return failed(err)
	}
	if err := t.stores.SentBy(raw, wire.link, "customers"); err != nil {
		return failed(err)
	}
	if wire.foreign != "" {
		return failed(&fault.Error{
			Kind: fault.Invalid, Class: fault.Conflict, Code: "foreign_body", Field: wire.foreign,
			Detail: "no customer has this member: the body is of another kind than the topic " + raw.Topic,
		})
	}
	c := converter{zone: t.zone, notes: d.Notes()}
	body := c.customer(wire)
	if c.err != nil {
		return failed(c.err)
	}
	return connector.Translation{Events: []connector.Event{{
		Type:      canonical.CustomerUpserted,
		Entity:    key(raw.Tenant, EntityCustomer, wire.id),
		At:        body.UpdatedAt,
		UpdatedAt: body.UpdatedAt,
		Body:      body,
		Notes:     c.notes,
	}}}, nil
}

func key(tenant, kind, id string) message.Key {
	return message.Key{System: rest.Name, Tenant: tenant, Type: kind, ID: id}
}
