package woocommercetest

import (
	"encoding/json"
	"maps"
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
	From    string   // date_on_sale_from_gmt, "" for none
	To      string   // date_on_sale_to_gmt, "" for none
	Images  []string
	Virtual bool
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

// productBody is what a request has of a product.
type productBody struct {
	texts   map[string]string
	id      int64
	virtual bool
}

// UnmarshalJSON reads the members that the fake knows.
func (b *productBody) UnmarshalJSON(data []byte) error {
	var given map[string]any
	if err := json.Unmarshal(data, &given); err != nil {
		return err
	}
	b.texts = map[string]string{}
	for name, value := range given {
		if text, is := value.(string); is {
			b.texts[name] = text
		}
	}
	id, _ := given["id"].(float64)
	b.id = int64(id)
	b.virtual, _ = given["virtual"].(bool)
	return nil
}

// refusal is why a product is not saved.
type refusal struct {
	code, text string
	data       member
}

func refusing(code, text string) *refusal {
	return &refusal{code, text, member{"status": http.StatusBadRequest}}
}

func (r *refusal) body() member { return member{"code": r.code, "message": r.text, "data": r.data} }

// createProduct and updateProduct answer the request for one product.
func (f *Fake) createProduct(w http.ResponseWriter, r *http.Request) {
	f.saveProduct(w, r, http.StatusCreated, f.newProduct)
}

func (f *Fake) updateProduct(w http.ResponseWriter, r *http.Request, parent, id string) {
	f.saveProduct(w, r, http.StatusOK, func(given productBody) (member, *refusal) {
		given.id, _ = strconv.ParseInt(id, 10, 64)
		of, _ := strconv.ParseInt(parent, 10, 64)
		return f.oldProduct(given, of)
	})
}

func (f *Fake) saveProduct(w http.ResponseWriter, r *http.Request, status int, save func(productBody) (member, *refusal)) {
	var given productBody
	if err := json.NewDecoder(r.Body).Decode(&given); err != nil {
		refuse(w, http.StatusBadRequest, "rest_invalid_json", "Invalid JSON body passed.")
		return
	}
	shown, refused := save(given)
	if refused != nil {
		answer(w, http.StatusBadRequest, refused.body())
		return
	}
	answer(w, status, shown)
}

// newProduct refuses a SKU that another product has, as measured.
func (f *Fake) newProduct(given productBody) (member, *refusal) {
	sku := given.texts["sku"]
	if i := slices.IndexFunc(f.items, func(other *item) bool { return other.sku == sku && sku != "" }); i >= 0 {
		return nil, &refusal{"product_invalid_sku", "Invalid or duplicated SKU.", member{"status": http.StatusBadRequest, "resource_id": f.items[i].id, "unique_sku": sku + "-1"}}
	}
	if refused := f.barcodeIsTaken(given.texts, 0); refused != nil {
		return nil, refused
	}
	p := &Product{SKU: sku, Virtual: given.virtual}
	p.change(given.texts)
	f.addProduct(p)
	return f.shown(f.itemOf(p.ID)), nil
}

func (f *Fake) oldProduct(given productBody, parent int64) (member, *refusal) {
	i := slices.IndexFunc(f.products, func(p *Product) bool { return p.ID == given.id && p.Parent == parent })
	if i < 0 {
		return nil, refusing("woocommerce_rest_product_invalid_id", "Invalid ID.")
	}
	if code := f.itemOf(given.id).broken; code != "" {
		return nil, refusing(code, "Not saved.")
	}
	if refused := f.barcodeIsTaken(given.texts, f.products[i].ID); refused != nil {
		return nil, refused
	}
	f.products[i].Virtual = f.products[i].Virtual || given.virtual
	f.products[i].change(given.texts)
	f.products[i].Modified = f.Now().UTC()
	return f.shown(f.itemOf(f.products[i].ID)), nil
}

// barcodeIsTaken refuses a global unique id that another product has, or that is no GTIN.
func (f *Fake) barcodeIsTaken(given map[string]string, id int64) *refusal {
	code := given["global_unique_id"]
	taken := slices.ContainsFunc(f.products, func(other *Product) bool { return code != "" && other.Barcode == code && other.ID != id })
	if taken || strings.Trim(code, "0123456789-") != "" {
		return refusing("product_invalid_global_unique_id", "Invalid or duplicated GTIN, UPC, EAN or ISBN.")
	}
	return nil
}

// newProducts creates products, each by itself.
func (f *Fake) newProducts(all []productBody) []member {
	answers := []member{}
	for _, given := range all {
		shown, refused := f.newProduct(given)
		if refused != nil {
			shown = member{"id": 0, "error": refused.body()}
		}
		answers = append(answers, shown)
	}
	return answers
}

// onSale reports whether the product costs its sale's price at the time.
func (p *Product) onSale(now time.Time) bool {
	text := now.UTC().Format("2006-01-02T15:04:05")
	return p.Sale != "" && p.From <= text && (p.To == "" || text < p.To)
}

// change sets what is given. Variable and grouped products have no price, and one that is given is dropped without an
// error (WC_REST_Products_Controller::prepare_object_for_database).
func (p *Product) change(given map[string]string) {
	p.Writes++
	if p.Type == "variable" || p.Type == "grouped" {
		given = maps.Clone(given)
		given["regular_price"], given["sale_price"] = "", ""
	}
	for name, to := range map[string]*string{
		"name": &p.Name, "status": &p.Status, "description": &p.Text, "global_unique_id": &p.Barcode, "regular_price": &p.Regular, "sale_price": &p.Sale,
		"date_on_sale_from_gmt": &p.From, "date_on_sale_to_gmt": &p.To, // only "" clears one (woocommerce/woocommerce#25350)
	} {
		if value, there := given[name]; there {
			*to = value
		}
	}
}
