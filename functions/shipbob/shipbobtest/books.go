package shipbobtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The states of orders and shipments (Orders.OrderStatus, Orders.OrderStatusEnum).
const (
	Processing   = "Processing"
	ImportReview = "ImportReview"
	Cancelled    = "Cancelled"
	Fulfilled    = "Fulfilled"
	Partially    = "PartiallyFulfilled"
	Completed    = "Completed"
	Exception    = "Exception"
	OnHold       = "OnHold"
)

// Order is an order in the books.
type Order struct {
	ID        int
	Channel   int
	Reference string
	Number    string
	Method    string
	Recipient Recipient
	Purchased string
	Products  []Product
	Shipments []*Shipment
	Tags      []Tag
	Created   time.Time
	Updated   time.Time
}

// Recipient is who gets an order.
type Recipient struct {
	Name    string  `json:"name"`
	Email   string  `json:"email,omitempty"`
	Phone   string  `json:"phone_number,omitempty"`
	Address Address `json:"address"`
}

// Address is the address of a recipient.
type Address struct {
	Line1   string `json:"address1"`
	Line2   string `json:"address2,omitempty"`
	City    string `json:"city"`
	Company string `json:"company_name,omitempty"`
	Country string `json:"country"`
	State   string `json:"state,omitempty"`
	Zip     string `json:"zip_code,omitempty"`
}

// Product is a product of an order.
type Product struct {
	ID        *int   `json:"id"` // nil for a product that ShipBob does not know
	Reference string `json:"reference_id"`
	SKU       string `json:"sku,omitempty"`
	Name      string `json:"-"`
	Quantity  int    `json:"quantity"`
}

// Tag is a key and a value of an order.
type Tag struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Shipment is a shipment of an order.
type Shipment struct {
	ID       int
	Status   string
	Picked   bool
	Tracking string
	Shipped  time.Time
	Updated  time.Time
	Tracked  time.Time      // the last change of its tracking
	Arrived  time.Time      // when the customer got it
	Pieces   map[string]int // by reference id
	Details  []Detail       // of its status
	Extra    []string       // reference ids of products that the order does not have

	taken bool // its pieces are off their shelves
}

// Detail says more of a shipment's status. Product is the reference id of the product that it is about,
// "" if it is about none.
type Detail struct{ Name, Description, Product string }

// Status is the order's state, which follows from its products and shipments.
func (o *Order) Status() string {
	counts := map[string]int{}
	for _, s := range o.Shipments {
		counts[s.Status]++
	}
	switch n := len(o.Shipments); {
	case counts[Cancelled] == n:
		return Cancelled
	case counts[Exception]+counts[OnHold] > 0:
		return Exception
	case counts[Completed] > 0 && counts[Completed]+counts[Cancelled] == n:
		return Fulfilled
	case counts[Completed] > 0:
		return Partially
	case slices.ContainsFunc(o.Products, func(p Product) bool { return p.ID == nil }):
		return ImportReview
	}
	return Processing
}

// Orders returns the orders of the books in the order in which they were made.
func (f *Fake) Orders() []Order {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]Order, 0, len(f.orders))
	for _, o := range f.orders {
		all = append(all, o.copied())
	}
	return all
}

func (o *Order) copied() Order {
	c := *o
	c.Products = slices.Clone(o.Products)
	c.Shipments = nil
	for _, s := range o.Shipments {
		one := *s
		c.Shipments = append(c.Shipments, &one)
	}
	return c
}

