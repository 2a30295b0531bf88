package netsuitetest

import (
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What every Fake has been set up with.
var (
	subsidiaries = []string{"1", "2", "3"}
	currencies   = []string{"1", "2", "3", "4", "5", "6"}
)

// put upserts a record, or says why not. The caller holds the lock.
func (f *Fake) put(kind, id string, replace []string, body []byte) (string, *refusal) {
	known := f.books.find(kind, id)
	external, byExternal := strings.CutPrefix(id, "eid:")
	if known == nil && !byExternal {
		return "", &refusal{404, "NONEXISTENT_ID", "", "The record instance does not exist."}
	}
	fields, err := decode(body)
	if err != nil {
		return "", invalid("INVALID_CONTENT", "", "The body is not JSON.")
	}
	e := effect{Type: kind, ID: f.books.newID(), ExternalID: external, Replace: replace, Body: json.RawMessage(body)}
	var before map[string]any
	if known != nil {
		e.ID, e.ExternalID, before = known.ID, known.ExternalID, known.state
	}
	after := merge(before, fields, replace)
	if bad := f.books.accept(kind, before, after); bad != nil {
		return "", bad
	}
	if err := f.write(e); err != nil {
		return "", &refusal{500, "UNEXPECTED_ERROR", "", "An unexpected error occurred."}
	}
	f.books.apply(e, after)
	return e.ID, nil
}

// accept applies NetSuite's own rules to a record as it would stand after a write.
func (b *books) accept(kind string, before, after map[string]any) *refusal {
	switch kind {
	case customerRecord:
		return b.acceptCustomer(after)
	case orderRecord:
		return b.acceptOrder(before, after)
	}
	return b.acceptDeposit(after)
}

func mandatory(path, label string) *refusal {
	return invalid("USER_ERROR", path, "Error while accessing a resource. Please enter value(s) for: "+label+".")
}

func unknownRef(path string) *refusal {
	return invalid("INVALID_KEY_OR_REF", path, "Invalid reference key for "+path+".")
}

// acceptCustomer asks for what the form of a customer makes mandatory.
func (b *books) acceptCustomer(c map[string]any) *refusal {
	switch person, _ := c["isPerson"].(bool); {
	case c["subsidiary"] == nil:
		return mandatory("subsidiary", "Primary Subsidiary")
	case !slices.Contains(subsidiaries, refID(c["subsidiary"])):
		return unknownRef("subsidiary")
	case person && text(c, "lastName") == "":
		return mandatory("lastName", "Last Name")
	case !person && text(c, "companyName") == "":
		return mandatory("companyName", "Company Name")
	case c["email"] != nil && strings.Count(text(c, "email"), "@") != 1:
		return invalid("USER_ERROR", "email", "Invalid email address: "+text(c, "email"))
	}
	if bad := tooLong(c, "", map[string]int{"firstName": 32, "lastName": 32, "companyName": 83, "email": 254, "phone": 32}); bad != nil {
		return bad
	}
	for i, entry := range items(c["addressBook"]) {
		line, _ := entry.(map[string]any)
		if bad := acceptAddress(line["addressBookAddress"], "addressBook.items["+strconv.Itoa(i)+"].addressBookAddress."); bad != nil {
			return bad
		}
	}
	return nil
}

func acceptAddress(address any, path string) *refusal {
	a, _ := address.(map[string]any)
	return tooLong(a, path, map[string]int{
		"addressee": 83, "attention": 83, "addr1": 150, "addr2": 150, "city": 50, "state": 50, "zip": 36, "addrPhone": 32,
	})
}

// tooLong finds a text that passes the length of its field; NetSuite does not cut.
func tooLong(fields map[string]any, path string, limits map[string]int) *refusal {
	for name, limit := range limits {
		if utf8.RuneCountInString(text(fields, name)) > limit {
			return invalid("USER_ERROR", path+name, "The field "+name+" contained more than the maximum number ( "+strconv.Itoa(limit)+" ) of characters allowed.")
		}
	}
	return nil
}

// acceptOrder checks references before contents, as NetSuite loads them first.
func (b *books) acceptOrder(before, o map[string]any) *refusal {
	switch {
	case o["entity"] == nil:
		return mandatory("entity", "Customer")
	case b.refer(customerRecord, o["entity"]) == nil:
		return unknownRef("entity")
	case !slices.Contains(subsidiaries, refID(o["subsidiary"])):
		return unknownRef("subsidiary")
	case !slices.Contains(currencies, refID(o["currency"])):
		return unknownRef("currency")
	case before != nil && refID(before["currency"]) != refID(o["currency"]):
		return invalid("USER_ERROR", "currency", "The currency of a saved transaction cannot be changed.")
	}
	if bad := tooLong(o, "", map[string]int{"otherRefNum": 45, "memo": 999, "email": 254}); bad != nil {
		return bad
	}
	for _, name := range []string{"shippingAddress", "billingAddress"} {
		if bad := acceptAddress(o[name], name+"."); bad != nil {
			return bad
		}
	}
	return b.acceptLines(items(o["item"]))
}

func (b *books) acceptLines(lines []any) *refusal {
	if len(lines) == 0 {
		return invalid("USER_ERROR", "item", "You must enter at least one line item for this transaction.")
	}
	for i, entry := range lines {
		line, _ := entry.(map[string]any)
		path := "item.items[" + strconv.Itoa(i) + "]"
		switch {
		case line["item"] == nil:
			return mandatory(path+".item", "Item")
		case b.refer(itemRecord, line["item"]) == nil:
			return unknownRef(path + ".item")
		case !consistent(line):
			return invalid("USER_ERROR", path+".amount", "The amount is not the rate times the quantity.")
		}
	}
	return nil
}

// consistent reports whether the amount is quantity times rate, as far as a rate is given.
func consistent(line map[string]any) bool {
	rate, given := new(big.Rat).SetString(number(line, "rate"))
	quantity, hasQuantity := new(big.Rat).SetString(number(line, "quantity"))
	amount, hasAmount := new(big.Rat).SetString(number(line, "amount"))
	return hasQuantity && hasAmount && (!given || rate.Mul(rate, quantity).Cmp(amount) == 0)
}

// acceptDeposit also takes the customer from the order where none was given.
func (b *books) acceptDeposit(d map[string]any) *refusal {
	order := b.refer(orderRecord, d["salesOrder"])
	payment, ok := new(big.Rat).SetString(number(d, "payment"))
	switch {
	case order == nil:
		return unknownRef("salesOrder")
	case !ok || payment.Sign() <= 0:
		return invalid("USER_ERROR", "payment", "The payment amount must be greater than zero.")
	case refID(d["currency"]) != refID(order.state["currency"]):
		return invalid("USER_ERROR", "currency", "The currency is not that of the sales order.")
	case d["customer"] == nil:
		d["customer"] = order.state["entity"]
	case b.refer(customerRecord, d["customer"]) == nil:
		return unknownRef("customer")
	case refID(d["customer"]) != refID(order.state["entity"]):
		return invalid("USER_ERROR", "customer", "The sales order belongs to another customer.")
	}
	return nil
}
