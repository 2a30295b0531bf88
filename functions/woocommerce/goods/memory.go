package goods

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// attribute is the name under which the SKUs of a product are remembered, and memoryEntity the type in its key.
const (
	attribute    = "goods"
	memoryEntity = "assortment"
)

// grace is how long a content is published again by deliveries after it was first: a translation that failed
// before it was published is repeated within that time, and a poll finds it later.
const grace = time.Hour

// mark is what is remembered of the content that an entity has.
type mark struct {
	Digest string    `json:"digest"`
	At     time.Time `json:"at"`   // version of the first state with this content
	Seen   time.Time `json:"seen"` // when it was first read, by our clock
}

// book is what is remembered of a product: a page for each id and SKU.
type book struct {
	*reading
	pages map[string]*page
}

// page is what is remembered of a SKU that a product or variation has, or had: a mark for each kind of entity.
type page struct {
	*reading
	id, sku string
	marks   map[string]mark
	changed bool
}

func (r *reading) memoryKey() message.Key { return r.key(memoryEntity, r.id) }

// open reads what is remembered of the product. It remembers an empty part with it, because Gather has no way
// to read alone.
func (r *reading) open(ctx context.Context) (*book, error) {
	b := &book{reading: r, pages: map[string]*page{}}
	if r.Memory == nil {
		return b, nil
	}
	parts, err := r.Memory.Gather(ctx, r.memoryKey(), attribute, connector.Portion{})
	if err != nil {
		return nil, err
	}
	for name, value := range parts {
		id, sku, named := strings.Cut(name, " ")
		if !named {
			continue
		}
		marks := map[string]mark{}
		if err := json.Unmarshal([]byte(value), &marks); err != nil {
			return nil, &fault.Error{Kind: fault.Unknown, Class: fault.Bug, Detail: "what is remembered of product " + r.id + " cannot be read", Err: err}
		}
		b.pages[name] = &page{reading: r, id: id, sku: sku, marks: marks}
	}
	return b, nil
}

func (b *book) page(id, sku string) *page {
	name := id + " " + sku
	if b.pages[name] == nil {
		b.pages[name] = &page{reading: b.reading, id: id, sku: sku, marks: map[string]mark{}}
	}
	return b.pages[name]
}

// lost returns the pages of the product's SKUs, or of one variation's, that it does not have any more, and
// their SKUs. One that was retired before is left out, except by a poll.
func (b *book) lost(only string, sold []record) (pages []*page, skus []string) {
	for _, name := range slices.Sorted(maps.Keys(b.pages)) {
		p := b.pages[name]
		has := slices.ContainsFunc(sold, func(one record) bool { return one.id == p.id && one.sku == p.sku })
		if has || only != "" && p.id != only || p.marks[productEntity].Digest == "" {
			continue
		}
		if !p.fresh(productEntity) && slices.Contains([]string{digest(retired(p.sku)), digest(elsewhere)}, p.marks[productEntity].Digest) {
			continue
		}
		pages = append(pages, p)
		if !slices.Contains(skus, p.sku) {
			skus = append(skus, p.sku)
		}
	}
	return pages, skus
}

// retired is the body of a SKU that the product lost.
func retired(sku string) *canonical.Product { return &canonical.Product{ID: sku, SKU: sku} }

// elsewhere is remembered in place of the body of a SKU that another product or variation of the store has.
const elsewhere = "elsewhere"

// leave forgets what the SKU had beside the product: if it comes back, all of it is published.
func (p *page) leave() {
	maps.DeleteFunc(p.marks, func(kind string, _ mark) bool { return kind != productEntity })
}

// dated returns the version of the first state with the body's content. The body has no date yet.
func (p *page) dated(kind string, body any, at time.Time) time.Time {
	if now := digest(body); p.marks[kind].Digest != now {
		p.marks[kind] = mark{Digest: now, At: at, Seen: p.Now().UTC()}
		p.changed = true
	}
	return p.marks[kind].At
}

// fresh reports whether the content has to be published.
func (p *page) fresh(kind string) bool {
	return p.raw.Trigger != message.Webhook || p.Now().Sub(p.marks[kind].Seen) < grace
}

// keep remembers the page if it changed.
func (p *page) keep(ctx context.Context, at time.Time) error {
	if !p.changed || p.Memory == nil {
		return nil
	}
	value, err := json.Marshal(p.marks)
	if err != nil {
		return &fault.Error{Kind: fault.Unknown, Class: fault.Bug, Err: err}
	}
	_, err = p.Memory.Gather(ctx, p.memoryKey(), attribute, connector.Portion{
		Name: p.id + " " + p.sku, Version: message.NewSequence(at, true, p.Now()), Value: string(value),
	})
	return err
}

// digest identifies the content of a body.
func digest(body any) string {
	data, err := canonical.Encode(body)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}
