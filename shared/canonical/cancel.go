package canonical

import "time"

// CancelRequest is what a system that is not the order's store has ended of an order: it asks the
// store to cancel it. The store decides. Schema cancel_request/1.
type CancelRequest struct {
	ID     string       `json:"id" validate:"required,max=128"`     // of the system's own record
	Number string       `json:"number,omitempty" validate:"max=64"` // by which people know the record, such as "SO-1042"
	Order  string       `json:"order" validate:"required,max=128"`  // id of the order in its store
	Status CancelStatus `json:"status" validate:"oneof=cancelled closed"`
	// Fulfilled and Billed report whether something of the order was, in the system that asks.
	Fulfilled bool `json:"fulfilled"`
	Billed    bool `json:"billed"`
	// RequestedAt is when the record was last changed.
	RequestedAt time.Time `json:"requested_at" validate:"required"`
}

// CancelStatus is how an order was ended.
type CancelStatus string

// The ends of an order.
const (
	RequestCancelled CancelStatus = "cancelled" // before it was approved
	RequestClosed    CancelStatus = "closed"    // nothing more of it is fulfilled
)

// Words says the request as a person reads it: "closed as SO-1042 after something was fulfilled".
func (c *CancelRequest) Words() string {
	words := string(c.Status) + " as "
	if c.Number != "" {
		words += c.Number
	} else {
		words += c.ID
	}
	switch {
	case c.Fulfilled && c.Billed:
		return words + " after something was fulfilled and billed"
	case c.Fulfilled:
		return words + " after something was fulfilled"
	case c.Billed:
		return words + " after something was billed"
	}
	return words
}
