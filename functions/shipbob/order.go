package shipbob

import (
	"slices"
	"time"

	"causeway.example/functions/shipbob/rest"
	"causeway.example/shared/message"
	"causeway.example/shared/wire"
)

// entityOrder is the type of a store's order in keys.
const entityOrder = "order"

// The states of an order (Orders.OrderStatus).
const (
	statusFulfilled    = "Fulfilled"
	statusCancelled    = "Cancelled"
	statusImportReview = "ImportReview" // a product is unknown
)

// order is the part of an order of ShipBob that is used.
type order struct {
	id, reference, number, status, method string
	parent                                string      // id of the order, of a body that is one of its shipments
	key                                   message.Key // of the order in its store …
	issue                                 int         // … and which issue of it this is, from 1; 0 if it is none of ours
	created                               time.Time
	recipient                             recipient
	products                              []product
	shipments                             []shipment
	digest                                string // of what it was made from; "" if it was not made by this connector
}

// recipient is who gets the goods, and where.
type recipient struct {
	name, phone, email                                string
	company, line1, line2, city, region, zip, country string
}

// product is a product of an order. id is "" if ShipBob does not know the product.
type product struct {
	id, reference, sku string
	quantity           int64
}

// shipment is one shipment of an order.
type shipment struct {
	id, status, location        string
	updated, fulfilled, shipped time.Time
	tracked                     time.Time // the last change of its tracking
	delivered                   time.Time
	carrier, service            string
	number, url                 string // of the tracking
	products                    []shipped
	details                     []detail
}

// detail says more of a shipment's status (Orders.StatusDetailViewModel). item is the id of the
// inventory item that it is about, "" if it is about none.
type detail struct{ name, description, item string }

// shipped is a product in a shipment, by the inventory items that it consists of.
type shipped struct {
	id, reference, sku string
	items              []item
}

type item struct {
	id       string
	quantity int64
}

// code returns what identifies the product: its reference id, which is the SKU that was sent.
func (p product) code() string { return codeOf(p.reference, p.sku) }

func (s shipped) code() string { return codeOf(s.reference, s.sku) }

func codeOf(reference, sku string) string {
	if reference != "" {
		return reference
	}
	return sku
}

// readOrders reads the list of orders.
func readOrders(body []byte, doing string) ([]order, error) {
	r := wire.NewReader(body, rest.Limits)
	var all []order
	for range r.Array() {
		all = append(all, readOrder(r))
	}
	if err := r.Finish(); err != nil {
		return nil, rest.Broken(doing, err)
	}
	return all, nil
}

func readOrder(r *wire.Reader) (o order) {
	for member := range r.Object() {
		switch member {
		case "id":
			o.id = r.ID()
		case "order_id":
			o.parent = r.ID()
		case "reference_id":
			o.reference, _ = r.Code()
		case "order_number":
			o.number = r.Word()
		case "status":
			o.status = r.Word()
		case "created_date":
			o.created = r.Time()
		case "shipping_method":
			o.method = r.Word()
		case "recipient":
			o.recipient = readRecipient(r)
		case "products":
			o.products = wire.List(r, readProduct)
		case "shipments":
			o.shipments = wire.List(r, readShipment)
		case "tags":
			o.digest = readDigest(r)
		}
	}
	if o.id == "" {
		r.Missing("id")
	}
	if key, issue, ok := ParseReference(o.reference); ok {
		o.key, o.issue = key, issue
	}
	return o
}

func readRecipient(r *wire.Reader) (to recipient) {
	if r.Null() {
		return to
	}
	for member := range r.Object() {
		switch member {
		case "name":
			to.name = r.Word()
		case "phone_number":
			to.phone = r.Word()
		case "email":
			to.email = r.Word()
		case "address":
			to.readAddress(r)
		}
	}
	return to
}

func (to *recipient) readAddress(r *wire.Reader) {
	if r.Null() {
		return
	}
	fields := map[string]*string{
		"address1": &to.line1, "address2": &to.line2, "city": &to.city, "company_name": &to.company,
		"country": &to.country, "state": &to.region, "zip_code": &to.zip,
	}
	for member := range r.Object() {
		if into := fields[member]; into != nil {
			*into = r.Word()
		}
	}
}

func readProduct(r *wire.Reader) (p product) {
	for member := range r.Object() {
		switch member {
		case "id":
			p.id, _ = r.NullID()
		case "reference_id":
			p.reference, _ = r.Code()
		case "sku":
			p.sku, _ = r.Code()
		case "quantity":
			p.quantity = r.Int()
		}
	}
	return p
}

func readShipment(r *wire.Reader) (s shipment) {
	times := map[string]*time.Time{
		"last_update_at": &s.updated, "actual_fulfillment_date": &s.fulfilled, "last_tracking_update_at": &s.tracked, "delivery_date": &s.delivered,
	}
	for member := range r.Object() {
		if into := times[member]; into != nil {
			*into = r.Time()
		}
		switch member {
		case "id":
			s.id = r.ID()
		case "status":
			s.status = r.Word()
		case "location":
			s.location = readLocation(r)
		case "tracking":
			s.readTracking(r)
		case "products":
			s.products = wire.List(r, readShipped)
		case "status_details":
			s.details = wire.List(r, readDetail)
		}
	}
	if s.id == "" {
		r.Missing("id")
	}
	return s
}

func readDetail(r *wire.Reader) (d detail) {
	for member := range r.Object() {
		switch member {
		case "name":
			d.name = r.Word()
		case "description":
			d.description = r.Word()
		case "inventory_id":
			d.item, _ = r.NullID()
		}
	}
	return d
}

func readLocation(r *wire.Reader) (id string) {
	if r.Null() {
		return ""
	}
	for member := range r.Object() {
		if member == "id" {
			id = r.ID()
		}
	}
	return id
}

func (s *shipment) readTracking(r *wire.Reader) {
	if r.Null() {
		return
	}
	for member := range r.Object() {
		switch member {
		case "carrier":
			s.carrier = r.Word()
		case "carrier_service":
			s.service = r.Word()
		case "tracking_number":
			s.number = r.Word()
		case "tracking_url":
			s.url = r.Word()
		case "shipping_date":
			s.shipped = r.Time()
		}
	}
}

func readShipped(r *wire.Reader) (p shipped) {
	for member := range r.Object() {
		switch member {
		case "id":
			p.id, _ = r.NullID()
		case "reference_id":
			p.reference, _ = r.Code()
		case "sku":
			p.sku, _ = r.Code()
		case "inventory_items":
			p.items = wire.List(r, readItem)
		}
	}
	return p
}

func readItem(r *wire.Reader) (i item) {
	for member := range r.Object() {
		switch member {
		case "id":
			i.id = r.ID()
		case "quantity":
			i.quantity = r.Int()
		}
	}
	return i
}

// readDigest reads the value of our tag.
func readDigest(r *wire.Reader) (digest string) {
	if r.Null() {
		return ""
	}
	for range r.Array() {
		name, value := "", ""
		for member := range r.Object() {
			switch member {
			case "name":
				name = r.Word()
			case "value":
				value = r.Word()
			}
		}
		if name == digestTag {
			digest = value
		}
	}
	return digest
}

// isActive reports whether the order can still have an effect.
func (o *order) isActive() bool { return o.status != statusCancelled }

// unknown returns the codes of the products that ShipBob does not know.
func (o *order) unknown() (codes []string) {
	for _, p := range o.products {
		if p.id == "" {
			codes = append(codes, p.code())
		}
	}
	slices.Sort(codes)
	return codes
}
