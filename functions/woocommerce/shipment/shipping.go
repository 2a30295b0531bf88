package shipment

import (
	"cmp"
	"context"
	"encoding/json"
	"html"
	"math/big"
	"net/http"
	"strconv"
	"strings"

	"causeway.example/functions/woocommerce/rest"
	"causeway.example/functions/woocommerce/translator"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/webapi"
)

// shipping is one shipment on its way to its order.
type shipping struct {
	*Target
	store    *rest.Store
	shipment *canonical.Shipment
	key      message.Key // of the shipment
	note     string
	doing    string
}

// The keys of meta data: one of ours for each shipment, and the list of the plugins WooCommerce
// Shipment Tracking and Advanced Shipment Tracking.
const (
	shipmentMeta = "_causeway_shipment_"
	trackingMeta = "_wc_shipment_tracking_items"
)

func (s *shipping) derived() string { return message.DeriveID(s.key.String())[:16] }

func (s *shipping) metaKey() string { return shipmentMeta + s.derived() }

func (s *shipping) ref() string { return s.shipment.Order + "-" + s.derived() }

func (s *shipping) path() string { return rest.OrdersPath + "/" + s.shipment.Order }

// recorded is the value of a shipment's meta data, as JSON text.
type recorded struct {
	ID       string            `json:"id"`
	Tracking []string          `json:"tracking,omitempty"`
	Goods    map[string]string `json:"goods"` // quantity by SKU
	Lines    map[string]string `json:"lines"` // quantity by the id of the order line
	Item     *trackingItem     `json:"item,omitempty"`
}

// deliver writes what the order lacks: the meta data and, once everything is shipped, the status in
// one request, and then the note.
func (s *shipping) deliver(ctx context.Context) (connector.Receipt, error) {
	o, err := s.read(ctx)
	if err != nil {
		return connector.Receipt{}, err
	}
	own := s.record()
	if other := o.same(s.metaKey(), own); other != "" {
		return connector.Receipt{Ref: s.ref(), Linked: true, Detail: "order " + s.shipment.Order + " has this parcel already, as shipment " + other}, nil
	}
	if err := s.allot(o, own); err != nil {
		return connector.Receipt{}, err
	}
	done := "shipment " + s.shipment.ID + " is recorded with order " + s.shipment.Order
	for range mostWrites {
		completes, err := s.completes(ctx, o, own)
		if err != nil {
			return connector.Receipt{}, err
		}
		body := s.change(o, own, completes)
		if body == nil {
			break
		}
		if o, err = s.write(ctx, body); err != nil {
			return connector.Receipt{}, err
		}
		if completes {
			done += ", which is completed"
		}
	}
	if s.note != withoutNote {
		if err := s.writeNote(ctx); err != nil {
			return connector.Receipt{}, err
		}
	}
	return connector.Receipt{Ref: s.ref(), Detail: done}, nil
}

// mostWrites is how often an order is written for one shipment: another shipment may have
// replaced the plugins' list meanwhile, from which it is made whole.
const mostWrites = 3

// record returns what the shipment has.
func (s *shipping) record() *recorded {
	own := &recorded{ID: s.shipment.ID, Goods: map[string]string{}, Lines: map[string]string{}, Item: s.trackingItem()}
	for _, l := range s.shipment.Lines {
		own.Goods[l.SKU] = text(new(big.Rat).Add(ratOf(own.Goods[l.SKU]), ratOf(l.Quantity.Value.String())))
	}
	for _, t := range s.shipment.Tracking {
		own.Tracking = append(own.Tracking, t.Number)
	}
	return own
}

// allot divides the shipment among the order's lines. They are found by the id that the warehouse
// knows, or else by SKU, and take what is left of them.
func (s *shipping) allot(o *shippedOrder, own *recorded) error {
	if o.status == "trash" || o.status == "checkout-draft" || o.status == "auto-draft" {
		return &fault.Error{
			Kind: fault.Rejected, Class: fault.Conflict, Field: "order", Detail: "order " + s.shipment.Order + " is " + o.status + " in WooCommerce; restore it, then redrive",
		}
	}
	left := o.left(s.metaKey())
	for i, l := range s.shipment.Lines {
		field, named := "lines["+strconv.Itoa(i)+"]", strconv.Quote(cmp.Or(l.SKU, l.Line))
		rest, known := own.take(o, &l, left)
		switch {
		case !known:
			return &fault.Error{
				Kind: fault.Rejected, Class: fault.MissingRef, Field: field + ".sku",
				Detail: named + ": order " + s.shipment.Order + " has no such line; correct the shipment, or note it at the order by hand",
			}
		case rest.Sign() > 0:
			return &fault.Error{
				Kind: fault.Rejected, Class: fault.Conflict, Code: "over_fulfillment", Field: field + ".quantity",
				Detail: named + ": " + text(rest) + " more shipped than order " + s.shipment.Order + " has open; settle the difference in WooCommerce by hand",
			}
		}
	}
	if len(own.Lines) == 0 {
		return &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "lines", Detail: "no line has a quantity, so nothing was shipped"}
	}
	return nil
}

