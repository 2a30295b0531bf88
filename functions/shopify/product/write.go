package product

import (
	"context"
	"net/http"
	"strconv"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/assortment"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

const (
	mutationDefine = `mutation defineProductID($input: MetafieldDefinitionInput!) {
  metafieldDefinitionCreate(definition: $input) {
    createdDefinition { id }
    userErrors { code field message }
  }
}`
	mutationCreate = `mutation createProduct($sku: String!, $input: ProductSetInput!) {
  productSet(identifier: { customId: { key: "` + customKey + `", value: $sku } }, input: $input, synchronous: true) {
    product { variants(first: 1) { nodes { id } } }
    userErrors { code field message }
  }
}`
	mutationProduct = `mutation updateProduct($input: ProductUpdateInput!) {
  productUpdate(product: $input) {
    product { id }
    userErrors { field message }
  }
}`
	mutationVariant = `mutation updateVariant($product: ID!, $input: [ProductVariantsBulkInput!]!) {
  productVariantsBulkUpdate(productId: $product, variants: $input) {
    productVariants { id }
    userErrors { code field message }
  }
}`
)

// create makes the product with its one variant, unless an earlier attempt has made it.
func (j *job) create(ctx context.Context, system string, p *canonical.Product) (connector.Receipt, error) {
	shop, err := j.readShop(ctx)
	if err != nil {
		return connector.Receipt{}, err
	}
	want, err := j.firstPrice(system, p, shop.currency)
	if err != nil {
		return connector.Receipt{}, err
	}
	if shop.defined {
		made, err := j.made(ctx)
		if err != nil {
			return connector.Receipt{}, err
		}
		if made != nil {
			return j.update(ctx, made, p)
		}
	} else if err := j.define(ctx); err != nil {
		return connector.Receipt{}, err
	}
	return j.createNew(ctx, p, want)
}

// createNew creates the product, active only if it has a price.
func (j *job) createNew(ctx context.Context, p *canonical.Product, want *prices) (connector.Receipt, error) {
	status, as := statusDraft, "a draft"
	switch {
	case j.Active && want != nil && want.amount.Minor > 0:
		status, as = statusActive, "active"
	case j.Active:
		as = "a draft, because it has no price"
	}
	id, err := j.set(ctx, newProduct(p, want, status))
	if err != nil {
		return connector.Receipt{}, err
	}
	r := connector.Receipt{Ref: id, Detail: "created " + j.sku + " in " + j.shop + " as " + as}
	if want != nil {
		r.Notes = want.notes
	}
	return r, nil
}

// firstPrice returns the price with which a product is created, nil if it has none in this shop.
func (j *job) firstPrice(system string, p *canonical.Product, currency string) (*prices, error) {
	shop, list, err := j.Lists.List(system, p.Prices)
	if err != nil || shop != j.shop {
		return nil, err
	}
	return j.prices(assortment.In(p.Prices, list, currency))
}

// made returns the variant of the product that has our custom id, nil if there is none.
func (j *job) made(ctx context.Context) (*variant, error) {
	found, _, err := j.read(ctx, queryMade, "productByIdentifier", []admin.Variable{{Name: "sku", Value: j.sku}})
	switch {
	case err != nil || len(found) == 0:
		return nil, err
	case len(found) > 1 || found[0].sku != j.sku:
		return nil, &fault.Error{
			Kind: fault.Rejected, Class: fault.Conflict, Field: "sku", Code: "sku_changed",
			Detail: "product " + found[0].product + " of " + j.shop + " was created for " + strconv.Quote(j.sku) + ", which none of its variants is called now; give it the SKU again, or delete its metafield " + customKey + ", then redrive",
		}
	}
	return found[0], nil
}

// define makes the definition of the metafield, by which Shopify keeps custom ids unique.
func (j *job) define(ctx context.Context) error {
	w := strictjson.NewWriter(nil)
	w.Obj()
	w.StrField("name", "Causeway SKU")
	w.StrField("key", customKey)
	w.StrField("type", "id")
	w.StrField("ownerType", "PRODUCT")
	w.EndObj()
	_, err := j.mutate(ctx, mutationDefine, "metafieldDefinitionCreate", nil, w.Bytes())
	if f := fault.As(err); f != nil && f.Code == "TAKEN" { // by another worker, a moment ago
		return nil
	}
	return err
}

func (j *job) set(ctx context.Context, input []byte) (id string, err error) {
	id, err = j.mutate(ctx, mutationCreate, "productSet", []admin.Variable{{Name: "sku", Value: j.sku}}, input)
	if err == nil && id == "" {
		err = &fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous, Field: "product.variants", Detail: "the answer does not name the variant that was created"}
	}
	return id, err
}

