package woocommerce_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// recordedOrder is the recorded order 12: two lines, 179.65 USD.
func recordedOrder(t testing.TB) []byte { return mustRead(t, "order.created", "in.body.json") }

func TestUnusableOrdersAreRefusedWithClassAndPath(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	for name, tc := range map[string]struct {
		before, after string
		class         fault.Class
		field         string
	}{
		"25 id given twice":           {`"parent_id":0`, `"id":13`, fault.Parse, "id"},
		"25 twice in a nested object": {`"tax_class":""`, `"sku":"A"`, fault.Parse, "line_items[0].sku"},
		"25 twice by an escape":       {`"parent_id":0`, `"\u0069d":13`, fault.Parse, "id"},
		"31 amount in words":          {`"total":"179.65"`, `"total":"free"`, fault.Value, "total"},
		"32 thousands separator":      {`"total":"179.65"`, `"total":"1,299.00"`, fault.Value, "total"},
		"32 decimal comma":            {`"subtotal":"78.00"`, `"subtotal":"1.299,00"`, fault.Value, "line_items[0].subtotal"},
		"32 plus sign":                {`"total_tax":"14.65"`, `"total_tax":"+14.65"`, fault.Value, "total_tax"},
		"32 space":                    {`"total":"7.50"`, `"total":" 7.50"`, fault.Value, "shipping_lines[0].total"},
		"32 empty amount":             {`"total":"179.65"`, `"total":""`, fault.Value, "total"},
		"34 half a yen":               {`"currency":"USD"`, `"currency":"JPY"`, fault.Value, "line_items[0].total_tax"},
		"35 1e400":                    {`"total":"179.65"`, `"total":1e400`, fault.Value, "total"},
		"35 1e1000000000":             {`"quantity":2`, `"quantity":1e1000000000`, fault.Value, "line_items[0].quantity"},
		"36 NaN":                      {`"quantity":2`, `"quantity":NaN`, fault.Parse, "line_items[0].quantity"},
		"36 Infinity as text":         {`"total":"179.65"`, `"total":"Infinity"`, fault.Value, "total"},
		"37 invalid UTF-8":            {`"Merino Tee"`, "\"Merino \xff\"", fault.Parse, "line_items[0].name"},
		"37 half a surrogate":         {`"Merino Tee"`, `"Merino \ud83d"`, fault.Parse, "line_items[0].name"},
		"39 NUL in an SKU":            {`"TEE-BLK-M"`, `"TEE\u0000M"`, fault.Value, "line_items[0].sku"},
		"39 NUL in an id":             {`"id":12`, `"id":"1\u00002"`, fault.Value, "id"},
		"44 null id":                  {`"id":12`, `"id":null`, fault.Schema, "id"},
		"44 null total":               {`"total":"179.65"`, `"total":null`, fault.Schema, "total"},
		"44 null currency":            {`"currency":"USD"`, `"currency":null`, fault.Schema, "currency"},
		"44 null quantity":            {`"quantity":2`, `"quantity":null`, fault.Schema, "line_items[0].quantity"},
		"44 null lines":               {`"line_items":[`, `"line_items":null,"x":[`, fault.Schema, "line_items"},
		"44 no status":                {`"status":"processing"`, `"x":1`, fault.Schema, "status"},
		"44 no customer":              {`"customer_id":2`, `"x":1`, fault.Schema, "customer_id"},
		"44 no tax":                   {`"total_tax":"14.65"`, `"x":1`, fault.Schema, "total_tax"},
		"44 no subtotal of a line":    {`"subtotal":"79.50"`, `"x":1`, fault.Schema, "line_items[1].subtotal"},
		"44 no tax of a delivery":     {`"total":"7.50","total_tax":"0.67"`, `"total":"7.50"`, fault.Schema, "shipping_lines[0].total_tax"},
		"44 no lines":                 {`"line_items":[`, `"lines":[`, fault.Schema, "line_items"},
		"47 object for an array":      {`"fee_lines":[]`, `"fee_lines":{}`, fault.Schema, "fee_lines"},
		"47 array for an object":      {`"billing":{`, `"billing":[],"x":{`, fault.Schema, "billing"},
		"47 object for a number":      {`"quantity":2`, `"quantity":{}`, fault.Schema, "line_items[0].quantity"},
		"47 number for a text":        {`"currency":"USD"`, `"currency":840`, fault.Schema, "currency"},
		"50 single quotes":            {`"currency":"USD"`, `"currency":'USD'`, fault.Parse, "currency"},
		"50 comment":                  {`"parent_id":0`, `/* x */"parent_id":0`, fault.Parse, ""},
		"53 currency XXX":             {`"currency":"USD"`, `"currency":"XXX"`, fault.Value, "currency"},
		"53 lower-case currency":      {`"currency":"USD"`, `"currency":"usd"`, fault.Value, "currency"},
		"60 30 February":              {`"date_paid_gmt":"2026-11-22T`, `"date_paid_gmt":"2026-02-30T`, fault.Value, "date_paid_gmt"},
		"60 date alone":               {`"date_created_gmt":"2026-11-22T21:08:15"`, `"date_created_gmt":"2026-11-22"`, fault.Value, "date_created_gmt"},
		"63 year 0001":                {`"date_created_gmt":"2026`, `"date_created_gmt":"0001`, fault.Value, "date_created_gmt"},
		"63 year 9999":                {`"date_modified_gmt":"2026`, `"date_modified_gmt":"9999`, fault.Value, "date_modified_gmt"},
		"14 id of letters":            {`"id":12`, `"id":"12-x"`, fault.Value, "id"},
		"14 id below zero":            {`"product_id":9`, `"product_id":-9`, fault.Value, "line_items[0].product_id"},
		"leap second":                 {`"date_paid_gmt":"2026-11-22T21:08:15"`, `"date_paid_gmt":"2026-12-31T23:59:60"`, fault.Value, "date_paid_gmt"},
		"more digits than we hold":    {`"quantity":2`, `"quantity":12345678901234567890`, fault.Value, "line_items[0].quantity"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := mustReplace(t, recordedOrder(t), tc.before, tc.after)
			translation, err := source.Translate(t.Context(), raw("order.updated", body))
			checkFault(t, err, fault.Invalid, tc.class, tc.field)
			if len(translation.Events) > 0 || translation.Skip != "" {
				t.Errorf("it was translated to %v", translation)
			}
		})
	}
}

