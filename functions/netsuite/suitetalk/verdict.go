package suitetalk

import (
	"regexp"
	"strings"
	"sync"

	"causeway.example/shared/fault"
)

// Verdict is the meaning of one of NetSuite's error codes.
type Verdict struct {
	Kind   fault.Kind
	Class  fault.Class
	Scope  fault.Scope
	Rule   string // what NetSuite demands, for an operator
	Advice string // the next step
}

// The codes of causes that are acted on, or for which REST has none of its own.
const (
	WrongSubsidiary = "WRONG_SUBSIDIARY"
	WrongEntity     = "WRONG_ENTITY"
	missingValue    = "MISSING_VALUE"
	NameTaken       = "UNIQUE_CUST_ID_REQD"
	missingRecord   = "NONEXISTENT_ID"
	NoOpenPeriod    = "VALID_PRD_REQD"
	OverFulfilled   = "OVER_FULFILL_DISALLWD"
	NothingToMake   = "INVALID_INITIALIZE_REF"
	hasDependents   = "THIS_RECORD_CANNOT_BE_DELETED_BECAUSE_IT_HAS_DEPENDENT_RECORDS"
)

// VerdictOf returns the meaning of the code, the zero verdict if it is not listed.
func VerdictOf(code string) Verdict { return verdicts[code] }

// notEnglish is the detail of an answer in another language.
const notEnglish = "NetSuite does not answer in English, so the causes of its errors cannot be distinguished"

// Redrive ends a next step that is done in NetSuite or in the store.
const Redrive = ", then redrive"

const (
	linkedRule = "NetSuite does not change a line that is fulfilled, billed or on a purchase order"
	linkedStep = "settle the difference in NetSuite by hand" + Redrive
	periodRule = "the accounting period of the transaction is closed in NetSuite"
	periodStep = "open the period, or set NETSUITE_CLOSED_PERIOD=next; the delivery waits for it"
)

// verdicts is by NetSuite's error code. For a code that is not listed the status decides.
var verdicts = map[string]Verdict{
	"CONCURRENCY_LIMIT_EXCEEDED": {Kind: fault.Throttled, Class: fault.RateLimit},
	"SSS_REQUEST_LIMIT_EXCEEDED": {Kind: fault.Throttled, Class: fault.RateLimit},

	"RCRD_HAS_BEEN_CHANGED":       {Kind: fault.Unavailable, Class: fault.Conflict, Scope: fault.EntityScope},
	"RCRD_EDITED_SINCE_RETRIEVED": {Kind: fault.Unavailable, Class: fault.Conflict, Scope: fault.EntityScope},
	"DUP_RCRD":                    {Kind: fault.Unavailable, Class: fault.Conflict, Scope: fault.EntityScope},

	"UNEXPECTED_ERROR":         {Kind: fault.Unavailable, Class: fault.Intermittent, Scope: fault.EntityScope, Rule: "NetSuite failed on this record"},
	"SSS_USAGE_LIMIT_EXCEEDED": {Kind: fault.Unavailable, Class: fault.Intermittent, Scope: fault.EntityScope, Rule: "a script in NetSuite reached its usage limit on this record"},
	"SSS_TIME_LIMIT_EXCEEDED":  {Kind: fault.Unavailable, Class: fault.Intermittent, Scope: fault.EntityScope, Rule: "a script in NetSuite reached its time limit on this record"},

	"INVALID_LOGIN": {Kind: fault.Unauthorized, Class: fault.Auth, Scope: fault.ConnectionScope},
	"INSUFFICIENT_PERMISSION": {
		Kind: fault.Unauthorized, Class: fault.Auth, Scope: fault.OperationScope,
		Rule: "the integration's role has no permission for this record type", Advice: "add the permission to the role in NetSuite",
	},

	"INVALID_KEY_OR_REF": {Kind: fault.Rejected, Class: fault.MissingRef},
	"INVALID_VALUE":      {Kind: fault.Rejected, Class: fault.Value},
	"INVALID_CONTENT":    {Kind: fault.Rejected, Class: fault.Value},
	missingRecord:        {Kind: fault.Rejected, Class: fault.MissingRef},
	WrongSubsidiary: {
		Kind: fault.Rejected, Class: fault.MissingRef, Rule: "is not available in the subsidiary", Advice: "add the subsidiary to it in NetSuite" + Redrive,
	},
	WrongEntity: {
		Kind: fault.Rejected, Class: fault.MissingRef, Rule: "is not available to the customer", Advice: "add it to the customer in NetSuite" + Redrive,
	},
	missingValue: {Kind: fault.Rejected, Class: fault.Value, Rule: "NetSuite demands a value"},
	"USER_ERROR": {Kind: fault.Rejected, Class: fault.Value},

	"RCRD_LOCKED_BY_WF": {
		Kind: fault.Rejected, Class: fault.Conflict, Rule: "a workflow in NetSuite has locked the record", Advice: "unlock it" + Redrive,
	},
	"CANT_DELETE_TRAN_LINE":          {Kind: fault.Rejected, Class: fault.Conflict, Rule: linkedRule, Advice: linkedStep},
	"CANT_UPDATE_LINKED_TRANS_LINES": {Kind: fault.Rejected, Class: fault.Conflict, Rule: linkedRule, Advice: linkedStep},
	"CANT_EDIT_TRAN":                 {Kind: fault.Rejected, Class: fault.Conflict, Rule: linkedRule, Advice: linkedStep},
	"SO_LINE_HAS_PO":                 {Kind: fault.Rejected, Class: fault.Conflict, Rule: linkedRule, Advice: linkedStep},
	hasDependents:                    {Kind: fault.Rejected, Class: fault.Conflict, Rule: "NetSuite does not remove a record that others depend on", Advice: linkedStep},
	"ORD_ALREADY_APPRVD":             {Kind: fault.Rejected, Class: fault.Conflict, Rule: "the order is approved in NetSuite", Advice: "close it by hand" + Redrive},
	NameTaken: {
		Kind: fault.Rejected, Class: fault.Conflict, Rule: "NetSuite has another record of this name",
		Advice: "turn on auto-generated numbers for customers, or link the record by NETSUITE_CUSTOMER_OVERRIDES" + Redrive,
	},

	NoOpenPeriod:          {Kind: fault.Rejected, Class: fault.Config, Rule: periodRule, Advice: periodStep},
	"TRANS_EDIT_DISALLWD": {Kind: fault.Rejected, Class: fault.Config, Rule: periodRule, Advice: periodStep},
	"CLOSED_TRAN_PRD":     {Kind: fault.Rejected, Class: fault.Config, Rule: periodRule, Advice: periodStep},

	"VALID_LINE_ITEM_REQD": {Kind: fault.Rejected, Class: fault.Value, Rule: "NetSuite keeps no sales order without lines"},

	OverFulfilled: {Kind: fault.Unavailable, Class: fault.Conflict, Scope: fault.EntityScope, Rule: "the sales order has less open than it just showed"},
	NothingToMake: {
		Kind: fault.Rejected, Class: fault.Conflict, Rule: "NetSuite makes no such record of the sales order in its present state, such as closed or all shipped or billed",
		Advice: "settle the shipment in NetSuite by hand" + Redrive,
	},
	"PAY_HOLD_ON_SO": {
		Kind: fault.NotReady, Class: fault.Conflict, Rule: "the sales order has a payment hold in NetSuite; release it, the delivery waits for it",
	},
}

