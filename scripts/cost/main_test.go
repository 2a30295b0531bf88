package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"causeway.example/shared/canonical"
	"causeway.example/shared/routes"
)

// unitsOf returns the units of a line of the bill.
func unitsOf(t *testing.T, v variant, title string) int64 {
	t.Helper()
	for _, i := range v.items() {
		if i.title == title {
			return i.units
		}
	}
	t.Fatalf("the bill has no line %q", title)
	return 0
}

func TestCountsAreTheDesigns(t *testing.T) {
	t.Parallel()
	all := variants(3)
	base, url, single, together, inline, claim := all[0], all[1], all[2], all[3], all[4], all[5]
	for _, c := range []struct {
		v     variant
		title string
		want  int64 // per million webhooks
	}{
		{base, "HTTP API", 1_000_000},
		{url, "HTTP API", 0},
		{base, "door: Lambda time", 12_500}, // 50 ms of 256 MB
		{base, "inbox: SQS send", 1_000_000},
		{inline, "inbox: SQS send", 3_000_000},               // 100 KB in base64 and its envelope
		{claim, "inbox: SQS send", 1_000_000},                // the claim alone
		{base, "inbox: SQS receive and delete", 400_000},     // ten of 14 KB are three chunks, and one delete
		{single, "inbox: SQS receive and delete", 2_000_000}, // one each
		{base, "archive: S3 put", 100_000},
		{single, "archive: S3 put", 1_000_000},
		{base, "routes: SQS send", 3_000_000},
		{base, "deliver: Lambda time", 150_000},
		{together, "deliver: Lambda time", 15_000},
		{single, "deliver: Lambda time", 150_000},
		{base, "state and ledger: DynamoDB writes", 15_000_000},
		{base, "state: DynamoDB reads", 7_000_000},
		{base, "large bodies: S3 put", 0},
		{claim, "large bodies: S3 put", 2_000_000},
		{base, "logs", 1_000_000},                  // KB: a door's line and access line, 0.4 runs behind queues
		{url, "logs", 700_000},                     // no access log
		{claim, "large bodies: S3 get", 4_000_000}, // one to translate, three to deliver
	} {
		if got := unitsOf(t, c.v, c.title); got != c.want {
			t.Errorf("%s: %s takes %d, want %d", c.v.title, c.title, got, c.want)
		}
	}
}

// TestSumsAreThePriceLists checks lines that can be worked out by hand.
func TestSumsAreThePriceLists(t *testing.T) {
	t.Parallel()
	for want, i := range map[string]item{
		"1.00": {units: million, price: busEvent},
		"0.17": {units: 12_500, price: lambdaSecond},
		"9.38": {units: 15 * million, price: writeUnit},
		"0.01": {units: 10_000, price: busEvent},
		"0.00": {units: 4_999, price: busEvent},
	} {
		if got := dollars(i.cost()); got != want {
			t.Errorf("%d units at %d are %s, want %s", i.units, i.price, got, want)
		}
	}
	for _, v := range variants(2) {
		var sum int64
		for _, i := range v.items() {
			sum += i.cost()
		}
		if sum != v.total() || sum == 0 {
			t.Errorf("%s: the total is %d, its lines are %d", v.title, v.total(), sum)
		}
	}
}

func TestMoreTargetsCostMoreAndAURLLess(t *testing.T) {
	t.Parallel()
	for i := range variants(1) {
		if one, two := variants(1)[i], variants(2)[i]; one.total() >= two.total() {
			t.Errorf("%s: one target costs %d, two %d", one.title, one.total(), two.total())
		}
	}
	if all := variants(3); all[0].total()-all[1].total() < million || all[3].total() >= all[0].total() || all[2].total() <= all[0].total() {
		t.Error("a URL saves the HTTP API, working at once saves time, batches save requests")
	}
}

// The bill of an order by hand: 160 write units and 80 read units, 32 requests of 200 ms at 256 MB.
func TestTheBillOfAnOrderIsItsCounts(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	for _, i := range orderItems(variants(3)[0]) {
		got[i.title] = dollars(i.cost())
	}
	for title, want := range map[string]string{
		"state and ledger: DynamoDB writes": "100.00", "state: DynamoDB reads": "10.00", "deliver: Lambda time": "21.33", "bus: EventBridge": "11.00", "doors: HTTP API": "4.00",
	} {
		if got[title] != want {
			t.Errorf("%s: %s dollars, want %s", title, got[title], want)
		}
	}
}

func TestFlowsAreCountedFromTheRoutes(t *testing.T) {
	t.Parallel()
	table := []routes.Route{
		{From: "a", Flow: "orders", To: "x", Types: []string{canonical.OrderPlaced}},
		{From: "a", Flow: "orders", To: "y", Types: []string{canonical.OrderPlaced, canonical.OrderChanged}},
		{From: "b", Flow: "orders", To: "x", Types: []string{canonical.OrderPlaced}},
	}
	var out bytes.Buffer
	printFlows(&out, table)
	for _, want := range []string{
		"| a | order.placed | 2 | " + dollars(variants(2)[0].total()) + " |",
		"| a | order.changed | 1 | " + dollars(variants(1)[0].total()) + " |",
		"| b | order.placed | 1 | " + dollars(variants(1)[0].total()) + " |",
	} {
		if strings.Count(out.String(), want) != 1 {
			t.Errorf("the table is\n%swant once %s", out.String(), want)
		}
	}
}

// TestReadmeHasTheBill holds the table of infra/README.md equal to what the command prints.
func TestReadmeHasTheBill(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../infra/README.md")
	if err != nil {
		t.Fatal(err)
	}
	var bill bytes.Buffer
	printBill(&bill, variants(3))
	if !strings.Contains(string(readme), bill.String()) {
		t.Errorf("infra/README.md does not have the bill as make cost prints it:\n%s", bill.String())
	}
	var order bytes.Buffer
	printOrder(&order, variants(3)[0])
	if !strings.Contains(string(readme), order.String()) {
		t.Errorf("infra/README.md does not have the bill of an order as make cost prints it:\n%s", order.String())
	}
	if !strings.Contains(string(readme), pricesOf) {
		t.Errorf("infra/README.md does not say that the prices are of %s", pricesOf)
	}
}

func TestTheCommandRefusesWhatItCannotCount(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-targets", "-1"}, {"-targets", "many"}, {"-target", "3"}} {
		if err := run(args, &bytes.Buffer{}); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
	var out bytes.Buffer
	if err := run([]string{"-targets", "1"}, &out); err != nil || !strings.Contains(out.String(), "one event for 1 targets") {
		t.Errorf("it prints %s (%v)", out.String(), err)
	}
}
