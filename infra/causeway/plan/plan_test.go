package plan_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions"
	"causeway.example/infra/causeway/plan"
	"causeway.example/infra/causeway/plan/plantest"
	"causeway.example/shared/connector"
	"causeway.example/shared/routes"
)

func TestPollingHasADefaultAndASwitch(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]struct {
		schedule string
		off      bool
	}{"": {"rate(15 minutes)", false}, "off": {"rate(15 minutes)", true}, "cron(0 * * * ? *)": {"cron(0 * * * ? *)", false}} {
		toy := plantest.ToyConfig()
		toy.Poll = config
		p := mustPlanToy(t, toy)
		for _, trigger := range p.Triggers(p.Systems[0]) {
			if trigger.Role == connector.Poll && (trigger.Schedule != want.schedule || trigger.Off != want.off) {
				t.Errorf("poll %q gives %v, off: %v", config, trigger.Schedule, trigger.Off)
			}
		}
	}
}

func TestSizesFollowTheTarget(t *testing.T) {
	t.Parallel()
	p := mustPlanToy(t, plantest.ToyConfig())
	for name, c := range map[string]struct {
		concurrency, workers int
		timeout              time.Duration
		want                 plan.Size
	}{
		"one call at once":     {1, 0, 5 * time.Second, plan.Size{40 * time.Second, 10, 1, 2, 2}},
		"few calls at once":    {9, 0, 5 * time.Second, plan.Size{40 * time.Second, 10, 4, 2, 2}},
		"many calls at once":   {100, 0, 5 * time.Second, plan.Size{35 * time.Second, 10, 10, 10, 10}},
		"workers by the stage": {9, 3, 5 * time.Second, plan.Size{40 * time.Second, 10, 4, 3, 3}},
		"calls of a minute":    {1, 0, time.Minute, plan.Size{2*time.Minute + 30*time.Second, 10, 1, 2, 2}},
		"calls of two minutes": {1, 0, 2 * time.Minute, plan.Size{2*time.Minute + 30*time.Second, 1, 1, 2, 2}},
		"endless calls":        {1, 0, 15 * time.Minute, plan.Size{30 * time.Second, 0, 1, 2, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := p.Systems[0]
			s.Concurrency, s.Timeout, s.Config.Workers = c.concurrency, c.timeout, c.workers
			if got := p.Size(s, connector.Deliver); got != c.want {
				t.Errorf("deliver is %+v, want %+v", got, c.want)
			}
		})
	}
	if got := p.Size(p.Systems[0], connector.Translate); got != (plan.Size{40 * time.Second, 10, 4, 2, 4}) {
		t.Errorf("translate is %+v, want two workers for each lane", got)
	}
	if got := p.Size(p.Systems[0], connector.Receive); got != (plan.Size{Timeout: plan.Quick}) {
		t.Errorf("receive is %+v", got)
	}
}

func TestEachRoleReadsOneSecret(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		secret  string
		secrets map[string]string
		door    string
		others  string
		created bool // the door's
	}{
		"created":                {"", nil, "causeway-toy/toyshop/receive", "causeway-toy/toyshop", true},
		"existing":               {"vault/toyshop", nil, "vault/toyshop", "vault/toyshop", false},
		"existing, and a door's": {"vault/toyshop", map[string]string{"receive": "vault/door"}, "vault/door", "vault/toyshop", false},
		"created, and a door's":  {"", map[string]string{"receive": "vault/door"}, "vault/door", "causeway-toy/toyshop", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := plantest.ToyConfig()
			config.Secret, config.Secrets = c.secret, c.secrets
			p := mustPlanToy(t, config)
			s := p.Systems[0]
			if got := p.Secret(s, connector.Receive); got != c.door || p.IsOwnSecret(s, connector.Receive) != c.created {
				t.Errorf("the door reads %s, created: %v", got, !c.created)
			}
			if got := p.Secret(s, connector.Poll); got != c.others || p.IsOwnSecret(s, connector.Poll) != (c.secret == "") {
				t.Errorf("the other roles read %s", got)
			}
		})
	}
}

func TestADoorThatReadsTheWholeSecretIsRemarked(t *testing.T) {
	t.Parallel()
	config := plantest.ToyConfig()
	config.Secret, config.Door = "vault/toyshop", plan.FunctionURL
	remarks := strings.Join(mustPlanToy(t, config).Remarks(), "\n")
	for _, want := range []string{"the door of toyshop reads vault/toyshop", "the door of toyshop is a function URL, which names no alias"} {
		if !strings.Contains(remarks, want) {
			t.Errorf("the remarks are %q, want %q", remarks, want)
		}
	}
}

