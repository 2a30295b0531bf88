package crosswalk_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/crosswalk"
	"causeway.example/shared/operate/redrive"
	"causeway.example/shared/port"
	"causeway.example/shared/valuemap"
)

type erpSettings struct {
	Methods  map[string]string `env:"ERP_PAYMENT_METHODS" for:"payments with a tender that has no entry"`
	Carriers map[string]string `env:"ERP_CARRIERS"`
}

// newMaps returns the maps of a system "erp" with two methods in its setting. It cannot be opened
// with a carrier "bad".
func newMaps(e *testEnv) *crosswalk.Maps {
	return &crosswalk.Maps{Operator: e.book.Operator, Systems: map[string]crosswalk.MapSystem{"erp": {
		Profile:  connector.Profile{Name: "erp", Purposes: connector.Purposes(erpSettings{})},
		Settings: map[string]string{"ERP_PAYMENT_METHODS": "card=1,cash=3"},
		Check: func(settings map[string]string) error {
			if strings.Contains(settings["ERP_CARRIERS"], "bad") {
				return errors.New("ERP_CARRIERS has a bad entry")
			}
			return nil
		},
	}}}
}

func read(e *testEnv, m *crosswalk.Maps, lines ...string) []crosswalk.MapRow {
	e.Helper()
	rows, err := m.Read(strings.NewReader("\ufefftarget,type,id,target_id\n" + strings.Join(lines, "\n") + "\n"))
	e.must(err)
	return rows
}

func exported(e *testEnv, m *crosswalk.Maps, f crosswalk.Filter) string {
	e.Helper()
	var file strings.Builder
	_, err := m.ExportMaps(e.Context(), f, &file)
	e.must(err)
	return strings.TrimPrefix(file.String(), "target,type,id,target_id,source\n")
}

// Each state of an entry has its verdict; one that leads elsewhere changes with Rebind only.
func TestAnEntryChangesWhatHasNone(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	m := newMaps(e)
	verdicts := func(lines ...string) (words string) {
		t.Helper()
		changes, err := m.CompareMaps(t.Context(), read(e, m, lines...))
		e.must(err)
		for _, c := range changes {
			words += string(c.Verdict) + " "
		}
		return strings.TrimSpace(words)
	}
	_, err := m.ApplyMaps(t.Context(), read(e, m, "erp,payment_method,klarna,7"), "r")
	e.must(err)
	lines := []string{"erp,payment_method,card,1", "erp,payment_method,cash,4", "erp,carrier,dhl,DHL", "erp,payment_method,klarna,", "erp,payment_method,card2,"}
	if got := verdicts(lines...); got != "same conflict new conflict same" {
		t.Errorf("verdicts %s", got)
	}
	m.Rebind = true
	if got := verdicts(lines...); got != "same changed new removed same" {
		t.Errorf("with rebind %s", got)
	}
	result, err := m.ApplyMaps(t.Context(), read(e, m, lines...), "r2")
	if err != nil || result.MapWords() != "1 new, 1 changed, 1 removed, 2 the same" {
		t.Errorf("%s, %v", result.MapWords(), err)
	}
	id := result.Operation
	want := "erp,payment_method,card,1,setting\nerp,payment_method,cash,4,\"import " + id + ", the setting has 3\"\nerp,carrier,dhl,DHL,import " + id + "\n"
	if got := exported(e, m, crosswalk.Filter{}); got != want {
		t.Errorf("exported\n%s", got)
	}
	if got := exported(e, m, crosswalk.Filter{Target: "erp", Type: "carrier"}); got != "erp,carrier,dhl,DHL,import "+id+"\n" {
		t.Errorf("carriers\n%s", got)
	}
	if got := exported(e, m, crosswalk.Filter{Target: "crm"}); got != "" {
		t.Errorf("of another target\n%s", got)
	}
	// Back to the setting's own: nothing is left that would win over a later change of it.
	_, err = m.ApplyMaps(t.Context(), read(e, m, "erp,payment_method,cash,3"), "r3")
	e.must(err)
	if got := exported(e, m, crosswalk.Filter{Type: "payment_method"}); got != "erp,payment_method,card,1,setting\nerp,payment_method,cash,3,setting\n" {
		t.Errorf("exported\n%s", got)
	}
	cash := message.Key{System: "erp", Tenant: crosswalk.MapTenant, Type: "payment_method", ID: "cash"}
	found, err := e.store.Find(t.Context(), port.Query{Entity: cash, Stage: operate.Bound})
	if err != nil || len(found) != 2 || found[0].Outcome != "ERP_PAYMENT_METHODS leads from cash to 4 by ana in "+id+", before to 3 (reason: r2)" {
		t.Errorf("the ledger has %+v, %v", found, err)
	}
}

