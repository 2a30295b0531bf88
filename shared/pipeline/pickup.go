package pipeline

import (
	"context"
	"path"
	"strings"

	"causeway/shared/message"
	"causeway/shared/port"
)

// Pickup takes files that were laid down for a source system into its inbox. A file is
// never carried inline, however small: what travels is the claim of its content.
type Pickup struct {
	Receiver *Receiver
	Files    Files
}

// Files is where files are laid down.
type Files interface {
	// Fetch returns the whole content of the file. It fails with fault.Rejected of class
	// missing_ref if there is none (any more), and with fault.Unavailable if that cannot be found out.
	Fetch(ctx context.Context, key string) ([]byte, error)
}

// HeaderFile is the header of a raw message that names the file it was made of.
const HeaderFile = "File"

// Take makes the file's content durable in the vault and puts its claim into the inbox.
// The key is "drop/<system>/<tenant>/<topic…>/<name>". The same content under the same
// key is the same message, however often it is laid down; new content is a new one.
func (p *Pickup) Take(ctx context.Context, key string) error {
	config, system := p.Receiver.Config, p.Receiver.System.Profile.Name
	content, err := p.Files.Fetch(ctx, key)
	if err != nil {
		return err
	}
	claim, err := config.Vault.Store(ctx, content)
	if err != nil {
		return port.Unavailable("storing file "+key, err)
	}
	tenant, topic, _ := strings.Cut(strings.TrimPrefix(path.Dir(key), DropFolder(system)), "/")
	return p.Receiver.Accept(ctx, &message.Raw{
		ID: message.DeriveID(system, key, claim.SHA256), Tenant: tenant, Topic: topic, Trigger: message.File,
		Header: map[string]string{HeaderFile: path.Base(key)}, Claim: &claim,
	}, config.Now())
}

// DropFolder is where files for the system are laid down.
func DropFolder(system string) string { return "drop/" + system + "/" }
