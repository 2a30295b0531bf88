package netsuitetest

import (
	"cmp"
	"encoding/json"
	"math/big"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The configuration of every Fake.
var (
	subsidiaries = []string{"1", "2", "3"}
	currencies   = []string{"1", "2", "3", "4", "5", "6"}
	// baseCurrency is a subsidiary's, which its customers have from the start.
	baseCurrency = map[string]string{"1": "1", "2": "1", "3": "4"}
)

// WarehouseField is the custom body field of sales orders that every account here has, of type Free-Form
// Text. It is the only one. Such a field holds 300 bytes.
const WarehouseField = "custbody_warehouse_state"

const mostCustom = 300

// put creates or changes a record, or returns why not. PATCH only changes. The caller
// holds the lock.
func (f *Fake) put(method, kind, id string, replace []string, body []byte) (string, *refusal) {
	known := f.books.find(kind, id)
	external, byExternal := strings.CutPrefix(id, "eid:")
	if known == nil && (!byExternal || method == http.MethodPatch) {
		return "", f.books.missing(kind, id)
	}
	if known != nil && f.books.locked[known.ID] {
		return "", lockedByWorkflow()
	}
	fields, err := decode(body)
	if err != nil {
		return "", invalid("INVALID_CONTENT", "", "The body is not JSON.")
	}
	if f.anyItem {
		err = f.makeItems(fields)
	}
	if err != nil {
		return "", &refusal{500, "UNEXPECTED_ERROR", "", "An unexpected error occurred."}
	}
	e := effect{Type: kind, ID: f.books.newID(), ExternalID: external, Replace: replace, Body: json.RawMessage(body)}
	var before map[string]any
	if known != nil {
		e.ID, e.ExternalID, before = known.ID, known.ExternalID, known.state
	}
	if bad := acceptWritable(fields); bad != nil {
		return "", bad
	}
	if bad := f.books.rename(&e, known, fields); bad != nil {
		return "", bad
	}
	after := merge(before, fields, replace)
	if bad := f.accept(kind, before, after); bad != nil {
		return "", bad
	}
	if err := f.write(e); err != nil {
		return "", &refusal{500, "UNEXPECTED_ERROR", "", "An unexpected error occurred."}
	}
	f.books.apply(e, after)
	return e.ID, nil
}

// rename takes the external id of a body that changes a record out of it. Another record of the type must not
// have it.
func (b *books) rename(e *effect, known *Record, fields map[string]any) *refusal {
	external := text(fields, "externalId")
	if known == nil || external == "" {
		return nil
	}
	delete(fields, "externalId")
	if other := b.find(e.Type, "eid:"+external); other != nil && other != known {
		return invalid("USER_ERROR", "externalId", "Error while accessing a resource. This record already exists")
	}
	e.ExternalID = external
	return nil
}

// missing is the answer to an id that no record of the type has. NetSuite answers 400 to
// the id of a transaction.
func (b *books) missing(kind, id string) *refusal {
	byExternal := strings.HasPrefix(id, "eid:")
	if kind == customerRecord || byExternal && !b.ways.has(WrongType) {
		return &refusal{http.StatusNotFound, "NONEXISTENT_ID", "", "The record instance does not exist. Provide a valid record instance ID."}
	}
	return invalid("USER_ERROR", "", "Error while accessing a resource. Transaction type specified is incorrect.")
}

func lockedByWorkflow() *refusal {
	return invalid("USER_ERROR", "", "Error while accessing a resource. This record has been locked by a user defined workflow.")
}

// acceptWritable refuses what only NetSuite itself writes.
func acceptWritable(fields map[string]any) *refusal {
	for i, entry := range items(fields[itemSublist]) {
		line, _ := entry.(map[string]any)
		for _, name := range []string{"quantityFulfilled", "quantityBilled", "quantityReceived", "linked"} {
			if line[name] != nil {
				return invalid("INVALID_CONTENT", "item.items["+strconv.Itoa(i)+"]."+name, "The field is read-only.")
			}
		}
	}
	return nil
}

// accept applies NetSuite's own rules to a record as it would be after a write.
func (f *Fake) accept(kind string, before, after map[string]any) *refusal {
	if kind == adjustmentRecord {
		return f.acceptAdjustment(before, after)
	}
	return f.books.accept(kind, before, after)
}

func (b *books) accept(kind string, before, after map[string]any) *refusal {
	switch kind {
	case customerRecord:
		return b.acceptCustomer(before, after)
	case orderRecord:
		if bad := b.acceptOrder(before, after); bad != nil || before == nil {
			return bad
		}
		return b.acceptLinks(before, after)
	case customerRefundRecord:
		return b.acceptRefund(before, after)
	case cashRefundRecord: // only changed here: it is made of a cash sale
		return nil
	case fulfillmentRecord:
		return b.acceptShipped(before, after)
	case returnRecord:
		return b.acceptReturn(before, after)
	}
	return b.acceptDeposit(before, after)
}

func mandatory(path, label string) *refusal {
	return invalid("USER_ERROR", path, "Error while accessing a resource. Please enter value(s) for: "+label+".")
}

// unknownRef is the answer to a reference that names nothing. NetSuite has two forms of it.
func (b *books) unknownRef(path string) *refusal {
	name, ofLine := path[strings.LastIndexByte(path, '.')+1:], strings.HasPrefix(path, "item.")
	if b.ways.has(WithoutPath) && !ofLine {
		path = ""
	}
	if b.ways.has(ContentCode) {
		return invalid("INVALID_CONTENT", path, "You have entered an Invalid Field Value 9999 for the following field: "+name)
	}
	return invalid("INVALID_VALUE", path, "Invalid value for the resource or sub-resource field '"+name+"'. Provide a valid value.")
}

// unavailable is the answer to a reference that names something which cannot be used here.
func unavailable(field, id, owner, ownerID string) *refusal {
	detail := "Error while accessing a resource. Invalid " + field + " reference key " + id
	if owner != "" {
		detail += " for " + owner + " " + ownerID
	}
	return invalid("USER_ERROR", "", detail+".")
}

// currenciesOf returns the internal ids of a customer's currencies, the primary one first.
func currenciesOf(customer map[string]any) []string {
	all := []string{cmp.Or(refID(customer["currency"]), baseCurrency[refID(customer["subsidiary"])])}
	for _, entry := range items(customer["currencyList"]) {
		line, _ := entry.(map[string]any)
		all = append(all, refID(line["currency"]))
	}
	return all
}

// nameTaken reports whether another customer has the name, where the account does not number
// its customers.
func (b *books) nameTaken(c map[string]any) bool {
	if !b.ways.has(NamedCustomers) {
		return false
	}
	name := entityName(c)
	return slices.ContainsFunc(b.sorted(customerRecord), func(r *Record) bool { return strings.EqualFold(entityName(r.state), name) })
}

// entityName is what a customer is called: its entityId, or else its own name.
func entityName(c map[string]any) string {
	return cmp.Or(text(c, "entityId"), strings.TrimSpace(text(c, "firstName")+" "+text(c, "lastName")), text(c, "companyName"))
}

// acceptCustomer asks for what the form of a customer makes mandatory.
func (b *books) acceptCustomer(before, c map[string]any) *refusal {
	switch person, _ := c["isPerson"].(bool); {
	case c["subsidiary"] == nil:
		return mandatory("subsidiary", "Primary Subsidiary")
	case !slices.Contains(subsidiaries, refID(c["subsidiary"])):
		return b.unknownRef("subsidiary")
	case person && text(c, "lastName") == "":
		return mandatory("lastName", "Last Name")
	case !person && text(c, "companyName") == "":
		return mandatory("companyName", "Company Name")
	case c["email"] != nil && strings.Count(text(c, "email"), "@") != 1:
		return invalid("USER_ERROR", "email", "Invalid email address: "+text(c, "email"))
	case before == nil && b.nameTaken(c):
		return invalid("USER_ERROR", "", "Error while accessing a resource. This entity already exists.")
	}
	if bad := tooLong(c, "", map[string]int{"firstName": 32, "lastName": 32, "companyName": 83, "entityId": 83, "email": 254, "phone": 32, "comments": 4000}); bad != nil {
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
		return b.unknownRef("entity")
	case before == nil && flag(b.refer(customerRecord, o["entity"]).state, "isInactive"):
		return unavailable("entity", refID(o["entity"]), "", "")
	case !slices.Contains(subsidiaries, refID(o["subsidiary"])):
		return b.unknownRef("subsidiary")
	case !slices.Contains(currencies, refID(o["currency"])):
		return b.unknownRef("currency")
	case before == nil && refID(b.refer(customerRecord, o["entity"]).state["subsidiary"]) != refID(o["subsidiary"]):
		return unavailable("entity", refID(o["entity"]), "subsidiary", refID(o["subsidiary"]))
	case before == nil && !slices.Contains(currenciesOf(b.refer(customerRecord, o["entity"]).state), refID(o["currency"])):
		return unavailable("currency", refID(o["currency"]), "entity", refID(o["entity"]))
	case before != nil && refID(before["currency"]) != refID(o["currency"]):
		return invalid("USER_ERROR", "currency", "The currency of a saved transaction cannot be changed.")
	}
	if bad := tooLong(o, "", map[string]int{"otherRefNum": 45, "memo": 999, "email": 254}); bad != nil {
		return bad
	}
	if len(text(o, WarehouseField)) > mostCustom {
		return invalid("USER_ERROR", WarehouseField, "The field "+WarehouseField+" contained more than the maximum number ( "+strconv.Itoa(mostCustom)+" ) of characters allowed.")
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
		return invalid("USER_ERROR", "item", "Error while accessing a resource. You must have at least one valid line item for this transaction.")
	}
	for i, entry := range lines {
		line, _ := entry.(map[string]any)
		path := "item.items[" + strconv.Itoa(i) + "]"
		switch {
		case line["item"] == nil:
			return mandatory(path+".item", "Item")
		case b.refer(itemRecord, line["item"]) == nil:
			return b.unknownRef(path + ".item")
		case b.ways.has(PriceLevel) && line["rate"] != nil && refID(line["price"]) != "-1":
			return invalid("USER_ERROR", path+".rate", "Error while accessing a resource. The rate is that of the price level.")
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

// acceptPeriod refuses deposits in a closed accounting period.
func (b *books) acceptPeriod(before, d map[string]any) *refusal {
	const inClosed = "This transaction is in a period that has been closed. You may not edit it."
	switch date := text(d, "tranDate"); {
	case b.closed == "":
		return nil
	case before != nil && text(before, "tranDate") <= b.closed:
		return b.linkedRefusal("TRANS_EDIT_DISALLWD", "", inClosed)
	case date != "" && date <= b.closed:
		return b.linkedRefusal("VALID_PRD_REQD", "tranDate", "Insert Transaction Failure: No valid, open, posting period for date - "+date+".")
	}
	return nil
}

// acceptDeposit also takes the customer from the order where none was given.
func (b *books) acceptDeposit(before, d map[string]any) *refusal {
	if bad := b.acceptPeriod(before, d); bad != nil {
		return bad
	}
	order := b.refer(orderRecord, d["salesOrder"])
	payment, ok := new(big.Rat).SetString(number(d, "payment"))
	switch {
	case order == nil:
		return b.unknownRef("salesOrder")
	case !ok || payment.Sign() <= 0:
		return invalid("USER_ERROR", "payment", "The payment amount must be greater than zero.")
	case refID(d["currency"]) != refID(order.state["currency"]):
		return invalid("USER_ERROR", "currency", "The currency is not that of the sales order.")
	case d["customer"] == nil:
		d["customer"] = order.state["entity"]
	case b.refer(customerRecord, d["customer"]) == nil:
		return b.unknownRef("customer")
	case refID(d["customer"]) != refID(order.state["entity"]):
		return invalid("USER_ERROR", "customer", "The sales order belongs to another customer.")
	}
	return nil
}
