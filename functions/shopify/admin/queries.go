package admin

// The queries of orders and customers, and the list of products. Fields have the names that webhooks use, so
// that the answer is nearly the body of one; compose.go rewrites the rest. A query may cost 1,000 points, and
// a connection costs its size times the cost of a node. Orders are therefore listed by name and time only, 250
// at once, and fetched one by one. A test validates each query against the published schema.
const (
	queryTransactions = `query transactions($id: ID!) {
  order(id: $id) {
    transactions {
      ...tx
    }
  }
}` + fragmentTransaction + FragmentBag
	queryOrdersSince = `query ordersSince($search: String!, $after: String) {
  orders(first: 250, after: $after, sortKey: UPDATED_AT, query: $search) {
    nodes { id: legacyResourceId name updated_at: updatedAt }
    pageInfo { hasNextPage endCursor }
  }
}`
	queryProductsSince = `query productsSince($search: String!, $after: String) {
  products(first: 250, after: $after, sortKey: UPDATED_AT, query: $search) {
    nodes { id: legacyResourceId name: title updated_at: updatedAt }
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
}` + FragmentBag + fragmentTax + fragmentTransaction + fragmentCustomer + fragmentAddress
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
}` + FragmentBag + fragmentTransaction
	fragmentTransaction = `
fragment tx on OrderTransaction {
  id kind status gateway payment_id: paymentId processed_at: processedAt created_at: createdAt
  amount_set: amountSet { ...bag }
  amount_rounding_set: amountRoundingSet { ...bag }
  parent: parentTransaction { id }
}`
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

// FragmentBag is the GraphQL fragment "bag": the members of a MoneyBag.
const FragmentBag = `
fragment bag on MoneyBag {
  shopMoney { amount currencyCode }
  presentmentMoney { amount currencyCode }
}`
