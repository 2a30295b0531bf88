package hubspottest

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Record is a record in the books.
type Record struct {
	ID         string
	Properties map[string]string
	Linked     map[string][]string // ids of linked records by object
	Archived   bool
	Created    time.Time
	Updated    time.Time
}

// failure is an error of one input, or of a request.
type failure struct {
	status         int
	category, text string
	code, property string
}

// Records returns the records of the object that are not archived, in the order in which they
// were made.
func (f *Fake) Records(object string) []Record {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []Record
	for _, r := range f.records[object] {
		if !r.Archived {
			c := *r
			c.Properties, c.Linked = maps.Clone(r.Properties), map[string][]string{}
			for other, ids := range r.Linked {
				c.Linked[other] = slices.Clone(ids)
			}
			all = append(all, c)
		}
	}
	return all
}

// Put makes a record by hand and returns its id.
func (f *Fake) Put(object string, properties map[string]string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.make(object, properties).ID
}

// Link links two records by hand.
func (f *Fake) Link(object, id, other, to string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.link(object, f.byID(object, id), other, f.byID(other, to))
}

// Delete archives a record, as a person does.
func (f *Fake) Delete(object, id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.archiveOne(object, id)
}

// archiveOne archives the record. Its unique values are free then, and its links are gone.
func (f *Fake) archiveOne(object, id string) {
	r := f.byID(object, id)
	if r == nil {
		return
	}
	r.Archived = true
	for other := range f.schema {
		for _, each := range f.records[other] {
			each.Linked[object] = slices.DeleteFunc(each.Linked[object], func(to string) bool { return to == id })
		}
	}
}

func (f *Fake) make(object string, properties map[string]string) *Record {
	f.last++
	now := f.now().UTC()
	r := &Record{ID: strconv.Itoa(f.last), Properties: map[string]string{}, Linked: map[string][]string{}, Created: now, Updated: now}
	maps.Copy(r.Properties, properties)
	f.records[object] = append(f.records[object], r)
	return r
}

func (f *Fake) byID(object, id string) *Record {
	return f.find(object, func(r *Record) bool { return r.ID == id })
}

func (f *Fake) byValue(object, name, value string) *Record {
	return f.find(object, func(r *Record) bool { return value != "" && strings.EqualFold(r.Properties[name], value) })
}

func (f *Fake) find(object string, matches func(*Record) bool) *Record {
	for _, r := range f.records[object] {
		if !r.Archived && matches(r) {
			return r
		}
	}
	return nil
}

// named returns the record that the id names, by HubSpot's id or by a unique value.
func (f *Fake) named(object, idProperty, id string) *Record {
	if idProperty == "" || idProperty == "hs_object_id" {
		return f.byID(object, id)
	}
	return f.byValue(object, idProperty, id)
}

// given is an input of a batch.
type given struct {
	ID         string            `json:"id"`
	IDProperty string            `json:"idProperty"`
	Trace      string            `json:"objectWriteTraceId"`
	Properties map[string]string `json:"properties"`
}

// write carries out a batch of upserts or updates, input by input.
func (f *Fake) write(object string, inputs []given, upsert bool) reply {
	if wrong := f.malformed(object, inputs, upsert); wrong != nil {
		return wrong.reply()
	}
	var results []any
	var failures []any
	for _, in := range inputs {
		r, isNew, wrong := f.writeOne(object, in, upsert)
		switch {
		case wrong != nil && f.whole:
			return wrong.reply()
		case wrong != nil:
			failures = append(failures, wrong.ofInput(in))
		default:
			results = append(results, f.view(r, upsert, isNew, in.Trace, slices.Collect(maps.Keys(r.Properties))))
		}
	}
	return f.batch(results, failures)
}

