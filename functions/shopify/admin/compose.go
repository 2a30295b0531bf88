package admin

import (
	"encoding/json"
	"strings"
	"time"

	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/moment"
)

// A polled entity is composed into the body that a webhook would have, so that the
// package payload reads both. The query sets the names of members; this file rewrites the values that GraphQL
// writes in another form. The same order gives the same body.

// member is the JSON of one member of an object.
type member = json.RawMessage

// rewriting turns a member in GraphQL's form into the webhook's form.
type rewriting func(value member, zone *time.Location) (member, error)

// orderMembers are the members of an order that are rewritten. All others have the same form
// in both.
var orderMembers = map[string]rewriting{
	"created_at": inZone, "updated_at": inZone, "processed_at": inZone, "closed_at": inZone, "cancelled_at": inZone,
	"cancel_reason": lower, "financial_status": lower, "fulfillment_status": fulfillment,
	"tags": joined, "discount_codes": codes, "discount_applications": nodes(nil), "shipping_lines": nodes(shippingMembers),
	"total_cash_rounding_payment_adjustment_set": value,
	"total_tip_received":                         shopAmount, "total_outstanding": shopAmount,
	"customer": object(customerMembers),
	"company":  company, "payment_terms": object(termsMembers),
}

var (
	customerMembers = map[string]rewriting{"updated_at": inZone, "email": value, "phone": value}
	shippingMembers = map[string]rewriting{"id": number}
	lineMembers     = map[string]rewriting{"id": number, "product_id": innerNumber, "variant_id": value}
	termsMembers    = map[string]rewriting{"payment_schedules": nodes(map[string]rewriting{"due_at": inZone})}
	refundMembers   = map[string]rewriting{
		"created_at": inZone, "processed_at": inZone, "order_adjustments": nodes(nil), "refund_shipping_lines": nodes(nil), "transactions": nodes(nil),
	}
	refundLineMembers = map[string]rewriting{"line_item_id": innerNumber}
)

// paged is an order or a refund while its pages of lines are joined.
type paged struct {
	members map[string]member
	lines   []member
	cursor  string // of the next page of lines
	updated string // as written
}

// connection is GraphQL's form of a list with pages.
type connection struct {
	Nodes    []member `json:"nodes"`
	PageInfo struct {
		HasNextPage bool   `json:"hasNextPage"`
		EndCursor   string `json:"endCursor"`
	} `json:"pageInfo"`
}

// parsePage reads an order or a refund with the member that has the pages.
func parsePage(body []byte, lines string) (*paged, error) {
	o := &paged{}
	var page connection
	if err := decode(body, &o.members); err != nil {
		return nil, err
	}
	if err := decode(o.members[lines], &page); err != nil {
		return nil, err
	}
	o.lines, o.updated = page.Nodes, string(o.members["updated_at"])
	if page.PageInfo.HasNextPage {
		o.cursor = page.PageInfo.EndCursor
	}
	return o, nil
}

// decode reads JSON that the strict reader has accepted: only a type can be wrong.
func decode(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return &fault.Error{Kind: fault.Unavailable, Class: fault.Intermittent, Detail: "the answer does not match the API's schema", Err: err}
	}
	return nil
}

// compose returns the body that an orders/… webhook would have.
func (o *paged) compose(zone *time.Location) ([]byte, error) {
	lines, err := rewriteAll(o.lines, lineMembers, zone)
	if err != nil {
		return nil, err
	}
	if err := rewrite(o.members, orderMembers, zone); err != nil {
		return nil, err
	}
	if tipped(o.members["total_tip_received"]) {
		markTips(lines)
	}
	if o.members["line_items"], err = encode(lines); err != nil {
		return nil, err
	}
	return encode(o.members)
}

// composeRefund returns the refund as webhooks have it.
func (o *paged) composeRefund(zone *time.Location) (member, error) {
	lines, err := rewriteAll(o.lines, refundLineMembers, zone)
	if err != nil {
		return nil, err
	}
	if err := rewrite(o.members, refundMembers, zone); err != nil {
		return nil, err
	}
	if o.members[membersRefundLines], err = encode(lines); err != nil {
		return nil, err
	}
	return encode(o.members)
}

func composeCustomer(node []byte, zone *time.Location) ([]byte, error) {
	return object(customerMembers)(node, zone)
}

func encode(v any) (member, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Unknown, Class: fault.Bug, Detail: "composing a body", Err: err}
	}
	return data, nil
}

// rewrite applies the rules to the members that are present and not null.
func rewrite(members map[string]member, rules map[string]rewriting, zone *time.Location) error {
	for name, rule := range rules {
		before, there := members[name]
		if !there || string(before) == "null" {
			continue
		}
		after, err := rule(before, zone)
		if err != nil {
			e := *fault.As(err)
			e.Field = strings.TrimSuffix(name+"."+e.Field, ".")
			return &e
		}
		members[name] = after
	}
	return nil
}

