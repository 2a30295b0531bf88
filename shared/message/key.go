package message

import (
	"fmt"
	"strings"
)

// Key names an entity across systems: two stores may both have an order 1001.
type Key struct {
	System string `json:"system"` // such as "shopify"
	Tenant string `json:"tenant"` // such as "example-brand.myshopify.com"
	Type   string `json:"type"`   // such as "order"
	ID     string `json:"id"`     // byte-equal to the source's id
}

var (
	keyEscaper   = strings.NewReplacer("%", "%25", "/", "%2F")
	keyUnescaper = strings.NewReplacer("%25", "%", "%2F", "/", "%2f", "/")
)

// String returns "system/tenant/type/id". A slash within a part is written as %2F and a
// percent sign as %25, so that two different keys never have the same text. Most parts
// have neither and are written as they are.
func (k Key) String() string {
	return strings.Join([]string{
		keyEscaper.Replace(k.System), keyEscaper.Replace(k.Tenant), keyEscaper.Replace(k.Type), keyEscaper.Replace(k.ID),
	}, "/")
}

// ParseKey returns the key whose String is the text. It fails if the text does not have
// four parts, or has a percent sign that does not begin %2F or %25.
func ParseKey(text string) (Key, error) {
	parts := strings.Split(text, "/")
	if len(parts) != 4 {
		return Key{}, fmt.Errorf("entity key %q has %d parts, not system/tenant/type/id; write a slash within a part as %%2F", text, len(parts))
	}
	for i, part := range parts {
		parts[i] = keyUnescaper.Replace(part)
		if written := strings.ReplaceAll(part, "%2f", "%2F"); keyEscaper.Replace(parts[i]) != written {
			return Key{}, fmt.Errorf("entity key %q: a percent sign within a part is written as %%25", text)
		}
	}
	return Key{System: parts[0], Tenant: parts[1], Type: parts[2], ID: parts[3]}, nil
}
