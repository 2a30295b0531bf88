package privacy

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
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

// Stores is where data of persons is stored. All fields but Logs are required.
type Stores struct {
	Ledger  port.Ledger
	Queue   port.Queue
	Vault   port.Vault
	Peek    func(ctx context.Context, queue string, most int) ([]port.Incoming, error) // changes nothing
	Live    []string                                                                   // queues whose messages are to be delivered
	Dead    []string                                                                   // their dead-letter queues, in the same order
	Now     func() time.Time
	Exports Exports
	File    File
	Logs    func(texts []string) (found int, err error) // overwrites the texts in logs; nil where logs expire by themselves
}

// Exports are letters that operators took out of their queues, in the vault.
type Exports interface {
	// Exported returns the letters in a body of the vault, nil if it is no export.
	Exported(data []byte) []port.Incoming
	// Forget replaces the exports that have letters which concern the person by ones without
	// them, and returns the number of those letters.
	Forget(ctx context.Context, concerns func(port.Incoming) (bool, error)) (letters int, err error)
}

// File erases what ports do not offer.
type File interface {
	// Bodies deletes the bodies of the vault that concern the person and that no message
	// refers to, and returns how many, and how many are referred to. The hash is SHA-256 in hex.
	Bodies(ctx context.Context, concerns func(hash string, data []byte) bool) (erased, waiting int, err error)
	// Archive deletes the archived deliveries that concern the person, by their record and
	// their body.
	Archive(ctx context.Context, concerns func(record, body []byte) (bool, error)) (erased int, err error)
	// Texts replaces the free texts of the ledger entries about the entity, and of those that
	// have one of the search keys, and removes search keys that are personal.
	Texts(ctx context.Context, key message.Key, keys []string, erased string) (entries int, err error)
	// Mentions replaces the texts in operators' words and in ledger entries.
	Mentions(ctx context.Context, texts []string, erased string) (records int, err error)
	// Scrub makes what was deleted unreadable on the disk.
	Scrub(ctx context.Context) error
}

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

// erasedText replaces free texts.
const erasedText = "erased on request"

