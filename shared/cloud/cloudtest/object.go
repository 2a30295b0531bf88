package cloudtest

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// bucket is an S3 bucket.
type bucket struct {
	objects  map[string]*object
	versions map[string][]*object // by key, oldest first; the id of a version is its number; nil: deleted
}

type object struct {
	data     []byte
	etag     string
	header   http.Header // Content-Type, x-amz-meta-*, x-amz-checksum-*
	modified time.Time
	marker   bool // a delete marker
}

const (
	maxKeyBytes = 1024
	maxKeys     = 1000
)

// objectOperations finds the operation of a request by its method, whether it
// names a key, and its query.
var objectOperations = map[string]string{
	"PUT bucket": "CreateBucket", "HEAD bucket": "HeadBucket", "GET bucket": "ListObjectsV2",
	"PUT object": "PutObject", "GET object": "GetObject", "HEAD object": "HeadObject", "DELETE object": "DeleteObject",
}

// serveObjects is S3 in path style: /bucket/key.
func (s *Server) serveObjects(w http.ResponseWriter, r *http.Request, c call) {
	name, key, isObject := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	kind := " bucket"
	if isObject && key != "" {
		kind = " object"
	}
	c.operation = objectOperations[r.Method+kind]
	if r.URL.Query().Has("versions") && c.operation == "ListObjectsV2" {
		c.operation = "ListObjectVersions"
	}
	if err := checkObjectRequest(r, c.operation); err != nil {
		writeError(w, c, err)
		return
	}
	body, err := readObjectBody(r)
	if err != nil {
		writeError(w, c, err)
		return
	}
	after, err := s.meetFault(&c)
	if err == nil {
		err = s.doObject(w, r, c, name, key, body, after)
	}
	if err != nil {
		writeError(w, c, err)
	}
}

var plainHeader = regexp.MustCompile(`^(Content-(Length|Type|Md5|Encoding)|X-Amz-(Content-Sha256|Date|Decoded-Content-Length|Checksum-.*|Sdk-Checksum-Algorithm|Trailer|Meta-.*|User-Agent|Security-Token|Server-Side-Encryption|Tagging|Expected-Bucket-Owner)|Authorization|User-Agent|Accept.*|Amz-Sdk-.*|Expect|If-None-Match|X-Amzn-Trace-Id)$`)

