//go:build aws

package aws_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"causeway.example/functions"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/scripts/day"
	"causeway.example/shared/cloud"
	"causeway.example/shared/cloud/account"
	"causeway.example/shared/cloud/cloudtest"
	"causeway.example/shared/connector"
	"causeway.example/shared/connector/connectortest"
)

// world is one installation: what the templates describe, set up and running.
type world struct {
	*testing.T
	setup
	stack    *stack
	emulator *cloudtest.Server // nil with another endpoint
	aws      http.Handler      // where the functions' calls to AWS go
	clients  *clients
	backend  *cloud.Backend
	erp      *netsuitetest.Fake
	fakes    map[string]connectortest.Fake
	extra    map[string]string // settings beside the fakes' own
	profiles map[string]connector.Profile
	hosts    map[string]*host
	poison   string // part of the path whose every write kills the function; "" for none
	kills    *kills
	door     *httptest.Server
	output   *os.File // of all processes
	quiet    *log.Logger
	running  sync.WaitGroup
	watch    *watch
	gateway  *gateway
	early    atomic.Int64 // nanoseconds by which the stand-in's clock is behind
	down     atomic.Int32 // status that the ERP answers every request with; 0 for its own
	unread   atomic.Bool  // the store lists orders and returns none
	delay    atomic.Int64 // nanoseconds that the ERP takes longer
}

// newWorld sets everything up and starts it.
func newWorld(t *testing.T, k *kills) *world {
	t.Helper()
	if !environmentOfTest.hasRoom(t.Name()) {
		t.Skip("an endpoint has room for the world of " + onlyWorld + " only")
	}
	w := &world{
		T: t, setup: environmentOfTest, kills: k, quiet: log.New(io.Discard, "", 0),
		fakes: map[string]connectortest.Fake{}, profiles: map[string]connector.Profile{}, hosts: map[string]*host{},
	}
	for _, step := range []func() error{w.openOutput, w.openStack, w.openWatch, w.openAWS, w.openSystems, w.openHosts, w.openDoor} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	if err := w.startPollers(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.close(stop) })
	return w
}

func (w *world) close(stop context.CancelFunc) {
	stop()
	w.door.Close()
	for _, h := range w.hosts {
		h.close()
	}
	w.running.Wait()
	if err := w.erp.Close(); err != nil {
		w.Error(err)
	}
	if w.Failed() {
		data, err := os.ReadFile(w.output.Name())
		w.Logf("what the functions said last (%v):\n%s", err, data[max(0, len(data)-6000):])
	}
}

func (w *world) openOutput() (err error) {
	w.output, err = os.Create(filepath.Join(w.TempDir(), "functions.log"))
	return err
}

func (w *world) openStack() (err error) {
	w.stack, err = readStack(w.templates, w.prefix, w.at)
	return err
}

func (w *world) openAWS() error {
	transport, environ := http.DefaultTransport, maps.Clone(w.credentials)
	switch {
	case w.endpoint == nil && w.account == "":
		w.emulator = cloudtest.New(func() time.Time { return time.Now().Add(-time.Duration(w.early.Load())) })
		w.emulator.OnLost(func(rule string) {
			w.watch.measure("AWS/Events", "InvocationsFailedToBeSentToDlq", dimensions{"EventBusName": w.prefix, "RuleName": rule[strings.LastIndex(rule, "/")+1:]}, 1)
		})
		w.aws, transport = w.emulator, w.emulator.Transport()
		environ["AWS_ENDPOINT_URL"] = "http://emulator.invalid"
	case w.endpoint != nil:
		w.aws = passOn(w.endpoint)
		environ["AWS_ENDPOINT_URL"] = w.endpoint.String()
	}
	config, err := account.Config(environ, transport)
	if err != nil {
		return err
	}
	w.clients = newClients(config)
	if w.endpoint != nil {
		if w.clients.moto, err = isMoto(w.Context(), w.endpoint); err != nil {
			return err
		}
	}
	w.backend = cloud.Open(config, cloud.Config{
		Prefix: w.prefix, QueueBase: w.stack.queueURL(":"), Bus: w.prefix, Table: w.prefix, Build: "test", Now: time.Now, Random: rand.Reader,
		Bucket: w.prefix + "-" + w.at.account + "-" + w.at.region,
	})
	return w.clients.deploy(w.Context(), w.stack)
}

// openSystems makes the fakes and puts their credentials where the functions look.
func (w *world) openSystems() (err error) {
	for _, system := range functions.All() {
		if system.Optional {
			continue // it is in no stage of the templates
		}
		name := system.Profile.Name
		if w.fakes[name], err = system.Fake(w.TempDir(), time.Now); err != nil {
			return err
		}
		w.profiles[name] = system.Profile
		if erp, ok := w.fakes[name].(*netsuitetest.Fake); ok {
			w.erp = erp
		}
		if err := w.putSecret(name, nil); err != nil {
			return err
		}
	}
	w.extra, err = day.Prepare(w.erp)
	return err
}

// putSecret stores the system's credentials, with changes: all of them in the secret of the
// system, and those that its door needs in the door's own.
func (w *world) putSecret(system string, changes map[string]string) error {
	values, forDoor := map[string]string{}, map[string]string{}
	for name, value := range w.fakes[system].Settings("http://127.0.0.1:1") {
		if slices.Contains(w.profiles[system].Secrets, name) {
			values[name] = value
		}
	}
	maps.Copy(values, changes)
	for name, value := range values {
		if strings.Contains(name, "_WEBHOOK_") {
			forDoor[name] = value
		}
	}
	return cmp.Or(w.storeSecret(w.prefix+"/"+system, values), w.storeSecret(doorSecret(w.prefix, system), forDoor))
}

