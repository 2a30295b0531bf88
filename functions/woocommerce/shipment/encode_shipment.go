package shipment

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"causeway.example/functions/woocommerce/rest"
)

// trackingItem is an entry of the plugins' list. A provider that the plugin does not know is
// "custom", with its name and the address of its page.
type trackingItem struct {
	Provider string `json:"tracking_provider"`
	Custom   string `json:"custom_tracking_provider"`
	Link     string `json:"custom_tracking_link"`
	Number   string `json:"tracking_number"`
	Shipped  string `json:"date_shipped"` // Unix time, as text
	ID       string `json:"tracking_id"`
}

// trackingItem returns the shipment's entry, nil without a tracking number.
func (s *shipping) trackingItem() *trackingItem {
	if !s.Plugin || len(s.shipment.Tracking) == 0 {
		return nil
	}
	first := s.shipment.Tracking[0]
	return &trackingItem{
		Custom: s.shipment.Carrier, Link: first.URL, Number: first.Number,
		Shipped: strconv.FormatInt(s.shipment.ShippedAt.Unix(), 10), ID: s.derived(),
	}
}

// change returns the body that gives the order what it lacks, nil if it has everything. status is the
// order's next one, "" if it keeps its own.
func (s *shipping) change(o *shippedOrder, own *recorded, status string) []byte {
	type entry struct {
		ID    json.Number `json:"id,omitempty"`
		Key   string      `json:"key"`
		Value any         `json:"value"`
	}
	wanted := maps.Clone(o.shipments)
	wanted[s.metaKey()] = own
	s.hand(wanted, own)
	if status == statusProcessing {
		for key, r := range wanted { // the order is no longer completed by any
			open := *r
			open.Completed, wanted[key] = false, &open
		}
	}
	var meta []entry
	for _, key := range slices.Sorted(maps.Keys(wanted)) {
		if value := mustJSON(wanted[key]); o.shipments[key] == nil || !bytes.Equal(value, mustJSON(o.shipments[key])) {
			meta = append(meta, entry{Key: key, Value: string(value)})
		}
	}
	if items, changed := s.tracked(o, wanted); changed {
		meta = append(meta, entry{ID: json.Number(o.trackingID), Key: trackingMeta, Value: items})
	}
	change := map[string]any{}
	if len(meta) > 0 {
		change["meta_data"] = meta
	}
	if status != "" {
		change["status"] = status
	}
	if len(change) == 0 {
		return nil
	}
	return mustJSON(change)
}

// hand gives the parcel of the shipment, which was cancelled, to its heir.
func (s *shipping) hand(wanted map[string]*recorded, own *recorded) {
	for key, r := range wanted {
		if s.heir == "" || r.Same != s.metaKey() || r.isCancelled() {
			continue
		}
		next := *r
		if next.Same = s.heir; key == s.heir {
			next.Same, next.KnownAs, next.Lines, next.Completed = "", s.named(), own.Lines, own.Completed
			if own.Item != nil {
				item := *own.Item
				item.ID, next.Item = strings.TrimPrefix(key, shipmentMeta), &item
			}
		}
		wanted[key] = &next
	}
}

// tracked returns the plugins' list with the entries of all shipments of ours that left, and whether it
// differs from the order's. Entries of others stay as they are, and of other shipments only what is
// missing or was cancelled is changed.
func (s *shipping) tracked(o *shippedOrder, wanted map[string]*recorded) (items []json.RawMessage, changed bool) {
	if !s.Plugin {
		return nil, false
	}
	items = slices.Clone(o.tracking)
	for _, key := range slices.Sorted(maps.Keys(wanted)) {
		r := wanted[key]
		if r.Item == nil {
			continue
		}
		value := mustJSON(r.Item)
		i := slices.IndexFunc(items, func(raw json.RawMessage) bool { return trackingIDOf(raw) == r.Item.ID })
		switch {
		case i >= 0 && r.isCancelled():
			items, changed = slices.Delete(items, i, i+1), true
		case i >= 0 && key == s.metaKey() && !r.Item.is(items[i]):
			items[i], changed = value, true
		case i < 0 && !r.isCancelled():
			items, changed = append(items, value), true
		}
	}
	if items == nil {
		items = []json.RawMessage{}
	}
	return items, changed
}

// is reports whether the entry has the same number, carrier and address.
func (t *trackingItem) is(raw json.RawMessage) bool {
	var item trackingItem
	return json.Unmarshal(raw, &item) == nil && item.Number == t.Number && item.Custom == t.Custom && item.Link == t.Link
}

func trackingIDOf(raw json.RawMessage) string {
	var item trackingItem
	if json.Unmarshal(raw, &item) != nil {
		return ""
	}
	return item.ID
}

// mustJSON writes values of this package, which can always be written.
func mustJSON(value any) []byte {
	data, err := json.Marshal(value)
	if err != nil {
		panic(rest.Name + ": " + err.Error())
	}
	return data
}
