package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"sync"
	"time"

	"causeway.example/scripts/day"
	"causeway.example/shared/retry"
)

// told is what a sender was told about one delivery.
type told struct {
	ID     string `json:"id"`
	Status int    `json:"status"` // 0: it got lost, and nobody was told anything
	Order  string `json:"order,omitempty"`
}

// senders plays the day as the stores would: what is not answered with 2xx is sent
// again, what was answered is written down, so that after a kill the day goes on
// with what nobody was told about.
type senders struct {
	client *http.Client
	door   string           // "http://127.0.0.1:4600/hooks/"
	fakes  map[string]*kept // that do what is reported, by system
	mu     sync.Mutex
	book   *os.File
	told   map[string]told
}

// openSenders reads what senders were told in earlier runs.
func openSenders(path, door string, client *http.Client) (*senders, error) {
	s := &senders{client: client, door: door, told: map[string]told{}}
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	whole := bytes.LastIndexByte(data, '\n') + 1 // what follows was torn by a kill
	for line := range bytes.Lines(data[:whole]) {
		var t told
		if err := json.Unmarshal(line, &t); err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		s.told[t.ID] = t
	}
	if s.book, err = os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		return nil, err
	}
	return s, s.book.Truncate(int64(whole))
}

// play sends the day, pausing between deliveries, until all were answered or ctx ends.
func (s *senders) play(ctx context.Context, steps []day.Delivery, pause time.Duration) error {
	for _, d := range steps {
		if s.knows(d.ID) {
			continue
		}
		if err := s.act(d); err != nil {
			return err
		}
		if err := s.send(ctx, d); err != nil {
			return err
		}
		if err := retry.Sleep(ctx, pause); err != nil {
			return err
		}
	}
	return nil
}

// act has the fake do what the delivery reports.
func (s *senders) act(d day.Delivery) error {
	fake := s.fakes[d.System]
	if fake == nil {
		return nil
	}
	for _, act := range d.Acts {
		if err := fake.do(act); err != nil {
			return err
		}
	}
	return nil
}

func (s *senders) knows(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.told[id]
	return ok
}

// send repeats the delivery until the door has decided about it. One that gets lost on
// its way is noted without a status.
func (s *senders) send(ctx context.Context, d day.Delivery) error {
	if d.Lost {
		return s.note(told{d.ID, 0, d.Order})
	}
	for {
		status, err := s.post(ctx, d)
		if err == nil && status < http.StatusInternalServerError {
			return s.note(told{d.ID, status, d.Order})
		}
		if err := retry.Sleep(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

func (s *senders) post(ctx context.Context, d day.Delivery) (int, error) {
	header, body := d.Header, d.Body
	if fake := s.fakes[d.System]; fake != nil {
		var err error
		if header, body, err = d.Request(fake.fake); err != nil {
			return 0, err
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.door+d.System, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header = header
	response, err := s.client.Do(request)
	if err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, response.Body) // so that the connection can be used again
	return response.StatusCode, response.Body.Close()
}

func (s *senders) note(t told) error {
	line, err := json.Marshal(t)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.book.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("writing what the sender of %s was told: %w", t.ID, err)
	}
	s.told[t.ID] = t
	return nil
}

// all returns what senders were told, in no particular order.
func (s *senders) all() []told {
	s.mu.Lock()
	defer s.mu.Unlock()
	answers := make([]told, 0, len(s.told))
	for _, t := range s.told {
		answers = append(answers, t)
	}
	return answers
}

func (s *senders) close() error { return s.book.Close() }
