package woocommerce

import (
	"bytes"
	"context"
	"net/http"
	"strings"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// Entity types in keys.
const (
	entityOrder    = "order"
	entityCustomer = "customer"
	entityPayment  = "payment"
	entityRefund   = "refund"
)

const (
	topicOrderCreated  = "order.created"
	topicOrderRestored = "order.restored"
	topicOrderDeleted  = "order.deleted"
)

// Translate turns the delivery of an order or customer topic into events. It calls the store's
// REST API for an order with refunds, whose lines a delivery does not have, and for an order
// that was deleted, of which a delivery has the id alone.
func (s *source) Translate(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	translate, known := translators[raw.Topic]
	if !known {
		return connector.Translation{}, &fault.Error{
			Kind: fault.Invalid, Class: fault.Schema, Field: "topic", Doing: doing(raw, "", ""),
			Detail: "only order and customer topics have a translation",
		}
	}
	if code := lostBecause(raw.Body); code != "" {
		return s.lost(raw, code)
	}
	return translate(s, ctx, raw)
}

var translators = map[string]func(*source, context.Context, *message.Raw) (connector.Translation, error){
	topicOrderCreated:    (*source).translateOrder,
	topicOrderUpdated:    (*source).translateOrder,
	topicOrderRestored:   (*source).translateOrder,
	topicOrderDeleted:    (*source).translateDeleted,
	"customer.created":   (*source).translateCustomer,
	topicCustomerUpdated: (*source).translateCustomer,
	"customer.deleted":   (*source).skipCustomer,
}

func doing(raw *message.Raw, entity, id string) string {
	text := "translating " + raw.Topic + " of " + raw.Tenant
	if id != "" {
		text += ", " + entity + " " + id
	}
	return text
}

func (s *source) skipCustomer(_ context.Context, raw *message.Raw) (connector.Translation, error) {
	d := newDecoder(raw.Body)
	id, _ := d.deleted()
	if err := d.Finish(); err != nil {
		return connector.Translation{}, fault.Doing(doing(raw, entityCustomer, id), err)
	}
	return connector.Translation{Skip: "customer " + id + " was deleted in the store; its record in other systems is not changed"}, nil
}

// errorBegins is how the error object begins that WooCommerce signs and sends when it cannot
// build the body of a delivery. It has no id of the order or customer.
const errorBegins = `{"code":`

// lostBecause returns the code of an error body, "" if the body is another one.
func lostBecause(body []byte) string {
	if len(body) > statelessMost || !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte(errorBegins)) {
		return ""
	}
	return errorCode(body)
}

