package item

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"causeway.example/functions/netsuite/kit"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/message"
	"causeway.example/shared/wire"
)

// Source translates what the Poller found.
type Source struct {
	CompareAt  map[string]string // price level -> the level of the price before a reduction
	Currencies map[string]string // ISO 4217 -> internal id
}

// units are the units of weight, by their names in NetSuite.
var units = map[string]string{"lb": canonical.Pound, "oz": canonical.Ounce, "kg": canonical.Kilogram, "g": canonical.Gram}

// row is an item as the Poller encodes it.
type row struct {
	name, weightUnit, matrix, parent string
	kind, fulfillable                string // "" in a body from before they were read
	weight                           canonical.Decimal
	inactive, priced                 bool
	prices                           []entry
	members                          []member // of a kit
	canonical.Product
}

// entry is one price of an item.
type entry struct {
	level, currency string
	amount          canonical.Decimal
}

// Translate turns an item into product.upserted or product.retired, and into price.changed if
// prices are published, which waits for the product.
func (s *Source) Translate(_ context.Context, raw *message.Raw) (connector.Translation, error) {
	doing := "translating " + raw.Topic + " of netsuite"
	r := wire.NewReader(raw.Body, strictjson.Limits{})
	read := readRow(r)
	item := s.product(r, read)
	if err := r.Finish(); err != nil {
		return connector.Translation{}, fault.Doing(doing, err)
	}
	item.Digital = isDigital(read.kind, read.fulfillable)
	if read.kind == kit.Type {
		var err error
		if item.Components, item.Digital, err = components(item.SKU, read.members, "translating kit "+item.SKU+" of netsuite"); err != nil {
			return connector.Translation{}, err
		}
	}
	event := func(name, kind string, body any) connector.Event {
		return connector.Event{
			Type: name, At: item.UpdatedAt, UpdatedAt: item.UpdatedAt, Body: body, Notes: r.Notes(),
			Entity: message.Key{System: "netsuite", Tenant: raw.Tenant, Type: kind, ID: item.SKU},
		}
	}
	events := []connector.Event{event(item.EventType(), product, item)}
	if item.Prices != nil {
		list := &canonical.PriceList{SKU: item.SKU, Prices: item.Prices, Retired: !item.Active, UpdatedAt: item.UpdatedAt}
		prices := event(canonical.PriceChanged, price, list)
		prices.Parents = []message.Key{events[0].Entity}
		events = append(events, prices)
	}
	return connector.Translation{Events: events}, nil
}

func readRow(r *wire.Reader) (item row) {
	texts := map[string]*string{"itemid": &item.name, "weightunit": &item.weightUnit, "matrixtype": &item.matrix, "parent": &item.parent, "itemtype": &item.kind, "isfulfillable": &item.fulfillable}
	for key := range r.Object() {
		if into, known := texts[key]; known {
			*into, _ = r.NullString()
			continue
		}
		switch key {
		case "externalid":
			item.SKU = r.ID()
		case "displayname":
			item.Title = r.Word()
		case "description":
			item.Description = readLines(r)
		case "upccode":
			item.Barcode = r.Text()
		case "weight":
			item.weight = r.Amount(r.NullString)
		case "isinactive":
			item.inactive = readFlag(r)
		case "lastmodifieddate":
			item.UpdatedAt = r.TimeIn(suitetalk.TimeLayout)
		case "prices":
			item.priced, item.prices = true, readPrices(r)
		case "members":
			item.members = wire.List(r, readMember)
		}
	}
	return item
}

// product makes the canonical product of what was read.
func (s *Source) product(r *wire.Reader, item row) *canonical.Product {
	p := item.Product
	p.ID, p.Title, p.Active = p.SKU, cmp.Or(p.Title, r.Clean(item.name)), !item.inactive
	if item.matrix == "CHILD" {
		p.Parent = item.parent
	}
	if !item.weight.IsZero() {
		p.Weight = s.weight(r, item)
	}
	if item.priced {
		p.Prices = s.list(r, item.prices)
	}
	if p.UpdatedAt.IsZero() {
		r.Missing("lastmodifieddate")
	}
	return &p
}

// weight is left out, with a note, if its unit is unknown.
func (s *Source) weight(r *wire.Reader, item row) *canonical.Quantity {
	unit, known := units[strings.ToLower(item.weightUnit)]
	if !known {
		r.Note("weight is left out: " + strconv.Quote(item.weightUnit) + " is no unit of weight of NetSuite")
		return nil
	}
	return &canonical.Quantity{Value: item.weight, Unit: unit}
}

// list returns the prices, never nil, with ISO codes, and with their price before a reduction if that is
// higher.
func (s *Source) list(r *wire.Reader, entries []entry) []canonical.Price {
	codes := map[string]string{}
	for code, id := range s.Currencies {
		codes[id] = code
	}
	amounts := map[[2]string]canonical.Decimal{}
	for _, e := range entries {
		amounts[[2]string{e.level, e.currency}] = e.amount
	}
	prices := []canonical.Price{}
	for _, e := range entries {
		code, known := codes[e.currency]
		if !known {
			r.Note("the price of level " + e.level + " in currency " + e.currency + " is left out: NETSUITE_CURRENCIES has no entry for it")
			continue
		}
		one := canonical.Price{List: e.level, Currency: code, Amount: e.amount}
		if before := amounts[[2]string{s.CompareAt[e.level], e.currency}]; before.Cmp(e.amount) > 0 {
			one.CompareAt = before
		}
		prices = append(prices, one)
	}
	return prices
}

func readPrices(r *wire.Reader) (entries []entry) {
	for range r.Array() {
		var e entry
		for key := range r.Object() {
			switch key {
			case "pricelevel":
				e.level = r.ID()
			case "currency":
				e.currency = r.ID()
			case "unitprice":
				e.amount = r.Amount(r.NullString)
			}
		}
		entries = append(entries, e)
	}
	return entries
}

// readLines reads text that may have several lines, which are kept.
func readLines(r *wire.Reader) canonical.Text {
	text, present := r.NullString()
	if !present {
		return canonical.NullText()
	}
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = r.Clean(line)
	}
	return canonical.NewText(strings.Join(lines, "\n"))
}

// readFlag reads T or F.
func readFlag(r *wire.Reader) bool {
	text := r.String()
	if text != "T" && text != "F" {
		r.Fail(strictjson.Value, "is neither T nor F")
	}
	return text == "T"
}
