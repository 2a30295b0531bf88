package goods

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// isExcept reports whether the product is this one, or the one that this one takes the SKU over from.
func (j *job) isExcept(sku, product string) bool {
	_, over := j.left[sku]
	return product == j.product || over && product == j.after
}

// leave notes that the other product takes the SKU over.
func (j *job) leave(sku, other string, since time.Time) {
	if j.heirs == nil {
		j.heirs = map[string]map[string]time.Time{}
	}
	if j.heirs[other] == nil {
		j.heirs[other] = map[string]time.Time{}
	}
	j.heirs[other][sku] = since
}

// mostHeirs is how many products may take over SKUs at once. The state of the others is published with their next
// change.
const mostHeirs = 20

// takenOver returns the events of the products that take SKUs of this one over: they may not change again, and a
// state of theirs that is older than the last one of this product would never count.
func (j *job) takenOver(ctx context.Context) (events []connector.Event, err error) {
	for i, id := range slices.Sorted(maps.Keys(j.heirs)) {
		if i == mostHeirs {
			j.note("sku", "SKUs went to more than "+strconv.Itoa(mostHeirs)+" products, and the others are published with their next change")
			break
		}
		some, err := j.heir(ctx, id)
		if err != nil {
			return nil, err
		}
		events = append(events, some...)
	}
	return events, nil
}

// heir returns the events of a product that takes SKUs over. One that cannot be read is noted; its own delivery
// reports it too. One step is enough: it is the oldest product that is sold.
func (j *job) heir(ctx context.Context, id string) ([]connector.Event, error) {
	if j.after != "" {
		return nil, nil
	}
	next := &job{Source: j.Source, raw: j.raw, doing: j.doing, after: j.product, left: j.heirs[id]}
	body, err := j.fetch(ctx, j.raw.Tenant, id, "fetching product "+id+" of "+j.raw.Tenant)
	if err != nil {
		return nil, err
	}
	var products []*canonical.Product
	if body != nil {
		if products, err = next.read(body); err != nil {
			j.note("sku", "product "+id+" took over and cannot be read: "+err.Error())
			return nil, nil //nolint:nilerr // it is of the other product, whose delivery has it too
		}
	}
	for _, sku := range slices.Sorted(maps.Keys(next.left)) {
		if !slices.ContainsFunc(products, func(p *canonical.Product) bool { return p.SKU == sku && p.Active }) {
			return nil, fault.New(fault.Unavailable, fault.Intermittent, j.doing, "the search by SKU still finds "+strconv.Quote(sku)+" at product "+id+", which is not sold with it any more")
		}
	}
	events, err := next.events(ctx, products)
	j.notes = append(j.notes, next.notes...)
	return events, err
}
