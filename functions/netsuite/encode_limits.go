package netsuite

import (
	"strconv"
	"unicode/utf8"

	"causeway.example/shared/fault"
)

// The number of characters that NetSuite's fields hold. NetSuite rejects longer
// text too, but names its own field; rejecting it here names ours.
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

// limit is a text that has to fit one of NetSuite's fields.
type limit struct {
	field string // path in the canonical entity
	text  string
	max   int // characters
}

func checkLimits(limits ...limit) error {
	for _, l := range limits {
		if utf8.RuneCountInString(l.text) > l.max {
			return rejected(fault.Value, l.field, "NetSuite's field has room for "+strconv.Itoa(l.max)+" characters")
		}
	}
	return nil
}

func rejected(class fault.Class, field, rule string) error {
	return &fault.Error{Kind: fault.Rejected, Class: class, Field: field, Detail: rule}
}

// notSet is an entry or a setting that is missing. The pipeline waits for it.
func notSet(setting, detail string) error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.Config, Field: setting, Detail: detail}
}

// mapped returns the id that a map setting has for the key or, where the setting has one,
// for "*". A setting without any entry means that nothing is sent. Field is the path of the
// key in the canonical entity.
func mapped(ids map[string]string, setting, key, field string) (string, error) {
	if id, ok := ids[key]; ok {
		return id, nil
	}
	if id, ok := ids["*"]; ok || len(ids) == 0 {
		return id, nil
	}
	return "", noEntry(setting, key, field)
}

func noEntry(setting, key, field string) error {
	return notSet(setting, setting+" has no entry for "+strconv.Quote(key)+" ("+field+")")
}
