package test_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// network joins clients and servers inside one process over net.Pipe: real HTTP, with
// hanging and broken connections, but no sockets, so that it runs in the virtual time
// of testing/synctest.
type network struct {
	mu      sync.Mutex
	servers map[string]*listener
}

func newNetwork() *network { return &network{servers: map[string]*listener{}} }

// serve runs the handler at the address until the test ends.
func (n *network) serve(t *testing.T, address string, handler http.Handler) {
	t.Helper()
	l := &listener{address: address, incoming: make(chan net.Conn), closed: make(chan struct{})}
	n.mu.Lock()
	n.servers[address] = l
	n.mu.Unlock()
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	var done sync.WaitGroup
	done.Go(func() { _ = server.Serve(l) })
	t.Cleanup(func() {
		_ = server.Close()
		done.Wait()
	})
}

// unplug makes every new connection to the address fail, plug lets them through again.
func (n *network) unplug(address string) { n.setDown(address, true) }
func (n *network) plug(address string)   { n.setDown(address, false) }

func (n *network) setDown(address string, down bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.servers[address].down = down
}

// transport returns a round tripper that reaches the servers of the network only.
func (n *network) transport(t *testing.T) *http.Transport {
	t.Helper()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
		return n.dial(ctx, address)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

func (n *network) dial(ctx context.Context, address string) (net.Conn, error) {
	n.mu.Lock()
	l := n.servers[address]
	refused := l == nil || l.down
	n.mu.Unlock()
	if refused {
		return nil, &net.OpError{Op: "dial", Net: "pipe", Err: errors.New("connection refused")}
	}
	client, server := net.Pipe()
	select {
	case l.incoming <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type listener struct {
	address  string
	down     bool
	incoming chan net.Conn
	once     sync.Once
	closed   chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.incoming:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *listener) Addr() net.Addr { return pipeAddress(l.address) }

type pipeAddress string

func (a pipeAddress) Network() string { return "pipe" }
func (a pipeAddress) String() string  { return string(a) }
