package local

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// addressFile is where the secrets of AddressSecrets are, beside the store's file: a copy of the
// store alone does not have them.
const addressFile = "ledger-secret.json"

// AddressSecrets implements port.Ledger. The file is made when it is first needed, for its owner
// only (mode 0600), and read at each call, so that a rotation needs no restart.
func (s *Store) AddressSecrets(context.Context) (canonical.AddressSecrets, error) {
	path := filepath.Join(filepath.Dir(s.config.Path), addressFile)
	text, err := os.ReadFile(path) //nolint:gosec // G304: beside the store
	if errors.Is(err, fs.ErrNotExist) {
		text, err = makeAddressSecret(path, s.config.Random)
	}
	if err != nil {
		return nil, &fault.Error{Kind: fault.Unavailable, Class: fault.Config, Scope: fault.OwnScope, Doing: "reading " + path, Err: err}
	}
	var members map[string]string
	if json.Unmarshal(text, &members) != nil {
		err = errors.New("it is no JSON object of texts") // the parser's words quote the value
	}
	secrets, broken := canonical.ParseAddressSecrets(members)
	if err = errors.Join(err, broken); err != nil {
		return nil, &fault.Error{Kind: fault.Rejected, Class: fault.Config, Doing: "reading " + path, Detail: err.Error()}
	}
	return secrets, nil
}

// makeAddressSecret writes a new file, or reads the one that another process has made meanwhile:
// it is linked when it is complete, and linking fails if there is one.
func makeAddressSecret(path string, random io.Reader) (text []byte, err error) {
	if random == nil {
		random = rand.Reader
	}
	secret := make([]byte, 32)
	if _, err := io.ReadFull(random, secret); err != nil {
		return nil, err
	}
	if text, err = json.Marshal(map[string]string{canonical.PresentSecret: hex.EncodeToString(secret)}); err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(filepath.Dir(path), addressFile+"-*") // mode 0600
	if err != nil {
		return nil, err
	}
	_, err = file.Write(append(text, '\n'))
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Link(file.Name(), path)
	}
	if err = errors.Join(err, os.Remove(file.Name())); errors.Is(err, fs.ErrExist) {
		return os.ReadFile(path) //nolint:gosec // G304: as above
	}
	return text, err
}
