package sim

import (
	_ "embed" // regressions.txt
	"strconv"
	"strings"
)

//go:embed testdata/regressions.txt
var regressions string

// Regressions returns the cases that once failed. They always run.
func Regressions() []Case {
	var all []Case
	for line := range strings.Lines(regressions) {
		text, _, _ := strings.Cut(line, "#")
		words := strings.Fields(text)
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
