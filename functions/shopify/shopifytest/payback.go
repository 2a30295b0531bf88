package shopifytest

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"causeway.example/shared/canonical"
)

// Refunded is a refund that an order has.
type Refunded struct {
	ID, Note string
	Amounts  []string // of its transactions: "5.00 of 42"
}

// RefundsOf returns the refunds that the order has, the oldest first.
func (f *Fake) RefundsOf(order string) (all []Refunded) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range elements(f.held[order]["refunds"]) {
		r := one.(object)
		made := Refunded{ID: idOf(r), Note: toText(r["note"])}
		for _, one := range elements(r["transactions"]) {
			tx := one.(object)
			parent, _ := tx["parent_id"].(json.Number)
			made.Amounts = append(made.Amounts, toText(tx["amount"])+" of "+parent.String())
		}
		all = append(all, made)
	}
	return all
}

// DeclineRefunds makes gateways pay nothing back, or pay again.
func (f *Fake) DeclineRefunds(declines bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.declines = declines
}

// RefundByHand pays an amount of the order's first payment back, as staff do. It panics if Shopify would not.
func (f *Fake) RefundByHand(order, amount, note string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	paid := f.paid(order)
	gid := "gid://shopify/Order/" + order
	answer := f.createRefund(map[string]any{"orderId": gid, "note": note, "transactions": []any{map[string]any{
		"orderId": gid, "parentId": "gid://shopify/OrderTransaction/" + strconv.FormatInt(paid[0].ID, 10), "kind": "REFUND", "gateway": paid[0].Gateway, "amount": amount,
	}}})
	if len(elements(answer["userErrors"])) > 0 {
		panic("shopifytest: the refund is rejected")
	}
}

// refuseRefund returns what Shopify rejects of refundCreate before it executes it: one without an idempotency
// key.
func refuseRefund(operation *ast.OperationDefinition, variables map[string]any) (Answer, bool) {
	for _, field := range fields(operation.SelectionSet) {
		if field.Name == "refundCreate" && strings.TrimSpace(keyOf(field, variables)) == "" {
			return failed("BAD_REQUEST", "The @idempotent directive is required for this mutation"), true
		}
	}
	return Answer{}, false
}

// paid makes the transactions of an order explicit, and returns them.
func (f *Fake) paid(order string) []Transaction {
	if len(f.orders[order]) > 0 {
		return f.orders[order]
	}
	for _, one := range f.shownTransactions(order, f.order(f.held[order])) {
		tx := one.(object)
		id, err := strconv.ParseInt(order, 10, 64)
		total, bad := canonical.ParseMoney(toText(f.held[order]["total_price"]), toText(f.held[order]["currency"]))
		if err != nil || bad != nil {
			panic("shopifytest: the order's total cannot be read")
		}
		f.orders[order] = append(f.orders[order], Transaction{ID: id, Kind: "SALE", Status: "SUCCESS", Gateway: toText(tx["gateway"]), Amount: total, At: Start})
	}
	return f.orders[order]
}

// createRefund answers refundCreate: transactions pay captured ones back, each as far as it has something left.
func (f *Fake) createRefund(input map[string]any) object {
	order := strings.TrimPrefix(toText(input["orderId"]), "gid://shopify/Order/")
	held, known := f.held[order]
	if !known {
		return unrefunded("orderId", "Order does not exist")
	}
	before := f.paid(order)
	refund := int64(900_000_000 + 100*len(elements(held["refunds"])))
	if n, err := strconv.ParseInt(order, 10, 64); err == nil {
		refund += n * 10_000
	}
	var made []Transaction
	for i, one := range elements(input["transactions"]) {
		tx, why := f.repay(one.(map[string]any), held, append(before[:len(before):len(before)], made...))
		if why != "" {
			return unrefunded("transactions", why)
		}
		tx.ID, made = refund+1+int64(i), append(made, tx)
	}
	if f.declines {
		return unrefunded("transactions", "The gateway declined the refund")
	}
	f.orders[order] = append(f.orders[order], made...)
	f.addRefund(held, refund, toText(input["note"]), made)
	id := strconv.FormatInt(refund, 10)
	return object{"refund": object{"id": "gid://shopify/Refund/" + id, "legacyResourceId": id}, "userErrors": []any{}}
}

