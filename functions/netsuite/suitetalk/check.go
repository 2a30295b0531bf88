package suitetalk

import (
	"context"
	"net/http"
	"net/url"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/webapi"
)

var _ connector.Checker = (*Client)(nil)

// Check makes a query without a result, with the credentials and the permissions that a
// delivery needs, and reads a record that is not there, which shows NetSuite's language.
func (c *Client) Check(ctx context.Context) error {
	const doing = "checking the connection to netsuite"
	_, err := c.query(ctx, "SELECT id FROM customer WHERE id = 0", doing)
	if err == nil {
		return c.checkLanguage(ctx, doing)
	}
	e := *fault.As(err)
	switch {
	case e.Class == fault.Connection || e.Class == fault.Config:
		e.Field = "NETSUITE_ACCOUNT, NETSUITE_API_URL"
	case e.Kind == fault.Unauthorized && c.login.Auth == "oauth2":
		e.Field = "NETSUITE_CLIENT_ID, NETSUITE_CERTIFICATE_ID, NETSUITE_PRIVATE_KEY"
	case e.Kind == fault.Unauthorized:
		e.Field = "NETSUITE_CONSUMER_KEY, NETSUITE_CONSUMER_SECRET, NETSUITE_TOKEN_ID, NETSUITE_TOKEN_SECRET"
	}
	return &e
}

// checkLanguage demands English of the integration's user: most causes are only in the text.
func (c *Client) checkLanguage(ctx context.Context, doing string) error {
	_, err := c.web.Do(ctx, webapi.Request{
		Method: http.MethodGet, Path: recordPath + Customer + "/eid:causeway-check", Query: url.Values{"fields": {"id"}}, WantJSON: true, Doing: doing,
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
