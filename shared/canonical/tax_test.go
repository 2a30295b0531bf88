package canonical_test

import (
	"slices"
	"strings"
	"testing"

	"causeway.example/shared/canonical"
)

// taxed is a case of OrderTax.Spread. Amounts are in minor units.
type taxed struct {
	total, channel int64
	included       bool
	lines          []canonical.TaxLine
	parts          []canonical.TaxedPart
	want           []int64 // taxes
	wantChannel    []int64 // nil: none
}

func part(group canonical.TaxGroup, amount, tax int64, percent int64) canonical.TaxedPart {
	return canonical.TaxedPart{
		Amount: money(amount), Tax: money(tax), Channel: money(0), Group: group, Rate: rate(percent),
	}
}

func goods(amount, tax, percent int64) canonical.TaxedPart {
	return part(canonical.TaxedGoods, amount, tax, percent)
}

func exempt(p canonical.TaxedPart) canonical.TaxedPart { p.Exempt = true; return p }

func channel(p canonical.TaxedPart, minor int64) canonical.TaxedPart {
	p.Channel = money(minor)
	return p
}

func money(minor int64) canonical.Money { return canonical.Money{Minor: minor, Currency: "USD"} }

func rate(percent int64) canonical.TaxRate {
	return canonical.RateOf(canonical.NewDecimal(percent, 0), 2)
}

func taxLines(rateAndTax ...int64) (all []canonical.TaxLine) {
	for i := 0; i < len(rateAndTax); i += 2 {
		all = append(all, canonical.TaxLine{Rate: rate(rateAndTax[i]), Tax: money(rateAndTax[i+1])})
	}
	return all
}

var taxedCases = map[string]taxed{
	"each has its own": {total: 300, parts: []canonical.TaxedPart{goods(1000, 200, 20), goods(500, 100, 20)}, want: []int64{200, 100}},
	"one has the tax of three": {
		total: 600, parts: []canonical.TaxedPart{goods(1000, 600, 20), goods(1000, 0, 0), goods(1000, 0, 0)}, want: []int64{200, 200, 200},
	},
	"prices contain it": {
		total: 600, included: true, parts: []canonical.TaxedPart{goods(1200, 600, 20), goods(1200, 0, 0), goods(1200, 0, 0)}, want: []int64{200, 200, 200},
	},
	"cents are shared so that the sum stays": {
		total: 100, included: true, parts: []canonical.TaxedPart{goods(200, 100, 20), goods(200, 0, 0), goods(200, 0, 0)}, want: []int64{33, 33, 34},
	},
	"delivery is not taxed": {
		total: 400, parts: []canonical.TaxedPart{goods(1000, 400, 20), goods(1000, 0, 0), part(canonical.TaxedDelivery, 500, 0, 0)}, want: []int64{200, 200, 0},
	},
	"delivery is taxed": {
		total: 500, parts: []canonical.TaxedPart{goods(1000, 500, 20), goods(1000, 0, 0), part(canonical.TaxedDelivery, 500, 0, 0)}, want: []int64{200, 200, 100},
	},
	"a fee has the tax of all": {
		total: 250, parts: []canonical.TaxedPart{goods(1000, 0, 0), part(canonical.TaxedCharge, 250, 250, 20)}, want: []int64{200, 50},
	},
	"a delivery of nothing has it": {
		total: 200, parts: []canonical.TaxedPart{goods(1000, 0, 0), part(canonical.TaxedDelivery, 0, 200, 20)}, want: []int64{200, 0},
	},
	"an exempt part gets none": {
		total: 400, parts: []canonical.TaxedPart{goods(1000, 400, 20), exempt(goods(1000, 0, 0)), goods(1000, 0, 0)}, want: []int64{200, 0, 200},
	},
	"only one combination fits": {
		total: 260, parts: []canonical.TaxedPart{goods(1000, 260, 20), goods(300, 0, 0), goods(450, 0, 0)}, want: []int64{200, 60, 0},
	},
	"two combinations fit": {
		total: 260, parts: []canonical.TaxedPart{goods(1000, 260, 20), goods(300, 0, 0), goods(300, 0, 0)}, want: []int64{260, 0, 0},
	},
	"no rate explains it": {
		total: 310, parts: []canonical.TaxedPart{goods(1000, 310, 20), goods(1000, 0, 0)}, want: []int64{310, 0},
	},
	"without a rate it stays": {
		total: 400, parts: []canonical.TaxedPart{goods(1000, 400, 0), goods(1000, 0, 0)}, want: []int64{400, 0},
	},
	"a cent is no tax of others": {
		total: 201, parts: []canonical.TaxedPart{goods(1000, 201, 20), goods(5, 0, 0)}, want: []int64{201, 0},
	},
	"two parts have the tax of others": {
		total: 500, parts: []canonical.TaxedPart{goods(1000, 400, 20), goods(1000, 0, 0), goods(500, 100, 10), goods(500, 0, 0)},
		want: []int64{200, 200, 50, 50},
	},
	"in the total alone": {
		total: 300, parts: []canonical.TaxedPart{goods(1000, 0, 0), goods(500, 0, 0)}, want: []int64{200, 100},
	},
	"in the total alone, for one cent": {total: 1, parts: []canonical.TaxedPart{goods(1000, 0, 0), goods(500, 0, 0)}, want: []int64{1, 0}},
	"in the total, on goods alone": {
		total: 300, lines: taxLines(20, 300), parts: []canonical.TaxedPart{goods(1500, 0, 0), part(canonical.TaxedDelivery, 500, 0, 0)}, want: []int64{300, 0},
	},
	"of state and county": {
		total: 150, lines: taxLines(10, 100, 5, 50), parts: []canonical.TaxedPart{goods(600, 0, 0), goods(400, 0, 0)}, want: []int64{90, 60},
	},
	"of two rates": {
		total: 330, lines: taxLines(20, 300, 5, 30), parts: []canonical.TaxedPart{goods(600, 0, 0), goods(1000, 0, 0), goods(500, 0, 0)}, want: []int64{30, 200, 100},
	},
	"tax lines that are not the total": {
		total: 330, lines: taxLines(20, 300), parts: []canonical.TaxedPart{goods(600, 0, 0), goods(500, 0, 0)}, want: []int64{180, 150},
	},
	"a rest of what some have": {
		total: 250, parts: []canonical.TaxedPart{goods(1000, 200, 20), part(canonical.TaxedDelivery, 900, 0, 0), part(canonical.TaxedCharge, 250, 0, 0)},
		want: []int64{200, 0, 50},
	},
	"a rest that no rate explains": {
		total: 260, parts: []canonical.TaxedPart{goods(1000, 200, 20), part(canonical.TaxedDelivery, 900, 0, 0), part(canonical.TaxedCharge, 350, 0, 0)},
		want: []int64{200, 43, 17},
	},
	"a rest and all have some": {total: 400, parts: []canonical.TaxedPart{goods(1000, 200, 20), goods(500, 100, 20)}, want: []int64{267, 133}},
	"a rest of rounding":       {total: 302, parts: []canonical.TaxedPart{goods(1000, 200, 20), goods(500, 100, 20)}, want: []int64{200, 100}},
	"less than the parts":      {total: 1, parts: []canonical.TaxedPart{goods(1000, 200, 20), goods(500, 0, 0)}, want: []int64{200, 0}},
	"all are exempt":           {total: 30, parts: []canonical.TaxedPart{exempt(goods(200, 0, 0)), exempt(goods(100, 0, 0))}, want: []int64{20, 10}},
	"nothing to put it on":     {total: 30, parts: []canonical.TaxedPart{goods(0, 0, 0)}, want: []int64{0}},
	"of no part":               {total: 30},
	"the channel pays all of it": {
		total: 600, parts: []canonical.TaxedPart{channel(goods(1000, 600, 20), 600), goods(1000, 0, 0), goods(1000, 0, 0)},
		want: []int64{200, 200, 200}, wantChannel: []int64{200, 200, 200},
	},
	"the channel pays a part of one": {
		total: 400, parts: []canonical.TaxedPart{channel(goods(1000, 400, 20), 100), goods(1000, 0, 0)}, want: []int64{200, 200}, wantChannel: []int64{50, 50},
	},
	"the channel pays it, in the total alone": {
		total: 300, channel: 200, parts: []canonical.TaxedPart{goods(1000, 0, 0), goods(500, 0, 0)}, want: []int64{200, 100}, wantChannel: []int64{133, 67},
	},
	"the channel pays more than there is": {
		total: 300, channel: 900, parts: []canonical.TaxedPart{goods(1000, 0, 0), goods(500, 0, 0)}, want: []int64{200, 100}, wantChannel: []int64{200, 100},
	},
	"a discount below zero": {total: 100, parts: []canonical.TaxedPart{goods(1000, 0, 0), part(canonical.TaxedCharge, -500, 0, 0)}, want: []int64{100, 0}},
}

