package shopify

import (
	"context"
	"errors"
	"slices"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/message"
)

// The queries of polling. Fields have the names that webhooks use, so that the answer is
// nearly the body of one; compose.go rewrites the rest. A query may cost 1,000 points, and a
// connection costs its size times the cost of a node. Orders are therefore listed by name and
// time only, 250 at once, and fetched one by one.
const (
	queryOrdersSince = `query ordersSince($search: String!, $after: String) {
  orders(first: 250, after: $after, sortKey: UPDATED_AT, query: $search) {
    nodes { id: legacyResourceId name updated_at: updatedAt }
    pageInfo { hasNextPage endCursor }
  }
}`
	queryCustomersSince = `query customersSince($search: String!, $after: String) {
  shop { ianaTimezone }
  customers(first: 100, after: $after, sortKey: UPDATED_AT, query: $search) {
    nodes { ...customer }
    pageInfo { hasNextPage endCursor }
  }
}` + fragmentCustomer + fragmentAddress
	queryCustomer = `query customer($id: ID!) {
  shop { ianaTimezone }
  customer(id: $id) { ...customer }
}` + fragmentCustomer + fragmentAddress
	queryOrder = `query order($id: ID!, $lines: String) {
  shop { ianaTimezone }
  order(id: $id) {
    id: legacyResourceId name email phone note tags test source_name: sourceName
    created_at: createdAt updated_at: updatedAt processed_at: processedAt closed_at: closedAt
    cancelled_at: cancelledAt cancel_reason: cancelReason
    financial_status: displayFinancialStatus fulfillment_status: displayFulfillmentStatus
    currency: currencyCode presentment_currency: presentmentCurrencyCode
    taxes_included: taxesIncluded duties_included: dutiesIncluded
    total_price_set: totalPriceSet { ...bag }
    total_tax_set: totalTaxSet { ...bag }
    tax_lines: taxLines { ...tax }
    current_total_price_set: currentTotalPriceSet { ...bag }
    current_total_tax_set: currentTotalTaxSet { ...bag }
    original_total_additional_fees_set: originalTotalAdditionalFeesSet { ...bag }
    current_total_additional_fees_set: currentTotalAdditionalFeesSet { ...bag }
    original_total_duties_set: originalTotalDutiesSet { ...bag }
    total_cash_rounding_payment_adjustment_set: totalCashRoundingAdjustment { value: paymentSet { ...bag } }
    total_tip_received: totalTipReceivedSet { ...bag }
    total_tip_received_set: totalTipReceivedSet { ...bag }
    total_outstanding: totalOutstandingSet { ...bag }
    additional_fees: additionalFees { name price_set: price { ...bag } tax_lines: taxLines { ...tax } }
    transactions { ...tx }
    refunds { id: legacyResourceId }
    po_number: poNumber
    company: purchasingEntity { ... on PurchasingCompany { company { id } location { id } } }
    payment_terms: paymentTerms {
      payment_terms_name: paymentTermsName
      payment_schedules: paymentSchedules(first: 1) { nodes { due_at: dueAt } }
    }
    payment_gateway_names: paymentGatewayNames
    discount_codes: discountCodes
    discount_applications: discountApplications(first: 20) {
      nodes {
        ... on DiscountCodeApplication { code }
        ... on ManualDiscountApplication { title }
        ... on AutomaticDiscountApplication { title }
        ... on ScriptDiscountApplication { title }
      }
    }
    customer { ...customer }
    billing_address: billingAddress { ...address }
    shipping_address: shippingAddress { ...address }
    shipping_lines: shippingLines(first: 10, includeRemovals: true) {
      nodes {
        id code title is_removed: isRemoved price_set: originalPriceSet { ...bag }
        discount_allocations: discountAllocations { amount_set: allocatedAmountSet { ...bag } }
        tax_lines: taxLines { ...tax }
      }
    }
    line_items: lineItems(first: 25, after: $lines) {
      nodes {
        id sku title name quantity current_quantity: currentQuantity
        fulfillable_quantity: unfulfilledQuantity non_fulfillable_quantity: nonFulfillableQuantity
        gift_card: isGiftCard requires_shipping: requiresShipping taxable
        product_id: product { value: id }
        variant_id: variant { value: legacyResourceId }
        price_set: originalUnitPriceSet { ...bag }
        discount_allocations: discountAllocations { amount_set: allocatedAmountSet { ...bag } }
        tax_lines: taxLines { ...tax }
        duties { price_set: price { ...bag } tax_lines: taxLines { ...tax } }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}` + fragmentBag + fragmentTax + fragmentTransaction + fragmentCustomer + fragmentAddress
	queryRefund = `query refund($id: ID!, $lines: String) {
  refund(id: $id) {
    id: legacyResourceId created_at: createdAt processed_at: processedAt updated_at: updatedAt note return { id }
    order_adjustments: orderAdjustments(first: 20) {
      nodes { reason amount_set: amountSet { ...bag } tax_amount_set: taxAmountSet { ...bag } }
    }
    refund_shipping_lines: refundShippingLines(first: 10) {
      nodes { subtotal_amount_set: subtotalAmountSet { ...bag } tax_amount_set: taxAmountSet { ...bag } }
    }
    duties { amount_set: amountSet { ...bag } }
    transactions(first: 20) { nodes { ...tx } }
    refund_line_items: refundLineItems(first: 50, after: $lines) {
      nodes {
        quantity restock_type: restockType line_item_id: lineItem { value: id }
        subtotal_set: subtotalSet { ...bag } total_tax_set: totalTaxSet { ...bag }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}` + fragmentBag + fragmentTransaction
	fragmentTax = `
fragment tax on TaxLine {
  price_set: priceSet { ...bag }
  channel_liable: channelLiable rate
}`
	fragmentCustomer = `
fragment customer on Customer {
  id: legacyResourceId first_name: firstName last_name: lastName note updated_at: updatedAt
  email: defaultEmailAddress { value: emailAddress }
  phone: defaultPhoneNumber { value: phoneNumber }
  default_address: defaultAddress { ...address }
}`
	fragmentAddress = `
fragment address on MailingAddress {
  first_name: firstName last_name: lastName company address1 address2 city
  province province_code: provinceCode zip country_code: countryCodeV2 phone
}`
)

