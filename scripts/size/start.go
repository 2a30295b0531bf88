package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// runtimeAPI is the Runtime API of one process: it notes when the process polls first,
// hands it the events, and says when it polls again with none left.
type runtimeAPI struct {
	events chan []byte
	polled chan time.Time
	failed chan string
}

func newRuntimeAPI() *runtimeAPI {
	return &runtimeAPI{events: make(chan []byte, 16), polled: make(chan time.Time, 32), failed: make(chan string, 32)}
}

// ServeHTTP implements the calls that a function makes (AWS Lambda Developer Guide,
// "Using the Lambda runtime API").
func (a *runtimeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/next"):
		a.polled <- time.Now()
		select {
		case event := <-a.events:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", "request-1")
			w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(15*time.Minute).UnixMilli(), 10))
			_, _ = w.Write(event) // a process that is gone is seen by its caller
		case <-r.Context().Done():
		}
	case strings.HasSuffix(r.URL.Path, "/error"):
		body, _ := io.ReadAll(r.Body) // part of it still says what failed
		a.failed <- string(body)
		w.WriteHeader(http.StatusAccepted)
	default:
		w.WriteHeader(http.StatusAccepted)
	}
}

// patience is how long a process may take for anything.
const patience = 20 * time.Second

// await returns when the process polls next.
func (a *runtimeAPI) await(ctx context.Context) (time.Time, error) {
	select {
	case at := <-a.polled:
		return at, nil
	case body := <-a.failed:
		return time.Time{}, fmt.Errorf("the function failed: %s", body)
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	case <-time.After(patience):
		return time.Time{}, fmt.Errorf("nothing came within %v", patience)
	}
}

// start starts the program once, hands it the events, and returns what it took.
func start(ctx context.Context, p program, environ []string, events [][]byte) (f figures, err error) {
	api := newRuntimeAPI()
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return f, err
	}
	server := &http.Server{Handler: api, ReadHeaderTimeout: patience}
	go func() { _ = server.Serve(listener) }() // it ends with ErrServerClosed
	defer func() { _ = server.Close() }()
	command := exec.CommandContext(ctx, p.path) //nolint:gosec // it was built just now
	command.Env = append(slices.Clone(environ), "AWS_LAMBDA_RUNTIME_API="+listener.Addr().String())
	begun := time.Now()
	if err := command.Start(); err != nil {
		return f, err
	}
	defer func() {
		_ = command.Process.Kill() // it waits for events for ever
		_ = command.Wait()
	}()
	polled, err := api.await(ctx)
	if err != nil {
		return f, fmt.Errorf("starting %s: %w", p.name, err)
	}
	f.init = float64(polled.Sub(begun).Microseconds()) / 1000
	if f.resident, err = memory(command.Process.Pid, "VmRSS"); err != nil {
		return f, err
	}
	for _, event := range events {
		api.events <- event
		if _, err := api.await(ctx); err != nil {
			return f, fmt.Errorf("handing an event to %s: %w", p.name, err)
		}
	}
	f.highest, err = memory(command.Process.Pid, "VmHWM")
	return f, err
}

// memory returns a figure of the process's memory in MiB (proc_pid_status(5)).
func memory(pid int, what string) (float64, error) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if text, found := strings.CutPrefix(line, what+":"); found {
			kilobytes, err := strconv.Atoi(strings.Fields(text)[0])
			return float64(kilobytes) / 1024, err
		}
	}
	return 0, fmt.Errorf("the kernel says nothing of %s", what)
}
