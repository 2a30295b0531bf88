package netsuite

import (
	"cmp"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/formats/strictjson"
)

// The number of characters that NetSuite's fields hold. It rejects longer text.
const (
	maxPersonName = 32
	maxCompany    = 83
	maxComments   = 4000
)

// customerBook is the sublist with a customer's addresses.
const customerBook = "addressBook"

// party is a customer whose text fits NetSuite's fields, with its one address.
type party struct {
	*canonical.Customer
	fit  *record.Fit
	book []record.Field // the address that the store calls the default, nil if it has none
}

func newParty(s *record.Settings, c *canonical.Customer) (*party, error) {
	f, whole := record.NewFit(s), *c
	whole.FirstName = f.CutText("first_name", c.FirstName, maxPersonName)
	whole.LastName = f.CutText("last_name", c.LastName, maxPersonName)
	whole.Company = f.CutText("company", c.Company, maxCompany)
	whole.Note = f.CutText("note", c.Note, maxComments)
	if phone := f.Phone("phone", c.Phone.String()); phone != c.Phone.String() {
		whole.Phone = canonical.NewText(phone)
	}
	book := f.AddressParts(c.Address, "address")
	return &party{&whole, f, book}, f.Err
}

// newCustomer returns the body of a customer's first write. A new record needs a name, its
// form (person or company) and a subsidiary; neither of the last two is changed later.
// number makes the name unique where the account does not number its customers.
func newCustomer(c *party, subsidiary, number string) ([]byte, error) {
	fields := newNames(c.Customer)
	if number != "" {
		fields = append(fields, record.PlainField("entityId", number))
	}
	fields = append(fields, record.RefField("subsidiary", subsidiary))
	return encodeCustomer(append(fields, contacts(c.Customer)...), c.book)
}

// changedCustomer returns the body with what differs from NetSuite's record and the
// sublist to replace; the body is nil if nothing differs.
func changedCustomer(c *party, have *suitetalk.Document) (body []byte, replace string, err error) {
	fields := record.Changed(append(knownNames(c.Customer), contacts(c.Customer)...), have.Values)
	book := c.book
	if inBook(book, have.Lists[customerBook]) {
		book = nil
	}
	if len(fields) == 0 && book == nil {
		return nil, "", nil
	}
	if book != nil {
		replace = customerBook
	}
	body, err = encodeCustomer(fields, book)
	return body, replace, err
}

func encodeCustomer(fields, book []record.Field) ([]byte, error) {
	w := strictjson.NewWriter(nil)
	w.Obj()
	record.WriteFields(w, fields)
	writeBook(w, book)
	w.EndObj()
	return suitetalk.Finish(w)
}

func contacts(c *canonical.Customer) []record.Field {
	return []record.Field{record.TextField("email", c.Email), record.PhoneField(record.TextField("phone", c.Phone)), record.TextField("comments", c.Note)}
}

// personName returns first and last name; a single name counts as the last, which
// NetSuite demands.
func personName(first, last canonical.Text) (canonical.Text, canonical.Text) {
	if last.String() == "" && first.String() != "" {
		return canonical.NullText(), first
	}
	return first, last
}

// newNames names a new record. Without any name it is a company called by its e-mail
// address or, without one, by its id in the store, so that the choice is the same each time.
func newNames(c *canonical.Customer) []record.Field {
	first, last := personName(c.FirstName, c.LastName)
	company := c.Company.String()
	if last.String() == "" {
		return []record.Field{
			record.FlagField("isPerson", false),
			record.PlainField("companyName", firstRunes(cmp.Or(company, c.Email.String(), c.ID), maxCompany)),
		}
	}
	return []record.Field{
		record.FlagField("isPerson", true),
		record.PlainField("firstName", first.String()),
		record.PlainField("lastName", last.String()),
		record.PlainField("companyName", company),
	}
}

// knownNames renames a record. A name is never cleared down to nothing, and a record that
// has only a company's name is not given a person's.
func knownNames(c *canonical.Customer) []record.Field {
	first, last := personName(c.FirstName, c.LastName)
	if last.String() != "" {
		return []record.Field{record.TextField("firstName", first), record.TextField("lastName", last), record.TextField("companyName", c.Company)}
	}
	return []record.Field{record.PlainField("companyName", c.Company.String())}
}

// inBook reports whether the address is the default one in NetSuite. Other addresses there
// do not matter.
func inBook(book []record.Field, lines []suitetalk.Values) bool {
	want := record.GroupField("addressBookAddress", book)
	for _, l := range lines {
		if l["defaultShipping"] == "true" && !want.Differs(l) {
			return true
		}
	}
	return book == nil
}

// writeBook writes the address book with the address alone.
func writeBook(w *strictjson.Writer, book []record.Field) {
	if book == nil {
		return
	}
	w.Key(customerBook).Obj()
	w.Key("items").Arr()
	w.Obj()
	w.BoolField("defaultShipping", true)
	w.BoolField("defaultBilling", true)
	record.WriteFields(w, []record.Field{record.GroupField("addressBookAddress", book)})
	w.EndObj()
	w.EndArr()
	w.EndObj()
}
