package privacy

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/message"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/port"
)

// Subject is a person, named as far as is known.
type Subject struct {
	Customer message.Key
	Orders   []message.Key
	Emails   []string // only in memory: nothing of them is stored
}

// Operation is one run of Erase.
type Operation struct {
	At      time.Time
	Reason  string // why, such as "ticket 412"
	Request string // event of the request that is carried out; "" if none
	Build   string
}

// Stores is where data of persons is stored. All fields but Logs and Kept are required.
type Stores struct {
	Ledger  port.Ledger
	State   port.State
	Vault   port.Vault
	Letters engine.Letters
	Dead    []Queue // the dead-letter queues
	Live    Live
	Now     func() time.Time
	Exports Exports
	File    File
	Logs    func(texts []string) (found int, err error)                                      // overwrites the texts in logs; nil where logs expire by themselves
	Kept    func(ctx context.Context, mentioned func(data []byte) bool) ([]Retention, error) // what the engine keeps of its own; nil: nothing
}

// Queue is a dead-letter queue.
type Queue struct {
	Name  string // of the dead-letter queue itself
	Route string // the queue whose letters it has, for the balance of that route; "" for none
}

// Live counts messages that are still to be delivered.
type Live interface {
	// Waiting returns how many concern the person: those about one of the keys, and, where an
	// engine can read its live queues, those for which concerns is true.
	Waiting(ctx context.Context, keys []message.Key, concerns func(port.Incoming) (bool, error)) (int, error)
}

// Exports are letters that operators took out of their queues, in the vault.
type Exports interface {
	// Exported returns the letters in a body of the vault, nil if it is no export.
	Exported(data []byte) []port.Incoming
	// Forget replaces the exports that have letters which concern the person by ones without
	// them, and returns the number of those letters.
	Forget(ctx context.Context, concerns func(port.Incoming) (bool, error)) (letters int, err error)
}

// File erases what ports do not offer. It finds and stores; this package decides what is the
// person's and what replaces it.
type File interface {
	// Bodies deletes the bodies of the vault that concern the person and that no message
	// refers to, and returns how many, and how many are or may be referred to. The hash is
	// SHA-256 in hex. Letters refer to no export.
	Bodies(ctx context.Context, concerns func(hash string, data []byte) (yes, export bool)) (erased, waiting int, err error)
	// Archive deletes the archived deliveries that concern the person, by their record and
	// their body.
	Archive(ctx context.Context, concerns func(record, body []byte) (bool, error)) (erased int, err error)
	// Texts calls change with each ledger entry about the entity, and with each that has one of
	// the search keys, stores those for which it is true, and lets none of the removed keys find
	// them. It returns how many were stored.
	Texts(ctx context.Context, key message.Key, keys []string, change func(*port.Entry) (removed []string, changed bool)) (entries int, err error)
	// Mentions calls replace with every ledger entry and with every State value whose key begins
	// with one of OperatorKeys, as JSON, and with the reasons of pauses, stores what it changed,
	// and returns how many. It may leave out records that have none of the texts.
	Mentions(ctx context.Context, texts []string, replace func(record string) string) (records int, err error)
	// Scrub makes what was deleted unreadable on the disk.
	Scrub(ctx context.Context) error
}

// OperatorKeys returns with what the State keys begin whose values have words of operators.
func OperatorKeys() []string { return []string{"operate|", "audit|"} }

// Report is what Erase did and what remains to be done.
type Report struct {
	Letters  int    `json:"letters"`         // dead letters deleted
	Exported int    `json:"exported"`        // letters taken out of what operators exported
	Archived int    `json:"archived"`        // archived deliveries deleted
	Bodies   int    `json:"bodies"`          // bodies of the vault deleted
	Entries  int    `json:"entries"`         // ledger entries whose texts were replaced
	Mentions int    `json:"mentions"`        // of an address in notes, reasons and logs, overwritten
	Waiting  int    `json:"waiting"`         // live messages and their bodies: run Erase again when they have ended
	Tasks    []Task `json:"tasks,omitempty"` // at targets

	Kept []Retention `json:"kept,omitempty"` // not erased here
}

// Retention is where data may remain after Erase, because it cannot be changed there.
type Retention struct {
	Where string `json:"where"` // the resource
	Until string `json:"until"` // a date, or how long from now on
	Words string `json:"words"` // what it is, and what to do
}

