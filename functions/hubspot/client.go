package hubspot

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/webapi"
)

// api is HubSpot's API. It keeps nothing between calls.
type api struct {
	settings Settings
	client   *webapi.Client
}

var _ connector.Checker = (*api)(nil)

// mostInputs is the largest number of inputs of one batch.
const mostInputs = 100

// property is the value of a property. "" removes the value.
type property struct{ name, value string }

// input is one record of a batch that is written.
type input struct {
	id         string // the value of the batch's idProperty, or else HubSpot's id
	properties []property
}

// record is a record of HubSpot.
type record struct {
	id         string
	isNew      bool // made by the request
	properties map[string]string
}

func (a *api) call(ctx context.Context, r webapi.Request) (webapi.Response, error) {
	r.Header = http.Header{}
	if r.Body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return a.client.Do(ctx, r)
}

// objectPath returns the path of an action on records, such as "batch/upsert".
func (a *api) objectPath(object, action string) string {
	return "/crm/objects/" + a.settings.Version + "/" + object + "/" + action
}

// write sends inputs in batches by the action, "batch/upsert" or "batch/update", and returns the
// records by the index of their input. idProperty is the property with unique values that names
// the records; "" for HubSpot's id. An input that fails keeps no other from being written: the
// error is that of the first, and at is its index; at is -1 if a whole request failed.
func (a *api) write(ctx context.Context, object, action, idProperty string, inputs []input, doing string) (made []record, at int, err error) {
	at = -1
	var failed error
	for start := 0; start < len(inputs); start += mostInputs {
		batch := inputs[start:min(start+mostInputs, len(inputs))]
		body, err := encodeInputs(batch, idProperty)
		if err != nil {
			return nil, -1, err
		}
		answer, err := a.call(ctx, webapi.Request{Method: http.MethodPost, Path: a.objectPath(object, action), Body: body, Doing: doing, WantJSON: true})
		if err != nil {
			return nil, -1, keyed(err, idProperty)
		}
		result, err := readBatch(answer.Body, doing)
		if err != nil {
			return nil, -1, err
		}
		if index, problem := result.failed(len(batch), doing); problem != nil && failed == nil {
			at, failed = index, problem
			if index >= 0 {
				at += start
			}
		}
		made = append(made, result.records...)
	}
	return made, at, failed
}

// writeOne writes one record. Its input's error counts as the error of the request.
func (a *api) writeOne(ctx context.Context, object, action, idProperty string, in input, doing string) (record, error) {
	made, _, err := a.write(ctx, object, action, idProperty, []input{in}, doing)
	if err != nil {
		return record{}, err
	}
	return made[0], nil
}

const (
	upsertAction = "batch/upsert"
	updateAction = "batch/update"
)

func encodeInputs(inputs []input, idProperty string) ([]byte, error) {
	b := strictjson.NewWriter(nil)
	b.Obj()
	b.Key("inputs").Arr()
	for i, in := range inputs {
		b.Obj()
		b.StrField("id", in.id)
		b.OptStr("idProperty", idProperty)
		b.StrField("objectWriteTraceId", strconv.Itoa(i))
		b.Key("properties").Obj()
		for _, p := range in.properties {
			b.StrField(p.name, p.value)
		}
		b.EndObj()
		b.EndObj()
	}
	b.EndArr()
	b.EndObj()
	return written(b)
}

func written(b *strictjson.Writer) ([]byte, error) {
	if err := b.Err(); err != nil {
		return nil, &fault.Error{Kind: fault.Unknown, Class: fault.Bug, Field: err.Path, Detail: err.Rule}
	}
	return b.Bytes(), nil
}

