package function

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/retry"
	"causeway.example/shared/routes"
	"causeway.example/shared/rules"
)

func TestAFunctionThatIsMisconfiguredNamesTheVariable(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change map[string]string
		field  string
	}{
		"no stage":             {map[string]string{"CAUSEWAY_STAGE": ""}, "CAUSEWAY_STAGE"},
		"no prefix":            {map[string]string{"CAUSEWAY_PREFIX": ""}, "CAUSEWAY_PREFIX"},
		"no queues":            {map[string]string{"CAUSEWAY_QUEUES": ""}, "CAUSEWAY_QUEUES"},
		"queues that are none": {map[string]string{"CAUSEWAY_QUEUES": "sqs"}, "CAUSEWAY_QUEUES"},
		"queues cut off":       {map[string]string{"CAUSEWAY_QUEUES": "https://sqs/1"}, "CAUSEWAY_QUEUES"},
		"no bus":               {map[string]string{"CAUSEWAY_BUS": ""}, "CAUSEWAY_BUS"},
		"no table":             {map[string]string{"CAUSEWAY_TABLE": ""}, "CAUSEWAY_TABLE"},
		"no bucket":            {map[string]string{"CAUSEWAY_BUCKET": ""}, "CAUSEWAY_BUCKET"},
		"parallel in words":    {map[string]string{"CAUSEWAY_PARALLEL": "many"}, "CAUSEWAY_PARALLEL"},
		"parallel of none":     {map[string]string{"CAUSEWAY_PARALLEL": "0"}, "CAUSEWAY_PARALLEL"},
		"an unknown flow":      {map[string]string{"CAUSEWAY_FLOWS": "toy-orders-to-till,toy-x-to-till"}, "CAUSEWAY_FLOWS"},
		"an unknown filter":    {map[string]string{"CAUSEWAY_FILTERS": "-drafts"}, "CAUSEWAY_FILTERS"},
		"an unknown budget":    {map[string]string{"CAUSEWAY_BUDGETS": "patience=3"}, "CAUSEWAY_BUDGETS"},
		"a collector of none":  {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "collector"}, "OTEL_EXPORTER_OTLP_ENDPOINT"},
		"no setting":           {map[string]string{"TOY_NAME": ""}, "TOY_NAME"},
		"no secret":            {map[string]string{"CAUSEWAY_SECRET": ""}, "TOY_SECRET"},
		"a secret of none":     {map[string]string{"CAUSEWAY_SECRET": "causeway-dev/other"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, connector.Translate)
			for key, value := range c.change {
				b.process.environ[key] = value
			}
			_, err := newFunction(t.Context(), b.process)
			if f := fault.As(err); f == nil || f.Class != fault.Config || f.Field != c.field {
				t.Errorf("newFunction = %+v", f)
			}
		})
	}
}

// TestF9AFunctionThatCannotStartSaysSoAndTakesNothing stands in for the Runtime API.
func TestF9AFunctionThatCannotStartSaysSoAndTakesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Deliver)
	var paths []string
	var body []byte
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.Method+" "+r.URL.Path+" "+r.Header.Get("Lambda-Runtime-Function-Error-Type"))
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(api.Close)
	b.process.environ["AWS_LAMBDA_RUNTIME_API"] = strings.TrimPrefix(api.URL, "http://")
	b.process.environ["CAUSEWAY_TABLE"] = ""
	b.translated("1")
	_, err := newFunction(t.Context(), b.process)
	if err := b.process.giveUp(t.Context(), err); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(paths, []string{"POST /2018-06-01/runtime/init/error Runtime.InitError"}) {
		t.Errorf("called %q", paths)
	}
	var said struct {
		ErrorMessage string
		ErrorType    string
	}
	if err := json.Unmarshal(body, &said); err != nil || said.ErrorType != "Runtime.InitError" || !strings.Contains(said.ErrorMessage, "CAUSEWAY_TABLE: is not set") {
		t.Errorf("said %s, %v", body, err)
	}
	if line := b.out.lines(t)[0]; line["field"] != "CAUSEWAY_TABLE" || line["level"] != "ERROR" || line["function"] != "till-deliver" {
		t.Errorf("logged %v", line)
	}
	event := b.poll(toyQueue)
	if len(event.Records) != 1 || event.Records[0].Attributes["ApproximateReceiveCount"] != "1" {
		t.Errorf("the queue holds %+v", event.Records)
	}
	if strings.Contains(b.out.String()+string(body), canarySecret) {
		t.Errorf("a secret was told")
	}
}

func TestAnInitErrorThatNobodyTakesIsAnError(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Deliver)
	b.process.environ["AWS_LAMBDA_RUNTIME_API"] = "127.0.0.1:1"
	if err := b.process.giveUp(t.Context(), errors.New("of "+canaryMail)); err == nil || strings.Contains(b.out.String(), canaryMail) {
		t.Errorf("giveUp = %v, %s", err, b.out.String())
	}
}

func TestARoleThatTheSystemHasNotDoesNotStart(t *testing.T) {
	t.Parallel()
	for role, without := range map[connector.Role]func(*connector.System){
		connector.Receive:   func(s *connector.System) { s.Source = nil },
		connector.Translate: func(s *connector.System) { s.Source = nil },
		connector.Poll:      func(s *connector.System) { s.Poller = nil },
		connector.Pickup:    func(s *connector.System) { s.Source = nil },
		connector.Deliver:   func(s *connector.System) { s.Target = nil },
		"dance":             func(*connector.System) {},
	} {
		b := newBench(t, role)
		open := b.process.open
		b.process.open = func(settings map[string]string, deps connector.Deps) (connector.System, error) {
			s, err := open(settings, deps)
			without(&s)
			return s, err
		}
		if _, err := newFunction(t.Context(), b.process); fault.As(err) == nil || fault.As(err).Class != fault.Config {
			t.Errorf("%s: newFunction = %v", role, err)
		}
	}
}

func TestTheBusIsForTranslateOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Deliver)
	delete(b.process.environ, "CAUSEWAY_BUS")
	b.start()
}

func TestSettingsAreTheSystemsOwn(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	b.process.environ["AWS_SECRET_ACCESS_KEY"] = "aws"
	b.process.environ["TOY_SECRET"] = "the secret of Secrets Manager wins"
	var got map[string]string
	open := b.process.open
	b.process.open = func(settings map[string]string, deps connector.Deps) (connector.System, error) {
		got = settings
		if deps.CrossRef == nil || deps.HTTP == nil || deps.Now == nil || deps.Random == nil {
			t.Errorf("the system is handed %+v", deps)
		}
		return open(settings, deps)
	}
	b.start()
	if len(got) != 2 || got["TOY_NAME"] != "one" || got["TOY_SECRET"] != canarySecret {
		t.Errorf("the settings are %v", got)
	}
}

func TestFlowsFiltersAndBudgetsAreChosen(t *testing.T) {
	t.Parallel()
	e, err := parseEnvironment(Variables([]string{
		"CAUSEWAY_STAGE=dev", "CAUSEWAY_PREFIX=p", "CAUSEWAY_QUEUES=https://sqs/1/", "CAUSEWAY_TABLE=t", "CAUSEWAY_BUCKET=b",
		"CAUSEWAY_FLOWS=shopify-orders-to-netsuite, shopify-payments-to-netsuite", "CAUSEWAY_FILTERS=-draft, digital_only", "CAUSEWAY_BUDGETS=transient=24h,unknown=3", "OTEL_EXPORTER_OTLP_HEADERS=a=b=c,d=e",
	}), connector.Deliver)
	if err != nil {
		t.Fatal(err)
	}
	on, err := e.flows(routes.Table)
	if err != nil || len(on) != 2 || on[0].Name() != "shopify-orders-to-netsuite" {
		t.Errorf("flows %v, %v", on, err)
	}
	filters, err := e.filters(routes.Table)
	if err != nil || len(filters) != 2 || filters["draft"] || !filters["digital_only"] {
		t.Errorf("filters %v, %v", filters, err)
	}
	policy, err := e.policy()
	if err != nil || policy.Transient != 24*time.Hour || policy.UnknownTries != 3 || policy.Parent != retry.DefaultPolicy().Parent {
		t.Errorf("budgets %+v, %v", policy, err)
	}
	if e.Parallel != 1 || e.Build != "unknown" || e.Headers["a"] != "b=c" {
		t.Errorf("read %+v", e)
	}
}

// TestTheBackendIsMadeOfTheEnvironment opens the real ports, which call nobody yet.
func TestTheBackendIsMadeOfTheEnvironment(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Deliver)
	b.process.ports = backend
	b.process.environ["CAUSEWAY_SECRET"] = ""
	b.process.environ["TOY_SECRET"] = canarySecret
	if _, err := newFunction(t.Context(), b.process); fault.As(err) == nil || fault.As(err).Field != "AWS_REGION" && fault.As(err).Field != "AWS_ACCESS_KEY_ID" && fault.As(err).Field != "AWS_SECRET_ACCESS_KEY" {
		t.Errorf("without credentials: %v", err)
	}
	for _, name := range []string{"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		b.process.environ[name] = "x"
	}
	f := b.start()
	if f.pipeline.Queue == nil || f.files == nil || f.name != "causeway-dev-till-deliver" {
		t.Errorf("opened %+v", f)
	}
}

// TestASecretThatCannotBeReadKeepsTheFunctionFromStarting goes through the real reader.
func TestASecretThatCannotBeReadKeepsTheFunctionFromStarting(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	manager := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"ResourceNotFoundException","message":"Secrets Manager can't find the specified secret."}`)
	}))
	t.Cleanup(manager.Close)
	b.process.ports = backend
	for name, value := range map[string]string{"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_ENDPOINT_URL": manager.URL} {
		b.process.environ[name] = value
	}
	_, err := newFunction(context.Background(), b.process)
	if err == nil || !strings.Contains(err.Error(), "causeway-dev/toy") {
		t.Errorf("newFunction = %v", err)
	}
}

// TestARuleNeedsAProgramWithItsLanguage: without it the function does not start, so that no
// message is delivered by the plain setting. A role that skips nothing does not mind.
func TestARuleNeedsAProgramWithItsLanguage(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"CAUSEWAY_RULE_SKIP", "CAUSEWAY_RULE_HOLD"} {
		for role, field := range map[connector.Role]string{connector.Deliver: key, connector.Translate: ""} {
			b := newBench(t, role)
			b.process.environ[key] = `if .test then "x" else null end`
			b.process.deps.Rules = nil
			_, err := newFunction(t.Context(), b.process)
			if f := fault.As(err); field == "" && err != nil || field != "" && (f == nil || f.Class != fault.Config || f.Field != field || !strings.Contains(f.Detail, "make dist RULES=1")) {
				t.Errorf("%s: newFunction = %v", role, err)
			}
		}
	}
}

func TestARuleIsTriedAtTheStart(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Deliver)
	b.process.deps.Rules = rules.Language{}
	b.process.environ["CAUSEWAY_RULE_SKIP"] = `if .id == "" then 3 else null end`
	if _, err := newFunction(t.Context(), b.process); err == nil || fault.As(err).Field != "CAUSEWAY_RULE_SKIP" || !strings.Contains(fault.As(err).Detail, "gives a number") {
		t.Errorf("newFunction = %v", err)
	}
}
