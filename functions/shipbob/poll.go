package shipbob

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway.example/functions/shipbob/rest"
	"causeway.example/functions/shipbob/returns"
	"causeway.example/functions/shipbob/stock"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/message"
	"causeway.example/shared/webapi"
	"causeway.example/shared/wire"
)

// poller is the connector.Poller.
type poller struct {
	*api
	now   func() time.Time
	stock stock.Poller
}

var _ connector.Poller = (*poller)(nil)

// Feeds returns the shipments of each channel's orders in two feeds of the account: by the last
// update, and by the last update of the tracking, which ShipBob lists by a time of its own. A third
// one has what the warehouse has of each order; no webhook reports that an order was taken in.
// Returns are listed by when they were created, and by when they were completed. Stock
// levels are one more if ShipBob is master of any.
func (p *poller) Feeds() []connector.Feed {
	return append([]connector.Feed{
		{Tenant: p.settings.Account, Topic: topicPolled, Entity: entityShipment},
		{Tenant: p.settings.Account, Topic: topicTracked, Entity: entityShipment},
		{Tenant: p.settings.Account, Topic: topicState, Entity: entityState, Unannounced: true},
		{Tenant: p.settings.Account, Topic: returns.TopicCreated, Entity: entityReturn},
		{Tenant: p.settings.Account, Topic: returns.TopicCompleted, Entity: entityReturn},
	}, p.stock.Feeds()...)
}

// updates are the parameters of the list that bound a feed's time.
var updates = map[string][2]string{
	topicPolled:  {"LastUpdateStartDate", "LastUpdateEndDate"},
	topicState:   {"LastUpdateStartDate", "LastUpdateEndDate"},
	topicTracked: {"LastTrackingUpdateStartDate", "LastTrackingUpdateEndDate"},
}

// window is the time in which a page lists orders that were last updated.
type window struct {
	topic    string // of the feed
	from, to int64  // seconds; to is included
}

// longest is the longest window of one page.
const longest = 7 * 24 * 60 * 60

// Changes lists the shipments of orders that were updated within a window, oldest first. ShipBob
// sorts by creation alone, so a window is read whole: one that does not fit into one page of the
// API is halved, and a second that does not fit is read page by page.
func (p *poller) Changes(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	if ask.Feed.Topic == stock.Topic {
		return p.stock.Changes(ctx, ask)
	}
	doing := "listing the orders of " + ask.Feed.Tenant + " at " + Name
	from := ask.Since.Unix()
	if ask.Cursor != "" {
		n, err := strconv.ParseInt(ask.Cursor, 10, 64)
		if err != nil {
			return connector.Page{}, &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "cursor", Doing: doing, Detail: "is not a cursor of this list"}
		}
		from = n
	}
	now := p.now().Unix()
	w := window{ask.Feed.Topic, from, max(min(from+longest, now), from)}
	for {
		bodies, total, err := p.list(ctx, w, 1, doing)
		if err != nil {
			return connector.Page{}, err
		}
		switch {
		case total > 1 && w.to > w.from:
			w.to = w.from + (w.to-w.from)/2
			continue
		case total > 1:
			if bodies, err = p.second(ctx, w, total, doing); err != nil {
				return connector.Page{}, err
			}
		}
		page := connector.Page{Changes: changes(bodies, w)}
		if w.to < now {
			page.Cursor = strconv.FormatInt(w.to+1, 10)
		}
		return page, nil
	}
}

// second reads all pages of one second, last to first: an order that is updated meanwhile leaves
// the second, and those behind it move to an earlier page.
func (p *poller) second(ctx context.Context, w window, pages int, doing string) (all [][]byte, err error) {
	for page := pages; page >= 1; page-- {
		bodies, _, err := p.list(ctx, w, page, doing)
		if err != nil {
			return nil, err
		}
		all = append(all, bodies...)
	}
	return all, nil
}

// list reads one page and the number of pages. The bounds of the API exclude their own second
// or include it, which is not documented: a second more on both sides is asked for, and what
// is outside is repeated at most.
func (p *poller) list(ctx context.Context, w window, page int, doing string) (bodies [][]byte, pages int, err error) {
	path, bounds, query := ordersPath, updates[w.topic], url.Values{"SortOrder": {"Oldest"}, "Page": {strconv.Itoa(page)}}
	if returns.Is(w.topic) {
		path, bounds, query = returns.Path, returns.Bounds[w.topic], url.Values{"SortOrder": {"Asc"}, "Cursor": {strconv.Itoa(page)}}
	}
	query.Set(bounds[0], stamp(w.from))
	query.Set(bounds[1], stamp(w.to+1))
	query.Set("Limit", strconv.Itoa(pageSize))
	answer, err := p.Call(ctx, webapi.Request{Method: http.MethodGet, Path: path, Doing: doing, Query: query}, "")
	if err != nil {
		return nil, 0, err
	}
	r := wire.NewReader(answer.Body, rest.Limits)
	bodies = readPage(r, w.topic)
	if err := r.Finish(); err != nil {
		return nil, 0, rest.Broken(doing, err)
	}
	return bodies, pagesOf(answer.Header, page, len(bodies)), nil
}

