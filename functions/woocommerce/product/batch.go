package product

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"causeway.example/functions/woocommerce/rest"
	"causeway.example/shared/combine"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

// Most is how many deliveries are combined: the product and the price of as many articles as one request
// takes, because an item of an ERP that is saved is both.
const Most = 2 * mostObjects

// The bounds of a batch: how many products one request takes; how many products a batch creates, which takes a store
// longer than a change; and how many requests a batch makes, because the variations of each product are one. The rest waits for
// the next.
const (
	mostObjects = 100
	mostNew     = 25
	mostGroups  = 10
	retryRest   = 10 * time.Second
)

// question is what a delivery makes of the record with its SKU, nil for none.
type question struct {
	*job
	decide func(*record) (plan, error)
}

// ask decides and writes, together with what else the worker received.
func (j *job) ask(ctx context.Context, decide func(*record) (plan, error)) (connector.Receipt, error) {
	receipt, err := j.combiner.Ask(ctx, j.store.Tenant, question{j, decide})
	return receipt, fault.Doing(j.doing, err)
}

// entry is a question with its record and plan. It is settled by a receipt or an error.
type entry struct {
	question
	record *record
	plan   plan
	open   bool // it has to be written
	result combine.Result[connector.Receipt]
}

func (e *entry) fail(err error) { e.open, e.result.Err = false, err }

// confirm settles the entry with the product that was created, or with the one that there was.
func (e *entry) confirm(made string) {
	e.open, e.result.Answer = false, e.plan.receipt
	if e.plan.create {
		e.result.Answer.Ref = made
	}
}

// batch is what was asked for one store together.
type batch struct {
	store   *rest.Store
	doing   string
	entries []*entry
}

// work reads what the store has of all SKUs, and writes what differs, as the only batch of the store in this
// process.
func (t *Target) work(ctx context.Context, tenant string, asked []question) []combine.Result[connector.Receipt] {
	b := &batch{store: t.Stores.Of(tenant), doing: "writing products of " + tenant + " to " + rest.Name}
	if len(asked) == 1 {
		b.doing = asked[0].doing
	}
	for _, q := range asked {
		b.entries = append(b.entries, &entry{question: q, open: true})
	}
	b.inTurn(ctx, t.turns[tenant])
	results := make([]combine.Result[connector.Receipt], len(asked))
	for i, e := range b.entries {
		results[i] = e.result
	}
	return results
}

func (b *batch) inTurn(ctx context.Context, turn chan struct{}) {
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
		b.read(ctx)
		b.write(ctx)
	case <-ctx.Done():
		b.failAll(b.entries, &fault.Error{Kind: fault.Unavailable, Class: fault.Intermittent, Scope: fault.EntityScope, Detail: "other products of the store took too long", Err: ctx.Err()})
	}
}

func (b *batch) failAll(entries []*entry, err error) {
	for _, e := range entries {
		if e.open {
			e.fail(err)
		}
	}
}

// read finds the records, and settles what needs no write or allows none.
func (b *batch) read(ctx context.Context) {
	var skus []string
	for _, e := range b.entries {
		if err := searchable(e.sku); err != nil {
			e.fail(err)
		} else if !slices.Contains(skus, e.sku) {
			skus = append(skus, e.sku)
		}
	}
	found := map[string][]*record{}
	for _, some := range rest.Searches(skus) {
		records, err := search(ctx, b.store, some, b.doing)
		if err != nil {
			b.failAll(b.entries, err)
			return
		}
		for sku, all := range records {
			found[sku] = all
		}
	}
	for _, e := range b.entries {
		if e.open {
			e.judge(found[e.sku])
		}
	}
}

// judge decides by what the store has of the SKU.
func (e *entry) judge(found []*record) {
	var err error
	if e.record, err = e.only(found); err == nil {
		e.plan, err = e.decide(e.record)
	}
	switch {
	case err != nil:
		e.fail(err)
	case len(e.plan.change) == 0:
		e.confirm("")
	}
}

// write writes what is left: one product by itself, several by batches.
func (b *batch) write(ctx context.Context) {
	var left []*entry
	for _, e := range b.entries {
		if e.open {
			left = append(left, e)
		}
	}
	if len(left) == 1 {
		left[0].write(ctx)
		return
	}
	for i, g := range grouped(left) {
		if i >= mostGroups {
			b.failAll(slices.Concat(g.update, g.create), later("variations of as many products are written as one batch does"))
			continue
		}
		b.writeGroup(ctx, g)
	}
}

// grouped returns the requests. An entry that waits for the next batch is settled.
func grouped(entries []*entry) (all []*group) {
	last, made := map[string]*group{}, map[string]bool{}
	for _, e := range entries {
		path := rest.ProductsPath + "/batch"
		if e.record != nil && e.record.isVariation() {
			path = rest.ProductsPath + "/" + url.PathEscape(e.record.parent) + "/variations/batch"
		}
		switch {
		case e.plan.create && len(made) >= mostNew:
			e.fail(later("as many products are created as one batch does"))
			continue
		case e.plan.create && made[e.sku]:
			e.fail(later("another event creates the product"))
			continue
		}
		g := last[path]
		if g == nil || len(g.create)+len(g.update) >= mostObjects {
			g = &group{path: path}
			last[path], all = g, append(all, g)
		}
		if e.plan.create {
			made[e.sku], g.create = true, append(g.create, e)
		} else {
			g.update = append(g.update, e)
		}
	}
	return all
}

