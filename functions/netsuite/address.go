package netsuite

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
func (f *fitted) recipients(a *canonical.Address, field string) (addressee, attention string) {
	company, name := a.Company.String(), person(a)
	if company != "" && name != "" {
		return f.cut(field+".company", company, maxAddressee), f.cut(field+".last_name", name, maxAddressee)
	}
	if company != "" {
		field, name = field+".company", company
	} else {
		field += ".last_name"
	}
	lines := append(f.wrap(field, name, maxAddressee), "")
	return lines[0], f.cut(field, strings.TrimSpace(strings.Join(lines[1:], " ")), maxAddressee)
}

// street returns the lines of the street. Text that is too long for one is continued in the next.
func (f *fitted) street(a *canonical.Address, field string) [3]string {
	lines := f.wrap(field+".line1", a.Line1.String(), maxStreet)
	if second := a.Line2.String(); second != "" {
		lines = append(lines, f.wrap(field+".line2", second, maxStreet)...)
	}
	var street [3]string
	copy(street[:], lines)
	if len(lines) > len(street) {
		street[2] = f.cut(field+".line2", strings.Join(lines[2:], " "), maxStreet)
	}
	return street
}

// addressField returns the address as the field of the name, without content if it is none.
// Path is the address's in the canonical entity.
func (f *fitted) addressField(name string, a *canonical.Address, path string) field {
	return groupField(name, f.addressParts(a, path))
}

func (f *fitted) addressParts(a *canonical.Address, path string) []field {
	if nowhere(a) {
		return nil
	}
	addressee, attention := f.recipients(a, path)
	street := f.street(a, path)
	return []field{
		plainField("addressee", addressee),
		plainField("attention", attention),
		plainField("addr1", street[0]),
		plainField("addr2", street[1]),
		plainField("addr3", street[2]),
		plainField("city", f.cut(path+".city", a.City.String(), maxCity)),
		plainField("state", f.cut(path+".region", a.Region.String(), maxState)),
		plainField("zip", f.cut(path+".postal_code", a.PostalCode.String(), maxPostcode)),
		phoneField(plainField("addrPhone", f.phone(path+".phone", a.Phone.String()))),
		refField("country", f.country(path+".country", a.Country)),
	}
}
