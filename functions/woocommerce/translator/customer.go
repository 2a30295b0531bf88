package translator

import "causeway.example/shared/canonical"

// customer converts a customer resource. A customer that never changed has no date_modified.
func (c *converter) customer(w customer) *canonical.Customer {
	updated := c.time(w.modified, "date_modified")
	if updated.IsZero() {
		updated = c.needTime(w.created, "date_created")
	}
	return &canonical.Customer{
		ID:        w.id,
		Email:     w.email,
		FirstName: w.firstName,
		LastName:  w.lastName,
		Company:   w.billing.Company,
		Phone:     w.billing.Phone,
		Address:   firstAddress(w.billing, w.shipping),
		UpdatedAt: updated,
	}
}

// buyerID returns the id of the order's customer entity: the store's own, or that of a guest
// with an e-mail address, or "".
func buyerID(w *order) (id string, guest bool) {
	if !none(w.customer) {
		return w.customer, false
	}
	return canonical.GuestID(w.billing.email.String()), true
}

// none reports whether an id is one of WooCommerce's values for no id.
func none(id string) bool { return id == "" || id == "0" }

func firstAddress(parties ...party) *canonical.Address {
	for _, p := range parties {
		if address := p.address(); address != nil {
			return address
		}
	}
	return nil
}

// address returns the address, nil if every field of it is empty: that is how the store writes
// an address that was never entered.
func (p party) address() *canonical.Address {
	a := p.Address
	for _, text := range []canonical.Text{
		a.FirstName, a.LastName, a.Company, a.Line1, a.Line2, a.City, a.Region, a.PostalCode, a.Phone,
	} {
		if text.String() != "" {
			return &a
		}
	}
	if a.Country != "" {
		return &a
	}
	return nil
}
