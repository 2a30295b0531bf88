package inventory

import (
	"context"
	"strconv"
	"time"

	"causeway.example/functions/woocommerce/rest"
	"causeway.example/shared/combine"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// batch is what was asked for one store together.
type batch struct {
	*Target
	store  *rest.Store
	levels []*level // one for each SKU
}

// level is the quantity of one SKU. It is settled by a receipt or an error.
type level struct {
	wanted
	product product
	settled bool
	result  combine.Result[done]
}

func (l *level) fail(err error) { l.settled, l.result.Err = true, err }

func (l *level) confirm(linked bool, ref, detail string) {
	l.settled = true
	l.result.Answer = done{l.quantity, connector.Receipt{Ref: ref, Detail: detail, Linked: linked}}
}

// set reads what the store has of all SKUs, and sets what differs.
func (t *Target) set(ctx context.Context, store string, asked []wanted) []combine.Result[done] {
	b := &batch{Target: t, store: t.config.Stores.Of(store)}
	of := map[string]*level{}
	for _, w := range asked {
		l := of[w.sku]
		switch {
		case l == nil:
			l = &level{wanted: w}
			of[w.sku], b.levels = l, append(b.levels, l)
		case l.quantity != w.quantity && !l.settled: // levels of two locations
			var err error
			if l.quantity, err = w.sum(ctx); err != nil {
				l.fail(err)
			}
		}
	}
	b.work(ctx)
	results := make([]combine.Result[done], len(asked))
	for i, w := range asked {
		results[i] = of[w.sku].result
	}
	return results
}

// work settles the levels, as the only batch of the store in this process.
func (b *batch) work(ctx context.Context) {
	turn := b.turns[b.store.Tenant]
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		b.failAll(&fault.Error{Kind: fault.Unavailable, Class: fault.Intermittent, Scope: fault.EntityScope, Detail: "other stock levels of the store took too long", Err: ctx.Err()})
		return
	}
	skus := make([]string, len(b.levels))
	for i, l := range b.levels {
		skus[i] = l.sku
	}
	found, err := products(ctx, b.store, skus)
	if err != nil {
		b.failAll(err)
		return
	}
	for _, l := range b.levels {
		if !l.settled {
			b.judge(l, found[l.sku])
		}
	}
	b.write(ctx)
}

func (b *batch) failAll(err error) {
	for _, l := range b.levels {
		if !l.settled {
			l.fail(err)
		}
	}
}

// judge settles a level that needs no write, or allows none.
func (b *batch) judge(l *level, found []product) {
	store := b.store.Tenant
	switch {
	case len(found) == 0 && b.config.Skip:
		l.confirm(true, None, "not set: "+store+" has no product with the SKU "+l.sku)
		return
	case len(found) == 0:
		l.fail(&fault.Error{
			Kind: fault.Rejected, Class: fault.MissingRef, Field: "sku", Code: "unknown_sku",
			Detail: strconv.Quote(l.sku) + ": " + store + " has no product with this SKU; create it, then redrive, or set WOOCOMMERCE_STOCK_UNKNOWN_SKU to skip",
		})
		return
	case len(found) > 1:
		l.fail(&fault.Error{
			Kind: fault.Rejected, Class: fault.MissingRef, Field: "sku", Code: "ambiguous_sku",
			Detail: strconv.Quote(l.sku) + ": " + strconv.Itoa(len(found)) + " products of " + store + " have this SKU, and each would sell the stock; make it unique",
		})
		return
	}
	l.product = found[0]
	switch ref := l.product.ref(); {
	case l.product.managed == "parent":
		l.confirm(true, ref, "not set: "+store+" manages the stock of "+l.sku+" at product "+l.product.parent+", for all of its variations")
	case l.product.managed != "true":
		l.confirm(true, ref, "not set: "+store+" does not manage the stock of "+l.sku)
	case l.product.has == l.quantity:
		l.confirm(true, ref, l.sku+" has "+strconv.FormatInt(l.quantity, 10)+" already")
	}
}

// retryRest is when a level is tried again that a batch did not get to.
const retryRest = 10 * time.Second

// requests is how many requests a batch makes: variations of one product are one. The rest waits for
// the next.
const requests = 20

// write sets all levels that are left, those of one product's variations in one request.
func (b *batch) write(ctx context.Context) {
	var order []string // products; "" for those that are no variations
	groups := map[string][]*level{}
	for _, l := range b.levels {
		if l.settled {
			continue
		}
		parent := l.product.parent
		if groups[parent] == nil {
			order = append(order, parent)
		}
		groups[parent] = append(groups[parent], l)
	}
	for i, parent := range order {
		if i >= requests {
			for _, l := range groups[parent] {
				l.fail(&fault.Error{Kind: fault.Throttled, Scope: fault.EntityScope, Class: fault.RateLimit, After: retryRest, Detail: "variations of as many products are set as one batch does"})
			}
			continue
		}
		b.writeGroup(ctx, parent, groups[parent])
	}
}

// writeGroup sets the levels of products, or of the variations of one, and settles each by its own
// answer.
func (b *batch) writeGroup(ctx context.Context, parent string, levels []*level) {
	answers, err := update(ctx, b.store, parent, levels)
	for _, l := range levels {
		switch a, answered := answers[l.product.id]; {
		case err != nil:
			l.fail(err)
		case !answered:
			l.fail(rest.Broken("update", "the answer lacks product "+l.product.ref()))
		case a.failed != nil:
			l.fail(a.failed)
		case a.managed != "true" || a.has != l.quantity:
			l.fail(&fault.Error{
				Kind: fault.Rejected, Class: fault.Conflict, Field: "stock_quantity", Code: "not_set",
				Detail: strconv.FormatInt(l.quantity, 10) + ": the store answers that product " + l.product.ref() + " has " + strconv.FormatInt(a.has, 10) + "; another plugin may manage its stock",
			})
		default:
			l.confirm(false, l.product.ref(), l.sku+" from "+strconv.FormatInt(l.product.has, 10)+" to "+strconv.FormatInt(l.quantity, 10))
		}
	}
}
