package netsuite

import (
	"slices"

	"causeway.example/shared/canonical"
	"causeway.example/shared/message"
)

// depositFields returns the fields of a customer deposit. Date and currency are set once:
// an accountant may move a deposit to another period.
func depositFields(s *RecordSettings, m *message.Message, p *canonical.Payment, parents map[string]string) ([]field, error) {
	order, err := parent(m, "order", p.Order, "order", parents)
	if err != nil {
		return nil, err
	}
	currency, err := s.currency(p.Amount.Currency, "amount.currency")
	if err != nil {
		return nil, err
	}
	option, err := s.option(p.Method, "")
	if err != nil {
		return nil, err
	}
	return slices.Concat([]field{
		refField("customer", payer(s, m, p, parents)),
		refField("salesOrder", order),
		onceField(refField("currency", currency)),
		moneyField("payment", p.Amount),
		onceField(plainField(dateField, s.day(p.At))),
		refField("paymentOption", option),
		plainField("memo", naturalKey(m)),
	}, bankAccount(s), s.segments(m, "")), nil
}

// bankAccount returns the fields of the bank account that a rule chooses for a deposit. NetSuite
// takes one only without undeposited funds ("F", as in SuiteScript's field undepfunds).
func bankAccount(s *RecordSettings) []field {
	id := s.choice("NETSUITE_RULE_ACCOUNT", "")
	if id == "" {
		return nil
	}
	return []field{onceField(refField("undepFunds", "F")), onceField(refField("account", id))}
}

// payer returns the customer's internal id if the pipeline knows it. Otherwise NetSuite
// takes the sales order's customer, which may also be the company that was bought for.
func payer(s *RecordSettings, m *message.Message, p *canonical.Payment, parents map[string]string) string {
	if len(s.Companies) > 0 {
		return ""
	}
	return parents[message.Key{System: m.System(), Tenant: m.Tenant, Type: "customer", ID: p.Customer}.String()]
}
