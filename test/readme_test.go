package test_test

import (
	"go/ast"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"causeway.example/functions"
	"causeway.example/shared/connector"
	"causeway.example/shared/routes"
)

func mustRead(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// The documents beside README.md, which is read in three minutes.
const (
	systemsDoc  = "functions/README.md"
	deployDoc   = "infra/README.md"
	operateDoc  = "scripts/README.md"
	readmeWords = 1200
)

// allDocs returns the text of all of them.
func allDocs(t *testing.T) string {
	t.Helper()
	return mustRead(t, "README.md") + mustRead(t, systemsDoc) + mustRead(t, deployDoc) + mustRead(t, operateDoc)
}

func TestReadmeIsReadInThreeMinutes(t *testing.T) {
	t.Parallel()
	if n := len(strings.Fields(mustRead(t, "README.md"))); n > readmeWords {
		t.Errorf("README.md has %d words, at most %d are allowed", n, readmeWords)
	}
}

// TestDocsLinkToWhatThereIs holds each link of a document to the file, and to the heading of it.
func TestDocsLinkToWhatThereIs(t *testing.T) {
	t.Parallel()
	found := 0
	for _, path := range []string{"README.md", systemsDoc, deployDoc, operateDoc} {
		for _, link := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(mustRead(t, path), -1) {
			if strings.Contains(link[1], "://") {
				continue
			}
			found++
			file, heading, _ := strings.Cut(link[1], "#")
			to := path
			if file != "" {
				to = filepath.Join(filepath.Dir(path), file)
			}
			text := mustRead(t, to)
			if heading != "" && !slices.Contains(anchors(text), heading) {
				t.Errorf("%s links to %s, whose headings are %v", path, link[1], anchors(text))
			}
		}
	}
	if found < 5 {
		t.Fatalf("found %d links: looked in the wrong way", found)
	}
}

// anchors returns the names by which a Markdown document's headings are linked to.
func anchors(text string) (names []string) {
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		plain := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		names = append(names, strings.ReplaceAll(plain, " ", "-"))
	}
	return names
}

// setting is one row of the tables of settings.
type setting struct{ key, meaning, byDefault string }

// settingsOf returns the rows between the document's markers, by heading.
func settingsOf(t *testing.T) map[string][]setting {
	t.Helper()
	_, rest, begun := strings.Cut(mustRead(t, systemsDoc), "<!-- settings:begin -->")
	section, _, ended := strings.Cut(rest, "<!-- settings:end -->")
	if !begun || !ended {
		t.Fatal(systemsDoc + " has no section of settings")
	}
	rows, heading := map[string][]setting{}, ""
	for line := range strings.Lines(section) {
		if title, ok := strings.CutPrefix(line, "### "); ok {
			heading = strings.TrimSpace(title)
		}
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if key, ok := strings.CutPrefix(cells[0], "| `"); ok && len(cells) == 3 {
			rows[heading] = append(rows[heading], setting{strings.Trim(key, "`"), cells[1], strings.TrimSuffix(cells[2], " |")})
		}
	}
	return rows
}

func TestReadmeExplainsEverySetting(t *testing.T) {
	t.Parallel()
	rows := settingsOf(t)
	for _, system := range functions.All() {
		heading, _, _ := strings.Cut(system.Profile.Title, " (")
		var keys []string
		for _, row := range rows[heading] {
			keys = append(keys, row.key)
			if secret := strings.HasPrefix(row.meaning, "secret: "); secret != slices.Contains(system.Profile.Secrets, row.key) {
				t.Errorf("%s is a secret or not, and %s says otherwise", row.key, systemsDoc)
			}
			if row.meaning == "" || row.byDefault == "" {
				t.Errorf("%s is not explained", row.key)
			}
		}
		if !slices.Equal(keys, system.Profile.Settings) {
			t.Errorf("%s has for %s the settings\n%v, want\n%v", systemsDoc, heading, keys, system.Profile.Settings)
		}
		delete(rows, heading)
	}
	if len(rows) > 0 {
		t.Errorf("%s has settings of no system: %v", systemsDoc, rows)
	}
}

