package api

import (
	"context"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"
)

// S3 stores objects in one bucket.
type S3 struct {
	client *client
	bucket string // the bucket's address
}

// NewS3 returns a client of the bucket. It calls nobody. The bucket is a part of the
// host where that is AWS's own, and of the path elsewhere: a host name per bucket
// resolves at AWS only.
func NewS3(o Options, bucket string) *S3 {
	c := newClient(o, service{id: "S3", prefix: "s3"}, func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	if !c.own {
		return &S3{c, c.base + "/" + bucket}
	}
	return &S3{c, strings.Replace(c.base, "://", "://"+bucket+".", 1)}
}

// PutObject stores the bytes under the key. S3 compares their SHA-256, in base64, with
// what it received.
func (s *S3) PutObject(ctx context.Context, key string, body []byte, sha256 string) error {
	header := http.Header{"X-Amz-Checksum-Sha256": {sha256}, "Content-Type": {"application/octet-stream"}}
	_, err := s.client.send(ctx, "PutObject", outgoing{http.MethodPut, s.bucket + "/" + escape(key), header, body})
	return err
}

// GetObject returns the bytes under the key, in that version, or the newest if it is "". A
// missing one is an error of code NoSuchKey or NoSuchVersion.
func (s *S3) GetObject(ctx context.Context, key, version string) ([]byte, error) {
	address := s.bucket + "/" + escape(key)
	if version != "" {
		address += "?" + url.Values{"versionId": {version}}.Encode()
	}
	return s.client.send(ctx, "GetObject", outgoing{http.MethodGet, address, http.Header{}, nil})
}

// ListObjectsV2Output is one page of a list.
type ListObjectsV2Output struct {
	Contents              []struct{ Key string }
	NextContinuationToken string // "" on the last page
}

// ListObjectsV2 returns a page of the objects whose keys begin with the prefix; the
// token is that of the page before, "" for the first.
func (s *S3) ListObjectsV2(ctx context.Context, prefix, token string) (*ListObjectsV2Output, error) {
	query := url.Values{"list-type": {"2"}, "prefix": {prefix}}
	if token != "" {
		query.Set("continuation-token", token)
	}
	// A plus in a query means a space to some and itself to others; signatures know %20.
	address := s.bucket + "?" + strings.ReplaceAll(query.Encode(), "+", "%20")
	if s.client.own {
		address = s.bucket + "/?" + strings.ReplaceAll(query.Encode(), "+", "%20")
	}
	data, err := s.client.send(ctx, "ListObjectsV2", outgoing{http.MethodGet, address, http.Header{}, nil})
	if err != nil {
		return nil, err
	}
	var out ListObjectsV2Output
	if err := xml.Unmarshal(data, &out); err != nil {
		return nil, s.client.failed("ListObjectsV2", &smithy.DeserializationError{Err: err})
	}
	return &out, nil
}

// escape writes a key as a path: all but unreserved characters and slashes by their
// code (Amazon S3 User Guide, "Signature Calculations", UriEncode).
func escape(key string) string {
	const hex = "0123456789ABCDEF"
	var path strings.Builder
	for i := range len(key) {
		switch c := key[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~/", c) >= 0:
			path.WriteByte(c)
		default:
			path.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return path.String()
}
