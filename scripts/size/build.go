package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"causeway.example/shared/connector"
)

// flags are those of make dist, without the target machine.
var flags = []string{
	"-trimpath", "-buildvcs=false", "-tags", "lambda.norpc,validator_novalidatefn,nethttpomithttp2",
	"-gcflags=github.com/aws/...=-l",
	"-gcflags=github.com/go-playground/...=-l",
	"-gcflags=github.com/caarlos0/...=-l",
	"-gcflags=net/...=-l",
	"-gcflags=crypto/tls=-l",
	"-gcflags=crypto/x509=-l",
	"-gcflags=regexp/...=-l",
	"-gcflags=mime/...=-l",
	"-gcflags=html/...=-l",
	"-gcflags=text/...=-l",
	"-gcflags=encoding/...=-l",
	"-gcflags=math/big=-l",
	"-gcflags=vendor/...=-l",
	"-gcflags=fmt=-l",
	"-gcflags=log/...=-l",
	"-gcflags=compress/...=-l",
	"-gcflags=os/...=-l",
	"-gcflags=reflect=-l",
	"-gcflags=path/...=-l",
	"-gcflags=bufio=-l",
	"-gcflags=golang.org/x/...=-l",
	"-gcflags=github.com/gabriel-vasile/...=-l",
	"-gcflags=github.com/leodido/...=-l",
	"-ldflags", "-s -w -buildid=",
}

// program is one function as it is measured.
type program struct {
	name   string // "shopify-receive", or minimal
	path   string // built for this machine
	system string
	role   string
	static figures // what needs no start
}

// build builds each function and the smallest program for this machine.
func build(ctx context.Context, o options, names []string) ([]program, error) {
	all := make([]program, 0, len(names)+1)
	arm := filepath.Join(o.work, "arm64", minimal)
	if err := compile(ctx, arm, "./scripts/size/minimal", flags, "GOOS=linux", "GOARCH=arm64"); err != nil {
		return nil, err
	}
	for _, name := range append([]string{minimal}, names...) {
		p := program{name: name, path: filepath.Join(o.work, name, "bootstrap")}
		source, shipped := "./scripts/size/minimal", arm
		if name != minimal {
			p.system, p.role, _ = strings.Cut(name, "-")
			source, shipped = "./functions/"+p.system+"/"+p.role, filepath.Join(o.dist, name, "bootstrap")
		}
		if err := compile(ctx, p.path, source, o.flags(p.role)); err != nil {
			return nil, err
		}
		var err error
		if p.static.program, p.static.zip, err = sizes(shipped); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// flags returns the flags of a role's functions: only those that deliver have the language of
// rules, as make dist has it.
func (o options) flags(role string) []string {
	own := slices.Clone(flags)
	if o.rules && role == string(connector.Deliver) {
		at := slices.Index(own, "-tags") + 1
		own[at] = "rules," + own[at]
	}
	return own
}

func compile(ctx context.Context, to, source string, flags []string, environ ...string) error {
	command := exec.CommandContext(ctx, "go", slices.Concat([]string{"build"}, flags, []string{"-o", to, source})...) //nolint:gosec // the words are ours
	command.Env = append(append(os.Environ(), "CGO_ENABLED=0"), environ...)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", source, err, out)
	}
	return nil
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
