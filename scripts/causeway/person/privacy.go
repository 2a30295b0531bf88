package person

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"causeway.example/scripts/causeway/cli"
	"causeway.example/scripts/causeway/screen"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/port"
	"causeway.example/shared/privacy"
)

// shownRequest is a request of a store as it is printed.
type shownRequest struct {
	Event    string   `json:"request"`
	Kind     string   `json:"kind"`
	Customer string   `json:"customer,omitempty"`
	Orders   []string `json:"orders,omitempty"`
	Due      string   `json:"due"`
	Words    string   `json:"words"`
}

func (a *tool) privacyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "privacy", Short: "Requests about personal data that nobody has carried out yet", Args: cli.Args(cobra.NoArgs),
		Example: "  causeway privacy\n  causeway privacy --jq '.privacy[].request'",
		RunE: a.With(func(ctx context.Context, d *cli.Desk, _ []string) error {
			open, err := privacy.Requests(ctx, d.Ledger)
			if err != nil {
				return err
			}
			shown := []shownRequest{}
			for _, r := range open {
				shown = append(shown, shownRequest{r.Event, string(r.Kind), keyText(r.Subject.Customer), keyTexts(r.Subject.Orders), r.Due.Format("2006-01-02"), r.Words})
			}
			if err := a.Print("privacy", shown, screen.Anys(shown), func(w io.Writer) { a.showRequests(w, open) }); err != nil {
				return err
			}
			if len(open) > 0 {
				return screen.Result(screen.ExitAttention)
			}
			return nil
		}),
	}
	reason, did := "", ""
	done := &cobra.Command{
		Use: "done REQUEST", Short: "Record that a request was carried out", Args: cli.Args(cobra.ExactArgs(1)),
		Example: "  causeway privacy done 01jd3h8k2m5n7p9q --did 'data sent to the customer' --reason 'ticket 412'",
		RunE: a.With(func(ctx context.Context, d *cli.Desk, given []string) error {
			r, err := request(ctx, d, given[0])
			if err != nil {
				return err
			}
			if reason == "" || did == "" {
				return screen.ReasonMissing("recording a request", "say what was done with --did, and for whom with --reason")
			}
			err = privacy.Done(ctx, d.Ledger, r, privacy.Operation{At: a.Now(), Reason: reason, Build: "causeway"}, did+" by "+a.Who)
			if err == nil {
				a.Say("recorded")
			}
			return err
		}),
	}
	done.Flags().StringVar(&reason, "reason", "", "why, such as a ticket")
	done.Flags().StringVar(&did, "did", "", "what was done")
	cmd.AddCommand(done)
	return cmd
}

func (a *tool) showRequests(w io.Writer, open []privacy.Request) {
	if len(open) == 0 {
		fmt.Fprintln(w, "No request is open.")
	}
	for _, r := range open {
		fmt.Fprintf(w, "%s  due %s\n%s\n", r.Event, r.Due.Format("2006-01-02"), screen.Wrap(r.Words, "  ", a.Width))
		fmt.Fprintln(w, screen.Wrap("next: causeway erase --request "+r.Event, "  ", a.Width))
	}
}

// request returns the open request of the event.
func request(ctx context.Context, d *cli.Desk, event string) (privacy.Request, error) {
	open, err := privacy.Requests(ctx, d.Ledger)
	i := slices.IndexFunc(open, func(r privacy.Request) bool { return r.Event == event })
	if err == nil && i < 0 {
		err = screen.NotFound("reading request "+event, "there is no such open request; causeway privacy lists them")
	}
	if err != nil {
		return privacy.Request{}, err
	}
	return open[i], nil
}

// erasing are the flags of erase.
type erasing struct {
	emails  []string
	request string
	cli.Applying
}

