package main

import (
	"time"

	"causeway.example/shared/canonical"
)

const orderID = "820982911946154508"

// bodyOf returns a body of the type's schema, in the state of that type.
func bodyOf(kind canonical.Type) any {
	switch body := kind.New().(type) {
	case *canonical.Order:
		return orderOf(kind.Name)
	case *canonical.Payment:
		return samplePayment()
	case *canonical.Refund:
		return sampleRefund(kind.Name == canonical.RefundSettled)
	case *canonical.Customer:
		return sampleCustomer()
	case *canonical.Product:
		return sampleProduct(kind.Name == canonical.ProductUpserted)
	case *canonical.PriceList:
		return &canonical.PriceList{SKU: "00-TEE-RED-M", Prices: samplePrices(), UpdatedAt: sampleTime}
	case *canonical.InventoryLevel:
		return sampleLevel()
	case *canonical.FulfillmentRequest:
		return sampleRequest()
	case *canonical.Shipment:
		return sampleShipment(kind.Name)
	default:
		return bodyAbout(kind, body)
	}
}

// bodyAbout is bodyOf of what a warehouse has, or an ERP of an order.
func bodyAbout(kind canonical.Type, empty any) any {
	switch empty.(type) {
	case *canonical.WarehouseOrder:
		return sampleWarehouseOrder(kind.Name)
	case *canonical.Return:
		return sampleReturn(kind.Name == canonical.ReturnReceived)
	case *canonical.InventoryMovement:
		return sampleMovement(kind.Name == canonical.InventoryReceived)
	case *canonical.CancelRequest:
		return &canonical.CancelRequest{ID: "4711", Number: "SO-1042", Order: orderID, Status: "closed", RequestedAt: sampleTime.Add(time.Hour)}
	case *canonical.ERPOrder:
		return &canonical.ERPOrder{
			ID: "4711", Number: "SO-1042", Order: orderID, Status: "partially fulfilled", Comparable: true, UpdatedAt: sampleTime.Add(time.Hour),
			Lines: []canonical.ERPLine{{SKU: "00-TEE-RED-M", Ordered: pieces(2), Fulfilled: pieces(1), Billed: pieces(1)}},
		}
	case *canonical.RefundRequest:
		return &canonical.RefundRequest{ID: "4713", Number: "CR-27", Order: orderID, Amount: amount(500), Refunded: amount(500), At: sampleTime.Add(121 * time.Hour)}
	default:
		return empty // of a new schema: newMessage rejects it until it has a sample
	}
}

// amount returns euros from cents.
func amount(minor int64) canonical.Money { return canonical.Money{Minor: minor, Currency: "EUR"} }

func pieces(n int64) canonical.Quantity { return canonical.Pieces(canonical.NewDecimal(n, 0)) }

// orderOf returns the sample order in the state of the event type.
func orderOf(eventType string) *canonical.Order {
	order := sampleOrder()
	switch eventType {
	case canonical.OrderCancelledEvent:
		at := sampleTime.Add(time.Hour)
		order.Status, order.Financial, order.UpdatedAt = canonical.OrderCancelled, canonical.Refunded, at
		order.CancelledAt, order.CancelReason = &at, canonical.NewText("customer")
	case canonical.OrderChanged:
		order.UpdatedAt = sampleTime.Add(time.Hour)
	}
	return order
}

// sampleOrder is two shirts and a gift card, with 19 % tax in the prices, a code of
// 10 % on the shirts, delivery and a tip.
func sampleOrder() *canonical.Order {
	return &canonical.Order{
		ID: orderID, Name: "#1001", Status: canonical.OrderOpen, Financial: canonical.Paid,
		PlacedAt: sampleTime, UpdatedAt: sampleTime, Channel: "web", NeedsShipping: true, Currency: "EUR",
		Presentment: &canonical.Presentment{Basis: "shop", Total: canonical.Money{Minor: 9933, Currency: "CHF"}},
		TaxIncluded: true,
		Buyer: canonical.Buyer{
			Customer: "207119551", Email: canonical.NewText("ann.lee@example.com"), Phone: canonical.NullText(),
		},
		Billing: sampleAddress(), Shipping: sampleAddress(), Lines: sampleLines(),
		Deliveries: []canonical.DeliveryLine{{
			ID: "369256396", Code: "standard", Title: "Standard", Price: amount(490), Discount: amount(0), Tax: amount(78),
		}},
		Charges: []canonical.Charge{{Kind: canonical.Tip, Title: "Tip", Amount: amount(200), Tax: amount(0)}},
		Tax:     amount(797), Rounding: amount(0), Total: amount(10190), Note: canonical.NewText(""),
		Tags: []string{"newsletter"}, Discounts: []canonical.Discount{{Code: "WELCOME10"}},
	}
}

