//go:build aws

package aws_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"causeway.example/shared/connector"
)

// environment is one execution environment: a process of the function, and a server
// through which all it does passes: the Runtime API, AWS and its own system.
type environment struct {
	host *host
	name string
	cmd  *exec.Cmd
	web  *http.Server
	next chan *invocation
	gone chan struct{} // closed when the process has ended

	ready   chan struct{} // closed when the process has asked for its first event
	isReady sync.Once

	mu      sync.Mutex
	current *invocation
	writes  int   // to the target, in this invocation
	doom    point // where this process is to be killed
}

// invocation is one event on its way through a function.
type invocation struct {
	id       string
	payload  []byte
	records  int // of a queue; 0 for other events
	deadline time.Time
	done     chan outcome
}

type outcome struct {
	body []byte
	err  error
}

func newRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	x := hex.EncodeToString(b[:])
	return x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
}

// startEnvironment starts a process with its own server.
func startEnvironment(ctx context.Context, h *host, name string, variables map[string]string) (*environment, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	e := &environment{host: h, name: name, next: make(chan *invocation), gone: make(chan struct{}), ready: make(chan struct{})}
	e.web = &http.Server{Handler: e, ReadHeaderTimeout: time.Minute, ErrorLog: h.world.quiet}
	go func() { _ = e.web.Serve(listener) }() // ends with close
	e.cmd = exec.CommandContext(context.WithoutCancel(ctx), h.program)
	e.cmd.Stdout, e.cmd.Stderr = h.world.watch.lines(h.world.output), h.world.output
	for key, value := range h.world.surroundings(e, variables, "http://"+listener.Addr().String()) {
		e.cmd.Env = append(e.cmd.Env, key+"="+value)
	}
	if err := e.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = e.cmd.Wait() // how it ended does not matter: it is gone
		close(e.gone)
	}()
	return e, nil
}

