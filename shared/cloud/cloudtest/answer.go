package cloudtest

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"hash/crc32"
	"net/http"
	"strconv"
	"strings"
)

// refusal is an error as AWS answers it.
type refusal struct {
	status  int
	code    string         // shape name, such as "QueueDoesNotExist"
	query   string         // code of the older query protocol, where it differs: SQS only
	message string         // for people
	more    map[string]any // further members of the error, such as CancellationReasons
}

// Error returns "code: message".
func (r *refusal) Error() string { return r.code + ": " + r.message }

func refuse(status int, code, format string, values ...any) *refusal {
	return &refusal{status: status, code: code, message: fmt.Sprintf(format, values...)}
}

// read decodes a request. A member that this stand-in does not know is refused: a
// test must not pass because something was silently ignored.
func read[In any](body []byte) (*In, error) {
	in := new(In)
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(in); err != nil {
		if refused := asRefusal(err); refused != nil {
			return nil, refused
		}
		return nil, refuse(http.StatusBadRequest, "SerializationException", "%s", err.Error())
	}
	return in, nil
}

// asRefusal finds the refusal in an error; nil if there is none.
func asRefusal(err error) *refusal {
	var refused *refusal
	if errors.As(err, &refused) {
		return refused
	}
	return nil
}

func writeJSON(w http.ResponseWriter, c call, status int, answer any) {
	if answer == nil {
		answer = struct{}{}
	}
	body, err := json.Marshal(answer)
	if err != nil {
		panic(fmt.Sprintf("cloudtest: answer of %s.%s: %v", c.service, c.operation, err))
	}
	header := w.Header()
	header.Set("Content-Type", "application/x-amz-json-1.0")
	header.Set("X-Amzn-Requestid", c.id)
	if c.service == "dynamodb" {
		header.Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10))
	}
	send(w, status, body)
}

// send writes the body. A client that is gone does not hear the answer; as with
// AWS the effect stays.
func send(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		panic(http.ErrAbortHandler)
	}
}

func writeError(w http.ResponseWriter, c call, err error) {
	refused := asRefusal(err)
	if refused == nil {
		refused = refuse(http.StatusInternalServerError, "InternalFailure", "%s", err.Error())
	}
	if c.service == "s3" {
		writeXMLError(w, c, refused)
		return
	}
	answer := map[string]any{"__type": refused.code, "message": refused.message}
	for name, value := range refused.more {
		answer[name] = value
	}
	if c.service == "lambda" {
		w.Header().Set("X-Amzn-Errortype", refused.code)
		answer = map[string]any{"Type": "User", "Message": refused.message}
	}
	if c.service == "sqs" {
		w.Header().Set("X-Amzn-Query-Error", refused.queryCode()+";"+blame(refused.status))
	}
	writeJSON(w, c, refused.status, answer)
}

func (r *refusal) queryCode() string {
	if r.query != "" {
		return r.query
	}
	return r.code
}

func blame(status int) string {
	if status >= http.StatusInternalServerError {
		return "Receiver"
	}
	return "Sender"
}

func writeXMLError(w http.ResponseWriter, c call, refused *refusal) {
	type answer struct {
		XMLName   xml.Name `xml:"Error"`
		Code      string
		Message   string
		RequestID string `xml:"RequestId"`
	}
	body, err := xml.Marshal(answer{Code: refused.code, Message: refused.message, RequestID: c.id})
	if err != nil {
		panic("cloudtest: error answer: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("X-Amz-Request-Id", c.id)
	if strings.HasPrefix(c.operation, "Head") {
		w.WriteHeader(refused.status)
		return
	}
	send(w, refused.status, append([]byte(xml.Header), body...))
}

// newID returns an id in the form of a UUID. Ids count up, so that a run can be
// repeated with the same ids.
func (s *Server) newID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.nextID()
}

// nextID is newID for a caller that holds the lock.
func (s *Server) nextID() string {
	s.ids++
	var b [16]byte
	binary.BigEndian.PutUint64(b[8:], s.ids)
	x := hex.EncodeToString(b[:])
	return x[:8] + "-" + x[8:12] + "-4000-8000-" + x[20:]
}
