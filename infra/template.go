package main

import (
	"strings"
	"unicode"
)

// props holds properties as CloudFormation spells them.
type props = map[string]any

// resource is one resource of a template.
type resource struct {
	ID    string // logical id: letters and digits
	Type  string // such as "AWS::SQS::Queue"
	Props props
	Keep  bool     // outlives its stack, and its replacement
	After []string // logical ids that CloudFormation cannot see it needs
}

// template is one stack before CDK has seen it.
type template struct {
	Name      string // physical name: "causeway-dev-state"
	About     string
	After     []string // names of the stacks that must stand before it
	Resources []resource
	Outputs   map[string]any
}

func (t *template) add(resources ...resource) { t.Resources = append(t.Resources, resources...) }

// asset stands for the code of a function until CDK has staged its folder.
type asset struct{ function string }

// logical makes a logical id of names: logical("shopify-inbox", "queue") is ShopifyInboxQueue.
func logical(names ...string) string {
	var id strings.Builder
	for _, name := range names {
		for word := range strings.FieldsFuncSeq(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			id.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return id.String()
}

// sub is a text in which CloudFormation fills in ${AWS::Region} and the like.
func sub(text string) props { return props{"Fn::Sub": text} }

func ref(id string) props { return props{"Ref": id} }

func attribute(id, name string) props { return props{"Fn::GetAtt": []any{id, name}} }

// arn names a resource of this account and region by its physical name, so that stacks
// need nothing exported from each other.
func arn(service, name string) props {
	return sub("arn:${AWS::Partition}:" + service + ":${AWS::Region}:${AWS::AccountId}:" + name)
}

// arns is arn for several names.
func arns(service string, names ...string) []any {
	all := make([]any, len(names))
	for i, name := range names {
		all[i] = arn(service, name)
	}
	return all
}

// anything makes a list of texts one that properties can hold.
func anything(texts []string) []any {
	all := make([]any, len(texts))
	for i, text := range texts {
		all[i] = text
	}
	return all
}
