package woocommerce

func (d *decoder) customer() (c customer) {
	for key := range d.Object() {
		switch key {
		case "id":
			c.id = d.ID()
		case "email":
			c.email = d.text()
		case "first_name":
			c.firstName = d.text()
		case "last_name":
			c.lastName = d.text()
		case "date_created":
			d.moment(&c.created.local)
		case "date_created_gmt":
			d.moment(&c.created.gmt)
		case "date_modified":
			d.moment(&c.modified.local)
		case "date_modified_gmt":
			d.moment(&c.modified.gmt)
		case "billing":
			c.billing = d.party()
		case "shipping":
			c.shipping = d.party()
		}
	}
	d.need("id", c.id)
	return c
}

func (d *decoder) party() (p party) {
	for key := range d.Object() {
		switch key {
		case "first_name":
			p.FirstName = d.text()
		case "last_name":
			p.LastName = d.text()
		case "company":
			p.Company = d.text()
		case "address_1":
			p.Line1 = d.text()
		case "address_2":
			p.Line2 = d.text()
		case "city":
			p.City = d.text()
		case "state":
			p.Region = d.text()
		case "postcode":
			p.PostalCode = d.text()
		case "country":
			p.Country = d.country()
		case "phone":
			p.Phone = d.text()
		case "email":
			p.email = d.text()
		}
	}
	return p
}

// deleted reads the body of the deleted topics, which is an id and nothing else.
func (d *decoder) deleted() (id string) {
	for key := range d.Object() {
		if key == "id" {
			id = d.ID()
		}
	}
	d.need("id", id)
	return id
}
