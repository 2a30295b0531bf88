// Package standing derives the state of a warehouse's order from its shipments: released, held with its
// reasons, cancelled, or a discrepancy between what was asked for and what left. It calls no system.
package standing
