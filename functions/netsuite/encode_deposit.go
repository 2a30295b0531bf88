package netsuite

import (
	"causeway/shared/canonical"
	"causeway/shared/formats/strictjson"
	"causeway/shared/message"
)

// encodeDeposit returns the body of a customer deposit's upsert.
func encodeDeposit(s *Settings, m *message.Message, p *canonical.Payment, parents map[string]string) ([]byte, error) {
	order, err := parent(m, "order", p.Order, "order", parents)
	if err != nil {
		return nil, err
	}
	currency, err := s.currency(p.Amount.Currency, "amount.currency")
	if err != nil {
		return nil, err
	}
	option, err := mapped(s.Payments, "NETSUITE_PAYMENT_METHODS", string(p.Method), "method")
	if err != nil {
		return nil, err
	}
	w := strictjson.NewWriter(nil)
	w.Obj()
	refField(w, "customer", payer(m, p, parents))
	refField(w, "salesOrder", order)
	refField(w, "currency", currency)
	moneyField(w, "payment", p.Amount)
	w.StrField("tranDate", p.At.In(s.Timezone).Format(dateLayout))
	refField(w, "paymentOption", option)
	w.StrField("memo", naturalKey(m))
	w.EndObj()
	return finish(w)
}

// payer returns the customer's internal id if the pipeline knows it. Otherwise NetSuite
// takes the sales order's customer.
func payer(m *message.Message, p *canonical.Payment, parents map[string]string) string {
	return parents[message.Key{System: m.System(), Tenant: m.Tenant, Type: "customer", ID: p.Customer}.String()]
}
