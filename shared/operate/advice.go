package operate

import (
	"cmp"
	"strings"

	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// Advice is what a failure means and what to do about it, in words.
type Advice struct {
	Cause string `json:"cause"` // what happened, without the message's own details
	Step  string `json:"step"`  // what a person does
	// Command is what to type, "" if nothing has to be. {group}, {route} and {event} stand for
	// those of the failure.
	Command string `json:"command,omitempty"`
	// Waits says that the message goes on by itself once the cause is removed.
	Waits bool `json:"waits,omitempty"`
}

// rule is a row of the table. A row without a code is that of its class; one with the code
// counts before it. Codes are the vendors' own, so that they name the target as well, whose
// name is put in place of {target}.
type rule struct {
	class  fault.Class
	code   string
	advice Advice
}

const (
	commandRedrive = "causeway redrive --group {group}"
	commandInspect = "causeway inspect {event}"
	commandEdit    = "causeway edit {event} --set FIELD=VALUE"
	commandStatus  = "causeway status"
)

// rules is the one table from class, code and target of a failure to cause and next step.
var rules = []rule{
	{class: fault.Auth, advice: Advice{
		"the target refuses our credentials, or lacks a permission for them",
		"renew the credentials or grant the permission in {target}; what waits goes on by itself", commandRedrive, true,
	}},
	{class: fault.Auth, code: "INSUFFICIENT_PERMISSION", advice: Advice{
		"the integration's role has no permission for this record type in {target}",
		"add the permission to the role; what waits goes on by itself", commandRedrive, true,
	}},
	{class: fault.Config, advice: Advice{
		"a setting or a map entry of ours is missing or wrong",
		"add what the message names to the settings; what waits goes on by itself", commandRedrive, true,
	}},
	{class: fault.Config, code: "VALID_PRD_REQD", advice: periodClosed},
	{class: fault.Config, code: "TRANS_EDIT_DISALLWD", advice: periodClosed},
	{class: fault.Config, code: "CLOSED_TRAN_PRD", advice: periodClosed},
	{class: fault.Connection, advice: Advice{
		"the target could not be reached (name, certificate or network)",
		"check address and network of {target}; what waits goes on by itself", commandRedrive, true,
	}},
	{class: fault.Intermittent, advice: Advice{
		"the target failed in a way that passes, for longer than the budget",
		"see that {target} works again, then redrive", commandRedrive, true,
	}},
	{class: fault.RateLimit, advice: Advice{
		"the target asked us to slow down, for longer than the budget",
		"raise the limit at {target} or wait, then redrive slowly", commandRedrive + " --rate 2/s", true,
	}},
	{class: fault.TooLarge, advice: Advice{
		"the message exceeds a limit of the target or of ours in size, depth or count",
		"shorten the record at the source; its next state supersedes this one", commandInspect, false,
	}},
	{class: fault.Parse, advice: Advice{
		"the bytes are not what they claim to be",
		"compare the payload with the sender; after a fix of the decoder redrive", commandRedrive, false,
	}},
	{class: fault.Schema, advice: Advice{
		"a field that is required is missing, or has a type or value that we do not know",
		"correct the record at the source, or redrive after a fix of the decoder", commandRedrive, false,
	}},
	{class: fault.Value, advice: Advice{
		"a field has a value that its rule forbids",
		"correct the record at the source; its next state supersedes this one", commandEdit, false,
	}},
	{class: fault.MissingRef, advice: Advice{
		"the message refers to something that the target does not have",
		"create it in {target}, then redrive", commandRedrive, false,
	}},
	{class: fault.DuplicateOf, advice: Advice{
		"the target has the effect already",
		"nothing is missing: resolve it", "causeway resolve {group}", false,
	}},
	{class: fault.Conflict, advice: Advice{
		"the target has something else under the same key, or changed it meanwhile",
		"settle the difference in {target} by hand, then redrive", commandRedrive, false,
	}},
	{class: fault.Conflict, code: "RCRD_LOCKED_BY_WF", advice: Advice{
		"a workflow in {target} has locked the record", "unlock it in {target}, then redrive", commandRedrive, false,
	}},
	{class: fault.Conflict, code: "UNIQUE_CUST_ID_REQD", advice: Advice{
		"{target} has another customer of this name",
		"turn on auto-generated numbers for customers, or link the record by the setting that the message names, then redrive", commandRedrive, false,
	}},
	{class: fault.Stale, advice: Advice{
		"the message is older than what the target has", "nothing is missing: resolve it", "causeway resolve {group}", false,
	}},
	{class: fault.Ambiguous, advice: Advice{
		"the request may or may not have taken effect, and the target cannot be searched for it",
		"look in {target}; redrive only if it has nothing of it, resolve otherwise", commandInspect, false,
	}},
	{class: fault.Poison, advice: Advice{
		"the message keeps ending the process that handles it",
		"read what the log says about it; redrive after a fix", commandInspect, false,
	}},
	{class: fault.Bug, advice: Advice{
		"Causeway failed on it: this is a defect of ours",
		"report it with what inspect shows; redrive after the fix", commandInspect, false,
	}},
}

var periodClosed = Advice{
	"the accounting period of the transaction is closed", "open the period in {target}; what waits goes on by itself", commandRedrive, true,
}

// Advise returns what a failure of the class and code at the target means. Every class of
// package fault has an answer.
func Advise(class fault.Class, code, target string) Advice {
	best := Advice{Cause: "the failure has no class", Step: "see what it says", Command: commandInspect}
	for _, r := range rules {
		if r.class == class && (r.code == "" || r.code == code) {
			best = r.advice // rows with a code come after that of their class
		}
	}
	name := strings.NewReplacer("{target}", cmp.Or(target, "the target"))
	best.Cause, best.Step = name.Replace(best.Cause), name.Replace(best.Step)
	return best
}

// AdviseLetter returns what to do about a letter, with its own names filled in.
func AdviseLetter(l Letter) Advice {
	a := Advise(l.Cause.Class, l.Cause.Code, l.Target())
	a.Command = fill(a.Command, l.Fingerprint, l.Queue, l.Event)
	if l.Kind == InboxLetter {
		a.Command = strings.Replace(a.Command, "causeway edit "+l.Event+" --set FIELD=VALUE", "causeway inspect "+l.Event, 1)
	}
	return a
}

func fill(command, group, route, event string) string {
	return strings.NewReplacer("{group}", group, "{route}", route, "{event}", event).Replace(command)
}

// adviseEntry returns what to do about a failure in the ledger.
func adviseEntry(e port.Entry, target string) Advice {
	if e.Error == nil {
		return Advice{}
	}
	a := Advise(e.Error.Class, e.Error.Code, target)
	a.Command = fill(a.Command, e.Error.Fingerprint, e.Route, e.Event)
	return a
}