func TestErrorsHoldNoPersonalData(t *testing.T) {
	t.Parallel()
	body := mustReplace(t, recordedOrder(t), `"email":"ada@example.com"`, `"email":["ada@example.com"]`)
	_, err := mustOpen(t, nil).Source.Translate(t.Context(), raw("order.updated", body))
	checkFault(t, err, fault.Invalid, fault.Schema, "billing.email")
	if strings.Contains(err.Error(), "ada") || !strings.Contains(err.Error(), "order 12") {
		t.Errorf("%v should name the order and no person", err)
	}
}

func TestBrokenDocumentsAreRefused(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	for name, tc := range map[string]struct {
		body  []byte
		class fault.Class
	}{
		"42 trailing garbage":    {append(bytes.Clone(recordedOrder(t)), "x"...), fault.Parse},
		"42 second document":     {append(bytes.Clone(recordedOrder(t)), recordedOrder(t)...), fault.Parse},
		"43 depth of 10,000":     {[]byte(`{"id":1,"meta_data":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`), fault.TooLarge},
		"43 100,000 elements":    {[]byte(`{"id":1,"line_items":[` + strings.Repeat("0,", 100_000) + `0]}`), fault.Schema},
		"43 of a skipped member": {[]byte(`{"id":1,"meta_data":[` + strings.Repeat("0,", 100_000) + `0]}`), fault.TooLarge},
		"50 single quotes":       {[]byte(`{'id':1}`), fault.Parse},
		"empty":                  {nil, fault.Parse},
		"a form":                 {[]byte("webhook_id=1"), fault.Schema},
		"an array":               {[]byte("[]"), fault.Schema},
		"an empty object":        {[]byte("{}"), fault.Schema},
	} {
		for _, topic := range []string{"order.created", "order.deleted", "customer.updated", "customer.deleted"} {
			_, err := source.Translate(t.Context(), raw(topic, tc.body))
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s as %s: %v, want an invalid fault", name, topic, err)
			}
			if topic == "order.created" && name != "a form" && fault.As(err).Class != tc.class {
				t.Errorf("%s: class %s, want %s", name, fault.As(err).Class, tc.class)
			}
		}
	}
}

