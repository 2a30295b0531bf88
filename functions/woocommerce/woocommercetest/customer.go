package woocommercetest

import (
	"encoding/json"
	"time"
)

// Customer is a registered customer of the store.
type Customer struct {
	ID       int64
	Created  time.Time
	Modified time.Time // zero if never changed
	Billing  Address   // its names and e-mail address are the customer's own
}

// Body returns the customer as the REST API and deliveries write it.
func (c Customer) Body() []byte {
	return must(json.Marshal(member{
		"id": c.ID, "role": "customer", "email": c.Billing.Email,
		"first_name": c.Billing.FirstName, "last_name": c.Billing.LastName,
		"date_created": site(c.Created), "date_created_gmt": utc(c.Created),
		"date_modified": site(c.Modified), "date_modified_gmt": utc(c.Modified),
		"billing": c.Billing, "shipping": Address{}, "is_paying_customer": false, "meta_data": []member{},
	}))
}