func (j *job) setProduct(ctx context.Context, input []byte) error {
	_, err := j.mutate(ctx, mutationProduct, "productUpdate", nil, input)
	return err
}

func (j *job) setVariant(ctx context.Context, product string, input []byte) error {
	list := append(append([]byte("["), input...), ']')
	_, err := j.mutate(ctx, mutationVariant, "productVariantsBulkUpdate", []admin.Variable{{Name: "product", Value: payload.GID("Product", product)}}, list)
	return err
}

// mutate sends a mutation and returns the id of the first variant that the answer names. Each user
// error is a failure with its code.
func (j *job) mutate(ctx context.Context, query, field string, variables []admin.Variable, input []byte) (id string, err error) {
	var failed []admin.UserError
	_, err = j.API.Query(ctx, admin.Call{Shop: j.shop, Doing: j.doing, Query: query, Variables: variables, Input: input, Read: func(r *strictjson.Reader) {
		for key := range r.Object() {
			if key == field && !r.Null() {
				id, failed = readWritten(r)
			}
		}
	}})
	if err == nil && len(failed) > 0 {
		err = verdict(failed[0])
	}
	return id, err
}

// readWritten returns the id of the first variant of the product, and the user errors.
func readWritten(r *strictjson.Reader) (id string, failed []admin.UserError) {
	for key := range r.Object() {
		switch {
		case key == "userErrors":
			failed = admin.ReadUserErrors(r)
		case key == "product" && !r.Null():
			if found, _ := readNodes(r); len(found) > 0 {
				id = found[0].id
			}
		}
	}
	return id, failed
}

// verdicts lead from the codes of user errors to what they mean. Any other code is about the value,
// and is not retried.
var verdicts = map[string]fault.Error{
	"GENERIC_ERROR":                  {Kind: fault.Unavailable, Class: fault.Intermittent, Scope: fault.EntityScope, Detail: "Shopify failed"},
	"JOB_ERROR":                      {Kind: fault.Unavailable, Class: fault.Intermittent, Scope: fault.EntityScope, Detail: "Shopify failed"},
	"PRODUCT_DOES_NOT_EXIST":         {Kind: fault.Unavailable, Class: fault.Conflict, Scope: fault.EntityScope, Detail: "the product was deleted a moment ago"},
	"PRODUCT_VARIANT_DOES_NOT_EXIST": {Kind: fault.Unavailable, Class: fault.Conflict, Scope: fault.EntityScope, Detail: "the variant was deleted a moment ago"},
	"CAPABILITY_VIOLATION":           {Kind: fault.Rejected, Class: fault.Conflict, Detail: "another product has the custom id"},
	"DUPLICATED_METAFIELD_VALUE":     {Kind: fault.Rejected, Class: fault.Conflict, Detail: "another product has the custom id"},
	"VARIANTS_OVER_LIMIT":            {Kind: fault.Rejected, Class: fault.TooLarge, Detail: "the shop's limit of variants is reached"},
	"SUBSCRIPTION_VIOLATION":         {Kind: fault.Rejected, Class: fault.TooLarge, Detail: "the SKU limit of the shop's plan is reached"},
}

func verdict(e admin.UserError) *fault.Error {
	f, known := verdicts[e.Code]
	if !known {
		f = fault.Error{Kind: fault.Rejected, Class: fault.Value, Detail: "Shopify rejects the value"}
	}
	f.Code, f.Field, f.Status = e.Code, e.Field, http.StatusOK
	if f.Code == "" {
		f.Code = "user_error"
	}
	return &f
}