// lost translates a delivery with an error body. Usually the entity was deleted, which is skipped.
// Otherwise a change is lost, which the poll finds. If every delivery of a webhook is lost, an
// operator has to repair the webhook.
func (s *source) lost(raw *message.Raw, code string) (connector.Translation, error) {
	kind, _, _ := strings.Cut(raw.Topic, ".")
	found := "; the poll finds what it missed"
	polled := s.storeOf(raw.Tenant).client != nil
	if !polled {
		found = "; without " + keySetting + " nothing finds what it missed"
	}
	why := "the store could not build the body of this delivery" + found
	switch code {
	case codeNoOrder, "woocommerce_rest_invalid_id", "wc_user_invalid_id":
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

// codeNoOrder is the code of an id that is no order's: it was deleted for good.
const codeNoOrder = "woocommerce_rest_shop_order_invalid_id"

// translateDeleted reads the order as it is in the trash, or wherever it is now: it may have been
// restored meanwhile. The list of the trash has it whole.
func (s *source) translateDeleted(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	d := newDecoder(raw.Body)
	id, whole := d.deleted()
	if err := d.Finish(); err != nil {
		return connector.Translation{}, fault.Doing(doing(raw, entityOrder, id), err)
	}
	if whole {
		return s.translateOrder(ctx, raw)
	}
	found := *raw
	sender := s.storeOf(raw.Tenant)
	answer, err := sender.get(ctx, ordersPath+"/"+id, "fetching order "+id+" of "+sender.tenant, nil)
	if gone(err) {
		return connector.Translation{}, &fault.Error{
			Kind: fault.Rejected, Class: fault.MissingRef, Code: codeNoOrder, Field: "id", Doing: doing(raw, entityOrder, id),
			Detail: "the store has deleted the order for good, so that its state cannot be read: close it by hand where it is still open",
		}
	}
	if err != nil {
		return connector.Translation{}, fault.Doing(doing(raw, entityOrder, id), err)
	}
	found.Body = answer.Body
	return s.translateOrder(ctx, &found)
}

// gone reports whether the store answered that it has no order of the id.
func gone(err error) bool { return err != nil && fault.As(err).Code == codeNoOrder }

func (s *source) storeOf(tenant string) *store {
	if found := s.stores.of(tenant); found != nil {
		return found
	}
	return &store{tenant: tenant}
}

// sentBy checks that the body is of the store that signed it, and of the kind that the topic
// names: neither the header of the store nor that of the topic is signed. WordPress adds to each
// resource its own address, which is. A body without one proves nothing where several stores
// share a secret.
func (s *source) sentBy(raw *message.Raw, link, list string) error {
	rule := ""
	named, ok := tenantOf(link)
	switch sender := s.stores.of(raw.Tenant); {
	case link == "" && raw.Trigger == message.Webhook && sender != nil && !sender.own:
		rule = "is missing, and several stores share a secret: bind each secret in WOOCOMMERCE_WEBHOOK_SECRETS to its store"
	case link == "":
		return nil
	case !ok || host(named) != host(raw.Tenant) || sender != nil && s.nearest(named) != sender:
		rule = "the body is of another store than the delivery's source"
	case !strings.Contains(strings.ReplaceAll(link, "%2F", "/"), "/"+list+"/"):
		rule = "the body is of another kind than the topic " + raw.Topic
	}
	if rule == "" {
		return nil
	}
	return &fault.Error{Kind: fault.Invalid, Class: fault.Conflict, Code: "foreign_body", Field: "_links.self[0].href", Detail: rule}
}

func host(tenant string) string {
	name, _, _ := strings.Cut(tenant, "/")
	return name
}

// nearest returns the store below whose address the link is, nil if there is none. A site below
// a path of another one is the nearer.
func (s *source) nearest(link string) (found *store) {
	for _, one := range s.stores {
		below := link == one.tenant || strings.HasPrefix(link, one.tenant+"/")
		if below && (found == nil || len(one.tenant) > len(found.tenant)) {
			found = one
		}
	}
	return found
}

func (s *source) translateOrder(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	d := newDecoder(raw.Body)
	d.plugins = s.plugins
	wire := d.order()
	failed := func(err error) (connector.Translation, error) {
		return connector.Translation{}, fault.Doing(doing(raw, entityOrder, wire.id), err)
	}
	if err := d.Finish(); err != nil {
		return failed(err)
	}
	if err := s.sentBy(raw, wire.link, "orders"); err != nil {
		return failed(err)
	}
	what, known := s.statuses[wire.status]
	switch {
	case !known:
		return failed(unmapped(wire.status))
	case what.ignore:
		return connector.Translation{Skip: "order " + wire.id + " has the status " + wire.status + ", which WOOCOMMERCE_STATUSES says to ignore"}, nil
	}
	sale, err := s.convertOrder(ctx, &wire, what, raw, d.Notes())
	if err != nil {
		return failed(err)
	}
	return connector.Translation{Events: sale.events(raw.Topic)}, nil
}

func (s *source) translateCustomer(_ context.Context, raw *message.Raw) (connector.Translation, error) {
	d := newDecoder(raw.Body)
	wire := d.customer()
	failed := func(err error) (connector.Translation, error) {
		return connector.Translation{}, fault.Doing(doing(raw, entityCustomer, wire.id), err)
	}
	if err := d.Finish(); err != nil {
		return failed(err)
	}
	if err := s.sentBy(raw, wire.link, "customers"); err != nil {
		return failed(err)
	}
	if wire.foreign != "" {
		return failed(&fault.Error{
			Kind: fault.Invalid, Class: fault.Conflict, Code: "foreign_body", Field: wire.foreign,
			Detail: "no customer has this member: the body is of another kind than the topic " + raw.Topic,
		})
	}
	c := converter{zone: s.zone, notes: d.Notes()}
	body := c.customer(wire)
	if c.err != nil {
		return failed(c.err)
	}
	return connector.Translation{Events: []connector.Event{{
		Type:      canonical.CustomerUpserted,
		Entity:    key(raw.Tenant, entityCustomer, wire.id),
		At:        body.UpdatedAt,
		UpdatedAt: body.UpdatedAt,
		Body:      body,
		Notes:     c.notes,
	}}}, nil
}

func key(tenant, kind, id string) message.Key {
	return message.Key{System: Name, Tenant: tenant, Type: kind, ID: id}
}
