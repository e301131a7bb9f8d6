// Command release makes what a release has beside its binaries. goreleaser runs it, as .goreleaser.yaml says. It is no part of
// platformctl, so that nothing of what it needs is either.
//
//	go run ./release extras DIRECTORY SECONDS # shell completions, and man pages of a time since 1970
//	go run ./release sbom BINARY FILE         # what a binary is made of, as CycloneDX
package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "extras":
		seconds, err := strconv.ParseInt(args[2], 10, 64)
		if err != nil {
			return fmt.Errorf("the time of the man pages: %w", err)
		}
		return extras(args[1], time.Unix(seconds, 0).UTC())
	case len(args) == 3 && args[0] == "sbom":
		return writeSBOM(args[1], args[2])
	}
	return errors.New("usage: go run ./release extras DIRECTORY SECONDS | sbom BINARY FILE")
}
