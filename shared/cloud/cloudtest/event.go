package cloudtest

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"

	"causeway.example/shared/routes"
)

const (
	defaultBus     = "default"
	maxTargets     = 5
	maxRules       = 300
	maxPattern     = 4096
	maxAgeSeconds  = 86400
	maxRetries     = 185
	leastAge       = 60
	scheduledRules = "a schedule expression is for rules of the default bus"
)

// bus is an EventBridge event bus.
type bus struct {
	name  string
	rules map[string]*rule
}

type rule struct {
	name, arn string
	pattern   *routes.Pattern // nil: a schedule, which this stand-in keeps but does not fire
	enabled   bool
	targets   map[string]target
}

// target is where a rule sends events: a queue or a function.
type target struct {
	ID               string `json:"Id"`
	ARN              string `json:"Arn"`
	InputPath        string
	RoleARN          string `json:"RoleArn"`
	DeadLetterConfig struct {
		ARN string `json:"Arn"`
	}
	RetryPolicy *struct {
		MaximumEventAgeInSeconds *int
		MaximumRetryAttempts     *int
	}
	SQSParameters struct {
		MessageGroupID string `json:"MessageGroupId"`
	} `json:"SqsParameters"`
}

type tags []struct{ Key, Value string }

func (s *Server) addEventOperations() {
	s.buses[defaultBus] = &bus{name: defaultBus, rules: map[string]*rule{}}
	for name, do := range map[string]operation{
		"CreateEventBus": op(s, s.createBus),
		"PutRule":        op(s, s.putRule),
		"PutTargets":     op(s, s.putTargets),
		"PutEvents":      op(s, s.putEvents),
	} {
		s.operations["events."+name] = do
	}
}

func badEvent(format string, values ...any) *refusal {
	return refuse(http.StatusBadRequest, "ValidationException", format, values...)
}

var (
	busName  = regexp.MustCompile(`^[/.\-_A-Za-z0-9]{1,256}$`)
	ruleName = regexp.MustCompile(`^[.\-_A-Za-z0-9]{1,64}$`)
)

type createBusInput struct {
	Name             string
	Description      string
	LogConfig        json.RawMessage
	DeadLetterConfig json.RawMessage
	Tags             tags
}

func (s *Server) createBus(c call, in *createBusInput) (any, error) {
	if !busName.MatchString(in.Name) || in.Name == defaultBus || strings.HasPrefix(in.Name, "aws.") {
		return nil, badEvent("Event bus name %q is not valid.", in.Name)
	}
	if s.buses[in.Name] != nil {
		return nil, refuse(http.StatusBadRequest, "ResourceAlreadyExistsException", "Event bus %s already exists.", in.Name)
	}
	s.buses[in.Name] = &bus{name: in.Name, rules: map[string]*rule{}}
	return map[string]string{"EventBusArn": "arn:aws:events:" + c.region + ":" + Account + ":event-bus/" + in.Name}, nil
}

// findBus takes a name or an ARN; "" is the default bus.
func (s *Server) findBus(name string) (*bus, error) {
	if name == "" {
		name = defaultBus
	}
	if strings.HasPrefix(name, "arn:") {
		name = lastOf(name, ":event-bus/")
		name = strings.TrimPrefix(name, "event-bus/")
	}
	if b := s.buses[name]; b != nil {
		return b, nil
	}
	return nil, refuse(http.StatusBadRequest, "ResourceNotFoundException", "Event bus %s does not exist.", name)
}

type putRuleInput struct {
	Name               string
	EventBusName       string
	EventPattern       string
	ScheduleExpression string
	State              string
	Description        string
	RoleARN            string `json:"RoleArn"`
	Tags               tags
}

