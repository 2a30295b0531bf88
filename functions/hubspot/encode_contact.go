package hubspot

import (
	"strings"

	"causeway.example/shared/canonical"
)

// propEmail is the e-mail address of a contact, which is unique.
const propEmail = "email"

// contactFields are the canonical fields by the property that they set.
var contactFields = map[string]string{
	propEmail: "email", "firstname": "first_name", "lastname": "last_name", "phone": "phone", "company": "company",
	"address": "address.line1", "city": "address.city", "state": "address.region", "zip": "address.postal_code", "country": "address.country",
	propCustomer: "id",
}

func emailOf(c *canonical.Customer) string { return canonical.NormalEmail(c.Email.String()) }

// contactProperties returns the properties of the contact. A field of which the store said nothing
// leaves the property alone, and one without a value removes it; but an e-mail address is never
// removed, because HubSpot knows a person by it.
func contactProperties(c *canonical.Customer) []property {
	var all []property
	set := func(name string, value canonical.Text) {
		if !value.IsZero() {
			all = append(all, property{name, clean(value.String())})
		}
	}
	if email := emailOf(c); email != "" {
		all = append(all, property{propEmail, email})
	}
	set("firstname", c.FirstName)
	set("lastname", c.LastName)
	set("phone", c.Phone)
	set("company", c.Company)
	if a := c.Address; a != nil {
		all = append(all, property{"address", street(a)})
		set("city", a.City)
		set("state", a.Region)
		set("zip", a.PostalCode)
		if a.Country != "" {
			all = append(all, property{"country", a.Country})
		}
	}
	return all
}

// street returns both lines of the address, because HubSpot has one property for them.
func street(a *canonical.Address) string {
	return strings.Trim(clean(a.Line1.String())+", "+clean(a.Line2.String()), ", ")
}

func clean(text string) string {
	text, _ = canonical.Clean(text)
	return strings.TrimSpace(text)
}
