package wire_test

import (
	"fmt"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/moment"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/wire"
)

// member reads the document {"a": value} with read and returns the reader.
func member(value string, read func(*wire.Reader)) *wire.Reader {
	r := wire.NewReader([]byte(`{"a":`+value+`}`), strictjson.Limits{})
	for range r.Object() {
		read(r)
	}
	return r
}

func TestTextTellsItsStatesApart(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]canonical.Text{
		`null`: canonical.NullText(), `""`: canonical.NewText(""), `"Ada"`: canonical.NewText("Ada"),
		`"A\u0000da\n"`: canonical.NewText("Ada "),
	} {
		var got canonical.Text
		r := member(value, func(r *wire.Reader) { got = r.Text() })
		if err := r.Finish(); err != nil || got != want {
			t.Errorf("Text of %s = %v, %v, want %v", value, got, err, want)
		}
	}
}

func TestWhatIsChangedIsNoted(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		value string
		read  func(*wire.Reader)
		want  string
	}{
		"control characters":   {`"A\u0007da"`, func(r *wire.Reader) { r.Text() }, "control characters removed"},
		"in a word":            {`"A\u0007da"`, func(r *wire.Reader) { r.Word() }, "control characters removed"},
		"spaces around":        {`" ada@example.com "`, func(r *wire.Reader) { r.Email() }, "spaces around it removed"},
		"plain e-mail":         {`"ada@example.com"`, func(r *wire.Reader) { r.Email() }, ""},
		"bad input 58 UK":      {`"UK"`, func(r *wire.Reader) { r.Country() }, "country UK read as GB"},
		"lower case":           {`"de"`, func(r *wire.Reader) { r.Country() }, "country de read as DE"},
		"plain text":           {`"Ada"`, func(r *wire.Reader) { r.Text() }, ""},
		"ISO code":             {`"GB"`, func(r *wire.Reader) { r.Country() }, ""},
		"bad input 58 no code": {`"zz"`, func(r *wire.Reader) { r.Country() }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			notes := member(tc.value, tc.read).Notes()
			switch {
			case tc.want == "" && len(notes) > 0:
				t.Errorf("notes %+v, want none", notes)
			case tc.want != "" && (len(notes) != 1 || notes[0].What != tc.want || notes[0].Field != "a"):
				t.Errorf("notes %+v, want %q at a", notes, tc.want)
			}
		})
	}
}

func TestAByteOrderMarkIsNoted(t *testing.T) {
	t.Parallel()
	r := wire.NewReader([]byte("\ufeff{}"), strictjson.Limits{})
	if err := r.Finish(); err != nil || len(r.Notes()) != 1 {
		t.Errorf("notes %+v, %v", r.Notes(), err)
	}
}

func TestWhatIdentifiesIsNeverRepaired(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]struct {
		text  string
		class fault.Class
	}{
		`"0001E5"`: {"0001E5", ""}, `""`: {"", ""}, `null`: {"", ""}, `"A\u0000"`: {"", fault.Value}, `7`: {"", fault.Schema},
	} {
		var got string
		r := member(value, func(r *wire.Reader) { got, _ = r.Code() })
		err := fault.As(r.Finish())
		switch {
		case want.class == "" && (err != nil || got != want.text):
			t.Errorf("Code of %s = %q, %v", value, got, err)
		case want.class != "" && (err == nil || err.Class != want.class || err.Field != "a" || err.Kind != fault.Invalid):
			t.Errorf("Code of %s: %+v, want class %s at a", value, err, want.class)
		}
	}
}

func TestTimeKeepsItsOffset(t *testing.T) {
	t.Parallel()
	var got time.Time
	r := member(`"2026-11-22T16:05:44-05:00"`, func(r *wire.Reader) { got = r.Time() })
	if _, offset := got.Zone(); r.Finish() != nil || offset != -5*3600 {
		t.Errorf("time %v", got)
	}
	r = member(`null`, func(r *wire.Reader) { got = r.Time() })
	if r.Finish() != nil || !got.IsZero() {
		t.Errorf("null gave %v", got)
	}
	r = member(`"2026-02-30T00:00:00Z"`, func(r *wire.Reader) { r.Time() })
	if err := fault.As(r.Finish()); err == nil || err.Class != fault.Value || err.Detail != moment.ErrTime.Error() {
		t.Errorf("30 February: %v", err)
	}
}

func FuzzReader(f *testing.F) {
	for _, seed := range []string{`{"a":"UK"}`, `{"a":null}`, `{"a":"\u0000"}`, `{"a":1}`, "\ufeff{}", `{"a":"2026-11-22T16:05:44Z"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, read := range []func(*wire.Reader){
			func(r *wire.Reader) { r.Text() }, func(r *wire.Reader) { r.Code() },
			func(r *wire.Reader) { r.Country() }, func(r *wire.Reader) { r.Time() },
		} {
			r := wire.NewReader(body, strictjson.Limits{})
			for range r.Object() {
				read(r)
			}
			if err := r.Finish(); err != nil && fault.KindOf(err) != fault.Invalid {
				t.Errorf("%q: %v is not invalid", body, err)
			}
		}
	})
}

func ExampleReader() {
	r := wire.NewReader([]byte(`{"name":"Ada\u0007","country":"UK"}`), strictjson.Limits{})
	for key := range r.Object() {
		switch key {
		case "name":
			fmt.Println(r.Text().String())
		case "country":
			fmt.Println(r.Country())
		}
	}
	fmt.Println(r.Finish(), r.Notes())
	// Output:
	// Ada
	// GB
	// <nil> [{name control characters removed} {country country UK read as GB}]
}
