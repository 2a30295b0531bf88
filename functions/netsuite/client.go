package netsuite

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
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

// place is a record that a delivery is about.
type place struct {
	record   string
	external string // external id
	doing    string
}

func (p *place) byExternal() string { return "eid:" + p.external }

// upsert creates the record under its external id, and returns its internal id. The named
// sublist is replaced, so that a request that takes effect late adds no lines.
func (t *target) upsert(ctx context.Context, p place, replace string, body []byte) (string, error) {
	id, err := t.write(ctx, http.MethodPut, p, p.byExternal(), replace, body)
	if err != nil || id != "" {
		return id, err
	}
	return t.lookUp(ctx, p, p.byExternal())
}

// patch changes what the body names of the record with the internal id.
func (t *target) patch(ctx context.Context, p place, id, replace string, body []byte) error {
	_, err := t.write(ctx, http.MethodPatch, p, id, replace, body)
	return err
}

// transform makes the record of what the source's internal id names, with the external id
// in the body, and returns its internal id. NetSuite rejects an external id that is taken.
func (t *target) transform(ctx context.Context, p place, source, id string, body []byte) (string, error) {
	made, err := t.send(ctx, http.MethodPost, p, source+"/"+id+"/!transform/"+p.record, itemSublist, body)
	if err != nil || made != "" {
		return made, err
	}
	return t.lookUp(ctx, p, p.byExternal())
}

// write sends the body to a record, and returns the internal id if the answer names it.
func (t *target) write(ctx context.Context, method string, p place, id, replace string, body []byte) (string, error) {
	return t.send(ctx, method, p, p.record+"/"+id, replace, body)
}

func (t *target) send(ctx context.Context, method string, p place, path, replace string, body []byte) (string, error) {
	query := url.Values{}
	if replace != "" {
		query.Set("replace", replace)
	}
	got, err := t.client.Do(ctx, webapi.Request{
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
func (t *target) lookUp(ctx context.Context, p place, id string) (string, error) {
	found, err := t.get(ctx, p, id, url.Values{"fields": {"id"}})
	if err != nil || found == nil {
		return "", err
	}
	return found.values["id"], nil
}

// read returns the whole record with its sublists, nil if there is none.
func (t *target) read(ctx context.Context, p place, id string) (*document, error) {
	return t.get(ctx, p, id, url.Values{"expandSubResources": {"true"}})
}

// own returns our record: by its external id, or else by the internal id that the pipeline
// knows, as after the external id was changed. It is nil if NetSuite has neither.
func (t *target) own(ctx context.Context, p place, ref string) (*document, error) {
	found, err := t.read(ctx, p, p.byExternal())
	if err != nil || found != nil || ref == "" {
		return found, err
	}
	return t.read(ctx, p, ref)
}

func (t *target) get(ctx context.Context, p place, id string, query url.Values) (*document, error) {
	got, err := t.client.Do(ctx, webapi.Request{
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

// customersAt returns the active customers of the subsidiary with exactly this normalized
// e-mail address.
func (t *target) customersAt(ctx context.Context, subsidiary, email, doing string) ([]match, error) {
	return t.search(ctx, "SELECT c.id, c.externalid FROM customer c JOIN customersubsidiaryrelationship r ON r.entity = c.id"+
		" WHERE r.subsidiary = "+subsidiary+" AND c.isinactive = 'F' AND LOWER(c.email) = "+quoted(email)+" ORDER BY c.id", doing)
}

// transactionsOf returns the sales order with the internal id, what was made of it in
// NetSuite, and the transactions whose memo begins so.
func (t *target) transactionsOf(ctx context.Context, order, memo, doing string) ([]values, error) {
	return t.rows(ctx, "SELECT t.id, t.type, t.externalid, t.entity, t.currency, t.memo, t.foreigntotal, t.foreignpaymentamountunused, t.foreignamountunpaid"+
		" FROM transaction t JOIN transactionline l ON l.transaction = t.id AND l.mainline = 'T'"+
		" WHERE t.id = "+order+" OR l.createdfrom = "+order+" OR "+begins("t.memo", memo)+" ORDER BY t.id", doing)
}

// queryRows is the most rows that one page of a query has.
const queryRows = 1000

// itemsNamed returns the internal ids of the items with the external ids, which are the
// keys of the result in lower case.
func (t *target) itemsNamed(ctx context.Context, externals []string, doing string) (map[string]string, error) {
	ids := map[string]string{}
	for names := range slices.Chunk(externals, queryRows) {
		literals := make([]string, len(names))
		for i, name := range names {
			literals[i] = quoted(name)
		}
		list := strings.Join(literals, ", ")
		found, err := t.search(ctx, "SELECT id, externalid FROM item WHERE LOWER(externalid) IN ("+list+") ORDER BY id", doing)
		if err != nil {
			return nil, err
		}
		for _, m := range found {
			ids[strings.ToLower(m.external)] = m.id
		}
	}
	return ids, nil
}

// quoted returns the text as a literal of SuiteQL.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

func (t *target) search(ctx context.Context, sql, doing string) ([]match, error) {
	rows, err := t.rows(ctx, sql, doing)
	all := make([]match, len(rows))
	for i, row := range rows {
		all[i] = match{row["id"], row["externalid"]}
	}
	return all, err
}

// begins compares without LIKE, to which the underscores of an external id are wildcards.
func begins(column, prefix string) string {
	return "SUBSTR(" + column + ", 1, " + strconv.Itoa(utf8.RuneCountInString(prefix)) + ") = " + quoted(prefix)
}

// rows runs SuiteQL and returns its rows by the names of their columns. SuiteQL leaves out what
// is null.
func (t *target) rows(ctx context.Context, sql, doing string) ([]values, error) {
	body, err := t.query(ctx, sql, doing)
	if err != nil {
		return nil, err
	}
	rows, err := readRows(body)
	return rows, fault.Doing(doing, err)
}

// query runs SuiteQL. It is a POST but changes nothing, so nothing about it is ambiguous.
func (t *target) query(ctx context.Context, sql, doing string) ([]byte, error) {
	w := strictjson.NewWriter(nil)
	w.Obj()
	w.StrField("q", sql)
	w.EndObj()
	body, err := finish(w)
	if err != nil {
		return nil, err
	}
	got, err := t.client.Do(ctx, webapi.Request{
		Method: http.MethodPost, Path: queryPath, Query: url.Values{"limit": {"1000"}}, Body: body, Reads: true, WantJSON: true, Doing: doing,
		Header: jsonHeader("Prefer", "transient"),
	})
	if e := fault.As(err); e != nil && e.Class == fault.Ambiguous {
		e.Class = fault.Intermittent
	}
	return got.Body, err
}
