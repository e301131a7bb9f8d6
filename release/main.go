// Command release makes what a release has beside its binaries. goreleaser runs it, as .goreleaser.yaml says. It is no part of
// platformctl, so that nothing of what it needs is either.
//
//	go run ./release extras DIRECTORY     # shell completions and man pages
//	go run ./release sbom BINARY FILE     # what a binary is made of, as CycloneDX
package main

import (
	"errors"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "extras":
		return extras(args[1])
	case len(args) == 3 && args[0] == "sbom":
		return writeSBOM(args[1], args[2])
	}
	return errors.New("usage: go run ./release extras DIRECTORY | sbom BINARY FILE")
}
