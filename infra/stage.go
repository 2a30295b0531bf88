package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"github.com/go-playground/validator/v10"
	"go.yaml.in/yaml/v3"
)

// Stage is one installation: what infra/stages/<stage>.yaml says. Nothing in it is secret.
type Stage struct {
	Name       string            `yaml:"stage" validate:"required,max=20,lower_name"` // the file's name; part of every resource's name
	Account    string            `yaml:"account" validate:"omitempty,len=12,numeric"` // refuses any other; "" for the one of the credentials
	Region     string            `yaml:"region" validate:"required_with=Account,omitempty,lower_name,max=20"`
	Production bool              `yaml:"production"` // data and logs outlive their stacks
	Systems    map[string]System `yaml:"systems" validate:"required,min=1,dive"`
	Flows      []string          `yaml:"flows" validate:"required,min=1,unique"` // names of the routes that are on
	Filters    []string          `yaml:"filters" validate:"unique,dive,required"`
	Budgets    map[string]string `yaml:"budgets"` // how long and how often failures are tried, by the names of retry.Policy.WithBudgets
	Door       Door              `yaml:"door"`
	Functions  Functions         `yaml:"functions"`
	Retention  Retention         `yaml:"retention"`
	Alarms     Alarms            `yaml:"alarms"`
}

// System is one system of a stage.
type System struct {
	Settings map[string]string `yaml:"settings"`                                              // what is not secret, by key
	Secret   string            `yaml:"secret" validate:"omitempty,max=256,secret_name"`       // a secret that is there already; "" to have one made
	Door     string            `yaml:"door" validate:"omitempty,oneof=http-api function-url"` // "" is http-api
	Rate     int               `yaml:"rate" validate:"omitempty,min=1,max=10000"`             // requests a second at its door; 0 for the stage's
	Burst    int               `yaml:"burst" validate:"omitempty,min=1,max=5000"`
	Partner  string            `yaml:"partner" validate:"omitempty,startswith=aws.partner/,max=256"` // partner event source whose bus it sends over
	Workers  int               `yaml:"workers" validate:"omitempty,min=2,max=1000"`                  // of each of its queues; 0 to derive it
	Poll     string            `yaml:"poll" validate:"omitempty,schedule"`                           // such as "cron(0 * * * ? *)", or "off"; "" is every quarter of an hour
}

// Door is what all systems' HTTP doors share.
type Door struct {
	Rate        int    `yaml:"rate" validate:"required,min=1,max=10000"` // requests a second
	Burst       int    `yaml:"burst" validate:"required,min=1,max=5000"`
	Domain      string `yaml:"domain" validate:"omitempty,fqdn"`
	Certificate string `yaml:"certificate" validate:"required_with=Domain,omitempty,startswith=arn:"` // of the domain, in ACM, same region
}

// Functions is what all functions share.
type Functions struct {
	Memory   int    `yaml:"memory" validate:"required,min=128,max=10240"` // MB
	LogLevel string `yaml:"log_level" validate:"required,oneof=DEBUG INFO WARN ERROR"`
	Tracing  string `yaml:"tracing" validate:"omitempty,url"` // OTLP/HTTP endpoint
	// Reserve sets concurrency aside for the functions behind queues. A young account
	// has too little to set any aside.
	Reserve bool `yaml:"reserve"`
}

// Retention is how many days things are kept.
type Retention struct {
	Archive int `yaml:"archive" validate:"required,min=91,max=3650"` // raw deliveries; the first 90 days at hand
	Log     int `yaml:"log" validate:"required,oneof=1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 2192 2557 2922 3288 3653"`
	Bus     int `yaml:"bus" validate:"min=0,max=365"` // events on the bus, for replay; 0 for none
}

// Alarms is who is told what.
type Alarms struct {
	Emails  []string `yaml:"emails" validate:"unique,dive,email"`
	Waiting int      `yaml:"waiting" validate:"required,min=1,max=5760"` // minutes that a message may wait unseen
}

var (
	lowerName  = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	secretName = regexp.MustCompile(`^[A-Za-z0-9/_+=.@-]+$`)
	schedule   = regexp.MustCompile(`^(off|rate\([1-9][0-9]* (minutes?|hours?|days?)\)|cron\([^()]+\))$`)
)

// readStage reads and checks <folder>/<name>.yaml. The error lists every finding, each
// with file, line, key and rule.
func readStage(folder, name string) (*Stage, *source, error) {
	path := filepath.Join(folder, name+".yaml")
	data, err := os.ReadFile(path) //nolint:gosec // G304: the operator names the stage
	if err != nil {
		return nil, nil, fmt.Errorf("reading stage %q: %w", name, err)
	}
	file := &source{path: path}
	if err := yaml.Unmarshal(data, &file.root); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	var stage Stage
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&stage); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := file.validate(&stage); err != nil {
		return nil, nil, err
	}
	if stage.Name != name {
		return nil, nil, file.finding("stage", "must be "+name+", as the file is named")
	}
	return &stage, file, nil
}

// source is where a stage was read from.
type source struct {
	path string
	root yaml.Node
}

// finding says what rule the key breaks, and on which line.
func (s *source) finding(key, rule string) error {
	return fmt.Errorf("%s:%d: %s: %s", s.path, s.line(key), key, rule)
}

// line returns the line of the key, or of the nearest thing around it that is there.
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

func (s *source) validate(stage *Stage) error {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(field reflect.StructField) string { return field.Tag.Get("yaml") })
	for tag, pattern := range map[string]*regexp.Regexp{"lower_name": lowerName, "secret_name": secretName, "schedule": schedule} {
		check := func(field validator.FieldLevel) bool { return pattern.MatchString(field.Field().String()) }
		if err := v.RegisterValidation(tag, check); err != nil {
			return fmt.Errorf("registering rule %s: %w", tag, err)
		}
	}
	err := v.Struct(stage)
	broken, ok := errors.AsType[validator.ValidationErrors](err)
	if !ok {
		return err
	}
	findings := make([]error, len(broken))
	for i, field := range broken {
		findings[i] = s.finding(keyOf(field.Namespace()), "must satisfy "+strings.TrimSuffix(field.Tag()+"="+field.Param(), "="))
	}
	return errors.Join(findings...)
}

// keyOf turns "Stage.systems[shopify].door" into "systems.shopify.door".
func keyOf(namespace string) string {
	_, key, _ := strings.Cut(namespace, ".")
	return strings.NewReplacer("[", ".", "]", "").Replace(key)
}
