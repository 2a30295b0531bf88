package hubspot

import (
	"cmp"
	"context"
	"encoding/hex"
	"io"
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

// mostSlots bounds the list of an order's shipments or refunds, with its fences.
const mostSlots = 1000

// A fact is a refund of an order, or a state of one of its shipments. HubSpot has no record for
// either, so that all facts of an order are written into properties of the order. Two facts may be
// written at once, and HubSpot has no compare-and-set: their list is kept by connector.CrossRef, whose
// slots are bound once. A later state of a shipment is a slot of its own, with its version.
//
// A fact binds the first free slot to itself. It knows what is bound before it, writes all of that,
// and then binds the next free slot as a fence. If it finds facts before it could, which began
// meanwhile, it writes again with them. So the last write contains every fact: its writer found
// no fact beyond its list, and a fact that is bound later is written later.
type facts struct {
	*work
	order message.Key
	kind  string // "shipment" or "refund"
	once  bool   // a fact with the same id is the same, also with another text
	slot  int    // the next that was not read
	known []string
}

const fenceMark = "~"

// add records the fact, and calls set with the facts of the order, as they were bound, until it was
// called with all of them.
func (f *facts) add(ctx context.Context, own string, set func(all []string) error) error {
	for {
		bound, err := f.bind(ctx, own)
		if err != nil {
			return err
		}
		if id, _, _ := strings.Cut(own, column); bound == own || f.once && strings.HasPrefix(bound, id+column) {
			break
		}
	}
	for {
		if err := set(f.known); err != nil {
			return err
		}
		grew, err := f.fence(ctx)
		if err != nil || !grew {
			return err
		}
	}
}

// fence binds the next free slot, and reports whether facts were bound before it.
func (f *facts) fence(ctx context.Context) (grew bool, err error) {
	drawn := make([]byte, 8)
	if _, err := io.ReadFull(f.random, drawn); err != nil {
		return false, &fault.Error{Kind: fault.Unavailable, Class: fault.Intermittent, Scope: fault.OwnScope, Doing: f.doing, Detail: "drawing a random number", Err: err}
	}
	fence, before := fenceMark+hex.EncodeToString(drawn), len(f.known)
	for {
		bound, err := f.bind(ctx, fence)
		if err != nil {
			return false, err
		}
		if bound == fence {
			return len(f.known) > before, nil
		}
	}
}

// bind offers the value to the next slot and returns what the slot has. A fact is added to those
// that are known.
func (f *facts) bind(ctx context.Context, value string) (string, error) {
	if f.slot++; f.slot > mostSlots {
		return "", &fault.Error{Kind: fault.Rejected, Class: fault.TooLarge, Detail: "the order has too many " + f.kind + "s: " + strconv.Itoa(mostSlots)}
	}
	bound, err := f.memory.Bind(ctx, f.order, Name+"/"+f.kind+"/"+strconv.Itoa(f.slot), value)
	if err == nil && !strings.HasPrefix(bound, fenceMark) {
		f.known = append(f.known, bound)
	}
	return bound, err
}

// columns of a fact are separated by tabs. The first is its id, which two systems may both have.
const column = "\t"

// systemsOf returns for each id of the facts the first system that reported it, which is the column with the
// number. A fact without one, of before there was the column, is that system's.
func systemsOf(all []string, number int) map[string]string {
	first := map[string]string{}
	for _, each := range all {
		if p := strings.Split(each, column); first[p[0]] == "" && len(p) > number {
			first[p[0]] = p[number]
		}
	}
	return first
}

func columns(parts ...string) string {
	for i, part := range parts {
		parts[i] = clean(part)
	}
	return strings.Join(parts, column)
}

// shipment adds the shipment's state to its order: the tracking numbers, the day, what left, and
// whether it was delivered or cancelled.
func (w *work) shipment(ctx context.Context, s *canonical.Shipment) (connector.Receipt, error) {
	var numbers, lines []string
	for _, t := range s.Tracking {
		numbers = append(numbers, t.Number)
	}
	for _, l := range s.Lines {
		lines = append(lines, l.Quantity.Value.String()+" "+l.SKU)
	}
	delivered := ""
	if !s.DeliveredAt.IsZero() {
		delivered = s.DeliveredAt.UTC().Format(time.RFC3339)
	}
	own := columns(s.ID, s.ShippedAt.UTC().Format(time.RFC3339), strings.Join(numbers, ", "), s.Carrier, cut(strings.Join(lines, ", ")),
		string(cmp.Or(s.Status, canonical.Shipped)), delivered, w.version, w.key.System)
	return w.fact(ctx, "shipment", own, shipmentProperties)
}

// parcel is a state of a shipment, as a slot has it.
type parcel struct {
	id, numbers, carrier, goods string
	shipped                     string // RFC 3339
	status                      canonical.ShipmentStatus
	delivered, version, system  string
}

// parcelSystem is the column of a shipment's system.
const parcelSystem = 8

func parcelOf(text string) parcel {
	p := append(strings.Split(text, column), "", "", "", "") // a slot of before there were states has no status
	return parcel{p[0], p[2], p[3], p[4], p[1], canonical.ShipmentStatus(p[5]), p[6], p[7], p[parcelSystem]}
}

// parcels returns the newest state of each shipment that has left, by id and system. One of which only the
// cancellation is known is left out.
func parcels(all []string) (shown []parcel) {
	newest, left, systems := map[string]parcel{}, map[string]bool{}, systemsOf(all, parcelSystem)
	for _, each := range all {
		p := parcelOf(each)
		p.system = cmp.Or(p.system, systems[p.id])
		its := p.id + column + p.system
		if had, known := newest[its]; !known || p.version >= had.version {
			newest[its] = p
		}
		left[its] = left[its] || p.status != canonical.ShipmentCancelled
	}
	for _, its := range slices.Sorted(maps.Keys(newest)) {
		if left[its] {
			shown = append(shown, newest[its])
		}
	}
	return shown
}

func shipmentProperties(all []string) []property {
	var last, arrived time.Time
	var numbers, lines []string
	underway := false
	for _, p := range parcels(all) {
		day, _, _ := strings.Cut(p.shipped, "T")
		line := lineStart(p.id, p.system) + strings.Join(strings.Fields(day+" "+p.carrier+" "+p.numbers), " ") + ": " + p.goods
		if p.status == canonical.ShipmentCancelled {
			lines = append(lines, line+"; cancelled")
			continue
		}
		last = later(last, p.shipped)
		if p.numbers != "" {
			numbers = append(numbers, p.numbers)
		}
		if p.status == canonical.Delivered {
			day, _, _ = strings.Cut(p.delivered, "T")
			arrived, line = later(arrived, p.delivered), strings.TrimSpace(line+"; delivered "+day)
		} else {
			underway = true
		}
		lines = append(lines, line)
	}
	if underway {
		arrived = time.Time{}
	}
	return []property{
		{propTracking, strings.Join(numbers, ", ")},
		{propShippedAt, millisOrNone(last)},
		{propDeliveredAt, millisOrNone(arrived)},
		{propShipments, strings.Join(lines, "\n")},
	}
}

// later returns the later of two times, the second of which may not be one.
func later(t time.Time, text string) time.Time {
	if at, err := time.Parse(time.RFC3339, text); err == nil && at.After(t) {
		return at
	}
	return t
}

// millisOrNone is millis of a time that may be none; an empty value clears a property.
func millisOrNone(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return millis(t)
}

func sorted(all []string) []string {
	all = slices.Clone(all)
	slices.Sort(all)
	return slices.Compact(all)
}

// refund adds the refund to its order: what went back to the buyer, and the sum of all. The credit
// that a refund does not pay out is not in it: a later refund pays it.
func (w *work) refund(ctx context.Context, r *canonical.Refund) (connector.Receipt, error) {
	paid := canonical.Money{Currency: r.Amount.Currency}
	for _, t := range r.Transactions {
		paid = paid.Add(t.Amount)
	}
	own := columns(r.ID, r.At.UTC().Format(time.RFC3339), paid.Decimal().String(), paid.Currency)
	return w.fact(ctx, "refund", own, refundProperties)
}

func refundProperties(all []string) []property {
	var lines []string
	var sum canonical.Money
	for _, each := range sorted(all) {
		p := strings.Split(each, column)
		if amount, err := canonical.ParseMoney(p[2], p[3]); err == nil {
			sum = amount.Add(sum)
		}
		day, _, _ := strings.Cut(p[1], "T")
		lines = append(lines, lineStart(p[0], "")+day+" "+p[2]+" "+p[3])
	}
	return []property{{propRefunded, sum.Decimal().String()}, {propRefunds, strings.Join(lines, "\n")}}
}

// fact adds the fact to the order that it is of.
func (w *work) fact(ctx context.Context, kind, own string, encode func([]string) []property) (connector.Receipt, error) {
	order, ref, found := w.parent(entityOrder)
	if !found {
		return connector.Receipt{}, &fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Field: "order", Detail: "the " + kind + " names no order"}
	}
	f := &facts{work: w, order: order, kind: kind, once: kind == "refund"}
	err := f.add(ctx, own, func(all []string) error {
		set, err := w.writeOne(ctx, orders, updateAction, propOrder, input{order.String(), encode(all)}, w.doing)
		if isMissing(err) {
			return deletedThere(order)
		}
		ref = set.id
		return err
	})
	if err != nil {
		return connector.Receipt{}, err
	}
	return connector.Receipt{Ref: factRef(ref, w.key.ID), Detail: kind + " " + w.key.ID + " added to order " + ref}, nil
}

// deletedThere is the error of a fact of an order that HubSpot no longer has.
func deletedThere(order message.Key) error {
	return &fault.Error{
		Kind: fault.NotReady, Class: fault.MissingRef, Field: "order",
		Detail: "HubSpot has no order " + order.String() + "; it was deleted there, and is made again by its next event",
	}
}

// mostText is the length at which the list of a shipment's lines is cut.
const mostText = 2000

func cut(text string) string { return connector.Shorten(text, mostText) }
