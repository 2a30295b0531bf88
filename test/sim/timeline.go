package sim

import (
	"fmt"
	"slices"
	"strings"
)

// story tells, in virtual time, everything that concerns the first violation.
func (w *world) story(violations []Violation) string {
	if len(violations) == 0 {
		return ""
	}
	about := w.about(violations[0])
	var b strings.Builder
	for _, m := range w.timeline {
		if !slices.ContainsFunc(about, func(name string) bool { return m.handle == name || strings.Contains(m.text, name) }) && m.what != "crash" {
			continue
		}
		handle := m.handle
		if len(handle) > 6 {
			handle = handle[:6]
		}
		fmt.Fprintf(&b, "%14s  %-11s %-7s %-9s %s\n", "+"+m.at.Sub(epoch).String(), m.who, handle, m.what, m.text)
	}
	return b.String()
}

// about returns the names by which the timeline speaks of the violation's entity.
func (w *world) about(v Violation) []string {
	entity, names := v.Entity, []string{}
	for _, d := range w.deliveries {
		if d.raw() == v.Event && entity == "" {
			entity = d.fact.entity()
		}
	}
	for _, e := range w.store.entries() {
		if e.Event == v.Event && entity == "" {
			entity = entityOf(e)
		}
		if entity != "" && entityOf(e) == entity {
			names = append(names, e.Event)
		}
	}
	for _, d := range w.deliveries {
		if d.fact.entity() == entity {
			names = append(names, d.raw(), d.id+" ")
		}
	}
	if entity != "" {
		names = append(names, entity+" ", "/"+entity)
	}
	if v.Event != "" {
		names = append(names, v.Event)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
