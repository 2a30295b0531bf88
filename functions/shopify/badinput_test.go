package shopify_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// edit replaces text of the sample, which must be there.
func edit(t testing.TB, old, replacement string) []byte {
	t.Helper()
	if !bytes.Contains(shopifytest.Sample(), []byte(old)) {
		t.Fatalf("the sample has no %s", old)
	}
	return bytes.Replace(shopifytest.Sample(), []byte(old), []byte(replacement), 1)
}

const (
	sampleTotal = `"total_price_set":{"shop_money":{"amount":"179.65"`
	yen         = `{"price_set":{"shop_money":{"amount":1,"currency_code":"JPY"},"presentment_money":{"amount":1,"currency_code":"JPY"}}}`
	samplePrice = `"price_set":{"shop_money":{"amount":"39.00"`
	sampleID    = `{"id":820982911946154508,"admin_graphql_api_id":"gid://shopify/Order/820982911946154508"`
)

// TestBadInputIsRefused runs the decoder over its lines of the list of bad input. Each name
// begins with the line's number.
func TestBadInputIsRefused(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	for name, c := range map[string]struct {
		old, replacement string
		class            fault.Class
		field            string
	}{
		"25 id given twice":              {`{"id":820982911946154508,`, `{"id":1,"id":2,`, fault.Parse, "id"},
		"29 id with a fraction":          {`{"id":820982911946154508,`, `{"id":1.5,`, fault.Value, "id"},
		"32 thousands separator":         {sampleTotal, strings.Replace(sampleTotal, "179.65", "1,179.65", 1), fault.Value, "total_price_set.shop_money.amount"},
		"32 decimal comma":               {sampleTotal, strings.Replace(sampleTotal, "179.65", "179,65", 1), fault.Value, "total_price_set.shop_money.amount"},
		"33 four decimals in dollars":    {sampleTotal, strings.Replace(sampleTotal, "179.65", "179.6543", 1), fault.Value, "total_price_set.shop_money"},
		"34 half a yen":                  {sampleTotal + `,"currency_code":"USD"`, `"total_price_set":{"shop_money":{"amount":"100.5","currency_code":"JPY"`, fault.Value, "total_price_set.shop_money"},
		"35 1e400":                       {`"quantity":2`, `"quantity":1e400`, fault.Value, "line_items[0].quantity"},
		"35 1e1000000000":                {samplePrice, strings.Replace(samplePrice, `"39.00"`, `1e1000000000`, 1), fault.Value, "line_items[0].price_set.shop_money.amount"},
		"36 NaN":                         {`"quantity":2`, `"quantity":NaN`, fault.Parse, "line_items[0].quantity"},
		"37 invalid UTF-8":               {`"Merino Tee - Black / M"`, "\"Merino \xff\"", fault.Parse, "line_items[0].name"},
		"37 lone surrogate":              {`"Merino Tee - Black / M"`, `"\ud83d"`, fault.Parse, "line_items[0].name"},
		"39 NUL in a SKU":                {`"sku":"TEE-BLK-M"`, `"sku":"TEE\u0000"`, fault.Value, "line_items[0].sku"},
		"39 NUL in an id":                {`{"id":820982911946154508,`, `{"id":"82\u0000",`, fault.Value, "id"},
		"44 null id":                     {`{"id":820982911946154508,`, `{"id":null,`, fault.Schema, "id"},
		"44 null list of lines":          {`"line_items":[{`, `"line_items":null,"was":[{`, fault.Schema, "line_items"},
		"44 no total":                    {`"total_price_set"`, `"total_price_sat"`, fault.Schema, "total_price_set"},
		"44 empty total":                 {sampleTotal + `,"currency_code":"USD"}`, `"total_price_set":{"shop_money":{}`, fault.Schema, "total_price_set.shop_money.amount"},
		"44 null amount":                 {sampleTotal, strings.Replace(sampleTotal, `"179.65"`, `null`, 1), fault.Schema, "total_price_set.shop_money.amount"},
		"44 no version":                  {`"updated_at":"2026-11-22T16:05:44-05:00","user_id"`, `"updated_on":"2026-11-22T16:05:44-05:00","user_id"`, fault.Schema, "updated_at"},
		"44 no state":                    {`"financial_status":"paid"`, `"financial_status":""`, fault.Schema, "financial_status"},
		"47 object for array":            {`"line_items":[{`, `"line_items":{"a":1},"was":[{`, fault.Schema, "line_items"},
		"47 array for object":            {`"customer":{`, `"customer":[],"was":{`, fault.Schema, "customer"},
		"47 text for quantity":           {`"quantity":2`, `"quantity":"two"`, fault.Schema, "line_items[0].quantity"},
		"47 half a piece":                {`"quantity":2`, `"quantity":2.5`, fault.Value, "line_items[0].quantity"},
		"50 single quotes":               {`"sku":"TEE-BLK-M"`, `'sku':'TEE'`, fault.Parse, "line_items[0]"},
		"50 comment":                     {`"sku":"TEE-BLK-M"`, `/* x */"sku":"TEE"`, fault.Parse, "line_items[0]"},
		"53 currency XXX":                {sampleTotal + `,"currency_code":"USD"`, sampleTotal + `,"currency_code":"XXX"`, fault.Value, "total_price_set.shop_money"},
		"53 currency of the order":       {`"currency":"USD"`, `"currency":"XXX"`, fault.Value, "currency"},
		"53 lines in another currency":   {samplePrice + `,"currency_code":"USD"`, strings.Replace(samplePrice, "39.00", "39", 1) + `,"currency_code":"EUR"`, fault.Value, "line_items[0].price_set"},
		"60 30 February":                 {`"created_at":"2026-11-22T16:05:42-05:00"`, `"created_at":"2026-02-30T16:05:42-05:00"`, fault.Value, "created_at"},
		"60 time without zone":           {`"created_at":"2026-11-22T16:05:42-05:00"`, `"created_at":"2026-11-22T16:05:42"`, fault.Value, "created_at"},
		"63 year 1":                      {`"created_at":"2026-11-22T16:05:42-05:00"`, `"created_at":"0001-01-01T00:00:00Z"`, fault.Value, "created_at"},
		"63 year 9999":                   {`"created_at":"2026-11-22T16:05:42-05:00"`, `"created_at":"9999-12-31T00:00:00Z"`, fault.Value, "created_at"},
		"A9 unknown financial status":    {`"financial_status":"paid"`, `"financial_status":"bartered"`, fault.Schema, "financial_status"},
		"19 digits":                      {samplePrice, strings.Replace(samplePrice, "39.00", "1234567890123456789.5", 1), fault.Value, "line_items[0].price_set.shop_money"},
		"a line beyond 64 bits":          {`"quantity":2`, `"quantity":9000000000000000000`, fault.Value, "line_items[0].price_set"},
		"29 id with letters":             {`{"id":820982911946154508,`, `{"id":"82a",`, fault.Value, "id"},
		"29 id that would be a path":     {`{"id":466157049,`, `{"id":"../466157049",`, fault.Value, "line_items[0].id"},
		"tax lines in two currencies":    {`"tax_lines":[{"channel_liable":false,"price":"6.92"`, `"tax_lines":[` + yen + `,{"channel_liable":false,"price":"6.92"`, fault.Value, "line_items[0].tax_lines[1]"},
		"a tip that cannot be converted": {`"total_tip_received":"0.00"`, `"total_tip_received":"0.001"`, fault.Value, "total_tip_received"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := s.translate(t, "orders/create", edit(t, c.old, c.replacement))
			wantFault(t, err, fault.Invalid, c.class, c.field)
		})
	}
}

