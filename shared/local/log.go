package local

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/operate/engine"
)

// longestLine is the longest line of a log in bytes; the rest of a file is not read after a
// longer one.
const longestLine = 1 << 20

// Lines implements engine.Log: a read of the log files beside the store, the rotated ones too,
// which have their time in the name.
func (s *Store) Lines(_ context.Context, q engine.LogQuery) (lines []engine.LogLine, whole bool, err error) {
	files, err := filepath.Glob(filepath.Join(filepath.Dir(s.config.Path), "causeway*.log"))
	if err != nil {
		return nil, false, err
	}
	const newest = "causeway.log"
	slices.SortFunc(files, func(x, y string) int {
		if (filepath.Base(x) == newest) != (filepath.Base(y) == newest) {
			return map[bool]int{true: 1, false: -1}[filepath.Base(x) == newest]
		}
		return strings.Compare(x, y)
	})
	for _, path := range files {
		found, err := linesOf(path, q)
		if err != nil {
			return nil, false, err
		}
		lines = append(lines, found...)
		lines = lines[max(0, len(lines)-q.Most):]
	}
	return lines, true, nil
}

func linesOf(path string, q engine.LogQuery) (lines []engine.LogLine, err error) {
	file, err := os.Open(path) //nolint:gosec // a log of the data folder
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	read := bufio.NewScanner(file)
	read.Buffer(make([]byte, 0, 64<<10), longestLine)
	for read.Scan() {
		if !slices.ContainsFunc(q.IDs, func(id string) bool { return id != "" && bytes.Contains(read.Bytes(), []byte(id)) }) {
			continue
		}
		var fields struct{ Time time.Time }
		if err := json.Unmarshal(read.Bytes(), &fields); err == nil && (fields.Time.Before(q.From) || fields.Time.After(q.To)) {
			continue
		}
		lines = append(lines, engine.LogLine{At: fields.Time, Text: read.Text()})
		lines = lines[max(0, len(lines)-q.Most):]
	}
	if err := read.Err(); !errors.Is(err, bufio.ErrTooLong) {
		return lines, err
	}
	return lines, nil
}
