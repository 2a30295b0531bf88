package test_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// module is the path under which the rooms import each other.
const module = "causeway.example"

// source is one parsed Go file of the repository.
type source struct {
	path  string // from the root, with slashes: "shared/fault/fault.go"
	room  string // its folder: "shared/fault"
	test  bool
	file  *ast.File
	fset  *token.FileSet
	lines int
}

// sources parses every Go file of the repository.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir("..", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || strings.HasPrefix(entry.Name(), ".") && name != ".."):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		all = append(all, mustParse(t, name))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("found %d Go files: looked in the wrong place", len(all))
	}
	return all
}

func mustParse(t *testing.T, name string) source {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	slashed := strings.TrimPrefix(filepath.ToSlash(name), "../")
	return source{
		path: slashed, room: path.Dir(slashed), test: strings.HasSuffix(slashed, "_test.go"),
		file: file, fset: fset, lines: fset.File(file.Pos()).LineCount(),
	}
}

// imports returns the import paths of the file.
func (s source) imports() []string {
	paths := make([]string, 0, len(s.file.Imports))
	for _, spec := range s.file.Imports {
		if unquoted, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, unquoted)
		}
	}
	return paths
}

// span returns how many lines the node covers.
func (s source) span(node ast.Node) int {
	return s.fset.Position(node.End()).Line - s.fset.Position(node.Pos()).Line + 1
}

// at returns where the node stands, for messages.
func (s source) at(node ast.Node) string {
	return s.path + ":" + strconv.Itoa(s.fset.Position(node.Pos()).Line)
}
