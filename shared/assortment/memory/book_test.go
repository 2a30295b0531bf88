package memory_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/assortment/memory"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

var (
	noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	key  = message.Key{System: "shop", Tenant: "t1", Type: "product", ID: "7"}
)

// fakeCrossRef gathers the parts of one attribute of one entity.
type fakeCrossRef struct {
	parts  map[string]connector.Portion
	writes int
	before func() // is called before a value with a version is gathered, once
	err    error
}

func newCrossRef() *fakeCrossRef { return &fakeCrossRef{parts: map[string]connector.Portion{}} }

func (*fakeCrossRef) Bind(context.Context, message.Key, string, string) (string, error) {
	return "", fault.New(fault.Unknown, fault.Bug, "", "nothing is bound")
}

func (f *fakeCrossRef) Gather(_ context.Context, _ message.Key, _ string, portion connector.Portion) (map[string]string, error) {
	if meanwhile := f.before; meanwhile != nil && portion.Version != "" {
		f.before = nil
		meanwhile()
	}
	if f.err != nil {
		return nil, f.err
	}
	if found, known := f.parts[portion.Name]; !known || found.Version < portion.Version {
		f.parts[portion.Name] = portion
		f.writes++
	}
	values := map[string]string{}
	for name, each := range f.parts {
		values[name] = each.Value
	}
	return values, nil
}

func open(t *testing.T, of connector.CrossRef) *memory.Book {
	t.Helper()
	b, err := memory.Open(t.Context(), of, key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func keep(t *testing.T, b *memory.Book) {
	t.Helper()
	if err := b.Keep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// mark is a content as of a minute after noon.
func mark(digest string, minute int) memory.Mark {
	return memory.Mark{Digest: digest, Since: noon.Add(time.Duration(minute) * time.Minute)}
}

func wantMark(t *testing.T, b *memory.Book, name, kind string, want memory.Mark) {
	t.Helper()
	if got := b.Mark(name, kind); got != want {
		t.Errorf("%s of %s is %+v, want %+v", kind, name, got, want)
	}
}

func TestAnUnchangedContentKeepsItsDate(t *testing.T) {
	t.Parallel()
	f := newCrossRef()
	b := open(t, f)
	wantMark(t, b, "TEE", "product", memory.Mark{})
	b.Set("TEE", "product", b.Date("TEE", "product", mark("a", 1)))
	b.Set("TEE", "price", b.Date("TEE", "price", mark("b", 1)))
	keep(t, b)
	writes := f.writes
	b = open(t, f)
	b.Set("TEE", "product", b.Date("TEE", "product", mark("a", 2)))
	wantMark(t, b, "TEE", "product", mark("a", 1))
	keep(t, b)
	if f.writes != writes {
		t.Errorf("unchanged, and written %d times", f.writes-writes)
	}
	b.Set("TEE", "product", b.Date("TEE", "product", mark("c", 3)))
	keep(t, b)
	if b = open(t, f); f.writes != writes+1 {
		t.Errorf("changed, and written %d times", f.writes-writes)
	}
	wantMark(t, b, "TEE", "product", mark("c", 3))
	wantMark(t, b, "TEE", "price", mark("b", 1))
}

// A product with many variants is one write.
func TestABookIsOneWrite(t *testing.T) {
	t.Parallel()
	f := newCrossRef()
	b := open(t, f)
	for i := range 2_000 {
		b.Set(fmt.Sprint("TEE-", i), "product", mark("a", 1))
	}
	writes := f.writes
	if keep(t, b); f.writes != writes+1 || len(f.parts) != 1 {
		t.Errorf("%d writes of %d parts", f.writes-writes, len(f.parts))
	}
}

func TestNamesThatAreLost(t *testing.T) {
	t.Parallel()
	f := newCrossRef()
	b := open(t, f)
	for _, sku := range []string{"C", "A", "B"} {
		b.Set(sku, "product", mark(sku, 1))
	}
	keep(t, b)
	b = open(t, f)
	b.Set("NEW", "product", mark("n", 2))
	if got := b.Lost(func(name string) bool { return name == "B" || name == "NEW" }); !slices.Equal(got, []string{"A", "C"}) {
		t.Errorf("lost are %v", got)
	}
	if got := b.Lost(func(string) bool { return true }); len(got) > 0 {
		t.Errorf("of a product that has all of them, lost are %v", got)
	}
}

func TestWhatIsForgottenLeavesTheName(t *testing.T) {
	t.Parallel()
	f := newCrossRef()
	b := open(t, f)
	b.Set("TEE", "product", mark("a", 1))
	b.Set("TEE", "price", mark("b", 1))
	keep(t, b)
	b = open(t, f)
	b.Set("TEE", "product", mark("end", 2))
	b.Forget("TEE", "product")
	b.Forget("UNKNOWN", "product")
	keep(t, b)
	b = open(t, f)
	wantMark(t, b, "TEE", "product", mark("end", 2))
	wantMark(t, b, "TEE", "price", memory.Mark{})
	if got := b.Lost(func(string) bool { return false }); !slices.Equal(got, []string{"TEE"}) {
		t.Errorf("the names are %v", got)
	}
}

// Two Books are opened, and both are kept: neither loses what the other one has.
func TestTwoBooksAreKeptAtTheSameTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, second int // minutes of the state of SHARED
		want          string
	}{
		"the second is newer":   {1, 2, "second"},
		"the second is older":   {2, 1, "first"},
		"both are equally new":  {2, 2, "second"},
		"the second is far off": {9, 1, "first"},
	} {
		f := newCrossRef()
		b := open(t, f)
		b.Set("SAME", "product", mark("old", 0))
		b.Set("THEIRS", "product", mark("old", 0))
		keep(t, b)
		first, second := open(t, f), open(t, f)
		first.Set("FIRST", "product", mark("f", 1))
		first.Set("THEIRS", "product", memory.Mark{Digest: "old", Since: noon, Left: true}) // as new as before
		first.Set("SHARED", "product", mark("first", c.first))
		second.Set("SECOND", "product", mark("s", 1))
		second.Set("SHARED", "product", mark("second", c.second))
		second.Set("THEIRS", "product", mark("old", 0)) // unchanged
		f.before = func() { keep(t, first) }
		keep(t, second)
		b = open(t, f)
		wantMark(t, b, "SAME", "product", mark("old", 0))
		wantMark(t, b, "FIRST", "product", mark("f", 1))
		wantMark(t, b, "SECOND", "product", mark("s", 1))
		wantMark(t, b, "THEIRS", "product", memory.Mark{Digest: "old", Since: noon, Left: true})
		if got := b.Mark("SHARED", "product").Digest; got != c.want {
			t.Errorf("%s: SHARED is of the %s, want %s", name, got, c.want)
		}
	}
}

func TestABookThatOthersAlwaysPrecedeIsUnavailable(t *testing.T) {
	t.Parallel()
	f := newCrossRef()
	n := 0
	var precede func()
	precede = func() {
		n++
		other := open(t, f)
		other.Set("OTHER", "product", mark("a", n))
		keep(t, other)
		f.before = precede
	}
	b := open(t, f)
	b.Set("TEE", "product", mark("a", 1))
	f.before = precede
	if err := b.Keep(t.Context()); fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), key.String()) {
		t.Errorf("got %v", err)
	}
}

