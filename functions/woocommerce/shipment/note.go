package shipment

import (
	"cmp"
	"context"
	"encoding/json"
	"html"
	"net/http"
	"slices"
	"strings"

	"causeway.example/functions/woocommerce/rest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// writeNote adds the note of the shipment's state unless the order has it. Notes have no reference,
// so their words decide: the first of a shipment begins with "Shipment S-1 of shipbob: ", later ones with
// "Shipment S-1 of shipbob, ". Older notes lack the system.
func (s *shipping) writeNote(ctx context.Context) error {
	older := "Shipment " + s.shipment.ID
	newest, err := s.newestNote(ctx, s.first(), s.next(), older+": ", older+", ")
	if err != nil {
		return err
	}
	if words, its := strings.CutPrefix(newest, older); its && !strings.HasPrefix(newest, s.named()) {
		newest = s.named() + words
	}
	text := s.noteAfter(newest)
	if text == "" {
		return nil
	}
	return s.addNote(ctx, text, s.note == customerNote)
}

// newestNote returns the newest note of the order that begins in one of the ways, "" if there is none.
func (s *orderAt) newestNote(ctx context.Context, beginnings ...string) (newest string, err error) {
	answer, err := s.get(ctx, s.path()+"/notes")
	if err != nil {
		return "", err
	}
	d := rest.NewDecoder(answer.Body)
	for range d.Array() { // the newest first
		for key := range d.Object() {
			if key != "note" {
				continue
			}
			note, _ := d.NullString()
			note = html.UnescapeString(note)
			if newest == "" && slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(note, b) }) {
				newest = note
			}
		}
	}
	if err := d.Finish(); err != nil {
		return "", rest.Broken(fault.As(err).Field, fault.As(err).Detail)
	}
	return newest, nil
}

// addNote adds a note to the order. WooCommerce mails one for the customer.
func (s *orderAt) addNote(ctx context.Context, text string, customer bool) error {
	body, err := json.Marshal(map[string]any{"note": text, "customer_note": customer})
	if err != nil {
		return err
	}
	_, err = s.send(ctx, http.MethodPost, s.path()+"/notes", body)
	return err
}

// named is the shipment with its system, because two systems may have the same number; or that of the one that had
// its parcel before, which the customer knows.
func (s *shipping) named() string {
	return cmp.Or(s.knownAs, "Shipment "+s.shipment.ID+" of "+s.key.System)
}

// first and next are the beginnings of the shipment's notes.
func (s *shipping) first() string { return s.named() + ": " }

func (s *shipping) next() string { return s.named() + ", " }

// noteAfter returns the note that the order lacks after the newest one of the shipment, "" if it
// lacks none. A delivery has no note.
func (s *shipping) noteAfter(newest string) string {
	const cancelled = "cancelled: it did not leave"
	wasCancelled := strings.HasPrefix(newest, s.next()+cancelled)
	switch {
	case s.shipment.Status == canonical.ShipmentCancelled:
		if newest == "" || wasCancelled {
			return ""
		}
		return s.next() + cancelled + "."
	case newest == "":
		return s.first() + s.goods() + "." + s.parcels()
	case wasCancelled:
		return s.next() + "it left: " + s.goods() + "." + s.parcels()
	}
	for _, t := range s.shipment.Tracking {
		if !strings.Contains(newest, t.Number) {
			return s.next() + "new tracking:" + s.parcels()
		}
	}
	return ""
}

// goods says what left: "2 × TEE-BLK-M".
func (s *shipping) goods() string {
	goods := make([]string, 0, len(s.shipment.Lines))
	for _, l := range s.shipment.Lines {
		goods = append(goods, l.Quantity.Value.Normal().String()+" × "+l.SKU)
	}
	return strings.Join(goods, ", ")
}

// parcels says how it left: " UPS 1Z1 https://…".
func (s *shipping) parcels() (words string) {
	for _, t := range s.shipment.Tracking {
		words += " " + strings.Join(strings.Fields(s.shipment.Carrier+" "+t.Number+" "+t.URL), " ")
	}
	return words
}
