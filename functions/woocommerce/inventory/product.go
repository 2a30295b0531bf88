package inventory

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"causeway.example/functions/woocommerce/rest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

// product is a product or a variation.
type product struct {
	id, parent string // parent of a variation, otherwise ""
	sku        string
	managed    string // "true", "false", or "parent" of a variation whose stock its product manages
	has        int64
	failed     *fault.Error // of an answer: why it was not set
}

// ref names the product: "10", or "10/11" for variation 11 of product 10.
func (p product) ref() string {
	if p.parent == "" {
		return p.id
	}
	return p.parent + "/" + p.id
}

// products returns what the store has of the SKUs, one entry for each product or variation.
func products(ctx context.Context, store *rest.Store, skus []string) (map[string][]product, error) {
	found := map[string][]product{}
	for _, some := range rest.Searches(skus) {
		if err := search(ctx, store, some, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// search reads all pages of the products with one of the SKUs. Answers have only the fields that are
// read (WordPress REST API handbook, "Global parameters").
func search(ctx context.Context, store *rest.Store, skus []string, found map[string][]product) error {
	doing := "reading products of " + store.Tenant + " at " + rest.Name
	for page := 1; ; page++ {
		answer, err := store.Get(ctx, rest.ProductsPath, doing, url.Values{
			"sku": {strings.Join(skus, ",")}, "per_page": {strconv.Itoa(rest.PageSize)}, "page": {strconv.Itoa(page)},
			"orderby": {"id"}, "order": {"asc"}, "_fields": {"id,type,parent_id,sku,manage_stock,stock_quantity"},
		})
		if err != nil {
			return rest.Denied(err)
		}
		n, d := 0, rest.NewDecoder(answer.Body)
		for range d.Array() {
			n++
			if p := readProduct(d); slices.Contains(skus, p.sku) { // a search compares without case
				found[p.sku] = append(found[p.sku], p)
			}
		}
		if err := d.Finish(); err != nil {
			return fault.Doing(doing, rest.Broken(fault.As(err).Field, fault.As(err).Detail))
		}
		if n < rest.PageSize {
			return nil
		}
	}
}

// readProduct reads a product, or the error in its place.
func readProduct(d rest.Decoder) (p product) {
	kind := ""
	for member := range d.Object() {
		switch member {
		case "id":
			p.id = d.ID()
		case "type":
			kind, _ = d.NullString()
		case "parent_id":
			p.parent, _ = d.NullID()
		case "sku":
			p.sku, _ = d.NullString()
		case "manage_stock":
			p.managed = readManaged(d)
		case "stock_quantity":
			p.has = readQuantity(d)
		case "error":
			p.failed = readError(d)
		}
	}
	d.Need("id", p.id)
	if kind != "variation" { // a product of a group has a parent too
		p.parent = ""
	}
	return p
}

// readManaged reads true, false or "parent".
func readManaged(d rest.Decoder) string {
	if d.Kind() == strictjson.StringKind {
		return d.String()
	}
	managed, _ := d.NullBool()
	return strconv.FormatBool(managed)
}

// readQuantity reads a quantity or null, which is that of a product without any. Parts of a piece,
// which a plugin may allow, are rounded down.
func readQuantity(d rest.Decoder) int64 {
	text, present := d.NullDecimal()
	if !present {
		return 0
	}
	n, err := canonical.ParseDecimal(text)
	d.Refuse(err)
	return n.Floor()
}

// verdicts lead from the codes of an object's error to what they mean. Any other code is about the
// value, and is not retried.
var verdicts = map[string]fault.Error{
	// The product was deleted, or became another kind, after it was read.
	"woocommerce_rest_product_invalid_id":           {Kind: fault.Unavailable, Class: fault.Intermittent, Scope: fault.EntityScope, Detail: "the product is gone since it was read"},
	"woocommerce_rest_product_variation_invalid_id": {Kind: fault.Unavailable, Class: fault.Intermittent, Scope: fault.EntityScope, Detail: "the variation is gone since it was read"},
	"woocommerce_rest_invalid_product_id":           {Kind: fault.Unavailable, Class: fault.Intermittent, Scope: fault.EntityScope, Detail: "the product has become a variation since it was read"},
	"woocommerce_rest_cannot_batch":                 {Kind: fault.Unauthorized, Class: fault.Auth, Field: rest.KeySetting, Detail: "the key may not write products: it needs read and write permission"},
}

// readError reads the error of one object of a batch.
func readError(d rest.Decoder) *fault.Error {
	code, status := "", 0
	for member := range d.Object() {
		switch member {
		case "code":
			code = d.String()
		case "data":
			status = readStatus(d)
		default:
			d.Skip()
		}
	}
	f, known := verdicts[code]
	switch {
	case known:
	case status >= http.StatusInternalServerError:
		f = fault.Error{Kind: fault.Unavailable, Class: fault.Intermittent, Scope: fault.EntityScope, Detail: "the store failed to save the product"}
	default:
		f = fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "stock_quantity", Detail: "the store rejects the quantity"}
	}
	f.Code, f.Status = code, status
	return &f
}

func readStatus(d rest.Decoder) (status int) {
	if d.Kind() != strictjson.ObjectKind {
		d.Skip()
		return 0
	}
	for member := range d.Object() {
		if member == "status" {
			status = int(d.Int())
		}
	}
	return status
}

// update sets the quantities of products, or of the variations of one, and returns the answer about
// each by its id.
func update(ctx context.Context, store *rest.Store, parent string, levels []*level) (map[string]product, error) {
	doing, path := "setting the stock of "+store.Tenant+" at "+rest.Name, rest.ProductsPath+"/batch"
	if parent != "" {
		path = rest.ProductsPath + "/" + url.PathEscape(parent) + "/variations/batch"
	}
	w := strictjson.NewWriter(nil)
	w.Obj()
	w.Key("update").Arr()
	for _, l := range levels {
		w.Obj()
		w.NumField("id", l.product.id)
		w.IntField("stock_quantity", l.quantity)
		w.EndObj()
	}
	w.EndArr()
	w.EndObj()
	answer, err := store.Write(ctx, http.MethodPost, path, doing, w.Bytes())
	if err != nil {
		return nil, err
	}
	answers, d := map[string]product{}, rest.NewDecoder(answer.Body)
	for member := range d.Object() {
		if member != "update" {
			continue
		}
		for range d.Array() {
			p := readProduct(d)
			answers[p.id] = p
		}
	}
	if err := d.Finish(); err != nil {
		return nil, fault.Doing(doing, rest.Broken(fault.As(err).Field, fault.As(err).Detail))
	}
	return answers, nil
}
