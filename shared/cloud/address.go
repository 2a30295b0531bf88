package cloud

import (
	"context"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// AddressSecret returns the name of the secret under which the ledger hashes addresses, by the
// prefix of the installation: a JSON object with the members of canonical.AddressSecrets.
func AddressSecret(prefix string) string { return prefix + "/ledger" }

// AddressSecrets implements port.Ledger. The secret is read when it is first needed, not at the
// start of a function, and again after five minutes; a rotation needs no deployment.
func (b *Backend) AddressSecrets(ctx context.Context) (canonical.AddressSecrets, error) {
	name := AddressSecret(b.config.Prefix)
	members, err := b.secrets().Get(ctx, name)
	if err != nil {
		return nil, err
	}
	secrets, err := canonical.ParseAddressSecrets(members)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Rejected, Class: fault.Config, Doing: "reading secret " + name, Field: "ledger", Detail: err.Error()}
	}
	return secrets, nil
}