// later is the failure of what waits for the next batch.
func later(why string) error {
	return &fault.Error{Kind: fault.Throttled, Scope: fault.EntityScope, Class: fault.RateLimit, After: retryRest, Detail: why}
}

// write writes one product by a request of its own, and settles it as one of a batch.
func (e *entry) write(ctx context.Context) {
	method, path := http.MethodPost, rest.ProductsPath
	if !e.plan.create {
		method, path = http.MethodPut, e.record.path()
	}
	answer, err := send(ctx, e.store, method, path, e.doing, e.plan.body(""))
	written := &record{}
	if f := fault.As(err); f != nil && f.Code != "" {
		written.failed = meant(f)
	} else if err != nil {
		e.fail(err)
		return
	} else {
		d := rest.NewDecoder(answer.Body)
		written = readRecord(d)
		if err := d.Finish(); err != nil {
			e.fail(rest.Broken(fault.As(err).Field, fault.As(err).Detail))
			return
		}
	}
	settle([]*entry{e}, []*record{written}, "sku")
}

// group is what one request writes.
type group struct {
	path           string
	create, update []*entry
}

func bodies(entries []*entry) []map[string]any {
	all := make([]map[string]any, len(entries))
	for i, e := range entries {
		id := ""
		if e.record != nil {
			id = e.record.id
		}
		all[i] = e.plan.body(id)
	}
	return all
}

// writeGroup writes the products, or the variations of one, and settles each by its own answer.
func (b *batch) writeGroup(ctx context.Context, g *group) {
	body := map[string]any{}
	for name, entries := range map[string][]*entry{"create": g.create, "update": g.update} {
		if len(entries) > 0 {
			body[name] = bodies(entries)
		}
	}
	all := slices.Concat(g.create, g.update)
	answer, err := send(ctx, b.store, http.MethodPost, g.path, b.doing, body)
	if err != nil {
		b.failAll(all, err)
		return
	}
	answers, d := map[string][]*record{}, rest.NewDecoder(answer.Body)
	for member := range d.Object() {
		if member != "create" && member != "update" {
			continue
		}
		for range d.Array() {
			answers[member] = append(answers[member], readRecord(d))
		}
	}
	if err := d.Finish(); err != nil {
		b.failAll(all, rest.Broken(fault.As(err).Field, fault.As(err).Detail))
		return
	}
	settle(g.create, answers["create"], "create")
	settle(g.update, answers["update"], "update")
}

// settle gives each entry its answer, in the order of the request. An answer about another product is none.
func settle(entries []*entry, answers []*record, member string) {
	for i, e := range entries {
		switch {
		case i >= len(answers):
			e.fail(rest.Broken(member, "the answer lacks the product with the SKU "+e.sku))
		case answers[i].failed != nil && answers[i].failed.Code == codeTaken && e.plan.create:
			e.fail(taken(answers[i].failed))
		case answers[i].failed != nil:
			e.fail(answers[i].failed)
		case e.plan.create && answers[i].sku != e.sku || !e.plan.create && answers[i].id != e.record.id:
			e.fail(rest.Broken(member, "the answer has another product in the place of the one with the SKU "+e.sku))
		default:
			e.confirm(answers[i].ref())
		}
	}
}

// verdicts lead from the codes of a product's error to what they mean. Any other code is about a value, and
// is not retried.
var verdicts = map[string]fault.Error{
	"woocommerce_rest_product_invalid_id":           {Kind: fault.Unavailable, Class: fault.Intermittent, Scope: fault.EntityScope, Detail: "the product is gone since it was read"},
	"woocommerce_rest_product_variation_invalid_id": {Kind: fault.Unavailable, Class: fault.Intermittent, Scope: fault.EntityScope, Detail: "the variation is gone since it was read"},
	"woocommerce_rest_invalid_product_id":           {Kind: fault.Unavailable, Class: fault.Intermittent, Scope: fault.EntityScope, Detail: "the product has become a variation since it was read"},
	"woocommerce_rest_cannot_batch":                 {Kind: fault.Unauthorized, Class: fault.Auth, Field: rest.KeySetting, Detail: "the key may not write products: it needs read and write permission"},
	"product_invalid_global_unique_id":              {Kind: fault.Rejected, Class: fault.Value, Scope: fault.EntityScope, Field: "barcode", Detail: "the store rejects it: another product has it, or it is no GTIN"},
}

// readError reads the error of one product of a batch.
func readError(d rest.Decoder) *fault.Error {
	code, status := "", 0
	for member := range d.Object() {
		switch {
		case member == "code":
			code, _ = d.NullString()
		case member == "data" && d.Kind() == strictjson.ObjectKind:
			for name := range d.Object() {
				if name == "status" {
					status = int(d.Int())
				}
			}
		}
	}
	f := &fault.Error{Kind: fault.Rejected, Class: fault.Value, Code: code, Status: status, Detail: "the store rejects the product"}
	if status >= http.StatusInternalServerError {
		f.Kind, f.Class, f.Scope, f.Detail = fault.Unavailable, fault.Intermittent, fault.EntityScope, "the store failed to save the product"
	}
	return meant(f)
}

// meant returns the error of a product by what its code means.
func meant(f *fault.Error) *fault.Error {
	verdict, known := verdicts[f.Code]
	if !known {
		return f
	}
	verdict.Code, verdict.Status = f.Code, f.Status
	return &verdict
}
