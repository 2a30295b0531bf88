package connectortest

import "net/http"

// Fake is a stand-in for a system: its API as an HTTP handler, as strict as the vendor.
type Fake interface {
	http.Handler
	// Settings returns the settings that point the connector at the fake when its
	// handler is served at base, such as "http://127.0.0.1:4603".
	Settings(base string) map[string]string
}
