package product

import (
	"context"
	"math"
	"strconv"
	"strings"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/wire"
)

// mostComponents is how many components a bundle has that we make: each takes a request, and all have the time
// of one delivery.
const mostComponents = 25

// part is a component of a bundle at ShipBob.
type part struct {
	variant, sku string
	quantity     int64
}

func readPart(r *wire.Reader) (p part) {
	for member := range r.Object() {
		switch member {
		case "variant_id":
			p.variant = r.ID()
		case "variant_sku":
			p.sku, _ = r.NullString()
		case "quantity":
			p.quantity = r.Int()
		}
	}
	return p
}

// bundle creates a kit as a bundle of the components' variants. One that is not there yet is waited for.
func (j *job) bundle(ctx context.Context, p *canonical.Product) (connector.Receipt, error) {
	if len(p.Components) > mostComponents {
		return connector.Receipt{}, &fault.Error{
			Kind: fault.Rejected, Class: fault.TooLarge, Field: "components",
			Detail: strconv.Quote(j.sku) + ": has " + strconv.Itoa(len(p.Components)) + " components, more than " + strconv.Itoa(mostComponents) + "; a person makes the bundle at ShipBob",
		}
	}
	parts := make([]part, len(p.Components))
	for i := range p.Components {
		quantity, err := whole(i, &p.Components[i])
		if err != nil {
			return connector.Receipt{}, err
		}
		parts[i] = part{sku: p.Components[i].SKU, quantity: quantity}
	}
	for i := range parts {
		if err := j.place(ctx, i, &parts[i]); err != nil {
			return connector.Receipt{}, err
		}
	}
	id, err := j.make(ctx, draft{name: nameOf(p), sku: p.SKU, parts: parts})
	return connector.Receipt{Ref: id, Detail: "created " + j.sku + " at ShipBob as a bundle of " + text(parts)}, err
}

// whole returns the quantity of a component, which is of whole pieces at ShipBob.
func whole(i int, c *canonical.Component) (int64, error) {
	wrong := &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "components[" + strconv.Itoa(i) + "].sku"}
	if c.SKU == "" {
		wrong.Detail = "a component of the kit has no SKU; give it one in the source, and save the kit"
		return 0, wrong
	}
	n, pieces := c.Quantity.Value.Floor(), c.Quantity.Value
	if n < 1 || n > math.MaxInt32 || canonical.NewDecimal(n, 0).Cmp(pieces) != 0 {
		wrong.Field = "components[" + strconv.Itoa(i) + "].quantity.value"
		wrong.Detail = pieces.String() + " of " + strconv.Quote(c.SKU) + ": a bundle of ShipBob takes whole pieces, from 1 to " + strconv.Itoa(math.MaxInt32)
		return 0, wrong
	}
	return n, nil
}

// place sets the variant of a component.
func (j *job) place(ctx context.Context, i int, p *part) error {
	component := &job{Target: j.Target, sku: p.sku, doing: j.doing}
	r, err := component.find(ctx)
	field := "components[" + strconv.Itoa(i) + "].sku"
	switch {
	case err != nil:
		if f := fault.As(err); f.Field == "sku" {
			named := *f
			named.Field = field
			return &named
		}
		return err
	case r == nil:
		return &fault.Error{
			Kind: fault.NotReady, Class: fault.MissingRef, Field: field, Code: "unknown_sku",
			Detail: strconv.Quote(p.sku) + ": ShipBob has no product with this SKU yet, and the bundle " + strconv.Quote(j.sku) + " waits for it; create it there if no source does",
		}
	case len(r.parts) > 0:
		return &fault.Error{
			Kind: fault.Rejected, Class: fault.Conflict, Field: field, Code: "bundle",
			Detail: strconv.Quote(p.sku) + ": is itself a bundle at ShipBob, and the source stocks it as one piece; a person makes the bundle " + strconv.Quote(j.sku) + " there",
		}
	}
	p.variant = r.id
	return nil
}

// beside returns what the receipt adds about the components of a kit that is there: nothing is converted, and
// the components stay the warehouse's.
func (r *record) beside(p *canonical.Product) string {
	switch {
	case len(p.Components) == 0:
		return ""
	case len(r.parts) == 0:
		return "; it is a regular product there and a kit in the source: nothing is converted, and a person makes it a bundle"
	case !same(r.parts, p.Components):
		return "; its components there are " + text(r.parts) + ", other than in the source, and a person changes them"
	}
	return ""
}

// same reports whether the parts are the components, in any order.
func same(parts []part, components []canonical.Component) bool {
	has := map[string]int64{}
	for _, p := range parts {
		has[p.sku] += p.quantity
	}
	for _, c := range components {
		if canonical.NewDecimal(has[c.SKU], 0).Cmp(c.Quantity.Value) != 0 {
			return false
		}
	}
	return len(has) == len(components)
}

// text lists the components, such as "2 × TEE, 1 × CAP".
func text(parts []part) string {
	all := make([]string, len(parts))
	for i, p := range parts {
		all[i] = strconv.FormatInt(p.quantity, 10) + " × " + p.sku
	}
	return strings.Join(all, ", ")
}
