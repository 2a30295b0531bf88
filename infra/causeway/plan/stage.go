package plan

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"github.com/go-playground/validator/v10"
	"go.yaml.in/yaml/v3"
)

// Stage describes one installation: systems, flows, sizes and retention. ReadStage reads it
// from YAML; a CDK app can also compose it in Go. It holds nothing secret.
type Stage struct {
	Name       string            `yaml:"stage" validate:"required,max=20,lower_name"` // the file's name; part of every resource's name
	Account    string            `yaml:"account" validate:"omitempty,len=12,numeric"` // the only account it deploys to; "" for the one of the credentials
	Region     string            `yaml:"region" validate:"required_with=Account,omitempty,lower_name,max=20"`
	Production bool              `yaml:"production"` // data and logs are retained when their stacks are deleted
	Systems    map[string]System `yaml:"systems" validate:"required,min=1,dive"`
	Flows      []string          `yaml:"flows" validate:"required,min=1,unique"` // names of the routes that are on
	Filters    []string          `yaml:"filters" validate:"unique,dive,required"`
	Rules      Rules             `yaml:"rules"`
	Budgets    map[string]string `yaml:"budgets"` // how long and how often failures are retried, by the names of retry.Policy.WithBudgets
	Door       DoorConfig        `yaml:"door"`
	Functions  Functions         `yaml:"functions"`
	Retention  Retention         `yaml:"retention"`
	Alarms     Alarms            `yaml:"alarms"`

	file *source // nil if it was composed in Go
}

// System is one system of a stage.
type System struct {
	Settings map[string]string `yaml:"settings"`                                              // settings that are not secret, by key
	Secret   string            `yaml:"secret" validate:"omitempty,max=256,secret_name"`       // an existing secret for every role; "" to create them
	Secrets  map[string]string `yaml:"secrets" validate:"dive,required,max=256,secret_name"`  // existing secrets by role; they override Secret
	Door     string            `yaml:"door" validate:"omitempty,oneof=http-api function-url"` // "" is http-api
	Rate     int               `yaml:"rate" validate:"omitempty,min=1,max=10000"`             // requests a second at its door; 0 for the stage's
	Burst    int               `yaml:"burst" validate:"omitempty,min=1,max=5000"`
	Partner  string            `yaml:"partner" validate:"omitempty,startswith=aws.partner/,max=256"` // partner event source that it sends over
	Workers  int               `yaml:"workers" validate:"omitempty,min=2,max=1000"`                  // of each of its queues; 0 to derive it
	Poll     string            `yaml:"poll" validate:"omitempty,schedule"`                           // such as "cron(0 * * * ? *)", or "off"; "" is every 15 minutes
	Audit    string            `yaml:"audit" validate:"omitempty,schedule"`                          // the same; "" is at 3:00 UTC every night
}

// Rules are expressions that skip messages of any flow. The rules of a system are among its
// settings. With a rule the functions are built by make dist RULES=1.
type Rules struct {
	Skip string `yaml:"skip"` // for good
	Hold string `yaml:"hold"` // until a later state passes
}

// variables returns the rules as functions read them.
func (r Rules) variables() map[string]string {
	set := map[string]string{"CAUSEWAY_RULE_SKIP": r.Skip, "CAUSEWAY_RULE_HOLD": r.Hold}
	maps.DeleteFunc(set, func(_, expression string) bool { return expression == "" })
	return set
}

// DoorConfig is what the HTTP doors of all systems share.
type DoorConfig struct {
	Rate        int    `yaml:"rate" validate:"required,min=1,max=10000"` // requests a second
	Burst       int    `yaml:"burst" validate:"required,min=1,max=5000"`
	Concurrency int    `yaml:"concurrency" validate:"omitempty,min=1,max=1000"` // executions reserved for each door if functions.reserve is on; 0 to derive it from the rate
	Domain      string `yaml:"domain" validate:"omitempty,fqdn"`
	Certificate string `yaml:"certificate" validate:"required_with=Domain,omitempty,startswith=arn:"` // of the domain, in ACM, same region
}

