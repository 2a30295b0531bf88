package record

import (
	"strconv"

	"causeway.example/shared/canonical"
	"causeway.example/shared/formats/strictjson"
)

// ItemSublist is the sublist with a sales order's lines.
const ItemSublist = "item"

// Line is one line of a sales order, before it is written.
type Line struct {
	Item     string // external id
	Text     string // description, "" to leave the item's own
	Quantity canonical.Decimal
	Amount   canonical.Money // net of discount and tax
	Field    string          // its path in the canonical entity: "lines[2].sku"
	Nameless bool            // the store has no product for it
}

// Origin returns the field and the item that the line was made of.
func (l *Line) Origin() Origin { return Origin{l.Field, l.Item} }

// AddSingle adds a line of quantity 1 unless the amount is 0. Without an item the error names the
// setting that has it.
func AddSingle(lines []Line, item, setting, field, text string, amount canonical.Money) ([]Line, error) {
	if amount.Minor == 0 {
		return lines, nil
	}
	item, err := Configured(item, setting, field)
	if err != nil {
		return lines, err
	}
	one := canonical.NewDecimal(1, 0)
	return append(lines, Line{Item: item, Text: text, Quantity: one, Amount: amount, Field: field}), nil
}

// maxRateDecimals is the finest price per unit that NetSuite keeps.
const maxRateDecimals = 8

// rate returns amount / quantity as decimal text, "" if it does not end within NetSuite's
// decimals.
func (l *Line) rate() string {
	rate, ok := l.Amount.Decimal().Quo(l.Quantity, maxRateDecimals)
	if !ok {
		return ""
	}
	return rate.String()
}

// Index returns the path of a member of a list: "lines[2]".
func Index(field string, i int) string { return field + "[" + strconv.Itoa(i) + "]" }

// WriteNewLines writes the sublist of a new record, and returns the origin of each line.
func (s *Settings) WriteNewLines(w *strictjson.Writer, lines []Line) []Origin {
	w.Key(ItemSublist).Obj()
	w.Key("items").Arr()
	origins := make([]Origin, len(lines))
	for i := range lines {
		w.Obj()
		s.WriteNewLine(w, &lines[i])
		w.EndObj()
		origins[i] = lines[i].Origin()
	}
	w.EndArr()
	w.EndObj()
	return origins
}

// WriteNewLine writes the members of a line that NetSuite does not have.
func (s *Settings) WriteNewLine(w *strictjson.Writer, l *Line) {
	w.Key("item").Obj()
	w.StrField("externalId", l.Item)
	w.EndObj()
	s.WriteLine(w, l)
}

// WriteLine writes what a change of the line may change. A rate of our own needs the price
// level "custom", or NetSuite may take that of the item's.
func (s *Settings) WriteLine(w *strictjson.Writer, l *Line) {
	w.OptStr("description", l.Text)
	w.NumField("quantity", l.Quantity.String())
	if rate := l.rate(); rate != "" {
		WriteFields(w, []Field{RefField("price", customPrice)})
		w.NumField("rate", rate)
	}
	w.NumField("amount", l.Amount.Decimal().String())
	WriteFields(w, []Field{RefField("taxCode", s.TaxCode)})
}

// customPrice is NetSuite's own price level for a rate that no list has (online help, "Usage
// Notes for Transaction Record Types").
const customPrice = "-1"
