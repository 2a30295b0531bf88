package cloud

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// Archive makes the raw messages of an inbox restorable byte for byte, as one object of
// one JSON text per line. The batch runner of Translate calls it before it handles the
// batch. It returns an error for each message, nil for one that is archived: a message
// that cannot be archived fails alone, and is not handled until it is.
//
// It writes an object per batch, not per delivery, because S3 charges for each; large
// bodies are objects of their own. A batch that is received again is archived again, under
// the same name if it is the same batch. A message that is not one of ours is left out,
// without an error: Translate writes it, as it is, to the dead-letter queue.
func (b *Backend) Archive(ctx context.Context, batch []port.Incoming) []error {
	failures := make([]error, len(batch))
	var lines bytes.Buffer
	var members []int
	system := ""
	for i, in := range batch {
		raw, err := message.DecodeRaw(in.Body)
		if err != nil || raw.ID == "" {
			continue
		}
		line, err := b.archiveLine(ctx, raw)
		if err != nil {
			failures[i] = err
			continue
		}
		system, members = raw.System, append(members, i)
		lines.Write(line)
		lines.WriteByte('\n')
	}
	if lines.Len() == 0 {
		return failures
	}
	sum := sha256.Sum256(lines.Bytes())
	key := archiveHour(system, b.config.Now()) + hex.EncodeToString(sum[:]) + ".jsonl"
	err := b.putObject(ctx, "archiving "+key, key, lines.Bytes(), sum)
	for _, i := range members {
		failures[i] = err
	}
	return failures
}

// archiveLine returns the line of a message, after its large body was copied.
func (b *Backend) archiveLine(ctx context.Context, raw *message.Raw) ([]byte, error) {
	if raw.Claim != nil {
		if err := b.archiveBody(ctx, *raw.Claim); err != nil {
			return nil, err
		}
	}
	line, err := raw.Encode()
	if err != nil {
		return nil, fault.Doing("archiving delivery "+raw.ID, err)
	}
	return line, nil
}

// archiveBody copies a large body out of the claims, which are kept for a shorter time. A
// body that is missing or damaged there cannot be archived. It is no error here, because
// Translate rejects the message for it.
func (b *Backend) archiveBody(ctx context.Context, claim message.Claim) error {
	data, err := b.Load(ctx, claim)
	if f := fault.As(err); f != nil && (f.Class == fault.MissingRef || f.Class == fault.Parse) {
		return nil
	}
	if err != nil {
		return err
	}
	return b.putObject(ctx, "archiving body "+claim.Key, archiveFolder+claim.Key, data, sha256.Sum256(data))
}

func archiveHour(system string, at time.Time) string {
	return archiveFolder + system + "/" + at.UTC().Format("2006/01/02/15/")
}

// Archived yields the raw messages of a system that were archived in the hours from the
// first time to the second, with their bodies, in no order and some of them more than
// once. A message is archived when it is received from the inbox. An error ends it.
func (b *Backend) Archived(ctx context.Context, system string, from, to time.Time) iter.Seq2[*message.Raw, error] {
	return func(yield func(*message.Raw, error) bool) {
		for at := from.UTC().Truncate(time.Hour); !at.After(to); at = at.Add(time.Hour) {
			if !b.archivedHour(ctx, archiveHour(system, at), yield) {
				return
			}
		}
	}
}

func (b *Backend) archivedHour(ctx context.Context, folder string, yield func(*message.Raw, error) bool) (goOn bool) {
	pages := s3.NewListObjectsV2Paginator(b.bucket(), &s3.ListObjectsV2Input{Bucket: &b.config.Bucket, Prefix: &folder})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			yield(nil, failure("listing "+folder, "bucket "+b.config.Bucket, err))
			return false
		}
		for _, object := range page.Contents {
			if !b.archivedObject(ctx, aws.ToString(object.Key), yield) {
				return false
			}
		}
	}
	return true
}

func (b *Backend) archivedObject(ctx context.Context, key string, yield func(*message.Raw, error) bool) (goOn bool) {
	doing := "reading " + key
	data, err := b.getObject(ctx, doing, key, "")
	if err != nil {
		yield(nil, err)
		return false
	}
	for line := range bytes.Lines(data) {
		raw, err := message.DecodeRaw(line)
		if err == nil && raw.Claim != nil {
			raw.Body, err = b.loadFrom(ctx, archiveFolder, *raw.Claim)
		}
		if err != nil {
			yield(nil, &fault.Error{Kind: fault.Invalid, Class: fault.Parse, Doing: doing, Err: err})
			return false
		}
		raw.Claim = nil
		if !yield(raw, nil) {
			return false
		}
	}
	return true
}
