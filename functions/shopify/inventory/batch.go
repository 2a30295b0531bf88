package inventory

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"causeway.example/shared/combine"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// batch is what was asked for one shop together.
type batch struct {
	*Target
	shop   string
	levels []*level
}

// level is one quantity of the batch. It is settled by a receipt or an error.
type level struct {
	wanted
	stock   stock
	settled bool
	result  combine.Result[connector.Receipt]
}

func (l *level) fail(err error) { l.settled, l.result.Err = true, err }

func (l *level) confirm(linked bool, ref, detail string) {
	l.settled = true
	l.result.Answer = connector.Receipt{Ref: ref, Detail: detail, Linked: linked, Version: strconv.FormatInt(l.quantity, 10)}
}

// set reads what the shop has of all levels, and sets those that differ.
func (t *Target) set(ctx context.Context, shop string, asked []wanted) []combine.Result[connector.Receipt] {
	b := &batch{Target: t, shop: shop, levels: make([]*level, len(asked))}
	for i, w := range asked {
		b.levels[i] = &level{wanted: w}
	}
	b.work(ctx)
	results := make([]combine.Result[connector.Receipt], len(asked))
	for i, l := range b.levels {
		results[i] = l.result
	}
	return results
}

// work settles the levels, as the only batch of the shop in this process.
func (b *batch) work(ctx context.Context) {
	turn := b.turns[b.shop]
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		failAll(b.levels, &fault.Error{Kind: fault.Unavailable, Class: fault.Intermittent, Scope: fault.EntityScope, Detail: "other stock levels of the shop took too long", Err: ctx.Err()})
		return
	}
	if err := b.affordable(ctx); err != nil {
		failAll(b.levels, err)
		return
	}
	b.look(ctx)
	b.activateAll(ctx)
	b.write(ctx)
}

// affordable waits until the shop's bucket has enough points for reading the whole batch, if that
// is before its time is over: a batch of which only a part can be read would be several, and so would
// messages that return one by one.
func (b *batch) affordable(ctx context.Context) error {
	for {
		err := b.config.API.Affords(b.shop, queryLevels, (len(b.levels)+skusAtOnce-1)/skusAtOnce)
		if err == nil {
			return nil
		}
		wait := fault.As(err).After
		if end, bounded := ctx.Deadline(); bounded && time.Until(end) < wait+writing {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return err
		}
	}
}

// writing is the time that is left for reading and setting a batch after a wait.
const writing = 12 * time.Second

// left returns the levels that are not settled and fit.
func (b *batch) left(fits func(*level) bool) (all []*level) {
	for _, l := range b.levels {
		if !l.settled && fits(l) {
			all = append(all, l)
		}
	}
	return all
}

func anyLevel(*level) bool { return true }

// look reads the stock of each location, and settles what needs no write or allows none.
func (b *batch) look(ctx context.Context) {
	at := map[string][]*level{}
	for _, l := range b.levels {
		at[l.location] = append(at[l.location], l)
	}
	for _, location := range slices.Sorted(maps.Keys(at)) {
		skus := make([]string, len(at[location]))
		for i, l := range at[location] {
			skus[i] = l.sku
		}
		slices.Sort(skus)
		found, err := b.stocks(ctx, location, slices.Compact(skus))
		if err != nil {
			failAll(at[location], err)
			continue
		}
		for _, l := range at[location] {
			b.judge(l, found[l.sku])
		}
	}
	b.once()
}

// judge settles a level that needs no write, or allows none.
func (b *batch) judge(l *level, found []stock) {
	switch {
	case len(found) == 0 && b.config.Skip:
		l.confirm(true, "none", "not set: "+b.shop+" has no variant with the SKU "+l.sku)
		return
	case len(found) == 0:
		l.fail(&fault.Error{
			Kind: fault.Rejected, Class: fault.MissingRef, Field: "sku", Code: "unknown_sku",
			Detail: strconv.Quote(l.sku) + ": " + b.shop + " has no variant with this SKU; create it, then redrive, or set SHOPIFY_STOCK_UNKNOWN_SKU to skip",
		})
		return
	case len(found) > 1:
		l.fail(&fault.Error{
			Kind: fault.Rejected, Class: fault.MissingRef, Field: "sku", Code: "ambiguous_sku",
			Detail: strconv.Quote(l.sku) + ": " + strconv.Itoa(len(found)) + " variants of " + b.shop + " have this SKU, and each would sell the stock; make it unique",
		})
		return
	}
	l.stock = found[0]
	switch ref := l.stock.item; {
	case !l.stock.tracked:
		l.confirm(true, ref, "not set: "+b.shop+" does not track the quantity of "+l.sku)
	case l.stock.stocked && l.stock.has == l.quantity:
		l.confirm(true, ref, l.sku+" at location "+l.location+" has "+strconv.FormatInt(l.quantity, 10)+" already")
	}
}

