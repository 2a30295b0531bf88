package netsuite

import (
	"strings"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// nowhere reports whether the address names neither a place nor a company. Stores keep
// such empty addresses for buyers who never gave one.
func nowhere(a *canonical.Address) bool {
	return a == nil || a.Line1.String()+a.Line2.String()+a.City.String()+a.PostalCode.String()+a.Company.String() == ""
}

// checkAddress rejects text that is too long, and a missing country, for which NetSuite
// would take the subsidiary's. A postal code may be missing, as in Hong Kong. Field is the
// address's path in the entity.
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

// addressField returns the address as the field of the name, without content if it is none.
func addressField(name string, a *canonical.Address) field {
	if nowhere(a) {
		return field{name: name, kind: groupKind}
	}
	return field{name: name, kind: groupKind, parts: addressParts(a)}
}

func addressParts(a *canonical.Address) []field {
	addressee, attention := recipients(a)
	return []field{
		plainField("addressee", addressee),
		plainField("attention", attention),
		plainField("addr1", a.Line1.String()),
		plainField("addr2", a.Line2.String()),
		plainField("city", a.City.String()),
		plainField("state", a.Region.String()),
		plainField("zip", a.PostalCode.String()),
		{name: "addrPhone", kind: phoneKind, value: a.Phone.String()},
		refField("country", a.Country),
	}
}
