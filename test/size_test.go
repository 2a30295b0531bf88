package test_test

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// The bars of this codebase. The linters hold those of cyclomatic and cognitive
// complexity (.golangci.yml). There is none for the median length: one decision on one page
// is better than many short functions that pass it on.
const (
	functionMost  = 60
	decisionMost  = 80 // for one function of a package
	packageMost   = 2300
	methodsMedian = 2
	methodsMost   = 5
	commentsLeast = 12 // per cent of the lines of code files
	commentsMost  = 25
	fileMost      = 500
)

func TestFunctionsAreShort(t *testing.T) {
	t.Parallel()
	decisions := map[string]string{} // the long function of each package
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		for _, decl := range s.file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			length, other := s.span(f.Body), decisions[s.room]
			switch {
			case length > decisionMost:
				t.Errorf("%s: %s has %d lines, at most %d are allowed", s.at(f), f.Name.Name, length, decisionMost)
			case length > functionMost && other != "":
				t.Errorf("%s: %s has %d lines, at most %d are allowed beside %s", s.at(f), f.Name.Name, length, functionMost, other)
			case length > functionMost:
				decisions[s.room] = f.Name.Name
			}
		}
	}
}

func TestPackagesAreReadInOneSitting(t *testing.T) {
	t.Parallel()
	lines := map[string]int{}
	for _, s := range sources(t) {
		if !s.test && !strings.HasSuffix(s.room, "test") && !strings.HasPrefix(s.room, "test/") {
			lines[s.room] += s.lines
		}
	}
	for room, n := range lines {
		if n > packageMost {
			t.Errorf("%s has %d lines, at most %d are allowed", room, n, packageMost)
		}
	}
}

func percentile(values []int, p int) int {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)-1)*p/100]
}

func TestInterfacesAreSmall(t *testing.T) {
	t.Parallel()
	var counts []int
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		ast.Inspect(s.file, func(node ast.Node) bool {
			if i, ok := node.(*ast.InterfaceType); ok {
				counts = append(counts, i.Methods.NumFields())
				if i.Methods.NumFields() > methodsMost {
					t.Errorf("%s: interface of %d methods, at most %d are allowed", s.at(i), i.Methods.NumFields(), methodsMost)
				}
			}
			return true
		})
	}
	if median := percentile(counts, 50); median > methodsMedian {
		t.Errorf("half of the interfaces have more than %d methods: %d", methodsMedian, median)
	}
}

func TestEverythingExportedIsExplained(t *testing.T) {
	t.Parallel()
	packages := map[string]bool{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		packages[s.room] = packages[s.room] || s.file.Doc != nil
		for _, decl := range s.file.Decls {
			for _, name := range unexplained(decl) {
				t.Errorf("%s: %s has no comment", s.at(decl), name)
			}
		}
	}
	for room, explained := range packages {
		if !explained {
			t.Errorf("%s: the package has no comment", room)
		}
	}
}

// unexplained returns the exported names that a declaration leaves without a comment.
func unexplained(decl ast.Decl) []string {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
			return []string{d.Name.Name}
		}
	case *ast.GenDecl:
		return unexplainedSpecs(d)
	}
	return nil
}

func exportedReceiver(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	kind := f.Recv.List[0].Type
	if star, ok := kind.(*ast.StarExpr); ok {
		kind = star.X
	}
	if generic, ok := kind.(*ast.IndexExpr); ok {
		kind = generic.X
	}
	name, ok := kind.(*ast.Ident)
	return !ok || name.IsExported()
}

func unexplainedSpecs(d *ast.GenDecl) []string {
	var names []string
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
				names = append(names, s.Name.Name)
			}
		case *ast.ValueSpec:
			if s.Names[0].IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
				names = append(names, s.Names[0].Name)
			}
		}
	}
	return names
}

func TestTestsAndCommentsKeepTheirShare(t *testing.T) {
	t.Parallel()
	var code, tests, comments int
	for _, s := range sources(t) {
		if s.lines > fileMost {
			t.Errorf("%s has %d lines, at most %d are allowed", s.path, s.lines, fileMost)
		}
		if s.test || strings.HasSuffix(s.room, "test") {
			tests += s.lines
			continue
		}
		code += s.lines
		for _, group := range s.file.Comments {
			comments += s.span(group)
		}
	}
	share := 100 * comments / code
	t.Logf("%d lines of code, %d of tests (%.2f), %d %% comments", code, tests, float64(tests)/float64(code), share)
	if tests < code {
		t.Errorf("%d lines of tests for %d lines of code", tests, code)
	}
	if share < commentsLeast || share > commentsMost {
		t.Errorf("%d %% of the code lines are comments, the bar is %d to %d %%", share, commentsLeast, commentsMost)
	}
}
