package local

import (
	"testing"

	"causeway.example/shared/port"
)

func (s *Store) lastID(t *testing.T) (id int64) {
	t.Helper()
	if err := s.writer.write(t.Context(), "looking", func(x *tx) error { id = x.w.lastID; return nil }); err != nil {
		t.Fatal(err)
	}
	return id
}

// The count of an epoch ran into the next epoch after 4.3 billion identifiers, which the
// next opening then gave a second time.
func TestIdentifiersDoNotRunIntoTheNextEpoch(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/store.db"
	config := Config{Path: path, Now: noonClock, Systems: []string{"shop"}, Visibility: 1, MaxReceives: 1}
	s, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	before := s.lastID(t)
	if err := s.writer.write(t.Context(), "counting", func(x *tx) error { x.w.lastID |= 1<<32 - 3; return nil }); err != nil {
		t.Fatal(err)
	}
	batch := make([]port.Outgoing, 10)
	for i := range batch {
		batch[i] = port.Outgoing{Body: []byte("m")}
	}
	if err := s.Send(t.Context(), "shop-inbox", batch); err != nil {
		t.Fatal(err)
	}
	used := s.lastID(t)
	if used>>32 == before>>32 || used&(1<<32-1) > 1000 {
		t.Errorf("went from %#x to %#x, not to an epoch of its own", before, used)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if again := s.lastID(t); again <= used {
		t.Errorf("the next opening begins at %#x, below %#x", again, used)
	}
}
