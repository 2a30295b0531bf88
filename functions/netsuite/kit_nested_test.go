package netsuite_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
)

// TestAKitInAKitIsCountedByItsOwnComponents, of which the outer kit takes as many as the paths to them
// multiply to.
func TestAKitInAKitIsCountedByItsOwnComponents(t *testing.T) {
	t.Parallel()
	r := newRig(t, map[string]string{"NETSUITE_STOCK_LOCATIONS": "5"})
	r.setStock("TEE", "5", "24", "23", noon.Add(-time.Hour))
	r.setStock("CAP", "5", "5", "5", noon.Add(-time.Hour))
	r.setStock("MUG", "5", "9", "9", noon.Add(-time.Hour))
	r.setItem(netsuitetest.Item{SKU: "SET-UP", Type: "Service", Changed: noon.Add(-time.Hour)})
	r.kitOf("SERVICES", noon.Add(-time.Hour), "1 SET-UP")
	r.kitOf("A-PAIR", noon.Add(-time.Hour), "2 TEE", "1 SET-UP")
	r.kitOf("B-BOX", noon.Add(-time.Hour), "3 A-PAIR", "1 CAP")
	r.kitOf("C-CRATE", noon.Add(-time.Hour), "2 B-BOX", "1 MUG")
	r.kitOf("D-BOTH", noon.Add(-time.Hour), "1 A-PAIR", "4 TEE", "1 A-PAIR", "1 SERVICES")
	r.kitsAre(noon.Add(-time.Hour), "A-PAIR@5 12/11", "B-BOX@5 4/3", "C-CRATE@5 2/1", "D-BOTH@5 3/2")
	// A change of an innermost level, and of each definition, reaches all kits around it.
	at := noon
	r.setStock("TEE", "5", "24", "11", at)
	r.kitsAre(at, "A-PAIR@5 12/5", "B-BOX@5 4/1", "C-CRATE@5 2/0", "D-BOTH@5 3/1")
	at = at.Add(time.Minute)
	r.kitOf("A-PAIR", at, "1 TEE")
	r.kitsAre(at, "A-PAIR@5 24/11", "B-BOX@5 5/3", "C-CRATE@5 2/1", "D-BOTH@5 4/1")
	at = at.Add(time.Minute)
	if err := r.fake.SetKit(netsuitetest.Kit{SKU: "A-PAIR", Inactive: true, Changed: at, Members: []netsuitetest.Member{{SKU: "TEE", Quantity: "1"}}}); err != nil {
		t.Fatal(err)
	}
	r.kitsAre(at, "B-BOX@5 0/0", "C-CRATE@5 0/0", "D-BOTH@5 0/0")
}

func TestKitsInKitsThatCannotBeResolvedNameThePath(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		kits map[string]string
		want string
	}{
		"a circle":              {map[string]string{"BAD": "1 INNER", "INNER": "1 TEE,2 BAD"}, `member "BAD" > "INNER" > "BAD" is a kit of itself`},
		"too deep":              {map[string]string{"BAD": "1 K2", "K2": "1 K3", "K3": "1 K4", "K4": "1 TEE"}, `member "K4" is a kit without members, or one in more than 2 other kits; kits may be nested 3 deep`},
		"a shared one too deep": {map[string]string{"BAD": "1 K2,1 K4", "K2": "1 K3", "K3": "1 K4", "K4": "1 TEE"}, `member "BAD" > "K2" > "K3" > "K4" is a kit in 3 kits`},
		"quantity":              {map[string]string{"BAD": "1 INNER", "INNER": "1 CAP,0 TEE"}, `members[2].quantity: member "TEE" has the quantity "0", which is not above 0`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, map[string]string{"NETSUITE_STOCK_LOCATIONS": "5"})
			r.setStock("TEE", "5", "9", "9", noon)
			for sku, members := range tc.kits {
				r.kitOf(sku, noon, strings.Split(members, ",")...)
			}
			r.kitOf("GOOD", noon, "3 TEE")
			got := r.kits(noon)
			bad := slices.IndexFunc(got, func(text string) bool { return strings.HasPrefix(text, "BAD@5: ") })
			if bad < 0 || !strings.Contains(got[bad], tc.want) || !slices.Contains(got, "GOOD@5 3/3") {
				t.Errorf("got %q, want %s", got, tc.want)
			}
		})
	}
}

