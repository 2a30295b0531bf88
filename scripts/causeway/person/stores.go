package person

import (
	"context"
	"path/filepath"

	"causeway.example/scripts/causeway/cli"
	"causeway.example/scripts/installation"
	"causeway.example/shared/local/erase"
	"causeway.example/shared/privacy"
	"causeway.example/shared/routes"
)

// stores returns everything that the environment stores of persons, and what closes it.
func (a *tool) stores(ctx context.Context, d *cli.Desk) (s privacy.Stores, end func() error, err error) {
	s = privacy.Stores{Ledger: d.Ledger, State: d.State, Vault: d.Vault, Letters: d.Letters, Exports: d.Operator, Now: a.Now}
	if d.Person != nil {
		s.File, s.Live, s.Kept = d.Person, d.Person, d.Person.Kept
		s.Dead, err = d.Person.Dead(ctx)
		return s, func() error { return nil }, err
	}
	file, err := erase.Open(installation.StorePath(a.Data))
	if err != nil {
		return s, nil, err
	}
	s.File, s.Live = file, erase.Live{Peek: d.Store.Peek, Queues: d.Queues()}
	for _, queue := range d.Queues() {
		s.Dead = append(s.Dead, privacy.Queue{Name: routes.Dead(queue), Route: queue})
	}
	s.Logs = func(texts []string) (int, error) {
		files, err := filepath.Glob(filepath.Join(a.Data, "causeway*.log"))
		if err != nil {
			return 0, err
		}
		return erase.Logs(files, texts)
	}
	return s, file.Close, nil
}
