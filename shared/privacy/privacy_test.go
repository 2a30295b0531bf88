package privacy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/doctor"
	"causeway.example/shared/local"
	"causeway.example/shared/local/erase"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/operate/redrive"
	"causeway.example/shared/port"
	"causeway.example/shared/privacy"
	"causeway.example/shared/routes"
)

// Everything of the person has the canary; nothing of anybody else.
const canary = "canary-ada"

var (
	at    = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	route = routes.Route{From: "shop", Flow: "orders", To: "erp", Types: []string{"order.placed"}}
)

func key(kind, id string) message.Key {
	return message.Key{System: "shop", Tenant: "brand.example", Type: kind, ID: id}
}

func subject() privacy.Subject {
	return privacy.Subject{Customer: key("customer", "7"), Orders: []message.Key{key("order", "1001")}, Emails: []string{canary + "@mail.example"}}
}

func openStore(t *testing.T) (store *local.Store, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "causeway.db")
	store, err := local.Open(t.Context(), local.Config{
		Path: path, Now: func() time.Time { return at }, Routes: []routes.Route{route}, Systems: []string{"shop"}, Visibility: time.Minute, MaxReceives: 5,
	})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	return store, path
}

// storesOf returns everything of the store that Erase needs.
func storesOf(t *testing.T, store *local.Store, path string) privacy.Stores {
	t.Helper()
	file, err := erase.Open(path)
	must(t, err)
	t.Cleanup(func() { must(t, file.Close()) })
	live := []string{route.Queue(), routes.Inbox("shop")}
	return privacy.Stores{
		Ledger: store, State: store, Vault: store, Letters: store, File: file, Exports: operator(t, store), Now: func() time.Time { return at },
		Live: erase.Live{Peek: store.Peek, Queues: live},
		Dead: []privacy.Queue{{Name: routes.Dead(live[0]), Route: live[0]}, {Name: routes.Dead(live[1]), Route: live[1]}},
	}
}

