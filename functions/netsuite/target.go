package netsuite

import (
	"context"
	"net/http"
	"net/url"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/webapi"
)

// target implements connector.Target and connector.Checker. It keeps nothing between calls.
type target struct {
	settings Settings
	client   *webapi.Client
	rules    connector.Rules // nil if none is set
}

// records names the records that an entity of each type can be.
var records = map[string][]string{
	"customer": {customerRecord}, "order": {orderRecord}, "payment": {depositRecord}, "refund": {payoutRecord, cashRefundRecord},
	"shipment": {fulfillmentRecord},
}

// Deliver makes the record with the choices of the rules, all of which are made before the
// first request.
func (t *target) Deliver(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
	if t.rules == nil {
		return t.deliver(ctx, d)
	}
	chosen, err := t.rules.Decide(d.Message, d.Body, "")
	if err != nil {
		return connector.Receipt{}, err
	}
	with := *t
	with.settings.chosen = chosen
	receipt, err := with.deliver(ctx, d)
	receipt.Notes = append(receipt.Notes, chosen.Notes()...)
	return receipt, err
}

// choice returns the choice of a rule for the message at hand, about the part with the path; ""
// if there is no rule, or it has no opinion.
func (s *Settings) choice(rule, field string) string {
	if s.chosen == nil {
		return ""
	}
	return s.chosen.Of(rule, field)
}

func (t *target) deliver(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
	switch body := d.Body.(type) {
	case *canonical.Customer:
		return t.deliverCustomer(ctx, d, body)
	case *canonical.Order:
		return t.deliverOrder(ctx, d, body)
	case *canonical.Payment:
		return t.deliverPayment(ctx, d, body)
	case *canonical.Refund:
		return t.deliverRefund(ctx, d, body)
	case *canonical.Shipment:
		return t.deliverShipment(ctx, d, body)
	}
	return connector.Receipt{}, fault.New(fault.Unknown, fault.Bug, "delivering "+d.Message.Type+" to netsuite", "there is no operation for it")
}

func (t *target) Find(ctx context.Context, key message.Key) (string, error) {
	p := place{external: ExternalID(key), doing: "looking up " + key.Type + " " + ExternalID(key) + " at netsuite"}
	if len(records[key.Type]) == 0 {
		return "", fault.New(fault.Unknown, fault.Bug, p.doing, "it has no record in NetSuite")
	}
	for _, p.record = range records[key.Type] {
		if id, err := t.lookUp(ctx, p, p.byExternal()); err != nil || id != "" {
			return id, err
		}
	}
	return "", nil
}

// Check makes a query without a result, with the credentials and the permissions that a
// delivery needs, and reads a record that is not there, which shows NetSuite's language.
func (t *target) Check(ctx context.Context) error {
	const doing = "checking the connection to netsuite"
	_, err := t.query(ctx, "SELECT id FROM customer WHERE id = 0", doing)
	if err == nil {
		return t.checkLanguage(ctx, doing)
	}
	e := *fault.As(err)
	switch {
	case e.Class == fault.Connection || e.Class == fault.Config:
		e.Field = "NETSUITE_ACCOUNT, NETSUITE_API_URL"
	case e.Kind == fault.Unauthorized && t.settings.Auth == "oauth2":
		e.Field = "NETSUITE_CLIENT_ID, NETSUITE_CERTIFICATE_ID, NETSUITE_PRIVATE_KEY"
	case e.Kind == fault.Unauthorized:
		e.Field = "NETSUITE_CONSUMER_KEY, NETSUITE_CONSUMER_SECRET, NETSUITE_TOKEN_ID, NETSUITE_TOKEN_SECRET"
	}
	return &e
}

// checkLanguage demands English of the integration's user: most causes are only in the text.
func (t *target) checkLanguage(ctx context.Context, doing string) error {
	_, err := t.client.Do(ctx, webapi.Request{
		Method: http.MethodGet, Path: recordPath + customerRecord + "/eid:causeway-check", Query: url.Values{"fields": {"id"}}, WantJSON: true, Doing: doing,
	})
	e := fault.As(err)
	switch {
	case e == nil || e.Code == missingRecord && e.Detail != notEnglish:
		return nil
	case e.Detail == notEnglish:
		return &fault.Error{
			Kind: fault.Rejected, Class: fault.Config, Doing: doing, Field: "the integration's user",
			Detail: notEnglish + "; set the language of the integration's user to English",
		}
	}
	return err
}

func placeOf(d connector.Delivery, record string) place {
	external := ExternalID(d.Message.Key())
	return place{record: record, external: external, doing: "writing " + record + " " + external + " to netsuite"}
}
