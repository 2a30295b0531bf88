package translator

func (d *decoder) customer() (c customer) {
	for key := range d.Object() {
		switch key {
		case "id":
			c.id = d.id()
		case "email":
			c.email = d.Email()
		case "first_name":
			c.firstName = d.Text()
		case "last_name":
			c.lastName = d.Text()
		case "date_created":
			d.Moment(&c.created.Local)
		case "date_created_gmt":
			d.Moment(&c.created.GMT)
		case "date_modified":
			d.Moment(&c.modified.Local)
		case "date_modified_gmt":
			d.Moment(&c.modified.GMT)
		case "billing":
			c.billing = d.party()
		case "shipping":
			c.shipping = d.party()
		case "_links":
			c.link = d.Self()
		case "line_items", "order_key", "currency", "sku":
			c.foreign = key
		}
	}
	d.Need("id", c.id)
	return c
}

func (d *decoder) party() (p party) {
	for key := range d.Object() {
		switch key {
		case "first_name":
			p.FirstName = d.Text()
		case "last_name":
			p.LastName = d.Text()
		case "company":
			p.Company = d.Text()
		case "phone":
			p.Phone = d.Text()
		case "email":
			p.email = d.Email()
		default:
			d.place(&p, key)
		}
	}
	return p
}

func (d *decoder) place(p *party, key string) {
	switch key {
	case "address_1":
		p.Line1 = d.Text()
	case "address_2":
		p.Line2 = d.Text()
	case "city":
		p.City = d.Text()
	case "state":
		p.Region = d.Text()
	case "postcode":
		p.PostalCode = d.Text()
	case "country":
		p.Country = d.Country()
	}
}

// deleted reads the body of the deleted topics, which has an id alone. whole is true of the
// entry of a list, which has the rest too.
func (d *decoder) deleted() (id string, whole bool) {
	for key := range d.Object() {
		switch key {
		case "id":
			id = d.id()
		case "status":
			whole = true
		}
	}
	d.Need("id", id)
	return id, whole
}