// A document that is nested too deeply is refused where that shows: what follows is not read.
func TestHostileDocumentsAreNotReadToTheirEnd(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	deep := []byte(`{"id":1,"meta_data":` + strings.Repeat(`{"a":`, 200_000))
	_, whole := source.Translate(t.Context(), raw("order.created", deep))
	copy(deep[len(deep)/100:], bytes.Repeat([]byte{0xff}, len(deep)))
	_, torn := source.Translate(t.Context(), raw("order.created", deep))
	for name, err := range map[string]error{"whole": whole, "not JSON after the first hundredth": torn} {
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "nested too deeply") {
			t.Errorf("43, %s: %v", name, err)
		}
	}
}

func TestOddOrdersAreTakenExactly(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	for name, tc := range map[string]struct {
		before, after string
		holds         func(*canonical.Order) bool
	}{
		"27 id beyond a float":       {`"id":12,`, `"id":9007199254740993,`, func(o *canonical.Order) bool { return o.ID == "9007199254740993" }},
		"28 id as text":              {`"id":12,`, `"id":"12",`, func(o *canonical.Order) bool { return o.ID == "12" }},
		"29 id beyond 64 bits":       {`"id":12,`, `"id":"99999999999999999999999",`, func(o *canonical.Order) bool { return o.ID == "99999999999999999999999" }},
		"31 amount as a number":      {`"total":"179.65"`, `"total":179.65`, func(o *canonical.Order) bool { return o.Total.Minor == 17965 }},
		"31 amount as an exponent":   {`"total":"179.65"`, `"total":17965e-2`, func(o *canonical.Order) bool { return o.Total.Minor == 17965 }},
		"31 price as a float":        {`"price":39,`, `"price":38.99999999999999644728632119949907064437866210937,`, func(o *canonical.Order) bool { return o.Lines[0].UnitPrice.String() == "39.00" }},
		"33 zeros for decimals":      {`"total":"179.65"`, `"total":"179.6500"`, func(o *canonical.Order) bool { return o.Total.Minor == 17965 }},
		"40 emoji and RTL":           {`"Merino Tee"`, `"\ud83d\udc55 \u200fקיץ"`, func(o *canonical.Order) bool { return o.Lines[0].Title == "👕 \u200fקיץ" }},
		"40 NFD stays NFD":           {`"Merino Tee"`, "\"Cafe\u0301\"", func(o *canonical.Order) bool { return o.Lines[0].Title == "Cafe\u0301" }},
		"45 unknown field":           {`"parent_id":0`, `"shiny":{"new":[1]}`, func(o *canonical.Order) bool { return o.ID == "12" }},
		"51 __proto__ and script":    {`"Merino Tee"`, `"<script>__proto__</script>"`, func(o *canonical.Order) bool { return o.Lines[0].Title == "<script>__proto__</script>" }},
		"56 SKU with zeros":          {`"TEE-BLK-M"`, `"0001E5"`, func(o *canonical.Order) bool { return o.Lines[0].SKU == "0001E5" }},
		"57 phone and postcode":      {`"postcode":"10001"`, `"postcode":"01001"`, func(o *canonical.Order) bool { return o.Billing.PostalCode.String() == "01001" }},
		"order-number plugin":        {`"number":"12"`, `"number":"WEB/2026-0012"`, func(o *canonical.Order) bool { return o.Name == "WEB/2026-0012" && o.ID == "12" }},
		"A9 unknown channel":         {`"created_via":"rest-api"`, `"created_via":"hologram"`, func(o *canonical.Order) bool { return o.Channel == "hologram" }},
		"44 null note":               {`"customer_note":""`, `"customer_note":null`, func(o *canonical.Order) bool { return o.Note.IsNull() }},
		"44 absent note":             {`"customer_note":""`, `"x":""`, func(o *canonical.Order) bool { return o.Note.IsZero() }},
		"44 empty note":              {`"customer_note":""`, `"customer_note":""`, func(o *canonical.Order) bool { return o.Note == canonical.NewText("") }},
		"44 null payment method":     {`"payment_method":"stripe"`, `"payment_method":null`, func(o *canonical.Order) bool { return !o.Test }},
		"64 a year ahead":            {`"date_modified_gmt":"2026`, `"date_modified_gmt":"2027`, func(o *canonical.Order) bool { return o.UpdatedAt.Year() == 2027 }},
		"58 country that is no code": {`"country":"US"`, `"country":"ZZ"`, func(o *canonical.Order) bool { return o.Billing.Country == "ZZ" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := mustReplace(t, recordedOrder(t), tc.before, tc.after)
			translation := mustTranslate(t, source, "order.created", body)
			placed := event(translation, canonical.OrderPlaced)
			if order, ok := placed.Body.(*canonical.Order); !ok || !tc.holds(order) {
				t.Errorf("it became %+v", placed.Body)
			}
			if len(placed.Notes) > 0 {
				t.Errorf("with notes %v", placed.Notes)
			}
		})
	}
}

