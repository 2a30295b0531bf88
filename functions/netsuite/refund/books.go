package refund

import (
	"strings"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// transaction is one that NetSuite has for the order. Amounts are in the order's currency and
// positive, also those of credits and refunds.
type transaction struct {
	id, kind, external string
	total              canonical.Money
	unused             canonical.Money // of a deposit or credit memo: what was neither applied nor refunded
	unpaid             canonical.Money // of an invoice
}

// refunding is one refund on its way into the books: the store's refund, NetSuite's
// transactions of the order, and the documents that follow from both.
type refunding struct {
	settings *record.Settings
	message  *message.Message
	refund   *canonical.Refund

	order    string // internal id of the sales order
	external string // external id of the first document of each type
	currency string
	// The memo of a refund's documents begins with the order: it is how all refunds of one
	// order are found.
	memo, memoOfAll string
	memoOfReturns   string // the same of the order's returns

	entity   string          // internal id of the order's customer
	total    canonical.Money // of the sales order
	deposits []transaction   // of the order
	sales    []transaction   // invoices, or else cash sales
	cash     bool            // the sales are cash sales
	returned bool            // the order has a return authorization of ours, whose item receipt moves the stock
	entered  *transaction    // refund that a person entered, with this one's external id
	reversal *transaction    // our credit memo or cash refund, nil if it is not there yet
	credits  []transaction   // credit memos of the order's other refunds
	earlier  canonical.Money
	known    map[string]bool // internal ids of all that was read
	payouts  []payout

	source  transaction     // the sale that is reversed
	paid    canonical.Money // sum of the transactions: what is paid out
	before  canonical.Money // what pays out credit that the buyer has already
	off     canonical.Money // worth of goods that were taken off the order before they were invoiced
	credit  canonical.Money // what is reversed; it is paid out as far as deposits do not pay
	deposit canonical.Money // what is paid out of deposits
	notes   []string
	date    record.Dating
}

// payout is one payment back to the buyer, as a customer refund.
type payout struct {
	external, memo, field string
	parent                string // external id of the deposit that is paid back, "" if the store does not say it
	method                canonical.PaymentMethod
	amount                canonical.Money
	done                  *transaction // nil if it is not there yet

	deposits []transaction   // with what is taken of each as total
	credits  []transaction   // credit memos of other refunds, in the same way
	credit   canonical.Money // what is taken of the credit memo
}

func (p *payout) empty() bool {
	return p.done == nil && len(p.deposits) == 0 && len(p.credits) == 0 && p.credit.Minor == 0
}

func newRefund(s *record.Settings, d connector.Delivery, body *canonical.Refund) (*refunding, error) {
	m := d.Message
	if !body.Settled {
		return nil, record.Rejected(fault.Value, "settled", "is false, so no money went back")
	}
	order, err := record.Parent(m, "order", body.Order, "order", d.Parents)
	if err != nil {
		return nil, err
	}
	currency, err := s.Currency(body.Amount.Currency, "amount.currency")
	if err != nil {
		return nil, err
	}
	key := message.Key{System: m.System(), Tenant: m.Tenant, Type: "order", ID: body.Order}
	all := record.MemoOf(key) + " refund "
	r := &refunding{
		settings: s, message: m, refund: body, date: record.Dating{Day: s.Day(body.At)}, order: order, external: record.ExternalID(m.Key()), currency: currency,
		memo: all + body.ID, memoOfAll: all, memoOfReturns: record.ReturnMemo(key), known: map[string]bool{},
		earlier: canonical.Money{Currency: body.Amount.Currency}, paid: canonical.Money{Currency: body.Amount.Currency},
	}
	return r, r.plan()
}

// plan makes a payout of each transaction of the refund. The rest of its amount is not paid out.
// Transactions of more than the amount are a conflict: a person decides.
func (r *refunding) plan() error {
	key := r.message.Key()
	for i, tx := range r.refund.Transactions {
		if tx.Amount.Minor == 0 {
			continue
		}
		p := payout{external: r.external, memo: r.memo, field: record.Index("transactions", i), method: tx.Method, amount: tx.Amount}
		if len(r.payouts) > 0 {
			p.external = record.ExternalID(message.Key{System: key.System, Tenant: key.Tenant, Type: key.Type, ID: key.ID + "-" + tx.ID})
			p.memo += " transaction " + tx.ID
		}
		if tx.Parent != "" {
			p.parent = record.ExternalID(message.Key{System: key.System, Tenant: key.Tenant, Type: "payment", ID: tx.Parent})
		}
		r.paid = r.paid.Add(tx.Amount)
		r.payouts = append(r.payouts, p)
	}
	if r.paid.Minor > r.refund.Amount.Minor {
		return record.Conflict("transactions", "the store paid back "+r.paid.String()+" for what is worth "+r.refund.Amount.String()+"; settle the refund in NetSuite by hand"+suitetalk.Redrive)
	}
	return nil
}

// read takes in what NetSuite has of the order.
func (r *refunding) read(rows []suitetalk.Values) error {
	var cashSales []transaction
	for _, row := range rows {
		tx, err := r.transactionOf(row)
		if err != nil {
			return err
		}
		r.known[tx.id] = true
		r.readEntered(tx, row["memo"])
		switch tx.kind {
		case suitetalk.SalesOrderType:
			r.entity, r.total = row["entity"], tx.total
			if row["currency"] != r.currency {
				return record.Conflict("amount.currency", "sales order "+tx.id+" has currency "+row["currency"]+" in NetSuite, the refund needs "+r.currency)
			}
		case suitetalk.CustomerDepositType:
			r.deposits = append(r.deposits, tx)
		case suitetalk.InvoiceType:
			r.sales = append(r.sales, tx)
		case suitetalk.CashSaleType:
			cashSales = append(cashSales, tx)
		case suitetalk.CreditMemoType, suitetalk.CashRefundType, suitetalk.CustomerRefundType, suitetalk.ReturnAuthorizationType:
			r.readEarlier(tx, row["memo"])
		}
	}
	if r.entity == "" {
		return &fault.Error{Kind: fault.NotReady, Class: fault.MissingRef, Field: "order", Detail: "sales order " + r.order + " is not in NetSuite"}
	}
	if len(r.sales) == 0 {
		r.sales, r.cash = cashSales, len(cashSales) > 0
	}
	return nil
}

// isOurs reports whether a document with the memo is one that we made of this refund.
func (r *refunding) isOurs(memo string) bool {
	return memo == r.memo || strings.HasPrefix(memo, r.memo+" ")
}

// readEntered takes in the refund that a person entered and that has this one's external id.
func (r *refunding) readEntered(tx transaction, memo string) {
	if suitetalk.RefundRecord(tx.kind) != "" && tx.external == strings.ToLower(r.external) && !r.isOurs(memo) {
		r.entered = &tx
	}
}

// readEarlier separates this refund's own documents from those of the order's other refunds and of its returns.
func (r *refunding) readEarlier(tx transaction, memo string) {
	mine := r.isOurs(memo)
	switch {
	case tx.kind == suitetalk.ReturnAuthorizationType:
		r.returned = r.returned || strings.HasPrefix(memo, r.memoOfReturns)
	case !mine && !strings.HasPrefix(memo, r.memoOfAll):
	case !mine && tx.kind == suitetalk.CreditMemoType:
		r.credits = append(r.credits, tx)
	case !mine:
		r.earlier = r.earlier.Add(tx.total)
	case tx.kind == suitetalk.CustomerRefundType:
		for i := range r.payouts {
			if r.payouts[i].external == tx.external {
				r.payouts[i].done = &tx
			}
		}
	default:
		r.reversal = &tx
	}
}

func (r *refunding) transactionOf(row suitetalk.Values) (transaction, error) {
	tx := transaction{id: row["id"], kind: row["type"], external: strings.ToLower(row["externalid"])}
	for _, f := range []struct {
		name string
		into *canonical.Money
	}{{"foreigntotal", &tx.total}, {"foreignpaymentamountunused", &tx.unused}, {"foreignamountunpaid", &tx.unpaid}} {
		amount, err := canonical.ParseMoney(row.Number(f.name), r.refund.Amount.Currency)
		if err != nil {
			return tx, &fault.Error{Kind: fault.Unavailable, Field: f.name, Detail: "NetSuite's answer has an amount that cannot be read", Err: err}
		}
		amount.Minor = max(amount.Minor, -amount.Minor)
		*f.into = amount
	}
	return tx, nil
}
