package cloudtest

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mapping is a Lambda event source mapping: the poller that receives messages of a queue for a
// function.
type mapping struct {
	id, queue, function string // queue and function by ARN
	enabled             bool
	passing             string    // the state until it has settled
	settled             time.Time // when it has the state that was asked for
	modified            time.Time
}

// settling is how long a mapping takes to be created, enabled or disabled.
const settling = 5 * time.Second

// mappingPage is how many mappings a list has at most.
const mappingPage = 100

const mappingPath = "/2015-03-31/event-source-mappings"

func (s *Server) addMappingOperations() {
	for name, do := range map[string]operation{
		"CreateEventSourceMapping": op(s, s.createMapping),
		"GetEventSourceMapping":    op(s, s.getMapping),
		"ListEventSourceMappings":  op(s, s.listMappings),
		"UpdateEventSourceMapping": op(s, s.updateMapping),
	} {
		s.operations["lambda."+name] = do
	}
}

var mappingOperations = map[string]string{
	"POST list": "CreateEventSourceMapping", "GET list": "ListEventSourceMappings", "GET one": "GetEventSourceMapping", "PUT one": "UpdateEventSourceMapping",
}

// serveLambda is Lambda's REST interface, as far as it is about mappings and about the
// configuration of functions.
func (s *Server) serveLambda(w http.ResponseWriter, r *http.Request, c call) {
	path := map[string]string{}
	if rest, ours := strings.CutPrefix(r.URL.Path, mappingPath); ours {
		kind := " list"
		if id := strings.Trim(rest, "/"); id != "" {
			kind, path["UUID"] = " one", id
		}
		c.operation = mappingOperations[r.Method+kind]
	} else if rest, ours := strings.CutPrefix(r.URL.Path, functionPath); ours {
		var name string
		if c.operation, name = functionOperation(r.Method, rest); name != "" {
			path["FunctionName"] = name
		}
	}
	if c.operation == "" {
		writeError(w, c, refuse(http.StatusNotFound, "UnknownOperationException", "%s %s is not among the operations of this stand-in", r.Method, r.URL.Path))
		return
	}
	body, err := lambdaRequest(r, path)
	if err != nil {
		writeError(w, c, err)
		return
	}
	answer, err := s.run(r.Context(), &c, body)
	switch {
	case r.Context().Err() != nil:
	case err != nil:
		writeError(w, c, err)
	case r.Method == http.MethodGet:
		writeJSON(w, c, http.StatusOK, answer)
	default:
		writeJSON(w, c, http.StatusAccepted, answer)
	}
}

// lambdaRequest joins the body, the query and the members in the path.
func lambdaRequest(r *http.Request, path map[string]string) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest))
	if err != nil {
		return nil, err
	}
	members := map[string]any{}
	if len(body) > 0 {
		if err := json.Unmarshal(body, &members); err != nil {
			return nil, refuse(http.StatusBadRequest, "InvalidRequestContentException", "Could not parse request body into json: %s", err.Error())
		}
	}
	for name, values := range r.URL.Query() {
		members[name] = values[0]
	}
	for name, value := range path {
		members[name] = value
	}
	return json.Marshal(members)
}

func badMapping(format string, values ...any) *refusal {
	return refuse(http.StatusBadRequest, "InvalidParameterValueException", format, values...)
}

type mappingInput struct {
	UUID           string
	EventSourceArn string
	FunctionName   string
	Enabled        *bool
	Marker         string
	MaxItems       string
}

type shownMapping struct {
	UUID                  string
	EventSourceArn        string
	FunctionArn           string
	State                 string
	StateTransitionReason string
	LastModified          float64
}

func (m *mapping) state(now time.Time) string {
	switch {
	case now.Before(m.settled):
		return m.passing
	case m.enabled:
		return "Enabled"
	}
	return "Disabled"
}