// poller is the connector.Poller of all shops.
type poller struct {
	api   *admin
	shops []string
}

var _ connector.Poller = (*poller)(nil)

// Entity types, as in keys.
const (
	entityOrder    = "order"
	entityCustomer = "customer"
	entityPayment  = "payment"
	entityRefund   = "refund"
)

// Feeds returns customers and orders of each shop. Customers come first, because orders wait
// for them.
func (p *poller) Feeds() []connector.Feed {
	var feeds []connector.Feed
	for _, shop := range p.shops {
		feeds = append(feeds,
			connector.Feed{Tenant: shop, Topic: topicCustomerUpdate, Entity: entityCustomer},
			connector.Feed{Tenant: shop, Topic: topicOrderUpdated, Entity: entityOrder})
	}
	return feeds
}

// Changes lists by the time of the last change. The cursor names the last entity of a page, not
// a number: an entity that changes meanwhile moves to the end and shifts no other.
func (p *poller) Changes(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	c := call{
		shop: ask.Feed.Tenant, query: queryOrdersSince, doing: "listing the " + ask.Feed.Entity + "s of " + ask.Feed.Tenant,
		variables: []variable{{"search", "updated_at:>='" + ask.Since.UTC().Format(time.RFC3339) + "'"}},
	}
	if ask.Feed.Entity == entityCustomer {
		c.query = queryCustomersSince
	}
	if ask.Cursor != "" {
		c.variables = append(c.variables, variable{"after", ask.Cursor})
	}
	l := &listing{}
	c.read = l.read
	if _, err := p.api.query(ctx, c); err != nil {
		return connector.Page{}, err
	}
	page := connector.Page{Cursor: l.cursor}
	for _, node := range l.nodes {
		change, err := l.change(node, ask.Feed)
		if err != nil {
			return connector.Page{}, fault.Doing(c.doing, err)
		}
		page.Changes = append(page.Changes, change)
	}
	return page, nil
}