func TestReadmeTellsTheDefaults(t *testing.T) {
	t.Parallel()
	tags := settingTags(t)
	for _, rows := range settingsOf(t) {
		for _, row := range rows {
			tag := tags[row.key]
			want, preset := tag.Lookup("envDefault")
			required := slices.Contains(strings.Split(tag.Get("validate"), ","), "required")
			switch {
			case preset && row.byDefault != "`"+want+"`":
				t.Errorf("%s has the default %s in the tables, want `%s`", row.key, row.byDefault, want)
			case !preset && strings.HasPrefix(row.byDefault, "`"), required != (row.byDefault == "required"):
				t.Errorf("%s has the default %s in the tables; it is required: %v", row.key, row.byDefault, required)
			}
		}
	}
}

// settingTags returns the struct tags of every system's Settings, by key.
func settingTags(t *testing.T) map[string]reflect.StructTag {
	t.Helper()
	tags := map[string]reflect.StructTag{}
	for _, s := range sources(t) {
		if !strings.HasPrefix(s.room, "functions/") || s.test {
			continue
		}
		ast.Inspect(s.file, func(node ast.Node) bool {
			if field, ok := node.(*ast.Field); ok && field.Tag != nil {
				text, err := strconv.Unquote(field.Tag.Value)
				if err != nil {
					t.Fatal(err)
				}
				tag := reflect.StructTag(text)
				tags[tag.Get("env")] = tag
			}
			return true
		})
	}
	return tags
}

func TestReadmeListsTheFilters(t *testing.T) {
	t.Parallel()
	want := map[bool][]string{}
	for _, route := range routes.Table {
		for _, filter := range route.Filters {
			if !slices.Contains(want[filter.Default], filter.Name) {
				want[filter.Default] = append(want[filter.Default], filter.Name)
			}
		}
	}
	readme := mustRead(t, systemsDoc)
	for byDefault, title := range map[bool]string{true: "on by default", false: "off by default"} {
		row := "| " + title + " | `" + strings.Join(want[byDefault], "`, `") + "` |"
		if !strings.Contains(readme, row) {
			t.Errorf("%s does not say %s", systemsDoc, row)
		}
	}
}

func TestReadmeNamesTheSystems(t *testing.T) {
	t.Parallel()
	readme, operate := mustRead(t, "README.md"), mustRead(t, operateDoc)
	port := 4601
	for _, system := range functions.All() {
		p := system.Profile
		direction := "target"
		if slices.Contains(p.Roles, connector.Receive) {
			if !strings.Contains(operate, "`POST /hooks/"+p.Name+"`") {
				t.Errorf(operateDoc+" does not name the door of %s", p.Name)
			}
		}
		if slices.Contains(p.Roles, connector.Translate) {
			direction = "source"
			if slices.Contains(p.Roles, connector.Deliver) {
				direction = "source, target"
			}
		}
		if row := "| " + p.Title + " | " + direction + " |"; !strings.Contains(readme, row) {
			t.Errorf("README.md does not say %s", row)
		}
		if system.Optional {
			continue // a local run has no fake of it
		}
		name, _, _ := strings.Cut(p.Title, " (")
		if row := "| " + strconv.Itoa(port) + " | the fake " + name; !strings.Contains(operate, row) {
			t.Errorf(operateDoc+" does not say %s", row)
		}
		port++
	}
}

func TestReadmeNamesCommandsThatAreThere(t *testing.T) {
	t.Parallel()
	readme, makefile := allDocs(t), mustRead(t, "Makefile")
	commands := regexp.MustCompile("(?m)(?:`|^    )make ([a-z]+)").FindAllStringSubmatch(readme, -1)
	if len(commands) < 3 {
		t.Fatalf("found %v: looked in the wrong way", commands)
	}
	for _, command := range commands {
		if !regexp.MustCompile(`(?m)^` + command[1] + `: .*## `).MatchString(makefile) {
			t.Errorf("a document names make %s, which the Makefile does not have", command[1])
		}
	}
	for _, variable := range regexp.MustCompile("`([A-Z]+)=([a-z0-9.]*)`").FindAllStringSubmatch(readme, -1) {
		if !strings.Contains(makefile, "\n"+variable[1]+" ?= "+variable[2]) {
			t.Errorf("a document names %s=%s, which the Makefile does not have", variable[1], variable[2])
		}
	}
}

