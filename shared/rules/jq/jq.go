package jq

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/itchyny/gojq"
)

// MaxLength is the most characters of an expression.
const MaxLength = 4000

// Variables are the values that an expression reads beside its document.
type Variables struct {
	Store  string // $store, as map settings name it: "shopify/brand.myshopify.com"
	Type   string // $type, of the entity: "order"
	Target string // $target, the system that is written to: "netsuite"
	Part   any    // $part, the line, charge, part or transaction at hand; nil for the whole
}

// Compile reads an expression. The error says what is wrong at which character.
func Compile(expression string) (*Program, error) {
	if len(expression) > MaxLength {
		return nil, fmt.Errorf("it has more than %d characters", MaxLength)
	}
	query, err := gojq.Parse(expression)
	if err != nil {
		return nil, unread(expression, err)
	}
	if err := (checker{expression}).query(query); err != nil {
		return nil, err
	}
	code, err := gojq.Compile(query, gojq.WithVariables([]string{"$store", "$type", "$target", "$part"}))
	if err != nil {
		return nil, err // it quotes the expression alone
	}
	return &Program{code}, nil
}

// unread says where the expression cannot be read.
func unread(expression string, err error) error {
	parse, ok := errors.AsType[*gojq.ParseError](err)
	if !ok {
		return err
	}
	if parse.Token == "" {
		return errors.New("it ends too early")
	}
	at := parse.Offset - len(parse.Token)
	if at < 0 || at > len(expression) {
		at = 0
	}
	return fmt.Errorf("unexpected %q at character %d", parse.Token, len([]rune(expression[:at]))+1)
}

// Program is a compiled expression. It is safe for concurrent use.
type Program struct{ code *gojq.Code }

// Errors of an evaluation.
var (
	errSteps   = errors.New("it takes too many steps")
	errSeveral = errors.New("it gives more than one value")
	errPanic   = errors.New("the language failed")
)

// Eval returns the one value of the expression over the document, which is JSON as
// encoding/json decodes it into any with UseNumber: nil, bool, string, or a value of another
// kind. Each step is taken off left; at 0 the evaluation fails. The error has no value of the
// document.
func (p *Program) Eval(document any, with Variables, left *int) (value any, err error) {
	defer func() {
		if recover() != nil { // the panic's value may quote the document
			value, err = nil, errPanic
		}
	}()
	values := p.code.RunWithContext(&steps{context.Background(), left}, document, with.Store, with.Type, with.Target, with.Part)
	value, some := values.Next()
	if failed, bad := value.(error); bad {
		return nil, inWords(failed)
	}
	if !some {
		return nil, nil //nolint:nilnil // no value is no opinion
	}
	switch another, more := values.Next(); failed := another.(type) {
	case error:
		return nil, inWords(failed)
	default:
		if more {
			return nil, errSeveral
		}
	}
	return value, nil
}

// steps is a context that ends when the steps are used up: gojq asks it before each
// instruction.
type steps struct {
	context.Context //nolint:containedctx // it is one
	left            *int
}

var ended = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Done implements context.Context.
func (s *steps) Done() <-chan struct{} {
	if *s.left <= 0 {
		return ended
	}
	*s.left--
	return nil
}

// Err implements context.Context.
func (s *steps) Err() error {
	if *s.left <= 0 {
		return errSteps
	}
	return nil
}

var (
	plainWords = regexp.MustCompile(`^[A-Za-z_@ ]{1,60}$`)
	kinds      = regexp.MustCompile(`\b(null|boolean|number|string|array|object)\b`)
)

// inWords returns gojq's error without any value: the words before the first colon, and the
// kinds of the values behind it.
func inWords(err error) error {
	if errors.Is(err, errSteps) {
		return errSteps
	}
	if _, own := errors.AsType[gojq.ValueError](err); own {
		return errors.New("it calls error")
	}
	text := err.Error()
	head, rest, _ := strings.Cut(text, ": ")
	if name, operand, applied := strings.Cut(text, " cannot be applied to"); applied {
		name, _, _ = strings.Cut(name, "(")
		head, rest = name+" cannot be applied to", ""
		if kind, typed := strings.CutPrefix(operand, ": "); typed {
			rest = kind
		}
		if !slices.Contains(Functions, name) {
			head = ""
		}
	}
	if !plainWords.MatchString(head) {
		return errors.New("it cannot be evaluated")
	}
	found := kinds.FindAllString(strings.Join(unquoted(rest), " "), -1)
	if len(found) == 0 {
		return errors.New(head + " its input")
	}
	return fmt.Errorf("%s %s", head, strings.Join(found, " and "))
}

// unquoted returns the text outside of parentheses, which enclose values.
func unquoted(text string) []string {
	before, _, _ := strings.Cut(text, " (")
	_, after, found := strings.Cut(text, ") and ")
	if !found {
		return []string{before}
	}
	after, _, _ = strings.Cut(after, " (")
	return []string{before, after}
}
