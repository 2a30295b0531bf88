package jq

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/itchyny/gojq"
)

// Functions are the functions that an expression may call.
var Functions = []string{
	"IN", "add", "all", "any", "ascii_downcase", "ascii_upcase", "contains", "empty", "endswith", "error", "first", "flatten", "has",
	"index", "inside", "isempty", "join", "keys", "last", "length", "ltrimstr", "map", "max", "min", "not", "rtrimstr", "select",
	"split", "startswith", "test", "tonumber", "tostring", "type", "unique", "values",
}

// operators are those that an expression may use.
var operators = []gojq.Operator{
	0, gojq.OpPipe, gojq.OpComma, gojq.OpAdd, gojq.OpSub, gojq.OpEq, gojq.OpNe, gojq.OpGt, gojq.OpLt, gojq.OpGe, gojq.OpLe,
	gojq.OpAnd, gojq.OpOr, gojq.OpAlt,
}

// checker finds the first part of an expression that rules may not use.
type checker struct{ expression string }

func (c checker) query(q *gojq.Query) error { return c.node(reflect.ValueOf(q)) }

// node checks one node of the syntax tree and those below it.
func (c checker) node(v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		if err := c.allowed(v.Interface()); err != nil {
			return err
		}
		return c.node(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			if err := c.node(v.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if err := c.node(v.Field(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// allowed checks a node by itself.
func (c checker) allowed(node any) error {
	switch n := node.(type) {
	case *gojq.FuncDef:
		return c.refuse("def")
	case *gojq.Import, *gojq.ConstObject:
		return c.refuse("import")
	case *gojq.Reduce:
		return c.refuse("reduce")
	case *gojq.Foreach:
		return c.refuse("foreach")
	case *gojq.Label:
		return c.refuse("label")
	case *gojq.Query:
		if !slices.Contains(operators, n.Op) {
			return c.refuse(n.Op.String())
		}
	case *gojq.Term:
		if n.Format != "" {
			return c.refuse(n.Format)
		}
	case *gojq.Func:
		if n.Name == "$ENV" || n.Name == "$__loc__" || !strings.HasPrefix(n.Name, "$") && !slices.Contains(Functions, n.Name) {
			return c.refuse(n.Name)
		}
	}
	return nil
}

// refuse names the part and where it first stands.
func (c checker) refuse(part string) error {
	before, _, found := strings.Cut(c.expression, part)
	if !found {
		return fmt.Errorf("%s is no part of the language of rules", part)
	}
	return fmt.Errorf("%s at character %d is no part of the language of rules", part, len([]rune(before))+1)
}
