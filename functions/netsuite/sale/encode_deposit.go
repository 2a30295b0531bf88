package sale

import (
	"slices"

	"causeway.example/functions/netsuite/record"
	"causeway.example/shared/canonical"
	"causeway.example/shared/message"
)

// depositFields returns the fields of a customer deposit. Date and currency are set once:
// an accountant may move a deposit to another period.
func depositFields(s *record.Settings, m *message.Message, p *canonical.Payment, parents map[string]string) ([]record.Field, error) {
	order, err := record.Parent(m, "order", p.Order, "order", parents)
	if err != nil {
		return nil, err
	}
	currency, err := s.Currency(p.Amount.Currency, "amount.currency")
	if err != nil {
		return nil, err
	}
	option, err := s.Option(p.Method, "")
	if err != nil {
		return nil, err
	}
	return slices.Concat([]record.Field{
		record.RefField("customer", payer(s, m, p, parents)),
		record.RefField("salesOrder", order),
		record.OnceField(record.RefField("currency", currency)),
		record.MoneyField("payment", p.Amount),
		record.OnceField(record.PlainField(record.DateField, s.Day(p.At))),
		record.RefField("paymentOption", option),
		record.PlainField("memo", record.MemoOf(m.Key())),
	}, bankAccount(s), s.Segments(m, "")), nil
}

// bankAccount returns the fields of the bank account that a rule chooses for a deposit. NetSuite
// takes one only without undeposited funds ("F", as in SuiteScript's field undepfunds).
func bankAccount(s *record.Settings) []record.Field {
	id := s.Choice("NETSUITE_RULE_ACCOUNT", "")
	if id == "" {
		return nil
	}
	return []record.Field{record.OnceField(record.RefField("undepFunds", "F")), record.OnceField(record.RefField("account", id))}
}

// payer returns the customer's internal id if the pipeline knows it. Otherwise NetSuite
// takes the sales order's customer, which may also be the company that was bought for.
func payer(s *record.Settings, m *message.Message, p *canonical.Payment, parents map[string]string) string {
	if len(s.Companies) > 0 {
		return ""
	}
	return parents[message.Key{System: m.System(), Tenant: m.Tenant, Type: "customer", ID: p.Customer}.String()]
}