func sampleLines() []canonical.OrderLine {
	return []canonical.OrderLine{
		{
			ID: "466157049", Kind: canonical.ProductLine, SKU: "00-TEE-RED-M", Product: "632910392", Variant: "808950810", Title: "T-shirt, red, M",
			Quantity: pieces(2), UnitPrice: canonical.NewDecimal(2500, 2), Discount: amount(500), Tax: amount(719), Ships: true,
		},
		{
			ID: "466157050", Kind: canonical.GiftCardLine, SKU: "GIFT-50", Title: "Gift card",
			Quantity: pieces(1), UnitPrice: canonical.NewDecimal(5000, 2), Discount: amount(0), Tax: amount(0),
		},
	}
}

// sampleAddress shows text in its three states: values, null for the company, "" for
// the second line, and no region at all.
func sampleAddress() *canonical.Address {
	return &canonical.Address{
		FirstName: canonical.NewText("Ann"), LastName: canonical.NewText("Lee"), Company: canonical.NullText(),
		Line1: canonical.NewText("Beispielweg 7"), Line2: canonical.NewText(""), City: canonical.NewText("Leipzig"),
		PostalCode: canonical.NewText("04109"), Country: "DE", Phone: canonical.NewText("+49 341 5550100"),
	}
}

func sampleCustomer() *canonical.Customer {
	return &canonical.Customer{
		ID: "207119551", Email: canonical.NewText("ann.lee@example.com"), FirstName: canonical.NewText("Ann"),
		LastName: canonical.NewText("Lee"), Company: canonical.NullText(), Phone: canonical.NewText("+49 341 5550100"),
		Address: sampleAddress(), UpdatedAt: sampleTime,
	}
}

func samplePayment() *canonical.Payment {
	return &canonical.Payment{
		ID: "389404469", Order: orderID, Name: "#1001", Method: canonical.Card, Gateway: "shopify_payments",
		Reference: "ch_3Qexample", Amount: amount(10190), Customer: "207119551", At: sampleTime.Add(2 * time.Second),
	}
}

// sampleRefund takes one shirt back, keeps a fee for it, and pays the rest to the card.
func sampleRefund(settled bool) *canonical.Refund {
	at := sampleTime.Add(120 * time.Hour)
	refund := &canonical.Refund{
		ID: "929361462", Order: orderID, Name: "#1001", Customer: "207119551", TaxIncluded: true,
		Lines: []canonical.RefundLine{{Line: "466157049", SKU: "00-TEE-RED-M", Title: "T-shirt, red, M", Quantity: pieces(1), Amount: amount(2250), Tax: amount(359), Restock: true}},
		Parts: []canonical.RefundPart{{Kind: canonical.RefundedAdjustment, Title: "Restocking fee", Amount: amount(-250), Tax: amount(0)}},
		Tax:   amount(359), Rounding: amount(0), Amount: amount(2000),
		Reason: canonical.NewText("too small"), Settled: settled, At: at,
	}
	if settled {
		refund.Transactions = []canonical.RefundTransaction{{
			ID: "389404470", Parent: "389404469", Method: canonical.Card, Gateway: "shopify_payments", Reference: "re_3Qexample", Amount: amount(2000), At: at,
		}}
	}
	return refund
}

func sampleProduct(active bool) *canonical.Product {
	return &canonical.Product{
		ID: "00-TEE-RED-M", SKU: "00-TEE-RED-M", Title: "T-shirt, red, M", Description: canonical.NewText("Heavy cotton"), Barcode: canonical.NewText("4006381333931"),
		Weight: &canonical.Quantity{Value: canonical.NewDecimal(18, 2), Unit: canonical.Kilogram}, Prices: samplePrices(), Active: active, UpdatedAt: sampleTime,
	}
}