func rewriteAll(elements []member, rules map[string]rewriting, zone *time.Location) ([]map[string]member, error) {
	all := make([]map[string]member, len(elements))
	for i, element := range elements {
		if err := decode(element, &all[i]); err != nil {
			return nil, err
		}
		if err := rewrite(all[i], rules, zone); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// object rewrites the members of an object.
func object(rules map[string]rewriting) rewriting {
	return func(before member, zone *time.Location) (member, error) {
		var members map[string]member
		if err := decode(before, &members); err != nil {
			return nil, err
		}
		if err := rewrite(members, rules, zone); err != nil {
			return nil, err
		}
		return encode(members)
	}
}

// nodes turns a connection into a plain list.
func nodes(rules map[string]rewriting) rewriting {
	return func(before member, zone *time.Location) (member, error) {
		var c connection
		if err := decode(before, &c); err != nil {
			return nil, err
		}
		all, err := rewriteAll(c.Nodes, rules, zone)
		if err != nil {
			return nil, err
		}
		return encode(all)
	}
}

// value unwraps {"value": …}.
func value(before member, _ *time.Location) (member, error) {
	var wrapped struct {
		Value member `json:"value"`
	}
	if err := decode(before, &wrapped); err != nil {
		return nil, err
	}
	if wrapped.Value == nil {
		return member("null"), nil
	}
	return wrapped.Value, nil
}

// inZone writes a time as the shop's clock shows it.
func inZone(before member, zone *time.Location) (member, error) {
	var written string
	if err := decode(before, &written); err != nil {
		return nil, err
	}
	if at, err := moment.Parse(written); err == nil {
		return encode(at.In(zone).Format(time.RFC3339Nano))
	}
	return before, nil // the decoder rejects it with its path
}

// number returns the number in "gid://shopify/LineItem/466157049".
func number(before member, _ *time.Location) (member, error) {
	var gid string
	if err := decode(before, &gid); err != nil {
		return nil, err
	}
	return encode(payload.ID(gid))
}

// innerNumber is number of {"value": …}.
func innerNumber(before member, zone *time.Location) (member, error) {
	gid, err := value(before, zone)
	if err != nil || string(gid) == "null" {
		return gid, err
	}
	return number(gid, zone)
}

// company writes the purchasing entity as webhooks write the company. A person has none.
func company(before member, _ *time.Location) (member, error) {
	var entity struct {
		Company, Location struct {
			ID string `json:"id"`
		}
	}
	if err := decode(before, &entity); err != nil {
		return nil, err
	}
	if entity.Company.ID == "" {
		return member("null"), nil
	}
	return encode(map[string]string{"id": payload.ID(entity.Company.ID), "location_id": payload.ID(entity.Location.ID)})
}

// lower writes a value of an enum as webhooks do.
func lower(before member, _ *time.Location) (member, error) {
	var word string
	if err := decode(before, &word); err != nil {
		return nil, err
	}
	return encode(strings.ToLower(word))
}

// fulfillments are the webhook's words by GraphQL's. Webhooks have null for a fulfillment that
// is in progress or has not begun.
var fulfillments = map[string]string{"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial", "RESTOCKED": "restocked"}

func fulfillment(before member, _ *time.Location) (member, error) {
	var word string
	if err := decode(before, &word); err != nil {
		return nil, err
	}
	if written, known := fulfillments[word]; known {
		return encode(written)
	}
	return member("null"), nil
}

// joined joins a list of tags into one text.
func joined(before member, _ *time.Location) (member, error) {
	var tags []string
	if err := decode(before, &tags); err != nil {
		return nil, err
	}
	return encode(strings.Join(tags, ", "))
}

func codes(before member, _ *time.Location) (member, error) {
	var all []string
	if err := decode(before, &all); err != nil {
		return nil, err
	}
	wrapped := make([]map[string]string, len(all))
	for i, code := range all {
		wrapped[i] = map[string]string{"code": code}
	}
	return encode(wrapped)
}

// shopAmount returns the amount in the shop's currency, the only one that webhooks have.
func shopAmount(before member, _ *time.Location) (member, error) {
	var set struct {
		ShopMoney struct {
			Amount member `json:"amount"`
		} `json:"shopMoney"`
	}
	if err := decode(before, &set); err != nil {
		return nil, err
	}
	if set.ShopMoney.Amount == nil {
		return member("null"), nil
	}
	return set.ShopMoney.Amount, nil
}

// tipTitle is Shopify's title of a line that is a tip.
const tipTitle = `"Tip"`

// tipped reports whether the amount is above 0.
func tipped(amount member) bool {
	tip, err := canonical.ParseDecimal(strings.Trim(string(amount), `"`))
	return err == nil && tip.Sign() > 0
}

// markTips marks the line that is a tip, as webhooks do and GraphQL does not.
func markTips(lines []map[string]member) {
	for _, line := range lines {
		if string(line["title"]) == tipTitle && string(line["product_id"]) == "null" {
			line["tip_payment_gateway"] = member("null")
		}
	}
}
