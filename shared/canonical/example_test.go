package canonical_test

import (
	"errors"
	"fmt"
	"time"

	"causeway.example/shared/canonical"
)

func ExampleParseMoney() {
	price, _ := canonical.ParseMoney("19.99", "EUR")
	fmt.Println(price.Minor, price)
	_, err := canonical.ParseMoney("100.5", "JPY")
	fmt.Println(err)
	// Output:
	// 1999 19.99 EUR
	// more decimals than the currency has
}

func ExampleValidate() {
	at := time.Date(2026, 11, 22, 16, 8, 15, 0, time.UTC)
	level := &canonical.InventoryLevel{SKU: "007", At: at}
	err := canonical.Validate(level)
	if rule, ok := errors.AsType[*canonical.Error](err); ok {
		fmt.Println(rule.Field, rule.Rule)
	}
	// Output: location is missing
}

func ExampleOrder_Round() {
	price, _ := canonical.ParseDecimal("3.3333")
	zero := canonical.Money{Currency: "EUR"}
	order := canonical.Order{
		Currency: "EUR", Tax: zero, Total: canonical.Money{Minor: 1001, Currency: "EUR"},
		Lines: []canonical.OrderLine{{
			Quantity: canonical.Pieces(canonical.NewDecimal(3, 0)), UnitPrice: price, Discount: zero, Tax: zero,
		}},
	}
	err := order.Round(5)
	fmt.Println(order.Rounding, err)
	// Output: 0.01 EUR <nil>
}

func ExampleText() {
	for _, note := range []canonical.Text{{}, canonical.NullText(), canonical.NewText("")} {
		fmt.Println(note.IsZero(), note.IsNull())
	}
	// Output:
	// true false
	// false true
	// false false
}
