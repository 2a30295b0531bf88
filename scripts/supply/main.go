package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run does what the flags ask for and returns the exit code: 1 for a finding or a failure, 2
// for a wrong command line.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("supply", flag.ContinueOnError)
	flags.SetOutput(stderr)
	licenses := flags.String("licenses", "", "`folder` of the module whose licenses are checked")
	sbom := flags.String("sbom", "", "`folder` of the functions' programs, <name>/bootstrap each")
	report := flags.String("vulnerabilities", "", "`file` that govulncheck -json wrote")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	var err error
	switch {
	case *licenses != "":
		err = checkLicenses(*licenses, stdout)
	case *sbom != "":
		err = writeSBOM(*sbom, stdout)
	case *report != "":
		err = judgeReport(*report, stdout)
	default:
		flags.Usage()
		return 2
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}
