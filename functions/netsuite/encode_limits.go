package netsuite

import (
	"strconv"

	"causeway.example/shared/fault"
)

// The number of characters that NetSuite's fields hold. It rejects longer text.
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
	maxMemo       = 999
	maxText       = 4000
)

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
