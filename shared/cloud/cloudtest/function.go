package cloudtest

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// function is a Lambda function's configuration. Its program never runs: OnInvoke takes its
// place.
type function struct {
	name, role, runtime, handler string
	timeout, memory              int
	variables                    map[string]string
}

const functionPath = "/2015-03-31/functions"

func (s *Server) addFunctionOperations() {
	s.operations["lambda.CreateFunction"] = op(s, s.createFunction)
	s.operations["lambda.GetFunctionConfiguration"] = op(s, s.getFunctionConfiguration)
}

// functionOperation returns the operation of a request below functionPath, and the function that
// its path names.
func functionOperation(method, rest string) (operation, name string) {
	name, kind, _ := strings.Cut(strings.Trim(rest, "/"), "/")
	if unescaped, err := url.PathUnescape(name); err == nil {
		name = unescaped
	}
	switch {
	case method == http.MethodPost && name == "":
		return "CreateFunction", ""
	case method == http.MethodGet && name != "" && kind == "configuration":
		return "GetFunctionConfiguration", name
	}
	return "", ""
}

type functionEnvironment struct{ Variables map[string]string }

type createFunctionInput struct {
	FunctionName string
	Role         string
	Runtime      string
	Handler      string
	Timeout      int
	MemorySize   int
	Environment  functionEnvironment
	Code         struct{ ZipFile []byte }
}

var (
	functionName = regexp.MustCompile(`^[a-zA-Z0-9-_]{1,64}$`)
	variableName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]+$`)
)

// mostVariables is how many bytes a function's variables have together (AWS Lambda Developer
// Guide, "Lambda quotas").
const mostVariables = 4096

func (s *Server) createFunction(c call, in *createFunctionInput) (any, error) {
	size := 0
	for key, value := range in.Environment.Variables {
		if !variableName.MatchString(key) {
			return nil, badMapping("Value '%s' at 'environment.variables' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+", key)
		}
		size += len(key) + len(value)
	}
	switch {
	case !functionName.MatchString(in.FunctionName):
		return nil, badMapping("Value '%s' at 'functionName' failed to satisfy constraint", in.FunctionName)
	case in.Role == "" || len(in.Code.ZipFile) == 0:
		return nil, badMapping("role and code are required")
	case in.Timeout < 0 || in.Timeout > 900:
		return nil, badMapping("Value '%d' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900", in.Timeout)
	case size > mostVariables:
		return nil, badMapping("Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit.")
	case s.functions[in.FunctionName] != nil:
		return nil, refuse(http.StatusConflict, "ResourceConflictException", "Function already exist: %s", in.FunctionName)
	}
	f := &function{
		name: in.FunctionName, role: in.Role, runtime: in.Runtime, handler: in.Handler, timeout: in.Timeout, memory: in.MemorySize,
		variables: in.Environment.Variables,
	}
	if f.timeout == 0 {
		f.timeout = 3
	}
	s.functions[f.name] = f
	return f.show(c), nil
}

func (f *function) show(c call) map[string]any {
	shown := map[string]any{
		"FunctionName": f.name, "FunctionArn": "arn:aws:lambda:" + c.region + ":" + Account + ":function:" + f.name, "Role": f.role, "Runtime": f.runtime,
		"Handler": f.handler, "Timeout": f.timeout, "MemorySize": f.memory, "State": "Active",
	}
	if len(f.variables) > 0 {
		shown["Environment"] = functionEnvironment{f.variables}
	}
	return shown
}

type getFunctionInput struct{ FunctionName string }

func (s *Server) getFunctionConfiguration(c call, in *getFunctionInput) (any, error) {
	_, name, isARN := strings.Cut(in.FunctionName, ":function:")
	if !isARN {
		name = in.FunctionName
	}
	name, _, _ = strings.Cut(name, ":") // the alias of an ARN
	f := s.functions[name]
	if f == nil {
		return nil, refuse(http.StatusNotFound, "ResourceNotFoundException", "Function not found: arn:aws:lambda:%s:%s:function:%s", c.region, Account, in.FunctionName)
	}
	return f.show(c), nil
}
