package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"causeway.example/scripts/day"
)

// kept is a fake whose changes outlive the process. Each request that may change something is
// written down before it is answered, and so is what the system does by itself; at the start all of
// it happens again. Of the ERP, which keeps what requests change in a file of its own, only the latter is.
type kept struct {
	fake http.Handler
	mu   sync.Mutex // changes happen one after another, in the order of the file
	file *os.File
	then time.Time // of the change that happens again; zero once the fake is open
}

// change is a line of the file: a request, or an act.
type change struct {
	At     time.Time   `json:"at"`
	Method string      `json:"method,omitempty"`
	URL    string      `json:"url,omitempty"`
	Header http.Header `json:"header,omitempty"`
	Body   string      `json:"body,omitempty"`
	Act    *day.Act    `json:"act,omitempty"`
}

// now is the fake's clock.
func (k *kept) now() time.Time {
	if k.then.IsZero() {
		return time.Now()
	}
	return k.then
}

// open has everything of the file happen again. A last line that was torn by a kill is cut off: it
// was not answered.
func (k *kept) open(path string) error {
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	whole := bytes.LastIndexByte(data, '\n') + 1
	for line := range bytes.Lines(data[:whole]) {
		var c change
		if err := json.Unmarshal(line, &c); err != nil {
			return fmt.Errorf("reading %s: %w", path, err)
		}
		if k.then = c.At; c.Act != nil {
			err = c.Act.Do(k.fake)
		} else {
			err = k.again(c)
		}
		if err != nil {
			return fmt.Errorf("repeating %s: %w", path, err)
		}
	}
	k.then = time.Time{}
	if k.file, err = os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600); err != nil {
		return err
	}
	return k.file.Truncate(int64(whole))
}

func (k *kept) again(c change) error {
	request, err := http.NewRequest(c.Method, c.URL, strings.NewReader(c.Body)) //nolint:noctx // it is not sent
	if err != nil {
		return err
	}
	request.Header = c.Header
	k.fake.ServeHTTP(&nobody{}, request)
	return nil
}

func (k *kept) write(c change) error {
	line, err := json.Marshal(c)
	if err != nil {
		return err
	}
	_, err = k.file.Write(append(line, '\n'))
	return err
}

// do has the system do something by itself.
func (k *kept) do(act day.Act) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.write(change{At: time.Now(), Act: &act}); err != nil {
		return err
	}
	return act.Do(k.fake)
}

func (k *kept) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		k.fake.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if !changes(r.URL.Path, body) {
		k.fake.ServeHTTP(w, r)
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.write(change{At: time.Now(), Method: r.Method, URL: r.URL.String(), Header: r.Header, Body: string(body)}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	k.fake.ServeHTTP(w, r)
}

// changes reports whether a POST may change something: a query of GraphQL, a search and a batch
// that is read do not.
func changes(path string, body []byte) bool {
	switch {
	case strings.HasSuffix(path, "/graphql.json"):
		return bytes.Contains(body, []byte(`"mutation `))
	case strings.HasSuffix(path, "/read"), strings.HasSuffix(path, "/search"):
		return false
	}
	return true
}

func (k *kept) close() error {
	if k.file == nil {
		return nil
	}
	return k.file.Close()
}

// nobody reads an answer.
type nobody struct{ header http.Header }

func (n *nobody) Header() http.Header {
	if n.header == nil {
		n.header = http.Header{}
	}
	return n.header
}
func (*nobody) Write(p []byte) (int, error) { return len(p), nil }
func (*nobody) WriteHeader(int)             {}
