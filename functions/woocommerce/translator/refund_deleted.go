package translator

import (
	"context"
	"strings"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// TopicRefundDeleted is the topic of WooCommerce's hook woocommerce_refund_deleted. Staff delete a
// refund as a correction (WC_AJAX::delete_refund), and gateways delete one that failed after all.
// The delivery has the hook's first argument alone (WC_Webhook::build_payload):
// {"action":"woocommerce_refund_deleted","arg":200}.
const TopicRefundDeleted = "action." + refundDeleted

const refundDeleted = "woocommerce_refund_deleted"

// translateRefundDeleted makes a dead letter of every deletion. The store has neither the refund
// any more nor names its order, and the ERP cannot void by itself what it booked, so an
// operator decides. The argument is the refund's id; some gateways give their own name of the
// refund instead (Stripe: "re_…").
func (t *Translator) translateRefundDeleted(_ context.Context, raw *message.Raw) (connector.Translation, error) {
	d := newDecoder(raw.Body)
	action, id := "", ""
	for member := range d.Object() {
		switch member {
		case "action":
			action = d.String()
		case "arg":
			id = d.ID()
		}
	}
	d.Need("action", action)
	d.Need("arg", id)
	failed := func(err error) (connector.Translation, error) {
		return connector.Translation{}, fault.Doing(doing(raw, "", ""), err)
	}
	if err := d.Finish(); err != nil {
		return failed(err)
	}
	if err := t.stores.SentBy(raw, "", ""); err != nil {
		return failed(err)
	}
	if action != refundDeleted {
		return failed(&fault.Error{
			Kind: fault.Invalid, Class: fault.Conflict, Code: "foreign_body", Field: "action", Detail: "the body is of another kind than the topic " + raw.Topic,
		})
	}
	if len(id) > refundMost || strings.Trim(id, refundLetters) != "" {
		return failed(&fault.Error{Kind: fault.Invalid, Class: fault.Value, Field: "arg", Detail: "is not the id of a refund"})
	}
	rule := "the store deleted refund " + id + ": void by hand what was booked of it (causeway trace " + key(raw.Tenant, entityRefund, id).String() + ")"
	if strings.Trim(id, "0123456789") != "" {
		rule = "the store deleted the refund that its payment plugin names " + id + ": find it in the notes of the order, and void by hand what was booked of it"
	}
	return failed(&fault.Error{
		Kind: fault.Rejected, Class: fault.Conflict, Code: "refund_deleted", Field: "arg", Detail: rule + ", then take this letter out (causeway resolve --settled)",
	})
}

// The longest name of a refund that is repeated to operators, and its letters.
const (
	refundMost    = 64
	refundLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
)