func (a *tool) eraseCommand() *cobra.Command {
	f := &erasing{}
	cmd := &cobra.Command{
		Use: "erase [CUSTOMER]", Short: "Erase a person from everything that is stored here", Args: cli.Args(cobra.MaximumNArgs(1)),
		Long: `erase finds what is stored of a customer: dead letters, archived deliveries, exports, bodies,
ledger texts, search keys, notes and logs. CUSTOMER is a customer's id, customer/7, a whole
key, or an e-mail address. It shows the plan first, and erases with --yes --reason. Ids,
times and totals stay, and so does the proof: who, when, why and how much. What the targets
have is listed: it is to be erased there. Messages that are still to be delivered are left;
run it again when they have ended.

On AWS it needs the policy of an eraser, deletes older versions of objects too, and lists what
AWS keeps by itself and until when: backups of the table, the archive of the bus, logs. It
reads every archived object once.`,
		Example: "  causeway erase customer/7\n  causeway erase ada@example.com --yes --reason 'ticket 412'\n  causeway erase --request 01jd3h8k2m5n7p9q --email ada@example.com --yes --reason 'customers/redact'\n  causeway erase customer/7 --email ada@example.com --env prod-eu",
	}
	cmd.Flags().StringSliceVar(&f.emails, "email", nil, "the person's address, so that texts that have it are found; it is not stored")
	cmd.Flags().StringVar(&f.request, "request", "", "the request that is carried out (causeway privacy)")
	a.ApplyFlags(cmd, &f.Applying)
	cmd.RunE = a.With(func(ctx context.Context, d *cli.Desk, given []string) error {
		subject, err := a.subject(ctx, d, given, f)
		if err != nil {
			return err
		}
		return a.erase(ctx, d, subject, f)
	})
	return cmd
}

// subject returns the person that is meant, with the entities of theirs that the ledger knows.
func (a *tool) subject(ctx context.Context, d *cli.Desk, given []string, f *erasing) (s privacy.Subject, err error) {
	if len(given) == 0 && f.request == "" {
		return s, screen.Usage(errors.New("say who: a customer, or --request"))
	}
	if f.request != "" {
		r, err := request(ctx, d, f.request)
		if err != nil {
			return s, err
		}
		s = r.Subject
	}
	s.Emails = slices.Clone(f.emails)
	for _, text := range given {
		if strings.Contains(text, "@") {
			s.Emails = append(s.Emails, text)
		} else if s.Customer, err = customer(ctx, d, text); err != nil {
			return s, err
		}
	}
	if err := byEmail(ctx, d, &s); err != nil {
		return s, err
	}
	return s, theirs(ctx, d, &s)
}

// byEmail adds the entities that the ledger knows by the person's addresses.
func byEmail(ctx context.Context, d *cli.Desk, s *privacy.Subject) error {
	for _, email := range s.Emails {
		found, err := d.Find(ctx, email)
		if err != nil {
			return err
		}
		for _, c := range found {
			if c.Entity.Type == "customer" && s.Customer.ID == "" {
				s.Customer = c.Entity
			} else if c.Entity.Type != "customer" && c.Entity.Type != "delivery" {
				s.Orders = append(s.Orders, c.Entity)
			}
		}
	}
	return nil
}

// customer returns the one customer that the text means. A customer of whom the ledger knows
// nothing is named by a whole key.
func customer(ctx context.Context, d *cli.Desk, text string) (message.Key, error) {
	if key, err := message.ParseKey(text); err == nil {
		return key, nil
	}
	if !strings.Contains(text, "/") {
		text = "customer/" + text
	}
	found, err := d.Find(ctx, text)
	if err != nil {
		return message.Key{}, err
	}
	switch len(found) {
	case 0:
		return message.Key{}, screen.NotFound("erasing "+text, "no such customer is known; name it by its whole key, such as shopify/brand.myshopify.com/customer/7")
	case 1:
		return found[0].Entity, nil
	}
	var keys []string
	for _, c := range found {
		keys = append(keys, c.Entity.String())
	}
	return message.Key{}, screen.Usage(fmt.Errorf("%s can mean %s: name one", text, strings.Join(keys, ", ")))
}

