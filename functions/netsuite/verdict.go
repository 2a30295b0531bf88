package netsuite

import (
	"regexp"
	"strings"
	"sync"

	"causeway.example/shared/fault"
)

// verdict is the meaning of one of NetSuite's error codes.
type verdict struct {
	kind   fault.Kind
	class  fault.Class
	scope  fault.Scope
	rule   string // what NetSuite demands, for an operator
	advice string // the next step
}

// The codes that this package gives to causes for which NetSuite has none of its own.
const (
	wrongSubsidiary = "WRONG_SUBSIDIARY"
	wrongEntity     = "WRONG_ENTITY"
	missingValue    = "MISSING_VALUE"
	nameTaken       = "UNIQUE_CUST_ID_REQD"
	missingRecord   = "NONEXISTENT_ID"
	noOpenPeriod    = "VALID_PRD_REQD"
	overFulfilled   = "OVER_FULFILL_DISALLWD"
	nothingToMake   = "INVALID_INITIALIZE_REF"
)

// verdictOf returns the meaning of the code, the zero verdict if it is not listed.
func verdictOf(code string) verdict { return verdicts[code] }

// notEnglish is the detail of an answer in another language.
const notEnglish = "NetSuite does not answer in English, so the causes of its errors cannot be distinguished"

const (
	redrive    = ", then redrive"
	linkedRule = "NetSuite does not change a line that is fulfilled, billed or on a purchase order"
	linkedStep = "settle the difference in NetSuite by hand" + redrive
	periodRule = "the accounting period of the transaction is closed in NetSuite"
	periodStep = "open the period, or set NETSUITE_CLOSED_PERIOD=next; the delivery waits for it"
)

