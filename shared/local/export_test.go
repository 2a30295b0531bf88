package local

import "context"

// LookAround notices at once what attached processes changed.
func (s *Store) LookAround(ctx context.Context) { s.lookAround(ctx) }
