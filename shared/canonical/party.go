package canonical

import "time"

// Customer is a person or company that buys. Schema customer/1.
type Customer struct {
	ID        string    `json:"id" validate:"required,max=128"`
	Guest     bool      `json:"guest"` // known only from an order; ID is derived from the e-mail address
	Email     Text      `json:"email,omitzero" pii:"email" validate:"email"`
	FirstName Text      `json:"first_name,omitzero" pii:"name"`
	LastName  Text      `json:"last_name,omitzero" pii:"name"`
	Company   Text      `json:"company,omitzero" pii:"name"`
	Phone     Text      `json:"phone,omitzero" pii:"phone"`
	Address   *Address  `json:"address,omitempty"` // default address
	Note      Text      `json:"note,omitzero"`
	UpdatedAt time.Time `json:"updated_at" validate:"required"`
}

// Address is a postal address.
type Address struct {
	FirstName  Text   `json:"first_name,omitzero" pii:"name"`
	LastName   Text   `json:"last_name,omitzero" pii:"name"`
	Company    Text   `json:"company,omitzero" pii:"name"`
	Line1      Text   `json:"line1,omitzero" pii:"address"`
	Line2      Text   `json:"line2,omitzero" pii:"address"`
	City       Text   `json:"city,omitzero" pii:"address"`
	Region     Text   `json:"region,omitzero"` // subdivision code as the source gives it, such as "NY"
	PostalCode Text   `json:"postal_code,omitzero" pii:"address"`
	Country    string `json:"country,omitempty" validate:"country"` // ISO 3166-1 alpha-2
	Phone      Text   `json:"phone,omitzero" pii:"phone"`
}

// GuestID returns the customer id of a guest: "guest-" and a hash of the normal form
// of the e-mail address, or "" if there is no address. Two guest orders from one
// address thus belong to one customer, by exact match only, and no id holds the
// address itself: logs, ledgers and URLs contain ids.
func GuestID(email string) string {
	hash := EmailHash(email)
	if hash == "" {
		return ""
	}
	return "guest-" + hash
}
