package valuemap_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/routes"
	"causeway.example/shared/valuemap"
)

type settings struct {
	Name     string            `env:"TOY_NAME" validate:"required"`
	Methods  map[string]string `env:"TOY_METHODS" validate:"dive,number" for:"payments"`
	Carriers map[string]string `env:"TOY_CARRIERS"`
}

func profile() connector.Profile {
	keys, _ := connector.Keys(settings{})
	return connector.Profile{Name: "toy", Settings: keys, Purposes: connector.Purposes(settings{})}
}

func open(given map[string]string, _ connector.Deps) (connector.System, error) {
	var s settings
	err := connector.ParseSettings(given, &s)
	if err == nil && s.Carriers["bad"] != "" {
		err = errors.New("an error that names no setting")
	}
	return connector.System{Profile: profile()}, err
}

func imported(pairs ...string) valuemap.Entries {
	e := valuemap.Entries{}
	for _, pair := range pairs {
		setting, rest, _ := strings.Cut(pair, " ")
		key, to, _ := strings.Cut(rest, "=")
		if e[setting] == nil {
			e[setting] = map[string]valuemap.Entry{}
		}
		e[setting][key] = valuemap.Entry{To: to, Op: "x-1"}
	}
	return e
}

// An imported entry wins over the one of the setting, and the setting's others stay.
func TestEntriesAreMerged(t *testing.T) {
	t.Parallel()
	given := map[string]string{"TOY_NAME": "n", "TOY_METHODS": "card=1, cash = 3"}
	e := imported("TOY_METHODS card=2", "TOY_METHODS *=7", "TOY_METHODS cash=3", "TOY_CARRIERS dhl=DHL=x")
	want := map[string]string{"TOY_NAME": "n", "TOY_METHODS": "*=7,card=2,cash=3", "TOY_CARRIERS": "dhl=DHL=x"}
	if got := e.Merge(given); !maps.Equal(got, want) || given["TOY_METHODS"] != "card=1, cash = 3" {
		t.Errorf("merged %v", got)
	}
	if got := e.Overs(given); !slices.Equal(got, []valuemap.Over{{Setting: "TOY_METHODS", Key: "card", To: "2", Own: "1"}}) {
		t.Errorf("over %v", got)
	}
	for _, text := range []string{"card", "card=1,card=2"} { // opening the system names it
		if got := e.Merge(map[string]string{"TOY_METHODS": text}); got["TOY_METHODS"] != text {
			t.Errorf("an unreadable setting became %v", got)
		}
	}
	if got := (valuemap.Entries{}).Merge(given); !maps.Equal(got, given) {
		t.Errorf("nothing imported: %v", got)
	}
}

// A system opens without the entries that stop it, and only without those.
func TestASystemOpensWithoutEntriesThatStopIt(t *testing.T) {
	t.Parallel()
	given := map[string]string{"TOY_NAME": "n", "TOY_METHODS": "card=1"}
	for name, c := range map[string]struct {
		entries       valuemap.Entries
		methods, left string
	}{
		"none":                       {nil, "card=1", ""},
		"good ones":                  {imported("TOY_METHODS cash=3"), "card=1,cash=3", ""},
		"a bad one":                  {imported("TOY_METHODS cash=three", "TOY_CARRIERS a=b"), "card=1", "TOY_METHODS"},
		"an error without a setting": {imported("TOY_METHODS cash=3", "TOY_CARRIERS bad=1"), "card=1", "TOY_CARRIERS TOY_METHODS"},
		"a setting of the past":      {imported("TOY_GONE a=1", "TOY_METHODS cash=3"), "card=1,cash=3", "TOY_GONE"},
	} {
		o, err := valuemap.Open(open, profile(), given, connector.Deps{}, c.entries)
		var left []string
		for _, l := range o.Left {
			left = append(left, l.Setting)
			if l.Why == "" {
				t.Errorf("%s: no reason for %s", name, l.Setting)
			}
		}
		if err != nil || o.Settings["TOY_METHODS"] != c.methods || strings.Join(left, " ") != c.left || o.Profile.Name != "toy" {
			t.Errorf("%s: opened with %v without %v, %v", name, o.Settings, o.Left, err)
		}
		if name == "a bad one" && o.Settings["TOY_CARRIERS"] != "a=b" {
			t.Errorf("the good entry is left out too: %v", o.Settings)
		}
	}
	if _, err := valuemap.Open(open, profile(), nil, connector.Deps{}, imported("TOY_METHODS cash=3")); err == nil || fault.As(err).Field != "TOY_NAME" {
		t.Errorf("the settings' own error is %v", err)
	}
}

