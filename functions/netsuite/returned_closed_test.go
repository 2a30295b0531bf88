package netsuite_test

import (
	"testing"

	"causeway.example/shared/canonical"
)

// TestAReturnOfOursThatAPersonClosedCountsWhatItReceived: its goods never came, and come with another return.
func TestAReturnOfOursThatAPersonClosedCountsWhatItReceived(t *testing.T) {
	t.Parallel()
	s := newShippedSale(t, nil)
	s.mustComeBack(canonical.ReturnRequested, goodsBack("R-1", map[string][2]string{"TEE-BLK-M": {"2", "0"}}))
	s.must(s.fake.CloseReturn(s.fake.ReturnAuthorizations()[0].ID))
	s.mustComeBack(canonical.ReturnReceived, goodsBack("R-2", map[string][2]string{"TEE-BLK-M": {"2", "2"}}))
	s.wantReturns("H 0 of 2 TEE-BLK-M; H 2 of 2 TEE-BLK-M; receipt 2 TEE-BLK-M at 5")
}
