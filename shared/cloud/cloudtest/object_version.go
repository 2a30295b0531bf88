package cloudtest

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// version returns a version of the object, nil if there is none of that id.
func (b *bucket) version(key, id string) *object {
	number, err := strconv.Atoi(id)
	if err != nil || number < 1 || number > len(b.versions[key]) {
		return nil
	}
	return b.versions[key][number-1]
}

// remove deletes an object as S3 does in a bucket that keeps versions: without a version it adds a
// delete marker, with one it deletes that version for good, and the one before becomes current.
func (b *bucket) remove(key, id string, now time.Time) (func(http.ResponseWriter), error) {
	if id == "" {
		delete(b.objects, key)
		b.versions[key] = append(b.versions[key], &object{modified: now, marker: true})
	} else if b.version(key, id) != nil {
		number, _ := strconv.Atoi(id) // version has read it
		b.versions[key][number-1] = nil
		b.choose(key)
	}
	return func(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) }, nil
}

// choose makes the newest version the current one.
func (b *bucket) choose(key string) {
	delete(b.objects, key)
	if newest := b.latest(key); newest >= 0 && !b.versions[key][newest].marker {
		b.objects[key] = b.versions[key][newest]
	}
}

// latest returns the index of the newest version, -1 if there is none.
func (b *bucket) latest(key string) int {
	for i := len(b.versions[key]) - 1; i >= 0; i-- {
		if b.versions[key][i] != nil {
			return i
		}
	}
	return -1
}

type listedVersion struct {
	Key          string
	VersionID    string `xml:"VersionId"`
	IsLatest     bool
	LastModified string
	ETag         string `xml:",omitempty"`
	Size         *int   `xml:",omitempty"`
}

type versionsAnswer struct {
	XMLName             xml.Name `xml:"ListVersionsResult"`
	Name                string
	Prefix              string
	MaxKeys             int
	IsTruncated         bool
	NextKeyMarker       string `xml:",omitempty"`
	NextVersionIDMarker string `xml:"NextVersionIdMarker,omitempty"`
	Version             []listedVersion
	DeleteMarker        []listedVersion
}

// listVersions lists versions and delete markers, by key, the newest of a key first (S3 API
// reference, "ListObjectVersions").
func (b *bucket) listVersions(name string, query url.Values) (func(http.ResponseWriter), error) {
	limit, err := pageLimit(query)
	if err != nil {
		return nil, err
	}
	answer := versionsAnswer{Name: name, Prefix: query.Get("prefix"), MaxKeys: limit}
	after, before, last := query.Get("key-marker"), 0, listedVersion{}
	if marker := query.Get("version-id-marker"); marker != "" {
		if before, err = strconv.Atoi(marker); err != nil {
			return nil, refuse(http.StatusBadRequest, "InvalidArgument", "Invalid version id specified")
		}
	}
	for _, key := range sortedKeys(b.versions) {
		for i := len(b.versions[key]) - 1; i >= 0 && key >= after && strings.HasPrefix(key, answer.Prefix); i-- {
			o := b.versions[key][i]
			if o == nil || key == after && i+1 >= before {
				continue
			}
			if len(answer.Version)+len(answer.DeleteMarker) == limit {
				answer.IsTruncated, answer.NextKeyMarker, answer.NextVersionIDMarker = true, last.Key, last.VersionID
				return xmlAnswer(answer)
			}
			last = listedVersion{Key: key, VersionID: strconv.Itoa(i + 1), IsLatest: i == b.latest(key), LastModified: o.modified.UTC().Format(time.RFC3339)}
			answer.add(last, o)
		}
	}
	return xmlAnswer(answer)
}

func (a *versionsAnswer) add(v listedVersion, o *object) {
	if o.marker {
		a.DeleteMarker = append(a.DeleteMarker, v)
		return
	}
	size := len(o.data)
	v.ETag, v.Size = o.etag, &size
	a.Version = append(a.Version, v)
}

func xmlAnswer(answer any) (func(http.ResponseWriter), error) {
	body, err := xml.Marshal(answer)
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/xml")
		send(w, http.StatusOK, append([]byte(xml.Header), body...))
	}, err
}

// pageLimit returns how many keys a list has at most.
func pageLimit(query url.Values) (int, error) {
	text := query.Get("max-keys")
	if text == "" {
		return maxKeys, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, refuse(http.StatusBadRequest, "InvalidArgument", "Argument max-keys must be an integer between 0 and 2147483647")
	}
	return min(n, maxKeys), nil
}
