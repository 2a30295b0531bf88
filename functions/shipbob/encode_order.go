package shipbob

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

// wanted is what the warehouse has to do for an order of a store.
type wanted struct {
	none      string // why it has to ship nothing, in words an operator reads; "" if it has to ship
	number    string
	placed    time.Time
	method    string
	recipient recipient
	products  []line
}

// line is a product to ship. Lines of one SKU are one product, because ShipBob keeps no id of a
// store's line in its shipments.
type line struct {
	sku, title string
	quantity   int64
	field      string // of the first line in the canonical order
}

// want returns what the warehouse has to do for the order. Errors are fault.Rejected and name
// the field of the canonical order.
func (s *Settings) want(o *canonical.Order) (w wanted, err error) {
	if w.none = s.noShipping(o); w.none != "" {
		return w, nil
	}
	if w.products, err = owed(o.Lines); err != nil {
		return w, err
	}
	if len(w.products) == 0 {
		w.none = "has nothing to ship"
		return w, nil
	}
	if w.recipient, err = recipientOf(o); err != nil {
		return w, err
	}
	w.number, w.placed, w.method = o.Name, o.PlacedAt, s.shippingMethod(o.Deliveries)
	return w, nil
}

// noShipping returns why an order as a whole is not to be shipped.
func (s *Settings) noShipping(o *canonical.Order) string {
	switch {
	case o.Status == canonical.OrderCancelled:
		return "is cancelled in the store"
	case o.Status == canonical.OrderDraft:
		return "is a draft"
	}
	for _, tag := range o.Tags {
		if slices.Contains(s.HoldTags, tag) {
			return "is held by its tag " + strconv.Quote(tag)
		}
	}
	return ""
}

// owed returns the products of the lines that ship, in the order of the lines. The quantity of
// a canonical line is what is owed, without pieces that were taken off before they left.
func owed(lines []canonical.OrderLine) (all []line, err error) {
	at := map[string]int{}
	for i, l := range lines {
		if !l.Ships || l.Quantity.Value.IsZero() {
			continue
		}
		field := fmt.Sprintf("lines[%d]", i)
		quantity, err := strconv.ParseInt(l.Quantity.Value.Normal().String(), 10, 31)
		switch {
		case l.SKU == "":
			return nil, rejected(fault.MissingRef, field+".sku", "the line has no SKU, by which ShipBob knows a product; give it one in the store")
		case err != nil || quantity < 0:
			return nil, rejected(fault.Value, field+".quantity", strconv.Quote(l.SKU)+": quantity "+l.Quantity.Value.String()+" is not a whole number of pieces")
		}
		if n, twice := at[l.SKU]; twice {
			all[n].quantity += quantity
			continue
		}
		at[l.SKU] = len(all)
		all = append(all, line{l.SKU, cmp.Or(strings.TrimSpace(l.Title), l.SKU), quantity, field + ".sku"})
	}
	return all, nil
}

// The lengths that ShipBob takes (Orders.RecipientInfoViewModel, Orders.CreateOrderModel).
const (
	nameMost   = 300
	phoneMost  = 50
	numberMost = 400
)

func recipientOf(o *canonical.Order) (recipient, error) {
	a := o.Shipping
	if a == nil {
		return recipient{}, rejected(fault.Value, "shipping", "the order has no shipping address")
	}
	to := recipient{
		name: join(a.FirstName, a.LastName), company: text(a.Company), line1: text(a.Line1), line2: text(a.Line2), city: text(a.City),
		region: text(a.Region), zip: text(a.PostalCode), country: a.Country,
		phone: cmp.Or(text(a.Phone), text(o.Buyer.Phone)), email: text(o.Buyer.Email),
	}
	to.name = cmp.Or(to.name, to.company)
	if utf8.RuneCountInString(to.phone) > phoneMost {
		to.phone = "" // a number cut off would call somebody else
	}
	for _, need := range []struct{ field, value string }{
		{"shipping.last_name", to.name}, {"shipping.line1", to.line1}, {"shipping.city", to.city}, {"shipping.country", to.country},
	} {
		if need.value == "" {
			return recipient{}, rejected(fault.Value, need.field, "is missing, and ShipBob demands it")
		}
	}
	if utf8.RuneCountInString(to.name) > nameMost {
		return recipient{}, rejected(fault.Value, "shipping.last_name", "the name is longer than the "+strconv.Itoa(nameMost)+" characters that ShipBob takes")
	}
	return to, nil
}

func rejected(class fault.Class, field, detail string) error {
	return &fault.Error{Kind: fault.Rejected, Class: class, Field: field, Detail: detail}
}

func text(t canonical.Text) string { return strings.TrimSpace(t.String()) }

