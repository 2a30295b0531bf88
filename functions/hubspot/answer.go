package hubspot

import (
	"strconv"

	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/wire"
)

// answerLimits allow all properties of an object, with their options.
var answerLimits = strictjson.Limits{Elements: 2_000_000}

// batch is the answer to a batch, of status 200, 201 or 207.
type batch struct {
	records  []record
	problems []problem
}

// readBatch reads the answer. One that cannot be read leaves open what was written; every write
// may be repeated.
func readBatch(body []byte, doing string) (b batch, err error) {
	r := wire.NewReader(body, answerLimits)
	for member := range r.Object() {
		switch {
		case member == "results" && r.Kind() == strictjson.ArrayKind:
			for range r.Array() {
				b.records = append(b.records, readRecord(r))
			}
		case member == "errors" && r.Kind() == strictjson.ArrayKind:
			for range r.Array() {
				b.problems = append(b.problems, readProblem(r))
			}
		}
	}
	if err := r.Finish(); err != nil {
		return b, &fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous, Doing: doing, Field: fault.As(err).Field, Detail: badAnswer}
	}
	return b, nil
}

func readRecord(r *wire.Reader) (found record) {
	found.properties = map[string]string{}
	for member := range r.Object() {
		switch member {
		case "id":
			found.id = r.ID()
		case "new":
			found.isNew, _ = r.NullBool()
		case "properties":
			readProperties(r, found.properties)
		}
	}
	return found
}

func readProperties(r *wire.Reader, into map[string]string) {
	if r.Kind() != strictjson.ObjectKind {
		r.Skip()
		return
	}
	for name := range r.Object() {
		into[name] = readWord(r)
	}
}

// failed returns the fault of the first input that failed, and its index; -1 if the error names no
// input. An answer that has fewer records than inputs, and no error, is no success.
func (b *batch) failed(inputs int, doing string) (index int, f error) {
	if len(b.problems) > 0 {
		p := b.problems[0]
		index, err := strconv.Atoi(p.input)
		if err != nil || index < 0 || index >= inputs {
			index = -1
		}
		if inputs == 1 {
			index = 0
		}
		return index, p.ofInput(doing)
	}
	if len(b.records) < inputs {
		return -1, &fault.Error{
			Kind: fault.Unavailable, Class: fault.Ambiguous, Scope: fault.EntityScope, Doing: doing,
			Detail: "HubSpot answers for " + strconv.Itoa(len(b.records)) + " of " + strconv.Itoa(inputs) + " records",
		}
	}
	return 0, nil
}

// readAssociated reads a page of associations, and where the next page begins.
func readAssociated(body []byte, doing string) (ids []string, after string, err error) {
	r := wire.NewReader(body, answerLimits)
	for member := range r.Object() {
		switch {
		case member == "results" && r.Kind() == strictjson.ArrayKind:
			ids = readTargets(r)
		case member == "paging" && r.Kind() == strictjson.ObjectKind:
			after = readAfter(r)
		}
	}
	if err := r.Finish(); err != nil {
		return nil, "", broken(doing, err)
	}
	return ids, after, nil
}

func readTargets(r *wire.Reader) (ids []string) {
	for range r.Array() {
		for name := range r.Object() {
			if name == "toObjectId" {
				ids = append(ids, r.ID())
			}
		}
	}
	return ids
}

func readAfter(r *wire.Reader) (after string) {
	for member := range r.Object() {
		if member != "next" || r.Kind() != strictjson.ObjectKind {
			continue
		}
		for name := range r.Object() {
			if name == "after" {
				after = readWord(r)
			}
		}
	}
	return after
}

const badAnswer = "the answer does not match the API's schema"

// broken returns the fault of an answer to a question that does not match the API's schema. It
// is asked again.
func broken(doing string, err error) *fault.Error {
	return &fault.Error{Kind: fault.Unavailable, Class: fault.Intermittent, Doing: doing, Field: fault.As(err).Field, Detail: badAnswer}
}
