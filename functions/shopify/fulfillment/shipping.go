package fulfillment

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/owner"
	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// shipping is one shipment on its way into its order's fulfillments.
type shipping struct {
	*Target
	shipment *canonical.Shipment
	key      message.Key      // of the shipment
	version  message.Sequence // of its state
	order    message.Key
	repeated bool // this is not the first attempt
	silent   bool // the customer is not notified
	doing    string
}

// pieces is a quantity that was shipped of one line of the shipment.
type pieces struct {
	field string // of the shipment's line
	line  string // id of the order line, "" if the warehouse does not know it
	sku   string
	count int64
}

// is reports whether the order line is the one that was shipped.
func (p *pieces) is(line, sku string) bool {
	if p.line != "" {
		return p.line == line
	}
	return p.sku == sku
}

// deliver sets the state of the shipment: it creates the fulfillments that the shipment does not
// have yet, corrects their tracking, and records that they were delivered; or it cancels them. ref is
// the id of its first fulfillment, "" if it has none.
func (s *shipping) deliver(ctx context.Context, ref string) (connector.Receipt, error) {
	if s.isCancelled() {
		return s.cancel(ctx, ref)
	}
	left, err := s.shipped()
	if err != nil {
		return connector.Receipt{}, err
	}
	made, left, err := s.fulfilled(ctx, left, ref)
	if err != nil {
		return connector.Receipt{}, err
	}
	planned, err := s.planned(ctx, left)
	if err != nil {
		return connector.Receipt{}, err
	}
	done, err := s.correct(ctx, made)
	if err != nil {
		return connector.Receipt{}, err
	}
	ids, err := s.createAll(ctx, planned)
	if err != nil {
		return connector.Receipt{}, err
	}
	if len(ids) > 0 {
		done = append(done, "fulfillment "+strings.Join(ids, ", ")+" of order "+s.order.ID)
	}
	for _, id := range ids {
		made = append(made, fulfilled{id: id})
	}
	if notes := s.notes(planned); notes != "" {
		done = append(done, notes)
	}
	arrived, err := s.arrive(ctx, made)
	if err != nil {
		return connector.Receipt{}, err
	}
	if done = append(done, arrived...); len(done) == 0 {
		return connector.Receipt{Ref: ref, Linked: true, Detail: "fulfillment " + ref + " of order " + s.order.ID + " is there"}, nil
	}
	return connector.Receipt{Ref: cmp.Or(ref, made[0].id), Detail: strings.Join(done, "; ")}, nil
}

// fulfilled returns the shipment's fulfillments, of which the one of the id ref is one, and the pieces
// that none of them has.
func (s *shipping) fulfilled(ctx context.Context, all []pieces, ref string) (made []fulfilled, left []pieces, err error) {
	if ref == "" {
		return nil, all, nil
	}
	if made, err = s.ours(ctx, ref); err != nil {
		return nil, nil, err
	}
	for i := range made { // it may have been cancelled before
		if err := s.book.Share(ctx, s.fulfillmentKey(made[i].id), s.state()); err != nil {
			return nil, nil, err
		}
	}
	left, err = s.missing(all, made, ref)
	return made, left, err
}

