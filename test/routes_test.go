package test_test

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"testing"
	"time"

	"causeway.example/events"
	"causeway.example/functions"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/routes"
)

// opened is every system of the catalog, each against its own fake.
func opened(t *testing.T) map[string]connector.System {
	t.Helper()
	memory := porttest.NewMemory(time.Now)
	systems := map[string]connector.System{}
	for _, system := range functions.All() {
		fake, err := system.Fake(t.TempDir(), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(fake)
		t.Cleanup(server.Close)
		transport := &http.Transport{}
		t.Cleanup(transport.CloseIdleConnections)
		systems[system.Profile.Name], err = system.Open(fake.Settings(server.URL), connector.Deps{
			HTTP: transport, Now: time.Now, Random: rand.Reader, CrossRef: pipeline.Memory{State: memory, Now: time.Now},
		})
		if err != nil {
			t.Errorf("%s does not open with its fake's settings: %v", system.Profile.Name, err)
		}
	}
	return systems
}

func TestRoutesNameWhatThereIs(t *testing.T) {
	t.Parallel()
	systems := opened(t)
	for _, route := range routes.Table {
		from, to := systems[route.From], systems[route.To]
		if from.Source == nil || !slices.Contains(from.Profile.Roles, connector.Translate) {
			t.Errorf("%s begins in a system that is no source", route.Name())
		}
		if to.Target == nil || !slices.Contains(to.Profile.Roles, connector.Deliver) {
			t.Errorf("%s ends in a system that is no target", route.Name())
		}
		if route.From == route.To || len(route.Types) == 0 {
			t.Errorf("%s leads %d types from %q to %q", route.Name(), len(route.Types), route.From, route.To)
		}
		for _, eventType := range route.Types {
			if _, known := canonical.TypeNamed(eventType); !known {
				t.Errorf("%s carries %q, which is no event type", route.Name(), eventType)
			}
			if operation := to.Profile.Operations[eventType]; operation.Name == "" || operation.Guarantee == "" {
				t.Errorf("%s carries %s, for which %s has no operation", route.Name(), eventType, route.To)
			}
		}
	}
}

// TestRoutesLeadEachEventOnce holds the two-way reading of the table: of all routes
// from a system to another, one carries the type.
func TestRoutesLeadEachEventOnce(t *testing.T) {
	t.Parallel()
	seen := map[[3]string]string{}
	for _, route := range routes.Table {
		for _, eventType := range route.Types {
			way := [3]string{route.From, route.To, eventType}
			if other, twice := seen[way]; twice {
				t.Errorf("%s and %s both carry %s", other, route.Name(), eventType)
			}
			seen[way] = route.Name()
		}
	}
}

func TestQueueNamesAreGoodForSQS(t *testing.T) {
	t.Parallel()
	// Amazon SQS API reference, CreateQueue, QueueName.
	allowed := regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)
	var names []string
	for _, route := range routes.Table {
		names = append(names, route.Queue(), routes.Dead(route.Queue()))
	}
	for _, system := range routes.Sources(routes.Table) {
		names = append(names, routes.Inbox(system), routes.Dead(routes.Inbox(system)))
	}
	slices.Sort(names)
	for i, name := range names {
		if !allowed.MatchString(name) {
			t.Errorf("queue name %q is refused by SQS", name)
		}
		if i > 0 && name == names[i-1] {
			t.Errorf("two queues have the name %q", name)
		}
	}
}

// filtered says for each filter what makes an ordinary order one that it catches.
var filtered = map[string]func(*canonical.Order){
	"test":             func(o *canonical.Order) { o.Test = true },
	"draft":            func(o *canonical.Order) { o.Status = canonical.OrderDraft },
	"authorized_only":  func(o *canonical.Order) { o.Financial = canonical.Authorized },
	"unpaid":           func(o *canonical.Order) { o.Financial = canonical.PartiallyPaid },
	"cancelled_unpaid": func(o *canonical.Order) { o.Status, o.Financial = canonical.OrderCancelled, canonical.Voided },
	"pos_fulfilled":    func(o *canonical.Order) { o.Channel, o.Fulfilled = "pos", true },
	"digital_only":     func(o *canonical.Order) { o.NeedsShipping = false },
	"zero_total":       func(o *canonical.Order) { o.Total.Minor = 0 },
}