func operator(t *testing.T, store *local.Store) *redrive.Operator {
	t.Helper()
	desk, err := operate.New(store.Desk(), []routes.Route{route})
	must(t, err)
	return &redrive.Operator{Desk: desk, Who: "ana", Random: func() float64 { return 0.5 }, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// canonical returns a message of a route about the entity.
func canonical(t *testing.T, about message.Key, text string, parents ...message.Key) port.Outgoing {
	t.Helper()
	body, err := json.Marshal(map[string]any{"id": about.ID, "text": text})
	must(t, err)
	m := &message.Message{
		ID: "e-" + about.ID, Type: "order.placed", Source: message.SourcePrefix + about.System, Tenant: about.Tenant,
		Subject: about.Type + "/" + about.ID, CorrelationID: "t-" + about.ID, Time: at, Body: body, Parents: parents,
	}
	data, err := m.Encode()
	must(t, err)
	return port.Outgoing{Body: data, Attributes: map[string]string{port.AttrEntity: about.String()}}
}

func raw(t *testing.T, tenant, body string) port.Outgoing {
	t.Helper()
	data, err := (&message.Raw{ID: "d-" + tenant + body[:5], System: "shop", Tenant: tenant, Topic: "orders/create", ReceivedAt: at, Body: []byte(body)}).Encode()
	must(t, err)
	return port.Outgoing{Body: data}
}

func TestEraseTakesThePersonAndNobodyElse(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store, path := openStore(t)
	stores := storesOf(t, store, path)
	dead, inbox := routes.Dead(route.Queue()), routes.Dead(routes.Inbox("shop"))
	must(t, store.Send(ctx, dead, []port.Outgoing{
		canonical(t, key("order", "1001"), canary), canonical(t, key("order", "1002"), canary, key("customer", "7")), canonical(t, key("customer", "7"), canary),
		canonical(t, key("order", "7"), "somebody else's order of the customer's number"), canonical(t, key("customer", "8"), "Grace"),
	}))
	must(t, store.Send(ctx, inbox, []port.Outgoing{
		raw(t, "brand.example", `{"id":1001,"line_items":[],"note":"`+canary+`"}`), raw(t, "brand.example", `{"id":1,"line_items":[],"customer":{"id":7,"name":"`+canary+`"}}`),
		raw(t, "brand.example", `{"id":2,"line_items":[],"customer_id":7,"name":"`+canary+`"}`), raw(t, "brand.example", `{"id":3,"email":"`+strings.ToUpper(canary)+`@MAIL.EXAMPLE"}`),
		raw(t, "brand.example", `{"id":7,"line_items":[],"customer":{"id":9}}`), raw(t, "other.example", `{"id":1001,"line_items":[],"customer":{"id":7}}`),
	}))
	must(t, store.Send(ctx, route.Queue(), []port.Outgoing{canonical(t, key("order", "1003"), "still to be delivered", key("customer", "7"))}))
	for _, body := range []string{`{"id":5,"email":"` + canary + `@mail.example"}`, `{"id":7,"name":"another store's"}`} {
		_, err := store.Store(ctx, []byte(body))
		must(t, err)
	}
	confirmed := port.Entry{At: at, Stage: port.Confirmed, Entity: key("customer", "7"), Event: "e1", Trace: "t1", Route: route.Queue(), Function: "erp-deliver", TargetRef: "88", Outcome: "made"}
	failed := port.Entry{
		At: at, Stage: port.Dead, Entity: key("order", "1001"), Event: "e2", Trace: "t2", Route: route.Queue(), Outcome: canary, Error: &port.EntryError{Field: "name", Message: canary, Fingerprint: "f"},
		Notes: []connector.Note{{Field: "name", What: canary}},
	}
	must(t, store.Append(ctx, confirmed, failed))
	before, err := store.Tally(ctx)
	must(t, err)

	r, err := privacy.Erase(ctx, stores, subject(), privacy.Operation{At: at, Reason: "ticket 412"})
	must(t, err)
	if r.Letters != 7 || r.Bodies != 1 || r.Waiting != 1 || r.Entries != 2 {
		t.Errorf("erased %+v", r)
	}
	if len(r.Tasks) != 1 || r.Tasks[0].String() != "erp: anonymize record 88 of customer 7" {
		t.Errorf("tasks %v", r.Tasks)
	}
	for queue, want := range map[string]int{dead: 2, inbox: 2, route.Queue(): 1} {
		left, err := store.Peek(ctx, queue, 100)
		if must(t, err); len(left) != want {
			t.Errorf("%s has %d messages, want %d", queue, len(left), want)
		}
	}
	wantNowhere(t, path)
	after, err := store.Tally(ctx)
	must(t, err)
	for i := range after {
		if after[i].Confirmed != before[i].Confirmed || after[i].Dead != before[i].Dead {
			t.Errorf("totals became %+v, were %+v", after[i], before[i])
		}
	}
	proof, err := store.Find(ctx, port.Query{Stage: port.Privacy})
	proof = slices.DeleteFunc(proof, func(e port.Entry) bool { return e.Type != port.TypePrivacyDone })
	if must(t, err); len(proof) != 1 || proof[0].Entity != key("customer", "7") || !strings.Contains(proof[0].Outcome, "7 dead letters, 1 bodies, 0 archived deliveries") || !strings.HasSuffix(proof[0].Outcome, "(reason: ticket 412)") {
		t.Errorf("proof %+v", proof)
	}
	kept, err := store.Find(ctx, port.Query{Event: "e2"})
	if must(t, err); len(kept) != 1 || kept[0].Stage != port.Dead || kept[0].Error.Field != "name" || kept[0].Outcome != "erased on request" {
		t.Errorf("the entry is %+v", kept)
	}
	again, err := privacy.Erase(ctx, stores, subject(), privacy.Operation{At: at.Add(time.Hour), Reason: "again"})
	if must(t, err); again.Letters != 0 || again.Bodies != 0 || again.Waiting != 1 {
		t.Errorf("erased again %+v", again)
	}
}

// wantNowhere reads the store's files byte by byte.
func wantNowhere(t *testing.T, path string) {
	t.Helper()
	for _, file := range []string{path, path + "-wal"} {
		data, err := os.ReadFile(file)
		must(t, err)
		for _, text := range []string{canary, strings.ToUpper(canary)} {
			if at := bytes.Index(data, []byte(text)); at >= 0 {
				t.Errorf("%s has the person's data at %d", filepath.Base(file), at)
			}
		}
	}
}

// What operators keep: the archive, a purge, notes, reasons, search keys and logs.
func TestEraseTakesWhatOperatorsKeep(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store, path := openStore(t)
	stores, op := storesOf(t, store, path), operator(t, store)
	email := canary + "@mail.example"

	large := `{"id":1001,"line_items":[],"note":"` + canary + strings.Repeat("x", 1000) + `"}`
	claim, err := store.Store(ctx, []byte(large))
	must(t, err)
	claimed, err := (&message.Raw{ID: "d-large", System: "shop", Tenant: "brand.example", Topic: "orders/create", ReceivedAt: at, Claim: &claim}).Encode()
	must(t, err)
	for _, out := range []port.Outgoing{
		raw(t, "brand.example", `{"id":1001,"line_items":[],"note":"`+canary+`"}`), raw(t, "brand.example", `{"id":4,"line_items":[],"note":"somebody else"}`), {Body: claimed},
	} {
		must(t, store.Send(ctx, routes.Inbox("shop"), []port.Outgoing{out}))
		in, err := store.Receive(ctx, routes.Inbox("shop"), 1, 0)
		must(t, err)
		must(t, store.Delete(ctx, in[0])) // which archives it
	}
	must(t, store.Send(ctx, routes.Dead(route.Queue()), []port.Outgoing{canonical(t, key("order", "1001"), canary), canonical(t, key("order", "1002"), "somebody else's")}))
	plan, err := op.Plan(ctx, redrive.Purge, operate.Selector{}, redrive.Options{})
	must(t, err)
	purge, err := op.Apply(ctx, plan.ID, "asked by "+email)
	must(t, err)
	must(t, op.SetNote(ctx, "f1", operate.Note{State: operate.Acknowledged, Who: "ana", Text: "call " + strings.ToUpper(email)}))
	must(t, op.Valve.Pause(ctx, engine.Pause{Queue: route.Queue(), Who: "ana", Reason: "until " + email + " answers"}))
	hashes, err := port.AddressKeys(ctx, store, email) // the last is of before there was a secret
	must(t, err)
	must(t, store.Append(ctx, port.Entry{At: at, Stage: port.Dead, Event: "e8", Trace: "t8", Outcome: canary, Keys: hashes[len(hashes)-1:]}))
	must(t, store.Append(ctx, port.Entry{At: at, Stage: port.Dead, Event: "e9", Trace: "t9", Outcome: canary, Keys: []string{hashes[0], port.SearchKey(port.KeyNumber, canary+"1")}, Error: &port.EntryError{Message: canary, Fingerprint: "f"}}))

	r, err := privacy.Erase(ctx, stores, subject(), privacy.Operation{At: at, Reason: "ticket 413"})
	must(t, err)
	if r.Archived != 2 || r.Exported != 1 || r.Bodies != 2 || r.Entries < 1 || r.Mentions < 3 {
		t.Errorf("erased %+v", r)
	}
	wantNowhere(t, path)
	for _, hash := range hashes {
		if found, err := store.Find(ctx, port.Query{Key: hash}); err != nil || len(found) != 0 {
			t.Errorf("the hash of the address finds %v, %v", found, err)
		}
	}
	for raw, err := range store.Archived(ctx, "shop", at.Add(-time.Hour), at.Add(time.Hour)) {
		if must(t, err); !strings.Contains(string(raw.Body), "somebody else") {
			t.Errorf("the archive has %s", raw.Body)
		}
	}
	if n, err := op.Restore(ctx, purge.ID); err != nil || n != 1 {
		t.Errorf("%d letters of others were restored, %v", n, err)
	}
	if n, err := op.Note(ctx, "f1"); err != nil || n == nil || n.Text != "call erased on request" {
		t.Errorf("the note is %+v, %v", n, err)
	}
}

func TestLogsAreOverwrittenInPlace(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "causeway.log")
	must(t, os.WriteFile(path, []byte("a "+canary+"@x b\xff "+strings.ToUpper(canary)+"@X c\n"), 0o600))
	n, err := erase.Logs([]string{path}, []string{canary + "@x"})
	must(t, err)
	stars := strings.Repeat("*", len(canary)+2)
	if text, err := os.ReadFile(path); err != nil || n != 2 || string(text) != "a "+stars+" b\xff "+stars+" c\n" {
		t.Errorf("%d: %q, %v", n, text, err)
	}
}

func TestEraseNeedsAName(t *testing.T) {
	t.Parallel()
	store, path := openStore(t)
	if _, err := privacy.Erase(t.Context(), storesOf(t, store, path), privacy.Subject{}, privacy.Operation{}); err == nil {
		t.Error("nobody was erased")
	}
}

// request is the ledger entry of a request, as the pipeline writes it.
func request(event string, kind connector.PrivacyKind, due time.Time) port.Entry {
	r := connector.PrivacyRequest{Kind: kind, Customer: key("customer", "7"), Due: due}
	return port.Entry{
		At: at, Stage: port.Privacy, Type: port.TypePrivacyRequest, Event: event, Trace: event, Entity: r.Customer, Outcome: r.Words("brand.example"),
		Notes: []connector.Note{{Field: port.NoteKind, What: string(kind)}, {Field: port.NoteDue, What: due.Format(time.RFC3339)}, {Field: port.NoteOrder, What: key("order", "1001").String()}},
	}
}

func TestRequestsAreOpenUntilTheyAreCarriedOut(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store, path := openStore(t)
	stores := storesOf(t, store, path)
	urgent, later := request("r1", connector.EraseCustomer, at.Add(3*24*time.Hour)), request("r2", connector.ReportCustomer, at.Add(20*24*time.Hour))
	twice := urgent
	twice.At = at.Add(time.Second)
	must(t, store.Append(ctx, later, urgent, twice))
	open, err := privacy.Requests(ctx, store)
	must(t, err)
	if len(open) != 2 || open[0].Event != "r1" || open[1].Event != "r2" || !open[0].Due.Equal(at.Add(3*24*time.Hour)) ||
		open[0].Kind != connector.EraseCustomer || !slices.Equal(open[0].Subject.Orders, []message.Key{key("order", "1001")}) {
		t.Errorf("open %+v", open)
	}
	wantFindings(ctx, t, store, "problem brand.example: privacy request: erase by 2026-11-25 the personal data of customer 7 (3 days left)",
		"notice brand.example: privacy request: report by 2026-12-12 what is stored of customer 7")
	_, err = privacy.Erase(ctx, stores, open[0].Subject, privacy.Operation{At: at, Reason: "asked", Request: "r1"})
	must(t, err)
	must(t, privacy.Done(ctx, store, open[1], privacy.Operation{At: at, Reason: "sent"}, "reported"))
	if open, err = privacy.Requests(ctx, store); err != nil || len(open) != 0 {
		t.Errorf("still open: %+v, %v", open, err)
	}
	wantFindings(ctx, t, store)
}

func wantFindings(ctx context.Context, t *testing.T, ledger port.Ledger, want ...string) {
	t.Helper()
	var got []string
	for _, f := range privacy.Check(ledger, func() time.Time { return at }).Check(ctx) {
		got = append(got, string(f.Level)+" "+f.Subject+": "+f.Text)
		if f.Level != doctor.Fine && f.Remedy == "" {
			t.Errorf("%s has no remedy", f.Text)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}
