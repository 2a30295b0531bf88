package movement

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway.example/functions/shipbob/rest"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/webapi"
	"causeway.example/shared/wire"
)

// entity is the type of a movement, as in keys.
const entity = "movement"

// path is that of the inventory history.
const path = "/inventory/history:query"

// The categories that are published.
const (
	stowed   = "ReceivingStow"
	adjusted = "InventoryAdjusted"
	moved    = "InventoryFacilityUpdated"
)

// list is the list of one category at one fulfillment center.
type list struct{ category, center string }

// topics begins the topic of each list, which has category and center behind it.
const topics = "inventory.history/"

func (l list) topic() string { return topics + l.category + "/" + l.center }

// listOf returns the list of a topic; false if it is none of this package.
func listOf(topic string) (l list, ours bool) {
	rest, ours := strings.CutPrefix(topic, topics)
	l.category, l.center, _ = strings.Cut(rest, "/")
	return l, ours
}

// Poller is the connector.Poller of the account's movements, and of all that another Poller has.
type Poller struct {
	connector.Poller
	Call    func(context.Context, webapi.Request) (webapi.Response, error) // of a path below the API's version
	Account string                                                         // in the keys of movements
	Centers []string                                                       // fulfillment centers whose movements are published
	Now     func() time.Time
}

var _ connector.Poller = (*Poller)(nil)

// Feeds returns three lists for each fulfillment center, and those of the other Poller.
func (p *Poller) Feeds() []connector.Feed {
	all := p.Poller.Feeds()
	for _, center := range p.Centers {
		for _, category := range []string{stowed, adjusted, moved} {
			all = append(all, connector.Feed{Tenant: p.Account, Topic: list{category, center}.topic(), Entity: entity, Unannounced: true})
		}
	}
	return all
}

// window is the time of one page.
type window struct {
	from, to time.Time // to is not included
	last     bool      // it has no end
}

// has reports whether the time is within the window.
func (w window) has(at time.Time) bool { return !at.Before(w.from) && (w.last || at.Before(w.to)) }

// ShipBob lists 90 days, and a page has at most so many.
const (
	longest = 89 * 24 * time.Hour
	perPage = 30 * 24 * time.Hour
)

// mostPages bounds a list whose pages never end.
const mostPages = 10_000

// windowOf returns the time of the page that is asked for.
func (p *Poller) windowOf(ask connector.Ask, doing string) (w window, err error) {
	w.from = ask.Since.UTC()
	if ask.Cursor != "" {
		second, err := strconv.ParseInt(ask.Cursor, 10, 64)
		if err != nil {
			return w, &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "cursor", Doing: doing, Detail: strconv.Quote(ask.Cursor) + " is not a cursor of this list"}
		}
		w.from = time.Unix(second, 0).UTC()
	}
	now := p.Now().UTC()
	if oldest := now.Add(-longest); w.from.Before(oldest) {
		w.from = oldest
	}
	w.to = w.from.Truncate(time.Second).Add(perPage)
	w.last = w.to.After(now)
	return w, nil
}

// Changes lists the movements of a list within a window, oldest first.
func (p *Poller) Changes(ctx context.Context, ask connector.Ask) (page connector.Page, err error) {
	l, ours := listOf(ask.Feed.Topic)
	if !ours {
		return p.Poller.Changes(ctx, ask)
	}
	doing := "listing " + l.category + " at fulfillment center " + l.center + " of shipbob"
	w, err := p.windowOf(ask, doing)
	if err != nil {
		return page, err
	}
	if page.Changes, err = p.within(ctx, l, w, doing); err != nil {
		return connector.Page{}, err
	}
	slices.SortStableFunc(page.Changes, func(a, b connector.Change) int { return a.At.Compare(b.At) })
	if !w.last {
		page.Cursor = strconv.FormatInt(w.to.Unix(), 10)
	}
	return page, nil
}

// within reads all movements of the window.
func (p *Poller) within(ctx context.Context, l list, w window, doing string) (all []connector.Change, err error) {
	after := ""
	for range mostPages {
		bodies, more, err := p.list(ctx, l, w, after, doing)
		if err != nil {
			return nil, err
		}
		changes, last, err := l.changes(bodies, w, doing)
		if err != nil {
			return nil, err
		}
		all = append(all, changes...)
		if !more || len(bodies) == 0 {
			return all, nil
		}
		if last == after {
			break // the page leads to itself
		}
		after = last
	}
	return nil, rest.Broken(doing, &fault.Error{Field: "next"})
}

// changes returns the movements of a page that are within the window, and the id of its last.
func (l list) changes(bodies [][]byte, w window, doing string) (all []connector.Change, last string, err error) {
	for _, body := range bodies {
		change, id := l.change(body, w)
		if id == "" {
			return nil, "", rest.Broken(doing, change.Err)
		}
		if last = id; w.has(change.At) {
			all = append(all, change)
		}
	}
	return all, last, nil
}

// list reads one page of ShipBob's. The id of the movement before it is "" for the first.
func (p *Poller) list(ctx context.Context, l list, w window, after, doing string) (bodies [][]byte, more bool, err error) {
	answer, err := p.Call(ctx, webapi.Request{Method: http.MethodPost, Path: path, Body: l.query(w, after), Doing: doing})
	if f := fault.As(err); f != nil && f.Status == http.StatusForbidden {
		named := *f
		named.Field, named.Detail = "SHIPBOB_TOKEN", "needs the scope inventory_read, without which no movement of stock is published"
		return nil, false, &named
	}
	if err != nil {
		return nil, false, err
	}
	return readPage(answer.Body, doing)
}

// unreadablePrefix precedes the id of a movement in the ID of a change that cannot be read.
const unreadablePrefix = "movement "

// change is a movement of the list, and its id at ShipBob. One that cannot be read has the window's time.
func (l list) change(body []byte, w window) (change connector.Change, id string) {
	r := wire.NewReader(body, rest.Limits)
	e := readEvent(r)
	if err := r.Finish(); err != nil {
		return connector.Change{ID: unreadablePrefix + e.id, At: w.from, Err: fault.Doing("reading movement "+e.id+" of shipbob", err)}, e.id
	}
	return connector.Change{ID: l.key(&e), At: e.at, Body: body}, e.id
}

// key is the id of a movement at the fulfillment center, as in keys.
func (l list) key(e *event) string { return e.id + "-" + l.center }

// Fetch returns the movement from the list. One that could not be read is asked for by the id before it,
// which is where a page of the list would begin.
func (p *Poller) Fetch(ctx context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	l, ours := listOf(feed.Topic)
	if !ours {
		return p.Poller.Fetch(ctx, feed, change)
	}
	raw := &message.Raw{Tenant: feed.Tenant, Topic: feed.Topic, Trigger: message.Poll, ContentType: "application/json", Body: change.Body}
	if raw.Body != nil {
		return raw, nil
	}
	id := strings.TrimPrefix(change.ID, unreadablePrefix)
	w := window{from: p.Now().Add(-longest), last: true}
	bodies, _, err := p.list(ctx, l, w, before(id), "fetching movement "+id+" of shipbob")
	if err != nil || len(bodies) == 0 {
		return nil, err
	}
	found, again := l.change(bodies[0], w)
	if again != id {
		return nil, nil // it is gone
	}
	raw.Body = found.Body
	return raw, fault.Doing("fetching movement "+id+" of shipbob", found.Err)
}

// before returns the number before the id, "" if it is none.
func before(id string) string {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return ""
	}
	return strconv.FormatInt(n-1, 10)
}