func TestNormalizedValuesAreNoted(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	for name, tc := range map[string]struct {
		before, after string
		field, what   string
		holds         func(*canonical.Order) bool
	}{
		"39 NUL in a name": {
			`"Merino Tee"`, `"Merino\u0000 Tee\u0007"`, "line_items[0].name", "control characters removed",
			func(o *canonical.Order) bool { return o.Lines[0].Title == "Merino Tee" },
		},
		"41 byte order mark": {
			`{"id":12`, "\ufeff" + `{"id":12`, "", "byte order mark removed",
			func(o *canonical.Order) bool { return o.ID == "12" },
		},
		"58 country UK": {
			`"country":"US"`, `"country":"UK"`, "billing.country", "country UK read as GB",
			func(o *canonical.Order) bool { return o.Billing.Country == "GB" && o.Shipping.Country == "US" },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := mustReplace(t, recordedOrder(t), tc.before, tc.after)
			placed := event(mustTranslate(t, source, "order.created", body), canonical.OrderPlaced)
			if len(placed.Notes) != 1 || placed.Notes[0].Field != tc.field || placed.Notes[0].What != tc.what {
				t.Errorf("notes are %v, want %q: %s", placed.Notes, tc.field, tc.what)
			}
			if order, ok := placed.Body.(*canonical.Order); !ok || !tc.holds(order) {
				t.Errorf("it became %+v", placed.Body)
			}
		})
	}
}

// TestCanonicalRulesRefuseTheRest has values that the translator passes and the model rejects.
func TestCanonicalRulesRefuseTheRest(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	for name, tc := range map[string]struct{ before, after, kind, field string }{
		"48 negative quantity":   {`"quantity":2`, `"quantity":-2`, canonical.OrderPlaced, "lines[0].quantity.value"},
		"54 total does not fit":  {`"total":"179.65"`, `"total":"180.65"`, canonical.OrderPlaced, "total"},
		"58 country ZZ":          {`"country":"US"`, `"country":"ZZ"`, canonical.OrderPlaced, "billing.country"},
		"67 e-mail with two @":   {`"email":"ada@example.com"`, `"email":"ada@@example.com"`, canonical.CustomerUpserted, "email"},
		"67 e-mail of 320 chars": {`"email":"ada@example.com"`, `"email":"` + strings.Repeat("a", 308) + `@example.com"`, canonical.CustomerUpserted, "email"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := mustReplace(t, recordedOrder(t), tc.before, tc.after)
			err := canonical.Validate(event(mustTranslate(t, source, "order.created", body), tc.kind).Body)
			if broken, ok := errors.AsType[*canonical.Error](err); !ok || broken.Field != tc.field {
				t.Errorf("Validate = %v, want a rule of %s", err, tc.field)
			}
		})
	}
}