func (m *mapping) show(now time.Time) shownMapping {
	return shownMapping{
		UUID: m.id, EventSourceArn: m.queue, FunctionArn: m.function, State: m.state(now),
		StateTransitionReason: "USER_INITIATED", LastModified: float64(m.modified.UnixMilli()) / 1000,
	}
}

func (s *Server) createMapping(c call, in *mappingInput) (any, error) {
	if s.byARN(in.EventSourceArn) == nil {
		return nil, badMapping("Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.")
	}
	function := in.FunctionName
	if !strings.HasPrefix(function, "arn:") {
		function = "arn:aws:lambda:" + c.region + ":" + Account + ":function:" + in.FunctionName
	}
	for _, m := range s.mappings {
		if m.queue == in.EventSourceArn && m.function == function {
			return nil, refuse(http.StatusConflict, "ResourceConflictException",
				"An event source mapping with SQS arn (\" %s \") and function (\" %s \") already exists. Please update or delete the existing mapping with UUID %s", m.queue, in.FunctionName, m.id)
		}
	}
	m := &mapping{
		id: s.nextID(), queue: in.EventSourceArn, function: function, enabled: in.Enabled == nil || *in.Enabled,
		passing: "Creating", settled: c.now.Add(settling), modified: c.now,
	}
	s.mappings = append(s.mappings, m)
	return m.show(c.now), nil
}

func (s *Server) mapping(id string) (*mapping, error) {
	at := slices.IndexFunc(s.mappings, func(m *mapping) bool { return m.id == id })
	if at < 0 {
		return nil, refuse(http.StatusNotFound, "ResourceNotFoundException", "The resource you requested does not exist.")
	}
	return s.mappings[at], nil
}

func (s *Server) getMapping(c call, in *mappingInput) (any, error) {
	m, err := s.mapping(in.UUID)
	if err != nil {
		return nil, err
	}
	return m.show(c.now), nil
}

// listMappings pages in the order of creation: the marker is the number of those before.
func (s *Server) listMappings(c call, in *mappingInput) (any, error) {
	most, from := mappingPage, 0
	var err error
	if in.MaxItems != "" {
		if most, err = strconv.Atoi(in.MaxItems); err != nil || most < 1 || most > 10_000 {
			return nil, badMapping("Value %s at 'maxItems' failed to satisfy constraint: Member must have value between 1 and 10000", in.MaxItems)
		}
	}
	if in.Marker != "" {
		if from, err = strconv.Atoi(in.Marker); err != nil {
			return nil, badMapping("Invalid marker %s", in.Marker)
		}
	}
	var answer struct {
		EventSourceMappings []shownMapping
		NextMarker          string `json:",omitempty"`
	}
	answer.EventSourceMappings = []shownMapping{}
	for i, m := range s.mappings {
		switch {
		case i < from || in.EventSourceArn != "" && m.queue != in.EventSourceArn:
		case len(answer.EventSourceMappings) == min(most, mappingPage):
			answer.NextMarker = strconv.Itoa(i)
			return answer, nil
		default:
			answer.EventSourceMappings = append(answer.EventSourceMappings, m.show(c.now))
		}
	}
	return answer, nil
}

// updateMapping enables or disables. A mapping that is between two states cannot be changed
// (Lambda API reference, UpdateEventSourceMapping: ResourceInUseException).
func (s *Server) updateMapping(c call, in *mappingInput) (any, error) {
	m, err := s.mapping(in.UUID)
	if err != nil {
		return nil, err
	}
	if c.now.Before(m.settled) {
		return nil, refuse(http.StatusBadRequest, "ResourceInUseException", "Cannot update the event source mapping %s because it is in use.", m.id)
	}
	m.modified = c.now
	if in.Enabled != nil && *in.Enabled != m.enabled {
		m.enabled, m.settled, m.passing = *in.Enabled, c.now.Add(settling), "Disabling"
		if m.enabled {
			m.passing = "Enabling"
		}
	}
	return m.show(c.now), nil
}
