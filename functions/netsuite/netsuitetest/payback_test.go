package netsuitetest

import (
	"net/http"
	"testing"
)

// TestARefundGetsItsExternalIDOnce: by PATCH, and not one that another refund has.
func TestARefundGetsItsExternalIDOnce(t *testing.T) {
	t.Parallel()
	f := newAccount(t)
	newInvoice(t, f)
	first, err := f.PayBack("o1", "10")
	if err != nil {
		t.Fatal(err)
	}
	second, err := f.PayBack("o1", "10")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ id, external, want string }{
		{first, "r1", "204"}, {second, "R1", "400 USER_ERROR externalId"}, {first, "r1", "204"}, {second, "r2", "204"},
	} {
		if got := errorOf(t, do(f, http.MethodPatch, recordPath+customerRefundRecord+"/"+c.id, `{"externalId":"`+c.external+`"}`)); got != c.want {
			t.Errorf("%s as %s: %s, want %s", c.id, c.external, got, c.want)
		}
	}
	refunds := f.Payouts()
	if len(refunds) != 2 || refunds[0].ExternalID != "r1" || refunds[1].ExternalID != "r2" || refunds[0].Total != "10.00" || f.CreditMemos()[0].Unused != "0.00" {
		t.Errorf("the refunds are %+v", refunds)
	}
	if _, err := f.PayBack("nobody", "1"); err == nil {
		t.Error("an order that is not there was paid back")
	}
}
