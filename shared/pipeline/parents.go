package pipeline

import (
	"context"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/port"
)

// Codes of a message that waits for another one.
const (
	ParentMissing = "parent_missing" // it has not come yet
	ParentDead    = "parent_dead"    // it came, and lies in the dead-letter queue
)

// parents returns the target's ids of everything the message depends on. What is
// not there yet is a fault.NotReady; skip is set when a filter took a parent out of
// the route for good, and the message with it.
func (d *Deliverer) parents(ctx context.Context, s *handling, operation connector.Operation) (refs map[string]string, skip string, err error) {
	if operation.Amends && s.record.Confirmed == nil {
		if skip, err = d.amends(ctx, s, operation); skip != "" || err != nil {
			return nil, skip, err
		}
	}
	refs = make(map[string]string, len(s.event.Parents))
	for _, parent := range s.event.Parents {
		record, err := load(ctx, d.Config.State, d.key(parent))
		if err != nil {
			return nil, "", port.Unavailable("looking up "+parent.String(), err)
		}
		if record.keptOut(s.event.ID) && record.Skipped.Final && !s.record.pending(s.event.ID) {
			return nil, "its " + parent.Type + " was skipped: " + record.Skipped.Reason, nil
		}
		ref, err := d.ref(ctx, s, record, parent)
		if err != nil {
			return nil, "", err
		}
		refs[parent.String()] = ref
	}
	return refs, "", nil
}

// amends decides what becomes of a change to an entity that we never wrote: if a
// filter kept it out for the time being, the change places it now; otherwise it
// waits for the entity as for a parent.
func (d *Deliverer) amends(ctx context.Context, s *handling, operation connector.Operation) (skip string, err error) {
	if s.record.pending(s.event.ID) { // it was let in when it wrote
		return "", nil
	}
	if earlier := s.record.Skipped; s.record.keptOut(s.event.ID) {
		if !earlier.Final && !operation.Ends {
			return "", nil
		}
		s.record.skip(earlier.Reason, earlier.Final, s.event.Sequence)
		return "its " + s.event.EntityType() + " was skipped: " + earlier.Reason, nil
	}
	ref, err := d.ref(ctx, s, s.record, s.event.Key())
	if err != nil {
		return "", err
	}
	s.record.Confirmed = &confirmed{Ref: ref}
	return "", nil
}

// ref returns the target's id of an entity: from our record, else from the target
// itself, which also knows what was written before our memory began. The target is
// not asked at once: mostly the entity is just on its way, and a call is dear.
func (d *Deliverer) ref(ctx context.Context, s *handling, r *record, key message.Key) (string, error) {
	doing := "looking for " + key.String() + " at " + d.System.Profile.Name
	if c := r.Confirmed; c != nil && c.Ref != "" {
		return c.Ref, nil
	} else if c != nil { // it is there, and its id was never told
		ref, err := d.find(ctx, s, key)
		return ref, fault.Doing(doing, err)
	}
	if s.record.try(s.event.ID).Spent[fault.NotReady.String()].Times > 0 {
		ref, err := d.find(ctx, s, key)
		if err != nil || ref != "" {
			return ref, fault.Doing(doing, err)
		}
	}
	missing := &fault.Error{
		Kind: fault.NotReady, Class: fault.MissingRef, Code: ParentMissing, Field: key.Type, Doing: doing, Detail: "not there yet",
	}
	if r.dead() {
		missing.Code, missing.Detail = ParentDead, "it lies in the dead-letter queue, and this goes on when it is redriven"
	}
	return "", missing
}
