package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/joho/godotenv"
)

// Settings are keys with their values and where each was set.
type Settings struct {
	File   string            // "" for none
	values map[string]string // as set, empty values included
	lines  map[string]int    // of the file, by key; absent for what the environment sets
}

// Read returns the settings of the file, overridden by the environment (pairs as of
// os.Environ). A file that does not exist is an error unless optional; "" is no file.
func Read(file string, optional bool, environment []string) (Settings, error) {
	s := Settings{values: map[string]string{}, lines: map[string]int{}}
	data, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	switch {
	case file == "", optional && errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return s, fmt.Errorf("reading the settings: %w", err)
	default:
		s.File = file
		if err := s.parse(string(data)); err != nil {
			return s, err
		}
	}
	for _, pair := range environment {
		key, value, _ := strings.Cut(pair, "=")
		s.values[key] = value
		delete(s.lines, key)
	}
	return s, nil
}

// Get returns the setting's value, "" if it is not set.
func (s Settings) Get(key string) string { return s.values[key] }

// Map returns a copy of all settings.
func (s Settings) Map() map[string]string { return maps.Clone(s.values) }

// Origin returns where the setting was set: "causeway.env line 3" or "environment"; "" if
// it is not set.
func (s Settings) Origin(key string) string {
	if line := s.lines[key]; line > 0 {
		return s.at(line)
	}
	if s.values[key] != "" {
		return "environment"
	}
	return ""
}

func (s Settings) at(line int) string { return fmt.Sprintf("%s line %d", filepath.Base(s.File), line) }

// statement is one assignment of the file, over several lines if its value has line breaks.
type statement struct {
	line int // of its beginning, from 1
	text string
}

// parse reads the file's statements into s.
func (s Settings) parse(text string) error {
	lines := strings.Split(strings.TrimPrefix(strings.ReplaceAll(text, "\r\n", "\n"), "\ufeff"), "\n")
	for i := 0; i < len(lines); i++ {
		begun := statement{i + 1, lines[i]}
		if blank := strings.TrimSpace(lines[i]); blank == "" || blank[0] == '#' {
			continue
		}
		for quote := openQuote(begun.text); quote != 0 && !closed(begun.text, quote); begun.text += "\n" + lines[i] {
			if i++; i == len(lines) {
				return fmt.Errorf("%s: the value begins with %c, and no other %c ends it", s.at(begun.line), quote, quote)
			}
		}
		if err := s.assign(begun); err != nil {
			return err
		}
	}
	return nil
}

// openQuote returns the quote with which the value of a statement begins, 0 if none.
func openQuote(text string) byte {
	_, value, _ := strings.Cut(text, "=")
	if value = strings.TrimLeft(value, " \t"); value != "" && strings.IndexByte(`"'`, value[0]) >= 0 {
		return value[0]
	}
	return 0
}

// closed reports whether the quoted value ends within the text.
func closed(text string, quote byte) bool {
	_, value, _ := strings.Cut(text, "=")
	value = strings.TrimLeft(value, " \t")[1:]
	for i := range len(value) {
		if value[i] == quote && (i == 0 || value[i-1] != '\\') {
			return true
		}
	}
	return false
}

// replaced finds what godotenv would replace by the value of another variable.
var replaced = regexp.MustCompile(`(^|[^\\])\$[({A-Za-z0-9_]`)

// plainKey is the form of a key.
var plainKey = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

// assign stores the one setting of a statement.
func (s Settings) assign(from statement) error {
	parsed, err := godotenv.Unmarshal(from.text)
	if err != nil || len(parsed) != 1 {
		return fmt.Errorf("%s is not KEY=VALUE", s.at(from.line)) // godotenv's own words quote the line
	}
	for key, value := range parsed {
		if !plainKey.MatchString(key) {
			return fmt.Errorf("%s is not KEY=VALUE", s.at(from.line))
		}
		if quote := openQuote(from.text); quote != '\'' && replaced.MatchString(from.text) {
			return fmt.Errorf("%s: the value of %s has a $, after which names are replaced: put the value in single quotes", s.at(from.line), key)
		}
		if before := s.lines[key]; before > 0 {
			return fmt.Errorf("%s sets %s, which line %d sets already: remove one of them", s.at(from.line), key, before)
		}
		s.values[key], s.lines[key] = value, from.line
	}
	return nil
}