// create makes an order. Requests have been checked against the contract.
func (f *Fake) create(body []byte, channel int) reply {
	var in struct {
		Reference string    `json:"reference_id"`
		Number    string    `json:"order_number"`
		Method    string    `json:"shipping_method"`
		Purchased string    `json:"purchase_date"`
		Recipient Recipient `json:"recipient"`
		Tags      []Tag     `json:"tags"`
		Products  []struct {
			Product
			Name string `json:"name"`
		} `json:"products"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return refused(http.StatusBadRequest, "$", err.Error())
	}
	if f.byReference(in.Reference, channel) != nil {
		return refused(http.StatusUnprocessableEntity, "ReferenceId", "An order with this reference id exists.")
	}
	now := f.now().UTC()
	o := &Order{
		ID: 56789001 + len(f.orders), Channel: channel, Reference: in.Reference, Number: cmp.Or(in.Number, in.Reference), Method: in.Method,
		Recipient: in.Recipient, Purchased: in.Purchased, Tags: in.Tags, Created: now, Updated: now,
	}
	pieces := map[string]int{}
	for i, p := range in.Products {
		if p.Quantity < 1 {
			return refused(http.StatusUnprocessableEntity, fmt.Sprintf("Products[%d].Quantity", i), "The quantity must be at least 1.")
		}
		if pieces[p.Reference] > 0 {
			return refused(http.StatusUnprocessableEntity, fmt.Sprintf("Products[%d].ReferenceId", i), "The product is listed twice.")
		}
		pieces[p.Reference] = p.Quantity
		o.Products = append(o.Products, Product{ID: f.productID(p.Reference), Reference: p.Reference, SKU: p.SKU, Name: p.Name, Quantity: p.Quantity})
	}
	o.Shipments = []*Shipment{{ID: f.shipmentID(), Status: Processing, Updated: now, Pieces: pieces}}
	f.orders = append(f.orders, o)
	return reply{status: http.StatusCreated, body: f.view(o)}
}

// productID returns the id of a product, nil if ShipBob does not have it.
func (f *Fake) productID(reference string) *int {
	if f.unknown[reference] {
		return nil
	}
	if f.products[reference] == 0 {
		f.products[reference] = 111 + len(f.products)
	}
	id := f.products[reference]
	return &id
}

func (f *Fake) shipmentID() int {
	n := 78901001
	for _, o := range f.orders {
		n += len(o.Shipments)
	}
	return n
}

func (f *Fake) byReference(reference string, channel int) *Order {
	for _, o := range f.orders {
		if o.Reference == reference && (channel == 0 || o.Channel == channel) {
			return o
		}
	}
	return nil
}

func (f *Fake) byID(id string) *Order {
	i := slices.IndexFunc(f.orders, func(o *Order) bool { return strconv.Itoa(o.ID) == id })
	if i < 0 {
		return nil
	}
	return f.orders[i]
}

func (f *Fake) get(id string) reply {
	o := f.byID(id)
	if o == nil {
		return reply{status: http.StatusNotFound}
	}
	return reply{status: http.StatusOK, body: f.view(o)}
}

// list answers with a page of the orders that all filters match. A list without a sort order
// has the newest first.
func (f *Fake) list(query url.Values, channel int) reply {
	var found []*Order
	for _, o := range f.orders {
		if (channel == 0 || o.Channel == channel) && matches(o, query) {
			found = append(found, o)
		}
	}
	if query.Get("SortOrder") != "Oldest" {
		slices.Reverse(found)
	}
	limit, page := number(query.Get("Limit"), 50), number(query.Get("Page"), 1)
	pages := (len(found) + limit - 1) / limit
	views := []any{}
	for _, o := range found[min((page-1)*limit, len(found)):min(page*limit, len(found))] {
		views = append(views, f.view(o))
	}
	header := http.Header{"Total-Count": {strconv.Itoa(len(found))}, "Total-Pages": {strconv.Itoa(pages)}, "Page-Size": {strconv.Itoa(limit)}}
	return reply{status: http.StatusOK, header: header, body: views}
}

func number(text string, otherwise int) int {
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return n
	}
	return otherwise
}

func matches(o *Order, query url.Values) bool {
	if list := query.Get("ReferenceIds"); list != "" && !slices.Contains(strings.Split(list, ","), o.Reference) {
		return false
	}
	if at, err := time.Parse(time.RFC3339, query.Get("LastUpdateStartDate")); err == nil && o.Updated.Before(at) {
		return false
	}
	if at, err := time.Parse(time.RFC3339, query.Get("LastUpdateEndDate")); err == nil && o.Updated.After(at) {
		return false
	}
	from, to := query.Get("LastTrackingUpdateStartDate"), query.Get("LastTrackingUpdateEndDate")
	return from == "" || slices.ContainsFunc(o.Shipments, func(s *Shipment) bool { return s.trackedWithin(from, to) })
}

func (s *Shipment) trackedWithin(from, to string) bool {
	start, _ := time.Parse(time.RFC3339, from)
	end, err := time.Parse(time.RFC3339, to)
	return !s.Tracked.IsZero() && !s.Tracked.Before(start) && (err != nil || !s.Tracked.After(end))
}

// cancel cancels the order, shipment by shipment. One that was picked is refused.
func (f *Fake) cancel(id string) reply {
	o := f.byID(id)
	if o == nil {
		return reply{status: http.StatusNotFound}
	}
	if o.Status() == Cancelled {
		return refused(http.StatusUnprocessableEntity, "OrderId", "The order is cancelled already.")
	}
	var results []map[string]any
	done := 0
	for _, s := range o.Shipments {
		if s.Status == Cancelled {
			continue
		}
		success := !s.Picked && s.Status != Completed
		result := map[string]any{"shipment_id": s.ID, "action": "Cancel", "is_success": success, "reason": nil}
		if success {
			s.Status, s.Updated = Cancelled, f.now().UTC()
			done++
		} else {
			result["reason"] = "The shipment cannot be cancelled any more."
		}
		results = append(results, result)
	}
	status := "PartialSuccess"
	switch done {
	case 0:
		status = "Failure"
	case len(results):
		status = "Success"
	}
	o.Updated = f.now().UTC()
	return reply{status: http.StatusOK, body: map[string]any{
		"order_id": o.ID, "status": status, "canceled_shipment_results": results, "order": f.view(o),
	}}
}

// view returns the order as the API shows it (Orders.OrderViewModel).
func (f *Fake) view(o *Order) map[string]any {
	shipments := []any{}
	for _, s := range o.Shipments {
		shipments = append(shipments, f.shipmentView(o, s))
	}
	products := []Product{}
	products = append(products, o.Products...)
	view := map[string]any{
		"id": o.ID, "created_date": o.Created.Format(time.RFC3339), "reference_id": o.Reference, "order_number": o.Number,
		"status": o.Status(), "type": "DTC", "channel": map[string]any{"id": o.Channel, "name": "Connector"},
		"shipping_method": o.Method, "recipient": o.Recipient, "products": products, "shipments": shipments,
	}
	if o.Purchased != "" {
		view["purchase_date"] = o.Purchased
	}
	if o.Tags != nil {
		view["tags"] = o.Tags
	}
	return view
}

func (f *Fake) shipmentView(o *Order, s *Shipment) map[string]any {
	products := []any{}
	packed := slices.Clone(o.Products)
	for _, extra := range s.Extra {
		packed = append(packed, Product{ID: f.productID(extra), Reference: extra, SKU: extra, Name: extra})
	}
	for _, p := range packed {
		if s.Pieces[p.Reference] == 0 || p.ID == nil {
			continue
		}
		products = append(products, map[string]any{
			"id": *p.ID, "reference_id": p.Reference, "sku": p.SKU, "name": p.Name,
			"inventory_items": []any{map[string]any{"id": *p.ID + 1000, "name": p.Name, "quantity": s.Pieces[p.Reference], "quantity_committed": s.Pieces[p.Reference]}},
		})
	}
	status := s.Status
	if o.Status() == ImportReview && status == Processing {
		status = ImportReview
	}
	view := map[string]any{
		"id": s.ID, "order_id": o.ID, "reference_id": o.Reference, "status": status, "created_date": o.Created.Format(time.RFC3339),
		"last_update_at": s.Updated.Format(time.RFC3339), "location": map[string]any{"id": 9, "name": "Cicero (IL)"}, "products": products,
		"ship_option": "Standard",
	}
	details := []any{}
	for _, d := range s.Details {
		details = append(details, f.detailView(d))
	}
	view["status_details"] = details
	if !s.Tracked.IsZero() {
		view["last_tracking_update_at"] = s.Tracked.Format(time.RFC3339)
	}
	if !s.Arrived.IsZero() {
		view["delivery_date"] = s.Arrived.Format(time.RFC3339)
	}
	if !s.Shipped.IsZero() {
		view["actual_fulfillment_date"] = s.Shipped.Format(time.RFC3339)
		view["tracking"] = map[string]any{
			"carrier": "UPS", "carrier_service": "Ground", "tracking_number": s.Tracking,
			"tracking_url": "https://www.ups.com/track?tracknum=" + s.Tracking, "shipping_date": s.Shipped.Format(time.RFC3339),
		}
	}
	return view
}

func (f *Fake) detailView(d Detail) map[string]any {
	view := map[string]any{"id": 101, "name": d.Name, "description": d.Description, "inventory_id": nil}
	if id := f.products[d.Product]; id != 0 {
		view["inventory_id"] = id + 1000
	}
	return view
}
