package canonical

import "time"

// Product is one thing that can be sold and stocked, by its SKU. Its prices are an entity of their
// own (PriceList): they often have another master than its name, and each master has a clock of its
// own, so that one version for both would let a new name hide an older price that is still to come.
//
// A retired product is one that is not sold any more. It keeps its SKU, so that old orders can name
// it. Schema product/1.
type Product struct {
	ID          string `json:"id" validate:"required,max=128"`
	SKU         string `json:"sku" validate:"required,max=128"`
	Title       string `json:"title,omitempty"`
	Description Text   `json:"description,omitzero"` // plain text
	Barcode     Text   `json:"barcode,omitzero"`     // a GTIN
	Unit        string `json:"unit,omitempty"`       // in which it is sold, by the source's name; "" for pieces
	// Weight of one unit, in KGM, GRM, LBR or ONZ (UN/ECE Recommendation 20).
	Weight *Quantity `json:"weight,omitempty"`
	// Parent is the source's id of the product that this is a variant of, such as a size; "" for a
	// product without variants.
	Parent string `json:"parent,omitempty" validate:"max=128"`
	// Components are what one piece consists of, each SKU once; a product that has some is a kit. Kits in it
	// are resolved, and what is not shipped is left out.
	Components []Component `json:"components,omitempty" validate:"dive"`
	Digital    bool        `json:"digital,omitempty"` // nothing of it is shipped
	// Prices are what PriceList.Prices has at the same time. A target reads them only to create the
	// product with a price; price.changed sets it from then on.
	Prices    []Price   `json:"prices,omitempty" validate:"dive"`
	Active    bool      `json:"active"` // false of a retired product
	UpdatedAt time.Time `json:"updated_at" validate:"required"`
}

// Component is an article in a kit, and how many of it one kit takes.
type Component struct {
	SKU      string   `json:"sku" validate:"max=128"` // "" if the source has none for the article
	Quantity Quantity `json:"quantity"`
}

// The units of a product's weight.
const (
	Kilogram = "KGM"
	Gram     = "GRM"
	Pound    = "LBR"
	Ounce    = "ONZ"
)

// EventType returns the type of the event that reports the state: product.upserted or .retired.
func (p *Product) EventType() string {
	if p.Active {
		return ProductUpserted
	}
	return ProductRetired
}

// PriceList is all prices of one product, in the state of one version. Schema price/1.
type PriceList struct {
	SKU       string    `json:"sku" validate:"required,max=128"`
	Prices    []Price   `json:"prices" validate:"dive"`
	Retired   bool      `json:"retired,omitempty"` // the product is not sold any more
	UpdatedAt time.Time `json:"updated_at" validate:"required"`
}

// Price is the price of one unit of a product in one list and currency. It may have more decimals
// than the currency.
type Price struct {
	List     string  `json:"list" validate:"required,max=128"` // the source's id of the price list
	Currency string  `json:"currency" validate:"currency"`
	Amount   Decimal `json:"amount" validate:"notnegative"`
	// CompareAt is what it was before a reduction, and 0 for none.
	CompareAt Decimal `json:"compare_at,omitzero" validate:"notnegative"`
}

// Rounded returns the amount in the minor unit of the price's currency, rounded half away from zero, and
// whether that changed it.
func (p *Price) Rounded(amount Decimal) (rounded Money, changed bool, err error) {
	if rounded, err = Extend(amount, NewDecimal(1, 0), p.Currency); err != nil {
		return rounded, false, err
	}
	return rounded, rounded.Decimal().Normal() != amount.Normal(), nil
}
