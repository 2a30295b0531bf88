package admin

import (
	"cmp"
	"context"
	"strings"

	"causeway.example/shared/fault"
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

// NoCode is the code of a user error that has none, and of a mutation that Shopify answers with null.
const NoCode = "user_error"

// ReadCode reads a list of user errors and returns the last code of them, NoCode if none of them has one,
// and "" if the list is empty.
func ReadCode(r *strictjson.Reader) (code string) {
	for _, e := range ReadUserErrors(r) {
		if e.Code != "" || code == "" {
			code = cmp.Or(e.Code, NoCode)
		}
	}
	return code
}

// Mutate sends a mutation of that name and returns the code of its last user error, "" if it has none.
func (a *Client) Mutate(ctx context.Context, c Call, name string) (code string, err error) {
	code = NoCode
	c.Read = func(r *strictjson.Reader) {
		for key := range r.Object() {
			if key != name || r.Null() {
				continue
			}
			code = ""
			for key := range r.Object() {
				if key == "userErrors" {
					code = ReadCode(r)
				}
			}
		}
	}
	_, err = a.Query(ctx, c)
	return code, err
}

// Encoded returns what was written, as the input of a mutation. The error is fault.Rejected and names the
// field.
func Encoded(w *strictjson.Writer) ([]byte, error) {
	if err := w.Err(); err != nil {
		return nil, &fault.Error{Kind: fault.Rejected, Class: fault.Class(err.Class), Field: err.Path, Detail: err.Rule, Err: err}
	}
	return w.Bytes(), nil
}
