package main

import (
	"debug/buildinfo"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// writeSBOM writes a CycloneDX document of the programs: a component for each program and for
// each module, and which program is built from which modules. The same programs give the same
// bytes.
func writeSBOM(dist string, out io.Writer) error {
	programs, err := filepath.Glob(filepath.Join(dist, "*", "bootstrap"))
	if err != nil || len(programs) == 0 {
		return fmt.Errorf("no program is in %s: %w", dist, err)
	}
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{Component: &cdx.Component{BOMRef: "causeway", Type: cdx.ComponentTypeApplication, Name: "causeway"}}
	components, dependencies := map[string]cdx.Component{}, []cdx.Dependency{}
	for _, path := range programs {
		info, err := buildinfo.ReadFile(path)
		if err != nil {
			return fmt.Errorf("reading the build information of %s: %w", path, err)
		}
		name := filepath.Base(filepath.Dir(path))
		components[name] = cdx.Component{BOMRef: name, Type: cdx.ComponentTypeApplication, Name: name, Properties: &[]cdx.Property{{Name: "go:package", Value: info.Path}}}
		uses := []string{add(components, "std", info.GoVersion[len("go"):], "")}
		for _, dependency := range info.Deps {
			if dependency.Replace != nil {
				dependency = dependency.Replace
			}
			uses = append(uses, add(components, dependency.Path, dependency.Version, dependency.Sum))
		}
		slices.Sort(uses)
		dependencies = append(dependencies, cdx.Dependency{Ref: name, Dependencies: &uses})
	}
	all := make([]cdx.Component, 0, len(components))
	for _, ref := range slices.Sorted(maps.Keys(components)) {
		all = append(all, components[ref])
	}
	bom.Components, bom.Dependencies = &all, &dependencies
	return cdx.NewBOMEncoder(out, cdx.BOMFileFormatJSON).SetPretty(true).Encode(bom)
}

// add adds a module to the components and returns its reference, the package URL.
func add(components map[string]cdx.Component, path, version, sum string) string {
	url := "pkg:golang/" + path + "@" + version
	c := cdx.Component{BOMRef: url, Type: cdx.ComponentTypeLibrary, Name: path, Version: version, PackageURL: url}
	if sum != "" {
		c.Properties = &[]cdx.Property{{Name: "go:sum", Value: sum}}
	}
	components[url] = c
	return url
}
