package message

import (
	"fmt"
	"strings"
)

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