// listing is the answer to the query of a list or of one entity.
type listing struct {
	zone   string
	nodes  [][]byte // of orders or customers
	one    []byte   // nil if it is missing
	cursor string   // "" at the end
}

func (l *listing) read(r *strictjson.Reader) {
	for key := range r.Object() {
		switch key {
		case "shop":
			l.zone = text(r, "ianaTimezone")
		case "orders", "customers":
			l.connection(r)
		case "order", "customer", "refund":
			if !r.Null() {
				l.one = r.Raw()
			}
		}
	}
}

func text(r *strictjson.Reader, member string) (value string) {
	for key := range r.Object() {
		if key == member {
			value, _ = r.NullString()
		}
	}
	return value
}

// connection reads the nodes of a list and the cursor of the next page.
func (l *listing) connection(r *strictjson.Reader) {
	for key := range r.Object() {
		switch key {
		case "nodes":
			for range r.Array() {
				l.nodes = append(l.nodes, r.Raw())
			}
		case "pageInfo":
			l.cursor = nextCursor(r)
		}
	}
}

// nextCursor returns "" when there is no next page.
func nextCursor(r *strictjson.Reader) string {
	cursor, more := "", false
	for key := range r.Object() {
		switch key {
		case "endCursor":
			cursor, _ = r.NullString()
		case "hasNextPage":
			more = r.Bool()
		}
	}
	if !more {
		return ""
	}
	return cursor
}

// change reads id, name and time of a node. A customer is listed whole, and may be unreadable.
// Its name is personal data and is not read.
func (l *listing) change(node []byte, feed connector.Feed) (connector.Change, error) {
	var change connector.Change
	r := newReader(node)
	for key := range r.Object() {
		switch key {
		case "id":
			change.ID = r.ID()
		case "name":
			change.Name = r.Word()
		case "updated_at":
			change.At = r.Time()
		}
	}
	r.require(change.ID != "", "id")
	r.require(!change.At.IsZero(), "updated_at")
	if err := r.End(); err != nil {
		return change, unpromised(err)
	}
	if feed.Entity != entityCustomer {
		return change, nil
	}
	zone, err := zoneOf(l.zone)
	if err != nil {
		return change, err
	}
	if change.Body, err = composeCustomer(node, zone); err != nil {
		change.Err = fault.Doing("reading customer "+change.ID+" of "+feed.Tenant, err)
	}
	return change, nil
}

// unpromised returns the fault of an answer that does not match the schema.
func unpromised(err error) error {
	e := &fault.Error{Kind: fault.Unavailable, Class: fault.Intermittent, Detail: "the answer does not match the API's schema"}
	if strict, ok := errors.AsType[*strictjson.Error](err); ok {
		e.Field, e.Detail = strict.Path, e.Detail+": "+strict.Rule
	}
	return e
}

// zoneOf returns the shop's time zone, in which webhooks write their times. Polled content must
// equal theirs, or every polled state would be published again.
func zoneOf(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" {
		return nil, &fault.Error{
			Kind: fault.Unavailable, Class: fault.Config, Field: "ianaTimezone", Detail: "the shop's time zone is not in the time zone database", Err: err,
		}
	}
	return zone, nil
}

// Fetch returns an order with all its lines. A customer was listed whole, unless it was
// unreadable.
func (p *poller) Fetch(ctx context.Context, feed connector.Feed, change connector.Change) (raw *message.Raw, err error) {
	body, doing := change.Body, "fetching "+feed.Entity+" "+change.ID+" of "+feed.Tenant
	switch {
	case body != nil:
	case feed.Entity == entityCustomer:
		body, err = p.customer(ctx, feed.Tenant, change.ID, doing)
	default:
		body, err = p.order(ctx, feed.Tenant, change.ID, doing)
	}
	if err != nil || body == nil {
		return nil, fault.Doing(doing, err)
	}
	return &message.Raw{Tenant: feed.Tenant, Topic: feed.Topic, Trigger: message.Poll, ContentType: "application/json", Body: body}, nil
}

