package netsuitetest

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
)

// AddItem makes items with these external ids, such as SKUs, as far as they are not there.
// The items that Settings names are there as well after the first call.
func (f *Fake) AddItem(externalIDs ...string) error {
	goodsless := func(id string) map[string]any {
		return map[string]any{"goodsless": id != "store-custom" && id != "store-no-sku"}
	}
	for i, id := range []string{"store-adjustment", "store-no-sku", "store-channel-tax"} {
		if err := f.seedAs(strconv.Itoa(firstID-10+i), itemRecord, id, goodsless(id)); err != nil {
			return err
		}
	}
	own := []string{
		"store-tax", "store-gift-card", "store-tip", "store-duty", "store-fee", "store-rounding", "store-cash-rounding", "store-custom",
	}
	for _, id := range own {
		if err := f.seed(itemRecord, id, goodsless(id)); err != nil {
			return err
		}
	}
	for _, id := range externalIDs {
		if err := f.seed(itemRecord, id, map[string]any{}); err != nil {
			return err
		}
	}
	return nil
}

// AddCustomer makes a customer that was in NetSuite before us and returns its internal
// id. The external id may be "". It is of subsidiary 1.
func (f *Fake) AddCustomer(externalID, email, name string) (string, error) {
	return f.AddCustomerOf("1", externalID, email, name)
}

// AddCustomerOf is AddCustomer for a subsidiary.
func (f *Fake) AddCustomerOf(subsidiary, externalID, email, name string) (string, error) {
	err := f.seed(customerRecord, externalID, map[string]any{
		"isPerson": false, "companyName": name, "email": email, "subsidiary": map[string]any{"id": subsidiary},
	})
	all := f.Customers()
	if err != nil || len(all) == 0 {
		return "", err
	}
	return all[len(all)-1].ID, nil
}

func (f *Fake) seed(kind, externalID string, fields map[string]any) error {
	return f.seedAs("", kind, externalID, fields)
}

// seedAs makes a record under an internal id, under the next one for "".
func (f *Fake) seedAs(id, kind, externalID string, fields map[string]any) error {
	body, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if externalID != "" && f.books.find(kind, "eid:"+externalID) != nil {
		return nil
	}
	e := effect{Type: kind, ID: cmp.Or(id, f.books.newID()), ExternalID: externalID, Body: body}
	if err := f.write(e); err != nil {
		return err
	}
	f.books.apply(e, fields)
	return nil
}

// TakeAnyItem makes the account know every item that a record names, except these:
// it makes an item when the first order or adjustment names it.
func (f *Fake) TakeAnyItem(except ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.anyItem, f.unknown = true, except
}

// makeItems makes the items that the lines of a body name and the account should know. The
// caller holds the lock.
func (f *Fake) makeItems(fields map[string]any) error {
	for _, entry := range slices.Concat(items(fields[itemSublist]), items(fields[adjustmentSublist])) {
		line, _ := entry.(map[string]any)
		reference, _ := line["item"].(map[string]any)
		external, _ := reference["externalId"].(string)
		if external == "" || slices.Contains(f.unknown, external) || f.books.find(itemRecord, "eid:"+external) != nil {
			continue
		}
		e := effect{Type: itemRecord, ID: f.books.newID(), ExternalID: external, Body: json.RawMessage("{}")}
		if err := f.write(e); err != nil {
			return err
		}
		f.books.apply(e, map[string]any{})
	}
	return nil
}
