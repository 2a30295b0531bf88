package netsuite

import (
	"slices"
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/formats/strictjson"
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
		refField("customer", s.payer(m, p, parents)),
		refField("salesOrder", order),
		onceField(refField("currency", currency)),
		moneyField("payment", p.Amount),
		onceField(plainField(dateField, s.day(p.At))),
		refField("paymentOption", option),
		plainField("memo", naturalKey(m)),
	}, s.account(), s.segments(m, "")), nil
}

// account returns the fields of the bank account that a rule chooses for a deposit. NetSuite
// takes one only without undeposited funds ("F", as in SuiteScript's field undepfunds).
func (s *RecordSettings) account() []field {
	id := s.choice("NETSUITE_RULE_ACCOUNT", "")
	if id == "" {
		return nil
	}
	return []field{onceField(refField("undepFunds", "F")), onceField(refField("account", id))}
}

// option returns the payment option of a payment, or of the transaction of a refund with the
// path at: that of the rule, or else of the tender.
func (s *RecordSettings) option(tender canonical.PaymentMethod, at string) (string, error) {
	if id := s.choice("NETSUITE_RULE_PAYMENT_METHOD", at); id != "" {
		return id, nil
	}
	return mapped(s.Payments, "NETSUITE_PAYMENT_METHODS", string(tender), strings.TrimPrefix(at+".method", "."))
}

// dateField is the date of a transaction.
const dateField = "tranDate"

// day returns the business day, which decides the accounting period.
func (s *RecordSettings) day(at time.Time) string { return at.In(s.Timezone).Format(dateLayout) }

// dated returns the fields with another date.
func dated(fields []field, day string) []field {
	fields = slices.Clone(fields)
	for i := range fields {
		if fields[i].name == dateField {
			fields[i].value = day
		}
	}
	return fields
}

// encodeFields returns a body of fields alone.
func encodeFields(fields []field) ([]byte, error) {
	w := strictjson.NewWriter(nil)
	w.Obj()
	writeFields(w, fields)
	w.EndObj()
	return finish(w)
}

// payer returns the customer's internal id if the pipeline knows it. Otherwise NetSuite
// takes the sales order's customer, which may also be the company that was bought for.
func (s *RecordSettings) payer(m *message.Message, p *canonical.Payment, parents map[string]string) string {
	if len(s.Companies) > 0 {
		return ""
	}
	return parents[message.Key{System: m.System(), Tenant: m.Tenant, Type: "customer", ID: p.Customer}.String()]
}
