package cloudtest

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	stageCurrent  = "AWSCURRENT"
	stagePrevious = "AWSPREVIOUS"
	maxSecret     = 65536
)

// secret is a secret of Secrets Manager with its versions, oldest first.
type secret struct {
	name, arn, description string
	created, changed       time.Time
	versions               []*secretVersion
}

type secretVersion struct {
	id      string
	text    string
	binary  []byte
	stages  []string
	created time.Time
}

func (s *Server) addSecretOperations() {
	for name, do := range map[string]operation{
		"CreateSecret":   op(s, s.createSecret),
		"PutSecretValue": op(s, s.putSecretValue),
		"UpdateSecret":   op(s, s.updateSecret),
		"GetSecretValue": op(s, s.getSecretValue),
		"DescribeSecret": op(s, s.describeSecret),
	} {
		s.operations["secretsmanager."+name] = do
	}
}

func badSecret(format string, values ...any) *refusal {
	return refuse(http.StatusBadRequest, "InvalidParameterException", format, values...)
}

// secretValue is what a new version holds: text or bytes.
type secretValue struct {
	ClientRequestToken string
	SecretString       string
	SecretBinary       []byte
}

func (v *secretValue) check() error {
	switch {
	case v.SecretString != "" && v.SecretBinary != nil:
		return badSecret("You can't specify both SecretString and SecretBinary.")
	case len(v.SecretString) > maxSecret, len(v.SecretBinary) > maxSecret:
		return refuse(http.StatusBadRequest, "ValidationException", "The secret value has more than 65536 bytes.")
	case v.ClientRequestToken != "" && (len(v.ClientRequestToken) < 32 || len(v.ClientRequestToken) > 64):
		return badSecret("ClientRequestToken must be 32-64 characters long.")
	}
	return nil
}

func (v *secretValue) empty() bool { return v.SecretString == "" && v.SecretBinary == nil }

var secretName = regexp.MustCompile(`^[A-Za-z0-9/_+=.@-]{1,512}$`)

type createSecretInput struct {
	Name        string
	Description string
	KmsKeyID    string `json:"KmsKeyId"`
	Tags        tags
	secretValue
}

