package cloud

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// Folders of the bucket, each with its own retention.
const (
	claimFolder   = "claims/"
	archiveFolder = "archive/"
)

const hashPrefix = "sha256/"

// Store implements port.Vault. S3 compares the hash with what it received.
// Storing bytes again puts them anew: looking first would cost less, but neither
// repair what is damaged nor start its retention again.
func (b *Backend) Store(ctx context.Context, data []byte) (message.Claim, error) {
	sum := sha256.Sum256(data)
	claim := message.Claim{Key: hashPrefix + hex.EncodeToString(sum[:]), SHA256: hex.EncodeToString(sum[:]), Size: int64(len(data))}
	if err := b.putObject(ctx, "storing body "+claim.Key, claimFolder+claim.Key, data, sum); err != nil {
		return message.Claim{}, err
	}
	return claim, nil
}

func (b *Backend) putObject(ctx context.Context, doing, key string, data []byte, sum [sha256.Size]byte) error {
	hash := base64.StdEncoding.EncodeToString(sum[:])
	_, err := b.bucket().PutObject(ctx, &s3.PutObjectInput{
		Bucket: &b.config.Bucket, Key: &key, Body: bytes.NewReader(data), ChecksumSHA256: &hash,
	})
	return failure(doing, "bucket "+b.config.Bucket, err)
}

// Load implements port.Vault. A body that is gone is fault.Rejected of class
// missing_ref, one that differs fault.Invalid of class parse: neither gets better by
// trying again.
func (b *Backend) Load(ctx context.Context, claim message.Claim) ([]byte, error) {
	return b.loadFrom(ctx, claimFolder, claim)
}

func (b *Backend) loadFrom(ctx context.Context, folder string, claim message.Claim) ([]byte, error) {
	doing := "loading body " + folder + claim.Key
	data, err := b.getObject(ctx, doing, folder+claim.Key, "")
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != claim.SHA256 {
		return nil, fault.New(fault.Invalid, fault.Parse, doing, "the stored bytes do not have the hash of the claim")
	}
	return data, nil
}

func (b *Backend) getObject(ctx context.Context, doing, key, version string) (data []byte, err error) {
	in := &s3.GetObjectInput{Bucket: &b.config.Bucket, Key: &key}
	if version != "" {
		in.VersionId = &version
	}
	out, err := b.bucket().GetObject(ctx, in)
	if said, answered := errors.AsType[smithy.APIError](err); answered && (said.ErrorCode() == "NoSuchKey" || said.ErrorCode() == "NoSuchVersion") {
		return nil, &fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Doing: doing, Detail: "the bucket does not hold it", Err: err}
	}
	if err == nil {
		data, err = io.ReadAll(out.Body)
		err = errors.Join(err, out.Body.Close())
	}
	return data, failure(doing, "bucket "+b.config.Bucket, err)
}

// Fetch implements intake.Files: a version is the version id of the bucket, which keeps
// versions. Without one it returns the newest object, and a version of its content.
func (b *Backend) Fetch(ctx context.Context, key, version string) (content []byte, fetched string, err error) {
	content, err = b.getObject(ctx, "fetching file "+key, key, version)
	if version == "" {
		sum := sha256.Sum256(content)
		version = hex.EncodeToString(sum[:])
	}
	return content, version, err
}
