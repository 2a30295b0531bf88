//go:build aws

package aws_test

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
)

// update has test-aws add the permissions that functions used to the file. A line that no role
// allows any more fails the everyday test and is deleted by hand.
var update = flag.Bool("update", false, "add this run's permissions to "+callsFile)

// recorded is the permissions that functions used in this run.
var recorded = &used{all: map[string]bool{}}

// used collects the permissions that functions use, by "<function> <grant>".
type used struct {
	mu  sync.Mutex
	all map[string]bool
}

func (u *used) add(function string, grants []string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, each := range grants {
		u.all[function+" "+each] = true
	}
}

// denied returns why IAM denies a function's request, "" if it does not.
func (h *host) denied(r *http.Request, body []byte) string {
	calls, err := callsOf(r, body, h.world.at)
	if err != nil {
		return err.Error()
	}
	for _, c := range calls {
		if grants := h.policy.grants(c); grants != nil {
			recorded.add(h.name, grants)
			continue
		}
		return fmt.Sprintf("User: arn:aws:sts::%s:assumed-role/%s is not authorized to perform: %s on resource: %s %v %s", h.world.at.account, h.name, c.action, c.resource, c.keys, c.source)
	}
	return ""
}

// deny answers a request as AWS does that IAM denies.
func deny(w http.ResponseWriter, r *http.Request, why string) {
	if r.Header.Get("X-Amz-Target") == "" {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusForbidden)
		_, _ = fmt.Fprintf(w, "<Error><Code>AccessDenied</Code><Message>%s</Message></Error>", why) // the process may be gone
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = fmt.Fprintf(w, `{"__type":"com.amazon.coral.service#AccessDeniedException","message":%q}`, why)
}

// lends holds a call that Lambda makes with the function's role to the role.
func (h *host) lends(action, resource string) error {
	grants := h.policy.grants(call{action: action, resource: resource})
	if grants == nil {
		return fmt.Errorf("Lambda may not %s on %s with the role of %s", action, resource, h.name)
	}
	recorded.add(h.name, grants)
	return nil
}

// logs holds the role to what Lambda needs to write the function's log.
func (h *host) logs(group string) error {
	stream := "arn:aws:logs:" + h.world.at.region + ":" + h.world.at.account + ":log-group:" + group + ":log-stream:2026/11/25/[$LATEST]1"
	for _, action := range []string{"logs:CreateLogStream", "logs:PutLogEvents"} {
		if err := h.lends(action, stream); err != nil {
			return err
		}
	}
	return nil
}

// polls holds the role to what Lambda's pollers do with a queue.
func (h *host) polls(queueARN string) error {
	for _, action := range []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"} {
		if err := h.lends(action, queueARN); err != nil {
			return err
		}
	}
	return nil
}

// settle compares what was recorded with the file, or adds it. What a run uses only sometimes, such
// as what a function reads once more after a failure, has its reason in unrecorded.
func (u *used) settle() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	known, err := readCalls()
	if err != nil {
		return err
	}
	lines := slices.Sorted(maps.Keys(u.all))
	if *update {
		lines = slices.Compact(slices.Sorted(slices.Values(slices.Concat(known, lines))))
		return os.WriteFile(callsFile, []byte(strings.Join(lines, "\n")+"\n"), 0o644)
	}
	var unknown bytes.Buffer
	for _, line := range lines {
		if !slices.Contains(known, line) && reasonFor(line) < 0 {
			fmt.Fprintln(&unknown, line)
		}
	}
	if unknown.Len() > 0 {
		return fmt.Errorf("permissions that %s does not have; -update writes it:\n%s", callsFile, unknown.String())
	}
	return nil
}
