package woocommercetest

import (
	"encoding/json"
	"html"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Note is a note of an order.
type Note struct {
	ID       int64
	Text     string
	Customer bool // WooCommerce mailed it to the customer
	At       time.Time
}

// Notes returns the order's notes, the oldest first.
func (f *Fake) Notes(order int64) []Note {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.notes[order])
}

// Remark adds an internal note to the order, as a person does.
func (f *Fake) Remark(order int64, text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.addNote(order, text, false)
}

func (f *Fake) addNote(order int64, text string, customer bool) Note {
	if f.notes == nil {
		f.notes = map[int64][]Note{}
	}
	note := Note{int64(1 + len(f.notes[order])), text, customer, f.Now()}
	f.notes[order] = append(f.notes[order], note)
	return note
}

// Body returns the order as a delivery has it now, nil if there is none.
func (f *Fake) Body(order int64) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.orders[order].body)
}

// Status returns the order's status.
func (f *Fake) Status(order int64) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.orders[order].status
}

// Meta returns the values of the order's meta data by key.
func (f *Fake) Meta(order int64) map[string]any {
	all := map[string]any{}
	var body struct {
		Meta []metaEntry `json:"meta_data"`
	}
	if json.Unmarshal(f.Body(order), &body) == nil {
		for _, entry := range body.Meta {
			all[entry.Key] = entry.Value
		}
	}
	return all
}

type metaEntry struct {
	ID    int64  `json:"id"`
	Key   string `json:"key"`
	Value any    `json:"value"`
}

// SetMeta writes an entry of meta data, as a plugin does.
func (f *Fake) SetMeta(order int64, key string, value any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.change(order, "", []metaEntry{{Key: key, Value: value}})
}

// SetStatus gives the order a status, as a person does.
func (f *Fake) SetStatus(order int64, status string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.change(order, status, nil)
}

// updateOrder writes over what the body names. An entry of meta data changes the one of its id, or
// else the first of its key.
func (f *Fake) updateOrder(w http.ResponseWriter, r *http.Request, id string) {
	n, _ := strconv.ParseInt(id, 10, 64)
	if _, ok := f.orders[n]; !ok {
		refuse(w, http.StatusNotFound, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
		return
	}
	var change struct {
		Status string      `json:"status"`
		Meta   []metaEntry `json:"meta_data"`
	}
	if err := json.NewDecoder(r.Body).Decode(&change); err != nil {
		refuse(w, http.StatusBadRequest, "rest_invalid_json", "Invalid JSON body passed.")
		return
	}
	f.change(n, change.Status, change.Meta)
	answer(w, http.StatusOK, json.RawMessage(f.orders[n].body))
}

func (f *Fake) change(id int64, status string, meta []metaEntry) {
	order := f.orders[id]
	var body map[string]json.RawMessage
	var entries []metaEntry
	if json.Unmarshal(order.body, &body) != nil || json.Unmarshal(body["meta_data"], &entries) != nil {
		panic("woocommercetest: there is no order " + strconv.FormatInt(id, 10))
	}
	for _, given := range meta {
		i := slices.IndexFunc(entries, func(e metaEntry) bool {
			return given.ID != 0 && e.ID == given.ID || given.ID == 0 && e.Key == given.Key
		})
		if i < 0 {
			given.ID = int64(10_000 + len(entries))
			entries = append(entries, given)
			continue
		}
		entries[i].Key, entries[i].Value = given.Key, given.Value
	}
	order.modified = f.Now().UTC().Truncate(time.Second)
	body["meta_data"] = must(json.Marshal(entries))
	body["date_modified"], body["date_modified_gmt"] = must(json.Marshal(site(order.modified))), must(json.Marshal(utc(order.modified)))
	if status != "" && status != order.status {
		order.status = status
		body["status"] = must(json.Marshal(status))
		if status == "completed" {
			body["date_completed"], body["date_completed_gmt"] = body["date_modified"], body["date_modified_gmt"]
		}
	}
	order.body = must(json.Marshal(body))
	f.orders[id] = order
}

// listNotes shows texts as WordPress does, with HTML entities.
func (f *Fake) listNotes(w http.ResponseWriter, id string) {
	n, _ := strconv.ParseInt(id, 10, 64)
	if _, ok := f.orders[n]; !ok {
		refuse(w, http.StatusNotFound, "woocommerce_rest_order_invalid_id", "Invalid order ID.")
		return
	}
	shown := []member{}
	for _, note := range slices.Backward(f.notes[n]) {
		shown = append(shown, note.show())
	}
	answer(w, http.StatusOK, shown)
}

func (f *Fake) createNote(w http.ResponseWriter, r *http.Request, id string) {
	n, _ := strconv.ParseInt(id, 10, 64)
	if _, ok := f.orders[n]; !ok {
		refuse(w, http.StatusNotFound, "woocommerce_rest_order_invalid_id", "Invalid order ID.")
		return
	}
	var given struct {
		Note     string `json:"note"`
		Customer bool   `json:"customer_note"`
	}
	if err := json.NewDecoder(r.Body).Decode(&given); err != nil {
		refuse(w, http.StatusBadRequest, "rest_invalid_json", "Invalid JSON body passed.")
		return
	}
	answer(w, http.StatusCreated, f.addNote(n, given.Note, given.Customer).show())
}

func (n Note) show() member {
	return member{
		"id": n.ID, "author": "WooCommerce", "date_created": site(n.At), "date_created_gmt": utc(n.At),
		"note": html.EscapeString(n.Text), "customer_note": n.Customer,
	}
}
