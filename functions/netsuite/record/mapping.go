package record

import (
	"cmp"
	"strconv"
	"strings"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// Segments returns department, class and location of a store's transaction, each by its rule or
// else by the most specific entry: of the store's channel, of the store, of all.
func (s *Settings) Segments(m *message.Message, channel string) []Field {
	var fields []Field
	for _, segment := range []struct {
		name, rule string
		ids        map[string]string
	}{
		{"department", "NETSUITE_RULE_DEPARTMENT", s.Departments}, {"class", "NETSUITE_RULE_CLASS", s.Classes}, {"location", "NETSUITE_RULE_LOCATION", s.Locations},
	} {
		id := cmp.Or(s.Choice(segment.rule, ""), mostSpecific(segment.ids, storeOf(m), channel))
		if segment.name == "location" {
			id = cmp.Or(id, s.Location)
		}
		fields = append(fields, OnceField(RefField(segment.name, id)))
	}
	return fields
}

func mostSpecific(ids map[string]string, store, channel string) string {
	for _, key := range []string{store + "/" + channel, store, "*"} {
		if id, ok := ids[key]; ok {
			return id
		}
	}
	return ""
}

func storeOf(m *message.Message) string { return m.System() + "/" + m.Tenant }

// Subsidiary returns the internal id of the subsidiary of the message's store.
func (s *Settings) Subsidiary(m *message.Message) (string, error) {
	if id := s.Choice("NETSUITE_RULE_SUBSIDIARY", ""); id != "" {
		return id, nil
	}
	store := storeOf(m)
	if id, ok := s.Subsidiaries[store]; ok {
		return id, nil
	}
	return "", NoEntry("NETSUITE_SUBSIDIARIES", store, "the store")
}

// Currency returns the internal id of the currency of ISO 4217. Field is the path of the code in the
// canonical entity.
func (s *Settings) Currency(code, field string) (string, error) {
	if id, ok := s.Currencies[code]; ok {
		return id, nil
	}
	return "", NoEntry("NETSUITE_CURRENCIES", code, field)
}

// Option returns the payment option of a payment, or of the transaction of a refund with the
// path at: that of the rule, or else of the tender.
func (s *Settings) Option(tender canonical.PaymentMethod, at string) (string, error) {
	if id := s.Choice("NETSUITE_RULE_PAYMENT_METHOD", at); id != "" {
		return id, nil
	}
	return Mapped(s.Payments, "NETSUITE_PAYMENT_METHODS", string(tender), strings.TrimPrefix(at+".method", "."))
}

// Configured returns the item of the setting, which the canonical field needs.
func Configured(item, setting, field string) (string, error) {
	if item == "" {
		return "", NotSet(setting, setting+" is not set, and "+field+" needs an item")
	}
	return item, nil
}

// NotSet is an entry or a setting that is missing. The pipeline waits for it.
func NotSet(setting, detail string) error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.Config, Field: setting, Detail: detail}
}

// Mapped returns the id that a map setting has for the key or, where the setting has one,
// for "*". A setting without any entry means that nothing is sent. Field is the path of the
// key in the canonical entity.
func Mapped(ids map[string]string, setting, key, field string) (string, error) {
	if id, ok := ids[key]; ok {
		return id, nil
	}
	if id, ok := ids["*"]; ok || len(ids) == 0 {
		return id, nil
	}
	return "", NoEntry(setting, key, field)
}

// NoEntry is a key without an entry in a map setting. Field is the path of the key in the canonical
// entity.
func NoEntry(setting, key, field string) error {
	return NotSet(setting, setting+" has no entry for "+strconv.Quote(key)+" ("+field+")")
}
