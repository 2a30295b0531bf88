package shipbobtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/webhook/webhooktest"
)

// Unknown makes products ones that ShipBob does not have. Call it before orders name them.
func (f *Fake) Unknown(references ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, reference := range references {
		f.unknown[reference] = true
	}
}

// Match creates the product at ShipBob. Orders that were in import review for it go on.
func (f *Fake) Match(reference string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.match(reference)
}

func (f *Fake) match(reference string) {
	delete(f.unknown, reference)
	for _, o := range f.orders {
		for i := range o.Products {
			if o.Products[i].Reference == reference {
				o.Products[i].ID = f.productID(reference)
				o.Updated = f.now().UTC()
			}
		}
	}
}

// Pick picks the order with the reference id, after which it is not cancelled any more.
func (f *Fake) Pick(reference string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := f.byReference(reference, 0)
	if o == nil || o.Status() != Processing {
		return fmt.Errorf("shipbobtest: no order %s can be picked", reference)
	}
	for _, s := range o.Shipments {
		s.Picked = true
		f.take(o, s, s.Pieces, false)
	}
	return nil
}

// Hold puts what is left of the order into the state, Exception or OnHold, with its details.
func (f *Fake) Hold(reference, state string, details ...Detail) error {
	return f.turn(reference, []string{Processing, Exception, OnHold}, state, details)
}

// Resume has the warehouse work on a held order again.
func (f *Fake) Resume(reference string) error {
	return f.turn(reference, []string{Exception, OnHold}, Processing, nil)
}

// GiveUp cancels what is left of an order, as a person does in ShipBob's portal with a part of it.
func (f *Fake) GiveUp(reference string) error {
	return f.turn(reference, []string{Processing, Exception, OnHold}, Cancelled, nil)
}

// turn puts the shipments of the order that are in one of the states into another.
func (f *Fake) turn(reference string, from []string, to string, details []Detail) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := f.byReference(reference, 0)
	if o == nil {
		return fmt.Errorf("shipbobtest: no order %s", reference)
	}
	turned := false
	for _, s := range o.Shipments {
		if slices.Contains(from, s.Status) {
			s.Status, s.Details, s.Updated, turned = to, details, f.now().UTC(), true
		}
	}
	if !turned {
		return fmt.Errorf("shipbobtest: no shipment of order %s is in one of the states %v", reference, from)
	}
	o.Updated = f.now().UTC()
	return nil
}

// Overship adds pieces to the open shipment of the order beside what was asked for, as a packer does by
// mistake. A product that the order does not have is added to it.
func (f *Fake) Overship(reference, product string, pieces int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := f.byReference(reference, 0)
	if o == nil || o.Status() != Processing && o.Status() != Partially {
		return fmt.Errorf("shipbobtest: no order %s is open", reference)
	}
	open := o.Shipments[len(o.Shipments)-1]
	open.Pieces[product] += pieces
	if !slices.ContainsFunc(o.Products, func(p Product) bool { return p.Reference == product }) {
		open.Extra = append(open.Extra, product)
		f.productID(product)
	}
	return nil
}

// CancelByHand cancels the order as a person does in ShipBob's portal.
func (f *Fake) CancelByHand(reference string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := f.byReference(reference, 0)
	if o == nil {
		return fmt.Errorf("shipbobtest: no order %s", reference)
	}
	for _, s := range o.Shipments {
		s.Status, s.Updated = Cancelled, f.now().UTC()
	}
	o.Updated = f.now().UTC()
	return nil
}

// Ship ships a parcel of the order with the reference id: the pieces by reference id, or all
// that are left if pieces is nil. It returns the id of the shipment. What is left stays in a
// shipment of its own.
func (f *Fake) Ship(reference string, pieces map[string]int) (id int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := f.byReference(reference, 0)
	if o == nil || (o.Status() != Processing && o.Status() != Partially) {
		return 0, fmt.Errorf("shipbobtest: no order %s can be shipped", reference)
	}
	open := o.Shipments[len(o.Shipments)-1]
	rest := maps.Clone(open.Pieces)
	if pieces == nil {
		pieces = maps.Clone(rest)
	}
	for product, n := range pieces {
		if n > rest[product] {
			return 0, fmt.Errorf("shipbobtest: order %s has %d of %s left, not %d", reference, rest[product], product, n)
		}
		if rest[product] -= n; rest[product] == 0 {
			delete(rest, product)
		}
	}
	wasTaken := open.taken
	f.take(o, open, pieces, false)
	now, next := f.now().UTC(), f.shipmentID()
	open.Pieces, open.Status, open.Picked, open.Shipped, open.Updated = pieces, Completed, true, now, now
	open.Tracking = "1Z999AA1" + strconv.Itoa(open.ID)
	if len(rest) > 0 {
		o.Shipments = append(o.Shipments, &Shipment{ID: next, Status: Processing, Updated: now, Pieces: rest, taken: wasTaken})
	}
	o.Updated = now
	return open.ID, nil
}

