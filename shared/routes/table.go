package routes

import (
	"slices"

	"causeway.example/shared/canonical"
)

// Table has every flow of Causeway, one line each. The local engine's bus and the EventBridge
// rules are both generated from it.
var Table = slices.Concat([]Route{
	{From: "netsuite", Flow: "products", To: "shipbob", Types: goods},
	{From: "netsuite", Flow: "products", To: "shopify", Types: products},
	{From: "netsuite", Flow: "products", To: "woocommerce", Types: products},
	{From: "netsuite", Flow: "stock", To: "shopify", Types: levels},
	{From: "netsuite", Flow: "stock", To: "woocommerce", Types: levels},
	{From: "shipbob", Flow: "movements", To: "netsuite", Types: movements},
	{From: "shipbob", Flow: "stock", To: "shopify", Types: levels},
	{From: "shipbob", Flow: "stock", To: "woocommerce", Types: levels},
	{From: "shopify", Flow: "customers", To: "hubspot", Types: customers},
	{From: "shopify", Flow: "customers", To: "netsuite", Types: customers},
	{From: "shopify", Flow: "orders", To: "hubspot", Types: orders, Filters: crmFilters},
	{From: "shopify", Flow: "orders", To: "netsuite", Types: orders, Filters: orderFilters},
	{From: "shopify", Flow: "payments", To: "netsuite", Types: payments, Filters: paymentFilters},
	{From: "shopify", Flow: "refunds", To: "hubspot", Types: refunds, Filters: paymentFilters},
	{From: "shopify", Flow: "refunds", To: "netsuite", Types: refunds, Filters: paymentFilters},
	{From: "shopify", Flow: "orders", To: "shipbob", Types: orders, Filters: warehouseFilters},
	{From: "woocommerce", Flow: "customers", To: "hubspot", Types: customers},
	{From: "woocommerce", Flow: "customers", To: "netsuite", Types: customers},
	{From: "woocommerce", Flow: "orders", To: "hubspot", Types: orders, Filters: crmFilters},
	{From: "woocommerce", Flow: "orders", To: "netsuite", Types: orders, Filters: orderFilters},
	{From: "woocommerce", Flow: "orders", To: "shipbob", Types: orders, Filters: warehouseFilters},
	{From: "woocommerce", Flow: "payments", To: "netsuite", Types: payments, Filters: paymentFilters},
	{From: "woocommerce", Flow: "refunds", To: "hubspot", Types: refunds, Filters: paymentFilters},
	{From: "woocommerce", Flow: "refunds", To: "netsuite", Types: refunds, Filters: paymentFilters},
	{From: "netsuite", Flow: "orders", To: "shopify", Types: erpOrders, Filters: ofShopify},
	{From: "netsuite", Flow: "orders", To: "woocommerce", Types: erpOrders, Filters: ofWooCommerce},
	{From: "netsuite", Flow: "refunds", To: "shopify", Types: paybacks, Filters: ofShopify},
	{From: "netsuite", Flow: "refunds", To: "woocommerce", Types: paybacks, Filters: ofWooCommerce},
}, Shipments("shipbob"))

// Shipments returns the flows of a warehouse. Shipments, and what happens to them later, go to the CRM, to
// the ERP, and back to the store whose order it is. Its state of an order goes to the CRM, to the ERP and to
// the store, where people see what it holds. Goods that come back to it go to all of them.
func Shipments(warehouse string) []Route {
	return []Route{
		{From: warehouse, Flow: flowShipments, To: "hubspot", Types: shipments},
		{From: warehouse, Flow: flowShipments, To: "netsuite", Types: shipments},
		{From: warehouse, Flow: flowShipments, To: "shopify", Types: shipments, Filters: ofShopify},
		{From: warehouse, Flow: flowShipments, To: "woocommerce", Types: shipments, Filters: ofWooCommerce},
		{From: warehouse, Flow: flowHolds, To: "hubspot", Types: holds},
		{From: warehouse, Flow: flowHolds, To: "netsuite", Types: holds},
		{From: warehouse, Flow: flowReturns, To: "hubspot", Types: goodsBack},
		{From: warehouse, Flow: flowReturns, To: "netsuite", Types: goodsBack},
		{From: warehouse, Flow: flowReturns, To: "shopify", Types: goodsBack, Filters: ofShopify},
		{From: warehouse, Flow: flowReturns, To: "woocommerce", Types: goodsBack, Filters: ofWooCommerce},
		{From: warehouse, Flow: flowHolds, To: "shopify", Types: holds, Filters: ofShopify},
		{From: warehouse, Flow: flowHolds, To: "woocommerce", Types: holds, Filters: ofWooCommerce},
	}
}

