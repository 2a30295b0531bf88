package shipment

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

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

// change returns the body that gives the order what it lacks, nil if it has everything.
func (s *shipping) change(o *shippedOrder, own *recorded, completes bool) []byte {
	type entry struct {
		ID    json.Number `json:"id,omitempty"`
		Key   string      `json:"key"`
		Value any         `json:"value"`
	}
	var meta []entry
	if o.shipments[s.metaKey()] == nil {
		meta = append(meta, entry{Key: s.metaKey(), Value: string(mustJSON(own))})
	}
	if items, changed := s.tracked(o, own); changed {
		meta = append(meta, entry{ID: json.Number(o.trackingID), Key: trackingMeta, Value: items})
	}
	change := map[string]any{}
	if len(meta) > 0 {
		change["meta_data"] = meta
	}
	if completes {
		change["status"] = "completed"
	}
	if len(change) == 0 {
		return nil
	}
	return mustJSON(change)
}

// tracked returns the plugins' list with the entries of all shipments of ours, and whether one was
// missing. Entries of others stay as they are.
func (s *shipping) tracked(o *shippedOrder, own *recorded) (items []json.RawMessage, changed bool) {
	if !s.Plugin {
		return nil, false
	}
	all := map[string]*recorded{s.metaKey(): own}
	maps.Copy(all, o.shipments)
	items = slices.Clone(o.tracking)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		item := all[key].Item
		if item == nil || slices.ContainsFunc(items, func(raw json.RawMessage) bool { return trackingIDOf(raw) == item.ID }) {
			continue
		}
		items, changed = append(items, mustJSON(item)), true
	}
	return items, changed
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
