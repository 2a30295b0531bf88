package aws_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// doorSecret is the name of the secret that a door reads: only what verifies webhooks.
func doorSecret(prefix, system string) string { return prefix + "/" + system + "/receive" }

// place is where templates are resolved to.
type place struct{ account, region string }

// resource is one resource of a template.
type resource struct {
	Type       string
	Properties map[string]any
}

// template is one synthesized stack; names have to be explicit.
type template struct {
	place
	Resources map[string]resource
}

// stack is the templates of a stage, without those that only watch.
type stack struct{ templates []*template }

// readStack reads the templates of what is set up.
func readStack(folder, prefix string, at place) (*stack, error) {
	return readTemplates(folder, prefix, at, "state", "messaging", "connectors")
}

// readTemplates reads templates that infra wrote, or the snapshots of them.
func readTemplates(folder, prefix string, at place, names ...string) (*stack, error) {
	s := &stack{}
	for _, name := range names {
		path := filepath.Join(folder, prefix+"-"+name+".template.json")
		data, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			data, err = os.ReadFile(strings.Replace(path, ".template", "", 1))
		}
		if err != nil {
			return nil, fmt.Errorf("reading templates, which `go run ./infra` writes: %w", err)
		}
		t := &template{place: at}
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		if err := decoder.Decode(t); err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		s.templates = append(s.templates, t)
	}
	return s, nil
}

// each calls do with the resolved properties of every resource of the type.
func (s *stack) each(kind string, do func(id string, properties map[string]any) error) error {
	for _, t := range s.templates {
		for id, r := range t.Resources {
			if r.Type != kind {
				continue
			}
			resolved, err := t.resolve(r.Properties)
			if err != nil {
				return fmt.Errorf("resolving %s: %w", id, err)
			}
			properties, _ := resolved.(map[string]any)
			if err := do(id, properties); err != nil {
				return fmt.Errorf("setting up %s: %w", id, err)
			}
		}
	}
	return nil
}

// into turns properties into a type of the SDK, whose members have the same names.
func into[T any](properties any) (out T, err error) {
	data, err := json.Marshal(properties)
	if err != nil {
		return out, err
	}
	return out, json.Unmarshal(data, &out)
}

// resolve replaces the intrinsic functions in a value.
func (t *template) resolve(v any) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 1 {
			for name, argument := range v {
				if call, known := intrinsic[name]; known {
					return call(t, argument)
				}
				if strings.HasPrefix(name, "Fn::") {
					return nil, fmt.Errorf("no rule for %s", name)
				}
			}
		}
		out := make(map[string]any, len(v))
		for name, inner := range v {
			resolved, err := t.resolve(inner)
			if err != nil {
				return nil, err
			}
			out[name] = resolved
		}
		return out, nil
	case []any:
		return t.resolveList(v)
	}
	return v, nil
}

func (t *template) resolveList(list []any) ([]any, error) {
	out := make([]any, len(list))
	for i, inner := range list {
		resolved, err := t.resolve(inner)
		if err != nil {
			return nil, err
		}
		out[i] = resolved
	}
	return out, nil
}

// intrinsic functions by name; a cross-stack import is not among them, because names
// are explicit.
var intrinsic map[string]func(*template, any) (any, error)

func init() { //nolint:gochecknoinits // the table calls what reads the table
	intrinsic = map[string]func(*template, any) (any, error){
		"Ref": func(t *template, a any) (any, error) { return t.ref(fmt.Sprint(a)) },
		"Fn::GetAtt": func(t *template, a any) (any, error) {
			return t.attribute(fmt.Sprint(parts(a)[0]), fmt.Sprint(parts(a)[1]))
		},
		"Fn::Sub":    (*template).sub,
		"Fn::Join":   (*template).join,
		"Fn::Select": (*template).pick,
		"Fn::Split":  (*template).split,
	}
}

func parts(a any) []any {
	list, _ := a.([]any)
	return append(list, "", "")
}

// ref is what Ref returns for a pseudo parameter or a resource of each kind.
func (t *template) ref(id string) (string, error) {
	pseudo := map[string]string{
		"AWS::AccountId": t.account, "AWS::Region": t.region, "AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com",
	}
	if value, known := pseudo[id]; known {
		return value, nil
	}
	r, known := t.Resources[id]
	if !known {
		return "", fmt.Errorf("there is no %s to refer to", id)
	}
	switch r.Type {
	case "AWS::SQS::Queue":
		name, err := t.name(id)
		return "https://sqs." + t.region + ".amazonaws.com/" + t.account + "/" + name, err
	case "AWS::SecretsManager::Secret":
		return t.attribute(id, "Arn")
	case "AWS::Lambda::Alias": // there is one version here
		name, err := t.resolve(r.Properties["FunctionName"])
		return fmt.Sprint(name), err
	}
	return t.name(id)
}

