package shipbob

import (
	"strconv"
	"strings"

	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// referenceMost is the longest reference id that ShipBob takes (Orders.CreateOrderModel).
const referenceMost = 300

// issueMark separates the key of an order from the number of its issue, from the second on.
const issueMark = "~"

// mostIssues is how often an order can be issued. All issues are found by one request.
const mostIssues = 12

// Reference returns the reference id of the n-th issue of a store's order, from 1. It is the
// order's key, such as "shopify/brand.myshopify.com/order/5001", so that orders of two stores
// never share one; a later issue ends with its number, such as "~2". Errors are fault.Rejected.
func Reference(order message.Key, n int) (string, error) {
	reference := order.String()
	if n > 1 {
		reference += issueMark + strconv.Itoa(n)
	}
	if len(reference) > referenceMost || strings.ContainsAny(order.String(), issueMark+", ") {
		return "", &fault.Error{
			Kind: fault.Rejected, Class: fault.Value, Field: "id",
			Detail: "the order's key " + strconv.Quote(order.String()) + " cannot be a reference id of ShipBob: at most " +
				strconv.Itoa(referenceMost) + " characters, without comma, space and " + issueMark,
		}
	}
	return reference, nil
}

// ParseReference returns the order's key and the number of the issue. ok is false for a
// reference id that Reference does not make, such as one of an order that was entered by hand.
func ParseReference(reference string) (order message.Key, issue int, ok bool) {
	text, number, later := strings.Cut(reference, issueMark)
	issue = 1
	if later {
		n, err := strconv.Atoi(number)
		if err != nil || n < 2 || strconv.Itoa(n) != number {
			return message.Key{}, 0, false
		}
		issue = n
	}
	order, err := message.ParseKey(text)
	if err != nil || order.Type != entityOrder || order.System == "" || order.Tenant == "" || order.ID == "" {
		return message.Key{}, 0, false
	}
	return order, issue, true
}
