package cloudtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway.example/shared/routes"
)

// PutEvents takes less than 1 MiB in all and JSON of at most 1,000 levels
// (EventBridge user guide, "PutEvents" and "Event size").
const (
	maxPutBytes = 1 << 20
	maxLevels   = 1000
	timeBytes   = 14 // what a time counts in an entry's size
)

type putEventsInput struct {
	Entries []eventEntry
}

type eventEntry struct {
	Source       string
	DetailType   string
	Detail       string
	EventBusName string
	Resources    []string
	Time         json.Number
	TraceHeader  string
}

type putResult struct {
	EventID      string `json:"EventId,omitempty"`
	ErrorCode    string `json:",omitempty"`
	ErrorMessage string `json:",omitempty"`
}

func (s *Server) putEvents(c call, in *putEventsInput) (any, error) {
	if len(in.Entries) == 0 || len(in.Entries) > maxEntries {
		return nil, badEvent("1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length from 1 to 10, has %d", len(in.Entries))
	}
	total := 0
	for i := range in.Entries {
		total += in.Entries[i].size()
	}
	if total >= maxPutBytes {
		return nil, badEvent("Total size of the entries in the request is over the limit: %d bytes.", total)
	}
	answer := struct {
		FailedEntryCount int
		Entries          []putResult
	}{}
	for i := range in.Entries {
		result := s.putEvent(c, &in.Entries[i], slices.Contains(c.failing, i))
		if result.ErrorCode != "" {
			answer.FailedEntryCount++
		}
		answer.Entries = append(answer.Entries, result)
	}
	return answer, nil
}

func (e *eventEntry) size() int {
	size := len(e.Source) + len(e.DetailType) + len(e.Detail)
	for _, r := range e.Resources {
		size += len(r)
	}
	if e.Time != "" {
		size += timeBytes
	}
	return size
}

// putEvent does one entry; its failure leaves the other entries alone.
func (s *Server) putEvent(c call, e *eventEntry, fail bool) putResult {
	if fail {
		return putResult{ErrorCode: "InternalFailure", ErrorMessage: "The entry failed."}
	}
	if code, message := e.check(); code != "" {
		return putResult{ErrorCode: code, ErrorMessage: message}
	}
	b, err := s.findBus(e.EventBusName)
	if err != nil {
		return putResult{ErrorCode: "InvalidArgument", ErrorMessage: err.Error()}
	}
	id := s.nextID()
	event := e.event(c, id)
	tree, err := routes.DecodeEvent(event)
	if err != nil {
		return putResult{ErrorCode: "MalformedDetail", ErrorMessage: err.Error()}
	}
	for _, name := range sortedKeys(b.rules) {
		if r := b.rules[name]; r.enabled && r.pattern != nil && r.pattern.MatchTree(tree) {
			s.deliver(c, r, event)
		}
	}
	return putResult{EventID: id}
}

func (e *eventEntry) check() (code, message string) {
	const invalid = "InvalidArgument"
	switch {
	case e.Source == "":
		return invalid, "Parameter Source is not valid. Reason: Source is a required argument."
	case e.DetailType == "":
		return invalid, "Parameter DetailType is not valid. Reason: DetailType is a required argument."
	case e.Detail == "":
		return invalid, "Parameter Detail is not valid. Reason: Detail is a required argument."
	case strings.HasPrefix(e.Source, "aws."):
		return "NotAuthorizedForSourceException", "Not authorized for the source."
	}
	if err := checkDetail(e.Detail); err != nil {
		return "MalformedDetail", "Detail is malformed: " + err.Error()
	}
	return "", ""
}

var (
	errNoObject = errors.New("not a JSON object")
	errTooDeep  = errors.New("more than 1000 levels")
	errTooLarge = errors.New("a whole number beyond 64 bits")
	errTrailing = errors.New("data after the object")
)

// checkDetail walks through the tokens: depth and whole numbers have limits.
func checkDetail(detail string) error {
	if !json.Valid([]byte(detail)) || !strings.HasPrefix(strings.TrimLeft(detail, " \t\r\n"), "{") {
		return errNoObject
	}
	decoder := json.NewDecoder(strings.NewReader(detail))
	decoder.UseNumber()
	level := 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errTrailing
		}
		if level, err = checkToken(token, level); err != nil {
			return err
		}
	}
}

func checkToken(token json.Token, level int) (int, error) {
	switch t := token.(type) {
	case json.Delim:
		if t == '{' || t == '[' {
			level++
		} else {
			level--
		}
		if level > maxLevels {
			return level, errTooDeep
		}
	case json.Number:
		_, err := strconv.ParseInt(t.String(), 10, 64)
		if err != nil && !strings.ContainsAny(t.String(), ".eE") {
			return level, errTooLarge
		}
	}
	return level, nil
}

// event writes the event as a target receives it (EventBridge user guide, "Event
// structure"). White space in the detail goes: nobody may rely on its bytes.
func (e *eventEntry) event(c call, id string) []byte {
	at := c.now
	if seconds, err := strconv.ParseInt(strings.SplitN(e.Time.String(), ".", 2)[0], 10, 64); err == nil {
		at = time.Unix(seconds, 0)
	}
	resources := e.Resources
	if resources == nil {
		resources = []string{}
	}
	var detail bytes.Buffer
	if err := json.Compact(&detail, []byte(e.Detail)); err != nil {
		panic("cloudtest: detail was checked: " + err.Error())
	}
	head, err := json.Marshal(struct {
		Version    string    `json:"version"`
		ID         string    `json:"id"`
		DetailType string    `json:"detail-type"`
		Source     string    `json:"source"`
		Account    string    `json:"account"`
		Time       time.Time `json:"time"`
		Region     string    `json:"region"`
		Resources  []string  `json:"resources"`
	}{"0", id, e.DetailType, e.Source, Account, at.UTC().Truncate(time.Second), c.region, resources})
	if err != nil {
		panic("cloudtest: event: " + err.Error())
	}
	return slices.Concat(head[:len(head)-1], []byte(`,"detail":`), detail.Bytes(), []byte("}"))
}
