package woocommercetest

import (
	"encoding/json"
	"math/big"
	"net/http"
	"strconv"
	"time"
)

// Refunded is a refund that an order has.
type Refunded struct {
	ID       int64  `json:"id"`
	Amount   string `json:"amount"`
	Reason   string `json:"reason"`
	PaidBack bool   `json:"refunded_payment"`
}

// RefundsOf returns the refunds that the order has, the oldest first.
func (f *Fake) RefundsOf(order int64) []Refunded {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]Refunded, len(f.orders[order].refunds))
	for i, body := range f.orders[order].refunds {
		if err := json.Unmarshal(body, &all[i]); err != nil {
			panic("woocommercetest: " + err.Error())
		}
	}
	return all
}

// DeclineRefunds makes the order's gateway pay nothing back, or pay again.
func (f *Fake) DeclineRefunds(declines bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.declines = declines
}

// RefundByHand makes a refund as staff do, without the gateway. It panics if the order has less left.
func (f *Fake) RefundByHand(order int64, amount, reason string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, refused := f.refund(order, amount, reason, false); refused != "" {
		panic("woocommercetest: " + refused)
	}
}

// createRefund makes a refund of an amount. As measured, one of more than is left is answered with status
// 500, and so is one that the gateway does not pay.
func (f *Fake) createRefund(w http.ResponseWriter, r *http.Request, id string) {
	n, _ := strconv.ParseInt(id, 10, 64)
	if _, ok := f.orders[n]; !ok {
		refuse(w, http.StatusNotFound, "woocommerce_rest_invalid_order", "Invalid order ID.")
		return
	}
	given := struct {
		Amount string            `json:"amount"`
		Reason string            `json:"reason"`
		Pays   *bool             `json:"api_refund"`
		Lines  []json.RawMessage `json:"line_items"`
	}{}
	if err := json.NewDecoder(r.Body).Decode(&given); err != nil || len(given.Lines) > 0 {
		refuse(w, http.StatusBadRequest, "rest_invalid_json", "Invalid JSON body passed.")
		return
	}
	pays := given.Pays == nil || *given.Pays
	if amount := amountOf(given.Amount); amount.Sign() <= 0 {
		refuse(w, http.StatusBadRequest, "woocommerce_rest_invalid_order_refund", "Refund amount must be greater than zero.")
		return
	}
	body, refused := f.refund(n, given.Amount, given.Reason, pays)
	if refused != "" {
		answer(w, http.StatusInternalServerError, map[string]any{"code": "woocommerce_rest_cannot_create_order_refund", "message": refused, "data": http.StatusInternalServerError})
		return
	}
	answer(w, http.StatusCreated, body)
}

// refund makes a refund of the order, or says why not. One of the whole rest gives the order the status
// refunded.
func (f *Fake) refund(id int64, amount, reason string, pays bool) (body json.RawMessage, refused string) {
	order := f.orders[id]
	var shown map[string]json.RawMessage
	var summaries []summary
	var total string
	if json.Unmarshal(order.body, &shown) != nil || json.Unmarshal(shown["refunds"], &summaries) != nil || json.Unmarshal(shown["total"], &total) != nil {
		panic("woocommercetest: there is no order " + strconv.FormatInt(id, 10))
	}
	left := amountOf(total)
	for _, s := range summaries {
		left.Add(left, amountOf(s.Total)) // below zero
	}
	left.Sub(left, amountOf(amount))
	switch {
	case left.Sign() < 0:
		return nil, "Invalid refund amount."
	case pays && f.declines:
		return nil, "An error occurred while attempting to create the refund using the payment gateway API."
	}
	made := id*1000 + 500 + int64(len(order.refunds))
	at := f.Now().UTC().Truncate(time.Second)
	body = must(json.Marshal(member{
		"id": made, "date_created": site(at), "date_created_gmt": utc(at), "amount": amount, "reason": reason, "refunded_by": 1, "refunded_payment": pays,
		"meta_data": []member{}, "line_items": []member{}, "shipping_lines": []member{}, "tax_lines": []member{}, "fee_lines": []member{},
	}))
	order.refunds = append(order.refunds[:len(order.refunds):len(order.refunds)], body)
	shown["refunds"] = must(json.Marshal(append(summaries, summary{ID: made, Reason: reason, Total: "-" + amount})))
	order.body = must(json.Marshal(shown))
	f.orders[id] = order
	status := ""
	if left.Sign() == 0 {
		status = "refunded"
	}
	f.change(id, status, nil)
	return body, ""
}

func amountOf(text string) *big.Rat {
	n, ok := new(big.Rat).SetString(text)
	if !ok {
		return new(big.Rat)
	}
	return n
}
