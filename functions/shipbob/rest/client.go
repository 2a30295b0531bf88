package rest

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/webapi"
	"causeway.example/shared/wire"
)

// Client calls a version of ShipBob's API. It keeps nothing between calls.
type Client struct {
	version  string
	hasToken bool
	channels map[string]string // by store
	web      *webapi.Client
}

// Config is what a Client needs.
type Config struct {
	Token    connector.Secret
	Version  string
	Address  string
	Channels map[string]string // "shopify/brand.myshopify.com" -> "100001"
	Timeout  time.Duration
}

// Open returns a client. It sends no request. An address that is none is an error.
func Open(config Config, deps connector.Deps) (*Client, error) {
	web, err := webapi.New(webapi.Config{
		BaseURL: strings.TrimRight(config.Address, "/"), Transport: deps.HTTP, Now: deps.Now, Timeout: config.Timeout, Classify: classify,
		Authorize: func(r *http.Request) error {
			r.Header.Set("Authorization", "Bearer "+config.Token.Reveal())
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	return &Client{version: config.Version, hasToken: config.Token != "", channels: config.Channels, web: web}, nil
}

// channelHeader names the channel of a request.
const channelHeader = "shipbob_channel_id"

// Call sends a request to a path of the API's version. Without a token the error is of class config.
func (a *Client) Call(ctx context.Context, r webapi.Request, channel string) (webapi.Response, error) {
	if !a.hasToken {
		return webapi.Response{}, &fault.Error{
			Kind: fault.Rejected, Class: fault.Config, Field: "SHIPBOB_TOKEN", Doing: r.Doing, Detail: "is not set, and ShipBob's API is needed",
		}
	}
	r.Path, r.WantJSON, r.Header = "/"+a.version+r.Path, true, http.Header{}
	if r.Body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if channel != "" {
		r.Header[channelHeader] = []string{channel}
	}
	return a.web.Do(ctx, r)
}

// ChannelOf returns the channel of the order's store.
func (a *Client) ChannelOf(order message.Key) (string, error) {
	store := order.System + "/" + order.Tenant
	if channel := a.channels[store]; channel != "" {
		return channel, nil
	}
	return "", &fault.Error{
		Kind: fault.Rejected, Class: fault.Config, Field: "SHIPBOB_CHANNELS", Detail: "has no channel for " + store,
	}
}

// PageSize is the largest page of a list.
const PageSize = 250

// Check lists the channels that the token may use, which proves address and token, and that
// each configured channel is among them.
func (a *Client) Check(ctx context.Context) error {
	const doing = "listing the channels of shipbob"
	seen, err := a.listChannels(ctx, doing)
	if err != nil {
		e := *fault.As(err)
		switch {
		case e.Field != "":
		case e.Kind == fault.Unauthorized && e.Class == fault.Auth:
			e.Field = "SHIPBOB_TOKEN"
		default:
			e.Field = "SHIPBOB_API_URL"
		}
		return &e
	}
	for store, channel := range a.channels {
		if !slices.Contains(seen, channel) {
			return &fault.Error{
				Kind: fault.Rejected, Class: fault.Config, Field: "SHIPBOB_CHANNELS", Doing: doing,
				Detail: "the token has no access to channel " + channel + " of " + store,
			}
		}
	}
	return nil
}

// listChannels returns the ids of the channels, of all pages.
func (a *Client) listChannels(ctx context.Context, doing string) (ids []string, err error) {
	query := url.Values{"RecordsPerPage": {strconv.Itoa(PageSize)}}
	for range 100 {
		answer, err := a.Call(ctx, webapi.Request{Method: http.MethodGet, Path: "/channel", Query: query, Doing: doing}, "")
		if err != nil {
			return nil, err
		}
		next, r := "", wire.NewReader(answer.Body, Limits)
		for member := range r.Object() {
			switch member {
			case "items":
				ids = append(ids, readIDs(r)...)
			case "next":
				next = r.Word()
			}
		}
		if err := r.Finish(); err != nil {
			return nil, Broken(doing, err)
		}
		cursor := cursorOf(next)
		if cursor == "" {
			return ids, nil
		}
		query.Set("Cursor", cursor)
	}
	return ids, nil
}

func readIDs(r *wire.Reader) (ids []string) {
	if r.Null() {
		return nil
	}
	for range r.Array() {
		for member := range r.Object() {
			if member == "id" {
				ids = append(ids, r.ID())
			}
		}
	}
	return ids
}

// cursorOf returns the cursor of a "next" that is the address of a page, or the cursor itself.
func cursorOf(next string) string {
	address, err := url.Parse(next)
	if err != nil || address.RawQuery == "" {
		return next
	}
	return address.Query().Get("Cursor")
}

// Pages asks for the pages of a list, one after the other. page asks for one, and returns the address of
// the next, as the answer has it. It is false if there are more pages than that.
func Pages(query url.Values, most int, page func(url.Values) (next string, err error)) (whole bool, err error) {
	for range most {
		next, err := page(query)
		if err != nil {
			return false, err
		}
		following, more := nextQuery(next, query)
		if !more {
			return true, nil
		}
		query = following
	}
	return false, nil
}

// nextQuery returns the query of the next page of a list, whose address is next. There is none if next
// names none, or this one.
func nextQuery(next string, this url.Values) (query url.Values, more bool) {
	address, err := url.Parse(next)
	if next == "" || err != nil {
		return nil, false
	}
	query = address.Query()
	return query, len(query) > 0 && query.Encode() != this.Encode()
}

// BadAnswer is the detail of a fault of an answer that cannot be read.
const BadAnswer = "the answer does not match the API's schema"

// Broken returns the fault of an answer to a question that does not match the API's schema. It
// is asked again.
func Broken(doing string, err error) *fault.Error {
	return &fault.Error{Kind: fault.Unavailable, Class: fault.Intermittent, Doing: doing, Field: fault.As(err).Field, Detail: BadAnswer}
}
