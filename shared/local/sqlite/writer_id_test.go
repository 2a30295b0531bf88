package sqlite

import (
	"path/filepath"
	"testing"
)

// takeID returns an identifier, in a change that first sets the count of its epoch if that is
// more than 0.
func takeID(t *testing.T, f *File, count int64) (id int64) {
	t.Helper()
	err := f.Write(t.Context(), "counting", func(x *Tx) error {
		x.w.lastID |= count
		id = x.NewID()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// The count of an epoch ran into the next epoch after 4.3 billion identifiers, which the
// next opening then gave a second time.
func TestIdentifiersDoNotRunIntoTheNextEpoch(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	f, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	before := takeID(t, f, 0)
	takeID(t, f, 1<<32-4)
	var used int64
	for range 10 {
		used = takeID(t, f, 0)
	}
	if used>>32 == before>>32 || used&(1<<32-1) > 1000 {
		t.Errorf("went from %#x to %#x, not to an epoch of its own", before, used)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if f, err = Open(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if again := takeID(t, f, 0); again <= used {
		t.Errorf("the next opening begins at %#x, below %#x", again, used)
	}
}
