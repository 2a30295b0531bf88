package rest

import (
	"time"

	"causeway.example/shared/connector"
)

// versionEnds are the days on which ShipBob ends the support of a version, 24 months after its
// month (developer.shipbob.com, "Versioning", read November 2026).
var versionEnds = map[string]time.Time{
	"2026-01": time.Date(2028, 1, 31, 0, 0, 0, 0, time.UTC),
	"2026-07": time.Date(2028, 7, 31, 0, 0, 0, 0, time.UTC),
}

// VersionOf returns a version with its end.
func VersionOf(name string) connector.Version {
	return connector.Version{Name: name, Ends: versionEnds[name], Remedy: "set SHIPBOB_VERSION to a later version that this connector speaks, or upgrade Causeway"}
}