// products returns the products that changed since the time, by SKU, and the errors of those that cannot
// be translated.
func (r *rig) products(since time.Time) (products map[string]*canonical.Product, failed map[string]string) {
	r.t.Helper()
	feed := r.system.Poller.Feeds()[0]
	page, err := r.system.Poller.Changes(r.t.Context(), connector.Ask{Feed: feed, Since: since})
	if err != nil {
		r.t.Fatal(err)
	}
	products, failed = map[string]*canonical.Product{}, map[string]string{}
	for _, change := range page.Changes {
		raw, err := r.system.Poller.Fetch(r.t.Context(), feed, change)
		if err != nil {
			failed[change.ID] = err.Error()
			continue
		}
		translation, err := r.system.Source.Translate(r.t.Context(), raw)
		if err != nil {
			failed[change.ID] = err.Error()
			continue
		}
		products[change.ID] = translation.Events[0].Body.(*canonical.Product)
		if err := canonical.Validate(products[change.ID]); err != nil {
			r.t.Error(err)
		}
	}
	return products, failed
}

// kitItem gives an item of the SKU these members.
func (r *rig) kitItem(sku string, members ...string) {
	r.t.Helper()
	r.setItem(netsuitetest.Item{SKU: sku, Title: sku, Changed: noon})
	r.kitOf(sku, noon, members...)
}

// componentsOf returns a product's components, such as "2 TEE, 1 CAP".
func componentsOf(p *canonical.Product) string {
	var all []string
	for _, c := range p.Components {
		all = append(all, c.Quantity.Value.String()+" "+c.SKU)
	}
	return strings.Join(all, ", ")
}

func TestAKitBecomesAProductWithItsComponents(t *testing.T) {
	t.Parallel()
	r := newRig(t, map[string]string{"NETSUITE_ITEMS": "all"})
	for sku, item := range map[string]netsuitetest.Item{
		"TEE": {}, "CAP": {}, "BUILT": {Type: "Assembly"}, "BAG": {Type: "NonInvtPart"}, "SET-UP": {Type: "Service", Unshipped: true},
		"E-BOOK": {Type: "DwnLdItem"}, "OLD": {Inactive: true}, "NAMELESS": {Nameless: true},
	} {
		item.SKU, item.Changed = sku, noon
		r.setItem(item)
	}
	want := map[string]string{}
	for sku, kit := range map[string][2]string{
		"ONE":      {"2 TEE", "2 TEE"},
		"SEVERAL":  {"2 TEE,1 CAP,1 BUILT,1 BAG", "2 TEE, 1 CAP, 1 BUILT, 1 BAG"},
		"TWICE":    {"2 TEE,1 CAP,1 TEE", "3 TEE, 1 CAP"},
		"NESTED":   {"1 ONE,3 TWICE", "11 TEE, 3 CAP"},
		"SERVED":   {"1 TEE,1 SET-UP,1 E-BOOK", "1 TEE"},
		"DIGITAL":  {"1 SET-UP,1 E-BOOK", ""},
		"PART":     {"0.5 TEE", "0.5 TEE"},
		"OUTDATED": {"1 OLD", "1 OLD"},
		"UNKNOWN":  {"1 TEE,2 NAMELESS", "1 TEE, 2 "},
	} {
		r.kitItem(sku, strings.Split(kit[0], ",")...)
		want[sku] = kit[1]
	}
	queries := len(r.fake.Calls())
	products, failed := r.products(noon)
	if len(failed) > 0 {
		t.Errorf("failed: %v", failed)
	}
	for sku, components := range want {
		if p := products[sku]; p == nil || componentsOf(p) != components || p.Digital != (sku == "DIGITAL") {
			t.Errorf("%s: got %+v, want %q", sku, p, components)
		}
	}
	if p := products["BUILT"]; p == nil || p.Components != nil || p.Digital {
		t.Errorf("an assembly is %+v", p)
	}
	if n := len(r.fake.Calls()) - queries; n > 3 { // a login, the items, and the members of all kits
		t.Errorf("%d requests: %v", n, r.fake.Calls()[queries:])
	}
}

