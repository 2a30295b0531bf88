package suitetalk

import (
	"strings"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

// Listing is a list of rows by the time of their last change, oldest first, page by page. Pages follow
// on the time and the ids of the last row, so that a row that changes meanwhile hides no other.
type Listing struct {
	At      string   // column of the time
	IDs     []string // columns of internal ids, which order rows of one time
	Changed string   // the time in the answer, written by UTCText
	Names   []string // the ids in the answer
}

// Order returns the list's ORDER BY.
func (l Listing) Order() string {
	return " ORDER BY " + strings.Join(append([]string{UTC(l.At)}, l.IDs...), ", ")
}

// Following returns the condition of the rows that changed at the time or later, and come after the
// cursor unless that is "". A cursor of another list is fault.Rejected.
func (l Listing) Following(since time.Time, cursor, doing string) (condition string, err error) {
	at := UTC(l.At)
	condition = at + " >= " + Timestamp(since)
	if cursor == "" {
		return condition, nil
	}
	last, ids, ok := l.parse(cursor)
	if !ok {
		return "", &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "cursor", Doing: doing, Detail: "is not a cursor of this list"}
	}
	return condition + " AND (" + at + " > " + Timestamp(last) + " OR " + at + " = " + Timestamp(last) + " AND " + greater(l.IDs, ids) + ")", nil
}

// greater returns the condition that the columns come after the values.
func greater(columns, values []string) string {
	first := columns[0] + " > " + values[0]
	if len(columns) == 1 {
		return first
	}
	return "(" + first + " OR " + columns[0] + " = " + values[0] + " AND " + greater(columns[1:], values[1:]) + ")"
}

// Cursor returns the cursor of what comes after the row.
func (l Listing) Cursor(row Values) string {
	cursor := row[l.Changed]
	for _, name := range l.Names {
		cursor += "|" + row[name]
	}
	return cursor
}

// Next returns the cursor of the page after the rows, "" if they are the last.
func (l Listing) Next(rows []Values) string {
	if len(rows) < QueryRows {
		return ""
	}
	return l.Cursor(rows[len(rows)-1])
}

func (l Listing) parse(cursor string) (at time.Time, ids []string, ok bool) {
	parts := strings.Split(cursor, "|")
	if len(parts) != 1+len(l.IDs) {
		return at, nil, false
	}
	for _, id := range parts[1:] {
		if !IsInternalID(id) {
			return at, nil, false
		}
	}
	at, err := time.Parse(TimeLayout, parts[0])
	return at, parts[1:], err == nil
}

// ChangedAt returns when the row changed. A row whose time cannot be read is dated by the list, with an
// error that names the column.
func (l Listing) ChangedAt(row Values, since time.Time, doing string) (time.Time, error) {
	at, err := time.Parse(TimeLayout, row[l.Changed])
	if err != nil {
		return since, &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: l.At[strings.IndexByte(l.At, '.')+1:], Doing: doing, Detail: "is not a time"}
	}
	return at, nil
}

// Body returns the values of these names as a JSON object of texts, in that order: the body of a raw
// message. A value that SuiteQL left out is "".
func (v Values) Body(names ...string) []byte {
	w := strictjson.NewWriter(nil)
	w.Obj()
	for _, name := range names {
		w.StrField(name, v[name])
	}
	w.EndObj()
	return w.Bytes()
}
