package product

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"causeway.example/shared/assortment"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/webapi"
)

// keyAccounts is the setting that names the source that is master of the account's products.
const keyAccounts = "SHIPBOB_PRODUCT_ACCOUNTS"

// Entity is the type of products, as in keys. Their id is the SKU.
const Entity = "product"

// The fields that a source can be master of.
const (
	fieldTitle   = "title"
	fieldBarcode = "barcode"
)

// Choice are the settings of products.
type Choice struct {
	// ProductAccounts are the account, as SHIPBOB_ACCOUNT names it, or none, by the source that is
	// master of its products. The token then needs the scopes products_read and products_write.
	ProductAccounts map[string]string `env:"SHIPBOB_PRODUCT_ACCOUNTS" envKeyValSeparator:"="`
	// ProductFields are the fields of a product that its source is master of.
	ProductFields []string `env:"SHIPBOB_PRODUCT_FIELDS" envDefault:"title,barcode" validate:"unique,dive,oneof=title barcode"`
}

// Caller sends a request to a path below the API's version.
type Caller func(context.Context, webapi.Request) (webapi.Response, error)

// Target writes products, and hands everything else to another Target. It keeps nothing between calls.
type Target struct {
	connector.Target
	Call    Caller
	masters assortment.Masters
	fields  []string
}

var _ connector.Target = (*Target)(nil)

// Open returns a Target of the account, which hands to other what is no product. The error is of class
// config.
func Open(choice Choice, account string, call Caller, other connector.Target) (*Target, error) {
	masters, err := assortment.Parse(keyAccounts, choice.ProductAccounts, func(name string) (string, bool) { return name, name == account })
	if err != nil {
		return nil, fault.Doing("opening shipbob", err)
	}
	return &Target{Target: other, Call: call, masters: masters, fields: choice.ProductFields}, nil
}

// job is one delivery.
type job struct {
	*Target
	sku, doing string
}

func nowhere(why string) connector.Receipt {
	return connector.Receipt{Ref: "none", Linked: true, Detail: "not set: " + why}
}

// Deliver creates or updates a product.
func (t *Target) Deliver(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
	p, is := d.Body.(*canonical.Product)
	if !is {
		return t.Target.Deliver(ctx, d)
	}
	j := &job{Target: t, sku: p.SKU, doing: "writing product " + p.SKU + " to shipbob"}
	account, err := t.masters.Store(d.Message.System(), d.Message.Tenant)
	if err != nil || account == "" {
		return nowhere("products of " + d.Message.System() + " do not go to ShipBob"), fault.Doing(j.doing, err)
	}
	receipt, err := j.product(ctx, p)
	return receipt, fault.Doing(j.doing, err)
}

// Find returns the id of the variant with the SKU, which is the id of a product's key.
func (t *Target) Find(ctx context.Context, key message.Key) (string, error) {
	if key.Type != Entity {
		return t.Target.Find(ctx, key)
	}
	j := &job{Target: t, sku: key.ID, doing: "looking up product " + key.ID + " at shipbob"}
	account, err := t.masters.Store(key.System, key.Tenant)
	if err != nil || account == "" {
		return "", fault.Doing(j.doing, err)
	}
	r, err := j.find(ctx)
	if err != nil || r == nil {
		return "", fault.Doing(j.doing, err)
	}
	return r.id, nil
}

func (j *job) product(ctx context.Context, p *canonical.Product) (connector.Receipt, error) {
	r, err := j.find(ctx)
	switch {
	case err != nil:
		return connector.Receipt{}, err
	case r == nil && !p.Active:
		return nowhere("ShipBob has no product with the SKU " + j.sku + ", which is retired"), nil
	case r == nil && p.Digital:
		return nowhere("nothing of " + j.sku + " is shipped"), nil
	case r == nil && len(p.Components) > 0:
		return j.bundle(ctx, p)
	case r == nil:
		return j.create(ctx, p)
	case !p.Active:
		return connector.Receipt{Ref: r.id, Linked: true, Detail: "not retired: ShipBob may have stock of " + j.sku + "; deactivate it there when it has none"}, nil
	}
	return j.update(ctx, r, p)
}

func (j *job) create(ctx context.Context, p *canonical.Product) (connector.Receipt, error) {
	barcode, notes := barcodeOf(p)
	id, err := j.make(ctx, draft{name: nameOf(p), sku: p.SKU, gtin: barcode, weight: inOunces(p.Weight)})
	return connector.Receipt{Ref: id, Detail: "created " + j.sku + " at ShipBob", Notes: notes}, err
}

func nameOf(p *canonical.Product) string { return cmp.Or(strings.TrimSpace(p.Title), p.SKU) }

func (j *job) update(ctx context.Context, r *record, p *canonical.Product) (connector.Receipt, error) {
	c, notes := j.changes(r, p)
	receipt := connector.Receipt{Ref: r.id, Linked: true, Detail: j.sku + " of ShipBob is as it should be", Notes: notes}
	if c != (change{}) {
		if err := j.set(ctx, r, c); err != nil {
			return connector.Receipt{}, err
		}
		receipt.Linked, receipt.Detail = false, j.sku+" of ShipBob is updated"
	}
	receipt.Detail += r.beside(p)
	if r.inactive {
		receipt.Detail += "; it is inactive there, and a person activates it"
	}
	return receipt, nil
}

// changes returns the fields that differ and that the source is master of.
func (j *job) changes(r *record, p *canonical.Product) (c change, notes []connector.Note) {
	if title := strings.TrimSpace(p.Title); title != "" && slices.Contains(j.fields, fieldTitle) {
		if title != r.name {
			c.name = title
		}
		if title != r.title && len(r.siblings) == 0 {
			c.title = title
		}
	}
	if slices.Contains(j.fields, fieldBarcode) && len(r.parts) == 0 {
		var barcode string
		if barcode, notes = barcodeOf(p); barcode != "" && !sameGTIN(barcode, r.gtin) {
			c.gtin = barcode
		}
	}
	return c, notes
}

// barcodeOf returns the product's barcode if it is a GTIN, and otherwise a note.
func barcodeOf(p *canonical.Product) (gtin string, notes []connector.Note) {
	text := strings.TrimSpace(p.Barcode.String())
	if text == "" || isGTIN(text) {
		return text, nil
	}
	return "", []connector.Note{{Field: "barcode", What: "barcode " + text + " is left out: it is no GTIN"}}
}
