package routes

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// The limits that EventBridge sets when a rule is created (user guide, "Quotas"
// and "Or matching"). The length may be raised to 4,096 by a quota request;
// Causeway's own table keeps to what every account has.
const (
	MaxPatternLength  = 2048 // characters of the pattern without insignificant white space
	MaxOrCombinations = 1000 // product of the lengths of all $or arrays
)

// Pattern is a compiled event pattern of an EventBridge rule. It is immutable
// and safe for concurrent use; its zero value matches nothing.
//
// A pattern is an object shaped like the event. All its fields must match (AND);
// a field holds a list of values of which one must match (OR):
//
//	"x", 300, true, null               the very value; numbers by value, text byte for byte
//	{"prefix": "x"}                    text that begins so
//	{"suffix": "x"}                    text that ends so
//	{"equals-ignore-case": "x"}        the text in any case; also as the value of prefix and suffix
//	{"wildcard": "a*b"}                text with any run of characters for each *; \* and \\ stand for themselves
//	{"anything-but": V}                a present value other than V: a text, a number, a list of either, or
//	                                   prefix, suffix, equals-ignore-case, wildcard of a text or list of texts
//	{"numeric": [">", 0, "<=", 5]}     a number compared by =, <, <=, >, >=, or within a range, lower bound first
//	{"cidr": "10.0.0.0/24"}            an IP address, as text, inside the block
//	{"exists": true}                   a leaf of that name is there, null included
//	{"exists": false}                  no leaf of that name is there; an object is not a leaf
//	"$or": [{...}, {...}]              in place of a field name: at least one of the objects matches
//
// An array in the event stands for each of its elements: one that matches is
// enough, for anything-but too. Fields that lie inside one array of objects must
// all match in the same element (aws/event-ruler README, "JSON Array Matching").
//
// Numbers follow event-ruler's ComparableNumber: from -5e9 to 5e9 with at most
// six decimals they compare exactly by value, so 300, 300.0 and 3.0e2 are equal.
// Beyond that numeric never matches, and an exact number matches the same text
// only. Nothing passes through a float.
//
// Where EventBridge accepts what means something else than it says, parsing
// refuses it: duplicate names, a dot in a name (EventBridge cannot tell it from
// nesting), a field both inside and outside of $or, $or as a field name.
// Known differences: EventBridge compares exact texts that are IP addresses as
// addresses, takes SS for ß where case is ignored, takes a dot in a name of the
// event for nesting, and may call a wildcard too complex by its own measure.
type Pattern struct {
	text     string
	branches func() []branch // nil for none
}

// PatternError says where an event pattern breaks which rule.
type PatternError struct {
	Path string // dotted path of the field, such as "detail.$or[1].total.minor"; "" for the whole pattern
	Rule string // the rule that was broken
	Err  error  // the JSON error, nil if the JSON is sound
}

// Error returns "path: rule".
func (e *PatternError) Error() string {
	text := e.Rule
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	if e.Path == "" {
		return "event pattern: " + text
	}
	return e.Path + ": " + text
}

// Unwrap returns the JSON error, if there is one.
func (e *PatternError) Unwrap() error { return e.Err }

// ParsePattern compiles an event pattern. What EventBridge refuses when a rule
// is created is refused here, with a *PatternError.
func ParsePattern(data []byte) (*Pattern, error) {
	tree, err := decodePattern(data)
	if err != nil {
		return nil, err
	}
	branches, err := compilePattern(tree)
	if err != nil {
		return nil, err
	}
	return &Pattern{string(data), func() []branch { return branches }}, nil
}

// MustPattern is ParsePattern for patterns in source code; it panics on a pattern
// that does not parse.
func MustPattern(text string) *Pattern {
	p, err := ParsePattern([]byte(text))
	if err != nil {
		panic("routes: " + err.Error())
	}
	return p
}

// tablePattern is MustPattern for the filters of the table. Each is compiled when it is first matched: every
// function has the whole table, and its start would pay for all of them. A test compiles them all.
func tablePattern(text string) *Pattern {
	return &Pattern{text, sync.OnceValue(func() []branch { return MustPattern(text).branches() })}
}

// String returns the pattern as it was written.
func (p *Pattern) String() string { return p.text }

// MarshalJSON returns the pattern as it was written, for the EventPattern of a
// rule.
func (p *Pattern) MarshalJSON() ([]byte, error) { return []byte(p.text), nil }

// EventTree is an event decoded once to be matched against many patterns. Its
// numbers are kept as text, which is why it is made by DecodeEvent only.
type EventTree struct {
	root map[string]any
}

// DecodeEvent reads an event, which must be one JSON object. Of duplicate names
// the last counts; whoever publishes the event keeps them out.
func DecodeEvent(event []byte) (EventTree, error) {
	decoder := json.NewDecoder(bytes.NewReader(event))
	decoder.UseNumber()
	var tree EventTree
	if err := decoder.Decode(&tree.root); err != nil {
		return EventTree{}, fmt.Errorf("reading event: %w", err)
	}
	if tree.root == nil {
		return EventTree{}, errors.New("reading event: want an object, found null")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return EventTree{}, errors.New("reading event: data after the object")
	}
	return tree, nil
}

// Match reports whether the pattern matches the event, given as the JSON that a
// target of the rule would receive. It fails on anything but a JSON object.
func (p *Pattern) Match(event []byte) (bool, error) {
	tree, err := DecodeEvent(event)
	if err != nil {
		return false, err
	}
	return p.MatchTree(tree), nil
}

// MatchTree reports whether the pattern matches the decoded event.
func (p *Pattern) MatchTree(event EventTree) bool {
	if p.branches == nil {
		return false
	}
	branches := p.branches()
	for i := range branches {
		b := &branches[i]
		if b.matchObject(b.root, event.root, 0, false) {
			return true
		}
	}
	return false
}
