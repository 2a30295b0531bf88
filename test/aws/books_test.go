//go:build aws

package aws_test

import (
	"crypto/rand"
	"maps"
	"net/http"
	"net/http/httptest"
	"time"

	"causeway.example/functions/netsuite"
	"causeway.example/shared/connector"
)

// books returns the records of the ERP, as its connector reads them.
func (w *world) books() connector.Auditor {
	w.Helper()
	settings := w.erp.Settings("http://127.0.0.1:1")
	maps.Copy(settings, w.extra)
	erp, err := netsuite.Open(settings, connector.Deps{HTTP: handled{w.erp}, Now: time.Now, Random: rand.Reader})
	if err != nil {
		w.Fatal(err)
	}
	return erp.Auditor
}

// handled sends requests to a handler.
type handled struct{ http.Handler }

// RoundTrip implements http.RoundTripper.
func (h handled) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	return answer.Result(), nil
}
