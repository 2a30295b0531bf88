package record

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/fault"
)

// Rejected is a rejection of the canonical field.
func Rejected(class fault.Class, field, rule string) error {
	return &fault.Error{Kind: fault.Rejected, Class: class, Field: field, Detail: rule}
}

// Conflict is a difference that an operator has to settle.
func Conflict(field, detail string) error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.Conflict, Field: field, Detail: detail}
}

// Origin is what a line of a sales order was made of: the path of the field in the
// canonical order, and the value that an operator can look up.
type Origin struct{ Field, Value string }

// InOurTerms rewrites a rejection of what was sent into one of the canonical entity.
// lines are the origins of the lines that were sent. If NetSuite does not know the customer
// or the order that was named, it is on its way or was deleted: both may pass.
func InOurTerms(err error, record string, lines []Origin) error {
	if fault.KindOf(err) != fault.Rejected {
		return err
	}
	e := *fault.As(err)
	theirs := e.Field
	ours := ourField(theirs, record, lines)
	e.Field = ours.Field
	switch v := suitetalk.VerdictOf(e.Code); {
	case v.Class == fault.Config:
		e.Detail = v.Rule + "; " + v.Advice
		if e.Field == "" {
			e.Field = ourName("tranDate", record)
		}
	case e.Code == suitetalk.WrongSubsidiary && theirs == "location":
		e.Class, e.Field, e.Detail = fault.Config, "NETSUITE_LOCATION", "the location of NETSUITE_LOCATIONS or NETSUITE_LOCATION is not one of the order's subsidiary"
	case refersToNothing(e.Code):
		explainRef(&e, theirs, ours)
	default:
		e.Detail = explained(e.Detail, theirs, ours, v.Advice)
	}
	return &e
}

// explainRef explains a reference that NetSuite does not know.
func explainRef(e *fault.Error, theirs string, ours Origin) {
	const unknown = "NetSuite does not know what the field refers to"
	switch {
	case parents[theirs]:
		e.Kind, e.Class = fault.NotReady, fault.MissingRef
		e.Detail = explained("NetSuite has no such record", theirs, ours, "")
	case strings.HasSuffix(theirs, ".item") || theirs == "item":
		e.Class = fault.MissingRef
		e.Detail = explained(noItem, theirs, ours, createItem)
	case e.Code == "INVALID_KEY_OR_REF" || e.Code == "NONEXISTENT_ID":
		e.Detail = explained(unknown, theirs, ours, "")
	default:
		e.Detail = explained("NetSuite does not take the value", theirs, ours, "")
	}
}

const (
	noItem     = "NetSuite has no item with this external id"
	createItem = "create the item" + suitetalk.Redrive
)

// explained puts the parts of a detail together: "TRAIL-42": the rule (at item.items[0].item);
// the next step.
func explained(rule, theirs string, ours Origin, advice string) string {
	if rule == "" {
		rule = "NetSuite rejects the record"
	}
	if ours.Value != "" {
		rule = strconv.Quote(ours.Value) + ": " + rule
	}
	if theirs != "" && theirs != ours.Field {
		rule += " (at " + theirs + ")"
	}
	if advice != "" {
		rule += "; " + advice
	}
	return rule
}

// UnknownItem is the rejection of a line whose item NetSuite does not have.
func UnknownItem(o Origin) error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Field: o.Field, Detail: o.Explained(noItem, createItem)}
}

// Explained returns the rule with the value in front of it and the next step behind it.
func (o Origin) Explained(rule, advice string) string { return explained(rule, "", o, advice) }

// parents are the fields that name an entity which has to be in NetSuite first.
var parents = map[string]bool{"entity": true, "customer": true, "salesOrder": true}

// refersToNothing reports whether the code can mean that the reference names nothing.
// NetSuite answers INVALID_VALUE or INVALID_CONTENT to an unknown item.
func refersToNothing(code string) bool {
	return slices.Contains([]string{"INVALID_KEY_OR_REF", "INVALID_VALUE", "INVALID_CONTENT", "NONEXISTENT_ID"}, code)
}

// ourField returns the canonical path of a field of NetSuite's, or the field itself
// where there is none.
func ourField(field, record string, lines []Origin) Origin {
	if at := linePath().FindStringSubmatch(field); at != nil {
		return ourLine(field, at[1], at[2], lines)
	}
	if field == "item" && slices.Contains([]string{suitetalk.SalesOrder, suitetalk.ReturnAuthorization, suitetalk.ItemReceipt}, record) {
		return Origin{Field: "lines"}
	}
	for theirs, ours := range prefixes {
		if rest, ok := strings.CutPrefix(field, theirs+"."); ok {
			return Origin{Field: ours + "." + ourName(rest, record)}
		}
	}
	return Origin{Field: ourName(field, record)}
}

// linePath is the path of a field of a line. It is compiled at the first rejection.
var linePath = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:item|inventory)\.items\[(\d{1,5})\]\.?(.*)$`) })

// ourLine returns the field that the line was made of, which for an unknown item is the
// SKU, and for anything else the line that the SKU is on.
func ourLine(field, number, rest string, lines []Origin) Origin {
	i, err := strconv.Atoi(number)
	if err != nil || i >= len(lines) {
		return Origin{Field: field}
	}
	ours := lines[i]
	if rest == "item" {
		return ours
	}
	ours.Field = strings.TrimSuffix(ours.Field, ".sku")
	if rest == "quantity" {
		ours.Field += ".quantity"
	}
	return ours
}

var prefixes = map[string]string{
	"shippingAddress":                         "shipping",
	"billingAddress":                          "billing",
	"addressBook.items[0].addressBookAddress": "address",
}

var names = map[string]string{
	"addressee": "last_name", "attention": "last_name", "addr1": "line1", "addr2": "line2", "addr3": "line2", "state": "region", "zip": "postal_code",
	"addrPhone": "phone", "firstName": "first_name", "lastName": "last_name", "companyName": "company", "comments": "note",
	"otherRefNum": "name", "tranDate": "placed_at", "entity": "buyer.customer", "salesOrder": "order", "payment": "amount",
	"paymentOption": "method", "shipMethod": "deliveries", "shippingCost": "deliveries",
}

// shipmentNames are the canonical names of the fields of a shipment.
var shipmentNames = map[string]string{"tranDate": "shipped_at", "shippedDate": "shipped_at", "package": "tracking", "item": "lines"}

// ourName returns the canonical name of a body field. Only an order is placed; money moves.
func ourName(field, record string) string {
	switch refundOf := record == suitetalk.CustomerRefund || record == suitetalk.CreditMemo || record == suitetalk.CashRefund; {
	case record == suitetalk.ItemFulfillment && shipmentNames[field] != "":
		return shipmentNames[field]
	case field == "tranDate" && record != suitetalk.SalesOrder:
		return "at"
	case refundOf && (strings.HasPrefix(field, "deposit.") || strings.HasPrefix(field, "apply.")):
		return "amount"
	case refundOf && field == "paymentOption":
		return "transactions"
	}
	if ours, ok := names[field]; ok {
		return ours
	}
	return field
}