// What the file of an export says is what an import of it finds: nothing changes.
func TestAnExportOfMapsChangesNothing(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	m := newMaps(e)
	_, err := m.ApplyMaps(t.Context(), read(e, m, "erp,payment_method,klarna,7", `erp,carrier,"DHL ""Express""",x`), "r")
	e.must(err)
	var file strings.Builder
	n, err := m.ExportMaps(t.Context(), crosswalk.Filter{}, &file)
	e.must(err)
	rows, err := m.Read(strings.NewReader(file.String()))
	e.must(err)
	result, err := m.ApplyMaps(t.Context(), rows, "again")
	if err != nil || n != 4 || result.Counts[crosswalk.Same] != 4 {
		t.Errorf("%d entries, %+v, %v", n, result, err)
	}
	if !crosswalk.HasMaps(strings.NewReader(file.String())) || crosswalk.HasMaps(strings.NewReader(header)) || crosswalk.HasMaps(strings.NewReader("")) {
		t.Error("the two forms of files are mixed up")
	}
	if _, err := m.Read(strings.NewReader(header)); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "the header must be target,type,id,target_id,source") {
		t.Errorf("a file of bindings: %v", err)
	}
}

// Entries with which the system cannot be opened are refused, all of them.
func TestEntriesThatStopASystemAreRefused(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	m := newMaps(e)
	rows := read(e, m, "erp,carrier,good,x", "erp,carrier,bad,x")
	_, planned := m.CompareMaps(t.Context(), rows)
	_, applied := m.ApplyMaps(t.Context(), rows, "r")
	for _, err := range []error{planned, applied} {
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "erp could not be opened with them, so that none is imported: ERP_CARRIERS has a bad entry") {
			t.Errorf("%v", err)
		}
	}
	if got, revision, err := valuemap.Load(t.Context(), e.store, "erp"); err != nil || revision != 0 {
		t.Errorf("stored %v, %v", got, err)
	}
}

// An import of entries and one of bindings share a lease.
func TestImportsOfBothFormsShareALease(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	m := newMaps(e)
	err := e.book.Work(t.Context(), &redrive.Operation{ID: "x-1", Kind: "crosswalk"}, "crosswalk", func(context.Context, func() error) error {
		other := *e.book.Operator
		other.Who, other.Random = "bo", func() float64 { return 0.7 }
		m.Operator = &other
		if _, err := m.ApplyMaps(t.Context(), read(e, m, "erp,carrier,a,b"), "r"); fault.As(err) == nil || fault.As(err).Code != "busy" {
			t.Errorf("the second import: %v", err)
		}
		return nil
	})
	e.must(err)
}

// waits registers a message that waits for an entry of a map of "erp".
func (e *testEnv) waits(setting, event string, until time.Time) {
	e.Helper()
	_, err := valuemap.Wait(e.Context(), e.store, "erp", connector.MissingEntry{Setting: setting}, valuemap.Waiter{Event: event, Queue: "q", Handle: event, Until: until}, noon)
	e.must(err)
}

