package netsuitetest

import (
	"net/http"
	"regexp"
	"strings"
)

// byEmail and nobody are the two queries that the connector makes.
var (
	byEmail = regexp.MustCompile(`^SELECT id, externalid FROM customer WHERE LOWER\(email\) = '((?:[^']|'')*)' ORDER BY id$`)
	nobody  = "SELECT id FROM customer WHERE id = 0"
)

// query runs SuiteQL, whose answers have lower-case keys, texts for all values, and no
// key for what is null.
func (f *Fake) query(w http.ResponseWriter, body []byte) {
	fields, err := decode(body)
	sql := text(fields, "q")
	literal := byEmail.FindStringSubmatch(sql)
	if err != nil || literal == nil && sql != nobody {
		refuse(w, http.StatusBadRequest, "INVALID_PARAMETER", "", "Invalid search query.")
		return
	}
	rows := []any{}
	if literal != nil {
		rows = f.customersAt(strings.ReplaceAll(literal[1], "''", "'"))
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
