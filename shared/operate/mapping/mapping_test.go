package mapping

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/webapi"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// fakeStore translates a small payload into a customer.
type fakeStore struct{ connector.Source }

func (fakeStore) Translate(_ context.Context, raw *message.Raw) (connector.Translation, error) {
	var in struct {
		ID              json.Number
		Mail, Land      string
		First, Nick     string
		Sum, Part, Rest int
		Unused          string
	}
	if err := json.Unmarshal(raw.Body, &in); err != nil {
		return connector.Translation{}, err
	}
	if in.Sum != in.Part+in.Rest {
		return connector.Translation{}, errors.New("sum differs")
	}
	c := &canonical.Customer{ID: in.ID.String(), Email: canonical.NewText(in.Mail), FirstName: canonical.NewText(in.First), UpdatedAt: now, Address: &canonical.Address{Country: in.Land}}
	e := connector.Event{Type: canonical.CustomerUpserted, Entity: message.Key{System: "shop", Tenant: "brand", Type: "customer", ID: c.ID}, Body: c, At: now, UpdatedAt: now}
	if in.Land == "UK" {
		c.Address.Country = "GB"
		e.Notes = []connector.Note{{Field: "land", What: "UK is read as GB"}}
	}
	return connector.Translation{Events: []connector.Event{e}}, nil
}

// fakeERP writes a customer with one request, after a look at its record.
type fakeERP struct {
	client   *webapi.Client
	settings map[string]string
}

func (t *fakeERP) Deliver(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
	c := d.Body.(*canonical.Customer)
	got, err := t.client.Do(ctx, webapi.Request{Method: http.MethodGet, Path: "/customers/" + d.Message.Key().ID, WantJSON: true})
	if err != nil && got.Status != http.StatusNotFound {
		return connector.Receipt{}, err
	}
	body := map[string]any{"mail": c.Email.String(), "group": t.settings["ERP_GROUP"], "parent": d.Parents["shop/brand/company/9"], "kind": "person", "key": d.Message.Key().ID}
	receipt := connector.Receipt{Detail: "written"}
	if c.Address.Country == "" {
		body["land"] = t.settings["ERP_LAND"]
		receipt.Notes = []connector.Note{{Field: "address.country", What: "is missing"}}
	} else {
		body["land"] = strings.ToLower(c.Address.Country)
	}
	if first := c.FirstName.String(); len(first) > 4 {
		body["name"] = first[:4] + "…"
		receipt.Notes = append(receipt.Notes, connector.Note{Field: "first_name", What: "is cut to 4 characters"})
	} else {
		body["name"] = first
	}
	if got.Status == http.StatusOK {
		body = map[string]any{"group": t.settings["ERP_GROUP"]}
	}
	text, err := json.Marshal(body)
	if err != nil {
		return connector.Receipt{}, err
	}
	_, err = t.client.Do(ctx, webapi.Request{Method: http.MethodPut, Path: "/customers/" + d.Message.Key().ID, Body: text})
	return receipt, err
}

func (*fakeERP) Find(context.Context, message.Key) (string, error) { return "", nil }