func join(parts ...canonical.Text) string {
	var words []string
	for _, part := range parts {
		if word := text(part); word != "" {
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}

// shippingMethod returns ShipBob's method for the first delivery of the order.
func (s *Settings) shippingMethod(deliveries []canonical.DeliveryLine) string {
	code, title := "", ""
	if len(deliveries) > 0 {
		code, title = deliveries[0].Code, deliveries[0].Title
	}
	return cmp.Or(s.ShippingMethods[code], s.ShippingMethods[title], s.ShippingMethods["*"], strings.TrimSpace(title), strings.TrimSpace(code), "Standard")
}

// digestTag is the name of the tag with the digest of what an order was made from. ShipBob
// neither shows tags nor acts on them (Orders.CreateOrderModel, tags).
const digestTag = "causeway"

// digest returns the digest of what is to be shipped, to whom and how. The store's state is
// compared with that of the issue by it: an address that a person corrected at ShipBob, or
// that ShipBob writes in another form, is not undone by the next event of the order. E-mail
// address, phone number and titles may change without a new issue.
func (w *wanted) digest() string {
	to := w.recipient
	parts := []string{"1", to.name, to.company, to.line1, to.line2, to.city, to.region, to.zip, to.country, w.method}
	products := slices.SortedFunc(slices.Values(w.products), func(a, b line) int { return strings.Compare(a.sku, b.sku) })
	for _, p := range products {
		parts = append(parts, p.sku, strconv.FormatInt(p.quantity, 10))
	}
	for i, part := range parts {
		parts[i] = strconv.Quote(part)
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, " ")))
	return "1." + hex.EncodeToString(sum[:16])
}

// isMade reports whether the order at ShipBob was made from this state. An order without our
// digest, or with one of another form, is compared by its fields.
func (w *wanted) isMade(o *order) bool {
	digest := w.digest()
	if form, _, _ := strings.Cut(digest, "."); strings.HasPrefix(o.digest, form+".") {
		return o.digest == digest
	}
	quantities := map[string]int64{}
	for _, p := range o.products {
		quantities[p.code()] += p.quantity
	}
	for _, l := range w.products {
		quantities[l.sku] -= l.quantity
	}
	for _, left := range quantities {
		if left != 0 {
			return false
		}
	}
	return same(o.method, w.method) && o.recipient.isPlace(&w.recipient)
}

// isPlace reports whether both are the same person at the same place, whatever their case and
// spacing.
func (to *recipient) isPlace(other *recipient) bool {
	return same(to.name, other.name) && same(to.company, other.company) && same(to.line1, other.line1) && same(to.line2, other.line2) &&
		same(to.city, other.city) && same(to.region, other.region) && same(to.zip, other.zip) && same(to.country, other.country)
}

func same(a, b string) bool {
	return strings.EqualFold(strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " "))
}

// encode returns the request that makes the order under the reference id
// (Orders.CreateOrderModel). Prices are left out: ShipBob takes them in USD alone.
func (w *wanted) encode(reference string) ([]byte, error) {
	b := strictjson.NewWriter(nil)
	b.Obj()
	b.StrField("reference_id", reference)
	b.StrField("order_number", cut(w.number, numberMost))
	b.StrField("purchase_date", w.placed.UTC().Format(time.RFC3339))
	b.StrField("shipping_method", w.method)
	b.StrField("type", "DTC")
	b.Key("recipient").Obj()
	b.StrField("name", w.recipient.name)
	b.OptStr("email", w.recipient.email)
	b.OptStr("phone_number", w.recipient.phone)
	b.Key("address").Obj()
	b.StrField("address1", w.recipient.line1)
	b.OptStr("address2", w.recipient.line2)
	b.StrField("city", w.recipient.city)
	b.OptStr("company_name", w.recipient.company)
	b.StrField("country", w.recipient.country)
	b.OptStr("state", w.recipient.region)
	b.OptStr("zip_code", w.recipient.zip)
	b.EndObj()
	b.EndObj()
	b.Key("products").Arr()
	for _, p := range w.products {
		b.Obj()
		b.StrField("reference_id", p.sku)
		b.StrField("sku", p.sku)
		b.StrField("name", p.title)
		b.IntField("quantity", p.quantity)
		b.EndObj()
	}
	b.EndArr()
	b.Key("tags").Arr()
	b.Obj()
	b.StrField("name", digestTag)
	b.StrField("value", w.digest())
	b.EndObj()
	b.EndArr()
	b.EndObj()
	if err := b.Err(); err != nil {
		return nil, &fault.Error{Kind: fault.Unknown, Class: fault.Bug, Field: err.Path, Detail: err.Rule}
	}
	return b.Bytes(), nil
}

// cut shortens the text to at most n characters.
func cut(text string, n int) string {
	runes := []rune(text)
	return string(runes[:min(len(runes), n)])
}