// Task is a record of the person at a target, where a person has to erase it.
type Task struct {
	System string      `json:"system"` // the target
	Entity message.Key `json:"entity"` // ours
	Ref    string      `json:"ref"`    // the target's id of it
}

// String says what to do.
func (t Task) String() string {
	return fmt.Sprintf("%s: anonymize record %s of %s %s", t.System, t.Ref, t.Entity.Type, t.Entity.ID)
}

// Erase erases the person, and records the proof. Running it again is safe, and erases what
// has ended since.
func Erase(ctx context.Context, stores Stores, s Subject, op Operation) (Report, error) {
	var r Report
	if s.Customer.ID == "" && len(s.Orders) == 0 && len(s.Emails) == 0 {
		return r, errors.New("erasing a person: nothing names the person")
	}
	bodies, err := loadPending(ctx, stores.State)
	if err != nil {
		return r, err
	}
	erased, err := eraseLetters(ctx, stores, s, bodies)
	if err != nil {
		return r, err
	}
	r.Letters = len(erased)
	concerns := func(in port.Incoming) (bool, error) { return stores.concerns(ctx, s, in) }
	if r.Waiting, err = stores.Live.Waiting(ctx, s.keys(nil), concerns); err != nil {
		return r, err
	}
	if err := eraseStored(ctx, stores, s, bodies, &r); err != nil {
		return r, err
	}
	if err := eraseTexts(ctx, stores, s, erased, &r); err != nil {
		return r, err
	}
	if r.Kept, err = stores.kept(ctx, s); err != nil {
		return r, err
	}
	what := fmt.Sprintf("erased: %d dead letters, %d bodies, %d archived deliveries, %d exported letters, texts of %d ledger entries; %d live messages are left, %d records at targets remain to be done",
		r.Letters, r.Bodies, r.Archived, r.Exported, r.Entries, r.Waiting, len(r.Tasks))
	if err := stores.Ledger.Append(ctx, op.entry(s.Customer, op.Request, what)); err != nil {
		return r, err
	}
	return r, stores.File.Scrub(ctx)
}

// Preview returns what Erase would find in the queues and at the targets. It changes nothing,
// and leaves archive, vault, ledger and logs to Erase.
func Preview(ctx context.Context, stores Stores, s Subject) (r Report, err error) {
	concerns := func(in port.Incoming) (bool, error) { return stores.concerns(ctx, s, in) }
	if r.Waiting, err = stores.Live.Waiting(ctx, s.keys(nil), concerns); err != nil {
		return r, err
	}
	for _, queue := range stores.Dead {
		ids, err := stores.lettersOf(ctx, queue, s)
		if r.Letters += len(ids); err != nil {
			return r, err
		}
	}
	if r.Kept, err = stores.kept(ctx, s); err != nil {
		return r, err
	}
	for _, key := range s.keys(nil) {
		tasks, err := tasksOf(ctx, stores.Ledger, key)
		if err != nil {
			return r, err
		}
		r.Tasks = append(r.Tasks, tasks...)
	}
	return r, nil
}

// eraseStored erases exports, the archive, and the bodies of both and of letters in the vault.
func eraseStored(ctx context.Context, stores Stores, s Subject, bodies *pending, r *Report) (err error) {
	concerns := func(in port.Incoming) (bool, error) {
		yes, err := stores.concerns(ctx, s, in)
		if yes && err == nil {
			err = bodies.add(ctx, in.Body)
		}
		return yes, err
	}
	if r.Exported, err = stores.Exports.Forget(ctx, concerns); err != nil {
		return err
	}
	r.Archived, err = stores.File.Archive(ctx, func(record, body []byte) (bool, error) {
		if s.concernsBody(body) || bodies.has(record) {
			return true, bodies.add(ctx, record)
		}
		return concerns(port.Incoming{Body: record})
	})
	if err != nil {
		return err
	}
	return stores.eraseBodies(ctx, s, bodies, r)
}

