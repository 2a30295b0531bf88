package routes

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// EventBridge compares numbers up to 5e9 with 6 digits after the decimal point.
const (
	largestMillionths = 5_000_000_000_000_000
	comparedDecimals  = 6
)

var (
	errNumberRange  = errors.New("a number must lie within ±5e9 and have at most 6 decimals")
	errNumericPairs = errors.New("numeric wants pairs of operator and number")
)

// millionths returns the number, given as JSON text, in units of 1e-6. It
// reports false if the number has more decimals or passes 5e9, and takes no
// longer for an exponent of any size.
func millionths(text string) (int64, bool) {
	text, negative := strings.CutPrefix(text, "-")
	mantissa, exponentText := text, ""
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		mantissa, exponentText = text[:at], text[at+1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	significant := strings.TrimRight(digits, "0")
	if significant == "" {
		return 0, true
	}
	exponent, ok := smallExponent(exponentText)
	zeros := exponent - len(fraction) + len(digits) - len(significant) + comparedDecimals
	if !ok || zeros < 0 || len(significant)+zeros > len("5000000000000000") {
		return 0, false
	}
	value, err := strconv.ParseInt(significant+strings.Repeat("0", zeros), 10, 64)
	if err != nil || value > largestMillionths {
		return 0, false
	}
	if negative {
		value = -value
	}
	return value, true
}

// smallExponent refuses exponents that no mantissa in memory could make up for.
func smallExponent(text string) (int, bool) {
	if text == "" {
		return 0, true
	}
	exponent, err := strconv.ParseInt(text, 10, 32)
	return int(exponent), err == nil
}

// numberRange accepts numbers between two bounds, in millionths.
type numberRange struct {
	low, high         int64
	openLow, openHigh bool
}

// everyNumber is the range of all numbers that EventBridge can compare.
func everyNumber() numberRange {
	return numberRange{low: -largestMillionths, high: largestMillionths}
}

// narrow applies one comparison of a numeric operator.
func (r *numberRange) narrow(operator, number any) error {
	sign, isText := operator.(string)
	text, isNumber := number.(json.Number)
	if !isText || !isNumber {
		return errNumericPairs
	}
	bound, ok := millionths(string(text))
	if !ok {
		return errNumberRange
	}
	switch sign {
	case "=":
		r.low, r.high = bound, bound
	case ">", ">=":
		r.low, r.openLow = bound, sign == ">"
	case "<", "<=":
		r.high, r.openHigh = bound, sign == "<"
	default:
		return fmt.Errorf("%q is not an operator of numeric", sign)
	}
	return nil
}

// numericTest reads one comparison, or a lower bound followed by an upper one;
// EventBridge knows no other form.
func numericTest(value any) (test, error) {
	list, _ := value.([]any)
	if len(list) == 0 || len(list)%2 != 0 {
		return nil, errNumericPairs
	}
	r := everyNumber()
	for pair := range slices.Chunk(list, 2) {
		if err := r.narrow(pair[0], pair[1]); err != nil {
			return nil, err
		}
	}
	if len(list) == 2 {
		return r, nil
	}
	if len(list) > 4 || !isBound(list[0], ">") || !isBound(list[2], "<") {
		return nil, errors.New("a numeric range wants a lower bound and then an upper one")
	}
	if r.low >= r.high {
		return nil, errors.New("a numeric range wants its lower bound below the upper one")
	}
	return r, nil
}

func isBound(operator any, sign string) bool {
	return operator == sign || operator == sign+"="
}

func (r numberRange) accepts(value any) bool {
	number, ok := value.(json.Number)
	if !ok {
		return false
	}
	n, ok := millionths(string(number))
	above := n > r.low || n == r.low && !r.openLow
	below := n < r.high || n == r.high && !r.openHigh
	return ok && above && below
}
