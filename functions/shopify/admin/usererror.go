package admin

import (
	"strings"

	"causeway.example/shared/formats/strictjson"
)

// UserError is one entry of a mutation's userErrors. Its text is dropped: it may repeat what was
// sent.
type UserError struct {
	Code  string // "" where the mutation has no codes
	Field string // path of the argument, such as "input.variants.0.price"
}

// ReadUserErrors reads the list userErrors.
func ReadUserErrors(r *strictjson.Reader) (all []UserError) {
	for range r.Array() {
		var e UserError
		for key := range r.Object() {
			switch {
			case key == "code":
				e.Code, _ = r.NullString()
			case key == "field" && !r.Null():
				var path []string
				for range r.Array() {
					path = append(path, r.String())
				}
				e.Field = strings.Join(path, ".")
			}
		}
		all = append(all, e)
	}
	return all
}
