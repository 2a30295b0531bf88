package netsuite

import (
	"strings"

	"causeway/shared/canonical"
	"causeway/shared/fault"
	"causeway/shared/formats/strictjson"
)

// nowhere reports whether the address names no place and no one that anything could be
// sent to. Stores keep such shells for buyers who never gave one.
func nowhere(a *canonical.Address) bool {
	return a == nil || a.Line1.String()+a.Line2.String()+a.City.String()+a.PostalCode.String()+a.Company.String() == ""
}

// checkAddress refuses what NetSuite would cut or guess: text that is too long, and a
// missing country, for which it would take the subsidiary's. A postal code may be
// missing, as in Hong Kong. Field is the address's path in the entity.
func checkAddress(a *canonical.Address, field string) error {
	if nowhere(a) {
		return nil
	}
	if a.Country == "" {
		return rejected(fault.Value, field+".country", "is missing, and NetSuite would assume the subsidiary's")
	}
	return checkLimits(
		limit{field + ".company", a.Company.String(), maxAddressee},
		limit{field + ".last_name", person(a), maxAddressee},
		limit{field + ".line1", a.Line1.String(), maxStreet},
		limit{field + ".line2", a.Line2.String(), maxStreet},
		limit{field + ".city", a.City.String(), maxCity},
		limit{field + ".region", a.Region.String(), maxState},
		limit{field + ".postal_code", a.PostalCode.String(), maxPostcode},
		limit{field + ".phone", a.Phone.String(), maxPhone},
	)
}

func person(a *canonical.Address) string {
	return strings.TrimSpace(a.FirstName.String() + " " + a.LastName.String())
}

// recipients returns the first line of the label and, for a company, the person there.
func recipients(a *canonical.Address) (addressee, attention string) {
	if company := a.Company.String(); company != "" {
		return company, person(a)
	}
	return person(a), ""
}

// writeAddress writes the address as the member name, if it is one.
func writeAddress(w *strictjson.Writer, name string, a *canonical.Address) {
	if nowhere(a) {
		return
	}
	addressee, attention := recipients(a)
	w.Key(name).Obj()
	w.OptStr("addressee", addressee)
	w.OptStr("attention", attention)
	w.OptStr("addr1", a.Line1.String())
	w.OptStr("addr2", a.Line2.String())
	w.OptStr("city", a.City.String())
	w.OptStr("state", a.Region.String())
	w.OptStr("zip", a.PostalCode.String())
	w.OptStr("addrPhone", a.Phone.String())
	nameField(w, "country", "id", a.Country)
	w.EndObj()
}
