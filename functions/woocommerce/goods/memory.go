package goods

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
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

// mark is what is remembered of the content that an entity has. Times have whole seconds.
type mark struct {
	digest string
	at     time.Time // version of the first state with this content
	seen   time.Time // when it was first read, by our clock
}

// encode writes marks in a short form, because all of a product's are one item of the State:
// "price 1f2e3d4c5b6a7988 1795382910 1795382911;product …".
func encode(marks map[string]mark) string {
	var all []string
	for _, kind := range slices.Sorted(maps.Keys(marks)) {
		m := marks[kind]
		all = append(all, strings.Join([]string{kind, m.digest, strconv.FormatInt(m.at.Unix(), 10), strconv.FormatInt(m.seen.Unix(), 10)}, " "))
	}
	return strings.Join(all, ";")
}

// decode reads what encode wrote, and reports whether it could.
func decode(text string) (marks map[string]mark, ok bool) {
	marks = map[string]mark{}
	for each := range strings.SplitSeq(text, ";") {
		parts := strings.Split(each, " ")
		if len(parts) != 4 {
			return nil, false
		}
		at, wrong := strconv.ParseInt(parts[2], 10, 64)
		seen, wrongToo := strconv.ParseInt(parts[3], 10, 64)
		if wrong != nil || wrongToo != nil {
			return nil, false
		}
		marks[parts[0]] = mark{parts[1], time.Unix(at, 0).UTC(), time.Unix(seen, 0).UTC()}
	}
	return marks, true
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
		marks, ok := decode(value)
		if !ok {
			return nil, &fault.Error{Kind: fault.Unknown, Class: fault.Bug, Detail: "what is remembered of product " + r.id + " cannot be read"}
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
		if has || only != "" && p.id != only || p.marks[productEntity].digest == "" {
			continue
		}
		if !p.fresh(productEntity) && slices.Contains([]string{digest(retired(p.sku)), digest(elsewhere)}, p.marks[productEntity].digest) {
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
	if now := digest(body); p.marks[kind].digest != now {
		p.marks[kind] = mark{now, at.Truncate(time.Second), p.Now().UTC().Truncate(time.Second)}
		p.changed = true
	}
	return p.marks[kind].at
}

// fresh reports whether the content has to be published.
func (p *page) fresh(kind string) bool {
	return p.raw.Trigger != message.Webhook || p.Now().Sub(p.marks[kind].seen) < grace
}

// keep remembers the page if it changed.
func (p *page) keep(ctx context.Context, at time.Time) error {
	if !p.changed || p.Memory == nil {
		return nil
	}
	_, err := p.Memory.Gather(ctx, p.memoryKey(), attribute, connector.Portion{
		Name: p.id + " " + p.sku, Version: message.NewSequence(at, true, p.Now()), Value: encode(p.marks),
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
