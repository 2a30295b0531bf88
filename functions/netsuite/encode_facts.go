package netsuite

import (
	"cmp"

	"causeway.example/shared/canonical"
	"causeway.example/shared/message"
)

// facts are the fields of an order that settings translate. Department, class and location
// are set once: an accountant or a warehouse may move an order.
func (s *RecordSettings) facts(m *message.Message, order *canonical.Order) ([]field, error) {
	fields := s.segments(m, order.Channel)
	if order.Channel != "" {
		channel, err := mapped(s.Channels, "NETSUITE_CHANNELS", order.Channel, "channel")
		if err != nil {
			return nil, err
		}
		fields = append(fields, onceField(refField("salesChannel", channel)))
	}
	if order.Terms != nil {
		terms, err := mapped(s.Terms, "NETSUITE_TERMS", order.Terms.Name, "terms.name")
		if err != nil {
			return nil, err
		}
		fields = append(fields, refField("terms", terms))
	}
	return fields, nil
}

// segments returns department, class and location of a store's transaction, each by its rule or
// else by the most specific entry: of the store's channel, of the store, of all.
func (s *RecordSettings) segments(m *message.Message, channel string) []field {
	var fields []field
	for _, segment := range []struct {
		name, rule string
		ids        map[string]string
	}{
		{"department", "NETSUITE_RULE_DEPARTMENT", s.Departments}, {"class", "NETSUITE_RULE_CLASS", s.Classes}, {"location", "NETSUITE_RULE_LOCATION", s.Locations},
	} {
		id := cmp.Or(s.choice(segment.rule, ""), mostSpecific(segment.ids, storeOf(m), channel))
		if segment.name == "location" {
			id = cmp.Or(id, s.Location)
		}
		fields = append(fields, onceField(refField(segment.name, id)))
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

// company returns the internal id of the customer that a setting names for the company that
// is bought for, or for its location; "" if there is none.
func (s *RecordSettings) company(m *message.Message, c *canonical.Company) string {
	if c == nil || c.ID == "" {
		return ""
	}
	key := message.Key{System: m.System(), Tenant: m.Tenant, Type: "company", ID: c.ID}.String()
	if id, ok := s.Companies[key+"/"+c.Location]; ok {
		return id
	}
	return s.Companies[key]
}
