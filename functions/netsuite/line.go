package netsuite

import (
	"strconv"

	"causeway.example/shared/canonical"
	"causeway.example/shared/formats/strictjson"
)

// itemSublist is the sublist with a sales order's lines.
const itemSublist = "item"

// line is one line of a sales order, before it is written.
type line struct {
	item     string // external id
	text     string // description, "" to leave the item's own
	quantity canonical.Decimal
	amount   canonical.Money // net of discount and tax
	field    string          // its path in the canonical order: "lines[2].sku"
	nameless bool            // the store has no product for it
}

func (l *line) origin() origin { return origin{l.field, l.item} }

// addSingle adds a line of quantity 1 unless the amount is 0.
func addSingle(lines []line, item, setting, field, text string, amount canonical.Money) ([]line, error) {
	if amount.Minor == 0 {
		return lines, nil
	}
	item, err := configured(item, setting, field)
	if err != nil {
		return lines, err
	}
	one := canonical.NewDecimal(1, 0)
	return append(lines, line{item: item, text: text, quantity: one, amount: amount, field: field}), nil
}

// maxRateDecimals is the finest price per unit that NetSuite keeps.
const maxRateDecimals = 8

// rate returns amount / quantity as decimal text, "" if it does not end within NetSuite's
// decimals.
func (l *line) rate() string {
	rate, ok := l.amount.Decimal().Quo(l.quantity, maxRateDecimals)
	if !ok {
		return ""
	}
	return rate.String()
}

func index(field string, i int) string { return field + "[" + strconv.Itoa(i) + "]" }

// writeNewLines writes the sublist of a new record, and returns the origin of each line.
func (s *RecordSettings) writeNewLines(w *strictjson.Writer, lines []line) []origin {
	w.Key(itemSublist).Obj()
	w.Key("items").Arr()
	origins := make([]origin, len(lines))
	for i := range lines {
		w.Obj()
		s.writeNewLine(w, &lines[i])
		w.EndObj()
		origins[i] = lines[i].origin()
	}
	w.EndArr()
	w.EndObj()
	return origins
}

func (s *RecordSettings) writeNewLine(w *strictjson.Writer, l *line) {
	w.Key("item").Obj()
	w.StrField("externalId", l.item)
	w.EndObj()
	s.writeLine(w, l)
}

// writeLine writes what a change of the line may change. A rate of our own needs the price
// level "custom", or NetSuite may take that of the item's.
func (s *RecordSettings) writeLine(w *strictjson.Writer, l *line) {
	w.OptStr("description", l.text)
	w.NumField("quantity", l.quantity.String())
	if rate := l.rate(); rate != "" {
		writeFields(w, []field{refField("price", customPrice)})
		w.NumField("rate", rate)
	}
	w.NumField("amount", l.amount.Decimal().String())
	writeFields(w, []field{refField("taxCode", s.TaxCode)})
}

// customPrice is NetSuite's own price level for a rate that no list has (online help, "Usage
// Notes for Transaction Record Types").
const customPrice = "-1"
