package cloudtest

import (
	"encoding/binary"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const maxMessageAttributes = 10

// messageAttribute is an attribute of an SQS message.
type messageAttribute struct {
	DataType    string
	StringValue string `json:",omitempty"`
	BinaryValue []byte `json:",omitempty"`
}

func (a messageAttribute) size() int {
	return len(a.DataType) + len(a.StringValue) + len(a.BinaryValue)
}

var (
	attributeName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,256}$`)
	attributeType = regexp.MustCompile(`^(String|Number|Binary)(\.[^.].{0,254})?$`)
	attributeNum  = regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$`)
)

// checkAttributes applies the rules of the SQS developer guide, "Message metadata".
func (e *sendEntry) checkAttributes() error {
	if len(e.MessageAttributes) > maxMessageAttributes {
		return badParameter("Number of message attributes [%d] exceeds the allowed maximum [10].", len(e.MessageAttributes))
	}
	for name, a := range e.MessageAttributes {
		if err := a.check(name); err != nil {
			return err
		}
	}
	for name, a := range e.MessageSystemAttributes {
		if name != traceHeader || a.DataType != "String" || a.StringValue == "" {
			return badParameter("Message system attribute name '%s' is invalid.", name)
		}
	}
	return nil
}

func (a messageAttribute) check(name string) error {
	lower := strings.ToLower(name)
	switch {
	case !attributeName.MatchString(name), strings.HasPrefix(name, "."), strings.HasSuffix(name, "."), strings.Contains(name, ".."):
		return badParameter("Message attribute name '%s' is invalid.", name)
	case strings.HasPrefix(lower, "aws."), strings.HasPrefix(lower, "amazon."):
		return badParameter("Message attribute name can not start with a reserved prefix: '%s'.", name)
	case !attributeType.MatchString(a.DataType):
		return badParameter("The message attribute '%s' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.", name)
	}
	return a.checkValue(name)
}

func (a messageAttribute) checkValue(name string) error {
	kind, _, _ := strings.Cut(a.DataType, ".")
	empty := a.StringValue == ""
	if kind == "Binary" {
		empty = len(a.BinaryValue) == 0
	}
	switch {
	case empty:
		return badParameter("The message attribute '%s' must contain a non-empty message attribute value for message attribute type '%s'.", name, kind)
	case kind == "Binary" && a.StringValue != "", kind != "Binary" && len(a.BinaryValue) > 0:
		return badParameter("The message attribute '%s' has a value of another type.", name)
	case kind == "Number" && !attributeNum.MatchString(a.StringValue):
		return badParameter("Can't cast the value of message (user) attribute '%s' to a number.", name)
	case slices.ContainsFunc([]rune(a.StringValue), forbiddenRune):
		return refuse(http.StatusBadRequest, "InvalidMessageContents", "The message attribute '%s' holds characters that are not allowed.", name)
	}
	return nil
}

// attributesDigest is the MD5 of message attributes (SQS developer guide,
// "Calculating the MD5 message digest for message attributes"); "" for none.
func attributesDigest(attributes map[string]messageAttribute) string {
	if len(attributes) == 0 {
		return ""
	}
	var data []byte
	add := func(part []byte) {
		data = binary.BigEndian.AppendUint32(data, uint32(len(part)))
		data = append(data, part...)
	}
	for _, name := range sortedKeys(attributes) {
		a := attributes[name]
		add([]byte(name))
		add([]byte(a.DataType))
		if strings.HasPrefix(a.DataType, "Binary") {
			data = append(data, 2)
			add(a.BinaryValue)
		} else {
			data = append(data, 1)
			add([]byte(a.StringValue))
		}
	}
	return digest(data)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// settingInt reads a setting that was checked when it was set.
func settingInt(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic("cloudtest: setting " + text + " is no number")
	}
	return n
}
