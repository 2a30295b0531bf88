package netsuite

import (
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/fault"
	"causeway.example/shared/webapi"
)

// Classify judges an error answer as a client does, and puts it into the terms of an
// order's lines. kind is what the status alone means. Each line is a field and a value.
func Classify(kind fault.Kind, status int, body, record string, lines ...[2]string) error {
	var origins []origin
	for _, l := range lines {
		origins = append(origins, origin{l[0], l[1]})
	}
	e := suitetalk.Classify(webapi.Response{Status: status, Body: []byte(body)}, &fault.Error{Kind: kind, Status: status})
	return inOurTerms(e, record, origins)
}

// UniqueName is the name of a customer whose own is taken.
var UniqueName = uniqueName