// nameOf is the property that holds the physical name. Where CloudFormation makes one
// up, the logical id does as well.
var nameOf = map[string]string{
	"AWS::SQS::Queue": "QueueName", "AWS::Events::EventBus": "Name", "AWS::Events::Rule": "Name", "AWS::DynamoDB::Table": "TableName",
	"AWS::S3::Bucket": "BucketName", "AWS::Lambda::Function": "FunctionName", "AWS::SecretsManager::Secret": "Name", "AWS::Logs::LogGroup": "LogGroupName",
}

func (t *template) name(id string) (string, error) {
	property := nameOf[t.Resources[id].Type]
	if property == "" {
		return id, nil
	}
	value, err := t.resolve(t.Resources[id].Properties[property])
	if name, explicit := value.(string); explicit {
		return name, err
	}
	return "", fmt.Errorf("%s has no explicit name", id)
}

// attribute is what Fn::GetAtt returns: ARNs, built of names.
func (t *template) attribute(id, attribute string) (string, error) {
	if attribute != "Arn" {
		return "", fmt.Errorf("no rule for the attribute %s of %s", attribute, id)
	}
	name, err := t.name(id)
	middle := ":" + t.region + ":" + t.account + ":"
	switch t.Resources[id].Type {
	case "AWS::SQS::Queue":
		return "arn:aws:sqs" + middle + name, err
	case "AWS::Lambda::Function":
		return "arn:aws:lambda" + middle + "function:" + name, err
	case "AWS::Events::EventBus":
		return "arn:aws:events" + middle + "event-bus/" + name, err
	case "AWS::DynamoDB::Table":
		return "arn:aws:dynamodb" + middle + "table/" + name, err
	case "AWS::S3::Bucket":
		return "arn:aws:s3:::" + name, err
	case "AWS::SecretsManager::Secret":
		return "arn:aws:secretsmanager" + middle + "secret:" + name, err
	}
	return "arn:aws:other" + middle + name, err
}

var substitution = regexp.MustCompile(`\$\{([^}!]+)\}`)

func (t *template) sub(argument any) (any, error) {
	text, variables := fmt.Sprint(argument), map[string]any{}
	if list, long := argument.([]any); long {
		text = fmt.Sprint(list[0])
		variables, _ = list[1].(map[string]any)
	}
	var failure error
	out := substitution.ReplaceAllStringFunc(text, func(match string) string {
		value, err := t.variable(match[2:len(match)-1], variables)
		if err != nil {
			failure = err
		}
		return value
	})
	return out, failure
}

func (t *template) variable(name string, variables map[string]any) (string, error) {
	if inner, given := variables[name]; given {
		value, err := t.resolve(inner)
		return fmt.Sprint(value), err
	}
	if id, attribute, dotted := strings.Cut(name, "."); dotted {
		return t.attribute(id, attribute)
	}
	return t.ref(name)
}

func (t *template) join(argument any) (any, error) {
	resolved, err := t.resolve(parts(argument)[1])
	list, _ := resolved.([]any)
	texts := make([]string, len(list))
	for i, value := range list {
		texts[i] = fmt.Sprint(value)
	}
	return strings.Join(texts, fmt.Sprint(parts(argument)[0])), err
}

func (t *template) split(argument any) (any, error) {
	resolved, err := t.resolve(parts(argument)[1])
	var list []any
	for part := range strings.SplitSeq(fmt.Sprint(resolved), fmt.Sprint(parts(argument)[0])) {
		list = append(list, part)
	}
	return list, err
}

func (t *template) pick(argument any) (any, error) {
	resolved, err := t.resolve(parts(argument)[1])
	list, _ := resolved.([]any)
	var at int
	if _, scan := fmt.Sscan(fmt.Sprint(parts(argument)[0]), &at); scan != nil || at < 0 || at >= len(list) {
		return nil, fmt.Errorf("Fn::Select takes no %v of %d", parts(argument)[0], len(list))
	}
	return list[at], err
}