// Functions is what all functions share.
type Functions struct {
	Memory   int    `yaml:"memory" validate:"required,min=128,max=10240"` // MB
	LogLevel string `yaml:"log_level" validate:"required,oneof=DEBUG INFO WARN ERROR"`
	Tracing  string `yaml:"tracing" validate:"omitempty,url"` // OTLP/HTTP endpoint
	// Reserve reserves concurrency for every function, so that no function takes another's.
	// A new account has too little to reserve any.
	Reserve bool `yaml:"reserve"`
	// Shift deploys by versions and an alias: CodeDeploy shifts traffic in this way, such as
	// Canary10Percent5Minutes, and rolls back if the function's deployment alarm rings.
	// "" replaces the code at once.
	Shift string `yaml:"shift" validate:"omitempty,oneof=Canary10Percent5Minutes Canary10Percent10Minutes Canary10Percent15Minutes Canary10Percent30Minutes Linear10PercentEvery1Minute Linear10PercentEvery2Minutes Linear10PercentEvery3Minutes Linear10PercentEvery10Minutes"`
}

// Retention is how many days data is kept.
type Retention struct {
	Archive int `yaml:"archive" validate:"required,min=91,max=3650"` // raw deliveries; the first 90 days in standard storage
	Log     int `yaml:"log" validate:"required,oneof=1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 2192 2557 2922 3288 3653"`
	Bus     int `yaml:"bus" validate:"min=0,max=365"` // events on the bus, for replay; 0 for none
}

// Alarms is who is notified, and when.
type Alarms struct {
	Emails  []string `yaml:"emails" validate:"unique,dive,email"`
	Waiting int      `yaml:"waiting" validate:"required,min=1,max=5760"` // minutes that a message may wait without an alarm
}

var (
	lowerName  = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	secretName = regexp.MustCompile(`^[A-Za-z0-9/_+=.@-]+$`)
	schedule   = regexp.MustCompile(`^(off|rate\([1-9][0-9]* (minutes?|hours?|days?)\)|cron\([^()]+\))$`)
)

// ReadStage reads and checks <folder>/<name>.yaml. The error lists every finding, each with
// file, line, key and rule.
func ReadStage(folder, name string) (*Stage, error) {
	path := filepath.Join(folder, name+".yaml")
	data, err := os.ReadFile(path) //nolint:gosec // G304: the operator names the stage
	if err != nil {
		return nil, fmt.Errorf("reading stage %q: %w", name, err)
	}
	file := &source{path: path}
	if err := yaml.Unmarshal(data, &file.root); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	stage := Stage{file: file}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&stage); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := stage.validate(); err != nil {
		return nil, err
	}
	if stage.Name != name {
		return nil, file.finding("stage", "must be "+name+", as the file is named")
	}
	return &stage, nil
}

// source is the file that a stage was read from.
type source struct {
	path string
	root yaml.Node
}

// finding returns an error with the key, the rule that it breaks, and its line if the stage
// was read from a file.
func (s *source) finding(key, rule string) error {
	if s == nil {
		return fmt.Errorf("stage: %s: %s", key, rule)
	}
	return fmt.Errorf("%s:%d: %s: %s", s.path, s.line(key), key, rule)
}

// line returns the line of the key, or of the nearest key above it that exists.
func (s *source) line(key string) int {
	if len(s.root.Content) == 0 {
		return 1
	}
	node, line := s.root.Content[0], 1
	for part := range strings.SplitSeq(key, ".") {
		found := false
		for i := 0; i+1 < len(node.Content) && node.Kind == yaml.MappingNode; i += 2 {
			if node.Content[i].Value == part {
				node, line, found = node.Content[i+1], node.Content[i].Line, true
				break
			}
		}
		if !found {
			break
		}
	}
	return line
}

// validate checks the stage by its tags.
func (s *Stage) validate() error {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(field reflect.StructField) string { return field.Tag.Get("yaml") })
	for tag, pattern := range map[string]*regexp.Regexp{"lower_name": lowerName, "secret_name": secretName, "schedule": schedule} {
		check := func(field validator.FieldLevel) bool { return pattern.MatchString(field.Field().String()) }
		if err := v.RegisterValidation(tag, check); err != nil {
			return fmt.Errorf("registering rule %s: %w", tag, err)
		}
	}
	err := v.Struct(s)
	broken, ok := errors.AsType[validator.ValidationErrors](err)
	if !ok {
		return err
	}
	findings := make([]error, len(broken))
	for i, field := range broken {
		findings[i] = s.file.finding(keyOf(field.Namespace()), "must satisfy "+strings.TrimSuffix(field.Tag()+"="+field.Param(), "="))
	}
	return errors.Join(findings...)
}

// keyOf turns "Stage.systems[shopify].door" into "systems.shopify.door".
func keyOf(namespace string) string {
	_, key, _ := strings.Cut(namespace, ".")
	return strings.NewReplacer("[", ".", "]", "").Replace(key)
}
