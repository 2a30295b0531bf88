package netsuitetest

import "net/http"

// refusal is an error answer of NetSuite's.
type refusal struct {
	status int
	code   string
	path   string
	detail string
}

func invalid(code, path, detail string) *refusal {
	return &refusal{http.StatusBadRequest, code, path, detail}
}

func (b *refusal) write(w http.ResponseWriter) { refuse(w, b.status, b.code, b.path, b.detail) }

func refuse(w http.ResponseWriter, status int, code, path, detail string) {
	entry := map[string]any{"detail": detail, "o:errorCode": code}
	if path != "" {
		entry["o:errorPath"] = path
	}
	w.Header().Set("Content-Type", "application/vnd.oracle.resource+json; type=error; charset=UTF-8")
	w.WriteHeader(status)
	writeJSON(w, map[string]any{
		"type": "https://www.rfc-editor.org/rfc/rfc9110", "title": http.StatusText(status), "status": status,
		"o:errorDetails": []any{entry},
	})
}

func unauthorized(w http.ResponseWriter) {
	refuse(w, http.StatusUnauthorized, "INVALID_LOGIN", "", "Invalid login attempt.")
}
