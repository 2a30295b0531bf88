package main

import (
	"fmt"
	"io"
)

// count is how often an order on its whole way asks for something.
type count struct {
	name     string
	perOrder int64
	why      string
}

// The counts of an order with one line and a new customer that goes from the store to ERP, CRM and
// warehouse, and of whose shipment the store, the ERP and the CRM are told. A journey in package test
// plays it with the connectors, and counts: at the doors, the bus, the queues, the table and the
// fakes' APIs. It fails if a figure here is not what it counted.
var (
	webhooks = count{"webhooks", 4, "orders/create and orders/paid, the warehouse's order.shipped, and orders/updated, by which the store reports the fulfillment that was made in it"}
	events   = count{"events", 11, "three states of the order, each with its customer and its payment, the shipment, and what the warehouse has of the order"}
	copies   = count{"copies of events", 26, "the routes that take them, which skip what they have and what is another store's"}
	receives = count{"receives of copies", 34, "a copy whose order or customer is not at the target yet is received again"}
	requests = count{"requests to the systems", 32, "store 4, ERP 12, CRM 14, warehouse 2: reads before writes, contact, line items and links included"}
	writes   = count{"write units", 160, "claims, versions, permits and entries of the ledger, with pointers for the search"}
	reads    = count{"read units", 80, "the records of entities, targets and references"}
)

func counts() []count { return []count{webhooks, events, copies, receives, requests, writes, reads} }

// orderItems returns the bill of a million orders, by the sizes and times of a webhook.
func orderItems(v variant) []item {
	raw, event := v.body*4/3+envelope, v.body/2+envelope
	batch := int64(v.batch)
	runs := (webhooks.perOrder + receives.perOrder) * million / batch
	return []item{
		{"doors: HTTP API", webhooks.perOrder * v.apiRequests() * million, httpAPIRequest},
		{"doors: Lambda requests", webhooks.perOrder * million, lambdaRequest},
		{"doors: Lambda time", webhooks.perOrder * gigabyteSeconds(doorMillis, 1), lambdaSecond},
		{"inboxes: SQS", webhooks.perOrder * (million*chunks(raw) + v.taken(raw)), sqsRequest},
		{"archive: S3 put", webhooks.perOrder * v.batches(), s3Put},
		{"translate: Lambda time", webhooks.perOrder * gigabyteSeconds(translateMillis, v.together()), lambdaSecond},
		{"bus: EventBridge", events.perOrder * million * chunks(event), busEvent},
		{"routes: SQS", copies.perOrder*million*chunks(event) + receives.perOrder*v.taken(event), sqsRequest},
		{"translate, deliver: Lambda requests", runs, lambdaRequest},
		{"deliver: Lambda time", requests.perOrder * gigabyteSeconds(deliverMillis, v.together()), lambdaSecond},
		{"state and ledger: DynamoDB writes", writes.perOrder * million, writeUnit},
		{"state: DynamoDB reads", reads.perOrder * million, readUnit},
		{"logs", ((webhooks.perOrder*million+runs)*runLog + webhooks.perOrder*million*v.apiRequests()*accessLog) / 1000, logKilobyte},
	}
}

// printOrder prints what an order asks for, and what a million orders cost.
func printOrder(out io.Writer, v variant) {
	fmt.Fprintln(out, "| an order asks for | | because |\n|---|---:|---|")
	for _, c := range counts() {
		fmt.Fprintf(out, "| %s | %d | %s |\n", c.name, c.perOrder, c.why)
	}
	fmt.Fprintln(out, "\n| a million orders | dollars |\n|---|---:|")
	var sum int64
	for _, i := range orderItems(v) {
		sum += i.cost()
		printRow(out, i.title, []int64{i.cost()}, "")
	}
	printRow(out, "**total**", []int64{sum}, "**")
}
