package netsuite_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

func home() *canonical.Address {
	return &canonical.Address{FirstName: text("Ada"), LastName: text("Byron"), Line1: text("12 Main St"), City: text("New York"), Country: "US"}
}

// shipTo returns a part of the sales order's shipping address as NetSuite has it.
func (s *sale) shipTo(part string) string {
	for _, r := range s.fake.Books() {
		if r.ExternalID == s.external {
			return field(s.t, last(r.Bodies), "shippingAddress", part)
		}
	}
	return ""
}

// field returns a text or an id of a body by its path, "" if it is not there.
func field(t *testing.T, body []byte, path ...string) string {
	t.Helper()
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		t.Fatal(err)
	}
	for _, name := range path {
		fields, _ := value.(map[string]any)
		value = fields[name]
	}
	text, _ := value.(string)
	return text
}

// At its limit a text is as it was; beyond it the rest is continued, or cut at a word.
func TestI7TextAtTheLimitAndBeyond(t *testing.T) {
	t.Parallel()
	words := strings.Repeat("street ", 40)
	for name, tc := range map[string]struct {
		set         func(*canonical.Address, string)
		text        string
		want        map[string]string
		note        string
		refusedPath string
	}{
		"street at the limit": {setLine1, strings.Repeat("é", 150), map[string]string{"addr1": strings.Repeat("é", 150), "addr2": ""}, "", ""},
		"street of 176": {
			setLine1, words[:176],
			map[string]string{"addr1": strings.TrimSpace(words[:147]), "addr2": strings.TrimSpace(words[147:176])},
			"shipping.line1 is continued in the next line", "shipping.line1",
		},
		"street of one word": {
			setLine1, strings.Repeat("x", 151), map[string]string{"addr1": strings.Repeat("x", 150), "addr2": "x"}, "shipping.line1 is continued", "shipping.line1",
		},
		"street beyond three lines": {
			setLine1, strings.Repeat("x", 460), map[string]string{"addr2": strings.Repeat("x", 150), "addr3": strings.Repeat("x", 149) + "…"}, "shipping.line2 is cut to 150", "shipping.line1",
		},
		"city at the limit":     {setCity, strings.Repeat("c", 50), map[string]string{"city": strings.Repeat("c", 50)}, "", ""},
		"city beyond":           {setCity, "Llanfair " + strings.Repeat("g", 30) + " gogerychwyrn", map[string]string{"city": "Llanfair " + strings.Repeat("g", 30) + "…"}, "shipping.city is cut to 50", "shipping.city"},
		"name at the limit":     {setLast, strings.Repeat("n", 79), map[string]string{"addressee": "Ada " + strings.Repeat("n", 79), "attention": ""}, "", ""},
		"name beyond":           {setLast, strings.Repeat("n", 80), map[string]string{"addressee": "Ada " + strings.Repeat("n", 79), "attention": "n"}, "shipping.last_name is continued", "shipping.last_name"},
		"phone at the limit":    {setPhone, strings.Repeat("12 ", 10) + "34", map[string]string{"addrPhone": strings.Repeat("12 ", 10) + "34"}, "", ""},
		"phone with separators": {setPhone, "+44 (0) 20 - 7946 - 0018 - 00000 - 0000", map[string]string{"addrPhone": "+4402079460018000000000"}, "shipping.phone is written without separators", "shipping.phone"},
		"phone beyond":          {setPhone, strings.Repeat("1", 41), map[string]string{"addrPhone": strings.Repeat("1", 31) + "…"}, "shipping.phone is cut to 32", "shipping.phone"},
		"no country":            {setCountry, "", map[string]string{"country": ""}, "shipping.country is missing", "shipping.country"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSale(t, canonical.Paid)
			s.order.Shipping = home()
			tc.set(s.order.Shipping, tc.text)
			receipt, err := s.try(t.Context(), canonical.OrderPlaced)
			s.must(err)
			for part, want := range tc.want {
				if got := s.shipTo(part); got != want {
					t.Errorf("%s is %q, want %q", part, got, want)
				}
			}
			if !strings.Contains(receipt.Detail, tc.note) || tc.note == "" && strings.Contains(receipt.Detail, ";") {
				t.Errorf("the receipt says %q, want %q", receipt.Detail, tc.note)
			}
			if _, calls := s.report(); strings.Contains(verbs(calls), "PATCH") {
				t.Errorf("it was sent again: %v", calls)
			}
			settings := s.fake.Settings(s.url)
			settings["NETSUITE_TEXT"] = "refuse"
			s.system = mustOpen(t, settings, nobody{})
			if tc.refusedPath == "" {
				return
			}
			e := fault.As(second(s.try(t.Context(), canonical.OrderPlaced)))
			if e == nil || e.Kind != fault.Rejected || e.ClassOrDefault() != fault.Value || e.Field != tc.refusedPath {
				t.Errorf("refusing gave %v", e)
			}
		})
	}
}

