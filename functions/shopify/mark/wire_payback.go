package mark

import (
	"context"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

// refundKey begins the keys of the metafields that say why a refund was not made.
const refundKey = "erp_refund_"

// atOnce is how many transactions and refunds of an order are read.
const atOnce = 50

// The query and the mutation of a refund. Some members have the names of webhooks, as package payload reads them.
const (
	queryRefundable = `query refundable($id: ID!, $key: String!) {
  order(id: $id) {
    currencyCode presentmentCurrencyCode tags
    transactions(first: 50) {
      id kind status gateway parent: parentTransaction { id }
      amount_set: amountSet { shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }
    }
    refunds(first: 50) { legacyResourceId note totalRefundedSet { shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } } }
    metafield(namespace: "causeway", key: $key) { value }
  }
}`
	mutationRefund = `mutation refundOrder($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) { refund { legacyResourceId } userErrors { field message } }
}`
)

// readRefundable returns what a refund needs to know of the order.
func (r *refunding) readRefundable(ctx context.Context) (*refundable, error) {
	has, found := &refundable{}, false
	call := admin.Call{Shop: r.order.Tenant, Doing: r.doing, Query: queryRefundable, Variables: []admin.Variable{r.id(), {Name: "key", Value: r.fieldKey()}}}
	call.Read = func(from *strictjson.Reader) {
		for key := range from.Object() {
			if key != "order" || from.Null() {
				continue
			}
			found = true
			for key := range from.Object() {
				has.read(key, from)
			}
		}
	}
	if _, err := r.config.API.Query(ctx, call); err != nil {
		return nil, err
	}
	if !found {
		return nil, payload.UnknownOrder(r.order)
	}
	return has, nil
}

func (has *refundable) read(key string, r *strictjson.Reader) {
	switch key {
	case "currencyCode":
		has.shop = r.String()
	case "presentmentCurrencyCode":
		has.presentment = r.String()
	case "transactions":
		has.transactions = payload.ReadTransactions(r)
	case "refunds":
		for range r.Array() {
			has.refunds = append(has.refunds, readMade(r))
		}
	default:
		has.marks.read(key, r)
	}
}

func readMade(r *strictjson.Reader) (one madeRefund) {
	for key := range r.Object() {
		switch key {
		case "legacyResourceId":
			one.id = r.ID()
		case "note":
			one.note, _ = r.NullString()
		case "totalRefundedSet":
			bag, bad := payload.ParseMoneyBag(r.Raw())
			if bad != nil {
				r.Fail(bad.Class, bad.Rule)
			}
			one.amount = bag.Shop
		}
	}
	return one
}

// create makes the refund, and returns its id. The error is fault.Rejected if Shopify has a user error; its words
// are left out, because they may repeat the input.
func (r *refunding) create(ctx context.Context, end settling) (id string, err error) {
	input, err := admin.Encoded(r.encode(end.pays))
	if err != nil {
		return "", err
	}
	code := admin.NoCode
	call := admin.Call{Shop: r.order.Tenant, Doing: r.doing, Query: mutationRefund, Input: input, Variables: []admin.Variable{{Name: "key", Value: end.key}}}
	call.Read = func(from *strictjson.Reader) {
		for key := range from.Object() {
			if key == "refundCreate" && !from.Null() {
				id, code = readCreated(from)
			}
		}
	}
	if _, err := r.config.API.Query(ctx, call); err != nil {
		return "", err
	}
	if code != "" || id == "" {
		return "", &fault.Error{
			Kind: fault.Rejected, Class: fault.Conflict, Code: code, Field: "amount",
			Detail: "Shopify rejects refundCreate of " + r.request.Amount.String() + "; look at the order whether its gateway paid, and refund it by hand or redrive",
		}
	}
	return id, nil
}

func (r *refunding) encode(pays []portion) *strictjson.Writer {
	w := strictjson.NewWriter(nil)
	w.Obj()
	w.StrField("orderId", r.gid())
	w.StrField("note", r.words())
	w.BoolField("notify", false)
	w.Key("transactions").Arr()
	for _, p := range pays {
		w.Obj()
		w.StrField("orderId", r.gid())
		w.StrField("parentId", payload.GID("OrderTransaction", p.id))
		w.StrField("gateway", p.gateway)
		w.StrField("kind", "REFUND")
		w.StrField("amount", p.amount.Decimal().String())
		w.EndObj()
	}
	w.EndArr()
	w.EndObj()
	return w
}

func readCreated(r *strictjson.Reader) (id, code string) {
	for key := range r.Object() {
		switch {
		case key == "userErrors":
			code = admin.ReadCode(r)
		case key == "refund" && !r.Null():
			for key := range r.Object() {
				if key == "legacyResourceId" {
					id = r.ID()
				}
			}
		}
	}
	return id, code
}
