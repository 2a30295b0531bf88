package deployed

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"causeway.example/shared/cloud"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// Reader reads an installation. Create it with New. It is safe for concurrent use.
type Reader struct {
	prefix    string
	functions *lambda.Client
	secrets   *cloud.Secrets
}

// New returns a reader of the installation whose resources have the prefix. It calls nothing.
// The build is part of the user agent.
func New(a aws.Config, prefix, build string, now func() time.Time) *Reader {
	return &Reader{prefix: prefix, functions: lambda.NewFromConfig(a), secrets: cloud.NewSecrets(a, build, now)}
}

// System is what a system's functions run with.
type System struct {
	Function string            // physical name of the function that was read
	Secret   string            // name of its secret; "" if it has none
	Settings map[string]string // that are not secret
	Timeout  time.Duration     // of the function
	Flows    []string          // names of the installation's routes
}

// order is which function is read first.
var order = []connector.Role{connector.Poll, connector.Deliver, connector.Translate, connector.Pickup, connector.Audit}

// System reads a system without its secret. Known is false if the installation does not have
// the system. Access that is denied is fault.Unauthorized.
func (r *Reader) System(ctx context.Context, profile connector.Profile) (s System, known bool, err error) {
	for _, role := range order {
		if !slices.Contains(profile.Roles, role) {
			continue
		}
		s.Function = r.prefix + "-" + profile.Name + "-" + string(role)
		out, err := r.functions.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &s.Function})
		if _, missing := errors.AsType[*types.ResourceNotFoundException](err); missing {
			continue
		}
		if err != nil {
			return s, false, cloud.Failure("reading the settings of "+profile.Name, "function "+s.Function, err)
		}
		return r.read(s, profile, out)
	}
	return System{}, false, nil
}

func (r *Reader) read(s System, profile connector.Profile, out *lambda.GetFunctionConfigurationOutput) (System, bool, error) {
	if out.Environment == nil || out.Environment.Error != nil {
		detail := "the function has no environment"
		if out.Environment != nil {
			detail = "its environment cannot be decrypted with these credentials: " + aws.ToString(out.Environment.Error.ErrorCode)
		}
		return s, false, fault.New(fault.Unauthorized, fault.Auth, "reading the settings of "+s.Function, detail)
	}
	variables := out.Environment.Variables
	s.Secret, s.Timeout = variables["CAUSEWAY_SECRET"], time.Duration(aws.ToInt32(out.Timeout))*time.Second
	if flows := variables["CAUSEWAY_FLOWS"]; flows != "" {
		s.Flows = strings.Split(flows, ",")
	}
	s.Settings = maps.Clone(variables)
	maps.DeleteFunc(s.Settings, func(key, _ string) bool { return !slices.Contains(profile.Settings, key) })
	return s, true, nil
}

// Whole returns the settings of a system that System has read, with those of its secret.
func (r *Reader) Whole(ctx context.Context, s System) (map[string]string, error) {
	settings := maps.Clone(s.Settings)
	if s.Secret == "" {
		return settings, nil
	}
	secret, err := r.secrets.Get(ctx, s.Secret)
	maps.Copy(settings, secret)
	return settings, err
}

// Secrets returns the names of the secrets that the functions of a system read, the door's too.
func (r *Reader) Secrets(ctx context.Context, profile connector.Profile) (names []string, err error) {
	for _, role := range profile.Roles {
		function := r.prefix + "-" + profile.Name + "-" + string(role)
		out, err := r.functions.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &function})
		if _, missing := errors.AsType[*types.ResourceNotFoundException](err); missing {
			continue
		}
		if err != nil {
			return names, cloud.Failure("reading the settings of "+profile.Name, "function "+function, err)
		}
		if out.Environment == nil {
			continue
		}
		if name := out.Environment.Variables["CAUSEWAY_SECRET"]; name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}