func setLine1(a *canonical.Address, v string)   { a.Line1 = text(v) }
func setCity(a *canonical.Address, v string)    { a.City = text(v) }
func setLast(a *canonical.Address, v string)    { a.LastName = text(v) }
func setPhone(a *canonical.Address, v string)   { a.Phone = text(v) }
func setCountry(a *canonical.Address, v string) { a.Country = v }

func TestI7ACustomersLongTextIsBooked(t *testing.T) {
	t.Parallel()
	r := newRig(t, map[string]string{"NETSUITE_DEFAULT_COUNTRY": "IE"})
	c := canonical.Customer{
		ID: "9", FirstName: text("Maximiliana"), LastName: text("Featherstonehaugh Cholmondeley-Marjoribanks"), Email: text("max@example.com"),
		Phone: text(strings.Repeat("1", 41)), Note: text(strings.Repeat("note ", 820)), Address: home(), UpdatedAt: noon,
	}
	c.Address.Country = ""
	s := &sale{rig: r}
	for range 2 {
		receipt := r.mustDeliver(s.event(canonical.CustomerUpserted, "customer", "9", &c))
		got := r.fake.Customers()[0]
		if got.LastName != "Featherstonehaugh…" || utf8.RuneCountInString(got.Phone) != 32 || utf8.RuneCountInString(got.Note) > 4000 || !strings.HasSuffix(got.Note, "note…") || got.Writes != 1 {
			t.Errorf("the customer is %+v", got)
		}
		if strings.Contains(receipt.Detail, "unchanged") {
			continue
		}
		for _, note := range []string{"last_name is cut to 32", "phone is cut", "note is cut to 4000", "address.country is missing, IE is taken"} {
			if !strings.Contains(receipt.Detail, note) {
				t.Errorf("the receipt says %q, want %q", receipt.Detail, note)
			}
		}
	}
}

func TestI13TheBuyersOwnNumberTakesTheStoresPlace(t *testing.T) {
	t.Parallel()
	for own, want := range map[string]struct{ number, memo string }{
		"PO-4711":               {"PO-4711", "order 1, #1"},
		strings.Repeat("9", 45): {strings.Repeat("9", 45), "order 1, #1"},
		"PO 4711 " + strings.Repeat("x", 20) + " of the department": {"PO 4711 " + strings.Repeat("x", 20) + " of the…", ", PO PO 4711 " + strings.Repeat("x", 20) + " of the department"},
	} {
		s := newSale(t, canonical.Paid)
		s.order.PurchaseOrder = own
		got, _ := s.report()
		if got.Name != want.number || !strings.HasSuffix(got.Memo, want.memo) {
			t.Errorf("%q became %q with the memo %q", own, got.Name, got.Memo)
		}
	}
}

func TestI13FactsAreInTheirFields(t *testing.T) {
	t.Parallel()
	s := newSale(t, canonical.Paid)
	company, err := s.fake.AddCustomer("", "", "Analytical Engines Ltd")
	s.must(err)
	settings := s.fake.Settings(s.url)
	const store = "shopify/example-brand.myshopify.com"
	for key, value := range map[string]string{
		"NETSUITE_DEPARTMENTS": store + "/pos=3," + store + "=2,*=1", "NETSUITE_CLASSES": "*=4", "NETSUITE_LOCATIONS": store + "=6", "NETSUITE_LOCATION": "5",
		"NETSUITE_CHANNELS": "pos=21,*=22", "NETSUITE_TERMS": "Net 30=31", "NETSUITE_COMPANIES": store + "/company/c1=1," + store + "/company/c1/l1=" + company,
	} {
		settings[key] = value
	}
	s.system = mustOpen(t, settings, &http.Transport{})
	s.order.Channel, s.order.Terms, s.order.Company = "pos", &canonical.PaymentTerms{Name: "Net 30"}, &canonical.Company{ID: "c1", Location: "l1"}
	got, _ := s.report()
	body := []byte(s.lastBody())
	for name, want := range map[string]string{"department": "3", "class": "4", "location": "6", "salesChannel": "21", "terms": "31"} {
		if id := field(t, body, name, "id"); id != want {
			t.Errorf("%s is %q, want %q", name, id, want)
		}
	}
	if got.Entity != company {
		t.Errorf("the order is %s's, want the company's %s", got.Entity, company)
	}
	s.pay("p1", canonical.Card, 15750) // the deposit takes the order's customer
	if d := s.fake.Deposits()[0]; d.Customer != company {
		t.Errorf("the deposit is %+v", d)
	}
	s.order.Terms.Name = "Net 90"
	if e := fault.As(second(s.try(t.Context(), canonical.OrderChanged))); e == nil || e.Class != fault.Config || e.Field != "NETSUITE_TERMS" {
		t.Errorf("terms without an entry gave %v", e)
	}
}