// malformed returns what makes HubSpot reject a batch as a whole.
func (f *Fake) malformed(object string, inputs []given, upsert bool) *failure {
	seen := map[string]bool{}
	for _, in := range inputs {
		if seen[in.ID] {
			return &failure{http.StatusBadRequest, "VALIDATION_ERROR", "Duplicate IDs found in batch input", "", ""}
		}
		seen[in.ID] = true
		if d, known := f.schema[object][in.IDProperty]; in.IDProperty != "" && (!known || !d.unique) || in.IDProperty == "" && upsert {
			return &failure{http.StatusBadRequest, "VALIDATION_ERROR", "Unable to perform update/upsert by non-unique " + object + " property", "", in.IDProperty}
		}
		for _, name := range slices.Sorted(maps.Keys(in.Properties)) {
			if _, known := f.schema[object][name]; !known {
				return invalid("PROPERTY_DOESNT_EXIST", name, `Property \"`+name+`\" does not exist`)
			}
		}
	}
	return nil
}

// invalid is HubSpot's error about a property, which has a list as JSON text in its message.
func invalid(code, name, text string) *failure {
	return &failure{
		http.StatusBadRequest, "VALIDATION_ERROR",
		`Property values were not valid: [{"isValid":false,"message":"` + text + `","error":"` + code + `","name":"` + name + `"}]`, code, name,
	}
}

func (f *Fake) writeOne(object string, in given, upsert bool) (r *Record, isNew bool, wrong *failure) {
	if f.stumble[in.ID] > 0 {
		f.stumble[in.ID]--
		return nil, false, &failure{http.StatusInternalServerError, "INTERNAL_ERROR", "internal error", "", ""}
	}
	r = f.named(object, in.IDProperty, in.ID)
	if r == nil && !upsert {
		return nil, false, &failure{http.StatusNotFound, "OBJECT_NOT_FOUND", "Could not get some objects, they may be deleted or not exist", "", ""}
	}
	if wrong := f.check(object, in, r); wrong != nil {
		return nil, false, wrong
	}
	if isNew = r == nil; isNew {
		r = f.make(object, map[string]string{in.IDProperty: in.ID})
	}
	for name, value := range in.Properties {
		if name == "lifecyclestage" && slices.Index(lifecycle, value) < slices.Index(lifecycle, r.Properties[name]) {
			continue
		}
		if r.Properties[name] = value; value == "" {
			delete(r.Properties, name)
		}
	}
	r.Updated = f.now().UTC()
	return r, isNew, nil
}

// check returns what is wrong with the values of an input for the record, nil for a new one.
func (f *Fake) check(object string, in given, r *Record) *failure {
	for _, name := range slices.Sorted(maps.Keys(in.Properties)) {
		value, d := in.Properties[name], f.schema[object][name]
		if code := d.invalid(name, value); code != "" {
			return invalid(code, name, value+" is not valid")
		}
		if !d.unique {
			continue
		}
		other := f.byValue(object, name, value)
		switch {
		case other == nil || other == r:
		case name == "email":
			return &failure{http.StatusConflict, "CONFLICT", "Contact already exists. Existing ID: " + other.ID, "", ""}
		default:
			return invalid("CONFLICTING_UNIQUE_VALUE", name, value+" already has that value.")
		}
	}
	return nil
}

// view shows a record with the properties.
func (f *Fake) view(r *Record, upsert, isNew bool, trace string, properties []string) map[string]any {
	shown := map[string]string{"hs_object_id": r.ID}
	for _, name := range properties {
		if value, has := r.Properties[name]; has {
			shown[name] = value
		}
	}
	view := map[string]any{
		"id": r.ID, "properties": shown, "createdAt": r.Created.Format(time.RFC3339), "updatedAt": r.Updated.Format(time.RFC3339), "archived": false,
	}
	if upsert {
		view["new"] = isNew
	}
	if trace != "" {
		view["objectWriteTraceId"] = trace
	}
	return view
}