func TestEntriesAreStored(t *testing.T) {
	t.Parallel()
	state := porttest.NewMemory(time.Now)
	none, revision, err := valuemap.Load(t.Context(), state, "toy")
	if err != nil || len(none) != 0 || revision != 0 {
		t.Fatalf("%v, %d, %v", none, revision, err)
	}
	e := imported("TOY_METHODS card=2")
	if err := valuemap.Save(t.Context(), state, "toy", e, 0); err != nil {
		t.Fatal(err)
	}
	if err := valuemap.Save(t.Context(), state, "toy", e, 0); !errors.Is(err, port.ErrConflict) {
		t.Errorf("a second writer: %v", err)
	}
	got, _, err := valuemap.Load(t.Context(), state, "toy")
	if err != nil || !got.Equal(e) || got["TOY_METHODS"]["card"].Op != "x-1" || got.Equal(imported("TOY_METHODS card=3")) {
		t.Errorf("%v, %v", got, err)
	}
	for i := range 2000 {
		e["TOY_METHODS"][strings.Repeat("k", 128)+string(rune('a'+i%26))+strings.Repeat("x", i/26)] = valuemap.Entry{To: "1"}
	}
	if err := valuemap.Save(t.Context(), state, "toy", e, 0); fault.As(err).Class != fault.TooLarge {
		t.Errorf("too many: %v", err)
	}
}

// The types of maps are unique in their system, and none is the type of an entity.
func TestTypesOfMaps(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{
		"NETSUITE_PAYMENT_METHODS": "payment_method", "NETSUITE_COMPANIES": "company", "NETSUITE_CLASSES": "class", "NETSUITE_TERMS": "term", "NETSUITE_SUBSIDIARIES": "subsidiary",
		"NETSUITE_ORDER_STATUSES": "order_status",
	} {
		if got := valuemap.Type("netsuite", setting); got != want {
			t.Errorf("%s is %s, want %s", setting, got, want)
		}
	}
	entities := map[string]bool{}
	for _, route := range routes.Table {
		for _, name := range route.Types {
			entity, _, _ := strings.Cut(name, ".")
			entities[entity] = true
		}
	}
	n := 0
	for _, system := range functions.All() {
		for _, setting := range system.Profile.Maps() {
			n++
			name := valuemap.Type(system.Profile.Name, setting)
			if valuemap.SettingOf(system.Profile, name) != setting || valuemap.SettingOf(system.Profile, setting) != setting || entities[name] || name == "map" {
				t.Errorf("the type %s of %s is not unique", name, setting)
			}
		}
	}
	if n < 15 || valuemap.SettingOf(profile(), "location") != "" {
		t.Errorf("%d maps", n)
	}
}

// counted is a State that counts the reads of a key.
type counted struct {
	port.State
	key   string
	reads int
}

func (c *counted) Get(ctx context.Context, key string) (port.Item, error) {
	if key == c.key {
		c.reads++
	}
	return c.State.Get(ctx, key)
}

// The entries may have 256 KB. Of any number of messages that wait for one map, those that are registered
// read them, and the others look by themselves.
func TestAMessageThatIsNotRegisteredReadsNoEntries(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	state := &counted{State: porttest.NewMemory(func() time.Time { return noon }), key: valuemap.Key("toy")}
	for i := range 200 {
		w := valuemap.Waiter{Event: strconv.Itoa(i), Queue: "q", Handle: "h", Until: noon.Add(time.Hour)}
		if imported, err := valuemap.Wait(t.Context(), state, "toy", connector.MissingEntry{Setting: "TOY_METHODS"}, w, noon); imported || err != nil {
			t.Fatalf("message %d: %t, %v", i, imported, err)
		}
	}
	n, err := valuemap.Waiting(t.Context(), state, "toy", "TOY_METHODS", noon)
	if err != nil || n != 64 || state.reads != n {
		t.Errorf("%d registered and %d reads of the entries, %v", n, state.reads, err)
	}
}
