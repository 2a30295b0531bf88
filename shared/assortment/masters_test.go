package assortment_test

import (
	"slices"
	"strings"
	"testing"

	"causeway.example/shared/assortment"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

func known(store string) (string, bool) {
	return store, slices.Contains([]string{"a.example", "b.example"}, store)
}

func parse(t *testing.T, entries map[string]string) assortment.Masters {
	t.Helper()
	m, err := assortment.Parse("THE_SETTING", entries, known)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestTwoMastersAreAnErrorAtTheStart(t *testing.T) {
	t.Parallel()
	for want, entries := range map[string]map[string]string{
		"erp and pim are both master of a.example":      {"erp": "a.example", "pim": "a.example"},
		"erp/1 and erp/5 are both master of a.example":  {"erp/1": "a.example", "erp/5": "a.example"},
		"erp is master of a.example and of b.example":   {"erp/1": "a.example", "erp/5": "b.example"},
		"neither none nor a store of the connector":     {"erp": "c.example"},
		"the entry of erp is neither none nor a store ": {"erp": ""},
	} {
		_, err := assortment.Parse("THE_SETTING", entries, known)
		if f := fault.As(err); f == nil || f.Class != fault.Config || f.Field != "THE_SETTING" || !strings.Contains(f.Detail, want) {
			t.Errorf("%v: got %v, want %q", entries, err, want)
		}
	}
	parse(t, map[string]string{"erp": "a.example", "pim": "b.example", "old": "none", "older": "none"})
}

func TestSourceWithoutAnEntryWaits(t *testing.T) {
	t.Parallel()
	m := parse(t, map[string]string{"erp": "a.example", "old": "none"})
	for source, want := range map[string]string{"erp": "a.example", "old": ""} {
		if got, err := m.Store(source, "main"); got != want || err != nil {
			t.Errorf("%s: got %q, %v", source, got, err)
		}
	}
	_, err := m.Store("pim", "main")
	if f := fault.As(err); f == nil || f.Class != fault.Config || f.Field != "THE_SETTING" || !strings.Contains(f.Detail, `"pim"`) {
		t.Errorf("got %v", err)
	}
}

func TestListIsTheOneOfTheStore(t *testing.T) {
	t.Parallel()
	m := parse(t, map[string]string{"erp/1": "none", "erp/5": "a.example"})
	prices := []canonical.Price{
		{List: "1", Currency: "EUR"}, {List: "5", Currency: "EUR", Amount: canonical.NewDecimal(5, 0)}, {List: "5", Currency: "USD", Amount: canonical.NewDecimal(6, 0)},
	}
	if store, list, err := m.List("erp", prices); store != "a.example" || list != "5" || err != nil {
		t.Errorf("got %q, %q, %v", store, list, err)
	}
	if store, list, err := m.List("erp", prices[:1]); store != "" || list != "" || err != nil {
		t.Errorf("of a list that goes nowhere: got %q, %q, %v", store, list, err)
	}
	if _, _, err := m.List("erp", []canonical.Price{{List: "7"}}); err == nil || !strings.Contains(err.Error(), `"erp/7"`) {
		t.Errorf("of a list without an entry: got %v", err)
	}
	if p := assortment.In(prices, "5", "USD"); p == nil || p.Amount.String() != "6" {
		t.Errorf("got %+v", p)
	}
	if p := assortment.In(prices, "1", "USD"); p != nil {
		t.Errorf("got %+v, want none", p)
	}
}

// A system of stores has an entry for each of them, which wins over the one of the system.
func TestStoreOfASourceHasAnEntryOfItsOwn(t *testing.T) {
	t.Parallel()
	entries := map[string]string{"shop": "a.example", "shop/two.example": "b.example", "shop/three.example": "none"}
	m := parse(t, entries)
	for tenant, want := range map[string]string{"one.example": "a.example", "two.example": "b.example", "three.example": ""} {
		if got, err := m.Store("shop", tenant); got != want || err != nil {
			t.Errorf("%s: got %q, %v", tenant, got, err)
		}
		prices := []canonical.Price{{List: tenant, Currency: "EUR"}}
		store, list, err := m.List("shop", prices)
		switch {
		case tenant == "one.example" && (err == nil || !strings.Contains(err.Error(), `"shop/one.example"`)):
			t.Errorf("a price list without an entry: got %q, %v", store, err)
		case tenant != "one.example" && (store != want || err != nil || (list == tenant) != (want != "")):
			t.Errorf("prices of %s: got %q, %q, %v", tenant, store, list, err)
		}
	}
	if _, err := parse(t, map[string]string{"shop/two.example": "b.example"}).Store("shop", "one.example"); err == nil || !strings.Contains(err.Error(), `"shop"`) {
		t.Errorf("a store without an entry: got %v", err)
	}
	if _, err := assortment.Parse("THE_SETTING", map[string]string{"shop": "a.example", "shop/two.example": "a.example"}, known); err == nil {
		t.Error("two stores are master of one")
	}
	lists := parse(t, map[string]string{"erp/eu.list": "a.example", "erp/us.list": "b.example"})
	if _, _, err := lists.List("erp", []canonical.Price{{List: "eu.list"}, {List: "us.list"}}); err == nil || !strings.Contains(err.Error(), "a price goes to one store") {
		t.Errorf("one price for two stores: got %v", err)
	}
}
