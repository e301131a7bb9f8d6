//go:build !linux || !(amd64 || arm64)

package sandbox

import (
	"errors"
	"os/exec"
)

// Supported says why this system can't keep a program in; nil where it can.
func Supported() error {
	return errors.New("this system has no Landlock to keep a program in its instance")
}

// Start starts nothing here.
func Start(*exec.Cmd, Rules) error { return Supported() }
