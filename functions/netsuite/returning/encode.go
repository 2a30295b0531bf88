package returning

import (
	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/formats/strictjson"
)

// encodeAuthorization returns the body that makes the return authorization of its sales order. NetSuite takes
// prices, customer and location from the order. The account may have approval as its default, which the
// warehouse does not wait for.
func (g *goodsBack) encodeAuthorization(external string, lines []line) ([]byte, error) {
	return document(append(g.common(external, g.memo()), record.EnumField("orderStatus", pendingReceipt)), func(w *strictjson.Writer) {
		for _, l := range lines {
			w.Obj()
			record.WriteFields(w, []record.Field{record.RefField("item", l.item)})
			w.NumField("orderLine", l.number)
			w.NumField("quantity", l.quantity.Normal().String())
			w.EndObj()
		}
	})
}

// encodeLines returns the body that gives the lines their quantities, and opens them.
func (g *goodsBack) encodeLines(lines []line, open bool) ([]byte, error) {
	return document(nil, func(w *strictjson.Writer) {
		for _, l := range lines {
			w.Obj()
			w.NumField("line", l.number)
			w.NumField("quantity", l.quantity.Normal().String())
			if open {
				w.BoolField("isClosed", false)
			}
			w.EndObj()
		}
	})
}

// encodeReceipt returns the body that makes the item receipt of its return authorization. A transform
// receives all that is open by itself, so each open line is listed.
func (w *work) encodeReceipt(external, memo string, due []canonical.Decimal) ([]byte, []record.Origin, error) {
	var origins []record.Origin
	body, err := document(w.common(external, memo), func(j *strictjson.Writer) {
		for i := range w.auth.lines {
			l := &w.auth.lines[i]
			if l.closed || l.left().Sign() <= 0 {
				continue
			}
			j.Obj()
			j.NumField("orderLine", l.number)
			received := due[i].Sign() > 0
			j.BoolField("itemReceive", received)
			if received {
				j.NumField("quantity", due[i].Normal().String())
				record.WriteFields(j, []record.Field{record.RefField("location", w.settings.ShipLocations[w.body.Location])})
			}
			j.EndObj()
			origins = append(origins, w.originOf(l.item))
		}
	})
	return body, origins, err
}

// originOf returns the origin of the item's lines.
func (g *goodsBack) originOf(item string) record.Origin {
	for i := range g.articles {
		if g.articles[i].item == item {
			return g.articles[i].origin()
		}
	}
	return record.Origin{}
}

// encodeEnd returns the body that closes the lines.
func (w *work) encodeEnd() ([]byte, error) {
	return document([]record.Field{record.PlainField("memo", w.memo()+receivedNote)}, func(j *strictjson.Writer) {
		for _, l := range w.auth.lines {
			j.Obj()
			j.NumField("line", l.number)
			j.BoolField("isClosed", true)
			j.EndObj()
		}
	})
}

// common returns the fields that both documents of a return have.
func (g *goodsBack) common(external, memo string) []record.Field {
	return []record.Field{record.PlainField("externalId", external), record.PlainField(record.DateField, g.settings.Day(g.body.At)), record.PlainField("memo", memo)}
}

// document returns a body of fields and lines.
func document(fields []record.Field, lines func(*strictjson.Writer)) ([]byte, error) {
	w := strictjson.NewWriter(nil)
	w.Obj()
	record.WriteFields(w, fields)
	w.Key(record.ItemSublist).Obj()
	w.Key("items").Arr()
	lines(w)
	w.EndArr()
	w.EndObj()
	w.EndObj()
	return suitetalk.Finish(w)
}