// readPage reads the entities of a page of a topic's list.
func readPage(r *wire.Reader, topic string) (bodies [][]byte) {
	if returns.Is(topic) {
		return returns.Page(r)
	}
	for range r.Array() {
		bodies = append(bodies, r.Raw())
	}
	return bodies
}

// pagesOf reads the header total-pages (developer.shipbob.com, "Build an Orders Integration").
// Without it, a full page has another one behind it.
func pagesOf(header http.Header, page, count int) int {
	if n, err := strconv.Atoi(header.Get("Total-Pages")); err == nil {
		return n
	}
	if count >= pageSize {
		return page + 1
	}
	return page
}

func stamp(second int64) string { return time.Unix(second, 0).UTC().Format(time.RFC3339) }

// changes returns the shipments of the orders, or of feed topicState the orders, oldest first.
func changes(bodies [][]byte, w window) (all []connector.Change) {
	if returns.Is(w.topic) {
		return sortedChanges(returns.Changes(bodies, w.topic, time.Unix(w.from, 0).UTC()))
	}
	states := map[message.Key]issued{}
	for _, body := range bodies {
		r := wire.NewReader(body, strictjson.Limits{})
		o := readOrder(r)
		err := r.Finish()
		if err != nil {
			all = append(all, connector.Change{ID: unreadablePrefix + o.id, At: time.Unix(w.from, 0).UTC(), Err: fault.Doing("reading order "+o.id+" of "+Name, err)})
			continue
		}
		switch {
		case o.issue == 0:
		case w.topic == topicState:
			states[o.key] = newerIssue(states[o.key], o, body)
		default:
			all = append(all, shipmentChanges(&o, w, body)...)
		}
	}
	for key, is := range states {
		all = append(all, connector.Change{ID: key.String(), Name: is.number, At: is.changed().UTC(), Body: is.body})
	}
	return sortedChanges(all)
}

// sortedChanges returns the changes oldest first.
func sortedChanges(all []connector.Change) []connector.Change {
	slices.SortStableFunc(all, func(a, b connector.Change) int {
		if n := a.At.Compare(b.At); n != 0 {
			return n
		}
		return strings.Compare(a.ID, b.ID)
	})
	return all
}

// issued is an issue of a store's order, as the list has it.
type issued struct {
	order
	body []byte
}

// newerIssue returns the later of two issues of one order: the state of the other is past.
func newerIssue(had issued, o order, body []byte) issued {
	if had.issue > o.issue {
		return had
	}
	return issued{o, body}
}

// shipmentChanges returns the order's shipments that other systems get.
func shipmentChanges(o *order, w window, body []byte) (all []connector.Change) {
	for i := range o.shipments {
		s := &o.shipments[i]
		if !s.isReported() {
			continue
		}
		change := connector.Change{ID: s.id, Name: o.number, At: s.updated.UTC(), Body: body}
		if w.topic == topicTracked {
			change.At = s.version().UTC()
		}
		all = append(all, change)
	}
	return all
}

// unreadablePrefix precedes the id of an order in the ID of a change that could not be read.
const unreadablePrefix = "order "

// Fetch returns the shipment's order from the list. An order that could not be read is fetched
// by its own id.
func (p *poller) Fetch(ctx context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	if feed.Topic == stock.Topic {
		return p.stock.Fetch(ctx, feed, change)
	}
	raw := &message.Raw{Tenant: feed.Tenant, Topic: feed.Topic, Trigger: message.Poll, ContentType: "application/json", Body: change.Body}
	if raw.Body == nil && returns.Is(feed.Topic) { // its translation fetches it
		raw.Body = []byte(`{"id":` + change.ID + `}`)
	}
	id, named := strings.CutPrefix(change.ID, unreadablePrefix)
	if raw.Body != nil || !named {
		return raw, nil
	}
	doing := "fetching order " + id + " of " + Name
	answer, err := p.Call(ctx, webapi.Request{Method: http.MethodGet, Path: ordersPath + "/" + url.PathEscape(id), Doing: doing}, "")
	if f := fault.As(err); f != nil && f.Status == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	raw.Body = answer.Body
	return raw, nil
}