// verdicts is by NetSuite's error code. For a code that is not listed the status decides.
var verdicts = map[string]verdict{
	"CONCURRENCY_LIMIT_EXCEEDED": {kind: fault.Throttled, class: fault.RateLimit},
	"SSS_REQUEST_LIMIT_EXCEEDED": {kind: fault.Throttled, class: fault.RateLimit},

	"RCRD_HAS_BEEN_CHANGED":       {kind: fault.Unavailable, class: fault.Conflict, scope: fault.EntityScope},
	"RCRD_EDITED_SINCE_RETRIEVED": {kind: fault.Unavailable, class: fault.Conflict, scope: fault.EntityScope},
	"DUP_RCRD":                    {kind: fault.Unavailable, class: fault.Conflict, scope: fault.EntityScope},

	"UNEXPECTED_ERROR":         {kind: fault.Unavailable, class: fault.Intermittent, scope: fault.EntityScope, rule: "NetSuite failed on this record"},
	"SSS_USAGE_LIMIT_EXCEEDED": {kind: fault.Unavailable, class: fault.Intermittent, scope: fault.EntityScope, rule: "a script in NetSuite reached its usage limit on this record"},
	"SSS_TIME_LIMIT_EXCEEDED":  {kind: fault.Unavailable, class: fault.Intermittent, scope: fault.EntityScope, rule: "a script in NetSuite reached its time limit on this record"},

	"INVALID_LOGIN": {kind: fault.Unauthorized, class: fault.Auth, scope: fault.ConnectionScope},
	"INSUFFICIENT_PERMISSION": {
		kind: fault.Unauthorized, class: fault.Auth, scope: fault.OperationScope,
		rule: "the integration's role has no permission for this record type", advice: "add the permission to the role in NetSuite",
	},

	"INVALID_KEY_OR_REF": {kind: fault.Rejected, class: fault.MissingRef},
	"INVALID_VALUE":      {kind: fault.Rejected, class: fault.Value},
	"INVALID_CONTENT":    {kind: fault.Rejected, class: fault.Value},
	missingRecord:        {kind: fault.Rejected, class: fault.MissingRef},
	wrongSubsidiary: {
		kind: fault.Rejected, class: fault.MissingRef, rule: "is not available in the subsidiary", advice: "add the subsidiary to it in NetSuite" + redrive,
	},
	wrongEntity: {
		kind: fault.Rejected, class: fault.MissingRef, rule: "is not available to the customer", advice: "add it to the customer in NetSuite" + redrive,
	},
	missingValue: {kind: fault.Rejected, class: fault.Value, rule: "NetSuite demands a value"},
	"USER_ERROR": {kind: fault.Rejected, class: fault.Value},

	"RCRD_LOCKED_BY_WF": {
		kind: fault.Rejected, class: fault.Conflict, rule: "a workflow in NetSuite has locked the record", advice: "unlock it" + redrive,
	},
	"CANT_DELETE_TRAN_LINE":          {kind: fault.Rejected, class: fault.Conflict, rule: linkedRule, advice: linkedStep},
	"CANT_UPDATE_LINKED_TRANS_LINES": {kind: fault.Rejected, class: fault.Conflict, rule: linkedRule, advice: linkedStep},
	"CANT_EDIT_TRAN":                 {kind: fault.Rejected, class: fault.Conflict, rule: linkedRule, advice: linkedStep},
	"SO_LINE_HAS_PO":                 {kind: fault.Rejected, class: fault.Conflict, rule: linkedRule, advice: linkedStep},
	"ORD_ALREADY_APPRVD":             {kind: fault.Rejected, class: fault.Conflict, rule: "the order is approved in NetSuite", advice: "close it by hand" + redrive},
	nameTaken: {
		kind: fault.Rejected, class: fault.Conflict, rule: "NetSuite has another record of this name",
		advice: "turn on auto-generated numbers for customers, or link the record by NETSUITE_CUSTOMER_OVERRIDES" + redrive,
	},

	noOpenPeriod:          {kind: fault.Rejected, class: fault.Config, rule: periodRule, advice: periodStep},
	"TRANS_EDIT_DISALLWD": {kind: fault.Rejected, class: fault.Config, rule: periodRule, advice: periodStep},
	"CLOSED_TRAN_PRD":     {kind: fault.Rejected, class: fault.Config, rule: periodRule, advice: periodStep},

	"VALID_LINE_ITEM_REQD": {kind: fault.Rejected, class: fault.Value, rule: "NetSuite keeps no sales order without lines"},

	overFulfilled: {kind: fault.Unavailable, class: fault.Conflict, scope: fault.EntityScope, rule: "the sales order has less open than it just showed"},
	nothingToMake: {
		kind: fault.Rejected, class: fault.Conflict, rule: "NetSuite makes no such record of the sales order in its present state, such as closed or all shipped or billed",
		advice: "settle the shipment in NetSuite by hand" + redrive,
	},
	"PAY_HOLD_ON_SO": {
		kind: fault.NotReady, class: fault.Conflict, rule: "the sales order has a payment hold in NetSuite; release it, the delivery waits for it",
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
	{"cannot update linked transaction lines", "CANT_UPDATE_LINKED_TRANS_LINES"},
	{"transaction line that is linked to others", "CANT_EDIT_TRAN"},
	{"has already been approved", "ORD_ALREADY_APPRVD"},
	{"this entity already exists", nameTaken},
	{"record with this id already exists", nameTaken},
	{"record has been changed", "RCRD_HAS_BEEN_CHANGED"},
	{"this record already exists", "DUP_RCRD"},
	{"no valid, open, posting period", noOpenPeriod},
	{"not within the date range of your accounting period", noOpenPeriod},
	{"in a period that has been closed", "TRANS_EDIT_DISALLWD"},
	{"transaction in a closed period", "CLOSED_TRAN_PRD"},
	{"at least one valid line item", "VALID_LINE_ITEM_REQD"},
	{"transaction type specified is incorrect", "NONEXISTENT_ID"},
	{"over-fulfill an item", overFulfilled},
	{"has a payment hold", "PAY_HOLD_ON_SO"},
	{"you can not initialize", nothingToMake},
	{"permission violation", "INSUFFICIENT_PERMISSION"},
	{"please enter value(s) for", missingValue},
}

// The shapes of what is copied from an answer, so that no value gets into a fault. They
// are compiled at the first refusal, which keeps half a millisecond off every start.
var (
	codeShape    = shape(`^[A-Z][A-Z0-9_]{0,63}$`)
	pathShape    = shape(`^[A-Za-z][A-Za-z0-9_.\[\]]{0,127}$`)
	linePath     = shape(`^item\.items\[(\d{1,5})\]\.?(.*)$`)
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
		codes := map[string]string{"": "INVALID_KEY_OR_REF", "subsidiary": wrongSubsidiary, "entity": wrongEntity}
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