// batch answers with 200, or 207 if an input failed.
func (f *Fake) batch(results, failures []any) reply {
	now := f.now().UTC().Format(time.RFC3339)
	if results == nil {
		results = []any{}
	}
	body := map[string]any{"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
	if len(failures) == 0 {
		return reply{status: http.StatusOK, body: body}
	}
	body["errors"], body["numErrors"] = failures, len(failures)
	return reply{status: http.StatusMultiStatus, body: body}
}

// read answers with the records that the ids name.
func (f *Fake) read(object, idProperty string, ids, properties []string) reply {
	if d := f.schema[object][idProperty]; idProperty != "" && !d.unique {
		return (&failure{http.StatusBadRequest, "VALIDATION_ERROR", "Unable to perform read by non-unique " + object + " property", "", idProperty}).reply()
	}
	var results, failures []any
	for _, id := range ids {
		if r := f.named(object, idProperty, id); r != nil {
			results = append(results, f.view(r, false, false, "", properties))
			continue
		}
		missing := &failure{http.StatusNotFound, "OBJECT_NOT_FOUND", "Could not get some " + object + " objects, they may be deleted or not exist. Check that ids are valid.", "", ""}
		failures = append(failures, missing.ofInput(given{ID: id}))
	}
	return f.batch(results, failures)
}

// associate links records. All of them must be there.
func (f *Fake) associate(object, other string, pairs [][2]string) reply {
	for _, pair := range pairs {
		from, to := f.byID(object, pair[0]), f.byID(other, pair[1])
		if from == nil || to == nil {
			return (&failure{http.StatusNotFound, "OBJECT_NOT_FOUND", "an object of the association does not exist", "", ""}).reply()
		}
		if linked := to.Linked[object]; other == "line_items" && len(linked) > 0 && linked[0] != from.ID {
			return (&failure{http.StatusBadRequest, "VALIDATION_ERROR", "a line item belongs to one object", "", ""}).reply()
		}
	}
	results := []any{}
	for _, pair := range pairs {
		f.link(object, f.byID(object, pair[0]), other, f.byID(other, pair[1]))
		results = append(results, map[string]any{
			"from": map[string]string{"id": pair[0]}, "to": map[string]string{"id": pair[1]},
			"associationSpec": map[string]any{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 513},
		})
	}
	return f.batch(results, nil)
}

func (f *Fake) link(object string, from *Record, other string, to *Record) {
	if !slices.Contains(from.Linked[other], to.ID) {
		from.Linked[other] = append(from.Linked[other], to.ID)
		to.Linked[object] = append(to.Linked[object], from.ID)
	}
}

// associations answers with a page of the links of a record.
func (f *Fake) associations(object, id, other, after string, limit int) reply {
	r := f.byID(object, id)
	if r == nil {
		return (&failure{http.StatusNotFound, "OBJECT_NOT_FOUND", "the object does not exist", "", ""}).reply()
	}
	start, _ := strconv.Atoi(after) // 0 for the first page
	all := r.Linked[other]
	start = min(start, len(all))
	end := min(start+limit, len(all))
	results := []any{}
	for _, to := range all[start:end] {
		results = append(results, map[string]any{
			"toObjectId": to, "associationTypes": []any{map[string]any{"category": "HUBSPOT_DEFINED", "typeId": 513}},
		})
	}
	body := map[string]any{"results": results}
	if end < len(all) {
		body["paging"] = map[string]any{"next": map[string]any{"after": strconv.Itoa(end)}}
	}
	return reply{status: http.StatusOK, body: body}
}

// ofInput is the failure within a 207.
func (w *failure) ofInput(in given) map[string]any {
	context := map[string][]string{"id": {in.ID}}
	if in.Trace != "" {
		context["objectWriteTraceId"] = []string{in.Trace}
	}
	details := []any{}
	if w.code != "" {
		details = append(details, map[string]any{"message": w.text, "code": w.code, "context": map[string][]string{"propertyName": {w.property}}})
	}
	return map[string]any{"status": "error", "category": w.category, "message": w.text, "context": context, "links": map[string]string{}, "errors": details}
}

// reply is the failure of a whole request.
func (w *failure) reply() reply {
	return reply{status: w.status, body: map[string]any{
		"status": "error", "category": w.category, "message": w.text, "correlationId": "0a1b2c3d-0000-4000-8000-000000000000",
	}}
}
