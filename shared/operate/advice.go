package operate

import (
	"cmp"
	"strings"

	"causeway.example/shared/fault"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
)

// Advice is the meaning of a failure and the next step of an operator.
type Advice struct {
	Cause   string `json:"cause"`             // without the message's own details
	Step    string `json:"step"`              // for an operator
	Command string `json:"command,omitempty"` // to type; "" if there is none
}

// rule is a row of the table. A row with a code comes after the row of its class and
// overrides it. Codes are the vendors' own or ours. {target}, {group} and {event} are
// replaced by those of the failure.
type rule struct {
	class  fault.Class
	code   string
	advice Advice
}

const (
	commandRedrive = "causeway redrive --group {group}"
	commandResolve = "causeway resolve {group}"
	commandInspect = "causeway inspect {event}"
	commandEdit    = "causeway edit {event} --set FIELD=VALUE"

	redriveDead = ", then redrive; waiting messages continue by themselves"
)

// rules is the one table from class, code and target of a failure to cause and next step.
var rules = []rule{
	{class: fault.Auth, advice: Advice{
		"the target rejects our credentials, or they lack a permission",
		"renew the credentials or grant the permission in {target}" + redriveDead, commandRedrive,
	}},
	{class: fault.Auth, code: "INSUFFICIENT_PERMISSION", advice: Advice{
		"the integration's role has no permission for this record type in {target}",
		"add the permission to the role" + redriveDead, commandRedrive,
	}},
	{class: fault.Config, advice: Advice{
		"one of our settings, or an entry of a map, is missing or wrong",
		"correct the setting that the message names" + redriveDead, commandRedrive,
	}},
	{class: fault.Config, code: "VALID_PRD_REQD", advice: periodClosed},
	{class: fault.Config, code: "TRANS_EDIT_DISALLWD", advice: periodClosed},
	{class: fault.Config, code: "CLOSED_TRAN_PRD", advice: periodClosed},
	{class: fault.Connection, advice: Advice{
		"the target could not be reached (name, certificate or network)",
		"check address and network of {target}" + redriveDead, commandRedrive,
	}},
	{class: fault.Intermittent, advice: Advice{
		"the target had temporary failures for longer than the retry budget",
		"check that {target} works again, then redrive", commandRedrive,
	}},
	{class: fault.RateLimit, advice: Advice{
		"the target throttled us for longer than the retry budget",
		"raise the limit at {target} or wait, then redrive slowly", commandRedrive + " --rate 2/s",
	}},
	{class: fault.TooLarge, advice: Advice{
		"the message exceeds a limit of the target or of ours in size, depth or count",
		"shorten the record at the source; its next state supersedes this one", commandInspect,
	}},
	{class: fault.Parse, advice: Advice{
		"the payload is not in the format that it declares",
		"compare the payload with the sender's documentation; redrive after a fix of the decoder", commandRedrive,
	}},
	{class: fault.Schema, advice: Advice{
		"a required field is missing, or a field has a type or value that we do not know",
		"correct the record at the source, or redrive after a fix of the decoder", commandRedrive,
	}},
	{class: fault.Value, advice: Advice{
		"a field has a value that its rule forbids",
		"correct the record at the source; its next state supersedes this one", commandEdit,
	}},
	{class: fault.MissingRef, advice: Advice{
		"the message refers to a record that the target does not have",
		"create the record in {target}, then redrive", commandRedrive,
	}},
	{class: fault.MissingRef, code: pipeline.ParentDead, advice: Advice{
		"an entity that must be in {target} first has a dead letter",
		"redrive or resolve that entity first, then redrive this group", commandRedrive,
	}},
	{class: fault.MissingRef, code: pipeline.ParentMissing, advice: Advice{
		"an entity that must be in {target} first did not reach it",
		"bring that entity to {target} first (causeway reconcile finds it), then redrive this group", commandRedrive,
	}},
	{class: fault.DuplicateOf, advice: Advice{
		"the target has the effect already",
		"nothing is missing: resolve it", commandResolve,
	}},
	{class: fault.Conflict, advice: Advice{
		"the target has a different record under the same key, or changed the record in between",
		"settle the difference in {target} by hand, then redrive", commandRedrive,
	}},
	{class: fault.Conflict, code: "RCRD_LOCKED_BY_WF", advice: Advice{
		"a workflow in {target} has locked the record", "unlock it in {target}, then redrive", commandRedrive,
	}},
	{class: fault.Conflict, code: "GOODS_LEFT", advice: Advice{
		"the order is cancelled in its store, and something of it is fulfilled or billed in {target}",
		"stop the parcel, or enter in {target} what of the return and its credit is not booked yet, then resolve it", commandResolve + " --settled",
	}},
	{class: fault.Conflict, code: "UNIQUE_CUST_ID_REQD", advice: Advice{
		"{target} has another customer of this name",
		"turn on auto-generated numbers for customers, or link the record by the setting that the message names, then redrive", commandRedrive,
	}},
	{class: fault.Stale, advice: Advice{
		"the message is older than what the target has", "nothing is missing: resolve it", commandResolve,
	}},
	{class: fault.Ambiguous, advice: Advice{
		"the outcome of the write is unknown, and the target cannot be searched for it",
		"look for the record in {target}; redrive if it is missing, resolve otherwise", commandInspect,
	}},
	{class: fault.Poison, advice: Advice{
		"each worker that takes the message crashes or times out",
		"read the log lines of the message; redrive after a fix", commandInspect,
	}},
	{class: fault.Bug, advice: Advice{
		"this is a defect in Causeway",
		"report it with the output of inspect; redrive after the fix", commandInspect,
	}},
}

var periodClosed = Advice{
	"the accounting period of the transaction is closed", "open the period in {target}" + redriveDead, commandRedrive,
}

// Advise returns the advice for a failure of the class and code at the target. Every class of
// package fault has one.
func Advise(class fault.Class, code, target string) Advice {
	best := Advice{Cause: "the failure has no class", Step: "read the message of the failure", Command: commandInspect}
	for _, r := range rules {
		if r.class == class && (r.code == "" || r.code == code) {
			best = r.advice
		}
	}
	name := strings.NewReplacer("{target}", cmp.Or(target, "the target"))
	best.Cause, best.Step = name.Replace(best.Cause), name.Replace(best.Step)
	return best
}

// AdviseLetter returns the advice for a letter, with the letter's names filled in.
func AdviseLetter(l Letter) Advice {
	return Advise(l.Cause.Class, l.Cause.Code, l.Target()).of(l.Fingerprint, l.Event, l.Kind == InboxLetter)
}

// adviseEntry returns the advice for a failure in the ledger; the zero Advice if e has none.
func adviseEntry(e port.Entry, target string) Advice {
	if e.Error == nil {
		return Advice{}
	}
	return Advise(e.Error.Class, e.Error.Code, target).of(e.Error.Fingerprint, e.Event, e.Route == "")
}

// of fills in the names. A delivery cannot be edited: its command shows it.
func (a Advice) of(group, event string, delivery bool) Advice {
	if delivery && a.Command == commandEdit {
		a.Command = commandInspect
	}
	a.Command = strings.NewReplacer("{group}", group, "{event}", event).Replace(a.Command)
	return a
}
