package routes_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"causeway.example/shared/routes"
)

// The model is event-ruler's definition written down without any thought of
// speed: the event is flattened to fields, each with the array elements it lies
// in, and every combination of fields is tried that takes no two elements of one
// array (README, "JSON Array Matching").
type (
	modelField struct {
		path, value string
		elements    map[int]int // array to index
	}
	modelLeaf struct {
		path   string
		values []string // accepted values as JSON; "" accepts any
		absent bool
	}
)

type flattener struct {
	fields []modelField
	arrays int
}

func (f *flattener) flatten(path []string, value any, elements map[int]int) {
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			f.flatten(append(slices.Clone(path), name), value[name], elements)
		}
	case []any:
		array := f.arrays
		f.arrays++
		for i, element := range value {
			inside := maps.Clone(elements)
			switch element.(type) {
			case map[string]any, []any:
				inside[array] = i
			}
			f.flatten(path, element, inside)
		}
	default:
		text, _ := json.Marshal(value)
		f.fields = append(f.fields, modelField{strings.Join(path, "."), string(text), elements})
	}
}

func modelMatch(leaves []modelLeaf, fields []modelField, chosen map[int]int) bool {
	if len(leaves) == 0 {
		return true
	}
	absent := leaves[0].absent
	for _, field := range fields {
		if field.path != leaves[0].path || !consistent(chosen, field.elements) {
			continue
		}
		absent = false
		if !slices.Contains(leaves[0].values, field.value) && !slices.Contains(leaves[0].values, "") {
			continue
		}
		merged := maps.Clone(chosen)
		maps.Copy(merged, field.elements)
		if modelMatch(leaves[1:], fields, merged) {
			return true
		}
	}
	return absent && modelMatch(leaves[1:], fields, chosen)
}

func consistent(chosen, elements map[int]int) bool {
	for array, i := range elements {
		if other, ok := chosen[array]; ok && other != i {
			return false
		}
	}
	return true
}

// generator makes small patterns and events over few names and values, so that
// they often meet.
type generator struct{ *rand.Rand }

func modelNames() []string { return []string{"a", "b", "a-b", "c"} }

func (g generator) name() string { return modelNames()[g.IntN(4)] }

func (g generator) object(depth int) map[string]any {
	o := map[string]any{}
	for range 1 + g.IntN(4) {
		o[g.name()] = g.value(depth - 1)
	}
	return o
}

func (g generator) value(depth int) any {
	switch kind := g.IntN(6); {
	case depth > 0 && kind < 2:
		return g.object(depth)
	case depth > 0 && kind < 5:
		list := []any{}
		for range g.IntN(4) {
			list = append(list, g.value(depth-g.IntN(2)))
		}
		return list
	}
	return []any{"x", "y", nil}[g.IntN(3)]
}

// pattern returns an object of a pattern with the leaves of each of its
// alternatives. Names are not shared among fields and the members of $or.
func (g generator) pattern(path, names []string, depth int) (map[string]any, [][]modelLeaf) {
	o, all := map[string]any{}, [][]modelLeaf{nil}
	for i, name := range names {
		if i > 0 && g.IntN(3) == 0 {
			continue
		}
		below := append(slices.Clone(path), name)
		if depth > 0 && g.IntN(2) == 0 {
			inner, more := g.pattern(below, modelNames(), depth-1)
			o[name], all = inner, product(all, more)
			continue
		}
		values, l := g.leaf()
		l.path = strings.Join(below, ".")
		o[name], all = values, product(all, [][]modelLeaf{{l}})
	}
	return o, all
}

// withOr adds an $or over fields that the object does not have.
func (g generator) withOr(path []string, depth int) (map[string]any, [][]modelLeaf) {
	names := modelNames()
	o, all := g.pattern(path, names[:2], depth)
	first, alternatives := g.pattern(path, names[2:3], depth)
	second, more := g.pattern(path, names[2:], depth)
	o["$or"] = []any{first, second}
	return o, product(all, append(alternatives, more...))
}

func product(all, more [][]modelLeaf) [][]modelLeaf {
	var pairs [][]modelLeaf
	for _, x := range all {
		for _, y := range more {
			pairs = append(pairs, slices.Concat(x, y))
		}
	}
	return pairs
}

func (g generator) leaf() ([]any, modelLeaf) {
	exists := func(is bool) any { return map[string]any{"exists": is} }
	switch g.IntN(7) {
	case 0:
		return []any{exists(true)}, modelLeaf{values: []string{""}}
	case 1, 2:
		return []any{exists(false)}, modelLeaf{absent: true}
	case 3:
		return []any{exists(false), "x"}, modelLeaf{values: []string{`"x"`}, absent: true}
	case 4:
		return []any{map[string]any{"anything-but": "x"}}, modelLeaf{values: []string{`"y"`, `null`}}
	}
	return []any{"x"}, modelLeaf{values: []string{`"x"`}}
}

func TestAgreesWithTheModelOfEventRuler(t *testing.T) {
	t.Parallel()
	g := generator{rand.New(rand.NewPCG(1, 2))}
	const rounds = 6_000
	matched := 0
	for i := range rounds {
		tree, alternatives := g.pattern(nil, modelNames()[:1+g.IntN(3)], 2)
		if i%3 == 0 {
			inner, more := g.withOr([]string{"a"}, 1)
			tree, alternatives = map[string]any{"a": inner}, more
		}
		if checkAgainstModel(t, tree, alternatives, g.object(3)) {
			matched++
		}
	}
	if matched < rounds/10 || matched > rounds*9/10 {
		t.Errorf("%d of %d matched: the events no longer try both answers", matched, rounds)
	}
}

func checkAgainstModel(t *testing.T, tree map[string]any, alternatives [][]modelLeaf, root map[string]any) bool {
	t.Helper()
	pattern, event := mustMarshal(t, tree), mustMarshal(t, root)
	p, err := routes.ParsePattern(pattern)
	if err != nil {
		t.Fatalf("ParsePattern(%s): %v", pattern, err)
	}
	fields, want := flattened(t, event), false
	for _, leaves := range alternatives {
		slices.SortFunc(leaves, func(x, y modelLeaf) int { return strings.Compare(x.path, y.path) })
		want = want || modelMatch(leaves, fields, map[int]int{})
	}
	got, err := p.Match(event)
	if err != nil || got != want {
		t.Fatalf("%s on %s = %v, %v; the model says %v", pattern, event, got, err, want)
	}
	return got
}

func flattened(t *testing.T, event []byte) []modelField {
	t.Helper()
	var tree any
	if err := json.Unmarshal(event, &tree); err != nil {
		t.Fatal(err)
	}
	var f flattener
	f.flatten(nil, tree, map[int]int{})
	return f.fields
}

func mustMarshal(t testing.TB, value any) []byte {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
