package operate

import (
	"strings"
	"testing"
	"time"

	"causeway.example/shared/operate/engine"
)

func TestARowThatDoesNotAddUpIsMarked(t *testing.T) {
	t.Parallel()
	whole := engine.Total{In: 10, Confirmed: 3, Superseded: 1, Skipped: 1, Removed: 1, Waiting: 2, Letters: 2}
	lost := whole
	lost.Confirmed--
	late := lost
	late.Since = time.Unix(1, 0)
	for name, c := range map[string]struct {
		total engine.Total
		want  int64
	}{"whole": {whole, 0}, "one is lost": {lost, 1}, "counting began later": {late, 0}} {
		if r := rowOf("q", engine.Depth{}, c.total); r.Missing != c.want || r.Done+int64(r.Waiting)+int64(r.Dead)+r.Missing != 10 && c.want == 1 {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if r := rowOf("q", engine.Depth{Dead: 1}, engine.Total{}); r.Done != 0 || r.Dead != 1 || !strings.Contains(r.Why, "why") {
		t.Errorf("an inbox is %+v", r)
	}
}
