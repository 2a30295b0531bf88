package installation

import (
	"path/filepath"
	"time"

	"causeway.example/shared/local"
	"causeway.example/shared/routes"
)

// Visibility is how long a worker may keep a message: six times the longest call.
const Visibility = 6 * time.Minute

// StorePath returns the path of the store in a data folder.
func StorePath(folder string) string { return filepath.Join(folder, "causeway.db") }

// Store returns the configuration of the store in a data folder, for the engine and for the
// commands that open it beside the engine, over the routes of Routes. Build is the version that the ledger records.
func Store(folder, build string, now func() time.Time, table []routes.Route) local.Config {
	return local.Config{
		Path: StorePath(folder), Now: now, Routes: table, Systems: routes.Sources(table),
		Visibility: Visibility, MaxReceives: 1000, Build: build,
	}
}