func TestRoutesFilterWhatTheySay(t *testing.T) {
	t.Parallel()
	type settings struct {
		reason         string
		byDefault, end bool
	}
	known := map[string]settings{}
	for _, route := range routes.Table {
		if len(route.Filters) == 1 && route.Filters[0].Name == "other_store" {
			continue // see TestReportsGoToTheStoreOfTheirOrder
		}
		for _, filter := range route.Filters {
			one := settings{filter.Reason, filter.Default, filter.Final}
			if other, twice := known[filter.Name]; twice && other != one {
				t.Errorf("%s: filter %q is another one elsewhere: %+v, %+v", route.Name(), filter.Name, one, other)
			}
			known[filter.Name] = one
			if !regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`).MatchString(filter.Name) || filter.Reason == "" {
				t.Errorf("%s: filter %q has the reason %q", route.Name(), filter.Name, filter.Reason)
			}
			change := filtered[filter.Name]
			if change == nil {
				t.Fatalf("say above what filter %q catches", filter.Name)
			}
			if matches(t, filter, func(*canonical.Order) {}) || !matches(t, filter, change) {
				t.Errorf("%s: filter %q catches an ordinary order, or not the one it is for", route.Name(), filter.Name)
			}
		}
	}
	if len(known) != len(filtered) {
		t.Errorf("the table has %d filters, %d are known here", len(known), len(filtered))
	}
}

// matches reports whether the filter catches the sample order after a change.
func matches(t *testing.T, filter routes.Filter, change func(*canonical.Order)) bool {
	t.Helper()
	data, err := events.Sample(canonical.OrderPlaced)
	if err != nil {
		t.Fatal(err)
	}
	m := &message.Message{}
	if err := json.Unmarshal(data, m); err != nil {
		t.Fatal(err)
	}
	entity, err := canonical.Decode(m.Type, m.Body)
	if err != nil {
		t.Fatal(err)
	}
	order := entity.(*canonical.Order)
	order.Fulfilled = false
	change(order)
	if m.Body, err = canonical.Encode(order); err != nil {
		t.Fatal(err)
	}
	event, err := m.Event()
	if err != nil {
		t.Fatal(err)
	}
	match, err := filter.Pattern.Match(event)
	if err != nil {
		t.Fatal(err)
	}
	return match
}

// TestReportsGoToTheStoreOfTheirOrder: every route of shipments, holds or requests to a store
// keeps those of other stores' orders from it.
func TestReportsGoToTheStoreOfTheirOrder(t *testing.T) {
	t.Parallel()
	found := 0
	for _, route := range routes.Table {
		sells := func(r routes.Route) bool {
			return r.From == route.To && slices.Contains(r.Types, canonical.OrderPlaced)
		}
		kind := route.Types[0]
		reports := []string{canonical.ShipmentShipped, canonical.OrderReleased, canonical.OrderCancelRequested, canonical.RefundRequested, canonical.ReturnRequested}
		if !slices.Contains(reports, kind) || !slices.ContainsFunc(routes.Table, sells) {
			continue
		}
		found++
		for _, store := range []string{"shopify", "woocommerce"} {
			m := &message.Message{
				ID: "e1", Type: kind, Source: message.SourcePrefix + route.From, Subject: "shipment/1", Body: []byte(`{}`),
				Parents: []message.Key{{System: store, Tenant: "shop", Type: "order", ID: "1"}},
			}
			event, err := m.Event()
			if err != nil {
				t.Fatal(err)
			}
			caught := slices.ContainsFunc(route.Filters, func(f routes.Filter) bool {
				match, err := f.Pattern.Match(event)
				return err == nil && match
			})
			if caught != (store != route.To) {
				t.Errorf("%s: what is reported of an order of %s is caught: %v", route.Name(), store, caught)
			}
		}
	}
	if found != 12 {
		t.Errorf("%d routes lead to stores, want 12", found)
	}
}

// TestRoutesFilterFinally: what can change by itself must not be skipped for good, or
// what depends on the order is skipped with it.
func TestRoutesFilterFinally(t *testing.T) {
	t.Parallel()
	passing := []string{"draft", "authorized_only", "unpaid"}
	for _, route := range routes.Table {
		for _, filter := range route.Filters {
			if filter.Final == slices.Contains(passing, filter.Name) {
				t.Errorf("%s: filter %q is final: %v", route.Name(), filter.Name, filter.Final)
			}
		}
	}
}

func TestCatalogIsCompleteAndInOrder(t *testing.T) {
	t.Parallel()
	var names []string
	for _, system := range functions.All() {
		p := system.Profile
		names = append(names, p.Name)
		if !regexp.MustCompile(`^[a-z]+$`).MatchString(p.Name) || p.Title == "" || len(p.Roles) == 0 || p.Timeout <= 0 || p.Concurrency <= 0 {
			t.Errorf("the profile of %q is incomplete: %+v", p.Name, p)
		}
		if len(p.Settings) == 0 || !subset(p.Secrets, p.Settings) {
			t.Errorf("%s: settings %v, of which secret %v", p.Name, p.Settings, p.Secrets)
		}
		if slices.Contains(p.Roles, connector.Receive) && p.BodyLimit <= 0 {
			t.Errorf("%s takes webhooks of %d bytes", p.Name, p.BodyLimit)
		}
		if slices.Contains(p.Roles, connector.Deliver) != (len(p.Operations) > 0) {
			t.Errorf("%s has the roles %v and %d operations", p.Name, p.Roles, len(p.Operations))
		}
		for eventType := range p.Operations {
			if _, known := canonical.TypeNamed(eventType); !known {
				t.Errorf("%s has an operation for %q, which is no event type", p.Name, eventType)
			}
		}
	}
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("systems are not by name, each once: %v", names)
	}
	for _, name := range routes.Sources(routes.Table) {
		if !slices.Contains(names, name) {
			t.Errorf("the table names %q, which is not in the catalog", name)
		}
	}
}

func subset(part, whole []string) bool {
	return !slices.ContainsFunc(part, func(s string) bool { return !slices.Contains(whole, s) })
}

func TestOpenedSystemsAreWhatTheirProfilesSay(t *testing.T) {
	t.Parallel()
	for name, system := range opened(t) {
		p := system.Profile
		roles := []bool{slices.Contains(p.Roles, connector.Translate), slices.Contains(p.Roles, connector.Deliver)}
		if got := []bool{system.Source != nil, system.Target != nil}; !reflect.DeepEqual(got, roles) {
			t.Errorf("%s: source and target are %v, its roles %v", name, got, p.Roles)
		}
		if system.Checker == nil {
			t.Errorf("%s cannot be checked with its fake's settings", name)
			continue
		}
		if err := system.Checker.Check(t.Context()); err != nil {
			t.Errorf("%s does not pass its check against its fake: %v", name, err)
		}
	}
}

// TestCheckSaysWhereToLook: a check that cannot fail is none.
func TestCheckSaysWhereToLook(t *testing.T) {
	t.Parallel()
	empty := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(empty.Close)
	for _, system := range functions.All() {
		t.Run(system.Profile.Name, func(t *testing.T) {
			t.Parallel()
			fake, err := system.Fake(t.TempDir(), time.Now)
			if err != nil {
				t.Fatal(err)
			}
			opened, err := system.Open(fake.Settings(empty.URL), connector.Deps{
				HTTP: &http.Transport{DisableKeepAlives: true}, Now: time.Now, Random: rand.Reader,
				CrossRef: pipeline.Memory{State: porttest.NewMemory(time.Now), Now: time.Now},
			})
			if err != nil {
				t.Fatal(err)
			}
			if f := fault.As(opened.Checker.Check(t.Context())); f == nil || f.Doing == "" {
				t.Errorf("a server that is not %s passes, or says %+v", system.Profile.Name, f)
			}
		})
	}
}
