package kitting

import (
	"math/big"
	"slices"
	"strconv"
	"strings"

	"causeway.example/shared/canonical"
)

// The bounds of kits in kits: how many kits a path may have, and how many entries all paths together.
const (
	MostDeep    = 3
	MostEntries = 1000
)

// mostDecimals are the decimals of a quantity that is a product of MostDeep others, each of 18 digits.
const mostDecimals = 18 * MostDeep

// Entry is an article of a kit, and how many of it the kit takes.
type Entry struct {
	ID    string
	Takes canonical.Decimal
}

// Problem is why a kit cannot be resolved.
type Problem struct {
	Path []string // ids from the first entry below the kit to the one at fault
	Rule string   // continues a sentence about the entry, such as "is a kit of itself"
}

// Flatten returns the articles that one kit takes, in the order in which they are found, each once:
// quantities are multiplied along a path and added up over all. The function of returns the entries of
// an article, and whether it is a kit; one that is none is not resolved.
func Flatten(id string, of func(id string) (entries []Entry, kit bool)) ([]Entry, *Problem) {
	f := &flattening{of: of, takes: map[string]*big.Rat{}}
	if wrong := f.resolve([]string{id}, big.NewRat(1, 1)); wrong != nil {
		return nil, wrong
	}
	all := make([]Entry, len(f.found))
	for i, path := range f.found {
		article := path[len(path)-1]
		takes, err := exactly(f.takes[article])
		if err != nil {
			return nil, problem(path, "is taken in a quantity that has more than 18 digits")
		}
		all[i] = Entry{ID: article, Takes: takes}
	}
	return all, nil
}

// flattening is what Flatten has found.
type flattening struct {
	of      func(id string) ([]Entry, bool)
	found   [][]string // the first path to each article
	takes   map[string]*big.Rat
	entries int
}

// resolve adds what the kit at the end of the path takes, so many times.
func (f *flattening) resolve(path []string, times *big.Rat) *Problem {
	entries, _ := f.of(path[len(path)-1])
	for _, e := range entries {
		here := append(slices.Clone(path), e.ID)
		f.entries++
		_, kit := f.of(e.ID)
		switch {
		case f.entries > MostEntries:
			return problem(here, "is beyond the "+strconv.Itoa(MostEntries)+" entries that a kit and the kits in it may have")
		case e.Takes.Sign() <= 0:
			return problem(here, "has the quantity "+e.Takes.String()+", which is not above 0")
		case kit && slices.Contains(path, e.ID):
			return problem(here, "is a kit of itself")
		case kit && len(path) >= MostDeep:
			return problem(here, "is a kit in "+strconv.Itoa(len(path))+" kits; kits may be nested "+strconv.Itoa(MostDeep)+" deep")
		}
		takes := new(big.Rat).Mul(times, rational(e.Takes))
		if kit {
			if wrong := f.resolve(here, takes); wrong != nil {
				return wrong
			}
			continue
		}
		f.add(here, takes)
	}
	return nil
}

func (f *flattening) add(path []string, takes *big.Rat) {
	article := path[len(path)-1]
	if f.takes[article] == nil {
		f.takes[article] = new(big.Rat)
		f.found = append(f.found, path)
	}
	f.takes[article].Add(f.takes[article], takes)
}

func problem(path []string, rule string) *Problem { return &Problem{Path: path[1:], Rule: rule} }

// exactly returns the number, which is a sum of products of decimals, as a decimal.
func exactly(r *big.Rat) (canonical.Decimal, error) {
	text := strings.TrimRight(r.FloatString(mostDecimals), "0")
	return canonical.ParseDecimal(strings.TrimSuffix(text, "."))
}
