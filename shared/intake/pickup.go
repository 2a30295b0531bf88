package intake

import (
	"context"
	"path"
	"strings"

	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// Pickup accepts files that are dropped for a source system. A file is never carried
// inline, however small: the raw message carries the claim of its content.
type Pickup struct {
	Receiver *Receiver
	Files    Files
}

// Files is where files are dropped.
type Files interface {
	// Fetch returns the whole content of one version of the file, and that version. With
	// version "" it returns the newest.
	//
	// A version is text that differs for each time the file was written, also with content
	// that it had before, and is the same whenever that version is fetched: the version id
	// of a bucket with versioning, otherwise ETag and LastModified, and the modification
	// time in nanoseconds of a local file. Where an older version cannot be fetched, Fetch
	// returns the newest and its version.
	//
	// It fails with fault.Rejected of class missing_ref if the file or the version no
	// longer exists, and with fault.Unavailable if that cannot be found out.
	Fetch(ctx context.Context, key, version string) (content []byte, fetched string, err error)
}

// HeaderFile is the header of a raw message that names its file.
const HeaderFile = "File"

// Take stores the file's content in the vault and puts its claim in the inbox. The key is
// "drop/<system>/<tenant>/<topic…>/<name>", the version is that of the notification, ""
// if it names none. Each version is one message, however often it is notified: files A, B
// and A again under one key are three.
func (p *Pickup) Take(ctx context.Context, key, version string) error {
	runtime, system := p.Receiver.runtime, p.Receiver.system.Profile.Name
	content, version, err := p.Files.Fetch(ctx, key, version)
	if err != nil {
		return err
	}
	claim, err := runtime.Vault.Store(ctx, content)
	if err != nil {
		return port.Unavailable("storing file "+key, err)
	}
	tenant, topic, _ := strings.Cut(strings.TrimPrefix(path.Dir(key), DropFolder(system)), "/")
	return p.Receiver.Accept(ctx, &message.Raw{
		ID: message.DeriveID(system, key, version, claim.SHA256), Tenant: tenant, Topic: topic, Trigger: message.File,
		Header: map[string]string{HeaderFile: path.Base(key)}, Claim: &claim,
	}, runtime.Now())
}

// DropFolder returns the folder in which files for the system are dropped.
func DropFolder(system string) string { return "drop/" + system + "/" }