func unrefunded(field, why string) object {
	return object{"refund": nil, "userErrors": []any{object{"field": []any{"input", field}, "message": why}}}
}

// repay returns the transaction that the input asks for, or why there is none.
func (f *Fake) repay(input map[string]any, held object, all []Transaction) (made Transaction, why string) {
	parent := strings.TrimPrefix(toText(input["parentId"]), "gid://shopify/OrderTransaction/")
	amount, err := canonical.ParseMoney(toText(input["amount"]), toText(held["currency"]))
	if err != nil || amount.Minor <= 0 || input["kind"] != "REFUND" {
		return made, "Transaction is invalid"
	}
	for _, of := range all {
		if strconv.FormatInt(of.ID, 10) != parent || of.Kind != "SALE" && of.Kind != "CAPTURE" || of.Status != "SUCCESS" {
			continue
		}
		left := of.Amount.Minor
		for _, other := range all {
			if other.Kind == "REFUND" && other.Parent == of.ID {
				left -= other.Amount.Minor
			}
		}
		if amount.Minor > left || toText(input["gateway"]) != of.Gateway {
			return made, "Refund amount is more than is left of the transaction"
		}
		made = Transaction{Kind: "REFUND", Status: "SUCCESS", Gateway: of.Gateway, Amount: amount, Parent: of.ID, At: f.clock()}
		return made, ""
	}
	return made, "Parent transaction was not captured"
}

// addRefund adds the refund to the order's webhook. An amount that no line explains is an order adjustment.
func (f *Fake) addRefund(held object, id int64, note string, made []Transaction) {
	at, sum := stamp(f.clock()), canonical.Money{Currency: toText(held["currency"])}
	transactions := []any{}
	for _, tx := range made {
		sum = sum.Add(tx.Amount)
		transactions = append(transactions, object{
			"id": json.Number(strconv.FormatInt(tx.ID, 10)), "kind": "refund", "status": "success", "gateway": tx.Gateway, "amount": tx.Amount.Decimal().String(),
			"currency": tx.Amount.Currency, "parent_id": json.Number(strconv.FormatInt(tx.Parent, 10)), "created_at": at, "processed_at": at,
		})
	}
	negative := canonical.Money{Minor: -sum.Minor, Currency: sum.Currency}.Decimal().String()
	held["refunds"] = append(elements(held["refunds"]), object{
		"id": json.Number(strconv.FormatInt(id, 10)), "order_id": held["id"], "note": note, "created_at": at, "processed_at": at,
		"refund_line_items": []any{}, "transactions": transactions, "order_adjustments": []any{object{
			"id": json.Number(strconv.FormatInt(id+50, 10)), "kind": "refund_discrepancy", "reason": "Refund discrepancy", "amount": negative, "tax_amount": "0.00",
		}},
	})
	held["financial_status"] = "partially_refunded"
	if left, _ := canonical.ParseMoney(toText(held["total_price"]), sum.Currency); f.refundedOf(held).Minor >= left.Minor {
		held["financial_status"] = "refunded"
	}
	f.touch(held)
}

// refundedOf returns what was refunded of the order.
func (f *Fake) refundedOf(held object) canonical.Money {
	sum := canonical.Money{Currency: toText(held["currency"])}
	for _, tx := range f.orders[idOf(held)] {
		if tx.Kind == "REFUND" && tx.Status == "SUCCESS" {
			sum.Minor += tx.Amount.Minor
		}
	}
	return sum
}

// totalRefunded returns the sum of a refund's transactions, as the API shows it.
func totalRefunded(transactions []any, order object) object {
	sum := canonical.Money{Currency: toText(order["currencyCode"])}
	for _, one := range transactions {
		amount, err := canonical.ParseMoney(toText(one.(object)["amount"]), sum.Currency)
		if err == nil && one.(object)["kind"] == "REFUND" {
			sum = sum.Add(amount)
		}
	}
	return moneyBag(sum, sum)
}
