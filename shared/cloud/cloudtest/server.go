package cloudtest

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Account is the AWS account that every resource belongs to.
const Account = "123456789012"

// maxRequest is more than any of the services takes in one request, S3 objects
// aside, which are small here.
const maxRequest = 32 << 20

// Server is the services over one clock. It is safe for concurrent use.
type Server struct {
	now        func() time.Time
	operations map[string]operation // "sqs.SendMessage"

	mu      sync.Mutex
	faults  map[string]*Fault // by operation name, or "sqs." for the whole service
	wake    chan struct{}     // closed and replaced when something changed that a long poll waits for
	ids     uint64
	queues  map[string]*queue
	buses   map[string]*bus
	tables  map[string]*table
	buckets map[string]*bucket
	secrets map[string]*secret
	invoke  func(function string, event []byte)
	lost    func(ruleARN string)

	mappings  []*mapping // oldest first
	functions map[string]*function
	metrics   map[string]*metric
	alarms    map[string]*alarm
	logs      map[string][]logLine // by group
	logDays   map[string]int       // by group; none: kept forever
	archives  map[string]archive
}

// New returns the services, empty. The clock may be a virtual one; a test
// that moves it by hand calls Wake afterwards.
func New(now func() time.Time) *Server {
	s := &Server{
		now: now, wake: make(chan struct{}), faults: map[string]*Fault{},
		queues: map[string]*queue{}, buses: map[string]*bus{}, tables: map[string]*table{},
		buckets: map[string]*bucket{}, secrets: map[string]*secret{},
		functions: map[string]*function{}, metrics: map[string]*metric{}, alarms: map[string]*alarm{}, logs: map[string][]logLine{},
		logDays: map[string]int{}, archives: map[string]archive{},
	}
	s.operations = map[string]operation{}
	s.addQueueOperations()
	s.addEventOperations()
	s.addTableOperations()
	s.addSecretOperations()
	s.addMappingOperations()
	s.addFunctionOperations()
	s.addMetricOperations()
	s.addLogOperations()
	s.addRetentionOperations()
	return s
}

// Wake makes every long poll look at the clock and its queue again.
func (s *Server) Wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ring()
}

// OnInvoke says what happens when a rule has a Lambda function as its target; the
// function is named by its ARN. Without it such events are dropped.
func (s *Server) OnInvoke(invoke func(functionARN string, event []byte)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.invoke = invoke
}

// OnLost sets the function that is called with a rule that could deliver an event neither to a
// target nor to the target's dead-letter queue: AWS counts it as
// InvocationsFailedToBeSentToDlq.
func (s *Server) OnLost(lost func(ruleARN string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost = lost
}

// ring wakes the long polls; the caller holds the lock.
func (s *Server) ring() {
	close(s.wake)
	s.wake = make(chan struct{})
}

// call is what an operation knows about its request.
type call struct {
	service   string // as in the credential scope: "sqs", "events", "dynamodb", "s3", "secretsmanager", "lambda"
	operation string
	region    string
	id        string
	now       time.Time
	failing   []int // entries of a batch that have to fail
}

// services maps the prefix of X-Amz-Target to the service in the credential scope.
var services = map[string]string{
	"AmazonSQS": "sqs", "AWSEvents": "events", "DynamoDB_20120810": "dynamodb", "secretsmanager": "secretsmanager",
	"Logs_20140328": "logs",
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := call{id: s.newID(), now: s.now()}
	err := c.readScope(r.Header.Get("Authorization"))
	switch {
	case err != nil:
		writeError(w, c, err)
	case c.service == "s3":
		s.serveObjects(w, r, c)
	case c.service == "monitoring":
		s.serveCBOR(w, r, c)
	case c.service == "lambda":
		s.serveLambda(w, r, c)
	default:
		s.serveJSON(w, r, c)
	}
}

var credential = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=[^/, ]+/\d{8}/([a-z0-9-]+)/([a-z0-9]+)/aws4_request, ?SignedHeaders=[^ ,]+, ?Signature=[0-9a-f]{64}$`)

// readScope reads region and service from the signature (Signature Version 4,
// "Authorization header"). The signature itself is not verified.
func (c *call) readScope(authorization string) error {
	if authorization == "" {
		return refuse(http.StatusForbidden, "MissingAuthenticationTokenException", "Missing Authentication Token")
	}
	scope := credential.FindStringSubmatch(authorization)
	if scope == nil {
		return refuse(http.StatusForbidden, "IncompleteSignatureException", "Authorization header is not a complete Signature Version 4")
	}
	c.region, c.service = scope[1], scope[2]
	return nil
}

func (s *Server) serveJSON(w http.ResponseWriter, r *http.Request, c call) {
	prefix, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	c.operation = name
	if services[prefix] != c.service {
		writeError(w, c, refuse(http.StatusForbidden, "InvalidSignatureException", "Credential should be scoped to correct service: %s.", c.service))
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest))
	if err != nil {
		return // the client is gone
	}
	answer, err := s.run(r.Context(), &c, body)
	if r.Context().Err() != nil {
		return
	}
	if err != nil {
		writeError(w, c, err)
		return
	}
	writeJSON(w, c, http.StatusOK, answer)
}

// run finds the operation, lets a fault take its place and calls it.
func (s *Server) run(ctx context.Context, c *call, body []byte) (any, error) {
	do, known := s.operations[c.service+"."+c.operation]
	if !known {
		return nil, refuse(http.StatusBadRequest, "UnknownOperationException", "%s is not among the operations of this stand-in", c.operation)
	}
	if !utf8.Valid(body) {
		return nil, refuse(http.StatusBadRequest, "SerializationException", "the request is not UTF-8")
	}
	after, err := s.meetFault(c)
	if err != nil {
		return nil, err
	}
	answer, err := do(ctx, *c, body)
	after()
	return answer, err
}

// operation does one call; its answer is written as JSON.
type operation func(ctx context.Context, c call, body []byte) (any, error)

// op makes an operation of a function that runs under the server's lock.
func op[In any](s *Server, do func(call, *In) (any, error)) operation {
	return func(_ context.Context, c call, body []byte) (any, error) {
		in, err := read[In](body)
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		return do(c, in)
	}
}

// waitOp makes an operation of a function that may block, and locks by itself.
func waitOp[In any](do func(context.Context, call, *In) (any, error)) operation {
	return func(ctx context.Context, c call, body []byte) (any, error) {
		in, err := read[In](body)
		if err != nil {
			return nil, err
		}
		return do(ctx, c, in)
	}
}
