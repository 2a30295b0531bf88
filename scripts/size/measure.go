package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"math"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"causeway.example/functions"
	"causeway.example/shared/connector"
	"causeway.example/shared/webapi"
)

// measure starts each program so many times, in turn, so that what else the machine
// does meets all of them alike.
func measure(ctx context.Context, o options, programs []program) (map[string]figures, error) {
	all := map[string][]figures{}
	stages := map[string]*stage{}
	for _, p := range programs {
		s, err := prepare(ctx, p)
		if err != nil {
			return nil, err
		}
		defer s.close()
		stages[p.name] = s
	}
	for i := range o.runs {
		first := i % len(programs) // nobody always follows the same one
		for _, p := range slices.Concat(programs[first:], programs[:first]) {
			f, err := stages[p.name].run(ctx, p)
			if err != nil {
				return nil, err
			}
			all[p.name] = append(all[p.name], f)
		}
	}
	result := map[string]figures{}
	for _, p := range programs {
		f := middle(all[p.name])
		f.program, f.zip = p.static.program, p.static.zip
		result[p.name] = f
	}
	return result, nil
}

// middle returns the median of each figure of memory, and the lower quartile of times:
// what else the machine does only ever adds to them.
func middle(runs []figures) figures {
	at := func(part int, of func(figures) float64) float64 {
		values := make([]float64, len(runs))
		for i, f := range runs {
			values[i] = of(f)
		}
		slices.Sort(values)
		return values[len(values)/part]
	}
	return figures{
		init: at(4, func(f figures) float64 { return f.init }), withSecret: at(4, func(f figures) float64 { return f.withSecret }),
		resident: at(2, func(f figures) float64 { return f.resident }), highest: at(2, func(f figures) float64 { return f.highest }),
	}
}

// stage is what a program stands on while it is measured.
type stage struct {
	environ, secret map[string]string // secret: the settings that lie in Secrets Manager
	events          [][]byte
	servers         []*http.Server
}

// run starts the program twice: with all its settings in the environment, which
// measures our own code and takes the batch, and with its secrets where they belong.
func (s *stage) run(ctx context.Context, p program) (figures, error) {
	plain := maps.Clone(s.environ)
	maps.Copy(plain, s.secret)
	f, err := start(ctx, p, pairs(plain), s.events)
	if err != nil || len(s.secret) == 0 {
		return f, err
	}
	deployed := maps.Clone(s.environ)
	deployed["CAUSEWAY_SECRET"] = "secret"
	slower, err := start(ctx, p, pairs(deployed), nil)
	f.withSecret = slower.init
	return f, err
}

func pairs(environ map[string]string) []string {
	list := []string{"HOME=" + os.TempDir()}
	for name, value := range environ {
		list = append(list, name+"="+value)
	}
	return list
}

func (s *stage) close() {
	for _, server := range s.servers {
		_ = server.Close() // the measuring is over
	}
}

// serve serves the handler on a free port of this machine.
func (s *stage) serve(ctx context.Context, handler http.Handler) (string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: patience}
	s.servers = append(s.servers, server)
	go func() { _ = server.Serve(listener) }() // it ends with ErrServerClosed
	return "http://" + listener.Addr().String(), nil
}

// prepare starts the stand-ins of the cloud and of the system, and makes the events.
func prepare(ctx context.Context, p program) (*stage, error) {
	s := &stage{environ: map[string]string{}, secret: map[string]string{}}
	if p.name == minimal {
		s.events = slices.Repeat([][]byte{[]byte(`{"hello":"world"}`)}, 10)
		return s, nil
	}
	at := slices.IndexFunc(functions.All(), func(f functions.System) bool { return f.Profile.Name == p.system })
	if at < 0 {
		return nil, fmt.Errorf("%s is of no system of the catalog", p.name)
	}
	system := functions.All()[at]
	folder, err := os.MkdirTemp("", "size-")
	if err != nil {
		return nil, err
	}
	fake, err := system.Fake(folder, time.Now)
	if err != nil {
		return nil, err
	}
	if limited, ok := fake.(interface{ Limit(perMinute int) }); ok {
		limited.Limit(math.MaxInt) // the same function is started many times a minute here
	}
	address, err := s.serve(ctx, fake)
	if err != nil {
		return nil, err
	}
	settings := fake.Settings(address)
	for key, value := range settings {
		if slices.Contains(system.Profile.Secrets, key) {
			s.secret[key] = value
		} else {
			s.environ[key] = value
		}
	}
	cloud, err := s.serve(ctx, yes{s.secret})
	if err != nil {
		return nil, err
	}
	maps.Copy(s.environ, installation(cloud))
	s.environ["CAUSEWAY_SECRETS"] = p.system + "=" // an audit of the system alone
	opened, err := system.Open(settings, connector.Deps{HTTP: webapi.NewTransport(), Now: time.Now, Random: rand.Reader})
	if err != nil {
		return nil, err
	}
	s.events, err = eventsFor(ctx, connector.Role(p.role), opened)
	return s, err
}

// installation is the environment that every function has.
func installation(cloud string) map[string]string {
	return map[string]string{
		"CAUSEWAY_STAGE": "dev", "CAUSEWAY_PREFIX": prefix, "CAUSEWAY_QUEUES": cloud + "/111122223333/", "CAUSEWAY_BUS": prefix,
		"CAUSEWAY_TABLE": prefix, "CAUSEWAY_BUCKET": "bucket", "AWS_ENDPOINT_URL": cloud, "AWS_REGION": "eu-central-1",
		"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret",
	}
}

const prefix = "causeway-dev"
