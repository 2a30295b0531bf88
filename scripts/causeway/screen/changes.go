package screen

import (
	"fmt"
	"io"

	"causeway.example/shared/operate"
)

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