// theirs adds the entities that came in one delivery with the customer, such as an order. A
// delivery is about one buyer.
func theirs(ctx context.Context, d *cli.Desk, s *privacy.Subject) error {
	if s.Customer.ID == "" {
		return nil
	}
	own, err := d.Ledger.Find(ctx, port.Query{Entity: s.Customer})
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, e := range own {
		if seen[e.Trace] {
			continue
		}
		seen[e.Trace] = true
		same, err := d.Ledger.Find(ctx, port.Query{Trace: e.Trace})
		if err != nil {
			return err
		}
		for _, of := range same {
			if slices.Contains([]string{"order", "payment", "refund", "shipment", "return"}, of.Entity.Type) {
				s.Orders = append(s.Orders, of.Entity)
			}
		}
	}
	slices.SortFunc(s.Orders, func(x, y message.Key) int { return cmp.Compare(x.String(), y.String()) })
	s.Orders = slices.Compact(s.Orders)
	return nil
}

// erasePlan is what is known before anything is erased.
type erasePlan struct {
	Customer string         `json:"customer,omitempty"`
	Orders   []string       `json:"orders,omitempty"`
	Found    privacy.Report `json:"found"`
	Erased   bool           `json:"erased"`
}

func (a *tool) erase(ctx context.Context, d *cli.Desk, s privacy.Subject, f *erasing) (err error) {
	stores, end, err := a.stores(ctx, d)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	plan := erasePlan{Customer: keyText(s.Customer), Orders: keyTexts(s.Orders), Erased: f.Yes}
	if !f.Yes {
		if plan.Found, err = privacy.Preview(ctx, stores, s); err != nil {
			return err
		}
		return a.Print("erase", plan, nil, func(w io.Writer) { a.showErase(w, plan) })
	}
	if f.Reason == "" {
		return screen.ReasonMissing("erasing a person", "say why with --reason; the proof keeps it")
	}
	if d.Person != nil {
		if err := d.Person.Check(ctx); err != nil {
			return err
		}
	}
	op := privacy.Operation{At: a.Now(), Reason: f.Reason + ", by " + a.Who, Request: f.request, Build: "causeway"}
	if plan.Found, err = privacy.Erase(ctx, stores, s, op); err != nil {
		return err
	}
	if err := a.Print("erase", plan, nil, func(w io.Writer) { a.showErase(w, plan) }); err != nil {
		return err
	}
	if plan.Found.Waiting > 0 || len(plan.Found.Tasks) > 0 {
		return screen.Result(screen.ExitAttention)
	}
	return nil
}

func (a *tool) showErase(w io.Writer, p erasePlan) {
	fmt.Fprintf(w, "customer %s\n", cmp.Or(p.Customer, "unknown"))
	if len(p.Orders) > 0 {
		fmt.Fprintln(w, screen.Wrap("with "+strings.Join(p.Orders, ", "), "  ", a.Width))
	}
	r := p.Found
	if p.Erased {
		fmt.Fprintln(w, screen.Wrap(fmt.Sprintf("erased: %s, %d archived deliveries, %d exported letters, %d bodies, texts of %d ledger entries, %d mentions in notes and logs",
			operate.Count(r.Letters, "dead letter"), r.Archived, r.Exported, r.Bodies, r.Entries, r.Mentions), "  ", a.Width))
	} else {
		fmt.Fprintln(w, screen.Wrap(operate.Count(r.Letters, "dead letter")+", and what the archive, the vault, exports, the ledger, notes and logs have, would be erased", "  ", a.Width))
	}
	if r.Waiting > 0 {
		fmt.Fprintln(w, screen.Wrap(fmt.Sprintf("%s still to be delivered: run this again when they have ended", operate.Count(r.Waiting, "message")), "  ", a.Width))
	}
	for _, task := range r.Tasks {
		fmt.Fprintln(w, screen.Wrap("to do at "+task.String(), "  ", a.Width))
	}
	for _, kept := range r.Kept {
		fmt.Fprintln(w, screen.Wrap("kept until "+kept.Until+": "+kept.Where+": "+kept.Words, "  ", a.Width))
	}
	if !p.Erased {
		a.Say("Nothing was erased. To erase: the same command with --yes --reason \"…\"")
	}
}

func keyText(key message.Key) string {
	if key.ID == "" {
		return ""
	}
	return key.String()
}

func keyTexts(keys []message.Key) (texts []string) {
	for _, key := range keys {
		texts = append(texts, key.String())
	}
	return texts
}
