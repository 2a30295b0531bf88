package product

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"causeway.example/functions/shipbob/rest"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/webapi"
	"causeway.example/shared/wire"
)

// The paths of products, and how many pages a search may have.
const (
	path      = "/product"
	mostPages = 20
)

// record is the variant of a SKU with its product.
type record struct {
	product, id string // ids of the product and the variant
	title, name string // of the product and the variant
	sku, gtin   string
	inactive    bool
	siblings    []string // ids of the product's other variants
	parts       []part   // of a bundle
}

// find returns the variant with exactly the SKU, nil if there is none. Two are an error.
func (j *job) find(ctx context.Context) (*record, error) {
	var all []*record
	query := url.Values{"SKU": {j.sku}, "PageSize": {strconv.Itoa(rest.PageSize)}}
	whole, err := rest.Pages(query, mostPages, func(query url.Values) (next string, err error) {
		found, next, err := j.page(ctx, query)
		all = append(all, found...)
		return next, err
	})
	switch {
	case err != nil:
		return nil, err
	case whole:
		return j.only(all)
	}
	return nil, &fault.Error{
		Kind: fault.Rejected, Class: fault.TooLarge, Field: "sku",
		Detail: strconv.Quote(j.sku) + ": more than " + strconv.Itoa(mostPages*rest.PageSize) + " products of ShipBob match this SKU",
	}
}

// only returns the one record, nil if there is none.
func (j *job) only(all []*record) (*record, error) {
	switch len(all) {
	case 0:
		return nil, nil //nolint:nilnil // there is none, which is no error
	case 1:
		return all[0], nil
	}
	ids := make([]string, len(all))
	for i, r := range all {
		ids[i] = r.id
	}
	return nil, &fault.Error{
		Kind: fault.Rejected, Class: fault.MissingRef, Field: "sku", Code: "ambiguous_sku",
		Detail: strconv.Quote(j.sku) + ": variants " + strings.Join(ids, ", ") + " of ShipBob have this SKU; merge them, or make it unique, then redrive",
	}
}

// page reads a page of the search: the variants with exactly the SKU, and the address of the next page.
func (j *job) page(ctx context.Context, query url.Values) (found []*record, next string, err error) {
	answer, err := j.send(ctx, webapi.Request{Method: http.MethodGet, Path: path, Query: query, Doing: j.doing}, "products_read")
	if err != nil {
		return nil, "", err
	}
	r := wire.NewReader(answer.Body, rest.Limits)
	for member := range r.Object() {
		switch {
		case member == "next":
			next = r.Word()
		case member == "items" && !r.Null():
			for range r.Array() {
				found = append(found, named(readProduct(r), j.sku)...)
			}
		}
	}
	if err := r.Finish(); err != nil {
		return nil, "", rest.Broken(j.doing, err)
	}
	return found, next, nil
}

// named returns the variants with exactly the SKU.
func named(variants []*record, sku string) (same []*record) {
	for _, v := range variants {
		if v.sku == sku {
			same = append(same, v)
		}
	}
	return same
}

// readProduct reads the variants of a product (Products.ProductViewModelV5).
func readProduct(r *wire.Reader) (variants []*record) {
	id, title := "", ""
	for member := range r.Object() {
		switch {
		case member == "id":
			id = r.ID()
		case member == "name":
			title, _ = r.NullString()
		case member == "variants" && !r.Null():
			for range r.Array() {
				variants = append(variants, readVariant(r))
			}
		}
	}
	for _, v := range variants {
		v.product, v.title = id, title
		for _, other := range variants {
			if other != v {
				v.siblings = append(v.siblings, other.id)
			}
		}
	}
	return variants
}

func readVariant(r *wire.Reader) *record {
	v := &record{}
	for member := range r.Object() {
		switch member {
		case "id":
			v.id = r.ID()
		case "name":
			v.name, _ = r.NullString()
		case "sku":
			v.sku, _ = r.NullString()
		case "gtin":
			v.gtin, _ = r.NullString()
		case "status":
			v.inactive = strings.EqualFold(r.Word(), "Inactive")
		case "bundle_definition":
			v.parts = wire.List(r, readPart)
		}
	}
	return v
}

// change are the fields of an update; "" stays.
type change struct{ title, name, gtin string }