// take moves what is left of the order lines that were shipped to the record. It returns the pieces
// for which nothing was left, and whether the order has such a line.
func (r *recorded) take(o *shippedOrder, l *canonical.ShipmentLine, left map[string]*big.Rat) (rest *big.Rat, known bool) {
	rest = ratOf(l.Quantity.Value.String())
	for _, line := range o.lines {
		if l.Line != "" && l.Line != line.id || l.Line == "" && l.SKU != line.sku {
			continue
		}
		known = true
		part := left[line.id]
		if part.Cmp(rest) > 0 {
			part = rest
		}
		if part.Sign() <= 0 {
			continue
		}
		r.Lines[line.id] = text(new(big.Rat).Add(ratOf(r.Lines[line.id]), part))
		left[line.id], rest = new(big.Rat).Sub(left[line.id], part), new(big.Rat).Sub(rest, part)
	}
	return rest, known
}

// completes reports whether the order is to become completed: everything is shipped or refunded.
// An order that is not paid is left, because WooCommerce dates the payment of one that it completes.
func (s *shipping) completes(ctx context.Context, o *shippedOrder, own *recorded) (bool, error) {
	if !s.Complete || o.status != "processing" && s.Statuses[o.status] != "paid" {
		return false, nil
	}
	left := o.left(s.metaKey())
	for id, quantity := range own.Lines {
		left[id] = new(big.Rat).Sub(left[id], ratOf(quantity))
	}
	if o.refunded {
		refunded, err := translator.Refunded(ctx, s.store, s.shipment.Order)
		if err != nil {
			return false, err
		}
		for line, pieces := range refunded {
			if left[line] != nil {
				left[line] = new(big.Rat).Sub(left[line], pieces)
			}
		}
	}
	for _, quantity := range left {
		if quantity.Sign() > 0 {
			return false, nil
		}
	}
	return true, nil
}

// writeNote adds the note unless the order has it: notes have no reference, so its beginning
// decides.
func (s *shipping) writeNote(ctx context.Context) error {
	answer, err := s.get(ctx, s.path()+"/notes")
	if err != nil {
		return err
	}
	beginning := "Shipment " + s.shipment.ID + ": "
	found := false
	d := rest.NewDecoder(answer.Body)
	for range d.Array() {
		for key := range d.Object() {
			if key == "note" {
				note, _ := d.NullString()
				found = found || strings.HasPrefix(html.UnescapeString(note), beginning)
			}
		}
	}
	if err := d.Finish(); err != nil {
		return rest.Broken(fault.As(err).Field, fault.As(err).Detail)
	}
	if found {
		return nil
	}
	body, err := json.Marshal(map[string]any{"note": beginning + s.noteText(), "customer_note": s.note == customerNote})
	if err != nil {
		return err
	}
	_, err = s.send(ctx, http.MethodPost, s.path()+"/notes", body)
	return err
}

// noteText says what left and how: "2 × TEE-BLK-M. UPS 1Z1 https://…".
func (s *shipping) noteText() string {
	goods := make([]string, 0, len(s.shipment.Lines))
	for _, l := range s.shipment.Lines {
		goods = append(goods, l.Quantity.Value.Normal().String()+" × "+l.SKU)
	}
	words := strings.Join(goods, ", ") + "."
	for _, t := range s.shipment.Tracking {
		words += " " + strings.Join(strings.Fields(s.shipment.Carrier+" "+t.Number+" "+t.URL), " ")
	}
	return words
}

// read fetches the order.
func (s *shipping) read(ctx context.Context) (*shippedOrder, error) {
	answer, err := s.get(ctx, s.path())
	if e := fault.As(err); e != nil && e.Status == http.StatusNotFound && e.Code == "woocommerce_rest_shop_order_invalid_id" {
		return nil, &fault.Error{
			Kind: fault.Rejected, Class: fault.MissingRef, Status: e.Status, Code: e.Code, Field: "order", Detail: "store " + s.store.Tenant + " has no order " + s.shipment.Order,
		}
	}
	if err != nil {
		return nil, err
	}
	return readShippedOrder(answer.Body)
}

// write changes the order and returns it as it is then.
func (s *shipping) write(ctx context.Context, body []byte) (*shippedOrder, error) {
	answer, err := s.send(ctx, http.MethodPut, s.path(), body)
	if err != nil {
		return nil, err
	}
	return readShippedOrder(answer.Body)
}

func (s *shipping) get(ctx context.Context, path string) (webapi.Response, error) {
	answer, err := s.store.Get(ctx, path, s.doing, nil)
	return answer, denied(err)
}

// denied returns a 401 of a proxy in front of the store as what it is for a write: it asks for
// credentials that the connector does not have, and no retry helps.
func denied(err error) error {
	e := fault.As(err)
	if e == nil || e.Status != http.StatusUnauthorized {
		return err
	}
	refused := *e
	refused.Kind, refused.Class = fault.Unauthorized, fault.Auth
	return &refused
}

// send makes a write. An answer that is not WooCommerce's own says nothing about the effect: a proxy
// gives up before the store does.
func (s *shipping) send(ctx context.Context, method, path string, body []byte) (webapi.Response, error) {
	answer, err := s.store.Do(ctx, webapi.Request{
		Method: method, Path: path, Doing: s.doing, WantJSON: true, Body: body, Header: http.Header{"Content-Type": {"application/json"}},
	})
	if e := fault.As(err); e != nil && e.Code == "" && e.Kind == fault.Unavailable && e.Class == fault.Intermittent {
		unknown := *e
		unknown.Class = fault.Ambiguous
		return answer, denied(&unknown)
	}
	return answer, err
}

func ratOf(decimal string) *big.Rat {
	r, ok := new(big.Rat).SetString(decimal)
	if !ok {
		return new(big.Rat)
	}
	return r
}

func text(r *big.Rat) string {
	places, _ := r.FloatPrec()
	return r.FloatString(places)
}
