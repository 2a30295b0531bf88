package cloudtest_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// The configuration of functions as Lambda has it (Lambda API reference, CreateFunction and
// GetFunctionConfiguration), with its limits.
func TestFunctionConfiguration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	functions := lambda.NewFromConfig(w.config)
	create := func(name string, seconds int32, variables map[string]string) error {
		_, err := functions.CreateFunction(t.Context(), &lambda.CreateFunctionInput{
			FunctionName: &name, Role: aws.String("arn:aws:iam::1:role/r"), Code: &types.FunctionCode{ZipFile: []byte("zip")}, Timeout: &seconds,
			Environment: &types.Environment{Variables: variables},
		})
		return err
	}
	get := func(name string) (*lambda.GetFunctionConfigurationOutput, error) {
		return functions.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &name})
	}
	_, err := get("shop-poll")
	wantCode(t, err, "ResourceNotFoundException")
	wantCode(t, create("shop-poll", 90, map[string]string{"KEY": "value"}), "")
	wantCode(t, create("shop-poll", 90, nil), "ResourceConflictException")
	wantCode(t, create("shop poll", 90, nil), "InvalidParameterValueException")
	wantCode(t, create("slow", 901, nil), "InvalidParameterValueException")
	wantCode(t, create("large", 3, map[string]string{"KEY": strings.Repeat("x", 4096)}), "InvalidParameterValueException")
	wantCode(t, create("misnamed", 3, map[string]string{"1": "x"}), "InvalidParameterValueException")
	if out, err := get("shop-poll"); err != nil || *out.Timeout != 90 || out.Environment.Variables["KEY"] != "value" || !strings.HasSuffix(*out.FunctionArn, ":function:shop-poll") {
		t.Errorf("the configuration is %+v, %v", out, err)
	}
}