// patterns lead from NetSuite's words, in lower case, to the code of the cause. REST gives
// most causes the code USER_ERROR and the text that SOAP has for the cause's own code
// (online help, "Error Status Codes", section_N3539978). The first that fits counts.
var patterns = []struct{ text, code string }{
	{"concurrent request limit exceeded", "CONCURRENCY_LIMIT_EXCEEDED"},
	{"request limit exceeded", "SSS_REQUEST_LIMIT_EXCEEDED"},
	{"script execution usage limit", "SSS_USAGE_LIMIT_EXCEEDED"},
	{"script execution time exceeded", "SSS_TIME_LIMIT_EXCEEDED"},
	{"locked by a user defined workflow", "RCRD_LOCKED_BY_WF"},
	{"failed to delete line", "CANT_DELETE_TRAN_LINE"},
	{"cannot be deleted because it has dependent records", hasDependents},
	{"cannot update linked transaction lines", "CANT_UPDATE_LINKED_TRANS_LINES"},
	{"transaction line that is linked to others", "CANT_EDIT_TRAN"},
	{"has already been approved", "ORD_ALREADY_APPRVD"},
	{"this entity already exists", NameTaken},
	{"record with this id already exists", NameTaken},
	{"record has been changed", "RCRD_HAS_BEEN_CHANGED"},
	{"this record already exists", "DUP_RCRD"},
	{"no valid, open, posting period", NoOpenPeriod},
	{"not within the date range of your accounting period", NoOpenPeriod},
	{"in a period that has been closed", "TRANS_EDIT_DISALLWD"},
	{"transaction in a closed period", "CLOSED_TRAN_PRD"},
	{"at least one valid line item", "VALID_LINE_ITEM_REQD"},
	{"transaction type specified is incorrect", "NONEXISTENT_ID"},
	{"over-fulfill an item", OverFulfilled},
	{"has a payment hold", "PAY_HOLD_ON_SO"},
	{"you can not initialize", NothingToMake},
	{"permission violation", "INSUFFICIENT_PERMISSION"},
	{"please enter value(s) for", missingValue},
}

// The shapes of what is copied from an answer, so that no value gets into a fault. They
// are compiled at the first refusal, which keeps half a millisecond off every start.
var (
	codeShape    = shape(`^[A-Z][A-Z0-9_]{0,63}$`)
	pathShape    = shape(`^[A-Za-z][A-Za-z0-9_.\[\]]{0,127}$`)
	refText      = shape(`^(?:.* )?Invalid (item|entity|location|department|account|currency) reference key \S+?(?: for (subsidiary|entity) \S+)?\.?$`)
	quotedField  = shape(`(?:resource field '|following field: )([A-Za-z][A-Za-z0-9_.]{0,63})`)
	errorID      = shape(`(?i)error id: ([a-z0-9]{1,64})`)
	missingField = shape(`(?i)please enter value\(s\) for: ([A-Za-z][A-Za-z /-]{0,60})\.?$`)
)

func shape(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// cause returns the code of the refusal's cause, "" if it has none that could be shown, and
// the field, from NetSuite's words where its code and path do not say it.
func (r refusal) cause() (code, field string) {
	if codeShape().MatchString(r.code) {
		code = r.code
	}
	if pathShape().MatchString(r.path) {
		field = r.path
	}
	if at := quotedField().FindStringSubmatch(r.text); at != nil && field == "" {
		field = at[1]
	}
	if at := refText().FindStringSubmatch(r.text); at != nil {
		codes := map[string]string{"": "INVALID_KEY_OR_REF", "subsidiary": WrongSubsidiary, "entity": WrongEntity}
		if field == "" {
			field = at[1]
		}
		return codes[at[2]], field
	}
	text := strings.ToLower(r.text)
	for _, p := range patterns {
		if strings.Contains(text, p.text) {
			return p.code, field
		}
	}
	return code, field
}
