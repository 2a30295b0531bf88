package canonical

import "math/bits"

// TaxedPart is a part of an order as its taxes see it: a line, a delivery or a charge.
type TaxedPart struct {
	Amount  Money   // after discounts; contains the tax if prices do
	Tax     Money   // as the source reports it
	Channel Money   // part of Tax that the sales channel pays over itself
	Rate    TaxRate // sum of the rates of its taxes; 0 if the source does not report them
	Group   TaxGroup
	Exempt  bool // not taxed, unless the source reports a tax of it
}

// TaxGroup is the kind of a part. A tax is usually on the goods, on goods and delivery, or on all.
type TaxGroup uint8

// The groups of parts.
const (
	TaxedGoods TaxGroup = iota
	TaxedDelivery
	TaxedCharge
)

// OrderTax is what a source reports of an order's tax beside its parts.
type OrderTax struct {
	Total    Money
	Channel  Money // part of Total that the sales channel pays over itself
	Included bool  // amounts contain the tax
	Lines    []TaxLine
}

// TaxLine is one tax of an order, summed over the parts that it taxes.
type TaxLine struct {
	Rate TaxRate // 0 if the source does not report it
	Tax  Money
}

// TaxRate is the proportion of an amount that a tax is, in billionths: 190,000,000 is 19 %.
type TaxRate int64

const wholeRate = 1_000_000_000

// RateOf returns the rate that is value × 10^-shift, such as 0.19 and 0, or 19 and 2. It is 0,
// which is unknown, if no tax can have the rate.
func RateOf(value Decimal, shift uint8) TaxRate {
	most := pow10(value.scale)
	if value.coefficient <= 0 || value.coefficient/10_000 > most {
		return 0
	}
	rate := portion(value.coefficient, wholeRate, most)
	return TaxRate(portion(rate, 1, pow10(shift)))
}

// Spread gives each part its own tax where the source reports one tax for several parts, and
// reports whether it changed a part. The sum of the parts' taxes stays, or becomes Total.
//
//   - A part has more tax than its rate gives of its amount, and just as much as the rate gives of
//     it and of parts without a tax: the tax is shared by these parts.
//   - Parts have less tax than the total: the rest is shared by the parts without a tax that a tax
//     line or a known rate explains, and otherwise by all of them in proportion to their amounts.
//
// A sum that no rate explains is never taken from a part. A total below the sum of the parts'
// taxes is left to the checks of the target.
func (t *OrderTax) Spread(parts []TaxedPart) (changed bool) {
	s := spreading{t, parts}
	for i := range parts {
		changed = s.shareExcess(i) || changed
	}
	return s.shareRest() || changed
}

type spreading struct {
	*OrderTax
	parts []TaxedPart
}

// shareExcess shares the tax of a part that is the tax of others too.
func (s *spreading) shareExcess(i int) bool {
	from := &s.parts[i]
	own, ok := s.taxOf(from.Amount.Minor, from.Rate)
	if !ok || from.Tax.Minor-own <= 1 {
		return false
	}
	set := s.explained(s.untaxed(), from, from.Tax.Minor, from.Rate)
	if set == nil {
		return false
	}
	if !from.Exempt && from.Amount.Minor > 0 {
		set = append(set, i)
	}
	tax, channel := from.Tax.Minor, from.Channel.Minor
	from.Tax.Minor, from.Channel.Minor = 0, 0
	s.share(set, tax, channel)
	return true
}

// shareRest shares the tax that no part has.
func (s *spreading) shareRest() bool {
	rest, channel, told := s.rest()
	if rest <= 0 || told && rest <= int64(len(s.parts)) {
		return false
	}
	untaxed := s.untaxed()
	switch {
	case !told:
		s.shareLines(untaxed)
	case len(untaxed) > 0:
		for _, rate := range s.rates() {
			if set := s.explained(untaxed, nil, rest, rate); set != nil {
				untaxed = set
				break
			}
		}
	}
	if rest, _, _ = s.rest(); rest > 0 {
		if len(untaxed) == 0 {
			untaxed = s.taxable()
		}
		s.share(untaxed, rest, 0)
	}
	s.shareChannel(untaxed, channel)
	return true
}

// shareLines shares the order's taxes by the parts that their rates explain: all of them together,
// as of a state and a county, or each by itself, as of goods of two rates.
func (s *spreading) shareLines(untaxed []int) {
	sum, rate := int64(0), TaxRate(0)
	for _, line := range s.Lines {
		sum, rate = sum+line.Tax.Minor, rate+line.Rate
	}
	if sum != s.Total.Minor {
		return
	}
	if set := s.explained(untaxed, nil, sum, rate); set != nil {
		s.share(set, sum, 0)
		return
	}
	for _, line := range s.Lines {
		if set := s.explained(untaxed, nil, line.Tax.Minor, line.Rate); set != nil {
			s.share(set, line.Tax.Minor, 0)
		}
	}
}

