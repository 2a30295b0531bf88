package netsuite

import (
	"cmp"

	"causeway/shared/canonical"
	"causeway/shared/formats/strictjson"
)

// encodeCustomer returns the body of a customer's upsert. A new record needs a name,
// which form it has (person or company) and a subsidiary; none of these is changed later.
func encodeCustomer(c *canonical.Customer, subsidiary string, isNew bool) ([]byte, error) {
	if err := checkCustomer(c); err != nil {
		return nil, err
	}
	w := strictjson.NewWriter(nil)
	w.Obj()
	if isNew {
		writeNewNames(w, c)
		refField(w, "subsidiary", subsidiary)
	} else {
		writeKnownNames(w, c)
	}
	textField(w, "email", c.Email)
	textField(w, "phone", c.Phone)
	textField(w, "comments", c.Note)
	writeAddressBook(w, c.Address)
	w.EndObj()
	return finish(w)
}

func checkCustomer(c *canonical.Customer) error {
	err := checkLimits(
		limit{"first_name", c.FirstName.String(), maxPersonName},
		limit{"last_name", c.LastName.String(), maxPersonName},
		limit{"company", c.Company.String(), maxCompany},
		limit{"email", c.Email.String(), maxEmail},
		limit{"phone", c.Phone.String(), maxPhone},
		limit{"note", c.Note.String(), maxComments},
	)
	if err != nil {
		return err
	}
	return checkAddress(c.Address, "address")
}

// personName returns first and last name; a single name counts as the last, which
// NetSuite demands.
func personName(first, last canonical.Text) (canonical.Text, canonical.Text) {
	if last.String() == "" && first.String() != "" {
		return canonical.NullText(), first
	}
	return first, last
}

// writeNewNames names a new record. Without any name it is a company called by its
// e-mail address or, without one, by its id in the store, so that the choice is the same
// each time.
func writeNewNames(w *strictjson.Writer, c *canonical.Customer) {
	first, last := personName(c.FirstName, c.LastName)
	company := c.Company.String()
	if last.String() == "" {
		w.BoolField("isPerson", false)
		w.StrField("companyName", cmp.Or(company, c.Email.String(), c.ID))
		return
	}
	w.BoolField("isPerson", true)
	w.OptStr("firstName", first.String())
	w.StrField("lastName", last.String())
	w.OptStr("companyName", company)
}

// writeKnownNames renames a record. A name is never cleared down to nothing, and a
// record that has only a company's name is not given a person's.
func writeKnownNames(w *strictjson.Writer, c *canonical.Customer) {
	first, last := personName(c.FirstName, c.LastName)
	if last.String() != "" {
		textField(w, "firstName", first)
		textField(w, "lastName", last)
		textField(w, "companyName", c.Company)
		return
	}
	w.OptStr("companyName", c.Company.String())
}

// writeAddressBook writes the one address that the store calls the default.
func writeAddressBook(w *strictjson.Writer, a *canonical.Address) {
	if nowhere(a) {
		return
	}
	w.Key("addressBook").Obj()
	w.Key("items").Arr()
	w.Obj()
	w.BoolField("defaultShipping", true)
	w.BoolField("defaultBilling", true)
	writeAddress(w, "addressBookAddress", a)
	w.EndObj()
	w.EndArr()
	w.EndObj()
}