func TestBadInputIsLeftToTheModel(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.fake.Put(shopifytest.Sample())
	for name, c := range map[string]struct{ old, replacement, field string }{
		"48 negative quantity": {`"quantity":2`, `"quantity":-2`, "lines[0].quantity.value"},
		"54 totals do not add": {sampleTotal, strings.Replace(sampleTotal, "179.65", "199.65", 1), "total"},
		"58 country ZZ":        {`"latitude":40.75,"longitude":-73.99,"name":"Ada Byron","country_code":"US"`, `"name":"Ada Byron","country_code":"ZZ"`, "billing.country"},
		"67 two at signs":      {`"verified_email":true,"multipass_identifier":null,"tax_exempt":false,"email":"ada@example.com"`, `"email":"ada@@example.com"`, "email"},
		"67 320 characters":    {`"verified_email":true,"multipass_identifier":null,"tax_exempt":false,"email":"ada@example.com"`, `"email":"` + strings.Repeat("a", 308) + `@example.com"`, "email"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events := s.mustTranslate(t, "orders/create", edit(t, c.old, c.replacement))
			var fields []string
			for _, event := range events {
				if rule, ok := errors.AsType[*canonical.Error](canonical.Validate(event.Body)); ok {
					fields = append(fields, rule.Field)
				}
			}
			if len(fields) != 1 || fields[0] != c.field {
				t.Errorf("refused at %q, want %q", fields, c.field)
			}
		})
	}
}