func (s *Server) createSecret(c call, in *createSecretInput) (any, error) {
	if !secretName.MatchString(in.Name) {
		return nil, refuse(http.StatusBadRequest, "ValidationException", "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!")
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	if s.secrets[in.Name] != nil {
		return nil, refuse(http.StatusBadRequest, "ResourceExistsException", "The operation failed because the secret %s already exists.", in.Name)
	}
	one := &secret{
		name: in.Name, arn: "arn:aws:secretsmanager:" + c.region + ":" + Account + ":secret:" + in.Name + "-AbCdEf",
		description: in.Description, created: c.now, changed: c.now,
	}
	s.secrets[in.Name] = one
	answer := map[string]any{"ARN": one.arn, "Name": one.name}
	if !in.empty() {
		version, err := s.addVersion(one, c, &in.secretValue, nil)
		if err != nil {
			return nil, err
		}
		answer["VersionId"] = version.id
	}
	return answer, nil
}

// findSecret takes a name, an ARN, or an ARN without its random suffix.
func (s *Server) findSecret(id string) (*secret, error) {
	for _, one := range s.secrets {
		if id == one.name || id == one.arn || id == strings.TrimSuffix(one.arn, "-AbCdEf") {
			return one, nil
		}
	}
	return nil, refuse(http.StatusBadRequest, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

// addVersion makes the value the current version, or gives it the stages named. A
// token that was used before is the same version again, if the value is the same.
func (s *Server) addVersion(one *secret, c call, v *secretValue, stages []string) (*secretVersion, error) {
	id := v.ClientRequestToken
	if id == "" {
		id = s.nextID()
	}
	for _, version := range one.versions {
		if version.id != id {
			continue
		}
		if version.text != v.SecretString || !slices.Equal(version.binary, v.SecretBinary) {
			return nil, refuse(http.StatusBadRequest, "ResourceExistsException", "You can't use ClientRequestToken %s because that value is already in use for a version of secret %s.", id, one.arn)
		}
		return version, nil
	}
	version := &secretVersion{id: id, text: v.SecretString, binary: v.SecretBinary, created: c.now}
	one.versions = append(one.versions, version)
	if len(stages) == 0 {
		stages = []string{stageCurrent}
	}
	for _, stage := range stages {
		one.move(stage, version)
	}
	one.changed = c.now
	return version, nil
}

// move gives a stage to a version. The version that was current becomes the
// previous one.
func (one *secret) move(stage string, to *secretVersion) {
	for _, version := range one.versions {
		if !slices.Contains(version.stages, stage) {
			continue
		}
		version.stages = slices.DeleteFunc(version.stages, func(s string) bool { return s == stage })
		if stage == stageCurrent {
			one.move(stagePrevious, version)
		}
	}
	to.stages = append(to.stages, stage)
}

type putSecretValueInput struct {
	SecretID      string `json:"SecretId"`
	VersionStages []string
	secretValue
}

func (s *Server) putSecretValue(c call, in *putSecretValueInput) (any, error) {
	one, err := s.findSecret(in.SecretID)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	if in.empty() {
		return nil, refuse(http.StatusBadRequest, "InvalidRequestException", "You must provide either SecretString or SecretBinary.")
	}
	version, err := s.addVersion(one, c, &in.secretValue, in.VersionStages)
	if err != nil {
		return nil, err
	}
	return map[string]any{"ARN": one.arn, "Name": one.name, "VersionId": version.id, "VersionStages": version.stages}, nil
}

type updateSecretInput struct {
	SecretID    string `json:"SecretId"`
	Description string
	KmsKeyID    string `json:"KmsKeyId"`
	secretValue
}

func (s *Server) updateSecret(c call, in *updateSecretInput) (any, error) {
	one, err := s.findSecret(in.SecretID)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	if in.Description != "" {
		one.description = in.Description
	}
	answer := map[string]any{"ARN": one.arn, "Name": one.name}
	if !in.empty() {
		version, err := s.addVersion(one, c, &in.secretValue, nil)
		if err != nil {
			return nil, err
		}
		answer["VersionId"] = version.id
	}
	return answer, nil
}

type getSecretValueInput struct {
	SecretID     string `json:"SecretId"`
	VersionID    string `json:"VersionId"`
	VersionStage string
}

func (s *Server) getSecretValue(_ call, in *getSecretValueInput) (any, error) {
	one, err := s.findSecret(in.SecretID)
	if err != nil {
		return nil, err
	}
	version := one.find(in)
	if version == nil {
		return nil, refuse(http.StatusBadRequest, "ResourceNotFoundException", "Secrets Manager can't find the specified secret value for staging label: %s", in.stage())
	}
	answer := map[string]any{
		"ARN": one.arn, "Name": one.name, "VersionId": version.id, "VersionStages": version.stages, "CreatedDate": version.created.Unix(),
	}
	if version.binary != nil {
		answer["SecretBinary"] = version.binary
	} else {
		answer["SecretString"] = version.text
	}
	return answer, nil
}

func (in *getSecretValueInput) stage() string {
	if in.VersionStage == "" && in.VersionID == "" {
		return stageCurrent
	}
	return in.VersionStage
}

// find returns the version that fits both the id and the stage asked for.
func (one *secret) find(in *getSecretValueInput) *secretVersion {
	for _, version := range one.versions {
		idFits := in.VersionID == "" || in.VersionID == version.id
		stageFits := in.stage() == "" || slices.Contains(version.stages, in.stage())
		if idFits && stageFits {
			return version
		}
	}
	return nil
}

type describeSecretInput struct {
	SecretID string `json:"SecretId"`
}

func (s *Server) describeSecret(_ call, in *describeSecretInput) (any, error) {
	one, err := s.findSecret(in.SecretID)
	if err != nil {
		return nil, err
	}
	stages := map[string][]string{}
	for _, version := range one.versions {
		if len(version.stages) > 0 {
			stages[version.id] = version.stages
		}
	}
	return map[string]any{
		"ARN": one.arn, "Name": one.name, "Description": one.description, "VersionIdsToStages": stages,
		"CreatedDate": one.created.Unix(), "LastChangedDate": one.changed.Unix(),
	}, nil
}

// Secret stores the text in a secret, which it makes if there is none, as a person does.
func (s *Server) Secret(name, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.secrets[name]
	if one == nil {
		one = &secret{name: name, arn: "arn:aws:secretsmanager:eu-central-1:" + Account + ":secret:" + name + "-AbCdEf", created: s.now(), changed: s.now()}
		s.secrets[name] = one
	}
	version := &secretVersion{id: s.nextID(), text: text, created: s.now()}
	one.versions = append(one.versions, version)
	one.move(stageCurrent, version)
}