// createAll makes the planned fulfillments and returns their ids.
func (s *shipping) createAll(ctx context.Context, all []planned) (ids []string, err error) {
	for i := range all {
		id, err := s.create(ctx, &all[i])
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// isCancelled reports whether nothing of the shipment left after all.
func (s *shipping) isCancelled() bool { return s.shipment.Status == canonical.ShipmentCancelled }

// shipped returns the shipment's lines in whole pieces, which is how Shopify counts.
func (s *shipping) shipped() ([]pieces, error) {
	var all []pieces
	for i, l := range s.shipment.Lines {
		p := pieces{field: "lines[" + strconv.Itoa(i) + "]", line: l.Line, sku: l.SKU}
		count, err := strconv.ParseInt(l.Quantity.Value.Normal().String(), 10, 64)
		if err != nil {
			return nil, &fault.Error{
				Kind: fault.Rejected, Class: fault.Value, Field: p.field + ".quantity",
				Detail: l.Quantity.Value.String() + ": Shopify fulfills whole pieces only",
			}
		}
		if p.count = count; count > 0 {
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		return nil, &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "lines", Detail: "no line has a quantity, so nothing was shipped"}
	}
	return all, nil
}

// less returns what of the pieces is not among the fulfilled lines.
func less(all []pieces, lines []fulfilledLine) []pieces {
	left := slices.Clone(all)
	for _, l := range lines {
		for i := range left {
			if p := &left[i]; p.is(l.line, l.sku) {
				taken := min(p.count, l.count)
				p.count, l.count = p.count-taken, l.count-taken
			}
		}
	}
	return slices.DeleteFunc(left, func(p pieces) bool { return p.count == 0 })
}

// missing returns what of the pieces none of the shipment's fulfillments has. One that a person
// cancelled in Shopify is not made again, and one that has more than was shipped is not made smaller:
// both are conflicts.
func (s *shipping) missing(left []pieces, made []fulfilled, ref string) ([]pieces, error) {
	if !slices.ContainsFunc(made, func(f fulfilled) bool { return f.id == ref }) {
		return nil, &fault.Error{
			Kind: fault.Rejected, Class: fault.Conflict, Code: "cancelled_in_shopify", Field: "status",
			Detail: "fulfillment " + ref + " was cancelled in Shopify, and the warehouse reports the shipment as " + string(cmp.Or(s.shipment.Status, canonical.Shipped)) + "; fulfill the order in Shopify by hand if it left",
		}
	}
	for i := range made {
		if !within(made[i].lines, left) {
			return nil, &fault.Error{
				Kind: fault.Rejected, Class: fault.Conflict, Code: "fewer_shipped", Field: "lines",
				Detail: "fulfillment " + made[i].id + " has more than the warehouse reports now; cancel it in Shopify and fulfill what left",
			}
		}
		left = less(left, made[i].lines)
	}
	return left, nil
}

// planned plans the pieces that have no fulfillment, if there are any.
func (s *shipping) planned(ctx context.Context, left []pieces) ([]planned, error) {
	if len(left) == 0 {
		return nil, nil
	}
	open, err := s.openOrders(ctx)
	if err != nil {
		return nil, err
	}
	return s.plan(ctx, left, open)
}

// mostLines is how many lines one fulfillmentCreate takes safely. The schema allows 512 for each
// fulfillment order; the fulfillment's own lists are paged by 250.
const mostLines = 250

// taken is a quantity of one line of a fulfillment order.
type taken struct {
	order, line string // ids of the fulfillment order and of its line
	of          string // id of the order line
	count       int64
}

// planned is one fulfillmentCreate: fulfillment orders of one location.
type planned struct {
	location string
	lines    []taken
}

// plan divides the pieces among the open fulfillment orders: one fulfillment per location, of at
// most 250 lines. Nothing is planned unless all of them are open.
func (s *shipping) plan(ctx context.Context, left []pieces, open []openOrder) ([]planned, error) {
	open = first(open, s.location())
	var all []planned
	for _, p := range left {
		for i := range open {
			for j := range open[i].lines {
				l := &open[i].lines[j]
				n := min(p.count, l.left)
				if n == 0 || !open[i].fulfillable() || !p.is(l.line, l.sku) {
					continue
				}
				p.count, l.left = p.count-n, l.left-n
				all = add(all, open[i].location, taken{open[i].id, l.id, l.line, n})
			}
		}
		if p.count > 0 {
			return nil, s.short(ctx, p, open)
		}
	}
	return all, nil
}

// location returns Shopify's id of the location that the shipment left from, "" if it has no entry. An entry of
// the source's own location, such as netsuite/5, comes before one of any warehouse's.
func (s *shipping) location() string {
	return cmp.Or(s.config.Locations[s.key.System+"/"+s.shipment.Location], s.config.Locations[s.shipment.Location])
}

// first puts the fulfillment orders of the location first that the warehouse shipped from.
func first(open []openOrder, location string) []openOrder {
	var here, elsewhere []openOrder
	for _, o := range open {
		if location != "" && o.location == location {
			here = append(here, o)
			continue
		}
		elsewhere = append(elsewhere, o)
	}
	return append(here, elsewhere...)
}

// add puts the pieces into a fulfillment of the location with fewer than mostLines lines, beside
// those of the same fulfillment order.
func add(all []planned, location string, t taken) []planned {
	i := slices.IndexFunc(all, func(p planned) bool { return p.location == location && len(p.lines) < mostLines })
	if i < 0 {
		all, i = append(all, planned{location: location}), len(all)
	}
	at := len(all[i].lines)
	for j := range all[i].lines {
		if all[i].lines[j].order == t.order {
			at = j + 1
		}
	}
	all[i].lines = slices.Insert(all[i].lines, at, t)
	return all
}

// short explains why pieces of the shipment are not open for fulfillment. An order without any
// fulfillment order is asked whether it has something to fulfill at all.
func (s *shipping) short(ctx context.Context, p pieces, open []openOrder) error {
	named := cmp.Or(p.sku, p.line)
	e := &fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Field: p.field + ".sku"}
	known := false
	for i := range open {
		for _, l := range open[i].lines {
			if !p.is(l.line, l.sku) {
				continue
			}
			known = true
			if l.left > 0 && open[i].waits() {
				return &fault.Error{
					Kind: fault.NotReady, Class: fault.Conflict, Code: "FULFILLMENT_ORDER_" + open[i].status, Field: p.field,
					Detail: strconv.Quote(named) + ": fulfillment order " + open[i].id + " is " + strings.ToLower(strings.ReplaceAll(open[i].status, "_", " ")) + " in Shopify; release it there, the delivery waits for it",
				}
			}
		}
	}
	switch {
	case len(open) == 0:
		return s.nothingOpen(ctx)
	case !known:
		e.Detail = strconv.Quote(named) + ": order " + s.order.ID + " has no such line to fulfill; correct the shipment, or fulfill the order by hand"
		return e
	}
	e.Class, e.Code, e.Field = fault.Conflict, "over_fulfillment", p.field+".quantity"
	e.Detail = strconv.Quote(named) + ": " + strconv.FormatInt(p.count, 10) + " more shipped than order " + s.order.ID + " has open; settle the difference in Shopify by hand"
	return e
}

// nothingOpen explains why Shopify shows no fulfillment order: nothing of the order is left to fulfill,
// which is a conflict for a person, or they are hidden from the app or not made yet.
func (s *shipping) nothingOpen(ctx context.Context) error {
	fulfillable, err := s.fulfillable(ctx)
	if err != nil {
		return err
	}
	if !fulfillable {
		return &fault.Error{
			Kind: fault.Rejected, Class: fault.Conflict, Code: "nothing_to_fulfill", Field: "order",
			Detail: "order " + s.order.ID + " has nothing left to fulfill in Shopify, and the warehouse shipped of it: it was fulfilled, cancelled or refunded there before; settle it in Shopify by hand",
		}
	}
	return &fault.Error{
		Kind: fault.NotReady, Class: fault.MissingRef, Field: "order",
		Detail: "Shopify shows no fulfillment order of order " + s.order.ID + " yet; if it stays so, give the app the scopes that the package names",
	}
}

// notes reports what an operator might miss: pieces that were fulfilled at another location than
// the one that they were shipped from.
func (s *shipping) notes(all []planned) string {
	want := s.location()
	for _, p := range all {
		if want != "" && p.location != want {
			return "shipped from location " + want + ", fulfilled at location " + p.location + ", where Shopify had the order"
		}
	}
	return ""
}

// create makes one fulfillment, binds it to its shipment, because nothing in it names the shipment, and
// returns its id. At a location whose fulfillments are published it is announced first.
func (s *shipping) create(ctx context.Context, p *planned) (string, error) {
	input, err := s.encode(p)
	if err != nil {
		return "", err
	}
	published, parcel := s.config.Shipping.Has(s.order.Tenant, p.location), s.parcel(p)
	if published {
		if err := s.book.Announce(ctx, s.order, s.state(), parcel); err != nil {
			return "", err
		}
	}
	id, err := s.mutate(ctx, admin.Call{Query: mutationFulfill, Input: input}, "fulfillmentCreate")
	if err == nil && published {
		err = s.book.Made(ctx, s.order, s.fulfillmentKey(id), s.state(), parcel)
	}
	if err == nil {
		_, err = s.bind(ctx, id)
	}
	return id, err
}

// parcel is the content of a planned fulfillment.
func (s *shipping) parcel(p *planned) owner.Parcel {
	parcel := owner.Parcel{Pieces: map[string]int64{}, Numbers: s.numbers()}
	for _, l := range p.lines {
		parcel.Pieces[l.of] += l.count
	}
	return parcel
}

func (s *shipping) fulfillmentKey(id string) message.Key {
	return payload.Key(s.order.Tenant, payload.EntityFulfillment, id)
}

// bind records whose fulfillment it is, unless that is recorded, and returns whether it is this
// shipment's.
func (s *shipping) bind(ctx context.Context, id string) (bool, error) {
	return s.book.Bind(ctx, s.fulfillmentKey(id), s.key)
}

// share records that the fulfillment is this shipment's, also if it is another one's.
func (s *shipping) share(ctx context.Context, id string) error {
	if s.isCancelled() {
		return nil
	}
	mine, err := s.bind(ctx, id)
	if mine || err != nil {
		return err
	}
	return s.book.Share(ctx, s.fulfillmentKey(id), s.state())
}

// state is the shipment at the version that is delivered.
func (s *shipping) state() owner.State { return owner.State{Key: s.key, Version: s.version} }

// ours returns the shipment's fulfillments, those that are cancelled only if the shipment is, and the
// one of the id ref last. The others have a tracking number of the shipment, or of that one, and only
// lines that are left of the shipment without it: when numbers are corrected, that one is corrected
// last. Where a shipment has no tracking number, a fulfillment of an earlier attempt is one without a
// number, of its lines, that no other shipment is bound to; the first attempt has none.
func (s *shipping) ours(ctx context.Context, ref string) ([]fulfilled, error) {
	if len(s.numbers()) == 0 && !s.repeated && ref == "" {
		return nil, nil
	}
	all, err := s.fulfillments(ctx)
	if f := fault.As(err); f != nil && f.Class == fault.MissingRef && s.isCancelled() && ref == "" {
		return nil, nil // nothing of it was shipped
	}
	if err != nil {
		return nil, err
	}
	lines, err := s.shipped()
	if err != nil && !s.isCancelled() {
		return nil, err
	}
	var found []fulfilled
	for _, f := range s.candidates(all, ref) {
		if f.lines, err = s.linesOf(ctx, f.id); err != nil {
			return nil, err
		}
		mine, err := s.isOurs(ctx, &f, ref, lines)
		if err != nil {
			return nil, err
		}
		if mine {
			found, lines = append(found, f), less(lines, f.lines)
		}
	}
	if len(found) > 0 && found[0].id == ref {
		found = append(found[1:], found[0])
	}
	return found, nil
}

// candidates returns the fulfillments that have a number of the shipment, or of the one of the id ref,
// and that one first. Where there is no number, and where that one has none because it was made before
// there was one, those without a number are among them.
func (s *shipping) candidates(all []fulfilled, ref string) []fulfilled {
	all = slices.DeleteFunc(all, func(f fulfilled) bool { return !f.isLive() && !(s.isCancelled() && f.status == statusCancelled) })
	numbers := s.numbers()
	unnumbered := len(numbers) == 0
	first := slices.IndexFunc(all, func(f fulfilled) bool { return f.id == ref })
	if first >= 0 {
		numbers = append(numbers, all[first].numbers...)
		unnumbered = len(all[first].numbers) == 0
		all[0], all[first] = all[first], all[0]
	}
	return slices.DeleteFunc(all, func(f fulfilled) bool {
		return f.id != ref && !(unnumbered && len(f.numbers) == 0) && !f.hasOneOf(numbers)
	})
}

// isOurs reports whether a candidate is the shipment's: it is the one of the id ref, or it has only
// lines of the shipment. One without a number has to be bound to the shipment too, and so does one of
// a cancelled shipment whose lines are not known.
func (s *shipping) isOurs(ctx context.Context, f *fulfilled, ref string, lines []pieces) (bool, error) {
	known := len(s.shipment.Lines) > 0
	switch {
	case f.id == ref:
		return true, nil
	case known && !within(f.lines, lines):
		return false, nil
	case known && len(f.numbers) > 0:
		return true, nil
	}
	return s.bind(ctx, f.id)
}

func (s *shipping) numbers() (all []string) {
	for _, t := range s.shipment.Tracking {
		all = append(all, t.Number)
	}
	return all
}

// within reports whether the pieces have all that the lines have.
func within(lines []fulfilledLine, all []pieces) bool {
	for _, l := range lines {
		var most int64
		for i := range all {
			if all[i].is(l.line, l.sku) {
				most += all[i].count
			}
		}
		if l.count > most {
			return false
		}
	}
	return true
}
