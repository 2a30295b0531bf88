package shipment

import (
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strings"

	"causeway.example/functions/woocommerce/rest"
	"causeway.example/shared/fault"
)

// shippedOrder is the part of an order that a shipment needs.
type shippedOrder struct {
	status     string
	lines      []shippedLine
	refunded   bool
	shipments  map[string]*recorded // by the key of their meta data
	tracking   []json.RawMessage    // the plugins' list
	trackingID string               // of its entry of meta data, "" if there is none
	erp        map[string]string    // what it shows of an ERP, by the keys of meta data
}

type shippedLine struct{ id, sku, quantity string }

func readShippedOrder(body []byte) (*shippedOrder, error) {
	o := &shippedOrder{shipments: map[string]*recorded{}, erp: map[string]string{}}
	d := rest.NewDecoder(body)
	for key := range d.Object() {
		switch key {
		case "status":
			o.status = d.String()
		case "line_items":
			for range d.Array() {
				o.lines = append(o.lines, readLine(d))
			}
		case "refunds":
			for range d.Array() {
				d.Skip()
				o.refunded = true
			}
		case "meta_data":
			for range d.Array() {
				o.readMeta(d)
			}
		}
	}
	d.Need("status", o.status)
	if err := d.Finish(); err != nil {
		return nil, rest.Broken(fault.As(err).Field, fault.As(err).Detail)
	}
	return o, nil
}

func readLine(d rest.Decoder) (l shippedLine) {
	for key := range d.Object() {
		switch key {
		case "id":
			l.id = d.ID()
		case "sku":
			l.sku, _ = d.NullString()
		case "quantity":
			l.quantity = d.Decimal()
		}
	}
	return l
}

// readMeta keeps an entry of meta data that is a shipment of ours or the plugins' list. One
// that cannot be read is as good as missing.
func (o *shippedOrder) readMeta(d rest.Decoder) {
	var id, name string
	var value []byte
	for key := range d.Object() {
		switch key {
		case "id":
			id = d.ID()
		case "key":
			name, _ = d.NullString()
		case "value":
			value = slices.Clone(d.Raw())
		}
	}
	switch {
	case strings.HasPrefix(name, shipmentMeta):
		var written string
		r := &recorded{}
		if json.Unmarshal(value, &written) == nil && json.Unmarshal([]byte(written), r) == nil {
			o.shipments[name] = r
		}
	case slices.Contains(erpMeta, name):
		var text string
		if json.Unmarshal(value, &text) == nil {
			o.erp[name] = text
		}
	case name == trackingMeta:
		o.trackingID = id
		if json.Unmarshal(value, &o.tracking) != nil {
			o.tracking = nil
		}
	}
}

// hasMore reports whether the record has more pieces of an order line than the other.
func (r *recorded) hasMore(other *recorded) bool {
	for id, quantity := range r.Lines {
		if ratOf(quantity).Cmp(ratOf(other.Lines[id])) > 0 {
			return true
		}
	}
	return false
}

// left returns what is left of each line after all shipments that left, but the one with the key.
func (o *shippedOrder) left(except string) map[string]*big.Rat {
	left := map[string]*big.Rat{}
	for _, l := range o.lines {
		left[l.id] = ratOf(l.quantity)
	}
	for key, r := range o.shipments {
		if key == except || r.isCancelled() {
			continue
		}
		for id, quantity := range r.Lines {
			if left[id] != nil {
				left[id] = new(big.Rat).Sub(left[id], ratOf(quantity))
			}
		}
	}
	return left
}

// isGone reports whether the order is in the trash, or was not placed.
func (o *shippedOrder) isGone() bool {
	return o.status == "trash" || o.status == "checkout-draft" || o.status == "auto-draft"
}

// completedByUs reports whether a shipment of ours completed the order.
func (o *shippedOrder) completedByUs() bool {
	for _, r := range o.shipments {
		if r.Completed {
			return true
		}
	}
	return false
}

// same returns the key of another shipment that has one of the tracking numbers and the same goods:
// a warehouse may confirm a shipment again under another id.
func (o *shippedOrder) same(key string, own *recorded) string {
	for other, r := range o.shipments {
		if other != key && r.Same == "" && !r.isCancelled() && maps.Equal(r.Goods, own.Goods) && slices.ContainsFunc(own.Tracking, func(n string) bool { return slices.Contains(r.Tracking, n) }) {
			return other
		}
	}
	return ""
}

// idOf returns the id of the shipment with the key, or the key if its meta data is gone.
func (o *shippedOrder) idOf(key string) string {
	if r := o.shipments[key]; r != nil {
		return r.ID
	}
	return key
}

// heir returns the key of a shipment that has the same parcel as the one with the key, "" if there is none.
func (o *shippedOrder) heir(key string) string {
	for _, other := range slices.Sorted(maps.Keys(o.shipments)) {
		if r := o.shipments[other]; r.Same == key && !r.isCancelled() {
			return other
		}
	}
	return ""
}
