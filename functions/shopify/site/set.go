package site

import (
	"slices"
	"strconv"
	"strings"

	"causeway.example/shared/fault"
)

// Set is the locations of shops: Shopify's ids, by shop.
type Set map[string][]string

// Parse reads the entries of the setting. Errors are fault.Rejected of class config.
func Parse(setting string, entries, shops []string) (Set, error) {
	all := Set{}
	for _, entry := range entries {
		shop, id, named := strings.Cut(entry, "/")
		switch {
		case named:
		case len(shops) == 1:
			shop, id = shops[0], entry
		default:
			return nil, Wrong(setting, strconv.Quote(entry)+" does not name its shop, and there are several: write "+shops[0]+"/"+entry)
		}
		switch {
		case !slices.Contains(shops, shop):
			return nil, Wrong(setting, strconv.Quote(entry)+" is of a shop that is not in SHOPIFY_SHOPS")
		case id == "" || strings.Trim(id, "0123456789") != "":
			return nil, Wrong(setting, strconv.Quote(entry)+" has no id of a location, such as 655441491")
		case all.Has(shop, id):
			return nil, Wrong(setting, strconv.Quote(entry)+" is there twice")
		}
		all[shop] = append(all[shop], id)
	}
	return all, nil
}

// Wrong is the error of a setting that names locations.
func Wrong(setting, rule string) error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.Config, Field: setting, Detail: rule}
}

// Has reports whether the location of the shop is one of them.
func (s Set) Has(shop, id string) bool { return slices.Contains(s[shop], id) }
