package connector

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/redact"
)

// The most characters of a body that Masked keeps: an entry of the ledger stays within two
// write units.
const (
	mostRequest = 900
	mostAnswer  = 600
)

// Failed returns the exchange of a failed attempt as it may be stored, nil if no request was
// made. Body is the message's, of the event type: texts that share a word with its personal
// data are hidden in the request, and those words in the answer, where e-mail addresses and
// quotations of several words are hidden too. The request is kept of a failure that is about
// this entity, if it is JSON.
func (x Exchange) Failed(f *fault.Error, eventType string, body []byte) *Exchange {
	if x.Method == "" {
		return nil
	}
	if f.ScopeOrDefault() != fault.EntityScope {
		x.Request = ""
	}
	m := masking{words: map[string]bool{}}
	entity, err := canonical.Decode(eventType, body)
	if err != nil { // without it nothing shows what is personal
		x.Request, x.Answer = "", ""
		return &x
	}
	for _, text := range canonical.PersonalTexts(entity) {
		m.add(text)
	}
	x.Request = Shorten(m.json(x.Request, m.field), mostRequest)
	answer := m.json(x.Answer, m.prose)
	if answer == "" {
		answer = m.prose("", x.Answer)
	}
	x.Path, x.Answer = redact.Emails(x.Path), Shorten(answer, mostAnswer)
	return &x
}

// Succeeded returns what is kept of an attempt that succeeded: status and request id; nil if
// no write was made.
func (x Exchange) Succeeded() *Exchange {
	if x.Status < 200 || x.Status > 299 {
		return nil
	}
	return &Exchange{Status: x.Status, RequestID: x.RequestID}
}

// masking knows the personal data of one message.
type masking struct {
	words map[string]bool // in lower case
	runs  []string        // the digits of texts with many of them, such as telephone numbers
}

func (m *masking) add(text string) {
	for _, word := range words(text) {
		m.words[strings.ToLower(word)] = true
	}
	if run := digits(text); len(run) >= 6 {
		m.runs = append(m.runs, run)
	}
}

func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// secretive reports whether a field of the name holds credentials.
func secretive(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(secretParts, func(part string) bool { return strings.Contains(name, part) })
}

var secretParts = strings.Fields("token secret password signature authorization credential assertion")

// json returns the JSON text with every text within changed by mask, "" if it is not JSON.
func (m *masking) json(text string, mask func(field, text string) string) string {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var tree any
	if decoder.Decode(&tree) != nil {
		return ""
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(maskedTree(tree, "", mask)) != nil {
		return ""
	}
	return strings.TrimSpace(out.String())
}

func maskedTree(tree any, field string, mask func(field, text string) string) any {
	switch value := tree.(type) {
	case map[string]any:
		for name, member := range value {
			value[name] = maskedTree(member, name, mask)
		}
	case []any:
		for i, member := range value {
			value[i] = maskedTree(member, field, mask)
		}
	case string:
		return mask(field, value)
	case json.Number:
		if mask(field, value.String()) == redact.Masked {
			return redact.Masked
		}
	}
	return tree
}

// field masks a text of a request as a whole, because a word in it may have been cut.
func (m *masking) field(name, text string) string {
	if secretive(name) || slices.ContainsFunc(words(text), m.personal) || m.number(digits(text)) {
		return redact.Masked
	}
	return text
}

// personal reports whether the word is one of the personal data's, or the beginning of one.
func (m *masking) personal(word string) bool {
	word = strings.ToLower(word)
	if utf8.RuneCountInString(word) < 2 {
		return false
	}
	if m.words[word] {
		return true
	}
	if utf8.RuneCountInString(word) < 4 {
		return false
	}
	for known := range m.words {
		if strings.HasPrefix(known, word) {
			return true
		}
	}
	return false
}

func (m *masking) number(run string) bool {
	return len(run) >= 6 && slices.ContainsFunc(m.runs, func(known string) bool { return strings.Contains(run, known) || strings.Contains(known, run) })
}

// patterns are compiled at the first failure, and not at the start of every function.
type patterns struct{ word, run, quoted *regexp.Regexp }

var textPatterns = sync.OnceValue(func() patterns {
	return patterns{
		word: regexp.MustCompile(`[\pL\pN]+`), run: regexp.MustCompile(`[+0-9][-0-9 ().]{4,}[0-9]`),
		quoted: regexp.MustCompile(`"[^"]*"|'[^']*'|“[^”]*”`),
	}
})

// plainWords are words of sentences that may be part of a name or an address, and say nothing
// about it.
var plainWords = strings.Fields("a an and are as at be by do for from has in is it no not of on or that the this to was with you your")

// prose masks the personal parts of a text of the vendor's.
func (m *masking) prose(name, text string) string {
	if secretive(name) {
		return redact.Masked
	}
	p := textPatterns()
	text = p.quoted.ReplaceAllStringFunc(redact.Emails(text), func(quoted string) string {
		if strings.ContainsAny(quoted, " \t\n") {
			return redact.Masked
		}
		return quoted
	})
	text = p.run.ReplaceAllStringFunc(text, func(run string) string {
		if m.number(digits(run)) {
			return redact.Masked
		}
		return run
	})
	return p.word.ReplaceAllStringFunc(text, func(word string) string {
		if m.words[strings.ToLower(word)] && utf8.RuneCountInString(word) > 1 && !slices.Contains(plainWords, strings.ToLower(word)) {
			return redact.Masked
		}
		return word
	})
}

// Shorten returns at most so many characters of the text, the last of them … where it is longer.
func Shorten(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most-1]) + "…"
}
