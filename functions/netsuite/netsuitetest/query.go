package netsuitetest

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// The queries that the connector makes.
var (
	byExternal = regexp.MustCompile(`^SELECT id, externalid FROM item WHERE LOWER\(externalid\) IN \(('(?:[^']|'')*'(?:, '(?:[^']|'')*')*)\) ORDER BY id$`)
	byEmail    = regexp.MustCompile(`^SELECT id, externalid FROM customer WHERE LOWER\(email\) = '((?:[^']|'')*)' ORDER BY id$`)
	nobody     = "SELECT id FROM customer WHERE id = 0"
)

// query runs SuiteQL, whose answers have lower-case keys, texts for all values, and no
// key for what is null.
func (f *Fake) query(w http.ResponseWriter, body []byte) {
	fields, err := decode(body)
	sql := text(fields, "q")
	email, list := byEmail.FindStringSubmatch(sql), byExternal.FindStringSubmatch(sql)
	rows, known := f.audit(sql)
	if err != nil || email == nil && list == nil && sql != nobody && !known {
		refuse(w, http.StatusBadRequest, "INVALID_PARAMETER", "", "Invalid search query.")
		return
	}
	switch {
	case known:
	case sql == nobody:
		rows = []any{}
	case email != nil:
		rows = f.customersAt(strings.ReplaceAll(email[1], "''", "'"))
	case list != nil:
		rows = f.itemsNamed(literals(list[1]))
	}
	w.Header().Set("Content-Type", "application/vnd.oracle.resource+json; type=collection; charset=UTF-8")
	writeJSON(w, map[string]any{
		"links": []any{}, "count": len(rows), "hasMore": false, "items": rows, "offset": 0, "totalResults": len(rows),
	})
}

func (f *Fake) customersAt(email string) []any {
	rows := []any{}
	for _, c := range f.Customers() {
		if strings.ToLower(c.Email) != email {
			continue
		}
		row := map[string]any{"links": []any{}, "id": c.ID}
		if c.ExternalID != "" {
			row["externalid"] = c.ExternalID
		}
		rows = append(rows, row)
	}
	return rows
}

// literals returns the texts of a list such as 'a', 'b”c'.
func literals(list string) []string {
	var all []string
	for _, quoted := range quotedText.FindAllString(list, -1) {
		all = append(all, strings.ReplaceAll(quoted[1:len(quoted)-1], "''", "'"))
	}
	return all
}

var quotedText = regexp.MustCompile(`'(?:[^']|'')*'`)

// itemsNamed compares as SuiteQL does: the case of the literals counts.
func (f *Fake) itemsNamed(externals []string) []any {
	f.mu.Lock()
	defer f.mu.Unlock()
	rows := []any{}
	for _, item := range f.books.sorted(itemRecord) {
		if slices.Contains(externals, strings.ToLower(item.ExternalID)) {
			rows = append(rows, map[string]any{"links": []any{}, "id": item.ID, "externalid": item.ExternalID})
		}
	}
	return rows
}
