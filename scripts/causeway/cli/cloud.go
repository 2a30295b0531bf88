package cli

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"causeway.example/scripts/causeway/screen"
	"causeway.example/shared/cloud"
	"causeway.example/shared/cloud/deployed"
	clouddesk "causeway.example/shared/cloud/desk"
	clouderase "causeway.example/shared/cloud/erase"
	"causeway.example/shared/cloud/health"
	"causeway.example/shared/doctor"
	"causeway.example/shared/fault"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/redrive"
	"causeway.example/shared/routes"
)

// environmentFile is where environments are described: here, or else in the folder of a
// user's settings (~/.config/causeway on Linux).
const environmentFile = "causeway.yaml"

// Environment is an installation on AWS, as the file describes it by its name:
//
//	prod-eu:
//	  account: "123456789012"
//	  region: eu-central-1
//	  prefix: causeway-prod
//	  profile: brand-prod-operator
//
// The profile is one of the AWS configuration (keys, a role, an SSO session); without it the
// SDK's default credentials are used.
type Environment struct {
	Account  string `yaml:"account"`  // twelve digits; credentials of another account are refused
	Region   string `yaml:"region"`   // such as eu-central-1
	Prefix   string `yaml:"prefix"`   // of every resource: "causeway-" and the stage's name
	Profile  string `yaml:"profile"`  // optional
	Endpoint string `yaml:"endpoint"` // optional: URL of another engine than AWS
}

var accountID = regexp.MustCompile(`^\d{12}$`)

// environmentPath returns the file that describes environments.
func (a *Tool) environmentPath() string {
	if a.Environments != "" {
		return a.Environments
	}
	if _, err := os.Stat(environmentFile); err == nil {
		return environmentFile
	}
	if folder, err := os.UserConfigDir(); err == nil {
		return filepath.Join(folder, "causeway", environmentFile)
	}
	return environmentFile
}

// readEnvironments returns the environments of the file, by name. An unknown key is an error
// With its line.
func (a *Tool) readEnvironments() (all map[string]Environment, err error) {
	path := a.environmentPath()
	doing := "reading environments from " + path
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, screen.NotFound(doing, "there is no such file; describe each environment there by account, region and prefix")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&all); err != nil {
		return nil, screen.Usage(fmt.Errorf("%s: %w", doing, err))
	}
	return all, nil
}

// environmentOf returns the environment that --env names.
func (a *Tool) environmentOf() (e Environment, err error) {
	all, err := a.readEnvironments()
	if err != nil {
		return e, err
	}
	e, ok := all[a.Env]
	if !ok {
		known := strings.Join(slices.Sorted(maps.Keys(all)), ", ")
		return e, screen.NotFound("opening environment "+a.Env, a.environmentPath()+" has "+cmp.Or(known, "no environment"))
	}
	for _, key := range []struct {
		name, rule string
		right      bool
	}{
		{"account", "has twelve digits, in quotes", accountID.MatchString(e.Account)},
		{"region", "is missing", e.Region != ""},
		{"prefix", "is missing", e.Prefix != ""},
	} {
		if !key.right {
			return e, screen.Usage(fmt.Errorf("%s: %s.%s %s", a.environmentPath(), a.Env, key.name, key.rule))
		}
	}
	return e, nil
}

// Resources returns what the installation's resources are called.
func (a *Tool) Resources(e Environment) cloud.Config {
	return cloud.Config{
		Prefix: e.Prefix, QueueBase: cmp.Or(strings.TrimSuffix(e.Endpoint, "/"), "https://sqs."+e.Region+"."+domain(e.Region)) + "/" + e.Account + "/",
		Bus: e.Prefix, Table: e.Prefix, Bucket: e.Prefix + "-" + e.Account + "-" + e.Region, Build: "operator", Now: a.Now, Random: rand.Reader,
	}
}

// domain returns the end of AWS's host names in the region.
func domain(region string) string {
	if strings.HasPrefix(region, "cn-") {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// callTimeout is how long one call of AWS may take.
const callTimeout = 30 * time.Second

// openCloud opens the environment that --env names.
func (a *Tool) openCloud(ctx context.Context) (*Desk, error) {
	e, err := a.environmentOf()
	if err != nil {
		return nil, err
	}
	options := []func(*config.LoadOptions) error{
		config.WithRegion(e.Region), config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(callTimeout)),
	}
	if e.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(e.Profile))
	}
	if e.Endpoint != "" {
		options = append(options, config.WithBaseEndpoint(e.Endpoint))
	}
	account, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, &fault.Error{
			Kind: fault.Unauthorized, Class: fault.Auth, Doing: "opening environment " + a.Env, Detail: "the AWS configuration cannot be read", Err: err,
		}
	}
	if err := checkAccount(ctx, account, e); err != nil {
		return nil, err
	}
	resources := a.Resources(e)
	on := clouddesk.New(account, clouddesk.Config{Name: a.Env, Resources: resources, Routes: routes.Table, Poll: a.Poll, Sleep: a.Sleep})
	d, err := a.operator(on, routes.Table, func() error { return nil })
	if err != nil {
		return nil, err
	}
	d.Person = clouderase.New(account, clouderase.Config{Resources: resources, Routes: routes.Table, Meter: on.Meter})
	d.Queue, d.Deployed = cloud.Open(account, resources), deployed.New(account, e.Prefix, resources.Build, a.Now)
	d.Health = func(secrets []string) []doctor.Check {
		return health.Checks(account, health.Config{Resources: resources, Routes: routes.Table, Secrets: secrets})
	}
	return d, nil
}

// checkAccount compares the account that the credentials belong to with the environment's:
// tables have the same names in every account.
func checkAccount(ctx context.Context, account aws.Config, e Environment) error {
	doing := "opening table " + e.Prefix + " of account " + e.Account
	out, err := dynamodb.NewFromConfig(account).DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &e.Prefix})
	if err != nil {
		return cloud.Failure(doing, "table "+e.Prefix+" with these credentials", err)
	}
	parts := strings.Split(aws.ToString(out.Table.TableArn), ":")
	if len(parts) < 6 || parts[4] != e.Account {
		return fault.New(fault.Unauthorized, fault.Auth, doing, "the credentials belong to another account: "+aws.ToString(out.Table.TableArn))
	}
	return nil
}

// ConfirmEnvironment asks before letters of an installation are moved. A local engine
// has one user.
func (a *Tool) ConfirmEnvironment(plan redrive.Plan, f Applying) error {
	if a.Env == "" {
		return nil
	}
	doing := "Applying plan " + plan.ID + " in " + a.Env
	if f.Reason == "" {
		return screen.ReasonMissing(doing, "say why with --reason; the ledger keeps it")
	}
	if f.Yes {
		return nil
	}
	return a.Ask(doing, fmt.Sprintf("This is a %s of %s in %s. Type the name of the environment to continue: ", plan.Kind, operate.Count(len(plan.Items), "letter"), a.Env), "name", a.Env)
}

// CompleteEnvironments completes the name of an environment.
func (a *Tool) CompleteEnvironments(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	all, err := a.readEnvironments()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return slices.Sorted(maps.Keys(all)), cobra.ShellCompDirectiveNoFileComp
}
