package translator

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// giftCardFields are the members of an order and the keys of its meta data in which the common
// plugins store redeemed gift cards and store credit. The order's total is what was left to pay.
var giftCardFields = []string{
	"gift_cards",                 // WooCommerce Gift Cards: [{"id":3,"code":"…","amount":25}]
	"pw_gift_card_lines",         // PW WooCommerce Gift Cards: [{"card_number":"…","amount":"25.00"}]
	"_ywgc_applied_gift_cards",   // YITH WooCommerce Gift Cards: {"code":25}
	"smart_coupons_contribution", // Smart Coupons, store credit after tax: {"code":25}
	"_funds_used",                // Account Funds: "25.00"
}

// giftCardFees are keys of fees below zero by which plugins take off what store credit paid:
// TeraWallet.
var giftCardFees = []string{"_via_wallet_partial_payment"}

// The keys of the deposit plugin of Webtomizer and Acowebs (Deposits & Partial Payments). The
// order's total is the whole, of which two payments are made.
const (
	depositYes        = "_wc_deposits_order_has_deposit"
	depositAmount     = "_wc_deposits_deposit_amount"
	depositPaid       = "_wc_deposits_deposit_paid"
	depositTime       = "_wc_deposits_deposit_payment_time" // seconds since 1970, or a space
	depositRest       = "_wc_deposits_second_payment"
	depositRestIsPaid = "_wc_deposits_second_payment_paid"
)

var depositFields = []string{depositYes, depositAmount, depositPaid, depositTime, depositRest, depositRestIsPaid}

// purchaseOrderFields are the keys in which the common plugins store the buyer's number.
var purchaseOrderFields = []string{
	"_po_number", "po_number", "_billing_po_number", "billing_po_number", "_billing_po", "billing_po",
	"_purchase_order_number", "purchase_order_number",
}

// termFields are the keys in which plugins for business customers store payment terms.
var termFields = []string{"_payment_terms", "payment_terms"}

// attribution are the keys of WooCommerce's order attribution that become tags of the order.
var attribution = []string{
	"_wc_order_attribution_source_type", "_wc_order_attribution_utm_source",
	"_wc_order_attribution_utm_medium", "_wc_order_attribution_utm_campaign",
}

const attributionPrefix = "_wc_order_attribution_"

// plugins are the fields of plugins that the installation reads.
type plugins struct {
	giftCards, purchaseOrders, tags []string
	fees                            []string // names and keys of fees that are tenders
	wanted                          map[string]bool
}

func knownPlugins(config Config) *plugins {
	p := &plugins{
		giftCards:      slices.Concat(giftCardFields, config.GiftCards),
		fees:           slices.Concat(giftCardFees, config.GiftCards),
		purchaseOrders: slices.Concat(config.PurchaseOrders, purchaseOrderFields),
		tags:           slices.Concat(attribution, config.Tags),
		wanted:         map[string]bool{},
	}
	for _, key := range slices.Concat(p.giftCards, p.purchaseOrders, p.tags, depositFields, termFields) {
		p.wanted[key] = true
	}
	return p
}

// order reports whether a member of an order, or a key of its meta data, is read.
func (p *plugins) order(key string) bool { return p != nil && p.wanted[key] }

// tenderFee reports whether a fee takes off what a gift card or store credit paid.
func (p *plugins) tenderFee(f *fee) bool {
	return strings.HasPrefix(f.total, "-") && (slices.Contains(p.fees, f.key) || slices.Contains(p.fees, f.name))
}

// first returns the text of the first of the keys that has one.
func (o *order) first(keys ...string) string {
	for _, key := range keys {
		if texts := o.texts(key); len(texts) > 0 {
			return texts[0]
		}
	}
	return ""
}

// texts returns the texts under the key that are not empty.
func (o *order) texts(key string) (all []string) {
	for _, found := range o.extras {
		if found.key != key {
			continue
		}
		if text := metaText(found.value); text != "" {
			all = append(all, text)
		}
	}
	return all
}

// tagsOf returns the order's attribution and the tags of the setting.
func (p *plugins) tagsOf(o *order) []string {
	var tags []string
	for _, key := range p.tags {
		for _, text := range o.texts(key) {
			tags = append(tags, strings.TrimPrefix(key, attributionPrefix)+":"+text)
		}
	}
	return tags
}

// meaning is the meaning of an order's status.
type meaning struct {
	status canonical.OrderStatus
	paid   bool // the store has the money, with any date_paid
	ignore bool // the delivery is skipped
	done   bool // the store has nothing left to do: shipped, collected or downloaded
}

// own has every status of WooCommerce itself.
var own = map[string]meaning{
	"auto-draft":     {status: canonical.OrderDraft},
	"checkout-draft": {status: canonical.OrderDraft},
	"pending":        {status: canonical.OrderOpen},
	"on-hold":        {status: canonical.OrderOpen},
	"processing":     {status: canonical.OrderOpen},
	"failed":         {status: canonical.OrderOpen},
	"completed":      {status: canonical.OrderClosed, done: true},
	"refunded":       {status: canonical.OrderClosed},
	"cancelled":      {status: canonical.OrderCancelled},
	"trash":          {status: canonical.OrderCancelled},
}

// mapped has the meanings that the setting WOOCOMMERCE_STATUSES gives.
var mapped = map[string]meaning{
	"open":      {status: canonical.OrderOpen},
	"paid":      {status: canonical.OrderOpen, paid: true},
	"closed":    {status: canonical.OrderClosed, done: true},
	"cancelled": {status: canonical.OrderCancelled},
	"ignore":    {ignore: true},
}

// statusMeanings returns the meaning of each status. The setting may write a status with the
// prefix under which WordPress stores it, "wc-".
func statusMeanings(setting map[string]string) map[string]meaning {
	all := maps.Clone(own)
	for status, what := range setting {
		all[strings.TrimPrefix(status, "wc-")] = mapped[what]
	}
	return all
}

// unmapped returns the fault of a status without a meaning. It waits for the setting.
func unmapped(status string) *fault.Error {
	return &fault.Error{
		Kind: fault.Rejected, Class: fault.Config, Field: "WOOCOMMERCE_STATUSES",
		Detail: "has no entry for the order status " + strconv.Quote(status) + ", which a plugin added: add " + status +
			"=open, or paid, closed, cancelled or ignore",
	}
}
