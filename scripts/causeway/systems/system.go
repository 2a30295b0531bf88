package systems

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
	"causeway.example/scripts/causeway/cli"
	"causeway.example/scripts/causeway/screen"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/intake"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/redrive"
	"causeway.example/shared/webhook/webhooktest"
)

func (a *tool) replayCommand() *cobra.Command {
	r, f, now := redrive.Replay{}, &cli.Applying{}, false
	from, to := "", ""
	cmd := &cobra.Command{
		Use: "replay --to-route ROUTE", Short: "Translate archived deliveries again and send them to one route", Args: cli.Args(cobra.NoArgs),
		Long: `replay reads the archive, translates with the working translation, and says what the route would
get, and how that compares with what its target has. With --apply it sends: events keep their
ids, so that what the target has is skipped there, and nothing older replaces anything newer. An
entity that the corrected translation reads differently is replaced.`,
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
	a.ApplyFlags(cmd, f)
	cli.Must(cmd.RegisterFlagCompletionFunc("to-route", a.CompleteRoutes))
	cmd.RunE = a.With(func(ctx context.Context, d *cli.Desk, _ []string) error {
		err := a.prepareReplay(ctx, d, &r, from, to)
		if err != nil {
			return err
		}
		var found redrive.Replayed
		if now {
			if f.Reason == "" {
				return screen.ReasonMissing("replaying", "say why with --reason; the ledger keeps it")
			}
			found, err = d.Send(ctx, r, f.Reason)
		} else {
			found, err = d.Preview(ctx, r)
		}
		if err != nil {
			return err
		}
		return a.Print("replay", found, nil, func(w io.Writer) { a.showReplay(w, r, found) })
	})
	return cmd
}

func (a *tool) prepareReplay(ctx context.Context, d *cli.Desk, r *redrive.Replay, from, to string) (err error) {
	route, ok := d.Route(r.Route)
	if !ok {
		return screen.NotFound("replaying", fmt.Sprintf("there is no route %q; --to-route names one of %s", r.Route, strings.Join(d.Queues(), ", ")))
	}
	if r.From, err = a.Moment(from); err != nil {
		return err
	}
	if r.To, err = a.Moment(to); err != nil {
		return err
	}
	if r.To.IsZero() {
		r.To = a.Now()
	}
	system, err := a.SystemOf(ctx, d, route.From)
	r.Source = system.Source
	return err
}

func (a *tool) showReplay(w io.Writer, r redrive.Replay, found redrive.Replayed) {
	fmt.Fprintf(w, "%s in the archive: %s for %s, %d make nothing, %d cannot be translated\n",
		operate.Count(found.Deliveries, "delivery"), operate.Count(found.Events, "event"), r.Route, found.Skipped, found.Failed)
	if found.FirstFailure != "" {
		fmt.Fprintln(w, screen.Wrap("first failure: "+found.FirstFailure, "  ", a.Width))
	}
	for _, part := range []struct {
		n    int
		what string
	}{
		{found.There, "are at the target as they are: skipped there"},
		{found.Newer, "have a newer version at the target: superseded there"},
		{found.Missing, "are not at the target, or in an older version"},
		{found.Differ, "differ from what the target has of the same version: replaced there"},
	} {
		if part.n > 0 {
			a.Field(w, fmt.Sprint(part.n), part.what)
		}
	}
	for _, c := range found.Changes {
		a.Field(w, "differs", c.Title+"  causeway trace '"+c.Entity.String()+"'")
	}
	if found.Sent > 0 {
		fmt.Fprintf(w, "%d were sent\n", found.Sent)
		return
	}
	fmt.Fprintln(w, "Nothing was sent. To send: the same command with --apply --reason \"…\"")
}

func (a *tool) verifyCommand() *cobra.Command {
	headers := []string{}
	cmd := &cobra.Command{
		Use: "verify-webhook SYSTEM", Short: "Check the signature of a delivery that is read from standard input", Args: cli.Args(cobra.ExactArgs(1)),
		Example: "  causeway verify-webhook shopify -H 'X-Shopify-Topic: orders/create' -H 'X-Shopify-Shop-Domain: brand.myshopify.com' -H 'X-Shopify-Hmac-Sha256: …' < body.json",
		RunE: func(cmd *cobra.Command, given []string) error {
			header := http.Header{}
			for _, line := range headers {
				name, value, _ := strings.Cut(line, ":")
				header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
			}
			body, err := io.ReadAll(a.In)
			if err != nil {
				return err
			}
			system, err := a.System(cmd.Context(), given[0], nil)
			if err != nil {
				return err
			}
			raw, err := system.Source.Receive(cmd.Context(), connector.Request{Method: http.MethodPost, Header: header, Body: body, At: a.Now()})
			if err != nil {
				return err
			}
			fmt.Fprintf(a.Out, "the signature fits: %s of %s, %d bytes\n", raw.Topic, raw.Tenant, len(body))
			return nil
		},
	}
	cmd.Flags().StringArrayVarP(&headers, "header", "H", nil, "'Name: value'; may be given several times")
	return cmd
}

func (a *tool) webhookCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "webhook", Short: "Send a delivery as a store does", Args: cli.Args(cobra.NoArgs), Example: "  causeway webhook send shopify orders/create order.json",
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	door, shop, secret := "", "", ""
	send := &cobra.Command{
		Use: "send SYSTEM TOPIC FILE", Short: "Sign a payload file and post it to a door", Args: cli.Args(cobra.ExactArgs(3)),
		Example: "  causeway webhook send shopify orders/create order.json\n  causeway webhook send woocommerce order.created order.json --door http://127.0.0.1:4600",
		RunE: func(cmd *cobra.Command, given []string) error {
			body, err := os.ReadFile(given[2])
			if err != nil {
				return screen.NotFound("sending a webhook", err.Error())
			}
			request, err := signed(cmd.Context(), strings.TrimSuffix(door, "/")+"/hooks/"+given[0], given[0], given[1], shop, secret, body)
			if err != nil {
				return err
			}
			response, err := (&http.Client{Transport: a.Transport, Timeout: 10 * time.Second}).Do(request)
			if err != nil {
				return &fault.Error{Kind: fault.Unavailable, Class: fault.Connection, Doing: "posting to " + door, Detail: "is the engine running?", Err: err}
			}
			defer func() { _ = response.Body.Close() }() // it is not read
			fmt.Fprintf(a.Out, "%s", response.Status)
			if trace := response.Header.Get(intake.TraceHeader); trace != "" {
				fmt.Fprintf(a.Out, "  causeway trace %s", trace)
			}
			fmt.Fprintln(a.Out)
			if response.StatusCode >= http.StatusMultipleChoices {
				return screen.Result(screen.ExitSome)
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
	return nil, screen.NotFound("signing", system+" sends no webhooks")
}
