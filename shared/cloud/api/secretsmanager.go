package api

import "context"

// SecretsManager reads secrets.
type SecretsManager struct{ client *client }

// NewSecretsManager returns a client. It calls nobody.
func NewSecretsManager(o Options) *SecretsManager {
	return &SecretsManager{newClient(o, service{"Secrets Manager", "secretsmanager", "secretsmanager", "1.1"})}
}

type (
	// GetSecretValueInput is the request of GetSecretValue: the current version.
	GetSecretValueInput struct {
		SecretID *string `json:"SecretId"`
	}
	// GetSecretValueOutput is the answer to GetSecretValue; SecretString is nil where the
	// secret holds bytes.
	GetSecretValueOutput struct{ SecretString *string }
)

// GetSecretValue reads the current value of a secret.
func (s *SecretsManager) GetSecretValue(ctx context.Context, in *GetSecretValueInput) (*GetSecretValueOutput, error) {
	return call[GetSecretValueOutput](ctx, s.client, "GetSecretValue", in)
}