// Correct gives a shipment that has left another tracking number. ShipBob dates the change of the
// tracking alone.
func (f *Fake) Correct(shipment int, number string) error {
	return f.later(shipment, Completed, func(s *Shipment, now time.Time) { s.Tracking, s.Tracked = number, now })
}

// Arrive delivers a shipment that has left to the customer.
func (f *Fake) Arrive(shipment int) error {
	return f.later(shipment, Completed, func(s *Shipment, now time.Time) { s.Arrived, s.Tracked = now, now })
}

// CancelShipped cancels a shipment whose label was printed, as ShipBob's support does.
func (f *Fake) CancelShipped(shipment int) error {
	return f.later(shipment, Completed, func(s *Shipment, now time.Time) {
		s.Status, s.Updated = Cancelled, now
		o, _ := f.shipment(shipment)
		f.take(o, s, s.Pieces, true)
	})
}

// later changes a shipment that is in the state.
func (f *Fake) later(shipment int, state string, change func(s *Shipment, now time.Time)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	o, s := f.shipment(shipment)
	if s == nil || s.Status != state {
		return fmt.Errorf("shipbobtest: no shipment %d is %s", shipment, state)
	}
	now := f.now().UTC()
	if change(s, now); s.Updated.Equal(now) {
		o.Updated = now
	}
	return nil
}

func (f *Fake) shipment(id int) (*Order, *Shipment) {
	for _, o := range f.orders {
		for _, s := range o.Shipments {
			if s.ID == id {
				return o, s
			}
		}
	}
	return nil, nil
}

// ShipmentDelivery returns the webhook of the topic with the shipment alone, as ShipBob sends it now.
func (f *Fake) ShipmentDelivery(id, topic string, shipment int) (connector.Request, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	o, s := f.shipment(shipment)
	if s == nil {
		return connector.Request{}, fmt.Errorf("shipbobtest: no shipment %d", shipment)
	}
	return f.signed(id, topic, f.shipmentView(o, s))
}

func (f *Fake) signed(id, topic string, view any) (connector.Request, error) {
	body, err := json.Marshal(view)
	if err != nil {
		return connector.Request{}, err
	}
	return connector.Request{Method: http.MethodPost, Header: Header(id, topic, body, f.now()), Body: body, At: f.now()}, nil
}

// Delivery returns the webhook of the topic with the order of the reference id, as ShipBob
// sends it now. id is the webhook-id, which a delivery that is sent again has too.
func (f *Fake) Delivery(id, topic, reference string) (connector.Request, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := f.byReference(reference, 0)
	if o == nil {
		return connector.Request{}, fmt.Errorf("shipbobtest: no order %s", reference)
	}
	return f.signed(id, topic, f.view(o))
}

// Header returns the headers of a delivery that is signed at the time.
func Header(id, topic string, body []byte, at time.Time) http.Header {
	header := webhooktest.SignStandard(id, body, at, Secret)
	header.Set("Content-Type", "application/json")
	header.Set("X-Webhook-Topic", topic)
	return header
}

// PutShipped puts an order into the books of which one shipment has left, or changes the time of
// its last update.
func (f *Fake) PutShipped(shipment int, reference string, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := f.byReference(reference, 0)
	if o == nil {
		o = &Order{
			ID: 1000 + shipment, Channel: channels["shopify/example-brand.myshopify.com"], Reference: reference, Number: reference, Method: "Standard", Created: at,
			Recipient: Recipient{Name: "Ada Byron", Address: Address{Line1: "12 Main St", City: "New York", Country: "US"}},
			Products:  []Product{{ID: f.productID("TEE-BLK-M"), Reference: "TEE-BLK-M", SKU: "TEE-BLK-M", Name: "Tee", Quantity: 1}},
			Shipments: []*Shipment{{ID: shipment, Status: Completed, Picked: true, Tracking: "1Z", Shipped: at, Pieces: map[string]int{"TEE-BLK-M": 1}}},
		}
		f.orders = append(f.orders, o)
	}
	o.Updated, o.Shipments[0].Updated = at, at
}
