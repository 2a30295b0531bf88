package module_test

import (
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

const (
	ours    = "causeway.example"
	fork    = "github.com/acme/causeway" // a copy that keeps go.mod as it is
	version = "v0.1.0"
)

// file is a file of the repository in a module's archive.
type file struct{ name, path string }

func (f file) Path() string                 { return f.name }
func (f file) Lstat() (fs.FileInfo, error)  { return os.Lstat(f.path) }
func (f file) Open() (io.ReadCloser, error) { return os.Open(f.path) }

// files returns what the repository would publish: everything that is not built or hidden.
func files(t *testing.T) (all []zip.File) {
	t.Helper()
	built := map[string]bool{"dist": true, "data": true, "infra/cdk.out": true, "infra/node_modules": true}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		name, _ := filepath.Rel(root, path)
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (built[filepath.ToSlash(name)] || strings.HasPrefix(entry.Name(), ".") && name != "."):
			return filepath.SkipDir
		case entry.Type().IsRegular():
			all = append(all, file{filepath.ToSlash(name), path})
		}
		return nil
	})
	if err != nil || len(all) < 300 {
		t.Fatalf("%d files: %v", len(all), err)
	}
	return all
}

// publish puts the repository into the proxy's folder under a path.
func publish(t *testing.T, proxy, path string) {
	t.Helper()
	folder := filepath.Join(proxy, filepath.FromSlash(path), "@v")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"list": version + "\n", version + ".info": `{"Version":"` + version + `"}`, version + ".mod": string(mod)} {
		mustWrite(t, filepath.Join(folder, name), text)
	}
	archive, err := os.Create(filepath.Join(folder, version+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	if err := zip.Create(archive, module.Version{Path: path, Version: version}, files(t)); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
}

func mustWrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// outside is an app of another team, with an empty module cache.
type outside struct {
	*testing.T
	folder      string
	environment []string
}

// proxyOf serves a folder of published modules, and all others from the cache that this
// repository was built from. The cache lacks the go.mod and the info of modules that nothing
// is built from; for go doc, which lists them too, a version without requirements will do.
func proxyOf(t *testing.T, folder, cache string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, root := range []string{folder, cache} {
			path := filepath.Join(root, filepath.FromSlash(r.URL.Path))
			if _, err := os.Stat(path); err == nil {
				http.ServeFile(w, r, path)
				return
			}
		}
		escaped, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/@v/")
		path, err := module.UnescapePath(escaped)
		switch {
		case err == nil && strings.HasSuffix(name, ".info"):
			_, _ = io.WriteString(w, `{"Version":"`+strings.TrimSuffix(name, ".info")+`"}`) // go asks again if it gets none
		case err == nil && strings.HasSuffix(name, ".mod"):
			_, _ = io.WriteString(w, "module "+path+"\n")
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// newOutside returns an app whose modules come from the proxy's folder and from that cache.
func newOutside(t *testing.T, proxy string) *outside {
	t.Helper()
	downloads, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	cache := filepath.Join(strings.TrimSpace(string(downloads)), "cache", "download")
	o := &outside{T: t, folder: t.TempDir()}
	o.environment = append(os.Environ(), "GOPROXY="+proxyOf(t, proxy, cache), "GOMODCACHE="+t.TempDir(), "GOBIN="+o.folder,
		"GOFLAGS=-mod=mod -modcacherw -trimpath", "GOSUMDB=off", "GONOSUMDB=", "GOPRIVATE=", "GONOPROXY=", "GOTOOLCHAIN=local", "GOWORK=off")
	return o
}

// app writes the app, with one more line in its go.mod.
func (o *outside) app(line string) {
	o.Helper()
	mustWrite(o.T, filepath.Join(o.folder, "go.mod"), "module acme.example/shop\n\ngo 1.26.0\n\nrequire "+ours+" "+version+"\n\n"+line+"\n")
	mustWrite(o.T, filepath.Join(o.folder, "main.go"), `package main

import (
	"fmt"

	"`+ours+`/shared/canonical"
)

func main() { fmt.Println(canonical.OrderPlaced) }
`)
}

// run runs a command in the app's folder and wants its output to contain the text.
func (o *outside) run(want string, command ...string) {
	o.Helper()
	c := exec.Command(command[0], command[1:]...)
	c.Dir, c.Env = o.folder, o.environment
	if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), want) {
		o.Fatalf("%s: %v\n%s\nwant %q", strings.Join(command, " "), err, out, want)
	}
}

func TestTheModuleIsUsedFromOutside(t *testing.T) {
	t.Parallel()
	proxy := t.TempDir()
	publish(t, proxy, ours)
	o := newOutside(t, proxy)
	o.app("")
	o.run("order.placed", "go", "run", ".")
	o.run("type Order struct", "go", "doc", ours+"/shared/canonical", "Order")
	o.run("", "go", "install", ours+"/scripts/cost@"+version)
	o.run("HTTP API", filepath.Join(o.folder, "cost"))
}

// TestAForkIsUsedByOneLine: a fork keeps go.mod, and the app replaces the path.
func TestAForkIsUsedByOneLine(t *testing.T) {
	t.Parallel()
	proxy := t.TempDir()
	publish(t, proxy, fork)
	o := newOutside(t, proxy)
	o.app("replace " + ours + " => " + fork + " " + version)
	o.run("order.placed", "go", "run", ".")
}