const (
	flowShipments = "shipments"
	flowHolds     = "holds"
	flowReturns   = "returns"
)

// The event types of the flows.
var (
	shipments = []string{canonical.ShipmentShipped, canonical.ShipmentUpdated, canonical.ShipmentDelivered, canonical.ShipmentCancelledEvent}
	goods     = []string{canonical.ProductUpserted, canonical.ProductRetired}
	products  = []string{canonical.ProductUpserted, canonical.ProductRetired, canonical.PriceChanged}
	holds     = []string{canonical.OrderReleased, canonical.OrderHeld, canonical.ShipmentDiscrepancy, canonical.FulfillmentCancelled}
	erpOrders = []string{canonical.OrderCancelRequested, canonical.OrderAcknowledged}
	goodsBack = []string{canonical.ReturnRequested, canonical.ReturnReceived}
	levels    = []string{canonical.InventoryLevelSet}
	customers = []string{canonical.CustomerUpserted}
	orders    = []string{canonical.OrderPlaced, canonical.OrderChanged, canonical.OrderCancelledEvent}
	payments  = []string{canonical.PaymentCaptured}
	refunds   = []string{canonical.RefundSettled}
	paybacks  = []string{canonical.RefundRequested}
	movements = []string{canonical.InventoryAdjusted, canonical.InventoryReceived}
)

// The filters between a store and an ERP, between a store and a CRM, which shows what is not paid yet too,
// and between a store and a warehouse, which ships what is paid. The installation chooses which are on; the
// ledger records each skipped message with the reason. A filter applies only while the target has no record
// of the entity. The first that matches gives the reason, so cancelled_unpaid comes before authorized_only: a
// cancelled order is not captured later.
var (
	orderFilters     = []Filter{testOrders, drafts, cancelledUnpaid, authorizedOnly, posFulfilled, digitalOnly, zeroTotal}
	warehouseFilters = []Filter{testOrders, drafts, cancelledUnpaid, authorizedOnly, unpaid, posFulfilled}
	crmFilters       = []Filter{testOrders, drafts, cancelledUnpaid}
	paymentFilters   = []Filter{testOrders}

	testOrders      = Filter{Name: "test", Reason: "test order", Default: true, Final: true, Pattern: body(`{"test":[true]}`)}
	drafts          = Filter{Name: "draft", Reason: "draft order, not placed yet", Default: true, Pattern: body(`{"status":["draft"]}`)}
	cancelledUnpaid = Filter{Name: "cancelled_unpaid", Reason: "cancelled before anything was paid", Default: true, Final: true, Pattern: body(`{"status":["cancelled"],"financial":["pending","authorized","voided"]}`)}
	authorizedOnly  = Filter{Name: "authorized_only", Reason: "payment authorized but not captured yet", Default: true, Pattern: body(`{"financial":["authorized"]}`)}
	unpaid          = Filter{Name: "unpaid", Reason: "not paid in full yet", Default: true, Pattern: body(`{"financial":["pending","partially_paid","voided"]}`)}
	posFulfilled    = Filter{Name: "pos_fulfilled", Reason: "sold and handed over at the point of sale", Default: true, Final: true, Pattern: body(`{"channel":["pos"],"fulfilled":[true]}`)}
	digitalOnly     = Filter{Name: "digital_only", Reason: "nothing to ship", Final: true, Pattern: body(`{"needs_shipping":[false]}`)}
	zeroTotal       = Filter{Name: "zero_total", Reason: "total is zero", Final: true, Pattern: body(`{"total":{"minor":[0]}}`)}
)

// The filters of what is reported to the stores.
var (
	ofShopify     = ordersOf("shopify")
	ofWooCommerce = ordersOf("woocommerce")
)

// ordersOf keeps what a warehouse or an ERP reports of other stores' orders from the store. Its own are the
// events whose parents name an order of it.
func ordersOf(store string) []Filter {
	return []Filter{{
		Name: "other_store", Reason: "the order is one of another store", Default: true, Final: true,
		Pattern: tablePattern(`{"detail":{"parents":{"type":["order"],"system":[{"anything-but":["` + store + `"]}]}}}`),
	}}
}

func body(pattern string) *Pattern { return tablePattern(`{"detail":{"body":` + pattern + `}}`) }
