// Command hops counts how many functions in how many files one journey of a message
// executes, which is what a reader visits who follows it. The journeys are the tests of
// test/hops; what counts is the code of shared/ outside connectors' kits (connector,
// webapi) and test doubles. The last line is one JSON object.
package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// journeys are the tests by the name of their journey, with the most functions and files
// that each may visit.
var journeys = []journey{
	{"clean", "TestCleanDelivery", 45, 10},
	{"retry", "TestRetriedDelivery", 60, 14},
	{"duplicate", "TestDuplicateWebhook", 30, 8},
}

type journey struct {
	name, test       string
	functions, files int
}

// hops is what one journey visits.
type hops struct {
	Functions int `json:"functions"`
	Files     int `json:"files"`
}

const module = "causeway.example/"

func main() {
	list := flag.Bool("list", false, "list the functions of each journey")
	flag.Parse()
	if err := run(*list); err != nil {
		fmt.Fprintln(os.Stderr, "counting hops:", err)
		os.Exit(1)
	}
}

func run(list bool) error {
	folder, err := os.MkdirTemp("", "causeway-hops-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder that stays does no harm
	packages, err := measured()
	if err != nil {
		return err
	}
	binary := filepath.Join(folder, "hops.test")
	if err := command("go", "test", "-c", "-o", binary, "-covermode=atomic", "-coverpkg="+strings.Join(packages, ","), "./test/hops"); err != nil {
		return err
	}
	results := map[string]hops{}
	var over []error
	for _, j := range journeys {
		visited, err := j.visited(binary, folder)
		if err != nil {
			return err
		}
		counted := count(visited)
		results[j.name] = counted
		fmt.Printf("%-10s %3d functions of %d in %2d files of %d\n", j.name, counted.Functions, j.functions, counted.Files, j.files)
		if list {
			printAll(visited)
		}
		if counted.Functions > j.functions || counted.Files > j.files {
			over = append(over, fmt.Errorf("%s visits more than it may", j.name))
		}
	}
	line, err := json.Marshal(results)
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	return errors.Join(over...)
}

// count counts the functions and the files that they are in.
func count(visited []function) hops {
	files := map[string]bool{}
	for _, f := range visited {
		files[f.file] = true
	}
	return hops{len(visited), len(files)}
}

func printAll(visited []function) {
	for _, f := range visited {
		fmt.Printf("           %s %s\n", f.file, f.name)
	}
}

// measured lists the packages whose functions count.
func measured() ([]string, error) {
	out, err := exec.CommandContext(context.Background(), "go", "list", "./shared/...").Output()
	if err != nil {
		return nil, fmt.Errorf("listing packages: %w", err)
	}
	return slices.DeleteFunc(strings.Fields(string(out)), func(path string) bool {
		return strings.HasSuffix(path, "test") || strings.HasSuffix(path, "/connector") || strings.HasSuffix(path, "/webapi")
	}), nil
}

func command(name string, args ...string) error {
	c := exec.CommandContext(context.Background(), name, args...) //nolint:gosec // the commands are those of this file
	c.Stderr = os.Stderr
	if out, err := c.Output(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(c.Args[:2], " "), err, out)
	}
	return nil
}

// function is one function that was visited.
type function struct{ file, name string }

// visited returns the functions that the journey executes, sorted.
func (j journey) visited(binary, folder string) ([]function, error) {
	counts := map[string]int{}
	for sign, args := range map[int][]string{+1: nil, -1: {"-setup"}} {
		profile := filepath.Join(folder, "cover.out")
		run := append([]string{"-test.run", "^" + j.test + "$", "-test.coverprofile", profile}, args...)
		if err := command(binary, run...); err != nil {
			return nil, err
		}
		if err := addProfile(counts, profile, sign); err != nil {
			return nil, err
		}
	}
	found := map[function]bool{}
	for block, n := range counts {
		if n <= 0 {
			continue
		}
		f, err := functionAt(block)
		if err != nil {
			return nil, err
		}
		found[f] = true
	}
	return slices.SortedFunc(maps.Keys(found), func(a, b function) int {
		return cmp.Or(strings.Compare(a.file, b.file), strings.Compare(a.name, b.name))
	}), nil
}

// addProfile adds the counts of a coverage profile, times sign, by the position of each block.
func addProfile(counts map[string]int, profile string, sign int) error {
	file, err := os.Open(profile)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it was only read
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) != 3 || !strings.HasPrefix(fields[0], module) {
			continue // the line of the mode
		}
		n, err := strconv.Atoi(fields[2])
		if err != nil {
			return err
		}
		counts[fields[0]] += sign * n
	}
	return lines.Err()
}

var parsed = map[string][]*ast.FuncDecl{}

var positions = token.NewFileSet()

// functionAt returns the function around a block such as "causeway.example/shared/port/port.go:12.3,14.5".
func functionAt(block string) (function, error) {
	path, span, _ := strings.Cut(block, ":")
	path = strings.TrimPrefix(path, module)
	line, err := strconv.Atoi(span[:strings.IndexByte(span, '.')])
	if err != nil {
		return function{}, err
	}
	if _, known := parsed[path]; !known {
		file, err := parser.ParseFile(positions, path, nil, 0)
		if err != nil {
			return function{}, err
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				parsed[path] = append(parsed[path], f)
			}
		}
	}
	for _, f := range parsed[path] {
		if positions.Position(f.Pos()).Line <= line && line <= positions.Position(f.End()).Line {
			return function{path, nameOf(f)}, nil
		}
	}
	return function{path, "a function value"}, nil
}

// nameOf returns the name of the function, after its type and a dot if it is a method.
func nameOf(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	kind := f.Recv.List[0].Type
	if star, ok := kind.(*ast.StarExpr); ok {
		kind = star.X
	}
	if name, ok := kind.(*ast.Ident); ok {
		return name.Name + "." + f.Name.Name
	}
	return f.Name.Name
}
