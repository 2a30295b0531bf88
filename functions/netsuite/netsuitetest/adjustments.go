package netsuitetest

import (
	"cmp"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// adjustmentSublist is the sublist of an inventory adjustment.
const adjustmentSublist = "inventory"

// The configuration of every Fake: accounts that adjustments can be booked to, and the subsidiary of each
// location, in the order of their ids from "5" on.
var (
	adjustmentAccounts = []string{"58", "59"}
	locationOwners     = []string{"1", "1", "2"}
)

const firstLocation = 5

// Adjustment is an inventory adjustment in the books, with its only line.
type Adjustment struct {
	ID, ExternalID      string
	Account, Subsidiary string
	Date                string
	Memo                string
	Item                string // external id
	Location            string
	Quantity            string // decimal text
	Lines               int
	Writes              int
}

// Adjustments returns the inventory adjustments by internal id.
func (f *Fake) Adjustments() []Adjustment { return view(f, adjustmentRecord, adjustmentView) }

func adjustmentView(r *Record) Adjustment {
	v := Adjustment{
		ID: r.ID, ExternalID: r.ExternalID, Account: refID(r.state["account"]), Subsidiary: refID(r.state["subsidiary"]),
		Date: text(r.state, "tranDate"), Memo: text(r.state, "memo"), Writes: r.Writes,
	}
	for _, entry := range items(r.state[adjustmentSublist]) {
		line, _ := entry.(map[string]any)
		item, _ := line["item"].(map[string]any)
		v.Item, v.Location, v.Quantity = text(item, "externalId"), refID(line["location"]), number(line, "adjustQtyBy")
		v.Lines++
	}
	return v
}

// OnHand returns what the location has of the item, as decimal text.
func (f *Fake) OnHand(sku, location string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	sum := new(big.Rat)
	item := f.books.find(itemRecord, "eid:"+sku)
	if item == nil {
		return "0"
	}
	for _, each := range []struct {
		record, sublist, quantity string
		sign                      int64
	}{
		{adjustmentRecord, adjustmentSublist, "adjustQtyBy", 1},
		{fulfillmentRecord, itemSublist, "quantity", -1},
		{creditMemoRecord, itemSublist, "quantity", 1},
		{cashRefundRecord, itemSublist, "quantity", 1},
		{receiptRecord, itemSublist, "quantity", 1},
	} {
		for _, r := range f.books.sorted(each.record) {
			for _, entry := range items(r.state[each.sublist]) {
				line, _ := entry.(map[string]any)
				if of := f.books.refer(itemRecord, line["item"]); of == item && cmp.Or(refID(line["location"]), refID(r.state["location"])) == location {
					n := rational(line, each.quantity)
					sum.Add(sum, n.Mul(n, big.NewRat(each.sign, 1)))
				}
			}
		}
	}
	return exact(sum)
}

// acceptAdjustment applies the rules for an inventory adjustment. The caller holds the lock.
func (f *Fake) acceptAdjustment(before, a map[string]any) *refusal {
	if bad := f.books.acceptPeriod(before, a); bad != nil {
		return bad
	}
	owner := refID(a["subsidiary"])
	switch {
	case a["account"] == nil:
		return mandatory("account", "Adjustment Account")
	case !slices.Contains(adjustmentAccounts, refID(a["account"])):
		return f.books.unknownRef("account")
	case a["subsidiary"] == nil:
		return mandatory("subsidiary", "Subsidiary")
	case !slices.Contains(subsidiaries, owner):
		return f.books.unknownRef("subsidiary")
	case len(items(a[adjustmentSublist])) == 0:
		return invalid("USER_ERROR", adjustmentSublist, "Error while accessing a resource. You must have at least one valid line item for this transaction.")
	}
	if bad := tooLong(a, "", map[string]int{"memo": 999}); bad != nil {
		return bad
	}
	for i, entry := range items(a[adjustmentSublist]) {
		line, _ := entry.(map[string]any)
		if bad := f.acceptAdjusted(line, owner, adjustmentSublist+".items["+strconv.Itoa(i)+"]"); bad != nil {
			return bad
		}
	}
	return nil
}

// acceptAdjusted applies the rules for a line. An item without stock is none that the line can name.
func (f *Fake) acceptAdjusted(line map[string]any, owner, path string) *refusal {
	item := f.books.refer(itemRecord, line["item"])
	place, err := strconv.Atoi(refID(line["location"]))
	known := err == nil && place >= firstLocation && place < firstLocation+len(locationOwners)
	switch {
	case line["item"] == nil:
		return mandatory(path+".item", "Item")
	case item == nil || f.typeOf(item) != inventoryPart:
		return f.books.unknownRef(path + ".item")
	case line["location"] == nil:
		return mandatory(path+".location", "Location")
	case !known:
		return f.books.unknownRef(path + ".location")
	case locationOwners[place-firstLocation] != owner:
		return unavailable("location", refID(line["location"]), "subsidiary", owner)
	case rational(line, "adjustQtyBy").Sign() == 0:
		return mandatory(path+".adjustQtyBy", "Adjust Qty. By")
	}
	return nil
}

// inventoryPart is the type of an item with stock.
const inventoryPart = "InvtPart"

// typeOf returns the type of an item, as SuiteQL has it.
func (f *Fake) typeOf(item *Record) string {
	if _, is := f.kits[item.ID]; is {
		return "Kit"
	}
	return cmp.Or(f.items[item.ID].Type, inventoryPart)
}

var itemType = regexp.MustCompile(`^SELECT itemtype AS type FROM item WHERE LOWER\(externalid\) = ('(?:[^']|'')*')$`)

// itemTypes runs the query for the type of an item; known is false if it is another one.
func (f *Fake) itemTypes(sql string) (rows []any, known bool) {
	m := itemType.FindStringSubmatch(sql)
	if m == nil {
		return nil, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	rows = []any{}
	for _, item := range f.books.sorted(itemRecord) {
		if strings.ToLower(item.ExternalID) == literals(m[1])[0] {
			rows = append(rows, map[string]any{"links": []any{}, "type": f.typeOf(item)})
		}
	}
	return rows, true
}