// run hands the invocation to the process and waits for what it says.
func (e *environment) run(ctx context.Context, now *invocation) ([]byte, error) {
	e.mu.Lock()
	e.current, e.writes = now, 0
	e.mu.Unlock()
	defer e.reprieve()
	late := time.NewTimer(e.host.timeout)
	defer late.Stop()
	select {
	case e.next <- now:
	case <-e.gone:
		return nil, errInit
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case out := <-now.done:
		return out.body, out.err
	case <-e.gone:
		return nil, errCrashed
	case <-late.C:
		return nil, errTimeout
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (e *environment) close() {
	_ = e.cmd.Process.Kill() // it may have ended by itself
	<-e.gone
	_ = e.web.Close() // its connections end with it
}

// die kills the process in the midst of a request and breaks the request off.
func (e *environment) die(at point) {
	e.host.world.kills.count(at)
	_ = e.cmd.Process.Kill() // it may have ended by itself
	<-e.gone
	panic(http.ErrAbortHandler)
}

// ServeHTTP implements http.Handler.
func (e *environment) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const runtime = "/2018-06-01/runtime/"
	switch {
	case strings.HasPrefix(r.URL.Path, runtime):
		e.runtime(w, r, strings.TrimPrefix(r.URL.Path, runtime))
	case strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256"):
		e.cloud(w, r)
	default:
		e.outward(w, r)
	}
}

// runtime is the Lambda Runtime API (AWS Lambda Developer Guide, "Using the Lambda
// runtime API for custom runtimes").
func (e *environment) runtime(w http.ResponseWriter, r *http.Request, path string) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the process is gone
	}
	_, verb, _ := strings.Cut(strings.TrimPrefix(path, "invocation/"), "/")
	switch {
	case path == "invocation/next":
		e.hand(w, r)
		return
	case path == "init/error":
		e.host.mu.Lock()
		e.host.initFails++
		e.host.mu.Unlock()
	case verb == "response":
		if e.strikes(pointDelete) {
			e.die(pointDelete)
		}
		e.finish(outcome{body: body})
	case verb == "error":
		e.finish(outcome{err: fmt.Errorf("the function failed: %s", body)})
	default:
		http.NotFound(w, r)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"status":"OK"}`)
}

// hand answers with the next invocation, however long that takes.
func (e *environment) hand(w http.ResponseWriter, r *http.Request) {
	e.isReady.Do(func() { close(e.ready) })
	select {
	case now := <-e.next:
		if e.host.role == "deliver" && e.host.world.kills.due(onInvocation) == pointReceive {
			e.die(pointReceive)
		}
		header := w.Header()
		header.Set("Content-Type", "application/json")
		header.Set("Lambda-Runtime-Aws-Request-Id", now.id)
		header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(now.deadline.UnixMilli(), 10))
		header.Set("Lambda-Runtime-Invoked-Function-Arn", e.host.arn)
		header.Set("Lambda-Runtime-Trace-Id", "Root=1-"+now.id[:8]+"-"+strings.ReplaceAll(now.id, "-", "")[:24]+";Parent=53995c3f42cd8ad8;Sampled=0")
		_, _ = w.Write(now.payload) // a process that is gone is seen in run
	case <-r.Context().Done():
	case <-e.gone:
	}
}

func (e *environment) finish(out outcome) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.current != nil {
		e.current.done <- out
		e.current = nil
	}
}

// condemn has the process killed at the point, once it comes there. Of the writes of an
// invocation one can decide over the process.
func (e *environment) condemn(at point) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.doom != "" {
		e.host.world.kills.postpone(at)
		return
	}
	e.doom = at
}

// strikes reports whether the process is to be killed here, which it tells once.
func (e *environment) strikes(at point) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.doom != at {
		return false
	}
	e.doom = ""
	return true
}

// reprieve leaves a kill that the invocation did not come to for another.
func (e *environment) reprieve() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.doom != "" {
		e.host.world.kills.postpone(e.doom)
		e.doom = ""
	}
}

// cloud passes a call on to AWS, and kills around those that matter. A call that the role
// does not allow is denied as AWS denies it, and fails the test.
func (e *environment) cloud(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the process is gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if denied := e.host.denied(r, body); denied != "" {
		e.host.world.Errorf("%s: %s", e.host.name, denied)
		deny(w, r, denied)
		return
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if (operation == "PutItem" || operation == "BatchWriteItem") && e.strikes(pointMark) {
		e.die(pointMark)
	}
	var at point
	switch {
	case e.host.role == "receive" && (operation == "SendMessage" || operation == "SendMessageBatch"):
		at = e.host.world.kills.due(onDoor)
	case e.host.role == "translate" && operation == "PutEvents":
		at = e.host.world.kills.due(onPublish)
	}
	if at == pointBefore {
		e.die(pointBefore)
	}
	if at == pointAfter {
		e.host.world.aws.ServeHTTP(httptest.NewRecorder(), r)
		e.die(pointAfter)
	}
	e.host.world.watch.table(w, r, operation, e.host.world.aws)
}

// called returns the system that a request goes to: the function's own, and for an audit, which
// calls all, the one whose path it is.
func (e *environment) called(r *http.Request) string {
	switch {
	case e.host.role != string(connector.Audit):
		return e.host.system
	case strings.HasPrefix(r.URL.Path, "/admin/"):
		return "shopify"
	case strings.HasPrefix(r.URL.Path, "/wp-json/"):
		return "woocommerce"
	}
	return "netsuite"
}

// outward passes a call on to its system, and kills around writes.
func (e *environment) outward(w http.ResponseWriter, r *http.Request) {
	fake := e.host.world.fakes[e.called(r)]
	if e.host.role == "poll" && e.host.world.garbled(r) {
		_, _ = io.WriteString(w, `{"errors":[{"message":"Something went wrong","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`) // the process may be gone
		return
	}
	if e.host.role == "deliver" {
		pause(r.Context(), time.Duration(e.host.world.delay.Load()))
		if status := int(e.host.world.down.Load()); status != 0 {
			http.Error(w, http.StatusText(status), status)
			return
		}
	}
	if e.host.role != "deliver" || r.Method == http.MethodGet || !strings.Contains(r.URL.Path, "/record/v1/") {
		fake.ServeHTTP(w, r)
		return
	}
	if poison := e.host.world.poison; poison != "" && strings.Contains(r.URL.Path, poison) {
		e.die(pointClaim)
	}
	switch at := e.placeOfWrite(); at {
	case pointClaim, pointMidBatch:
		e.die(at)
	case pointAnswer:
		fake.ServeHTTP(httptest.NewRecorder(), r)
		e.die(at)
	case pointTimeout:
		fake.ServeHTTP(httptest.NewRecorder(), r)
		e.finish(outcome{err: errTimeout})
		e.die(at)
	case pointMark, pointDelete:
		e.condemn(at)
		fallthrough
	default:
		fake.ServeHTTP(w, r)
	}
}

// garbled reports whether a store cannot return what the request asks for: it lists orders and
// returns none.
func (w *world) garbled(r *http.Request) bool {
	if !w.unread.Load() {
		return false
	}
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return err == nil && bytes.Contains(body, []byte("query order("))
}

// placeOfWrite counts the write and says where to kill because of it.
func (e *environment) placeOfWrite() point {
	e.mu.Lock()
	e.writes++
	second := e.current != nil && e.current.records > 1 && e.writes == 2
	e.mu.Unlock()
	if second && e.host.world.kills.due(onSecond) == pointMidBatch {
		return pointMidBatch
	}
	return e.host.world.kills.due(onWrite)
}