// samplePrices are a price with a former one, and one that is finer than its currency.
func samplePrices() []canonical.Price {
	return []canonical.Price{
		{List: "5", Currency: "EUR", Amount: canonical.NewDecimal(2500, 2), CompareAt: canonical.NewDecimal(2990, 2)},
		{List: "5", Currency: "JPY", Amount: canonical.NewDecimal(41005, 1)},
	}
}

func sampleLevel() *canonical.InventoryLevel {
	onHand, available := pieces(40), pieces(38)
	return &canonical.InventoryLevel{
		SKU: "00-TEE-RED-M", Location: "655441491", OnHand: &onHand, Available: &available, At: sampleTime.Add(time.Hour),
	}
}

// sampleMovement is a box that was put on the shelf, or a piece that is missing.
func sampleMovement(received bool) *canonical.InventoryMovement {
	m := &canonical.InventoryMovement{
		ID: "32204-9", SKU: "00-TEE-RED-M", Location: "9", Change: canonical.NewDecimal(-1, 0), Reason: "InventoryAdjusted", At: sampleTime.Add(time.Hour),
	}
	if received {
		m.Change, m.Reason, m.Reference = canonical.NewDecimal(24, 0), "ReceivingStow", "WroAndBox 115316 7"
	}
	return m
}

func sampleRequest() *canonical.FulfillmentRequest {
	return &canonical.FulfillmentRequest{
		ID: orderID + "-1", Order: orderID, Location: "655441491", Service: "standard", Shipping: sampleAddress(), Lines: sampleParcel(2),
	}
}

func sampleParcel(n int64) []canonical.ShipmentLine {
	return []canonical.ShipmentLine{{Line: "466157049", SKU: "00-TEE-RED-M", Quantity: pieces(n)}}
}

// sampleShipment returns the shipment in the state of the event type.
func sampleShipment(eventType string) *canonical.Shipment {
	s := &canonical.Shipment{
		ID: "S-20417", Order: orderID, Status: canonical.Shipped, Location: "655441491", Carrier: "DHL", Service: "standard", Lines: sampleParcel(2),
		Tracking:  []canonical.Tracking{{Number: "00340434161094042557", URL: "https://tracking.example.com/00340434161094042557"}},
		ShippedAt: sampleTime.Add(20 * time.Hour),
	}
	switch eventType {
	case canonical.ShipmentUpdated:
		s.Tracking[0] = canonical.Tracking{Number: "00340434161094042564", URL: "https://tracking.example.com/00340434161094042564"}
	case canonical.ShipmentDelivered:
		s.Status, s.DeliveredAt = canonical.Delivered, sampleTime.Add(68*time.Hour)
	case canonical.ShipmentCancelledEvent:
		s.Status = canonical.ShipmentCancelled
	}
	return s
}

func sampleReturn(received bool) *canonical.Return {
	line := canonical.ReturnLine{Line: "466157049", SKU: "00-TEE-RED-M", Quantity: pieces(1)}
	if received {
		line.Restocked = new(pieces(1))
	}
	return &canonical.Return{
		ID: "945000954", Order: orderID, Lines: []canonical.ReturnLine{line}, Reason: canonical.NewText("too small"), Location: "655441491", At: sampleTime.Add(96 * time.Hour),
	}
}

// sampleWarehouseOrder returns the warehouse's order in the state of the event type.
func sampleWarehouseOrder(eventType string) *canonical.WarehouseOrder {
	w := &canonical.WarehouseOrder{
		ID: "56789012", Order: orderID, Status: canonical.WarehouseReleased, Service: "standard", ReleasedAt: sampleTime.Add(time.Hour),
		Lines: []canonical.WarehouseLine{{SKU: "00-TEE-RED-M", Ordered: pieces(2)}},
	}
	switch eventType {
	case canonical.OrderHeld:
		w.Status, w.Holds = canonical.WarehouseHeld, []canonical.Hold{{Reason: "OutOfStock", SKU: "00-TEE-RED-M"}}
	case canonical.ShipmentDiscrepancy:
		short := pieces(1)
		w.Status, w.Lines[0].Shipped = canonical.WarehouseDiscrepancy, &short
	case canonical.FulfillmentCancelled:
		w.Status = canonical.WarehouseCancelled
	}
	return w
}
