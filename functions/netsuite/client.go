package netsuite

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/webapi"
)

// The records, as their paths name them.
const (
	customerRecord = "customer"
	orderRecord    = "salesOrder"
	depositRecord  = "customerDeposit"

	fulfillmentRecord = "itemFulfillment"
	invoiceRecord     = "invoice"
	cashSaleRecord    = "cashSale"
	creditMemoRecord  = "creditMemo"
	cashRefundRecord  = "cashRefund"
	payoutRecord      = "customerRefund"
)

const (
	recordPath = "/services/rest/record/v1/"
	queryPath  = "/services/rest/query/v1/suiteql"
)

// Client reads and writes the records of one account. It keeps nothing between calls but an
// access token.
type Client struct {
	web   *webapi.Client
	login Login
}

// open returns the client of an account. It sends no request. Errors are fault.Rejected of class
// config and name the setting.
func open(s Login, deps connector.Deps, timeout time.Duration) (*Client, error) {
	config := webapi.Config{
		BaseURL: s.baseURL(), Transport: deps.HTTP, Now: deps.Now, Timeout: timeout, Classify: classify,
	}
	if s.Auth == "oauth2" {
		tokens, err := openTokens(s, deps)
		if err != nil {
			return nil, err
		}
		config.Tokens = tokens
	} else {
		signer := tokenSigner{login: s, now: deps.Now, random: deps.Random}
		config.Authorize = signer.authorize
	}
	web, err := webapi.New(config)
	if err != nil {
		return nil, badSetting("NETSUITE_API_URL", "does not lead to NetSuite", err)
	}
	return &Client{web: web, login: s}, nil
}

// place is a record that a delivery is about.
type place struct {
	record   string
	external string // external id
	doing    string
}

// newPlace is the place of a record that is written.
func newPlace(record, external string) place {
	return place{record: record, external: external, doing: "writing " + record + " " + external + " to netsuite"}
}

func (p *place) byExternal() string { return "eid:" + p.external }

// upsert creates the record under its external id, and returns its internal id. The named
// sublist is replaced, so that a request that takes effect late adds no lines.
func (c *Client) upsert(ctx context.Context, p place, replace string, body []byte) (string, error) {
	id, err := c.write(ctx, http.MethodPut, p, p.byExternal(), replace, body)
	if err != nil || id != "" {
		return id, err
	}
	return c.lookUp(ctx, p, p.byExternal())
}

// patch changes what the body names of the record with the internal id.
func (c *Client) patch(ctx context.Context, p place, id, replace string, body []byte) error {
	_, err := c.write(ctx, http.MethodPatch, p, id, replace, body)
	return err
}

// transform makes the record of what the source's internal id names, with the external id
// in the body, and returns its internal id. NetSuite rejects an external id that is taken. Lines
// that the body does not list are as NetSuite fills them in, unless the sublist is replaced.
func (c *Client) transform(ctx context.Context, p place, source, id, replace string, body []byte) (string, error) {
	made, err := c.send(ctx, http.MethodPost, p, source+"/"+id+"/!transform/"+p.record, replace, body)
	if err != nil || made != "" {
		return made, err
	}
	return c.lookUp(ctx, p, p.byExternal())
}

// write sends the body to a record, and returns the internal id if the answer names it.
func (c *Client) write(ctx context.Context, method string, p place, id, replace string, body []byte) (string, error) {
	return c.send(ctx, method, p, p.record+"/"+id, replace, body)
}

func (c *Client) send(ctx context.Context, method string, p place, path, replace string, body []byte) (string, error) {
	query := url.Values{}
	if replace != "" {
		query.Set("replace", replace)
	}
	got, err := c.web.Do(ctx, webapi.Request{
		Method: method, Path: recordPath + path, Query: query, Body: body, Doing: p.doing,
		// By default NetSuite ignores a property that it does not know.
		Header: jsonHeader("X-NetSuite-PropertyNameValidation", "Error"),
	})
	if err != nil {
		return "", err
	}
	if got.Status != http.StatusNoContent {
		return "", &fault.Error{
			Kind: fault.Unavailable, Class: fault.Ambiguous, Status: got.Status, Doing: p.doing, Detail: "the answer is not that of a write",
		}
	}
	if id := lastPart(got.Header.Get("Location")); internalID(id) {
		return id, nil
	}
	return "", nil
}

func lastPart(location string) string { return location[strings.LastIndexByte(location, '/')+1:] }

func jsonHeader(name, value string) http.Header {
	h := http.Header{"Content-Type": {"application/json"}}
	h.Set(name, value)
	return h
}

// internalID reports whether the text is one of NetSuite's numbers.
func internalID(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// lookUp returns the internal id of the record with the internal id or "eid:" and its
// external id, "" if there is none.
func (c *Client) lookUp(ctx context.Context, p place, id string) (string, error) {
	found, err := c.get(ctx, p, id, url.Values{"fields": {"id"}})
	if err != nil || found == nil {
		return "", err
	}
	return found.values["id"], nil
}

// read returns the whole record with its sublists, nil if there is none.
func (c *Client) read(ctx context.Context, p place, id string) (*document, error) {
	return c.get(ctx, p, id, url.Values{"expandSubResources": {"true"}})
}

// own returns our record: by its external id, or else by the internal id that the pipeline
// knows, as after the external id was changed. It is nil if NetSuite has neither.
func (c *Client) own(ctx context.Context, p place, ref string) (*document, error) {
	found, err := c.read(ctx, p, p.byExternal())
	if err != nil || found != nil || ref == "" {
		return found, err
	}
	return c.read(ctx, p, ref)
}

func (c *Client) get(ctx context.Context, p place, id string, query url.Values) (*document, error) {
	got, err := c.web.Do(ctx, webapi.Request{
		Method: http.MethodGet, Path: recordPath + p.record + "/" + id, Query: query, WantJSON: true, Doing: p.doing,
	})
	if e := fault.As(err); e != nil && e.Code == "NONEXISTENT_ID" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return readDocument(got.Body, p.doing)
}
