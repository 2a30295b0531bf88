package test_test

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// rule says what a room may import besides the standard library.
type rule struct {
	rooms   []string // rooms of this module; a trailing /* allows the folder's children
	modules []string // other modules, by prefix
}

// house is the table of import rules: arrows only downwards. A room that is not in
// it fails the test.
var house = map[string]rule{
	"shared/message":                   {},
	"shared/fault":                     {},
	"shared/formats/*":                 {},
	"events":                           {},
	"shared/canonical":                 {modules: []string{"github.com/go-playground/validator/v10"}},
	"shared/connector":                 {rooms: []string{"shared/redact", "shared/canonical", "shared/message", "shared/fault"}, modules: []string{"github.com/go-playground/validator/v10", "github.com/caarlos0/env/v11"}},
	"shared/routes":                    {rooms: []string{"shared/canonical", "shared/message"}},
	"shared/assortment":                {rooms: []string{"shared/canonical", "shared/fault"}},
	"shared/assortment/memory":         {rooms: []string{"shared/connector", "shared/canonical", "shared/message", "shared/fault"}},
	"shared/kitting":                   {rooms: []string{"shared/canonical"}},
	"shared/difference":                {rooms: []string{"shared/canonical"}},
	"shared/combine":                   {rooms: []string{"shared/connector", "shared/fault"}},
	"shared/wire":                      {rooms: []string{"shared/canonical", "shared/connector", "shared/fault", "shared/formats/*"}},
	"shared/webhook":                   {rooms: []string{"shared/fault"}},
	"shared/webapi":                    {rooms: []string{"shared/connector", "shared/fault"}},
	"shared/port":                      {rooms: []string{"shared/redact", "shared/canonical", "shared/connector", "shared/message", "shared/fault"}},
	"shared/retry":                     {rooms: []string{"shared/port", "shared/message", "shared/fault"}},
	"shared/entity":                    {rooms: []string{"shared/retry", "shared/port", "shared/connector", "shared/canonical", "shared/message", "shared/fault"}},
	"shared/admission":                 {rooms: []string{"shared/retry", "shared/port", "shared/connector", "shared/message", "shared/fault"}},
	"shared/valuemap":                  {rooms: []string{"shared/port", "shared/connector", "shared/fault"}},
	"shared/reopen":                    {rooms: []string{"shared/valuemap", "shared/port", "shared/connector", "shared/message", "shared/fault"}},
	"shared/intake":                    {rooms: []string{"shared/redact", "shared/port", "shared/routes", "shared/webhook", "shared/connector", "shared/message", "shared/fault"}},
	"shared/reconcile":                 {rooms: []string{"shared/redact", "shared/intake", "shared/entity", "shared/retry", "shared/port", "shared/routes", "shared/connector", "shared/message", "shared/fault"}},
	"shared/pipeline":                  {rooms: []string{"shared/valuemap", "shared/admission", "shared/entity", "shared/retry", "shared/port", "shared/routes", "shared/connector", "shared/canonical", "shared/message", "shared/fault"}},
	"shared/local":                     {rooms: []string{"shared/canonical", "shared/local/sqlite", "shared/operate/engine", "shared/port", "shared/routes", "shared/message", "shared/fault"}},
	"shared/cloud":                     {rooms: []string{"shared/canonical", "shared/intake", "shared/retry", "shared/port", "shared/message", "shared/fault"}, modules: []string{"github.com/aws/aws-sdk-go-v2/aws", "github.com/aws/aws-sdk-go-v2/service", "github.com/aws/smithy-go"}},
	"shared/cloud/function":            {rooms: []string{"shared/reopen", "shared/valuemap", "shared/cloud", "shared/cloud/account", "shared/pipeline", "shared/reconcile", "shared/intake", "shared/admission", "shared/retry", "shared/port", "shared/routes", "shared/connector", "shared/message", "shared/fault", "shared/webapi", "shared/notice", "shared/redact", "shared/rules", "shared/combine"}, modules: []string{"github.com/aws/aws-lambda-go"}},
	"shared/cloud/account":             {rooms: []string{"shared/fault"}, modules: []string{"github.com/aws/aws-sdk-go-v2/aws", "github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"}},
	"shared/cloud/deployed":            {rooms: []string{"shared/cloud", "shared/connector", "shared/fault"}, modules: []string{"github.com/aws/aws-sdk-go-v2/aws", "github.com/aws/aws-sdk-go-v2/service"}},
	"shared/cloud/health":              {rooms: []string{"shared/cloud", "shared/doctor", "shared/routes", "shared/fault"}, modules: []string{"github.com/aws/aws-sdk-go-v2/aws", "github.com/aws/aws-sdk-go-v2/service"}},
	"shared/cloud/nightly":             {rooms: []string{"shared/reopen", "shared/canonical", "shared/cloud", "shared/cloud/account", "shared/cloud/function", "shared/audit", "shared/privacy", "shared/pipeline", "shared/port", "shared/routes", "shared/connector", "shared/message", "shared/fault", "shared/redact", "shared/webapi"}, modules: []string{"github.com/aws/aws-lambda-go"}},
	"functions/netsuite/audit":         {rooms: []string{"functions/*", "shared/cloud/nightly"}},
	"shared/cloud/desk":                {rooms: []string{"shared/cloud", "shared/operate/engine", "shared/port", "shared/routes", "shared/fault"}, modules: []string{"github.com/aws/aws-sdk-go-v2/aws", "github.com/aws/aws-sdk-go-v2/service"}},
	"shared/cloud/erase":               {rooms: []string{"shared/cloud", "shared/operate", "shared/operate/engine", "shared/privacy", "shared/port", "shared/routes", "shared/message", "shared/fault"}, modules: []string{"github.com/aws/aws-sdk-go-v2/aws", "github.com/aws/aws-sdk-go-v2/service", "github.com/aws/smithy-go"}},
	"shared/cloud/cloudtest":           {rooms: []string{"shared/routes", "shared/fault", "shared/message"}, modules: []string{"github.com/aws/smithy-go/encoding/cbor"}},
	"infra":                            {rooms: []string{"infra/causeway"}, modules: []string{"github.com/aws/aws-cdk-go", "github.com/aws/jsii-runtime-go", "github.com/cdklabs/cdk-nag-go"}},
	"infra/causeway/operators":         {rooms: []string{"shared/routes"}, modules: []string{"github.com/aws/aws-cdk-go", "github.com/aws/constructs-go", "github.com/aws/jsii-runtime-go"}},
	"infra/causeway":                   {rooms: []string{"shared/valuemap", "infra/causeway/plan", "infra/causeway/watch", "infra/causeway/operators", "functions", "shared/routes", "shared/connector", "shared/message"}, modules: []string{"github.com/aws/aws-cdk-go", "github.com/aws/constructs-go", "github.com/aws/jsii-runtime-go"}},
	"functions":                        {rooms: []string{"functions/*", "functions/*/*", "shared/connector", "shared/connector/connectortest"}},
	"functions/woocommerce":            {rooms: []string{"functions/woocommerce/goods", "functions/woocommerce/inventory", "functions/woocommerce/product", "shared/assortment", "functions/woocommerce/rest", "functions/woocommerce/shipment", "functions/woocommerce/translator", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/*", "shared/webhook", "shared/webapi"}},
	"functions/woocommerce/goods":      {rooms: []string{"functions/woocommerce/rest", "shared/assortment/memory", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/*"}},
	"functions/woocommerce/inventory":  {rooms: []string{"functions/woocommerce/rest", "shared/combine", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/*"}},
	"functions/woocommerce/rest":       {rooms: []string{"shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/*", "shared/wire", "shared/webhook", "shared/webapi"}},
	"functions/woocommerce/product":    {rooms: []string{"functions/woocommerce/rest", "shared/assortment", "shared/combine", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/strictjson", "shared/webapi"}},
	"functions/woocommerce/shipment":   {rooms: []string{"shared/difference", "functions/woocommerce/rest", "functions/woocommerce/translator", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/webapi"}},
	"functions/woocommerce/translator": {rooms: []string{"functions/woocommerce/rest", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/*"}},
	"functions/*":                      {rooms: []string{"shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/*", "shared/wire", "shared/webhook", "shared/webapi"}},
	"scripts/size":                     {rooms: []string{"*"}, modules: []string{"github.com/aws/aws-lambda-go"}},
	"scripts/size/minimal":             {modules: []string{"github.com/aws/aws-lambda-go"}},
	"scripts/supply":                   {modules: []string{"github.com/CycloneDX/cyclonedx-go", "github.com/google/licenseclassifier/v2"}},
	"scripts/*":                        {rooms: []string{"*"}, modules: []string{"golang.org/x/term", "github.com/invopop/jsonschema", "gopkg.in/natefinch/lumberjack.v2"}},
	"test":                             {rooms: []string{"*"}, modules: []string{"github.com/google/go-cmp"}},
	"test/*":                           {rooms: []string{"*"}, modules: []string{"github.com/go-playground/validator/v10"}},
	"test/infraexample":                {rooms: []string{"infra/causeway", "shared/connector"}, modules: []string{"github.com/aws/aws-cdk-go", "github.com/aws/constructs-go", "github.com/aws/jsii-runtime-go"}},
	"test/sim":                         {rooms: []string{"shared/*", "shared/port/porttest"}},
	"test/sim/*":                       {rooms: []string{"test/sim", "test/sim/vendors"}},
	"test/sim/vendors":                 {rooms: []string{"test/sim", "functions", "functions/*", "functions/*/*", "shared/*"}},
	"shared/connector/connectortest":   {rooms: []string{"shared/*"}},
	"shared/port/porttest":             {rooms: []string{"shared/*"}},
	"shared/webhook/webhooktest":       {rooms: []string{"shared/webhook"}},
	"functions/*/*":                    {rooms: []string{"own", "shared/*", "shared/formats/*", "shared/*/*"}, modules: []string{"github.com/getkin/kin-openapi", "github.com/vektah/gqlparser/v2"}},
	"shared/redact":                    {},
	"shared/doctor":                    {rooms: []string{"shared/connector", "shared/fault"}},
	"shared/local/erase":               {rooms: []string{"shared/privacy", "shared/port", "shared/message"}, modules: []string{"modernc.org/sqlite"}},
	"shared/privacy":                   {rooms: []string{"shared/operate/engine", "shared/doctor", "shared/port", "shared/connector", "shared/canonical", "shared/message", "shared/fault"}},
	"shared/settings":                  {rooms: []string{"shared/connector"}, modules: []string{"github.com/joho/godotenv", "github.com/agnivade/levenshtein"}},
	"shared/notice":                    {rooms: []string{"shared/port", "shared/message"}},
	"shared/operate/engine":            {rooms: []string{"shared/port", "shared/message"}},
	"shared/operate/engine/enginetest": {rooms: []string{"shared/*", "shared/operate/engine"}},
	"shared/audit":                     {rooms: []string{"shared/redact", "shared/intake", "shared/retry", "shared/port", "shared/routes", "shared/connector", "shared/canonical", "shared/message", "shared/fault"}},
	"shared/operate":                   {rooms: []string{"shared/connector", "shared/redact", "shared/operate/engine", "shared/entity", "shared/pipeline", "shared/admission", "shared/port", "shared/routes", "shared/canonical", "shared/message", "shared/fault"}},
	"shared/operate/redrive":           {rooms: []string{"shared/redact", "shared/operate", "shared/operate/engine", "shared/entity", "shared/admission", "shared/port", "shared/routes", "shared/canonical", "shared/connector", "shared/message", "shared/fault"}},
	"scripts/causeway":                 {rooms: []string{"*"}, modules: []string{"github.com/spf13/cobra", "golang.org/x/term"}},
	"scripts/causeway/cli":             {rooms: []string{"*"}, modules: []string{"github.com/spf13/cobra", "github.com/aws/aws-sdk-go-v2/aws", "github.com/aws/aws-sdk-go-v2/config", "github.com/aws/aws-sdk-go-v2/service/dynamodb", "go.yaml.in/yaml/v3"}},
	"scripts/causeway/screen":          {rooms: []string{"shared/operate", "shared/fault"}, modules: []string{"github.com/itchyny/gojq"}},
	"scripts/causeway/*":               {rooms: []string{"scripts/causeway/cli", "scripts/causeway/explain", "scripts/causeway/screen", "scripts/installation", "functions/*/*", "shared/*", "shared/*/*"}, modules: []string{"github.com/spf13/cobra", "github.com/vbauerster/mpb/v8"}},
	"shared/operate/crosswalk":         {rooms: []string{"shared/valuemap", "shared/connector", "shared/operate", "shared/operate/redrive", "shared/entity", "shared/port", "shared/routes", "shared/message", "shared/fault"}},
	"shared/operate/mapping":           {rooms: []string{"shared/redact", "shared/operate", "shared/entity", "shared/port", "shared/routes", "shared/webapi", "shared/canonical", "shared/connector", "shared/message", "shared/fault"}},
	"shared/rules":                     {rooms: []string{"events", "shared/rules/jq", "shared/connector", "shared/canonical", "shared/message", "shared/fault"}},
	"shared/rules/jq":                  {modules: []string{"github.com/itchyny/gojq"}},
	"scripts/causeway/bind":            {rooms: []string{"functions", "scripts/causeway/cli", "scripts/causeway/screen", "shared/*", "shared/*/*"}, modules: []string{"github.com/spf13/cobra"}},
	"scripts/causeway/systems":         {rooms: []string{"scripts/causeway/cli", "scripts/causeway/screen", "scripts/causeway/explain", "scripts/installation", "functions/*/*", "shared/*", "shared/*/*"}, modules: []string{"github.com/spf13/cobra"}},
	"scripts/causeway/explain":         {rooms: []string{"scripts/installation", "shared/*", "shared/*/*"}},
	"functions/shopify":                {rooms: []string{"functions/shopify/payload", "functions/shopify/admin", "functions/shopify/translation", "functions/shopify/fulfillment", "functions/shopify/goods", "functions/shopify/inventory", "functions/shopify/mark", "functions/shopify/product", "functions/shopify/returning", "functions/shopify/site", "functions/shopify/owner", "functions/shopify/levels", "functions/shopify/shipped", "shared/assortment", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/*", "shared/wire", "shared/webhook"}},
	"functions/shopify/payload":        {rooms: []string{"shared/canonical", "shared/fault", "shared/message", "shared/formats/*", "shared/wire"}},
	"functions/shopify/admin":          {rooms: []string{"functions/shopify/payload", "shared/connector", "shared/canonical", "shared/fault", "shared/formats/*", "shared/wire", "shared/webapi"}},
	"functions/shopify/translation":    {rooms: []string{"functions/shopify/payload", "functions/shopify/admin", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/*", "shared/wire"}},
	"functions/shopify/goods":          {rooms: []string{"functions/shopify/payload", "functions/shopify/admin", "shared/assortment/memory", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/*", "shared/wire"}},
	"functions/shopify/inventory":      {rooms: []string{"functions/shopify/payload", "functions/shopify/admin", "shared/combine", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/*"}},
	"functions/shopify/product":        {rooms: []string{"functions/shopify/payload", "functions/shopify/admin", "shared/assortment", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/*"}},
	"functions/shopify/mark":           {rooms: []string{"shared/difference", "functions/shopify/payload", "functions/shopify/admin", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/*"}},
	"functions/shopify/returning":      {rooms: []string{"functions/shopify/payload", "functions/shopify/admin", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/*"}},
	"functions/shipbob":                {rooms: []string{"functions/shipbob/movement", "functions/shipbob/product", "functions/shipbob/rest", "functions/shipbob/returns", "functions/shipbob/standing", "functions/shipbob/stock", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/*", "shared/webhook", "shared/webapi", "shared/wire"}},
	"functions/shipbob/product":        {rooms: []string{"functions/shipbob/rest", "shared/assortment", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/strictjson", "shared/webapi", "shared/wire"}},
	"functions/shipbob/rest":           {rooms: []string{"shared/connector", "shared/message", "shared/fault", "shared/formats/*", "shared/webapi", "shared/wire"}},
	"functions/shipbob/returns":        {rooms: []string{"functions/shipbob/rest", "shared/connector", "shared/canonical", "shared/fault", "shared/formats/*", "shared/webapi", "shared/wire"}},
	"functions/shipbob/standing":       {rooms: []string{"shared/canonical"}},
	"functions/shopify/site":           {rooms: []string{"shared/fault"}},
	"functions/shopify/owner":          {rooms: []string{"shared/connector", "shared/message"}},
	"functions/shopify/levels":         {rooms: []string{"functions/shopify/payload", "functions/shopify/admin", "functions/shopify/site", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/*", "shared/wire"}},
	"functions/shopify/shipped":        {rooms: []string{"functions/shopify/payload", "functions/shopify/admin", "functions/shopify/owner", "functions/shopify/site", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/*", "shared/wire"}},
	"functions/shopify/fulfillment":    {rooms: []string{"functions/shopify/payload", "functions/shopify/admin", "functions/shopify/owner", "functions/shopify/site", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/*"}},
	"shared/local/sqlite":              {rooms: []string{"shared/fault"}, modules: []string{"modernc.org/sqlite"}},
	"shared/local/worker":              {rooms: []string{"shared/combine", "shared/pipeline", "shared/intake", "shared/port", "shared/routes", "shared/connector", "shared/message"}},
	"infra/causeway/plan":              {rooms: []string{"functions", "shared/routes", "shared/rules", "shared/retry", "shared/connector", "shared/fault"}, modules: []string{"github.com/go-playground/validator/v10", "go.yaml.in/yaml/v3"}},
	"infra/causeway/plan/plantest":     {rooms: []string{"infra/causeway/plan", "functions", "shared/routes", "shared/connector", "shared/canonical", "shared/fault"}},
	"infra/causeway/watch":             {rooms: []string{"infra/causeway/plan", "shared/routes", "shared/connector"}, modules: []string{"github.com/aws/aws-cdk-go", "github.com/aws/constructs-go", "github.com/aws/jsii-runtime-go"}},
	"functions/netsuite":               {rooms: []string{"functions/netsuite/adjustment", "functions/netsuite/item", "functions/netsuite/orderstate", "functions/netsuite/payback", "functions/netsuite/record", "functions/netsuite/refund", "functions/netsuite/returning", "functions/netsuite/sale", "functions/netsuite/shipped", "functions/netsuite/standing", "functions/netsuite/stock", "functions/netsuite/suitetalk", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/strictjson"}},
	"functions/netsuite/orderstate":    {rooms: []string{"functions/netsuite/record", "functions/netsuite/suitetalk", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/strictjson", "shared/wire"}},
	"functions/netsuite/payback":       {rooms: []string{"functions/netsuite/record", "functions/netsuite/suitetalk", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/strictjson", "shared/wire"}},
	"functions/netsuite/shipped":       {rooms: []string{"functions/netsuite/record", "functions/netsuite/suitetalk", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/strictjson", "shared/wire"}},
	"functions/netsuite/adjustment":    {rooms: []string{"functions/netsuite/record", "functions/netsuite/suitetalk", "shared/connector", "shared/canonical", "shared/fault", "shared/formats/strictjson"}},
	"functions/netsuite/kit":           {rooms: []string{"functions/netsuite/suitetalk", "shared/canonical", "shared/fault", "shared/formats/strictjson", "shared/kitting", "shared/wire"}},
	"functions/netsuite/item":          {rooms: []string{"functions/netsuite/kit", "functions/netsuite/suitetalk", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/strictjson", "shared/wire"}},
	"functions/shipbob/movement":       {rooms: []string{"functions/shipbob/rest", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/*", "shared/webapi", "shared/wire"}},
	"functions/shipbob/stock":          {rooms: []string{"functions/shipbob/rest", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/strictjson", "shared/kitting", "shared/webapi", "shared/wire"}},
	"functions/netsuite/stock":         {rooms: []string{"functions/netsuite/kit", "functions/netsuite/suitetalk", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/strictjson", "shared/kitting", "shared/wire"}},
	"functions/netsuite/record":        {rooms: []string{"functions/netsuite/suitetalk", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/strictjson", "shared/wire"}},
	"functions/netsuite/sale":          {rooms: []string{"functions/netsuite/record", "functions/netsuite/suitetalk", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/strictjson"}},
	"functions/netsuite/refund":        {rooms: []string{"functions/netsuite/record", "functions/netsuite/suitetalk", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/strictjson"}},
	"functions/netsuite/standing":      {rooms: []string{"functions/netsuite/record", "functions/netsuite/suitetalk", "shared/connector", "shared/canonical", "shared/fault"}},
	"functions/netsuite/returning":     {rooms: []string{"functions/netsuite/record", "functions/netsuite/suitetalk", "shared/connector", "shared/canonical", "shared/message", "shared/fault", "shared/formats/strictjson"}},
	"functions/netsuite/suitetalk":     {rooms: []string{"shared/connector", "shared/canonical", "shared/fault", "shared/formats/strictjson", "shared/webapi"}},
}

func TestRoomsImportDownwardsOnly(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		allowed, known := ruleFor(s.room)
		if !known {
			t.Errorf("%s: room %s has no import rule", s.path, s.room)
			continue
		}
		for _, imported := range s.imports() {
			if why := forbidden(s.room, imported, allowed); why != "" {
				t.Errorf("%s imports %s: %s", s.path, imported, why)
			}
		}
	}
}

// TestARuleThatIsBrokenIsSeen proves that the check above can fail.
func TestARuleThatIsBrokenIsSeen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ room, imported string }{
		"a system imports another":        {"functions/shopify", module + "/functions/netsuite"},
		"a system imports the pipeline":   {"functions/shopify", module + "/shared/pipeline"},
		"payloads import the client":      {"functions/shopify/payload", module + "/functions/shopify/admin"},
		"the client imports the booking":  {"functions/shopify/admin", module + "/functions/shopify/translation"},
		"a part imports its system":       {"functions/shopify/fulfillment", module + "/functions/shopify"},
		"a system imports the SDK":        {"functions/shopify", "github.com/aws/aws-sdk-go-v2/service/sqs"},
		"a leaf imports upwards":          {"shared/message", module + "/shared/pipeline"},
		"the ports import a stage":        {"shared/port", module + "/shared/retry"},
		"retry imports the record":        {"shared/retry", module + "/shared/entity"},
		"admission imports the record":    {"shared/admission", module + "/shared/entity"},
		"the record imports the pipeline": {"shared/entity", module + "/shared/pipeline"},
		"the door imports the pipeline":   {"shared/intake", module + "/shared/pipeline"},
		"the poll imports the pipeline":   {"shared/reconcile", module + "/shared/pipeline"},
		"the pipeline imports the door":   {"shared/pipeline", module + "/shared/intake"},
		"the pipeline imports an engine":  {"shared/pipeline", module + "/shared/local"},
		"a room imports a fake":           {"shared/local", module + "/functions/netsuite/netsuitetest"},
		"the cloud imports the desk":      {"shared/cloud", module + "/shared/cloud/desk"},
		"the cloud imports a function":    {"shared/cloud", module + "/shared/cloud/function"},
		"the desk imports a function":     {"shared/cloud/desk", module + "/shared/cloud/function"},
		"a system imports the desk":       {"functions/shopify", module + "/shared/cloud/desk"},
		"the cloud imports the loader":    {"shared/cloud", "github.com/aws/aws-sdk-go-v2/config"},
		"the API imports its translator":  {"functions/woocommerce/rest", module + "/functions/woocommerce/translator"},
		"a translator imports a shipment": {"functions/woocommerce/translator", module + "/functions/woocommerce/shipment"},
		"a main imports another system":   {"functions/shopify/receive", module + "/functions/netsuite"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			allowed, known := ruleFor(c.room)
			if !known || forbidden(c.room, c.imported, allowed) == "" {
				t.Errorf("%s may import %s", c.room, c.imported)
			}
		})
	}
	if _, known := ruleFor("shared/unheard"); known {
		t.Error("a room without a rule passes")
	}
}

// TestRoomsOfTheOperatorHoldNoFunction: the operator's command has the ports on AWS and the
// packages over them, and neither a Lambda function nor its runtime.
func TestRoomsOfTheOperatorHoldNoFunction(t *testing.T) {
	t.Parallel()
	imports := map[string][]string{}
	for _, s := range sources(t) {
		if !s.test {
			imports[s.room] = append(imports[s.room], s.imports()...)
		}
	}
	seen := map[string]bool{}
	var follow func(room, from string)
	follow = func(room, from string) {
		if seen[room] {
			return
		}
		seen[room] = true
		for _, imported := range imports[room] {
			if strings.HasPrefix(imported, "github.com/aws/aws-lambda-go") {
				t.Errorf("%s, which %s imports, imports %s", room, from, imported)
			}
			if target, ours := strings.CutPrefix(imported, module+"/"); ours {
				follow(target, room)
			}
		}
	}
	follow("scripts/causeway", "the command")
	if !seen["shared/cloud"] {
		t.Error("the command does not have the ports on AWS: looked in the wrong place")
	}
}

// ruleFor returns the rule of the room itself, or of its kind.
func ruleFor(room string) (rule, bool) {
	if r, ok := house[room]; ok {
		return r, true
	}
	for pattern, r := range house {
		if match, err := path.Match(pattern, room); err == nil && match && strings.Contains(pattern, "*") {
			return r, true
		}
	}
	return rule{}, false
}

// forbidden returns why the room may not import the path, "" if it may.
func forbidden(room, imported string, allowed rule) string {
	first, _, _ := strings.Cut(imported, "/")
	target, ours := strings.CutPrefix(imported, module+"/")
	switch {
	case ours && strings.HasSuffix(target, "test") && !mayUseFakes(room):
		return "fakes and suites are for the catalog, scripts, test and _test.go files"
	case ours && matchesAny(room, target, allowed.rooms):
		return ""
	case ours:
		return "not among the rooms it may import"
	case !strings.Contains(first, "."):
		return ""
	case slices.ContainsFunc(allowed.modules, func(prefix string) bool { return strings.HasPrefix(imported, prefix) }):
		return ""
	}
	return "not among the modules it may import"
}

func mayUseFakes(room string) bool {
	return room == "functions" || room == "test" || strings.HasPrefix(room, "test/") || strings.HasPrefix(room, "scripts/") || strings.HasSuffix(room, "test")
}

func matchesAny(room, target string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if pattern == "*" {
			return true
		}
		if pattern == "own" {
			return target == path.Dir(room)
		}
		match, err := path.Match(pattern, target)
		return err == nil && match
	})
}