// wire is the ERP: it counts what it is sent.
type wire struct {
	record string // what it has of customer 7, "" if nothing
	calls  []string
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.calls = append(w.calls, r.Method+" "+r.URL.Path)
	status, body := http.StatusNotFound, "{}"
	if w.record != "" && strings.HasSuffix(r.URL.Path, "/7") {
		status, body = http.StatusOK, w.record
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func openERP(settings map[string]string, deps connector.Deps) (connector.System, error) {
	client, err := webapi.New(webapi.Config{BaseURL: "https://erp.example", Transport: deps.HTTP, Now: deps.Now})
	return connector.System{Target: &fakeERP{client, settings}}, err
}

const payload = `{"id":7,"mail":"ada@shop.example","land":"UK","first":"Augusta","nick":"","sum":3,"part":1,"rest":2,"unused":"x"}`

func newCase(t *testing.T, w *wire, body string) Case {
	t.Helper()
	raw := &message.Raw{ID: "r", System: "shop", Tenant: "brand", Topic: "customers", Body: []byte(body)}
	meaning, err := fakeStore{}.Translate(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	event, err := canonical.Encode(meaning.Events[0].Body)
	if err != nil {
		t.Fatal(err)
	}
	deps := connector.Deps{HTTP: w, Now: func() time.Time { return now }}
	return Case{
		Raw: raw, Message: &message.Message{ID: "e", Source: message.SourcePrefix + "shop", Tenant: "brand", Type: canonical.CustomerUpserted, Subject: "customer/7", Body: event},
		Source: &System{Open: func(map[string]string, connector.Deps) (connector.System, error) {
			return connector.System{Source: fakeStore{}}, nil
		}, Deps: deps},
		Target: &System{
			Profile: connector.Profile{Name: "erp", Settings: []string{"ERP_GROUP", "ERP_LAND", "ERP_KEY"}, Secrets: []string{"ERP_KEY"}},
			Open:    openERP, Settings: map[string]string{"ERP_GROUP": "a=1", "ERP_LAND": "US", "ERP_KEY": "secret"}, Deps: deps,
		},
		Parents: map[string]string{"shop/brand/company/9": "90"},
	}
}

func explain(t *testing.T, c Case) (Explanation, map[string]Row) {
	t.Helper()
	x, err := Explain(t.Context(), c)
	if err != nil || len(x.Missing) > 0 {
		t.Fatalf("%v %v", err, x.Missing)
	}
	rows := map[string]Row{}
	for _, r := range x.Rows {
		if r.Target != nil {
			rows[r.Target.Field] = r
		}
	}
	return x, rows
}

func text(r Row) string {
	cell := func(all []Cell) string {
		var fields []string
		for _, c := range all {
			fields = append(fields, c.Field+"="+c.Value)
		}
		return strings.Join(fields, ",")
	}
	return fmt.Sprintf("%s | %s | %s | %s | %s", cell(r.Source), cell(r.Canonical), r.Target.Value, r.Rule, r.Mark)
}

func TestEachFieldHasItsRule(t *testing.T) {
	t.Parallel()
	w := &wire{}
	x, rows := explain(t, newCase(t, w, payload))
	for field, want := range map[string]string{
		"mail":   "mail=*** | email=*** | *** | unchanged | ",
		"land":   `land=*** | address.country="GB" | "gb" | land UK is read as GB → in other case | changed`,
		"name":   "first=*** | first_name=*** | *** | first_name is cut to 4 characters | changed",
		"group":  ` |  | "a=1" | by ERP_GROUP | `,
		"parent": ` |  | "90" | id of company 9 at erp | `,
		"kind":   ` |  | "person" | the same in every experiment | `,
		"key":    `id=7 | id="7" | "7" | unchanged | `,
	} {
		if got := text(rows[field]); got != want {
			t.Errorf("%s: %s\nwant %s", field, got, want)
		}
	}
	if !slices.Equal(x.Lost, []string{"unused"}) || !slices.Equal(x.Refused, []string{"sum", "part", "rest"}) {
		t.Errorf("lost %q, refused %q", x.Lost, x.Refused)
	}
	if !slices.Equal(w.calls, []string{"GET /customers/7"}) {
		t.Errorf("the target was sent %q", w.calls)
	}
	if len(x.Calls) != 1 || x.Calls[0] != (Call{"PUT", "/customers/7"}) {
		t.Errorf("calls %v", x.Calls)
	}
}

func TestAMissingValueIsDefaulted(t *testing.T) {
	t.Parallel()
	_, rows := explain(t, newCase(t, &wire{}, strings.Replace(payload, `"UK"`, `""`, 1)))
	if r := rows["land"]; r.Mark != Defaulted || !strings.Contains(r.Rule, "by ERP_LAND") || !strings.Contains(r.Rule, "address.country is missing") || r.Canonical[0].Field != "address.country" {
		t.Errorf("%s", text(r))
	}
}

func TestTheFieldAtFaultIsRejected(t *testing.T) {
	t.Parallel()
	c := newCase(t, &wire{}, payload)
	c.Field, c.Reason = "first_name", "too vain"
	if _, rows := explain(t, c); rows["name"].Mark != Rejected || !strings.Contains(rows["name"].Rule, "too vain") {
		t.Errorf("%s", text(rows["name"]))
	}
	c.Field = "nowhere"
	if x, _ := explain(t, c); x.Rows[0].Mark != Rejected || x.Rows[0].Canonical[0].Field != "nowhere" {
		t.Errorf("rows %v", x.Rows[0])
	}
}

// An entity that the target has gets what differs, with what is there; its twin gets every field.
func TestTheTargetHasTheEntity(t *testing.T) {
	t.Parallel()
	w := &wire{record: `{"group":"b=2"}`}
	c := newCase(t, w, payload)
	x, rows := explain(t, c)
	if len(rows) != 1 || rows["group"].Before != `"b=2"` || rows["group"].Target.Value != `"a=1"` {
		t.Errorf("rows %v", x.Rows)
	}
	c.Twin = true
	x, rows = explain(t, c)
	if len(rows) != 7 || x.Calls[0].Path != "/customers/7" || rows["key"].Target.Value != `"7"` {
		t.Errorf("calls %v, rows %v", x.Calls, x.Rows)
	}
	for _, call := range w.calls {
		if !strings.HasPrefix(call, "GET ") {
			t.Errorf("the target was sent %s", call)
		}
	}
}

func TestPersonalDataIsShownOnRequestOnly(t *testing.T) {
	t.Parallel()
	c := newCase(t, &wire{}, payload)
	x, _ := explain(t, c)
	masked, err := json.Marshal(x)
	if err != nil || strings.Contains(string(masked), "ada") || strings.Contains(string(masked), "Augu") {
		t.Errorf("%s, %v", masked, err)
	}
	c.Show = true
	if _, rows := explain(t, c); rows["mail"].Target.Value != `"ada@shop.example"` {
		t.Errorf("%s", text(rows["mail"]))
	}
}

// A side that cannot be studied is a sentence, and the other side is shown.
func TestWhatIsMissingIsSaid(t *testing.T) {
	t.Parallel()
	c := newCase(t, &wire{}, payload)
	c.Raw.Body = []byte(`{"sum":1}`)
	x, err := Explain(t.Context(), c)
	if err != nil || len(x.Missing) != 1 || !strings.Contains(x.Missing[0], "sum differs") || len(x.Calls) != 1 {
		t.Errorf("%v %+v", err, x)
	}
	c.Target.Settings["ERP_GROUP"], c.Target.Open = "", func(map[string]string, connector.Deps) (connector.System, error) {
		return connector.System{}, errors.New("ERP_HOST is not set")
	}
	x, err = Explain(t.Context(), c)
	if err != nil || len(x.Missing) != 2 || !strings.Contains(x.Missing[1], "ERP_HOST is not set") {
		t.Errorf("%v %+v", err, x)
	}
	c.Message.Body = []byte("{")
	if _, err = Explain(t.Context(), c); err == nil {
		t.Error("an event that cannot be read is explained")
	}
}

func TestRelations(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from []string
		to   string
		want string
	}{
		{[]string{`"a"`}, `"a"`, unchanged},
		{[]string{"7"}, `"7"`, unchanged},
		{[]string{`"GB"`}, `"gb"`, "in other case"},
		{[]string{`"19.00"`}, "19", "the same number"},
		{[]string{"1900"}, `"19.00"`, "the same amount, in another unit"},
		{[]string{"1900"}, "190", computed}, // no point shows a unit
		{[]string{`"19.00"`, "2"}, "19", computed},
		{[]string{`"2026-11-22T10:00:00Z"`}, `"2026-11-22"`, "its date"},
		{[]string{`"Ada"`, `"Byron"`}, `"Ada Byron"`, "joined"},
		{[]string{`"Analytical"`}, `"Ana…"`, cut},
		{[]string{`"Analytical"`}, `"An Analytical"`, "part of a text"},
		{[]string{`"a"`}, `""`, leftOut},
		{[]string{`"a"`}, `"b"`, computed},
	} {
		if got := relation(c.from, c.to); got != c.want {
			t.Errorf("%v to %s is %q, want %q", c.from, c.to, got, c.want)
		}
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	d, err := read([]byte(`{"b":[{"x":1.50},{"x":"<&>"}],"a":null,"e":{},"f":[]}`))
	if err != nil || len(d.leaves) != 3 || d.leaves[0] != (leaf{"b[0].x", "1.50"}) || d.text["b[1].x"] != `"<&>"` || d.text["a"] != "null" {
		t.Errorf("%+v, %v", d, err)
	}
	if got := outline("a[12].b[3].c"); got != "a[].b[].c" {
		t.Errorf("outline %q", got)
	}
	if !within("a[1].b", "a") || !within("a.b", "a") || within("ab", "a") || within("a", "") {
		t.Error("within")
	}
	large := document{large: true}
	if d.beyond("a[3].b") || !d.beyond("a[4].b") || !d.beyond("a[10].b") || large.beyond("a[0].b") || !large.beyond("a[1].b") || !sameElement("a[10].b", "a[10].c") || sameElement("a[1].b", "a[10].c") {
		t.Error("beyond")
	}
	for _, broken := range []string{"", "{", `{"a":`, "[1,"} {
		if _, err := read([]byte(broken)); err == nil {
			t.Errorf("%q is read", broken)
		}
	}
}

func TestChangesAreMasked(t *testing.T) {
	t.Parallel()
	before := []byte(`{"id":"7","email":"ada@shop.example","address":{"country":"GB","city":"London"},"updated_at":"2026-11-22T12:00:00Z"}`)
	after := []byte(`{"id":"7","email":"eva@shop.example","address":{"country":"FR"},"updated_at":"2026-11-22T12:00:00Z"}`)
	changes, err := Changes(canonical.CustomerUpserted, before, after, false)
	text := fmt.Sprint(changes)
	if err != nil || len(changes) != 3 || strings.Contains(text, "shop.example") || strings.Contains(text, "London") || !strings.Contains(text, `{address.country "GB" "FR" changed}`) {
		t.Errorf("%s, %v", text, err)
	}
	if changes, err = Changes(canonical.CustomerUpserted, before, after, true); err != nil || !strings.Contains(fmt.Sprint(changes), "eva@shop.example") {
		t.Errorf("%v, %v", changes, err)
	}
}