// once lets one of several levels of the same item and location be set: Shopify takes each pair
// once in a request, and the others read what the first wrote.
func (b *batch) once() {
	seen := map[[2]string]bool{}
	for _, l := range b.left(anyLevel) {
		pair := [2]string{l.stock.item, l.location}
		if seen[pair] {
			l.fail(&fault.Error{
				Kind: fault.Rejected, Class: fault.Conflict, Code: codeStale, Detail: "another level of the same item is set in the same request",
			})
		}
		seen[pair] = true
	}
}

// retryActivation is when an item is tried again that a batch did not get to.
const retryActivation = 10 * time.Second

// activations is how many items a batch activates. Each is a request of its own, and the rest
// waits for the next.
const activations = 40

// activateAll stocks the items that are not stocked at their location.
func (b *batch) activateAll(ctx context.Context) {
	for i, l := range b.left(func(l *level) bool { return !l.stock.stocked }) {
		if i >= activations {
			l.fail(&fault.Error{Kind: fault.Throttled, Scope: fault.EntityScope, Class: fault.RateLimit, After: retryActivation, Detail: "as many items are activated as one batch does"})
			continue
		}
		has, err := b.activate(ctx, l, message.DeriveID("shopify-activate", b.shop, l.event, l.stock.item, l.location))
		if err != nil {
			l.fail(err)
			continue
		}
		if l.stock.stocked, l.stock.has = true, has; has == l.quantity {
			l.confirm(false, l.stock.item, l.sku+" is activated at location "+l.location+" with "+strconv.FormatInt(has, 10))
		}
	}
}

// rounds is how often a batch is sent while single levels of it are rejected.
const rounds = 4

// write sets all levels that are left. Those that Shopify rejects are taken out, and the others
// are sent again: a mutation with a user error changes nothing.
func (b *batch) write(ctx context.Context) {
	for round := range rounds {
		levels := b.left(anyLevel)
		if len(levels) == 0 {
			return
		}
		failed, err := b.setAll(ctx, levels, b.key(levels, round))
		switch {
		case err != nil:
			failAll(levels, err)
		case len(failed) == 0:
			for _, l := range levels {
				l.confirm(false, l.stock.item, l.sku+" at location "+l.location+" from "+strconv.FormatInt(l.stock.has, 10)+" to "+strconv.FormatInt(l.quantity, 10))
			}
		default:
			takeOut(levels, failed)
		}
	}
	failAll(b.left(anyLevel), &fault.Error{
		Kind: fault.Unavailable, Class: fault.Conflict, Scope: fault.EntityScope, Detail: "other levels of the same requests were rejected one after another",
	})
}

// takeOut fails the levels that the errors are about. An error that names no level is about all,
// except that of a spent key: the next round has another one.
func takeOut(levels []*level, failed []userError) {
	for i := range failed {
		e := &failed[i]
		switch {
		case e.code == codeSpent:
		case e.index < 0 || e.index >= len(levels):
			failAll(levels, e.fault())
		case !levels[e.index].settled:
			levels[e.index].fail(e.fault())
		}
	}
}

func failAll(levels []*level, err error) {
	for _, l := range levels {
		if !l.settled {
			l.fail(err)
		}
	}
}

// key is the idempotency key of a request. It is another one for other levels, other quantities,
// and the next round.
func (b *batch) key(levels []*level, round int) string {
	parts := []string{"shopify-stock", b.shop, strconv.Itoa(round)}
	for _, l := range levels {
		parts = append(parts, l.event, l.stock.item, l.location, strconv.FormatInt(l.stock.has, 10), strconv.FormatInt(l.quantity, 10))
	}
	return message.DeriveID(parts...)
}
