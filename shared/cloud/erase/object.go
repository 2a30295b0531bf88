package erase

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"causeway.example/shared/cloud"
	"causeway.example/shared/message"
)

// version is one version of an object.
type version struct {
	key, id  string
	latest   bool
	modified time.Time
}

// settling is how long a body may be stored before the message that refers to it is sent, and
// before the numbers of a queue show that.
const settling = 15 * time.Minute

// Bodies implements privacy.File for claims/ and for the large bodies of the archive.
func (i *Installation) Bodies(ctx context.Context, concerns func(hash string, data []byte) (yes, export bool)) (erased, waiting int, err error) {
	safe, err := i.unreferred(ctx)
	if err != nil {
		return 0, 0, err
	}
	last := ""
	for _, folder := range []string{cloud.ClaimFolder, cloud.ArchiveBodies} {
		err := i.versions(ctx, folder, func(v version, data []byte) error {
			yes, export := concerns(path.Base(v.key), data)
			if !yes {
				return nil
			}
			if folder == cloud.ClaimFolder && v.latest && !export && v.modified.After(safe) {
				waiting++
				return nil
			}
			if v.key != last {
				erased, last = erased+1, v.key
			}
			return i.remove(ctx, v)
		})
		if err != nil {
			return erased, waiting, err
		}
	}
	return erased, waiting, nil
}

// unreferred returns the time until which a stored body belongs to no live message.
func (i *Installation) unreferred(ctx context.Context) (time.Time, error) {
	depths, err := i.config.Meter.Depths(ctx)
	if err != nil {
		return time.Time{}, err
	}
	now := i.config.Resources.Now()
	for _, depth := range depths {
		if depth.Waiting() > 0 {
			return now.Add(-letterLife), nil
		}
	}
	return now.Add(-settling), nil
}

// Archive implements privacy.File. The large bodies of deleted records are left to Bodies.
func (i *Installation) Archive(ctx context.Context, concerns func(record, body []byte) (bool, error)) (erased int, err error) {
	err = i.versions(ctx, cloud.ArchiveFolder, func(v version, data []byte) error {
		rest, n, err := i.without(ctx, data, concerns)
		if err != nil || n == 0 {
			return err
		}
		if v.latest && len(rest) > 0 {
			if err := i.store(ctx, path.Dir(v.key)+"/", rest); err != nil {
				return err
			}
		}
		if v.latest {
			erased += n
		}
		return i.remove(ctx, v)
	})
	return erased, err
}

// without returns the records of an archived object that do not concern, and how many do.
func (i *Installation) without(ctx context.Context, data []byte, concerns func(record, body []byte) (bool, error)) (rest []byte, n int, err error) {
	for line := range bytes.Lines(data) {
		body, err := i.bodyOf(ctx, line)
		if err != nil {
			return nil, 0, err
		}
		yes, err := concerns(bytes.TrimSpace(line), body)
		if err != nil {
			return nil, 0, err
		}
		if yes {
			n++
			continue
		}
		rest = append(rest, line...)
	}
	return rest, n, nil
}

// bodyOf returns the body of an archived record, nil if it is missing.
func (i *Installation) bodyOf(ctx context.Context, record []byte) ([]byte, error) {
	raw, err := message.DecodeRaw(record)
	switch {
	case err != nil:
		return nil, nil //nolint:nilerr // a line that is no record of ours has no body
	case raw.Claim == nil:
		return raw.Body, nil
	}
	return i.fetch(ctx, cloud.ArchiveFolder+raw.Claim.Key, "")
}

// versions visits every version of the objects of a folder, and not those of bodies unless the
// folder is theirs. Several are read at a time, and visited one after the other.
func (i *Installation) versions(ctx context.Context, folder string, visit func(v version, data []byte) error) error {
	bucket := i.config.Resources.Bucket
	pages := s3.NewListObjectVersionsPaginator(i.backend.Bucket(), &s3.ListObjectVersionsInput{Bucket: &bucket, Prefix: &folder})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return cloud.Failure("listing the versions of "+folder, "bucket "+bucket, err)
		}
		var found []version
		for _, v := range page.Versions {
			if key := aws.ToString(v.Key); folder != cloud.ArchiveFolder || !strings.HasPrefix(key, cloud.ArchiveBodies) {
				found = append(found, version{key, aws.ToString(v.VersionId), aws.ToBool(v.IsLatest), aws.ToTime(v.LastModified)})
			}
		}
		for some := range slices.Chunk(found, atOnce) {
			if err := i.visit(ctx, some, visit); err != nil {
				return err
			}
		}
	}
	return nil
}

func (i *Installation) visit(ctx context.Context, some []version, visit func(v version, data []byte) error) error {
	texts := make([][]byte, len(some))
	err := parallel(len(some), func(k int) (err error) {
		texts[k], err = i.fetch(ctx, some[k].key, some[k].id)
		return err
	})
	if err != nil {
		return err
	}
	for k, v := range some {
		if texts[k] == nil {
			continue // it expired meanwhile
		}
		if err := visit(v, texts[k]); err != nil {
			return err
		}
	}
	return nil
}

// fetch returns an object, nil if it does not exist.
func (i *Installation) fetch(ctx context.Context, key, id string) (data []byte, err error) {
	in := &s3.GetObjectInput{Bucket: &i.config.Resources.Bucket, Key: &key}
	if id != "" {
		in.VersionId = &id
	}
	out, err := i.backend.Bucket().GetObject(ctx, in)
	if said, answered := errors.AsType[smithy.APIError](err); answered && (said.ErrorCode() == "NoSuchKey" || said.ErrorCode() == "NoSuchVersion") {
		return nil, nil
	}
	if err == nil {
		data, err = io.ReadAll(out.Body)
		err = errors.Join(err, out.Body.Close())
	}
	return data, cloud.Failure("reading "+key, "bucket "+i.config.Resources.Bucket, err)
}

// store writes archived records under the name that their bytes give them.
func (i *Installation) store(ctx context.Context, folder string, records []byte) error {
	sum := sha256.Sum256(records)
	key := folder + hex.EncodeToString(sum[:]) + ".jsonl"
	_, err := i.backend.Bucket().PutObject(ctx, &s3.PutObjectInput{
		Bucket: &i.config.Resources.Bucket, Key: &key, Body: bytes.NewReader(records), ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(sum[:])),
	})
	return cloud.Failure("archiving "+key, "bucket "+i.config.Resources.Bucket, err)
}

// remove deletes one version for good.
func (i *Installation) remove(ctx context.Context, v version) error {
	_, err := i.backend.Bucket().DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &i.config.Resources.Bucket, Key: &v.key, VersionId: &v.id})
	return cloud.Failure("deleting version "+v.id+" of "+v.key, "bucket "+i.config.Resources.Bucket, err)
}
