package netsuitetest

import (
	"net/http"
	"strings"
	"testing"
)

// adjust is the body of an adjustment of one line.
func adjust(head, line string) string {
	return `{` + head + `,"inventory":{"items":[` + line + `]}}`
}

func TestAdjustmentsMoveWhatIsOnHand(t *testing.T) {
	t.Parallel()
	f := newAccount(t)
	mustSeed(t, f)
	const head, line = `"account":{"id":"58"},"subsidiary":{"id":"1"},"tranDate":"2026-11-22"`, `{"item":{"externalId":"TEE-BLK-M"},"location":{"id":"5"},"adjustQtyBy":-3}`
	if err := f.SetKit(Kit{SKU: "SET", Members: []Member{{SKU: "TEE-BLK-M", Quantity: "2"}}}); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct{ head, line, want string }{
		"a field of another record": {head + `,"entity":{"id":"1"}`, line, ""},
		"pieces as text":            {head, strings.Replace(line, "-3", `"-3"`, 1), ""},
		"no account":                {`"subsidiary":{"id":"1"}`, line, "Adjustment Account"},
		"an unknown account":        {strings.Replace(head, "58", "5", 1), line, "'account'"},
		"no subsidiary":             {`"account":{"id":"58"}`, line, "Subsidiary"},
		"a subsidiary without it":   {strings.Replace(head, `"1"`, `"2"`, 1), line, "Invalid location reference key 5 for subsidiary 2"},
		"no line":                   {head, "", "at least one valid line item"},
		"an unknown item":           {head, strings.Replace(line, "TEE-BLK-M", "NONE", 1), "'item'"},
		"a kit":                     {head, strings.Replace(line, "TEE-BLK-M", "SET", 1), "'item'"},
		"an unknown location":       {head, strings.Replace(line, `"5"`, `"4"`, 1), "'location'"},
		"nothing":                   {head, strings.Replace(line, "-3", "0", 1), "Adjust Qty. By"},
	} {
		if w := put(f, adjustmentRecord, "a-1", adjust(c.head, c.line)); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s: %d %s", what, w.Code, w.Body)
		}
	}
	f.ClosePeriod("2026-11-22")
	if w := put(f, adjustmentRecord, "a-1", adjust(head, line)); !strings.Contains(w.Body.String(), "posting period") {
		t.Errorf("in a closed period: %d %s", w.Code, w.Body)
	}
	f.ClosePeriod("")
	mustPut(t, f, adjustmentRecord, "a-1", adjust(head, line))
	mustPut(t, f, adjustmentRecord, "a-2", adjust(head, strings.Replace(line, "-3", "40", 1)))
	if w := do(f, http.MethodPut, recordPath+adjustmentRecord+"/eid:a-2?replace=inventory", adjust(head, strings.Replace(line, "-3", "40", 1))); w.Code != http.StatusNoContent {
		t.Errorf("again: %d %s", w.Code, w.Body)
	}
	made := f.Adjustments()
	if len(made) != 2 || made[1].Lines != 1 || made[1].Writes != 2 || f.OnHand("TEE-BLK-M", "5") != "37" || f.OnHand("TEE-BLK-M", "6") != "0" || f.OnHand("NONE", "5") != "0" {
		t.Errorf("got %+v, on hand %s", made, f.OnHand("TEE-BLK-M", "5"))
	}
}