func TestReadmeNamesFoldersThatAreThere(t *testing.T) {
	t.Parallel()
	paths := regexp.MustCompile("`([a-z]+/[a-z0-9_./<>]*)`").FindAllStringSubmatch(allDocs(t), -1)
	if len(paths) < 10 {
		t.Fatalf("found %v: looked in the wrong way", paths)
	}
	makefile := mustRead(t, "Makefile")
	for _, match := range paths {
		if strings.HasPrefix(match[1], "bin/") && strings.Contains(makefile, " -o "+match[1]+" ") {
			continue // built by a command
		}
		for _, system := range functions.All() {
			path := regexp.MustCompile(`<(system|name)>`).ReplaceAllString(match[1], system.Profile.Name)
			if _, err := os.Stat(filepath.Join("..", path)); err != nil {
				t.Errorf("a document names %s: %v", match[1], err)
			}
		}
	}
}

// TestReadmeListsTheFilesOfASystem holds what "Adding a system" says every system has.
func TestReadmeListsTheFilesOfASystem(t *testing.T) {
	t.Parallel()
	_, adding, _ := strings.Cut(mustRead(t, systemsDoc), "\n## Adding a system\n")
	for _, system := range functions.All() {
		files := map[string]string{"doc.go": "doc.go", "system.go": "system.go", "<name>test/": system.Profile.Name + "test"}
		if slices.Contains(system.Profile.Roles, connector.Receive) {
			maps.Copy(files, map[string]string{"verify.go": "verify.go", "decode.go": "decode.go"})
		}
		if slices.Contains(system.Profile.Roles, connector.Deliver) {
			maps.Copy(files, map[string]string{"encode_<record>.go": "encode_*.go", "client.go": "client.go"})
		}
		for name, pattern := range files {
			found := systemFiles(t, system.Profile.Name, pattern)
			if len(found) == 0 || !strings.Contains(adding, "`"+name+"`") {
				t.Errorf("%s has %d of %s, which the document must name", system.Profile.Name, len(found), name)
			}
		}
	}
}

// TestReadmeIsRightThatASystemIsOneFolder reads the code of every room that all systems
// share: none may know one of them by name. The catalog and the table are the two lines
// that a system is added by.
func TestReadmeIsRightThatASystemIsOneFolder(t *testing.T) {
	t.Parallel()
	registers := []string{"functions/catalog.go", "shared/routes/table.go"}
	var systems []string
	for _, system := range functions.All() {
		systems = append(systems, system.Profile.Name)
	}
	read := 0
	for _, s := range sources(t) {
		if s.test || !sharedByAll(s.room) || isScheme(s.room) {
			continue
		}
		read++
		if found := named(s, systems); (len(found) > 0) != slices.Contains(registers, s.path) {
			t.Errorf("%s names the systems %v; of these rooms %v name all of them, and nobody else any", s.path, found, registers)
		}
	}
	if read < 50 {
		t.Fatalf("read %d files: looked in the wrong place", read)
	}
}

// isScheme reports whether the room has signature schemes, which bear the names of the vendors who
// defined them, whether or not one of them is a system.
func isScheme(room string) bool {
	return room == "shared/webhook" || room == "shared/webhook/webhooktest"
}

func sharedByAll(room string) bool {
	top, _, _ := strings.Cut(room, "/")
	return slices.Contains([]string{"shared", "infra", "events"}, top) || room == "functions"
}

// named returns which of the names occur in the file's code, comments apart.
func named(s source, names []string) []string {
	var code []string
	ast.Inspect(s.file, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.CommentGroup:
			return false
		case *ast.BasicLit:
			code = append(code, n.Value)
		case *ast.Ident:
			code = append(code, n.Name)
		}
		return true
	})
	text := strings.ToLower(strings.Join(code, "\n"))
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !strings.Contains(text, name) })
}
