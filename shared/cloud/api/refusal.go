package api

import (
	"encoding/json"
	"encoding/xml"
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
	XMLName xml.Name                  `json:"-"`
	Type    string                    `json:"__type" xml:"-"`
	Code    string                    `json:"code"`
	Message string                    `json:"message"`
	Item    map[string]AttributeValue `xml:"-"`
	code    string
}

// readRefusal finds the code where each of the protocols puts it (Smithy, "AWS JSON
// protocols", operation error serialization, and "AWS Query compatible").
func readRefusal(header http.Header, body []byte) said {
	var s said
	if strings.HasPrefix(strings.TrimSpace(string(body)), "<") {
		_ = xml.Unmarshal(body, &s) // what cannot be read leaves the status to judge by
		s.code = s.Code
		return s
	}
	_ = json.Unmarshal(body, &s) // as above
	for _, code := range []string{header.Get("X-Amzn-Errortype"), s.Type, s.Code} {
		if code != "" {
			s.code = plainCode(code)
			break
		}
	}
	if code, _, found := strings.Cut(header.Get("X-Amzn-Query-Error"), ";"); found {
		s.code = code
	}
	return s
}

// plainCode leaves out the namespace before and the address after a code.
func plainCode(code string) string {
	code, _, _ = strings.Cut(code, ":")
	return code[strings.LastIndex(code, "#")+1:]
}
