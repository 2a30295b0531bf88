package product

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"causeway.example/functions/woocommerce/rest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/webapi"
)

// record is a product or a variation with a SKU.
type record struct {
	id, parent    string // the parent is "0" for a product
	kind          string // type: simple, variable …
	sku, barcode  string
	title, status string
	regular, sale string       // decimal text, "" for none
	dated         bool         // the sale has a first or last day
	failed        *fault.Error // of an answer to a batch: why it was not written
}

// ref is the id of a product, such as "9", or of a variation with that of its product, "10/11".
func (r *record) ref() string {
	if r.isVariation() {
		return r.parent + "/" + r.id
	}
	return r.id
}

func (r *record) isVariation() bool { return r.parent != "" && r.parent != "0" }

// isPriced reports whether the record has a price of its own. WooCommerce drops that of another one, and answers
// that it is saved.
func (r *record) isPriced() bool { return r.kind != "variable" && r.kind != "grouped" }

func (r *record) path() string {
	if r.isVariation() {
		return rest.ProductsPath + "/" + r.parent + "/variations/" + r.id
	}
	return rest.ProductsPath + "/" + r.id
}

// find returns the product or variation with the SKU, nil if there is none.
func (j *job) find(ctx context.Context) (*record, error) {
	if err := searchable(j.sku); err != nil {
		return nil, err
	}
	found, err := search(ctx, j.store, []string{j.sku}, j.doing)
	if err != nil {
		return nil, err
	}
	return j.only(found[j.sku])
}

// searchable rejects a SKU that a search takes for two.
func searchable(sku string) error {
	if !strings.Contains(sku, ",") {
		return nil
	}
	return &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "sku", Detail: strconv.Quote(sku) + " has a comma, and WooCommerce cannot look it up"}
}

// only returns the one record, nil if there is none.
func (j *job) only(all []*record) (*record, error) {
	switch len(all) {
	case 0:
		return nil, nil //nolint:nilnil // there is none, which is no error
	case 1:
		return all[0], nil
	}
	return nil, &fault.Error{
		Kind: fault.Rejected, Class: fault.MissingRef, Field: "sku", Code: "ambiguous_sku",
		Detail: strconv.Quote(j.sku) + ": " + strconv.Itoa(len(all)) + " products of " + j.store.Tenant + " have this SKU; make it unique",
	}
}

// search reads all pages of the products and variations with one of the SKUs.
func search(ctx context.Context, store *rest.Store, skus []string, doing string) (map[string][]*record, error) {
	found := map[string][]*record{}
	for page := 1; ; page++ {
		answer, err := store.Get(ctx, rest.ProductsPath, doing, url.Values{
			"sku": {strings.Join(skus, ",")}, "per_page": {strconv.Itoa(rest.PageSize)}, "page": {strconv.Itoa(page)}, "orderby": {"id"}, "order": {"asc"},
		})
		if err != nil {
			return nil, rest.Denied(err)
		}
		n, d := 0, rest.NewDecoder(answer.Body)
		for range d.Array() {
			n++
			if r := readRecord(d); slices.Contains(skus, r.sku) { // a search compares without case
				found[r.sku] = append(found[r.sku], r)
			}
		}
		if err := d.Finish(); err != nil {
			return nil, rest.Broken(fault.As(err).Field, fault.As(err).Detail)
		}
		if n < rest.PageSize {
			return found, nil
		}
	}
}

func readRecord(d rest.Decoder) *record {
	r := &record{}
	texts := map[string]*string{
		"type": &r.kind, "sku": &r.sku, "global_unique_id": &r.barcode, "status": &r.status, "regular_price": &r.regular, "sale_price": &r.sale,
	}
	for key := range d.Object() {
		if into, known := texts[key]; known {
			*into, _ = d.NullString()
			continue
		}
		switch key {
		case "id":
			r.id = d.ID()
		case "parent_id":
			r.parent, _ = d.NullID()
		case "name":
			r.title = d.Word()
		case "date_on_sale_from_gmt", "date_on_sale_to_gmt":
			date, _ := d.NullString()
			r.dated = r.dated || date != ""
		case "error":
			r.failed = readError(d)
		}
	}
	return r
}

// fields are members of a product's body.
type fields map[string]string

// codeTaken is the code of a create whose SKU another product has.
const codeTaken = "product_invalid_sku"

// taken is the conflict of such a create. The next attempt finds the product.
func taken(f *fault.Error) *fault.Error {
	again := *f
	again.Kind, again.Class, again.Scope, again.Field, again.Detail = fault.Unavailable, fault.Conflict, fault.EntityScope, "sku", "another product has the SKU since a moment ago, or one that the search does not find"
	return &again
}

// body returns the members of a product's body, with its id in a batch.
func (p *plan) body(id string) map[string]any {
	body := map[string]any{}
	for name, value := range p.change {
		body[name] = value
	}
	if p.virtual {
		body["virtual"] = true
	}
	if id != "" {
		body["id"] = json.Number(id)
	}
	return body
}

func send(ctx context.Context, store *rest.Store, method, path, doing string, body map[string]any) (webapi.Response, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return webapi.Response{}, &fault.Error{Kind: fault.Unknown, Class: fault.Bug, Err: err}
	}
	return store.Write(ctx, method, path, doing, data)
}

// sameAmount compares decimal texts, of which "" is none.
func sameAmount(text string, amount canonical.Money, none bool) bool {
	if text == "" || none {
		return (text == "") == none
	}
	n, err := canonical.ParseDecimal(text)
	return err == nil && n.Cmp(amount.Decimal()) == 0
}
