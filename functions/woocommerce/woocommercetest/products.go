package woocommercetest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Product is a product of the store, or a variation of one.
type Product struct {
	ID      int64
	Parent  int64 // id of the product that this is a variation of, 0 for none
	SKU     string
	Name    string
	Type    string   // simple, variable, grouped, external; "" for simple, or that of a variation
	Options []string // of a variation
	Status  string   // publish, draft, private, trash …
	Text    string   // description
	Barcode string   // global_unique_id
	Regular string   // decimal text
	Sale    string   // decimal text, "" for none
	Images  []string
	Writes  int
	// Modified is when it changed last. A variation moves its own date alone: its product is saved later, if at all.
	Modified time.Time
	before   string // status before the trash
}

// AddProduct makes a product or variation as a merchant does. An id of 0 is given.
func (f *Fake) AddProduct(p Product) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.addProduct(&p)
}

func (f *Fake) addProduct(p *Product) int64 {
	if p.ID == 0 {
		p.ID = 901 + int64(len(f.items))
	}
	if p.Status == "" {
		p.Status = "publish"
	}
	if p.Modified.IsZero() {
		p.Modified = f.Now().UTC()
	}
	f.products = append(f.products, p)
	f.items = append(f.items, &item{id: p.ID, parent: p.Parent, sku: p.SKU, managed: false}) // its stock is not managed at first
	return p.ID
}

// Products returns the products and variations in the order in which they were made.
func (f *Fake) Products() []Product {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]Product, len(f.products))
	for i, p := range f.products {
		all[i] = *p
	}
	return all
}

// LoseAnswer executes the next write of the method, or the next request for products, and answers with a
// gateway's error. Beside a method it takes the id of one operation of the contract.
func (f *Fake) LoseAnswer(what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lost = what
}

// loses returns a writer that loses the answer to the request, if that is planned.
func (f *Fake) loses(w http.ResponseWriter, r *http.Request, operation string) http.ResponseWriter {
	if f.lost != operation && (f.lost != r.Method || r.Method == http.MethodGet && !strings.Contains(operation, "_products")) {
		return w
	}
	f.lost = ""
	return &gateway{ResponseWriter: w}
}

// gateway is a proxy that loses an answer.
type gateway struct{ http.ResponseWriter }

func (g *gateway) WriteHeader(int) {
	g.Header().Set("Content-Type", "text/html")
	g.ResponseWriter.WriteHeader(http.StatusBadGateway)
}

func (g *gateway) Write(data []byte) (int, error) { return len(data), nil }

// itemOf returns the item of a product.
func (f *Fake) itemOf(id int64) *item {
	return f.items[slices.IndexFunc(f.items, func(i *item) bool { return i.id == id })]
}

// createProduct refuses a SKU that another product has, as measured.
func (f *Fake) createProduct(w http.ResponseWriter, r *http.Request) {
	p := &Product{}
	var given map[string]string
	if err := json.NewDecoder(r.Body).Decode(&given); err != nil {
		refuse(w, http.StatusBadRequest, "rest_invalid_json", "Invalid JSON body passed.")
		return
	}
	i := slices.IndexFunc(f.items, func(other *item) bool { return other.sku == given["sku"] && given["sku"] != "" })
	if i >= 0 {
		answer(w, http.StatusBadRequest, map[string]any{"code": "product_invalid_sku", "message": "Invalid or duplicated SKU.", "data": map[string]any{
			"status": http.StatusBadRequest, "resource_id": f.items[i].id, "unique_sku": given["sku"] + "-1",
		}})
		return
	}
	if !f.barcodeIsFree(w, given, 0) {
		return
	}
	p.SKU = given["sku"]
	p.change(given)
	f.addProduct(p)
	answer(w, http.StatusCreated, f.shown(f.itemOf(p.ID)))
}

// barcodeIsFree refuses a global unique id that another product has, or that is no GTIN.
func (f *Fake) barcodeIsFree(w http.ResponseWriter, given map[string]string, id int64) bool {
	code := given["global_unique_id"]
	taken := slices.ContainsFunc(f.products, func(other *Product) bool { return code != "" && other.Barcode == code && other.ID != id })
	if taken || strings.Trim(code, "0123456789-") != "" {
		refuse(w, http.StatusBadRequest, "product_invalid_global_unique_id", "Invalid or duplicated GTIN, UPC, EAN or ISBN.")
		return false
	}
	return true
}

func (f *Fake) updateProduct(w http.ResponseWriter, r *http.Request, parent, id string) {
	i := slices.IndexFunc(f.products, func(p *Product) bool {
		return strconv.FormatInt(p.ID, 10) == id && strconv.FormatInt(p.Parent, 10) == parent
	})
	if i < 0 {
		refuse(w, http.StatusBadRequest, "woocommerce_rest_product_invalid_id", "Invalid ID.")
		return
	}
	var given map[string]string
	if err := json.NewDecoder(r.Body).Decode(&given); err != nil {
		refuse(w, http.StatusBadRequest, "rest_invalid_json", "Invalid JSON body passed.")
		return
	}
	if !f.barcodeIsFree(w, given, f.products[i].ID) {
		return
	}
	f.products[i].change(given)
	f.products[i].Modified = f.Now().UTC()
	answer(w, http.StatusOK, f.shown(f.itemOf(f.products[i].ID)))
}

// change sets what is given.
func (p *Product) change(given map[string]string) {
	p.Writes++
	for name, to := range map[string]*string{
		"name": &p.Name, "status": &p.Status, "description": &p.Text, "global_unique_id": &p.Barcode, "regular_price": &p.Regular, "sale_price": &p.Sale,
	} {
		if value, there := given[name]; there {
			*to = value
		}
	}
}
