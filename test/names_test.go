package test_test

import (
	"go/ast"
	"regexp"
	"strings"
	"testing"
)

// Names as comments and README.md write them.
var (
	fileName   = regexp.MustCompile(`\b(?:` + regexp.QuoteMeta(module) + `/)?[a-z][a-z0-9_/]*\.go\b`)
	dottedName = regexp.MustCompile(`\b([A-Za-z][A-Za-z0-9]*)\.([A-Z][A-Za-z0-9]*)(?:\.([A-Z][A-Za-z0-9]*))?\b`)
)

// declared are the names that the repository declares.
type declared struct {
	files    map[string]bool            // by each end of their path: "retry/lease.go", "lease.go"
	packages map[string]map[string]bool // package -> its top-level names
	members  map[string]map[string]bool // type, of any package -> its fields and methods
}

func declarations(t *testing.T) declared {
	t.Helper()
	d := declared{map[string]bool{}, map[string]map[string]bool{}, map[string]map[string]bool{}}
	for _, s := range sources(t) {
		for end, more := s.path, true; more; _, end, more = strings.Cut(end, "/") {
			d.files[end] = true
		}
		name := strings.TrimSuffix(s.file.Name.Name, "_test")
		if d.packages[name] == nil {
			d.packages[name] = map[string]bool{}
		}
		for _, decl := range s.file.Decls {
			d.declare(d.packages[name], decl)
		}
	}
	return d
}

func (d declared) declare(names map[string]bool, decl ast.Decl) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Recv == nil {
			names[decl.Name.Name] = true
			return
		}
		ast.Inspect(decl.Recv.List[0].Type, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				d.member(id.Name, decl.Name.Name)
			}
			return true
		})
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				for _, id := range spec.Names {
					names[id.Name] = true
				}
			case *ast.TypeSpec:
				names[spec.Name.Name] = true
				d.fields(spec)
			}
		}
	}
}

// fields declares what the type has. A type with an embedded one may have any name.
func (d declared) fields(spec *ast.TypeSpec) {
	var list *ast.FieldList
	switch kind := spec.Type.(type) {
	case *ast.StructType:
		list = kind.Fields
	case *ast.InterfaceType:
		list = kind.Methods
	default:
		return
	}
	for _, field := range list.List {
		if len(field.Names) == 0 {
			d.member(spec.Name.Name, "*")
		}
		for _, id := range field.Names {
			d.member(spec.Name.Name, id.Name)
		}
	}
}

func (d declared) member(of, name string) {
	if d.members[of] == nil {
		d.members[of] = map[string]bool{}
	}
	d.members[of][name] = true
}

// unknown returns what the text names and the repository does not declare.
func (d declared) unknown(text string) (names []string) {
	for _, name := range fileName.FindAllString(text, -1) {
		if !d.files[strings.TrimPrefix(name, module+"/")] {
			names = append(names, name)
		}
	}
	for _, found := range dottedName.FindAllStringSubmatch(text, -1) {
		first, second, third := found[1], found[2], found[3]
		if own := d.packages[first]; own != nil {
			if !own[second] {
				names = append(names, found[0])
				continue
			}
			first, second = second, third
		}
		if members := d.members[first]; members != nil && second != "" && !members[second] && !members["*"] {
			names = append(names, found[0])
		}
	}
	return names
}

// TestDocsNameWhatThereIs: each file, package-level name, field and method that a comment
// names exists. Names of other modules and of vendors are not looked at.
func TestDocsNameWhatThereIs(t *testing.T) {
	t.Parallel()
	d := declarations(t)
	for _, s := range sources(t) {
		for _, group := range s.file.Comments {
			for _, name := range d.unknown(group.Text()) {
				t.Errorf("%s: %s does not exist", s.at(group), name)
			}
		}
	}
}

func TestReadmeNamesWhatThereIs(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"README.md", systemsDoc, deployDoc, operateDoc} {
		for _, name := range declarations(t).unknown(mustText(t, path)) {
			t.Errorf("%s: %s does not exist", path, name)
		}
	}
}

// TestDocsThatNameNothingAreSeen proves that the check above can fail.
func TestDocsThatNameNothingAreSeen(t *testing.T) {
	t.Parallel()
	d := declarations(t)
	for text, wrong := range map[string]bool{
		"see gone.go": true, "see shared/retry/attempt.go": true, "see pipeline/attempt.go": false, "see attempt.go": false, "see shared/pipeline/attempt.go": false,
		"port.Gone is": true, "port.Digest is": false, "canonical.Type.Once": false, "canonical.Type.Twice": true,
		"Profile.Linger": false, "Profile.Gone": true, "time.Sleep and Shopify.Order": false,
	} {
		if got := d.unknown(text); (len(got) > 0) != wrong {
			t.Errorf("%q: unknown %q", text, got)
		}
	}
}
