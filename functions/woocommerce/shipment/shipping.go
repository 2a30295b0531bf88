package shipment

import (
	"cmp"
	"context"
	"maps"
	"math/big"
	"net/http"
	"strconv"

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
	orderAt
	shipment *canonical.Shipment
	key      message.Key // of the shipment
	note     string
	fewer    bool   // the order has more pieces of it than it has now
	heir     string // key of the meta data of the shipment that keeps the parcel when this one is cancelled
	knownAs  string // name under which the customer knows the parcel, "" if that is the shipment's own
}

// orderAt is an order at its store, with what is done there.
type orderAt struct {
	store *rest.Store
	order string // its id
	doing string
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

func (s *orderAt) path() string { return rest.OrdersPath + "/" + s.order }

// recorded is the value of a shipment's meta data, as JSON text.
type recorded struct {
	ID        string                   `json:"id"`
	Status    canonical.ShipmentStatus `json:"status,omitempty"` // "" while it is shipped
	Tracking  []string                 `json:"tracking,omitempty"`
	Goods     map[string]string        `json:"goods"` // quantity by SKU
	Lines     map[string]string        `json:"lines"` // quantity by the id of the order line
	Item      *trackingItem            `json:"item,omitempty"`
	Completed bool                     `json:"completed,omitempty"` // this shipment completed the order
	Same      string                   `json:"same,omitempty"`      // key of the meta data that has this parcel, with its lines
	KnownAs   string                   `json:"known_as,omitempty"`  // shipment that the notes of the parcel name, of which this one took it over
}

func (r *recorded) isCancelled() bool { return r.Status == canonical.ShipmentCancelled }

// deliver writes what the order lacks of the shipment's state: the meta data and the order's status in
// one request, and then the note.
func (s *shipping) deliver(ctx context.Context) (connector.Receipt, error) {
	o, err := s.read(ctx)
	if s.isNothing(err) {
		return connector.Receipt{Ref: s.ref(), Linked: true, Detail: "there is no order " + s.shipment.Order + " of the shipment, which was cancelled"}, nil
	}
	if err != nil {
		return connector.Receipt{}, err
	}
	own, receipt, err := s.record(o)
	if own == nil {
		return receipt, err
	}
	done := "shipment " + s.shipment.ID + " is recorded with order " + s.shipment.Order
	if own.isCancelled() {
		done = "shipment " + s.shipment.ID + " of order " + s.shipment.Order + " is recorded as cancelled"
	}
	o, became, err := s.complete(ctx, o, own)
	if err != nil {
		return connector.Receipt{}, err
	}
	if own.Same != "" {
		return connector.Receipt{Ref: s.ref(), Detail: done + "; order " + s.shipment.Order + " has its parcel as shipment " + o.idOf(own.Same)}, nil
	}
	if done += became; own.isCancelled() && o.status == statusCompleted {
		done += "; the order stays completed, because no shipment completed it or nothing is left"
	}
	if s.note != withoutNote {
		if err := s.writeNote(ctx); err != nil {
			return connector.Receipt{}, err
		}
	}
	return connector.Receipt{Ref: s.ref(), Detail: done}, nil
}

// isNothing reports whether the error is of an order that is gone with a shipment that was cancelled.
func (s *shipping) isNothing(err error) bool {
	f := fault.As(err)
	return f != nil && f.Kind == fault.Rejected && f.Class == fault.MissingRef && s.shipment.Status == canonical.ShipmentCancelled
}

// record returns what the order is to have of the shipment; nil with a receipt if there is nothing to
// write. The lines that the shipment was divided among stay while its goods are the same.
func (s *shipping) record(o *shippedOrder) (*recorded, connector.Receipt, error) {
	had := o.shipments[s.metaKey()]
	if s.shipment.Status == canonical.ShipmentCancelled {
		if had == nil || o.isGone() {
			return nil, connector.Receipt{Ref: s.ref(), Linked: true, Detail: "order " + s.shipment.Order + " has nothing of the shipment, which was cancelled"}, nil
		}
		return s.cancelled(o, *had), connector.Receipt{}, nil
	}
	own, err := s.left(o, had)
	return own, connector.Receipt{}, err
}

// cancelled returns what the order is to have of a shipment that did not leave.
func (s *shipping) cancelled(o *shippedOrder, own recorded) *recorded {
	own.Status, s.knownAs = canonical.ShipmentCancelled, own.KnownAs
	if s.heir = o.heir(s.metaKey()); s.heir != "" {
		own.Same, own.KnownAs = s.heir, ""
	}
	return &own
}

// left returns what the order is to have of a shipment that left.
func (s *shipping) left(o *shippedOrder, had *recorded) (*recorded, error) {
	own := s.current()
	if other := o.same(s.metaKey(), own); other != "" && (had == nil || had.Same != "") {
		own.Same, own.Item = other, nil
		return own, nil
	}
	if had != nil {
		own.Completed, own.KnownAs = had.Completed, had.KnownAs
	}
	s.knownAs = own.KnownAs
	if had != nil && had.Same == "" && !had.isCancelled() && maps.Equal(had.Goods, own.Goods) {
		own.Lines = had.Lines
		return own, nil
	}
	if err := s.allot(o, own); err != nil {
		return nil, err
	}
	s.fewer = had != nil && !had.isCancelled() && had.hasMore(own)
	return own, nil
}

// complete writes what the order lacks, and returns it as it is then, and which status it got.
func (s *shipping) complete(ctx context.Context, o *shippedOrder, own *recorded) (now *shippedOrder, became string, err error) {
	for range mostWrites {
		status, err := s.status(ctx, o, own)
		if err != nil {
			return nil, "", err
		}
		body := s.change(o, own, status)
		if body == nil {
			break
		}
		if o, err = s.write(ctx, body); err != nil {
			return nil, "", err
		}
		if status != "" {
			became = ", which is " + status
		}
	}
	return o, became, nil
}

// mostWrites is how often an order is written for one shipment: another shipment may have
// replaced the plugins' list meanwhile, from which it is made whole.
const mostWrites = 3

// current returns what the shipment has, before it is divided among the order's lines.
func (s *shipping) current() *recorded {
	own := &recorded{ID: s.shipment.ID, Goods: map[string]string{}, Lines: map[string]string{}, Item: s.trackingItem()}
	for _, l := range s.shipment.Lines {
		own.Goods[l.SKU] = text(new(big.Rat).Add(ratOf(own.Goods[l.SKU]), ratOf(l.Quantity.Value.String())))
	}
	for _, t := range s.shipment.Tracking {
		own.Tracking = append(own.Tracking, t.Number)
	}
	if s.shipment.Status == canonical.Delivered {
		own.Status = canonical.Delivered
	}
	return own
}

// allot divides the shipment among the order's lines. They are found by the id that the warehouse
// knows, or else by SKU, and take what is left of them.
func (s *shipping) allot(o *shippedOrder, own *recorded) error {
	if o.isGone() {
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

// status returns the status that the order is to get, "" if it keeps its own. It becomes completed
// when everything is shipped or refunded, unless it is not paid, because WooCommerce dates the payment
// of one that it completes. It becomes processing, which is paid and to be shipped, if a shipment of
// ours completed it, one was cancelled or has fewer pieces than before, and something is left to ship.
func (s *shipping) status(ctx context.Context, o *shippedOrder, own *recorded) (string, error) {
	ready := s.Complete && !own.isCancelled() && (o.status == statusProcessing || s.Statuses[o.status] == "paid")
	if own.Same != "" || !ready && !s.mayOpen(o, own) {
		return "", nil
	}
	left, err := s.leavesOpen(ctx, o, own)
	switch {
	case err != nil || left == ready:
		return "", err
	case ready:
		own.Completed = true
		return statusCompleted, nil
	}
	own.Completed = false
	return statusProcessing, nil
}

// mayOpen reports whether the order, which a shipment of ours completed, may have something left to ship since.
func (s *shipping) mayOpen(o *shippedOrder, own *recorded) bool {
	return (own.isCancelled() || s.fewer) && o.status == statusCompleted && o.completedByUs()
}

// The statuses that are written.
const (
	statusCompleted  = "completed"
	statusProcessing = "processing"
)

// leavesOpen reports whether something of the order is neither shipped nor refunded.
func (s *shipping) leavesOpen(ctx context.Context, o *shippedOrder, own *recorded) (bool, error) {
	left := o.left(s.metaKey())
	for id, quantity := range own.Lines {
		if !own.isCancelled() && left[id] != nil {
			left[id] = new(big.Rat).Sub(left[id], ratOf(quantity))
		}
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
			return true, nil
		}
	}
	return false, nil
}

// read fetches the order.
func (s *orderAt) read(ctx context.Context) (*shippedOrder, error) {
	body, err := s.fetch(ctx)
	if err != nil {
		return nil, err
	}
	return readShippedOrder(body)
}

// fetch returns the order as the API has it.
func (s *orderAt) fetch(ctx context.Context) ([]byte, error) {
	answer, err := s.get(ctx, s.path())
	if err != nil {
		return nil, s.unknown(err)
	}
	return answer.Body, nil
}

// unknown names the order in the error of one that the store does not have.
func (s *orderAt) unknown(err error) error {
	e := fault.As(err)
	if e == nil || e.Status != http.StatusNotFound || e.Code != "woocommerce_rest_shop_order_invalid_id" {
		return err
	}
	return &fault.Error{
		Kind: fault.Rejected, Class: fault.MissingRef, Status: e.Status, Code: e.Code, Field: "order", Detail: "store " + s.store.Tenant + " has no order " + s.order,
	}
}

// write changes the order and returns it as it is then.
func (s *orderAt) write(ctx context.Context, body []byte) (*shippedOrder, error) {
	answer, err := s.send(ctx, http.MethodPut, s.path(), body)
	if err != nil {
		return nil, err
	}
	return readShippedOrder(answer.Body)
}

func (s *orderAt) get(ctx context.Context, path string) (webapi.Response, error) {
	answer, err := s.store.Get(ctx, path, s.doing, nil)
	return answer, rest.Denied(err)
}

// send makes a write.
func (s *orderAt) send(ctx context.Context, method, path string, body []byte) (webapi.Response, error) {
	return s.store.Write(ctx, method, path, s.doing, body)
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