func TestSpreadGivesEachPartItsOwnTax(t *testing.T) {
	t.Parallel()
	for name, c := range taxedCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := slices.Clone(c.parts)
			whole := canonical.OrderTax{Total: money(c.total), Channel: money(c.channel), Included: c.included, Lines: c.lines}
			changed := whole.Spread(c.parts)
			var taxes, channels []int64
			for _, p := range c.parts {
				taxes, channels = append(taxes, p.Tax.Minor), append(channels, p.Channel.Minor)
			}
			if c.wantChannel == nil {
				c.wantChannel = make([]int64, len(c.parts))
			}
			if !slices.Equal(taxes, c.want) || !slices.Equal(channels, c.wantChannel) && len(channels) > 0 {
				t.Errorf("taxes %v, want %v; of the channel %v, want %v", taxes, c.want, channels, c.wantChannel)
			}
			if same := slices.Equal(before, c.parts); same == changed && !strings.HasPrefix(name, "nothing") && !strings.HasPrefix(name, "of no") {
				t.Errorf("changed is %v, the parts are the same: %v", changed, same)
			}
		})
	}
}

func TestARateHasNineDecimals(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]canonical.TaxRate{
		"0.19": 190_000_000, "0.06625": 66_250_000, "1": 1_000_000_000, "0": 0, "-0.2": 0, "0.0000000004": 0, "0.0000000005": 1, "20000": 0,
		"0.08875000000000001": 88_750_000,
	} {
		value, err := canonical.ParseDecimal(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := canonical.RateOf(value, 0); got != want {
			t.Errorf("%s is %d billionths, want %d", text, got, want)
		}
	}
	if got := canonical.RateOf(canonical.NewDecimal(8875, 3), 2); got != 88_750_000 {
		t.Errorf("8.875 %% is %d billionths", got)
	}
}