// read returns the records that the ids name, of at most one batch; those that HubSpot does not
// have are left out. idProperty as for write.
func (a *api) read(ctx context.Context, object, idProperty string, ids, properties []string, doing string) ([]record, error) {
	b := strictjson.NewWriter(nil)
	b.Obj()
	b.OptStr("idProperty", idProperty)
	b.Key("inputs").Arr()
	for _, id := range ids {
		b.Obj()
		b.StrField("id", id)
		b.EndObj()
	}
	b.EndArr()
	b.Key("properties").Arr()
	for _, name := range properties {
		b.Str(name)
	}
	b.EndArr()
	b.Key("propertiesWithHistory").Arr()
	b.EndArr()
	b.EndObj()
	body, err := written(b)
	if err != nil {
		return nil, err
	}
	answer, err := a.call(ctx, webapi.Request{Method: http.MethodPost, Path: a.objectPath(object, "batch/read"), Body: body, Doing: doing, Reads: true, WantJSON: true})
	if err != nil {
		return nil, keyed(err, idProperty)
	}
	result, err := readBatch(answer.Body, doing)
	if err != nil {
		return nil, err
	}
	for _, p := range result.problems {
		if p.category != notFound {
			return nil, p.ofInput(doing)
		}
	}
	return result.records, nil
}

// readOne returns the record with the unique value, false if there is none.
func (a *api) readOne(ctx context.Context, object, idProperty, id string, properties []string, doing string) (record, bool, error) {
	found, err := a.read(ctx, object, idProperty, []string{id}, properties, doing)
	if err != nil || len(found) == 0 {
		return record{}, false, err
	}
	return found[0], true, nil
}

// archive moves the records with HubSpot's ids to the recycle bin.
func (a *api) archive(ctx context.Context, object string, ids []string, doing string) error {
	for batch := range slices.Chunk(ids, mostInputs) {
		b := strictjson.NewWriter(nil)
		b.Obj()
		b.Key("inputs").Arr()
		for _, id := range batch {
			b.Obj()
			b.StrField("id", id)
			b.EndObj()
		}
		b.EndArr()
		b.EndObj()
		body, err := written(b)
		if err != nil {
			return err
		}
		if _, err := a.call(ctx, webapi.Request{Method: http.MethodPost, Path: a.objectPath(object, "batch/archive"), Body: body, Doing: doing}); err != nil {
			return err
		}
	}
	return nil
}

// associate links the record to others by the association that HubSpot has by itself between the
// objects. A link that is there already stays.
func (a *api) associate(ctx context.Context, object, id, other string, others []string, doing string) error {
	for batch := range slices.Chunk(others, mostInputs) {
		b := strictjson.NewWriter(nil)
		b.Obj()
		b.Key("inputs").Arr()
		for _, to := range batch {
			b.Obj()
			b.Key("from").Obj()
			b.StrField("id", id)
			b.EndObj()
			b.Key("to").Obj()
			b.StrField("id", to)
			b.EndObj()
			b.EndObj()
		}
		b.EndArr()
		b.EndObj()
		body, err := written(b)
		if err != nil {
			return err
		}
		path := "/crm/associations/" + a.settings.Version + "/" + object + "/" + other + "/batch/associate/default"
		answer, err := a.call(ctx, webapi.Request{Method: http.MethodPost, Path: path, Body: body, Doing: doing, WantJSON: true})
		if err != nil {
			return err
		}
		result, err := readBatch(answer.Body, doing)
		if err != nil {
			return err
		}
		if len(result.problems) > 0 {
			return result.problems[0].ofInput(doing)
		}
	}
	return nil
}

// associated returns HubSpot's ids of the records of the other object that the record has.
func (a *api) associated(ctx context.Context, object, id, other, doing string) (ids []string, err error) {
	query := url.Values{"limit": {"500"}}
	for range mostPages {
		answer, err := a.call(ctx, webapi.Request{
			Method: http.MethodGet, Path: a.objectPath(object, url.PathEscape(id)+"/associations/"+other), Query: query, Doing: doing, WantJSON: true,
		})
		if err != nil {
			return nil, err
		}
		page, after, err := readAssociated(answer.Body, doing)
		if err != nil {
			return nil, err
		}
		if ids = append(ids, page...); after == "" {
			return ids, nil
		}
		query.Set("after", after)
	}
	return nil, &fault.Error{Kind: fault.Rejected, Class: fault.TooLarge, Doing: doing, Detail: "the record has more than " + strconv.Itoa(500*mostPages) + " " + other}
}

// mostPages bounds the line items of one order, of which the canonical model allows 20,000.
const mostPages = 50