func TestI13TaxThatTheChannelPaysIsApart(t *testing.T) {
	t.Parallel()
	s := newSale(t, canonical.Paid)
	s.order.Tax, s.order.ChannelTax = usd(1500), &canonical.Money{Minor: 1100, Currency: "USD"}
	got, _ := s.report()
	if want := "TEE-BLK-M 2 78.00, HOOD-M 1 79.50, store-channel-tax 1 11.00, store-tax 1 4.00"; lines(got) != want || got.Total != "172.50" {
		t.Errorf("lines are %s, want %s", lines(got), want)
	}
}

func TestI6AProductWithoutSKU(t *testing.T) {
	t.Parallel()
	for how, want := range map[string]string{"item": "store-no-sku", "variant": "v-77", "product": "p-7", "refuse": ""} {
		s := newSale(t, canonical.Paid)
		s.must(s.fake.AddItem("v-77", "p-7"))
		settings := s.fake.Settings(s.url)
		settings["NETSUITE_WITHOUT_SKU"], settings["NETSUITE_ITEM_WITHOUT_SKU"] = how, "store-no-sku"
		s.system = mustOpen(t, settings, &http.Transport{})
		s.order.Lines[0].SKU, s.order.Lines[0].Variant, s.order.Lines[0].Product = "", "v-77", "p-7"
		_, err := s.try(t.Context(), canonical.OrderPlaced)
		if e := fault.As(err); want == "" {
			if e == nil || e.Class != fault.MissingRef || e.Field != "lines[0].sku" || !strings.Contains(e.Detail, "NETSUITE_WITHOUT_SKU") {
				t.Errorf("%s: %v", how, e)
			}
			continue
		}
		s.must(err)
		if l := s.fake.Orders()[0].Lines[0]; l.Item != want || l.Text != "Article" || l.Amount != "78.00" {
			t.Errorf("%s: the line is %+v", how, l)
		}
	}
}

// Two of everything: each is booked, not the first alone.
func TestTwoOfEverythingAreBooked(t *testing.T) {
	t.Parallel()
	for _, included := range []bool{false, true} {
		s := newSale(t, canonical.Paid)
		o := &s.order
		o.TaxIncluded = included
		o.Lines[0].Tax, o.Lines[1].Tax, o.Lines[0].Discount, o.Lines[1].Discount = usd(300), usd(200), usd(800), usd(950)
		o.Deliveries = []canonical.DeliveryLine{
			{Code: "s", Price: usd(750), Discount: usd(50), Tax: usd(70)}, {Code: "t", Price: usd(500), Discount: usd(20), Tax: usd(30)},
		}
		for _, kind := range []canonical.ChargeKind{canonical.Tip, canonical.Duty, canonical.Fee, canonical.CashRounding} {
			o.Charges = append(o.Charges, canonical.Charge{Kind: kind, Amount: usd(110), Tax: usd(10)}, canonical.Charge{Kind: kind, Amount: usd(220), Tax: usd(20)})
		}
		o.Tax = usd(720)
		got, _ := s.report()
		want := "TEE-BLK-M 2 70.00, HOOD-M 1 70.00, store-tip 1 1.10, store-tip 1 2.20, store-duty 1 1.10, store-duty 1 2.20, " +
			"store-fee 1 1.10, store-fee 1 2.20, store-cash-rounding 1 1.10, store-cash-rounding 1 2.20, store-tax 1 7.20"
		shipping, total := "11.80", "172.20"
		if included {
			want = strings.NewReplacer("2 70.00", "2 67.00", "1 70.00", "1 68.00", "1 1.10", "1 1.00", "1 2.20", "1 2.00").Replace(want)
			shipping, total = "10.80", "165.00"
		}
		if lines(got) != want || got.Shipping != shipping || got.Total != total {
			t.Errorf("tax included %t: shipping %s, total %s, lines %s\nwant %s", included, got.Shipping, got.Total, lines(got), want)
		}
	}
}

func TestTheConnectorNeedsNoAnswerOfOneKind(t *testing.T) {
	t.Parallel()
	for _, way := range []netsuitetest.Way{netsuitetest.NamedCustomers, netsuitetest.PriceLevel} {
		s := newSale(t, canonical.Paid)
		s.fake.Vary(way)
		for _, id := range []string{"7", "8"} {
			c := canonical.Customer{ID: id, FirstName: text("John"), LastName: text("Smith"), Email: text(id + "@example.com"), UpdatedAt: noon}
			s.mustDeliver(s.event(canonical.CustomerUpserted, "customer", id, &c))
		}
		s.report()
		if got := last(s.fake.Customers()); got.LastName != "Smith" || (got.EntityID == "John Smith 8") != (way == netsuitetest.NamedCustomers) {
			t.Errorf("way %b: the second is %+v", way, got)
		}
	}
}
