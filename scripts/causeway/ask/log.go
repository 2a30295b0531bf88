package ask

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"causeway.example/scripts/causeway/screen"
	"causeway.example/shared/redact"
)

const (
	mostLines   = 20      // of one message that are shown, the newest
	longestLine = 1 << 20 // bytes; the rest of a file is not read after a longer one
)

// logLines returns what the local engine's log says of a message, the oldest first, by any of
// its ids. Addresses are masked again, whatever masked them before.
func (a *tool) logLines(ids ...string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(a.Data, "causeway*.log")) // rotated ones have their time in the name
	if err != nil {
		return nil, err
	}
	slices.SortFunc(files, func(x, y string) int {
		if strings.HasSuffix(x, "causeway.log") != strings.HasSuffix(y, "causeway.log") {
			return map[bool]int{true: 1, false: -1}[strings.HasSuffix(x, "causeway.log")]
		}
		return strings.Compare(x, y)
	})
	lines := []string{}
	for _, path := range files {
		found, err := linesOf(path, ids)
		if err != nil {
			return nil, err
		}
		lines = append(lines, found...)
	}
	return lines[max(0, len(lines)-mostLines):], nil
}

func linesOf(path string, ids []string) (lines []string, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	read := bufio.NewScanner(file)
	read.Buffer(make([]byte, 0, 64<<10), longestLine)
	for read.Scan() {
		if slices.ContainsFunc(ids, func(id string) bool { return id != "" && bytes.Contains(read.Bytes(), []byte(id)) }) {
			lines = append(lines, redact.Emails(logText(read.Bytes())))
		}
		if len(lines) > 2*mostLines {
			lines = lines[mostLines:]
		}
	}
	if err := read.Err(); !errors.Is(err, bufio.ErrTooLong) {
		return lines, err
	}
	return lines, nil
}

// logText returns a JSON line of the log as text: time, level and message first.
func logText(line []byte) string {
	var fields map[string]any
	if err := json.Unmarshal(line, &fields); err != nil {
		return string(line)
	}
	text := fmt.Sprint(fields["time"], " ", fields["level"], " ", fields["msg"])
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name != "time" && name != "level" && name != "msg" {
			text += fmt.Sprintf(" %s=%v", name, fields[name])
		}
	}
	return text
}

func (a *tool) showLog(w io.Writer, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintln(w, "\nwhat the log says")
	for _, line := range lines {
		fmt.Fprintln(w, screen.Wrap(line, "  ", a.Width))
	}
}