// checkObjectRequest refuses what this stand-in would have to ignore.
func checkObjectRequest(r *http.Request, operation string) error {
	queries := map[string][]string{
		"GetObject": {"versionId"}, "DeleteObject": {"versionId"},
		"ListObjectVersions": {"versions", "prefix", "max-keys", "key-marker", "version-id-marker"},
		"ListObjectsV2":      {"list-type", "prefix", "max-keys", "continuation-token", "start-after", "delimiter", "fetch-owner", "encoding-type"},
	}
	for name := range r.URL.Query() {
		if name != "x-id" && !slices.Contains(queries[operation], name) {
			return refuse(http.StatusNotImplemented, "NotImplemented", "query parameter %s is not among those of this stand-in", name)
		}
	}
	for name := range r.Header {
		if !plainHeader.MatchString(name) {
			return refuse(http.StatusNotImplemented, "NotImplemented", "header %s is not among those of this stand-in", name)
		}
	}
	if operation == "" {
		return refuse(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.")
	}
	return nil
}

// doObject does the call under the lock and writes its answer after it.
func (s *Server) doObject(w http.ResponseWriter, r *http.Request, c call, name, key string, body []byte, after func()) error {
	s.mu.Lock()
	answer, err := s.object(r, c, name, key, body)
	s.mu.Unlock()
	after()
	if err != nil {
		return err
	}
	answer(w)
	return nil
}

func (s *Server) object(r *http.Request, c call, name, key string, body []byte) (func(http.ResponseWriter), error) {
	b := s.buckets[name]
	switch {
	case c.operation == "CreateBucket":
		return s.createBucket(name)
	case b == nil:
		return nil, refuse(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
	case len(key) > maxKeyBytes:
		return nil, refuse(http.StatusBadRequest, "KeyTooLongError", "Your key is too long")
	}
	switch c.operation {
	case "PutObject":
		return b.put(r, c.now, key, body)
	case "DeleteObject":
		return b.remove(key, r.URL.Query().Get("versionId"), c.now)
	case "ListObjectVersions":
		return b.listVersions(name, r.URL.Query())
	case "ListObjectsV2":
		return b.list(name, r.URL.Query())
	case "HeadBucket":
		return func(w http.ResponseWriter) { w.WriteHeader(http.StatusOK) }, nil
	}
	return b.get(key, r.URL.Query().Get("versionId"), r.Method == http.MethodHead)
}

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

func (s *Server) createBucket(name string) (func(http.ResponseWriter), error) {
	if !bucketName.MatchString(name) {
		return nil, refuse(http.StatusBadRequest, "InvalidBucketName", "The specified bucket is not valid.")
	}
	if s.buckets[name] != nil {
		return nil, refuse(http.StatusConflict, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.")
	}
	s.buckets[name] = &bucket{objects: map[string]*object{}, versions: map[string][]*object{}}
	return func(w http.ResponseWriter) {
		w.Header().Set("Location", "/"+name)
		w.WriteHeader(http.StatusOK)
	}, nil
}

func (b *bucket) put(r *http.Request, now time.Time, key string, body []byte) (func(http.ResponseWriter), error) {
	header := http.Header{}
	for name, values := range r.Header {
		if name == "Content-Type" || strings.HasPrefix(name, "X-Amz-Meta-") || strings.HasPrefix(name, "X-Amz-Checksum-") {
			header[name] = values
		}
	}
	for name, values := range r.Trailer {
		header[name] = values
	}
	if err := checkSums(r, header, body); err != nil {
		return nil, err
	}
	switch condition := r.Header.Get("If-None-Match"); {
	case condition == "*" && b.objects[key] != nil:
		return nil, refuse(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	case condition != "" && condition != "*":
		return nil, refuse(http.StatusNotImplemented, "NotImplemented", "If-None-Match takes * only")
	}
	o := &object{data: body, etag: `"` + digest(body) + `"`, header: header, modified: now}
	b.objects[key] = o
	b.versions[key] = append(b.versions[key], o)
	version := strconv.Itoa(len(b.versions[key]))
	return func(w http.ResponseWriter) {
		w.Header().Set("Etag", o.etag)
		w.Header().Set("X-Amz-Version-Id", version)
		w.WriteHeader(http.StatusOK)
	}, nil
}

// checksums are the algorithms that x-amz-checksum- names.
var checksums = map[string]func() hash.Hash{
	"Crc32":     func() hash.Hash { return crc32.NewIEEE() },
	"Crc32c":    func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) },
	"Crc64nvme": func() hash.Hash { return crc64.New(crc64.MakeTable(0x9a6c9329ac4bc9b5)) },
	"Sha1":      sha1.New,
	"Sha256":    sha256.New,
}

// checkSums compares every digest that came with the bytes.
func checkSums(r *http.Request, header http.Header, body []byte) error {
	if want := r.Header.Get("Content-Md5"); want != "" {
		if sum := md5.Sum(body); base64.StdEncoding.EncodeToString(sum[:]) != want {
			return refuse(http.StatusBadRequest, "BadDigest", "The Content-MD5 you specified did not match what we received.")
		}
	}
	if want := r.Header.Get("X-Amz-Content-Sha256"); len(want) == hex.EncodedLen(sha256.Size) && r.Header.Get("X-Amz-Trailer") == "" {
		if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != want {
			return refuse(http.StatusBadRequest, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
		}
	}
	for name, algorithm := range checksums {
		want := header.Get("X-Amz-Checksum-" + name)
		if want == "" {
			continue
		}
		h := algorithm()
		h.Write(body)
		if base64.StdEncoding.EncodeToString(h.Sum(nil)) != want {
			return refuse(http.StatusBadRequest, "BadDigest", "The %s you specified did not match the calculated checksum.", strings.ToUpper(name))
		}
	}
	return nil
}

func (b *bucket) get(key, version string, headOnly bool) (func(http.ResponseWriter), error) {
	o := b.objects[key]
	if version != "" {
		if o = b.version(key, version); o == nil || o.marker {
			return nil, refuse(http.StatusNotFound, "NoSuchVersion", "The specified version does not exist.")
		}
	}
	if o == nil {
		return nil, refuse(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	}
	return func(w http.ResponseWriter) {
		for name, values := range o.header {
			w.Header()[name] = values
		}
		w.Header().Set("Etag", o.etag)
		w.Header().Set("Last-Modified", o.modified.UTC().Format(http.TimeFormat))
		w.Header().Set("Content-Length", strconv.Itoa(len(o.data)))
		w.WriteHeader(http.StatusOK)
		if headOnly {
			return
		}
		if _, err := io.Copy(w, bytes.NewReader(o.data)); err != nil {
			panic(http.ErrAbortHandler)
		}
	}, nil
}

type listed struct {
	Key          string
	LastModified string
	ETag         string
	Size         int
	StorageClass string
}

type listAnswer struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
	Name                  string
	Prefix                string
	KeyCount              int
	MaxKeys               int
	IsTruncated           bool
	NextContinuationToken string `xml:",omitempty"`
	Contents              []listed
}

func (b *bucket) list(name string, query url.Values) (func(http.ResponseWriter), error) {
	limit, err := pageLimit(query)
	if err != nil {
		return nil, err
	}
	if query.Get("list-type") != "2" || query.Get("delimiter") != "" {
		return nil, refuse(http.StatusNotImplemented, "NotImplemented", "this stand-in lists with list-type=2 and without delimiter")
	}
	after := max(query.Get("start-after"), query.Get("continuation-token"))
	answer := listAnswer{Name: name, Prefix: query.Get("prefix"), MaxKeys: limit}
	for _, key := range sortedKeys(b.objects) {
		if key <= after || !strings.HasPrefix(key, answer.Prefix) {
			continue
		}
		if len(answer.Contents) == limit {
			answer.IsTruncated = true
			answer.NextContinuationToken = answer.Contents[limit-1].Key
			break
		}
		o := b.objects[key]
		answer.Contents = append(answer.Contents, listed{key, o.modified.UTC().Format(time.RFC3339), o.etag, len(o.data), "STANDARD"})
	}
	answer.KeyCount = len(answer.Contents)
	return xmlAnswer(answer)
}