// customer returns nil if the customer does not exist.
func (p *poller) customer(ctx context.Context, shop, id, doing string) ([]byte, error) {
	l := &listing{}
	c := call{shop: shop, doing: doing, query: queryCustomer, variables: []variable{{"id", gidCustomer + id}}, read: l.read}
	if _, err := p.api.query(ctx, c); err != nil || l.one == nil {
		return nil, err
	}
	zone, err := zoneOf(l.zone)
	if err != nil {
		return nil, err
	}
	return composeCustomer(l.one, zone)
}

// The members that have pages.
const (
	membersLines       = "line_items"
	membersRefundLines = "refund_line_items"
)

// order returns nil if the order does not exist. Its refunds are fetched one by one, because
// their lines would exceed the cost limit of the order's query.
func (p *poller) order(ctx context.Context, shop, id, doing string) ([]byte, error) {
	c := call{shop: shop, doing: doing, query: queryOrder, variables: []variable{{"id", gidOrder + id}}}
	whole, zoneName, err := p.pages(ctx, c, membersLines)
	if err != nil || whole == nil {
		return nil, err
	}
	zone, err := zoneOf(zoneName)
	if err != nil {
		return nil, err
	}
	if err := p.refunds(ctx, shop, doing, whole, zone); err != nil {
		return nil, err
	}
	return whole.compose(zone)
}

// refunds replaces the ids of the order's refunds by the refunds.
func (p *poller) refunds(ctx context.Context, shop, doing string, order *paged, zone *time.Location) error {
	var named []struct {
		ID string `json:"id"`
	}
	if err := decode(order.members["refunds"], &named); err != nil {
		return err
	}
	all := make([]member, 0, len(named))
	for _, one := range named {
		c := call{shop: shop, doing: doing, query: queryRefund, variables: []variable{{"id", gidRefund + one.ID}}}
		refund, _, err := p.pages(ctx, c, membersRefundLines)
		if err == nil && refund == nil {
			err = changedMeanwhile(doing)
		}
		if err != nil {
			return err
		}
		composed, err := refund.composeRefund(zone)
		if err != nil {
			return err
		}
		all = append(all, composed)
	}
	var err error
	order.members["refunds"], err = encode(all)
	return err
}

// pages returns an order or a refund with all pages of its lines, and the name of the shop's
// time zone; nil if it does not exist. It fails if it changed between two pages: they must be of
// one version.
func (p *poller) pages(ctx context.Context, c call, lines string) (whole *paged, zone string, err error) {
	first := c.variables
	whole, zone, err = p.page(ctx, c, lines)
	for err == nil && whole != nil && whole.cursor != "" {
		c.variables = append(slices.Clip(first), variable{"lines", whole.cursor})
		var next *paged
		next, _, err = p.page(ctx, c, lines)
		switch {
		case err != nil:
		case next == nil || next.updated != whole.updated || next.cursor == whole.cursor:
			err = changedMeanwhile(c.doing)
		default:
			whole.lines, whole.cursor = append(whole.lines, next.lines...), next.cursor
		}
	}
	return whole, zone, err
}

func (p *poller) page(ctx context.Context, c call, lines string) (*paged, string, error) {
	l := &listing{}
	c.read = l.read
	if _, err := p.api.query(ctx, c); err != nil || l.one == nil {
		return nil, "", err
	}
	page, err := parsePage(l.one, lines)
	return page, l.zone, err
}

func changedMeanwhile(doing string) error {
	return fault.New(fault.Unavailable, fault.Intermittent, doing, "the order changed while its lines were read")
}

const (
	gidOrder    = "gid://shopify/Order/"
	gidCustomer = "gid://shopify/Customer/"
	gidRefund   = "gid://shopify/Refund/"
)
