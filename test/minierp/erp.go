package minierp

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// Name is the system's name in routes.
const Name = "minierp"

// lag is how long a search may miss a new document.
const lag = 2 * time.Second

// Document is a document in the books.
type Document struct {
	Ref    string
	Key    message.Key     // of the entity that it was made for, as the document's reference field has it
	Order  string          // ref of the order that it belongs to; "" for an order and a customer
	Amount canonical.Money // an order's total, what was paid, what was paid back
	Status canonical.OrderStatus
	Pieces int64 // of a shipment
	made   time.Time
}

// ERP is the connector with its books. It is safe for concurrent use.
type ERP struct {
	mu        sync.Mutex
	now       func() time.Time
	unknown   string // an article that the ERP does not have
	documents []*Document
	writes    int
}

// New returns an ERP without documents, which has every article but one.
func New(now func() time.Time, unknown string) *ERP { return &ERP{now: now, unknown: unknown} }

// System returns the connector.
func (e *ERP) System() connector.System {
	take := func(name, effect string) connector.Operation {
		return connector.Operation{Name: name, Guarantee: connector.Search, Lag: lag, Effect: effect}
	}
	order := take("set order", "order")
	return connector.System{Target: e, Profile: connector.Profile{
		Name: Name, Title: "Mini ERP", Roles: []connector.Role{connector.Deliver}, Concurrency: 5, Timeout: 10 * time.Second,
		Operations: map[string]connector.Operation{
			canonical.CustomerUpserted: take("set customer", ""), canonical.OrderPlaced: order, canonical.OrderChanged: order,
			canonical.OrderCancelledEvent: order, canonical.PaymentCaptured: take("post payment", ""),
			canonical.RefundSettled: take("post refund", ""), canonical.ShipmentShipped: take("post shipment", ""),
		},
	}}
}

// Documents returns copies of the documents of the entity type, oldest first.
func (e *ERP) Documents(kind string) (all []Document) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, d := range e.documents {
		if d.Key.Type == kind {
			all = append(all, *d)
		}
	}
	return all
}

// Deliver makes the document, or sets the one that Ref names.
func (e *ERP) Deliver(_ context.Context, d connector.Delivery) (connector.Receipt, error) {
	want, err := e.document(d)
	if err != nil {
		return connector.Receipt{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.writes++
	if e.writes%12 == 6 {
		return connector.Receipt{}, fault.New(fault.Unavailable, fault.Intermittent, "writing to the mini ERP", "out of order")
	}
	if d.Ref == "" {
		want.Ref, want.made = strconv.Itoa(len(e.documents)+1), e.now()
		e.documents = append(e.documents, want)
	} else {
		n, err := strconv.Atoi(d.Ref)
		if err != nil || n < 1 || n > len(e.documents) || e.documents[n-1].Key != want.Key {
			return connector.Receipt{}, fault.New(fault.Rejected, fault.MissingRef, "writing to the mini ERP", "there is no document "+d.Ref+" of "+want.Key.String())
		}
		want.Ref, want.made = d.Ref, e.documents[n-1].made
		e.documents[n-1] = want
	}
	if e.writes%12 == 0 {
		return connector.Receipt{}, fault.New(fault.Unavailable, fault.Ambiguous, "writing to the mini ERP", "the answer was lost")
	}
	return connector.Receipt{Ref: want.Ref, Detail: "document " + want.Ref}, nil
}

// document returns what the delivery is in the books.
func (e *ERP) document(d connector.Delivery) (*Document, error) {
	made := &Document{Key: d.Message.Key()}
	for _, parent := range d.Message.Parents {
		if parent.Type == "order" {
			made.Order = d.Parents[parent.String()]
		}
	}
	switch body := d.Body.(type) {
	case *canonical.Order:
		made.Amount, made.Status = body.Total, body.Status
		for i, l := range body.Lines {
			if l.SKU == e.unknown {
				return nil, &fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Field: "lines[" + strconv.Itoa(i) + "].sku", Detail: "the mini ERP has no such article"}
			}
		}
		return made, nil
	case *canonical.Customer:
		return made, nil
	case *canonical.Payment:
		made.Amount = body.Amount
	case *canonical.Refund:
		made.Amount = canonical.Money{Currency: body.Amount.Currency}
		for _, t := range body.Transactions {
			made.Amount = made.Amount.Add(t.Amount)
		}
	case *canonical.Shipment:
		for _, l := range body.Lines {
			n, err := strconv.ParseInt(strings.TrimSuffix(l.Quantity.Value.String(), ".0"), 10, 64)
			if err != nil {
				return nil, &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "lines", Detail: "the mini ERP counts whole pieces", Err: err}
			}
			made.Pieces += n
		}
	}
	if made.Order == "" {
		return nil, fault.New(fault.Rejected, fault.MissingRef, "writing to the mini ERP", "the document names no order")
	}
	return made, nil
}

// Find returns the newest document of the key that a search shows by now.
func (e *ERP) Find(_ context.Context, key message.Key) (ref string, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, d := range e.documents {
		if d.Key == key && e.now().Sub(d.made) >= lag {
			ref = d.Ref
		}
	}
	return ref, nil
}
