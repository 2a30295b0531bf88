package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/port"
)

// welcome prints what listens and how to send a webhook by hand.
func (p *program) welcome() {
	door := p.ports[len(p.ports)-1].address
	slices.SortFunc(p.ports, func(a, b listener) int { return strings.Compare(a.address, b.address) })
	for _, l := range p.ports {
		fmt.Printf("%-18s %s\n", l.address, l.what)
	}
	fmt.Printf("state in %s, log in %s/causeway.log\n\nsend a webhook of your own:\n\n%s\n\n", p.options.data, p.options.data, curl(door))
	fmt.Printf("where an order is:    bin/causeway trace 1001%s\nwhat is dead and why: bin/causeway why%s\n\n", p.dataFlag(), p.dataFlag())
}

// dataFlag is what the operator's command needs to find this engine's folder.
func (p *program) dataFlag() string {
	if p.options.data == "data" {
		return ""
	}
	return " --data " + p.options.data
}

// curl returns a line of shell that sends a signed webhook.
func curl(door string) string {
	return `b='{"id":7,"email":"ada@example.com","first_name":"Ada","updated_at":"2026-11-22T16:05:44-05:00"}'; ` +
		`curl -i http://` + door + `/hooks/shopify -H 'Content-Type: application/json' -H 'X-Shopify-Topic: customers/create' ` +
		`-H 'X-Shopify-Shop-Domain: ` + shopifytest.Shop + `' -H "X-Shopify-Webhook-Id: $RANDOM" ` +
		`-H "X-Shopify-Hmac-Sha256: $(printf %s "$b" | openssl dgst -sha256 -hmac ` + shopifytest.Secret + ` -binary | base64)" -d "$b"`
}

// printDead prints each dead letter with its reason.
func (p *program) printDead(ctx context.Context) error {
	for _, stage := range []port.Stage{port.Dead, port.Parked} {
		entries, err := p.store.Find(ctx, port.Query{Stage: stage})
		if err != nil {
			return err
		}
		for _, e := range entries {
			reason := e.Outcome
			if e.Error != nil {
				reason = fmt.Sprintf("%s [%s %s]", e.Error.Message, e.Error.Class, e.Error.Fingerprint)
			}
			fmt.Printf("%s  %s %s  %s\n", e.Stage, e.Type, e.Entity, reason)
		}
	}
	return nil
}
