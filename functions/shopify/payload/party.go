package payload

import (
	"causeway.example/shared/canonical"
	"causeway.example/shared/formats/strictjson"
)

// ReadCustomer reads the payload of the customers/… topics. It requires id and updated_at.
func ReadCustomer(r *Reader) (*Customer, *strictjson.Error) {
	c := r.customer()
	if c == nil {
		c = &Customer{}
	}
	r.require(c.ID != "", "id")
	r.require(!c.UpdatedAt.IsZero(), "updated_at")
	return c, r.End()
}

// Customer is a customer and the global id that proves that it is one.
type Customer struct {
	canonical.Customer
	GID string // "" if the payload has none
}

// customer reads a customer, whole or embedded in an order, or null. The members of an order
// are rejected: the topic is in a header, which is not signed.
func (r *Reader) customer() *Customer {
	if r.Null() {
		return nil
	}
	var c Customer
	for key := range r.Object() {
		switch key {
		case "line_items", "financial_status", "order_id":
			r.Fail(strictjson.Schema, "is no member of a customer: the body is not of the topic that its header names")
		case "admin_graphql_api_id":
			c.GID = r.Word()
		case "id":
			c.ID = r.id()
		case "email":
			c.Email = r.Email()
		case "first_name":
			c.FirstName = r.Text()
		case "last_name":
			c.LastName = r.Text()
		case "phone":
			c.Phone = r.Text()
		case "note":
			c.Note = r.Text()
		case "default_address":
			c.Address = r.address()
		case "updated_at":
			c.UpdatedAt = r.Time()
		}
	}
	if c.Address != nil {
		c.Company = c.Address.Company
	}
	return &c
}

// address reads a postal address, or null. An address without any member is read as null.
func (r *Reader) address() *canonical.Address {
	if r.Null() {
		return nil
	}
	var a canonical.Address
	var province canonical.Text
	for key := range r.Object() {
		if key == "province" {
			province = r.Text()
		}
		r.addressField(&a, key)
	}
	if a.Region.String() == "" { // Shopify has no code for the province
		a.Region = province
	}
	if a == (canonical.Address{}) {
		return nil
	}
	return &a
}

func (r *Reader) addressField(a *canonical.Address, key string) {
	switch key {
	case "first_name":
		a.FirstName = r.Text()
	case "last_name":
		a.LastName = r.Text()
	case "company":
		a.Company = r.Text()
	case "address1":
		a.Line1 = r.Text()
	case "address2":
		a.Line2 = r.Text()
	case "city":
		a.City = r.Text()
	case "province_code":
		a.Region = r.Text()
	case "zip":
		a.PostalCode = r.Text()
	case "country_code":
		a.Country = r.Country()
	case "phone":
		a.Phone = r.Text()
	}
}
