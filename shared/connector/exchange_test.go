package connector_test

import (
	"context"
	"strings"
	"testing"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

func customerBody(t *testing.T) []byte {
	t.Helper()
	body, err := canonical.Encode(&canonical.Customer{
		ID: "7", Email: canonical.NewText("ada@example.com"), FirstName: canonical.NewText("Ada"), LastName: canonical.NewText("Lovelace-Byron"),
		Phone: canonical.NewText("+1 (555) 010-0199"), Address: &canonical.Address{Line1: canonical.NewText("12 Oak of the Hill"), City: canonical.NewText("Po"), Country: "GB"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// Personal data is hidden in every form in which a connector or a vendor writes it.
func TestExchangeOfAFailureHidesPersonalData(t *testing.T) {
	t.Parallel()
	x := connector.Exchange{
		Method: "PUT", Path: "/record/customer/eid:shopify__7", Status: 400, RequestID: "r-1",
		Request: `{"addressee":"Ada Lovelace","cut":"Ada Lovel…","whole":"ada lovelace-byron","phone":"15550100199","number":15550100199,"city":"Po",` +
			`"addr1":"12 Oak of","currency":{"id":"1"},"externalId":"TEE-BLK-M","quantity":2,"access_token":"abc","nested":[{"email":"ADA@example.com"}]}`,
		Answer: `{"title":"Bad Request","detail":"Invalid value for the field 'item' of the customer Ada: 'Bob of Paris' and bob@example.com, +1 555 010 0199","code":"INVALID_VALUE","path":"item.items[0].item"}`,
	}
	kept := x.Failed(&fault.Error{Kind: fault.Rejected}, canonical.CustomerUpserted, customerBody(t))
	for _, text := range []string{"Ada", "ada", "Lovel", "lovel", "555", "199", "Po\"", "Oak", "Bob", "bob", "abc", "ADA"} {
		if strings.Contains(kept.Request, text) || strings.Contains(kept.Answer, text) {
			t.Errorf("%q is shown in %s\n%s", text, kept.Request, kept.Answer)
		}
	}
	for _, text := range []string{`"currency":{"id":"1"}`, `"externalId":"TEE-BLK-M"`, `"quantity":2`} {
		if !strings.Contains(kept.Request, text) {
			t.Errorf("%s is hidden in %s", text, kept.Request)
		}
	}
	for _, text := range []string{"Invalid value for the field 'item' of the customer", "INVALID_VALUE", "item.items[0].item"} {
		if !strings.Contains(kept.Answer, text) {
			t.Errorf("%s is hidden in %s", text, kept.Answer)
		}
	}
	if kept.Status != 400 || kept.RequestID != "r-1" || kept.Path != x.Path {
		t.Errorf("kept %+v", kept)
	}
}

func TestExchangeIsBounded(t *testing.T) {
	t.Parallel()
	x := connector.Exchange{Method: "PUT", Path: "/x", Request: `{"a":"` + strings.Repeat("é ", 100_000) + `"}`, Answer: strings.Repeat("no ", 100_000)}
	body := customerBody(t)
	kept := x.Failed(&fault.Error{Kind: fault.Rejected}, canonical.CustomerUpserted, body)
	if n := len([]rune(kept.Request)) + len([]rune(kept.Answer)); n > 1500 || kept.Request == "" || kept.Answer == "" {
		t.Errorf("%d characters are kept", n)
	}
	if kept = x.Failed(&fault.Error{Kind: fault.Throttled}, canonical.CustomerUpserted, body); kept.Request != "" {
		t.Error("the request of a throttled call is kept, and says nothing about the failure")
	}
	x.Request = "grant_type=client_credentials&client_assertion=abc"
	if kept = x.Failed(&fault.Error{Kind: fault.Rejected}, canonical.CustomerUpserted, body); kept.Request != "" {
		t.Errorf("a form is kept: %s", kept.Request)
	}
	if kept = x.Failed(&fault.Error{Kind: fault.Rejected}, "unheard", body); kept.Request != "" || kept.Answer != "" {
		t.Error("bodies are kept although nothing shows what is personal")
	}
	if kept = (connector.Exchange{}).Failed(&fault.Error{}, canonical.CustomerUpserted, body); kept != nil {
		t.Errorf("without a request it is %+v", kept)
	}
}

func TestExchangeOfASuccessIsStatusAndID(t *testing.T) {
	t.Parallel()
	x := connector.Exchange{Method: "PUT", Path: "/x", Status: 204, RequestID: "r", Request: "{}", Answer: "{}"}
	if kept := x.Succeeded(); *kept != (connector.Exchange{Status: 204, RequestID: "r"}) {
		t.Errorf("kept %+v", kept)
	}
	x.Status = 404
	if kept := x.Succeeded(); kept != nil {
		t.Errorf("a look-up that found nothing is kept: %+v", kept)
	}
}

func TestExchangeOfAContext(t *testing.T) {
	t.Parallel()
	var x connector.Exchange
	ctx := connector.WithExchange(t.Context(), &x)
	if connector.ExchangeOf(ctx) != &x || connector.ExchangeOf(connector.WithExchange(ctx, nil)) != nil || connector.ExchangeOf(context.Background()) != nil {
		t.Error("the exchange of a context is another")
	}
}
