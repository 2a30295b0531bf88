package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// tracePage answers GET /trace/<what>: the journey of a raw message, an event, or an
// entity (system/tenant/type/id), as text, oldest hop first. A slash within a part of an
// entity's key is written as %2F, as in a ledger line and in any URL.
func tracePage(ledger port.Ledger) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		entries, err := journey(r.Context(), ledger, strings.TrimPrefix(r.URL.EscapedPath(), "/trace/"))
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		switch {
		case err != nil:
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprintln(w, "the ledger cannot be read")
		case len(entries) == 0:
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprintln(w, "nothing known: give an entity (system/tenant/type/id), an event id or a trace id")
		default:
			writeJourney(w, entries)
		}
	}
}

// journey finds the entries by entity, event id or trace id, and then everything
// with the same trace ids, so that the door and the translation are among them.
func journey(ctx context.Context, ledger port.Ledger, what string) ([]port.Entry, error) {
	var traces []string
	if what == "" {
		return nil, nil
	}
	for _, query := range queries(what) {
		query.Newest, query.Limit = true, mostEntries
		found, err := ledger.Find(ctx, query)
		if err != nil {
			return nil, err
		}
		for _, e := range found {
			traces = append(traces, e.Trace)
		}
	}
	slices.Sort(traces)
	var all []port.Entry
	for _, trace := range slices.Compact(traces) {
		found, err := ledger.Find(ctx, port.Query{Trace: trace, Limit: mostEntries})
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	slices.SortStableFunc(all, func(a, b port.Entry) int { return a.At.Compare(b.At) })
	return all, nil
}

// mostEntries bounds what one look reads of the ledger, and of one trace.
const mostEntries = 500

// queries reads an escaped path: system/tenant/type/id, or an id.
func queries(path string) []port.Query {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if text, err := url.PathUnescape(part); err == nil {
			parts[i] = text
		}
	}
	if len(parts) == 4 {
		return []port.Query{{Entity: message.Key{System: parts[0], Tenant: parts[1], Type: parts[2], ID: parts[3]}}}
	}
	id := strings.Join(parts, "/")
	return []port.Query{{Trace: id}, {Event: id}}
}

// writeJourney prints one line per hop.
func writeJourney(w io.Writer, entries []port.Entry) {
	for _, e := range entries {
		what := e.Type
		if e.Entity.ID != "" {
			what += " " + e.Entity.Type + "/" + e.Entity.ID
		}
		if e.Route != "" {
			what += "  → " + e.Route
		}
		fmt.Fprintf(w, "%s  %-11s %s", e.At.UTC().Format("2006-01-02T15:04:05.000Z"), e.Stage, what)
		writeDetails(w, e)
	}
}

func writeDetails(w io.Writer, e port.Entry) {
	if e.Attempt > 0 {
		fmt.Fprintf(w, "  attempt %d", e.Attempt)
	}
	fmt.Fprintf(w, "  %s", e.Outcome)
	if e.TargetRef != "" {
		fmt.Fprintf(w, "  [%s]", e.TargetRef)
	}
	if e.Error != nil {
		fmt.Fprintf(w, "  (%s %s %s)", e.Error.Class, e.Error.Code, e.Error.Fingerprint)
	}
	if !e.Next.IsZero() {
		fmt.Fprintf(w, "  goes on in %s", e.Next.Sub(e.At).Round(time.Millisecond))
	}
	for _, note := range e.Notes {
		fmt.Fprintf(w, "  {%s: %s}", note.Field, note.What)
	}
	fmt.Fprintf(w, "  trace %s\n", e.Trace)
}
