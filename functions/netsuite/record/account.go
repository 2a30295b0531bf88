package record

import (
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/connector"
)

// Account is an account of NetSuite with the settings of one delivery.
type Account struct {
	*suitetalk.Client
	Settings Settings
}

// With returns the account with the choices of the rules for the message at hand.
func (a *Account) With(chosen connector.Choices) *Account {
	settings := a.Settings
	settings.chosen = chosen
	return &Account{Client: a.Client, Settings: settings}
}

// PlaceOf returns the place of the record that the delivery writes.
func PlaceOf(d connector.Delivery, record string) suitetalk.Place {
	return suitetalk.NewPlace(record, ExternalID(d.Message.Key()))
}
