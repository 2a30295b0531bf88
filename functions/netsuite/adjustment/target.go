package adjustment

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

// sublist has the lines of an inventory adjustment.
const sublist = "inventory"

// Target books movements of stock. It keeps nothing between calls.
type Target struct {
	*record.Account
	Booking
}

// delivery is the booking of one movement.
type delivery struct {
	*Target
	suitetalk.Place
	movement *canonical.InventoryMovement
	place    place
	fields   []record.Field
}

// Deliver makes the inventory adjustment of the movement, unless NetSuite has it.
func (t *Target) Deliver(ctx context.Context, d connector.Delivery, m *canonical.InventoryMovement) (connector.Receipt, error) {
	b := &delivery{Target: t, Place: record.PlaceOf(d, suitetalk.InventoryAdjustment), movement: m}
	var err error
	if b.place, err = t.placeOf(m, d.Message.Type == canonical.InventoryReceived); err != nil {
		return connector.Receipt{}, fault.Doing(b.Doing, err)
	}
	found, err := t.Own(ctx, b.Place, d.Ref)
	if err != nil {
		return connector.Receipt{}, fault.Doing(b.Doing, record.InOurTerms(err, suitetalk.InventoryAdjustment, nil))
	}
	if found != nil {
		id := found.Values["id"]
		return connector.Receipt{Ref: id, Linked: true, Detail: "inventory adjustment " + id + " has this movement already"}, nil
	}
	memo := record.MemoOf(d.Message.Key()) + ", " + strings.TrimSpace(m.Reason+" "+m.Reference)
	b.fields = slices.Concat([]record.Field{
		record.RefField("account", b.place.account), record.RefField("subsidiary", b.place.subsidiary),
		record.PlainField(record.DateField, ""), record.PlainField("memo", connector.Shorten(memo, record.MaxMemo)),
	}, slices.DeleteFunc(t.Settings.Segments(d.Message, ""), func(f record.Field) bool { return f.Name == "location" }))
	return b.create(ctx)
}

func (b *delivery) create(ctx context.Context) (connector.Receipt, error) {
	date := &record.Dating{Day: b.Settings.Day(b.movement.At)}
	id, err := b.InOpenPeriod(ctx, date, b.Doing, func() (string, error) {
		body, err := b.encode(date.Day)
		if err != nil {
			return "", err
		}
		id, err := b.Upsert(ctx, b.Place, sublist, body)
		return id, b.inOurTerms(ctx, err)
	})
	if err != nil {
		return connector.Receipt{}, fault.Doing(b.Doing, err)
	}
	receipt := connector.Receipt{Ref: id, Detail: "inventory adjustment " + id + ": " + b.movement.Change.String() + " " + b.movement.SKU + " at location " + b.place.location}
	if date.Note != "" {
		receipt.Detail += ", " + date.Note
	}
	return receipt, nil
}

func (b *delivery) encode(day string) ([]byte, error) {
	w := strictjson.NewWriter(nil)
	w.Obj()
	record.WriteFields(w, record.Dated(b.fields, day))
	w.Key(sublist).Obj()
	w.Key("items").Arr()
	w.Obj()
	w.Key("item").Obj()
	w.StrField("externalId", b.movement.SKU)
	w.EndObj()
	record.WriteFields(w, []record.Field{record.RefField("location", b.place.location)})
	w.NumField("adjustQtyBy", b.movement.Change.Normal().String())
	w.EndObj()
	w.EndArr()
	w.EndObj()
	w.EndObj()
	return suitetalk.Finish(w)
}

// inOurTerms rewrites a rejection into one of the movement, or of the setting whose id NetSuite rejects.
func (b *delivery) inOurTerms(ctx context.Context, err error) error {
	if fault.KindOf(err) != fault.Rejected {
		return err
	}
	e := *fault.As(err)
	field := e.Field[strings.LastIndexByte(e.Field, '.')+1:]
	if setting, rule := b.place.settingOf(field); setting != "" {
		e.Class, e.Field, e.Detail = fault.Config, setting, rule+" for location "+b.movement.Location+" of the warehouse"
		return &e
	}
	if field == "item" {
		e.Field = sublist + ".items[0].item" // also where NetSuite names the field alone
	}
	e = *fault.As(record.InOurTerms(&e, suitetalk.InventoryAdjustment, []record.Origin{{Field: "sku", Value: b.movement.SKU}}))
	if field == "adjustQtyBy" {
		e.Field = "change"
	}
	if e.Field != "sku" || e.Class != fault.MissingRef {
		return &e
	}
	return b.unlessStockless(ctx, &e)
}

// stocked are the types of items that have stock.
var stocked = []string{"InvtPart", "Assembly"}

// unlessStockless returns the rejection of the item, or why an item that NetSuite has cannot be adjusted.
func (b *delivery) unlessStockless(ctx context.Context, rejected *fault.Error) error {
	rows, err := b.Rows(ctx, "SELECT itemtype AS type FROM item WHERE LOWER(externalid) = "+suitetalk.Quoted(strings.ToLower(b.movement.SKU)), b.Doing)
	if err != nil || len(rows) == 0 || slices.Contains(stocked, rows[0]["type"]) {
		return rejected
	}
	rejected.Class, rejected.Detail = fault.Value, strconv.Quote(b.movement.SKU)+": NetSuite has it as an item of the type "+rows[0]["type"]+
		", which has no stock of its own; book the change of "+b.movement.Change.String()+" by hand, for a kit at its members"
	return rejected
}
