package fulfillment

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/canonical"
	"causeway.example/shared/formats/strictjson"
)

// encode returns the FulfillmentInput, which names each fulfillment order once: its lines are
// beside each other.
func (s *shipping) encode(p *planned) ([]byte, error) {
	w := strictjson.NewWriter(nil)
	w.Obj()
	w.Key("lineItemsByFulfillmentOrder").Arr()
	for start, i := 0, 0; i < len(p.lines); i++ {
		if i+1 < len(p.lines) && p.lines[i+1].order == p.lines[start].order {
			continue
		}
		w.Obj()
		w.StrField("fulfillmentOrderId", payload.GID("FulfillmentOrder", p.lines[start].order))
		w.Key("fulfillmentOrderLineItems").Arr()
		for _, l := range p.lines[start : i+1] {
			w.Obj()
			w.StrField("id", payload.GID("FulfillmentOrderLineItem", l.line))
			w.IntField("quantity", l.count)
			w.EndObj()
		}
		w.EndArr()
		w.EndObj()
		start = i + 1
	}
	w.EndArr()
	w.BoolField("notifyCustomer", !s.silent)
	if len(s.shipment.Tracking) > 0 {
		w.Key("trackingInfo")
		s.encodeTracking(w)
	}
	w.EndObj()
	return admin.Encoded(w)
}

// encodeTracking writes the tracking of all parcels. Shopify matches numbers and addresses by
// their position, so that addresses are sent only if every parcel has one.
func (s *shipping) encodeTracking(w *strictjson.Writer) {
	w.Obj()
	w.StrField("company", s.carrier())
	w.Key("numbers").Arr()
	for _, t := range s.shipment.Tracking {
		w.Str(t.Number)
	}
	w.EndArr()
	if s.hasAddresses() {
		w.Key("urls").Arr()
		for _, t := range s.shipment.Tracking {
			w.Str(t.URL)
		}
		w.EndArr()
	}
	w.EndObj()
}

func (s *shipping) hasAddresses() bool {
	return !slices.ContainsFunc(s.shipment.Tracking, func(t canonical.Tracking) bool { return t.URL == "" })
}

// otherCarrier is the tracking company of a carrier that Shopify does not know.
const otherCarrier = "Other"

// carrier returns Shopify's name of the carrier: of SHOPIFY_CARRIERS, or else the one of
// Shopify's list that is written alike, or else "Other".
func (s *shipping) carrier() string {
	plain := plainName(s.shipment.Carrier)
	if name := s.carriers[plain]; name != "" {
		return name
	}
	if i := slices.IndexFunc(carriers, func(name string) bool { return plainName(name) == plain }); i >= 0 {
		return carriers[i]
	}
	return otherCarrier
}

// plainName returns a carrier's name in lower case, letters and digits only: "DHL_Express" and
// "DHL Express" are one.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// carriers are Shopify's names of tracking companies, for which it builds the address by itself
// (FulfillmentTrackingInfo, "Supported tracking companies", version 2026-10). Capitals matter.
var carriers = []string{
	"4PX", "AGS", "Amazon", "Amazon Logistics UK", "An Post", "Anjun Logistics", "APC", "Asendia USA", "Australia Post", "Bonshaw",
	"BPost", "BPost International", "Canada Post", "Canpar", "CDL Last Mile", "China Post", "Chronopost", "Colissimo", "Comingle",
	"Coordinadora", "Correios", "Correos", "CTT", "CTT Express", "Cyprus Post", "Delnext", "Deutsche Post", "DHL eCommerce",
	"DHL eCommerce Asia", "DHL Express", "DPD", "DPD Local", "DPD UK", "DTD Express", "DX", "Eagle", "Estes", "Evri", "FedEx", "FSC",
	"Fulfilla", "GLS", "Iceland Post", "IDEX", "Israel Post", "La Poste Colissimo", "Lasership", "Latvia Post", "Lone Star Overnight",
	"Mondial Relay", "New Zealand Post", "NinjaVan", "OnTrac", "Packeta", "Pitney Bowes", "Portal PostNord", "Poste Italiane", "PostNL",
	"PostNord DK", "PostNord NO", "PostNord SE", "Purolator", "Royal Mail", "Sagawa (EN)", "Sendle", "SF Express", "ShipBob",
	"Singapore Post", "StarTrack", "Swiss Post", "TForce Final Mile", "TNT", "UPS", "USPS", "Venipak", "Whistl", "XPO Logistics",
	"Yamato (EN)", "YunExpress",
	"DHL", "Hermes", "Österreichische Post", "SEUR", "Parcelforce", "Yodel", "Bring", "Inpost", "Old Dominion", "Pilot Freight", "LSO",
}

// plainKeys returns the map with its keys as plainName writes them.
func plainKeys(names map[string]string) map[string]string {
	plain := make(map[string]string, len(names))
	for name, theirs := range names {
		plain[plainName(name)] = cmp.Or(theirs, otherCarrier)
	}
	return plain
}
