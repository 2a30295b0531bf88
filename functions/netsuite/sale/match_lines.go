package sale

import (
	"slices"
	"strings"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
)

// booked is a line of the sales order in NetSuite.
type booked struct {
	number    string // NetSuite's key of the line
	item      string // internal id
	name      string // the item's name
	text      string
	taxCode   string
	quantity  canonical.Decimal
	amount    canonical.Decimal
	fulfilled canonical.Decimal
	billed    canonical.Decimal
	closed    bool
	linked    bool // another transaction refers to it
	want      *record.Line
}

func bookedLines(d *suitetalk.Document) []booked {
	lines := make([]booked, len(d.Lists[record.ItemSublist]))
	for i, v := range d.Lists[record.ItemSublist] {
		lines[i] = booked{
			number: v["line"], item: v.Ref("item"), name: v["item.refName"], text: v["description"], taxCode: v.Ref("taxCode"),
			quantity: v.Decimal("quantity"), amount: v.Decimal("amount"),
			fulfilled: v.Decimal("quantityFulfilled"), billed: v.Decimal("quantityBilled"), closed: v["isClosed"] == "true",
		}
		l := &lines[i]
		l.linked = !l.fulfilled.IsZero() || !l.billed.IsZero() || v["linked"] == "true" || v.Ref("createdPo") != ""
	}
	return lines
}

// open reports whether the line can be closed: something of it is left to bill.
func (b *booked) open() bool { return !b.closed && b.billed.Cmp(b.quantity) < 0 }

// gone returns how many left or were billed, whichever is more.
func (b *booked) gone() canonical.Decimal {
	if b.fulfilled.Cmp(b.billed) < 0 {
		return b.billed
	}
	return b.fulfilled
}

// same reports whether NetSuite has the line as it is to be. A description and a tax code
// are compared only where we set them.
func (b *booked) same(l *record.Line, taxCode string) bool {
	return b.quantity.Normal() == l.Quantity.Normal() && b.amount.Normal() == l.Amount.Decimal().Normal() &&
		(l.Text == "" || strings.TrimSpace(l.Text) == strings.TrimSpace(b.text)) &&
		(taxCode == "" || b.taxCode == "" || taxCode == b.taxCode)
}

// matchLines finds for each line its line in NetSuite, and returns the lines that NetSuite
// lacks. NetSuite has no field for the store's id of a line, so that the
// item decides, by its internal id in items. Among the lines of one item those with the
// same content are matched first. Of the others, those that are fulfilled or billed come
// first, because they cannot be removed, then the order of the lines counts.
func matchLines(want []record.Line, have []booked, items map[string]string, taxCode string) (missing []*record.Line) {
	byItem := map[string][]*booked{}
	for i := range have {
		byItem[have[i].item] = append(byItem[have[i].item], &have[i])
	}
	left := make([]*record.Line, len(want))
	for i := range want {
		left[i] = &want[i]
	}
	for _, fits := range []func(*booked, *record.Line) bool{
		func(b *booked, l *record.Line) bool { return b.same(l, taxCode) },
		func(b *booked, _ *record.Line) bool { return b.linked },
		func(*booked, *record.Line) bool { return true },
	} {
		missing = nil
		for _, l := range left {
			if b := firstFree(byItem[items[strings.ToLower(l.Item)]], l, fits); b != nil {
				b.want = l
				continue
			}
			missing = append(missing, l)
		}
		left = missing
	}
	return keepItems(want, have, missing)
}

// keepItems returns the lines that are still missing after those whose product was deleted in
// the store since. Such a line names no item any more: it is the booked line of its place,
// quantity and amount, which keeps its item.
func keepItems(want []record.Line, have []booked, missing []*record.Line) []*record.Line {
	return slices.DeleteFunc(missing, func(l *record.Line) bool {
		if !l.Nameless {
			return false
		}
		i := slices.IndexFunc(want, func(w record.Line) bool { return w.Field == l.Field })
		if i >= len(have) || have[i].want != nil {
			return false
		}
		kept := *l
		kept.Text = ""
		if !have[i].same(&kept, "") {
			return false
		}
		*l, have[i].want = kept, l
		return true
	})
}

func firstFree(lines []*booked, l *record.Line, fits func(*booked, *record.Line) bool) *booked {
	for _, b := range lines {
		if b.want == nil && fits(b, l) {
			return b
		}
	}
	return nil
}
