//go:build amd64 || arm64

package sandbox

import (
	"bufio"
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// loaderWithin is how long the dynamic loader may take to list a program's libraries.
const loaderWithin = 10 * time.Second

// systemFiles are what the C library reads before a program runs, and to find names and the time zone. A program that
// root runs looks up users, too.
func systemFiles(root bool) []string {
	files := []string{
		"/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/nsswitch.conf", "/etc/localtime", "/sys/devices/system/cpu/online",
	}
	if root {
		files = append(files, "/etc/passwd", "/etc/group")
	}
	return files
}

// systemDirectories have the system's programs and libraries.
func systemDirectories() []string {
	return []string{"/bin", "/sbin", "/usr", "/lib", "/lib32", "/lib64", "/nix/store"}
}

// needs returns what a program has to read, and to execute, in order to run: its libraries one by one, as its own loader
// finds them. What isn't an executable in ELF is a script, and may need any program of the system.
func needs(program string) (files, directories []string, err error) {
	files = append(systemFiles(os.Geteuid() == 0), program)
	loader, err := loaderOf(program)
	switch {
	case errors.Is(err, errNoELF):
		return files, systemDirectories(), nil
	case err != nil:
		return nil, nil, err
	case loader == "": // linked statically
		return files, nil, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), loaderWithin)
	defer cancel()
	list := exec.CommandContext(ctx, loader, "--list", program)
	list.Env = []string{"LC_ALL=C"}
	out, err := list.Output()
	if err != nil {
		return nil, nil, fmt.Errorf("list the libraries of %s: %w", program, err)
	}
	files = append(files, loader)
	directories = nil
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		for _, word := range strings.Fields(lines.Text()) {
			if filepath.IsAbs(word) {
				files = append(files, word)
				break
			}
		}
	}
	// The C library loads these by itself, to look up a user or to end a thread.
	for _, library := range files {
		if strings.HasPrefix(filepath.Base(library), "libc.so") {
			for _, name := range []string{"libnss_files.so.2", "libnss_compat.so.2", "libgcc_s.so.1"} {
				files = append(files, filepath.Join(filepath.Dir(library), name))
			}
			break
		}
	}
	return files, directories, nil
}

// errNoELF says that a file is no executable in ELF.
var errNoELF = errors.New("no executable in ELF")

// loaderOf returns the dynamic loader that a program names; "" where it needs none.
func loaderOf(program string) (string, error) {
	f, err := os.Open(program)
	if err != nil {
		return "", errNoELF // to start it says what is wrong
	}
	defer f.Close()
	parsed, err := elf.NewFile(f)
	if err != nil {
		return "", errNoELF
	}
	for _, p := range parsed.Progs {
		if p.Type == elf.PT_INTERP {
			name := make([]byte, min(p.Filesz, 4096))
			if _, err := p.ReadAt(name, 0); err != nil {
				return "", fmt.Errorf("read the loader's name in %s: %w", program, err)
			}
			return strings.TrimRight(string(name), "\x00"), nil
		}
	}
	return "", nil
}
