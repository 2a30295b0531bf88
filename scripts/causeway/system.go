package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/intake"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/redrive"
	"causeway.example/shared/port"
	"causeway.example/shared/webhook/webhooktest"
)

// frozen is a State that stores nothing.
type frozen struct{ port.State }

// Put says that it was stored.
func (f frozen) Put(_ context.Context, item port.Item) (int64, error) { return item.Revision + 1, nil }

func (a *tool) replayCommand() *cobra.Command {
	r, f, now := redrive.Replay{}, &applying{}, false
	from, to := "", ""
	cmd := &cobra.Command{
		Use: "replay --to-route ROUTE", Short: "Translate archived deliveries again and send them to one route", Args: args(cobra.NoArgs),
		Long: `replay reads the archive, translates with the working translation, and says what the route would
get. With --apply it sends: events keep their ids, so that what the target has is skipped
there, and nothing older replaces anything newer.`,
		Example: "  causeway replay --to-route shopify-orders-to-netsuite --from 24h\n" +
			"  causeway replay --to-route shopify-orders-to-netsuite --from 24h --type 'order.*' --apply --reason 'decoder fixed'",
	}
	cmd.Flags().StringVar(&r.Route, "to-route", "", "the one route that gets them")
	cmd.Flags().StringVar(&from, "from", "24h", "archived at this time or later: 24h, 2d, or 2026-11-22T08:00:00Z")
	cmd.Flags().StringVar(&to, "to", "", "archived at this time or earlier")
	cmd.Flags().StringVar(&r.Type, "type", "", "pattern of event types, such as 'order.*'")
	cmd.Flags().StringVar(&r.Entity, "entity", "", "one entity: order/5001")
	cmd.Flags().IntVar(&r.Limit, "limit", 0, "events at most; 0: all")
	cmd.Flags().BoolVar(&now, "apply", false, "send them")
	a.applyFlags(cmd, f)
	must(cmd.RegisterFlagCompletionFunc("to-route", a.completeRoutes))
	cmd.RunE = a.with(func(ctx context.Context, d *desk, _ []string) error {
		err := a.prepareReplay(ctx, d, &r, from, to)
		if err != nil {
			return err
		}
		var found redrive.Replayed
		if now {
			if f.reason == "" {
				return reasonMissing("replaying", "say why with --reason; the ledger keeps it")
			}
			found, err = d.Send(ctx, r, f.reason)
		} else {
			found, err = d.Again(ctx, r, func(*message.Message, *message.Raw) error { return nil })
		}
		if err != nil {
			return err
		}
		return a.print("replay", found, nil, func(w io.Writer) { a.showReplay(w, r, found) })
	})
	return cmd
}

func (a *tool) prepareReplay(ctx context.Context, d *desk, r *redrive.Replay, from, to string) (err error) {
	route, ok := d.Route(r.Route)
	if !ok {
		return notFound("replaying", fmt.Sprintf("there is no route %q; --to-route names one of %s", r.Route, strings.Join(d.Queues(), ", ")))
	}
	if r.From, err = a.moment(from); err != nil {
		return err
	}
	if r.To, err = a.moment(to); err != nil {
		return err
	}
	if r.To.IsZero() {
		r.To = a.now()
	}
	system, err := a.systemOf(ctx, d, route.From)
	r.Source = system.Source
	return err
}

func (a *tool) showReplay(w io.Writer, r redrive.Replay, found redrive.Replayed) {
	fmt.Fprintf(w, "%s in the archive: %s for %s, %d make nothing, %d cannot be translated\n",
		operate.Count(found.Deliveries, "delivery"), operate.Count(found.Events, "event"), r.Route, found.Skipped, found.Failed)
	if found.FirstFailure != "" {
		fmt.Fprintln(w, wrap("first failure: "+found.FirstFailure, "  ", a.width))
	}
	if found.Sent > 0 {
		fmt.Fprintf(w, "%d were sent\n", found.Sent)
		return
	}
	fmt.Fprintln(w, "Nothing was sent. To send: the same command with --apply --reason \"…\"")
}

// lookBack is how far the archive is searched for the delivery of one event.
const lookBack = 14 * 24 * time.Hour

