package stock

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/kitting"
	"causeway.example/shared/wire"
)

// The path of products, and how many a page has: one of many variants is large.
const (
	productPath     = "/product"
	productPageSize = 100
)

// inactive is the status of a variant that is not sold (Products.VariantViewModelV5).
const inactive = "Inactive"

// variant is a variant of a product.
type variant struct {
	id, sku, item string    // item is the id of its inventory item, "" if it has none
	at            time.Time // when ShipBob answered
	inactive      bool
	digital       bool
	parts         []part // of a bundle
	refused       string // why its product cannot be read
}

// part is a component of a bundle.
type part struct {
	variant, sku string
	quantity     int64
}

// variants reads the variants of all products. A product that cannot be read is refused: as the bundles in it, or
// as one without a SKU, because it may be one.
func (p *Poller) variants(ctx context.Context, doing string) (all []variant, err error) {
	query := url.Values{"PageSize": {strconv.Itoa(productPageSize)}}
	err = p.list(ctx, productPath, query, doing, func(body []byte, at time.Time) { all = append(all, readProduct(body, at)...) })
	if f := fault.As(err); f != nil && f.Status == http.StatusForbidden {
		named := *f
		named.Field, named.Detail = "SHIPBOB_TOKEN", "needs the scope products_read, without which no bundle gets stock"
		return nil, &named
	}
	return all, err
}

func readProduct(body []byte, at time.Time) (variants []variant) {
	id, r := "", wire.NewReader(body, answerLimits)
	for member := range r.Object() {
		switch {
		case member == "id":
			id = r.ID()
		case member == "variants" && !r.Null():
			for range r.Array() {
				variants = append(variants, readVariant(r, at))
			}
		}
	}
	if err := r.Finish(); err != nil {
		return unread(body, at, id, fault.As(err).Field+" "+fault.As(err).Detail)
	}
	return variants
}

// unread returns the bundles of a product that cannot be read. An item with the SKU of one is none of its pieces.
func unread(body []byte, at time.Time, product, why string) (bundles []variant) {
	r := wire.NewReader(body, answerLimits)
	for member := range r.Object() {
		if member != "variants" || r.Null() {
			continue
		}
		for range r.Array() {
			v := variant{at: at, refused: "ShipBob's product " + product + " cannot be read: " + why}
			if readSKU(r, &v) && v.sku != "" {
				bundles = append(bundles, v)
			}
		}
	}
	if r.Finish() != nil || len(bundles) == 0 {
		return []variant{{sku: "product " + product, at: at, refused: "ShipBob's product cannot be read: " + why}}
	}
	return bundles
}

// readSKU reads what names a variant, and whether it is a bundle, and nothing else of it.
func readSKU(r *wire.Reader, v *variant) (bundle bool) {
	for member := range r.Object() {
		switch {
		case member == "id":
			v.id, _ = r.NullID()
		case member == "sku":
			v.sku, _ = r.Code()
		case member == "bundle_definition" && !r.Null():
			for range r.Array() {
				r.Skip()
				bundle = true
			}
		}
	}
	return bundle
}

func readVariant(r *wire.Reader, at time.Time) (v variant) {
	v.at = at
	for member := range r.Object() {
		switch {
		case member == "id":
			v.id = r.ID()
		case member == "sku":
			v.sku, _ = r.Code()
		case member == "status":
			v.inactive = strings.EqualFold(r.Word(), inactive)
		case member == "is_digital":
			v.digital, _ = r.NullBool()
		case member == "inventory" && !r.Null():
			for member := range r.Object() {
				if member == "inventory_id" {
					v.item, _ = r.NullID()
				}
			}
		case member == "bundle_definition":
			v.parts = wire.List(r, readPart)
		}
	}
	return v
}

func readPart(r *wire.Reader) (p part) {
	for member := range r.Object() {
		switch member {
		case "variant_id":
			p.variant = r.ID()
		case "variant_sku":
			p.sku, _ = r.Code()
		case "quantity":
			p.quantity = r.Int()
		}
	}
	return p
}

// catalog is what a poll read of the account.
type catalog struct {
	items    map[string]item    // by id
	variants map[string]variant // by id
	read     time.Time          // when the oldest of it was read; zero if it has no item
}

// bundles returns the active bundles by SKU as if they were items: each with its levels at the
// fulfillment centers, or with why it has none. A bundle of digital goods alone has no level.
func (p *Poller) bundles(items []item, variants []variant) map[string]item {
	c := catalog{items: map[string]item{}, variants: map[string]variant{}}
	for i := range items {
		c.items[items[i].id] = items[i]
		c.read = items[0].at
	}
	for i := range variants {
		c.variants[variants[i].id] = variants[i]
	}
	found, ids := map[string]item{}, map[string]string{}
	for i := range variants {
		v := &variants[i]
		switch {
		case v.refused == "" && (len(v.parts) == 0 || v.inactive || v.digital || v.sku == ""):
			continue
		case ids[v.sku] != "":
			v.refused = "variants " + ids[v.sku] + " and " + v.id + " of ShipBob are bundles with this SKU; make it unique"
		}
		ids[v.sku] = v.id
		found[v.sku] = p.bundle(c, v)
	}
	return found
}

