package product

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
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
	sku, barcode  string
	title, status string
	regular, sale string // decimal text, "" for none
}

// ref is the id of a product, such as "9", or of a variation with that of its product, "10/11".
func (r *record) ref() string {
	if r.isVariation() {
		return r.parent + "/" + r.id
	}
	return r.id
}

func (r *record) isVariation() bool { return r.parent != "" && r.parent != "0" }

func (r *record) path() string {
	if r.isVariation() {
		return rest.ProductsPath + "/" + r.parent + "/variations/" + r.id
	}
	return rest.ProductsPath + "/" + r.id
}

// find returns the product or variation with the SKU, nil if there is none.
func (j *job) find(ctx context.Context) (*record, error) {
	if strings.Contains(j.sku, ",") {
		return nil, &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "sku", Detail: strconv.Quote(j.sku) + " has a comma, and WooCommerce cannot look it up"}
	}
	answer, err := j.store.Get(ctx, rest.ProductsPath, j.doing, url.Values{"sku": {j.sku}, "per_page": {strconv.Itoa(rest.PageSize)}})
	if err != nil {
		return nil, rest.Denied(err)
	}
	var all []*record
	d := rest.NewDecoder(answer.Body)
	for range d.Array() {
		if r := readRecord(d); r.sku == j.sku {
			all = append(all, r)
		}
	}
	if err := d.Finish(); err != nil {
		return nil, rest.Broken(fault.As(err).Field, fault.As(err).Detail)
	}
	if len(all) > 1 {
		return nil, &fault.Error{
			Kind: fault.Rejected, Class: fault.MissingRef, Field: "sku", Code: "ambiguous_sku",
			Detail: strconv.Quote(j.sku) + ": " + strconv.Itoa(len(all)) + " products of " + j.store.Tenant + " have this SKU; make it unique",
		}
	}
	if len(all) == 0 {
		return nil, nil //nolint:nilnil // there is none, which is no error
	}
	return all[0], nil
}

func readRecord(d rest.Decoder) *record {
	r := &record{}
	for key := range d.Object() {
		switch key {
		case "id":
			r.id = d.ID()
		case "parent_id":
			r.parent = d.ID()
		case "sku":
			r.sku, _ = d.NullString()
		case "global_unique_id":
			r.barcode, _ = d.NullString()
		case "name":
			r.title = d.Word()
		case "status":
			r.status, _ = d.NullString()
		case "regular_price":
			r.regular, _ = d.NullString()
		case "sale_price":
			r.sale, _ = d.NullString()
		}
	}
	return r
}

// fields are members of a product's body.
type fields map[string]string

// set changes the record.
func (j *job) set(ctx context.Context, r *record, change fields) error {
	_, err := j.send(ctx, http.MethodPut, r.path(), change)
	return err
}

// make creates a product, virtual if nothing of it is shipped, and returns its id. One whose SKU is taken was made since it was looked for.
func (j *job) make(ctx context.Context, all fields, virtual bool) (id string, err error) {
	body := map[string]any{}
	for name, value := range all {
		body[name] = value
	}
	if virtual {
		body["virtual"] = true
	}
	answer, err := j.send(ctx, http.MethodPost, rest.ProductsPath, body)
	if f := fault.As(err); f != nil && f.Code == "product_invalid_sku" {
		taken := *f
		taken.Kind, taken.Class, taken.Scope, taken.Field, taken.Detail = fault.Unavailable, fault.Conflict, fault.EntityScope, "sku", "another product has the SKU since a moment ago, or one that the search does not find"
		return "", &taken
	}
	if err != nil {
		return "", err
	}
	d := rest.NewDecoder(answer.Body)
	r := readRecord(d)
	if err := d.Finish(); err != nil {
		return "", rest.Broken(fault.As(err).Field, fault.As(err).Detail)
	}
	return r.ref(), nil
}

func (j *job) send(ctx context.Context, method, path string, body any) (webapi.Response, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return webapi.Response{}, &fault.Error{Kind: fault.Unknown, Class: fault.Bug, Err: err}
	}
	return j.store.Write(ctx, method, path, j.doing, data)
}

// sameAmount compares decimal texts, of which "" is none.
func sameAmount(text string, amount canonical.Money, none bool) bool {
	if text == "" || none {
		return (text == "") == none
	}
	n, err := canonical.ParseDecimal(text)
	return err == nil && n.Cmp(amount.Decimal()) == 0
}
