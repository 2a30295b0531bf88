package product

import (
	"context"
	"slices"
	"strconv"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

// variantFields cost seven points for each variant.
const variantFields = `
fragment variantFields on ProductVariant {
  id sku barcode price compareAtPrice
  inventoryItem { measurement { weight { unit value } } }
  product { id title descriptionHtml status variantsCount { count } }
}`

const (
	queryVariant = `query variant($id: ID!) {
  productVariant(id: $id) { ...variantFields }
  shop { currencyCode }
}` + variantFields
	queryVariants = `query variants($search: String!, $after: String) {
  productVariants(first: 5, after: $after, query: $search) {
    nodes { ...variantFields }
    pageInfo { hasNextPage endCursor }
  }
  shop { currencyCode }
}` + variantFields
	queryNew = `query newProduct {
  metafieldDefinition(identifier: { ownerType: PRODUCT, key: "` + customKey + `" }) { id }
  shop { currencyCode }
}`
	queryMade = `query madeProduct($sku: String!) {
  productByIdentifier(identifier: { customId: { key: "` + customKey + `", value: $sku } }) {
    variants(first: 2) { nodes { ...variantFields } }
  }
  shop { currencyCode }
}` + variantFields
)

// customKey is the key of the metafield that has the SKU under which we created a product. Its
// namespace is the app's own, which is the one of a metafield without a namespace.
const customKey = "causeway_sku"

const (
	statusActive   = "ACTIVE"
	statusArchived = "ARCHIVED"
	statusDraft    = "DRAFT"
)

// variant is what Shopify has of a SKU.
type variant struct {
	id, product        string // ids
	alone              bool   // the product has no other variant
	sku, barcode       string
	title, description string // of the product
	status             string // of the product
	price              canonical.Decimal
	compareAt          canonical.Decimal // 0 for none
	weight             canonical.Decimal // 0 for none
	unit               string            // of the weight
	currency           string            // of the shop
}

// find returns the variant with the SKU, nil if there is none: the one of the confirmation, if it has
// the SKU still, or the one that a search finds.
func (j *job) find(ctx context.Context) (*variant, error) {
	if _, err := strconv.ParseUint(j.known, 10, 64); err == nil {
		found, _, err := j.read(ctx, queryVariant, "productVariant", []admin.Variable{{Name: "id", Value: payload.GID("ProductVariant", j.known)}})
		if err != nil {
			return nil, err
		}
		if len(found) == 1 && found[0].sku == j.sku {
			return found[0], nil
		}
	}
	all, err := j.search(ctx)
	if err != nil {
		return nil, err
	}
	return j.only(all)
}

// search returns the variants with the SKU. A search of Shopify also finds what only resembles it.
func (j *job) search(ctx context.Context) (all []*variant, err error) {
	for after := ""; ; {
		variables := []admin.Variable{{Name: "search", Value: admin.BySKU(j.sku)}}
		if after != "" {
			variables = append(variables, admin.Variable{Name: "after", Value: after})
		}
		found, next, err := j.read(ctx, queryVariants, "productVariants", variables)
		if err != nil {
			return nil, err
		}
		all = append(all, slices.DeleteFunc(found, func(v *variant) bool { return v.sku != j.sku })...)
		if next == "" || next == after {
			return all, nil
		}
		after = next
	}
}

func (j *job) only(all []*variant) (*variant, error) {
	switch len(all) {
	case 0:
		return nil, nil //nolint:nilnil // there is none, which is no error
	case 1:
		return all[0], nil
	}
	return nil, &fault.Error{
		Kind: fault.Rejected, Class: fault.MissingRef, Field: "sku", Code: "ambiguous_sku",
		Detail: strconv.Quote(j.sku) + ": " + strconv.Itoa(len(all)) + " variants of " + j.shop + " have this SKU; make it unique",
	}
}

// read returns the variants of a query, of which the field of that name is one variant, or an object
// with nodes or variants.
func (j *job) read(ctx context.Context, query, field string, variables []admin.Variable) (found []*variant, next string, err error) {
	currency := ""
	_, err = j.API.Query(ctx, admin.Call{Shop: j.shop, Doing: j.doing, Query: query, Variables: variables, Read: func(r *strictjson.Reader) {
		for key := range r.Object() {
			switch {
			case key == "shop":
				currency = readCurrency(r)
			case key != field || r.Null():
			case field == "productVariant":
				found = append(found, readVariant(r))
			default:
				found, next = readNodes(r)
			}
		}
	}})
	for _, v := range found {
		v.currency = currency
	}
	return found, next, err
}

func readCurrency(r *strictjson.Reader) (code string) {
	for key := range r.Object() {
		if key == "currencyCode" {
			code = r.String()
		}
	}
	return code
}

// readNodes reads a list of variants, or a product with such a list.
func readNodes(r *strictjson.Reader) (found []*variant, next string) {
	for key := range r.Object() {
		switch key {
		case "nodes":
			for range r.Array() {
				found = append(found, readVariant(r))
			}
		case "pageInfo":
			next = admin.NextCursor(r)
		case "variants":
			found, next = readNodes(r)
		}
	}
	return found, next
}

func readVariant(r *strictjson.Reader) *variant {
	v := &variant{}
	for key := range r.Object() {
		switch key {
		case "id":
			v.id = payload.ID(r.ID())
		case "sku":
			v.sku, _ = r.NullString()
		case "barcode":
			v.barcode, _ = r.NullString()
		case "price":
			v.price = readDecimal(r, r.NullString)
		case "compareAtPrice":
			v.compareAt = readDecimal(r, r.NullString)
		case "inventoryItem":
			v.readItem(r)
		case "product":
			v.readProduct(r)
		}
	}
	return v
}

func (v *variant) readItem(r *strictjson.Reader) {
	for key := range r.Object() {
		switch {
		case key == "measurement", key == "weight" && !r.Null():
			v.readItem(r)
		case key == "unit":
			v.unit = r.String()
		case key == "value":
			v.weight = readDecimal(r, r.NullDecimal)
		}
	}
}

func (v *variant) readProduct(r *strictjson.Reader) {
	for key := range r.Object() {
		switch key {
		case "id":
			v.product = payload.ID(r.ID())
		case "title":
			v.title = r.String()
		case "descriptionHtml":
			v.description = r.String()
		case "status":
			v.status = r.String()
		case "variantsCount":
			for range r.Object() {
				v.alone = r.Int() == 1
			}
		}
	}
}

// readDecimal reads a number or null, which is 0.
func readDecimal(r *strictjson.Reader, read func() (string, bool)) canonical.Decimal {
	text, present := read()
	if !present {
		return canonical.Decimal{}
	}
	n, err := canonical.ParseDecimal(text)
	if err != nil {
		r.Fail(strictjson.Value, "is not a decimal number")
	}
	return n
}

// newShop is what has to be known of a shop to create a product.
type newShop struct {
	currency string
	defined  bool // the metafield of the custom id
}

func (j *job) readShop(ctx context.Context) (s newShop, err error) {
	_, err = j.API.Query(ctx, admin.Call{Shop: j.shop, Doing: j.doing, Query: queryNew, Read: func(r *strictjson.Reader) {
		for key := range r.Object() {
			switch {
			case key == "shop":
				s.currency = readCurrency(r)
			case key == "metafieldDefinition" && !r.Null():
				s.defined = true
				r.Skip()
			}
		}
	}})
	return s, err
}
