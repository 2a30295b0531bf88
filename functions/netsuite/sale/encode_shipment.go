package sale

import (
	"slices"
	"strings"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/formats/strictjson"
)

// shippedStatus is the ship status of goods that have left (picked A, packed B, shipped C).
const shippedStatus = "C"

// The values of NETSUITE_INVOICE.
const invoiceShipped = "shipped"

// encode returns the body that makes the item fulfillment of its sales order. A transform takes all
// that is open by itself, so each open line of goods is listed, also with nothing shipped.
func (s *shipping) encode(external string) ([]byte, []record.Origin, error) {
	w := strictjson.NewWriter(nil)
	w.Obj()
	record.WriteFields(w, append(s.common(external), record.EnumField("shipStatus", shippedStatus), record.PlainField("shippedDate", s.date())))
	var origins []record.Origin
	w.Key(record.ItemSublist).Obj()
	w.Key("items").Arr()
	for _, l := range s.lines {
		w.Obj()
		w.NumField("orderLine", l.number)
		shipped := l.quantity.Sign() > 0
		w.BoolField("itemReceive", shipped)
		if shipped {
			w.NumField("quantity", l.quantity.Normal().String())
			if location := s.settings.ShipLocations[s.shipment.Location]; location != "" {
				record.WriteFields(w, []record.Field{record.RefField("location", location)})
			}
		}
		w.EndObj()
		origins = append(origins, l.origin)
	}
	w.EndArr()
	w.EndObj()
	s.encodePackages(w)
	w.EndObj()
	body, err := suitetalk.Finish(w)
	return body, origins, err
}

// encodeTracking returns the body that corrects the tracking of an item fulfillment: its packages and
// its memo.
func (s *shipping) encodeTracking() ([]byte, error) {
	w := strictjson.NewWriter(nil)
	w.Obj()
	record.WriteFields(w, []record.Field{record.PlainField("memo", s.memo())})
	s.encodePackages(w)
	w.EndObj()
	return suitetalk.Finish(w)
}

// encodePackages writes a package for each tracking number. NetSuite demands a weight, which no
// shipment has.
func (s *shipping) encodePackages(w *strictjson.Writer) {
	if len(s.shipment.Tracking) == 0 {
		return
	}
	w.Key(packageSublist).Obj()
	w.Key("items").Arr()
	for _, t := range s.shipment.Tracking {
		w.Obj()
		w.NumField("packageWeight", s.settings.PackageWeight)
		w.StrField("packageTrackingNumber", t.Number)
		w.OptStr("packageDescr", strings.TrimSpace(s.shipment.Carrier+" "+s.shipment.Service))
		w.EndObj()
	}
	w.EndArr()
	w.EndObj()
}

func (s *shipping) encodeInvoice(external string) ([]byte, error) {
	return record.EncodeFields(s.common(external))
}

// common returns the fields that both documents of a shipment have.
func (s *shipping) common(external string) []record.Field {
	return []record.Field{record.PlainField("externalId", external), record.PlainField("tranDate", s.date()), record.PlainField("memo", s.memo())}
}

// memo names the order, the shipment and its tracking numbers, by which a shipment that is
// confirmed again under another id is found.
func (s *shipping) memo() string {
	memo := s.memoOfAll() + s.shipment.ID + trackedBy
	for _, t := range s.shipment.Tracking {
		if len(memo)+len(t.Number) < record.MaxMemo {
			memo += " " + t.Number
		}
	}
	return strings.TrimSuffix(memo, trackedBy)
}

// trackedBy separates the tracking numbers of a memo.
const trackedBy = ", tracking"

// memoOfAll is what the memos of all shipments of the order begin with.
func (s *shipping) memoOfAll() string { return record.MemoOf(s.orderKey) + " shipment " }

// tracked reports whether the memo has one of the shipment's tracking numbers.
func (s *shipping) tracked(memo string) bool {
	_, numbers, _ := strings.Cut(memo, trackedBy)
	return slices.ContainsFunc(s.shipment.Tracking, func(t canonical.Tracking) bool { return slices.Contains(strings.Fields(numbers), t.Number) })
}

// date is the day on which the goods left, in the business's time zone.
func (s *shipping) date() string {
	return s.settings.Day(s.shipment.ShippedAt)
}
