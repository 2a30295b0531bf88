// Command cost prints what a million webhooks cost on AWS, and what a million orders cost that go
// through store, ERP, CRM and warehouse and back, from what the design itself asks of it: requests,
// write units, seconds of functions.
//
//	go run ./scripts/cost                # three targets, every flow of the route table, an order
//	go run ./scripts/cost -targets 1
//
// Prices stand in prices.go, with their date and region. What a webhook asks for stands in
// counts.go, each figure with the place that decides it; sizes and times are assumptions
// and named as such. The counts of an order in circle.go are measured. All sums are integers: units per million webhooks, and micro-dollars
// per million units.
//
// It covers what grows with the traffic. What an installation costs while nothing comes in
// (alarms, secrets, idle polling of queues) is in infra/README.md.
package main