func (s *Server) putRule(c call, in *putRuleInput) (any, error) {
	b, err := s.findBus(in.EventBusName)
	if err != nil {
		return nil, err
	}
	if err := in.check(b); err != nil {
		return nil, err
	}
	r := b.rules[in.Name]
	if r == nil {
		if len(b.rules) == maxRules {
			return nil, refuse(http.StatusBadRequest, "LimitExceededException", "The requested resource exceeds the maximum number allowed.")
		}
		r = &rule{name: in.Name, arn: b.ruleARN(c.region, in.Name), targets: map[string]target{}}
	}
	if in.EventPattern != "" {
		if r.pattern, err = routes.ParsePattern([]byte(in.EventPattern)); err != nil {
			return nil, refuse(http.StatusBadRequest, "InvalidEventPatternException", "Event pattern is not valid. Reason: %s", err.Error())
		}
	}
	r.enabled = in.State != "DISABLED"
	b.rules[in.Name] = r
	return map[string]string{"RuleArn": r.arn}, nil
}

func (in *putRuleInput) check(b *bus) error {
	switch {
	case !ruleName.MatchString(in.Name):
		return badEvent("Rule name %q must match [.\\-_A-Za-z0-9]+ and have 1 to 64 characters.", in.Name)
	case in.EventPattern == "" && in.ScheduleExpression == "":
		return badEvent("Parameter(s) EventPattern or ScheduleExpression must be specified.")
	case in.ScheduleExpression != "" && b.name != defaultBus:
		return badEvent("ScheduleExpression is supported only on the default event bus: %s.", scheduledRules)
	case len(in.EventPattern) > maxPattern:
		return badEvent("EventPattern has more than %d characters.", maxPattern)
	case in.State != "" && in.State != "ENABLED" && in.State != "DISABLED":
		return badEvent("State %q is not valid.", in.State)
	}
	return nil
}

func (b *bus) ruleARN(region, name string) string {
	path := name
	if b.name != defaultBus {
		path = b.name + "/" + name
	}
	return "arn:aws:events:" + region + ":" + Account + ":rule/" + path
}

type putTargetsInput struct {
	Rule         string
	EventBusName string
	Targets      []target
}

func (s *Server) putTargets(_ call, in *putTargetsInput) (any, error) {
	b, err := s.findBus(in.EventBusName)
	if err != nil {
		return nil, err
	}
	r := b.rules[in.Rule]
	if r == nil {
		return nil, refuse(http.StatusBadRequest, "ResourceNotFoundException", "Rule %s does not exist on EventBus %s.", in.Rule, b.name)
	}
	for _, t := range in.Targets {
		if err := t.check(); err != nil {
			return nil, err
		}
		r.targets[t.ID] = t
	}
	if len(r.targets) > maxTargets {
		return nil, refuse(http.StatusBadRequest, "LimitExceededException", "The requested resource exceeds the maximum number allowed.")
	}
	return map[string]any{"FailedEntryCount": 0, "FailedEntries": []any{}}, nil
}

func (t *target) check() error {
	switch {
	case !ruleName.MatchString(t.ID):
		return badEvent("Target id %q is not valid.", t.ID)
	case !strings.HasPrefix(t.ARN, "arn:aws:sqs:") && !strings.HasPrefix(t.ARN, "arn:aws:lambda:"):
		return badEvent("Provided Arn is not in correct format, or its service is not among those of this stand-in: %q.", t.ARN)
	case t.InputPath != "" && t.InputPath != "$" && !strings.HasPrefix(t.InputPath, "$."):
		return badEvent("InputPath %q is not a JSON path.", t.InputPath)
	case t.DeadLetterConfig.ARN != "" && !strings.HasPrefix(t.DeadLetterConfig.ARN, "arn:aws:sqs:"):
		return badEvent("Dead-letter queue %q is not an SQS queue.", t.DeadLetterConfig.ARN)
	}
	if p := t.RetryPolicy; p != nil {
		if n := p.MaximumEventAgeInSeconds; n != nil && (*n < leastAge || *n > maxAgeSeconds) {
			return badEvent("MaximumEventAgeInSeconds must be from 60 to 86400.")
		}
		if n := p.MaximumRetryAttempts; n != nil && (*n < 0 || *n > maxRetries) {
			return badEvent("MaximumRetryAttempts must be from 0 to 185.")
		}
	}
	return nil
}
