package kit

import (
	"strconv"
	"strings"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/kitting"
)

// Resolve returns the items that one kit takes, each once, by internal id. name is the kit's SKU. A line that counts does not
// is left out, and a kit in the kit for which closed does is not resolved.
func Resolve(name string, lines []Line, counts, closed func(*Line) bool, doing string) ([]kitting.Entry, error) {
	k := &resolving{name: name, lines: lines, doing: doing, entries: map[string][]kitting.Entry{}, kits: map[string]bool{"": true}}
	filled := map[string]bool{}
	for i := range lines {
		filled[lines[i].In] = true
	}
	for i := range lines {
		l := &lines[i]
		if l.Kind == Type && !closed(l) {
			if k.kits[l.id()] = true; !filled[l.id()] {
				return nil, k.wrong(i, "item", "kit_in_kit", "is a kit without members, or one in more than "+strconv.Itoa(Depth-1)+" other kits; kits may be nested "+strconv.Itoa(Depth)+" deep")
			}
		} else if !counts(l) {
			continue
		}
		if err := k.add(i); err != nil {
			return nil, err
		}
	}
	entries, problem := kitting.Flatten("", func(id string) ([]kitting.Entry, bool) { return k.entries[id], k.kits[id] })
	if problem != nil {
		return nil, k.at(problem)
	}
	return entries, nil
}

// resolving is a kit that is resolved.
type resolving struct {
	name, doing string
	lines       []Line
	entries     map[string][]kitting.Entry // by the item of a kit, "" for the kit itself
	kits        map[string]bool
}

func (k *resolving) add(i int) error {
	l := &k.lines[i]
	takes, err := canonical.ParseDecimal(l.Quantity)
	switch {
	case err != nil:
		return k.wrong(i, "quantity", "", "has the quantity "+strconv.Quote(l.Quantity)+": "+err.Error())
	case takes.Sign() <= 0:
		return k.wrong(i, "quantity", "", "has the quantity "+strconv.Quote(l.Quantity)+", which is not above 0")
	}
	k.entries[l.In] = append(k.entries[l.In], kitting.Entry{ID: l.id(), Takes: takes})
	return nil
}

// wrong is the error of a line.
func (k *resolving) wrong(i int, field, code, rule string) error {
	return &fault.Error{
		Kind: fault.Invalid, Class: fault.Value, Code: code, Field: "members[" + strconv.Itoa(i) + "]." + field, Doing: k.doing,
		Detail: "member " + strconv.Quote(k.lines[i].Name) + " " + rule,
	}
}

// at is the error of a path, which begins with the kit's own name.
func (k *resolving) at(p *kitting.Problem) error {
	names := []string{strconv.Quote(k.name)}
	for _, id := range p.Path {
		name := k.name
		for i := range k.lines {
			if k.lines[i].Item == id {
				name = k.lines[i].Name
			}
		}
		names = append(names, strconv.Quote(name))
	}
	return &fault.Error{
		Kind: fault.Invalid, Class: fault.Value, Code: "kit_in_kit", Field: "members", Doing: k.doing,
		Detail: "member " + strings.Join(names, " > ") + " " + p.Rule,
	}
}
