package cloudtest_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func (w *world) bucket(t *testing.T) {
	t.Helper()
	must[*s3.CreateBucketOutput](t)(w.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("claims")}))
}

func (w *world) store(t *testing.T, key, data string) error {
	t.Helper()
	_, err := w.s3.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String("claims"), Key: &key, Body: strings.NewReader(data), ContentType: aws.String("application/json"), Metadata: map[string]string{"kind": "raw"}, IfNoneMatch: aws.String("*"),
	})
	return err
}

func TestAnObjectComesBackAsItWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bucket(t)
	ok(t, w.store(t, "a/b c+é.json", "{}"))
	got := must[*s3.GetObjectOutput](t)(w.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("claims"), Key: aws.String("a/b c+é.json")}))
	data := must[[]byte](t)(io.ReadAll(got.Body))
	if string(data) != "{}" || *got.ContentType != "application/json" || got.Metadata["kind"] != "raw" || got.ChecksumCRC32 == nil {
		t.Errorf("got %q %+v", data, got)
	}
	wantCode(t, w.store(t, "a/b c+é.json", "other"), "PreconditionFailed")
	head := must[*s3.HeadObjectOutput](t)(w.s3.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("claims"), Key: aws.String("a/b c+é.json")}))
	if *head.ContentLength != 2 {
		t.Errorf("head %+v", head)
	}
	must[*s3.DeleteObjectOutput](t)(w.s3.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("claims"), Key: aws.String("a/b c+é.json")}))
	_, err := w.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("claims"), Key: aws.String("a/b c+é.json")})
	var none *types.NoSuchKey
	if !errors.As(err, &none) {
		t.Errorf("after the deletion: %v", err)
	}
	_, err = w.s3.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("claims"), Key: aws.String("a")})
	wantCode(t, err, "NotFound")
	_, err = w.s3.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String("claims")})
	ok(t, err)
}

// TestABodyInChunks sends a body that cannot be read twice, which the SDK puts into
// chunks with the checksum behind them.
func TestABodyInChunks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	served := httptest.NewTLSServer(w.server)
	t.Cleanup(served.Close)
	w.connect(served.URL, served.Client())
	w.bucket(t)
	data := strings.Repeat("0123456789", 20_000)
	for _, algorithm := range []types.ChecksumAlgorithm{"CRC32", "CRC32C", "SHA1", "SHA256", "CRC64NVME"} {
		key := string(algorithm)
		must[*s3.PutObjectOutput](t)(w.s3.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: aws.String("claims"), Key: &key, Body: io.NopCloser(strings.NewReader(data)), ContentLength: aws.Int64(int64(len(data))), ChecksumAlgorithm: algorithm,
		}))
		got := must[*s3.GetObjectOutput](t)(w.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("claims"), Key: &key, ChecksumMode: types.ChecksumModeEnabled}))
		if stored := must[[]byte](t)(io.ReadAll(got.Body)); string(stored) != data {
			t.Errorf("%s: %d bytes of %d", algorithm, len(stored), len(data))
		}
	}
}

func TestListing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bucket(t)
	for _, key := range []string{"a/1", "a/2", "a/3", "b/1"} {
		ok(t, w.store(t, key, "x"))
	}
	var keys []string
	pages := s3.NewListObjectsV2Paginator(w.s3, &s3.ListObjectsV2Input{Bucket: aws.String("claims"), Prefix: aws.String("a/"), MaxKeys: aws.Int32(2)})
	for pages.HasMorePages() {
		for _, o := range must[*s3.ListObjectsV2Output](t)(pages.NextPage(t.Context())).Contents {
			keys = append(keys, *o.Key)
		}
	}
	if strings.Join(keys, " ") != "a/1 a/2 a/3" {
		t.Errorf("listed %v", keys)
	}
}

func TestObjectsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bucket(t)
	for name, c := range map[string]struct {
		method, path string
		header       map[string]string
		body, want   string
	}{
		"digest":            {"PUT", "/claims/a", map[string]string{"Content-MD5": "AAAA"}, "x", "BadDigest"},
		"checksum":          {"PUT", "/claims/a", map[string]string{"X-Amz-Checksum-Crc32": "AAAAAA=="}, "x", "BadDigest"},
		"hash of the body":  {"PUT", "/claims/a", map[string]string{"X-Amz-Content-Sha256": strings.Repeat("0", 64)}, "x", "XAmzContentSHA256Mismatch"},
		"another condition": {"PUT", "/claims/a", map[string]string{"If-None-Match": "etag"}, "x", "NotImplemented"},
		"header unheard of": {"PUT", "/claims/a", map[string]string{"X-Amz-Acl": "private"}, "x", "NotImplemented"},
		"range":             {"GET", "/claims/a", map[string]string{"Range": "bytes=0-1"}, "", "NotImplemented"},
		"query unheard of":  {"GET", "/claims?acl", nil, "", "NotImplemented"},
		"old listing":       {"GET", "/claims", nil, "", "NotImplemented"},
		"method":            {"POST", "/claims/a", nil, "", "MethodNotAllowed"},
		"no bucket":         {"PUT", "/nowhere/a", nil, "x", "NoSuchBucket"},
		"bucket's name":     {"PUT", "/Nowhere", nil, "", "InvalidBucketName"},
		"bucket again":      {"PUT", "/claims", nil, "", "BucketAlreadyOwnedByYou"},
		"long key":          {"PUT", "/claims/" + strings.Repeat("x", 1025), nil, "x", "KeyTooLongError"},
		"half a chunk":      {"PUT", "/claims/a", map[string]string{"X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "X-Amz-Decoded-Content-Length": "5"}, "5\r\nab", "IncompleteBody"},
		"no chunk":          {"PUT", "/claims/a", map[string]string{"X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}, "zz", "IncompleteBody"},
		"fewer bytes":       {"PUT", "/claims/a", map[string]string{"X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "X-Amz-Decoded-Content-Length": "5"}, "2\r\nab\r\n0\r\n\r\n", "IncompleteBody"},
		"no trailer": {"PUT", "/claims/a", map[string]string{
			"X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "X-Amz-Decoded-Content-Length": "2", "X-Amz-Trailer": "x-amz-checksum-crc32",
		}, "2\r\nab\r\n0\r\n\r\n", "MalformedTrailerError"},
		"wrong trailer": {"PUT", "/claims/a", map[string]string{
			"X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "X-Amz-Decoded-Content-Length": "2", "X-Amz-Trailer": "x-amz-checksum-crc32",
		}, "2\r\nab\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", "BadDigest"},
	} {
		r := httptest.NewRequest(c.method, c.path, bytes.NewReader([]byte(c.body)))
		r.Header.Set("Authorization", strings.Replace(signed, "SERVICE", "s3", 1))
		for header, value := range c.header {
			r.Header.Set(header, value)
		}
		answer := httptest.NewRecorder()
		w.server.ServeHTTP(answer, r)
		if answer.Code < http.StatusBadRequest || !strings.Contains(answer.Body.String(), "<Code>"+c.want+"</Code>") {
			t.Errorf("%s: %d %s", name, answer.Code, answer.Body)
		}
	}
}

// A version that is deleted by its id is gone for good; a deletion without one leaves it
// readable.
func TestVersionsOutliveADeletion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bucket(t)
	bucket, key := aws.String("claims"), aws.String("a")
	for _, data := range []string{"one", "two"} {
		must[*s3.PutObjectOutput](t)(w.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader(data)}))
	}
	must[*s3.PutObjectOutput](t)(w.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: aws.String("b"), Body: strings.NewReader("other")}))
	must[*s3.DeleteObjectOutput](t)(w.s3.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: bucket, Key: key}))
	list := func() (all []string) {
		pages := s3.NewListObjectVersionsPaginator(w.s3, &s3.ListObjectVersionsInput{Bucket: bucket, MaxKeys: aws.Int32(1)})
		for pages.HasMorePages() {
			page := must[*s3.ListObjectVersionsOutput](t)(pages.NextPage(t.Context()))
			for _, v := range page.Versions {
				all = append(all, *v.Key+*v.VersionId)
			}
			for _, v := range page.DeleteMarkers {
				all = append(all, "x"+*v.Key+*v.VersionId)
			}
		}
		return all
	}
	if got := strings.Join(list(), " "); got != "xa3 a2 a1 b1" {
		t.Errorf("versions %s", got)
	}
	get := func(version string) error {
		_, err := w.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: key, VersionId: &version})
		return err
	}
	ok(t, get("2"))
	for _, version := range []string{"2", "3"} {
		must[*s3.DeleteObjectOutput](t)(w.s3.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: bucket, Key: key, VersionId: &version}))
	}
	wantCode(t, get("2"), "NoSuchVersion")
	got := must[*s3.GetObjectOutput](t)(w.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: key}))
	if data := must[[]byte](t)(io.ReadAll(got.Body)); string(data) != "one" {
		t.Errorf("the current version is %q", data)
	}
	if got := strings.Join(list(), " "); got != "a1 b1" {
		t.Errorf("versions %s", got)
	}
}
