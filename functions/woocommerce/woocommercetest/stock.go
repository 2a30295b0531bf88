package woocommercetest

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// mostObjects is how many objects a batch takes, created, updated and deleted ones together.
const mostObjects = 100

// item is a product or a variation.
type item struct {
	id, parent int64 // parent is that of a variation
	sku        string
	managed    any // true, false, or "parent" of a variation
	has        int64
	broken     string // the code with which it fails to be saved
}

// Stock makes a product with the SKU if there is none, and gives it pieces.
func (f *Fake) Stock(sku string, pieces int64) { f.stocked(sku, 0).set(f, pieces) }

// StockVariation does so with a variation of the product.
func (f *Fake) StockVariation(product int64, sku string, pieces int64) {
	f.stocked(sku, product).set(f, pieces)
}

func (i *item) set(f *Fake, pieces int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i.has = pieces
	f.saved(i.id)
}

// stocked returns the item of the SKU, which is made if there is none.
func (f *Fake) stocked(sku string, parent int64) *item {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, i := range f.items {
		if i.sku == sku {
			return i
		}
	}
	i := &item{id: int64(901 + len(f.items)), parent: parent, sku: sku, managed: true}
	f.items = append(f.items, i)
	return i
}

// Manage says who manages the stock of the SKU: true, false, or "parent" of a variation.
func (f *Fake) Manage(sku string, by any) {
	i := f.stocked(sku, 0)
	f.mu.Lock()
	defer f.mu.Unlock()
	i.managed = by
	f.saved(i.id)
}

// Duplicate makes a second product with the SKU, as an import can.
func (f *Fake) Duplicate(sku string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.items = append(f.items, &item{id: int64(901 + len(f.items)), sku: sku, managed: true})
}

// Break makes the SKU fail to be saved with the code; "" mends it.
func (f *Fake) Break(sku, code string) {
	i := f.stocked(sku, 0)
	f.mu.Lock()
	defer f.mu.Unlock()
	i.broken = code
}

// Available returns the pieces of each SKU.
func (f *Fake) Available() map[string]int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := map[string]int64{}
	for _, i := range f.items {
		all[i.sku] = i.has
	}
	return all
}

// StockWrites returns how many products each batch named, for their quantities or for other fields.
func (f *Fake) StockWrites() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.batches)
}

// AddAfterRead makes a product right after the next read of products, as another program can.
func (f *Fake) AddAfterRead(p Product) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sales = append(f.sales, func() { f.addProduct(&p) })
}

// SellAfterRead sells pieces right after the next read of products, before anything is set.
func (f *Fake) SellAfterRead(sku string, pieces int64) {
	i := f.stocked(sku, 0)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sales = append(f.sales, func() { i.has -= pieces })
}

// listProducts lists products by SKU, variations too, without regard of case, as MySQL compares. A
// list with commas is searched for each part and for the whole.
func (f *Fake) listProducts(w http.ResponseWriter, query url.Values) {
	if query.Get("sku") == "" {
		f.listChanged(w, query, func(p *Product) bool { return p.Parent == 0 }, f.shown)
		return
	}
	wanted := []string{strings.ToLower(query.Get("sku"))}
	wanted = append(wanted, strings.Split(wanted[0], ",")...)
	var found []*item
	for _, i := range f.items {
		if slices.Contains(wanted, strings.ToLower(i.sku)) && i.sku != "" && !f.trashed(i.id) {
			found = append(found, i)
		}
	}
	count(w, len(found), query)
	shown := []member{}
	for _, i := range pageOf(found, query) {
		shown = append(shown, chosen(f.shown(i), query))
	}
	answer(w, http.StatusOK, shown)
	for _, sale := range f.sales {
		sale()
	}
	f.sales = nil
}

func (i *item) show() member {
	kind, quantity := "simple", any(i.has)
	if i.parent != 0 {
		kind = "variation"
	}
	if i.managed != true {
		quantity = nil
	}
	return member{"id": i.id, "parent_id": i.parent, "type": kind, "status": "publish", "sku": i.sku, "name": i.sku, "manage_stock": i.managed, "stock_quantity": quantity}
}

// updateProducts sets the quantities of products, or of the variations of one, and what else is given of them,
// each by itself, and creates products. A product that does not manage its stock takes no quantity.
func (f *Fake) updateProducts(w http.ResponseWriter, r *http.Request, product string) {
	var batch struct {
		Create []productBody
		Delete []json.RawMessage
		Update []json.RawMessage
	}
	if err := json.NewDecoder(r.Body).Decode(&batch); err != nil {
		refuse(w, http.StatusBadRequest, "rest_invalid_json", "Invalid JSON body passed.")
		return
	}
	if len(batch.Create)+len(batch.Update)+len(batch.Delete) > mostObjects {
		refuse(w, http.StatusRequestEntityTooLarge, "woocommerce_rest_request_entity_too_large", "Unable to accept more than 100 items for this request.")
		return
	}
	parent, _ := strconv.ParseInt(product, 10, 64)
	f.batches = append(f.batches, len(batch.Create)+len(batch.Update))
	body := member{}
	if len(batch.Create) > 0 {
		body["create"] = f.newProducts(batch.Create)
	}
	answers := []member{}
	for _, one := range batch.Update {
		answers = append(answers, f.updateOne(one, parent))
	}
	body["update"] = answers
	answer(w, http.StatusOK, body)
}

// updateOne sets what a batch has of one product or variation.
func (f *Fake) updateOne(one json.RawMessage, parent int64) member {
	var stock struct {
		Quantity *int64 `json:"stock_quantity"`
	}
	var given productBody
	if err := errors.Join(json.Unmarshal(one, &stock), json.Unmarshal(one, &given)); err != nil {
		return member{"id": given.id, "error": refusing("rest_invalid_json", "Not saved.").body()}
	}
	i := slices.IndexFunc(f.items, func(i *item) bool { return i.id == given.id })
	if code, status := f.refusal(i, parent); code != "" {
		return member{"id": given.id, "error": member{"code": code, "message": "Not saved.", "data": member{"status": status}}}
	}
	found := f.items[i]
	if found.managed == true && stock.Quantity != nil {
		found.has = *stock.Quantity
		f.saved(found.id)
	}
	if stock.Quantity == nil {
		if _, refused := f.oldProduct(given, parent); refused != nil {
			return member{"id": given.id, "error": refused.body()}
		}
	}
	return f.shown(found)
}

// refusal returns why item i is not saved by the batch of the product's variations, or of products
// for 0; "" if it is.
func (f *Fake) refusal(i int, parent int64) (code string, status int) {
	switch {
	case i < 0 && parent == 0:
		return "woocommerce_rest_product_invalid_id", http.StatusBadRequest
	case i < 0 || parent != 0 && f.items[i].parent != parent:
		return "woocommerce_rest_product_variation_invalid_id", http.StatusNotFound
	case parent == 0 && f.items[i].parent != 0:
		return "woocommerce_rest_invalid_product_id", http.StatusNotFound
	case f.items[i].broken != "":
		return f.items[i].broken, http.StatusBadRequest
	}
	return "", 0
}
