package sim

import (
	_ "embed" // regressions.txt
	"strconv"
	"strings"
)

//go:embed testdata/regressions.txt
var regressions string

// Regressions returns the cases that once failed. They always run.
func Regressions() []Case { return CasesOf(regressions) }

// CasesOf reads cases, each in a line that may end with a comment: "F3+F13 17 # why".
func CasesOf(text string) []Case {
	var all []Case
	for line := range strings.Lines(text) {
		named, _, _ := strings.Cut(line, "#")
		words := strings.Fields(named)
		if len(words) != 2 {
			continue
		}
		seed, err := strconv.ParseUint(words[1], 10, 64)
		if err != nil {
			panic("regressions.txt: " + line) // the file is part of the program
		}
		all = append(all, CaseNamed(words[0], seed))
	}
	return all
}
