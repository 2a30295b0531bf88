package sale

import (
	"cmp"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// booking turns an order into the lines and the shipping cost of a sales order.
type booking struct {
	settings *record.Settings
	order    *canonical.Order
	lines    []record.Line
	removed  []record.Line // products with a quantity of 0, which are not sent
	shipping canonical.Money
	method   string          // internal id of the shipping item
	taxes    canonical.Money // sum of the taxes of all parts
}

func book(settings *record.Settings, order *canonical.Order) (*booking, error) {
	zero := canonical.Money{Currency: order.Currency}
	b := &booking{settings: settings, order: order, shipping: zero, taxes: zero}
	b.lines = make([]record.Line, 0, len(order.Lines)+len(order.Charges)+2) // with tax and rounding
	for _, step := range []func() error{b.bookLines, b.bookDeliveries, b.bookCharges, b.bookTax, b.bookRounding, b.prove} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// net returns the part's amount without its tax, which is on the order's own tax line.
func (b *booking) net(amount, tax canonical.Money) canonical.Money {
	b.taxes = b.taxes.Add(tax)
	if b.order.TaxIncluded {
		return amount.Sub(tax)
	}
	return amount
}

func (b *booking) bookLines() error {
	for i := range b.order.Lines {
		if err := b.bookLine(&b.order.Lines[i], record.Index("lines", i)); err != nil {
			return err
		}
	}
	return nil
}

func (b *booking) bookLine(l *canonical.OrderLine, field string) error {
	gross, err := l.Amount(b.order.Currency)
	if err != nil {
		return &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: field, Detail: "has no amount", Err: err}
	}
	amount := b.net(gross, l.Tax)
	if l.Quantity.Value.IsZero() {
		if amount.Minor != 0 {
			return record.Rejected(fault.Value, field+".quantity", "is 0 where the amount is not")
		}
		b.removed = append(b.removed, record.Line{Item: l.SKU, Field: field + ".quantity"})
		return nil
	}
	item, at, err := b.itemOf(l, field)
	if err != nil {
		return err
	}
	entry := record.Line{Item: item, Quantity: l.Quantity.Value, Amount: amount, Field: at}
	if entry.Nameless = l.SKU == "" && l.Kind != canonical.GiftCardLine; entry.Nameless || l.Kind != canonical.ProductLine {
		entry.Text = l.Title
	}
	if item != l.SKU && at == field { // the item is chosen, so it does not go by the place of the line
		entry.Nameless = entry.Nameless && b.settings.Choice("NETSUITE_RULE_ITEM", field) == ""
	}
	b.lines = append(b.lines, entry)
	return nil
}

// itemOf returns the item's external id and the field that it comes from. A gift card
// sold is a liability, so it has an item of its own under any SKU.
func (b *booking) itemOf(l *canonical.OrderLine, field string) (item, from string, err error) {
	if item = b.settings.Choice("NETSUITE_RULE_ITEM", field); item != "" {
		return item, field, nil
	}
	switch l.Kind {
	case canonical.GiftCardLine:
		item, err = record.Configured(b.settings.ItemGiftCard, "NETSUITE_ITEM_GIFT_CARD", field)
		return item, field, err
	case canonical.CustomLine:
		item, err = record.Configured(b.settings.ItemCustom, "NETSUITE_ITEM_CUSTOM", field)
		return item, field, err
	}
	if l.SKU == "" {
		return b.withoutSKU(l, field)
	}
	return l.SKU, field + ".sku", nil
}

// withoutSKU returns the item of a product without a SKU, as the setting has it.
func (b *booking) withoutSKU(l *canonical.OrderLine, field string) (item, from string, err error) {
	switch b.settings.WithoutSKU {
	case "item":
		item, from = b.settings.ItemNoSKU, field
	case "variant":
		item, from = l.Variant, field+".variant"
	case "product":
		item, from = l.Product, field+".product"
	}
	if item == "" {
		return "", "", record.Rejected(fault.MissingRef, field+".sku", "is missing, so no item can be found; give the product a SKU in the store"+
			suitetalk.Redrive+", or choose by NETSUITE_WITHOUT_SKU what becomes of such products")
	}
	return item, from, nil
}

// bookDeliveries adds up what was charged for delivery: a sales order has one shipping
// cost and one method.
func (b *booking) bookDeliveries() error {
	for i, d := range b.order.Deliveries {
		b.shipping = b.shipping.Add(b.net(d.Price.Sub(d.Discount), d.Tax))
		method, err := record.Mapped(b.settings.ShipMethods, "NETSUITE_SHIP_METHODS", d.Code, record.Index("deliveries", i)+".code")
		if err != nil {
			return err
		}
		if b.method == "" {
			b.method = method
		}
	}
	return nil
}

func (b *booking) bookCharges() error {
	for i, c := range b.order.Charges {
		item, setting := b.chargeItem(c.Kind)
		item = cmp.Or(b.settings.Choice("NETSUITE_RULE_CHARGE", record.Index("charges", i)), item)
		if err := b.single(item, setting, record.Index("charges", i), c.Title, b.net(c.Amount, c.Tax)); err != nil {
			return err
		}
	}
	return nil
}

func (b *booking) chargeItem(kind canonical.ChargeKind) (item, setting string) {
	switch kind {
	case canonical.Tip:
		return b.settings.ItemTip, "NETSUITE_ITEM_TIP"
	case canonical.Duty:
		return b.settings.ItemDuty, "NETSUITE_ITEM_DUTY"
	case canonical.CashRounding:
		return b.settings.ItemCashRounding, "NETSUITE_ITEM_CASH_ROUNDING"
	}
	return b.settings.ItemFee, "NETSUITE_ITEM_FEE"
}

// bookTax books tax that a sales channel pays over itself on a line of its own: the brand does not
// owe it.
func (b *booking) bookTax() error {
	owed := b.order.Tax
	if channel := b.order.ChannelTax; channel != nil {
		owed = owed.Sub(*channel)
		if err := b.single(b.settings.ItemChannelTax, "NETSUITE_ITEM_CHANNEL_TAX", "channel_tax", "", *channel); err != nil {
			return err
		}
	}
	return b.single(b.settings.ItemTax, "NETSUITE_ITEM_TAX", "tax", "", owed)
}

// bookRounding books the order's own rounding and, where prices contain tax, what the
// taxes of the parts differ from the order's. More than a minor unit per part is no
// rounding: the source is wrong, and a line would hide it.
func (b *booking) bookRounding() error {
	rounding := b.order.Rounding
	if b.order.TaxIncluded {
		gap := b.taxes.Sub(b.order.Tax)
		parts := int64(len(b.order.Lines) + len(b.order.Deliveries) + len(b.order.Charges))
		if max(gap.Minor, -gap.Minor) > parts {
			return &fault.Error{
				Kind: fault.Rejected, Class: fault.Value, Code: canonical.BalanceMismatch, Field: "tax",
				Detail: "the taxes of the parts differ from the order's by " + gap.String(),
			}
		}
		rounding = rounding.Add(gap)
	}
	return b.single(b.settings.ItemRounding, "NETSUITE_ITEM_ROUNDING", "rounding", "", rounding)
}

func (b *booking) single(item, setting, field, text string, amount canonical.Money) (err error) {
	b.lines, err = record.AddSingle(b.lines, item, setting, field, text, amount)
	return err
}

// prove checks that the sales order adds up to the store's total.
func (b *booking) prove() error {
	sum := b.shipping
	for _, l := range b.lines {
		sum = sum.Add(l.Amount)
	}
	if difference := b.order.Total.Sub(sum); difference.Minor != 0 {
		return &fault.Error{
			Kind: fault.Unknown, Class: fault.Bug, Code: canonical.BalanceMismatch, Field: "total",
			Detail: "the sales order's sum differs from the store's total by " + difference.String(),
		}
	}
	return nil
}
