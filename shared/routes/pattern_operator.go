package routes

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// add adds one value of the field's list.
func (l *leaf) add(value any) error {
	o, ok := value.(object)
	if !ok {
		t, err := exactTest(value)
		l.tests = append(l.tests, t)
		return err
	}
	operator, err := o.only()
	if err != nil {
		return err
	}
	if operator.name == "exists" {
		return l.addExists(operator.value)
	}
	t, err := operatorTest(operator)
	l.tests = append(l.tests, t)
	return err
}

func (l *leaf) addExists(value any) error {
	switch value {
	case true:
		l.tests = append(l.tests, anyValue{})
	case false:
		l.absent = true
	default:
		return errors.New("exists wants true or false")
	}
	return nil
}

func exactTest(value any) (test, error) {
	switch value := value.(type) {
	case string:
		return exactText(value), nil
	case json.Number:
		return newExactNumber(value), nil
	case bool, nil:
		return exactLiteral{value}, nil
	}
	return nil, errors.New("a value must be text, number, true, false, null or an operator")
}

func operatorTest(operator member) (test, error) {
	switch operator.name {
	case "prefix", "suffix":
		return affixTest(operator)
	case "equals-ignore-case", "wildcard":
		return textTest(operator)
	case "anything-but":
		return anythingBut(operator.value)
	case "numeric":
		return numericTest(operator.value)
	case "cidr":
		return cidrTest(operator.value)
	}
	return nil, fmt.Errorf("%q is not an operator of EventBridge", operator.name)
}

// affixTest reads a prefix or suffix, plain or {"equals-ignore-case": text}.
func affixTest(operator member) (test, error) {
	o, ok := operator.value.(object)
	if !ok {
		return textTest(operator)
	}
	inner, err := o.only()
	if err != nil {
		return nil, err
	}
	text, ok := inner.value.(string)
	if inner.name != "equals-ignore-case" || !ok {
		return nil, fmt.Errorf("%s wants text or equals-ignore-case of a text", operator.name)
	}
	if operator.name == "prefix" {
		return prefixIgnoreCase(text), nil
	}
	return suffixIgnoreCase(text), nil
}

// textTest reads prefix, suffix, equals-ignore-case or wildcard of one text.
func textTest(operator member) (test, error) {
	text, ok := operator.value.(string)
	if !ok {
		return nil, fmt.Errorf("%s wants text", operator.name)
	}
	switch operator.name {
	case "prefix":
		return prefixOf(text), nil
	case "suffix":
		return suffixOf(text), nil
	case "equals-ignore-case":
		return equalIgnoreCase(text), nil
	}
	return newWildcard(text)
}

// anythingBut reads a value, a list of texts or of numbers, or an operator on
// one text or a list of them.
func anythingBut(value any) (test, error) {
	switch value := value.(type) {
	case object:
		return anythingButOperator(value)
	case []any:
		return anythingButList(value)
	}
	return anythingButList([]any{value})
}

// anythingButList refuses mixed lists and numbers that cannot be compared by
// value, as EventBridge does.
func anythingButList(values []any) (test, error) {
	var but noneOf
	texts := 0
	for _, value := range values {
		switch value := value.(type) {
		case string:
			texts++
			but = append(but, exactText(value))
		case json.Number:
			number := newExactNumber(value)
			if !number.hasValue {
				return nil, errNumberRange
			}
			but = append(but, number)
		default:
			return nil, errors.New("anything-but wants texts or numbers")
		}
	}
	if len(but) == 0 || texts != 0 && texts != len(but) {
		return nil, errors.New("anything-but wants a list of texts or a list of numbers")
	}
	return but, nil
}

func anythingButOperator(o object) (test, error) {
	operator, err := o.only()
	if err != nil {
		return nil, err
	}
	switch operator.name {
	case "prefix", "suffix", "equals-ignore-case", "wildcard":
	default:
		return nil, fmt.Errorf("anything-but does not take %q", operator.name)
	}
	list, ok := operator.value.([]any)
	if !ok {
		list = []any{operator.value}
	}
	var but noneOf
	for _, value := range list {
		if value == "" && (operator.name == "prefix" || operator.name == "suffix") {
			return nil, fmt.Errorf("anything-but wants a %s that is not empty", operator.name)
		}
		t, err := textTest(member{operator.name, value})
		if err != nil {
			return nil, fmt.Errorf("anything-but: %w", err)
		}
		but = append(but, t)
	}
	if len(but) == 0 {
		return nil, fmt.Errorf("anything-but wants a %s", operator.name)
	}
	return but, nil
}

// cidrTest reads a block. Single addresses (/32, /128) are refused by
// event-ruler, and so here.
func cidrTest(value any) (test, error) {
	text, _ := value.(string)
	block, err := netip.ParsePrefix(text)
	if err != nil {
		return nil, errors.New("cidr wants an address block such as 10.0.0.0/24")
	}
	if block.Bits() == block.Addr().BitLen() {
		return nil, errors.New("cidr wants fewer bits than the address has")
	}
	if strings.Contains(text, ":") && strings.Contains(text, ".") {
		return nil, errors.New("cidr wants an IPv6 address without dots")
	}
	return insideBlock{block.Masked()}, nil
}
