package stock

import (
	"slices"
	"strconv"
	"time"

	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/kitting"
	"causeway.example/shared/message"
	"causeway.example/shared/wire"
)

// kitKind is the type of a kit among items (itemtype of SuiteQL).
const kitKind = "Kit"

// stocked are the types of items that have stock: inventory items and assemblies, also those with
// lots or serial numbers.
var stocked = []string{"InvtPart", "Assembly"}

// limits reports whether a member of the type limits a kit. One that is a kit itself does, and its
// kit is then rejected.
func limits(kind string) bool { return kind == kitKind || slices.Contains(stocked, kind) }

// limited reports whether a member limits the kit.
func limited(rows []suitetalk.Values) bool {
	return slices.ContainsFunc(rows, func(row suitetalk.Values) bool { return limits(row["kind"]) })
}

// kitLevel is a kit at a location as the Poller encodes it.
type kitLevel struct {
	sku, location string
	changed       time.Time
	members       []member
}

// member is a member of a kit with its stock.
type member struct {
	item, name, kind, quantity string
	inactive                   bool
	onHand, available          *canonical.Quantity
}

// translateKit turns the members of a kit into the kit's level. The body has no time, so that a
// change of a member that leaves the number of kits as it was is no other content.
func translateKit(raw *message.Raw) (connector.Translation, error) {
	r := wire.NewReader(raw.Body, strictjson.Limits{})
	kit := readKit(r)
	id := kit.sku + "@" + kit.location
	doing := "translating kit " + id + " of netsuite"
	if kit.changed.IsZero() {
		r.Missing("changed")
	}
	if err := r.Finish(); err != nil {
		return connector.Translation{}, fault.Doing(doing, err)
	}
	onHand, available, err := kit.parts(doing)
	if err != nil {
		return connector.Translation{}, err
	}
	level := &canonical.InventoryLevel{SKU: kit.sku, Location: kit.location}
	if level.OnHand, err = wholeKits(onHand, "onhand", doing); err != nil {
		return connector.Translation{}, err
	}
	if level.Available, err = wholeKits(available, "available", doing); err != nil {
		return connector.Translation{}, err
	}
	return connector.Translation{Events: []connector.Event{{
		Type: canonical.InventoryLevelSet, At: kit.changed, UpdatedAt: kit.changed, Body: level, Notes: r.Notes(),
		Entity: message.Key{System: "netsuite", Tenant: raw.Tenant, Type: entity, ID: id},
	}}}, nil
}

// parts returns the members that limit the kit, once with what is on hand of them and once with
// what is available. An inactive member has nothing.
func (k *kitLevel) parts(doing string) (onHand, available []kitting.Part, err error) {
	for i, m := range k.members {
		if !limits(m.kind) {
			continue
		}
		wrong := &fault.Error{Kind: fault.Invalid, Class: fault.Value, Field: "members[" + strconv.Itoa(i) + "].quantity", Doing: doing}
		takes, unread := canonical.ParseDecimal(m.quantity)
		switch {
		case m.kind == kitKind:
			wrong.Field, wrong.Code = "members["+strconv.Itoa(i)+"].item", "kit_in_kit"
			wrong.Detail = "member " + strconv.Quote(m.name) + " is itself a kit, which has no stock of its own; list its members in this kit instead"
			return nil, nil, wrong
		case unread != nil:
			wrong.Detail = "member " + strconv.Quote(m.name) + " has the quantity " + strconv.Quote(m.quantity) + ": " + unread.Error()
			return nil, nil, wrong
		case takes.Sign() <= 0:
			wrong.Detail = "member " + strconv.Quote(m.name) + " has the quantity " + strconv.Quote(m.quantity) + ", which is not above 0"
			return nil, nil, wrong
		}
		one, other := kitting.Part{ID: m.item, Takes: takes}, kitting.Part{ID: m.item, Takes: takes}
		if !m.inactive {
			one.Stock, other.Stock = m.onHand.Value, m.available.Value
		}
		onHand, available = append(onHand, one), append(available, other)
	}
	return onHand, available, nil
}

func wholeKits(parts []kitting.Part, field, doing string) (*canonical.Quantity, error) {
	kits, ok := kitting.Whole(parts)
	if !ok {
		return nil, &fault.Error{Kind: fault.Invalid, Class: fault.Value, Field: field, Doing: doing, Detail: "no member limits the kit, or the number of kits has more than 18 digits"}
	}
	return new(canonical.Pieces(kits)), nil
}

func readKit(r *wire.Reader) (kit kitLevel) {
	for key := range r.Object() {
		switch key {
		case "sku":
			kit.sku = r.ID()
		case "location":
			kit.location = r.ID()
		case "changed":
			kit.changed = r.TimeIn(suitetalk.TimeLayout)
		case "members":
			kit.members = wire.List(r, readMember)
		}
	}
	return kit
}

func readMember(r *wire.Reader) (m member) {
	for key := range r.Object() {
		switch key {
		case "item":
			m.item = r.ID()
		case "name":
			m.name = r.Clean(r.String())
		case "kind":
			m.kind = r.String()
		case "inactive":
			m.inactive = r.String() == "T"
		case "quantity":
			m.quantity = r.String()
		case "onhand":
			m.onHand = r.Stock()
		case "available":
			m.available = r.Stock()
		}
	}
	for name, missing := range map[string]bool{"item": m.item == "", "onhand": m.onHand == nil, "available": m.available == nil} {
		if missing {
			r.Missing(name)
		}
	}
	return m
}