// TestOddInputIsAccepted has unusual values that must be translated exactly.
func TestOddInputIsAccepted(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	for name, c := range map[string]struct {
		old, replacement string
		got              func(*canonical.Order) any
		want             any
	}{
		"27 id beyond 2^53":          {sampleID, strings.ReplaceAll(sampleID, "820982911946154508", "9007199254740993"), func(o *canonical.Order) any { return o.ID }, "9007199254740993"},
		"28 id as text":              {`{"id":820982911946154508,`, `{"id":"820982911946154508",`, func(o *canonical.Order) any { return o.ID }, "820982911946154508"},
		"29 id beyond int64":         {sampleID, strings.ReplaceAll(sampleID, "820982911946154508", "98765432109876543210"), func(o *canonical.Order) any { return o.ID }, "98765432109876543210"},
		"31 amount as a number":      {sampleTotal, strings.Replace(sampleTotal, `"179.65"`, `179.65`, 1), func(o *canonical.Order) any { return o.Total }, usd(17965)},
		"31 amount with an exponent": {sampleTotal, strings.Replace(sampleTotal, `"179.65"`, `1.7965e2`, 1), func(o *canonical.Order) any { return o.Total }, usd(17965)},
		"33 zeros beyond cents":      {sampleTotal, strings.Replace(sampleTotal, `179.65`, `179.6500`, 1), func(o *canonical.Order) any { return o.Total }, usd(17965)},
		"40 emoji and joined text":   {`"Merino Tee - Black / M"`, `"Tee 👩‍👩‍👧 עברית e\u0301"`, func(o *canonical.Order) any { return o.Lines[0].Title }, "Tee 👩‍👩‍👧 עברית e\u0301"},
		"44 empty note":              {`"note":null,"note_attributes"`, `"note":"","note_attributes"`, func(o *canonical.Order) any { return o.Note }, canonical.NewText("")},
		"44 null note":               {`"note":null,"note_attributes"`, `"note":null,"note_attributes"`, func(o *canonical.Order) any { return o.Note }, canonical.NullText()},
		"44 absent note":             {`"note":null,"note_attributes"`, `"note_attributes"`, func(o *canonical.Order) any { return o.Note }, canonical.Text{}},
		"45 unknown field":           {`{"id":820982911946154508,`, `{"a":[{"b":{}}],"id":820982911946154508,`, func(o *canonical.Order) any { return o.ID }, "820982911946154508"},
		"51 prototype":               {`"Merino Tee - Black / M"`, `"<script>","__proto__":{"a":1}`, func(o *canonical.Order) any { return o.Lines[0].Title }, "<script>"},
		"56 SKU like a number":       {`"sku":"TEE-BLK-M"`, `"sku":"001E5"`, func(o *canonical.Order) any { return o.Lines[0].SKU }, "001E5"},
		"57 postcode with a zero":    {`"latitude":40.75`, `"zip2":"x","latitude":40.75`, func(o *canonical.Order) any { return o.Billing.PostalCode.String() }, "10001"},
		"60 leap second":             {`"created_at":"2026-11-22T16:05:42-05:00"`, `"created_at":"2026-12-31T23:59:60Z"`, func(o *canonical.Order) any { return o.PlacedAt.Second() }, 59},
		"64 dated next year":         {`"created_at":"2026-11-22T16:05:42-05:00"`, `"created_at":"2027-11-22T16:05:42-05:00"`, func(o *canonical.Order) any { return o.PlacedAt.Year() }, 2027},
		"68 test order":              {`"test":false`, `"test":true`, func(o *canonical.Order) any { return o.Test }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := order(t, s.mustTranslate(t, "orders/create", edit(t, c.old, c.replacement)))
			if c.got(got) != c.want {
				t.Errorf("got %v, want %v", c.got(got), c.want)
			}
		})
	}
}

func TestBadInput43And49Size(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	_, err := s.translate(t, "orders/create", []byte(strings.Repeat(`{"a":`, 10_000)))
	wantFault(t, err, fault.Invalid, fault.TooLarge, fault.As(err).Field)
	_, err = s.translate(t, "orders/create", []byte(`{"line_items":[`+strings.Repeat("[],", 100_000)+`[]]}`))
	if fault.KindOf(err) != fault.Invalid {
		t.Errorf("a list of 100,000 gives %v", err)
	}
	free := `{"id":1,"quantity":1,"price_set":{"shop_money":{"amount":0,"currency_code":"USD"},"presentment_money":{"amount":0,"currency_code":"USD"}}},`
	got := order(t, s.mustTranslate(t, "orders/create", edit(t, `"line_items":[`, `"line_items":[`+strings.Repeat(free, 9_998))))
	if err := canonical.Validate(got); err != nil || len(got.Lines) != 10_000 {
		t.Errorf("%d lines, %v", len(got.Lines), err)
	}
}

func TestBadInput42TwoDocuments(t *testing.T) {
	t.Parallel()
	_, err := open(t, nil).translate(t, "orders/create", append(shopifytest.Sample(), `{}`...))
	wantFault(t, err, fault.Invalid, fault.Parse, "")
}

