package redact

import (
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
)

// Masked replaces a hidden value.
const Masked = "***"

// MaskedEmail replaces an e-mail address.
const MaskedEmail = Masked + "@" + Masked

// Addresses is the one pattern of e-mail addresses, those within URLs included. It matches
// more than RFC 5321 allows.
var Addresses = regexp.MustCompile(`[^\s"'<>]+(?:@|%40)[^\s"'<>]+`)

// Emails replaces everything that looks like an e-mail address by MaskedEmail.
func Emails(text string) string {
	if !strings.Contains(text, "@") && !strings.Contains(text, "%40") {
		return text
	}
	return Addresses.ReplaceAllString(text, MaskedEmail)
}

// Mask hides the values of secrets, those before a rotation too, and e-mail addresses.
// The zero value hides addresses only. It is safe for concurrent use.
type Mask struct {
	mu      sync.Mutex
	pairs   []string // each secret, followed by Masked
	secrets atomic.Pointer[strings.Replacer]
}

// shortest is the length below which a secret is not looked for: it would mask
// ordinary words, and no vendor gives one so short.
const shortest = 6

// Hide makes the values secret. A value that is a list separated by commas is hidden as a
// whole and member by member.
func (m *Mask) Hide(values ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, value := range values {
		for _, part := range append(strings.Split(value, ","), value) {
			if part = strings.TrimSpace(part); len(part) >= shortest {
				m.pairs = append(m.pairs, part, Masked)
			}
		}
	}
	m.secrets.Store(strings.NewReplacer(m.pairs...))
}

// Text returns the text with all that is hidden replaced.
func (m *Mask) Text(text string) string {
	if secrets := m.secrets.Load(); secrets != nil {
		text = secrets.Replace(text)
	}
	return Emails(text)
}
