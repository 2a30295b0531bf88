package record

import (
	"strings"

	"causeway.example/shared/canonical"
)

// nowhere reports whether the address names neither a place nor a company. Stores keep
// such empty addresses for buyers who never gave one.
func nowhere(a *canonical.Address) bool {
	return a == nil || a.Line1.String()+a.Line2.String()+a.City.String()+a.PostalCode.String()+a.Company.String() == ""
}

func person(a *canonical.Address) string {
	return strings.TrimSpace(a.FirstName.String() + " " + a.LastName.String())
}

// recipients returns the first line of the label and, for a company, the person there.
func (f *Fit) recipients(a *canonical.Address, field string) (addressee, attention string) {
	company, name := a.Company.String(), person(a)
	if company != "" && name != "" {
		return f.Cut(field+".company", company, maxAddressee), f.Cut(field+".last_name", name, maxAddressee)
	}
	if company != "" {
		field, name = field+".company", company
	} else {
		field += ".last_name"
	}
	lines := append(f.wrap(field, name, maxAddressee), "")
	return lines[0], f.Cut(field, strings.TrimSpace(strings.Join(lines[1:], " ")), maxAddressee)
}

// street returns the lines of the street. Text that is too long for one is continued in the next.
func (f *Fit) street(a *canonical.Address, field string) [3]string {
	lines := f.wrap(field+".line1", a.Line1.String(), maxStreet)
	if second := a.Line2.String(); second != "" {
		lines = append(lines, f.wrap(field+".line2", second, maxStreet)...)
	}
	var street [3]string
	copy(street[:], lines)
	if len(lines) > len(street) {
		street[2] = f.Cut(field+".line2", strings.Join(lines[2:], " "), maxStreet)
	}
	return street
}

// AddressField returns the address as the field of the name, without content if it is none.
// Path is the address's in the canonical entity.
func (f *Fit) AddressField(name string, a *canonical.Address, path string) Field {
	return GroupField(name, f.AddressParts(a, path))
}

// AddressParts returns the fields of an address, nil if it is none. Path is the address's in the
// canonical entity.
func (f *Fit) AddressParts(a *canonical.Address, path string) []Field {
	if nowhere(a) {
		return nil
	}
	addressee, attention := f.recipients(a, path)
	street := f.street(a, path)
	return []Field{
		PlainField("addressee", addressee),
		PlainField("attention", attention),
		PlainField("addr1", street[0]),
		PlainField("addr2", street[1]),
		PlainField("addr3", street[2]),
		PlainField("city", f.Cut(path+".city", a.City.String(), maxCity)),
		PlainField("state", f.Cut(path+".region", a.Region.String(), maxState)),
		PlainField("zip", f.Cut(path+".postal_code", a.PostalCode.String(), maxPostcode)),
		PhoneField(PlainField("addrPhone", f.Phone(path+".phone", a.Phone.String()))),
		RefField("country", f.country(path+".country", a.Country)),
	}
}