// set changes the record.
func (j *job) set(ctx context.Context, r *record, c change) error {
	w := strictjson.NewWriter(nil)
	w.Obj()
	if c.title != "" {
		w.StrField("name", c.title)
	}
	w.Key("variants").Arr()
	w.Obj()
	w.NumField("id", r.id)
	if c.name != "" {
		w.StrField("name", c.name)
	}
	if c.gtin != "" {
		w.StrField("gtin", c.gtin)
	}
	w.EndObj()
	for _, id := range r.siblings {
		w.Obj()
		w.NumField("id", id)
		w.EndObj()
	}
	w.EndArr()
	w.EndObj()
	_, err := j.send(ctx, webapi.Request{Method: http.MethodPatch, Path: path + "/" + url.PathEscape(r.product), Body: w.Bytes(), Doing: j.doing}, "products_write")
	if f := fault.As(err); f != nil && f.Status == http.StatusNotFound {
		return conflict(f, "ShipBob has no product "+r.product+" any more, which had "+strconv.Quote(j.sku)+" a moment ago")
	}
	return err
}

// draft is a product that is not there yet.
type draft struct {
	name, sku, gtin, weight string
	parts                   []part // of a bundle
}

// The types of products.
const regular, bundled = "1", "2"

// make creates a product with one variant, and returns the variant's id. If the SKU is taken, which only
// an earlier create or another program can have done since the search, the error is of class conflict.
func (j *job) make(ctx context.Context, p draft) (id string, err error) {
	w := strictjson.NewWriter(nil)
	w.Obj()
	w.StrField("name", p.name)
	kind := regular
	if len(p.parts) > 0 {
		kind = bundled
	}
	w.NumField("type_id", kind)
	w.Key("variants").Arr()
	w.Obj()
	w.StrField("name", p.name)
	w.StrField("sku", p.sku)
	if p.gtin != "" {
		w.StrField("gtin", p.gtin)
	}
	if p.weight != "" {
		w.NumField("weight", p.weight)
	}
	if len(p.parts) > 0 {
		writeParts(w, p.parts)
	}
	w.EndObj()
	w.EndArr()
	w.EndObj()
	answer, err := j.send(ctx, webapi.Request{Method: http.MethodPost, Path: path, Body: w.Bytes(), Doing: j.doing}, "products_write")
	if err != nil {
		return "", j.taken(ctx, err)
	}
	r := wire.NewReader(answer.Body, rest.Limits)
	made := named(readProduct(r), p.sku)
	if err := r.Finish(); err != nil || len(made) != 1 {
		// The product was made. The next attempt finds it by its SKU.
		return "", &fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous, Field: "variants", Detail: rest.BadAnswer}
	}
	return made[0].id, nil
}

func writeParts(w *strictjson.Writer, parts []part) {
	w.Key("bundle_definition").Arr()
	for _, p := range parts {
		w.Obj()
		w.NumField("variant_id", p.variant)
		w.NumField("quantity", strconv.FormatInt(p.quantity, 10))
		w.EndObj()
	}
	w.EndArr()
}

// taken returns the error of a create as a conflict if it is about the SKU: its field names it, or the
// SKU is found by now.
func (j *job) taken(ctx context.Context, err error) error {
	f := fault.As(err)
	switch f.Status {
	case http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity:
	default:
		return err
	}
	if !strings.HasSuffix(strings.ToLower(f.Field), "sku") {
		if found, failed := j.find(ctx); failed != nil || found == nil {
			return err
		}
	}
	return conflict(f, strconv.Quote(j.sku)+": ShipBob rejects the product, and another has the SKU since a moment ago, or one that the search does not find")
}

// conflict returns the fault as one after which the next attempt searches again.
func conflict(f *fault.Error, detail string) error {
	again := *f
	again.Kind, again.Class, again.Scope, again.Field, again.Detail = fault.Unavailable, fault.Conflict, fault.EntityScope, "sku", detail
	return &again
}

// send sends a request. A 403 is a missing scope of the token, which says nothing about orders.
func (j *job) send(ctx context.Context, r webapi.Request, scope string) (webapi.Response, error) {
	answer, err := j.Call(ctx, r)
	if f := fault.As(err); f != nil && f.Status == http.StatusForbidden {
		denied := *f
		denied.Scope, denied.Field = fault.OperationScope, "SHIPBOB_TOKEN"
		denied.Detail = "needs the scope " + scope + ", without which no product is written"
		return answer, &denied
	}
	return answer, err
}
