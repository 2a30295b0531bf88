package hubspot

import (
	"regexp"
	"strings"
	"sync"

	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/wire"
)

// problem is an error document of HubSpot: of a request, or of one input of a batch. HubSpot's
// words are not kept, because they may quote a value. Every field may be missing
// (developers.hubspot.com, "Error handling").
type problem struct {
	category, code string
	property       string   // at fault
	policy         string   // the limit that was passed
	scopes         []string // that the token lacks
	input          string   // objectWriteTraceId of the input
	isNotUnique    bool     // the property that names a record is not unique
}

// Words of HubSpot that decide what follows.
const (
	missingScopes    = "MISSING_SCOPES"
	conflictCategory = "CONFLICT"
	notFound         = "OBJECT_NOT_FOUND"
	validation       = "VALIDATION_ERROR"

	noProperty   = "PROPERTY_DOESNT_EXIST"
	takenValue   = "CONFLICTING_UNIQUE_VALUE"
	noSuchOption = "INVALID_OPTION"

	dailyPolicy    = "DAILY"
	secondlyPolicy = "SECONDLY"
)

// patterns are compiled at the first error, and not at the start of the function.
type patterns struct{ code, property, scope, quotedCode, quotedName *regexp.Regexp }

var shapes = sync.OnceValue(func() patterns {
	return patterns{
		code:     regexp.MustCompile(`^[A-Z][A-Z0-9_]{2,63}$`),
		property: regexp.MustCompile(`^[a-z][a-z0-9_]{0,99}$`),
		scope:    regexp.MustCompile(`^[a-z][a-z0-9._-]{0,99}$`),
		// A message may contain a list of the invalid properties as JSON text.
		quotedCode: regexp.MustCompile(`"error":"([A-Z][A-Z0-9_]{2,63})"`),
		quotedName: regexp.MustCompile(`"name":"([a-z][a-z0-9_]{0,99})"`),
	}
})

// readError returns the problem of an error body; the zero value for another body.
func readError(body []byte) problem {
	r := wire.NewReader(body, strictjson.Limits{})
	if r.Kind() != strictjson.ObjectKind {
		return problem{}
	}
	p := readProblem(r)
	if r.Finish() != nil {
		return problem{}
	}
	return p
}

func readProblem(r *wire.Reader) (p problem) {
	for member := range r.Object() {
		switch member {
		case "category":
			p.category = shaped(shapes().code, readWord(r))
		case "policyName":
			p.policy = shaped(shapes().code, readWord(r))
		case "message":
			p.readMessage(readWord(r))
		case "code":
			p.setCode(readWord(r))
		case "context":
			p.readContext(r)
		case "errors":
			p.readDetails(r)
		default:
			r.Skip()
		}
	}
	return p
}

// readDetails reads the errors within an error. The first that has a code decides.
func (p *problem) readDetails(r *wire.Reader) {
	if r.Kind() != strictjson.ArrayKind {
		r.Skip()
		return
	}
	for range r.Array() {
		if r.Kind() != strictjson.ObjectKind {
			r.Skip()
			continue
		}
		d := readProblem(r)
		p.setCode(d.code)
		if p.property == "" {
			p.property = d.property
		}
		p.scopes = append(p.scopes, d.scopes...)
		p.isNotUnique = p.isNotUnique || d.isNotUnique
	}
}

func (p *problem) setCode(code string) {
	if p.code == "" {
		p.code = shaped(shapes().code, code)
	}
}

// readMessage takes codes and names of properties from a message, and none of its words.
func (p *problem) readMessage(text string) {
	p.isNotUnique = p.isNotUnique || strings.Contains(text, "non-unique")
	if code := shapes().quotedCode.FindStringSubmatch(text); code != nil {
		p.setCode(code[1])
	}
	if name := shapes().quotedName.FindStringSubmatch(text); name != nil && p.property == "" {
		p.property = name[1]
	}
}

func (p *problem) readContext(r *wire.Reader) {
	if r.Kind() != strictjson.ObjectKind {
		r.Skip()
		return
	}
	for member := range r.Object() {
		texts := readTexts(r)
		switch member {
		case "propertyName", "properties":
			if p.property == "" && len(texts) > 0 {
				p.property = shaped(shapes().property, texts[0])
			}
		case "missingScopes", "requiredScopes", "requiredGranularScopes":
			p.addScopes(texts)
		case "objectWriteTraceId":
			if len(texts) > 0 {
				p.input = texts[0]
			}
		}
	}
}

func (p *problem) addScopes(texts []string) {
	for _, text := range texts {
		if scope := shaped(shapes().scope, text); scope != "" {
			p.scopes = append(p.scopes, scope)
		}
	}
}

// readTexts reads a text or a list of texts; other values are passed over.
func readTexts(r *wire.Reader) (all []string) {
	if r.Kind() != strictjson.ArrayKind {
		if text := readWord(r); text != "" {
			all = append(all, text)
		}
		return all
	}
	for range r.Array() {
		if text := readWord(r); text != "" {
			all = append(all, text)
		}
	}
	return all
}

// readWord reads a text; another value is passed over as "".
func readWord(r *wire.Reader) string {
	if r.Kind() != strictjson.StringKind {
		r.Skip()
		return ""
	}
	return r.Word()
}

func shaped(shape *regexp.Regexp, text string) string {
	if shape.MatchString(text) {
		return text
	}
	return ""
}
