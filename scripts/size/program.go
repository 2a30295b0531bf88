package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// program is one function as it is measured.
type program struct {
	name   string // "shopify-receive", or minimal
	path   string // built for this machine
	system string
	role   string
	static figures // what needs no start
}

// programs returns the functions and the smallest program, each with its sizes.
func programs(o options, names []string) ([]program, error) {
	all := make([]program, 0, len(names)+1)
	for _, name := range append([]string{minimal}, names...) {
		p := program{name: name, path: filepath.Join(o.programs, name, "bootstrap")}
		shipped := filepath.Join(o.programs, "arm64", minimal)
		if name != minimal {
			p.system, p.role, _ = strings.Cut(name, "-")
			shipped = filepath.Join(o.dist, name, "bootstrap")
		}
		var err error
		if p.static.program, p.static.zip, err = sizes(shipped); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// sizes returns the program's size and that of a zip with nothing else, in MB.
func sizes(path string) (plain, zipped float64, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, 0, err
	}
	var packed bytes.Buffer
	archive := zip.NewWriter(&packed)
	archive.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	entry, err := archive.Create("bootstrap")
	if err != nil {
		return 0, 0, err
	}
	if _, err := entry.Write(data); err != nil {
		return 0, 0, err
	}
	if err := archive.Close(); err != nil {
		return 0, 0, err
	}
	return float64(len(data)) / 1e6, float64(packed.Len()) / 1e6, nil
}
