package goods

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"causeway.example/functions/woocommerce/rest"
	"causeway.example/shared/assortment/memory"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// VariationsPath is the list of the variations of all products, which is in WooCommerce since 10.3.
const VariationsPath = "/wp-json/wc/v3/variations"

// Listed are the members of a list's entries that a poll needs.
const Listed = "id,type,parent_id,date_modified,date_modified_gmt"

// Source translates what names a product.
type Source struct {
	Choice
	Stores   rest.Stores
	Zone     *rest.Zone
	Memory   connector.CrossRef // which SKUs a product had; nil: lost SKUs are not retired
	Now      func() time.Time
	Currency string // of the stores, "" if it is not set
}

// The codes of answers to an id that is no product's, or no variation's of its product.
const (
	noProduct   = "woocommerce_rest_product_invalid_id"
	noVariation = "woocommerce_rest_product_variation_invalid_id"
)

// reading is the product of one raw message, as the store has it.
type reading struct {
	*Source
	store *rest.Store
	raw   *message.Raw
	doing string
	id    string   // of the product
	only  string   // id of the one variation that was asked for; "": all
	sold  []record // the product, or its variations
	made  *record  // the product; nil if it is gone
	at    time.Time
	book  *memory.Book // what is remembered of the product
	notes []connector.Note
}

// Translate reads the product that the raw message names, and returns its events.
func (s *Source) Translate(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	d := rest.NewDecoder(raw.Body)
	h := readHint(d)
	r := &reading{Source: s, store: s.Stores.Of(raw.Tenant), raw: raw, doing: "translating " + raw.Topic + " of " + raw.Tenant + ", product " + h.id}
	failed := func(err error) (connector.Translation, error) {
		return connector.Translation{}, fault.Doing(r.doing, err)
	}
	if err := d.Finish(); err != nil {
		return failed(err)
	}
	if err := s.Stores.SentBy(raw, h.link, "products"); err != nil {
		return failed(err)
	}
	if r.store == nil {
		return connector.Translation{Skip: raw.Tenant + " is not in WOOCOMMERCE_STORES any more"}, nil
	}
	if s.publishes(prices) && s.Currency == "" {
		return failed(&fault.Error{Kind: fault.Rejected, Class: fault.Config, Field: "WOOCOMMERCE_CURRENCY", Detail: "is not set, and the store's prices are published in it"})
	}
	if err := r.read(ctx, h); err != nil {
		return failed(err)
	}
	translation, err := r.translation(ctx)
	if err != nil {
		return failed(err)
	}
	return translation, nil
}

// read reads the product and what is sold of it. One in the trash is as good as gone, and takes its variations
// along.
func (r *reading) read(ctx context.Context, h hint) error {
	r.id = h.id
	if h.kind == variation && h.parent != "" {
		r.id, r.only = h.parent, h.id
	}
	made, err := r.get(ctx, rest.ProductsPath+"/"+r.id, noProduct)
	if err == nil && made != nil && made.kind == variation {
		r.id, r.only = made.parent, made.id
		made, err = r.get(ctx, rest.ProductsPath+"/"+r.id, noProduct)
	}
	if err != nil {
		return err
	}
	if r.made = made; !made.living() {
		r.made, r.only = nil, ""
		return nil
	}
	if !made.isVariable() {
		r.only = ""
	}
	if r.sold, err = r.parts(ctx); err != nil {
		return err
	}
	return r.date()
}

// parts returns what is sold of the product: itself, the variation that was asked for, or all of them.
func (r *reading) parts(ctx context.Context) (sold []record, err error) {
	switch {
	case r.made.kind == grouped || r.made.kind == external:
		r.note("type", "product "+r.id+" is left out: a product of the type "+r.made.kind+" is no goods")
		return nil, nil
	case !r.made.isVariable():
		return []record{*r.made}, nil
	case r.only == "":
		err = r.store.Each(ctx, r.path(), "listing the variations of product "+r.id, func(d rest.Decoder) { sold = append(sold, readRecord(d)) })
		return sold, err
	}
	one, err := r.get(ctx, r.path()+"/"+r.only, noVariation)
	if err != nil || !one.living() {
		return nil, err
	}
	return []record{*one}, nil
}

func (r *reading) path() string { return rest.ProductsPath + "/" + r.id + "/variations" }

// get reads a product or a variation, nil if the store has none.
func (r *reading) get(ctx context.Context, path, missing string) (*record, error) {
	answer, err := r.store.Get(ctx, path, "reading product "+r.id+" of "+r.store.Tenant, url.Values{"_fields": {fields}})
	if err != nil && fault.As(err).Code == missing {
		return nil, nil //nolint:nilnil // there is none, which is no error
	}
	if err != nil {
		return nil, err
	}
	r.answered(answer.Header)
	d := rest.NewDecoder(answer.Body)
	one := readRecord(d)
	if err := d.Finish(); err != nil {
		return nil, rest.Broken(fault.As(err).Field, fault.As(err).Detail)
	}
	return &one, nil
}

