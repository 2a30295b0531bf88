package goods

import (
	"slices"
	"strings"
	"time"

	"causeway.example/shared/assortment/memory"
	"causeway.example/shared/canonical"
	"causeway.example/shared/message"
)

// grace is how long a content is published again by deliveries after it was first: a translation that failed
// before it was published is repeated within that time, and a poll finds it later.
const grace = time.Hour

// page is what is remembered of a SKU that a product or variation has, or had.
type page struct {
	*reading
	id, sku, name string
}

// page returns what is remembered of the SKU at the product or variation. The id is part of the name, so that a
// product that gives its SKU to a variation loses it.
func (r *reading) page(id, sku string) page { return page{r, id, sku, id + " " + sku} }

// lost returns the pages of the product's SKUs, or of one variation's, that it does not have any more. One that
// was retired before is left out, except by a poll.
func (r *reading) lost() (pages []page, err error) {
	names := r.book.Lost(func(name string) bool {
		return slices.ContainsFunc(r.sold, func(one record) bool { return r.page(one.id, one.sku).name == name })
	})
	for _, name := range names {
		id, sku, _ := strings.Cut(name, " ")
		p, known := r.page(id, sku), r.book.Mark(name, productEntity)
		if r.only != "" && id != r.only || known.Digest == "" {
			continue
		}
		end, err := memory.Digest(retired(sku))
		if err != nil {
			return nil, err
		}
		if p.fresh(productEntity) || known.Digest != end {
			pages = append(pages, p)
		}
	}
	return pages, nil
}

// retired is the body of a SKU that the product lost.
func retired(sku string) *canonical.Product { return &canonical.Product{ID: sku, SKU: sku} }

// dated returns the version of the first state with the body's content, and remembers it. The body has no date yet.
// A SKU that is left to another product, or comes back from it, has a new state.
func (p page) dated(kind string, body any, at time.Time, left bool) (time.Time, error) {
	digest, err := memory.Digest(body)
	if err != nil {
		return time.Time{}, err
	}
	now := memory.Mark{Digest: digest, Since: at.Truncate(time.Second), Seen: p.Now().UTC().Truncate(time.Second), Left: left}
	one := p.book.Date(p.name, kind, now)
	if one.Left != left {
		one = now
	}
	p.book.Set(p.name, kind, one)
	return one.Since, nil
}

// fresh reports whether the content has to be published.
func (p page) fresh(kind string) bool {
	return p.raw.Trigger != message.Webhook || p.Now().Sub(p.book.Mark(p.name, kind).Seen) < grace
}

// newest is the time of the store's newest answer, or ours if it names none.
func (r *reading) newest() time.Time {
	if r.at.IsZero() {
		return r.Now().UTC()
	}
	return r.at
}
