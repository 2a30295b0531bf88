package cloudtest

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
)

// cborPath begins the path of a CloudWatch request (Smithy RPC v2 CBOR protocol): the operation
// follows.
const cborPath = "/service/GraniteServiceVersion20100801/operation/"

// serveCBOR is CloudWatch, whose requests and answers are CBOR. A request is turned into the JSON
// that operations read, with times in seconds.
func (s *Server) serveCBOR(w http.ResponseWriter, r *http.Request, c call) {
	operation, ours := strings.CutPrefix(r.URL.Path, cborPath)
	if c.operation = operation; !ours || r.Header.Get("Smithy-Protocol") != "rpc-v2-cbor" {
		writeCBOR(w, c, http.StatusBadRequest, cborError(refuse(http.StatusBadRequest, "UnknownOperationException", "%s is not among the operations of this stand-in", r.URL.Path)))
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest))
	if err != nil {
		return // the client is gone
	}
	answer, err := s.runCBOR(r, &c, body)
	switch {
	case r.Context().Err() != nil:
	case err != nil:
		refused := asRefusal(err)
		if refused == nil {
			refused = refuse(http.StatusInternalServerError, "InternalServiceError", "%s", err.Error())
		}
		writeCBOR(w, c, refused.status, cborError(refused))
	default:
		writeCBOR(w, c, http.StatusOK, answer)
	}
}

func (s *Server) runCBOR(r *http.Request, c *call, body []byte) (any, error) {
	members := cbor.Value(cbor.Map{})
	if len(body) > 0 {
		var err error
		if members, err = cbor.Decode(body); err != nil {
			return nil, refuse(http.StatusBadRequest, "SerializationException", "%s", err.Error())
		}
	}
	plain, err := fromCBOR(members)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "SerializationException", "%s", err.Error())
	}
	text, err := json.Marshal(plain)
	if err != nil {
		return nil, err
	}
	return s.run(r.Context(), c, text)
}

func cborError(r *refusal) map[string]any {
	return map[string]any{"__type": r.code, "message": r.message}
}

func writeCBOR(w http.ResponseWriter, c call, status int, answer any) {
	if answer == nil {
		answer = map[string]any{}
	}
	header := w.Header()
	header.Set("Content-Type", "application/cbor")
	header.Set("Smithy-Protocol", "rpc-v2-cbor")
	header.Set("X-Amzn-Requestid", c.id)
	send(w, status, cbor.Encode(toCBOR(answer)))
}

// fromCBOR returns what a request holds as JSON has it.
func fromCBOR(v cbor.Value) (any, error) {
	switch v := v.(type) {
	case cbor.Map:
		members := map[string]any{}
		for name, each := range v {
			value, err := fromCBOR(each)
			if err != nil {
				return nil, err
			}
			members[name] = value
		}
		return members, nil
	case cbor.List:
		list := make([]any, len(v))
		for i, each := range v {
			value, err := fromCBOR(each)
			if err != nil {
				return nil, err
			}
			list[i] = value
		}
		return list, nil
	case *cbor.Tag: // 1 is a time in seconds (RFC 8949 section 3.4.2)
		return fromCBOR(v.Value)
	case cbor.String:
		return string(v), nil
	case cbor.Uint:
		return uint64(v), nil
	case cbor.NegInt:
		return -int64(v), nil
	case cbor.Bool:
		return bool(v), nil
	case cbor.Float32:
		return float64(v), nil
	case cbor.Float64:
		return float64(v), nil
	case *cbor.Nil:
		return nil, nil
	}
	return nil, fmt.Errorf("a value of type %T is not expected", v)
}

// toCBOR encodes an answer of an operation.
func toCBOR(v any) cbor.Value {
	switch v := v.(type) {
	case map[string]any:
		members := cbor.Map{}
		for name, each := range v {
			members[name] = toCBOR(each)
		}
		return members
	case []any:
		list := cbor.List{}
		for _, each := range v {
			list = append(list, toCBOR(each))
		}
		return list
	case string:
		return cbor.String(v)
	case bool:
		return cbor.Bool(v)
	case int:
		if v < 0 {
			return cbor.NegInt(-v)
		}
		return cbor.Uint(v)
	case float64:
		return cbor.Float64(v)
	case time.Time:
		return &cbor.Tag{ID: 1, Value: cbor.Float64(float64(v.UnixMilli()) / 1000)}
	}
	panic(fmt.Sprintf("cloudtest: no CBOR for a %T", v))
}

// timeOf returns the time of seconds since 1970.
func timeOf(seconds float64) time.Time {
	whole, part := math.Modf(seconds)
	return time.Unix(int64(whole), int64(math.Round(part*1e3))*int64(time.Millisecond)).UTC()
}
