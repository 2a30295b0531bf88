package cloudtest

import (
	_ "embed" // the list of reserved words
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:embed reserved.txt
var reservedText string

// reserved holds the words that an expression may not use bare (DynamoDB developer
// guide, "Reserved words in DynamoDB").
var reserved = func() map[string]bool {
	words := map[string]bool{}
	for word := range strings.FieldsSeq(reservedText) {
		words[word] = true
	}
	return words
}()

// node is a part of an expression: a condition, a function or an operand.
type node struct {
	op   string // "AND", "OR", "NOT", "=", "<>", "<", "<=", ">", ">=", "BETWEEN", "IN", a function's name, "path" or "value"
	args []*node
	path []step
	val  value
}

// step is a part of a document path.
type step struct {
	name  string
	index int // of a list, if name is ""
}

// names and values of one request, with those that were used.
type placeholders struct {
	names      map[string]string
	values     map[string]value
	usedNames  map[string]bool
	usedValues map[string]bool
}

func newPlaceholders(names map[string]string, values map[string]value) *placeholders {
	return &placeholders{names: names, values: values, usedNames: map[string]bool{}, usedValues: map[string]bool{}}
}

var (
	aliasName  = regexp.MustCompile(`^#[A-Za-z0-9_]+$`)
	aliasValue = regexp.MustCompile(`^:[A-Za-z0-9_]+$`)
	bareName   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
	tokens     = regexp.MustCompile(`\s+|<>|<=|>=|[=<>(),.\[\]]|[#:]?[A-Za-z0-9_]+|.`)
)

// unused refuses names and values that no expression of the request uses.
func (p *placeholders) unused(expressions ...string) error {
	if strings.Join(expressions, "") == "" {
		if len(p.names) > 0 || len(p.values) > 0 {
			return invalid("ExpressionAttributeNames and ExpressionAttributeValues can only be specified when using expressions")
		}
		return nil
	}
	for name := range p.names {
		if !aliasName.MatchString(name) {
			return invalid("ExpressionAttributeNames contains invalid key: Syntax error; key: \"%s\"", name)
		}
		if !p.usedNames[name] {
			return invalid("Value provided in ExpressionAttributeNames unused in expressions: keys: {%s}", name)
		}
	}
	for name := range p.values {
		if !aliasValue.MatchString(name) {
			return invalid("ExpressionAttributeValues contains invalid key: Syntax error; key: \"%s\"", name)
		}
		if !p.usedValues[name] {
			return invalid("Value provided in ExpressionAttributeValues unused in expressions: keys: {%s}", name)
		}
	}
	return nil
}

// parser reads one expression. A failure is remembered and ends the reading.
type parser struct {
	kind   string // "ConditionExpression" …, for messages
	tokens []string
	*placeholders
	err error
}

// parse returns the condition, nil for an empty expression.
func (p *placeholders) parse(kind, expression string) (*node, error) {
	if expression == "" {
		return nil, nil
	}
	ps := &parser{kind: kind, placeholders: p}
	for _, token := range tokens.FindAllString(expression, -1) {
		if strings.TrimSpace(token) != "" {
			ps.tokens = append(ps.tokens, token)
		}
	}
	n := ps.or()
	if len(ps.tokens) > 0 {
		ps.fail("Syntax error; token: \"%s\"", ps.peek())
	}
	if ps.err != nil {
		return nil, ps.err
	}
	return n, n.check(kind)
}

// projection reads a list of paths.
func (p *placeholders) projection(expression string) ([][]step, error) {
	if expression == "" {
		return nil, nil
	}
	ps := &parser{kind: "ProjectionExpression", placeholders: p}
	var paths [][]step
	for part := range strings.SplitSeq(expression, ",") {
		ps.tokens = tokens.FindAllString(strings.TrimSpace(part), -1)
		path := ps.document()
		if len(path) > 1 {
			ps.fail("this stand-in projects top-level attributes only")
		}
		paths = append(paths, path)
		if len(ps.tokens) > 0 {
			ps.fail("Syntax error; token: \"%s\"", ps.peek())
		}
	}
	return paths, ps.err
}

func (p *parser) fail(format string, values ...any) {
	if p.err == nil {
		p.err = invalid("Invalid "+p.kind+": "+format, values...)
	}
	p.tokens = nil
}

func (p *parser) peek() string {
	if len(p.tokens) == 0 {
		return "<EOF>"
	}
	return p.tokens[0]
}

func (p *parser) next() string {
	token := p.peek()
	if len(p.tokens) > 0 {
		p.tokens = p.tokens[1:]
	}
	return token
}

// take consumes the token if it is next; words are compared without their case.
func (p *parser) take(token string) bool {
	if !strings.EqualFold(p.peek(), token) {
		return false
	}
	p.next()
	return true
}

func (p *parser) expect(token string) {
	if !p.take(token) {
		p.fail("Syntax error; token: \"%s\"", p.peek())
	}
}

func (p *parser) or() *node {
	n := p.and()
	for p.take("OR") {
		n = &node{op: "OR", args: []*node{n, p.and()}}
	}
	return n
}

func (p *parser) and() *node {
	n := p.not()
	for p.take("AND") {
		n = &node{op: "AND", args: []*node{n, p.not()}}
	}
	return n
}

func (p *parser) not() *node {
	if p.take("NOT") {
		return &node{op: "NOT", args: []*node{p.not()}}
	}
	if p.take("(") {
		n := p.or()
		p.expect(")")
		return n
	}
	return p.comparison()
}

// functions that are conditions, with the number of their arguments.
var conditionFunctions = map[string]int{
	"attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2,
}

func (p *parser) comparison() *node {
	left := p.operand()
	if _, condition := conditionFunctions[left.op]; condition {
		return left
	}
	op := strings.ToUpper(p.next())
	switch op {
	case "=", "<>", "<", "<=", ">", ">=":
		return &node{op: op, args: []*node{left, p.operand()}}
	case "BETWEEN":
		low := p.operand()
		p.expect("AND")
		return &node{op: op, args: []*node{left, low, p.operand()}}
	case "IN":
		return &node{op: op, args: append([]*node{left}, p.arguments()...)}
	}
	p.fail("Syntax error; token: \"%s\"", op)
	return left
}

func (p *parser) arguments() []*node {
	p.expect("(")
	args := []*node{p.operand()}
	for p.take(",") {
		args = append(args, p.operand())
	}
	p.expect(")")
	return args
}

// operand reads a value, a function call or a path.
func (p *parser) operand() *node {
	token := p.peek()
	if strings.HasPrefix(token, ":") {
		p.next()
		val, known := p.values[token]
		if !known {
			p.fail("An expression attribute value used in expression is not defined; attribute value: %s", token)
		}
		p.usedValues[token] = true
		return &node{op: "value", val: val}
	}
	if len(p.tokens) > 1 && p.tokens[1] == "(" {
		return p.call()
	}
	return &node{op: "path", path: p.document()}
}

func (p *parser) call() *node {
	name := p.next()
	want, known := conditionFunctions[name]
	if name == "size" {
		want, known = 1, true
	}
	if !known {
		p.fail("Invalid function name; function: %s", name)
		return &node{op: name}
	}
	n := &node{op: name, args: p.arguments()}
	if len(n.args) != want {
		p.fail("Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d", name, len(n.args))
	}
	return n
}

// document reads a path such as #a.b[2].
func (p *parser) document() []step {
	path := []step{{name: p.name()}}
	for p.err == nil {
		switch {
		case p.take("."):
			path = append(path, step{name: p.name()})
		case p.take("["):
			index, err := strconv.Atoi(p.next())
			if err != nil {
				p.fail("Syntax error; a list is indexed by a number")
			}
			path = append(path, step{index: index})
			p.expect("]")
		default:
			return path
		}
	}
	return path
}

func (p *parser) name() string {
	token := p.next()
	if strings.HasPrefix(token, "#") {
		name, known := p.names[token]
		if !known {
			p.fail("An expression attribute name used in the document path is not defined; attribute name: %s", token)
		}
		p.usedNames[token] = true
		return name
	}
	if !bareName.MatchString(token) {
		p.fail("Syntax error; token: \"%s\"", token)
	}
	if reserved[strings.ToUpper(token)] {
		p.fail("Attribute name is a reserved keyword; reserved keyword: %s", token)
	}
	return token
}

// check refuses operands of a wrong type, where the expression alone shows it.
func (n *node) check(kind string) error {
	for _, arg := range n.args {
		if err := arg.check(kind); err != nil {
			return err
		}
	}
	wrong := func(i int) error {
		return invalid("Invalid %s: Incorrect operand type for operator or function; operator or function: %s, operand type: %s", kind, n.op, n.args[i].val.kind)
	}
	literal := func(i int, kinds ...string) bool {
		return n.args[i].op == "value" && !slices.Contains(kinds, n.args[i].val.kind)
	}
	switch n.op {
	case "attribute_exists", "attribute_not_exists", "size":
		if n.args[0].op != "path" {
			return invalid("Invalid %s: Operator or function requires a document path; operator or function: %s", kind, n.op)
		}
	case "begins_with":
		if literal(1, "S", "B") {
			return wrong(1)
		}
	case "attribute_type":
		if literal(1, "S") {
			return wrong(1)
		}
	case "<", "<=", ">", ">=":
		if literal(1, "S", "N", "B") {
			return wrong(1)
		}
	case "BETWEEN":
		return n.checkBounds(kind)
	}
	return nil
}

func (n *node) checkBounds(kind string) error {
	low, high := n.args[1], n.args[2]
	if low.op != "value" || high.op != "value" {
		return nil
	}
	order, ordered := low.val.compare(high.val)
	if !ordered {
		return invalid("Invalid %s: The BETWEEN operator requires same data type for lower and upper bounds", kind)
	}
	if order > 0 {
		return invalid("Invalid %s: The BETWEEN operator requires upper bound to be greater than or equal to lower bound", kind)
	}
	return nil
}