// eraseBodies erases the bodies of what was erased, and those that are about the person.
func (stores Stores) eraseBodies(ctx context.Context, s Subject, bodies *pending, r *Report) (err error) {
	var failed error
	erased, left, err := stores.File.Bodies(ctx, func(hash string, data []byte) (yes, export bool) {
		letters := stores.Exports.Exported(data)
		for _, in := range letters {
			yes, err := stores.concerns(ctx, s, in)
			if failed = cmp.Or(failed, err); yes || bodies.has(in.Body) {
				return true, true
			}
		}
		return bodies.hashes[hash] || s.concernsBody(data), len(letters) > 0
	})
	r.Bodies, r.Waiting = erased, r.Waiting+left
	if err = errors.Join(err, failed); err != nil || left > 0 {
		return err
	}
	return bodies.clear(ctx)
}

// eraseTexts erases what the ledger, the operators and the logs say of the person.
func eraseTexts(ctx context.Context, stores Stores, s Subject, erased []port.Incoming, r *Report) error {
	keys, err := s.searchKeys(ctx, stores.Ledger)
	if err != nil {
		return err
	}
	for _, key := range append(s.keys(erased), message.Key{}) {
		if key.ID != "" {
			tasks, err := tasksOf(ctx, stores.Ledger, key)
			if err != nil {
				return err
			}
			r.Tasks = append(r.Tasks, tasks...)
		}
		n, err := stores.File.Texts(ctx, key, keys, eraseEntry)
		if err != nil {
			return err
		}
		r.Entries, keys = r.Entries+n, nil
	}
	texts := s.texts()
	n, err := stores.File.Mentions(ctx, texts, func(record string) string { return replaceAll(record, texts) })
	if r.Mentions = n; err != nil || stores.Logs == nil {
		return err
	}
	n, err = stores.Logs(texts)
	r.Mentions += n
	return err
}

// texts returns the person's addresses as they may be written in a text, a URL or JSON.
func (s Subject) texts() (texts []string) {
	for _, email := range s.Emails {
		if email = strings.TrimSpace(email); email == "" {
			continue
		}
		texts = append(texts, email, strings.ReplaceAll(email, "@", "%40"))
		if escaped, err := json.Marshal(email); err == nil {
			texts = append(texts, strings.Trim(string(escaped), `"`))
		}
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

// searchKeys returns by what the ledger finds entries that are about the person and about no
// entity of theirs, such as a delivery that could not be translated.
func (s Subject) searchKeys(ctx context.Context, ledger port.Ledger) (keys []string, err error) {
	for _, email := range s.Emails {
		hashed, err := port.AddressKeys(ctx, ledger, email)
		if err != nil {
			return nil, err
		}
		keys = append(keys, hashed...)
	}
	for _, key := range append(slices.Clone(s.Orders), s.Customer) {
		if len(key.ID) >= uniqueID {
			keys = append(keys, port.SearchKey(port.KeyID, key.ID))
		}
	}
	return port.CompactKeys(keys), nil
}

// entry is the proof of an operation.
func (op Operation) entry(customer message.Key, request, what string) port.Entry {
	event := message.DeriveID("privacy", customer.String(), request, op.At.UTC().Format(time.RFC3339Nano))
	return port.Entry{
		At: op.At.UTC(), Stage: port.Privacy, Type: port.TypePrivacyDone, Event: event, Trace: cmp.Or(request, event), Causation: request,
		Entity: customer, Outcome: what + " (reason: " + op.Reason + ")", Function: "privacy", Build: op.Build,
	}
}

// keys returns the entities of the person: those named, and those of the erased letters.
func (s Subject) keys(erased []port.Incoming) []message.Key {
	keys := slices.Clone(s.Orders)
	if s.Customer.ID != "" {
		keys = append(keys, s.Customer)
	}
	for _, in := range erased {
		if key, err := message.ParseKey(in.Attributes[port.AttrEntity]); err == nil {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b message.Key) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(keys)
}

// tasksOf returns the records that targets have of the entity, each once.
func tasksOf(ctx context.Context, ledger port.Ledger, key message.Key) (tasks []Task, err error) {
	confirmed, err := ledger.Find(ctx, port.Query{Entity: key, Stage: port.Confirmed})
	for _, e := range confirmed {
		system, _ := strings.CutSuffix(e.Function, "-deliver")
		if task := (Task{system, key, e.TargetRef}); e.TargetRef != "" && !slices.Contains(tasks, task) {
			tasks = append(tasks, task)
		}
	}
	return tasks, err
}
