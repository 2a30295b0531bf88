package suitetalk

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
	Customer        = "customer"
	SalesOrder      = "salesOrder"
	CustomerDeposit = "customerDeposit"

	InventoryAdjustment = "inventoryAdjustment"

	ItemFulfillment = "itemFulfillment"
	Invoice         = "invoice"
	CashSale        = "cashSale"
	CreditMemo      = "creditMemo"
	CashRefund      = "cashRefund"
	CustomerRefund  = "customerRefund"

	ReturnAuthorization = "returnAuthorization"
	ItemReceipt         = "itemReceipt"
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

// Open returns the client of an account, with a timeout of one request. It sends no request. Errors are fault.Rejected of class
// config and name the setting.
func Open(s Login, deps connector.Deps, timeout time.Duration) (*Client, error) {
	config := webapi.Config{
		BaseURL: s.baseURL(), Transport: deps.HTTP, Now: deps.Now, Timeout: timeout, Classify: Classify,
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

// Place is a record that a request is about.
type Place struct {
	Record   string // its type, such as SalesOrder
	External string // external id; "" of a record that is named by its internal id alone
	Doing    string // what is being done, for errors
}

// NewPlace returns the place of a record that is written.
func NewPlace(record, external string) Place {
	return Place{Record: record, External: external, Doing: "writing " + record + " " + external + " to netsuite"}
}

// ByExternal returns the external id in the form in which a path names it.
func (p *Place) ByExternal() string { return "eid:" + p.External }

// Upsert creates the record under its external id, and returns its internal id. The named
// sublist is replaced, so that a request that takes effect late adds no lines; "" for none. Errors
// are faults as Classify has them, in NetSuite's terms.
func (c *Client) Upsert(ctx context.Context, p Place, replace string, body []byte) (string, error) {
	id, err := c.write(ctx, http.MethodPut, p, p.ByExternal(), replace, body)
	if err != nil || id != "" {
		return id, err
	}
	return c.LookUp(ctx, p, p.ByExternal())
}

// Patch changes what the body names of the record with the internal id. Replace and errors are
// those of Upsert.
func (c *Client) Patch(ctx context.Context, p Place, id, replace string, body []byte) error {
	_, err := c.write(ctx, http.MethodPatch, p, id, replace, body)
	return err
}

// Delete removes the record with the internal id, if it is there.
func (c *Client) Delete(ctx context.Context, p Place, id string) error {
	_, err := c.write(ctx, http.MethodDelete, p, id, "", nil)
	if e := fault.As(err); e != nil && e.Code == missingRecord {
		return nil
	}
	return err
}

// Transform makes the record of what the source's internal id names, with the external id
// in the body, and returns its internal id. NetSuite rejects an external id that is taken. Lines
// that the body does not list are as NetSuite fills them in, unless the sublist is replaced.
func (c *Client) Transform(ctx context.Context, p Place, source, id, replace string, body []byte) (string, error) {
	made, err := c.send(ctx, http.MethodPost, p, source+"/"+id+"/!transform/"+p.Record, replace, body)
	if err != nil || made != "" {
		return made, err
	}
	return c.LookUp(ctx, p, p.ByExternal())
}

// write sends the body to a record, and returns the internal id if the answer names it.
func (c *Client) write(ctx context.Context, method string, p Place, id, replace string, body []byte) (string, error) {
	return c.send(ctx, method, p, p.Record+"/"+id, replace, body)
}

func (c *Client) send(ctx context.Context, method string, p Place, path, replace string, body []byte) (string, error) {
	query := url.Values{}
	if replace != "" {
		query.Set("replace", replace)
	}
	got, err := c.web.Do(ctx, webapi.Request{
		Method: method, Path: recordPath + path, Query: query, Body: body, Doing: p.Doing,
		// By default NetSuite ignores a property that it does not know.
		Header: jsonHeader("X-NetSuite-PropertyNameValidation", "Error"),
	})
	if err != nil {
		return "", err
	}
	if got.Status != http.StatusNoContent {
		return "", &fault.Error{
			Kind: fault.Unavailable, Class: fault.Ambiguous, Status: got.Status, Doing: p.Doing, Detail: "the answer is not that of a write",
		}
	}
	if id := lastPart(got.Header.Get("Location")); IsInternalID(id) {
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

// IsInternalID reports whether the text is one of NetSuite's numbers.
func IsInternalID(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// LookUp returns the internal id of the record with the internal id or "eid:" and its
// external id, "" if there is none.
func (c *Client) LookUp(ctx context.Context, p Place, id string) (string, error) {
	found, err := c.Get(ctx, p, id, url.Values{"fields": {"id"}})
	if err != nil || found == nil {
		return "", err
	}
	return found.Values["id"], nil
}

// Read returns the whole record with its sublists, nil if there is none.
func (c *Client) Read(ctx context.Context, p Place, id string) (*Document, error) {
	return c.Get(ctx, p, id, url.Values{"expandSubResources": {"true"}})
}

// Own returns our record: by its external id, or else by the internal id that the pipeline
// knows, as after the external id was changed. It is nil if NetSuite has neither.
func (c *Client) Own(ctx context.Context, p Place, ref string) (*Document, error) {
	found, err := c.Read(ctx, p, p.ByExternal())
	if err != nil || found != nil || ref == "" {
		return found, err
	}
	return c.Read(ctx, p, ref)
}

// Get returns what the query selects of the record with the internal id or "eid:" and its external
// id, nil if there is none.
func (c *Client) Get(ctx context.Context, p Place, id string, query url.Values) (*Document, error) {
	got, err := c.web.Do(ctx, webapi.Request{
		Method: http.MethodGet, Path: recordPath + p.Record + "/" + id, Query: query, WantJSON: true, Doing: p.Doing,
	})
	if e := fault.As(err); e != nil && e.Code == "NONEXISTENT_ID" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return readDocument(got.Body, p.Doing)
}