// An import wakes what waits for an entry of the maps that it changes, once, and nothing else.
func TestAnImportReleasesWhatWaitsForItsMaps(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	m := newMaps(e)
	m.Wake = e.book.Wake
	e.waits("ERP_PAYMENT_METHODS", "a", noon.Add(time.Minute))
	e.waits("ERP_PAYMENT_METHODS", "b", noon.Add(time.Hour))
	e.waits("ERP_PAYMENT_METHODS", "b", noon.Add(2*time.Hour)) // it looked, and waits again
	e.waits("ERP_PAYMENT_METHODS", "over", noon)
	e.waits("ERP_CARRIERS", "c", noon.Add(time.Minute))
	rows := read(e, m, "erp,payment_method,klarna,7", "erp,payment_method,sepa,8", "erp,payment_method,card,1")
	changes, err := m.CompareMaps(t.Context(), rows)
	e.must(err)
	if n, err := m.Waiting(t.Context(), changes); err != nil || n != 2 || len(e.woken) != 0 {
		t.Errorf("the plan releases %d, %v; woken %v", n, err, e.woken)
	}
	result, err := m.ApplyMaps(t.Context(), rows, "r")
	if err != nil || result.Waiting != 2 || strings.Join(e.woken, ",") != "q a,q b" {
		t.Errorf("released %d, %v; woken %v", result.Waiting, err, e.woken)
	}
	result, err = m.ApplyMaps(t.Context(), rows, "again")
	if err != nil || result.Waiting != 0 || len(e.woken) != 2 {
		t.Errorf("again: released %d, %v; woken %v", result.Waiting, err, e.woken)
	}
	if n, err := valuemap.Waiting(t.Context(), e.store, "erp", "ERP_CARRIERS", noon); err != nil || n != 1 {
		t.Errorf("%d wait for a carrier, %v", n, err)
	}
}

// An import that was killed between storing and waking is finished by the same command; another one
// that finds the entries wakes nobody.
func TestTheSameImportReleasesWhatAKillHasLeft(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	m := newMaps(e)
	m.Wake = e.book.Wake
	rows := read(e, m, "erp,payment_method,klarna,7")
	_, err := m.ApplyMaps(t.Context(), rows, "r")
	e.must(err)
	e.waits("ERP_PAYMENT_METHODS", "a", noon.Add(time.Hour)) // as if it had been there when the import was killed
	if result, err := m.ApplyMaps(t.Context(), rows, "another"); err != nil || result.Waiting != 0 {
		t.Errorf("another import released %d, %v", result.Waiting, err)
	}
	if result, err := m.ApplyMaps(t.Context(), rows, "r"); err != nil || result.Waiting != 1 || result.Counts[crosswalk.Same] != 1 || len(e.woken) != 1 {
		t.Errorf("released %+v, %v; woken %v", result, err, e.woken)
	}
}

// An import that takes an entry away, and was killed between storing and waking, is finished by the same
// command.
func TestTheSameRemovalReleasesWhatAKillHasLeft(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	m := newMaps(e)
	m.Wake, m.Rebind = e.book.Wake, true
	_, err := m.ApplyMaps(t.Context(), read(e, m, "erp,carrier,dhl,x", "erp,payment_method,cash,4"), "r")
	e.must(err)
	rows := read(e, m, "erp,carrier,dhl,", "erp,payment_method,cash,3")
	_, err = m.ApplyMaps(t.Context(), rows, "back")
	e.must(err)
	e.waits("ERP_CARRIERS", "a", noon.Add(time.Hour)) // as if they had been there when the import was killed
	e.waits("ERP_PAYMENT_METHODS", "b", noon.Add(time.Hour))
	if result, err := m.ApplyMaps(t.Context(), rows, "back"); err != nil || result.Waiting != 2 || len(e.woken) != 2 {
		t.Errorf("released %d, %v; woken %v", result.Waiting, err, e.woken)
	}
}
