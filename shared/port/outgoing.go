package port

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"causeway.example/shared/fault"
)

// Limits of a message that every queue has, as SQS has them (developer guide, "Message
// quotas").
const (
	MaxMessage    = 1 << 20 // bytes, as Outgoing.Size counts them
	MaxAttributes = 10
)

// attributeType is the data type of every attribute. SQS counts its name.
const attributeType = "String"

// Size returns the bytes of the message as SQS counts them: the body, and the name, the
// data type and the value of each attribute.
func (o Outgoing) Size() int {
	size := len(o.Body)
	for name, value := range o.Attributes {
		size += len(name) + len(attributeType) + len(value)
	}
	return size
}

// Check returns the error with which every queue rejects the message: fault.Rejected of
// class too_large if it is larger than MaxMessage or has more than MaxAttributes
// attributes, and fault.Invalid if its body or an attribute is empty or has text that SQS
// does not take.
func (o Outgoing) Check() error {
	if len(o.Body) == 0 {
		return fault.New(fault.Invalid, fault.Schema, "", "a message must have a body")
	}
	for name, value := range o.Attributes {
		if err := checkAttribute(name, value); err != nil {
			return err
		}
	}
	switch size := o.Size(); {
	case len(o.Attributes) > MaxAttributes:
		return fault.New(fault.Rejected, fault.TooLarge, "", fmt.Sprintf("a message has at most %d attributes, not %d", MaxAttributes, len(o.Attributes)))
	case size > MaxMessage:
		return fault.New(fault.Rejected, fault.TooLarge, "", fmt.Sprintf("a message has at most %d bytes with its attributes, not %d", MaxMessage, size))
	case !utf8.Valid(o.Body) || bytes.ContainsFunc(o.Body, unsendable):
		return fault.New(fault.Invalid, fault.Parse, "", "the body has "+unsendableText)
	}
	return nil
}

const unsendableText = "bytes that are not UTF-8, or a character that SQS rejects (control characters, U+FFFE, U+FFFF)"

func checkAttribute(name, value string) error {
	e := &fault.Error{Kind: fault.Invalid, Class: fault.Value, Field: name}
	switch {
	case name == "" || value == "":
		e.Detail = "an attribute must not be empty"
	case !sendable(name) || !sendable(value):
		e.Class, e.Detail = fault.Parse, "the attribute has "+unsendableText
	default:
		return nil
	}
	return e
}

func sendable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unsendable)
}

// unsendable reports whether SQS rejects the character: it takes those of XML 1.0
// (SendMessage, "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | …").
func unsendable(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF
}

// Sendable returns the text with U+FFFD in place of everything that a queue rejects. An
// attribute with a sender's text, such as the entity of a dead letter, goes through it:
// otherwise its dead letter could not be sent.
func Sendable(text string) string {
	return strings.Map(func(r rune) rune {
		if unsendable(r) {
			return utf8.RuneError
		}
		return r // U+FFFD for a byte that is not UTF-8
	}, text)
}
