package main

import (
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// writeSBOM writes what a binary is made of. The linker has noted it in the binary, so it is neither more nor less.
func writeSBOM(binary, path string) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return fmt.Errorf("read what %s is made of: %w", binary, err)
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := cdx.NewBOMEncoder(file, cdx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(sbom(info), cdx.SpecVersion1_6); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return file.Close()
}

// sbom is the same for the same binary: it has no serial number, and the commit's time.
func sbom(info *debug.BuildInfo) *cdx.BOM {
	platformctl := component(info.Main)
	platformctl.Type = cdx.ComponentTypeApplication
	platformctl.Licenses = &cdx.Licenses{{License: &cdx.License{ID: "Apache-2.0"}}}
	var settings []cdx.Property
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{Component: &platformctl}
	for _, setting := range info.Settings {
		settings = append(settings, cdx.Property{Name: "go:" + setting.Key, Value: setting.Value})
		if setting.Key == "vcs.time" {
			bom.Metadata.Timestamp = setting.Value
		}
	}
	platformctl.Properties = &settings

	components := []cdx.Component{component(debug.Module{Path: "std", Version: strings.TrimPrefix(info.GoVersion, "go")})}
	for _, module := range info.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		components = append(components, component(*module))
	}
	needs := make([]string, len(components))
	for i, c := range components {
		needs[i] = c.BOMRef
	}
	bom.Components = &components
	bom.Dependencies = &[]cdx.Dependency{{Ref: platformctl.BOMRef, Dependencies: &needs}}
	return bom
}

func component(module debug.Module) cdx.Component {
	purl := "pkg:golang/" + module.Path + "@" + module.Version
	c := cdx.Component{Type: cdx.ComponentTypeLibrary, BOMRef: purl, Name: module.Path, Version: module.Version, PackageURL: purl}
	// Of a module's files, as go.sum has it: SHA-256 in base64.
	if sum, ok := strings.CutPrefix(module.Sum, "h1:"); ok {
		if digest, err := base64.StdEncoding.DecodeString(sum); err == nil {
			c.Hashes = &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(digest)}}
		}
	}
	return c
}