// Erase erases the person, and records the proof. Running it again is safe, and erases what
// has ended since.
func Erase(ctx context.Context, stores Stores, s Subject, op Operation) (Report, error) {
	var r Report
	if s.Customer.ID == "" && len(s.Orders) == 0 && len(s.Emails) == 0 {
		return r, errors.New("erasing a person: nothing names the person")
	}
	erased, err := eraseLetters(ctx, stores, s)
	if err != nil {
		return r, err
	}
	r.Letters = len(erased)
	if r.Waiting, err = waiting(ctx, stores, s, stores.Live); err != nil {
		return r, err
	}
	if err := eraseStored(ctx, stores, s, erased, &r); err != nil {
		return r, err
	}
	if err := eraseTexts(ctx, stores, s, erased, &r); err != nil {
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
	if r.Waiting, err = waiting(ctx, stores, s, stores.Live); err != nil {
		return r, err
	}
	if r.Letters, err = waiting(ctx, stores, s, stores.Dead); err != nil {
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

// eraseStored erases exports, the archive, and the bodies of both in the vault.
func eraseStored(ctx context.Context, stores Stores, s Subject, erased []port.Incoming, r *Report) (err error) {
	theirs := map[string]bool{} // hashes of bodies of messages that are erased
	for _, in := range erased {
		theirs[claimed(in.Body)] = true
	}
	concerns := func(in port.Incoming) (bool, error) { return stores.concerns(ctx, s, in) }
	if r.Exported, err = stores.Exports.Forget(ctx, concerns); err != nil {
		return err
	}
	r.Archived, err = stores.File.Archive(ctx, func(record, body []byte) (bool, error) {
		yes, err := concerns(port.Incoming{Body: record})
		if yes = yes || s.concernsBody(body); yes {
			theirs[claimed(record)] = true
		}
		return yes, err
	})
	if err != nil {
		return err
	}
	var failed error
	bodies, left, err := stores.File.Bodies(ctx, func(hash string, data []byte) bool {
		for _, in := range stores.Exports.Exported(data) {
			yes, err := concerns(in)
			if failed = cmp.Or(failed, err); yes {
				return true
			}
		}
		return theirs[hash] || s.concernsBody(data)
	})
	r.Bodies, r.Waiting = bodies, r.Waiting+left
	return errors.Join(err, failed)
}

// claimed returns the hash of a message's body in the vault, "" if it is in the message.
func claimed(record []byte) string {
	if m, err := message.Decode(record); err == nil && m.Claim != nil {
		return m.Claim.SHA256
	}
	if raw, err := message.DecodeRaw(record); err == nil && raw.Claim != nil {
		return raw.Claim.SHA256
	}
	return ""
}

// eraseTexts erases what the ledger, the operators and the logs say of the person.
func eraseTexts(ctx context.Context, stores Stores, s Subject, erased []port.Incoming, r *Report) error {
	keys := s.searchKeys()
	for _, key := range append(s.keys(erased), message.Key{}) {
		if key.ID != "" {
			tasks, err := tasksOf(ctx, stores.Ledger, key)
			if err != nil {
				return err
			}
			r.Tasks = append(r.Tasks, tasks...)
		}
		n, err := stores.File.Texts(ctx, key, keys, erasedText)
		if err != nil {
			return err
		}
		r.Entries, keys = r.Entries+n, nil
	}
	texts := s.texts()
	n, err := stores.File.Mentions(ctx, texts, erasedText)
	if r.Mentions = n; err != nil || stores.Logs == nil {
		return err
	}
	n, err = stores.Logs(texts)
	r.Mentions += n
	return err
}

// texts returns the person's addresses as they may be written in a text or a URL.
func (s Subject) texts() (texts []string) {
	for _, email := range s.Emails {
		if email = strings.TrimSpace(email); email != "" {
			texts = append(texts, email, strings.ReplaceAll(email, "@", "%40"))
		}
	}
	return texts
}

// searchKeys returns by what the ledger finds entries that are about the person and about no
// entity of theirs, such as a delivery that could not be translated.
func (s Subject) searchKeys() (keys []string) {
	for _, email := range s.Emails {
		keys = append(keys, port.SearchKey(port.KeyEmail, canonical.EmailHash(email)))
	}
	for _, key := range append(slices.Clone(s.Orders), s.Customer) {
		if len(key.ID) >= uniqueID {
			keys = append(keys, port.SearchKey(port.KeyID, key.ID))
		}
	}
	return port.CompactKeys(keys)
}

// batch is how many letters are received at once; the most that SQS allows.
const batch = 10

// eraseLetters deletes the dead letters that concern the person.
func eraseLetters(ctx context.Context, stores Stores, s Subject) (erased []port.Incoming, err error) {
	for _, queue := range stores.Dead {
		letters, err := stores.Peek(ctx, queue, -1)
		if err != nil {
			return erased, err
		}
		some, err := eraseFrom(ctx, stores, queue, len(letters), s)
		erased = append(erased, some...)
		if err != nil {
			return erased, err
		}
	}
	return erased, nil
}

// eraseFrom receives so many letters of the queue. One that does not concern the person is
// given back at once. A letter that is in another receiver's hands is left to the next run.
func eraseFrom(ctx context.Context, stores Stores, name string, letters int, s Subject) (erased []port.Incoming, err error) {
	queue := stores.Queue
	for received := 0; received < letters; {
		some, err := queue.Receive(ctx, name, batch, 0)
		if err != nil || len(some) == 0 {
			return erased, err
		}
		received += len(some)
		for _, in := range some {
			concerns, failed := stores.concerns(ctx, s, in)
			if !concerns {
				err = errors.Join(err, failed, queue.Defer(ctx, in, time.Time{}))
				continue
			}
			err = errors.Join(err, stores.Ledger.Append(ctx, stores.letter(name, in)), queue.Delete(ctx, in))
			erased = append(erased, in)
		}
		if err != nil {
			return erased, err
		}
	}
	return erased, nil
}

// letter is the ledger entry of an erased letter, so that the balance of its route adds up.
func (stores Stores) letter(dead string, in port.Incoming) port.Entry {
	e := port.Entry{
		At: stores.Now().UTC(), Stage: port.Privacy, Type: port.TypePrivacyErased, Event: in.Attributes[port.AttrEvent], Trace: in.Attributes[port.AttrTrace],
		ID: message.DeriveID("erased", dead, in.MessageID), Outcome: erasedText, Function: "privacy",
	}
	e.Entity, _ = message.ParseKey(in.Attributes[port.AttrEntity]) // a delivery has none
	if i := slices.Index(stores.Dead, dead); i >= 0 && i < len(stores.Live) {
		e.Route = stores.Live[i]
	}
	return e
}

// waiting counts the messages of the queues that concern the person.
func waiting(ctx context.Context, stores Stores, s Subject, queues []string) (n int, err error) {
	for _, queue := range queues {
		messages, err := stores.Peek(ctx, queue, -1)
		if err != nil {
			return n, err
		}
		for _, in := range messages {
			concerns, err := stores.concerns(ctx, s, in)
			if err != nil {
				return n, err
			}
			if concerns {
				n++
			}
		}
	}
	return n, nil
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

// concerns reports whether the message is about the person: about a named entity, about one
// that depends on the customer, or a delivery whose content is. A body in the vault is read; one
// that is gone is empty.
func (stores Stores) concerns(ctx context.Context, s Subject, in port.Incoming) (bool, error) {
	if m, err := message.Decode(in.Body); err == nil && m.Subject != "" {
		if slices.ContainsFunc(append(m.Parents, m.Key()), s.named) {
			return true, nil
		}
		body, err := stores.body(ctx, m.Body, m.Claim)
		return s.mentioned(body), err
	}
	raw, err := message.DecodeRaw(in.Body)
	if err != nil {
		return s.mentioned(in.Body), nil //nolint:nilerr // no message of ours; it may name the person all the same
	}
	body, err := stores.body(ctx, raw.Body, raw.Claim)
	if err != nil {
		return false, err
	}
	store := s.store()
	if raw.System == store.System && raw.Tenant == store.Tenant && s.describes(body) {
		return true, nil
	}
	return s.mentioned(body), nil
}

func (stores Stores) body(ctx context.Context, inline []byte, claim *message.Claim) ([]byte, error) {
	body, err := port.CheckOut(ctx, stores.Vault, inline, claim)
	if f := fault.As(err); f != nil && f.Kind == fault.Rejected && f.Class == fault.MissingRef {
		return nil, nil
	}
	return body, err
}

// store returns system and tenant of the person.
func (s Subject) store() message.Key {
	key := s.Customer
	if key.ID == "" && len(s.Orders) > 0 {
		key = s.Orders[0]
	}
	return message.Key{System: key.System, Tenant: key.Tenant}
}

func (s Subject) named(key message.Key) bool {
	return key.ID != "" && (key == s.Customer || slices.Contains(s.Orders, key))
}

// uniqueID is the length from which an id is unique among all stores. A body in the vault
// does not name its store, so that a shorter id does not tell whose it is.
const uniqueID = 10

// concernsBody reports whether a body of the vault is about the person.
func (s Subject) concernsBody(data []byte) bool {
	unique := Subject{Customer: s.Customer}
	if len(s.Customer.ID) < uniqueID {
		unique.Customer = message.Key{}
	}
	for _, order := range s.Orders {
		if len(order.ID) >= uniqueID {
			unique.Orders = append(unique.Orders, order)
		}
	}
	return s.mentioned(data) || unique.describes(data)
}

// describes reports whether a document, canonical or a source's own, is the named customer
// or order, or an order of the customer.
func (s Subject) describes(data []byte) bool {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber() // ids are longer than a float is exact
	var document map[string]any
	if err := d.Decode(&document); err != nil {
		return false
	}
	id := textOf(document["id"])
	if document["line_items"] == nil && document["lines"] == nil {
		return id != "" && id == s.Customer.ID || s.customerIn(document)
	}
	return s.customerIn(document) || slices.ContainsFunc(s.Orders, func(key message.Key) bool { return key.ID == id })
}

// mentioned reports whether one of the person's addresses is in the text.
func (s Subject) mentioned(data []byte) bool {
	lower := bytes.ToLower(data)
	return slices.ContainsFunc(s.Emails, func(email string) bool {
		return email != "" && bytes.Contains(lower, bytes.ToLower([]byte(strings.TrimSpace(email))))
	})
}

// customerIn reports whether the document names the customer by id, as sources do: in
// "customer_id", or as "id" of the object "customer"; the canonical model has the id of an
// order's customer in "buyer".
func (s Subject) customerIn(document map[string]any) bool {
	if s.Customer.ID == "" {
		return false
	}
	ids := []any{document["customer_id"], document["customer"]}
	for _, member := range []string{"customer", "buyer"} {
		if object, ok := document[member].(map[string]any); ok {
			ids = append(ids, object["id"], object["customer"])
		}
	}
	return slices.ContainsFunc(ids, func(id any) bool { return textOf(id) == s.Customer.ID })
}

func textOf(id any) string {
	switch v := id.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}