// archived returns the canonical event that the working translation makes, and the delivery
// that it is made of.
func (a *tool) archived(ctx context.Context, d *desk, m *message.Message) (again *message.Message, raw *message.Raw, err error) {
	if d.Archive == nil {
		return nil, nil, notFound("reading the archive", "this engine archives nothing")
	}
	system, err := a.systemOf(ctx, d, m.System())
	if err != nil {
		return nil, nil, err
	}
	for candidate, err := range d.Archive.Archived(ctx, m.System(), a.now().Add(-lookBack), a.now()) {
		if err != nil {
			return nil, nil, err
		}
		if candidate.ID == m.CausationID {
			raw = candidate
			break
		}
	}
	if raw == nil {
		return nil, nil, notFound("reading the archive", "the delivery "+m.CausationID+" is not in it")
	}
	messages, err := redrive.Translate(ctx, system.Source, raw)
	for _, candidate := range messages {
		if candidate.Type == m.Type && candidate.Subject == m.Subject {
			return candidate, raw, err
		}
	}
	return nil, raw, err
}

// deadEvent returns the canonical event of a dead letter.
func (a *tool) deadEvent(ctx context.Context, d *desk, id string) (*message.Message, operate.Letter, error) {
	l, in, found, err := d.Letter(ctx, id)
	if err != nil {
		return nil, l, err
	}
	if !found || l.Kind != operate.RouteLetter {
		return nil, l, notFound("reading "+id, "there is no dead event of this id; causeway dlq peek ROUTE lists them")
	}
	m, err := message.Decode(in.Body)
	if err != nil {
		return nil, l, err
	}
	m.Body, err = port.CheckOut(ctx, d.Vault, m.Body, m.Claim)
	return m, l, err
}

func (a *tool) diffCommand() *cobra.Command {
	return &cobra.Command{
		Use: "diff EVENT", Short: "A dead event beside the delivery that it was made of, field by field", Args: args(cobra.ExactArgs(1)),
		Long: `diff shows the canonical event as it died and the payload that it was translated from, from the
archive. Personal data is masked.`,
		Example: "  causeway diff 01jd3h8k2m5n7p9q",
		RunE: a.with(func(ctx context.Context, d *desk, given []string) error {
			m, l, err := a.deadEvent(ctx, d, given[0])
			if err != nil {
				return err
			}
			if err := a.noteLook(ctx, d, l); err != nil {
				return err
			}
			_, raw, err := a.archived(ctx, d, m)
			if err != nil && raw == nil {
				return err
			}
			source, event := operate.MaskPayload(raw.Body), operate.MaskEvent(m.Type, m.Body)
			if a.showPII {
				source, event = string(raw.Body), string(m.Body)
			}
			answer := map[string]any{"event_id": m.ID, "field": l.Cause.Field, "value": l.Value, "reason": l.Reason, "source": source, "canonical": event}
			return a.print("diff", answer, nil, func(w io.Writer) {
				fmt.Fprintf(w, "%s  rejected: %s %s\n\nSOURCE %s %s\n%s\n\nCANONICAL %s\n%s\n", l.Title(), l.Reason, l.Value, raw.System, raw.Topic, source, m.Type, event)
			})
		}),
	}
}

func (a *tool) mapCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "map", Short: "Try the translation", Args: args(cobra.NoArgs), Example: "  causeway map test 01jd3h8k2m5n7p9q",
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(&cobra.Command{
		Use: "test EVENT", Short: "Translate a dead event's delivery again, and show what would change; nothing is sent", Args: args(cobra.ExactArgs(1)),
		Example: "  causeway map test 01jd3h8k2m5n7p9q",
		RunE: a.with(func(ctx context.Context, d *desk, given []string) error {
			m, l, err := a.deadEvent(ctx, d, given[0])
			if err != nil {
				return err
			}
			if err := a.noteLook(ctx, d, l); err != nil {
				return err
			}
			again, _, err := a.archived(ctx, d, m)
			switch {
			case err != nil:
				return err
			case again == nil:
				return notFound("translating again", "the working translation makes no "+m.Type+" of "+m.Subject+" of the delivery")
			}
			changes, err := operate.Diff(m.Body, again.Body)
			if err != nil {
				return err
			}
			changes = a.masked(changes)
			return a.print("changes", changes, anys(changes), func(w io.Writer) { showChanges(w, l.Title(), changes) })
		}),
	})
	return cmd
}

