package cloudtest

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// readObjectBody returns the bytes of the object. A body in aws-chunked encoding
// is unpacked and its trailing headers are put into r.Trailer (S3 API reference,
// "Signature calculations for the Authorization header: transferring payload in
// multiple chunks"); signatures of chunks are not verified.
func readObjectBody(r *http.Request) ([]byte, error) {
	body := io.LimitReader(r.Body, maxRequest)
	if !strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		data, err := io.ReadAll(body)
		if err != nil {
			return nil, incomplete()
		}
		return data, nil
	}
	in := bufio.NewReader(body)
	var data bytes.Buffer
	for {
		size, err := chunkSize(in)
		if err != nil {
			return nil, err
		}
		if size == 0 {
			break
		}
		if _, err := io.CopyN(&data, in, size); err != nil {
			return nil, incomplete()
		}
		if _, err := in.Discard(len("\r\n")); err != nil {
			return nil, incomplete()
		}
	}
	if want := r.Header.Get("X-Amz-Decoded-Content-Length"); want != strconv.Itoa(data.Len()) {
		return nil, incomplete()
	}
	return data.Bytes(), readTrailer(r, in)
}

func incomplete() *refusal {
	return refuse(http.StatusBadRequest, "IncompleteBody", "The request body terminated unexpectedly")
}

// chunkSize reads "size in hex;chunk-signature=…".
func chunkSize(in *bufio.Reader) (int64, error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return 0, incomplete()
	}
	digits, _, _ := strings.Cut(strings.TrimSpace(line), ";")
	size, err := strconv.ParseInt(digits, 16, 64)
	if err != nil || size < 0 || size > maxRequest {
		return 0, incomplete()
	}
	return size, nil
}

func readTrailer(r *http.Request, in *bufio.Reader) error {
	r.Trailer = http.Header{}
	for {
		line, err := in.ReadString('\n')
		name, text, found := strings.Cut(strings.TrimSpace(line), ":")
		if found && !strings.EqualFold(name, "x-amz-trailer-signature") {
			r.Trailer.Set(name, strings.TrimSpace(text))
		}
		if err != nil {
			break
		}
	}
	for name := range strings.SplitSeq(r.Header.Get("X-Amz-Trailer"), ",") {
		if name != "" && r.Trailer.Get(name) == "" {
			return refuse(http.StatusBadRequest, "MalformedTrailerError", "The request contained trailing data that was not well-formed or did not conform to our published schema.")
		}
	}
	return nil
}