func (w *world) storeSecret(id string, values map[string]string) error {
	if len(values) == 0 {
		return nil
	}
	text, err := json.Marshal(values)
	if err != nil {
		return err
	}
	_, err = w.clients.secrets.PutSecretValue(w.Context(), &secretsmanager.PutSecretValueInput{SecretId: aws.String(id), SecretString: aws.String(string(text))})
	return err
}

func (w *world) openHosts() error {
	allowed, err := w.stack.permissions()
	if err != nil {
		return err
	}
	return w.stack.each("AWS::Lambda::Function", func(_ string, p map[string]any) error {
		name, _ := p["FunctionName"].(string)
		system, role, _ := strings.Cut(strings.TrimPrefix(name, w.prefix+"-"), "-")
		variables := map[string]string{}
		surroundings, _ := p["Environment"].(map[string]any)
		all, _ := surroundings["Variables"].(map[string]any)
		for key, value := range all {
			variables[key] = fmt.Sprint(value)
		}
		seconds, err := into[int](p["Timeout"])
		if err != nil {
			return err
		}
		w.hosts[name] = &host{
			name: name, system: system, role: role, program: filepath.Join(w.programs, system+"-"+role, "bootstrap"), world: w,
			arn:     "arn:aws:lambda:" + w.at.region + ":" + w.at.account + ":function:" + name,
			timeout: time.Duration(seconds) * time.Second, variables: variables, all: map[*environment]bool{},
			policy: allowed[name],
		}
		w.hosts[w.hosts[name].arn] = w.hosts[name]
		logging, _ := p["LoggingConfig"].(map[string]any)
		if err := w.hosts[name].logs(fmt.Sprint(logging["LogGroup"])); err != nil {
			return err
		}
		_, err = os.Stat(w.hosts[name].program)
		return err
	})
}

func (w *world) openDoor() error {
	var err error
	w.gateway, err = w.newGateway()
	w.door = httptest.NewServer(w.gateway)
	return err
}

// surroundings is the environment of a process: the template's variables, what Lambda
// adds, and the settings that lead to the fakes.
func (w *world) surroundings(e *environment, variables map[string]string, base string) map[string]string {
	maps.Copy(variables, w.credentials)
	maps.Copy(variables, map[string]string{
		"AWS_LAMBDA_RUNTIME_API": strings.TrimPrefix(base, "http://"), "AWS_LAMBDA_FUNCTION_NAME": e.host.name, "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "WARN", "TZ": ":UTC",
	})
	if w.aws != nil {
		variables["AWS_ENDPOINT_URL"] = base
	}
	for system, profile := range w.profiles {
		if system != e.host.system && e.host.role != string(connector.Audit) {
			continue
		}
		for _, settings := range []map[string]string{w.fakes[system].Settings(base), w.extra} {
			for name, value := range settings {
				if slices.Contains(profile.Settings, name) && !slices.Contains(profile.Secrets, name) {
					variables[name] = value
				}
			}
		}
	}
	return variables
}

// setup is what the environment says about this run.
type setup struct {
	templates, programs string
	prefix              string
	at                  place
	account             string // of a real one; "" otherwise
	endpoint            *urlType
	credentials         map[string]string
}

// onlyWorld is the test whose world is set up at an endpoint or in an account. Resources
// have the same names in every world, and last there, so that a second world would meet the
// first one's.
const onlyWorld = "TestTheDayWithKills/day,_run_0"

// hasRoom reports whether the test may have a world.
func (s setup) hasRoom(test string) bool {
	return s.endpoint == nil && s.account == "" || test == onlyWorld
}

func readSetup(get func(string) string) (s setup, err error) {
	s = setup{
		templates: cmp.Or(get("TEMPLATES"), "../../infra/cdk.out"), programs: cmp.Or(get("PROGRAMS"), "../../.tools/programs"),
		prefix: "causeway-" + cmp.Or(get("STAGE"), "dev"), account: get("ACCOUNT"),
		at: place{cmp.Or(get("ACCOUNT"), get("ENDPOINT_ACCOUNT"), cloudtest.Account), cmp.Or(get("AWS_REGION"), "eu-central-1")},
	}
	s.credentials = map[string]string{
		"AWS_REGION": s.at.region, "AWS_ACCESS_KEY_ID": cmp.Or(get("AWS_ACCESS_KEY_ID"), "test"), "AWS_SECRET_ACCESS_KEY": cmp.Or(get("AWS_SECRET_ACCESS_KEY"), "test"),
	}
	if token := get("AWS_SESSION_TOKEN"); token != "" {
		s.credentials["AWS_SESSION_TOKEN"] = token
	}
	if s.account != "" && (get("STAGE") == "" || get("AWS_ENDPOINT_URL") != "" || get("AWS_ACCESS_KEY_ID") == "") {
		return s, fmt.Errorf("a real account takes ACCOUNT and STAGE, credentials, and no AWS_ENDPOINT_URL")
	}
	if text := get("AWS_ENDPOINT_URL"); text != "" {
		s.endpoint, err = parseURL(text)
	}
	return s, err
}