func (a *tool) verifyCommand() *cobra.Command {
	headers := []string{}
	cmd := &cobra.Command{
		Use: "verify-webhook SYSTEM", Short: "Check the signature of a delivery that is read from standard input", Args: args(cobra.ExactArgs(1)),
		Example: "  causeway verify-webhook shopify -H 'X-Shopify-Topic: orders/create' -H 'X-Shopify-Shop-Domain: brand.myshopify.com' -H 'X-Shopify-Hmac-Sha256: …' < body.json",
		RunE: func(cmd *cobra.Command, given []string) error {
			header := http.Header{}
			for _, line := range headers {
				name, value, _ := strings.Cut(line, ":")
				header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
			}
			body, err := io.ReadAll(a.in)
			if err != nil {
				return err
			}
			system, err := a.system(given[0], nil)
			if err != nil {
				return err
			}
			raw, err := system.Source.Receive(cmd.Context(), connector.Request{Method: http.MethodPost, Header: header, Body: body, At: a.now()})
			if err != nil {
				return err
			}
			fmt.Fprintf(a.out, "the signature fits: %s of %s, %d bytes\n", raw.Topic, raw.Tenant, len(body))
			return nil
		},
	}
	cmd.Flags().StringArrayVarP(&headers, "header", "H", nil, "'Name: value'; may be given several times")
	return cmd
}

func (a *tool) webhookCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "webhook", Short: "Send a delivery as a store does", Args: args(cobra.NoArgs), Example: "  causeway webhook send shopify orders/create order.json",
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	door, shop, secret := "", "", ""
	send := &cobra.Command{
		Use: "send SYSTEM TOPIC FILE", Short: "Sign a payload file and post it to a door", Args: args(cobra.ExactArgs(3)),
		Example: "  causeway webhook send shopify orders/create order.json\n  causeway webhook send woocommerce order.created order.json --door http://127.0.0.1:4600",
		RunE: func(cmd *cobra.Command, given []string) error {
			body, err := os.ReadFile(given[2])
			if err != nil {
				return notFound("sending a webhook", err.Error())
			}
			request, err := signed(cmd.Context(), strings.TrimSuffix(door, "/")+"/hooks/"+given[0], given[0], given[1], shop, secret, body)
			if err != nil {
				return err
			}
			response, err := (&http.Client{Transport: a.transport, Timeout: 10 * time.Second}).Do(request)
			if err != nil {
				return &fault.Error{Kind: fault.Unavailable, Class: fault.Connection, Doing: "posting to " + door, Detail: "is the engine running?", Err: err}
			}
			defer func() { _ = response.Body.Close() }() // it is not read
			fmt.Fprintf(a.out, "%s", response.Status)
			if trace := response.Header.Get(intake.TraceHeader); trace != "" {
				fmt.Fprintf(a.out, "  causeway trace %s", trace)
			}
			fmt.Fprintln(a.out)
			if response.StatusCode >= http.StatusMultipleChoices {
				return result(exitSome)
			}
			return nil
		},
	}
	send.Flags().StringVar(&door, "door", "http://127.0.0.1:4600", "address of the doors")
	send.Flags().StringVar(&shop, "shop", "", "domain or address of the store (default: that of the fake)")
	send.Flags().StringVar(&secret, "secret", "", "signing secret (default: that of the fake)")
	cmd.AddCommand(send)
	return cmd
}

// signed returns the request that the store would send.
func signed(ctx context.Context, url, system, topic, shop, secret string, body []byte) (*http.Request, error) {
	switch system {
	case "shopify":
		return shopifytest.Delivery{Topic: topic, Body: body, Shop: cmp.Or(shop, shopifytest.Shop), Secret: secret}.Sign(ctx, url)
	case "woocommerce":
		request := woocommercetest.Sign(url, topic, body).WithContext(ctx)
		request.Body = io.NopCloser(bytes.NewReader(body))
		if shop != "" {
			request.Header.Set("X-WC-Webhook-Source", shop)
		}
		if secret != "" {
			const name = "X-WC-Webhook-Signature"
			request.Header.Set(name, webhooktest.SignBody(name, secret, body).Get(name))
		}
		return request, nil
	}
	return nil, notFound("signing", system+" sends no webhooks")
}