// bundle counts how many of a bundle its components allow at each fulfillment center.
func (p *Poller) bundle(c catalog, v *variant) item {
	made := item{sku: v.sku, at: v.at, refused: v.refused}
	if !c.read.IsZero() {
		made.at = c.read
	}
	if made.refused != "" {
		return made
	}
	components, why := c.components(v)
	if made.refused = why; why != "" || len(components) == 0 {
		return made
	}
	made.levels = map[string]level{}
	for _, location := range p.Locations {
		onHand, ok1 := wholeBundles(components, location, func(l level) string { return l.onHand })
		available, ok2 := wholeBundles(components, location, func(l level) string { return l.available })
		if !ok1 || !ok2 {
			made.refused = "a quantity at fulfillment center " + location + " has more than 18 digits"
		}
		made.levels[location] = level{onHand, available}
	}
	return made
}

// component is a component of a bundle with its levels.
type component struct {
	kitting.Entry
	levels map[string]level // nil: it has nothing
}

// components returns the components that limit the bundle, or why it cannot be counted. A bundle in it is
// counted by its own, unless it is inactive or digital.
func (c catalog) components(v *variant) (all []component, why string) {
	entries, wrong := kitting.Flatten(v.id, func(id string) ([]kitting.Entry, bool) {
		of := c.variants[id]
		bundle := len(of.parts) > 0 && (id == v.id || !of.inactive && !of.digital)
		return of.entries(), bundle
	})
	if wrong != nil {
		return nil, "component " + c.names(wrong.Path) + " " + wrong.Rule
	}
	for _, e := range entries {
		of, listed := c.variants[e.ID]
		stock, stocked := c.items[of.item]
		switch {
		case !listed:
			return nil, fmt.Sprintf("component %s, variant %s, is not among ShipBob's products", c.names([]string{e.ID}), e.ID)
		case of.digital:
		case of.inactive:
			all = append(all, component{e, nil})
		case !stocked || stock.err != nil || stock.levels == nil:
			return nil, fmt.Sprintf("component %q: no level of inventory item %s can be read", of.sku, of.item)
		default:
			all = append(all, component{e, stock.levels})
		}
	}
	return all, ""
}

// entries returns the components of a bundle, by variant.
func (v variant) entries() (all []kitting.Entry) {
	for _, each := range v.parts {
		all = append(all, kitting.Entry{ID: each.variant, Takes: canonical.NewDecimal(each.quantity, 0)})
	}
	return all
}

// names returns the SKUs of the variants of a path. One that is not listed is named by a bundle that has it.
func (c catalog) names(path []string) string {
	all := make([]string, len(path))
	for i, id := range path {
		name := c.variants[id].sku
		for _, v := range c.variants {
			for _, each := range v.parts {
				if each.variant == id {
					name = cmp.Or(name, each.sku)
				}
			}
		}
		all[i] = strconv.Quote(name)
	}
	return strings.Join(all, " > ")
}

// wholeBundles counts how many bundles the components at the fulfillment center allow. One that is
// not listed there has 0.
func wholeBundles(components []component, location string, of func(level) string) (text string, ok bool) {
	var parts []kitting.Part
	for _, each := range components {
		stock := canonical.Decimal{}
		if l, listed := each.levels[location]; listed {
			var err error
			if stock, err = canonical.ParseDecimal(of(l)); err != nil {
				return "", false
			}
		}
		parts = append(parts, kitting.Part{ID: each.ID, Takes: each.Takes, Stock: stock})
	}
	whole, ok := kitting.Whole(parts)
	return whole.String(), ok
}

// unlisted is the ID of the one change of all bundles while the products cannot be listed.
const unlisted = "list of products"

// withBundles returns the items and the bundles. An item with the SKU of a bundle is left out. If the
// products cannot be listed, the items go on, and the bundles are a change that cannot be read.
func (p *Poller) withBundles(ctx context.Context, items []item, account string) (all []item, failed []connector.Change, err error) {
	variants, err := p.variants(ctx, "listing the products of "+account+" at shipbob")
	if why := fault.As(err); why != nil {
		if why.Kind == fault.Throttled || ctx.Err() != nil || len(items) == 0 {
			return nil, nil, err
		}
		return items, []connector.Change{{ID: unlisted, At: items[0].at, Err: why}}, nil
	}
	bundles := p.bundles(items, variants)
	for i := range items {
		if _, is := bundles[items[i].sku]; !is {
			all = append(all, items[i])
		}
	}
	for i := range variants {
		if made, is := bundles[variants[i].sku]; is {
			all = append(all, made)
			delete(bundles, variants[i].sku)
		}
	}
	return all, nil, nil
}
