package screen

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"causeway.example/shared/operate"
)

// Masked returns the changes without personal data, unless it is asked for.
func Masked(changes []operate.Change, showPII bool) []operate.Change {
	changes = slices.Clone(changes)
	for i, c := range changes {
		if !showPII && personal(c.Field) {
			changes[i].Before, changes[i].After = operate.Masked, operate.Masked
		}
	}
	return changes
}

// ShowChanges prints changes in columns.
func ShowChanges(w io.Writer, title string, changes []operate.Change) {
	if len(changes) == 0 {
		fmt.Fprintf(w, "%s: nothing would change\n", title)
		return
	}
	fmt.Fprintf(w, "%s: %s\n", title, operate.Count(len(changes), "change"))
	lines := []string{"FIELD\tBEFORE\tAFTER\tMARK"}
	for _, c := range changes {
		lines = append(lines, fmt.Sprintf("%s\t%s\t%s\t%s", c.Field, Short(c.Before, 40), Short(c.After, 40), c.Mark))
	}
	Table(w, lines...)
}

// personal reports whether a field of the model may hold personal data, by its path.
func personal(field string) bool {
	for _, part := range []string{"email", "phone", "name", "billing", "shipping", "address", "company", "note", "city", "postal", "line1", "line2", "reason"} {
		if strings.Contains(field, part) && field != "name" {
			return true
		}
	}
	return false
}