func TestABookWithoutAMemoryKeepsNothing(t *testing.T) {
	t.Parallel()
	b := open(t, nil)
	b.Set("TEE", "product", mark("a", 1))
	wantMark(t, b, "TEE", "product", mark("a", 1))
	keep(t, b)
}

func TestAMemoryThatFailsOrCannotBeRead(t *testing.T) {
	t.Parallel()
	f := newCrossRef()
	b := open(t, f)
	b.Set("TEE", "product", mark("a", 1))
	f.err = fault.New(fault.Unavailable, fault.Intermittent, "", "away")
	if _, err := memory.Open(t.Context(), f, key); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("opened: %v", err)
	}
	if err := b.Keep(t.Context()); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("kept: %v", err)
	}
	f.err = nil
	for _, value := range []string{"{", `{"entries":{"TEE":"product"}}`} {
		for name := range f.parts {
			f.parts[name] = connector.Portion{Name: name, Version: "9", Value: value}
		}
		if _, err := memory.Open(t.Context(), f, key); fault.KindOf(err) != fault.Unknown || !strings.Contains(err.Error(), key.String()) {
			t.Errorf("%s: opened: %v", value, err)
		}
		if err := b.Keep(t.Context()); fault.KindOf(err) != fault.Unknown {
			t.Errorf("%s: kept: %v", value, err)
		}
	}
}