// shareChannel shares the channel's part of a tax in proportion to what each part got of it.
func (s *spreading) shareChannel(set []int, channel int64) {
	whole := int64(0)
	for _, i := range set {
		whole += s.parts[i].Tax.Minor - s.parts[i].Channel.Minor
	}
	done, before := int64(0), int64(0)
	for _, i := range set {
		part := &s.parts[i]
		before += part.Tax.Minor - part.Channel.Minor
		upTo := portion(min(channel, whole), before, whole)
		part.Channel.Minor, done = part.Channel.Minor+upTo-done, upTo
	}
}

// rest returns the tax and the channel's part of it that no part has. told is true if any part
// has a tax.
func (s *spreading) rest() (tax, channel int64, told bool) {
	tax, channel = s.Total.Minor, s.Channel.Minor
	for i := range s.parts {
		tax -= s.parts[i].Tax.Minor
		channel -= s.parts[i].Channel.Minor
		told = told || s.parts[i].Tax.Minor != 0
	}
	return tax, max(min(channel, tax), 0), told
}

// rates returns the rates that the source reports.
func (s *spreading) rates() (all []TaxRate) {
	for _, line := range s.Lines {
		all = append(all, line.Rate)
	}
	for i := range s.parts {
		all = append(all, s.parts[i].Rate)
	}
	return all
}

// untaxed returns the parts that may have a tax and have none.
func (s *spreading) untaxed() (set []int) {
	for i := range s.parts {
		if p := &s.parts[i]; p.Tax.Minor == 0 && !p.Exempt && p.Amount.Minor > 0 {
			set = append(set, i)
		}
	}
	return set
}

// taxable returns the parts that may have a tax, or all of them if none may.
func (s *spreading) taxable() (set []int) {
	var all []int
	for i := range s.parts {
		if s.parts[i].Amount.Minor <= 0 {
			continue
		}
		if all = append(all, i); !s.parts[i].Exempt {
			set = append(set, i)
		}
	}
	if len(set) == 0 {
		return all
	}
	return set
}

// mostSubsets bounds the number of parts of which each combination is tried.
const mostSubsets = 10

// explained returns the parts, of those given, whose tax together with that of another part is
// just this tax by the rate: all, those up to a group, or the only combination that fits.
func (s *spreading) explained(of []int, with *TaxedPart, tax int64, rate TaxRate) []int {
	base := int64(0)
	if with != nil && !with.Exempt {
		base = with.Amount.Minor
	}
	fits := func(set []int) bool {
		sum := base
		for _, i := range set {
			sum += s.parts[i].Amount.Minor
		}
		own, ok := s.taxOf(sum, rate)
		return ok && len(set) > 0 && max(own-tax, tax-own) <= int64(len(set)+1)
	}
	for _, last := range []TaxGroup{TaxedCharge, TaxedDelivery, TaxedGoods} {
		var set []int
		for _, i := range of {
			if s.parts[i].Group <= last {
				set = append(set, i)
			}
		}
		if fits(set) {
			return set
		}
	}
	if len(of) > mostSubsets {
		return nil
	}
	return onlySubset(of, fits)
}

// onlySubset returns the only combination that fits, nil if none or several do.
func onlySubset(of []int, fits func([]int) bool) (found []int) {
	for bitset := 1; bitset < 1<<len(of); bitset++ {
		var set []int
		for k, i := range of {
			if bitset&(1<<k) != 0 {
				set = append(set, i)
			}
		}
		if !fits(set) {
			continue
		}
		if found != nil {
			return nil
		}
		found = set
	}
	return found
}

// share adds a tax to the parts in proportion to their amounts. Each has what rounding leaves, so
// that the sum is exact.
func (s *spreading) share(set []int, tax, channel int64) {
	whole := int64(0)
	for _, i := range set {
		whole += s.parts[i].Amount.Minor
	}
	before, doneTax, doneChannel := int64(0), int64(0), int64(0)
	for _, i := range set {
		part := &s.parts[i]
		before += part.Amount.Minor
		upToTax, upToChannel := portion(tax, before, whole), portion(channel, before, whole)
		part.Tax.Minor += upToTax - doneTax
		part.Channel.Minor += upToChannel - doneChannel
		doneTax, doneChannel = upToTax, upToChannel
	}
}

// taxOf returns the tax that the rate gives of the amount, and false without a rate or an amount.
func (s *spreading) taxOf(amount int64, rate TaxRate) (tax int64, ok bool) {
	if rate <= 0 || amount < 0 {
		return 0, false
	}
	whole := int64(wholeRate)
	if s.Included {
		whole += int64(rate)
	}
	return portion(amount, int64(rate), whole), true
}

// portion returns amount × part / whole, rounded half up. None is negative; 0 if the whole is 0, or
// if the result leaves the range of an amount.
func portion(amount, part, whole int64) int64 {
	high, low := bits.Mul64(uint64(max(amount, 0)), uint64(max(part, 0)))
	if whole <= 0 || high >= uint64(whole) {
		return 0
	}
	quotient, rest := bits.Div64(high, low, uint64(whole))
	if rest >= uint64(whole)-rest {
		quotient++
	}
	if quotient > maxCoefficient {
		return 0
	}
	return int64(quotient)
}
