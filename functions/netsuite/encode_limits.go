package netsuite

import (
	"strconv"
	"unicode/utf8"

	"causeway/shared/fault"
)

// How many characters NetSuite's fields hold. It refuses longer text, but in words that
// name its own field; refusing it here names ours.
const (
	maxPersonName = 32
	maxCompany    = 83
	maxEmail      = 254
	maxPhone      = 32
	maxComments   = 4000
	maxAddressee  = 83
	maxStreet     = 150
	maxCity       = 50
	maxState      = 50
	maxPostcode   = 36
	maxReference  = 45
	maxText       = 4000
)

// limit is a text that has to fit a field of NetSuite's.
type limit struct {
	field string // path in the canonical entity
	text  string
	max   int // characters
}

func checkLimits(limits ...limit) error {
	for _, l := range limits {
		if utf8.RuneCountInString(l.text) > l.max {
			return rejected(fault.Value, l.field, "NetSuite's field holds "+strconv.Itoa(l.max)+" characters")
		}
	}
	return nil
}

func rejected(class fault.Class, field, rule string) error {
	return &fault.Error{Kind: fault.Rejected, Class: class, Field: field, Detail: rule}
}

// mapped returns the id that a map setting has for the key or, where the setting knows
// it, for "*". A setting that is empty altogether asks for nothing to be sent.
func mapped(ids map[string]string, setting, key, field string) (string, error) {
	if id, ok := ids[key]; ok {
		return id, nil
	}
	if id, ok := ids["*"]; ok || len(ids) == 0 {
		return id, nil
	}
	return "", rejected(fault.MissingRef, field, setting+" has no entry for "+strconv.Quote(key))
}