func TestBadInput24UnknownTopic(t *testing.T) {
	t.Parallel()
	for _, topic := range []string{"orders/fulfilled", "products/update", "Orders/Create", "x"} {
		_, err := open(t, nil).translate(t, topic, shopifytest.Sample())
		wantFault(t, err, fault.Invalid, fault.Schema, "topic")
	}
}

func TestBadCustomers(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	for name, c := range map[string]struct {
		body  string
		class fault.Class
		field string
	}{
		"null":       {`null`, fault.Schema, "id"},
		"no id":      {`{"updated_at":"2026-11-22T16:05:44-05:00"}`, fault.Schema, "id"},
		"no version": {`{"id":7}`, fault.Schema, "updated_at"},
		"bad time":   {`{"id":7,"updated_at":"soon"}`, fault.Value, "updated_at"},
		"a list":     {`[]`, fault.Schema, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := s.translate(t, "customers/update", []byte(c.body))
			wantFault(t, err, fault.Invalid, c.class, c.field)
		})
	}
}

// TestPresentmentRejectsAmountsOfTheShopsCurrencyOnly has no token, with which the amounts would
// be asked for.
func TestPresentmentRejectsAmountsOfTheShopsCurrencyOnly(t *testing.T) {
	t.Parallel()
	s := open(t, overrides{"SHOPIFY_CURRENCY": "presentment", "SHOPIFY_ADMIN_TOKEN": ""})
	_, err := s.translate(t, "orders/create", shopifytest.Purchase{Presentment: "EUR", Factor: 2, Tip: 100}.Body())
	wantFault(t, err, fault.Invalid, fault.Value, "total_tip_received")
	_, err = s.translate(t, "orders/create", mustRead(t, "orders-create.multicurrency", "in.json"))
	wantFault(t, err, fault.Invalid, fault.Value, "line_items[0].price_set")
	odd := shopifytest.Purchase{Presentment: "EUR", Factor: 2, Change: func(o map[string]any) { o["presentment_currency"] = "GBP" }}
	_, err = s.translate(t, "orders/create", odd.Body())
	wantFault(t, err, fault.Invalid, fault.Value, "presentment_currency")
}

// TestErrorsHoldNoPersonalData mutates the order everywhere and searches the errors for its buyer.
func TestErrorsHoldNoPersonalData(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		body := shopifytest.Sample()
		body[random.IntN(len(body))] ^= byte(1 + random.IntN(255))
		_, err := s.translate(t, "orders/create", body)
		if err == nil {
			continue
		}
		for _, word := range []string{"ada@", "Byron", "Main St", "12125550100"} {
			if strings.Contains(err.Error(), word) {
				t.Errorf("the error contains %q: %v", word, err)
			}
		}
	}
}

// TestSumsAreExact adds up amounts that a float cannot.
func TestSumsAreExact(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	random := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		p := shopifytest.Purchase{TaxPercent: random.Int64N(30), TaxIncluded: random.IntN(2) == 0, Shipping: random.Int64N(2000), Tip: random.Int64N(500)}
		for i := range 1 + random.IntN(20) {
			price := 1 + random.Int64N(100_000)
			p.Items = append(p.Items, shopifytest.Item{ID: int64(i + 1), Quantity: 1 + random.Int64N(9), Price: price, Discount: random.Int64N(price)})
		}
		got := order(t, s.mustTranslate(t, "orders/create", p.Body()))
		if err := canonical.Validate(got); err != nil || got.Rounding.Minor != 0 {
			t.Fatalf("%+v: %v, rounding %v", p, err, got.Rounding)
		}
	}
}

// TestAnyMemberMayBeMissing removes each member of the order in turn. The rest is translated,
// or rejected with that member's name.
func TestAnyMemberMayBeMissing(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.fake.Put(shopifytest.Sample())
	var members map[string]json.RawMessage
	if err := json.Unmarshal(shopifytest.Sample(), &members); err != nil {
		t.Fatal(err)
	}
	for name, value := range members {
		delete(members, name)
		body, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		translation, err := s.translate(t, "orders/create", body)
		if err != nil {
			wantFault(t, err, fault.Invalid, fault.Schema, name)
		}
		if invalid := firstInvalid(translation.Events); invalid != nil && !balances(invalid) {
			t.Errorf("without %s: %v", name, invalid)
		}
		members[name] = value
	}
}

func firstInvalid(events []connector.Event) error {
	for _, event := range events {
		if err := canonical.Validate(event.Body); err != nil {
			return fmt.Errorf("%s: %w", event.Type, err)
		}
	}
	return nil
}

// balances reports whether the error is that of the balance, which a missing amount breaks.
func balances(err error) bool { return strings.Contains(err.Error(), "total differs") }
