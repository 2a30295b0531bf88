package fulfillment

import (
	"context"
	"slices"
	"strings"
	"time"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/formats/strictjson"
)

// The mutations of what happens to a fulfillment later.
const (
	mutationCancel = `mutation cancelFulfillment($input: ID!) {
  fulfillmentCancel(id: $input) {
    fulfillment { id }
    userErrors { field message }
  }
}`
	mutationArrive = `mutation deliverFulfillment($input: FulfillmentEventInput!) {
  fulfillmentEventCreate(fulfillmentEvent: $input) {
    fulfillmentEvent { id }
    userErrors { field message }
  }
}`
	mutationTracking = `mutation correctTracking($id: ID!, $input: FulfillmentTrackingInput!) {
  fulfillmentTrackingInfoUpdate(fulfillmentId: $id, trackingInfoInput: $input, notifyCustomer: false) {
    fulfillment { id }
    userErrors { field message }
  }
}`
)

// mutate sends a mutation and returns the id of what it made or changed.
func (s *shipping) mutate(ctx context.Context, c admin.Call, name string) (string, error) {
	var answer written
	c.Shop, c.Doing, c.Read = s.order.Tenant, s.doing, func(r *strictjson.Reader) { answer.read(r, name) }
	if _, err := s.config.API.Query(ctx, c); err != nil {
		return "", err
	}
	if answer.id == "" {
		return "", answer.fault(s.doing)
	}
	return answer.id, nil
}

// cancel cancels the shipment's fulfillments, after which Shopify has their pieces open again. The
// one of the id ref is last, so that an attempt that was cut off finds the others by its number.
func (s *shipping) cancel(ctx context.Context, ref string) (connector.Receipt, error) {
	if len(s.config.Shipping[s.order.Tenant]) > 0 {
		if err := s.book.Withdraw(ctx, s.order, s.key); err != nil {
			return connector.Receipt{}, err
		}
	}
	made, err := s.ours(ctx, ref)
	if err != nil {
		return connector.Receipt{}, err
	}
	if len(made) == 0 {
		return connector.Receipt{Ref: ref, Linked: true, Detail: "order " + s.order.ID + " has no fulfillment of the shipment, which was cancelled"}, nil
	}
	ref = made[len(made)-1].id
	made = slices.DeleteFunc(made, func(f fulfilled) bool { return !f.isLive() })
	if len(made) == 0 {
		return connector.Receipt{Ref: ref, Linked: true, Detail: "fulfillment " + ref + " of order " + s.order.ID + " is cancelled"}, nil
	}
	ids, err := s.undo(ctx, made)
	if err != nil {
		return connector.Receipt{}, err
	}
	if len(ids) == 0 {
		return connector.Receipt{Ref: ref, Linked: true, Detail: "fulfillment " + ref + " of order " + s.order.ID + " stays, because it is another shipment's too"}, nil
	}
	return connector.Receipt{Ref: ref, Detail: "fulfillment " + strings.Join(ids, ", ") + " of order " + s.order.ID + " cancelled"}, nil
}

// undo cancels those of the fulfillments that are no other shipment's, and returns their ids.
func (s *shipping) undo(ctx context.Context, made []fulfilled) (ids []string, err error) {
	for _, f := range made {
		stays, err := s.book.Leave(ctx, s.fulfillmentKey(f.id), s.state())
		if err != nil {
			return nil, err
		}
		if stays {
			continue
		}
		w := strictjson.NewWriter(nil)
		w.Str(payload.GID("Fulfillment", f.id))
		input, err := admin.Encoded(w)
		if err != nil {
			return nil, err
		}
		id, err := s.mutate(ctx, admin.Call{Query: mutationCancel, Input: input}, "fulfillmentCancel")
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// correct writes the shipment's tracking to those of its fulfillments that have another. A state
// without a number takes none away.
func (s *shipping) correct(ctx context.Context, made []fulfilled) (done []string, err error) {
	for i := range made {
		if len(s.shipment.Tracking) == 0 || s.hasTracking(&made[i]) {
			continue
		}
		// It may be bound to no shipment yet, and is found by its old number alone.
		if _, err := s.bind(ctx, made[i].id); err != nil {
			return nil, err
		}
		w := strictjson.NewWriter(nil)
		s.encodeTracking(w)
		input, err := admin.Encoded(w)
		if err != nil {
			return nil, err
		}
		query := mutationTracking
		if !s.silent {
			query = strings.Replace(query, "notifyCustomer: false", "notifyCustomer: true", 1)
		}
		id, err := s.mutate(ctx, admin.Call{
			Query: query, Input: input, Variables: []admin.Variable{{Name: "id", Value: payload.GID("Fulfillment", made[i].id)}},
		}, "fulfillmentTrackingInfoUpdate")
		if err != nil {
			return nil, err
		}
		done = append(done, "tracking of fulfillment "+id+" corrected")
	}
	return done, nil
}

// hasTracking reports whether the fulfillment has the shipment's numbers and carrier; and the
// addresses, where Shopify does not build them by itself.
func (s *shipping) hasTracking(f *fulfilled) bool {
	company := s.carrier()
	if !slices.Equal(f.numbers, s.numbers()) || f.company != company {
		return false
	}
	for i, t := range s.shipment.Tracking {
		if company == otherCarrier && t.URL != "" && f.urls[i] != t.URL && s.hasAddresses() {
			return false
		}
	}
	return true
}

// arrive records at the fulfillments that they were delivered, unless Shopify knows it: it follows
// some carriers by itself.
func (s *shipping) arrive(ctx context.Context, made []fulfilled) (done []string, err error) {
	if s.shipment.Status != canonical.Delivered {
		return nil, nil
	}
	for i := range made {
		if made[i].delivered {
			continue
		}
		w := strictjson.NewWriter(nil)
		w.Obj()
		w.StrField("fulfillmentId", payload.GID("Fulfillment", made[i].id))
		w.StrField("status", statusDelivered)
		if at := s.shipment.DeliveredAt; !at.IsZero() {
			w.StrField("happenedAt", at.UTC().Format(time.RFC3339))
		}
		w.EndObj()
		input, err := admin.Encoded(w)
		if err != nil {
			return nil, err
		}
		if _, err := s.mutate(ctx, admin.Call{Query: mutationArrive, Input: input}, "fulfillmentEventCreate"); err != nil {
			return nil, err
		}
		done = append(done, "fulfillment "+made[i].id+" delivered")
	}
	return done, nil
}

// statusDelivered is the status of a fulfillment's event and its display status.
const statusDelivered = "DELIVERED"