func TestWhatIsNotShippedIsDigital(t *testing.T) {
	t.Parallel()
	r := newRig(t, map[string]string{"NETSUITE_ITEMS": "all"})
	want := map[string]bool{}
	for kind, digital := range map[string][2]bool{ // with the box ticked, and without
		"InvtPart": {false, false}, "Assembly": {false, false}, "NonInvtPart": {false, true}, "Service": {false, true}, "OthCharge": {false, true},
		"DwnLdItem": {true, true}, "GiftCert": {true, true}, "Group": {false, false},
	} {
		r.setItem(netsuitetest.Item{SKU: kind, Type: kind, Changed: noon})
		r.setItem(netsuitetest.Item{SKU: kind + "-UNSHIPPED", Type: kind, Unshipped: true, Changed: noon})
		want[kind], want[kind+"-UNSHIPPED"] = digital[0], digital[1]
	}
	products, failed := r.products(noon)
	for sku, digital := range want {
		if p := products[sku]; p == nil || p.Digital != digital || p.Components != nil {
			t.Errorf("%s: got %+v, want %v (%v)", sku, p, digital, failed)
		}
	}
	// A body from before the type was read.
	raw := &message.Raw{Tenant: "1", Topic: "item/changed", Body: []byte(`{"externalid":"OLD","itemid":"OLD","displayname":"Old","isinactive":"F","lastmodifieddate":"2026-11-22 12:00:00"}`)}
	translation, err := r.system.Source.Translate(t.Context(), raw)
	if err != nil || translation.Events[0].Body.(*canonical.Product).Digital {
		t.Errorf("got %+v, %v", translation, err)
	}
}

// TestAKitWhoseMembersCannotBeReadHidesNoOther, and its error names the member and the rule.
func TestAKitWhoseMembersCannotBeReadHidesNoOther(t *testing.T) {
	t.Parallel()
	r := newRig(t, map[string]string{"NETSUITE_ITEMS": "all"})
	r.kitItem("CIRCLE", "1 TEE", "1 CIRCLE")
	r.kitItem("NOTHING", "0 TEE")
	r.kitItem("EMPTY")
	r.kitItem("GOOD", "1 TEE")
	large := make([]string, 1001)
	for i := range large {
		large[i] = "1 TEE"
	}
	r.kitItem("LARGE", large...)
	products, failed := r.products(noon)
	if len(products) != 1 || componentsOf(products["GOOD"]) != "1 TEE" {
		t.Errorf("got %+v", products)
	}
	for sku, want := range map[string]string{
		"CIRCLE": `translating kit CIRCLE of netsuite: members: member "CIRCLE" > "CIRCLE" is a kit of itself`, "NOTHING": `members[0].quantity: member "TEE" has the quantity "0"`,
		"EMPTY": "members: the kit has none", "LARGE": "more members than one page",
	} {
		if !strings.Contains(failed[sku], want) {
			t.Errorf("%s: got %q, want %q", sku, failed[sku], want)
		}
	}
}

// TestKitsOfSeveralPagesAreReadWhole has 40 kits of 60 members, which are three pages.
func TestKitsOfSeveralPagesAreReadWhole(t *testing.T) {
	t.Parallel()
	r := newRig(t, map[string]string{"NETSUITE_ITEMS": "all"})
	members := make([]string, 60)
	for i := range members {
		members[i] = "1 PART-" + string(rune('A'+i%26)) + string(rune('A'+i/26))
	}
	for i := range 40 {
		r.kitItem("KIT-"+string(rune('A'+i%26))+string(rune('A'+i/26)), members...)
	}
	queries := len(r.fake.Calls())
	products, failed := r.products(noon)
	if n := len(r.fake.Calls()) - queries; n > 5 { // a login, the items, and three pages of members
		t.Errorf("%d requests", n)
	}
	if len(products) != 40 || len(failed) > 0 {
		t.Fatalf("got %d, failed %v", len(products), failed)
	}
	for sku, p := range products {
		if len(p.Components) != 60 {
			t.Errorf("%s has %d components", sku, len(p.Components))
		}
	}
}