// answered keeps the time of the newest answer, by the store's clock.
func (r *reading) answered(header http.Header) {
	if at, err := http.ParseTime(header.Get("Date")); err == nil && at.After(r.at) {
		r.at = at.UTC()
	}
}

// date dates what is sold by the newer change of it and of its product.
func (r *reading) date() error {
	made, _, err := r.made.stamp.NeedTime(r.Zone, "date_modified")
	if err != nil {
		return rest.Broken("date_modified_gmt", err.Detail)
	}
	for i := range r.sold {
		at, _, err := r.sold[i].stamp.NeedTime(r.Zone, "date_modified")
		if err != nil {
			return rest.Broken("date_modified_gmt", err.Detail)
		}
		r.sold[i].at = at
		if made.After(at) {
			r.sold[i].at = made
		}
	}
	return nil
}

func (r *reading) note(field, what string) {
	r.notes = append(r.notes, connector.Note{Field: field, What: what})
}

// translation returns the events of what is sold, and of the SKUs that the product lost.
func (r *reading) translation(ctx context.Context) (connector.Translation, error) {
	var err error
	if r.book, err = memory.Open(ctx, r.Memory, r.key(productEntity, r.id)); err != nil {
		return connector.Translation{}, err
	}
	var events []connector.Event
	owners := map[string]string{}
	for i := range r.sold {
		one := &r.sold[i]
		if !r.named(one) {
			continue
		}
		if other, taken := owners[one.sku]; taken {
			return connector.Translation{}, &fault.Error{
				Kind: fault.Rejected, Class: fault.Conflict, Code: "ambiguous_sku", Field: "sku",
				Detail: strconv.Quote(one.sku) + ": variations " + other + " and " + one.id + " of product " + r.id + " have this SKU; make it unique",
			}
		}
		owners[one.sku] = one.id
		found, err := r.eventsOf(one)
		if err != nil {
			return connector.Translation{}, err
		}
		events = append(events, found...)
	}
	lost, err := r.lostEvents(ctx)
	if err != nil {
		return connector.Translation{}, err
	}
	if err := r.book.Keep(ctx); err != nil {
		return connector.Translation{}, err
	}
	if events = append(events, lost...); len(events) == 0 {
		return connector.Translation{Skip: r.nothing()}, nil
	}
	events[0].Notes = r.notes
	return connector.Translation{Events: events}, nil
}

// named reports whether the product or variation has a SKU of its own. The API shows a variation without one
// with that of its product.
func (r *reading) named(one *record) bool {
	switch {
	case one.sku == "":
		r.note("sku", r.what(one)+" is left out: it has no SKU")
	case one.id != r.id && one.sku == r.made.sku:
		r.note("sku", r.what(one)+" is left out: it has no SKU of its own, and the store shows that of its product")
	default:
		return true
	}
	return false
}

func (r *reading) what(one *record) string {
	if one.id == r.id {
		return "product " + one.id
	}
	return "variation " + one.id + " of product " + r.id
}

// nothing says why there are no events.
func (r *reading) nothing() string {
	var reasons []string
	for _, n := range r.notes {
		reasons = append(reasons, n.What)
	}
	usual := "product " + r.id + " has the content that was published of it"
	if r.made == nil {
		usual = "product " + r.id + " is gone, and no SKU of it is published"
	}
	return cmp.Or(strings.Join(reasons, "; "), usual)
}

// holders returns those of the SKUs that a product or variation of the store has now, beside variable products
// and others that are not sold themselves.
func (r *reading) holders(ctx context.Context, skus []string) (map[string]bool, error) {
	held := map[string]bool{}
	for _, some := range rest.Searches(skus) {
		answer, err := r.store.Get(ctx, rest.ProductsPath, "looking for products with the SKUs that product "+r.id+" lost", url.Values{
			"sku": {strings.Join(some, ",")}, "per_page": {strconv.Itoa(rest.PageSize)}, "_fields": {fields},
		})
		if err != nil {
			return nil, err
		}
		r.answered(answer.Header)
		d := rest.NewDecoder(answer.Body)
		for range d.Array() {
			if one := readRecord(d); one.kind != grouped && one.kind != external && !one.isVariable() {
				held[one.sku] = true
			}
		}
		if err := d.Finish(); err != nil {
			return nil, rest.Broken(fault.As(err).Field, fault.As(err).Detail)
		}
	}
	return held, nil
}

// key returns the key of an entity of the store.
func (r *reading) key(kind, id string) message.Key {
	return message.Key{System: rest.Name, Tenant: r.store.Tenant, Type: kind, ID: id}
}

// event returns an event of a version.
func (r *reading) event(name, kind, id string, at time.Time, body any) connector.Event {
	return connector.Event{Type: name, Entity: r.key(kind, id), At: at, UpdatedAt: at, Body: body}
}

// Unlisted returns the error of a list of variations with its reason where the store has no such list.
func Unlisted(err error) error {
	f := fault.As(err)
	if f == nil || f.Code != "rest_no_route" {
		return err
	}
	named := *f
	named.Detail = "the store does not list variations (GET /variations), which WooCommerce does since 10.3: update it; until then only webhooks report a variation that changes alone"
	return &named
}
