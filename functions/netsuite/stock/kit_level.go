package stock

import (
	"slices"
	"time"

	"causeway.example/functions/netsuite/kit"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/kitting"
	"causeway.example/shared/message"
	"causeway.example/shared/wire"
)

// stocked are the types of items that have stock: inventory items and assemblies, also those with
// lots or serial numbers.
var stocked = []string{"InvtPart", "Assembly"}

// limited reports whether a member limits the kit: one that has stock, or a kit that is inactive, and one
// whose members are not listed, for which the kit is rejected.
func limited(members []kit.Member) bool {
	return slices.ContainsFunc(members, func(m kit.Member) bool {
		return slices.Contains(stocked, m.Value("kind")) || m.IsKit() && (m.Leaf() || m.Value("inactive") == "T")
	})
}

// kitLevel is a kit at a location as the Poller encodes it.
type kitLevel struct {
	sku, location string
	changed       time.Time
	members       []member
}

// member is a member of a kit with its stock.
type member struct {
	kit.Line
	onHand, available *canonical.Quantity
}

// translateKit turns the members of a kit into the kit's level. The body has no time, so that a
// change of a member that leaves the number of kits as it was is no other content.
func translateKit(raw *message.Raw) (connector.Translation, error) {
	r := wire.NewReader(raw.Body, strictjson.Limits{})
	read := readKit(r)
	id := read.sku + "@" + read.location
	doing := "translating kit " + id + " of netsuite"
	if read.changed.IsZero() {
		r.Missing("changed")
	}
	if err := r.Finish(); err != nil {
		return connector.Translation{}, fault.Doing(doing, err)
	}
	onHand, available, err := read.parts(doing)
	if err != nil {
		return connector.Translation{}, err
	}
	level := &canonical.InventoryLevel{SKU: read.sku, Location: read.location}
	if level.OnHand, err = wholeKits(onHand, "onhand", doing); err != nil {
		return connector.Translation{}, err
	}
	if level.Available, err = wholeKits(available, "available", doing); err != nil {
		return connector.Translation{}, err
	}
	return connector.Translation{Events: []connector.Event{{
		Type: canonical.InventoryLevelSet, At: read.changed, UpdatedAt: read.changed, Body: level, Notes: r.Notes(),
		Entity: message.Key{System: "netsuite", Tenant: raw.Tenant, Type: entity, ID: id},
	}}}, nil
}

// parts returns the items that limit the kit, once with what is on hand of them and once with what is
// available. An inactive one has nothing, and so has an inactive kit in the kit.
func (k *kitLevel) parts(doing string) (onHand, available []kitting.Part, err error) {
	lines, items := make([]kit.Line, len(k.members)), map[string]*member{}
	for i := range k.members {
		lines[i] = k.members[i].Line
		items[lines[i].Item] = &k.members[i]
	}
	closed := func(l *kit.Line) bool { return l.Inactive }
	counts := func(l *kit.Line) bool { return l.Kind == kit.Type || slices.Contains(stocked, l.Kind) }
	entries, err := kit.Resolve(k.sku, lines, counts, closed, doing)
	for _, e := range entries {
		one, other := kitting.Part{ID: e.ID, Takes: e.Takes}, kitting.Part{ID: e.ID, Takes: e.Takes}
		if m := items[e.ID]; !m.Inactive {
			one.Stock, other.Stock = m.onHand.Value, m.available.Value
		}
		onHand, available = append(onHand, one), append(available, other)
	}
	return onHand, available, err
}

func wholeKits(parts []kitting.Part, field, doing string) (*canonical.Quantity, error) {
	kits, ok := kitting.Whole(parts)
	if !ok {
		return nil, &fault.Error{Kind: fault.Invalid, Class: fault.Value, Field: field, Doing: doing, Detail: "no member limits the kit, or the number of kits has more than 18 digits"}
	}
	return new(canonical.Pieces(kits)), nil
}

func readKit(r *wire.Reader) (k kitLevel) {
	for key := range r.Object() {
		switch key {
		case "sku":
			k.sku = r.ID()
		case "location":
			k.location = r.ID()
		case "changed":
			k.changed = r.TimeIn(suitetalk.TimeLayout)
		case "members":
			k.members = wire.List(r, readMember)
		}
	}
	return k
}

func readMember(r *wire.Reader) (m member) {
	for key := range r.Object() {
		switch {
		case key == "onhand":
			m.onHand = r.Stock()
		case key == "available":
			m.available = r.Stock()
		default:
			m.Read(r, key)
		}
	}
	for name, missing := range map[string]bool{"item": m.Item == "", "onhand": m.onHand == nil, "available": m.available == nil} {
		if missing {
			r.Missing(name)
		}
	}
	return m
}
