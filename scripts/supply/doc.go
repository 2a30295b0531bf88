// Command supply checks what Causeway is built from.
//
//	supply -licenses ../..              every module of the build has a license of the allow-list
//	supply -sbom ../../dist             writes a CycloneDX document of the built functions
//	supply -vulnerabilities report.json judges a report of govulncheck
//
// The document comes from the build information in the programs themselves, so it lists what
// runs, and not what go.mod requires.
//
// A vulnerability fails the check if the code calls the function that has it. One of Go's
// standard library does not, because the Go release that builds decides about it: the report
// names the release to build with.
//
// It is a module of its own, so that its dependencies (CycloneDX's library, the license
// classifier, govulncheck) are not those of an app that imports Causeway. Licenses are
// recognized by google/licenseclassifier, which go-licenses uses too; matching texts by hand
// would have to know their many variants.
package main