func TestConcurrencyIsReservedForEveryFunction(t *testing.T) {
	t.Parallel()
	p := mustPlanToy(t, plantest.ToyConfig())
	s := p.Systems[0]
	s.Config.Rate = 90
	for role, want := range map[connector.Role]int{connector.Receive: 45, connector.Poll: 1, connector.Translate: 4, connector.Deliver: 2} {
		if got := p.Reserved(s, role); got != want {
			t.Errorf("%s gets %d, want %d", role, got, want)
		}
	}
	p.Stage.Door.Concurrency = 7
	if got := p.Reserved(s, connector.Receive); got != 7 {
		t.Errorf("the door gets %d, want the stage's 7", got)
	}
	p.Stage.Functions.Reserve = false
	if got := p.Reserved(s, connector.Poll); got != 0 {
		t.Errorf("a stage that reserves nothing reserves %d", got)
	}
}

func TestRemarksAreForQueuesThatShareTooFewCalls(t *testing.T) {
	t.Parallel()
	p := mustPlanToy(t, plantest.ToyConfig())
	if got := p.Remarks(); len(got) != 0 {
		t.Errorf("remarks on nine calls for one queue: %v", got)
	}
	p.Systems[0].Concurrency = 1
	if got := p.Remarks(); !slices.Equal(got, []string{"toyshop takes 1 calls at once, and its 1 queues have 2 workers: they wait for each other"}) {
		t.Errorf("the remarks are %v", got)
	}
}

func TestLogicalIDsAreWordsInOne(t *testing.T) {
	t.Parallel()
	for want, names := range map[string][]string{
		"ShopInboxQueue":   {"shop-inbox", "queue"},
		"ShopOrdersToErp":  {"shop-orders-to-erp"},
		"RulesDead2Filled": {"rules-dead-2", "filled"},
	} {
		if got := plan.Logical(names...); got != want {
			t.Errorf("%v give %s, want %s", names, got, want)
		}
	}
}

func TestQueueOfCombinedMessagesGathersThem(t *testing.T) {
	t.Parallel()
	p := mustPlanToy(t, plantest.ToyConfig())
	s := p.Systems[0]
	if n, window := p.BatchOf(s, connector.Deliver, plantest.ToyRoute.Queue()); n != 10 || window != 0 {
		t.Errorf("of messages one by one: %d at once after %s", n, window)
	}
	s.Operations = map[string]connector.Operation{}
	for _, name := range plantest.ToyRoute.Types {
		s.Operations[name] = connector.Operation{Batch: 250}
	}
	if n, window := p.BatchOf(s, connector.Deliver, plantest.ToyRoute.Queue()); n != 1000 || window != plan.Gather {
		t.Errorf("of messages of which one request takes 250: %d at once after %s", n, window)
	}
	if n, window := p.BatchOf(s, connector.Translate, plantest.ToyRoute.Queue()); n != 10 || window != 0 {
		t.Errorf("translate: %d at once after %s", n, window)
	}
}

func TestSystemThatReportsNothingIsATargetOnly(t *testing.T) {
	t.Parallel()
	stage := plantest.ToyStage(plantest.ToyConfig())
	toy := plantest.Toy()
	toy.Profile.Name, toy.Profile.Roles = "erp", []connector.Role{connector.Translate, connector.Deliver, connector.Poll}
	open := toy.Open
	toy.Open = func(settings map[string]string, deps connector.Deps) (connector.System, error) {
		system, err := open(settings, deps)
		system.Profile = toy.Profile
		return system, err
	}
	stage.Systems["erp"] = plan.System{Settings: map[string]string{"TOYSHOP_SHELF": "top"}}
	for name, want := range map[string][]connector.Role{"toyshop-orders-to-erp": {connector.Deliver}, "erp-stock-to-toyshop": {connector.Translate, connector.Poll}} {
		from, rest, _ := strings.Cut(name, "-")
		flow, to, _ := strings.Cut(rest, "-to-")
		stage.Flows = []string{plantest.ToyRoute.Name(), name}
		p, err := plan.New(&plan.Props{Stage: stage, Catalog: []functions.System{toy, plantest.Toy()}, Routes: []routes.Route{
			plantest.ToyRoute, {From: from, Flow: flow, To: to, Types: plantest.ToyRoute.Types},
		}, Programs: "dist", Build: "1", Prefix: "causeway-toy"})
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Systems[0].Roles; !slices.Equal(got, want) {
			t.Errorf("with %s alone the roles are %v, want %v", name, got, want)
		}
	}
}
