package api

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"
)

// ConditionFailedError is DynamoDB's answer to a write whose condition does not hold,
// ConditionalCheckFailedException, with the item that stands there if it was asked for.
type ConditionFailedError struct {
	smithy.GenericAPIError
	Item map[string]AttributeValue
}

// conditionFailed is the code of that answer.
const conditionFailed = "ConditionalCheckFailedException"

// refusal reads what AWS says in an answer without success. An answer that says nothing
// has a code of none, and its status.
func refusal(response *http.Response, body []byte) smithy.APIError {
	said := readRefusal(response.Header, body)
	generic := smithy.GenericAPIError{Code: said.code, Message: said.Message, Fault: smithy.FaultClient}
	if response.StatusCode >= http.StatusInternalServerError {
		generic.Fault = smithy.FaultServer
	}
	if generic.Message == "" {
		generic.Message = http.StatusText(response.StatusCode)
	}
	if generic.Code == conditionFailed {
		return &ConditionFailedError{generic, said.Item}
	}
	return &generic
}

// said is the body of a refusal, in JSON or, by S3, in XML.
type said struct {
	Type    string `json:"__type"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Item    map[string]AttributeValue
	code    string
}

// readRefusal finds the code where each of the protocols puts it (Smithy, "AWS JSON
// protocols", operation error serialization, and "AWS Query compatible"). What cannot
// be read leaves the status to judge by.
func readRefusal(header http.Header, body []byte) said {
	text := string(body)
	if strings.HasPrefix(strings.TrimSpace(text), "<") {
		return said{code: element(text, "Code"), Message: element(text, "Message")}
	}
	var s said
	_ = json.Unmarshal(body, &s) // as said above
	s.code = plainCode(cmp.Or(header.Get("X-Amzn-Errortype"), s.Type, s.Code))
	if code, _, found := strings.Cut(header.Get("X-Amzn-Query-Error"), ";"); found {
		s.code = code
	}
	return s
}

// element returns the text of the first element of that name, as it stands: codes hold
// nothing that XML escapes, and a whole parser would be part of every function.
func element(text, name string) string {
	_, rest, _ := strings.Cut(text, "<"+name+">")
	inner, _, _ := strings.Cut(rest, "</"+name+">")
	return inner
}

// plainCode leaves out the namespace before and the address after a code.
func plainCode(code string) string {
	code, _, _ = strings.Cut(code, ":")
	return code[strings.LastIndex(code, "#")+1:]
}
