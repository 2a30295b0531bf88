package cloudtest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

func (w *world) secret(t *testing.T, in secretsmanager.GetSecretValueInput) (string, error) {
	t.Helper()
	in.SecretId = aws.String("causeway/shopify")
	out, err := w.secrets.GetSecretValue(t.Context(), &in)
	if err != nil {
		return "", err
	}
	return aws.ToString(out.SecretString) + string(out.SecretBinary), nil
}

func TestSecretsHaveVersions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	created := must[*secretsmanager.CreateSecretOutput](t)(w.secrets.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String("causeway/shopify"), SecretString: aws.String("one")}))
	put := must[*secretsmanager.PutSecretValueOutput](t)(w.secrets.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: created.ARN, SecretString: aws.String("two")}))
	if !slices.Equal(put.VersionStages, []string{"AWSCURRENT"}) {
		t.Errorf("stages %v", put.VersionStages)
	}
	must[*secretsmanager.PutSecretValueOutput](t)(w.secrets.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: created.ARN, SecretString: aws.String("next"), VersionStages: []string{"AWSPENDING"},
	}))
	for want, in := range map[string]secretsmanager.GetSecretValueInput{
		"two":  {},
		"one":  {VersionStage: aws.String("AWSPREVIOUS")},
		"next": {VersionStage: aws.String("AWSPENDING")},
	} {
		if got, err := w.secret(t, in); got != want || err != nil {
			t.Errorf("got %q %v, want %q", got, err, want)
		}
	}
	if got, err := w.secret(t, secretsmanager.GetSecretValueInput{VersionId: created.VersionId}); got != "one" || err != nil {
		t.Errorf("by version %q %v", got, err)
	}
	must[*secretsmanager.UpdateSecretOutput](t)(w.secrets.UpdateSecret(t.Context(), &secretsmanager.UpdateSecretInput{SecretId: created.Name, SecretBinary: []byte("three"), Description: aws.String("d")}))
	if got, err := w.secret(t, secretsmanager.GetSecretValueInput{}); got != "three" || err != nil {
		t.Errorf("after the update %q %v", got, err)
	}
	about := must[*secretsmanager.DescribeSecretOutput](t)(w.secrets.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: created.Name}))
	if !slices.Equal(about.VersionIdsToStages[*put.VersionId], []string{"AWSPREVIOUS"}) || len(about.VersionIdsToStages) != 3 || *about.Description != "d" {
		t.Errorf("described %+v", about)
	}
}

func TestATokenIsUsedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := strings.Repeat("t", 32)
	must[*secretsmanager.CreateSecretOutput](t)(w.secrets.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String("causeway/shopify"), SecretString: aws.String("one"), ClientRequestToken: &token}))
	put := func(value, token string) error {
		_, err := w.secrets.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: aws.String("causeway/shopify"), SecretString: &value, ClientRequestToken: &token})
		return err
	}
	wantCode(t, put("one", token), "")
	wantCode(t, put("two", token), "ResourceExistsException")
	wantCode(t, put("two", "short"), "InvalidParameterException")
	if got, err := w.secret(t, secretsmanager.GetSecretValueInput{}); got != "one" || err != nil {
		t.Errorf("got %q %v", got, err)
	}
}

func TestSecretsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	create := func(in secretsmanager.CreateSecretInput) error {
		_, err := w.secrets.CreateSecret(t.Context(), &in)
		return err
	}
	ok(t, create(secretsmanager.CreateSecretInput{Name: aws.String("causeway/shopify")}))
	_, err := w.secret(t, secretsmanager.GetSecretValueInput{})
	wantCode(t, err, "ResourceNotFoundException")
	wantCode(t, create(secretsmanager.CreateSecretInput{Name: aws.String("causeway/shopify")}), "ResourceExistsException")
	wantCode(t, create(secretsmanager.CreateSecretInput{Name: aws.String("a b")}), "ValidationException")
	wantCode(t, create(secretsmanager.CreateSecretInput{Name: aws.String("s"), SecretString: aws.String("x"), SecretBinary: []byte("x")}), "InvalidParameterException")
	wantCode(t, create(secretsmanager.CreateSecretInput{Name: aws.String("s"), SecretString: aws.String(strings.Repeat("x", 65537))}), "ValidationException")
	_, err = w.secrets.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: aws.String("causeway/shopify")})
	wantCode(t, err, "InvalidRequestException")
	for _, err := range []error{
		second(w.secrets.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: aws.String("nowhere")})),
		second(w.secrets.UpdateSecret(t.Context(), &secretsmanager.UpdateSecretInput{SecretId: aws.String("nowhere")})),
	} {
		wantCode(t, err, "ResourceNotFoundException")
	}
}

func second[T any](_ T, err error) error { return err }
