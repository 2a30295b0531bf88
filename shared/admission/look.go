package admission

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// OpenCircuit is a circuit as an operator sees it.
type OpenCircuit struct {
	Operation string    // "" for that of the whole target
	Since     time.Time // by the clock of the worker that stored it
	Probe     time.Time // when the next probe is due
	Auth      bool      // credentials, or a permission, were refused
}

// OpenCircuits returns the open circuits of the target, by operation. It changes nothing.
func OpenCircuits(ctx context.Context, state port.State, target string) ([]OpenCircuit, error) {
	item, err := state.Get(ctx, recordPrefix+target)
	if err != nil {
		return nil, port.Unavailable("reading the connection to "+target, err)
	}
	var stored record
	if err := json.Unmarshal(item.Value, &stored); err != nil && len(item.Value) > 0 {
		return nil, fault.Doing("reading the connection to "+target, err)
	}
	var open []OpenCircuit
	for _, operation := range slices.Sorted(maps.Keys(stored.Circuits)) {
		c := stored.Circuits[operation]
		open = append(open, OpenCircuit{Operation: operation, Since: c.Since, Probe: c.Probe, Auth: c.Auth})
	}
	return open, nil
}
